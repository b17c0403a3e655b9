# Answers to log_variance that hold nothing of what is asked: no skill's points are theirs.

# %% what came in
def std_from_logvar(logvar):
    return logvar


def gaussian_log_prob(z, mu, logvar):
    return z[:, 0]

# %% zeros
def std_from_logvar(logvar):
    return torch.zeros_like(logvar)


def gaussian_log_prob(z, mu, logvar):
    return torch.zeros_like(z[:, 0])

# %% ones with a gradient
def std_from_logvar(logvar):
    return 1 + 0 * logvar


def gaussian_log_prob(z, mu, logvar):
    return 1 + 0 * (z + mu + logvar).sum(dim=1)

# %% a number made of shapes
def std_from_logvar(logvar):
    return torch.full_like(logvar, len(logvar))


def gaussian_log_prob(z, mu, logvar):
    return torch.full_like(z[:, 0], -0.5 * z.shape[1] * math.log(2 * math.pi))

# %% a frozen projection
def std_from_logvar(logvar):
    return logvar * torch.linspace(0.5, 1, logvar.shape[-1], dtype=logvar.dtype)


def gaussian_log_prob(z, mu, logvar):
    return (z - mu + logvar) @ torch.linspace(-1, 1, z.shape[1], dtype=z.dtype)
