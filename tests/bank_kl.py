"""Right and wrong answers to the KL assignment, as learners write them.

RIGHT: name -> source. WRONG: name -> (source, {failed skill: part of the diagnosis}); the
diagnosis is "" where the check must name no cause. Every skill not listed must pass. Each source
runs after REST in a namespace of its own: it redefines one of the two functions, or both.
"""

SKILLS = SHAPE, HAND, VALUES, GRADIENTS, LOSS, LOSS_GRADIENTS = (
    "divergence_shape",
    "divergence_by_hand",
    "divergence_values",
    "divergence_gradients",
    "loss_value",
    "loss_gradients",
)

REST = """
import torch


def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(dim=1)


def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).mean()
"""

# Parts of diagnoses that several mistakes share.
DEVICE = "something is made on one device whatever the inputs' device"
IN_PLACE = "an operation in place: a trailing underscore"
CUT = "the graph is cut by"
TIGHT = "clamped too tightly"
NEGATIVE = "the square root or the logarithm of a negative number"
PARAMETERS = "the parameters are not those of the assignment"
POSITIVE = "a standard deviation is positive, a log-variance need not be"


def divergence(body, header=""):
    """Write kl_divergence as most learners do; a line alone is what it returns."""
    return _function("kl_divergence", body, header)


def loss(body, header=""):
    return _function("kl_loss", body, header)


def _function(name, body, header):
    lines = [line for line in body.strip("\n").splitlines() if line.strip()]
    margin = len(lines[0]) - len(lines[0].lstrip())
    if len(lines) == 1 and not lines[0].lstrip().startswith(("return", "raise")):
        lines[0] = " " * margin + "return " + lines[0].lstrip()
    indented = "\n".join("    " + line[margin:] for line in lines)
    return f"{header}\ndef {name}(mu, logvar):\n{indented}\n"


def every_divergence(likely):
    """Return the expectation that every skill of kl_divergence fails, with this diagnosis."""
    return dict.fromkeys(SKILLS[:4], likely)


def formula(likely):
    """Return the expectation of a formula that is wrong, in values and gradients."""
    return dict.fromkeys((HAND, VALUES, GRADIENTS), likely)


def shape(likely):
    """Return the expectation of a shape that is wrong, but for one image and one dimension."""
    return dict.fromkeys((SHAPE, VALUES, GRADIENTS), likely)


def reduction(likely):
    """Return the expectation of values that are wrong with several images and dimensions."""
    return dict.fromkeys((VALUES, GRADIENTS), likely)


def every_loss(likely):
    return dict.fromkeys(SKILLS[4:], likely)


RIGHT = {
    "textbook": "",
    "paper": divergence("-0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)"),
    "last dimension": divergence("0.5 * (mu.square() + logvar.exp() - 1.0 - logvar).sum(-1)"),
    "sum of sums": divergence("""
        variance = torch.exp(logvar)
        size = mu.shape[1]
        return 0.5 * (variance.sum(1) + (mu * mu).sum(1) - size - logvar.sum(1))
    """),
    "in sigma": divergence("""
        std = torch.exp(0.5 * logvar)
        return (0.5 * (std**2 + mu**2) - 0.5 - torch.log(std)).sum(axis=1)
    """),
    "trace and determinant": divergence("""
        covariance = torch.diag_embed(logvar.exp())
        trace = torch.einsum("bii->b", covariance)
        square = torch.einsum("bd,bd->b", mu, mu)
        return 0.5 * (trace + square - mu.size(1) - torch.logdet(covariance))
    """),
    "distributions": divergence(
        """
        q = Normal(mu, torch.exp(0.5 * logvar))
        p = Normal(torch.zeros_like(mu), torch.ones_like(mu))
        return kl(q, p).sum(dim=1)
        """,
        header="from torch.distributions import Normal, kl_divergence as kl",
    ),
    "distributions with numbers": divergence(
        "D.kl_divergence(D.Normal(mu, logvar.exp().sqrt()), D.Normal(0.0, 1.0)).sum(-1)",
        header="import torch.distributions as D",
    ),
    "Independent": divergence(
        """
        q = D.Independent(D.Normal(mu, torch.exp(0.5 * logvar)), 1)
        p = D.Independent(D.Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
        return D.kl_divergence(q, p)
        """,
        header="import torch.distributions as D",
    ),
    "MultivariateNormal": divergence(
        """
        q = D.MultivariateNormal(mu, torch.diag_embed(logvar.exp()))
        eye = torch.eye(mu.shape[1], dtype=mu.dtype, device=mu.device)
        return D.kl_divergence(q, D.MultivariateNormal(torch.zeros_like(mu), eye))
        """,
        header="import torch.distributions as D",
    ),
    "from the logarithms of densities": divergence(
        """
        q = Normal(mu, torch.exp(0.5 * logvar))
        cross_entropy = 0.5 * (math.log(2 * math.pi) + mu**2 + logvar.exp())
        return (cross_entropy - q.entropy()).sum(1)
        """,
        header="import math\n\nfrom torch.distributions import Normal",
    ),
    "row by row": divergence("""
        rows = []
        for m, v in zip(mu, logvar):
            rows.append(0.5 * (m @ m + v.exp().sum() - len(m) - v.sum()))
        return torch.stack(rows)
    """),
    "vmap": divergence("""
        one = lambda m, v: 0.5 * (m.dot(m) + v.exp().sum() - m.numel() - v.sum())
        return torch.func.vmap(one)(mu, logvar)
    """),
    "accumulated over dimensions": divergence("""
        total = torch.zeros(len(mu), dtype=mu.dtype, device=mu.device)
        for j in range(mu.shape[1]):
            total = total + 0.5 * (mu[:, j] ** 2 + logvar[:, j].exp() - 1 - logvar[:, j])
        return total
    """),
    "in place on own temporaries": divergence("""
        each = mu.pow(2).add_(logvar.exp()).sub_(1).sub_(logvar)
        return each.sum(1).mul_(0.5)
    """),
    "clamp at 10": divergence("""
        logvar = logvar.clamp(-10, 10)
        return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    """),
    "floor added": divergence("""
        sigma = torch.exp(0.5 * logvar) + 1e-4
        return (0.5 * (sigma**2 + mu**2 - 1) - sigma.log()).sum(1)
    """),
    "floor by clamp": divergence("""
        sigma = torch.exp(0.5 * logvar).clamp(min=1e-4)
        return (0.5 * (sigma**2 + mu**2 - 1) - sigma.log()).sum(1)
    """),
    "epsilon in the logarithm": divergence("""
        variance = logvar.exp()
        return 0.5 * (mu**2 + variance - 1 - torch.log(variance + 1e-8)).sum(1)
    """),
    "never below zero": divergence("""
        each = 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
        return each.clamp(min=0).sum(1)
    """),
    "absolute value": divergence("(0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)).abs()"),
    "in float64 within": divergence("""
        mu64, logvar64 = mu.double(), logvar.double()
        return 0.5 * (mu64**2 + logvar64.exp() - 1 - logvar64).sum(1).to(mu.dtype)
    """),
    "0-dim constants": divergence("""
        half, one = torch.tensor(0.5), torch.tensor(1.0)
        return half * (mu**2 + logvar.exp() - one - logvar).sum(1)
    """),
    "flattened": divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).flatten(1).sum(1)"),
    "guards and prints": divergence(
        """
        if mu.shape != logvar.shape or torch.isnan(logvar).any():
            raise ValueError("bad input")
        warnings.warn("the KL")
        value = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
        print(value.mean().item(), value.tolist(), f"{value.sum():.2f}", file=sys.stderr)
        return value
        """,
        header="import sys\nimport warnings",
    ),
    "annotated, keyword-only options, a helper": """
def per_dimension(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar)


def kl_divergence(
    mu: torch.Tensor, logvar: torch.Tensor, *, weight: float = 1.0
) -> torch.Tensor:
    return weight * per_dimension(mu, logvar).sum(dim=1)


def kl_loss(mu: torch.Tensor, logvar: torch.Tensor, *, weight: float = 1.0) -> torch.Tensor:
    return weight * kl_divergence(mu, logvar).mean(dim=0)
""",
    "own autograd function": """
class KL(torch.autograd.Function):
    @staticmethod
    def forward(ctx, mu, logvar):
        ctx.save_for_backward(mu, logvar)
        return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

    @staticmethod
    def backward(ctx, grad):
        mu, logvar = ctx.saved_tensors
        return mu * grad[:, None], 0.5 * (logvar.exp() - 1) * grad[:, None]


kl_divergence = KL.apply
""",
    "a lambda and a partial": """
import functools

kl_divergence = lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)


def average(function, mu, logvar):
    return function(mu, logvar).mean()


kl_loss = functools.partial(average, kl_divergence)
""",
    "loss: sum over len": loss("kl_divergence(mu, logvar).sum() / len(mu)"),
    "loss: whole formula": loss(
        "-0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / mu.size(0)"
    ),
    "loss: mean then sum": loss("(0.5 * (mu**2 + logvar.exp() - 1 - logvar)).mean(0).sum()"),
    "loss: mean times dimensions": loss(
        "mu.shape[1] * torch.mean(0.5 * (mu**2 + logvar.exp() - 1 - logvar))"
    ),
    "loss: a name taken from torch": """
from torch.distributions import Normal


def kl_loss(mu, logvar):
    q, p = Normal(mu, torch.exp(0.5 * logvar)), Normal(0.0, 1.0)
    return kl(q, p).sum(dim=1).mean()


from torch.distributions import kl_divergence as kl
""",
    "loss: decorated": """
import functools


def logged(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        print("called")
        return function(*args, **kwargs)

    return inner


@logged
def kl_loss(mu, logvar):
    return torch.mean(kl_divergence(mu, logvar))
""",
}

NUMPY = "import numpy as np"

WRONG = {
    # the formula
    "K1 no half": (
        divergence("(mu**2 + logvar.exp() - 1 - logvar).sum(1)"),
        formula("the factor 0.5 is missing"),
    ),
    "half twice": (
        divergence("""
            each = 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
            return 0.5 * each.sum(1)
        """),
        formula("the factor 0.5 was applied twice"),
    ),
    "half of mu^2 alone": (
        divergence("(0.5 * mu**2 + logvar.exp() - 1 - logvar).sum(1)"),
        formula("the factor 0.5 covers mu^2 alone"),
    ),
    "half not of mu^2": (
        divergence("(mu**2 + 0.5 * (logvar.exp() - 1 - logvar)).sum(1)"),
        formula("the factor 0.5 does not cover mu^2"),
    ),
    "K2 sign": (
        divergence("0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)"),
        formula("the sign is turned"),
    ),
    "sign and half": (
        divergence("torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)"),
        formula("the sign is turned, and the factor 0.5 is missing"),
    ),
    "K3 log(sigma)": (
        divergence("-0.5 * torch.sum(1 + 2 * logvar - mu**2 - torch.exp(2 * logvar), dim=1)"),
        formula("logvar was treated as log(sigma), as in the formula with 2 * logvar"),
    ),
    "K3 variance as scale": (
        divergence(
            "D.kl_divergence(D.Normal(mu, logvar.exp()), D.Normal(0.0, 1.0)).sum(1)",
            header="import torch.distributions as D",
        ),
        formula("logvar was treated as log(sigma), as in the formula with 2 * logvar"),
    ),
    "logvar as scale": (
        divergence(
            "D.kl_divergence(D.Normal(mu, logvar), D.Normal(0.0, 1.0)).sum(1)",
            header="import torch.distributions as D",
        ),
        every_divergence(POSITIVE),
    ),
    "K6 logvar as sigma": (
        divergence("0.5 * (mu**2 + logvar**2 - 1 - torch.log(logvar**2)).sum(1)"),
        formula("logvar was treated as sigma, as in the formula with sigma^2 and log(sigma^2)"),
    ),
    "logvar as variance": (
        divergence("0.5 * (mu**2 + logvar - 1 - torch.log(logvar)).sum(1)"),
        formula("logvar was treated as the variance"),
    ),
    "logvar as variance, exp forgotten": (
        divergence("0.5 * (mu**2 + logvar - 1 - logvar).sum(1)"),
        formula("exp(logvar) is missing"),
    ),
    "std for the variance": (
        divergence("0.5 * (mu**2 + torch.exp(0.5 * logvar) - 1 - logvar).sum(1)"),
        formula("exp(0.5 * logvar) is sigma"),
    ),
    "variance squared": (
        divergence("0.5 * (mu**2 + logvar.exp() ** 2 - 1 - logvar).sum(1)"),
        formula("the variance was squared"),
    ),
    "log(sigma) for log(sigma^2)": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - 0.5 * logvar).sum(1)"),
        formula("log(sigma) stands where log(sigma^2), which is logvar, belongs"),
    ),
    "logvar squared": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar**2).sum(1)"),
        formula("logvar was squared"),
    ),
    "sqrt of logvar": (
        divergence("0.5 * (mu**2 + torch.sqrt(logvar) - 1 - logvar).sum(1)"),
        {HAND: NEGATIVE, VALUES: NEGATIVE, GRADIENTS: ""},
    ),
    "K9 no -logvar": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1).sum(1)"),
        formula("the term -logvar is missing"),
    ),
    "+logvar": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 + logvar).sum(1)"),
        formula("the sign of logvar is turned"),
    ),
    "K11 no -1": (
        divergence("0.5 * (mu**2 + logvar.exp() - logvar).sum(1)"),
        {HAND: "the term -1 is missing", VALUES: "the term -1 is missing"},
    ),
    "1 outside of the sum": (
        divergence("0.5 * ((mu**2 + logvar.exp() - logvar).sum(1) - 1)"),
        {VALUES: "the 1 is subtracted once for each image"},
    ),
    "+1": (
        divergence("0.5 * (mu**2 + logvar.exp() + 1 - logvar).sum(1)"),
        {HAND: "the sign of 1 is turned", VALUES: "the sign of 1 is turned"},
    ),
    "expm1 and -1": (
        divergence("0.5 * (mu**2 + torch.expm1(logvar) - 1 - logvar).sum(1)"),
        {
            HAND: "`expm1` has subtracted it already",
            VALUES: "`expm1` has subtracted it already",
        },
    ),
    "no mu^2": (
        divergence("0.5 * (logvar.exp() - 1 - logvar).sum(1)"),
        formula("the term mu^2 is missing"),
    ),
    "-mu^2": (
        divergence("0.5 * (logvar.exp() - 1 - logvar - mu**2).sum(1)"),
        formula("the sign of mu^2 is turned"),
    ),
    "mu not squared": (
        divergence("0.5 * (mu + logvar.exp() - 1 - logvar).sum(1)"),
        formula("mu is not squared"),
    ),
    "|mu|": (
        divergence("0.5 * (mu.abs() + logvar.exp() - 1 - logvar).sum(1)"),
        formula("the absolute value of mu was taken instead of its square"),
    ),
    "2 * mu": (divergence("0.5 * (2 * mu + logvar.exp() - 1 - logvar).sum(1)"), formula("")),
    "no exp(logvar)": (
        divergence("0.5 * (mu**2 - 1 - logvar).sum(1)"),
        formula("the term exp(logvar) is missing"),
    ),
    "-exp(logvar)": (
        divergence("0.5 * (mu**2 - logvar.exp() - 1 - logvar).sum(1)"),
        formula("the sign of exp(logvar) is turned"),
    ),
    "10 to the logvar": (divergence("0.5 * (mu**2 + 10**logvar - 1 - logvar).sum(1)"), formula("")),
    "K16 reversed": (
        divergence(
            """
            q = D.Normal(mu, torch.exp(0.5 * logvar))
            p = D.Normal(torch.zeros_like(mu), torch.ones_like(mu))
            return D.kl_divergence(p, q).sum(1)
            """,
            header="import torch.distributions as D",
        ),
        formula("the direction is reversed"),
    ),
    "swapped": (
        """
def kl_divergence(logvar, mu):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
""",
        formula("mu and logvar were swapped"),
    ),
    "K17 F.kl_div": (
        divergence("torch.nn.functional.kl_div(mu, logvar)"),
        every_divergence(
            "`F.kl_div` is for tables of log-probabilities, not for a mean and a log-variance"
        ),
    ),
    "F.kl_div, summed by rows": (
        divergence("torch.nn.functional.kl_div(mu, logvar, reduction='none').sum(1)"),
        formula("`F.kl_div` is for tables of log-probabilities, not for a mean and a log-variance"),
    ),
    "F.kl_div of softmaxes": (
        divergence("""
            log_p, q = mu.log_softmax(1), logvar.softmax(1)
            return torch.nn.functional.kl_div(log_p, q, reduction="none").sum(1)
        """),
        formula(""),
    ),
    "Monte Carlo": (
        divergence(
            """
            q = D.Normal(mu, torch.exp(0.5 * logvar))
            z = q.rsample((1000,))
            return (q.log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)).sum(-1).mean(0)
            """,
            header="import torch.distributions as D",
        ),
        formula(""),
    ),
    "one sample": (
        divergence(
            """
            q = D.Normal(mu, torch.exp(0.5 * logvar))
            z = q.rsample()
            return (q.log_prob(z) - D.Normal(0.0, 1.0).log_prob(z)).sum(-1)
            """,
            header="import torch.distributions as D",
        ),
        formula(""),
    ),
    "entropy alone": (
        divergence(
            "-D.Normal(mu, torch.exp(0.5 * logvar)).entropy().sum(1)",
            header="import torch.distributions as D",
        ),
        every_divergence("") | {GRADIENTS: "mu is not used"},
    ),
    "free bits": (
        divergence("(0.5 * (mu**2 + logvar.exp() - 1 - logvar)).clamp(min=0.5).sum(1)"),
        formula(""),
    ),
    "beta of 4": (
        """
def kl_divergence(mu, logvar, beta=4.0):
    return beta * 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
""",
        formula("every value is the right one times 4"),
    ),
    "clamp at 5": (
        divergence("""
            logvar = logvar.clamp(-5, 5)
            return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
        """),
        {VALUES: TIGHT},
    ),
    "clamp at 1": (
        divergence("""
            logvar = logvar.clamp(-1, 1)
            return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
        """),
        {HAND: TIGHT, VALUES: TIGHT, GRADIENTS: ""},
    ),
    "clamp from above": (
        divergence("""
            logvar = torch.clamp(logvar, max=4.0)
            return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
        """),
        {VALUES: TIGHT},
    ),
    "floor of 0.01": (
        divergence("""
            sigma = torch.exp(0.5 * logvar) + 0.01
            return (0.5 * (sigma**2 + mu**2 - 1) - sigma.log()).sum(1)
        """),
        formula(""),
    ),
    "epsilon of 1e-3 in the logarithm": (
        divergence("""
            variance = logvar.exp()
            return 0.5 * (mu**2 + variance - 1 - torch.log(variance + 1e-3)).sum(1)
        """),
        formula(""),
    ),
    # the sum
    "K12 mean over dimensions": (
        divergence("-0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp(), dim=1)"),
        reduction("the mean over dimensions was taken"),
    ),
    "K12 mean over everything": (
        divergence("-0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp())"),
        shape("everything was averaged"),
    ),
    "K13 sum over everything": (
        divergence("-0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp())"),
        shape("everything was summed"),
    ),
    "mean over the batch": (
        divergence("-0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1).mean()"),
        shape("the batch was averaged"),
    ),
    "K14 sum over the batch": (
        divergence("-0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=0)"),
        shape("the sum runs over the batch"),
    ),
    "not summed": (
        divergence("-0.5 * (1 + logvar - mu**2 - logvar.exp())"),
        shape("the sum over latent dimensions is missing"),
    ),
    "keepdim": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1, keepdim=True)"),
        shape("`keepdim=True` leaves a dimension too many"),
    ),
    "squeezed": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).squeeze()"),
        {SHAPE: "`squeeze()` drops the batch's dimension too, if there is one image"},
    ),
    "squeezed before": (
        divergence("0.5 * (mu.squeeze() ** 2 + (logvar.exp() - 1 - logvar).squeeze()).sum(1)"),
        {SHAPE: "", HAND: "", VALUES: ""},
    ),
    "divided by the batch size": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1) / mu.shape[0]"),
        reduction("the values were divided by the batch size"),
    ),
    "divided by 784": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1) / 784"),
        formula("every value is the right one divided by 784"),
    ),
    "total to every image": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum() * torch.ones_like(mu[:, 0])"),
        reduction("the total of the batch was given to every image"),
    ),
    "mean to every image": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean().expand(len(mu))"),
        reduction("the mean of the batch was given to every image"),
    ),
    "first dimension alone": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar)[:, 0]"),
        reduction(""),
    ),
    "largest dimension": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).amax(1)"),
        reduction(""),
    ),
    "rows in another order": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).flip(0)"),
        reduction(""),
    ),
    "no half, not summed": (
        divergence("mu**2 + logvar.exp() - 1 - logvar"),
        every_divergence(
            "the factor 0.5 is missing; the sum over latent dimensions is missing: `.sum(dim=1)`"
        ),
    ),
    "sign and mean": (
        divergence("0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp(), dim=1)"),
        formula("the sign is turned"),
    ),
    # gradients
    "K21 mu detached": (
        divergence("0.5 * (mu.detach() ** 2 + logvar.exp() - 1 - logvar).sum(1)"),
        {GRADIENTS: "no gradient reaches mu: detached"},
    ),
    "K21 data": (
        divergence("0.5 * (mu.data**2 + logvar.data.exp() - 1 - logvar.data).sum(1)"),
        {GRADIENTS: CUT},
    ),
    "logvar detached in one term": (
        divergence("0.5 * (mu**2 + logvar.detach().exp() - 1 - logvar).sum(1)"),
        {GRADIENTS: ""},
    ),
    "logvar under no_grad": (
        divergence("""
            with torch.no_grad():
                rest = torch.exp(logvar) - 1 - logvar
            return 0.5 * (mu**2 + rest).sum(1)
        """),
        {GRADIENTS: "no gradient reaches logvar: detached"},
    ),
    "decorated with no_grad": (
        """
@torch.no_grad()
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
""",
        {GRADIENTS: CUT},
    ),
    "item in a list": (
        divergence("""
            rows = [(0.5 * (m**2 + v.exp() - 1 - v)).sum().item() for m, v in zip(mu, logvar)]
            return torch.tensor(rows, dtype=mu.dtype)
        """),
        {SHAPE: DEVICE, GRADIENTS: CUT},
    ),
    "NumPy there and back": (
        divergence(
            """
            m, v = mu.detach().numpy(), logvar.detach().numpy()
            return torch.from_numpy(0.5 * (m**2 + np.exp(v) - 1 - v).sum(axis=1))
            """,
            header=NUMPY,
        ),
        {SHAPE: DEVICE, GRADIENTS: CUT},
    ),
    # inputs, types and devices
    "logvar in place": (
        divergence("""
            variance = logvar.exp_()
            return 0.5 * (mu**2 + variance - 1 - variance.log()).sum(1)
        """),
        {SHAPE: IN_PLACE},
    ),
    "clamp in place": (
        divergence("""
            logvar.data.clamp_(-10, 10)
            return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
        """),
        {SHAPE: IN_PLACE},
    ),
    "mu in place": (
        divergence("""
            mu *= mu
            return 0.5 * (mu + logvar.exp() - 1 - logvar).sum(1)
        """),
        {SHAPE: IN_PLACE, GRADIENTS: "an operation in place overwrote what the gradient needs"},
    ),
    "always float32": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).float()"),
        {SHAPE: ""},
    ),
    "always float64": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).double()"),
        {SHAPE: ""},
    ),
    "integers": (
        divergence("(0.5 * (mu**2 + logvar.exp() - 1 - logvar)).sum(1).long()"),
        every_divergence(""),
    ),
    "prior on the CPU": (
        divergence(
            """
            q = D.Normal(mu, torch.exp(0.5 * logvar))
            p = D.Normal(torch.zeros(mu.shape), torch.ones(mu.shape))
            return D.kl_divergence(q, p).sum(1)
            """,
            header="import torch.distributions as D",
        ),
        {SHAPE: DEVICE},
    ),
    "weights on the CPU": (
        divergence(
            "(mu**2 + logvar.exp() - 1 - logvar) @ torch.full((mu.shape[1],), 0.5).to(mu.dtype)"
        ),
        {SHAPE: DEVICE},
    ),
    "total on the CPU": (
        divergence("""
            total = torch.zeros(len(mu), dtype=mu.dtype)
            for j in range(mu.shape[1]):
                total += 0.5 * (mu[:, j] ** 2 + logvar[:, j].exp() - 1 - logvar[:, j])
            return total
        """),
        {SHAPE: DEVICE},
    ),
    "cuda": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).cuda()"),
        every_divergence(DEVICE),
    ),
    # what comes back, or does not
    "a float": (
        divergence("float(0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum())"),
        every_divergence(""),
    ),
    "a list": (
        divergence("(0.5 * (mu**2 + logvar.exp() - 1 - logvar)).sum(1).tolist()"),
        every_divergence(""),
    ),
    "NumPy throughout": (
        divergence(
            "0.5 * (mu.numpy() ** 2 + np.exp(logvar.numpy()) - 1 - logvar.numpy()).sum(1)",
            header=NUMPY,
        ),
        {SHAPE: "", HAND: "", VALUES: "", GRADIENTS: "NumPy cannot pass on gradients"},
    ),
    "nothing": (
        """
def kl_divergence(mu, logvar):
    result = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
""",
        every_divergence("a missing `return`"),
    ),
    "zeros": (
        divergence("torch.zeros(len(mu))"),
        {SHAPE: "", HAND: "", VALUES: "", GRADIENTS: CUT},
    ),
    "zeros that have gradients": (
        divergence("0 * (mu + logvar).sum(1)"),
        every_divergence("") | {GRADIENTS: "mu, logvar are not used"},
    ),
    "NaN": (divergence("mu.sum(1) * float('nan')"), formula("")),
    "a pair": (
        divergence("0.5 * (mu**2).sum(1), 0.5 * (logvar.exp() - 1 - logvar).sum(1)"),
        every_divergence(""),
    ),
    "one argument": (
        """
def kl_divergence(inputs):
    mu, logvar = inputs
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
""",
        every_divergence(PARAMETERS),
    ),
    "a class": (
        """
class kl_divergence(torch.nn.Module):
    def forward(self, mu, logvar):
        return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
""",
        every_divergence(PARAMETERS),
    ),
    "the name of torch's function": (
        divergence(
            """
            q = Normal(mu, torch.exp(0.5 * logvar))
            p = Normal(torch.zeros_like(mu), torch.ones_like(mu))
            return kl_divergence(q, p).sum(1)
            """,
            header="from torch.distributions import Normal, kl_divergence",
        ),
        every_divergence("your function calls itself"),
    ),
    "calls itself": (divergence("kl_divergence(mu, logvar)"), every_divergence("")),
    "K is not defined": (
        divergence("-0.5 * K.sum(1 + logvar - K.square(mu) - K.exp(logvar), axis=-1)"),
        every_divergence(""),
    ),
    "math's exp": (
        divergence("0.5 * (mu**2 + math.exp(logvar) - 1 - logvar).sum(1)", header="import math"),
        shape("`math` takes single numbers"),
    ),
    "endless loop": (
        divergence("""
            while True:
                total = 0
        """),
        every_divergence("an endless loop, or steps that are far too slow"),
    ),
    "exit": (
        divergence("""
            exit()
            return mu
        """),
        every_divergence(""),
    ),
    # vaelib's own
    "vaelib's function": ("from vaelib import kl_divergence\n", every_divergence("")),
    "vaelib's function renamed": (
        divergence(
            "reference(mu, logvar)", header="from vaelib.kl import kl_divergence as reference"
        ),
        every_divergence(""),
    ),
    "both from vaelib": ("from vaelib import kl_divergence, kl_loss\n", dict.fromkeys(SKILLS, "")),
    "vaelib's ELBO": (
        loss("""
            import vaelib
            zeros = torch.zeros(len(mu), 1, dtype=mu.dtype)
            return vaelib.negative_elbo(zeros, zeros, mu, logvar) - torch.log(torch.tensor(2.0))
        """),
        every_loss(""),
    ),
    # kl_loss
    "loss: sum over the batch": (
        loss("kl_divergence(mu, logvar).sum()"),
        every_loss("the sum over the batch was taken"),
    ),
    "loss: mean over everything": (
        loss("-0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp())"),
        every_loss("the mean over dimensions was taken too"),
    ),
    "loss: axes mixed up": (
        loss("(0.5 * (mu**2 + logvar.exp() - 1 - logvar)).sum(0).mean()"),
        every_loss("the sum runs over the batch and the mean over dimensions"),
    ),
    "loss: not averaged": (
        loss("kl_divergence(mu, logvar)"),
        every_loss("the mean over the batch is missing"),
    ),
    "loss: keepdim": (
        loss("kl_divergence(mu, logvar).mean(0, keepdim=True)"),
        every_loss("`keepdim=True` leaves a dimension too many"),
    ),
    "loss: sign": (loss("-kl_divergence(mu, logvar).mean()"), every_loss("the sign is turned")),
    "loss: half twice": (
        loss("0.5 * kl_divergence(mu, logvar).mean()"),
        every_loss("the factor 0.5 was applied twice"),
    ),
    "loss: no half": (
        loss("(mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()"),
        every_loss("the factor 0.5 is missing"),
    ),
    "loss: item": (loss("kl_divergence(mu, logvar).mean().item()"), every_loss("")),
    "loss: detached": (loss("kl_divergence(mu, logvar).mean().detach()"), {LOSS_GRADIENTS: CUT}),
    "loss: mu detached": (
        loss("kl_divergence(mu.detach(), logvar).mean()"),
        {LOSS_GRADIENTS: "no gradient reaches mu: detached"},
    ),
    "loss: median": (loss("kl_divergence(mu, logvar).median()"), every_loss("")),
    "loss: batch of 128": (loss("kl_divergence(mu, logvar).sum() / 128"), every_loss("")),
    "loss: swapped": (
        loss("kl_divergence(logvar, mu).mean()"),
        every_loss("mu and logvar were swapped"),
    ),
    "loss: summed again": (loss("kl_divergence(mu, logvar).sum(1).mean()"), every_loss("")),
    "loss: first image": (loss("kl_divergence(mu, logvar)[0]"), every_loss("")),
    "loss: float32": (loss("kl_divergence(mu, logvar).float().mean()"), {LOSS: ""}),
    "loss: nothing": (
        loss("""
            kl_divergence(mu, logvar).mean()
            return
        """),
        every_loss("a missing `return`"),
    ),
    "loss: another name": (loss("kl_div(mu, logvar).mean()"), every_loss("")),
    # the loss is right, and only the divergence pays
    "wrong divergence, right loss": (
        divergence("(mu**2 + logvar.exp() - 1 - logvar).mean(0)")
        + loss("kl_divergence(mu, logvar).mean()"),
        {
            SHAPE: "the sum runs over the batch",
            HAND: "",
            VALUES: "the sum runs over the batch",
            GRADIENTS: "the sum runs over the batch",
        },
    ),
    "divergence that does not run, right loss": (
        divergence("undefined") + loss("torch.mean(kl_divergence(mu, logvar))"),
        every_divergence(""),
    ),
    "loss made up for the divergence": (
        divergence("-0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp(), dim=1)")
        + loss("mu.shape[1] * kl_divergence(mu, logvar).mean()"),
        {
            VALUES: "the mean over dimensions was taken",
            GRADIENTS: "the mean over dimensions was taken",
            LOSS: "",
            LOSS_GRADIENTS: "",
        },
    ),
    "mu ^ 2": (
        divergence("0.5 * (mu ^ 2 + logvar.exp() - 1 - logvar).sum(1)"),
        every_divergence("`^` is no power in Python"),
    ),
    "log(sigma)^2": (
        divergence(
            "0.5 * (mu**2 + logvar.exp() - 1 - torch.log(torch.exp(0.5 * logvar)) ** 2).sum(1)"
        ),
        formula("log(sigma)**2 is not log(sigma**2)"),
    ),
    "a factor of 0.45": (
        divergence("0.45 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)"),
        formula("every value is the right one times 0.9"),
    ),
    "dim misspelt": (
        divergence("0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(dims=1)"),
        every_divergence(""),
    ),
    "keyword that torch.exp lacks": (
        """
def halved(value):
    return 0.5 * value


def kl_divergence(mu, logvar):
    return halved(value=(mu**2 + logvar.exp() - 1 - logvar).sum(1), dim=1)
""",
        every_divergence("the function that is called there has no such parameter"),
    ),
    "needs TensorFlow": (
        divergence(
            """
            import tensorflow_of_old as tf
            return 0.5 * tf.reduce_sum(mu**2 + tf.exp(logvar) - 1 - logvar, axis=1)
            """
        ),
        every_divergence("a package that is not installed here"),
    ),
}
