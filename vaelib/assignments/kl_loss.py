"""Checks of a learner's `kl_divergence` and `kl_loss`. Each takes the function."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from vaelib import kl
from vaelib.assignments import Assignment, Piece, Skill
from vaelib.checks.divergence import FORMULAS, allowed
from vaelib.checks.formula import (
    Case,
    Formula,
    Inputs,
    check_gradients,
    check_shape,
    check_values,
)
from vaelib.checks.harness import CheckFailed, call, check, not_empty, using

_STAND_IN = " (a right kl_divergence stands in for yours where yours is not right)"

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
_PER_BATCH: dict[str, Callable[[Tensor], Tensor]] = {
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


def _draw(rows: int, columns: int, dtype: torch.dtype = torch.float32) -> Inputs:
    """Return random mu, and random logvar between -2 and 2."""
    mu = 2 * torch.randn(rows, columns, dtype=dtype)
    return mu, 4 * torch.rand(rows, columns, dtype=dtype) - 2


DIVERGENCE = Formula(
    call="kl_divergence(mu, logvar)",
    names=("mu", "logvar"),
    draw=_draw,
    each=FORMULAS,
    reduce=_PER_IMAGE,
    allowed=allowed,
    strict=False,
    unit=" nats",
    loose=(1e-4, 3e-2),
    terms={
        "mu^2": (0.5, lambda mu, lv: mu**2),
        "exp(logvar)": (0.5, lambda mu, lv: lv.exp()),
        "logvar": (-0.5, lambda mu, lv: lv),
        "sigma": (0.0, lambda mu, lv: (0.5 * lv).exp()),
        "logvar^2": (0.0, lambda mu, lv: lv**2),
        "1": (-0.5, lambda mu, lv: torch.ones_like(lv)),
    },
)
LOSS = replace(DIVERGENCE, call="kl_loss(mu, logvar)", reduce=_PER_BATCH, strict=True)


def right_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the KL of each image: what `kl_loss` may call where the learner's own is not right."""
    return 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum(dim=1)


def _by_hand(dtype: torch.dtype) -> Iterator[Case]:
    """Yield six points whose KL a pencil can work out: one image, one dimension.

    Then two that are drawn in the same range: a table of the six is no formula.
    """
    points = ((0, 0), (1, 0), (-2, 0), (0, math.log(4)), (0, -math.log(4)), (0.5, 1))
    drawn = [(4 * u - 2, 2.8 * v - 1.4) for u, v in torch.rand(2, 2).tolist()]
    for point in (*points, *drawn):
        mu, logvar = (torch.tensor([[float(value)]], dtype=dtype) for value in point)
        yield Case("one image", (mu, logvar))


def _telling(dtype: torch.dtype) -> Iterator[Case]:
    """Yield inputs at which answers go wrong that are right for a middling batch.

    Many images, one image, columns in the place of rows in memory; the prior itself and close to
    it, where floors such as free bits show; and the ends of the range, mu of 30 among them.
    """
    yield DIVERGENCE.case(300, 130, dtype)
    yield DIVERGENCE.case(1, 3, dtype)
    mu, logvar = (value.T for value in _draw(3, 7, dtype))
    yield Case("inputs that are not contiguous", (mu, logvar))
    zero = torch.zeros(7, 3, dtype=dtype)
    yield Case("mu = 0 and logvar = 0", (zero, zero.clone()))
    near = 0.1 * torch.randn_like(zero)
    yield Case("mu and logvar near 0", (near, 0.1 * torch.randn_like(zero)))
    ends = torch.linspace(-9.99, 9.99, 21, dtype=dtype).view(7, 3)
    what = "logvar from -10 to 10, mu from -30 to 30"
    yield Case(what, (3 * ends.flip(0), ends), edge=True)
    ends = torch.linspace(-9.99, 9.99, 280, dtype=dtype).view(7, 40)
    yield Case(f"40 dimensions, {what}", (3 * ends, ends), edge=True)


def _many(dtype: torch.dtype) -> Iterator[Case]:
    yield DIVERGENCE.case(11, 5, dtype)
    logvar = torch.arange(-10, 11, dtype=dtype)[:, None]
    yield Case("logvar from -10 to 10", (torch.full_like(logvar, 0.5), logvar))
    yield from _telling(dtype)


def _batches(dtype: torch.dtype) -> Iterator[Case]:
    for rows, columns in ((7, 3), (1, 5), (13, 2)):
        yield DIVERGENCE.case(rows, columns, dtype)
    yield from _telling(dtype)


def _slopes(dtype: torch.dtype) -> Iterator[Case]:
    yield DIVERGENCE.case(11, 3, dtype)
    yield from _telling(dtype)


_judged = check(kl.kl_divergence, kl.kl_loss, read="the chapter on the KL, book/kl.ipynb")


@_judged
def divergence_shape(candidate: Any, seed: int) -> str:
    """Check for one value for each image, of the dtype of mu, and for unchanged inputs."""
    asked = f"{DIVERGENCE.call} returns one value for each image, shape (batch,), dtype of mu"
    told = check_shape(DIVERGENCE, candidate, asked)
    not_empty(asked, partial(call, asked, candidate), *_draw(7, 3, torch.float64))
    return told


@_judged
def divergence_by_hand(candidate: Any, seed: int) -> str:
    """Check six values that a pencil can check."""
    asked = f"{DIVERGENCE.call} gives the values worked out by hand in the chapter"
    return check_values(DIVERGENCE, candidate, asked, _by_hand)


@_judged
def divergence_values(candidate: Any, seed: int) -> str:
    """Check sums over dimensions, image by image; logvar from -10 to 10; and KL >= -1e-6."""
    asked = f"{DIVERGENCE.call} sums the KL over latent dimensions, each image for itself"
    told = check_values(DIVERGENCE, candidate, asked, _many)
    small = 10.0 ** -torch.arange(1, 8).repeat(2).unsqueeze(1)
    small[:7] *= -1
    lowest = float(call(asked, candidate, torch.zeros_like(small), small).min())
    if not lowest >= -1e-6:
        raise CheckFailed(asked, f"near logvar = 0 a value is {lowest:.3g}; a KL is never negative")
    return told


@_judged
def divergence_gradients(candidate: Any, seed: int) -> str:
    """Check the gradient: mu, and 0.5 (exp(logvar) - 1)."""
    asked = f"the gradient of {DIVERGENCE.call} is mu, and 0.5 * (exp(logvar) - 1)"
    return check_gradients(DIVERGENCE, candidate, asked, _slopes)


_DIVERGENCE_SKILLS = (divergence_shape, divergence_by_hand, divergence_values, divergence_gradients)


@_judged
def loss_value(candidate: Any, seed: int) -> str:
    """Check for the mean over the batch, as a 0-dim tensor, whatever the batch size."""
    asked = f"{LOSS.call} is the mean of the KL over the batch, a 0-dim tensor{_STAND_IN}"
    with using(candidate, *_DIVERGENCE_SKILLS, kl_divergence=right_divergence):
        return check_values(LOSS, candidate, asked, _batches)


@_judged
def loss_gradients(candidate: Any, seed: int) -> str:
    """Check the gradient: that of the KL, divided by the batch size."""
    asked = f"the gradient of kl_loss is that of the KL, divided by the number of images{_STAND_IN}"
    with using(candidate, *_DIVERGENCE_SKILLS, kl_divergence=right_divergence):
        return check_gradients(LOSS, candidate, asked, _slopes)


ASSIGNMENT = Assignment(
    name="kl_loss",
    imports=("import torch",),
    pieces=(
        Piece("kl-divergence", "kl_divergence"),
        Piece("kl-loss", "kl_loss"),
    ),
    skills=(
        Skill(
            "kl-divergence-shape",
            "kl_divergence: shape and type",
            1,
            "kl_divergence",
            divergence_shape,
        ),
        Skill(
            "kl-divergence-by-hand",
            "kl_divergence: values by hand",
            2,
            "kl_divergence",
            divergence_by_hand,
        ),
        Skill(
            "kl-divergence-values",
            "kl_divergence: many dimensions",
            2,
            "kl_divergence",
            divergence_values,
        ),
        Skill(
            "kl-divergence-gradients",
            "kl_divergence: gradients",
            2,
            "kl_divergence",
            divergence_gradients,
            shown=False,
        ),
        Skill("kl-loss-value", "kl_loss: value", 2, "kl_loss", loss_value),
        Skill("kl-loss-gradients", "kl_loss: gradients", 1, "kl_loss", loss_gradients, shown=False),
    ),
)
