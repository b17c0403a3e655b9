# Answers to sampling that deserve every point; one cell an answer. How to read them: tests/answers.py.

# %% textbook
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + std * eps

# %% pytorch examples
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        std = logvar.mul(0.5).exp_()
        eps = torch.empty_like(std).normal_()
        return eps.mul(std).add_(mu)

# %% in place on own temporaries
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        z = torch.randn_like(mu)
        z *= (logvar / 2).exp()
        z += mu
        return z

# %% minus
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu - logvar.div(2).exp() * torch.randn(mu.shape).to(mu)

# %% square root of the variance
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.sqrt(torch.exp(logvar)) * torch.randn_like(mu)

# %% variance to the half
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.randn_like(mu) * logvar.exp() ** 0.5 + mu

# %% power of e
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        import math

        return mu + math.e ** (logvar / 2) * torch.randn_like(mu)

# %% addcmul
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.addcmul(mu, (0.5 * logvar).exp(), torch.randn_like(mu))

# %% einsum
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn_like(mu)
        return mu + torch.einsum("bd,bd->bd", torch.exp(0.5 * logvar), eps)

# %% device and dtype by hand
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        batch, dim = mu.shape
        epsilon = torch.randn(batch, dim, device=mu.device, dtype=mu.dtype)
        return mu + torch.exp(logvar * 0.5) * epsilon

# %% flat noise
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        noise = torch.randn(mu.numel(), dtype=mu.dtype, device=mu.device)
        return mu + (0.5 * logvar).exp() * noise.view(mu.shape)

# %% normal with numbers
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.normal(0.0, 1.0, size=mu.size(), device=mu.device, dtype=mu.dtype)
        return mu + eps * torch.exp(0.5 * logvar)

# %% normal of zeros and ones
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.normal(torch.zeros_like(mu), torch.ones_like(mu))
        return mu + eps * torch.exp(0.5 * logvar)

# %% rsample
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.distributions.Normal(mu, torch.exp(0.5 * logvar)).rsample()

# %% rsample, Independent
from torch.distributions import Independent, Normal


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return Independent(Normal(loc=mu, scale=logvar.exp().sqrt()), 1).rsample()

# %% rsample, MultivariateNormal
from torch.distributions import MultivariateNormal


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        scale_tril = torch.diag_embed(torch.exp(0.5 * logvar))
        return MultivariateNormal(mu, scale_tril=scale_tril).rsample()

# %% rsample, covariance
from torch.distributions import MultivariateNormal


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return MultivariateNormal(mu, torch.diag_embed(logvar.exp())).rsample()

# %% rsample, TransformedDistribution
import torch.distributions as D


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        base = D.Normal(torch.zeros_like(mu), torch.ones_like(mu))
        affine = D.transforms.AffineTransform(mu, torch.exp(0.5 * logvar))
        return D.TransformedDistribution(base, [affine]).rsample()

# %% sample of a standard Normal
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        standard = torch.distributions.Normal(0.0, 1.0)
        return mu + torch.exp(0.5 * logvar) * standard.sample(mu.shape).to(mu)

# %% sample of a Normal on the device
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        zeros, ones = torch.zeros(mu.shape).to(mu), torch.ones(mu.shape).to(mu)
        eps = torch.distributions.Normal(zeros, ones, validate_args=True).sample()
        return mu + torch.exp(0.5 * logvar) * eps

# %% rsample with a constant on the CPU
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        half = torch.tensor(0.5)  # without dimensions: a GPU takes it
        return torch.distributions.Normal(mu, torch.exp(half * logvar)).rsample()

# %% wide clamp
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        logvar = torch.clamp(logvar, -30.0, 20.0)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(logvar)

# %% clamp at 10
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        logvar = logvar.clamp(min=-10, max=10)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(logvar)

# %% clamp by tensors
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        low, high = torch.tensor(-20.0), torch.tensor(20.0)
        logvar = torch.maximum(torch.minimum(logvar, high), low)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(logvar)

# %% floor added
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        sigma = torch.exp(0.5 * logvar) + 1e-4
        return mu + sigma * torch.randn_like(sigma)

# %% floor by clamp
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        sigma = torch.exp(0.5 * logvar).clamp(min=1e-4)
        return mu + sigma * torch.randn_like(sigma)

# %% floor in the variance
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + (logvar.exp() + 1e-8).sqrt() * torch.randn_like(mu)

# %% in float64 within
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        z = mu.double() + torch.exp(0.5 * logvar.double()) * torch.randn_like(mu.double())
        return z.to(mu.dtype)

# %% noise in float32
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn(mu.shape, device=mu.device)
        return mu + torch.exp(0.5 * logvar) * eps

# %% noise under no_grad
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        with torch.no_grad():
            eps = torch.randn_like(mu)
        return mu + torch.exp(0.5 * logvar) * eps

# %% Box-Muller
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        u, v = torch.rand_like(mu), torch.rand_like(mu)
        eps = torch.sqrt(-2 * torch.log(1 - u)) * torch.cos(2 * torch.pi * v)
        return mu + torch.exp(0.5 * logvar) * eps

# %% inverse of the distribution function
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        u = torch.rand_like(mu).clamp(1e-7, 1 - 1e-7)
        return mu + torch.exp(0.5 * logvar) * 2**0.5 * torch.erfinv(2 * u - 1)

# %% vmap
def one(mu, logvar):
    return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return torch.func.vmap(one, randomness='different')(mu, logvar)

# %% chunks
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        parts = zip(mu.split(1000), logvar.split(1000))
        return torch.cat([m + (0.5 * l).exp() * torch.randn_like(m) for m, l in parts])

# %% row by row
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        rows = []
        for i in range(mu.size(0)):
            eps = torch.randn(mu.size(1), device=mu.device, dtype=mu.dtype)
            rows.append(mu[i] + torch.exp(0.5 * logvar[i]) * eps)
        return torch.stack(rows)

# %% column by column into an empty tensor
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        z = torch.empty_like(mu)
        for j in torch.arange(mu.shape[1]):
            z[:, j] = mu[:, j] + torch.exp(0.5 * logvar[:, j]) * torch.randn_like(mu[:, j])
        return z

# %% copy_ from the CPU
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.empty_like(mu).copy_(torch.randn(mu.shape))
        return mu + torch.exp(0.5 * logvar) * eps

# %% diagonal matrices
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn_like(mu).unsqueeze(-1)
        return mu + (torch.diag_embed(torch.exp(0.5 * logvar)) @ eps).squeeze(-1)

# %% own autograd function
class Shift(torch.autograd.Function):
    @staticmethod
    def forward(ctx, mu, logvar, eps):
        noise = torch.exp(0.5 * logvar) * eps
        ctx.save_for_backward(noise)
        return mu + noise

    @staticmethod
    def backward(ctx, grad):
        (noise,) = ctx.saved_tensors
        return grad, 0.5 * noise * grad, None


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return Shift.apply(mu, logvar, torch.randn_like(mu))

# %% subclass, helper and partial
import functools


def shift_and_scale(noise, mu, std):
    return mu + std * noise


class Base(nn.Module):
    def std(self, logvar):
        return torch.exp(0.5 * logvar)


class Sampling(Base):
    def __init__(self):
        super().__init__()
        self.draw = functools.partial(shift_and_scale)

    def forward(self, mu, logvar):
        return self.draw(torch.randn_like(mu), mu, self.std(logvar))

# %% annotated, with options
class Sampling(nn.Module):
    def __init__(self, temperature: float = 1.0) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(
        self, mu: torch.Tensor, logvar: torch.Tensor, *, scale: float = 1.0
    ) -> torch.Tensor:
        return mu + self.temperature * scale * torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% star arguments
class Sampling(nn.Module):
    def forward(self, *inputs):
        mean, log_variance = inputs
        return mean + (log_variance / 2).exp() * torch.randn_like(mean)

# %% buffer and rsample
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("factor", torch.tensor([0.5]))

    def forward(self, mu, logvar):
        return torch.distributions.Normal(mu, torch.exp(self.factor * logvar)).rsample()

# %% submodules
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.same = nn.Identity()
        self.history = []

    def forward(self, mu, logvar):
        z = self.same(mu) + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        self.history.append(z.detach())
        return z

# %% guard against NaN
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        if torch.isnan(mu).any() or torch.isnan(logvar).any():
            raise ValueError("NaN in the encoder's output")
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% assertions
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        assert mu.shape == logvar.shape
        assert torch.isfinite(logvar).all(), "logvar is not finite"
        assert isinstance(mu, torch.Tensor) and mu.dtype == logvar.dtype
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% prints, warns and logs
import logging, os, sys, warnings


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        warnings.warn("logvar, not sigma")
        logging.warning("sampling")
        print("mu", mu.mean().item(), f"{logvar.mean():.3f}", mu[0].tolist())
        print("to stderr", file=sys.stderr)
        os.system("echo from a subprocess; echo and its stderr >&2")
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

# %% draws a figure
import matplotlib

matplotlib.use('agg')
import matplotlib.pyplot as plt


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        plt.figure()
        plt.plot(z.detach().cpu().numpy()[:10, 0])
        plt.show()
        return z

# %% generator seeded by torch's
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        generator = torch.Generator(device=mu.device)
        generator.manual_seed(int(torch.randint(2**62, ())))
        eps = torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype)
        return mu + torch.exp(0.5 * logvar) * eps

# %% leaves other defaults behind
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        torch.set_default_dtype(torch.float64)
        return z

# %% [markdown]
# written before any check had seen them

# %% held out: logvar to numpy-free log2
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp2(
            logvar * (0.5 / torch.log(torch.tensor(2.0)).item())
        ) * torch.randn_like(mu)

# %% held out: inverse cdf
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        u = torch.rand_like(mu).clamp(1e-7, 1 - 1e-7)
        eps = torch.erfinv(2 * u - 1) * 2**0.5
        return mu + torch.exp(0.5 * logvar) * eps

# %% held out: nested function and lambda
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        sigma = lambda lv: lv.div(2).exp()

        def noise(shape):
            return torch.zeros(shape, dtype=mu.dtype, device=mu.device).normal_()

        return sigma(logvar).mul(noise(mu.shape)).add(mu)

# %% held out: kwargs with defaults
# batch: held out
class Sampling(nn.Module):
    def __init__(self, temperature=1.0):
        super().__init__()
        self.temperature = temperature

    def forward(self, mu, logvar, temperature=None):
        t = self.temperature if temperature is None else temperature
        return mu + t * torch.exp(logvar / 2) * torch.randn_like(logvar)

# %% held out: average of two, rescaled
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        e = (torch.randn_like(mu) + torch.randn_like(mu)) / 2**0.5
        return torch.lerp(mu, mu + torch.exp(0.5 * logvar), e)

# %% held out: stack and sum
# batch: held out
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        parts = torch.stack([mu, torch.exp(0.5 * logvar) * torch.randn_like(mu)])
        return parts.sum(0)

# %% [markdown]
# from public code, or made to be subtle

# %% float tensor is cuda guard
# batch: first
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
# batch: first
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
# batch: second
class Sampling(nn.Module):
    def forward(self, z_mean, z_log_var):
        batch, dim = z_mean.shape
        epsilon = torch.distributions.Normal(0, 1).sample((batch, dim)).to(z_mean.device)
        return z_mean + torch.exp(0.5 * z_log_var) * epsilon

# %% a new tensor of the data's kind
# from: SumFunction/VAE-ACGAN train.py
# batch: second
from torch.autograd import Variable


class Sampling(nn.Module):
    def forward(self, mu, log_var):
        std = log_var.mul(0.5).exp_()
        eps = Variable(std.data.new(std.size()).normal_())
        return eps.mul(std).add_(mu)

# %% addcmul, noise moved to a dtype
# from: public code, promoter VAE
# batch: second
class Sampling(nn.Module):
    def forward(self, mu, log_var):
        epsilon = torch.randn(mu.size(), requires_grad=False, device=mu.device)
        std = log_var.mul(0.5).exp_()
        return mu.addcmul(std, epsilon.to(mu.dtype))

# %% a wide clamp and a root
# from: A1ex-Chen/DL_project_log vae_sample.py
# batch: second
class Sampling(nn.Module):
    def forward(self, mean, logvar):
        logvar = torch.clamp(logvar, -30.0, 20.0)
        variance = torch.exp(logvar)
        return mean + torch.sqrt(variance) * torch.randn_like(mean)

# %% a phase that must be training
# from: public code, a layer called reparameterize
# batch: second
class Sampling(nn.Module):
    def forward(self, mu, logvar, sample_num=1, phase="training"):
        if phase != "training":
            raise ValueError("wrong phase")
        std = logvar.mul(0.5).exp_()
        eps = torch.empty_like(std).normal_()
        return eps.mul(std).add_(mu)

# %% cast to the type of mu
# from: public code, a learned prior
# batch: second
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

# %% the root of the exponential, multiplied
# from: PaddlePaddle/Paddle issue 3770
# batch: fourth
def dotmul(a, b):
    return torch.mul(a, b)


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        eps = torch.randn_like(logvar)
        sigma = dotmul(torch.sqrt(torch.exp(logvar)), eps)
        return mu + sigma

# %% new and normal, of a log_sigma that is a log-variance
# from: jjery2243542/adaptive_voice_conversion issue 25
# batch: fourth
class Sampling(nn.Module):
    def forward(self, mu, log_sigma):
        eps = log_sigma.new(*log_sigma.size()).normal_(0, 1)
        return mu + torch.exp(log_sigma / 2) * eps

# %% a full covariance with a diagonal
# from: index query MultivariateNormal diag_embed, a class DiagonalGaussian
# batch: fourth
class DiagonalGaussian(nn.Module):
    def forward(self, x):
        loc, logvar = torch.split(x, x.shape[-1] // 2, dim=-1)
        covariance = torch.diag_embed(logvar.exp() + 1e-8)
        return torch.distributions.MultivariateNormal(loc, covariance)


class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.posterior = DiagonalGaussian()

    def forward(self, mu, logvar):
        return self.posterior(torch.cat([mu, logvar], dim=-1)).rsample()

# %% sanitised first
# from: index file 27491509700, a mixer of time series
# batch: fourth
def reparametrize(mu, logvar):
    mu = torch.nan_to_num(mu, nan=0.0, posinf=1e6, neginf=-1e6)
    logvar = torch.nan_to_num(logvar, nan=0.0, posinf=10.0, neginf=-10.0)
    logvar = torch.clamp(logvar, min=-20.0, max=10.0)
    std = torch.exp(logvar * 0.5).clamp_min(1e-6)
    return mu + std * torch.randn_like(std)


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return reparametrize(mu, logvar)

# %% a function with a gradient of its own
# from: tgeral68/TempNN lib/modules/GaussianSampler.lua, out of Lua
# batch: fourth
class GaussianSampler(torch.autograd.Function):
    @staticmethod
    def forward(ctx, mu, logvar):
        eps = torch.randn_like(mu)
        sigma = logvar.mul(0.5).exp_()
        ctx.save_for_backward(sigma, eps)
        return sigma * eps + mu

    @staticmethod
    def backward(ctx, grad_output):
        sigma, eps = ctx.saved_tensors
        return grad_output, sigma.mul(0.5).mul(eps).mul(grad_output)


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return GaussianSampler.apply(mu, logvar)

# %% compiled by torch.jit
# from: index query torch.jit.script, a reparameterize under it
# batch: fourth
@torch.jit.script
def reparameterize(mu, logvar):
    std = torch.exp(0.5 * logvar)
    eps = torch.randn_like(std)
    z = mu + eps * std
    return z


class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return reparameterize(mu, logvar)

# %% several draws, of which there is one
# from: index file 10057755003, gen_samples
# batch: fourth
class Sampling(nn.Module):
    def forward(self, mu, logvar, num=1):
        sigma = torch.exp(logvar / 2)
        epsilon = torch.normal(
            0.0, 1.0, (mu.shape[0], num, mu.shape[1]), device=mu.device, dtype=mu.dtype
        )
        if num == 1:
            epsilon = epsilon[:, 0, :]
        else:
            mu = mu[:, None, :]
            sigma = sigma[:, None, :]
        return mu + epsilon * sigma

# %% normal of zeros and ones, of a name that changes its meaning
# from: index file 46551586246, ensembles of a dynamics model
# batch: fourth
class Sampling(nn.Module):
    def forward(self, mean, logvar):
        logvar = torch.exp(logvar)
        std = torch.sqrt(logvar)
        return mean + torch.normal(torch.zeros_like(mean), torch.ones_like(mean)) * std
