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
