"""Checks of a learner's `kl_divergence` and `kl_loss`. Each takes the function.

The truth comes from torch.distributions in float64, not from vaelib's formula. Only inputs are
random, and each bound is above what rounding and a floor of 1e-4 on sigma do to a right answer
at any of them: no right answer fails by chance.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal
from torch.distributions import kl_divergence as kl_of_distributions

from vaelib import kl
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

_READ = "the chapter on the KL, book/kl.ipynb"
_DIVERGENCE = "kl_divergence(mu, logvar)"
_STAND_IN = " (while it is judged, a right kl_divergence stands in for yours)"
_DTYPES = (torch.float32, torch.float64)


def right_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the right KL of each image and dimension, in float64."""
    mu, logvar = mu.double(), logvar.double()
    standard = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return kl_of_distributions(Normal(mu, (0.5 * logvar).exp()), standard)


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

# What becomes of the values (batch, latent_dim): the right way, and known mistakes.
_PER_IMAGE: dict[str, Callable[[Tensor], Tensor]] = {
    "": lambda each: each.sum(dim=1),
    "the mean over dimensions was taken: the KL is their sum": lambda each: each.mean(dim=1),
    "the values were divided by the batch size: that belongs in kl_loss": (
        lambda each: each.sum(dim=1) / len(each)
    ),
    "the total of the batch was given to every image": lambda each: each.sum().expand(len(each)),
    "the mean of the batch was given to every image": (
        lambda each: each.sum(dim=1).mean().expand(len(each))
    ),
    "everything was summed: keep one value for each image, `.sum(dim=1)`": lambda each: each.sum(),
    "everything was averaged: sum over dimensions, keep one value for each image, `.sum(dim=1)`": (
        lambda each: each.mean()
    ),
    "the batch was averaged: that belongs in kl_loss; keep one value for each image": (
        lambda each: each.sum(dim=1).mean()
    ),
    "the sum runs over the batch: sum over latent dimensions, `.sum(dim=1)`": (
        lambda each: each.sum(dim=0)
    ),
    "the sum over latent dimensions is missing: `.sum(dim=1)`": lambda each: each,
    "`keepdim=True` leaves a dimension too many": lambda each: each.sum(dim=1, keepdim=True),
}
PER_BATCH: dict[str, Callable[[Tensor], Tensor]] = {
    "": lambda each: each.sum(dim=1).mean(),
    "the sum over the batch was taken: divide by the number of images": lambda each: each.sum(),
    "the mean over dimensions was taken too: the KL is their sum": lambda each: each.mean(),
    "the sum runs over the batch and the mean over dimensions: it is the other way round": (
        lambda each: each.sum(dim=0).mean()
    ),
    "the mean over the batch is missing": lambda each: each.sum(dim=1),
    "`keepdim=True` leaves a dimension too many": (
        lambda each: each.sum(dim=1).mean(dim=0, keepdim=True)
    ),
}


def _cause(
    asked: str,
    candidate: Any,
    reductions: dict[str, Callable[[Tensor], Tensor]],
    wrong_shape: bool = False,
) -> str:
    """Return the one pair of formula and reduction that gives the learner's values, or nothing."""
    mu, logvar = _inputs(7, 3, torch.float64)
    other, positive = _inputs(11, 4, torch.float64)
    # two sizes, since 7 - 1 is 2 * 3; and some mistakes are NaN where logvar < 0
    inputs = ((mu, logvar), (other, positive.abs()))
    try:
        found = [call(asked, candidate, mu.clone(), lv.clone()) for mu, lv in inputs]
    except CheckFailed:
        return ""
    fitting = []
    for formula, each in FORMULAS.items():
        values = [each(*pair) for pair in inputs]
        for reduction, reduce in reductions.items():
            if all(_equal(one, reduce(value)) for one, value in zip(found, values, strict=True)):
                fitting.append("; ".join(filter(None, (formula, reduction))))
    if not fitting and wrong_shape:  # which may tell the reduction, whatever the formula
        shape, right = getattr(found[0], "shape", None), right_kl(mu, logvar)
        fitting = [name for name, reduce in reductions.items() if reduce(right).shape == shape]
    return fitting[0] if len(fitting) == 1 else ""


def _equal(found: Any, predicted: Tensor) -> bool:
    return (
        isinstance(found, Tensor)
        and found.shape == predicted.shape
        and torch.allclose(found.double(), predicted, rtol=1e-4, atol=1e-5, equal_nan=True)
    )


def _inputs(rows: int, columns: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Return random mu, and random logvar between -2 and 2."""
    mu = 2 * torch.randn(rows, columns, dtype=dtype)
    return mu, 4 * torch.rand(rows, columns, dtype=dtype) - 2


def bound(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return how far rounding and a floor of 1e-4 on sigma may move the KL of each image."""
    sigma = (0.5 * logvar.double()).exp()
    return (1e-5 * (1 + right_kl(mu, logvar)) + 1.5e-4 * (sigma + 1 / sigma)).sum(dim=1)


def _per_image(asked: str, candidate: Any, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the learner's (batch,) values; name the cause if the shape is another."""
    value = call(asked, candidate, mu.clone(), logvar.clone())
    if isinstance(value, Tensor) and value.shape != mu.shape[:1]:
        shapes = f"for inputs of shape {tuple(mu.shape)} the result has shape {tuple(value.shape)}"
        likely = _cause(asked, candidate, _PER_IMAGE, wrong_shape=True)
        if not likely and len(mu) == 1 and value.ndim == 0:
            likely = "`squeeze()` drops the batch's dimension too, if there is one image"
        raise CheckFailed(asked, shapes, likely)
    return shaped(asked, value, (len(mu),))


@check(kl.kl_divergence, kl.kl_loss, read=_READ)
def divergence_shape(candidate: Any, seed: int) -> None:
    """Check for one value for each image, of the dtype of mu, and for unchanged inputs.

    Batches of 7, 1 and 5 images, in float32 and float64.
    """
    asked = f"{_DIVERGENCE} returns one value for each image, shape (batch,), dtype of mu"
    for dtype in _DTYPES:
        for rows, columns in ((7, 3), (1, 5), (5, 1)):
            value = _per_image(asked, candidate, *_inputs(rows, columns, dtype))
            if value.dtype != dtype:
                raise CheckFailed(asked, f"for inputs of {dtype} the result is {value.dtype}")
    mu, _ = _inputs(7, 3)
    logvar = torch.linspace(-12, 12, 21, dtype=mu.dtype).view(7, 3)  # `clamp_(-10, 10)` shows
    mu_before, logvar_before = mu.clone(), logvar.clone()
    call(asked, candidate, mu, logvar)
    unchanged(asked, "mu", mu, mu_before)
    unchanged(asked, "logvar", logvar, logvar_before)
    same_device(asked, candidate, mu, logvar)


@check(kl.kl_divergence, kl.kl_loss, read=_READ)
def divergence_by_hand(candidate: Any, seed: int) -> None:
    """Check six values that a pencil can check: one image, one dimension."""
    asked = f"{_DIVERGENCE} gives the values worked out by hand in the chapter"
    points = ((0.0, 0.0), (1.0, 0.0), (-2.0, 0.0), (0.0, math.log(4)), (0.0, -math.log(4)))
    for dtype in _DTYPES:
        for mu, logvar in (*points, (0.5, 1.0)):
            inputs = torch.tensor([[mu]], dtype=dtype), torch.tensor([[logvar]], dtype=dtype)
            value = call(asked, candidate, *(given.clone() for given in inputs))
            # shapes are judged elsewhere: any one number will do
            if not isinstance(value, Tensor) or value.numel() != 1:
                shaped(asked, value, (1,))
            found, right = float(value), float(right_kl(*inputs))
            if not abs(found - right) <= float(bound(*inputs)):
                raise CheckFailed(
                    asked,
                    f"at mu = {mu:g}, logvar = {logvar:.4g} it is {found:.5f}, "
                    f"expected {right:.5f} nats",
                    _cause(asked, candidate, _PER_IMAGE),
                )


@check(kl.kl_divergence, kl.kl_loss, read=_READ)
def divergence_values(candidate: Any, seed: int) -> None:
    """Check sums over dimensions, image by image; logvar from -10 to 10; and KL >= -1e-6.

    11 images of 5 dimensions in float32 and float64, then one dimension at 21 values of logvar
    and at 14 near 0.
    """
    asked = f"{_DIVERGENCE} sums the KL over latent dimensions, each image for itself"
    for dtype in _DTYPES:
        inputs = _inputs(11, 5, dtype)
        found = _per_image(asked, candidate, *inputs).detach().double()
        right = right_kl(*inputs).sum(dim=1)
        wrong = ~((found - right).abs() <= bound(*inputs))
        if bool(wrong.any()):
            row = int(wrong.nonzero()[0])
            raise CheckFailed(
                asked,
                f"an image has {float(found[row]):.4f}, expected {float(right[row]):.4f} nats",
                _cause(asked, candidate, _PER_IMAGE) or _over_the_range(asked, candidate)[1],
            )
    seen, likely = _over_the_range(asked, candidate)
    if seen:
        raise CheckFailed(asked, seen, likely)
    small = 10.0 ** -torch.arange(1, 8).repeat(2).unsqueeze(1)
    small[:7] *= -1
    lowest = float(_per_image(asked, candidate, torch.zeros_like(small), small).min())
    if not lowest >= -1e-6:
        raise CheckFailed(asked, f"near logvar = 0 a value is {lowest:.3g}; a KL is never negative")


def _over_the_range(asked: str, candidate: Any) -> tuple[str, str]:
    """Return what is wrong for logvar from -10 to 10, and the cause; twice "" if nothing is."""
    logvar = torch.arange(-10.0, 11.0).unsqueeze(1)
    mu = torch.full_like(logvar, 0.5)
    found = _per_image(asked, candidate, mu, logvar).detach().double()
    right = right_kl(mu, logvar).sum(dim=1)
    wrong = ~((found - right).abs() <= bound(mu, logvar))
    if not bool(wrong.any()):
        return "", ""
    worst = int(((found - right).abs() / right).nan_to_num(math.inf).argmax())
    seen = (
        f"at mu = 0.5, logvar = {float(logvar[worst]):g} it is {float(found[worst]):.5g}, "
        f"expected {float(right[worst]):.5g} nats"
    )
    ends = [found[wrong & (logvar[:, 0] < 0)], found[wrong & (logvar[:, 0] > 0)]]
    flat = all(
        len(end) == 0 or (len(end) > 1 and torch.equal(end, end[:1].expand_as(end))) for end in ends
    )
    clamped = "logvar is clamped too tightly: values between -10 and 10 must stay as they are"
    return seen, clamped if flat and not bool(wrong.all()) else ""


@check(kl.kl_divergence, kl.kl_loss, read=_READ)
def divergence_gradients(candidate: Any, seed: int) -> None:
    """Check the gradient: mu, and 0.5 (exp(logvar) - 1).

    11 images of 3 dimensions, in float32 and float64.
    """
    asked = f"the gradient of {_DIVERGENCE} is mu, and 0.5 * (exp(logvar) - 1)"
    for dtype in _DTYPES:
        mu, logvar = (value.requires_grad_() for value in _inputs(11, 3, dtype))
        value = _per_image(asked, candidate, mu, logvar)
        weight = torch.randn(11, dtype=value.dtype)
        found = gradients(asked, value, weight, mu, logvar)
        right = [weight[:, None] * slope for slope in _slopes(mu, logvar)]
        _compare_gradients(asked, candidate, _PER_IMAGE, found, right)


def _slopes(mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor]:
    """Return the right derivatives of an image's KL."""
    return mu.detach(), 0.5 * (logvar.detach().exp() - 1)


def _compare_gradients(
    asked: str,
    candidate: Any,
    reductions: dict[str, Callable[[Tensor], Tensor]],
    found: Sequence[Tensor],
    right: Sequence[Tensor],
) -> None:
    """Fail if the gradients for mu and logvar are not the right ones."""
    wrong = [  # the bounds allow a floor on sigma
        not torch.allclose(one.double(), other.double(), rtol=1e-4, atol=1e-3)
        for one, other in zip(found, right, strict=True)
    ]
    if any(wrong):
        which = wrong.index(True)
        name, one, other = ("mu", "logvar")[which], found[which], right[which]
        worst = int((one - other).abs().argmax())
        cut = f"{name} was detached (`.detach()`, `.data`, `.item()`), or is not used"
        raise CheckFailed(
            asked,
            f"the gradient to {name} is {float(one.flatten()[worst]):.4f} at an element where "
            f"it should be {float(other.flatten()[worst]):.4f}",
            # values that are wrong in a known way explain the gradient as well
            _cause(asked, candidate, reductions)
            or (cut if not all(wrong) and not bool(one.any()) else ""),
        )


def _right_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """Stand in for the learner's kl_divergence while kl_loss is judged."""
    return right_kl(mu, logvar).sum(dim=1).to(mu.dtype)


@check(kl.kl_divergence, kl.kl_loss, read=_READ)
def loss_value(candidate: Any, seed: int) -> None:
    """Check for the mean over the batch, as a 0-dim tensor, whatever the batch size.

    Batches of 7, 1 and 13 images, in float32 and float64.
    """
    asked = "kl_loss(mu, logvar) is the mean of the KL over the batch, a 0-dim tensor" + _STAND_IN
    with using(candidate, kl_divergence=_right_divergence):
        for dtype in _DTYPES:
            for rows, columns in ((7, 3), (1, 5), (13, 2)):
                inputs = _inputs(rows, columns, dtype)
                value = _per_batch(asked, candidate, *inputs)
                if value.dtype != dtype:
                    raise CheckFailed(asked, f"for inputs of {dtype} the result is {value.dtype}")
                found, right = float(value), float(right_kl(*inputs).sum(dim=1).mean())
                if not abs(found - right) <= float(bound(*inputs).mean()):
                    raise CheckFailed(
                        asked,
                        f"for {rows} images it is {found:.4f}, expected {right:.4f} nats",
                        _cause(asked, candidate, PER_BATCH),
                    )


def _per_batch(asked: str, candidate: Any, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the learner's 0-dim value; name the cause if the shape is another."""
    value = call(asked, candidate, mu.clone(), logvar.clone())
    if isinstance(value, Tensor) and value.ndim:
        shapes = f"the result has shape {tuple(value.shape)}, expected ()"
        raise CheckFailed(asked, shapes, _cause(asked, candidate, PER_BATCH, wrong_shape=True))
    return shaped(asked, value, ())


@check(kl.kl_divergence, kl.kl_loss, read=_READ)
def loss_gradients(candidate: Any, seed: int) -> None:
    """Check the gradient: that of the KL, divided by the batch size.

    11 images of 3 dimensions, in float32 and float64.
    """
    asked = "the gradient of kl_loss is that of the KL, divided by the number of images" + _STAND_IN
    with using(candidate, kl_divergence=_right_divergence):
        for dtype in _DTYPES:
            mu, logvar = (value.requires_grad_() for value in _inputs(11, 3, dtype))
            value = _per_batch(asked, candidate, mu, logvar)
            found = gradients(asked, value, torch.ones_like(value), mu, logvar)
            right = [slope / len(mu) for slope in _slopes(mu, logvar)]
            _compare_gradients(asked, candidate, PER_BATCH, found, right)
