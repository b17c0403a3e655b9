"""Checks of a learner's `kl_divergence` and `kl_loss`. Each takes the function.

The truth comes from torch.distributions in float64, not from vaelib's formula. Nothing here is
random but the inputs, so no right answer fails by chance.
"""

import math
from collections.abc import Callable
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
    tensor,
    unchanged,
    using,
)

_READ = "the chapter on the KL, book/kl.ipynb"
_DIVERGENCE = "kl_divergence(mu, logvar)"

# Known mistakes, each with the value that one image's one dimension has if it was made.
_MISTAKES: tuple[tuple[str, Callable[[Tensor, Tensor], Tensor]], ...] = (
    (
        "the factor 0.5 is missing",
        lambda mu, lv: mu**2 + lv.exp() - 1 - lv,
    ),
    (
        "the factor 0.5 was applied twice",
        lambda mu, lv: 0.25 * (mu**2 + lv.exp() - 1 - lv),
    ),
    (
        "the sign is turned: this is -KL, and training would make the KL larger",
        lambda mu, lv: -0.5 * (mu**2 + lv.exp() - 1 - lv),
    ),
    (
        "logvar was treated as log(sigma), as in the formula with 2 * logvar",
        lambda mu, lv: 0.5 * (mu**2 + (2 * lv).exp() - 1 - 2 * lv),
    ),
    (
        "logvar was treated as sigma, as in the formula with sigma^2 and log(sigma^2)",
        lambda mu, lv: 0.5 * (mu**2 + lv**2 - 1 - (lv**2).log()),
    ),
    (
        "exp(0.5 * logvar) is sigma; the formula takes the variance, exp(logvar)",
        lambda mu, lv: 0.5 * (mu**2 + (0.5 * lv).exp() - 1 - lv),
    ),
    (
        "the term -logvar is missing",
        lambda mu, lv: 0.5 * (mu**2 + lv.exp() - 1),
    ),
    (
        "the sign of logvar is turned: the formula has -logvar",
        lambda mu, lv: 0.5 * (mu**2 + lv.exp() - 1 + lv),
    ),
    (
        "the term -1 is missing",
        lambda mu, lv: 0.5 * (mu**2 + lv.exp() - lv),
    ),
    (
        "the sign of 1 is turned: the formula has -1",
        lambda mu, lv: 0.5 * (mu**2 + lv.exp() + 1 - lv),
    ),
    (
        "the term mu^2 is missing",
        lambda mu, lv: 0.5 * (lv.exp() - 1 - lv),
    ),
    (
        "the sign of mu^2 is turned: the formula has +mu^2",
        lambda mu, lv: 0.5 * (-(mu**2) + lv.exp() - 1 - lv),
    ),
    (
        "mu is not squared",
        lambda mu, lv: 0.5 * (mu + lv.exp() - 1 - lv),
    ),
    (
        "the absolute value of mu was taken instead of its square",
        lambda mu, lv: 0.5 * (mu.abs() + lv.exp() - 1 - lv),
    ),
    (
        "exp(logvar) is missing: logvar was used for the variance",
        lambda mu, lv: 0.5 * (mu**2 + lv - 1 - lv),
    ),
    (
        "the direction is reversed: this is KL(N(0, I) to q), asked is KL(q to N(0, I))",
        lambda mu, lv: 0.5 * ((1 + mu**2) / lv.exp() - 1 + lv),
    ),
    (
        "mu and logvar were swapped",
        lambda mu, lv: 0.5 * (lv**2 + mu.exp() - 1 - mu),
    ),
)

# Mistakes in the sum: what becomes of the values (batch, latent_dim).
_REDUCTIONS: tuple[tuple[str, Callable[[Tensor], Tensor]], ...] = (
    (
        "the mean over dimensions was taken: the KL is their sum",
        lambda each: each.mean(dim=1),
    ),
    (
        "the values were divided by the batch size",
        lambda each: each.sum(dim=1) / len(each),
    ),
    (
        "the total of the batch was given to every image",
        lambda each: each.sum().expand(len(each)),
    ),
    (
        "the mean of the batch was given to every image",
        lambda each: each.sum(dim=1).mean().expand(len(each)),
    ),
)

# A floor of at most 1e-4 on sigma is a right answer; it changes one dimension's KL by this much.
_FLOOR = 2.5e-4


def _truth(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the right values, (batch, latent_dim), in float64."""
    mu, logvar = mu.double(), logvar.double()
    standard = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return kl_of_distributions(Normal(mu, (0.5 * logvar).exp()), standard)


def _inputs(rows: int, columns: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Return random mu, and random logvar between -2 and 2."""
    mu = 2 * torch.randn(rows, columns, dtype=dtype)
    return mu, 4 * torch.rand(rows, columns, dtype=dtype) - 2


def _per_image(asked: str, candidate: Any, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the learner's (batch,) values; name the reduction if the shape is another."""
    value = call(asked, candidate, mu.clone(), logvar.clone())
    rows, columns = mu.shape
    causes = {
        (): "everything was summed or averaged: keep one value for each image, `.sum(dim=1)`",
        (columns,): "the sum runs over the batch: sum over latent dimensions, `.sum(dim=1)`",
        (rows, 1): "`keepdim=True` leaves a dimension too many",
        (rows, columns): "the sum over latent dimensions is missing: `.sum(dim=1)`",
    }
    if columns == 1:
        del causes[rows, 1]  # could be either
    if isinstance(value, Tensor) and value.shape != (rows,) and tuple(value.shape) in causes:
        raise CheckFailed(
            asked,
            f"for inputs of shape {tuple(mu.shape)} the result has shape {tuple(value.shape)}",
            causes[tuple(value.shape)],
        )
    return tensor(asked, value, (rows,), mu.dtype)


def _finite_or_diagnosed(asked: str, candidate: Any, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the learner's values; name the mistake if they are NaN or infinite."""
    try:
        return _per_image(asked, candidate, mu, logvar).detach()
    except CheckFailed as failure:
        if "NaN" in failure.seen:
            failure.likely = _cause(asked, candidate)
        raise


@check(kl.kl_divergence, kl.kl_loss, read=_READ)
def divergence_shape(candidate: Any, seed: int) -> None:
    """Check for one value for each image, of the dtype of mu, and for unchanged inputs."""
    asked = f"{_DIVERGENCE} returns one value for each image, shape (batch,), dtype of mu"
    for dtype in (torch.float32, torch.float64):
        for rows, columns in ((7, 3), (1, 5), (5, 1)):
            _per_image(asked, candidate, *_inputs(rows, columns, dtype))
    mu, logvar = _inputs(7, 3)
    mu_before, logvar_before = mu.clone(), logvar.clone()
    call(asked, candidate, mu, logvar)
    unchanged(asked, "mu", mu, mu_before)
    unchanged(asked, "logvar", logvar, logvar_before)
    same_device(asked, candidate, mu, logvar)


@check(kl.kl_divergence, kl.kl_loss, read=_READ)
def divergence_by_hand(candidate: Any, seed: int) -> None:
    """Check values that a pencil can check, in one dimension."""
    asked = f"{_DIVERGENCE} gives the values worked out by hand in the chapter"
    points = ((0.0, 0.0), (1.0, 0.0), (-2.0, 0.0), (0.0, math.log(4)), (0.0, -math.log(4)))
    for dtype in (torch.float32, torch.float64):
        for mu, logvar in (*points, (0.5, 1.0)):
            inputs = torch.tensor([[mu]], dtype=dtype), torch.tensor([[logvar]], dtype=dtype)
            right = float(_truth(*inputs))
            found = float(_finite_or_diagnosed(asked, candidate, *inputs))
            if abs(found - right) > _FLOOR:
                raise CheckFailed(
                    asked,
                    f"at mu = {mu:g}, logvar = {logvar:.4g} it is {found:.5f}, "
                    f"expected {right:.5f} nats",
                    _cause(asked, candidate),
                )


@check(kl.kl_divergence, kl.kl_loss, read=_READ)
def divergence_values(candidate: Any, seed: int) -> None:
    """Check many images and dimensions at once: sums over dimensions, image by image."""
    asked = f"{_DIVERGENCE} sums the KL over latent dimensions, each image for itself"
    for dtype in (torch.float32, torch.float64):
        mu, logvar = _inputs(11, 5, dtype)
        right = _truth(mu, logvar).sum(dim=1)
        found = _finite_or_diagnosed(asked, candidate, mu, logvar).double()
        wrong = (found - right).abs() > 1e-5 * right.clamp(min=1) + 5 * _FLOOR
        if bool(wrong.any()):
            row = int(wrong.nonzero()[0])
            raise CheckFailed(
                asked,
                f"an image has {float(found[row]):.4f}, expected {float(right[row]):.4f} nats",
                _cause(asked, candidate),
            )
    small = 10.0 ** -torch.arange(1, 8).repeat(2).unsqueeze(1)
    small[:7] *= -1
    lowest = float(_per_image(asked, candidate, torch.zeros_like(small), small).min())
    if lowest < -1e-6:
        raise CheckFailed(asked, f"near logvar = 0 a value is {lowest:.3g}; a KL is never negative")


def _cause(asked: str, candidate: Any) -> str:
    """Return the one known mistake whose values the learner's function has, or nothing."""
    mu, logvar = _inputs(7, 3, torch.float64)
    found = _per_image(asked, candidate, mu, logvar).detach()
    each = _truth(mu, logvar)
    predictions = [(cause, formula(mu, logvar).sum(dim=1)) for cause, formula in _MISTAKES]
    predictions += [(cause, reduce(each)) for cause, reduce in _REDUCTIONS]
    fitting = [
        cause for cause, value in predictions if torch.allclose(found, value, rtol=1e-5, atol=1e-6)
    ]
    return fitting[0] if len(fitting) == 1 else ""


@check(kl.kl_divergence, kl.kl_loss, read=_READ)
def divergence_gradients(candidate: Any, seed: int) -> None:
    """Check the gradient: mu, and 0.5 (exp(logvar) - 1)."""
    asked = f"the gradient of {_DIVERGENCE} is mu, and 0.5 * (exp(logvar) - 1)"
    for dtype in (torch.float32, torch.float64):
        mu, logvar = (value.requires_grad_() for value in _inputs(11, 3, dtype))
        value = _per_image(asked, candidate, mu, logvar)
        weight = torch.randn(11, dtype=dtype)
        found = gradients(asked, value, weight, mu, logvar)
        right = (mu.detach(), 0.5 * (logvar.detach().exp() - 1))
        _compare_gradients(asked, found, [r * weight[:, None] for r in right])


def _compare_gradients(asked: str, found: list[Tensor], right: list[Tensor]) -> None:
    """Fail if the gradients for mu and logvar are not the right ones."""
    for name, one, other in zip(("mu", "logvar"), found, right, strict=True):
        if not torch.allclose(one, other, rtol=1e-4, atol=4 * _FLOOR):
            worst = int((one - other).abs().argmax())
            cut = not bool(one.any())
            raise CheckFailed(
                asked,
                f"the gradient to {name} is {float(one.flatten()[worst]):.4f} at an element where "
                f"it should be {float(other.flatten()[worst]):.4f}",
                f"{name} was detached (`.detach()`, `.data`), or is not used" if cut else "",
            )


def _right_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """Stand in for the learner's kl_divergence while kl_loss is judged."""
    standard = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return kl_of_distributions(Normal(mu, (0.5 * logvar).exp()), standard).sum(dim=1)


@check(kl.kl_divergence, kl.kl_loss, read=_READ)
def loss_value(candidate: Any, seed: int) -> None:
    """Check for the mean over the batch, as a 0-dim tensor, whatever the batch size."""
    asked = "kl_loss(mu, logvar) is the mean of the KL over the batch, a 0-dim tensor"
    with using(candidate, kl_divergence=_right_divergence):
        for dtype in (torch.float32, torch.float64):
            for rows, columns in ((7, 3), (1, 5), (13, 2)):
                mu, logvar = _inputs(rows, columns, dtype)
                value = call(asked, candidate, mu.clone(), logvar.clone())
                found = float(tensor(asked, value, (), dtype).detach())
                images = _truth(mu, logvar).sum(dim=1)
                right = float(images.mean())
                if abs(found - right) > 1e-5 * max(right, 1) + columns * _FLOOR:
                    causes = {
                        "the sum over the batch was taken: divide by the number of images": (
                            float(images.sum())
                        ),
                        "the mean over dimensions was taken too: the KL is their sum": (
                            right / columns
                        ),
                        "the sign is turned": -right,
                    }
                    fitting = [
                        cause
                        for cause, wrong in causes.items()
                        if abs(found - wrong) < 1e-4 * abs(wrong)
                    ]
                    raise CheckFailed(
                        asked,
                        f"for {rows} images it is {found:.4f}, expected {right:.4f} nats",
                        fitting[0] if len(fitting) == 1 else "",
                    )


@check(kl.kl_divergence, kl.kl_loss, read=_READ)
def loss_gradients(candidate: Any, seed: int) -> None:
    """Check the gradient: that of the KL, divided by the batch size."""
    asked = "the gradient of kl_loss is that of the KL, divided by the number of images"
    with using(candidate, kl_divergence=_right_divergence):
        mu, logvar = (value.requires_grad_() for value in _inputs(11, 3))
        value = tensor(asked, call(asked, candidate, mu, logvar), (), mu.dtype)
        found = gradients(asked, value, torch.ones(()), mu, logvar)
    right = [mu.detach() / 11, 0.5 * (logvar.detach().exp() - 1) / 11]
    _compare_gradients(asked, found, right)
