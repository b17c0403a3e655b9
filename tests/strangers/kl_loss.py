# Answers to kl_loss from public code, gathered on 2026-11-28; one cell an answer.

# %% half a one for each image
# verdict: wrong
# loses: divergence_values
# because: the 1 is subtracted once for each image, not in each dimension
# from: ericjang/draw issue 2
def kl_divergence(mu, logvar):
    T = 1
    logsigma = 0.5 * logvar
    sigma2 = torch.exp(logsigma) ** 2
    return 0.5 * torch.sum(mu**2 + sigma2 - 2 * logsigma, 1) - T * 0.5

# %% mean over the last dimension
# verdict: wrong
# loses: divergence_values divergence_gradients
# because: averaged over latent dimensions
# from: tomhosking/torchseq src/models/kl_divergence.py
def kl_divergence(mu, logvar):
    return -0.5 * torch.mean(1 + logvar - mu.pow(2) - logvar.exp(), dim=-1)

# %% logvar as the logarithm of sigma
# verdict: wrong
# loses: divergence_by_hand divergence_values divergence_gradients
# because: logvar is taken for log(sigma)
# from: KarenUllrich/Tutorial_BayesianCompressionForDL issue 1
def kl_divergence(mu, logvar):
    each = -logvar + 0.5 * (logvar.exp().pow(2) + mu.pow(2)) - 0.5
    return torch.sum(each, dim=1)

# %% std squared, its logarithm not doubled
# verdict: wrong
# loses: divergence_by_hand divergence_values divergence_gradients
# because: exp(logvar) is squared
# from: cern1710/MNIST-image-generation utils.py
def kl_divergence(mean, log_std):
    std = torch.exp(log_std)
    return -0.5 * torch.sum(1 + log_std - mean**2 - std**2, dim=-1)

# %% five ten-thousandths
# verdict: wrong
# loses: loss_value loss_gradients
# because: the factor is 0.0005, and it is averaged over latent dimensions too
# from: fchollet/deep-learning-with-python-notebooks issue 120
def kl_loss(z_mean, z_log_var):
    return -5e-4 * torch.mean(1 + z_log_var - torch.square(z_mean) - torch.exp(z_log_var))

# %% the ratio upside down
# verdict: wrong
# loses: divergence_by_hand divergence_values divergence_gradients
# because: the sign of logvar is turned
# from: kasparmartens/NeuralProcesses issue 1, out of R
def kl_of(mu_q, sigma_q, mu_p, sigma_p):
    sigma2_q = torch.square(sigma_q) + 1e-16
    sigma2_p = torch.square(sigma_p) + 1e-16
    temp = sigma2_q / sigma2_p + torch.square(mu_q - mu_p) / sigma2_p - 1.0
    temp = temp - torch.log(sigma2_p / sigma2_q + 1e-16)
    return 0.5 * temp.sum(dim=1)


def kl_divergence(mu, logvar):
    return kl_of(mu, torch.exp(0.5 * logvar), torch.zeros_like(mu), torch.ones_like(mu))

# %% a robust kl
# verdict: wrong
# loses: loss_value loss_gradients
# because: sqrt(1 + KL^2) - 1 for each image
# from: index query KL divergence standard normal, moai's StandardNormalKL
def kl_loss(mu, logvar, robust=True):
    kl = kl_divergence(mu, logvar)
    if robust:
        kl = torch.sqrt(kl**2 + 1.0) - 1.0
    return kl.mean()

# %% kl_div of two log-densities
# verdict: wrong
# loses: divergence_by_hand divergence_values divergence_gradients
# because: F.kl_div of the log-densities of one drawn z
# from: index query KL divergence standard normal, a kl_loss(z, mu, std)
import torch.nn.functional as F


def kl_divergence(mu, logvar):
    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    q = torch.distributions.Normal(mu, torch.exp(0.5 * logvar))
    z = q.rsample()
    return F.kl_div(p.log_prob(z), q.log_prob(z), reduction="none", log_target=True).sum(1)

# %% the mean of the sum, in two steps
# verdict: right
# from: johnlyzhou/decision-making src/models/losses.py
def kl_loss(mu, log_var):
    return torch.mean(0.5 * torch.sum(log_var.exp() - log_var + mu**2 - 1, dim=1), dim=0)

# %% an object with the prior's std
# verdict: right
# from: index query KL divergence standard normal, a class KLD with std
class KLD:
    def __init__(self, std=1.0):
        self.std = torch.tensor(std)

    def kld(self, mu, logvar):
        each = torch.log(self.std**2) - logvar + (mu.pow(2) + logvar.exp()) / self.std**2 - 1
        return 0.5 * torch.sum(each, dim=1)


kl_divergence = KLD().kld

# %% of a squared mean and a variance
# verdict: right
# from: index query softplus scale, kl_std_normal(mean_squared, var)
def kl_std_normal(mean_squared, var, clamp=True):
    log = torch.log(var.clamp(min=1e-15)) if clamp else torch.log(var)
    return 0.5 * (var + mean_squared - log - 1.0)


def kl_divergence(mu, logvar):
    return kl_std_normal(mu.square(), torch.exp(logvar)).sum(dim=1)

# %% in place from term to term
# verdict: right
# from: index query KL divergence standard normal, a kl_loss with prior_mu
def kl_divergence(mu, logvar, prior_mu=0):
    v_kl = mu.add(-prior_mu).pow(2).add_(logvar.exp()).mul_(-1).add_(1).add_(logvar)
    return v_kl.sum(dim=-1).mul_(-0.5)

# %% one image, and vmap
# verdict: right
# from: google/flax examples/vae/train.py
def one(mean, logvar):
    return -0.5 * torch.sum(1 + logvar - torch.square(mean) - torch.exp(logvar))


kl_divergence = torch.func.vmap(one)

# %% between any two normals
# verdict: right
# from: index query sample_gaussian(m, v), kl_normal(qm, qv, pm, pv)
def kl_normal(qm, qv, pm, pv):
    element_wise = 0.5 * (torch.log(pv) - torch.log(qv) + qv / pv + (qm - pm).pow(2) / pv - 1)
    return element_wise.sum(-1)


def kl_divergence(mu, logvar):
    return kl_normal(mu, logvar.exp(), torch.zeros_like(mu), torch.ones_like(mu))

# %% divided by the batch
# verdict: right
# from: script-Yang/VAEVQ taming/models/vae_utils.py
def kl_loss(mean, logvar):
    logvar = torch.clamp(logvar, -30.0, 20.0)
    batch_size = mean.shape[0]
    var = torch.exp(logvar)
    return 0.5 * torch.sum(torch.pow(mean, 2) + var - 1.0 - logvar) / batch_size

# %% numbers become tensors
# verdict: right
# from: openai/improved-diffusion issue 119, normal_kl
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
