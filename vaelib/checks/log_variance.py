"""Checks of a learner's `std_from_logvar` and `gaussian_log_prob`. Each takes the function.

The truth comes from torch.distributions in float64. Only inputs are random, so no right answer
fails by chance.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal

from vaelib.checks.judging import (
    CheckFailed,
    call,
    check,
    gradients,
    same_device,
    shaped,
    unchanged,
    using,
)
from vaelib.log_variance import gaussian_log_prob, std_from_logvar

_READ = "the chapter on the log-variance, book/log_variance.ipynb"
_DTYPES = (torch.float32, torch.float64)
_FLOOR = 1.2e-4  # a floor of at most 1e-4 on sigma is a right answer
_TWO_PI = 2 * math.pi

# Known mistakes, each with the standard deviation it gives.
_STD_MISTAKES: dict[str, Callable[[Tensor], Tensor]] = {
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
    "the variance was given the place of sigma twice: sigma is exp(0.5 * logvar)": (
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
}


def _logvar(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return random logvar between -2 and 2."""
    return 4 * torch.rand(shape, dtype=dtype) - 2


def _std(asked: str, candidate: Any, logvar: Tensor) -> Tensor:
    """Return the learner's sigma, of the shape of logvar and finite."""
    std = shaped(asked, call(asked, candidate, logvar.clone()), tuple(logvar.shape))
    wrong = ~std.detach().isfinite()
    if bool(wrong.any()):
        likely = "the square root or the logarithm of a negative number: logvar may be negative"
        raise CheckFailed(
            asked,
            f"{int(wrong.sum())} of {std.numel()} values are NaN or infinite",
            likely if torch.equal(std.isnan(), logvar < 0) else "",
        )
    return std


@check(std_from_logvar, read=_READ)
def std_values(candidate: Any, seed: int) -> None:
    """Check sigma for any shape, and for logvar from -10 to 10.

    Shapes (5,), (7, 3), (2, 5, 3) and (), in float32 and float64. A floor of 1e-4 passes.
    Nothing here depends on chance.
    """
    asked = "std_from_logvar(logvar) returns sigma = exp(0.5 * logvar), for any shape, its dtype"
    by_hand = torch.tensor([0.0, math.log(4), -math.log(4), 1.0, -2.0])
    # a clamp must not hide another mistake: the range comes last
    shapes = by_hand, _logvar(7, 3), _logvar(2, 5, 3), by_hand[1], torch.linspace(-10, 10, 21)
    for dtype in _DTYPES:
        for single in shapes:
            logvar = single.to(dtype)
            found = _std(asked, candidate, logvar).detach()
            if found.dtype != dtype:
                raise CheckFailed(asked, f"for logvar of {dtype} the result is {found.dtype}")
            wrong = ~_is_sigma(found, logvar)
            if bool(wrong.any()):
                at = int(wrong.flatten().nonzero()[0])
                right = float((0.5 * logvar.flatten()[at]).exp())
                raise CheckFailed(
                    asked,
                    f"at logvar = {float(logvar.flatten()[at]):.4g} it is "
                    f"{float(found.flatten()[at]):.4g}, expected {right:.4g}",
                    _std_cause(asked, candidate),
                )


def _is_sigma(found: Tensor, logvar: Tensor) -> Tensor:
    """Return where sigma is right, but for rounding and a floor."""
    right = logvar.double().mul(0.5).exp()
    more = found.double() - right
    return (more >= -1e-5 * (1 + right)) & (more <= 1e-5 * right + _FLOOR)


def _std_cause(asked: str, candidate: Any) -> str:
    """Return the one mistake that gives the learner's values, or nothing."""
    logvar = torch.linspace(-10, 10, 21, dtype=torch.float64)
    small = logvar / 5  # where clamps and floors leave values alone
    try:
        wide, found = (_std(asked, candidate, given).double() for given in (logvar, small))
    except CheckFailed:
        return ""
    fitting = [
        cause
        for cause, formula in _STD_MISTAKES.items()
        if torch.allclose(found, formula(small), rtol=1e-4)
    ]
    if fitting:
        return fitting[0] if len(fitting) == 1 else ""
    wrong = ~_is_sigma(wide, logvar)
    ends = wide[wrong & (logvar < 0)], wide[wrong & (logvar > 0)]
    flat = all(len(end) == 0 or bool((end == end[0]).all()) for end in ends)
    if flat and bool(wrong.any()) and bool(_is_sigma(found, small).all()):
        return "logvar or sigma is clamped too tightly: logvar from -10 to 10 must stay as it is"
    return ""


@check(std_from_logvar, read=_READ)
def std_gradients(candidate: Any, seed: int) -> None:
    """Check that the gradient is half of sigma, and the small print: inputs and device.

    Shape (7, 3), in float32 and float64. Nothing here depends on chance.
    """
    asked = "d sigma / d logvar = 0.5 * sigma; logvar unchanged; sigma on its device"
    for dtype in _DTYPES:
        logvar = _logvar(7, 3, dtype=dtype).requires_grad_()
        weight = torch.randn(7, 3, dtype=dtype)
        right = [0.5 * logvar.detach().mul(0.5).exp() * weight]
        std = shaped(asked, call(asked, candidate, logvar), (7, 3))
        found = gradients(asked, std, weight, logvar)
        _compare(asked, ("logvar",), found, right, lambda: _std_cause(asked, candidate))
    logvar = torch.linspace(-12, 12, 21).view(7, 3)  # `clamp_(-10, 10)` shows
    before = logvar.clone()
    call(asked, candidate, logvar)
    unchanged(asked, "logvar", logvar, before)
    same_device(asked, candidate, logvar)


def _rows(asked: str, candidate: Any, z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the learner's (batch,) values; name the reduction if the shape is another."""
    value = call(asked, candidate, z.clone(), mu.clone(), logvar.clone())
    return _rows_of(asked, value, *z.shape)


def _rows_of(asked: str, value: Any, rows: int, columns: int) -> Tensor:
    causes = {
        (): "everything was summed or averaged: keep one value for each row, `.sum(dim=1)`",
        (columns,): "the sum runs over the batch: sum over latent dimensions, `.sum(dim=1)`",
        (rows, columns): "the sum over latent dimensions is missing: `.sum(dim=1)`",
        (rows, 1): "`keepdim=True` leaves a dimension too many",
    }
    if isinstance(value, Tensor) and value.shape != (rows,):
        likely = causes.get(tuple(value.shape), "")
        if rows == 1 and value.ndim == 0:
            likely = "`squeeze()` drops the batch's dimension too, if there is one row"
        raise CheckFailed(
            asked,
            f"for inputs of shape {(rows, columns)} the result has shape {tuple(value.shape)}",
            likely,
        )
    return shaped(asked, value, (rows,))


def _right_std(logvar: Tensor) -> Tensor:
    """Stand in for the learner's std_from_logvar while gaussian_log_prob is judged."""
    return logvar.mul(0.5).exp()


def _points(rows: int, columns: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Return random mu and logvar, and z as drawn from them: no density is too small."""
    mu, logvar = 2 * torch.randn(rows, columns, dtype=dtype), _logvar(rows, columns, dtype=dtype)
    return mu + (0.5 * logvar).exp() * torch.randn_like(mu), mu, logvar


@check(gaussian_log_prob, std_from_logvar, read=_READ)
def log_prob_values(candidate: Any, seed: int) -> None:
    """Check the log-density against torch.distributions: sums over dimensions, row by row.

    11, 1 and 7 rows in float32 and float64; then logvar from -10 to 10; then points 20 to 60
    sigma away, whose density is 0 in float32. A floor of 1e-4 on sigma passes. Nothing here
    depends on chance.
    """
    asked = "gaussian_log_prob(z, mu, logvar) is log N(z; mu, exp(logvar)), summed over dimensions"
    with using(candidate, std_from_logvar=_right_std):
        for dtype in _DTYPES:
            for rows, columns in ((11, 3), (7, 2), (1, 5)):
                _judge(asked, candidate, *_points(rows, columns, dtype))
        eps = torch.linspace(-2, 2, 42).view(21, 2)
        logvar = torch.linspace(-10, 10, 21).repeat(2).view(21, 2)
        mu = torch.full_like(logvar, 0.5)
        _judge(asked, candidate, mu + eps * (0.5 * logvar).exp(), mu, logvar, "logvar")
        mu, logvar = torch.zeros(5, 3), torch.ones(5, 3)
        far = torch.linspace(20, 60, 15).view(5, 3) * logvar.mul(0.5).exp()
        _judge(asked, candidate, far, mu, logvar, "density")


def _judge(
    asked: str, candidate: Any, z: Tensor, mu: Tensor, logvar: Tensor, stage: str = ""
) -> None:
    """Fail if the values at these points are not the right ones."""
    value = _rows(asked, candidate, z, mu, logvar)
    if value.dtype != z.dtype:
        raise CheckFailed(asked, f"for inputs of {z.dtype} the result is {value.dtype}")
    found = value.detach().double()
    z, mu, logvar = z.double(), mu.double(), logvar.double()
    right, sigma = _right_density(z, mu, logvar), (0.5 * logvar).exp()
    squares = ((z - mu) / sigma) ** 2
    # rounding, then what a floor on sigma does
    allowed = 1e-5 * (1 + squares + right.abs()) + 1.5e-4 / sigma * (1 + squares)
    right, allowed = right.sum(dim=1), allowed.sum(dim=1)
    wrong = ~((found - right).abs() <= allowed)
    if not bool(wrong.any()):
        return
    row = int(((found - right).abs() / allowed).nan_to_num(math.inf, math.inf).argmax())
    likely = _density_cause(asked, candidate)
    if not likely and stage == "density":
        likely = (
            "the density is 0 in float32 there: write its logarithm out, without exp, log or clamp"
        )
    if not likely and stage == "logvar" and _flat(asked, candidate):
        likely = "logvar is clamped too tightly: values between -10 and 10 must stay as they are"
    raise CheckFailed(
        asked,
        f"a row with logvar = {float(logvar[row, 0]):.3g}, ... has {float(found[row]):.4f}, "
        f"expected {float(right[row]):.4f} nats",
        likely,
    )


def _flat(asked: str, candidate: Any) -> bool:
    """Return whether one end of logvar from -10 to 10 makes no difference."""
    logvar = torch.tensor([[-10.0], [-9.0], [9.0], [10.0]])
    found = _rows(asked, candidate, torch.ones(4, 1), torch.zeros(4, 1), logvar)
    return bool(found[0] == found[1]) or bool(found[2] == found[3])


def _density_cause(asked: str, candidate: Any) -> str:
    """Return the one pair of formula and reduction that gives the learner's values, or nothing."""
    z, mu, logvar = _points(11, 4, torch.float64)
    # two sizes; and some mistakes are NaN where logvar < 0
    inputs = _points(7, 3, torch.float64), (z, mu, logvar.abs())
    try:
        found = [_rows(asked, candidate, *points).detach().double() for points in inputs]
    except CheckFailed:
        return ""
    fitting = [
        "; ".join(filter(None, (formula, reduction)))
        for formula, density in _DENSITIES.items()
        for reduction, reduce in _REDUCTIONS.items()
        if all(
            torch.allclose(one, reduce(density(*points)), rtol=1e-4, atol=1e-5, equal_nan=True)
            for one, points in zip(found, inputs, strict=True)
        )
    ]
    return fitting[0] if len(fitting) == 1 else ""


@check(gaussian_log_prob, std_from_logvar, read=_READ)
def log_prob_gradients(candidate: Any, seed: int) -> None:
    """Check the gradients to z, mu and logvar, and the small print: inputs and device.

    11 rows of 3 dimensions, in float32 and float64. Nothing here depends on chance.
    """
    asked = "gaussian_log_prob is differentiable in z, mu and logvar, and changes none of them"
    names = ("z", "mu", "logvar")
    with using(candidate, std_from_logvar=_right_std):
        for dtype in _DTYPES:
            inputs = [value.requires_grad_() for value in _points(11, 3, dtype)]
            weight = torch.randn(11, dtype=dtype)
            right = torch.autograd.grad(_right_density(*inputs).sum(dim=1), inputs, weight)
            value = _rows_of(asked, call(asked, candidate, *inputs), *inputs[0].shape)
            found = gradients(asked, value, weight, *inputs)
            torch.set_grad_enabled(True)  # the answer may have switched it off
            _compare(asked, names, found, right, lambda: _density_cause(asked, candidate))
        z, mu, _ = _points(7, 3, torch.float32)
        given = z, mu, torch.linspace(-12, 12, 21).view(7, 3)  # `clamp_(-10, 10)` shows
        before = [value.clone() for value in given]
        call(asked, candidate, *given)
        for name, value, kept in zip(names, given, before, strict=True):
            unchanged(asked, name, value, kept)
        same_device(asked, candidate, *given)


def _compare(
    asked: str,
    names: Sequence[str],
    found: Sequence[Tensor],
    right: Sequence[Tensor],
    cause: Callable[[], str],
) -> None:
    """Fail if a gradient is not the right one."""
    for name, one, other in zip(names, found, right, strict=True):
        # the bounds allow a floor on sigma
        if not torch.allclose(one.double(), other.double(), rtol=2e-3, atol=1e-3):
            worst = int((one - other).abs().argmax())
            cut = [name for name, one in zip(names, found, strict=True) if not bool(one.any())]
            raise CheckFailed(
                asked,
                f"the gradient to {name} is {float(one.flatten()[worst]):.4f} at an element where "
                f"it should be {float(other.flatten()[worst]):.4f}",
                # values that are wrong in a known way explain the gradient as well
                cause()
                or (
                    f"no gradient reaches {', '.join(cut)}: detached, rounded, or not used"
                    if cut
                    else ""
                ),
            )
