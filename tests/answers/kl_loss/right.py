# Answers to kl_loss from outside that deserve every point; one cell an answer.

# %% keyword call
def kl_divergence(z_mean, z_log_var):
    return -0.5 * torch.sum(1 + z_log_var - z_mean**2 - z_log_var.exp(), dim=1)


def kl_loss(z_mean, z_log_var):
    return kl_divergence(z_mean=z_mean, z_log_var=z_log_var).mean()

# %% guards against what never comes
# from: public code, an estimator of states
def kl_divergence(mu, logvar):
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)
    if torch.isnan(kl).any() or torch.isinf(kl).any():
        kl = torch.nan_to_num(kl, nan=0.0, posinf=1e3, neginf=-1e3)
    return kl

# %% a tiny number in the logarithm
# from: public code, kl_divergence_normal with eps
def kl_divergence(mu, logvar):
    var = logvar.exp()
    return 0.5 * (mu.pow(2) + var - torch.log(var + 1e-9) - 1).sum(dim=-1)

# %% independent distributions
# from: public code, a comparison of two ways
from torch.distributions import Independent, Normal
from torch.distributions import kl_divergence as kl_of


def kl_divergence(mean, logvar):
    std = torch.exp(0.5 * logvar)
    prior = Independent(Normal(torch.zeros_like(mean), torch.ones_like(std)), 1)
    return kl_of(Independent(Normal(mean, std), 1), prior)

# %% in std
# from: wwang2/CoarseGrainingVAE src/loss.py
def kl_divergence(mu, logvar):
    std = torch.exp(logvar / 2)
    return -0.5 * torch.sum(1 + torch.log(std.pow(2)) - mu.pow(2) - std.pow(2), dim=-1)

# %% the loss on its own
# from: ScaleMind-C9308A/mtla loss/gaussian_kld.py
def kl_loss(mu, logvar):
    kld_loss = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)
    return torch.mean(kld_loss)

# %% a module without reduction
# from: nathanjpaek/kb-pilot KLDLossWithStandardGaussianNoReduction
class Divergence(torch.nn.Module):
    def forward(self, mu, logvar):
        return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=-1)


kl_divergence = Divergence()


def kl_loss(mu, logvar, reduction="mean"):
    value = kl_divergence(mu, logvar)
    return value.mean() if reduction == "mean" else value.sum()
