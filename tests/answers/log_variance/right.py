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
