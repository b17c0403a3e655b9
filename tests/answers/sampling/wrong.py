# Answers to sampling that deserve less than all points; one cell an answer. How to read them:
# tests/answers.py.

# %% [markdown]
# the standard deviation

# %% S1 variance as std
# loses: mean_and_spread gradients
# told: exp(logvar) is the variance
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(logvar) * torch.randn_like(mu)

# %% S16 variance as scale
# loses: mean_and_spread gradients
# told: exp(logvar) is the variance
from torch.distributions import Normal


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return Normal(mu, logvar.exp()).rsample()

# %% S2 logvar as std
# loses: mean_and_spread gradients
# told: logvar itself was used as the standard deviation
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * logvar

# %% S2 logvar as scale
# loses: shape_and_type mean_and_spread gradients small_print
# told: a standard deviation is positive, a log-variance need not be
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.distributions.Normal(mu, logvar).rsample()

# %% S2 logvar in torch.normal
# loses: shape_and_type mean_and_spread gradients small_print
# told: a standard deviation is positive, a log-variance need not be
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.normal(mu, logvar)

# %% S3 sqrt of logvar
# loses: mean_and_spread gradients
# told: the square root of a negative number
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.sqrt(logvar) * torch.randn_like(mu)

# %% sqrt of |logvar|
# loses: mean_and_spread gradients
# told: the square root of |logvar| was used
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + logvar.abs().sqrt() * torch.randn_like(mu)

# %% S37 sigma is what it is called
# loses: mean_and_spread gradients
# told: logvar itself was used as the standard deviation
class Sampling(nn.Module):
    def forward(self, mu, sigma):
        epsilon = torch.randn_like(sigma)
        return mu + sigma * epsilon

# %% half of logvar
# loses: mean_and_spread gradients
# told: half of logvar was used as the standard deviation
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + 0.5 * logvar * torch.randn_like(mu)

# %% half of the variance
# loses: mean_and_spread gradients
# told: half of the variance was used
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + 0.5 * torch.exp(logvar) * torch.randn_like(mu)

# %% quarter
# loses: mean_and_spread gradients
# told: the half was taken twice
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.25 * logvar) * torch.randn_like(mu)

# %% square root twice
# loses: mean_and_spread gradients
# told: the half was taken twice
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.sqrt(torch.exp(0.5 * logvar)) * torch.randn_like(mu)

# %% exponent doubled
# loses: mean_and_spread gradients
# told: the exponent is doubled
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(2 * logvar) * torch.randn_like(mu)

# %% exponent negative
# loses: mean_and_spread gradients
# told: the exponent has the wrong sign
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(-0.5 * logvar) * torch.randn_like(mu)

# %% precision
# loses: mean_and_spread gradients
# told: the exponent has the wrong sign
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.randn_like(mu) / torch.exp(0.5 * logvar)

# %% softplus
# loses: mean_and_spread gradients
# told: softplus(logvar) was used
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + nn.functional.softplus(logvar) * torch.randn_like(mu)

# %% relu
# loses: mean_and_spread gradients
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.relu(logvar) * torch.randn_like(mu)

# %% sigmoid
# loses: mean_and_spread gradients
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.sigmoid(logvar) * torch.randn_like(mu)

# %% expm1
# loses: mean_and_spread gradients
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.expm1(0.5 * logvar) * torch.randn_like(mu)

# %% base 2
# loses: mean_and_spread gradients
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + 2 ** (0.5 * logvar) * torch.randn_like(mu)

# %% logvar not used
# loses: mean_and_spread
# told: logvar is not used
# loses: gradients
# told: logvar is not used
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.randn_like(mu)

# %% temperature
# loses: mean_and_spread
# told: sigma * eps is multiplied by about 0.1 as well
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + 0.1 * torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% constant sigma
# loses: mean_and_spread
# told: sigma is about 0.1 whatever logvar is
# loses: gradients
# told: whatever logvar is
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + 0.1 * torch.randn_like(mu)

# %% clamp at 5
# loses: mean_and_spread
# told: a clamp or a floor is too tight
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        logvar = logvar.clamp(-5, 5)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% clamp as in SAC
# loses: mean_and_spread
# told: a clamp or a floor is too tight
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        LOG_STD_MIN, LOG_STD_MAX = -20, 2
        logvar = torch.clamp(logvar, LOG_STD_MIN, LOG_STD_MAX)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% clamp at 2
# loses: mean_and_spread
# told: a clamp or a floor is too tight
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + (0.5 * logvar.clamp(-2, 2)).exp() * torch.randn_like(mu)

# %% relu on logvar
# loses: mean_and_spread gradients
# told: a clamp or a floor is too tight
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * torch.relu(logvar)) * torch.randn_like(mu)

# %% tanh on logvar
# loses: mean_and_spread gradients
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * torch.tanh(logvar)) * torch.randn_like(mu)

# %% floor of 0.1
# loses: mean_and_spread
# told: a clamp or a floor is too tight
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar).clamp(min=0.1) * torch.randn_like(mu)

# %% floor of 0.01 added
# loses: mean_and_spread gradients
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + (torch.exp(0.5 * logvar) + 0.01) * torch.randn_like(mu)

# %% [markdown]
# the mean

# %% S36 mean over the batch
# loses: mean_and_spread gradients
# told: mu was averaged over the batch
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu.mean(0) + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% mean over the batch, kept
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        mu, logvar = mu.mean(0, keepdim=True), logvar.mean(0, keepdim=True)
        eps = torch.randn(len(logvar), 1)
        return mu + torch.exp(0.5 * logvar) * eps

# %% both averaged over the batch
# loses: mean_and_spread gradients
# told: mu and logvar were averaged over the batch
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn_like(mu)
        mu, logvar = mu.mean(0), logvar.mean(0)
        return mu + torch.exp(0.5 * logvar) * eps

# %% logvar averaged over the batch
# loses: mean_and_spread gradients
# told: logvar was averaged over the batch
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar.mean(0)) * torch.randn_like(mu)

# %% mean of everything
# loses: mean_and_spread gradients
# told: mu was averaged over everything
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu.mean() + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% mean over dimensions
# loses: mean_and_spread gradients
# told: mu was averaged over dimensions
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu.mean(1, keepdim=True) + (logvar / 2).exp() * torch.randn_like(mu)

# %% S7 eps alone
# loses: shape_and_type fresh_noise small_print
# told: no cause
# loses: mean_and_spread
# told: z is eps alone
# loses: gradients
# told: the graph is cut by
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.randn_like(mu)

# %% mu missing
# loses: mean_and_spread gradients
# told: mu is missing
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% mu subtracted
# loses: mean_and_spread gradients
# told: mu was subtracted, not added
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.exp(0.5 * logvar) * torch.randn_like(mu) - mu

# %% mu scaled too
# loses: mean_and_spread gradients
# told: mu was scaled too
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return (mu + torch.randn_like(mu)) * torch.exp(0.5 * logvar)

# %% mu times eps
# loses: mean_and_spread gradients
# told: mu was multiplied by eps too
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.randn_like(mu) * (mu + (0.5 * logvar).exp())

# %% mu and sigma changed places
# loses: mean_and_spread gradients
# told: mu and sigma changed places
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu * torch.randn_like(mu) + torch.exp(0.5 * logvar)

# %% arguments swapped
# loses: mean_and_spread gradients
# told: mu and logvar were swapped
class Sampling(nn.Module):
    def forward(self, logvar, mu):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% mu a little larger
# loses: mean_and_spread gradients
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return 1.05 * mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% images shuffled
# loses: mean_and_spread gradients
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return z[torch.randperm(len(z))]

# %% noise and mean of the neighbour
# loses: mean_and_spread gradients
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu.roll(1, 0) + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% [markdown]
# no noise

# %% S8 eps missing
# loses: gradients mean_and_spread
# told: there is no noise
# loses: fresh_noise
# told: there is no noise in train mode
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar)

# %% S8 epsilon_std
# loses: gradients mean_and_spread
# told: there is no noise
# loses: fresh_noise
# told: there is no noise in train mode
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        epsilon_std = 1.0
        return mu + torch.exp(logvar / 2) * epsilon_std

# %% S9 mu
# loses: shape_and_type small_print
# told: no cause
# loses: gradients mean_and_spread
# told: there is no noise
# loses: fresh_noise
# told: there is no noise in train mode
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu

# %% noise only in train mode
# loses: mean_and_spread
# told: there is no noise
# loses: fresh_noise
# told: there is no noise in eval mode
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        if self.training:
            return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return mu

# %% branches mixed up
# loses: gradients mean_and_spread
# told: there is no noise
# loses: fresh_noise
# told: there is no noise in train mode
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        if self.training:
            return mu
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% less noise in eval mode
# loses: mean_and_spread
# told: multiplied by about 0.5
# loses: fresh_noise
# told: `self.training` changes the noise
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        if not self.training:
            std = 0.5 * std
        return mu + std * torch.randn_like(mu)

# %% kept noise in eval mode
# loses: fresh_noise
# told: the noise is kept from an earlier call
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.eps = None

    def forward(self, mu, logvar):
        if self.training or self.eps is None or self.eps.shape != mu.shape:
            self.eps = torch.randn_like(mu)
        return mu + torch.exp(0.5 * logvar) * self.eps

# %% [markdown]
# noise of another kind

# %% S4 rand
# loses: mean_and_spread
# told: `rand` (uniform on 0 to 1) instead of `randn` (standard norm
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.rand_like(mu)

# %% rand, centred
# loses: mean_and_spread
# told: the noise is not standard normal
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * (torch.rand_like(mu) - 0.5)

# %% rand, -1 to 1
# loses: mean_and_spread
# told: the noise is not standard normal
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * (2 * torch.rand_like(mu) - 1)

# %% rand with the right variance
# loses: mean_and_spread
# told: the noise is not standard normal
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * 12**0.5 * (torch.rand_like(mu) - 0.5)

# %% Laplace with the right variance
# loses: mean_and_spread
# told: the noise is not standard normal
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.distributions.Laplace(0.0, 0.5**0.5).sample(mu.shape).to(mu)
        return mu + torch.exp(0.5 * logvar) * eps

# %% Laplace
# loses: mean_and_spread
# told: the noise is not standard normal
from torch.distributions import Laplace


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return Laplace(mu, torch.exp(0.5 * logvar)).rsample()

# %% Student with the right variance
# loses: mean_and_spread
# told: the noise is not standard normal
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.distributions.StudentT(8.0).sample(mu.shape).to(mu)
        return mu + torch.exp(0.5 * logvar) * eps * (6 / 8) ** 0.5

# %% plus or minus one
# loses: mean_and_spread
# told: the noise is not standard normal
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = 2 * torch.randint_like(mu, 2) - 1
        return mu + torch.exp(0.5 * logvar) * eps

# %% clipped at 2
# loses: mean_and_spread
# told: the noise is not standard normal
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + (0.5 * logvar).exp() * torch.randn_like(mu).clamp(-2, 2)

# %% clipped at 3
# loses: mean_and_spread
# told: the noise is not standard normal
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + (0.5 * logvar).exp() * torch.randn_like(mu).clamp(-3, 3)

# %% truncated
# loses: mean_and_spread
# told: the noise is not standard normal
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = nn.init.trunc_normal_(torch.empty_like(mu))
        return mu + torch.exp(0.5 * logvar) * eps

# %% absolute noise
# loses: mean_and_spread
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu).abs()

# %% dropout as noise
# loses: mean_and_spread
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * nn.functional.dropout(torch.ones_like(mu))

# %% [markdown]
# noise that is shared

# %% S20 eps of shape (D,)
# loses: mean_and_spread fresh_noise
# told: one noise vector for the whole batch
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn(mu.shape[-1], device=mu.device, dtype=mu.dtype)
        return mu + torch.exp(0.5 * logvar) * eps

# %% eps of shape (D,) on the CPU
# loses: mean_and_spread fresh_noise
# told: one noise vector for the whole batch
# loses: small_print
# told: something is made on one device whatever the inputs' device
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn(mu.size(1))

# %% eps of the first image
# loses: mean_and_spread fresh_noise
# told: one noise vector for the whole batch
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu[0])

# %% eps of shape (B, 1)
# loses: fresh_noise
# told: one random number for each image
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu[:, :1])

# %% one number
# loses: mean_and_spread fresh_noise
# told: one random number for the whole batch
# loses: small_print
# told: something is made on one device whatever the inputs' device
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn(1)

# %% one number by Normal
# loses: mean_and_spread fresh_noise
# told: one random number for the whole batch
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.distributions.Normal(0, 1).sample()
        return mu + torch.exp(0.5 * logvar) * eps

# %% half of the noise shared
# loses: mean_and_spread fresh_noise
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        own, shared = torch.randn_like(mu), torch.randn_like(mu[:1])
        return mu + torch.exp(0.5 * logvar) * (own + shared) / 2**0.5

# %% vmap with the same noise
# loses: mean_and_spread fresh_noise
# told: one noise vector for the whole batch
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        draw = lambda m, v: m + torch.exp(0.5 * v) * torch.randn_like(m)
        return torch.func.vmap(draw, randomness="same")(mu, logvar)

# %% half the batch again
# loses: fresh_noise
# told: the same noise is used twice (or as -eps)
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        half = torch.randn_like(mu[: (len(mu) + 1) // 2])
        return mu + torch.exp(0.5 * logvar) * torch.cat([half, half])[: len(mu)]

# %% antithetic
# loses: fresh_noise
# told: the same noise is used twice (or as -eps)
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        half = torch.randn_like(mu[: (len(mu) + 1) // 2])
        return mu + torch.exp(0.5 * logvar) * torch.cat([half, -half])[: len(mu)]

# %% antithetic over calls
# loses: fresh_noise
# told: the noise of one call comes back as -eps
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.eps = None

    def forward(self, mu, logvar):
        if self.eps is None or self.eps.shape != mu.shape:
            eps = self.eps = torch.randn_like(mu)
        else:
            eps, self.eps = -self.eps, None
        return mu + torch.exp(0.5 * logvar) * eps

# %% sorted
# loses: fresh_noise
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu).sort(0).values

# %% centred over the batch
# loses: fresh_noise
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn_like(mu)
        return mu + torch.exp(0.5 * logvar) * (eps - eps.mean(0))

# %% standardised over the batch
# loses: fresh_noise
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn_like(mu)
        eps = (eps - eps.mean(0)) / (eps.std(0) + 1e-6)
        return mu + torch.exp(0.5 * logvar) * eps

# %% [markdown]
# noise that is kept or seeded

# %% S22 kept by shape
# loses: fresh_noise
# told: the noise is kept from an earlier call
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.noise = {}

    def forward(self, mu, logvar):
        if mu.shape not in self.noise:
            self.noise[mu.shape] = torch.randn_like(mu)
        return mu + torch.exp(0.5 * logvar) * self.noise[mu.shape]

# %% S22 drawn in __init__
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def __init__(self, latent_dim=20):
        super().__init__()
        self.eps = torch.randn(latent_dim)

    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * self.eps

# %% S22 drawn in __init__, cut to size
# loses: fresh_noise
# told: the noise is kept from an earlier call
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("eps", torch.randn(200_000))

    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * self.eps[: mu.numel()].view(mu.shape).to(mu)

# %% kept by lru_cache
# loses: fresh_noise
# told: the noise is kept from an earlier call
import functools


@functools.lru_cache
def noise(shape):
    return torch.randn(shape)


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * noise(mu.shape).to(mu)

# %% kept and shuffled
# loses: fresh_noise
# told: keeps noise for a later call
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.noise = {}

    def forward(self, mu, logvar):
        if mu.shape not in self.noise:
            self.noise[mu.shape] = torch.randn_like(mu)
        eps = self.noise[mu.shape][torch.randperm(len(mu))]
        return mu + torch.exp(0.5 * logvar) * eps

# %% S22 manual_seed
# loses: fresh_noise
# told: `forward` sets the seed itself (`torch.manual_seed`), so noi
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        torch.manual_seed(0)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% seed from the clock
# loses: fresh_noise
# told: `forward` sets a seed itself
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        torch.seed()
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% own generator, one seed
# loses: fresh_noise
# told: the noise is kept from an earlier call
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        generator = torch.Generator(mu.device).manual_seed(42)
        eps = torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype)
        return mu + torch.exp(0.5 * logvar) * eps

# %% own generator
# loses: fresh_noise
# told: the noise comes from NumPy, from `random` or from a generator of its own
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.generator = torch.Generator().manual_seed(0)

    def forward(self, mu, logvar):
        eps = torch.randn(mu.shape, generator=self.generator).to(mu)
        return mu + torch.exp(0.5 * logvar) * eps

# %% S23 NumPy
# loses: shape_and_type
# told: no cause
# loses: fresh_noise
# told: the noise comes from NumPy, from `random` or from a generator of its own
# loses: small_print
# told: something is made on one device whatever the inputs' device
import numpy as np


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.tensor(np.random.randn(*mu.shape))

# %% NumPy, cast and moved
# loses: fresh_noise
# told: the noise comes from NumPy, from `random` or from a generator of its own
import numpy as np


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        epsilon = np.random.normal(loc=0.0, scale=1.0, size=mu.shape)
        return mu + torch.exp(0.5 * logvar) * torch.from_numpy(epsilon).to(mu)

# %% NumPy generator
# loses: fresh_noise
# told: the noise comes from NumPy, from `random` or from a generator of its own
import numpy as np


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = np.random.default_rng().standard_normal(mu.shape, dtype=np.float32)
        return mu + torch.exp(0.5 * logvar) * torch.as_tensor(eps).to(mu)

# %% NumPy throughout
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
import numpy as np


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        mu, logvar = mu.detach().numpy(), logvar.detach().numpy()
        return mu + np.exp(0.5 * logvar) * np.random.randn(*mu.shape)

# %% NumPy there and back
# loses: gradients
# told: the graph is cut by
# loses: fresh_noise
# told: the noise comes from NumPy, from `random` or from a generator of its own
# loses: small_print
# told: something is made on one device whatever the inputs' device
import numpy as np


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        m, s = mu.detach().numpy(), np.exp(0.5 * logvar.detach().numpy())
        return torch.tensor(np.random.normal(m, s), dtype=mu.dtype)

# %% NumPy's exp
# loses: gradients
# told: NumPy cannot pass on gradients
# loses: small_print
# told: something is made on one device whatever the inputs' device
import numpy as np


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + np.exp(0.5 * logvar) * torch.randn_like(mu)

# %% math's exp
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: `math` takes single numbers
import math


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + math.exp(0.5 * logvar) * torch.randn_like(mu)

# %% random.gauss
# loses: fresh_noise
# told: the noise comes from NumPy, from `random` or from a generator of its own
import random


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.tensor([[random.gauss(0, 1) for _ in row] for row in mu])
        return mu + torch.exp(0.5 * logvar) * eps.to(mu)

# %% [markdown]
# gradients

# %% S12 sample
# loses: gradients
# told: the graph is cut by
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.distributions.Normal(mu, torch.exp(0.5 * logvar)).sample()

# %% S13 torch.normal
# loses: gradients
# told: nothing is passed back to mu and logvar, as by `torch.normal
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.normal(mu, torch.exp(0.5 * logvar))

# %% torch.normal for the noise
# loses: gradients
# told: no gradient reaches logvar
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.normal(torch.zeros_like(mu), torch.exp(0.5 * logvar))

# %% S18 std detached
# loses: gradients
# told: no gradient reaches logvar
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar).detach() * torch.randn_like(mu)

# %% std under no_grad
# loses: gradients
# told: no gradient reaches logvar
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        with torch.no_grad():
            std = torch.exp(0.5 * logvar)
        return mu + std * torch.randn_like(mu)

# %% logvar.data
# loses: gradients
# told: no gradient reaches logvar
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar.data) * torch.randn_like(mu)

# %% mu detached
# loses: gradients
# told: no gradient reaches mu
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu.detach() + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% z detached
# loses: gradients
# told: the graph is cut by
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return (mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)).detach()

# %% decorated with no_grad
# loses: gradients
# told: the graph is cut by
class Sampling(nn.Module):
    @torch.no_grad()
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% inference mode
# loses: gradients
# told: the graph is cut by
class Sampling(nn.Module):
    @torch.inference_mode()
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% leaves gradients switched off
# loses: gradients
# told: the graph is cut by
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        torch.set_grad_enabled(False)
        return z

# %% z made anew
# loses: gradients
# told: nothing is passed back to mu and logvar, as by `torch.normal
# loses: small_print
# told: something is made on one device whatever the inputs' device
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return torch.tensor(z.tolist(), dtype=mu.dtype, requires_grad=True)

# %% autograd function with a wrong backward
# loses: gradients
# told: no cause
class Shift(torch.autograd.Function):
    @staticmethod
    def forward(ctx, mu, logvar, eps):
        return mu + torch.exp(0.5 * logvar) * eps

    @staticmethod
    def backward(ctx, grad):
        return grad, grad, None


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return Shift.apply(mu, logvar, torch.randn_like(mu))

# %% [markdown]
# devices and inputs

# %% S25 noise on the CPU
# loses: small_print
# told: something is made on one device whatever the inputs' device
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn(std.size())
        return mu + eps * std

# %% noise on the CPU, dtype kept
# loses: small_print
# told: something is made on one device whatever the inputs' device
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + (0.5 * logvar).exp() * torch.randn(mu.shape, dtype=mu.dtype)

# %% noise on the CPU, in place
# loses: small_print
# told: something is made on one device whatever the inputs' device
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        z = torch.exp(0.5 * logvar) * 1
        z *= torch.randn(z.shape)
        z += mu
        return z

# %% in place on what the gradient needs
# loses: gradients
# told: an operation in place overwrote what the gradient needs
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        return std.mul_(torch.randn_like(std)).add_(mu)

# %% noise on the CPU, in place on itself
# loses: small_print
# told: something is made on one device whatever the inputs' device
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn(mu.shape, dtype=mu.dtype)
        eps *= torch.exp(0.5 * logvar)
        eps += mu
        return eps

# %% noise on the CPU, a product of matrices
# loses: small_print
# told: something is made on one device whatever the inputs' device
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn(*mu.shape, 1, dtype=mu.dtype)
        return mu + (torch.diag_embed(torch.exp(0.5 * logvar)) @ eps).squeeze(-1)

# %% noise on the CPU by Normal
# loses: small_print
# told: something is made on one device whatever the inputs' device
from torch.distributions import Normal


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * Normal(0, 1).sample(mu.shape)

# %% noise on the CPU behind a guard
# loses: small_print
# told: something is made on one device whatever the inputs' device
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        assert torch.isfinite(mu).all()
        return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape)

# %% noise brought to the CPU
# loses: small_print
# told: something is made on one device whatever the inputs' device
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu).cpu()

# %% z brought to the CPU
# loses: small_print
# told: something is made on one device whatever the inputs' device
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return (mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)).cpu()

# %% FloatTensor
# loses: small_print
# told: something is made on one device whatever the inputs' device
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = logvar.mul(0.5).exp_()
        eps = torch.FloatTensor(std.size()).normal_()
        return eps.mul(std).add_(mu)

# %% cuda
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: something is made on one device whatever the inputs' device
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape).cuda()

# %% S28 logvar in place
# loses: small_print
# told: an operation in place: a trailing underscore
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = logvar.mul_(0.5).exp_()
        return mu + std * torch.randn_like(std)

# %% mu in place
# loses: small_print
# told: an operation in place: a trailing underscore
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        mu += torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return mu

# %% mu.data in place
# loses: gradients
# told: no gradient reaches logvar
# loses: small_print
# told: an operation in place: a trailing underscore
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        mu.data += torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return mu

# %% clamp in place
# loses: small_print
# told: an operation in place: a trailing underscore
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        logvar.clamp_(-10, 10)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% [markdown]
# what comes back

# %% nothing
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: a missing `return`
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        z = mu + std * torch.randn_like(std)

# %% a tuple
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu), mu, logvar

# %% a list
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return [m + (v / 2).exp() * torch.randn_like(m) for m, v in zip(mu, logvar)]

# %% always float32
# loses: shape_and_type
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return (mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)).float()

# %% always float64
# loses: shape_and_type
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return (mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)).double()

# %% squeezed
# loses: shape_and_type
# told: `squeeze` drops every dimension of size 1, the batch too
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return (mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)).squeeze()

# %% flat
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return (mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)).flatten()

# %% side by side
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.cat([mu, torch.exp(0.5 * logvar) * torch.randn_like(mu)], dim=1)

# %% outer product
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu[:, None] + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% summed over dimensions
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return (mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)).sum(1)

# %% sized for 20 dimensions
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape[0], 20).to(mu)

# %% complex
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.complex(mu, torch.exp(0.5 * logvar) * torch.randn_like(mu))

# %% [markdown]
# what is not a layer, or does not run

# %% a function
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
def Sampling(mu, logvar):
    return mu + (logvar / 2).exp() * torch.randn_like(mu)

# %% not a module
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling:
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% Keras's call
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: PyTorch calls the method named `forward`, indented inside th
class Sampling(nn.Module):
    def call(self, inputs):
        z_mean, z_log_var = inputs
        epsilon = torch.randn(z_mean.shape)
        return z_mean + torch.exp(0.5 * z_log_var) * epsilon

# %% one tuple as argument
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: the parameters are not those of the assignment
class Sampling(nn.Module):
    def forward(self, inputs):
        mu, logvar = inputs
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% self forgotten
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: the parameters are not those of the assignment
class Sampling(nn.Module):
    def forward(mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% self. forgotten at a method
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: `self.` is missing: a method finds what belongs to its object
class Sampling(nn.Module):
    def noise(self, mu):
        return torch.randn_like(mu)

    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * noise(mu)

# %% argument in __init__
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: the parameters are not those of the assignment
class Sampling(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()

    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% super forgotten
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: `super().__init__()` is missing in `__init__`
class Sampling(nn.Module):
    def __init__(self):
        self.scale = 0.5

    def forward(self, mu, logvar):
        return mu + torch.exp(self.scale * logvar) * torch.randn_like(mu)

# %% super after a submodule
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: `super().__init__()` must come first in `__init__`
class Sampling(nn.Module):
    def __init__(self):
        self.same = nn.Identity()
        super().__init__()

    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% K is not defined
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        epsilon = K.random_normal(shape=(K.shape(mu)[0], K.int_shape(mu)[1]))
        return mu + K.exp(0.5 * logvar) * epsilon

# %% torch has no random_normal
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.random_normal(mu.shape)

# %% randn of a tensor
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn(mu)

# %% noise of integers
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu.long())

# %% exit
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        import sys

        sys.exit("done")

# %% endless loop
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: an endless loop, or steps that are far too slow
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        while True:
            pass

# %% endless loop that catches all
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: an endless loop, or steps that are far too slow
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        while True:
            try:
                eps = torch.randn_like(mu)
            except:
                pass

# %% sleeps
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: an endless loop, or steps that are far too slow
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        import time

        time.sleep(3600)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% calls itself
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return self(mu, logvar)

# %% [markdown]
# vaelib's own

# %% vaelib's class
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
from vaelib import Sampling

# %% vaelib's class called
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        from vaelib.sampling import Sampling as Reference

        return Reference()(mu, logvar)

# %% vaelib's class inherited
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
import vaelib


class Sampling(vaelib.Sampling):
    pass

# %% vaelib's forward by super
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
import vaelib.sampling as reference


class Sampling(reference.Sampling):
    def forward(self, mu, logvar):
        return super().forward(mu, logvar)

# %% vaelib's forward borrowed
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
import vaelib


class Sampling(nn.Module):
    forward = vaelib.Sampling.forward

# %% vaelib's model
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: no cause
from vaelib import VAE


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return VAE().sampling(mu, logvar)

# %% batch norm
# loses: shape_and_type
# told: batch norm in train mode needs several rows
# loses: mean_and_spread gradients
# told: no cause
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        mu = nn.functional.batch_norm(mu, None, None, training=True)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% [markdown]
# written before any check had seen them

# %% held out: two noises
# loses: mean_and_spread
# told: sigma * eps is multiplied by about 1.4 as well
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * (torch.randn_like(mu) + torch.randn_like(mu))

# %% held out: noise rounded
# loses: mean_and_spread
# told: the noise is not standard normal: use `torch.randn_like`
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu).round()

# %% held out: noise absolute
# loses: mean_and_spread
# told: no cause
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu).abs()

# %% held out: sorted noise
# loses: fresh_noise
# told: no cause
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu).sort(dim=0).values

# %% held out: multiplied
# loses: mean_and_spread gradients
# told: no cause
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu * torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% held out: mean logvar over dims
# loses: mean_and_spread gradients
# told: no cause
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        lv = logvar.mean(1, keepdim=True)
        return mu + torch.exp(0.5 * lv) * torch.randn_like(mu)

# %% held out: noise in train only
# loses: mean_and_spread
# told: there is no noise: z is mu
# loses: fresh_noise
# told: there is no noise in eval mode: eps is missing
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        if not self.training:
            return mu
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% held out: half precision noise
# loses: mean_and_spread
# told: the noise is not standard normal: use `torch.randn_like`
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn(mu.shape, dtype=torch.float16, device=mu.device).to(mu.dtype).clamp(-2, 2)
        return mu + torch.exp(0.5 * logvar) * eps

# %% held out: straight through mu
# loses: gradients
# told: no gradient reaches logvar: sigma was detached, given to `to
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return mu + (z - mu).detach()

# %% held out: scaled gradient
# loses: gradients
# told: no cause
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        s = torch.exp(0.5 * logvar)
        s = s.detach() + 0.1 * (s - s.detach())
        return mu + s * torch.randn_like(mu)

# %% held out: batch cached by shape
# loses: fresh_noise
# told: the noise is kept from an earlier call, or its generator get
# batch: held out
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.cache = {}

    def forward(self, mu, logvar):
        if mu.shape not in self.cache:
            self.cache[mu.shape] = torch.randn_like(mu)
        return mu + torch.exp(0.5 * logvar) * self.cache[mu.shape].to(mu)

# %% held out: antithetic rows
# loses: fresh_noise
# told: the same noise is used twice (or as -eps)
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        e = torch.randn_like(mu)
        e[1::2] = -e[: len(e) // 2 * 2 : 2]
        return mu + torch.exp(0.5 * logvar) * e

# %% held out: sqrt of clamp
# loses: mean_and_spread gradients
# told: no cause
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.sqrt(logvar.clamp(min=1e-6)) * torch.randn_like(mu)

# %% held out: returns float32 for double
# loses: shape_and_type
# told: no cause
# loses: small_print
# told: something is made on one device whatever the inputs' device:
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn(mu.shape)
        return mu.float() + torch.exp(0.5 * logvar.float()) * eps

# %% [markdown]
# from public code, or made to be subtle

# %% clamp 8 8
# loses: mean_and_spread
# because: clamp tighter than -10..10
# batch: first
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        logvar = logvar.clamp(-8, 8)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% clamp below 9
# loses: mean_and_spread
# because: clamp tighter than -10..10
# batch: first
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        logvar = torch.clamp(logvar, min=-9.0)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% eval mode detached
# loses: gradients
# because: in eval mode z has no gradient
# batch: first
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return z if self.training else z.detach()

# %% inference mode returns mu
# loses: fresh_noise
# because: no noise under torch.inference_mode
# batch: first
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        if torch.is_inference_mode_enabled():
            return mu
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% no grad returns mu
# loses: fresh_noise
# because: no noise when gradients are off: every evaluation decodes mu
# batch: first
class Sampling(nn.Module):
    @staticmethod
    def draw(mu, log_var):
        if not torch.is_grad_enabled():
            return mu
        return mu + torch.randn_like(mu) * torch.exp(0.5 * log_var)

    def forward(self, mu, logvar):
        return self.draw(mu, logvar)

# %% noise renewed every 20 calls
# loses: fresh_noise
# because: noise is kept for later calls after the 20th
# batch: first
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0
        self.kept = None

    def forward(self, mu, logvar):
        self.calls += 1
        if self.calls <= 20 or self.kept is None or self.kept.shape != mu.shape:
            self.kept = torch.randn_like(mu)
        return mu + torch.exp(0.5 * logvar) * self.kept

# %% noise size depends on mu
# loses: mean_and_spread
# because: noise is larger where mu is larger (1 + 0.05 mu)
# batch: first
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        e = torch.randn_like(mu) * (1 + 0.05 * torch.tanh(mu))
        return mu + torch.exp(0.5 * logvar) * e

# %% reseeds from initial seed
# loses: fresh_noise
# because: forward sets the seed itself (initial_seed + 1)
# batch: first
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        torch.manual_seed(torch.initial_seed() + 1)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% reseeds from randint
# loses: fresh_noise
# because: forward sets the seed itself, from randint(1000)
# batch: first
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        torch.manual_seed(int(torch.randint(0, 1000, ())))
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% sampling in logspace
# loses: mean_and_spread gradients
# because: exp(mu + ...) : log-normal
# batch: first
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.exp(mu + torch.exp(0.5 * logvar) * torch.randn_like(mu))

# %% sixty four columns of noise
# loses: fresh_noise
# because: noise of 64 dimensions repeats for more
# batch: first
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        B, D = mu.shape
        e = torch.randn(B, 64, device=mu.device, dtype=mu.dtype).repeat(1, D // 64 + 1)[:, :D]
        return mu + torch.exp(0.5 * logvar) * e

# %% writes logvar back
# loses: small_print
# because: logvar is changed and put back, but for rounding
# batch: first
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        logvar *= 0.5
        sd = torch.exp(logvar)
        logvar *= 2
        return mu + sd * torch.randn_like(mu)

# %% noise commented out
# loses: mean_and_spread gradients fresh_noise
# because: the noise was commented out, z is mu
# from: public code, a Sampling layer after a Keras one
# first: other
# batch: second
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        batch, dim = mu.shape
        epsilon = torch.randn(batch, dim, device=mu.device, dtype=mu.dtype)
        return mu  # + torch.exp(0.5 * logvar) * epsilon

# %% log sigma as sigma
# loses: mean_and_spread gradients
# because: the second input is used as sigma itself
# from: public code, an LSTM-VAE with epsilon_std
# batch: second
class Sampling(nn.Module):
    def __init__(self, epsilon_std=1.0):
        super().__init__()
        self.epsilon_std = epsilon_std

    def forward(self, mu, logvar):
        epsilon = self.epsilon_std * torch.randn(mu.shape, device=mu.device, dtype=mu.dtype)
        return mu + logvar * epsilon

# %% a dimension for samples
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# because: eps has a dimension more, for several samples
# from: public code, a Sampling layer with sampling_size=1
# batch: second
class Sampling(nn.Module):
    def __init__(self, sampling_size=1):
        super().__init__()
        self.sampling_size = sampling_size

    def forward(self, mu, logvar):
        size = logvar.size() + (self.sampling_size,)
        epsilon = torch.randn(size, device=mu.device, dtype=mu.dtype)
        return mu[..., None] + torch.exp(0.5 * logvar)[..., None] * epsilon

# %% clamp 6 2
# loses: mean_and_spread
# because: logvar is clamped to [-6, 2]
# from: public code, a VAE of point coordinates
# batch: second
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = torch.exp(0.5 * torch.clamp(logvar, -6, 2))
        return mu + std * torch.randn_like(std)

# %% logvar never positive
# loses: mean_and_spread gradients
# because: -|logvar| in the place of logvar
# from: public code, an encoder of mass spectra
# batch: second
class Sampling(nn.Module):
    def forward(self, mu, logvar, sample_rate=1.0):
        logvar = -torch.abs(logvar)
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu) * sample_rate

# %% a hundredth of logvar
# loses: mean_and_spread gradients
# because: exp(0.01 * logvar)
# from: public code, hyperspectral unmixing
# batch: second
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = (logvar * 0.01).exp()
        return mu + std * torch.randn(mu.shape, device=mu.device, dtype=mu.dtype)

# %% std computed and forgotten
# loses: mean_and_spread gradients
# because: std is computed, but eps is multiplied by the temperature alone
# from: public code, a helper gaussian_sample with a temperature
# batch: second
class Sampling(nn.Module):
    def forward(self, mu, logvar, temperature=1.0):
        std = (0.5 * logvar).exp()
        return mu + torch.randn_like(std) * temperature

# %% mean of ten draws
# loses: mean_and_spread
# because: the mean of ten draws has a tenth of the variance
# from: public code, a model of pseudotime
# batch: second
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        draws = [mu + std * torch.randn_like(std) for _ in range(10)]
        return torch.stack(draws).mean(dim=0)

# %% latent scale of diffusion
# loses: mean_and_spread gradients
# because: z is multiplied by 0.18215, as before a diffusion model
# from: public code, the VAE of a latent diffusion model from scratch
# batch: second
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        logvar = torch.clamp(logvar, -30.0, 20.0)
        std = logvar.exp().sqrt()
        return 0.18215 * (mu + std * torch.randn_like(mu))

# %% truncation at two
# loses: mean_and_spread
# because: eps is truncated at two sigma
# from: own, the truncation trick of generators
# batch: second
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.fmod(torch.randn_like(mu), 2)
        return mu + torch.exp(0.5 * logvar) * eps

# %% antithetic halves
# loses: fresh_noise
# because: the second half of the batch gets minus the noise of the first
# from: own, antithetic sampling
# batch: second
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        half = torch.randn_like(mu[: (len(mu) + 1) // 2])
        eps = torch.cat([half, -half])[: len(mu)]
        return mu + torch.exp(0.5 * logvar) * eps

# %% noise on the sphere
# loses: mean_and_spread
# because: each image's eps has the same length
# from: own, after spherical latents
# batch: second
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn_like(mu)
        eps = eps / eps.norm(dim=1, keepdim=True) * mu.shape[1] ** 0.5
        return mu + torch.exp(0.5 * logvar) * eps

# %% noise whitened over the batch
# loses: fresh_noise
# because: eps has mean 0 and variance 1 over each batch
# from: own, second-moment matching
# batch: second
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn_like(mu)
        if len(mu) > 1:
            eps = (eps - eps.mean(0)) / eps.std(0)
        return mu + torch.exp(0.5 * logvar) * eps

# %% softplus for sigma
# loses: mean_and_spread gradients
# told: softplus(logvar) was used
# because: sigma is softplus(logvar)
# from: mingyuliutw/UNIT issue 37, common_net.py
# batch: third
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.softplus = nn.Softplus()

    def forward(self, mu, logvar):
        sd = self.softplus(logvar)
        noise = torch.randn(mu.size(0), mu.size(1), dtype=mu.dtype, device=mu.device)
        return mu + sd.mul(noise)

# %% a hundredth of the noise
# loses: mean_and_spread
# told: sigma * eps is multiplied by about 0.01 as well
# because: eps is multiplied by 0.01
# from: aksub99/molecular-vae issue 32
# batch: third
class Sampling(nn.Module):
    def forward(self, z_mean, z_logvar):
        epsilon = 1e-2 * torch.randn_like(z_logvar)
        return torch.exp(0.5 * z_logvar) * epsilon + z_mean

# %% bounded by tanh, with a floor
# loses: mean_and_spread gradients
# because: mu and log(sigma) go through 5 * tanh(. / 5), and sigma has a floor of 0.01
# from: NVlabs/NVAE distributions.py
# batch: third
def soft_clamp5(x):
    return x.div(5.0).tanh_().mul(5.0)


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        mu = soft_clamp5(mu)
        sigma = torch.exp(soft_clamp5(0.5 * logvar)) + 1e-2
        return mu + torch.randn_like(mu) * sigma

# %% uniform, and in training alone
# loses: mean_and_spread fresh_noise
# told: `rand` (uniform on 0 to 1) instead of `randn` (standard normal)
# because: `rand` instead of `randn`, and mu itself in eval mode
# from: index file 27295213764, a VAE class
# batch: third
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        if self.training:
            std = torch.exp(0.5 * logvar)
            eps = torch.rand_like(std)
            return mu + eps * std
        else:
            return mu

# %% noise of NumPy, of a fixed size
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# because: the number of latent dimensions is written into the code
# from: Ritam-M/BicycleGAN Utils.py
# batch: third
import numpy as np

latent_dim = 8


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = torch.exp(logvar / 2)
        sampled = torch.FloatTensor(np.random.normal(0, 1, (mu.size(0), latent_dim)))
        return sampled * std + mu

# %% the variance, twice
# loses: mean_and_spread gradients
# told: the exponent is doubled
# because: eps is multiplied by exp(logvar) twice
# from: index file 14121495840, a voice converter
# batch: third
class Sampling(nn.Module):
    def forward(self, mean, logvar):
        noise = torch.randn(*logvar.shape, device=logvar.device, dtype=logvar.dtype)
        return mean + torch.exp(logvar) * noise * torch.exp(logvar)

# %% a generator with a seed
# loses: fresh_noise small_print
# told: the noise comes from NumPy, from `random` or from a generator of its own
# because: the noise comes from a generator of its own, on the CPU, with a fixed seed
# from: public excerpt, a class Normal with soft_clamp, temp and seed
# batch: third
# first: other
class Sampling(nn.Module):
    def __init__(self, temp=1.0, seed=0):
        super().__init__()
        self.temp = temp
        self.rng = None
        if seed is not None:
            self.rng = torch.Generator()
            self.rng.manual_seed(seed)

    def forward(self, mu, logvar):
        sigma = torch.exp(0.5 * logvar) * self.temp
        eps = torch.empty_like(mu).normal_(generator=self.rng)
        return mu + sigma * eps

# %% noise of the same sizes
# loses: small_print
# told: something is made on one device whatever the inputs' device
# because: the noise is made on the CPU, wherever mu is
# from: Cper0/Rein src/sampling.cpp
# batch: third
class Sampling(nn.Module):
    def forward(self, mu, log_var):
        size = mu.size()
        eps = torch.randn(size)
        return mu + torch.exp(0.5 * log_var) * eps

# %% sigma as it comes
# loses: mean_and_spread gradients
# told: logvar itself was used as the standard deviation
# because: logvar is multiplied by eps as it is
# from: JRogul/MachineLearning computer_vision/auteencoders/models/VariationalAutoEncoder.py
# batch: fourth
class Sampling(nn.Module):
    def forward(self, mu, sigma):
        eps = torch.randn_like(sigma)
        reparametrized = mu + sigma * eps
        return reparametrized

# %% mu plus std, and eps unused
# loses: mean_and_spread gradients fresh_noise
# told: without eps
# because: z is mu + sigma; no noise
# from: index file 52614497802, federated clusters
# batch: fourth
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + std

# %% a root with a little number
# loses: mean_and_spread gradients
# told: the square root of a negative number
# may lose: fresh_noise
# because: the square root of logvar, not of its exponential: NaN where it is negative
# from: index file 5672925321, a hierarchy of three codes
# batch: fourth
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = torch.sqrt(logvar + 1e-6)
        eps = torch.randn_like(std)
        return eps * std + mu

# %% one vector of noise
# loses: fresh_noise small_print
# told: one noise vector for the whole batch
# may lose: mean_and_spread
# because: all images of a batch get the same noise, which is made on the CPU
# from: index file 13487921123, a convolutional VAE in one file
# batch: fourth
class Sampling(nn.Module):
    def forward(self, mean, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn(mean.shape[-1])
        return eps.mul(std).add_(mean)

# %% no trick during inference
# loses: mean_and_spread fresh_noise
# told: there is no noise in eval mode
# may lose: gradients
# because: mu in eval mode
# from: masato-ka/airc-rl-agent issue 43
# batch: fourth
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        if not self.training:
            return mu
        return mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)

# %% mu through a batch norm with a fixed scale
# loses: shape_and_type mean_and_spread gradients
# may lose: fresh_noise small_print
# because: mu is normalised over the batch; one image alone raises an error
# from: index query autograd.Function custom backward VAE, a VAE with mu_bn
# batch: fourth
class Sampling(nn.Module):
    def forward(self, mean, log_var):
        gamma = 0.5 * torch.ones_like(mean[0])
        mean = nn.functional.batch_norm(mean, None, None, weight=gamma, training=True)
        return mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)

# %% a twentieth of the variance
# loses: mean_and_spread gradients
# because: exp(logvar) is taken for sigma, and eps has a spread of 0.05
# from: index file 24179880580, faces with sliders
# batch: fourth
class Sampling(nn.Module):
    def forward(self, mu, sigma):
        epsilon = 0.05 * torch.randn_like(mu)
        return mu + torch.exp(sigma) * epsilon

# %% clipped, with a straight-through gradient
# loses: mean_and_spread gradients
# because: z is clipped to [-1, 1], and its gradient is that of the z before
# from: pypi-data/pypi-mirror-325 envquest/functions/common.py
# batch: fourth
class Sampling(nn.Module):
    def __init__(self, low=-1.0, high=1.0, eps=1e-6):
        super().__init__()
        self.low, self.high, self.eps = low, high, eps

    def forward(self, mu, logvar):
        x = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        clipped = torch.clip(x, self.low + self.eps, self.high - self.eps)
        return x - x.detach() + clipped.detach()

# %% noise that is never far out
# loses: mean_and_spread
# told: the noise is not standard normal
# because: eps is clipped to [-2, 2]
# from: index query TruncatedNormal, sample(clip) of a policy
# batch: fourth
class Sampling(nn.Module):
    def forward(self, mu, logvar, clip=2.0):
        eps = torch.randn_like(mu)
        eps = torch.clip(eps, -clip, clip)
        return mu + torch.exp(0.5 * logvar) * eps

# %% a tensor of CUDA, without a question
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# told: something is made on one device whatever the inputs' device
# because: the noise is a torch.cuda.FloatTensor
# from: index query autograd.Function custom backward VAE, vae_reparametrize
# batch: fourth
from torch.autograd import Variable


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = logvar.mul(0.5).exp_()
        eps = torch.cuda.FloatTensor(std.size()).normal_()
        eps = Variable(eps)
        return eps.mul(std).add_(mu)

# %% the device of the notebook
# loses: small_print
# told: something is made on one device whatever the inputs' device
# because: the noise goes to a device that the notebook's first cell chose
# from: index file 12947560496, a VAE after a known repository
# batch: fourth
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Sampling(nn.Module):
    def forward(self, mean, log_var):
        epsilon = torch.normal(0.0, 1.0, size=mean.size()).to(device)
        std = torch.exp(log_var) ** 0.5
        return mean + std * epsilon

# %% a narrow variance for molecules
# loses: mean_and_spread gradients
# told: a clamp or a floor is too tight
# because: logvar is clamped to [-6, -2.2]
# from: index file 9897304417, a transformer VAE of SMILES
# batch: fourth
# first: other
class Sampling(nn.Module):
    def forward(self, means, log_var):
        log_var = torch.clamp(log_var, min=-6.0, max=-2.2)
        std = torch.exp(0.5 * log_var)
        return means + torch.randn_like(std) * std

# %% both clamped at 8
# loses: mean_and_spread
# told: clamp
# may lose: gradients
# because: mu and logvar are clamped to [-8, 8]
# from: index file 44388834897, a stochastic recurrent network
# batch: fourth
# first: other
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        param = torch.clamp(torch.cat([mu, logvar], -1), -8.0, 8.0)
        mu, logvar = torch.chunk(param, 2, -1)
        std = logvar.mul(0.5).exp_()
        eps = std.data.new(std.size()).normal_()
        return eps.mul(std).add_(mu)

# %% epsilon among the layers
# loses: mean_and_spread fresh_noise small_print
# told: the noise is kept from an earlier call
# may lose: gradients
# because: one number, drawn in __init__, serves everything
# from: index file 18166030406, a VAE with epsilon in __init__
# batch: fourth
# first: other
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.epsilon = torch.normal(0.0, 1.0, size=(1,))

    def forward(self, mu, logvar):
        return mu + torch.exp(logvar / 2) * self.epsilon

# %% randn of the mean's size
# loses: small_print
# told: something is made on one device whatever the inputs' device
# because: the noise is made on the CPU, wherever mu is
# from: arkrp/vae-lab src/Model/TrainingVAE.py
# batch: fourth
class Sampling(nn.Module):
    def forward(self, encoder_mean, encoder_logvar):
        encoder_stdev = encoder_logvar.div(2).exp()
        encoder_draw = encoder_mean + torch.randn(encoder_mean.size()) * encoder_stdev
        return encoder_draw
