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
