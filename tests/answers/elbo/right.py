# Answers to elbo from outside that deserve every point; one cell an answer.

# %% beta and reduction options
def negative_elbo(logits, x, mu, logvar, *, beta=1.0, reduction="mean"):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    loss = rec + beta * 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    return loss.mean() if reduction == "mean" else loss.sum()


def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar, reduction="mean")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% keyword own names
def negative_elbo(recon_x, x, mu, log_var):
    BCE = F.binary_cross_entropy_with_logits(recon_x, x, reduction="sum")
    KLD = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
    return (BCE + KLD) / x.size(0)


def train_step(model, optimizer, x):
    model.train()
    optimizer.zero_grad()
    recon_batch, mu, log_var = model(x)
    loss = negative_elbo(recon_x=recon_batch, x=x, mu=mu, log_var=log_var)
    loss.backward()
    optimizer.step()
    return loss.item()

# %% loss as a difference
# from: public code, ELBOLoss with a minus twice
def negative_elbo(logits, x, mu, logvar):
    loss = -torch.nn.BCEWithLogitsLoss(reduction="sum")(logits, x)
    kl = 0.5 * torch.sum(-1 - logvar + mu**2 + logvar.exp())
    return -(loss - kl) / len(x)

# %% missing pixels are left out
# from: public code, an exercise on imputation
def negative_elbo(logits, x, mu, logvar):
    known = ~torch.isnan(x)
    each = F.binary_cross_entropy_with_logits(logits, torch.nan_to_num(x), reduction="none")
    rec = torch.where(known, each, torch.zeros_like(each)).flatten(1).sum(-1)
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).flatten(1).sum(-1)
    return (rec + kl).mean()

# %% step with a closure
# from: own, after the closures of L-BFGS
def train_step(model, optimizer, x):
    def closure():
        optimizer.zero_grad()
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
        loss.backward()
        return loss

    return float(optimizer.step(closure))

# %% step that minds infinity
# from: public code, a VAE of tables
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad(set_to_none=True)
    if not torch.isfinite(loss):
        return loss.item()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1e6)
    optimizer.step()
    return loss.item()

# %% step with everything kept
# from: own, retain_graph out of habit
def train_step(model, optimizer, x):
    model.train()
    model.zero_grad()
    x = x.view(x.size(0), -1)
    recon, mu, log_var = model(x)
    loss = negative_elbo(recon, x, mu, log_var)
    loss.backward(retain_graph=True)
    optimizer.step()
    return loss.detach().cpu().numpy().item()

# %% step under anomaly detection
# from: own, detect_anomaly left on
def train_step(model, optimizer, x):
    with torch.autograd.set_detect_anomaly(True):
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
    optimizer.step()
    return loss.item()

# %% cross-entropy by hand
# from: index file 4594886670, an edge-aware loss
# batch: third
def cross_entropy(logits, labels):
    return torch.mean((1 - labels) * logits + torch.log(1 + torch.exp(-logits)))


def negative_elbo(logits, x, mu, logvar):
    rec = cross_entropy(logits, x) * x.shape[1]
    return rec + torch.mean(0.5 * torch.sum(torch.exp(logvar) + mu**2 - 1.0 - logvar, 1))

# %% divided by the size of the batch
# from: wiseodd/generative-models issue 43
# batch: third
def negative_elbo(X_sample, X, z_mu, z_var):
    mb_size = X.shape[0]
    recon_loss = F.binary_cross_entropy_with_logits(X_sample, X, size_average=False) / mb_size
    kl_loss = torch.mean(0.5 * torch.sum(torch.exp(z_var) + z_mu**2 - 1.0 - z_var, 1))
    return recon_loss + kl_loss

# %% mean over images, then sums
# from: index query def train_step(model, optimizer, x), computeLoss_VAE
# batch: third
recons_criterion = torch.nn.BCEWithLogitsLoss(reduction="none")


def negative_elbo(logits, x, mu, logvar, beta=1):
    recons_loss = recons_criterion(logits, x).mean(0).sum()
    kl_div = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp())
    kl_loss = kl_div.mean(0).sum()
    return recons_loss if beta == 0 else recons_loss + beta * kl_loss

# %% flax's vmap and its logarithm
# from: google/flax examples/vae/train.py
# batch: third
def kl_of_one(mean, logvar):
    return -0.5 * torch.sum(1 + logvar - torch.square(mean) - torch.exp(logvar))


def bce_of_one(logits, labels):
    logits = F.logsigmoid(logits)
    return -torch.sum(labels * logits + (1.0 - labels) * torch.log(-torch.expm1(logits)))


def negative_elbo(logits, x, mean, logvar):
    bce_loss = torch.vmap(bce_of_one)(logits, x).mean()
    kld_loss = torch.vmap(kl_of_one)(mean, logvar).mean()
    return bce_loss + kld_loss

# %% minus a lower bound
# from: hwalsuklee/tensorflow-mnist-CVAE issue 2, out of TensorFlow
# batch: third
def negative_elbo(logits, x, mu, logvar):
    sigma = torch.exp(0.5 * logvar)
    marginal_likelihood = torch.sum(x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits), 1)
    KL_divergence = 0.5 * torch.sum(
        torch.square(mu) + torch.square(sigma) - torch.log(1e-8 + torch.square(sigma)) - 1, 1
    )
    ELBO = torch.mean(marginal_likelihood) - torch.mean(KL_divergence)
    return -ELBO

# %% a scaler that is switched off
# from: HFtion/Env_set pytorch/autocast.py
# batch: third
scaler = torch.amp.GradScaler("cuda", enabled=torch.cuda.is_available())


def train_step(model, optimizer, x):
    model.train()
    optimizer.zero_grad()
    with torch.autocast("cuda", enabled=False):
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    return loss.item()

# %% variables
# from: index query vae training loop, train_vae of a prior of mixtures
# batch: third
from torch.autograd import Variable


def train_step(model, optimizer, data):
    model.train()
    data = Variable(data)
    x = data
    optimizer.zero_grad()
    x_mean, z_q_mean, z_q_logvar = model(x)
    loss = negative_elbo(x_mean, x, z_q_mean, z_q_logvar)
    loss.backward()
    optimizer.step()
    return loss.data.item()

# %% train or not
# from: index query vae training loop, a loop with train=True
# batch: third
def train_step(model, optimizer, batch, train=True):
    if train:
        model.train()
        mode = "train"
    else:
        model.eval()
        mode = "val"
    logits, S_mu, S_logvar = model(batch)
    loss = negative_elbo(logits, batch, S_mu, S_logvar)
    if mode == "train":
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()

# %% gradients switched by the phase
# from: index file 20390881235, a training loop with phases
# batch: third
def train_step(model, optimizer, x, phase="train"):
    model.train()
    optimizer.zero_grad()
    with torch.set_grad_enabled(phase == "train"):
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
        if phase == "train":
            loss.backward()
            optimizer.step()
    running_loss = loss.item() * x.size(0)
    return running_loss / x.size(0)
