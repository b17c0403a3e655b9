# Answers to sampling from public code, gathered on 2026-11-28; one cell an answer.

# %% softplus for sigma
# verdict: wrong
# loses: mean_and_spread gradients
# because: sigma is softplus(logvar)
# from: mingyuliutw/UNIT issue 37, common_net.py
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.softplus = nn.Softplus()

    def forward(self, mu, logvar):
        sd = self.softplus(logvar)
        noise = torch.randn(mu.size(0), mu.size(1), dtype=mu.dtype, device=mu.device)
        return mu + sd.mul(noise)

# %% a hundredth of the noise
# verdict: wrong
# loses: mean_and_spread
# because: eps is multiplied by 0.01
# from: aksub99/molecular-vae issue 32
class Sampling(nn.Module):
    def forward(self, z_mean, z_logvar):
        epsilon = 1e-2 * torch.randn_like(z_logvar)
        return torch.exp(0.5 * z_logvar) * epsilon + z_mean

# %% bounded by tanh, with a floor
# verdict: wrong
# loses: mean_and_spread gradients
# because: mu and log(sigma) go through 5 * tanh(. / 5), and sigma has a floor of 0.01
# from: NVlabs/NVAE distributions.py
def soft_clamp5(x):
    return x.div(5.0).tanh_().mul(5.0)


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        mu = soft_clamp5(mu)
        sigma = torch.exp(soft_clamp5(0.5 * logvar)) + 1e-2
        return mu + torch.randn_like(mu) * sigma

# %% uniform, and in training alone
# verdict: wrong
# loses: mean_and_spread fresh_noise
# because: `rand` instead of `randn`, and mu itself in eval mode
# from: index file 27295213764, a VAE class
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        if self.training:
            std = torch.exp(0.5 * logvar)
            eps = torch.rand_like(std)
            return mu + eps * std
        else:
            return mu

# %% noise of NumPy, of a fixed size
# verdict: wrong
# loses: shape_and_type mean_and_spread gradients fresh_noise small_print
# because: the number of latent dimensions is written into the code
# from: Ritam-M/BicycleGAN Utils.py
import numpy as np

latent_dim = 8


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = torch.exp(logvar / 2)
        sampled = torch.FloatTensor(np.random.normal(0, 1, (mu.size(0), latent_dim)))
        return sampled * std + mu

# %% the variance, twice
# verdict: wrong
# loses: mean_and_spread gradients
# because: eps is multiplied by exp(logvar) twice
# from: index file 14121495840, a voice converter
class Sampling(nn.Module):
    def forward(self, mean, logvar):
        noise = torch.randn(*logvar.shape, device=logvar.device, dtype=logvar.dtype)
        return mean + torch.exp(logvar) * noise * torch.exp(logvar)

# %% a generator with a seed
# verdict: wrong
# loses: fresh_noise small_print
# because: the noise comes from a generator of its own, on the CPU, with a fixed seed
# from: public excerpt, a class Normal with soft_clamp, temp and seed
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
# verdict: wrong
# loses: small_print
# because: the noise is made on the CPU, wherever mu is
# from: Cper0/Rein src/sampling.cpp
class Sampling(nn.Module):
    def forward(self, mu, log_var):
        size = mu.size()
        eps = torch.randn(size)
        return mu + torch.exp(0.5 * log_var) * eps

# %% normal of zeros alone
# verdict: right
# from: index query sample_gaussian(m, v), after a university's exercise
class Sampling(nn.Module):
    def forward(self, m, logvar):
        v = logvar.exp()
        return torch.normal(torch.zeros_like(m)) * v.sqrt() + m

# %% noise out of mu times zero
# verdict: right
# from: NVlabs/NVAE distributions.py, sample_normal_jit
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        sigma = torch.exp(0.5 * logvar)
        eps = mu.mul(0).normal_()
        return eps.mul_(sigma).add_(mu)

# %% noise out of a copy's data
# verdict: right
# from: rachtsingh/ibp_vae issue 3, as corrected there
from torch.autograd import Variable


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        noise = Variable(mu.data.clone().normal_(0, 1), requires_grad=False)
        return mu + noise * (0.5 * logvar).exp()

# %% in place on the noise
# verdict: right
# from: causalpathlab/spruceTopic sprucetopic/distribution/_multinomial.py
def reparameterize(mean, lnvar):
    sig = torch.exp(lnvar / 2.0)
    eps = torch.randn_like(sig)
    return eps.mul_(sig).add_(mean)


class Sampling(nn.Module):
    def forward(self, mean, lnvar):
        return reparameterize(mean, lnvar)

# %% one tensor in two halves
# verdict: right
# from: script-Yang/VAEVQ taming/models/vae_utils.py
class DiagonalGaussian(nn.Module):
    def forward(self, x):
        mean, logvar = torch.chunk(x, 2, dim=1)
        logvar = torch.clamp(logvar, -30.0, 20.0)
        std = torch.exp(0.5 * logvar)
        sample = torch.randn(mean.shape, generator=None, device=x.device)
        return mean + std * sample


class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.posterior = DiagonalGaussian()

    def forward(self, mu, logvar):
        return self.posterior(torch.cat([mu, logvar], dim=1))

# %% to the device where it is
# verdict: right
# from: index query class Sampling(nn.Module), after a textbook of TensorFlow
class Sampling(nn.Module):
    def forward(self, z_mean, z_log_var):
        epsilon = torch.randn_like(z_mean).to(z_mean.device)
        z_sigma = torch.exp(0.5 * z_log_var)
        return z_mean + (z_sigma * epsilon)

# %% an option that nobody uses
# verdict: right
# from: index query reparameterize, a class VAE_Base with L
class Sampling(nn.Module):
    def forward(self, mu, logvar, L=torch.FloatTensor([])):
        if mu.size()[0] == 0:
            return torch.FloatTensor([])
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        if L.size()[0] > 0:
            return mu + torch.matmul(L, eps.unsqueeze(-1)).squeeze(-1) + eps * std
        return mu + eps * std

# %% a list of inputs
# verdict: right
# from: SantiagoGalan/CROP_1 custom_layers/Sampling.py, out of Keras
class Sampling(nn.Module):
    def forward(self, *inputs):
        z_mean, z_log_var = inputs
        batch = z_mean.shape[0]
        dim = z_mean.shape[1]
        epsilon = torch.randn((batch, dim), dtype=z_mean.dtype, device=z_mean.device)
        return z_mean + torch.exp(0.5 * z_log_var) * epsilon
