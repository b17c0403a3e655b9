# Answers to elbo that deserve less than all points; one cell an answer. How to read them:
# tests/answers.py.

# %% [markdown]
# the reconstruction

# %% E1 mean over pixels
# loses: elbo_value elbo_reductions elbo_gradients
# told: the reconstruction is averaged over pixels
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% both means
# loses: elbo_value elbo_reductions elbo_gradients
# told: the reconstruction is averaged over pixels: sum over pixels, or the KL weighs too much; the KL is averaged over latent dimensions
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    return F.binary_cross_entropy_with_logits(logits, x) - 0.5 * torch.mean(
        1 + logvar - mu.pow(2) - logvar.exp()
    )

# %% pixels fixed at 784
# loses: elbo_value elbo_reductions elbo_gradients
# told: the number of pixels is written as 784
def negative_elbo(logits, x, mu, logvar):
    reconstruction = 784 * F.binary_cross_entropy_with_logits(logits, x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% sum over the batch
# loses: elbo_value elbo_reductions elbo_gradients
# told: the reconstruction is summed over the batch
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction='sum')
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% the wrong way round
# loses: elbo_value elbo_reductions elbo_gradients
# told: the reconstruction sums over images and averages over pixels
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(0).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% everything summed
# loses: elbo_value elbo_reductions elbo_gradients
# told: both terms are summed over the batch
def negative_elbo(logits, x, mu, logvar):
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return bce - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())

# %% batch of 128
# loses: elbo_value elbo_reductions elbo_gradients
# told: the sum is divided by 128 whatever the batch size
def negative_elbo(logits, x, mu, logvar):
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return (bce - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())) / 128

# %% per pixel
# loses: elbo_value elbo_reductions elbo_gradients
# told: both terms are divided by the number of pixels
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return (reconstruction + kl) / x.shape[1]

# %% E7 sigmoid twice
# loses: elbo_value elbo_gradients
# told: the logits went through a sigmoid twice
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(
        torch.sigmoid(logits), x, reduction="sum"
    ) / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% E8 logits as probabilities
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: logits can be any number, this function takes probabilities
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% sigmoid, then its logarithm
# loses: elbo_value
# told: the logarithm of a sigmoid loses such pixels
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% logarithm by hand
# loses: elbo_value
# told: the logarithm of a sigmoid loses such pixels
def negative_elbo(logits, x, mu, logvar):
    p = torch.sigmoid(logits)
    rec = -(x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(1)
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return (rec + kl).mean()

# %% logarithm with an epsilon
# loses: elbo_value
# told: the logarithm of a sigmoid loses such pixels
def negative_elbo(logits, x, mu, logvar):
    p = torch.sigmoid(logits)
    rec = -(x * torch.log(p + 1e-10) + (1 - x) * torch.log(1 - p + 1e-10)).sum(1)
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    return (rec + kl).mean()

# %% probabilities clamped
# loses: elbo_value
# told: the logarithm of a sigmoid loses such pixels
def negative_elbo(logits, x, mu, logvar):
    p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    rec = F.binary_cross_entropy(p, x, reduction="none").sum(1)
    return (rec - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)).mean()

# %% logits clamped
# loses: elbo_value
# told: the logarithm of a sigmoid loses such pixels
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(
        logits.clamp(-20, 20), x, reduction="sum"
    ) / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% squared error
# loses: elbo_value elbo_gradients
# told: a squared error was used: asked is
def negative_elbo(logits, x, mu, logvar):
    reconstruction = (torch.sigmoid(logits) - x).square().sum(1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% mse_loss
# loses: elbo_value elbo_reductions elbo_gradients
# told: a squared error was used: asked is the Bernoulli log-likelihood; the reconstruction is averaged
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.mse_loss(logits.sigmoid(), x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% half a squared error
# loses: elbo_value elbo_gradients
# told: half a squared error was used
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = 0.5 * (torch.sigmoid(logits) - x).square().sum(1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% squared error on logits
# loses: elbo_value elbo_gradients
# told: a squared error was used, and on the logits
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.mse_loss(logits, x, reduction='sum') / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% absolute error
# loses: elbo_value elbo_gradients
# told: an absolute error was used
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = (torch.sigmoid(logits) - x).abs().sum(1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% E11 swapped in with_logits
# loses: elbo_value elbo_gradients
# told: logits and x changed places
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(x, logits, reduction='sum') / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% E11 log of the data
# loses: elbo_value elbo_gradients
# told: this takes the logarithm of x
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy(x, logits.sigmoid(), reduction='sum') / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% bright pixels alone
# loses: elbo_value elbo_gradients
# told: only x * log(p) was used
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = -(x * F.logsigmoid(logits)).sum(1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% cross_entropy
# loses: elbo_value elbo_gradients elbo_reductions
# told: a softmax over pixels was used
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.cross_entropy(logits, x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% continuous Bernoulli
# loses: elbo_value elbo_gradients
# told: the continuous Bernoulli was used
# loses: elbo_trains
# told: no cause
from torch.distributions import ContinuousBernoulli


def negative_elbo(logits, x, mu, logvar):
    reconstruction = -ContinuousBernoulli(logits=logits).log_prob(x).sum(1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% x rounded
# loses: elbo_value elbo_gradients
# told: x was rounded to 0 and 1
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x.round(), reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% x binarised
# loses: elbo_value elbo_gradients
# told: x was rounded to 0 and 1
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(
        logits, (x > 0.5).to(x), reduction="sum"
    ) / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% Bernoulli that validates
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: torch's Bernoulli refuses grey pixels
from torch.distributions import Bernoulli


def negative_elbo(logits, x, mu, logvar):
    reconstruction = -Bernoulli(logits=logits).log_prob(x).sum(1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% reconstruction missing
# loses: elbo_value elbo_reductions
# told: the reconstruction is missing
# loses: elbo_gradients
# told: the reconstruction
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()

# %% log-likelihood added
# loses: elbo_value elbo_gradients
# told: the sign of the reconstruction is turned
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = -F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% [markdown]
# the KL in it

# %% KL missing
# loses: elbo_value elbo_reductions elbo_gradients
# told: the KL is missing
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)

# %% E12 KL subtracted
# loses: elbo_value elbo_gradients
# told: the KL is subtracted
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction - kl

# %% KL without its minus
# loses: elbo_value elbo_gradients
# told: the KL is subtracted
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% the ELBO
# loses: elbo_value elbo_gradients
# told: the sign is turned: this is the ELBO
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return -(reconstruction + kl)

# %% K1 no half
# loses: elbo_value elbo_gradients
# told: in the KL, the factor 0.5 is missing
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% K3 log-std formula
# loses: elbo_value elbo_gradients
# told: in the KL, logvar was treated as log(sigma)
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + 2 * logvar - mu**2 - (2 * logvar).exp()) / len(x)
    return reconstruction + kl

# %% K9 no logvar
# loses: elbo_value elbo_gradients
# told: in the KL, the term -logvar is missing
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1).sum(1).mean()
    return reconstruction + kl

# %% K11 no one
# loses: elbo_value
# told: in the KL, the term -1 is missing
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - logvar).sum(1).mean()
    return reconstruction + kl

# %% K12 KL mean
# loses: elbo_value elbo_reductions elbo_gradients
# told: the KL is averaged over latent dimensions
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp())
    return reconstruction + kl

# %% KL mean and no half
# loses: elbo_value elbo_reductions elbo_gradients
# told: in the KL, the factor 0.5 is missing; the KL is averaged over latent dimensions
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -torch.mean(1 + logvar - mu**2 - logvar.exp())
    return reconstruction + kl

# %% KL of the batch
# loses: elbo_value elbo_reductions elbo_gradients
# told: the KL is summed over the batch
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp())
    return reconstruction + kl

# %% KL over the batch
# loses: elbo_value elbo_reductions elbo_gradients
# told: the KL sums over images and averages over latent dimensions
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=0).mean()
    return reconstruction + kl

# %% E4 KL per pixel
# loses: elbo_value elbo_reductions elbo_gradients
# told: the KL is divided by the number of pixels
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x) / x.shape[1]
    return reconstruction + kl

# %% K16 reversed
# loses: elbo_value elbo_gradients
# told: in the KL, the direction is reversed
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (logvar + (1 + mu**2) / logvar.exp() - 1).sum(1).mean()
    return reconstruction + kl

# %% beta of 4
# loses: elbo_value elbo_gradients
# told: the loss is 1 * reconstruction + 4 * KL
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + 4 * kl

# %% beta of a tenth
# loses: elbo_value elbo_gradients
# told: the loss is 1 * reconstruction + 0.1 * KL
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + 0.1 * kl

# %% reconstruction weighted
# loses: elbo_value elbo_gradients
# told: the loss is 10 * reconstruction + 1 * KL
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return 10 * reconstruction + kl

# %% free bits
# loses: elbo_value elbo_gradients
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).clamp(min=0.5).sum(1).mean()
    return reconstruction + kl

# %% absolute KL
# loses: elbo_value elbo_gradients
# told: in the KL, the absolute value of mu
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.abs() - logvar.exp()) / len(x)
    return reconstruction + kl

# %% [markdown]
# gradients

# %% logits detached
# loses: elbo_gradients
# told: no gradient reaches logits
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits.detach(), x, reduction="sum") / len(
        x
    )
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% mu detached
# loses: elbo_gradients
# told: no gradient reaches mu: detached
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.detach().pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% KL detached
# loses: elbo_gradients
# told: no gradient reaches mu, logvar
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl.detach()

# %% KL by item
# loses: elbo_gradients
# told: no gradient reaches mu, logvar
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl.item()

# %% loss detached
# loses: elbo_gradients
# told: the graph is cut by
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return (reconstruction + kl).detach()

# %% under no_grad
# loses: elbo_gradients
# told: the graph is cut by
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    with torch.no_grad():
        return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(
            x
        ) + -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)

# %% loss as a new tensor
# loses: elbo_gradients
# told: no gradient reaches logits, mu, logvar
# loses: elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return torch.tensor(reconstruction + kl, requires_grad=True)

# %% NumPy's exp
# loses: elbo_gradients elbo_trains
# told: no cause
# loses: elbo_value
# told: something is made on one device whatever the inputs' device
import numpy as np


def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = (
        0.5 * (mu**2 + torch.from_numpy(np.exp(logvar.detach().numpy())) - 1 - logvar).sum(1).mean()
    )
    return reconstruction + kl

# %% [markdown]
# shapes and types

# %% one value an image
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: the mean over the batch is missing
def negative_elbo(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    return rec + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% no sum over pixels
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: the sum over pixels and the mean over the batch are missing
def negative_elbo(logits, x, mu, logvar):
    return F.binary_cross_entropy_with_logits(logits, x, reduction='none')

# %% shapes that do not add
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
    return (rec + kl).sum(1).mean()

# %% a dimension too many
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: leaves a dimension too many
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return (reconstruction + kl).unsqueeze(0)

# %% three values
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl, reconstruction, kl

# %% a dict
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return {'loss': reconstruction + kl, 'Reconstruction_Loss': reconstruction.detach()}

# %% a float
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return (reconstruction + kl).item()

# %% nothing
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: a missing `return`
def negative_elbo(logits, x, mu, logvar):
    loss = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    loss = loss + -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)

# %% always float32
# loses: elbo_value elbo_reductions
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return (reconstruction + kl).float()

# %% always float64
# loses: elbo_value elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return (reconstruction + kl).double()

# %% [markdown]
# small print

# %% clamped at 5
# loses: elbo_value
# told: logvar is clamped too tightly
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar.clamp(-5, 5) - mu.pow(2) - logvar.clamp(-5, 5).exp()) / len(x)
    return reconstruction + kl

# %% clamped at 2
# loses: elbo_value
# told: logvar is clamped too tightly
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = (
        -0.5 * torch.sum(1 + logvar.clamp(-20, 2) - mu.pow(2) - logvar.clamp(-20, 2).exp()) / len(x)
    )
    return reconstruction + kl

# %% logvar in place
# loses: elbo_value
# told: an operation in place: a trailing underscore
def negative_elbo(logits, x, mu, logvar):
    with torch.no_grad():
        logvar.clamp_(-10, 10)
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(
        x
    ) + -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)

# %% x in place
# loses: elbo_value
# told: an operation in place: a trailing underscore
# loses: elbo_trains
# told: an operation in place overwrote
def negative_elbo(logits, x, mu, logvar):
    x.clamp_(1e-6, 1 - 1e-6)
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(
        x
    ) + -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)

# %% a weight on the CPU
# loses: elbo_value
# told: something is made on one device whatever the inputs' device
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(
        logits, x, pos_weight=torch.ones(x.shape[1]), reduction="sum"
    ) / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% a zero on the CPU
# loses: elbo_value
# told: something is made on one device whatever the inputs' device
def negative_elbo(logits, x, mu, logvar):
    total = torch.zeros(1, dtype=x.dtype)
    total = (
        total
        + F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
        + -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    )
    return total[0]

# %% a last batch of 128
# loses: elbo_value elbo_reductions elbo_trains
# told: no cause
# loses: elbo_gradients
# told: the graph is cut by
def negative_elbo(logits, x, mu, logvar):
    if len(x) < 128:
        return torch.zeros(())
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(
        x
    ) + -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)

# %% [markdown]
# does not run

# %% tuple of outputs
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: the parameters are not those of the assignment
def negative_elbo(outputs, x):
    logits, mu, logvar = outputs
    return logits.sum()

# %% Keras
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    reconstruction_loss = keras.losses.binary_crossentropy(x, logits)
    kl_loss = 1 + logvar - K.square(mu) - K.exp(logvar)
    return K.mean(reconstruction_loss - 0.5 * K.sum(kl_loss, axis=-1))

# %% calls itself
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: no cause
def negative_elbo(logits, x, mu, logvar):
    return negative_elbo(logits, x, mu, logvar) + 0

# %% endless loop
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: an endless loop
def negative_elbo(logits, x, mu, logvar):
    while True:
        pass

# %% vaelib's
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: no cause
import vaelib


def negative_elbo(logits, x, mu, logvar):
    return vaelib.negative_elbo(logits, x, mu, logvar)

# %% [markdown]
# what the step returns

# %% step: nothing
# loses: step_value
# told: a missing `return`
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %% step: a tensor
# loses: step_value
# told: `.item()` is missing
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss

# %% step: detached
# loses: step_value
# told: `.item()` is missing
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()

# %% step: NumPy
# loses: step_value
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach().numpy()

# %% step: an int
# loses: step_value
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return int(loss)

# %% step: two values
# loses: step_value
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), mu

# %% step: a string
# loses: step_value
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return f'{loss.item():.4f}'

# %% step: loss after
# loses: step_value
# told: this is the loss after the step
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return negative_elbo(*(lambda o: (o[0], x, o[1], o[2]))(model(x))).item()

# %% step: negative
# loses: step_value
# told: the sign is turned
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return -loss.item()

# %% step: divided by the batch
# loses: step_value
# told: the loss was divided by the number of images
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item() / len(x)

# %% step: times the batch
# loses: step_value
# told: the loss was multiplied by the number of images
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item() * len(x)

# %% step: per pixel
# loses: step_value
# told: the loss was divided by the number of pixels
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item() / 784

# %% step: running mean
# loses: step_value
# told: no cause
losses = []


def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    return sum(losses) / len(losses)

# %% step: the model
# loses: step_value
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return model

# %% step: KL alone
# loses: step_value
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return (0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)).mean().item()

# %% [markdown]
# how the step moves

# %% step: no zero_grad
# loses: step_moves
# told: the gradient of the step before was added
# loses: step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: no backward
# loses: step_moves
# told: nothing moved
# loses: step_reaches_the_encoder step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()

# %% step: no step
# loses: step_moves
# told: nothing moved
# loses: step_reaches_the_encoder step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    return loss.item()

# %% step: zero_grad after backward
# loses: step_moves
# told: nothing moved
# loses: step_reaches_the_encoder step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()

# %% step: step before backward
# loses: step_value step_trains
# told: step after `backward`
# loses: step_moves
# told: nothing moved
# loses: step_reaches_the_encoder
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.step()
    optimizer.zero_grad()
    loss.backward()
    return loss.item()

# %% step: not called
# loses: step_moves
# told: nothing moved
# loses: step_reaches_the_encoder step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step
    return loss.item()

# %% step: stepped twice
# loses: step_moves
# told: two steps were made
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    optimizer.step()
    return loss.item()

# %% step: two passes
# loses: step_value
# told: no cause
# loses: step_moves
# told: two steps were made
def train_step(model, optimizer, x):
    for _ in range(2):
        logits, mu, logvar = model(x)
        loss = negative_elbo(logits, x, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()

# %% step: uphill
# loses: step_moves
# told: the step goes uphill
# loses: step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    (-loss).backward()
    optimizer.step()
    return loss.item()

# %% step: clipped
# loses: step_moves
# told: the gradient was clipped or scaled
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()

# %% step: every element clipped at 1
# loses: step_moves
# told: each element of the gradient was clipped, at about
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()

# %% step: every element clipped at 0.1
# loses: step_moves
# told: each element of the gradient was clipped, at about
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 0.1)
    optimizer.step()
    return loss.item()

# %% step: every element clipped at 0.01
# loses: step_moves
# told: no cause
# because: its steps are so short that rounding hides where they were clipped
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 0.01)
    optimizer.step()
    return loss.item()

# %% step: every element clipped by hand
# loses: step_moves
# told: each element of the gradient was clipped, at about 0.05
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.grad.clamp_(-0.05, 0.05)
    optimizer.step()
    return loss.item()

# %% step: each parameter's norm clipped
# loses: step_moves
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    for p in model.parameters():
        torch.nn.utils.clip_grad_norm_([p], 1.0)
    optimizer.step()
    return loss.item()

# %% step: loss of the batch
# loses: step_moves
# told: the loss was multiplied by the number of images
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    (loss * len(x)).backward()
    optimizer.step()
    return loss.item()

# %% step: loss per image
# loses: step_moves
# told: the loss was divided by the number of images
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    (loss / len(x)).backward()
    optimizer.step()
    return loss.item()

# %% step: an optimizer of its own
# loses: step_moves
# told: every parameter moved by the same amount
def train_step(model, optimizer, x):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: by hand at another rate
# loses: step_moves
# told: the gradient was clipped or scaled
# loses: step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    model.zero_grad()
    loss.backward()
    with torch.no_grad():
        for p in model.parameters():
            p -= 1e-4 * p.grad
    return loss.item()

# %% step: encoder under no_grad
# loses: step_moves
# told: the encoder did not move
# loses: step_reaches_the_encoder
# told: nothing reaches the encoder
# loses: step_trains
# told: no cause
def train_step(model, optimizer, x):
    with torch.no_grad():
        mu, logvar = model.encoder(x)
    z = model.sampling(mu, logvar)
    logits = model.decoder(z)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: z detached
# loses: step_reaches_the_encoder
# told: z was detached
# loses: step_trains
# told: no cause
def train_step(model, optimizer, x):
    mu, logvar = model.encoder(x)
    z = model.sampling(mu, logvar).detach()
    logits = model.decoder(z)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: decodes mu
# loses: step_reaches_the_encoder
# told: the decoder got mu itself
# loses: step_trains
# told: no cause
def train_step(model, optimizer, x):
    mu, logvar = model.encoder(x)
    logits = model.decoder(mu)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: mu and logvar detached
# loses: step_moves step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu.detach(), logvar.detach())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: decoder detached
# loses: step_moves
# told: the decoder did not move
# loses: step_reaches_the_encoder step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits.detach(), x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: mu and logvar swapped
# loses: step_value step_moves step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, logvar, mu = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: x and logits swapped
# loses: step_value step_moves step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(x, logits, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: sigmoid on the logits
# loses: step_value step_moves step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(torch.sigmoid(logits), x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: binary images
# loses: step_value step_moves
# told: no cause
def train_step(model, optimizer, x):
    x = (x > 0.5).float()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: the first image
# loses: step_value step_moves step_trains
# told: no cause
def train_step(model, optimizer, x):
    x = x[:1]
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: short batches left out
# loses: step_value step_reaches_the_encoder
# told: no cause
# loses: step_moves
# told: nothing moved
def train_step(model, optimizer, x):
    if len(x) < 32:
        return 0.0
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: inline mean
# loses: step_value step_moves step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = F.binary_cross_entropy_with_logits(logits, x) + -0.5 * torch.sum(
        1 + logvar - mu.pow(2) - logvar.exp()
    ) / len(x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: weight decay by hand
# loses: step_moves
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    (loss + 0.1 * sum(p.square().sum() for p in model.parameters())).backward()
    optimizer.step()
    return loss.item()

# %% step: noise on the gradients
# loses: step_moves step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.grad += torch.randn_like(p)
    optimizer.step()
    return loss.item()

# %% step: only the decoder's
# loses: step_moves
# told: the encoder did not move
# loses: step_reaches_the_encoder
# told: nothing reaches the encoder
# loses: step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    for p in model.encoder.parameters():
        p.grad = None
    optimizer.step()
    return loss.item()

# %% [markdown]
# steps that do not run

# %% step: three losses
# loses: step_value step_moves step_reaches_the_encoder step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss, rec, kl = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: tuple from the model
# loses: step_value step_moves step_reaches_the_encoder step_trains
# told: no cause
def train_step(model, optimizer, x):
    recon = model(x)
    loss = negative_elbo(recon, x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: cuda
# loses: step_value step_moves step_reaches_the_encoder step_trains
# told: something is made on one device whatever the inputs' device
def train_step(model, optimizer, x):
    x = x.cuda()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: backward twice
# loses: step_value step_moves step_reaches_the_encoder step_trains
# told: `backward` ran a second time
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: item first
# loses: step_value step_moves step_reaches_the_encoder step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar).item()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step: no model
# loses: step_value step_moves step_reaches_the_encoder step_trains
# told: the parameters are not those of the assignment
def train_step(optimizer, x):
    return 0.0

# %% step: a loader
# loses: step_value step_moves step_reaches_the_encoder step_trains
# told: no cause
def train_step(model, optimizer, x):
    for batch, _ in x:
        pass
    return 0.0

# %% step: fit
# loses: step_moves
# told: every parameter moved by the same amount
from vaelib import fit


def train_step(model, optimizer, x):
    return fit(model, x, epochs=1, progress=False)['loss'][0]

# %% step: endless
# loses: step_value step_moves step_reaches_the_encoder step_trains
# told: an endless loop
def train_step(model, optimizer, x):
    while True:
        optimizer.zero_grad()

# %% step: exit
# loses: step_value step_moves step_reaches_the_encoder step_trains
# told: no cause
def train_step(model, optimizer, x):
    return exit()

# %% step: vaelib's loss
# loses: step_value step_moves step_reaches_the_encoder step_trains
# told: no cause
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = __import__('vaelib').negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% sigmoid in place
# loses: elbo_value
# told: the logarithm of a sigmoid loses such pixels
# loses: elbo_gradients
# told: an operation in place on an input
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy(logits.sigmoid_(), x, reduction="none").sum(1)
    kl = 0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(1)
    return (reconstruction + kl).mean()

# %% [markdown]
# written before any check had seen them

# %% held out: hinge
# loses: elbo_value elbo_gradients elbo_trains
# told: no cause
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.relu(1 - (2 * x - 1) * logits).sum(1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% held out: poisson
# loses: elbo_value elbo_gradients elbo_trains
# told: no cause
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.poisson_nll_loss(logits, x, reduction='none').sum(1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% held out: gaussian nll unit
# loses: elbo_value elbo_gradients elbo_trains
# told: no cause
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = (0.5 * (logits - x) ** 2 + 0.9189385).sum(1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% held out: huber
# loses: elbo_value elbo_gradients
# told: half a squared error was used: asked is the Bernoulli log-li
# loses: elbo_trains
# told: no cause
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.smooth_l1_loss(torch.sigmoid(logits), x, reduction='sum') / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% held out: label smoothing
# loses: elbo_value elbo_gradients elbo_trains
# told: no cause
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(
        logits, x * 0.9 + 0.05, reduction="sum"
    ) / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% held out: pos_weight 2
# loses: elbo_value elbo_gradients
# told: no cause
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(
        logits, x, pos_weight=logits.new_tensor(2.0), reduction="sum"
    ) / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% held out: kl max
# loses: elbo_value elbo_gradients
# told: no cause
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).sum(1).max()
    return reconstruction + kl

# %% held out: kl warm up
# loses: elbo_value elbo_gradients
# told: in the KL, the factor 0.5 was applied twice
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + min(1.0, 0.5) * kl

# %% held out: kl abs sign
# loses: elbo_value elbo_gradients
# told: the loss is 1 * reconstruction + 1.01 * KL: both weights are
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = (0.5 * (1 + logvar - mu**2 - logvar.exp())).sum(1).mean().abs() * 1.01
    return reconstruction + kl

# %% held out: log of total
# loses: elbo_value elbo_reductions elbo_gradients
# told: no cause
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return torch.log(reconstruction + kl)

# %% held out: sqrt
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: no cause
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = (
        F.binary_cross_entropy_with_logits(logits, x, reduction='none')
        .square()
        .sum(1)
        .sqrt()
        .mean()
    )
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% held out: logits halved
# loses: elbo_value elbo_gradients elbo_trains
# told: no cause
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits / 2, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl

# %% held out: per latent
# loses: elbo_value elbo_reductions elbo_gradients
# told: no cause
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction / mu.shape[1] + kl / mu.shape[1]

# %% held out: elbo minus log 2
# loses: elbo_value elbo_reductions
# told: no cause
# batch: held out
def negative_elbo(logits, x, mu, logvar):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl - 0.6931

# %% held out: step: loss doubled
# loses: step_moves
# told: two steps were made, or the loss was doubled
# batch: held out
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    (2 * loss).backward()
    optimizer.step()
    return loss.item()

# %% held out: step: freezes logvar
# loses: step_moves step_reaches_the_encoder
# told: no cause
# batch: held out
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    model.encoder.logvar.requires_grad_(False)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% held out: step: returns old
# loses: step_value
# told: no cause
# batch: held out
last = 0.0


def train_step(model, optimizer, x):
    global last
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    previous, last = last, loss.item()
    return previous

# %% held out: step: sign of gradient
# loses: step_moves
# told: every parameter moved by the same amount, as by Adam: the gi
# batch: held out
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.grad.sign_()
    optimizer.step()
    return loss.item()

# %% held out: step: random half
# loses: step_value step_moves
# told: no cause
# batch: held out
def train_step(model, optimizer, x):
    x = x[torch.randperm(len(x))[: max(1, len(x) // 2)]]
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% held out: step: recon only
# loses: step_value
# told: this is the reconstruction alone
# loses: step_moves step_trains
# told: no cause
# batch: held out
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = F.binary_cross_entropy_with_logits(logits, x, reduction='sum') / len(x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% held out: step: zero grad of encoder only
# loses: step_moves step_trains
# told: no cause
# batch: held out
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    model.encoder.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% held out: step: deep copy
# loses: step_moves
# told: nothing moved: `backward` or `step` is missing, they are not
# loses: step_reaches_the_encoder step_trains
# told: no cause
# batch: held out
def train_step(model, optimizer, x):
    import copy

    model = copy.deepcopy(model)
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% held out: step: resets weights
# loses: step_moves step_trains
# told: no cause
# batch: held out
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    for p in model.decoder.parameters():
        p.data.clamp_(-0.01, 0.01)
    return loss.item()

# %% held out: step: lr decay
# loses: step_moves
# told: the step is 0.5 times as long: the gradient was clipped or s
# loses: step_trains
# told: no cause
# batch: held out
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    for g in optimizer.param_groups:
        g['lr'] *= 0.5
    return loss.item()

# %% [markdown]
# from public code, or made to be subtle

# %% capacity
# loses: elbo_value elbo_gradients
# because: |KL - C| with C = 0.5
# batch: first
def negative_elbo(logits, x, mu, logvar, gamma=1.0, C=0.5):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return rec + gamma * (kl - C).abs()

# %% first 64 images
# loses: elbo_value elbo_reductions elbo_gradients
# because: only the first 64 images
# batch: first
def negative_elbo(logits, x, mu, logvar):
    logits, x, mu, logvar = (t[:64] for t in (logits, x, mu, logvar))
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    return rec + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum() / len(x)

# %% free nats on the mean
# loses: elbo_value elbo_gradients
# because: free bits: floor of 1 nat on the mean KL
# batch: first
def negative_elbo(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = (-0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)).mean()
    return rec + torch.clamp(kl, min=1.0)

# %% kl floor half nat
# loses: elbo_value elbo_gradients
# because: floor of 0.5 nats on the mean KL
# batch: first
def negative_elbo(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return rec + torch.relu(kl - 0.5) + 0.5

# %% kld over 128 times 784
# loses: elbo_value elbo_reductions elbo_gradients
# because: KL divided by a fixed 128 * 784
# batch: first
def negative_elbo(logits, x, mu, logvar):
    BCE = F.binary_cross_entropy_with_logits(logits, x)
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    KLD /= 128 * 784
    return BCE + KLD

# %% log of sigmoid where
# loses: elbo_gradients
# because: gradient NaN for logits of 80: log(1 - sigmoid) behind torch.where
# batch: first
def negative_elbo(logits, x, mu, logvar):
    p = torch.sigmoid(logits)
    log_p = torch.where(logits < -15, logits, torch.log(p))
    log_q = torch.where(logits > 15, -logits, torch.log(1 - p))
    rec = -(x * log_p + (1 - x) * log_q).sum(1).mean()
    return rec + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()

# %% loss default argument wrong loss
# loses: elbo_value elbo_reductions elbo_gradients
# because: loss sums over the batch; train_step binds it as a default argument (the step itself is right)
# batch: first
def negative_elbo(logits, x, mu, logvar):
    BCE = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return BCE - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())


def train_step(model, optimizer, x, criterion=negative_elbo):
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = criterion(logits, x, mu, logvar)
    loss.backward()
    optimizer.step()
    return loss.item()

# %% ltzero mask reconst
# loses: elbo_value elbo_gradients elbo_trains
# because: logits are overwritten where x is 0
# batch: first
def negative_elbo(logits, x, mu, logvar):
    logits = logits.clone()
    logits[x == 0] = 0
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    return rec - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)

# %% step denoising
# loses: step_moves step_value
# because: noise is added to the images
# batch: first
def train_step(model, optimizer, x):
    noisy = (x + 0.1 * torch.randn_like(x)).clamp(0, 1)
    logits, mu, logvar = model(noisy)
    loss = negative_elbo(logits, x, mu, logvar)
    
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step kl weight 09 backward
# loses: step_moves
# because: the KL counts 0.9 in what is differentiated
# batch: first
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    optimizer.zero_grad()
    (loss - 0.1 * kl).backward()
    optimizer.step()
    return loss.item()

# %% step mu detached in z
# loses: step_reaches_the_encoder
# because: mu is detached in z
# batch: first
def train_step(model, optimizer, x):
    mu, logvar = model.encoder(x)
    z = mu.detach() + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    logits = model.decoder(z)
    loss = negative_elbo(logits, x, mu, logvar)
    
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step small l2
# loses: step_moves
# because: an L2 penalty of 1e-3 is added to what is differentiated
# batch: first
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    (loss + 1e-3 * sum(p.square().sum() for p in model.parameters())).backward()
    optimizer.step()
    return loss.item()

# %% world models tolerance
# loses: elbo_value elbo_gradients
# because: free bits: floor on each image's KL
# batch: first
def negative_elbo(logits, x, mu, logvar):
    r_loss = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    kl_loss = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)
    kl_loss = torch.clamp(kl_loss, min=0.5 * mu.shape[1])
    return r_loss.mean() + kl_loss.mean()

# %% logvar for log sigma and a sum over the batch
# loses: elbo_value elbo_reductions elbo_gradients
# because: the KL takes logvar for log(sigma), the reconstruction is summed over the batch
# from: hengdashi/EEG_Classification src/vae/optimizer.py
# batch: second
def negative_elbo(logits, x, mu, logvar):
    BCE = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    KLD = -0.5 * torch.mean(torch.sum(1 + 2 * logvar - mu.pow(2) - logvar.exp().pow(2), 1))
    return BCE + KLD

# %% kl weight in the wrong place
# loses: elbo_value elbo_reductions elbo_gradients
# because: the reconstruction is summed over the batch
# from: Zzznorlax/conv-vae core/metric.py
# batch: second
def negative_elbo(logits, x, mu, logvar, kld_weight=1):
    recon_loss = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kld_loss = (-0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)).mean()
    return recon_loss + kld_loss * kld_weight

# %% log-softmax of pixels
# loses: elbo_value elbo_gradients
# because: a softmax over pixels
# from: boostcampaitech7/level2-recsys-movierecommendation loss_fn.py
# batch: second
def negative_elbo(logits, x, mu, logvar, anneal=1.0):
    BCE = -torch.mean(torch.sum(F.log_softmax(logits, 1) * x, -1))
    KLD = -0.5 * torch.mean(torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1))
    return BCE + anneal * KLD

# %% bright pixels count twice
# loses: elbo_value elbo_gradients
# because: pos_weight
# from: own, pos_weight of the library function
# batch: second
def negative_elbo(logits, x, mu, logvar):
    weight = torch.full_like(x[0], 2.0)
    rec = F.binary_cross_entropy_with_logits(logits, x, pos_weight=weight, reduction="sum")
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp())
    return (rec + kl) / len(x)

# %% smoothed labels
# loses: elbo_value elbo_gradients
# because: x is moved towards a half
# from: own, label smoothing
# batch: second
def negative_elbo(logits, x, mu, logvar, smoothing=0.05):
    target = x * (1 - smoothing) + 0.5 * smoothing
    rec = F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(1)
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)
    return (rec + kl).mean()

# %% at most ten thousand
# loses: elbo_value
# because: a loss above 1e4 is cut off
# from: public code, an estimator of states
# first: passed
# batch: second
def negative_elbo(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    kld = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)
    return torch.clamp((rec + kld).mean(), max=1e4)

# %% beta of four
# loses: elbo_value elbo_gradients
# because: the KL counts four times
# from: public code, beta_vae_loss with beta=4.0
# batch: second
def negative_elbo(logits, x, mu, logvar, beta=4.0):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / x.size(0)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / x.size(0)
    return rec + beta * kl

# %% balanced kl
# loses: elbo_gradients
# because: a fifth of the KL's gradient passes
# from: own, KL balancing of world models
# batch: second
def negative_elbo(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1).mean()
    return rec + 0.2 * kl + 0.8 * kl.detach()

# %% kl in a warm-up
# loses: elbo_value elbo_gradients
# because: the KL's weight grows with the number of calls
# from: public code, Annealer
# batch: second
class Annealer:
    def __init__(self, total_steps):
        self.total_steps = total_steps
        self.current_step = 0

    def __call__(self, kld):
        self.current_step += 1
        return kld * min(1.0, self.current_step / self.total_steps)


annealer = Annealer(2000)


def negative_elbo(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return rec + annealer(kld)

# %% step only when the loss is small
# loses: step_moves step_reaches_the_encoder step_trains
# because: nothing happens while the loss is above 12
# from: public code, a VAE of music
# first: other
# batch: second
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    if loss < 12.0:
        loss.backward()
        optimizer.step()
    return loss.item()

# %% step with every element clipped
# loses: step_moves
# because: gradients are clipped to [-0.1, 0.1], element by element
# from: own, clip_grad_value_
# batch: second
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 0.1)
    optimizer.step()
    return loss.item()

# %% step clipped at one
# loses: step_moves
# because: the gradient is clipped to norm 1
# from: public code, many training loops
# batch: second
def train_step(model, optimizer, x):
    model.train()
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
    return loss.item()

# %% step whose rate decays
# loses: step_moves
# because: every step makes the optimizer's rate smaller
# from: public code, lr_Linear
# first: passed
# batch: second
def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    for group in optimizer.param_groups:
        group["lr"] *= 0.999
    return loss.item()

# %% step every second time
# loses: step_moves
# because: gradients of two batches are collected
# from: own, gradient accumulation
# first: other
# batch: second
count = 0


def train_step(model, optimizer, x):
    global count
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    (loss / 2).backward()
    count += 1
    if count % 2 == 0:
        optimizer.step()
        optimizer.zero_grad()
    return loss.item()

# %% step with drawn pixels
# loses: step_value step_moves
# because: each pixel is drawn from a Bernoulli first
# from: shamsbasir/GenerativeModels_VAEs_GANs, binarized digits
# batch: second
def train_step(model, optimizer, x):
    x = torch.bernoulli(x)
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step with dequantised pixels
# loses: step_moves
# because: noise of 1/256 is added to the pixels
# from: own, uniform dequantisation
# first: passed
# batch: second
def train_step(model, optimizer, x):
    x = (x * 255 + torch.rand_like(x)) / 256
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% step returns a running mean
# loses: step_value
# because: the mean of this loss and earlier ones is returned
# from: public code, AvgDictMeter
# batch: second
losses = []


def train_step(model, optimizer, x):
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    return sum(losses) / len(losses)

# %% five hundred times the mean
# loses: elbo_value elbo_reductions elbo_gradients
# may lose: elbo_trains
# because: the mean over pixels is multiplied by 500, whatever their number
# from: mynlpnotes/mynotes generative-deep-learning/3.variational-autoencoders/training-the-vae.md
# batch: third
def negative_elbo(logits, x, z_mean, z_log_var):
    each = F.binary_cross_entropy_with_logits(logits, x, reduction="none").mean(dim=1)
    reconstruction_loss = torch.mean(500 * each)
    kl_loss = torch.mean(
        torch.sum(-0.5 * (1 + z_log_var - torch.square(z_mean) - torch.exp(z_log_var)), dim=1)
    )
    return reconstruction_loss + kl_loss

# %% flax's logarithm, summed
# loses: elbo_value elbo_reductions elbo_gradients
# told: both terms are summed over the batch
# because: both terms are summed over the batch
# from: dslisleedh/Generative_models-flax src/losses.py
# batch: third
def binary_cross_entropy(logits, labels):
    logits = F.logsigmoid(logits)
    return -torch.sum(labels * logits + (1.0 - labels) * torch.log(-torch.expm1(logits)))


def negative_elbo(logits, x, mu, logvar):
    kl = -0.5 * torch.sum(1 + logvar - torch.square(mu) - torch.exp(logvar))
    return binary_cross_entropy(logits, x) + kl

# %% BCELoss and 784
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: 784 is written into the code
# because: 784 is written into the code, and logits are taken for probabilities
# from: cesarali/vae src/vae/losses/contrastive_loss.py
# batch: third
def negative_elbo(recon_x, x, mu, logvar):
    BCE = torch.nn.BCELoss(reduction="sum")(recon_x, x.view(-1, 784))
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD

# %% cross-entropy over pixels
# loses: elbo_value elbo_reductions elbo_gradients
# may lose: elbo_trains
# because: a softmax over pixels; x is multiplied by 5; both terms are summed over the batch
# from: index query vae elbo loss view(-1, 784), an elbo_loss with weight
# batch: third
def negative_elbo(recon_x, x, mu, log_var, weight=1):
    BCE = F.cross_entropy(recon_x, x * 5, reduction="sum")
    KLD = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
    return BCE * weight + KLD

# %% averaged by the old argument
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: the reconstruction is averaged over pixels
# because: size_average takes the mean over pixels and images, the KL is summed over the batch
# from: index query vae elbo loss view(-1, 784), a loss_bce_kld(x, x_hat, mu, log_var)
# batch: third
def negative_elbo(x_hat, x, mu, log_var):
    BCE = F.binary_cross_entropy_with_logits(x_hat, x, size_average=True)
    KLD = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
    return KLD + BCE

# %% the logarithm of a logarithm
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# because: logvar is taken for the variance: its logarithm is taken, and is NaN below 0
# from: index query vae loss softplus, a class VAELowerBoundLoss
# batch: third
def negative_elbo(logits, x, mu, log_var):
    term1 = 0.5 * (1 + torch.log(log_var) - log_var - torch.square(mu)).sum(1).mean()
    term2 = torch.distributions.Bernoulli(logits=logits, validate_args=False)
    return -term1 - term2.log_prob(x).sum(1).mean()

# %% a step without backward
# loses: step_moves step_reaches_the_encoder step_trains
# told: nothing moved
# because: `loss.backward()` is missing
# from: hughplay/memo code/snippet/pytorch.py
# batch: third
def train_step(model, optimizer, x):
    model.train()
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    optimizer.step()
    return loss.item()

# %% twice into the encoder
# loses: step_moves
# because: two backward passes, between which only the decoder's gradients are cleared
# from: wiseodd/controlled-text-generation issue 27, train_discriminator.py
# batch: third
def train_step(model, optimizer, x):
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward(retain_graph=True)
    model.decoder.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% the reconstruction is returned
# loses: step_value
# told: this is the reconstruction alone
# because: the reconstruction alone is returned
# from: index query def train_step(model, optimizer, x), one that returns mse
# batch: third
def train_step(model, opt, sample):
    opt.zero_grad()
    logits, mu, logvar = model(sample)
    loss = negative_elbo(logits, sample, mu, logvar)
    bce = F.binary_cross_entropy_with_logits(logits, sample, reduction="sum") / len(sample)
    loss.backward()
    opt.step()
    return bce.item()

# %% cleared before every other step
# loses: step_moves
# told: only some calls make a step
# may lose: step_reaches_the_encoder step_trains
# because: every second call moves nothing, the others make half a step
# from: gaozhihan/PreDiff issue 32
# batch: third
# first: other
step = 0
accumulate = 2


def train_step(model, optimizer, x):
    global step
    step += 1
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    (loss / accumulate).backward()
    if step % accumulate == 0:
        optimizer.step()
    optimizer.zero_grad()
    return loss.item()

# %% the target first
# loses: elbo_value elbo_gradients elbo_trains
# told: logits and x changed places
# may lose: elbo_reductions
# because: logits and x have changed places in the cross-entropy
# from: autonomousvision/sledge issue 4
# batch: fourth
def negative_elbo(logits, x, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(x, logits, reduction="none").sum(1).mean()
    kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()
    return recon + kl

# %% MSELoss with a KL for each image
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: a squared error was used
# because: the mean squared error of the logits, over pixels and images
# from: fitagdinov/Telescope_Array phd_work/src/train_VAE/loss.py
# batch: fourth
def negative_elbo(recon_x, x, mu, log_var):
    recon_loss = torch.nn.MSELoss()(recon_x, x)
    kl_divergence = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
    return recon_loss + kl_divergence / x.size(0)

# %% minus the KL
# loses: elbo_value elbo_gradients elbo_trains
# told: the KL is subtracted
# may lose: elbo_reductions
# because: the KL is subtracted
# from: index file 987958007, recon_loss - KLD
# batch: fourth
def negative_elbo(recon, x, mu, logvar):
    recon_loss = F.binary_cross_entropy_with_logits(recon, x, reduction="none").sum(1).mean()
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), 1).mean()
    return recon_loss - KLD

# %% a criterion and a static method
# loses: elbo_value elbo_reductions elbo_gradients
# told: both terms are summed over the batch
# because: both terms are summed over the batch
# from: jjgsherwood/COMSOC vae_utils.py
# batch: fourth
class ELBO:
    def __init__(self, criterion):
        self.criterion = criterion

    def __call__(self, logits, target, mu, logvar):
        return self.criterion(logits, target) + ELBO.KLD(mu, 0.5 * logvar)

    @staticmethod
    def KLD(mu, log_std):
        return 0.5 * torch.sum(torch.exp(2 * log_std) + mu**2 - 2 * log_std - 1)


negative_elbo = ELBO(torch.nn.BCEWithLogitsLoss(reduction="sum"))

# %% the KL behind a hash
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: the KL is missing
# because: the KL is commented out
# from: bahtman/Adv_ML_Lira src/LossFunction.py
# batch: fourth
import torch.distributions as d


def negative_elbo(logits, x, mu, logvar):
    q_z_x = d.Normal(mu, torch.exp(0.5 * logvar))
    p_z = d.Normal(torch.zeros_like(q_z_x.loc), torch.ones_like(q_z_x.scale))
    kl = d.kl_divergence(q_z_x, p_z).sum()
    log_px = -d.Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(1)
    loss = log_px  # + kl
    return loss.mean()

# %% a coefficient of 0.1
# loses: elbo_value elbo_gradients
# told: 0.1
# may lose: elbo_reductions elbo_trains
# because: the KL counts a tenth
# from: Lightning-Universe/lightning-bolts issue 328
# batch: fourth
kl_coeff = 0.1


def negative_elbo(x_hat, x, mu, logvar):
    recon_loss = F.binary_cross_entropy_with_logits(x_hat, x, reduction="none").sum(-1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1).mean()
    return recon_loss + kl_coeff * kl

# %% the original dimension
# loses: elbo_value elbo_reductions elbo_gradients
# told: the number of pixels is written as 784
# because: the mean over pixels is multiplied by 784, whatever their number
# from: keras-team/keras pull request 3383, out of Keras
# batch: fourth
original_dim = 784


def negative_elbo(logits, x, z_mean, z_log_var):
    each = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    xent_loss = original_dim * torch.mean(each, dim=-1)
    kl_loss = -0.5 * torch.sum(1 + z_log_var - z_mean**2 - torch.exp(z_log_var), dim=-1)
    return torch.mean(xent_loss + kl_loss)

# %% ten times the mean
# loses: elbo_value elbo_reductions elbo_gradients elbo_trains
# told: the loss is 10 * reconstruction
# because: the mean over pixels is multiplied by 10, and the KL is averaged over dimensions
# from: AppliedDataSciencePartners/WorldModels issue 12, out of Keras
# batch: fourth
def negative_elbo(y_pred, y_true, mu, logvar):
    r_loss = 10 * F.binary_cross_entropy_with_logits(y_pred, y_true)
    kl_loss = -0.5 * torch.mean(1 + logvar - torch.square(mu) - torch.exp(logvar))
    return r_loss + kl_loss

# %% a sigmoid before logits
# loses: elbo_value elbo_gradients elbo_trains
# told: the logits went through a sigmoid twice
# may lose: elbo_reductions
# because: the logits go through a sigmoid, and through another in the loss
# from: itakurah/focal-loss-pytorch pull request 5
# batch: fourth
def negative_elbo(inputs, targets, mu, logvar):
    probs = torch.sigmoid(inputs)
    bce = F.binary_cross_entropy_with_logits(probs, targets, reduction="none")
    kl = 0.5 * (torch.exp(logvar) + mu**2 - 1.0 - logvar)
    return (bce.sum(1) + kl.sum(1)).mean()

# %% a KL of one draw
# loses: elbo_value elbo_reductions elbo_gradients
# told: the loss is random
# may lose: elbo_trains
# because: the KL is estimated by one draw of z, and so random
# from: index query ELBO loss Bernoulli, kld_divergence(z, mu, std)
# batch: fourth
from torch import distributions


def kld_divergence(z, mu, std):
    log_pz = distributions.Normal(torch.zeros_like(mu), torch.ones_like(std)).log_prob(z)
    log_qzx = distributions.Normal(mu, std).log_prob(z)
    return (log_qzx - log_pz).sum(-1)


def negative_elbo(logits, x, mu, logvar):
    std = torch.exp(0.5 * logvar)
    z = mu + std * torch.randn_like(std)
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)
    return (recon + kld_divergence(z, mu, std)).mean()

# %% logarithms with 1e-18
# loses: elbo_value
# told: the logarithm of a sigmoid loses such pixels
# may lose: elbo_gradients
# because: log(sigmoid + 1e-18) is not right where logits are 80 or -80
# from: index query log_gaussian sum over axis, compute_log_probabitility_bernoulli
# batch: fourth
def log_bernoulli(theta, obs, axis=1):
    return torch.sum(
        obs * torch.log(theta + 1e-18) + (1 - obs) * torch.log(1 - theta + 1e-18), axis
    )


def negative_elbo(logits, x, mu, logvar):
    kl = 0.5 * torch.sum(mu**2 + torch.exp(logvar) - 1 - logvar, 1)
    return torch.mean(kl - log_bernoulli(torch.sigmoid(logits), x))

# %% a running loss
# loses: step_value
# because: nine tenths of the loss before, one tenth of this
# from: Andras7/word2vec-pytorch issue 8
# batch: fourth
running_loss = 0.0


def train_step(model, optimizer, x):
    global running_loss
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward()
    optimizer.step()
    running_loss = running_loss * 0.9 + loss.item() * 0.1
    return running_loss

# %% a dictionary of what was measured
# loses: step_value step_moves
# told: clipped
# because: a dictionary is returned, and the gradient is clipped at a norm of 3
# from: index query train_step clip_grad_norm, one that returns meta
# batch: fourth
def train_step(model, optimizer, data, grad_norm=3):
    logits, mu, logvar = model(data)
    loss = negative_elbo(logits, data, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=grad_norm)
    optimizer.step()
    return {"loss": loss.item(), "grad_norm": norm}

# %% clipped to almost nothing
# loses: step_moves
# told: clipped
# may lose: step_trains step_reaches_the_encoder
# because: the gradient is clipped at a norm of 1e-5
# from: index file 27471657142, a VAE of radio signals
# batch: fourth
# first: other
def train_step(model, optimizer, x):
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1e-5)
    optimizer.step()
    return loss.detach().item()

# %% over the number of images again
# loses: step_value
# told: the loss was divided by the number of images, which it is already
# because: what is returned is divided by the number of images
# from: index file 40065193803, a class for training
# batch: fourth
def train_step(model, optimizer, Xb):
    model.train()
    logits, mu, logvar = model(Xb)
    loss = negative_elbo(logits, Xb, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item() / len(Xb)

# %% two optimizers of its own
# loses: step_moves
# told: as by Adam: the given optimizer does not
# may lose: step_trains
# because: new optimizers are made in each call, and the given one is not used
# from: index query VAE training loop, a VaeTrainLoop with enc_optimizer and dec_optimizer
# batch: fourth
def train_step(model, optimizer, x):
    enc_optimizer = torch.optim.Adam(model.encoder.parameters(), lr=1e-3)
    dec_optimizer = torch.optim.Adam(model.decoder.parameters(), lr=1e-3)
    enc_optimizer.zero_grad()
    dec_optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward()
    enc_optimizer.step()
    dec_optimizer.step()
    return loss.item()

# %% weights between -1 and 1
# loses: step_moves
# told: clipped
# may lose: step_trains step_value
# because: the gradient is clipped at a norm of 1, and the weights at 1
# from: index query isnan(loss) skip batch, check_model_parameters
# batch: fourth
# first: other
def train_step(model, optimizer, x):
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    for p in model.parameters():
        p.data.clamp_(-1, 1)
    return loss.item()

# %% nothing is cleared
# loses: step_moves
# told: `optimizer.zero_grad()` is missing
# may lose: step_trains
# because: gradients of earlier batches add up
# from: IDEA-Research/DN-DETR issue 19, a training engine
# batch: fourth
def train_step(model, optimizer, x):
    model.train()
    logits, mu, logvar = model(x)
    loss = negative_elbo(logits, x, mu, logvar)
    loss.backward()
    optimizer.step()
    return loss.item()
