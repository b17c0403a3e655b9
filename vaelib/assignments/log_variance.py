"""Checks of a learner's `std_from_logvar` and `gaussian_log_prob`. Each takes the function."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal

from vaelib.assignments import Assignment, Piece, Skill
from vaelib.checks.formula import (
    Case,
    Formula,
    Inputs,
    check_gradients,
    check_small_print,
    check_values,
)
from vaelib.checks.harness import check, using
from vaelib.log_variance import gaussian_log_prob, std_from_logvar

_READ = "the chapter on the log-variance, book/log_variance.ipynb"
_FLOOR = 1.2e-4  # a floor of at most 1e-4 on sigma is a right answer
_TWO_PI = 2 * math.pi
_UNDERFLOW = "the density is 0 in float32 there: write its logarithm out, without exp, log or clamp"

# Known mistakes, each with the standard deviation it gives.
_STD_MISTAKES: dict[str, Callable[[Tensor], Tensor]] = {
    "": lambda lv: (0.5 * lv).exp(),
    "exp(logvar) is the variance; sigma is exp(0.5 * logvar)": torch.exp,
    "logvar itself was returned; sigma is exp(0.5 * logvar)": lambda lv: lv,
    "the absolute value of logvar was returned; sigma is exp(0.5 * logvar)": torch.abs,
    "the exponential is missing: sigma is exp(0.5 * logvar)": lambda lv: 0.5 * lv,
    "the exponent is doubled: sigma is exp(0.5 * logvar)": lambda lv: (2 * lv).exp(),
    "the exponent has the wrong sign: sigma is exp(+0.5 * logvar)": lambda lv: (-0.5 * lv).exp(),
    "the exponent has the wrong sign and no half: sigma is exp(+0.5 * logvar)": (
        lambda lv: (-lv).exp()
    ),
    "the half was taken twice: sigma is exp(0.5 * logvar)": lambda lv: (0.25 * lv).exp(),
    "half the variance is not sigma: the half belongs in the exponent": lambda lv: 0.5 * lv.exp(),
    "softplus(logvar) is not sigma: that is exp(0.5 * logvar)": torch.nn.functional.softplus,
    "the square root of |logvar| is not sigma: that is exp(0.5 * logvar)": (
        lambda lv: lv.abs().sqrt()
    ),
    "`expm1` subtracts 1 from the exponential": lambda lv: (0.5 * lv).expm1(),
    "the base is 2, not e: log is the natural logarithm": lambda lv: (0.5 * lv).exp2(),
}


def _density(
    z: Tensor, mu: Tensor, variance: Tensor, log: Tensor, constant: float = math.log(_TWO_PI)
) -> Tensor:
    """Return the formula, with other things in the places of sigma^2, log(sigma^2), log(2 pi)."""
    value: Tensor = -0.5 * ((z - mu) ** 2 / variance + log + constant)
    return value


def _right_density(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    value: Tensor = Normal(mu, (0.5 * logvar).exp()).log_prob(z)
    return value


# Known mistakes, each with the log-density it gives one element.
_DENSITIES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "": _right_density,
    "the constant log(2 pi) is missing": lambda z, mu, lv: _density(z, mu, lv.exp(), lv, 0.0),
    "the constant lacks its factor 0.5": (
        lambda z, mu, lv: _density(z, mu, lv.exp(), lv, 2 * math.log(_TWO_PI))
    ),
    "the sign of the constant log(2 pi) is turned": (
        lambda z, mu, lv: _density(z, mu, lv.exp(), lv, -math.log(_TWO_PI))
    ),
    "the constant is log(2 pi), not 2 pi": (
        lambda z, mu, lv: _density(z, mu, lv.exp(), lv, _TWO_PI)
    ),
    "the constant is log(2 pi): the 2 is missing": (
        lambda z, mu, lv: _density(z, mu, lv.exp(), lv, math.log(math.pi))
    ),
    "the constant counts once for each dimension, not once for each row": (
        lambda z, mu, lv: _density(z, mu, lv.exp(), lv, math.log(_TWO_PI) / z.shape[1])
    ),
    "the term -0.5 * logvar is missing": lambda z, mu, lv: _density(z, mu, lv.exp(), 0 * lv),
    "the sign of the term in logvar is turned: the formula has -0.5 * logvar": (
        lambda z, mu, lv: _density(z, mu, lv.exp(), -lv)
    ),
    "the term in logvar lacks its half, or log(sigma) was taken for logvar there": (
        lambda z, mu, lv: _density(z, mu, lv.exp(), 2 * lv)
    ),
    "the term in logvar has its half twice: it is log(sigma) = 0.5 * logvar already": (
        lambda z, mu, lv: _density(z, mu, lv.exp(), 0.5 * lv)
    ),
    "exp(logvar) stands where its logarithm, logvar, belongs": (
        lambda z, mu, lv: _density(z, mu, lv.exp(), lv.exp())
    ),
    "sigma stands where its logarithm, 0.5 * logvar, belongs": (
        lambda z, mu, lv: _density(z, mu, lv.exp(), 2 * (0.5 * lv).exp())
    ),
    "the square is divided by sigma: divide by the variance, exp(logvar)": (
        lambda z, mu, lv: _density(z, mu, (0.5 * lv).exp(), lv)
    ),
    "the square is divided by the squared variance: exp(logvar) is sigma^2 already": (
        lambda z, mu, lv: _density(z, mu, (2 * lv).exp(), lv)
    ),
    "the square is multiplied by the variance: divide by it": (
        lambda z, mu, lv: _density(z, mu, (-lv).exp(), lv)
    ),
    "the square is not divided by the variance": (
        lambda z, mu, lv: _density(z, mu, torch.ones_like(lv), lv)
    ),
    "the square is divided by logvar: divide by the variance, exp(logvar)": (
        lambda z, mu, lv: _density(z, mu, lv, lv)
    ),
    "logvar was treated as log(sigma): the variance is exp(logvar), sigma exp(0.5 * logvar)": (
        lambda z, mu, lv: _density(z, mu, (2 * lv).exp(), 2 * lv)
    ),
    "sigma was given the place of the variance twice: the variance is exp(logvar)": (
        lambda z, mu, lv: _density(z, mu, (0.5 * lv).exp(), 0.5 * lv)
    ),
    "logvar is not used: this is the density with sigma = 1": (
        lambda z, mu, lv: _density(z, mu, torch.ones_like(lv), 0 * lv)
    ),
    "mu is not used": lambda z, mu, lv: _right_density(z, 0 * mu, lv),
    "neither mu nor logvar is used: this is log N(z; 0, I)": (
        lambda z, mu, lv: _right_density(z, 0 * mu, 0 * lv)
    ),
    "mu was added to z: the formula has z - mu": lambda z, mu, lv: _right_density(z, -mu, lv),
    "mu and logvar changed places": lambda z, mu, lv: _right_density(z, lv, mu),
    "the sign is turned: this is -log N": lambda z, mu, lv: -_right_density(z, mu, lv),
    "the sign of the square is turned": lambda z, mu, lv: (
        0.5 * ((z - mu) ** 2 / lv.exp() - lv - math.log(_TWO_PI))
    ),
    "z - mu is not squared": lambda z, mu, lv: (
        -0.5 * ((z - mu) / lv.exp() + lv + math.log(_TWO_PI))
    ),
    "the absolute value of z - mu was taken instead of its square": lambda z, mu, lv: (
        -0.5 * ((z - mu).abs() / lv.exp() + lv + math.log(_TWO_PI))
    ),
    "the square is missing": lambda z, mu, lv: -0.5 * (lv + math.log(_TWO_PI)),
    "the factor -0.5 of the square is missing": lambda z, mu, lv: (
        -((z - mu) ** 2) / lv.exp() - 0.5 * (lv + math.log(_TWO_PI))
    ),
    "the factor 0.5 is missing": lambda z, mu, lv: 2 * _right_density(z, mu, lv),
    "the factor 0.5 covers the square alone": lambda z, mu, lv: (
        -0.5 * (z - mu) ** 2 / lv.exp() - lv - math.log(_TWO_PI)
    ),
    "this is the KL of the Gaussian to N(0, I), not its density at z": (
        lambda z, mu, lv: 0.5 * (mu**2 + lv.exp() - 1 - lv)
    ),
}
# What becomes of the values (batch, latent_dim).
_REDUCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "": lambda each: each.sum(dim=1),
    "the mean over dimensions was taken: log-densities add": lambda each: each.mean(dim=1),
    "the values were divided by the number of rows": lambda each: each.sum(dim=1) / len(each),
    "the total of the batch was given to every row": lambda each: each.sum().expand(len(each)),
    "this is the density: take its logarithm": lambda each: each.sum(dim=1).exp(),
    "the densities of the dimensions were added: multiply them, or add their logarithms": (
        lambda each: each.exp().sum(dim=1)
    ),
    "the logarithm of the summed densities was taken: densities multiply": (
        lambda each: each.logsumexp(dim=1)
    ),
    "everything was summed or averaged: keep one value for each row, `.sum(dim=1)`": torch.sum,
    "the sum runs over the batch: sum over latent dimensions, `.sum(dim=1)`": (
        lambda each: each.sum(dim=0)
    ),
    "the sum over latent dimensions is missing: `.sum(dim=1)`": lambda each: each,
    "`keepdim=True` leaves a dimension too many": lambda each: each.sum(dim=1, keepdim=True),
}


def _logvar(rows: int, columns: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor]:
    """Return random logvar between -2 and 2."""
    return (4 * torch.rand(rows, columns, dtype=dtype) - 2,)


def _points(rows: int, columns: int, dtype: torch.dtype) -> Inputs:
    """Return random mu and logvar, and z as drawn from them: no density is too small."""
    mu, (logvar,) = 2 * torch.randn(rows, columns, dtype=dtype), _logvar(rows, columns, dtype)
    return mu + (0.5 * logvar).exp() * torch.randn_like(mu), mu, logvar


def _allowed(right: Tensor, z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    sigma = (0.5 * logvar).exp()
    squares = ((z - mu) / sigma) ** 2
    rounding = 1e-5 * (1 + squares + right.abs())
    return rounding + 1.5e-4 / sigma * (1 + squares)


STD = Formula(
    call="std_from_logvar(logvar)",
    names=("logvar",),
    draw=_logvar,
    each=_STD_MISTAKES,
    reduce={"": lambda each: each},
    allowed=lambda right, logvar: 1e-5 * right + _FLOOR,
    never_less=True,
    row="row",
)
DENSITY = Formula(
    call="gaussian_log_prob(z, mu, logvar)",
    names=("z", "mu", "logvar"),
    draw=_points,
    each=_DENSITIES,
    reduce=_REDUCTIONS,
    allowed=_allowed,
    row="row",
    unit=" nats",
    loose=(5e-2, 1e-3),
    terms={
        "(z - mu)^2 / exp(logvar)": (-0.5, lambda z, mu, lv: (z - mu) ** 2 / lv.exp()),
        "logvar": (-0.5, lambda z, mu, lv: lv),
        "1": (-0.5 * math.log(_TWO_PI), lambda z, mu, lv: torch.ones_like(lv)),
    },
)


def right_std(logvar: Tensor) -> Tensor:
    """Stand in for the learner's std_from_logvar while gaussian_log_prob is judged."""
    return logvar.mul(0.5).exp()


def _any_shape(dtype: torch.dtype) -> Iterator[Case]:
    """Yield values by hand, then every kind of shape; the range late: a clamp hides others."""
    by_hand = torch.tensor([0.0, math.log(4), -math.log(4), 1.0, -2.0])
    wide = torch.linspace(-10, 10, 21)
    turned, cube = _logvar(3, 7)[0].T, 4 * torch.rand(2, 5, 3) - 2
    for logvar in (by_hand, *_logvar(7, 3), cube, by_hand[1], turned, wide, wide[:1]):
        yield Case(f"shape {tuple(logvar.shape)}", (logvar.to(dtype),))
    yield STD.case(300, 130, dtype)


def _sigma_edges(dtype: torch.dtype) -> Iterator[Case]:
    yield STD.case(7, 3, dtype)
    ends = torch.linspace(-9.99, 9.99, 21, dtype=dtype).view(7, 3)
    yield Case("logvar from -10 to 10", (ends,), edge=True)
    yield Case("logvar = 0", (0 * ends,), edge=True)
    yield Case("an input that is not contiguous", (_logvar(3, 7, dtype)[0].T,), edge=True)
    yield Case("300 rows of 130 dimensions", _logvar(300, 130, dtype), edge=True)


def _rows(dtype: torch.dtype) -> Iterator[Case]:
    """Yield points row by row, the ends of the range, and points whose density is 0 in float32."""
    for rows, columns in ((11, 3), (7, 2), (1, 5)):
        yield DENSITY.case(rows, columns, dtype)
    yield Case("inputs that are not contiguous", tuple(p.T for p in _points(3, 7, dtype)))
    zero = torch.zeros(7, 3, dtype=dtype)
    yield Case("z = mu = 0 and logvar = 0", (zero, zero, zero))
    eps = torch.linspace(-2, 2, 42, dtype=dtype).view(21, 2)
    logvar = torch.linspace(-10, 10, 21, dtype=dtype).repeat(2).view(21, 2)
    mu = torch.full_like(logvar, 0.5)
    yield Case("logvar from -10 to 10", (mu + eps * (0.5 * logvar).exp(), mu, logvar))
    far = torch.linspace(20, 60, 15, dtype=dtype).view(5, 3)
    zero = torch.zeros_like(far)
    yield Case("z 20 to 60 sigma from mu", (far * math.exp(0.5), zero, zero + 1), likely=_UNDERFLOW)
    yield DENSITY.case(300, 130, dtype)


def _density_edges(dtype: torch.dtype) -> Iterator[Case]:
    yield DENSITY.case(11, 3, dtype)
    ends = torch.linspace(-9.99, 9.99, 21, dtype=dtype).view(7, 3)
    zero = torch.zeros_like(ends)
    # near mu, as drawn: far from it the square is too large for a comparison in float32
    yield Case("z = mu, logvar from -10 to 10", (3 * ends, 3 * ends, ends), edge=True)
    yield Case("z = sigma, logvar from -10 to 10", ((0.5 * ends).exp(), zero, ends), edge=True)
    yield Case("z = 1, mu = 0 and logvar = 0", (zero + 1, zero, zero.clone()), edge=True)
    yield Case("300 rows of 130 dimensions", _points(300, 130, dtype), edge=True)
    turned = tuple(part.T for part in _points(3, 7, dtype))
    yield Case("inputs that are not contiguous", turned, edge=True)


@check(std_from_logvar, read=_READ)
def std_values(candidate: Any, seed: int) -> str:
    """Check sigma for any shape, and for logvar from -10 to 10. A floor of 1e-4 passes."""
    asked = f"{STD.call} returns sigma = exp(0.5 * logvar), for any shape, its dtype"
    return check_values(STD, candidate, asked, _any_shape)


@check(std_from_logvar, read=_READ)
def std_gradients(candidate: Any, seed: int) -> str:
    """Check that the gradient is half of sigma, and the small print: inputs and device."""
    asked = "d sigma / d logvar = 0.5 * sigma; logvar unchanged; sigma on its device"
    told = check_gradients(STD, candidate, asked, _sigma_edges)
    return f"{told}; {check_small_print(STD, candidate, asked)}"


_STD_SKILLS = (std_values, std_gradients)


@check(gaussian_log_prob, std_from_logvar, read=_READ)
def log_prob_values(candidate: Any, seed: int) -> str:
    """Check the log-density: sums over dimensions, row by row, over the range, and far out."""
    asked = f"{DENSITY.call} is log N(z; mu, exp(logvar)), summed over dimensions"
    with using(candidate, *_STD_SKILLS, std_from_logvar=right_std):
        return check_values(DENSITY, candidate, asked, _rows)


@check(gaussian_log_prob, std_from_logvar, read=_READ)
def log_prob_gradients(candidate: Any, seed: int) -> str:
    """Check the gradients to z, mu and logvar, and the small print: inputs and device."""
    asked = "gaussian_log_prob is differentiable in z, mu and logvar, and changes none of them"
    with using(candidate, *_STD_SKILLS, std_from_logvar=right_std):
        told = check_gradients(DENSITY, candidate, asked, _density_edges)
        return f"{told}; {check_small_print(DENSITY, candidate, asked)}"


ASSIGNMENT = Assignment(
    name="log_variance",
    imports=("import math", "import torch"),
    pieces=(
        Piece("std-from-logvar", "std_from_logvar"),
        Piece("gaussian-log-prob", "gaussian_log_prob"),
    ),
    skills=(
        Skill(
            "std-from-logvar-values", "std_from_logvar: values", 2, "std_from_logvar", std_values
        ),
        Skill(
            "std-from-logvar-gradients",
            "std_from_logvar: gradients and small print",
            1,
            "std_from_logvar",
            std_gradients,
        ),
        Skill(
            "gaussian-log-prob-values",
            "gaussian_log_prob: values",
            3,
            "gaussian_log_prob",
            log_prob_values,
        ),
        Skill(
            "gaussian-log-prob-gradients",
            "gaussian_log_prob: gradients and small print",
            2,
            "gaussian_log_prob",
            log_prob_gradients,
            shown=False,
        ),
    ),
)
