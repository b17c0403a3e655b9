"""The KL of a diagonal Gaussian to N(0, I), and the known mistakes in its formula.

The truth comes from torch.distributions in float64, not from vaelib's formula. It is here since
more than one assignment judges it.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Normal
from torch.distributions import kl_divergence as kl_of_distributions


def right_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the right KL of each image and dimension, in float64."""
    mu, logvar = mu.double(), logvar.double()
    standard = Normal(torch.zeros_like(mu), torch.ones_like(mu), validate_args=False)
    q = Normal(mu, (0.5 * logvar).exp(), validate_args=False)  # validation costs most of the time
    return kl_of_distributions(q, standard)


def allowed(right: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return how far rounding and a floor of 1e-4 on sigma may move each right value."""
    sigma = (0.5 * logvar.double()).exp()
    return 1e-5 * (1 + right) + 1.5e-4 * (sigma + 1 / sigma)


def _half(square: Tensor, variance: Tensor, log: Tensor, one: float = 1.0) -> Tensor:
    """Return the formula, with other things in the places of mu^2, sigma^2 and log(sigma^2)."""
    return 0.5 * (square + variance - one - log)


# Known mistakes in the formula, each with the value it gives one image's one dimension.
FORMULAS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "": right_kl,
    "the factor 0.5 is missing": lambda mu, lv: 2 * right_kl(mu, lv),
    "the factor 0.5 was applied twice": lambda mu, lv: 0.5 * right_kl(mu, lv),
    "the sign is turned: this is -KL, and training would make the KL larger": (
        lambda mu, lv: -right_kl(mu, lv)
    ),
    "the sign is turned, and the factor 0.5 is missing": lambda mu, lv: -2 * right_kl(mu, lv),
    "the factor 0.5 covers mu^2 alone": lambda mu, lv: _half(mu**2, 2 * lv.exp(), 2 * lv, 2.0),
    "the factor 0.5 does not cover mu^2": lambda mu, lv: _half(2 * mu**2, lv.exp(), lv),
    "logvar was treated as log(sigma), as in the formula with 2 * logvar": (
        lambda mu, lv: _half(mu**2, (2 * lv).exp(), 2 * lv)
    ),
    "logvar was treated as sigma, as in the formula with sigma^2 and log(sigma^2)": (
        lambda mu, lv: _half(mu**2, lv**2, (lv**2).log())
    ),
    "logvar was treated as the variance: its logarithm was taken, its exponential was not": (
        lambda mu, lv: _half(mu**2, lv, lv.log())
    ),
    "exp(0.5 * logvar) is sigma; the formula takes the variance, exp(logvar)": (
        lambda mu, lv: _half(mu**2, (0.5 * lv).exp(), lv)
    ),
    "the variance was squared: exp(logvar) is sigma^2 already": (
        lambda mu, lv: _half(mu**2, (2 * lv).exp(), lv)
    ),
    "log(sigma) stands where log(sigma^2), which is logvar, belongs": (
        lambda mu, lv: _half(mu**2, lv.exp(), 0.5 * lv)
    ),
    "log(sigma)**2 is not log(sigma**2): the square belongs inside": (
        lambda mu, lv: _half(mu**2, lv.exp(), (0.5 * lv) ** 2)
    ),
    "logvar was squared: the formula has -logvar": lambda mu, lv: _half(mu**2, lv.exp(), lv**2),
    "the term -logvar is missing": lambda mu, lv: _half(mu**2, lv.exp(), 0 * lv),
    "the sign of logvar is turned: the formula has -logvar": (
        lambda mu, lv: _half(mu**2, lv.exp(), -lv)
    ),
    "the term -1 is missing": lambda mu, lv: _half(mu**2, lv.exp(), lv, 0.0),
    "the sign of 1 is turned: the formula has -1": lambda mu, lv: _half(mu**2, lv.exp(), lv, -1.0),
    "the 1 is subtracted once for each image: subtract it in each dimension": (
        lambda mu, lv: _half(mu**2, lv.exp(), lv, 1 / mu.shape[1])
    ),
    "the term mu^2 is missing": lambda mu, lv: _half(0 * mu, lv.exp(), lv),
    "the sign of mu^2 is turned: the formula has +mu^2": lambda mu, lv: _half(
        -(mu**2), lv.exp(), lv
    ),
    "mu is not squared": lambda mu, lv: _half(mu, lv.exp(), lv),
    "the absolute value of mu was taken instead of its square": (
        lambda mu, lv: _half(mu.abs(), lv.exp(), lv)
    ),
    "the term exp(logvar) is missing": lambda mu, lv: _half(mu**2, 0 * lv, lv),
    "the sign of exp(logvar) is turned": lambda mu, lv: _half(mu**2, -lv.exp(), lv),
    "exp(logvar) is missing: logvar was used for the variance": (
        lambda mu, lv: _half(mu**2, lv, lv)
    ),
    "the 1 is subtracted twice: `expm1` has subtracted it already": lambda mu, lv: _half(
        mu**2, lv.expm1(), lv
    ),
    "the direction is reversed: this is KL(N(0, I) to q), asked is KL(q to N(0, I))": (
        lambda mu, lv: _half(mu**2 / lv.exp(), (-lv).exp(), -lv)
    ),
    "mu and logvar were swapped": lambda mu, lv: _half(lv**2, mu.exp(), mu),
    "`F.kl_div` is for tables of log-probabilities, not for a mean and a log-variance": (
        lambda mu, lv: torch.nn.functional.kl_div(mu, lv, reduction="none")
    ),
}
