"""Right and wrong answers to the log-variance assignment, as learners write them.

RIGHT: name -> source. WRONG: name -> (source, {failed skill: part of the diagnosis}); the
diagnosis is "" where the check must name no cause. Every skill not listed must pass. Each source
runs after REST in a namespace of its own: it redefines one of the two functions, or both.
"""

from textwrap import dedent, indent

SKILLS = STD, STD_SLOPES, VALUES, SLOPES = (
    "std_values",
    "std_gradients",
    "log_prob_values",
    "log_prob_gradients",
)

REST = """
import math

import torch


def std_from_logvar(logvar):
    return torch.exp(0.5 * logvar)


def gaussian_log_prob(z, mu, logvar):
    squares = (z - mu) ** 2 * torch.exp(-logvar)
    return -0.5 * (squares + logvar + math.log(2 * math.pi)).sum(dim=1)
"""

# Parts of diagnoses that several mistakes share.
DEVICE = "something is made on one device whatever the inputs' device"
IN_PLACE = "an operation in place: a trailing underscore"
CUT = "the graph is cut by"
PARAMETERS = "the parameters are not those of the assignment"
POSITIVE = "a standard deviation is positive, a log-variance need not be"
TIGHT = "clamped too tightly"
UNDERFLOW = "the density is 0 in float32 there"
NUMPY = "NumPy cannot pass on gradients"
MATH = "`math` takes single numbers"


def _function(signature, body, header):
    body = dedent(body).strip("\n")
    if "\n" not in body and not body.startswith(("return", "raise")):
        body = f"return {body}"
    return f"{header}\ndef {signature}:\n{indent(body, ' ' * 4)}\n"


def std(body, header=""):
    """Write std_from_logvar as most learners do; a line alone is what it returns."""
    return _function("std_from_logvar(logvar)", body, header)


def density(body, header=""):
    return _function("gaussian_log_prob(z, mu, logvar)", body, header)


def both_std(likely):
    return dict.fromkeys(SKILLS[:2], likely)


def both(likely):
    """Return the expectation of a density that is wrong in values and gradients."""
    return dict.fromkeys(SKILLS[2:], likely)


DISTRIBUTIONS = "import torch.distributions as D"

RIGHT = {
    "textbook": "",
    "half of logvar": std("(logvar / 2).exp()"),
    "square root of the variance": std("torch.sqrt(torch.exp(logvar))"),
    "variance to the half": std("logvar.exp() ** 0.5"),
    "power of e": std("math.e ** (0.5 * logvar)"),
    "in place on own temporaries": std("logvar.mul(0.5).exp_()"),
    "exp2": std("torch.exp2(0.5 * logvar / math.log(2))"),
    "clamp at 10": std("torch.exp(0.5 * logvar.clamp(-10, 10))"),
    "clamp from -30 to 20": std("torch.exp(0.5 * torch.clamp(logvar, min=-30.0, max=20.0))"),
    "floor added": std("torch.exp(0.5 * logvar) + 1e-4"),
    "floor by clamp": std("logvar.mul(0.5).exp().clamp(min=1e-4)"),
    "epsilon under the root": std("torch.sqrt(logvar.exp() + 1e-8)"),
    "log-sum-exp": std("torch.logaddexp(logvar / 2, torch.full_like(logvar, -40.0)).exp()"),
    "typed and documented": '''
def std_from_logvar(logvar: torch.Tensor, *, scale: float = 0.5) -> torch.Tensor:
    """Return sigma. log(sigma^2) = logvar, so log(sigma) = logvar / 2."""
    print("shape", logvar.shape)
    return torch.exp(scale * logvar)
''',
    "a lambda": "std_from_logvar = lambda log_var: (0.5 * log_var).exp()\n",
    "a module": """
class Std(torch.nn.Module):
    def forward(self, logvar):
        return (0.5 * logvar).exp()


std_from_logvar = Std()
""",
    "guards": std("""
        if not torch.is_tensor(logvar):
            raise TypeError("tensor wanted")
        assert not torch.isnan(logvar).any()
        return torch.exp(logvar / 2.0)
    """),
    "density: calls std_from_logvar": density("""
        std = std_from_logvar(logvar)
        eps = (z - mu) / std
        return (-0.5 * eps**2 - torch.log(std) - 0.5 * math.log(2 * math.pi)).sum(-1)
    """),
    "density: distributions": density(
        "D.Normal(mu, torch.exp(0.5 * logvar)).log_prob(z).sum(dim=1)", DISTRIBUTIONS
    ),
    "density: Independent": density(
        "return D.Independent(D.Normal(mu, (logvar / 2).exp()), 1).log_prob(z)", DISTRIBUTIONS
    ),
    "density: MultivariateNormal": density(
        "D.MultivariateNormal(mu, torch.diag_embed(logvar.exp())).log_prob(z)", DISTRIBUTIONS
    ),
    "density: sums apart": density("""
        dim = z.shape[1]
        quadratic = ((mu - z).pow(2) / logvar.exp()).sum(1)
        return -0.5 * quadratic - 0.5 * logvar.sum(1) - 0.5 * dim * math.log(2 * math.pi)
    """),
    "density: log of the root": density("""
        var = torch.exp(logvar)
        log_norm = -torch.log(torch.sqrt(2 * torch.pi * var))
        return torch.sum(log_norm - (z - mu) ** 2 / (2 * var), dim=-1)
    """),
    "density: GaussianNLLLoss": density("""
        nll = torch.nn.functional.gaussian_nll_loss(
            mu, z, logvar.exp(), full=True, reduction="none", eps=1e-12
        )
        return -nll.sum(dim=1)
    """),
    "density: einsum": density("""
        precision = torch.exp(-logvar)
        d = z - mu
        quadratic = torch.einsum("bi,bi,bi->b", d, precision, d)
        constant = math.log(2 * math.pi) * z.size(-1)
        return -(quadratic + logvar.sum(-1) + constant) / 2
    """),
    "density: row by row": density("""
        rows = []
        for a, b, c in zip(z, mu, logvar):
            rows.append((-0.5 * ((a - b) ** 2 / c.exp() + c + math.log(2 * math.pi))).sum())
        return torch.stack(rows)
    """),
    "density: vmap": density("""
        def one(a, b, c):
            return -0.5 * ((a - b).square() / c.exp() + c + math.log(2 * math.pi)).sum()
        return torch.func.vmap(one)(z, mu, logvar)
    """),
    "density: floor": density("""
        std = torch.exp(0.5 * logvar).clamp(min=1e-4)
        return (-0.5 * ((z - mu) / std) ** 2 - std.log() - 0.5 * math.log(2 * math.pi)).sum(1)
    """),
    "density: clamp at 10": density("""
        logvar = torch.clamp(logvar, -10.0, 10.0)
        return -0.5 * ((z - mu) ** 2 * (-logvar).exp() + logvar + math.log(2 * math.pi)).sum(1)
    """),
    "density: epsilon in the variance": density("""
        var = logvar.exp() + 1e-8
        return (-0.5 * (z - mu) ** 2 / var - 0.5 * torch.log(2 * math.pi * var)).sum(1)
    """),
    "density: constant as a tensor": density("""
        log2pi = torch.log(torch.tensor(2 * torch.pi, dtype=z.dtype, device=z.device))
        return (-0.5 * (log2pi + logvar + (z - mu) ** 2 / torch.exp(logvar))).sum(1)
    """),
    "density: other names, by position": """
from math import log, pi


def gaussian_log_prob(sample, mean, log_var):
    return -0.5 * (log(2 * pi) + log_var + (sample - mean) ** 2 / log_var.exp()).sum(-1)
""",
    "density: half each": density("""
        log_sigma = logvar / 2
        return torch.distributions.Normal(0.0, 1.0).log_prob((z - mu) * torch.exp(-log_sigma)).sub(
            log_sigma
        ).sum(dim=1)
    """),
}

WRONG = {
    # sigma
    "variance": (std("torch.exp(logvar)"), both_std("exp(logvar) is the variance")),
    "logvar itself": (std("logvar"), both_std("logvar itself was returned")),
    "absolute value": (std("logvar.abs()"), both_std("the absolute value of logvar")),
    "no exponential": (std("0.5 * logvar"), both_std("the exponential is missing")),
    "doubled": (std("torch.exp(2 * logvar)"), both_std("the exponent is doubled")),
    "wrong sign": (std("torch.exp(-0.5 * logvar)"), both_std("the exponent has the wrong sign: ")),
    "precision": (std("torch.exp(-logvar)"), both_std("the exponent has the wrong sign and no")),
    "quarter": (std("torch.sqrt(torch.exp(0.5 * logvar))"), both_std("the half was taken twice")),
    "half outside": (std("0.5 * torch.exp(logvar)"), both_std("half the variance is not sigma")),
    "softplus": (std("torch.nn.functional.softplus(logvar)"), both_std("softplus(logvar)")),
    "root of absolute": (std("logvar.abs().sqrt()"), both_std("the square root of |logvar|")),
    "square root": (
        std("torch.sqrt(logvar)"),
        {STD: "the square root or the logarithm", STD_SLOPES: ""},
    ),
    "log": (
        std("torch.log(logvar) / 2"),
        {STD: "the square root or the logarithm", STD_SLOPES: ""},
    ),
    "expm1": (std("torch.expm1(0.5 * logvar)"), {STD: "`expm1` subtracts 1"}),
    "base 2": (std("2 ** (logvar / 2)"), both_std("the base is 2")),
    "sigmoid": (std("torch.sigmoid(logvar)"), both_std("")),
    "relu": (std("torch.relu(logvar)"), both_std("")),
    "a constant": (std("torch.ones_like(logvar)"), {STD: "", STD_SLOPES: CUT}),
    "clamp at 5": (std("torch.exp(0.5 * logvar.clamp(-5, 5))"), {STD: TIGHT}),
    "clamp above at 2": (std("torch.exp(0.5 * logvar.clamp(max=2))"), {STD: TIGHT}),
    "floor of 0.01": (std("logvar.mul(0.5).exp().clamp(min=0.01)"), {STD: TIGHT}),
    "epsilon of 1e-3": (std("torch.exp(0.5 * logvar) + 1e-3"), {STD: ""}),
    "detached": (std("torch.exp(0.5 * logvar.detach())"), {STD_SLOPES: CUT}),
    "data": (std("torch.exp(0.5 * logvar.data)"), {STD_SLOPES: CUT}),
    "no_grad": (
        std("""
            with torch.no_grad():
                return torch.exp(0.5 * logvar)
        """),
        {STD_SLOPES: CUT},
    ),
    "in place": (std("logvar.mul_(0.5).exp_()"), {STD_SLOPES: IN_PLACE}),
    "in place on data": (
        std("""
            logvar.data *= 0.5
            return logvar.exp()
        """),
        {STD_SLOPES: ""},
    ),
    "clamp in place": (
        std("""
            with torch.no_grad():
                logvar.clamp_(-10, 10)
            return torch.exp(0.5 * logvar)
        """),
        {STD_SLOPES: IN_PLACE},
    ),
    "NumPy": (std("np.exp(0.5 * logvar)", "import numpy as np"), {STD_SLOPES: NUMPY}),
    "NumPy throughout": (
        std("np.exp(0.5 * np.array(logvar.tolist()))", "import numpy as np"),
        both_std(""),
    ),
    "math": (std("math.exp(0.5 * logvar)"), both_std(MATH)),
    "a float": (std("float(torch.exp(0.5 * logvar).mean())"), both_std("")),
    "nothing": (
        std("""
            half = 0.5 * logvar
            sigma = torch.exp(half)
        """),
        both_std("a missing `return`"),
    ),
    "a tuple": (std("torch.exp(0.5 * logvar), logvar"), both_std("")),
    "always float32": (std("torch.exp(0.5 * logvar).float()"), {STD: ""}),
    "always float64": (std("torch.exp(0.5 * logvar.double())"), {STD: ""}),
    "summed": (std("torch.exp(0.5 * logvar).sum(dim=-1)"), both_std("")),
    "squeezed": (std("torch.exp(0.5 * logvar).unsqueeze(0)"), both_std("")),
    "matrix": (std("torch.diag_embed(torch.exp(0.5 * logvar))"), both_std("")),
    "for two dimensions": (
        std("""
            batch, dim = logvar.shape
            return torch.exp(0.5 * logvar)
        """),
        {STD: ""},
    ),
    "on the CPU": (
        std("torch.exp(torch.zeros(logvar.shape) + 0.5 * logvar)"),
        {STD_SLOPES: DEVICE},
    ),
    "calls itself": (std("std_from_logvar(0.5 * logvar)"), both_std("")),
    "vaelib's": (std("vaelib.std_from_logvar(logvar)", "import vaelib"), both_std("")),
    "two parameters": (
        "def std_from_logvar(mu, logvar):\n    return (logvar / 2).exp()\n",
        both_std(PARAMETERS),
    ),
    "tensorflow": (std("tf.exp(0.5 * logvar)"), both_std("")),
    # the density: its formula
    "no constant": (
        density("-0.5 * (logvar + (z - mu) ** 2 / logvar.exp()).sum(1)"),
        {VALUES: "the constant log(2 pi) is missing"},
    ),
    "constant without half": (
        density("""
            each = -0.5 * (logvar + (z - mu) ** 2 / logvar.exp()) - math.log(2 * math.pi)
            return each.sum(1)
        """),
        {VALUES: "the constant lacks its factor 0.5"},
    ),
    "constant of the wrong sign": (
        density("-0.5 * (logvar - math.log(2 * math.pi) + (z - mu) ** 2 / logvar.exp()).sum(1)"),
        {VALUES: "the sign of the constant"},
    ),
    "2 pi without log": (
        density("-0.5 * (logvar + 2 * math.pi + (z - mu) ** 2 / logvar.exp()).sum(1)"),
        {VALUES: "the constant is log(2 pi), not 2 pi"},
    ),
    "log pi": (
        density("-0.5 * (logvar + math.log(math.pi) + (z - mu) ** 2 / logvar.exp()).sum(1)"),
        {VALUES: "the constant is log(2 pi): the 2 is missing"},
    ),
    "constant once a row": (
        density("""
            constant = 0.5 * math.log(2 * math.pi)
            return -0.5 * (logvar + (z - mu) ** 2 / logvar.exp()).sum(1) - constant
        """),
        {VALUES: "the constant counts once for each dimension"},
    ),
    "no log-determinant": (
        density("-0.5 * ((z - mu) ** 2 / logvar.exp() + math.log(2 * math.pi)).sum(1)"),
        both("the term -0.5 * logvar is missing"),
    ),
    "log-determinant of the wrong sign": (
        density("-0.5 * ((z - mu) ** 2 / logvar.exp() - logvar + math.log(2 * math.pi)).sum(1)"),
        both("the sign of the term in logvar is turned"),
    ),
    "log-determinant without half": (
        density(
            "(-0.5 * (z - mu) ** 2 / logvar.exp() - logvar - 0.5 * math.log(2 * math.pi)).sum(1)"
        ),
        both("the term in logvar lacks its half"),
    ),
    "log-determinant halved twice": (
        density(
            "-0.5 * ((z - mu) ** 2 / logvar.exp() + logvar / 2 + math.log(2 * math.pi)).sum(1)"
        ),
        both("the term in logvar has its half twice"),
    ),
    "variance for its log": (
        density(
            "-0.5 * ((z - mu) ** 2 / logvar.exp() + logvar.exp() + math.log(2 * math.pi)).sum(1)"
        ),
        both("exp(logvar) stands where its logarithm"),
    ),
    "divided by sigma": (
        density("""
            std = std_from_logvar(logvar)
            return -0.5 * ((z - mu) ** 2 / std + logvar + math.log(2 * math.pi)).sum(1)
        """),
        both("the square is divided by sigma"),
    ),
    "variance squared": (
        density("-0.5 * (((z - mu) / logvar.exp()) ** 2 + logvar + math.log(2 * math.pi)).sum(1)"),
        both("the square is divided by the squared variance"),
    ),
    "multiplied by the variance": (
        density("-0.5 * ((z - mu) ** 2 * logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)"),
        both("the square is multiplied by the variance"),
    ),
    "not divided": (
        density("-0.5 * ((z - mu) ** 2 + logvar + math.log(2 * math.pi)).sum(1)"),
        both("the square is not divided"),
    ),
    "divided by logvar": (
        density("-0.5 * ((z - mu) ** 2 / logvar + logvar + math.log(2 * math.pi)).sum(1)"),
        both("the square is divided by logvar"),
    ),
    "variance as std": (
        density("D.Normal(mu, logvar.exp()).log_prob(z).sum(1)", DISTRIBUTIONS),
        both("logvar was treated as log(sigma)"),
    ),
    "logvar as std": (
        density("D.Normal(mu, logvar).log_prob(z).sum(1)", DISTRIBUTIONS),
        both(POSITIVE),
    ),
    "sigma as variance": (
        density("""
            var = std_from_logvar(logvar)
            return -0.5 * ((z - mu) ** 2 / var + var.log() + math.log(2 * math.pi)).sum(1)
        """),
        both("sigma was given the place of the variance twice"),
    ),
    "sigma of 1": (
        density("D.Normal(mu, 1.0).log_prob(z).sum(1)", DISTRIBUTIONS),
        both("logvar is not used"),
    ),
    "no mu": (
        density("-0.5 * (z**2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)"),
        both("mu is not used"),
    ),
    "the prior": (
        density("-0.5 * (z**2 + math.log(2 * math.pi)).sum(1)"),
        both("neither mu nor logvar is used"),
    ),
    "mu added": (
        density("-0.5 * ((z + mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)"),
        both("mu was added to z"),
    ),
    "swapped": (
        density("D.Normal(logvar, torch.exp(0.5 * mu)).log_prob(z).sum(1)", DISTRIBUTIONS),
        both("mu and logvar changed places"),
    ),
    "negative": (
        density("0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)"),
        both("the sign is turned: this is -log N"),
    ),
    "square of the wrong sign": (
        density("0.5 * ((z - mu) ** 2 / logvar.exp() - logvar - math.log(2 * math.pi)).sum(1)"),
        both("the sign of the square is turned"),
    ),
    "not squared": (
        density("-0.5 * ((z - mu) / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)"),
        both("z - mu is not squared"),
    ),
    "absolute": (
        density("-0.5 * ((z - mu).abs() / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)"),
        both("the absolute value of z - mu"),
    ),
    "no square": (
        density("-0.5 * (logvar + math.log(2 * math.pi)).sum(1)"),
        both("the square is missing"),
    ),
    "half of the square missing": (
        density(
            "(-((z - mu) ** 2) / logvar.exp() - 0.5 * (logvar + math.log(2 * math.pi))).sum(1)"
        ),
        both("the factor -0.5 of the square is missing"),
    ),
    "no half": (
        density("-((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)"),
        both("the factor 0.5 is missing"),
    ),
    "half of the square alone": (
        density("(-0.5 * (z - mu) ** 2 / logvar.exp() - logvar - math.log(2 * math.pi)).sum(1)"),
        both("the factor 0.5 covers the square alone"),
    ),
    "the KL": (
        density("0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)"),
        both("this is the KL of the Gaussian"),
    ),
    "entropy": (
        density("D.Normal(mu, (logvar / 2).exp()).entropy().sum(1)", DISTRIBUTIONS),
        {VALUES: "", SLOPES: "z, mu are not used"},
    ),
    "cdf": (
        density("D.Normal(mu, (logvar / 2).exp()).cdf(z).log().sum(1)", DISTRIBUTIONS),
        both(""),
    ),
    "Laplace": (
        density("D.Laplace(mu, (logvar / 2).exp()).log_prob(z).sum(1)", DISTRIBUTIONS),
        both(""),
    ),
    # the density: its sum
    "mean over dimensions": (
        density("D.Normal(mu, (logvar / 2).exp()).log_prob(z).mean(1)", DISTRIBUTIONS),
        both("the mean over dimensions was taken"),
    ),
    "mean and no constant": (
        density("-0.5 * (logvar + (z - mu) ** 2 / logvar.exp()).mean(1)"),
        both("the constant log(2 pi) is missing; the mean over dimensions"),
    ),
    "divided by the batch": (
        density("D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1) / len(z)", DISTRIBUTIONS),
        both("divided by the number of rows"),
    ),
    "total for every row": (
        density("D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum().repeat(len(z))", DISTRIBUTIONS),
        both("the total of the batch was given to every row"),
    ),
    "the density itself": (
        density("D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1).exp()", DISTRIBUTIONS),
        both("this is the density"),
    ),
    "sum of densities": (
        density("""
            var = logvar.exp()
            p = torch.exp(-((z - mu) ** 2) / (2 * var)) / torch.sqrt(2 * math.pi * var)
            return p.sum(1)
        """),
        both("the densities of the dimensions were added"),
    ),
    "log of summed densities": (
        density("""
            var = logvar.exp()
            p = torch.exp(-((z - mu) ** 2) / (2 * var)) / torch.sqrt(2 * math.pi * var)
            return torch.log(p.sum(1))
        """),
        both("the logarithm of the summed densities"),
    ),
    "log of the product": (
        density("""
            var = logvar.exp()
            p = torch.exp(-((z - mu) ** 2) / (2 * var)) / torch.sqrt(2 * math.pi * var)
            return torch.log(p.prod(dim=1))
        """),
        {VALUES: UNDERFLOW},
    ),
    "log of each density": (
        density("""
            var = logvar.exp()
            p = torch.exp(-0.5 * (z - mu) ** 2 / var) / (2 * math.pi * var) ** 0.5
            return torch.log(p).sum(dim=1)
        """),
        {VALUES: UNDERFLOW},
    ),
    "log of each density plus epsilon": (
        density("""
            var = logvar.exp()
            p = torch.exp(-0.5 * (z - mu) ** 2 / var) / (2 * math.pi * var) ** 0.5
            return torch.log(p + 1e-30).sum(dim=1)
        """),
        {VALUES: UNDERFLOW},
    ),
    "everything summed": (
        density("D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum()", DISTRIBUTIONS),
        both("everything was summed or averaged"),
    ),
    "over the batch": (
        density("D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(0)", DISTRIBUTIONS),
        both("the sum runs over the batch"),
    ),
    "no sum": (
        density("D.Normal(mu, (logvar / 2).exp()).log_prob(z)", DISTRIBUTIONS),
        both("the sum over latent dimensions is missing"),
    ),
    "keepdim": (
        density("D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1, keepdim=True)", DISTRIBUTIONS),
        both("`keepdim=True` leaves a dimension too many"),
    ),
    "squeezed to one": (
        density("D.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1).squeeze()", DISTRIBUTIONS),
        {VALUES: "`squeeze()` drops the batch's dimension"},
    ),
    "pairs of rows": (
        density("D.Normal(mu, (logvar / 2).exp()).log_prob(z[:, None]).sum(-1)", DISTRIBUTIONS),
        both(""),
    ),
    # the density: small print
    "density: clamp at 5": (
        density("""
            logvar = logvar.clamp(-5, 5)
            return -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)
        """),
        {VALUES: TIGHT},
    ),
    "density: epsilon of 1e-3": (
        density("""
            var = logvar.exp() + 1e-3
            return (-0.5 * (z - mu) ** 2 / var - 0.5 * torch.log(2 * math.pi * var)).sum(1)
        """),
        both(""),
    ),
    "density: nll with its default epsilon": (
        density(
            "-torch.nn.functional.gaussian_nll_loss(mu, z, logvar.exp(), reduction='none').sum(1)"
        ),
        {VALUES: "the constant log(2 pi) is missing"},
    ),
    "density: std detached": (
        density("""
            std = torch.exp(0.5 * logvar).detach()
            return torch.distributions.Normal(mu, std).log_prob(z).sum(1)
        """),
        {SLOPES: "no gradient reaches logvar"},
    ),
    "density: z detached": (
        density("torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z.detach()).sum(1)"),
        {SLOPES: "no gradient reaches z"},
    ),
    "density: NumPy's exp": (
        density(
            """
            var = np.exp(logvar.detach().numpy())
            var = torch.from_numpy(var)
            return (-0.5 * ((z - mu) ** 2 / var + logvar + math.log(2 * math.pi))).sum(1)
        """,
            "import numpy as np",
        ),
        {SLOPES: ""},
    ),
    "density: in place": (
        density("""
            with torch.no_grad():
                logvar.clamp_(-10, 10)
            return -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(1)
        """),
        {SLOPES: IN_PLACE},
    ),
    "density: always float64": (
        density("torch.distributions.Normal(mu.double(), (logvar / 2).exp()).log_prob(z).sum(1)"),
        {VALUES: ""},
    ),
    "density: constant on the CPU": (
        density("""
            pi = torch.full((1,), math.pi)
            return -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + torch.log(2 * pi)).sum(1)
        """),
        {SLOPES: DEVICE},
    ),
    "density: a float": (
        density("torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z).sum().item()"),
        both(""),
    ),
    "density: nothing": (
        density("""
            squares = (z - mu) ** 2 * torch.exp(-logvar)
            result = -0.5 * (squares + logvar + math.log(2 * math.pi)).sum(dim=1)
        """),
        both("a missing `return`"),
    ),
    "density: torch.log of a number": (
        density("-0.5 * ((z - mu) ** 2 / logvar.exp() + logvar + torch.log(2 * math.pi)).sum(1)"),
        both(""),
    ),
    "density: math.exp": (
        density(
            "-0.5 * ((z - mu) ** 2 / math.exp(logvar) + logvar + math.log(2 * math.pi)).sum(1)"
        ),
        both(MATH),
    ),
    "density: vaelib's": (
        density(
            "return log_prob(z, mu, logvar)", "from vaelib import gaussian_log_prob as log_prob"
        ),
        both(""),
    ),
    "density: argument order": (
        "def gaussian_log_prob(mu, logvar, z):\n"
        "    return torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1)\n",
        both("mu and logvar changed places"),
    ),
    "density: exit": (density("quit()"), both("")),
}
