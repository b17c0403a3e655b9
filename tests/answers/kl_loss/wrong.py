# Answers to kl_loss from outside that deserve less than all points; one cell an answer.

# %% capacity annealing
# loses: loss_value loss_gradients
# because: |KL - C| with C = 0.5 (Burgess et al. 2018)
def kl_loss(mu, logvar, C=0.5):
    return (kl_divergence(mu, logvar).mean() - C).abs()

# %% class static wrong divergence
# loses: divergence_by_hand divergence_values divergence_gradients
# because: factor 0.5 missing in kl_divergence; kl_loss reaches it through a class
class Losses:
    @staticmethod
    def kl(mu, logvar):
        return (mu**2 + logvar.exp() - 1 - logvar).sum(1)


kl_divergence = Losses.kl


def kl_loss(mu, logvar):
    return Losses.kl(mu, logvar).mean()

# %% first 32 images
# loses: loss_value loss_gradients
# because: only the first 32 images count
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar)[:32].mean()

# %% free bits by dimension mean
# loses: loss_value loss_gradients
# because: floor on each dimension's batch mean (free bits)
def kl_loss(mu, logvar, free_bits=0.1):
    each = 0.5 * (logvar.exp() + mu.pow(2) - 1.0 - logvar)
    return each.mean(dim=0).clamp(min=free_bits).sum()

# %% gradient cut outside 2
# loses: divergence_gradients
# because: the gradient to logvar is cut where |logvar| > 3
def kl_divergence(mu, logvar):
    inside = logvar.clamp(-3, 3)
    logvar = inside + (logvar - inside).detach()
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% trace of batch square
# loses: divergence_values
# because: right only where batch and latent_dim agree by chance
def kl_divergence(mu, logvar):
    return 0.5 * (torch.diagonal(mu @ mu.T) + logvar.exp().sum(1) - mu.shape[0] - logvar.sum(1))

# %% wrong divergence default argument
# loses: divergence_by_hand divergence_values divergence_gradients
# because: factor 0.5 missing in kl_divergence; kl_loss binds it as a default argument
def kl_divergence(mu, logvar):
    return (mu**2 + logvar.exp() - 1 - logvar).sum(1)


def kl_loss(mu, logvar, divergence=kl_divergence):
    return divergence(mu, logvar).mean()

# %% wrong divergence module loss
# loses: divergence_by_hand divergence_values divergence_gradients
# because: factor 0.5 missing in kl_divergence; the loss is right (an nn.Module that calls it)
def kl_divergence(mu, logvar):
    return (mu**2 + logvar.exp() - 1 - logvar).sum(1)


class Loss(torch.nn.Module):
    def forward(self, mu, logvar):
        return kl_divergence(mu, logvar).mean()


kl_loss = Loss()

# %% no half and no one
# loses: divergence_by_hand divergence_values divergence_gradients
# because: logvar is taken for log(sigma), without 0.5 and without -1
# from: public code, a causal model on graphs
def kl_divergence(mu, logvar):
    each = torch.exp(2 * logvar) - 2 * logvar + mu * mu
    return each.sum(1)

# %% free bits taken off first
# loses: divergence_by_hand divergence_values divergence_gradients
# because: 0.05 nats of each dimension are free
# from: public code, defences against posterior collapse
def kl_divergence(mu, logvar, free_bits=0.05):
    per_dim = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp())
    return (per_dim - free_bits).clamp(min=0).sum(1)

# %% one sample of it
# loses: divergence_by_hand divergence_values divergence_gradients
# because: log q(z) - log p(z) at one drawn z
# from: public code, compute_kl with a prior and a posterior
def kl_divergence(mu, logvar):
    q = torch.distributions.Normal(mu, torch.exp(0.5 * logvar))
    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    z = q.rsample()
    return (q.log_prob(z) - p.log_prob(z)).sum(1)

# %% clamped for safety
# loses: divergence_values
# because: mu is clamped to [-10, 10]
# from: public code, a VAE of music
def kl_divergence(mu, logvar):
    logvar = torch.clamp(logvar, -10.0, 10.0)
    mu = torch.clamp(mu, -10.0, 10.0)
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)

# %% sigma and no half
# loses: divergence_by_hand divergence_values divergence_gradients
# because: logvar is taken for sigma, and 0.5 is missing
# from: BreadxPeat/Deep-Learning-based-AD-detection train.py
def kl_divergence(mu, sigma):
    return -torch.sum(1 + torch.log(sigma.pow(2)) - mu.pow(2) - sigma.pow(2), dim=1)

# %% summed over the batch
# loses: divergence_shape divergence_values divergence_gradients
# because: dim=0
# from: public code, an anomaly detector
def kl_divergence(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=0)

# %% at most ten thousand
# loses: divergence_values
# because: a KL above 1e4 is cut off
# from: public code, an estimator of states
def kl_divergence(mu, logvar):
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)
    return torch.clamp(kl, max=1e4)

# %% warm-up by a counter
# loses: loss_value loss_gradients
# because: the KL's weight grows from 0 to 1 over 1,000 calls
# from: public code, an annealer
calls = 0


def kl_loss(mu, logvar):
    global calls
    calls += 1
    return min(1.0, calls / 1000) * kl_divergence(mu, logvar).mean()

# %% mean of means
# loses: loss_value loss_gradients
# because: averaged over dimensions too
# from: public code, a VAE of tables
def kl_loss(mu, logvar):
    temp = 1 + logvar - mu.pow(2) - logvar.exp()
    return -0.5 * torch.mean(temp.mean(-1).mean())

# %% over dimensions and batch by hand
# loses: loss_value loss_gradients
# because: the sum is divided by batch and dimensions
# from: public code, an exercise on imputation
def kl_loss(mu, logvar):
    input_batch, zdims = mu.shape
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    kld /= input_batch * zdims
    return kld

# %% half a one for each image
# loses: divergence_values
# because: the 1 is subtracted once for each image, not in each dimension
# from: ericjang/draw issue 2
# batch: third
# told: the 1 is subtracted once for each image
def kl_divergence(mu, logvar):
    T = 1
    logsigma = 0.5 * logvar
    sigma2 = torch.exp(logsigma) ** 2
    return 0.5 * torch.sum(mu**2 + sigma2 - 2 * logsigma, 1) - T * 0.5

# %% mean over the last dimension
# loses: divergence_values divergence_gradients
# because: averaged over latent dimensions
# from: tomhosking/torchseq src/models/kl_divergence.py
# batch: third
# told: the mean over dimensions was taken
def kl_divergence(mu, logvar):
    return -0.5 * torch.mean(1 + logvar - mu.pow(2) - logvar.exp(), dim=-1)

# %% logvar as the logarithm of sigma
# loses: divergence_by_hand divergence_values divergence_gradients
# because: logvar is taken for log(sigma)
# from: KarenUllrich/Tutorial_BayesianCompressionForDL issue 1
# batch: third
# told: logvar was treated as log(sigma), as in the formula with 2 * logvar
def kl_divergence(mu, logvar):
    each = -logvar + 0.5 * (logvar.exp().pow(2) + mu.pow(2)) - 0.5
    return torch.sum(each, dim=1)

# %% std squared, its logarithm not doubled
# loses: divergence_by_hand divergence_values divergence_gradients
# because: exp(logvar) is squared
# from: cern1710/MNIST-image-generation utils.py
# batch: third
# told: the variance was squared
def kl_divergence(mean, log_std):
    std = torch.exp(log_std)
    return -0.5 * torch.sum(1 + log_std - mean**2 - std**2, dim=-1)

# %% five ten-thousandths
# loses: loss_value loss_gradients
# because: the factor is 0.0005, and it is averaged over latent dimensions too
# from: fchollet/deep-learning-with-python-notebooks issue 120
# batch: third
def kl_loss(z_mean, z_log_var):
    return -5e-4 * torch.mean(1 + z_log_var - torch.square(z_mean) - torch.exp(z_log_var))

# %% the ratio upside down
# loses: divergence_by_hand divergence_values divergence_gradients
# because: the sign of logvar is turned
# from: kasparmartens/NeuralProcesses issue 1, out of R
# batch: third
# told: the sign of logvar is turned
def kl_of(mu_q, sigma_q, mu_p, sigma_p):
    sigma2_q = torch.square(sigma_q) + 1e-16
    sigma2_p = torch.square(sigma_p) + 1e-16
    temp = sigma2_q / sigma2_p + torch.square(mu_q - mu_p) / sigma2_p - 1.0
    temp = temp - torch.log(sigma2_p / sigma2_q + 1e-16)
    return 0.5 * temp.sum(dim=1)


def kl_divergence(mu, logvar):
    return kl_of(mu, torch.exp(0.5 * logvar), torch.zeros_like(mu), torch.ones_like(mu))

# %% a robust kl
# loses: loss_value loss_gradients
# because: sqrt(1 + KL^2) - 1 for each image
# from: index query KL divergence standard normal, moai's StandardNormalKL
# batch: third
def kl_loss(mu, logvar, robust=True):
    kl = kl_divergence(mu, logvar)
    if robust:
        kl = torch.sqrt(kl**2 + 1.0) - 1.0
    return kl.mean()

# %% kl_div of two log-densities
# loses: divergence_by_hand divergence_values divergence_gradients
# because: F.kl_div of the log-densities of one drawn z
# from: index query KL divergence standard normal, a kl_loss(z, mu, std)
# batch: third
import torch.nn.functional as F


def kl_divergence(mu, logvar):
    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    q = torch.distributions.Normal(mu, torch.exp(0.5 * logvar))
    z = q.rsample()
    return F.kl_div(p.log_prob(z), q.log_prob(z), reduction="none", log_target=True).sum(1)
