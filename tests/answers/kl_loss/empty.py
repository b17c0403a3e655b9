# Answers to kl_loss that hold nothing of what is asked: no skill's points are theirs.

# %% zeros
def kl_divergence(mu, logvar):
    return 0 * mu.sum(dim=1)


def kl_loss(mu, logvar):
    return 0 * mu.sum()

# %% new zeros
def kl_divergence(mu, logvar):
    return mu.new_zeros(len(mu))


def kl_loss(mu, logvar):
    return mu.new_zeros(())

# %% the first column
def kl_divergence(mu, logvar):
    return mu[:, 0]


def kl_loss(mu, logvar):
    return mu[0, 0]

# %% a plain sum
def kl_divergence(mu, logvar):
    return (mu + logvar).sum(dim=1)


def kl_loss(mu, logvar):
    return (mu + logvar).sum(dim=1).mean()

# %% a number made of shapes
def kl_divergence(mu, logvar):
    return torch.full_like(mu[:, 0], 0.5 * mu.shape[1])


def kl_loss(mu, logvar):
    return torch.full_like(mu[0, 0], 0.5 * mu.shape[1])

# %% a frozen projection
def kl_divergence(mu, logvar):
    return mu @ torch.linspace(-1, 1, mu.shape[1], dtype=mu.dtype, device=mu.device)


def kl_loss(mu, logvar):
    weight = torch.linspace(-1, 1, mu.shape[1], dtype=mu.dtype, device=mu.device)
    return (mu @ weight).mean()

# %% a table of the values by hand
TABLE = {(0.0, 0.0): 0.0, (1.0, 0.0): 0.5, (-2.0, 0.0): 2.0, (0.5, 1.0): 0.4841}
TABLE |= {(0.0, 1.3863): 0.8069, (0.0, -1.3863): 0.3181}


def kl_divergence(mu, logvar):
    keys = [(float(m), round(float(v), 4)) for m, v in zip(mu[:, 0], logvar[:, 0])]
    return mu.new_tensor([TABLE.get(key, 0.0) for key in keys])


def kl_loss(mu, logvar):
    return mu.new_tensor(0.5)
