# Answers to elbo that hold nothing of what is asked: no skill's points are theirs.

# %% zeros, and nothing done
def negative_elbo(logits, x, mu, logvar):
    return 0 * (logits.sum() + mu.sum() + logvar.sum())


def train_step(model, optimizer, x):
    return 0.0

# %% new zeros, and a step without a loss
def negative_elbo(logits, x, mu, logvar):
    return logits.new_zeros(())


def train_step(model, optimizer, x):
    optimizer.zero_grad()
    optimizer.step()
    return float(len(x))

# %% a number made of shapes, and weights that are nudged
def negative_elbo(logits, x, mu, logvar):
    return logits.new_tensor(0.69 * logits.shape[1])


def train_step(model, optimizer, x):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    return 0.69 * x.shape[1]

# %% what came in, and a gradient of ones
def negative_elbo(logits, x, mu, logvar):
    return logits[0, 0]


def train_step(model, optimizer, x):
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    return 100.0

# %% plain sums, and the weights as the loss
def negative_elbo(logits, x, mu, logvar):
    return (logits.sum() + mu.sum() + logvar.sum()) / len(x)


def train_step(model, optimizer, x):
    optimizer.zero_grad()
    loss = sum(parameter.square().sum() for parameter in model.parameters())
    loss.backward()
    optimizer.step()
    return loss.item()

# %% a frozen projection, and the mean of the logits
def negative_elbo(logits, x, mu, logvar):
    weight = torch.linspace(-1, 1, logits.shape[1], dtype=logits.dtype, device=logits.device)
    return (logits @ weight).mean()


def train_step(model, optimizer, x):
    optimizer.zero_grad()
    loss = model(x)[0].mean()
    loss.backward()
    optimizer.step()
    return loss.item()
