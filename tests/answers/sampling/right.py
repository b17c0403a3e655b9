# Answers to sampling from outside that deserve every point; one cell an answer.

# %% float tensor is cuda guard
from torch.autograd import Variable


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        sd = logvar.mul(0.5).exp_()
        e = torch.FloatTensor(sd.size())
        e = e.normal_()
        e = Variable(e)
        if sd.is_cuda:
            e = e.cuda()
        return e.mul(sd).add_(mu)

# %% is cuda guard
from torch.autograd import Variable


class Sampling(nn.Module):
    def forward(self, mu, log_var):
        noise = Variable(torch.randn(mu.size()), requires_grad=False)
        if mu.is_cuda:
            noise = noise.cuda()
        sigma = log_var.mul(0.5).exp_()
        return mu.addcmul(sigma, noise)

# %% noise from a distribution
# from: public code, a VAE of faces
class Sampling(nn.Module):
    def forward(self, z_mean, z_log_var):
        batch, dim = z_mean.shape
        epsilon = torch.distributions.Normal(0, 1).sample((batch, dim)).to(z_mean.device)
        return z_mean + torch.exp(0.5 * z_log_var) * epsilon

# %% a new tensor of the data's kind
# from: SumFunction/VAE-ACGAN train.py
from torch.autograd import Variable


class Sampling(nn.Module):
    def forward(self, mu, log_var):
        std = log_var.mul(0.5).exp_()
        eps = Variable(std.data.new(std.size()).normal_())
        return eps.mul(std).add_(mu)

# %% addcmul
# from: public code, promoter VAE
class Sampling(nn.Module):
    def forward(self, mu, log_var):
        epsilon = torch.randn(mu.size(), requires_grad=False, device=mu.device)
        std = log_var.mul(0.5).exp_()
        return mu.addcmul(std, epsilon.to(mu.dtype))

# %% a wide clamp and a root
# from: A1ex-Chen/DL_project_log vae_sample.py
class Sampling(nn.Module):
    def forward(self, mean, logvar):
        logvar = torch.clamp(logvar, -30.0, 20.0)
        variance = torch.exp(logvar)
        return mean + torch.sqrt(variance) * torch.randn_like(mean)

# %% a phase that must be training
# from: public code, a layer called reparameterize
class Sampling(nn.Module):
    def forward(self, mu, logvar, sample_num=1, phase="training"):
        if phase != "training":
            raise ValueError("wrong phase")
        std = logvar.mul(0.5).exp_()
        eps = torch.empty_like(std).normal_()
        return eps.mul(std).add_(mu)

# %% cast to the type of mu
# from: public code, a learned prior
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn(*mu.size()).type_as(mu)
        return torch.exp(0.5 * logvar) * eps + mu

# %% normal of zeros alone
# from: index query sample_gaussian(m, v), after a university's exercise
# batch: third
class Sampling(nn.Module):
    def forward(self, m, logvar):
        v = logvar.exp()
        return torch.normal(torch.zeros_like(m)) * v.sqrt() + m

# %% noise out of mu times zero
# from: NVlabs/NVAE distributions.py, sample_normal_jit
# batch: third
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        sigma = torch.exp(0.5 * logvar)
        eps = mu.mul(0).normal_()
        return eps.mul_(sigma).add_(mu)

# %% noise out of a copy's data
# from: rachtsingh/ibp_vae issue 3, as corrected there
# batch: third
from torch.autograd import Variable


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        noise = Variable(mu.data.clone().normal_(0, 1), requires_grad=False)
        return mu + noise * (0.5 * logvar).exp()

# %% in place on the noise
# from: causalpathlab/spruceTopic sprucetopic/distribution/_multinomial.py
# batch: third
def reparameterize(mean, lnvar):
    sig = torch.exp(lnvar / 2.0)
    eps = torch.randn_like(sig)
    return eps.mul_(sig).add_(mean)


class Sampling(nn.Module):
    def forward(self, mean, lnvar):
        return reparameterize(mean, lnvar)

# %% one tensor in two halves
# from: script-Yang/VAEVQ taming/models/vae_utils.py
# batch: third
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
# from: index query class Sampling(nn.Module), after a textbook of TensorFlow
# batch: third
class Sampling(nn.Module):
    def forward(self, z_mean, z_log_var):
        epsilon = torch.randn_like(z_mean).to(z_mean.device)
        z_sigma = torch.exp(0.5 * z_log_var)
        return z_mean + (z_sigma * epsilon)

# %% an option that nobody uses
# from: index query reparameterize, a class VAE_Base with L
# batch: third
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
# from: SantiagoGalan/CROP_1 custom_layers/Sampling.py, out of Keras
# batch: third
class Sampling(nn.Module):
    def forward(self, *inputs):
        z_mean, z_log_var = inputs
        batch = z_mean.shape[0]
        dim = z_mean.shape[1]
        epsilon = torch.randn((batch, dim), dtype=z_mean.dtype, device=z_mean.device)
        return z_mean + torch.exp(0.5 * z_log_var) * epsilon
