"""Checks of a learner's `std_from_logvar` and `gaussian_log_prob`. Each takes the function.

The truth comes from torch.distributions in float64. Only inputs are random, so no right answer
fails by chance.
"""

import math
from collections.abc import Callable
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
    tensor,
    unchanged,
    using,
)
from vaelib.log_variance import gaussian_log_prob, std_from_logvar

_READ = "the chapter on the log-variance, book/log_variance.ipynb"
_DTYPES = (torch.float32, torch.float64)
_FLOOR = 2e-4  # a floor of at most 1e-4 on sigma is a right answer

# Known mistakes, each with the standard deviation it gives.
_STD_MISTAKES: tuple[tuple[str, Callable[[Tensor], Tensor]], ...] = (
    ("exp(logvar) is the variance; sigma is exp(0.5 * logvar)", torch.exp),
    ("logvar itself was returned; sigma is exp(0.5 * logvar)", lambda lv: lv),
    ("the exponential is missing: sigma is exp(0.5 * logvar)", lambda lv: 0.5 * lv),
    ("the exponent is doubled: sigma is exp(0.5 * logvar)", lambda lv: (2 * lv).exp()),
    ("the exponent has the wrong sign: sigma is exp(+0.5 * logvar)", lambda lv: (-0.5 * lv).exp()),
    ("the half was taken twice: sigma is exp(0.5 * logvar)", lambda lv: (0.25 * lv).exp()),
    ("half the variance is not sigma: the half belongs in the exponent", lambda lv: 0.5 * lv.exp()),
    ("softplus(logvar) is not sigma", torch.nn.functional.softplus),
    ("the square root of |logvar| is not sigma", lambda lv: lv.abs().sqrt()),
)

# Known mistakes, each with the log-density it gives one element.
_LOG_PROB_MISTAKES: tuple[tuple[str, Callable[[Tensor, Tensor, Tensor], Tensor]], ...] = (
    (
        "the constant log(2 pi) is missing",
        lambda z, mu, lv: -0.5 * ((z - mu) ** 2 / lv.exp() + lv),
    ),
    (
        "the term -0.5 * logvar is missing",
        lambda z, mu, lv: -0.5 * ((z - mu) ** 2 / lv.exp() + math.log(2 * math.pi)),
    ),
    (
        "the term in logvar lacks its half, or log(sigma) was taken for logvar there",
        lambda z, mu, lv: -0.5 * ((z - mu) ** 2 / lv.exp() + 2 * lv + math.log(2 * math.pi)),
    ),
    (
        "the square is divided by sigma: divide by the variance, exp(logvar)",
        lambda z, mu, lv: -0.5 * ((z - mu) ** 2 / (0.5 * lv).exp() + lv + math.log(2 * math.pi)),
    ),
    (
        "logvar was treated as log(sigma): the variance is exp(logvar), sigma exp(0.5 * logvar)",
        lambda z, mu, lv: -0.5 * ((z - mu) ** 2 / (2 * lv).exp() + 2 * lv + math.log(2 * math.pi)),
    ),
    (
        "the sign is turned: this is -log N",
        lambda z, mu, lv: -Normal(mu, (0.5 * lv).exp()).log_prob(z),
    ),
    (
        "z - mu is not squared",
        lambda z, mu, lv: -0.5 * ((z - mu) / lv.exp() + lv + math.log(2 * math.pi)),
    ),
    (
        "the factor -0.5 of the square is missing",
        lambda z, mu, lv: -((z - mu) ** 2) / lv.exp() - 0.5 * (lv + math.log(2 * math.pi)),
    ),
)


def _logvar(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return random logvar between -2 and 2."""
    return 4 * torch.rand(shape, dtype=dtype) - 2


@check(std_from_logvar, read=_READ)
def std_values(candidate: Any, seed: int) -> None:
    """Check sigma against values by hand and at random, for any shape."""
    asked = "std_from_logvar(logvar) returns sigma = exp(0.5 * logvar), for any shape"
    by_hand = torch.tensor([0.0, math.log(4), -math.log(4), 3.0, -6.0])
    for dtype in _DTYPES:
        for logvar in (
            by_hand.to(dtype),
            _logvar(7, 3, dtype=dtype),
            _logvar(2, 5, 3, dtype=dtype),
        ):
            value = call(asked, candidate, logvar.clone())
            found = tensor(asked, value, tuple(logvar.shape), dtype).detach()
            right = logvar.double().mul(0.5).exp().to(dtype)
            wrong = (found - right).abs() > 1e-5 * right + _FLOOR
            if bool(wrong.any()):
                at = wrong.flatten().nonzero()[0]
                raise CheckFailed(
                    asked,
                    f"at logvar = {float(logvar.flatten()[at]):.4g} it is "
                    f"{float(found.flatten()[at]):.4g}, expected {float(right.flatten()[at]):.4g}",
                    _only(
                        cause
                        for cause, formula in _STD_MISTAKES
                        if torch.allclose(found, formula(logvar), rtol=1e-4)
                    ),
                )


@check(std_from_logvar, read=_READ)
def std_gradients(candidate: Any, seed: int) -> None:
    """Check that the gradient is half of sigma, and the small print: inputs and device."""
    asked = "d sigma / d logvar = 0.5 * sigma; logvar unchanged; sigma on its device"
    for dtype in _DTYPES:
        logvar = _logvar(7, 3, dtype=dtype).requires_grad_()
        std = tensor(asked, call(asked, candidate, logvar), (7, 3), dtype)
        weight = torch.randn(7, 3, dtype=dtype)
        (found,) = gradients(asked, std, weight, logvar)
        right = 0.5 * logvar.detach().mul(0.5).exp() * weight
        _compare(asked, "logvar", found, right)
    logvar = _logvar(7, 3)
    before = logvar.clone()
    call(asked, candidate, logvar)
    unchanged(asked, "logvar", logvar, before)
    same_device(asked, lambda one, _: candidate(one), logvar, logvar)


def _rows(asked: str, candidate: Any, z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the learner's (batch,) values; name the reduction if the shape is another."""
    value = call(asked, candidate, z.clone(), mu.clone(), logvar.clone())
    rows, columns = z.shape
    causes = {
        (): "everything was summed or averaged: keep one value for each row, `.sum(dim=1)`",
        (columns,): "the sum runs over the batch: sum over latent dimensions, `.sum(dim=1)`",
        (rows, columns): "the sum over latent dimensions is missing: `.sum(dim=1)`",
    }
    if isinstance(value, Tensor) and tuple(value.shape) in causes and value.shape != (rows,):
        raise CheckFailed(
            asked,
            f"for inputs of shape {tuple(z.shape)} the result has shape {tuple(value.shape)}",
            causes[tuple(value.shape)],
        )
    return tensor(asked, value, (rows,), z.dtype)


def _right_std(logvar: Tensor) -> Tensor:
    """Stand in for the learner's std_from_logvar while gaussian_log_prob is judged."""
    return logvar.mul(0.5).exp()


def _points(rows: int, columns: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Return random z, mu and logvar."""
    z, mu = 2 * torch.randn(2, rows, columns, dtype=dtype)
    return z, mu, _logvar(rows, columns, dtype=dtype)


@check(gaussian_log_prob, std_from_logvar, read=_READ)
def log_prob_values(candidate: Any, seed: int) -> None:
    """Check the log-density against torch.distributions: sums over dimensions, row by row."""
    asked = "gaussian_log_prob(z, mu, logvar) is log N(z; mu, exp(logvar)), summed over dimensions"
    for dtype in _DTYPES:
        for rows, columns in ((11, 3), (1, 5), (7, 2)):
            z, mu, logvar = _points(rows, columns, dtype)
            each = Normal(mu, (0.5 * logvar).exp()).log_prob(z)
            right = each.sum(dim=1)
            with using(candidate, std_from_logvar=_right_std):
                found = _rows(asked, candidate, z, mu, logvar).detach()
            # a floor of 1e-4 on sigma >= 0.36 moves a square by 6e-4 of its size
            wrong = (found - right).abs() > 1e-3 * (1 + right.abs())
            if bool(wrong.any()):
                row = int(wrong.nonzero()[0])
                causes = [
                    (cause, wrong(z, mu, logvar).sum(1)) for cause, wrong in _LOG_PROB_MISTAKES
                ]
                causes += [("the mean over dimensions was taken: log-densities add", each.mean(1))]
                causes += [("this is the density: take its logarithm", right.exp())]
                raise CheckFailed(
                    asked,
                    f"a row has {float(found[row]):.4f}, expected {float(right[row]):.4f} nats",
                    _only(
                        text for text, value in causes if torch.allclose(found, value, rtol=1e-3)
                    ),
                )


@check(gaussian_log_prob, std_from_logvar, read=_READ)
def log_prob_gradients(candidate: Any, seed: int) -> None:
    """Check the gradients to z, mu and logvar, and the small print: inputs and device."""
    asked = "gaussian_log_prob is differentiable in z, mu and logvar, and changes none of them"
    for dtype in _DTYPES:
        inputs = [value.requires_grad_() for value in _points(11, 3, dtype)]
        weight = torch.randn(11, dtype=dtype)
        with using(candidate, std_from_logvar=_right_std):
            value = _rows(asked, candidate, *inputs)
        found = gradients(asked, value, weight, *inputs)
        z, mu, logvar = inputs
        oracle = Normal(mu, (0.5 * logvar).exp()).log_prob(z).sum(dim=1)
        right = torch.autograd.grad(oracle, inputs, weight)
        for name, one, other in zip(("z", "mu", "logvar"), found, right, strict=True):
            _compare(asked, name, one, other)
    z, mu, logvar = _points(7, 3, torch.float32)
    before = z.clone(), mu.clone(), logvar.clone()
    with using(candidate, std_from_logvar=_right_std):
        call(asked, candidate, z, mu, logvar)
        same_device(asked, candidate, z, mu, logvar)
    for name, value, kept in zip(("z", "mu", "logvar"), (z, mu, logvar), before, strict=True):
        unchanged(asked, name, value, kept)


def _compare(asked: str, name: str, found: Tensor, right: Tensor) -> None:
    """Fail if a gradient is not the right one."""
    if not torch.allclose(found, right, rtol=2e-3, atol=1e-3):
        worst = int((found - right).abs().argmax())
        raise CheckFailed(
            asked,
            f"the gradient to {name} is {float(found.flatten()[worst]):.4f} at an element where "
            f"it should be {float(right.flatten()[worst]):.4f}",
            "" if bool(found.any()) else f"{name} was detached (`.detach()`, `.data`), or not used",
        )


def _only(causes: Any) -> str:
    """Return the one cause that fits; none if several do."""
    fitting = list(causes)
    return fitting[0] if len(fitting) == 1 else ""
