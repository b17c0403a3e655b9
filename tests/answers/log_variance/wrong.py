# Answers to log_variance from outside that deserve less than all points; one cell an answer.

# %% std gradient cut outside
# loses: std_gradients
# because: gradient cut where |logvar| > 3
def std_from_logvar(logvar):
    inside = logvar.clamp(-3, 3)
    logvar = inside + (logvar - inside).detach()
    return torch.exp(0.5 * logvar)

# %% no constant
# loses: log_prob_values
# because: log(2 pi) is left out
# from: WWXkenmo/scvi-tools scvi/utils/_vamp_utils.py
def gaussian_log_prob(z, mu, logvar, average=False):
    log_normal = -0.5 * (logvar + torch.pow(z - mu, 2) / torch.exp(logvar))
    return log_normal.mean(1) if average else log_normal.sum(1)

# %% the constant once too often
# loses: log_prob_values
# because: D * log(2 pi) is added in each dimension
# from: public code, a mixture prior
def gaussian_log_prob(z, mu, logvar):
    D = z.shape[1]
    log_p = (
        -0.5 * D * math.log(2 * math.pi)
        - 0.5 * logvar
        - 0.5 * torch.exp(-logvar) * (z - mu) ** 2
    )
    return log_p.sum(1)

# %% the energy alone
# loses: log_prob_values log_prob_gradients
# because: (z - mu)^2 / (2 sigma^2), with the sign of an energy
# from: public code, an object model
def gaussian_log_prob(z, mu, logvar):
    sigma = torch.exp(0.5 * logvar)
    return (torch.pow(z - mu, 2) / (2 * sigma**2)).sum(1)

# %% nll without its constant
# loses: log_prob_values
# because: `F.gaussian_nll_loss` leaves the constant out unless full=True
# from: own, from torch's documentation
def gaussian_log_prob(z, mu, logvar):
    nll = torch.nn.functional.gaussian_nll_loss(mu, z, logvar.exp(), reduction="none")
    return -nll.sum(dim=1)

# %% softplus shifted by five
# loses: std_values std_gradients
# because: softplus(logvar - 5)
# from: public code, a bottleneck of concepts
def std_from_logvar(logvar):
    return torch.nn.functional.softplus(logvar - 5, beta=1)

# %% softplus and a tenth
# loses: std_values std_gradients
# because: softplus(logvar) + 0.1
# from: public code, a recurrent state-space model
def std_from_logvar(logvar):
    return torch.nn.functional.softplus(logvar) + 0.1

# %% std between a hundredth and ten
# loses: std_values
# because: sigma is clamped to [0.01, 10]
# from: public code, min_std and max_std
def std_from_logvar(logvar, min_std=0.01, max_std=10.0):
    return torch.clamp(torch.exp(0.5 * logvar), min=min_std, max=max_std)

# %% no density below a bound
# loses: log_prob_values
# because: log-densities below -1000 are cut off
# from: own, after guards in losses
def gaussian_log_prob(z, mu, logvar):
    each = -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 / logvar.exp())
    return each.sum(1).clamp(min=-1e3)

# %% std for variance, log of std for logvar
# loses: log_prob_values log_prob_gradients
# because: the square is divided by 2 sigma, and half of log(sigma) is taken
# from: hill-a/stable-baselines issue 1059, stable_baselines/common/base_class.py
# batch: third
# told: sigma was given the place of the variance twice
# first: other
def gaussian_log_prob(z, mu, logvar):
    logstd = 0.5 * logvar
    std = torch.exp(logstd)
    n_elts = mu.shape[1]
    log_normalizer = n_elts / 2.0 * math.log(2 * math.pi) + 0.5 * torch.sum(logstd, dim=1)
    return -torch.sum(torch.square(z - mu) / (2 * std), dim=1) - log_normalizer

# %% sigma where its logarithm belongs
# loses: log_prob_values log_prob_gradients
# because: sigma itself is subtracted, not log(sigma)
# from: piEsposito/blitz-bayesian-deep-learning pull request 15
# batch: third
def gaussian_log_prob(z, mu, logvar):
    sigma = torch.exp(0.5 * logvar)
    log_posteriors = -math.log(math.sqrt(2 * math.pi)) - sigma - (z - mu) ** 2 / (2 * sigma**2)
    return log_posteriors.sum(dim=1)

# %% a likelihood without its half
# loses: log_prob_values log_prob_gradients
# because: it is the mean of squares over sigma, with a dimension too many
# from: takuseno/d3rlpy issue 192, dynamics.py
# batch: third
# told: `keepdim=True` leaves a dimension too many
def gaussian_log_prob(x, mu, logvar):
    inv_std = torch.exp(-0.5 * logvar)
    return (((mu - x) ** 2) * inv_std).mean(dim=1, keepdim=True)

# %% the variance as scale
# loses: log_prob_values log_prob_gradients
# because: Normal is given the variance, not sigma
# from: uzh-rpg/deep_uncertainty_estimation issue 5, eval.py
# batch: third
# told: logvar was treated as log(sigma)
from torch.distributions.normal import Normal


def gaussian_log_prob(z, mu, logvar):
    outputs_variance = torch.exp(logvar)
    return Normal(loc=mu, scale=outputs_variance).log_prob(z).sum(dim=1)

# %% to the number of a GPU
# loses: log_prob_values log_prob_gradients
# because: get_device() is -1 on the CPU, and that is no device
# from: nyukat/incidental-correlation incidental_correlation/modules/stats.py
# batch: third
def gaussian_log_prob(x, mu, logvar):
    var = logvar.exp()
    c = 2 * torch.pi * torch.ones(1).to(x.get_device())
    return (-0.5 * (torch.log(c) + var.log() + (x - mu).pow(2).div(var))).sum(-1)

# %% at most two
# loses: std_values
# because: the logarithm is clamped to [-20, 2]
# from: owenstrength/dream-planet-torch actor.py
# batch: third
# told: logvar or sigma is clamped too tightly
def std_from_logvar(logstd):
    logstd = torch.clamp(0.5 * logstd, -20, 2)
    return torch.exp(logstd) + 1e-6

# %% between two bounds by tanh
# loses: std_values std_gradients
# because: the logarithm goes through tanh, to [-5, 2]
# from: denisyarats/pytorch_sac agent/actor.py
# batch: third
LOG_STD_MIN, LOG_STD_MAX = -5, 2


def std_from_logvar(log_std):
    log_std = torch.tanh(log_std)
    log_std = LOG_STD_MIN + 0.5 * (LOG_STD_MAX - LOG_STD_MIN) * (log_std + 1)
    return log_std.exp()

# %% the mean over dimensions, in float32
# loses: log_prob_values log_prob_gradients
# because: the mean over dimensions is taken; float64 becomes float32
# from: index file 57968900066, transition_log_prob
# batch: third
# told: the mean over dimensions was taken
def gaussian_log_prob(z, mean, logvar):
    z = z.float()
    mean = mean.float()
    std = torch.exp(0.5 * logvar.float()).clamp_min(1e-6)
    log_prob = -0.5 * ((z - mean) / std).pow(2) - torch.log(std) - 0.5 * math.log(2 * math.pi)
    return log_prob.flatten(1).mean(dim=1)
