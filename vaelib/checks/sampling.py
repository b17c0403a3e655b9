"""Checks of a learner's `Sampling` layer. Each takes the class and raises `CheckFailed`.

Statistics use 6 standard errors. A check makes at most 60 comparisons, so it fails a right
answer with a probability below 60 * 2e-9, about 1e-7.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from vaelib.checks.judging import (
    STANDARD_ERRORS,
    CheckFailed,
    call,
    check,
    same_device,
    tensor,
    unchanged,
)
from vaelib.checks.judging import (
    gradients as gradients_of,
)
from vaelib.sampling import Sampling

_READ = "the chapter on sampling, book/sampling.ipynb"
_READ_LOGVAR = "the chapter on the log-variance, book/log_variance.ipynb"
_LEVELS = (3.0, 1.0, 0.0, -1.0, -4.0, -8.0)  # of logvar; sigma from 4.5 to 0.018

# A floor of at most 1e-4 on sigma is a right answer; it widens the mean square by this / sigma.
_FLOOR = 2.5e-4


def _sigma(logvar: Tensor) -> Tensor:
    return (0.5 * logvar).exp()


# Known mistakes, each with the mean and standard deviation that z has if it was made.
_MISTAKES: tuple[tuple[str, Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]], ...] = (
    (
        "exp(logvar) is the variance; the standard deviation is exp(0.5 * logvar)",
        lambda mu, lv: (mu, lv.exp()),
    ),
    (
        "logvar itself was used as the standard deviation; take exp(0.5 * logvar)",
        lambda mu, lv: (mu, lv.abs()),
    ),
    (
        "the square root of |logvar| was used; the standard deviation is exp(0.5 * logvar)",
        lambda mu, lv: (mu, lv.abs().sqrt()),
    ),
    (
        "the exponent has the wrong sign; the standard deviation is exp(+0.5 * logvar)",
        lambda mu, lv: (mu, _sigma(-lv)),
    ),
    (
        "the half was taken twice: exp(0.25 * logvar), or the square root of exp(0.5 * logvar)",
        lambda mu, lv: (mu, (0.25 * lv).exp()),
    ),
    (
        "softplus(logvar) was used; the standard deviation is exp(0.5 * logvar)",
        lambda mu, lv: (mu, nn.functional.softplus(lv)),
    ),
    (
        "logvar is not used: eps must be scaled by exp(0.5 * logvar)",
        lambda mu, lv: (mu, torch.ones_like(lv)),
    ),
    (
        "`rand` (uniform on 0 to 1) instead of `randn` (standard normal)",
        lambda mu, lv: (mu + 0.5 * _sigma(lv), _sigma(lv) / 12**0.5),
    ),
    (
        "there is no noise: z is mu",
        lambda mu, lv: (mu, torch.zeros_like(lv)),
    ),
    (
        "there is no noise: z is mu + sigma, without eps",
        lambda mu, lv: (mu + _sigma(lv), torch.zeros_like(lv)),
    ),
    (
        "z is eps alone: it knows neither mu nor logvar",
        lambda mu, lv: (torch.zeros_like(mu), torch.ones_like(lv)),
    ),
    (
        "mu is missing: z is sigma * eps",
        lambda mu, lv: (torch.zeros_like(mu), _sigma(lv)),
    ),
    (
        "mu was averaged over the batch: every image must keep its own",
        lambda mu, lv: (mu.mean(dim=0).expand_as(mu), _sigma(lv)),
    ),
    (
        "mu and logvar were averaged over the batch: every image must keep its own",
        lambda mu, lv: (
            mu.mean(dim=0).expand_as(mu),
            _sigma(lv.mean(dim=0)).expand_as(mu),
        ),
    ),
    (
        "mu and logvar were swapped",
        lambda mu, lv: (lv, _sigma(mu)),
    ),
    (
        "mu was scaled too: only eps is multiplied by sigma",
        lambda mu, lv: (mu * _sigma(lv), _sigma(lv)),
    ),
)


def _layer(asked: str, candidate: Any) -> nn.Module:
    """Return an instance of the learner's class."""
    if isinstance(candidate, nn.Module):
        return candidate
    if not (isinstance(candidate, type) and issubclass(candidate, nn.Module)):
        name = getattr(candidate, "__name__", type(candidate).__name__)
        raise CheckFailed(asked, f"{name} is not a class that derives from nn.Module")
    layer: nn.Module = call(asked, candidate)
    return layer


def _draw(asked: str, layer: nn.Module, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the layer's z, of the right shape and dtype; the layer gets copies."""
    z = call(asked, layer, mu.clone(), logvar.clone())
    if isinstance(z, Tensor) and z.shape == mu.shape and bool(z.isnan().any()):
        likely = "the square root of a negative number: a log-variance may be negative"
        everywhere_negative = torch.equal(z.isnan(), logvar < 0)
        raise CheckFailed(asked, "z holds NaN", likely if everywhere_negative else "")
    return tensor(asked, z, tuple(mu.shape), mu.dtype)


def _inputs(rows: int, columns: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Return random mu and logvar, of which every element differs."""
    mu, logvar = torch.randn(2, rows, columns, dtype=dtype)
    return 2 * mu, logvar


@check(Sampling, read=_READ)
def shape_and_type(candidate: Any, seed: int) -> None:
    """Check for the shape and dtype of mu, in float32 and float64, also for a batch of one."""
    asked = "an nn.Module that returns z with the shape and dtype of mu"
    layer = _layer(asked, candidate)
    for dtype in (torch.float32, torch.float64):
        for rows, columns in ((7, 3), (1, 5), (2, 1)):
            _draw(asked, layer, *_inputs(rows, columns, dtype))


@check(Sampling, read=_READ_LOGVAR)
def mean_and_spread(candidate: Any, seed: int) -> None:
    """Check that z follows N(mu, exp(logvar)) at six levels of logvar."""
    asked = "z follows a normal distribution with mean mu and standard deviation exp(0.5 * logvar)"
    layer = _layer(asked, candidate)
    mu = 2 * torch.randn(20_011, 5)
    levels = torch.tensor(_LEVELS)
    logvar = levels[torch.randint(len(levels), mu.shape)]
    z = _draw(asked, layer, mu, logvar)
    seen = _misfit(z, mu, _sigma(logvar), logvar)
    if not seen:
        return
    fitting = [
        name
        for name, predict in _MISTAKES
        if not _misfit(z, *predict(mu, logvar), logvar, moments_only=True)
    ]
    right_moments = not _misfit(z, mu, _sigma(logvar), logvar, moments_only=True)
    likely = fitting[0] if len(fitting) == 1 else ""
    if right_moments:
        likely = "mean and spread are right, but the noise is not normal: use `torch.randn_like`"
    raise CheckFailed(asked, seen, likely)


def _misfit(
    z: Tensor, mean: Tensor, std: Tensor, logvar: Tensor, moments_only: bool = False
) -> str:
    """Return how z differs from N(mean, std^2) at a level of logvar; empty if it fits."""
    z, mean, std = z.detach().double(), mean.double(), std.double()
    for level in _LEVELS:
        rows = logvar == level
        sigma = float(std[rows].mean())
        off = z[rows] - mean[rows]
        if float(std[rows].max()) == 0:  # a mistake without noise: fits exactly or not at all
            if float(off.abs().max()) > 1e-4:
                return f"at logvar = {level:g} z is not constant"
            continue
        eps = off / std[rows]
        count = eps.numel()
        shift, spread = float(eps.mean()), float(eps.square().mean())
        if not abs(shift) < STANDARD_ERRORS / count**0.5 or not (
            abs(spread - 1) < STANDARD_ERRORS * (2 / count) ** 0.5 + _FLOOR / sigma
        ):
            return (
                f"at logvar = {level:g}, where sigma is {sigma:.3g}, the mean of z - mu is "
                f"{float(off.mean()):.3g} and its spread {float(off.std()):.3g} ({count:,} draws)"
            )
        for bound, share in ((1, 0.682689), (2, 0.954500)):
            inside = float((eps.abs() < bound).double().mean())
            if moments_only:
                continue
            if not abs(inside - share) < STANDARD_ERRORS * (share * (1 - share) / count) ** 0.5 + (
                _FLOOR / sigma
            ):
                return (
                    f"at logvar = {level:g}, {inside:.1%} of the draws lie within {bound} sigma "
                    f"of mu, expected {share:.1%} ({count:,} draws)"
                )
    return ""


@check(Sampling, read=_READ)
def gradients(candidate: Any, seed: int) -> None:
    """Check that dz/dmu is 1 and dz/dlogvar is 0.5 (z - mu), each for its own element alone."""
    asked = "gradients flow through z: dz/dmu = 1 and dz/dlogvar = 0.5 * (z - mu), per element"
    layer = _layer(asked, candidate)
    for dtype in (torch.float32, torch.float64):
        mu, logvar = (value.requires_grad_() for value in _inputs(11, 3, dtype))
        z = _draw(asked, layer, mu, logvar)
        weight = torch.randn(z.shape, dtype=dtype)
        by_mu, by_logvar = gradients_of(asked, z, weight, mu, logvar)
        noise = (z - mu).detach()
        for name, found, right in (
            ("mu", by_mu, weight),
            ("logvar", by_logvar, 0.5 * noise * weight),
        ):
            if not torch.allclose(found, right, rtol=3e-3, atol=1e-4):
                worst = int((found - right).abs().argmax())
                factor = float((found / weight).flatten()[worst])
                wanted = float((right / weight).flatten()[worst])
                raise CheckFailed(
                    asked,
                    f"dz/d{name} is {factor:.4f} at an element where it should be {wanted:.4f}",
                    _gradient_cause(by_mu / weight, by_logvar / weight, noise),
                )


def _gradient_cause(by_mu: Tensor, by_logvar: Tensor, noise: Tensor) -> str:
    """Return the mistake that has these derivatives, or nothing."""
    one, zero = torch.ones_like(noise), torch.zeros_like(noise)
    causes = {
        "z was drawn by `torch.normal(mu, std)`: it passes back zeros": (zero, zero),
        "mu was detached, or is not used": (zero, 0.5 * noise),
        "sigma was detached, or is not used": (one, zero),
        "the half is missing: exp(logvar) is the variance, sigma is exp(0.5 * logvar)": (
            one,
            noise,
        ),
    }
    fitting = [
        cause
        for cause, (mu_cause, logvar_cause) in causes.items()
        if torch.allclose(by_mu, mu_cause, rtol=3e-3, atol=1e-3)
        and torch.allclose(by_logvar, logvar_cause, rtol=3e-3, atol=1e-3)
    ]
    return fitting[0] if fitting else ""


@check(Sampling, read=_READ)
def fresh_noise(candidate: Any, seed: int) -> None:
    """Check that every element gets its own noise, on every call, from torch's generator."""
    asked = "fresh, independent noise for every element on every call, in train and in eval mode"
    layer = _layer(asked, candidate)
    mu, logvar = torch.zeros(211, 199), torch.ones(211, 199)
    for mode in ("train", "eval"):
        layer.train(mode == "train")
        torch.manual_seed(seed + 1)
        first = _draw(asked, layer, mu, logvar)
        second = _draw(asked, layer, mu, logvar)
        after = torch.get_rng_state()
        torch.manual_seed(seed + 2)
        _draw(asked, layer, mu, logvar), _draw(asked, layer, mu, logvar)
        reseeded = torch.equal(after, torch.get_rng_state())
        same = float((first == second).double().mean())
        if same > 0.01:
            likely = "the noise is kept from an earlier call: draw it inside `forward`"
            if reseeded:
                likely = "`forward` sets the seed itself (`torch.manual_seed`), so noise repeats"
            if mode == "eval":
                likely = "the noise is kept in eval mode (`self.training`)"
            if bool((first == first[0, 0]).all()):
                likely = f"there is no noise in {mode} mode: eps is missing"
            raise CheckFailed(
                asked, f"in {mode} mode two calls agree in {same:.0%} of the elements", likely
            )
        torch.manual_seed(seed + 1)
        if not torch.equal(_draw(asked, layer, mu, logvar), first):
            raise CheckFailed(
                "noise from torch's generator: the same seed, the same z",
                f"in {mode} mode `torch.manual_seed` does not reproduce z",
                "the noise comes from NumPy, from `random` or from a generator of its own",
            )
        _independent(asked, (first - first.mean()) / first.std())


def _independent(asked: str, eps: Tensor) -> None:
    """Fail unless means over rows and over columns scatter as those of independent noise do.

    n times their mean square is chi-square / n around 1; for n near 200 it leaves 0.4 to 2 with
    a probability below 1e-12.
    """
    scatter = [float(eps.shape[dim] * eps.mean(dim=dim).square().mean()) for dim in (0, 1)]
    shared = max((0, 1), key=lambda dim: abs(scatter[dim] - 1))
    if not 0.4 < scatter[shared] < 2:
        likely = (
            "one noise vector for the whole batch: each image needs its own row of eps",
            "one random number for each image: each dimension needs its own column of eps",
        )[shared]
        raise CheckFailed(
            asked,
            f"means over {('rows', 'columns')[shared]} scatter {scatter[shared]:.3g} times as "
            "much as those of independent noise",
            likely if scatter[shared] > 50 else "",
        )


@check(Sampling, read=_READ)
def small_print(candidate: Any, seed: int) -> None:
    """Check that inputs stay as they are, and that z is on their device."""
    asked = "mu and logvar unchanged, and z on their device"
    layer = _layer(asked, candidate)
    mu, logvar = _inputs(7, 3)
    mu_before, logvar_before = mu.clone(), logvar.clone()
    tensor(asked, call(asked, layer, mu, logvar), (7, 3), mu.dtype)
    unchanged(asked, "mu", mu, mu_before)
    unchanged(asked, "logvar", logvar, logvar_before)

    def run(mu: Tensor, logvar: Tensor) -> Any:
        return layer.to(mu.device)(mu, logvar)

    same_device(asked, run, mu, logvar)
