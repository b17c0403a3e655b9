# Answers to log_variance from public code, gathered on 2026-11-28; one cell an answer.

# %% std for variance, log of std for logvar
# verdict: wrong
# loses: log_prob_values log_prob_gradients
# because: the square is divided by 2 sigma, and half of log(sigma) is taken
# from: hill-a/stable-baselines issue 1059, stable_baselines/common/base_class.py
def gaussian_log_prob(z, mu, logvar):
    logstd = 0.5 * logvar
    std = torch.exp(logstd)
    n_elts = mu.shape[1]
    log_normalizer = n_elts / 2.0 * math.log(2 * math.pi) + 0.5 * torch.sum(logstd, dim=1)
    return -torch.sum(torch.square(z - mu) / (2 * std), dim=1) - log_normalizer

# %% sigma where its logarithm belongs
# verdict: wrong
# loses: log_prob_values log_prob_gradients
# because: sigma itself is subtracted, not log(sigma)
# from: piEsposito/blitz-bayesian-deep-learning pull request 15
def gaussian_log_prob(z, mu, logvar):
    sigma = torch.exp(0.5 * logvar)
    log_posteriors = -math.log(math.sqrt(2 * math.pi)) - sigma - (z - mu) ** 2 / (2 * sigma**2)
    return log_posteriors.sum(dim=1)

# %% a likelihood without its half
# verdict: wrong
# loses: log_prob_values log_prob_gradients
# because: it is the mean of squares over sigma, with a dimension too many
# from: takuseno/d3rlpy issue 192, dynamics.py
def gaussian_log_prob(x, mu, logvar):
    inv_std = torch.exp(-0.5 * logvar)
    return (((mu - x) ** 2) * inv_std).mean(dim=1, keepdim=True)

# %% the variance as scale
# verdict: wrong
# loses: log_prob_values log_prob_gradients
# because: Normal is given the variance, not sigma
# from: uzh-rpg/deep_uncertainty_estimation issue 5, eval.py
from torch.distributions.normal import Normal


def gaussian_log_prob(z, mu, logvar):
    outputs_variance = torch.exp(logvar)
    return Normal(loc=mu, scale=outputs_variance).log_prob(z).sum(dim=1)

# %% to the number of a GPU
# verdict: wrong
# loses: log_prob_values log_prob_gradients
# because: get_device() is -1 on the CPU, and that is no device
# from: nyukat/incidental-correlation incidental_correlation/modules/stats.py
def gaussian_log_prob(x, mu, logvar):
    var = logvar.exp()
    c = 2 * torch.pi * torch.ones(1).to(x.get_device())
    return (-0.5 * (torch.log(c) + var.log() + (x - mu).pow(2).div(var))).sum(-1)

# %% at most two
# verdict: wrong
# loses: std_values
# because: the logarithm is clamped to [-20, 2]
# from: owenstrength/dream-planet-torch actor.py
def std_from_logvar(logstd):
    logstd = torch.clamp(0.5 * logstd, -20, 2)
    return torch.exp(logstd) + 1e-6

# %% between two bounds by tanh
# verdict: wrong
# loses: std_values std_gradients
# because: the logarithm goes through tanh, to [-5, 2]
# from: denisyarats/pytorch_sac agent/actor.py
LOG_STD_MIN, LOG_STD_MAX = -5, 2


def std_from_logvar(log_std):
    log_std = torch.tanh(log_std)
    log_std = LOG_STD_MIN + 0.5 * (LOG_STD_MAX - LOG_STD_MIN) * (log_std + 1)
    return log_std.exp()

# %% the mean over dimensions, in float32
# verdict: wrong
# loses: log_prob_values log_prob_gradients
# because: the mean over dimensions is taken; float64 becomes float32
# from: index file 57968900066, transition_log_prob
def gaussian_log_prob(z, mean, logvar):
    z = z.float()
    mean = mean.float()
    std = torch.exp(0.5 * logvar.float()).clamp_min(1e-6)
    log_prob = -0.5 * ((z - mean) / std).pow(2) - torch.log(std) - 0.5 * math.log(2 * math.pi)
    return log_prob.flatten(1).mean(dim=1)

# %% normalised first
# verdict: right
# from: thuhcsi/VAENAR-TTS issue 8, posterior.py
def gaussian_log_prob(z, mu, logvar):
    dim = z.shape[1]
    normalized = (z - mu) * torch.exp(-0.5 * logvar)
    return -0.5 * (dim * math.log(2 * math.pi) + torch.sum(logvar + normalized**2.0, dim=1))

# %% a tiny number beside std
# verdict: right
# from: openai/spinningup spinup/exercises/pytorch/problem_set_1_solutions/exercise1_1_soln.py
import numpy as np

EPS = 1e-8


def gaussian_log_prob(x, mu, logvar):
    log_std = logvar / 2
    pre_sum = -0.5 * (
        ((x - mu) / (torch.exp(log_std) + EPS)) ** 2 + 2 * log_std + np.log(2 * np.pi)
    )
    return pre_sum.sum(axis=-1)

# %% the constant inside the logarithm
# verdict: right
# from: index query def gaussian_nll, log(2 pi var)
def gaussian_log_prob(target, mu, logvar):
    var = torch.exp(0.5 * logvar) ** 2 + 1e-12
    nll = 0.5 * (torch.log(2 * math.pi * var) + (target - mu) ** 2 / var)
    return -nll.sum(dim=1)

# %% three terms
# verdict: right
# from: index query GaussianSample, log_gaussian of semi-supervised models
def gaussian_log_prob(x, mu, log_var):
    log_pdf = (
        -0.5 * math.log(2 * math.pi) - log_var / 2 - (x - mu) ** 2 / (2 * torch.exp(log_var))
    )
    return torch.sum(log_pdf, dim=-1)

# %% an axis to sum over
# verdict: right
# from: avramandrei/OpenNIG src/util/losses.py, out of TensorFlow
def gaussian_log_prob(sample, mean, logvar, raxis=1):
    log2pi = torch.log(torch.tensor(2.0 * math.pi))
    return torch.sum(
        -0.5 * ((sample - mean) ** 2.0 * torch.exp(-logvar) + logvar + log2pi), dim=raxis
    )

# %% a class with static methods
# verdict: right
# from: corenel/pytorch-glow issue 1, network/module.py
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
# verdict: right
# from: script-Yang/VAEVQ taming/models/vae_utils.py
def std_from_logvar(logvar):
    logvar = torch.clamp(logvar, -30.0, 20.0)
    return torch.exp(0.5 * logvar)

# %% minus the nll of log sigma
# verdict: right
# from: orybkin/sigma-vae-pytorch issue 11, gaussian_nll
def gaussian_nll(mu, log_sigma, x):
    square = torch.pow((x - mu) / log_sigma.exp(), 2)
    return 0.5 * square + log_sigma + 0.5 * math.log(2 * math.pi)


def gaussian_log_prob(z, mu, logvar):
    return -gaussian_nll(mu, 0.5 * logvar, z).sum(-1)
