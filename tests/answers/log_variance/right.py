# Answers to log_variance from outside that deserve every point; one cell an answer.

# %% std is cuda branch
def std_from_logvar(logvar):
    half = torch.full(logvar.shape, 0.5, dtype=logvar.dtype)
    if logvar.is_cuda:
        half = half.cuda()
    return torch.exp(half * logvar)

# %% full nll
# from: own, from torch's documentation
def gaussian_log_prob(z, mu, logvar):
    loss = torch.nn.GaussianNLLLoss(full=True, reduction="none")
    return -loss(mu, z, logvar.exp()).sum(dim=1)

# %% a small number under the root
# from: nathanjpaek/kb-pilot 4376_Gaussian.py
def std_from_logvar(logvar):
    var = logvar.exp()
    return torch.sqrt(var + 1e-10)

# %% a small number in the divisor
# from: public code, an agent's policy
LOG_2PI = math.log(2 * math.pi)


def gaussian_log_prob(x, mu, log_var):
    var = torch.exp(log_var)
    logp = -0.5 * (((x - mu) ** 2) / (var + 1e-8) + log_var + LOG_2PI)
    return torch.sum(logp, dim=-1)

# %% the constant as a tensor
# from: A1ex-Chen/DL_project_log latent_ode_log_normal_pdf.py
import numpy as np


def gaussian_log_prob(x, mean, logvar):
    const = torch.from_numpy(np.array([2.0 * np.pi])).to(x.dtype).to(x.device)
    const = torch.log(const)
    return (-0.5 * (const + logvar + (x - mean) ** 2.0 / torch.exp(logvar))).sum(dim=1)

# %% reciprocal
# from: andrehuang/normalizing-flows-reproduce util/distributions.py, with its constant
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
