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

# %% the mean of the sum, in two steps
# from: johnlyzhou/decision-making src/models/losses.py
# batch: third
def kl_loss(mu, log_var):
    return torch.mean(0.5 * torch.sum(log_var.exp() - log_var + mu**2 - 1, dim=1), dim=0)

# %% an object with the prior's std
# from: index query KL divergence standard normal, a class KLD with std
# batch: third
class KLD:
    def __init__(self, std=1.0):
        self.std = torch.tensor(std)

    def kld(self, mu, logvar):
        each = torch.log(self.std**2) - logvar + (mu.pow(2) + logvar.exp()) / self.std**2 - 1
        return 0.5 * torch.sum(each, dim=1)


kl_divergence = KLD().kld

# %% of a squared mean and a variance
# from: index query softplus scale, kl_std_normal(mean_squared, var)
# batch: third
def kl_std_normal(mean_squared, var, clamp=True):
    log = torch.log(var.clamp(min=1e-15)) if clamp else torch.log(var)
    return 0.5 * (var + mean_squared - log - 1.0)


def kl_divergence(mu, logvar):
    return kl_std_normal(mu.square(), torch.exp(logvar)).sum(dim=1)

# %% in place from term to term
# from: index query KL divergence standard normal, a kl_loss with prior_mu
# batch: third
def kl_divergence(mu, logvar, prior_mu=0):
    v_kl = mu.add(-prior_mu).pow(2).add_(logvar.exp()).mul_(-1).add_(1).add_(logvar)
    return v_kl.sum(dim=-1).mul_(-0.5)

# %% one image, and vmap
# from: google/flax examples/vae/train.py
# batch: third
def one(mean, logvar):
    return -0.5 * torch.sum(1 + logvar - torch.square(mean) - torch.exp(logvar))


kl_divergence = torch.func.vmap(one)

# %% between any two normals
# from: index query sample_gaussian(m, v), kl_normal(qm, qv, pm, pv)
# batch: third
def kl_normal(qm, qv, pm, pv):
    element_wise = 0.5 * (torch.log(pv) - torch.log(qv) + qv / pv + (qm - pm).pow(2) / pv - 1)
    return element_wise.sum(-1)


def kl_divergence(mu, logvar):
    return kl_normal(mu, logvar.exp(), torch.zeros_like(mu), torch.ones_like(mu))

# %% divided by the batch
# from: script-Yang/VAEVQ taming/models/vae_utils.py
# batch: third
def kl_loss(mean, logvar):
    logvar = torch.clamp(logvar, -30.0, 20.0)
    batch_size = mean.shape[0]
    var = torch.exp(logvar)
    return 0.5 * torch.sum(torch.pow(mean, 2) + var - 1.0 - logvar) / batch_size

# %% numbers become tensors
# from: openai/improved-diffusion issue 119, normal_kl
# batch: third
def normal_kl(mean1, logvar1, mean2, logvar2):
    logvar1, logvar2 = [
        x if isinstance(x, torch.Tensor) else torch.tensor(x).to(mean1) for x in (logvar1, logvar2)
    ]
    return 0.5 * (
        -1.0
        + logvar2
        - logvar1
        + torch.exp(logvar1 - logvar2)
        + ((mean1 - mean2) ** 2) * torch.exp(-logvar2)
    )


def kl_divergence(mu, logvar):
    return normal_kl(mu, logvar, 0.0, 0.0).sum(1)
