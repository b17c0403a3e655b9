# Answers to kl_loss that deserve every point; one cell an answer. How to read them: tests/answers.py.

# %% textbook
# because: what stands before it is the textbook's

# %% paper
def kl_divergence(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)

# %% last dimension
def kl_divergence(mu, logvar):
    return 0.5 * (mu.square() + logvar.exp() - 1.0 - logvar).sum(-1)

# %% sum of sums
def kl_divergence(mu, logvar):
    variance = torch.exp(logvar)
    size = mu.shape[1]
    return 0.5 * (variance.sum(1) + (mu * mu).sum(1) - size - logvar.sum(1))

# %% in sigma
def kl_divergence(mu, logvar):
    std = torch.exp(0.5 * logvar)
    return (0.5 * (std**2 + mu**2) - 0.5 - torch.log(std)).sum(axis=1)

# %% trace and determinant
def kl_divergence(mu, logvar):
    covariance = torch.diag_embed(logvar.exp())
    trace = torch.einsum("bii->b", covariance)
    square = torch.einsum("bd,bd->b", mu, mu)
    return 0.5 * (trace + square - mu.size(1) - torch.logdet(covariance))

# %% distributions
from torch.distributions import Normal, kl_divergence as kl


def kl_divergence(mu, logvar):
    q = Normal(mu, torch.exp(0.5 * logvar))
    p = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return kl(q, p).sum(dim=1)

# %% distributions with numbers
import torch.distributions as D


def kl_divergence(mu, logvar):
    return D.kl_divergence(D.Normal(mu, logvar.exp().sqrt()), D.Normal(0.0, 1.0)).sum(-1)

# %% Independent
import torch.distributions as D


def kl_divergence(mu, logvar):
    q = D.Independent(D.Normal(mu, torch.exp(0.5 * logvar)), 1)
    p = D.Independent(D.Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    return D.kl_divergence(q, p)

# %% MultivariateNormal
import torch.distributions as D


def kl_divergence(mu, logvar):
    q = D.MultivariateNormal(mu, torch.diag_embed(logvar.exp()))
    eye = torch.eye(mu.shape[1], dtype=mu.dtype, device=mu.device)
    return D.kl_divergence(q, D.MultivariateNormal(torch.zeros_like(mu), eye))

# %% from the logarithms of densities
import math

from torch.distributions import Normal


def kl_divergence(mu, logvar):
    q = Normal(mu, torch.exp(0.5 * logvar))
    cross_entropy = 0.5 * (math.log(2 * math.pi) + mu**2 + logvar.exp())
    return (cross_entropy - q.entropy()).sum(1)

# %% row by row
def kl_divergence(mu, logvar):
    rows = []
    for m, v in zip(mu, logvar):
        rows.append(0.5 * (m @ m + v.exp().sum() - len(m) - v.sum()))
    return torch.stack(rows)

# %% vmap
def kl_divergence(mu, logvar):
    one = lambda m, v: 0.5 * (m.dot(m) + v.exp().sum() - m.numel() - v.sum())
    return torch.func.vmap(one)(mu, logvar)

# %% accumulated over dimensions
def kl_divergence(mu, logvar):
    total = torch.zeros(len(mu), dtype=mu.dtype, device=mu.device)
    for j in range(mu.shape[1]):
        total = total + 0.5 * (mu[:, j] ** 2 + logvar[:, j].exp() - 1 - logvar[:, j])
    return total

# %% in place on own temporaries
def kl_divergence(mu, logvar):
    each = mu.pow(2).add_(logvar.exp()).sub_(1).sub_(logvar)
    return each.sum(1).mul_(0.5)

# %% clamp at 10
def kl_divergence(mu, logvar):
    logvar = logvar.clamp(-10, 10)
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% floor added
def kl_divergence(mu, logvar):
    sigma = torch.exp(0.5 * logvar) + 1e-4
    return (0.5 * (sigma**2 + mu**2 - 1) - sigma.log()).sum(1)

# %% floor by clamp
def kl_divergence(mu, logvar):
    sigma = torch.exp(0.5 * logvar).clamp(min=1e-4)
    return (0.5 * (sigma**2 + mu**2 - 1) - sigma.log()).sum(1)

# %% epsilon in the logarithm
def kl_divergence(mu, logvar):
    variance = logvar.exp()
    return 0.5 * (mu**2 + variance - 1 - torch.log(variance + 1e-8)).sum(1)

# %% never below zero
def kl_divergence(mu, logvar):
    each = 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
    return each.clamp(min=0).sum(1)

# %% absolute value
def kl_divergence(mu, logvar):
    return (0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)).abs()

# %% in float64 within
def kl_divergence(mu, logvar):
    mu64, logvar64 = mu.double(), logvar.double()
    return 0.5 * (mu64**2 + logvar64.exp() - 1 - logvar64).sum(1).to(mu.dtype)

# %% 0-dim constants
def kl_divergence(mu, logvar):
    half, one = torch.tensor(0.5), torch.tensor(1.0)
    return half * (mu**2 + logvar.exp() - one - logvar).sum(1)

# %% flattened
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).flatten(1).sum(1)

# %% guards and prints
import sys
import warnings


def kl_divergence(mu, logvar):
    if mu.shape != logvar.shape or torch.isnan(logvar).any():
        raise ValueError("bad input")
    warnings.warn("the KL")
    value = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    print(value.mean().item(), value.tolist(), f"{value.sum():.2f}", file=sys.stderr)
    return value

# %% annotated, keyword-only options, a helper
def per_dimension(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar)


def kl_divergence(mu: torch.Tensor, logvar: torch.Tensor, *, weight: float = 1.0) -> torch.Tensor:
    return weight * per_dimension(mu, logvar).sum(dim=1)


def kl_loss(mu: torch.Tensor, logvar: torch.Tensor, *, weight: float = 1.0) -> torch.Tensor:
    return weight * kl_divergence(mu, logvar).mean(dim=0)

# %% own autograd function
class KL(torch.autograd.Function):
    @staticmethod
    def forward(ctx, mu, logvar):
        ctx.save_for_backward(mu, logvar)
        return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

    @staticmethod
    def backward(ctx, grad):
        mu, logvar = ctx.saved_tensors
        return mu * grad[:, None], 0.5 * (logvar.exp() - 1) * grad[:, None]


kl_divergence = KL.apply

# %% a lambda and a partial
import functools

kl_divergence = lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)


def average(function, mu, logvar):
    return function(mu, logvar).mean()


kl_loss = functools.partial(average, kl_divergence)

# %% loss: sum over len
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).sum() / len(mu)

# %% loss: whole formula
def kl_loss(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / mu.size(0)

# %% loss: mean then sum
def kl_loss(mu, logvar):
    return (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).mean(0).sum()

# %% loss: mean times dimensions
def kl_loss(mu, logvar):
    return mu.shape[1] * torch.mean(0.5 * (mu**2 + logvar.exp() - 1 - logvar))

# %% loss: a name taken from torch
from torch.distributions import Normal


def kl_loss(mu, logvar):
    q, p = Normal(mu, torch.exp(0.5 * logvar)), Normal(0.0, 1.0)
    return kl(q, p).sum(dim=1).mean()


from torch.distributions import kl_divergence as kl

# %% loss: decorated
import functools


def logged(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        print("called")
        return function(*args, **kwargs)

    return inner


@logged
def kl_loss(mu, logvar):
    return torch.mean(kl_divergence(mu, logvar))

# %% [markdown]
# written before any check had seen them

# %% held out: logsumexp form
# batch: held out
def kl_divergence(mu, logvar):
    return 0.5 * (mu * mu - logvar + torch.exp(logvar) - torch.ones_like(mu)).sum(
        dim=tuple(range(1, mu.ndim))
    )

# %% held out: matmul with ones
# batch: held out
def kl_divergence(mu, logvar):
    each = 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
    return each @ torch.ones(mu.shape[1], dtype=mu.dtype, device=mu.device)

# %% held out: softplus free mean times dim
# batch: held out
def kl_divergence(mu, logvar):
    return (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).mean(dim=1) * mu.shape[1]

# %% held out: entropy minus cross
# batch: held out
def kl_divergence(mu, logvar):
    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
    c = 0.9189385332046727 + 0.5 * (mu.pow(2) + logvar.exp())
    return (c - q.entropy()).sum(-1)

# %% held out: norms
# batch: held out
def kl_divergence(mu, logvar):
    m = torch.linalg.vector_norm(mu, dim=1) ** 2
    s = torch.linalg.vector_norm(torch.exp(0.5 * logvar), dim=1) ** 2
    return (m + s - logvar.sum(1) - mu.size(-1)) / 2

# %% held out: loss: reduce
# batch: held out
def kl_loss(mu, logvar):
    v = kl_divergence(mu, logvar)
    return torch.dot(v, torch.full_like(v, 1 / v.numel()))

# %% held out: loss: no call
# batch: held out
def kl_loss(mu, logvar):
    return torch.mean(-0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1), dim=0)

# %% [markdown]
# from public code, or made to be subtle

# %% keyword call
# batch: first
def kl_divergence(z_mean, z_log_var):
    return -0.5 * torch.sum(1 + z_log_var - z_mean**2 - z_log_var.exp(), dim=1)


def kl_loss(z_mean, z_log_var):
    return kl_divergence(z_mean=z_mean, z_log_var=z_log_var).mean()

# %% guards against what never comes
# from: public code, an estimator of states
# batch: second
def kl_divergence(mu, logvar):
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)
    if torch.isnan(kl).any() or torch.isinf(kl).any():
        kl = torch.nan_to_num(kl, nan=0.0, posinf=1e3, neginf=-1e3)
    return kl

# %% a tiny number in the logarithm
# from: public code, kl_divergence_normal with eps
# batch: second
def kl_divergence(mu, logvar):
    var = logvar.exp()
    return 0.5 * (mu.pow(2) + var - torch.log(var + 1e-9) - 1).sum(dim=-1)

# %% independent distributions
# from: public code, a comparison of two ways
# batch: second
from torch.distributions import Independent, Normal
from torch.distributions import kl_divergence as kl_of


def kl_divergence(mean, logvar):
    std = torch.exp(0.5 * logvar)
    prior = Independent(Normal(torch.zeros_like(mean), torch.ones_like(std)), 1)
    return kl_of(Independent(Normal(mean, std), 1), prior)

# %% in std
# from: wwang2/CoarseGrainingVAE src/loss.py
# batch: second
def kl_divergence(mu, logvar):
    std = torch.exp(logvar / 2)
    return -0.5 * torch.sum(1 + torch.log(std.pow(2)) - mu.pow(2) - std.pow(2), dim=-1)

# %% the loss on its own
# from: ScaleMind-C9308A/mtla loss/gaussian_kld.py
# batch: second
def kl_loss(mu, logvar):
    kld_loss = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)
    return torch.mean(kld_loss)

# %% a module without reduction
# from: nathanjpaek/kb-pilot KLDLossWithStandardGaussianNoReduction
# batch: second
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

# %% with 2 * log_sigma
# from: fastforwardlabs/vae-tf issue 3, out of TensorFlow
# batch: fourth
def kl_divergence(mu, logvar):
    log_sigma = 0.5 * logvar
    return -0.5 * torch.sum(1 + 2 * log_sigma - mu**2 - torch.exp(2 * log_sigma), 1)

# %% minus the number of dimensions
# from: paruby/FactorVAE issue 1, out of TensorFlow
# batch: fourth
def kl_loss(enc_mean, enc_logvar):
    z_dim = enc_mean.shape[1]
    each = torch.sum(torch.exp(enc_logvar) - enc_logvar + enc_mean**2, dim=1)
    return 0.5 * torch.mean(each - z_dim)

# %% taken away in place, of any prior
# from: index file 29990057, NormKLLoss of a dialogue model
# batch: fourth
class NormKLLoss(torch.nn.Module):
    def __init__(self, unit_average=False):
        super().__init__()
        self.unit_average = unit_average

    def forward(self, recog_mu, recog_logvar, prior_mu, prior_logvar):
        loss = 1.0 + (recog_logvar - prior_logvar)
        loss -= torch.div(torch.pow(prior_mu - recog_mu, 2), torch.exp(prior_logvar))
        loss -= torch.div(torch.exp(recog_logvar), torch.exp(prior_logvar))
        if self.unit_average:
            kl = -0.5 * torch.mean(loss, dim=1)
        else:
            kl = -0.5 * torch.sum(loss, dim=1)
        return torch.mean(kl)


def kl_loss(mu, logvar):
    return NormKLLoss()(mu, logvar, torch.zeros_like(mu), torch.zeros_like(logvar))

# %% traces and log-determinants
# from: index file 32246726594, KL of Gaussians with precisions
# batch: fourth
def kl_of(mean_f, cov_f, mean_g, precision_g):
    kl = -0.5 * torch.logdet(cov_f)
    kl = kl - 0.5 * torch.logdet(precision_g)
    kl = kl + 0.5 * torch.einsum("...ij,...ji->...", precision_g, cov_f)
    gap = mean_f - mean_g
    kl = kl + 0.5 * torch.einsum("...i,...ij,...j->...", gap, precision_g, gap)
    return kl - 0.5 * mean_f.shape[-1]


def kl_divergence(mu, logvar):
    eye = torch.eye(mu.shape[-1], dtype=mu.dtype, device=mu.device).expand(len(mu), -1, -1)
    return kl_of(mu, torch.diag_embed(logvar.exp()), torch.zeros_like(mu), eye)

# %% of two full Gaussians
# from: index query MultivariateNormal diag_embed, its divergence
# batch: fourth
from torch.distributions import MultivariateNormal


def kl_divergence(mu, logvar):
    q = MultivariateNormal(mu, scale_tril=torch.diag_embed(torch.exp(0.5 * logvar)))
    p = MultivariateNormal(torch.zeros_like(mu), scale_tril=torch.diag_embed(torch.ones_like(mu)))
    return torch.distributions.kl_divergence(q, p)

# %% an exponential clamped far out
# from: index file 45253370644, stable losses explained
# batch: fourth
def kl_divergence(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp().clamp(max=1e6), dim=1)
