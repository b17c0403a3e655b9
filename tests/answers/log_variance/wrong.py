# Answers to log_variance that deserve less than all points; one cell an answer. How to read them:
# tests/answers.py.

# %% [markdown]
# sigma

# %% variance
# loses: std_values std_gradients
# told: exp(logvar) is the variance
def std_from_logvar(logvar):
    return torch.exp(logvar)

# %% logvar itself
# loses: std_values std_gradients
# told: logvar itself was returned
def std_from_logvar(logvar):
    return logvar

# %% absolute value
# loses: std_values std_gradients
# told: the absolute value of logvar
def std_from_logvar(logvar):
    return logvar.abs()

# %% no exponential
# loses: std_values std_gradients
# told: the exponential is missing
def std_from_logvar(logvar):
    return 0.5 * logvar

# %% doubled
# loses: std_values std_gradients
# told: the exponent is doubled
def std_from_logvar(logvar):
    return torch.exp(2 * logvar)

# %% wrong sign
# loses: std_values std_gradients
# told: the exponent has the wrong sign:
def std_from_logvar(logvar):
    return torch.exp(-0.5 * logvar)

# %% precision
# loses: std_values std_gradients
# told: the exponent has the wrong sign and no
def std_from_logvar(logvar):
    return torch.exp(-logvar)

# %% quarter
# loses: std_values std_gradients
# told: the half was taken twice
def std_from_logvar(logvar):
    return torch.sqrt(torch.exp(0.5 * logvar))

# %% half outside
# loses: std_values std_gradients
# told: half the variance is not sigma
def std_from_logvar(logvar):
    return 0.5 * torch.exp(logvar)

# %% softplus
# loses: std_values std_gradients
# told: softplus(logvar)
def std_from_logvar(logvar):
    return torch.nn.functional.softplus(logvar)

# %% root of absolute
# loses: std_values std_gradients
# told: the square root of |logvar|
def std_from_logvar(logvar):
    return logvar.abs().sqrt()

# %% square root
# loses: std_values
# told: the square root or the logarithm
# loses: std_gradients
# told: no cause
def std_from_logvar(logvar):
    return torch.sqrt(logvar)

# %% log
# loses: std_values
# told: the square root or the logarithm
# loses: std_gradients
# told: no cause
def std_from_logvar(logvar):
    return torch.log(logvar) / 2

# %% expm1
# loses: std_values
# told: `expm1` subtracts 1
def std_from_logvar(logvar):
    return torch.expm1(0.5 * logvar)

# %% base 2
# loses: std_values std_gradients
# told: the base is 2
def std_from_logvar(logvar):
    return 2 ** (logvar / 2)

# %% sigmoid
# loses: std_values std_gradients
# told: no cause
def std_from_logvar(logvar):
    return torch.sigmoid(logvar)

# %% relu
# loses: std_values std_gradients
# told: no cause
def std_from_logvar(logvar):
    return torch.relu(logvar)

# %% a constant
# loses: std_values
# told: no cause
# loses: std_gradients
# told: the graph is cut by
def std_from_logvar(logvar):
    return torch.ones_like(logvar)

# %% clamp at 5
# loses: std_values
# told: clamped too tightly
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar.clamp(-5, 5))

# %% clamp above at 2
# loses: std_values
# told: clamped too tightly
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar.clamp(max=2))

# %% floor of 0.01
# loses: std_values
# told: clamped too tightly
def std_from_logvar(logvar):
    return logvar.mul(0.5).exp().clamp(min=0.01)

# %% epsilon of 1e-3
# loses: std_values
# told: no cause
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar) + 1e-3

# %% detached
# loses: std_gradients
# told: the graph is cut by
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar.detach())

# %% data
# loses: std_gradients
# told: the graph is cut by
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar.data)

# %% no_grad
# loses: std_gradients
# told: the graph is cut by
def std_from_logvar(logvar):
    with torch.no_grad():
        return torch.exp(0.5 * logvar)

# %% in place
# loses: std_gradients
# told: an operation in place: a trailing underscore
def std_from_logvar(logvar):
    return logvar.mul_(0.5).exp_()

# %% in place on data
# loses: std_gradients
# told: no cause
def std_from_logvar(logvar):
    logvar.data *= 0.5
    return logvar.exp()

# %% clamp in place
# loses: std_gradients
# told: an operation in place: a trailing underscore
def std_from_logvar(logvar):
    with torch.no_grad():
        logvar.clamp_(-10, 10)
    return torch.exp(0.5 * logvar)

# %% NumPy
# loses: std_gradients
# told: NumPy cannot pass on gradients
import numpy as np


def std_from_logvar(logvar):
    return np.exp(0.5 * logvar)

# %% NumPy throughout
# loses: std_values std_gradients
# told: no cause
import numpy as np


def std_from_logvar(logvar):
    return np.exp(0.5 * np.array(logvar.tolist()))

# %% math
# loses: std_values std_gradients
# told: `math` takes single numbers
def std_from_logvar(logvar):
    return math.exp(0.5 * logvar)

# %% a float
# loses: std_values std_gradients
# told: no cause
def std_from_logvar(logvar):
    return float(torch.exp(0.5 * logvar).mean())

# %% nothing
# loses: std_values std_gradients
# told: a missing `return`
def std_from_logvar(logvar):
    half = 0.5 * logvar
    sigma = torch.exp(half)

# %% a tuple
# loses: std_values std_gradients
# told: no cause
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar), logvar

# %% always float32
# loses: std_values
# told: no cause
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar).float()

# %% always float64
# loses: std_values
# told: no cause
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar.double())

# %% summed
# loses: std_values std_gradients
# told: no cause
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar).sum(dim=-1)

# %% squeezed
# loses: std_values std_gradients
# told: no cause
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar).unsqueeze(0)

# %% matrix
# loses: std_values std_gradients
# told: no cause
def std_from_logvar(logvar):
    return torch.diag_embed(torch.exp(0.5 * logvar))

# %% for two dimensions
# loses: std_values
# told: no cause
def std_from_logvar(logvar):
    batch, dim = logvar.shape
    return torch.exp(0.5 * logvar)

# %% on the CPU
# loses: std_gradients
# told: something is made on one device whatever the inputs' device
def std_from_logvar(logvar):
    return torch.exp(torch.zeros(logvar.shape) + 0.5 * logvar)

# %% calls itself
# loses: std_values std_gradients
# told: no cause
def std_from_logvar(logvar):
    return std_from_logvar(0.5 * logvar)

# %% vaelib's
# loses: std_values std_gradients
# told: no cause
import vaelib


def std_from_logvar(logvar):
    return vaelib.std_from_logvar(logvar)

# %% two parameters
# loses: std_values std_gradients
# told: the parameters are not those of the assignment
def std_from_logvar(mu, logvar):
    return (logvar / 2).exp()

# %% tensorflow
# loses: std_values std_gradients
# told: no cause
def std_from_logvar(logvar):
    return tf.exp(0.5 * logvar)

# %% [markdown]
# the density: its formula

# %% no constant
# loses: log_prob_values
# told: the constant log(2 pi) is missing
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * (logvar + (z - mu) ** 2 / logvar.exp()).sum(1)

# %% constant without half
# loses: log_prob_values
# told: the constant lacks its factor 0.5
def gaussian_log_prob(z, mu, logvar):
    each = -0.5 * (logvar + (z - mu) ** 2 / logvar.exp()) - math.log(2 * math.pi)
    return each.sum(1)

# %% constant of the wrong sign
# loses: log_prob_values
# told: the sign of the constant
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * (logvar - math.log(2 * math.pi) + (z - mu) ** 2 / logvar.exp()).sum(1)

# %% 2 pi without log
# loses: log_prob_values
# told: the constant is log(2 pi), not 2 pi
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * (logvar + 2 * math.pi + (z - mu) ** 2 / logvar.exp()).sum(1)

# %% log pi
# loses: log_prob_values
# told: the constant is log(2 pi): the 2 is missing
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * (logvar + math.log(math.pi) + (z - mu) ** 2 / logvar.exp()).sum(1)

# %% constant once a row
# loses: log_prob_values
# told: the constant counts once for each dimension
def gaussian_log_prob(z, mu, logvar):
    constant = 0.5 * math.log(2 * math.pi)
    return -0.5 * (logvar + (z - mu) ** 2 / logvar.exp()).sum(1) - constant

# %% no log-determinant
# loses: log_prob_values log_prob_gradients
# told: the term -0.5 * logvar is missing
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * ((z - mu) ** 2 / logvar.exp() + math.log(2 * math.pi)).sum(1)

# %% log-determinant of the wrong sign
# loses: log_prob_values log_prob_gradients
# told: the sign of the term in logvar is turned
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * ((z - mu) ** 2 / logvar.exp() - logvar + math.log(2 * math.pi)).sum(1)

# %% log-determinant without half
# loses: log_prob_values log_prob_gradients
# told: the term in logvar lacks its half
def gaussian_log_prob(z, mu, logvar):
    return (-0.5 * (z - mu) ** 2 / logvar.exp() - logvar - 0.5 * math.log(2 * math.pi)).sum(1)

# %% log-determinant halved twice
# loses: log_prob_values log_prob_gradients
# told: the term in logvar has its half twice
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar / 2 + math.log(2 * math.pi)).sum(1)

# %% variance for its log
# loses: log_prob_values log_prob_gradients
# told: exp(logvar) stands where its logarithm
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar.exp() + math.log(2 * math.pi)).sum(1)

# %% divided by sigma
# loses: log_prob_values log_prob_gradients
# told: the square is divided by sigma
def gaussian_log_prob(z, mu, logvar):
    std = std_from_logvar(logvar)
    return -0.5 * ((z - mu) ** 2 / std + logvar + math.log(2 * math.pi)).sum(1)

# %% variance squared
# loses: log_prob_values log_prob_gradients
# told: the square is divided by the squared variance
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * (((z - mu) / logvar.exp()) ** 2 + logvar + math.log(2 * math.pi)).sum(1)

# %% multiplied by the variance
# loses: log_prob_values log_prob_gradients
# told: the square is multiplied by the variance
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * ((z - mu) ** 2 * logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)

# %% not divided
# loses: log_prob_values log_prob_gradients
# told: the square is not divided
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * ((z - mu) ** 2 + logvar + math.log(2 * math.pi)).sum(1)

# %% divided by logvar
# loses: log_prob_values log_prob_gradients
# told: the square is divided by logvar
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * ((z - mu) ** 2 / logvar + logvar + math.log(2 * math.pi)).sum(1)

# %% variance as std
# loses: log_prob_values log_prob_gradients
# told: logvar was treated as log(sigma)
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, logvar.exp()).log_prob(z).sum(1)

# %% logvar as std
# loses: log_prob_values log_prob_gradients
# told: a standard deviation is positive, a log-variance need not be
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, logvar).log_prob(z).sum(1)

# %% sigma as variance
# loses: log_prob_values log_prob_gradients
# told: sigma was given the place of the variance twice
def gaussian_log_prob(z, mu, logvar):
    var = std_from_logvar(logvar)
    return -0.5 * ((z - mu) ** 2 / var + var.log() + math.log(2 * math.pi)).sum(1)

# %% sigma of 1
# loses: log_prob_values log_prob_gradients
# told: logvar is not used
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, 1.0).log_prob(z).sum(1)

# %% no mu
# loses: log_prob_values log_prob_gradients
# told: mu is not used
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * (z**2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)

# %% the prior
# loses: log_prob_values log_prob_gradients
# told: neither mu nor logvar is used
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * (z**2 + math.log(2 * math.pi)).sum(1)

# %% mu added
# loses: log_prob_values log_prob_gradients
# told: mu was added to z
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * ((z + mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)

# %% swapped
# loses: log_prob_values log_prob_gradients
# told: mu and logvar changed places
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(logvar, torch.exp(0.5 * mu)).log_prob(z).sum(1)

# %% negative
# loses: log_prob_values log_prob_gradients
# told: the sign is turned: this is -log N
def gaussian_log_prob(z, mu, logvar):
    return 0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)

# %% square of the wrong sign
# loses: log_prob_values log_prob_gradients
# told: the sign of the square is turned
def gaussian_log_prob(z, mu, logvar):
    return 0.5 * ((z - mu) ** 2 / logvar.exp() - logvar - math.log(2 * math.pi)).sum(1)

# %% not squared
# loses: log_prob_values log_prob_gradients
# told: z - mu is not squared
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * ((z - mu) / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)

# %% absolute
# loses: log_prob_values log_prob_gradients
# told: the absolute value of z - mu
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * ((z - mu).abs() / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)

# %% no square
# loses: log_prob_values log_prob_gradients
# told: the square is missing
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * (logvar + math.log(2 * math.pi)).sum(1)

# %% half of the square missing
# loses: log_prob_values log_prob_gradients
# told: the factor -0.5 of the square is missing
def gaussian_log_prob(z, mu, logvar):
    return (-((z - mu) ** 2) / logvar.exp() - 0.5 * (logvar + math.log(2 * math.pi))).sum(1)

# %% no half
# loses: log_prob_values log_prob_gradients
# told: the factor 0.5 is missing
def gaussian_log_prob(z, mu, logvar):
    return -((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)

# %% half of the square alone
# loses: log_prob_values log_prob_gradients
# told: the factor 0.5 covers the square alone
def gaussian_log_prob(z, mu, logvar):
    return (-0.5 * (z - mu) ** 2 / logvar.exp() - logvar - math.log(2 * math.pi)).sum(1)

# %% the KL
# loses: log_prob_values log_prob_gradients
# told: this is the KL of the Gaussian
def gaussian_log_prob(z, mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

# %% entropy
# loses: log_prob_values log_prob_gradients
# told: what is added up is 0.5 * logvar + 1.419
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).entropy().sum(1)

# %% cdf
# loses: log_prob_values log_prob_gradients
# told: no cause
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).cdf(z).log().sum(1)

# %% Laplace
# loses: log_prob_values log_prob_gradients
# told: no cause
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Laplace(mu, (logvar / 2).exp()).log_prob(z).sum(1)

# %% [markdown]
# the density: its sum

# %% mean over dimensions
# loses: log_prob_values log_prob_gradients
# told: the mean over dimensions was taken
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z).mean(1)

# %% mean and no constant
# loses: log_prob_values log_prob_gradients
# told: the constant log(2 pi) is missing; the mean over dimensions
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * (logvar + (z - mu) ** 2 / logvar.exp()).mean(1)

# %% divided by the batch
# loses: log_prob_values log_prob_gradients
# told: divided by the number of rows
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1) / len(z)

# %% total for every row
# loses: log_prob_values log_prob_gradients
# told: the total of the batch was given to every row
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum().repeat(len(z))

# %% the density itself
# loses: log_prob_values log_prob_gradients
# told: this is the density
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1).exp()

# %% sum of densities
# loses: log_prob_values log_prob_gradients
# told: the densities of the dimensions were added
def gaussian_log_prob(z, mu, logvar):
    var = logvar.exp()
    p = torch.exp(-((z - mu) ** 2) / (2 * var)) / torch.sqrt(2 * math.pi * var)
    return p.sum(1)

# %% log of summed densities
# loses: log_prob_values log_prob_gradients
# told: the logarithm of the summed densities
def gaussian_log_prob(z, mu, logvar):
    var = logvar.exp()
    p = torch.exp(-((z - mu) ** 2) / (2 * var)) / torch.sqrt(2 * math.pi * var)
    return torch.log(p.sum(1))

# %% log of the product
# loses: log_prob_values
# told: the density is 0 in float32 there
def gaussian_log_prob(z, mu, logvar):
    var = logvar.exp()
    p = torch.exp(-((z - mu) ** 2) / (2 * var)) / torch.sqrt(2 * math.pi * var)
    return torch.log(p.prod(dim=1))

# %% log of each density
# loses: log_prob_values
# told: the density is 0 in float32 there
def gaussian_log_prob(z, mu, logvar):
    var = logvar.exp()
    p = torch.exp(-0.5 * (z - mu) ** 2 / var) / (2 * math.pi * var) ** 0.5
    return torch.log(p).sum(dim=1)

# %% log of each density plus epsilon
# loses: log_prob_values
# told: the density is 0 in float32 there
def gaussian_log_prob(z, mu, logvar):
    var = logvar.exp()
    p = torch.exp(-0.5 * (z - mu) ** 2 / var) / (2 * math.pi * var) ** 0.5
    return torch.log(p + 1e-30).sum(dim=1)

# %% everything summed
# loses: log_prob_values log_prob_gradients
# told: everything was summed or averaged
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum()

# %% over the batch
# loses: log_prob_values log_prob_gradients
# told: the sum runs over the batch
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(0)

# %% no sum
# loses: log_prob_values log_prob_gradients
# told: the sum over latent dimensions is missing
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z)

# %% keepdim
# loses: log_prob_values log_prob_gradients
# told: `keepdim=True` leaves a dimension too many
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1, keepdim=True)

# %% squeezed to one
# loses: log_prob_values
# told: `squeeze()` drops the batch's dimension
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1).squeeze()

# %% pairs of rows
# loses: log_prob_values log_prob_gradients
# told: no cause
import torch.distributions as D


def gaussian_log_prob(z, mu, logvar):
    return D.Normal(mu, (logvar / 2).exp()).log_prob(z[:, None]).sum(-1)

# %% [markdown]
# the density: small print

# %% density: clamp at 5
# loses: log_prob_values
# told: clamped too tightly
def gaussian_log_prob(z, mu, logvar):
    logvar = logvar.clamp(-5, 5)
    return -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)

# %% density: epsilon of 1e-3
# loses: log_prob_values log_prob_gradients
# told: no cause
def gaussian_log_prob(z, mu, logvar):
    var = logvar.exp() + 1e-3
    return (-0.5 * (z - mu) ** 2 / var - 0.5 * torch.log(2 * math.pi * var)).sum(1)

# %% density: nll with its default epsilon
# loses: log_prob_values
# told: the constant log(2 pi) is missing
def gaussian_log_prob(z, mu, logvar):
    return -torch.nn.functional.gaussian_nll_loss(mu, z, logvar.exp(), reduction='none').sum(1)

# %% density: std detached
# loses: log_prob_gradients
# told: no gradient reaches logvar
def gaussian_log_prob(z, mu, logvar):
    std = torch.exp(0.5 * logvar).detach()
    return torch.distributions.Normal(mu, std).log_prob(z).sum(1)

# %% density: z detached
# loses: log_prob_gradients
# told: no gradient reaches z
def gaussian_log_prob(z, mu, logvar):
    return torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z.detach()).sum(1)

# %% density: NumPy's exp
# loses: log_prob_gradients
# told: no cause
import numpy as np


def gaussian_log_prob(z, mu, logvar):
    var = np.exp(logvar.detach().numpy())
    var = torch.from_numpy(var)
    return (-0.5 * ((z - mu) ** 2 / var + logvar + math.log(2 * math.pi))).sum(1)

# %% density: in place
# loses: log_prob_gradients
# told: an operation in place: a trailing underscore
def gaussian_log_prob(z, mu, logvar):
    with torch.no_grad():
        logvar.clamp_(-10, 10)
    return -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)

# %% density: always float64
# loses: log_prob_values
# told: no cause
def gaussian_log_prob(z, mu, logvar):
    return torch.distributions.Normal(mu.double(), (logvar / 2).exp()).log_prob(z).sum(1)

# %% density: constant on the CPU
# loses: log_prob_gradients
# told: something is made on one device whatever the inputs' device
def gaussian_log_prob(z, mu, logvar):
    pi = torch.full((1,), math.pi)
    return -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + torch.log(2 * pi)).sum(1)

# %% density: a float
# loses: log_prob_values log_prob_gradients
# told: no cause
def gaussian_log_prob(z, mu, logvar):
    return torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z).sum().item()

# %% density: nothing
# loses: log_prob_values log_prob_gradients
# told: a missing `return`
def gaussian_log_prob(z, mu, logvar):
    squares = (z - mu) ** 2 * torch.exp(-logvar)
    result = -0.5 * (squares + logvar + math.log(2 * math.pi)).sum(dim=1)

# %% density: torch.log of a number
# loses: log_prob_values log_prob_gradients
# told: no cause
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + torch.log(2 * math.pi)).sum(1)

# %% density: math.exp
# loses: log_prob_values log_prob_gradients
# told: `math` takes single numbers
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * ((z - mu) ** 2 / math.exp(logvar) + logvar + math.log(2 * math.pi)).sum(1)

# %% density: vaelib's
# loses: log_prob_values log_prob_gradients
# told: no cause
from vaelib import gaussian_log_prob as log_prob


def gaussian_log_prob(z, mu, logvar):
    return log_prob(z, mu, logvar)

# %% density: argument order
# loses: log_prob_values log_prob_gradients
# told: mu and logvar changed places
def gaussian_log_prob(mu, logvar, z):
    return torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1)

# %% density: exit
# loses: log_prob_values log_prob_gradients
# told: no cause
def gaussian_log_prob(z, mu, logvar):
    return quit()

# %% [markdown]
# written before any check had seen them

# %% held out: inverse
# loses: std_values std_gradients
# told: the exponent has the wrong sign: sigma is exp(+0.5 * logvar)
# batch: held out
def std_from_logvar(logvar):
    return 1 / torch.exp(0.5 * logvar)

# %% held out: plus one
# loses: std_values
# told: no cause
# batch: held out
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar) + 1

# %% held out: taylor
# loses: std_values std_gradients
# told: no cause
# batch: held out
def std_from_logvar(logvar):
    return 1 + 0.5 * logvar + logvar**2 / 8

# %% held out: log1p
# loses: std_values std_gradients
# told: no cause
# batch: held out
def std_from_logvar(logvar):
    return torch.log1p(torch.exp(0.5 * logvar))

# %% held out: abs then sqrt exp
# loses: std_values std_gradients
# told: no cause
# batch: held out
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar.abs())

# %% held out: third
# loses: std_values std_gradients
# told: no cause
# batch: held out
def std_from_logvar(logvar):
    return torch.exp(logvar / 3)

# %% held out: ten
# loses: std_values std_gradients
# told: no cause
# batch: held out
def std_from_logvar(logvar):
    return 10 ** (0.5 * logvar)

# %% held out: rounded
# loses: std_values
# told: no cause
# loses: std_gradients
# told: no gradient reaches logvar: detached
# batch: held out
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar).round(decimals=2)

# %% held out: mean over rows
# loses: std_values std_gradients
# told: no cause
# batch: held out
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar).mean(0, keepdim=True).expand_as(logvar)

# %% held out: sqrt logvar square
# loses: std_values std_gradients
# told: the absolute value of logvar was returned; sigma is exp(0.5
# batch: held out
def std_from_logvar(logvar):
    return torch.sqrt(logvar**2)

# %% held out: long
# loses: std_values std_gradients
# told: no cause
# batch: held out
def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar).long()

# %% held out: elu
# loses: std_values std_gradients
# told: no cause
# batch: held out
from torch.nn import functional as F


def std_from_logvar(logvar):
    return F.elu(0.5 * logvar) + 1

# %% held out: density: log10
# loses: log_prob_values log_prob_gradients
# told: every value is the right one times 0.4343
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    return (torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z) / math.log(10)).sum(1)

# %% held out: density: student
# loses: log_prob_values log_prob_gradients
# told: no cause
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    return torch.distributions.StudentT(5.0, mu, (logvar / 2).exp()).log_prob(z).sum(1)

# %% held out: density: product of exps
# loses: log_prob_values
# told: the density is 0 in float32 there: write its logarithm out,
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    s = torch.exp(0.5 * logvar)
    return (
        (torch.exp(-0.5 * ((z - mu) / s) ** 2) / (s * math.sqrt(2 * math.pi)))
        .prod(1)
        .clamp(min=1e-38)
        .log()
    )

# %% held out: density: sqrt missing
# loses: log_prob_values log_prob_gradients
# told: the factor 0.5 covers the square alone
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    v = logvar.exp()
    return (-0.5 * (z - mu) ** 2 / v - torch.log(2 * math.pi * v)).sum(1)

# %% held out: density: root of pi
# loses: log_prob_values
# told: the constant is log(2 pi): the 2 is missing
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    v = logvar.exp()
    return (-0.5 * (z - mu) ** 2 / v - 0.5 * torch.log(math.pi * v)).sum(1)

# %% held out: density: z squared minus
# loses: log_prob_values log_prob_gradients
# told: no cause
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * ((z**2 - mu**2) / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)

# %% held out: density: first column
# loses: log_prob_values log_prob_gradients
# told: no cause
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    return torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z)[:, 0]

# %% held out: density: max
# loses: log_prob_values log_prob_gradients
# told: no cause
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    return torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z).max(1).values

# %% held out: density: mean mu
# loses: log_prob_values log_prob_gradients
# told: no cause
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    return torch.distributions.Normal(mu.mean(0), (logvar / 2).exp()).log_prob(z).sum(1)

# %% held out: density: abs det
# loses: log_prob_values log_prob_gradients
# told: no cause
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    return -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar.abs() + math.log(2 * math.pi)).sum(1)

# %% held out: density: clamp value
# loses: log_prob_values
# told: the density is 0 in float32 there: write its logarithm out,
# batch: held out
def gaussian_log_prob(z, mu, logvar):
    return torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z).clamp(min=-100).sum(1)

# %% [markdown]
# from public code, or made to be subtle

# %% std gradient cut outside
# loses: std_gradients
# because: gradient cut where |logvar| > 3
# batch: first
def std_from_logvar(logvar):
    inside = logvar.clamp(-3, 3)
    logvar = inside + (logvar - inside).detach()
    return torch.exp(0.5 * logvar)

# %% no constant, or a mean
# loses: log_prob_values
# because: log(2 pi) is left out
# from: WWXkenmo/scvi-tools scvi/utils/_vamp_utils.py
# batch: second
def gaussian_log_prob(z, mu, logvar, average=False):
    log_normal = -0.5 * (logvar + torch.pow(z - mu, 2) / torch.exp(logvar))
    return log_normal.mean(1) if average else log_normal.sum(1)

# %% the constant once too often
# loses: log_prob_values
# because: D * log(2 pi) is added in each dimension
# from: public code, a mixture prior
# batch: second
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
# batch: second
def gaussian_log_prob(z, mu, logvar):
    sigma = torch.exp(0.5 * logvar)
    return (torch.pow(z - mu, 2) / (2 * sigma**2)).sum(1)

# %% nll without its constant
# loses: log_prob_values
# because: `F.gaussian_nll_loss` leaves the constant out unless full=True
# from: own, from torch's documentation
# batch: second
def gaussian_log_prob(z, mu, logvar):
    nll = torch.nn.functional.gaussian_nll_loss(mu, z, logvar.exp(), reduction="none")
    return -nll.sum(dim=1)

# %% softplus shifted by five
# loses: std_values std_gradients
# because: softplus(logvar - 5)
# from: public code, a bottleneck of concepts
# batch: second
def std_from_logvar(logvar):
    return torch.nn.functional.softplus(logvar - 5, beta=1)

# %% softplus and a tenth
# loses: std_values std_gradients
# because: softplus(logvar) + 0.1
# from: public code, a recurrent state-space model
# batch: second
def std_from_logvar(logvar):
    return torch.nn.functional.softplus(logvar) + 0.1

# %% std between a hundredth and ten
# loses: std_values
# because: sigma is clamped to [0.01, 10]
# from: public code, min_std and max_std
# batch: second
def std_from_logvar(logvar, min_std=0.01, max_std=10.0):
    return torch.clamp(torch.exp(0.5 * logvar), min=min_std, max=max_std)

# %% no density below a bound
# loses: log_prob_values
# because: log-densities below -1000 are cut off
# from: own, after guards in losses
# batch: second
def gaussian_log_prob(z, mu, logvar):
    each = -0.5 * (math.log(2 * math.pi) + logvar + (z - mu) ** 2 / logvar.exp())
    return each.sum(1).clamp(min=-1e3)

# %% std for variance, log of std for logvar
# loses: log_prob_values log_prob_gradients
# told: sigma was given the place of the variance twice
# because: the square is divided by 2 sigma, and half of log(sigma) is taken
# from: hill-a/stable-baselines issue 1059, stable_baselines/common/base_class.py
# batch: third
# first: other
def gaussian_log_prob(z, mu, logvar):
    logstd = 0.5 * logvar
    std = torch.exp(logstd)
    n_elts = mu.shape[1]
    log_normalizer = n_elts / 2.0 * math.log(2 * math.pi) + 0.5 * torch.sum(logstd, dim=1)
    return -torch.sum(torch.square(z - mu) / (2 * std), dim=1) - log_normalizer

# %% sigma where its logarithm belongs
# loses: log_prob_values log_prob_gradients
# told: sigma stands where its logarithm, 0.5 * logvar, belongs
# because: sigma itself is subtracted, not log(sigma)
# from: piEsposito/blitz-bayesian-deep-learning pull request 15
# batch: third
def gaussian_log_prob(z, mu, logvar):
    sigma = torch.exp(0.5 * logvar)
    log_posteriors = -math.log(math.sqrt(2 * math.pi)) - sigma - (z - mu) ** 2 / (2 * sigma**2)
    return log_posteriors.sum(dim=1)

# %% a likelihood without its half
# loses: log_prob_values log_prob_gradients
# told: `keepdim=True` leaves a dimension too many
# because: it is the mean of squares over sigma, with a dimension too many
# from: takuseno/d3rlpy issue 192, dynamics.py
# batch: third
def gaussian_log_prob(x, mu, logvar):
    inv_std = torch.exp(-0.5 * logvar)
    return (((mu - x) ** 2) * inv_std).mean(dim=1, keepdim=True)

# %% the variance as scale
# loses: log_prob_values log_prob_gradients
# told: logvar was treated as log(sigma)
# because: Normal is given the variance, not sigma
# from: uzh-rpg/deep_uncertainty_estimation issue 5, eval.py
# batch: third
from torch.distributions.normal import Normal


def gaussian_log_prob(z, mu, logvar):
    outputs_variance = torch.exp(logvar)
    return Normal(loc=mu, scale=outputs_variance).log_prob(z).sum(dim=1)

# %% to the number of a GPU
# loses: log_prob_values log_prob_gradients
# told: `get_device()` is -1 on the CPU, which is no device: take `.device`
# because: get_device() is -1 on the CPU, and that is no device
# from: nyukat/incidental-correlation incidental_correlation/modules/stats.py
# batch: third
def gaussian_log_prob(x, mu, logvar):
    var = logvar.exp()
    c = 2 * torch.pi * torch.ones(1).to(x.get_device())
    return (-0.5 * (torch.log(c) + var.log() + (x - mu).pow(2).div(var))).sum(-1)

# %% at most two
# loses: std_values
# told: logvar or sigma is clamped too tightly
# because: the logarithm is clamped to [-20, 2]
# from: owenstrength/dream-planet-torch actor.py
# batch: third
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
# told: the mean over dimensions was taken
# because: the mean over dimensions is taken; float64 becomes float32
# from: index file 57968900066, transition_log_prob
# batch: third
def gaussian_log_prob(z, mean, logvar):
    z = z.float()
    mean = mean.float()
    std = torch.exp(0.5 * logvar.float()).clamp_min(1e-6)
    log_prob = -0.5 * ((z - mean) / std).pow(2) - torch.log(std) - 0.5 * math.log(2 * math.pi)
    return log_prob.flatten(1).mean(dim=1)

# %% the last axis kept
# loses: log_prob_values log_prob_gradients
# told: `keepdim=True` leaves a dimension too many
# because: the sum keeps its dimension
# from: index query log_gaussian sum over axis, one of nnabla
# batch: fourth
import numpy as np


def gaussian_log_prob(x, mean, ln_var):
    var = torch.exp(ln_var)
    axis = len(x.shape) - 1
    each = -0.5 * np.log(2.0 * np.pi) - 0.5 * ln_var - 0.5 * (x - mean) ** 2 / var
    return torch.sum(each, dim=axis, keepdim=True)

# %% the mean comes last
# loses: log_prob_values log_prob_gradients
# because: mu and logvar have changed places, and the constant is missing
# from: index query log_normal density, log_Normal_diag(x, log_var, mean)
# batch: fourth
def gaussian_log_prob(x, log_var, mean, dim=1):
    log_normal = -0.5 * (log_var + torch.pow(x - mean, 2) / torch.exp(log_var))
    return torch.sum(log_normal, dim=dim)

# %% a thousandth beside the square
# loses: log_prob_values log_prob_gradients
# because: 0.001 is added to every squared distance
# from: index file 336948231, gaussian_nll with min_noise
# batch: fourth
import numpy as np


def gaussian_nll(x, mean, log_var, min_noise=0.001):
    return (
        ((x - mean) ** 2 + min_noise) / (2 * log_var.exp() + 1e-8)
        + 0.5 * log_var
        + 0.5 * np.log(2 * np.pi)
    )


def gaussian_log_prob(z, mu, logvar):
    return -gaussian_nll(z, mu, logvar).sum(dim=1)

# %% a loss, not a density
# loses: log_prob_values log_prob_gradients
# because: the sign is turned, and the constant is missing
# from: index file 69472225959, gaussian_nll_loss of a traffic model
# batch: fourth
def gaussian_log_prob(target, mu, logvar):
    var = torch.exp(0.5 * logvar) ** 2
    loss = 0.5 * torch.log(var + 1e-6) + 0.5 * ((target - mu) ** 2) / (var + 1e-6)
    return loss.sum(dim=1)

# %% beside the peak
# loses: log_prob_values log_prob_gradients
# told: what is added up is -0.5 * (z - mu)^2 / exp(logvar); the formula
# because: the density at mu is divided out, so that logvar's term and the constant are gone
# from: index file 44223446354, a reward of a learned model
# batch: fourth
def gaussian_log_prob(z, mean, logvar):
    dist = torch.distributions.Normal(mean, torch.sqrt(logvar.exp()))
    return dist.log_prob(z).sum(-1) - dist.log_prob(mean).sum(-1)

# %% a relu and a hundredth
# loses: std_values std_gradients
# because: sigma is relu(logvar) + 0.01
# from: index file 15275091427, an anomaly detector's encoder
# batch: fourth
def std_from_logvar(logvar):
    std_dev = torch.nn.functional.relu(logvar) + 1e-2
    return std_dev

# %% the constant once for each row
# loses: log_prob_values
# told: the constant counts once for each dimension
# because: the constant is not multiplied by the number of dimensions
# from: pints-team/pints issue 1179
# batch: fourth
def gaussian_log_prob(z, mu, logvar):
    error = z - mu
    total = -0.5 * math.log(2 * math.pi)
    return total - torch.sum(0.5 * logvar + error**2 / (2 * torch.exp(logvar)), dim=1)

# %% no constant, and no more than 6
# loses: log_prob_values
# told: the constant log(2 pi) is missing
# may lose: log_prob_gradients
# because: the constant is missing, and logvar is clamped at 6
# from: index file 55274899102, landmarks in heart beats
# batch: fourth
def gaussian_log_prob(targets, mu, log_var):
    log_var = torch.clamp(log_var, min=-14, max=6)
    nll = 0.5 * log_var + (targets - mu) ** 2 / (2 * torch.exp(log_var))
    return -nll.sum(dim=1)

# %% sigma no more than 100
# loses: std_values
# told: clamp
# may lose: std_gradients
# because: sigma is clamped at 100, which logvar of 9.2 exceeds
# from: index file 53161864931, a VAE of crystals
# batch: fourth
def std_from_logvar(logvar):
    std = torch.exp(0.5 * logvar)
    std = torch.clamp(std, 1e-6, 1e2)
    return std
