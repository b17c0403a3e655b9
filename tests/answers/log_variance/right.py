# Answers to log_variance that deserve every point; one cell an answer. How to read them: tests/answers.py.

# %% textbook
# because: what stands before it is the textbook's

# %% half of logvar
def std_from_logvar(logvar):
    return (logvar / 2).exp()

# %% square root of the variance
def std_from_logvar(logvar):
    return torch.sqrt(torch.exp(logvar))

# %% variance to the half
def std_from_logvar(logvar):
    return logvar.exp() ** 0.5

# %% power of e
def std_from_logvar(logvar):
    return math.e ** (0.5 * logvar)

# %% in place on own temporaries
def std_from_logvar(logvar):
    return logvar.mul(0.5).exp_()

# %% exp2
def std_from_logvar(logvar):
    return torch.exp2(0.5 * logvar / math.log(2))

# %% clamp at 10
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar.clamp(-10, 10))

# %% clamp from -30 to 20
def std_from_logvar(logvar):
    return torch.exp(0.5 * torch.clamp(logvar, min=-30.0, max=20.0))

# %% floor added
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar) + 1e-4

# %% floor by clamp
def std_from_logvar(logvar):
    return logvar.mul(0.5).exp().clamp(min=1e-4)

# %% epsilon under the root
def std_from_logvar(logvar):
    return torch.sqrt(logvar.exp() + 1e-8)

# %% log-sum-exp
def std_from_logvar(logvar):
    return torch.logaddexp(logvar / 2, torch.full_like(logvar, -40.0)).exp()

# %% typed and documented
def std_from_logvar(logvar: torch.Tensor, *, scale: float = 0.5) -> torch.Tensor:
    """Return sigma. log(sigma^2) = logvar, so log(sigma) = logvar / 2."""
    print("shape", logvar.shape)
    return torch.exp(scale * logvar)

# %% a lambda
std_from_logvar = lambda log_var: (0.5 * log_var).exp()

# %% a module
class Std(torch.nn.Module):
    def forward(self, logvar):
        return (0.5 * logvar).exp()


std_from_logvar = Std()

# %% guards
def std_from_logvar(logvar):
    if not torch.is_tensor(logvar):
        raise TypeError("tensor wanted")
    assert not torch.isnan(logvar).any()
    return torch.exp(logvar / 2.0)

# %% density: calls std_from_logvar
def gaussian_log_prob(z, mu, logvar):
    std = std_from_logvar(logvar)
    eps = (z - mu) / std
    return (-0.5 * eps**2 - torch.log(std) - 0.5 * math.log(2 * math.pi)).sum(-1)

# %% density: distributions
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, torch.exp(0.5 * logvar)).log_prob(z).sum(dim=1)

# %% density: Independent
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Independent(D.Normal(mu, (logvar / 2).exp()), 1).log_prob(z)

# %% density: MultivariateNormal
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.MultivariateNormal(mu, torch.diag_embed(logvar.exp())).log_prob(z)

# %% density: sums apart
def gaussian_log_prob(z, mu, logvar):
    dim = z.shape[1]
    quadratic = ((mu - z).pow(2) / logvar.exp()).sum(1)
    return -0.5 * quadratic - 0.5 * logvar.sum(1) - 0.5 * dim * math.log(2 * math.pi)

# %% density: log of the root
def gaussian_log_prob(z, mu, logvar):
    var = torch.exp(logvar)
    log_norm = -torch.log(torch.sqrt(2 * torch.pi * var))
    return torch.sum(log_norm - (z - mu) ** 2 / (2 * var), dim=-1)

# %% density: GaussianNLLLoss
def gaussian_log_prob(z, mu, logvar):
    nll = torch.nn.functional.gaussian_nll_loss(
        mu, z, logvar.exp(), full=True, reduction="none", eps=1e-12
    )
    return -nll.sum(dim=1)

# %% density: einsum
def gaussian_log_prob(z, mu, logvar):
    precision = torch.exp(-logvar)
    d = z - mu
    quadratic = torch.einsum("bi,bi,bi->b", d, precision, d)
    constant = math.log(2 * math.pi) * z.size(-1)
    return -(quadratic + logvar.sum(-1) + constant) / 2

# %% density: row by row
def gaussian_log_prob(z, mu, logvar):
    rows = []
    for a, b, c in zip(z, mu, logvar):
        rows.append((-0.5 * ((a - b) ** 2 / c.exp() + c + math.log(2 * math.pi))).sum())
    return torch.stack(rows)

# %% density: vmap
def gaussian_log_prob(z, mu, logvar):
    def one(a, b, c):
        return -0.5 * ((a - b).square() / c.exp() + c + math.log(2 * math.pi)).sum()

    return torch.func.vmap(one)(z, mu, logvar)

# %% density: floor
def gaussian_log_prob(z, mu, logvar):
    std = torch.exp(0.5 * logvar).clamp(min=1e-4)
    return (-0.5 * ((z - mu) / std) ** 2 - std.log() - 0.5 * math.log(2 * math.pi)).sum(1)

# %% density: clamp at 10
def gaussian_log_prob(z, mu, logvar):
    logvar = torch.clamp(logvar, -10.0, 10.0)
    return -0.5 * ((z - mu) ** 2 * (-logvar).exp() + logvar + math.log(2 * math.pi)).sum(1)

# %% density: epsilon in the variance
def gaussian_log_prob(z, mu, logvar):
    var = logvar.exp() + 1e-8
    return (-0.5 * (z - mu) ** 2 / var - 0.5 * torch.log(2 * math.pi * var)).sum(1)

# %% density: constant as a tensor
def gaussian_log_prob(z, mu, logvar):
    log2pi = torch.log(torch.tensor(2 * torch.pi, dtype=z.dtype, device=z.device))
    return (-0.5 * (log2pi + logvar + (z - mu) ** 2 / torch.exp(logvar))).sum(1)

# %% density: other names, by position
from math import log, pi


def gaussian_log_prob(sample, mean, log_var):
    return -0.5 * (log(2 * pi) + log_var + (sample - mean) ** 2 / log_var.exp()).sum(-1)

# %% density: half each
def gaussian_log_prob(z, mu, logvar):
    log_sigma = logvar / 2
    return (
        torch.distributions.Normal(0.0, 1.0)
        .log_prob((z - mu) * torch.exp(-log_sigma))
        .sub(log_sigma)
        .sum(dim=1)
    )

# %% [markdown]
# written before any check had seen them

# %% held out: pow
# batch: held out
def std_from_logvar(logvar):
    return torch.pow(torch.exp(logvar), 0.5)

# %% held out: rsqrt
# batch: held out
def std_from_logvar(logvar):
    return torch.rsqrt(torch.exp(-logvar))

# %% held out: cosh
# batch: held out
def std_from_logvar(logvar):
    return torch.cosh(logvar / 2) + torch.sinh(logvar / 2)

# %% held out: distributions
# batch: held out
def std_from_logvar(logvar):
    return torch.distributions.Normal(torch.zeros_like(logvar), torch.exp(logvar / 2)).stddev

# %% held out: half in pieces
# batch: held out
def std_from_logvar(logvar):
    half = torch.full_like(logvar, 0.5)
    return (half * logvar).exp()

# %% held out: vmapped
# batch: held out
def std_from_logvar(logvar):
    return torch.exp(torch.mul(logvar, 1 / 2))

# %% held out: density: MVN diag
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    return torch.distributions.MultivariateNormal(
        mu, scale_tril=torch.diag_embed(torch.exp(0.5 * logvar))
    ).log_prob(z)

# %% held out: density: log terms
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    k = mu.shape[-1]
    return (
        -(k / 2) * math.log(2 * math.pi)
        - logvar.sum(dim=-1) / 2
        - (((z - mu) / torch.exp(logvar / 2)) ** 2).sum(dim=-1) / 2
    )

# %% held out: density: fsum
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    total = 0
    for j in range(z.shape[1]):
        total = total - 0.5 * (
            math.log(2 * math.pi)
            + logvar[:, j]
            + (z[:, j] - mu[:, j]) ** 2 * torch.exp(-logvar[:, j])
        )
    return total

# %% held out: density: constant written
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    each = -0.9189385332046727 - 0.5 * logvar - 0.5 * torch.square(mu - z) * torch.exp(-logvar)
    return each.sum(axis=1)

# %% held out: density: transformed
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    base = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    t = torch.distributions.transforms.AffineTransform(mu, torch.exp(0.5 * logvar))
    return torch.distributions.TransformedDistribution(base, t).log_prob(z).sum(-1)

# %% [markdown]
# from public code, or made to be subtle

# %% std is cuda branch
# batch: first
def std_from_logvar(logvar):
    half = torch.full(logvar.shape, 0.5, dtype=logvar.dtype)
    if logvar.is_cuda:
        half = half.cuda()
    return torch.exp(half * logvar)

# %% full nll
# from: own, from torch's documentation
# batch: second
def gaussian_log_prob(z, mu, logvar):
    loss = torch.nn.GaussianNLLLoss(full=True, reduction="none")
    return -loss(mu, z, logvar.exp()).sum(dim=1)

# %% a small number under the root
# from: nathanjpaek/kb-pilot 4376_Gaussian.py
# batch: second
def std_from_logvar(logvar):
    var = logvar.exp()
    return torch.sqrt(var + 1e-10)

# %% a small number in the divisor
# from: public code, an agent's policy
# batch: second
LOG_2PI = math.log(2 * math.pi)


def gaussian_log_prob(x, mu, log_var):
    var = torch.exp(log_var)
    logp = -0.5 * (((x - mu) ** 2) / (var + 1e-8) + log_var + LOG_2PI)
    return torch.sum(logp, dim=-1)

# %% the constant as a tensor
# from: A1ex-Chen/DL_project_log latent_ode_log_normal_pdf.py
# batch: second
import numpy as np


def gaussian_log_prob(x, mean, logvar):
    const = torch.from_numpy(np.array([2.0 * np.pi])).to(x.dtype).to(x.device)
    const = torch.log(const)
    return (-0.5 * (const + logvar + (x - mean) ** 2.0 / torch.exp(logvar))).sum(dim=1)

# %% reciprocal
# from: andrehuang/normalizing-flows-reproduce util/distributions.py, with its constant
# batch: second
def gaussian_log_prob(x, mean, logvar, dim=1):
    log_norm = -0.5 * (logvar + (x - mean) * (x - mean) * logvar.exp().reciprocal())
    return torch.sum(log_norm - 0.5 * math.log(2 * math.pi), dim)

# %% normalised first
# from: thuhcsi/VAENAR-TTS issue 8, posterior.py
# batch: third
def gaussian_log_prob(z, mu, logvar):
    dim = z.shape[1]
    normalized = (z - mu) * torch.exp(-0.5 * logvar)
    return -0.5 * (dim * math.log(2 * math.pi) + torch.sum(logvar + normalized**2.0, dim=1))

# %% a tiny number beside std
# from: openai/spinningup spinup/exercises/pytorch/problem_set_1_solutions/exercise1_1_soln.py
# batch: third
import numpy as np

EPS = 1e-8


def gaussian_log_prob(x, mu, logvar):
    log_std = logvar / 2
    pre_sum = -0.5 * (
        ((x - mu) / (torch.exp(log_std) + EPS)) ** 2 + 2 * log_std + np.log(2 * np.pi)
    )
    return pre_sum.sum(axis=-1)

# %% the constant inside the logarithm
# from: index query def gaussian_nll, log(2 pi var)
# batch: third
def gaussian_log_prob(target, mu, logvar):
    var = torch.exp(0.5 * logvar) ** 2 + 1e-12
    nll = 0.5 * (torch.log(2 * math.pi * var) + (target - mu) ** 2 / var)
    return -nll.sum(dim=1)

# %% three terms
# from: index query GaussianSample, log_gaussian of semi-supervised models
# batch: third
def gaussian_log_prob(x, mu, log_var):
    log_pdf = (
        -0.5 * math.log(2 * math.pi) - log_var / 2 - (x - mu) ** 2 / (2 * torch.exp(log_var))
    )
    return torch.sum(log_pdf, dim=-1)

# %% an axis to sum over
# from: avramandrei/OpenNIG src/util/losses.py, out of TensorFlow
# batch: third
def gaussian_log_prob(sample, mean, logvar, raxis=1):
    log2pi = torch.log(torch.tensor(2.0 * math.pi))
    return torch.sum(
        -0.5 * ((sample - mean) ** 2.0 * torch.exp(-logvar) + logvar + log2pi), dim=raxis
    )

# %% a class with static methods
# from: corenel/pytorch-glow issue 1, network/module.py
# batch: third
class GaussianDiag:
    log_2pi = float(math.log(2 * math.pi))

    @staticmethod
    def likelihood(mean, logs, x):
        return -0.5 * (
            logs * 2.0 + ((x - mean) ** 2) / torch.exp(logs * 2.0) + GaussianDiag.log_2pi
        )

    @staticmethod
    def logp(mean, logs, x):
        return GaussianDiag.likelihood(mean, logs, x).sum(dim=1)


def gaussian_log_prob(z, mu, logvar):
    return GaussianDiag.logp(mu, 0.5 * logvar, z)

# %% clamped far out
# from: script-Yang/VAEVQ taming/models/vae_utils.py
# batch: third
def std_from_logvar(logvar):
    logvar = torch.clamp(logvar, -30.0, 20.0)
    return torch.exp(0.5 * logvar)

# %% minus the nll of log sigma
# from: orybkin/sigma-vae-pytorch issue 11, gaussian_nll
# batch: third
def gaussian_nll(mu, log_sigma, x):
    square = torch.pow((x - mu) / log_sigma.exp(), 2)
    return 0.5 * square + log_sigma + 0.5 * math.log(2 * math.pi)


def gaussian_log_prob(z, mu, logvar):
    return -gaussian_nll(mu, 0.5 * logvar, z).sum(-1)

# %% logvar may be a number
# from: edluyuan/diffusion-project models/utils.py, out of JAX
# batch: fourth
def gaussian_log_prob(x, mu, logvar):
    if not isinstance(logvar, torch.Tensor):
        logvar = torch.tensor(logvar, dtype=x.dtype)
    while logvar.ndim < x.ndim:
        logvar = logvar.unsqueeze(0)
    const = torch.log(torch.tensor(2 * torch.pi))
    return (-0.5 * (logvar + torch.square(x - mu) / torch.exp(logvar) + const)).sum(-1)

# %% of a variance
# from: aidanscannell/GPJax gpjax/logdensities.py, out of JAX
# batch: fourth
def gaussian(x, mu, var):
    log_2pi = torch.log(2 * torch.as_tensor(torch.pi))
    return -0.5 * (log_2pi + torch.log(var) + torch.square(mu - x) / var)


def gaussian_log_prob(z, mu, logvar):
    return gaussian(z, mu, torch.exp(logvar)).sum(dim=1)

# %% the constant at the end, by the number of columns
# from: index query log_gaussian sum over axis, compute_log_probabitility_gaussian
# batch: fourth
import numpy as np


def compute_log_probability(obs, mu, logstd, axis=1):
    squares = torch.sum(-0.5 * ((obs - mu) / torch.exp(logstd)) ** 2 - logstd, axis)
    return squares - 0.5 * obs.shape[1] * torch.log(torch.tensor(2 * np.pi))


def gaussian_log_prob(z, mu, logvar):
    return compute_log_probability(z, mu, logvar / 2)

# %% NumPy's constant inside the sum
# from: GuHY777/VaDE-pytorch issue 3
# batch: fourth
import numpy as np


def gaussian_log_prob(x, mu, log_sigma2):
    return -0.5 * (
        torch.sum(np.log(np.pi * 2) + log_sigma2 + (x - mu).pow(2) / torch.exp(log_sigma2), 1)
    )

# %% a covariance
# from: index query MultivariateNormal diag_embed, its density
# batch: fourth
def gaussian_log_prob(z, mu, logvar):
    covariance = torch.diag_embed(logvar.exp() + 1e-8)
    return torch.distributions.MultivariateNormal(mu, covariance).log_prob(z)

# %% a millionth beside the variance
# from: JeremyCCHsu/vae-npvc issue 11, out of TensorFlow
# batch: fourth
# first: failed
EPSILON = 1e-6


def gaussian_log_prob(x, mu, log_var):
    c = math.log(2 * math.pi)
    var = torch.exp(log_var)
    x_mu2 = torch.square(x - mu)
    x_mu2_over_var = x_mu2 / (var + EPSILON)
    log_prob = -0.5 * (c + log_var + x_mu2_over_var)
    return torch.sum(log_prob, -1)

# %% the root of the variance
# from: index file 31371113451, actions of a policy
# batch: fourth
def std_from_logvar(logvar):
    action_std = torch.sqrt(logvar.exp())
    return action_std
