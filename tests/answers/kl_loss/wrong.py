# Answers to kl_loss that deserve less than all points; one cell an answer. How to read them:
# tests/answers.py.

# %% [markdown]
# the formula

# %% K1 no half
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the factor 0.5 is missing
def kl_divergence(mu, logvar):
    return (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% half twice
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the factor 0.5 was applied twice
def kl_divergence(mu, logvar):
    each = 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
    return 0.5 * each.sum(1)

# %% half of mu^2 alone
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the factor 0.5 covers mu^2 alone
def kl_divergence(mu, logvar):
    return (0.5 * mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% half not of mu^2
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the factor 0.5 does not cover mu^2
def kl_divergence(mu, logvar):
    return (mu**2 + 0.5 * (logvar.exp() - 1 - logvar)).sum(1)

# %% K2 sign
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the sign is turned
def kl_divergence(mu, logvar):
    return 0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)

# %% sign and half
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the sign is turned, and the factor 0.5 is missing
def kl_divergence(mu, logvar):
    return torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)

# %% K3 log(sigma)
# loses: divergence_by_hand divergence_values divergence_gradients
# told: logvar was treated as log(sigma), as in the formula with 2 * logvar
def kl_divergence(mu, logvar):
    return -0.5 * torch.sum(1 + 2 * logvar - mu**2 - torch.exp(2 * logvar), dim=1)

# %% K3 variance as scale
# loses: divergence_by_hand divergence_values divergence_gradients
# told: logvar was treated as log(sigma), as in the formula with 2 * logvar
import torch.distributions as D


def kl_divergence(mu, logvar):
    return D.kl_divergence(D.Normal(mu, logvar.exp()), D.Normal(0.0, 1.0)).sum(1)

# %% logvar as scale
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: a standard deviation is positive, a log-variance need not be
import torch.distributions as D


def kl_divergence(mu, logvar):
    return D.kl_divergence(D.Normal(mu, logvar), D.Normal(0.0, 1.0)).sum(1)

# %% K6 logvar as sigma
# loses: divergence_by_hand divergence_values divergence_gradients
# told: logvar was treated as sigma, as in the formula with sigma^2 and log(sigma^2)
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar**2 - 1 - torch.log(logvar**2)).sum(1)

# %% logvar as variance
# loses: divergence_by_hand divergence_values divergence_gradients
# told: logvar was treated as the variance
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar - 1 - torch.log(logvar)).sum(1)

# %% logvar as variance, exp forgotten
# loses: divergence_by_hand divergence_values divergence_gradients
# told: exp(logvar) is missing
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar - 1 - logvar).sum(1)

# %% std for the variance
# loses: divergence_by_hand divergence_values divergence_gradients
# told: exp(0.5 * logvar) is sigma
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(0.5 * logvar) - 1 - logvar).sum(1)

# %% variance squared
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the variance was squared
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() ** 2 - 1 - logvar).sum(1)

# %% log(sigma) for log(sigma^2)
# loses: divergence_by_hand divergence_values divergence_gradients
# told: log(sigma) stands where log(sigma^2), which is logvar, belongs
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - 0.5 * logvar).sum(1)

# %% logvar squared
# loses: divergence_by_hand divergence_values divergence_gradients
# told: logvar was squared
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar**2).sum(1)

# %% sqrt of logvar
# loses: divergence_by_hand divergence_values
# told: the square root or the logarithm of a negative number
# loses: divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + torch.sqrt(logvar) - 1 - logvar).sum(1)

# %% K9 no -logvar
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the term -logvar is missing
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1).sum(1)

# %% +logvar
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the sign of logvar is turned
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 + logvar).sum(1)

# %% K11 no -1
# loses: divergence_by_hand divergence_values
# told: the term -1 is missing
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar).sum(1)

# %% 1 outside of the sum
# loses: divergence_values
# told: the 1 is subtracted once for each image
def kl_divergence(mu, logvar):
    return 0.5 * ((mu**2 + logvar.exp() - logvar).sum(1) - 1)

# %% +1
# loses: divergence_by_hand divergence_values
# told: the sign of 1 is turned
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() + 1 - logvar).sum(1)

# %% expm1 and -1
# loses: divergence_by_hand divergence_values
# told: `expm1` has subtracted it already
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + torch.expm1(logvar) - 1 - logvar).sum(1)

# %% no mu^2
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the term mu^2 is missing
def kl_divergence(mu, logvar):
    return 0.5 * (logvar.exp() - 1 - logvar).sum(1)

# %% -mu^2
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the sign of mu^2 is turned
def kl_divergence(mu, logvar):
    return 0.5 * (logvar.exp() - 1 - logvar - mu**2).sum(1)

# %% mu not squared
# loses: divergence_by_hand divergence_values divergence_gradients
# told: mu is not squared
def kl_divergence(mu, logvar):
    return 0.5 * (mu + logvar.exp() - 1 - logvar).sum(1)

# %% |mu|
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the absolute value of mu was taken instead of its square
def kl_divergence(mu, logvar):
    return 0.5 * (mu.abs() + logvar.exp() - 1 - logvar).sum(1)

# %% 2 * mu
# loses: divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return 0.5 * (2 * mu + logvar.exp() - 1 - logvar).sum(1)

# %% no exp(logvar)
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the term exp(logvar) is missing
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 - 1 - logvar).sum(1)

# %% -exp(logvar)
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the sign of exp(logvar) is turned
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 - logvar.exp() - 1 - logvar).sum(1)

# %% 10 to the logvar
# loses: divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + 10**logvar - 1 - logvar).sum(1)

# %% K16 reversed
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the direction is reversed
import torch.distributions as D


def kl_divergence(mu, logvar):
    q = D.Normal(mu, torch.exp(0.5 * logvar))
    p = D.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return D.kl_divergence(p, q).sum(1)

# %% swapped
# loses: divergence_by_hand divergence_values divergence_gradients
# told: mu and logvar were swapped
def kl_divergence(logvar, mu):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% K17 F.kl_div
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: `F.kl_div` is for tables of log-probabilities, not for a mean and a log-variance
def kl_divergence(mu, logvar):
    return torch.nn.functional.kl_div(mu, logvar)

# %% F.kl_div, summed by rows
# loses: divergence_by_hand divergence_values divergence_gradients
# told: `F.kl_div` is for tables of log-probabilities, not for a mean and a log-variance
def kl_divergence(mu, logvar):
    return torch.nn.functional.kl_div(mu, logvar, reduction='none').sum(1)

# %% F.kl_div of softmaxes
# loses: divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    log_p, q = mu.log_softmax(1), logvar.softmax(1)
    return torch.nn.functional.kl_div(log_p, q, reduction="none").sum(1)

# %% Monte Carlo
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the value is random
import torch.distributions as D


def kl_divergence(mu, logvar):
    q = D.Normal(mu, torch.exp(0.5 * logvar))
    z = q.rsample((1000,))
    return (q.log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)).sum(-1).mean(0)

# %% one sample
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the value is random
import torch.distributions as D


def kl_divergence(mu, logvar):
    q = D.Normal(mu, torch.exp(0.5 * logvar))
    z = q.rsample()
    return (q.log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)).sum(-1)

# %% entropy alone
# loses: divergence_shape
# told: no cause
# loses: divergence_by_hand divergence_values divergence_gradients
# told: what is added up is -0.5 * logvar - 1.419
import torch.distributions as D


def kl_divergence(mu, logvar):
    return -D.Normal(mu, torch.exp(0.5 * logvar)).entropy().sum(1)

# %% free bits
# loses: divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).clamp(min=0.5).sum(1)

# %% beta of 4
# loses: divergence_by_hand divergence_values divergence_gradients
# told: every value is the right one times 4
def kl_divergence(mu, logvar, beta=4.0):
    return beta * 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% clamp at 5
# loses: divergence_values
# told: clamped too tightly
def kl_divergence(mu, logvar):
    logvar = logvar.clamp(-5, 5)
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% clamp at 1
# loses: divergence_by_hand divergence_values
# told: clamped too tightly
# loses: divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    logvar = logvar.clamp(-1, 1)
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% clamp from above
# loses: divergence_values
# told: clamped too tightly
def kl_divergence(mu, logvar):
    logvar = torch.clamp(logvar, max=4.0)
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% floor of 0.01
# loses: divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    sigma = torch.exp(0.5 * logvar) + 0.01
    return (0.5 * (sigma**2 + mu**2 - 1) - sigma.log()).sum(1)

# %% epsilon of 1e-3 in the logarithm
# loses: divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    variance = logvar.exp()
    return 0.5 * (mu**2 + variance - 1 - torch.log(variance + 1e-3)).sum(1)

# %% [markdown]
# the sum

# %% K12 mean over dimensions
# loses: divergence_values divergence_gradients
# told: the mean over dimensions was taken
def kl_divergence(mu, logvar):
    return -0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp(), dim=1)

# %% K12 mean over everything
# loses: divergence_shape divergence_values divergence_gradients
# told: everything was averaged
def kl_divergence(mu, logvar):
    return -0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp())

# %% K13 sum over everything
# loses: divergence_shape divergence_values divergence_gradients
# told: everything was summed
def kl_divergence(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp())

# %% mean over the batch
# loses: divergence_shape divergence_values divergence_gradients
# told: the batch was averaged
def kl_divergence(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1).mean()

# %% K14 sum over the batch
# loses: divergence_shape divergence_values divergence_gradients
# told: the sum runs over the batch
def kl_divergence(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=0)

# %% not summed
# loses: divergence_shape divergence_values divergence_gradients
# told: the sum over latent dimensions is missing
def kl_divergence(mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - logvar.exp())

# %% keepdim
# loses: divergence_shape divergence_values divergence_gradients
# told: `keepdim=True` leaves a dimension too many
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1, keepdim=True)

# %% squeezed
# loses: divergence_shape
# told: `squeeze()` drops the batch's dimension too, if there is one image
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).squeeze()

# %% squeezed before
# loses: divergence_shape divergence_by_hand divergence_values
# told: no cause
def kl_divergence(mu, logvar):
    return 0.5 * (mu.squeeze() ** 2 + (logvar.exp() - 1 - logvar).squeeze()).sum(1)

# %% divided by the batch size
# loses: divergence_values divergence_gradients
# told: the values were divided by the batch size
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1) / mu.shape[0]

# %% divided by 784
# loses: divergence_by_hand divergence_values divergence_gradients
# told: every value is the right one divided by 784
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1) / 784

# %% total to every image
# loses: divergence_values divergence_gradients
# told: the total of the batch was given to every image
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum() * torch.ones_like(mu[:, 0])

# %% mean to every image
# loses: divergence_values divergence_gradients
# told: the mean of the batch was given to every image
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean().expand(len(mu))

# %% first dimension alone
# loses: divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar)[:, 0]

# %% largest dimension
# loses: divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).amax(1)

# %% rows in another order
# loses: divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).flip(0)

# %% no half, not summed
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: the factor 0.5 is missing; the sum over latent dimensions is missing: `.sum(dim=1)`
def kl_divergence(mu, logvar):
    return mu**2 + logvar.exp() - 1 - logvar

# %% sign and mean
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the sign is turned
def kl_divergence(mu, logvar):
    return 0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp(), dim=1)

# %% [markdown]
# gradients

# %% K21 mu detached
# loses: divergence_gradients
# told: no gradient reaches mu: detached
def kl_divergence(mu, logvar):
    return 0.5 * (mu.detach() ** 2 + logvar.exp() - 1 - logvar).sum(1)

# %% K21 data
# loses: divergence_gradients
# told: the graph is cut by
def kl_divergence(mu, logvar):
    return 0.5 * (mu.data**2 + logvar.data.exp() - 1 - logvar.data).sum(1)

# %% logvar detached in one term
# loses: divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.detach().exp() - 1 - logvar).sum(1)

# %% logvar under no_grad
# loses: divergence_gradients
# told: no gradient reaches logvar: detached
def kl_divergence(mu, logvar):
    with torch.no_grad():
        rest = torch.exp(logvar) - 1 - logvar
    return 0.5 * (mu**2 + rest).sum(1)

# %% decorated with no_grad
# loses: divergence_gradients
# told: the graph is cut by
@torch.no_grad()
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% item in a list
# loses: divergence_shape
# told: something is made on one device whatever the inputs' device
# loses: divergence_gradients
# told: the graph is cut by
def kl_divergence(mu, logvar):
    rows = [(0.5 * (m**2 + v.exp() - 1 - v)).sum().item() for m, v in zip(mu, logvar)]
    return torch.tensor(rows, dtype=mu.dtype)

# %% NumPy there and back
# loses: divergence_shape
# told: something is made on one device whatever the inputs' device
# loses: divergence_gradients
# told: the graph is cut by
import numpy as np


def kl_divergence(mu, logvar):
    m, v = mu.detach().numpy(), logvar.detach().numpy()
    return torch.from_numpy(0.5 * (m**2 + np.exp(v) - 1 - v).sum(axis=1))

# %% [markdown]
# inputs, types and devices

# %% logvar in place
# loses: divergence_shape
# told: an operation in place: a trailing underscore
def kl_divergence(mu, logvar):
    variance = logvar.exp_()
    return 0.5 * (mu**2 + variance - 1 - variance.log()).sum(1)

# %% clamp in place
# loses: divergence_shape
# told: an operation in place: a trailing underscore
def kl_divergence(mu, logvar):
    logvar.data.clamp_(-10, 10)
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% mu in place
# loses: divergence_shape
# told: an operation in place: a trailing underscore
# loses: divergence_gradients
# told: an operation in place overwrote what the gradient needs
def kl_divergence(mu, logvar):
    mu *= mu
    return 0.5 * (mu + logvar.exp() - 1 - logvar).sum(1)

# %% always float32
# loses: divergence_shape
# told: no cause
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).float()

# %% always float64
# loses: divergence_shape
# told: no cause
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).double()

# %% integers
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).sum(1).long()

# %% prior on the CPU
# loses: divergence_shape
# told: something is made on one device whatever the inputs' device
import torch.distributions as D


def kl_divergence(mu, logvar):
    q = D.Normal(mu, torch.exp(0.5 * logvar))
    p = D.Normal(torch.zeros(mu.shape), torch.ones(mu.shape))
    return D.kl_divergence(q, p).sum(1)

# %% weights on the CPU
# loses: divergence_shape
# told: something is made on one device whatever the inputs' device
def kl_divergence(mu, logvar):
    return (mu**2 + logvar.exp() - 1 - logvar) @ torch.full((mu.shape[1],), 0.5).to(mu.dtype)

# %% total on the CPU
# loses: divergence_shape
# told: something is made on one device whatever the inputs' device
def kl_divergence(mu, logvar):
    total = torch.zeros(len(mu), dtype=mu.dtype)
    for j in range(mu.shape[1]):
        total += 0.5 * (mu[:, j] ** 2 + logvar[:, j].exp() - 1 - logvar[:, j])
    return total

# %% cuda
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: something is made on one device whatever the inputs' device
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).cuda()

# %% [markdown]
# what comes back, or does not

# %% a float
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return float(0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum())

# %% a list
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).sum(1).tolist()

# %% NumPy throughout
# loses: divergence_shape divergence_by_hand divergence_values
# told: no cause
# loses: divergence_gradients
# told: NumPy cannot pass on gradients
import numpy as np


def kl_divergence(mu, logvar):
    return 0.5 * (mu.numpy() ** 2 + np.exp(logvar.numpy()) - 1 - logvar.numpy()).sum(1)

# %% nothing
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: a missing `return`
def kl_divergence(mu, logvar):
    result = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% zeros
# loses: divergence_shape divergence_by_hand divergence_values
# told: no cause
# loses: divergence_gradients
# told: the graph is cut by
def kl_divergence(mu, logvar):
    return torch.zeros(len(mu))

# %% zeros that have gradients
# loses: divergence_shape divergence_by_hand divergence_values
# told: no cause
# loses: divergence_gradients
# told: mu, logvar are not used
def kl_divergence(mu, logvar):
    return 0 * (mu + logvar).sum(1)

# %% NaN
# loses: divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return mu.sum(1) * float('nan')

# %% a pair
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2).sum(1), 0.5 * (logvar.exp() - 1 - logvar).sum(1)

# %% one argument
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: the parameters are not those of the assignment
def kl_divergence(inputs):
    mu, logvar = inputs
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% a class
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: the parameters are not those of the assignment
class kl_divergence(torch.nn.Module):
    def forward(self, mu, logvar):
        return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% the name of torch's function
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: your function calls itself
from torch.distributions import Normal, kl_divergence


def kl_divergence(mu, logvar):
    q = Normal(mu, torch.exp(0.5 * logvar))
    p = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return kl_divergence(q, p).sum(1)

# %% calls itself
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return kl_divergence(mu, logvar)

# %% K is not defined
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return -0.5 * K.sum(1 + logvar - K.square(mu) - K.exp(logvar), axis=-1)

# %% math's exp
# loses: divergence_shape divergence_values divergence_gradients
# told: `math` takes single numbers
import math


def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + math.exp(logvar) - 1 - logvar).sum(1)

# %% endless loop
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: an endless loop, or steps that are far too slow
def kl_divergence(mu, logvar):
    while True:
        total = 0

# %% exit
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    exit()
    return mu

# %% [markdown]
# vaelib's own

# %% vaelib's function
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: no cause
from vaelib import kl_divergence

# %% vaelib's function renamed
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: no cause
from vaelib.kl import kl_divergence as reference


def kl_divergence(mu, logvar):
    return reference(mu, logvar)

# %% both from vaelib
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients loss_value loss_gradients
# told: no cause
from vaelib import kl_divergence, kl_loss

# %% vaelib's ELBO
# loses: loss_value loss_gradients
# told: no cause
def kl_loss(mu, logvar):
    import vaelib

    zeros = torch.zeros(len(mu), 1, dtype=mu.dtype)
    return vaelib.negative_elbo(zeros, zeros, mu, logvar) - torch.log(torch.tensor(2.0))

# %% [markdown]
# kl_loss

# %% loss: sum over the batch
# loses: loss_value loss_gradients
# told: the sum over the batch was taken
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).sum()

# %% loss: mean over everything
# loses: loss_value loss_gradients
# told: the mean over dimensions was taken too
def kl_loss(mu, logvar):
    return -0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp())

# %% loss: axes mixed up
# loses: loss_value loss_gradients
# told: the sum runs over the batch and the mean over dimensions
def kl_loss(mu, logvar):
    return (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).sum(0).mean()

# %% loss: not averaged
# loses: loss_value loss_gradients
# told: the mean over the batch is missing
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar)

# %% loss: keepdim
# loses: loss_value loss_gradients
# told: `keepdim=True` leaves a dimension too many
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).mean(0, keepdim=True)

# %% loss: sign
# loses: loss_value loss_gradients
# told: the sign is turned
def kl_loss(mu, logvar):
    return -kl_divergence(mu, logvar).mean()

# %% loss: half twice
# loses: loss_value loss_gradients
# told: the factor 0.5 was applied twice
def kl_loss(mu, logvar):
    return 0.5 * kl_divergence(mu, logvar).mean()

# %% loss: no half
# loses: loss_value loss_gradients
# told: the factor 0.5 is missing
def kl_loss(mu, logvar):
    return (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()

# %% loss: item
# loses: loss_value loss_gradients
# told: no cause
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).mean().item()

# %% loss: detached
# loses: loss_gradients
# told: the graph is cut by
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).mean().detach()

# %% loss: mu detached
# loses: loss_gradients
# told: no gradient reaches mu: detached
def kl_loss(mu, logvar):
    return kl_divergence(mu.detach(), logvar).mean()

# %% loss: median
# loses: loss_value loss_gradients
# told: no cause
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).median()

# %% loss: batch of 128
# loses: loss_value loss_gradients
# told: what is added up is 0.003906 * mu^2
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).sum() / 128

# %% loss: swapped
# loses: loss_value loss_gradients
# told: mu and logvar were swapped
def kl_loss(mu, logvar):
    return kl_divergence(logvar, mu).mean()

# %% loss: summed again
# loses: loss_value loss_gradients
# told: no cause
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).sum(1).mean()

# %% loss: first image
# loses: loss_value loss_gradients
# told: no cause
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar)[0]

# %% loss: float32
# loses: loss_value
# told: no cause
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).float().mean()

# %% loss: nothing
# loses: loss_value loss_gradients
# told: a missing `return`
def kl_loss(mu, logvar):
    kl_divergence(mu, logvar).mean()
    return

# %% loss: another name
# loses: loss_value loss_gradients
# told: no cause
def kl_loss(mu, logvar):
    return kl_div(mu, logvar).mean()

# %% [markdown]
# the loss is right, and only the divergence pays

# %% wrong divergence, right loss
# loses: divergence_shape divergence_values divergence_gradients
# told: the sum runs over the batch
# loses: divergence_by_hand
# told: no cause
def kl_divergence(mu, logvar):
    return (mu**2 + logvar.exp() - 1 - logvar).mean(0)


def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).mean()

# %% divergence that does not run, right loss
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return undefined


def kl_loss(mu, logvar):
    return torch.mean(kl_divergence(mu, logvar))

# %% loss made up for the divergence
# loses: divergence_values divergence_gradients
# told: the mean over dimensions was taken
# loses: loss_value loss_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return -0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp(), dim=1)


def kl_loss(mu, logvar):
    return mu.shape[1] * kl_divergence(mu, logvar).mean()

# %% mu ^ 2
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: `^` is no power in Python
def kl_divergence(mu, logvar):
    return 0.5 * (mu ^ 2 + logvar.exp() - 1 - logvar).sum(1)

# %% log(sigma)^2
# loses: divergence_by_hand divergence_values divergence_gradients
# told: log(sigma)**2 is not log(sigma**2)
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - torch.log(torch.exp(0.5 * logvar)) ** 2).sum(1)

# %% a factor of 0.45
# loses: divergence_by_hand divergence_values divergence_gradients
# told: every value is the right one times 0.9
def kl_divergence(mu, logvar):
    return 0.45 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% dim misspelt
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: no cause
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(dims=1)

# %% keyword that torch.exp lacks
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: the function that is called there has no such parameter
def halved(value):
    return 0.5 * value


def kl_divergence(mu, logvar):
    return halved(value=(mu**2 + logvar.exp() - 1 - logvar).sum(1), dim=1)

# %% needs TensorFlow
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: a package that is not installed here
def kl_divergence(mu, logvar):
    import tensorflow_of_old as tf

    return 0.5 * tf.reduce_sum(mu**2 + tf.exp(logvar) - 1 - logvar, axis=1)

# %% [markdown]
# written before any check had seen them

# %% held out: log2
# loses: divergence_by_hand divergence_values divergence_gradients
# told: - 0.7214 * logvar - 0.5; the formula: 
# batch: held out
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar / 0.6931).sum(1)

# %% held out: minus two
# loses: divergence_by_hand divergence_values
# told: the 1 is subtracted twice: `expm1` has subtracted it already
# batch: held out
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 2 - logvar).sum(1)

# %% held out: quarter
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the factor 0.5 was applied twice
# batch: held out
def kl_divergence(mu, logvar):
    return 0.25 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% held out: cubed
# loses: divergence_by_hand divergence_values divergence_gradients
# told: no cause
# batch: held out
def kl_divergence(mu, logvar):
    return 0.5 * (mu**3 + logvar.exp() - 1 - logvar).sum(1)

# %% held out: mean squared
# loses: divergence_values divergence_gradients
# told: no cause
# batch: held out
def kl_divergence(mu, logvar):
    return 0.5 * (mu.sum(1) ** 2 + (logvar.exp() - 1 - logvar).sum(1))

# %% held out: relu'd
# loses: divergence_by_hand divergence_values divergence_gradients
# told: no cause
# batch: held out
def kl_divergence(mu, logvar):
    return torch.relu(0.5 * (mu**2 + logvar.exp() - 1 - logvar) - 0.1).sum(1)

# %% held out: max
# loses: divergence_values divergence_gradients
# told: no cause
# batch: held out
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).max(dim=1).values

# %% held out: first latent
# loses: divergence_values divergence_gradients
# told: no cause
# batch: held out
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar)[:, 0]

# %% held out: cumsum
# loses: divergence_shape divergence_by_hand divergence_values divergence_gradients
# told: no cause
# batch: held out
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).cumsum(1)[:, -2]

# %% held out: js
# loses: divergence_by_hand divergence_values divergence_gradients
# told: no cause
# batch: held out
def kl_divergence(mu, logvar):
    m = torch.distributions.Normal(mu / 2, (0.5 * logvar).exp())
    return torch.distributions.kl_divergence(
        torch.distributions.Normal(mu, (0.5 * logvar).exp()), m
    ).sum(1)

# %% held out: exp clipped
# loses: divergence_values
# told: a part of it is clamped
# batch: held out
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp().clamp(max=1000.0) - 1 - logvar).sum(1)

# %% held out: epsilon in log
# loses: divergence_by_hand divergence_values divergence_gradients
# told: no cause
# batch: held out
def kl_divergence(mu, logvar):
    v = logvar.exp()
    return 0.5 * (mu**2 + v - 1 - torch.log(v + 1e-3)).sum(1)

# %% held out: rounded
# loses: divergence_by_hand divergence_values
# told: no cause
# loses: divergence_gradients
# told: no gradient reaches mu, logvar: detached
# batch: held out
def kl_divergence(mu, logvar):
    return (0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)).round(decimals=2)

# %% held out: loss: median
# loses: loss_value loss_gradients
# told: no cause
# batch: held out
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).median()

# %% held out: loss: minus one
# loses: loss_value loss_gradients
# told: no cause
# batch: held out
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).sum() / (len(mu) - 1 + 1e-9)

# %% held out: loss: free bits
# loses: loss_value loss_gradients
# told: no cause
# batch: held out
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).clamp(min=3).mean()

# %% held out: loss: item
# loses: loss_value
# told: no cause
# loses: loss_gradients
# told: the inputs are not used, or the graph is cut by `.sample()`,
# batch: held out
def kl_loss(mu, logvar):
    return torch.tensor(kl_divergence(mu, logvar).mean().item())

# %% held out: loss: twice
# loses: loss_value loss_gradients
# told: the factor 0.5 is missing
# batch: held out
def kl_loss(mu, logvar):
    return 2 * kl_divergence(mu, logvar).mean()

# %% [markdown]
# from public code, or made to be subtle

# %% capacity annealing
# loses: loss_value loss_gradients
# because: |KL - C| with C = 0.5 (Burgess et al. 2018)
# batch: first
def kl_loss(mu, logvar, C=0.5):
    return (kl_divergence(mu, logvar).mean() - C).abs()

# %% class static wrong divergence
# loses: divergence_by_hand divergence_values divergence_gradients
# because: factor 0.5 missing in kl_divergence; kl_loss reaches it through a class
# batch: first
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
# batch: first
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar)[:32].mean()

# %% free bits by dimension mean
# loses: loss_value loss_gradients
# because: floor on each dimension's batch mean (free bits)
# batch: first
def kl_loss(mu, logvar, free_bits=0.1):
    each = 0.5 * (logvar.exp() + mu.pow(2) - 1.0 - logvar)
    return each.mean(dim=0).clamp(min=free_bits).sum()

# %% gradient cut outside 2
# loses: divergence_gradients
# because: the gradient to logvar is cut where |logvar| > 3
# batch: first
def kl_divergence(mu, logvar):
    inside = logvar.clamp(-3, 3)
    logvar = inside + (logvar - inside).detach()
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% trace of batch square
# loses: divergence_values
# because: right only where batch and latent_dim agree by chance
# batch: first
def kl_divergence(mu, logvar):
    return 0.5 * (torch.diagonal(mu @ mu.T) + logvar.exp().sum(1) - mu.shape[0] - logvar.sum(1))

# %% wrong divergence default argument
# loses: divergence_by_hand divergence_values divergence_gradients
# because: factor 0.5 missing in kl_divergence; kl_loss binds it as a default argument
# batch: first
def kl_divergence(mu, logvar):
    return (mu**2 + logvar.exp() - 1 - logvar).sum(1)


def kl_loss(mu, logvar, divergence=kl_divergence):
    return divergence(mu, logvar).mean()

# %% wrong divergence module loss
# loses: divergence_by_hand divergence_values divergence_gradients
# because: factor 0.5 missing in kl_divergence; the loss is right (an nn.Module that calls it)
# batch: first
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
# batch: second
def kl_divergence(mu, logvar):
    each = torch.exp(2 * logvar) - 2 * logvar + mu * mu
    return each.sum(1)

# %% free bits taken off first
# loses: divergence_by_hand divergence_values divergence_gradients
# because: 0.05 nats of each dimension are free
# from: public code, defences against posterior collapse
# batch: second
def kl_divergence(mu, logvar, free_bits=0.05):
    per_dim = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp())
    return (per_dim - free_bits).clamp(min=0).sum(1)

# %% one sample of it
# loses: divergence_by_hand divergence_values divergence_gradients
# because: log q(z) - log p(z) at one drawn z
# from: public code, compute_kl with a prior and a posterior
# batch: second
def kl_divergence(mu, logvar):
    q = torch.distributions.Normal(mu, torch.exp(0.5 * logvar))
    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    z = q.rsample()
    return (q.log_prob(z) - p.log_prob(z)).sum(1)

# %% clamped for safety
# loses: divergence_values
# because: mu is clamped to [-10, 10]
# from: public code, a VAE of music
# batch: second
def kl_divergence(mu, logvar):
    logvar = torch.clamp(logvar, -10.0, 10.0)
    mu = torch.clamp(mu, -10.0, 10.0)
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)

# %% sigma and no half
# loses: divergence_by_hand divergence_values divergence_gradients
# because: logvar is taken for sigma, and 0.5 is missing
# from: BreadxPeat/Deep-Learning-based-AD-detection train.py
# batch: second
def kl_divergence(mu, sigma):
    return -torch.sum(1 + torch.log(sigma.pow(2)) - mu.pow(2) - sigma.pow(2), dim=1)

# %% summed over the batch
# loses: divergence_shape divergence_values divergence_gradients
# because: dim=0
# from: public code, an anomaly detector
# batch: second
def kl_divergence(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=0)

# %% at most ten thousand
# loses: divergence_values
# because: a KL above 1e4 is cut off
# from: public code, an estimator of states
# batch: second
def kl_divergence(mu, logvar):
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)
    return torch.clamp(kl, max=1e4)

# %% warm-up by a counter
# loses: loss_value loss_gradients
# because: the KL's weight grows from 0 to 1 over 1,000 calls
# from: public code, an annealer
# batch: second
calls = 0


def kl_loss(mu, logvar):
    global calls
    calls += 1
    return min(1.0, calls / 1000) * kl_divergence(mu, logvar).mean()

# %% mean of means
# loses: loss_value loss_gradients
# because: averaged over dimensions too
# from: public code, a VAE of tables
# batch: second
def kl_loss(mu, logvar):
    temp = 1 + logvar - mu.pow(2) - logvar.exp()
    return -0.5 * torch.mean(temp.mean(-1).mean())

# %% over dimensions and batch by hand
# loses: loss_value loss_gradients
# because: the sum is divided by batch and dimensions
# from: public code, an exercise on imputation
# batch: second
def kl_loss(mu, logvar):
    input_batch, zdims = mu.shape
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    kld /= input_batch * zdims
    return kld

# %% half a one for each image
# loses: divergence_values
# told: the 1 is subtracted once for each image
# because: the 1 is subtracted once for each image, not in each dimension
# from: ericjang/draw issue 2
# batch: third
def kl_divergence(mu, logvar):
    T = 1
    logsigma = 0.5 * logvar
    sigma2 = torch.exp(logsigma) ** 2
    return 0.5 * torch.sum(mu**2 + sigma2 - 2 * logsigma, 1) - T * 0.5

# %% mean over the last dimension
# loses: divergence_values divergence_gradients
# told: the mean over dimensions was taken
# because: averaged over latent dimensions
# from: tomhosking/torchseq src/models/kl_divergence.py
# batch: third
def kl_divergence(mu, logvar):
    return -0.5 * torch.mean(1 + logvar - mu.pow(2) - logvar.exp(), dim=-1)

# %% logvar as the logarithm of sigma
# loses: divergence_by_hand divergence_values divergence_gradients
# told: logvar was treated as log(sigma), as in the formula with 2 * logvar
# because: logvar is taken for log(sigma)
# from: KarenUllrich/Tutorial_BayesianCompressionForDL issue 1
# batch: third
def kl_divergence(mu, logvar):
    each = -logvar + 0.5 * (logvar.exp().pow(2) + mu.pow(2)) - 0.5
    return torch.sum(each, dim=1)

# %% std squared, its logarithm not doubled
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the variance was squared
# because: exp(logvar) is squared
# from: cern1710/MNIST-image-generation utils.py
# batch: third
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
# told: the sign of logvar is turned
# because: the sign of logvar is turned
# from: kasparmartens/NeuralProcesses issue 1, out of R
# batch: third
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

# %% one number for everything
# loses: divergence_shape divergence_values divergence_gradients
# told: everything was summed
# because: summed over the batch too
# from: serre-lab/vfm src/utils/losses.py
# batch: fourth
def kl_divergence(mu, logvar):
    divergence = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return divergence

# %% the square of log sigma
# loses: divergence_by_hand divergence_values divergence_gradients
# told: + 0.125 * logvar^2
# because: + log(sigma)^2 stands where - log(sigma^2) belongs
# from: FluxML/model-zoo issue 73, out of Julia
# batch: fourth
# first: other
def kl_divergence(mu, logvar):
    log_sigma = logvar / 2
    return 0.5 * torch.sum(torch.exp(2 * log_sigma) + mu**2 - 1 + log_sigma**2, dim=1)

# %% twice the log of sigma, added
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the sign of logvar is turned
# because: + logvar, not - logvar
# from: FluxML/model-zoo pull request 147, out of Julia
# batch: fourth
def kl_divergence(mu, logvar):
    log_sigma = logvar / 2
    return 0.5 * torch.sum(torch.exp(2 * log_sigma) + mu**2 - 1 + 2 * log_sigma, dim=1)

# %% plus 1, and 0.15
# loses: loss_value loss_gradients
# told: what is added up is 0.15 * mu^2
# because: the factor is 0.15, 1 is added, and the mean is taken over dimensions too
# from: snousias/fast-mesh-denoising issue 1, out of TensorFlow
# batch: fourth
def kl_loss(mean, logvar):
    std = torch.exp(0.5 * logvar)
    each = 0.15 * (1 - torch.log(torch.square(std) + 1e-8) + torch.square(mean) + torch.square(std))
    return torch.mean(each)

# %% a mean of means
# loses: loss_value loss_gradients
# told: the mean over dimensions was taken too
# because: averaged over latent dimensions too
# from: podgorskiy/VAE issue 1
# batch: fourth
def kl_loss(mu, logvar):
    return -0.5 * torch.mean(torch.mean(1 + logvar - mu.pow(2) - logvar.exp(), 1))

# %% not sure yet
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the sign of exp(logvar) is turned
# because: - exp(logvar), not + exp(logvar)
# from: index query vae loss student homework, a VaeLoss with two doubts
# batch: fourth
def kl_divergence(mu, logvar):
    return 0.5 * torch.sum(mu * mu - logvar.exp() - logvar - 1, dim=1)

# %% a number times a mask
# loses: divergence_values divergence_gradients
# told: the total of the batch was given to every image
# because: summed over everything, then spread over the images by a mask
# from: EDAPINENUT/GNTPP issue 4
# batch: fourth
def kl_divergence(mean, log_var):
    mask = torch.ones_like(mean[:, 0])
    return (-0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp())) * mask

# %% an exponential clamped at 100
# loses: divergence_values
# told: a part of it is clamped
# may lose: divergence_gradients
# because: exp(logvar) is clamped at 100, so logvar above 4.6 counts as less than it is
# from: index file 53723162010, a world model's loss
# batch: fourth
# first: other
def kl_divergence(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp().clamp(max=100.0), dim=-1)

# %% of the batch as a whole
# loses: loss_value loss_gradients
# because: the KL of the batch's mean and variance, not the mean of the images' KL
# from: index file 2019336999, kl_gaussian of a motion model
# batch: fourth
def kl_loss(mu, logvar):
    mean = mu.mean(dim=0)
    var = logvar.exp().mean(dim=0) + mu.var(dim=0, unbiased=False)
    return 0.5 * torch.sum(mean**2 + var - torch.log(var + 1e-5) - 1)

# %% a narrower prior
# loses: divergence_by_hand divergence_values divergence_gradients
# told: what is added up is 2 * mu^2 + 2 * exp(logvar)
# because: the KL to a normal distribution with standard deviation 0.5
# from: jlian2/Improved-Voice-Conversion-with-Conditional-DSVAE issue 2
# batch: fourth
prior_std = 0.5


def kl_divergence(mu, logvar):
    prior = torch.distributions.Normal(torch.zeros_like(mu), prior_std * torch.ones_like(mu))
    posterior = torch.distributions.Normal(mu, torch.exp(0.5 * logvar))
    return torch.distributions.kl_divergence(posterior, prior).sum(dim=1)

# %% sigma, and the batch twice
# loses: loss_value loss_gradients
# because: sigma in the place of the variance; divided by the number of images twice
# from: DaehanKim/vgae_pytorch issue 2
# batch: fourth
def kl_loss(mean, logvar):
    logstd = 0.5 * logvar
    each = 1 + 2 * logstd - mean**2 - torch.exp(logstd)
    return -(0.5 / mean.size(0)) * each.sum(1).mean()

# %% times 0.5, and no minus
# loses: loss_value loss_gradients
# told: the sign is turned
# because: the sign is turned
# from: keras-team/keras-io issue 270, out of TensorFlow
# batch: fourth
def kl_loss(z_mean, z_log_var):
    loss = 1 + z_log_var - torch.square(z_mean) - torch.exp(z_log_var)
    loss = torch.mean(torch.sum(loss, dim=-1))
    loss *= 0.5
    return loss

# %% never above 1,000
# loses: loss_value loss_gradients
# told: the result never goes beyond 1,000
# because: the mean is clamped at 1,000 nats
# from: sanazkaviani/3d-latent-diffusion-model 3d_ldm/NaN_FIX_GUIDE.md
# batch: fourth
# first: other
def kl_loss(z_mu, z_logvar):
    eps = 1e-8
    z_sigma = torch.clamp(torch.exp(0.5 * z_logvar), min=eps)
    kl = 0.5 * torch.sum(z_mu.pow(2) + z_sigma.pow(2) - torch.log(z_sigma.pow(2) + eps) - 1)
    return torch.clamp(kl / z_mu.shape[0], 0.0, 1000.0)

# %% a 2 inside the half
# loses: divergence_by_hand divergence_values divergence_gradients
# told: the factor 0.5 covers mu^2 alone
# because: all but mu^2 counts twice
# from: index file 49057953049, a graph VAE of two kinds of nodes
# batch: fourth
def kl_divergence(mean, logvar):
    logstd = logvar / 2
    each = 2 * (-1 - 2 * logstd + torch.exp(2 * logstd)) + mean.pow(2)
    return 0.5 * torch.sum(each, dim=1)
