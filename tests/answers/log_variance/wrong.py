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
