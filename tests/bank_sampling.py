"""Right and wrong answers to the Sampling assignment, as learners write them.

RIGHT: name -> source. WRONG: name -> (source, {failed skill: part of the diagnosis}); the
diagnosis is "" where the check must name no cause. Every skill not listed must pass. Each source
runs in a namespace of its own that holds what the notebook imports: torch and nn.
"""

from textwrap import dedent, indent

SKILLS = SHAPE, SPREAD, GRADIENTS, FRESH, SMALL = (
    "shape_and_type",
    "mean_and_spread",
    "gradients",
    "fresh_noise",
    "small_print",
)

# Parts of diagnoses that several mistakes share.
VARIANCE = "exp(logvar) is the variance"
LOGVAR = "logvar itself was used as the standard deviation"
POSITIVE = "a standard deviation is positive, a log-variance need not be"
TIGHT = "a clamp or a floor is too tight"
NO_NOISE = "there is no noise in train mode"
NOT_NORMAL = "the noise is not standard normal"
ONE_ROW = "one noise vector for the whole batch"
KEPT = "the noise is kept from an earlier call"
NOT_TORCH = "the noise comes from NumPy, from `random` or from a generator of its own"
CUT = "the graph is cut by"
SIGMA_CUT = "no gradient reaches logvar"
DEVICE = "something is made on one device whatever the inputs' device"
IN_PLACE = "an operation in place: a trailing underscore"
PARAMETERS = "the parameters are not those of the assignment"


def forward(body, header="", returns=""):
    """Write the class as most learners do: `forward(self, mu, logvar)` alone."""
    lines = indent(dedent(body).strip("\n"), " " * 8)
    return f"{header}\nclass Sampling(nn.Module):\n    def forward(self, mu, logvar):\n{lines}\n"


def everywhere(likely):
    """Return the expectation that every skill fails, with this diagnosis."""
    return dict.fromkeys(SKILLS, likely)


def z_itself(likely):
    """Return the expectation of a z that is wrong, and so are its gradients."""
    return {SPREAD: likely, GRADIENTS: likely}


RIGHT = {
    "textbook": forward("""
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + std * eps
    """),
    "pytorch examples": forward("""
        std = logvar.mul(0.5).exp_()
        eps = torch.empty_like(std).normal_()
        return eps.mul(std).add_(mu)
    """),
    "in place on own temporaries": forward("""
        z = torch.randn_like(mu)
        z *= (logvar / 2).exp()
        z += mu
        return z
    """),
    "minus": forward("return mu - logvar.div(2).exp() * torch.randn(mu.shape).to(mu)"),
    "square root of the variance": forward(
        "return mu + torch.sqrt(torch.exp(logvar)) * torch.randn_like(mu)"
    ),
    "variance to the half": forward("return torch.randn_like(mu) * logvar.exp() ** 0.5 + mu"),
    "power of e": forward("""
        import math
        return mu + math.e ** (logvar / 2) * torch.randn_like(mu)
    """),
    "addcmul": forward("return torch.addcmul(mu, (0.5 * logvar).exp(), torch.randn_like(mu))"),
    "einsum": forward("""
        eps = torch.randn_like(mu)
        return mu + torch.einsum("bd,bd->bd", torch.exp(0.5 * logvar), eps)
    """),
    "device and dtype by hand": forward("""
        batch, dim = mu.shape
        epsilon = torch.randn(batch, dim, device=mu.device, dtype=mu.dtype)
        return mu + torch.exp(logvar * 0.5) * epsilon
    """),
    "flat noise": forward("""
        noise = torch.randn(mu.numel(), dtype=mu.dtype, device=mu.device)
        return mu + (0.5 * logvar).exp() * noise.view(mu.shape)
    """),
    "normal with numbers": forward("""
        eps = torch.normal(0.0, 1.0, size=mu.size(), device=mu.device, dtype=mu.dtype)
        return mu + eps * torch.exp(0.5 * logvar)
    """),
    "normal of zeros and ones": forward("""
        eps = torch.normal(torch.zeros_like(mu), torch.ones_like(mu))
        return mu + eps * torch.exp(0.5 * logvar)
    """),
    "rsample": forward("return torch.distributions.Normal(mu, torch.exp(0.5 * logvar)).rsample()"),
    "rsample, Independent": forward(
        "return Independent(Normal(loc=mu, scale=logvar.exp().sqrt()), 1).rsample()",
        header="from torch.distributions import Independent, Normal",
    ),
    "rsample, MultivariateNormal": forward(
        """
        scale_tril = torch.diag_embed(torch.exp(0.5 * logvar))
        return MultivariateNormal(mu, scale_tril=scale_tril).rsample()
        """,
        header="from torch.distributions import MultivariateNormal",
    ),
    "rsample, covariance": forward(
        "return MultivariateNormal(mu, torch.diag_embed(logvar.exp())).rsample()",
        header="from torch.distributions import MultivariateNormal",
    ),
    "rsample, TransformedDistribution": forward(
        """
        base = D.Normal(torch.zeros_like(mu), torch.ones_like(mu))
        affine = D.transforms.AffineTransform(mu, torch.exp(0.5 * logvar))
        return D.TransformedDistribution(base, [affine]).rsample()
        """,
        header="import torch.distributions as D",
    ),
    "sample of a standard Normal": forward("""
        standard = torch.distributions.Normal(0.0, 1.0)
        return mu + torch.exp(0.5 * logvar) * standard.sample(mu.shape).to(mu)
    """),
    "sample of a Normal on the device": forward("""
        zeros, ones = torch.zeros(mu.shape).to(mu), torch.ones(mu.shape).to(mu)
        eps = torch.distributions.Normal(zeros, ones, validate_args=True).sample()
        return mu + torch.exp(0.5 * logvar) * eps
    """),
    "rsample with a constant on the CPU": forward("""
        half = torch.tensor(0.5)  # without dimensions: a GPU takes it
        return torch.distributions.Normal(mu, torch.exp(half * logvar)).rsample()
    """),
    "wide clamp": forward("""
        logvar = torch.clamp(logvar, -30.0, 20.0)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(logvar)
    """),
    "clamp at 10": forward("""
        logvar = logvar.clamp(min=-10, max=10)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(logvar)
    """),
    "clamp by tensors": forward("""
        low, high = torch.tensor(-20.0), torch.tensor(20.0)
        logvar = torch.maximum(torch.minimum(logvar, high), low)
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(logvar)
    """),
    "floor added": forward("""
        sigma = torch.exp(0.5 * logvar) + 1e-4
        return mu + sigma * torch.randn_like(sigma)
    """),
    "floor by clamp": forward("""
        sigma = torch.exp(0.5 * logvar).clamp(min=1e-4)
        return mu + sigma * torch.randn_like(sigma)
    """),
    "floor in the variance": forward(
        "return mu + (logvar.exp() + 1e-8).sqrt() * torch.randn_like(mu)"
    ),
    "in float64 within": forward("""
        z = mu.double() + torch.exp(0.5 * logvar.double()) * torch.randn_like(mu.double())
        return z.to(mu.dtype)
    """),
    "noise in float32": forward("""
        eps = torch.randn(mu.shape, device=mu.device)
        return mu + torch.exp(0.5 * logvar) * eps
    """),
    "noise under no_grad": forward("""
        with torch.no_grad():
            eps = torch.randn_like(mu)
        return mu + torch.exp(0.5 * logvar) * eps
    """),
    "Box-Muller": forward("""
        u, v = torch.rand_like(mu), torch.rand_like(mu)
        eps = torch.sqrt(-2 * torch.log(1 - u)) * torch.cos(2 * torch.pi * v)
        return mu + torch.exp(0.5 * logvar) * eps
    """),
    "inverse of the distribution function": forward("""
        u = torch.rand_like(mu).clamp(1e-7, 1 - 1e-7)
        return mu + torch.exp(0.5 * logvar) * 2**0.5 * torch.erfinv(2 * u - 1)
    """),
    "vmap": forward(
        "return torch.func.vmap(one, randomness='different')(mu, logvar)",
        header="""
def one(mu, logvar):
    return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
""",
    ),
    "chunks": forward("""
        parts = zip(mu.split(1000), logvar.split(1000))
        return torch.cat([m + (0.5 * l).exp() * torch.randn_like(m) for m, l in parts])
    """),
    "row by row": forward("""
        rows = []
        for i in range(mu.size(0)):
            eps = torch.randn(mu.size(1), device=mu.device, dtype=mu.dtype)
            rows.append(mu[i] + torch.exp(0.5 * logvar[i]) * eps)
        return torch.stack(rows)
    """),
    "column by column into an empty tensor": forward("""
        z = torch.empty_like(mu)
        for j in torch.arange(mu.shape[1]):
            z[:, j] = mu[:, j] + torch.exp(0.5 * logvar[:, j]) * torch.randn_like(mu[:, j])
        return z
    """),
    "copy_ from the CPU": forward("""
        eps = torch.empty_like(mu).copy_(torch.randn(mu.shape))
        return mu + torch.exp(0.5 * logvar) * eps
    """),
    "diagonal matrices": forward("""
        eps = torch.randn_like(mu).unsqueeze(-1)
        return mu + (torch.diag_embed(torch.exp(0.5 * logvar)) @ eps).squeeze(-1)
    """),
    "own autograd function": """
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
""",
    "subclass, helper and partial": """
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
""",
    "annotated, with options": """
class Sampling(nn.Module):
    def __init__(self, temperature: float = 1.0) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(
        self, mu: torch.Tensor, logvar: torch.Tensor, *, scale: float = 1.0
    ) -> torch.Tensor:
        return mu + self.temperature * scale * torch.exp(0.5 * logvar) * torch.randn_like(mu)
""",
    "star arguments": """
class Sampling(nn.Module):
    def forward(self, *inputs):
        mean, log_variance = inputs
        return mean + (log_variance / 2).exp() * torch.randn_like(mean)
""",
    "buffer and rsample": """
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("factor", torch.tensor([0.5]))

    def forward(self, mu, logvar):
        return torch.distributions.Normal(mu, torch.exp(self.factor * logvar)).rsample()
""",
    "submodules": """
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.same = nn.Identity()
        self.history = []

    def forward(self, mu, logvar):
        z = self.same(mu) + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        self.history.append(z.detach())
        return z
""",
    "guard against NaN": forward("""
        if torch.isnan(mu).any() or torch.isnan(logvar).any():
            raise ValueError("NaN in the encoder's output")
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    """),
    "assertions": forward("""
        assert mu.shape == logvar.shape
        assert torch.isfinite(logvar).all(), "logvar is not finite"
        assert isinstance(mu, torch.Tensor) and mu.dtype == logvar.dtype
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    """),
    "prints, warns and logs": forward(
        """
        warnings.warn("logvar, not sigma")
        logging.warning("sampling")
        print("mu", mu.mean().item(), f"{logvar.mean():.3f}", mu[0].tolist())
        print("to stderr", file=sys.stderr)
        os.system("echo from a subprocess; echo and its stderr >&2")
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        """,
        header="import logging, os, sys, warnings",
    ),
    "draws a figure": forward(
        """
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        plt.figure()
        plt.plot(z.detach().cpu().numpy()[:10, 0])
        plt.show()
        return z
        """,
        header="import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt",
    ),
    "generator seeded by torch's": forward("""
        generator = torch.Generator(device=mu.device)
        generator.manual_seed(int(torch.randint(2**62, ())))
        eps = torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype)
        return mu + torch.exp(0.5 * logvar) * eps
    """),
    "leaves other defaults behind": forward("""
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        torch.set_default_dtype(torch.float64)
        return z
    """),
}

NUMPY = "import numpy as np"

WRONG = {
    # the standard deviation
    "S1 variance as std": (
        forward("return mu + torch.exp(logvar) * torch.randn_like(mu)"),
        z_itself(VARIANCE),
    ),
    "S16 variance as scale": (
        forward(
            "return Normal(mu, logvar.exp()).rsample()",
            header="from torch.distributions import Normal",
        ),
        z_itself(VARIANCE),
    ),
    "S2 logvar as std": (
        forward("""
            std = torch.exp(0.5 * logvar)
            eps = torch.randn_like(std)
            return mu + eps * logvar
        """),
        z_itself(LOGVAR),
    ),
    "S2 logvar as scale": (
        forward("return torch.distributions.Normal(mu, logvar).rsample()"),
        {SHAPE: POSITIVE, SPREAD: POSITIVE, GRADIENTS: POSITIVE, SMALL: POSITIVE},
    ),
    "S2 logvar in torch.normal": (
        forward("return torch.normal(mu, logvar)"),
        {SHAPE: POSITIVE, SPREAD: POSITIVE, GRADIENTS: POSITIVE, SMALL: POSITIVE},
    ),
    "S3 sqrt of logvar": (
        forward("return mu + torch.sqrt(logvar) * torch.randn_like(mu)"),
        z_itself("the square root of a negative number"),
    ),
    "sqrt of |logvar|": (
        forward("return mu + logvar.abs().sqrt() * torch.randn_like(mu)"),
        z_itself("the square root of |logvar| was used"),
    ),
    "S37 sigma is what it is called": (
        """
class Sampling(nn.Module):
    def forward(self, mu, sigma):
        epsilon = torch.randn_like(sigma)
        return mu + sigma * epsilon
""",
        z_itself(LOGVAR),
    ),
    "half of logvar": (
        forward("return mu + 0.5 * logvar * torch.randn_like(mu)"),
        z_itself("half of logvar was used as the standard deviation"),
    ),
    "half of the variance": (
        forward("return mu + 0.5 * torch.exp(logvar) * torch.randn_like(mu)"),
        z_itself("half of the variance was used"),
    ),
    "quarter": (
        forward("return mu + torch.exp(0.25 * logvar) * torch.randn_like(mu)"),
        z_itself("the half was taken twice"),
    ),
    "square root twice": (
        forward("return mu + torch.sqrt(torch.exp(0.5 * logvar)) * torch.randn_like(mu)"),
        z_itself("the half was taken twice"),
    ),
    "exponent doubled": (
        forward("return mu + torch.exp(2 * logvar) * torch.randn_like(mu)"),
        z_itself("the exponent is doubled"),
    ),
    "exponent negative": (
        forward("return mu + torch.exp(-0.5 * logvar) * torch.randn_like(mu)"),
        z_itself("the exponent has the wrong sign"),
    ),
    "precision": (
        forward("return mu + torch.randn_like(mu) / torch.exp(0.5 * logvar)"),
        z_itself("the exponent has the wrong sign"),
    ),
    "softplus": (
        forward("return mu + nn.functional.softplus(logvar) * torch.randn_like(mu)"),
        z_itself("softplus(logvar) was used"),
    ),
    "relu": (forward("return mu + torch.relu(logvar) * torch.randn_like(mu)"), z_itself("")),
    "sigmoid": (forward("return mu + torch.sigmoid(logvar) * torch.randn_like(mu)"), z_itself("")),
    "expm1": (
        forward("return mu + torch.expm1(0.5 * logvar) * torch.randn_like(mu)"),
        z_itself(""),
    ),
    "base 2": (forward("return mu + 2 ** (0.5 * logvar) * torch.randn_like(mu)"), z_itself("")),
    "logvar not used": (
        forward("return mu + torch.randn_like(mu)"),
        {SPREAD: "logvar is not used", GRADIENTS: SIGMA_CUT},
    ),
    "temperature": (
        forward("return mu + 0.1 * torch.exp(0.5 * logvar) * torch.randn_like(mu)"),
        {SPREAD: "sigma * eps is multiplied by about 0.1 as well"},
    ),
    "constant sigma": (
        forward("return mu + 0.1 * torch.randn_like(mu)"),
        {SPREAD: "sigma is about 0.1 whatever logvar is", GRADIENTS: SIGMA_CUT},
    ),
    "clamp at 5": (
        forward("""
            logvar = logvar.clamp(-5, 5)
            return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        """),
        {SPREAD: TIGHT},
    ),
    "clamp as in SAC": (
        forward("""
            LOG_STD_MIN, LOG_STD_MAX = -20, 2
            logvar = torch.clamp(logvar, LOG_STD_MIN, LOG_STD_MAX)
            return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        """),
        {SPREAD: TIGHT},
    ),
    "clamp at 2": (
        forward("return mu + (0.5 * logvar.clamp(-2, 2)).exp() * torch.randn_like(mu)"),
        {SPREAD: TIGHT},
    ),
    "relu on logvar": (
        forward("return mu + torch.exp(0.5 * torch.relu(logvar)) * torch.randn_like(mu)"),
        z_itself(TIGHT),
    ),
    "tanh on logvar": (
        forward("return mu + torch.exp(0.5 * torch.tanh(logvar)) * torch.randn_like(mu)"),
        z_itself(""),
    ),
    "floor of 0.1": (
        forward("return mu + torch.exp(0.5 * logvar).clamp(min=0.1) * torch.randn_like(mu)"),
        {SPREAD: TIGHT},
    ),
    "floor of 0.01 added": (
        forward("return mu + (torch.exp(0.5 * logvar) + 0.01) * torch.randn_like(mu)"),
        z_itself(""),
    ),
    # the mean
    "S36 mean over the batch": (
        forward("return mu.mean(0) + torch.exp(0.5 * logvar) * torch.randn_like(mu)"),
        z_itself("mu was averaged over the batch"),
    ),
    "mean over the batch, kept": (
        forward("""
            mu, logvar = mu.mean(0, keepdim=True), logvar.mean(0, keepdim=True)
            eps = torch.randn(len(logvar), 1)
            return mu + torch.exp(0.5 * logvar) * eps
        """),
        everywhere(""),
    ),
    "both averaged over the batch": (
        forward("""
            eps = torch.randn_like(mu)
            mu, logvar = mu.mean(0), logvar.mean(0)
            return mu + torch.exp(0.5 * logvar) * eps
        """),
        z_itself("mu and logvar were averaged over the batch"),
    ),
    "logvar averaged over the batch": (
        forward("return mu + torch.exp(0.5 * logvar.mean(0)) * torch.randn_like(mu)"),
        z_itself("logvar was averaged over the batch"),
    ),
    "mean of everything": (
        forward("return mu.mean() + torch.exp(0.5 * logvar) * torch.randn_like(mu)"),
        z_itself("mu was averaged over everything"),
    ),
    "mean over dimensions": (
        forward("return mu.mean(1, keepdim=True) + (logvar / 2).exp() * torch.randn_like(mu)"),
        z_itself("mu was averaged over dimensions"),
    ),
    "S7 eps alone": (
        forward("return torch.randn_like(mu)"),
        {SHAPE: "", SPREAD: "z is eps alone", GRADIENTS: CUT, FRESH: "", SMALL: ""},
    ),
    "mu missing": (
        forward("return torch.exp(0.5 * logvar) * torch.randn_like(mu)"),
        z_itself("mu is missing"),
    ),
    "mu subtracted": (
        forward("return torch.exp(0.5 * logvar) * torch.randn_like(mu) - mu"),
        z_itself("mu was subtracted, not added"),
    ),
    "mu scaled too": (
        forward("return (mu + torch.randn_like(mu)) * torch.exp(0.5 * logvar)"),
        z_itself("mu was scaled too"),
    ),
    "mu times eps": (
        forward("return torch.randn_like(mu) * (mu + (0.5 * logvar).exp())"),
        z_itself("mu was multiplied by eps too"),
    ),
    "mu and sigma changed places": (
        forward("return mu * torch.randn_like(mu) + torch.exp(0.5 * logvar)"),
        z_itself("mu and sigma changed places"),
    ),
    "arguments swapped": (
        """
class Sampling(nn.Module):
    def forward(self, logvar, mu):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
""",
        z_itself("mu and logvar were swapped"),
    ),
    "mu a little larger": (
        forward("return 1.05 * mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)"),
        z_itself(""),
    ),
    "images shuffled": (
        forward("""
            z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
            return z[torch.randperm(len(z))]
        """),
        z_itself(""),
    ),
    "noise and mean of the neighbour": (
        forward("return mu.roll(1, 0) + torch.exp(0.5 * logvar) * torch.randn_like(mu)"),
        z_itself(""),
    ),
    # no noise
    "S8 eps missing": (
        forward("return mu + torch.exp(0.5 * logvar)"),
        {GRADIENTS: "there is no noise", SPREAD: "there is no noise", FRESH: NO_NOISE},
    ),
    "S8 epsilon_std": (
        forward("""
            epsilon_std = 1.0
            return mu + torch.exp(logvar / 2) * epsilon_std
        """),
        {GRADIENTS: "there is no noise", SPREAD: "there is no noise", FRESH: NO_NOISE},
    ),
    "S9 mu": (
        forward("return mu"),
        {SHAPE: "", SMALL: ""}
        | {GRADIENTS: "there is no noise", SPREAD: "there is no noise", FRESH: NO_NOISE},
    ),
    "noise only in train mode": (
        forward("""
            if self.training:
                return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
            return mu
        """),
        {SPREAD: "there is no noise", FRESH: "there is no noise in eval mode"},
    ),
    "branches mixed up": (
        forward("""
            if self.training:
                return mu
            return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        """),
        {GRADIENTS: "there is no noise", SPREAD: "there is no noise", FRESH: NO_NOISE},
    ),
    "less noise in eval mode": (
        forward("""
            std = torch.exp(0.5 * logvar)
            if not self.training:
                std = 0.5 * std
            return mu + std * torch.randn_like(mu)
        """),
        {SPREAD: "multiplied by about 0.5", FRESH: "`self.training` changes the noise"},
    ),
    "kept noise in eval mode": (
        """
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.eps = None

    def forward(self, mu, logvar):
        if self.training or self.eps is None or self.eps.shape != mu.shape:
            self.eps = torch.randn_like(mu)
        return mu + torch.exp(0.5 * logvar) * self.eps
""",
        {FRESH: KEPT},
    ),
    # noise of another kind
    "S4 rand": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.rand_like(mu)"),
        {SPREAD: "`rand` (uniform on 0 to 1) instead of `randn` (standard norm"},
    ),
    "rand, centred": (
        forward("return mu + torch.exp(0.5 * logvar) * (torch.rand_like(mu) - 0.5)"),
        {SPREAD: NOT_NORMAL},
    ),
    "rand, -1 to 1": (
        forward("return mu + torch.exp(0.5 * logvar) * (2 * torch.rand_like(mu) - 1)"),
        {SPREAD: NOT_NORMAL},
    ),
    "rand with the right variance": (
        forward("return mu + torch.exp(0.5 * logvar) * 12**0.5 * (torch.rand_like(mu) - 0.5)"),
        {SPREAD: NOT_NORMAL},
    ),
    "Laplace with the right variance": (
        forward("""
            eps = torch.distributions.Laplace(0.0, 0.5**0.5).sample(mu.shape).to(mu)
            return mu + torch.exp(0.5 * logvar) * eps
        """),
        {SPREAD: NOT_NORMAL},
    ),
    "Laplace": (
        forward(
            "return Laplace(mu, torch.exp(0.5 * logvar)).rsample()",
            header="from torch.distributions import Laplace",
        ),
        {SPREAD: NOT_NORMAL},
    ),
    "Student with the right variance": (
        forward("""
            eps = torch.distributions.StudentT(8.0).sample(mu.shape).to(mu)
            return mu + torch.exp(0.5 * logvar) * eps * (6 / 8) ** 0.5
        """),
        {SPREAD: NOT_NORMAL},
    ),
    "plus or minus one": (
        forward("""
            eps = 2 * torch.randint_like(mu, 2) - 1
            return mu + torch.exp(0.5 * logvar) * eps
        """),
        {SPREAD: NOT_NORMAL},
    ),
    "clipped at 2": (
        forward("return mu + (0.5 * logvar).exp() * torch.randn_like(mu).clamp(-2, 2)"),
        {SPREAD: NOT_NORMAL},
    ),
    "clipped at 3": (
        forward("return mu + (0.5 * logvar).exp() * torch.randn_like(mu).clamp(-3, 3)"),
        {SPREAD: NOT_NORMAL},
    ),
    "truncated": (
        forward("""
            eps = nn.init.trunc_normal_(torch.empty_like(mu))
            return mu + torch.exp(0.5 * logvar) * eps
        """),
        {SPREAD: NOT_NORMAL},
    ),
    "absolute noise": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu).abs()"),
        {SPREAD: ""},
    ),
    "dropout as noise": (
        forward("return mu + torch.exp(0.5 * logvar) * nn.functional.dropout(torch.ones_like(mu))"),
        {SPREAD: ""},
    ),
    # noise that is shared
    "S20 eps of shape (D,)": (
        forward("""
            eps = torch.randn(mu.shape[-1], device=mu.device, dtype=mu.dtype)
            return mu + torch.exp(0.5 * logvar) * eps
        """),
        {SPREAD: ONE_ROW, FRESH: ONE_ROW},
    ),
    "eps of shape (D,) on the CPU": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.randn(mu.size(1))"),
        {SPREAD: ONE_ROW, FRESH: ONE_ROW, SMALL: DEVICE},
    ),
    "eps of the first image": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu[0])"),
        {SPREAD: ONE_ROW, FRESH: ONE_ROW},
    ),
    "eps of shape (B, 1)": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu[:, :1])"),
        {FRESH: "one random number for each image"},
    ),
    "one number": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.randn(1)"),
        {
            SPREAD: "one random number for the whole batch",
            FRESH: "one random number for the whole batch",
            SMALL: DEVICE,
        },
    ),
    "one number by Normal": (
        forward("""
            eps = torch.distributions.Normal(0, 1).sample()
            return mu + torch.exp(0.5 * logvar) * eps
        """),
        {
            SPREAD: "one random number for the whole batch",
            FRESH: "one random number for the whole batch",
        },
    ),
    "half of the noise shared": (
        forward("""
            own, shared = torch.randn_like(mu), torch.randn_like(mu[:1])
            return mu + torch.exp(0.5 * logvar) * (own + shared) / 2**0.5
        """),
        {SPREAD: "", FRESH: ""},
    ),
    "vmap with the same noise": (
        forward("""
            draw = lambda m, v: m + torch.exp(0.5 * v) * torch.randn_like(m)
            return torch.func.vmap(draw, randomness="same")(mu, logvar)
        """),
        {SPREAD: ONE_ROW, FRESH: ONE_ROW},
    ),
    "half the batch again": (
        forward("""
            half = torch.randn_like(mu[: (len(mu) + 1) // 2])
            return mu + torch.exp(0.5 * logvar) * torch.cat([half, half])[: len(mu)]
        """),
        {FRESH: "the same noise is used twice (or as -eps)"},
    ),
    "antithetic": (
        forward("""
            half = torch.randn_like(mu[: (len(mu) + 1) // 2])
            return mu + torch.exp(0.5 * logvar) * torch.cat([half, -half])[: len(mu)]
        """),
        {FRESH: "the same noise is used twice (or as -eps)"},
    ),
    "antithetic over calls": (
        """
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
""",
        {FRESH: "the noise of one call comes back as -eps"},
    ),
    "sorted": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu).sort(0).values"),
        {FRESH: ""},
    ),
    "centred over the batch": (
        forward("""
            eps = torch.randn_like(mu)
            return mu + torch.exp(0.5 * logvar) * (eps - eps.mean(0))
        """),
        {FRESH: ""},
    ),
    "standardised over the batch": (
        forward("""
            eps = torch.randn_like(mu)
            eps = (eps - eps.mean(0)) / (eps.std(0) + 1e-6)
            return mu + torch.exp(0.5 * logvar) * eps
        """),
        {FRESH: ""},
    ),
    # noise that is kept or seeded
    "S22 kept by shape": (
        """
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.noise = {}

    def forward(self, mu, logvar):
        if mu.shape not in self.noise:
            self.noise[mu.shape] = torch.randn_like(mu)
        return mu + torch.exp(0.5 * logvar) * self.noise[mu.shape]
""",
        {FRESH: KEPT},
    ),
    "S22 drawn in __init__": (
        """
class Sampling(nn.Module):
    def __init__(self, latent_dim=20):
        super().__init__()
        self.eps = torch.randn(latent_dim)

    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * self.eps
""",
        everywhere(""),
    ),
    "S22 drawn in __init__, cut to size": (
        """
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("eps", torch.randn(200_000))

    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * self.eps[: mu.numel()].view(mu.shape).to(mu)
""",
        {FRESH: KEPT},
    ),
    "kept by lru_cache": (
        forward(
            "return mu + torch.exp(0.5 * logvar) * noise(mu.shape).to(mu)",
            header="""
import functools


@functools.lru_cache
def noise(shape):
    return torch.randn(shape)

""",
        ),
        {FRESH: KEPT},
    ),
    "kept and shuffled": (
        """
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.noise = {}

    def forward(self, mu, logvar):
        if mu.shape not in self.noise:
            self.noise[mu.shape] = torch.randn_like(mu)
        eps = self.noise[mu.shape][torch.randperm(len(mu))]
        return mu + torch.exp(0.5 * logvar) * eps
""",
        {FRESH: "keeps noise for a later call"},
    ),
    "S22 manual_seed": (
        forward("""
            torch.manual_seed(0)
            return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        """),
        {FRESH: "`forward` sets the seed itself (`torch.manual_seed`), so noi"},
    ),
    "seed from the clock": (
        forward("""
            torch.seed()
            return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        """),
        {FRESH: "`forward` sets a seed itself"},
    ),
    "own generator, one seed": (
        forward("""
            generator = torch.Generator(mu.device).manual_seed(42)
            eps = torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype)
            return mu + torch.exp(0.5 * logvar) * eps
        """),
        {FRESH: KEPT},
    ),
    "own generator": (
        """
class Sampling(nn.Module):
    def __init__(self):
        super().__init__()
        self.generator = torch.Generator().manual_seed(0)

    def forward(self, mu, logvar):
        eps = torch.randn(mu.shape, generator=self.generator).to(mu)
        return mu + torch.exp(0.5 * logvar) * eps
""",
        {FRESH: NOT_TORCH},
    ),
    "S23 NumPy": (
        forward(
            "return mu + torch.exp(0.5 * logvar) * torch.tensor(np.random.randn(*mu.shape))",
            header=NUMPY,
        ),
        {SHAPE: "", FRESH: NOT_TORCH, SMALL: DEVICE},
    ),
    "NumPy, cast and moved": (
        forward(
            """
            epsilon = np.random.normal(loc=0.0, scale=1.0, size=mu.shape)
            return mu + torch.exp(0.5 * logvar) * torch.from_numpy(epsilon).to(mu)
            """,
            header=NUMPY,
        ),
        {FRESH: NOT_TORCH},
    ),
    "NumPy generator": (
        forward(
            """
            eps = np.random.default_rng().standard_normal(mu.shape, dtype=np.float32)
            return mu + torch.exp(0.5 * logvar) * torch.as_tensor(eps).to(mu)
            """,
            header=NUMPY,
        ),
        {FRESH: NOT_TORCH},
    ),
    "NumPy throughout": (
        forward(
            """
            mu, logvar = mu.detach().numpy(), logvar.detach().numpy()
            return mu + np.exp(0.5 * logvar) * np.random.randn(*mu.shape)
            """,
            header=NUMPY,
        ),
        everywhere(""),
    ),
    "NumPy there and back": (
        forward(
            """
            m, s = mu.detach().numpy(), np.exp(0.5 * logvar.detach().numpy())
            return torch.tensor(np.random.normal(m, s), dtype=mu.dtype)
            """,
            header=NUMPY,
        ),
        {GRADIENTS: CUT, FRESH: NOT_TORCH, SMALL: DEVICE},
    ),
    "NumPy's exp": (
        forward("return mu + np.exp(0.5 * logvar) * torch.randn_like(mu)", header=NUMPY),
        {GRADIENTS: "NumPy cannot pass on gradients", SMALL: DEVICE},
    ),
    "math's exp": (
        forward("return mu + math.exp(0.5 * logvar) * torch.randn_like(mu)", header="import math"),
        everywhere("`math` takes single numbers"),
    ),
    "random.gauss": (
        forward(
            """
            eps = torch.tensor([[random.gauss(0, 1) for _ in row] for row in mu])
            return mu + torch.exp(0.5 * logvar) * eps.to(mu)
            """,
            header="import random",
        ),
        {FRESH: NOT_TORCH},
    ),
    # gradients
    "S12 sample": (
        forward("return torch.distributions.Normal(mu, torch.exp(0.5 * logvar)).sample()"),
        {GRADIENTS: CUT},
    ),
    "S13 torch.normal": (
        forward("return torch.normal(mu, torch.exp(0.5 * logvar))"),
        {GRADIENTS: "nothing is passed back to mu and logvar, as by `torch.normal"},
    ),
    "torch.normal for the noise": (
        forward("return mu + torch.normal(torch.zeros_like(mu), torch.exp(0.5 * logvar))"),
        {GRADIENTS: SIGMA_CUT},
    ),
    "S18 std detached": (
        forward("return mu + torch.exp(0.5 * logvar).detach() * torch.randn_like(mu)"),
        {GRADIENTS: SIGMA_CUT},
    ),
    "std under no_grad": (
        forward("""
            with torch.no_grad():
                std = torch.exp(0.5 * logvar)
            return mu + std * torch.randn_like(mu)
        """),
        {GRADIENTS: SIGMA_CUT},
    ),
    "logvar.data": (
        forward("return mu + torch.exp(0.5 * logvar.data) * torch.randn_like(mu)"),
        {GRADIENTS: SIGMA_CUT},
    ),
    "mu detached": (
        forward("return mu.detach() + torch.exp(0.5 * logvar) * torch.randn_like(mu)"),
        {GRADIENTS: "no gradient reaches mu"},
    ),
    "z detached": (
        forward("return (mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)).detach()"),
        {GRADIENTS: CUT},
    ),
    "decorated with no_grad": (
        """
class Sampling(nn.Module):
    @torch.no_grad()
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
""",
        {GRADIENTS: CUT},
    ),
    "inference mode": (
        """
class Sampling(nn.Module):
    @torch.inference_mode()
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
""",
        {GRADIENTS: CUT},
    ),
    "leaves gradients switched off": (
        forward("""
            z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
            torch.set_grad_enabled(False)
            return z
        """),
        {GRADIENTS: CUT},
    ),
    "z made anew": (
        forward("""
            z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
            return torch.tensor(z.tolist(), dtype=mu.dtype, requires_grad=True)
        """),
        {GRADIENTS: "nothing is passed back to mu and logvar, as by `torch.normal", SMALL: DEVICE},
    ),
    "autograd function with a wrong backward": (
        """
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
""",
        {GRADIENTS: ""},
    ),
    # devices and inputs
    "S25 noise on the CPU": (
        forward("""
            std = torch.exp(0.5 * logvar)
            eps = torch.randn(std.size())
            return mu + eps * std
        """),
        {SMALL: DEVICE},
    ),
    "noise on the CPU, dtype kept": (
        forward("return mu + (0.5 * logvar).exp() * torch.randn(mu.shape, dtype=mu.dtype)"),
        {SMALL: DEVICE},
    ),
    "noise on the CPU, in place": (
        forward("""
            z = torch.exp(0.5 * logvar) * 1
            z *= torch.randn(z.shape)
            z += mu
            return z
        """),
        {SMALL: DEVICE},
    ),
    "in place on what the gradient needs": (
        forward("""
            std = torch.exp(0.5 * logvar)
            return std.mul_(torch.randn_like(std)).add_(mu)
        """),
        {GRADIENTS: "an operation in place overwrote what the gradient needs"},
    ),
    "noise on the CPU, in place on itself": (
        forward("""
            eps = torch.randn(mu.shape, dtype=mu.dtype)
            eps *= torch.exp(0.5 * logvar)
            eps += mu
            return eps
        """),
        {SMALL: DEVICE},
    ),
    "noise on the CPU, a product of matrices": (
        forward("""
            eps = torch.randn(*mu.shape, 1, dtype=mu.dtype)
            return mu + (torch.diag_embed(torch.exp(0.5 * logvar)) @ eps).squeeze(-1)
        """),
        {SMALL: DEVICE},
    ),
    "noise on the CPU by Normal": (
        forward(
            "return mu + torch.exp(0.5 * logvar) * Normal(0, 1).sample(mu.shape)",
            header="from torch.distributions import Normal",
        ),
        {SMALL: DEVICE},
    ),
    "noise on the CPU behind a guard": (
        forward("""
            assert torch.isfinite(mu).all()
            return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape)
        """),
        {SMALL: DEVICE},
    ),
    "noise brought to the CPU": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu).cpu()"),
        {SMALL: DEVICE},
    ),
    "z brought to the CPU": (
        forward("return (mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)).cpu()"),
        {SMALL: DEVICE},
    ),
    "FloatTensor": (
        forward("""
            std = logvar.mul(0.5).exp_()
            eps = torch.FloatTensor(std.size()).normal_()
            return eps.mul(std).add_(mu)
        """),
        {SMALL: DEVICE},
    ),
    "cuda": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape).cuda()"),
        everywhere(DEVICE),
    ),
    "S28 logvar in place": (
        forward("""
            std = logvar.mul_(0.5).exp_()
            return mu + std * torch.randn_like(std)
        """),
        {SMALL: IN_PLACE},
    ),
    "mu in place": (
        forward("""
            mu += torch.exp(0.5 * logvar) * torch.randn_like(mu)
            return mu
        """),
        {SMALL: IN_PLACE},
    ),
    "mu.data in place": (
        forward("""
            mu.data += torch.exp(0.5 * logvar) * torch.randn_like(mu)
            return mu
        """),
        {GRADIENTS: SIGMA_CUT, SMALL: IN_PLACE},
    ),
    "clamp in place": (
        forward("""
            logvar.clamp_(-10, 10)
            return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        """),
        {SMALL: IN_PLACE},
    ),
    # what comes back
    "nothing": (
        forward("""
            std = torch.exp(0.5 * logvar)
            z = mu + std * torch.randn_like(std)
        """),
        everywhere("a missing `return`"),
    ),
    "a tuple": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu), mu, logvar"),
        everywhere(""),
    ),
    "a list": (
        forward("return [m + (v / 2).exp() * torch.randn_like(m) for m, v in zip(mu, logvar)]"),
        everywhere(""),
    ),
    "always float32": (
        forward("return (mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)).float()"),
        {SHAPE: ""},
    ),
    "always float64": (
        forward("return (mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)).double()"),
        {SHAPE: ""},
    ),
    "squeezed": (
        forward("return (mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)).squeeze()"),
        {SHAPE: "`squeeze` drops every dimension of size 1, the batch too"},
    ),
    "flat": (
        forward("return (mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)).flatten()"),
        everywhere(""),
    ),
    "side by side": (
        forward("return torch.cat([mu, torch.exp(0.5 * logvar) * torch.randn_like(mu)], dim=1)"),
        everywhere(""),
    ),
    "outer product": (
        forward("return mu[:, None] + torch.exp(0.5 * logvar) * torch.randn_like(mu)"),
        everywhere(""),
    ),
    "summed over dimensions": (
        forward("return (mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)).sum(1)"),
        everywhere(""),
    ),
    "sized for 20 dimensions": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape[0], 20).to(mu)"),
        everywhere(""),
    ),
    "complex": (
        forward("return torch.complex(mu, torch.exp(0.5 * logvar) * torch.randn_like(mu))"),
        everywhere(""),
    ),
    # what is not a layer, or does not run
    "a function": (
        "def Sampling(mu, logvar):\n    return mu + (logvar / 2).exp() * torch.randn_like(mu)\n",
        everywhere(""),
    ),
    "not a module": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)").replace(
            "(nn.Module)", ""
        ),
        everywhere(""),
    ),
    "Keras's call": (
        """
class Sampling(nn.Module):
    def call(self, inputs):
        z_mean, z_log_var = inputs
        epsilon = torch.randn(z_mean.shape)
        return z_mean + torch.exp(0.5 * z_log_var) * epsilon
""",
        everywhere("PyTorch calls the method named `forward`, indented inside th"),
    ),
    "one tuple as argument": (
        """
class Sampling(nn.Module):
    def forward(self, inputs):
        mu, logvar = inputs
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
""",
        everywhere(PARAMETERS),
    ),
    "self forgotten": (
        """
class Sampling(nn.Module):
    def forward(mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
""",
        everywhere(PARAMETERS),
    ),
    "self. forgotten at a method": (
        """
class Sampling(nn.Module):
    def noise(self, mu):
        return torch.randn_like(mu)

    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * noise(mu)
""",
        everywhere("`self.` is missing: a method finds what belongs to its object"),
    ),
    "argument in __init__": (
        """
class Sampling(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()

    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
""",
        everywhere(PARAMETERS),
    ),
    "super forgotten": (
        """
class Sampling(nn.Module):
    def __init__(self):
        self.scale = 0.5

    def forward(self, mu, logvar):
        return mu + torch.exp(self.scale * logvar) * torch.randn_like(mu)
""",
        everywhere("`super().__init__()` is missing in `__init__`"),
    ),
    "super after a submodule": (
        """
class Sampling(nn.Module):
    def __init__(self):
        self.same = nn.Identity()
        super().__init__()

    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
""",
        everywhere("`super().__init__()` must come first in `__init__`"),
    ),
    "K is not defined": (
        forward("""
            epsilon = K.random_normal(shape=(K.shape(mu)[0], K.int_shape(mu)[1]))
            return mu + K.exp(0.5 * logvar) * epsilon
        """),
        everywhere(""),
    ),
    "torch has no random_normal": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.random_normal(mu.shape)"),
        everywhere(""),
    ),
    "randn of a tensor": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.randn(mu)"),
        everywhere(""),
    ),
    "noise of integers": (
        forward("return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu.long())"),
        everywhere(""),
    ),
    "exit": (
        forward("""
            import sys
            sys.exit("done")
        """),
        everywhere(""),
    ),
    "endless loop": (
        forward("""
            while True:
                pass
        """),
        everywhere("an endless loop, or steps that are far too slow"),
    ),
    "endless loop that catches all": (
        forward("""
            while True:
                try:
                    eps = torch.randn_like(mu)
                except:
                    pass
        """),
        everywhere("an endless loop, or steps that are far too slow"),
    ),
    "sleeps": (
        forward("""
            import time
            time.sleep(3600)
            return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        """),
        everywhere("an endless loop, or steps that are far too slow"),
    ),
    "calls itself": (forward("return self(mu, logvar)"), everywhere("")),
    # vaelib's own
    "vaelib's class": ("from vaelib import Sampling\n", everywhere("")),
    "vaelib's class called": (
        forward("""
            from vaelib.sampling import Sampling as Reference
            return Reference()(mu, logvar)
        """),
        everywhere(""),
    ),
    "vaelib's class inherited": (
        "import vaelib\n\n\nclass Sampling(vaelib.Sampling):\n    pass\n",
        everywhere(""),
    ),
    "vaelib's forward by super": (
        """
import vaelib.sampling as reference


class Sampling(reference.Sampling):
    def forward(self, mu, logvar):
        return super().forward(mu, logvar)
""",
        everywhere(""),
    ),
    "vaelib's forward borrowed": (
        "import vaelib\n\n\nclass Sampling(nn.Module):\n    forward = vaelib.Sampling.forward\n",
        everywhere(""),
    ),
    "vaelib's model": (
        forward("return VAE().sampling(mu, logvar)", header="from vaelib import VAE"),
        everywhere(""),
    ),
    "batch norm": (
        forward("""
            mu = nn.functional.batch_norm(mu, None, None, training=True)
            return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        """),
        {SHAPE: "batch norm in train mode needs several rows", SPREAD: "", GRADIENTS: ""},
    ),
}
