# Answers to sampling from outside that deserve less than all points; one cell an answer.

# %% clamp 8 8
# loses: mean_and_spread
# because: clamp tighter than -10..10
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        logvar = logvar.clamp(-8, 8)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% clamp below 9
# loses: mean_and_spread
# because: clamp tighter than -10..10
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        logvar = torch.clamp(logvar, min=-9.0)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% eval mode detached
# loses: gradients
# because: in eval mode z has no gradient
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return z if self.training else z.detach()

# %% inference mode returns mu
# loses: fresh_noise
# because: no noise under torch.inference_mode
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        if torch.is_inference_mode_enabled():
            return mu
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% no grad returns mu
# loses: fresh_noise
# because: no noise when gradients are off: every evaluation decodes mu
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
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        e = torch.randn_like(mu) * (1 + 0.05 * torch.tanh(mu))
        return mu + torch.exp(0.5 * logvar) * e

# %% reseeds from initial seed
# loses: fresh_noise
# because: forward sets the seed itself (initial_seed + 1)
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        torch.manual_seed(torch.initial_seed() + 1)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% reseeds from randint
# loses: fresh_noise
# because: forward sets the seed itself, from randint(1000)
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        torch.manual_seed(int(torch.randint(0, 1000, ())))
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% sampling in logspace
# loses: mean_and_spread gradients
# because: exp(mu + ...) : log-normal
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.exp(mu + torch.exp(0.5 * logvar) * torch.randn_like(mu))

# %% sixty four columns of noise
# loses: fresh_noise
# because: noise of 64 dimensions repeats for more
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        B, D = mu.shape
        e = torch.randn(B, 64, device=mu.device, dtype=mu.dtype).repeat(1, D // 64 + 1)[:, :D]
        return mu + torch.exp(0.5 * logvar) * e

# %% writes logvar back
# loses: small_print
# because: logvar is changed and put back, but for rounding
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
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        batch, dim = mu.shape
        epsilon = torch.randn(batch, dim, device=mu.device, dtype=mu.dtype)
        return mu  # + torch.exp(0.5 * logvar) * epsilon

# %% log sigma as sigma
# loses: mean_and_spread gradients
# because: the second input is used as sigma itself
# from: public code, an LSTM-VAE with epsilon_std
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
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = torch.exp(0.5 * torch.clamp(logvar, -6, 2))
        return mu + std * torch.randn_like(std)

# %% logvar never positive
# loses: mean_and_spread gradients
# because: -|logvar| in the place of logvar
# from: public code, an encoder of mass spectra
class Sampling(nn.Module):
    def forward(self, mu, logvar, sample_rate=1.0):
        logvar = -torch.abs(logvar)
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu) * sample_rate

# %% a hundredth of logvar
# loses: mean_and_spread gradients
# because: exp(0.01 * logvar)
# from: public code, hyperspectral unmixing
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = (logvar * 0.01).exp()
        return mu + std * torch.randn(mu.shape, device=mu.device, dtype=mu.dtype)

# %% std computed and forgotten
# loses: mean_and_spread gradients
# because: std is computed, but eps is multiplied by the temperature alone
# from: public code, a helper gaussian_sample with a temperature
class Sampling(nn.Module):
    def forward(self, mu, logvar, temperature=1.0):
        std = (0.5 * logvar).exp()
        return mu + torch.randn_like(std) * temperature

# %% mean of ten draws
# loses: mean_and_spread
# because: the mean of ten draws has a tenth of the variance
# from: public code, a model of pseudotime
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        draws = [mu + std * torch.randn_like(std) for _ in range(10)]
        return torch.stack(draws).mean(dim=0)

# %% latent scale of diffusion
# loses: mean_and_spread gradients
# because: z is multiplied by 0.18215, as before a diffusion model
# from: public code, the VAE of a latent diffusion model from scratch
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        logvar = torch.clamp(logvar, -30.0, 20.0)
        std = logvar.exp().sqrt()
        return 0.18215 * (mu + std * torch.randn_like(mu))

# %% truncation at two
# loses: mean_and_spread
# because: eps is truncated at two sigma
# from: own, the truncation trick of generators
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.fmod(torch.randn_like(mu), 2)
        return mu + torch.exp(0.5 * logvar) * eps

# %% antithetic halves
# loses: fresh_noise
# because: the second half of the batch gets minus the noise of the first
# from: own, antithetic sampling
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        half = torch.randn_like(mu[: (len(mu) + 1) // 2])
        eps = torch.cat([half, -half])[: len(mu)]
        return mu + torch.exp(0.5 * logvar) * eps

# %% noise on the sphere
# loses: mean_and_spread
# because: each image's eps has the same length
# from: own, after spherical latents
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn_like(mu)
        eps = eps / eps.norm(dim=1, keepdim=True) * mu.shape[1] ** 0.5
        return mu + torch.exp(0.5 * logvar) * eps

# %% noise whitened over the batch
# loses: fresh_noise
# because: eps has mean 0 and variance 1 over each batch
# from: own, second-moment matching
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn_like(mu)
        if len(mu) > 1:
            eps = (eps - eps.mean(0)) / eps.std(0)
        return mu + torch.exp(0.5 * logvar) * eps

# %% softplus for sigma
# loses: mean_and_spread gradients
# because: sigma is softplus(logvar)
# from: mingyuliutw/UNIT issue 37, common_net.py
# batch: third
# told: softplus(logvar) was used
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
# because: eps is multiplied by 0.01
# from: aksub99/molecular-vae issue 32
# batch: third
# told: sigma * eps is multiplied by about 0.01 as well
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
# because: `rand` instead of `randn`, and mu itself in eval mode
# from: index file 27295213764, a VAE class
# batch: third
# told: `rand` (uniform on 0 to 1) instead of `randn` (standard normal)
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
# because: eps is multiplied by exp(logvar) twice
# from: index file 14121495840, a voice converter
# batch: third
# told: the exponent is doubled
class Sampling(nn.Module):
    def forward(self, mean, logvar):
        noise = torch.randn(*logvar.shape, device=logvar.device, dtype=logvar.dtype)
        return mean + torch.exp(logvar) * noise * torch.exp(logvar)

# %% a generator with a seed
# loses: fresh_noise small_print
# because: the noise comes from a generator of its own, on the CPU, with a fixed seed
# from: public excerpt, a class Normal with soft_clamp, temp and seed
# batch: third
# told: the noise comes from NumPy, from `random` or from a generator of its own
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
# because: the noise is made on the CPU, wherever mu is
# from: Cper0/Rein src/sampling.cpp
# batch: third
# told: something is made on one device whatever the inputs' device
class Sampling(nn.Module):
    def forward(self, mu, log_var):
        size = mu.size()
        eps = torch.randn(size)
        return mu + torch.exp(0.5 * log_var) * eps
