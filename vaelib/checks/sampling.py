"""Checks of a learner's `Sampling` layer. Each takes the class and raises `CheckFailed`."""

import copy
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
    shaped,
    unchanged,
)
from vaelib.checks.judging import (
    gradients as gradients_of,
)
from vaelib.sampling import Sampling

_READ = "the chapter on sampling, book/sampling.ipynb"
_READ_LOGVAR = "the chapter on the log-variance, book/log_variance.ipynb"

_LEVELS = torch.tensor([3.0, 1.5, 0.5, -1.0, -4.0, -8.0])  # of logvar; sigma from 4.5 to 0.018
_DRAWS = 8_340  # at each level

# A floor of at most 1e-4 on sigma is a right answer; it widens the mean square by this / sigma.
_FLOOR = 2.5e-4


def _sigma(logvar: Tensor) -> Tensor:
    return (0.5 * logvar).exp()


# Known mistakes, each with the mean and standard deviation that z has if it was made.
_MISTAKES: dict[str, Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]] = {
    "exp(logvar) is the variance; the standard deviation is exp(0.5 * logvar)": (
        lambda mu, lv: (mu, lv.exp())
    ),
    "logvar itself was used as the standard deviation; take exp(0.5 * logvar)": (
        lambda mu, lv: (mu, lv.abs())
    ),
    "half of logvar was used as the standard deviation; take exp(0.5 * logvar)": (
        lambda mu, lv: (mu, 0.5 * lv.abs())
    ),
    "the square root of |logvar| was used; the standard deviation is exp(0.5 * logvar)": (
        lambda mu, lv: (mu, lv.abs().sqrt())
    ),
    "half of the variance was used: the half belongs inside, exp(0.5 * logvar)": (
        lambda mu, lv: (mu, 0.5 * lv.exp())
    ),
    "the exponent has the wrong sign; the standard deviation is exp(+0.5 * logvar)": (
        lambda mu, lv: (mu, _sigma(-lv))
    ),
    "the exponent is doubled; the standard deviation is exp(0.5 * logvar)": (
        lambda mu, lv: (mu, (2 * lv).exp())
    ),
    "the half was taken twice: exp(0.25 * logvar), or the square root of exp(0.5 * logvar)": (
        lambda mu, lv: (mu, (0.25 * lv).exp())
    ),
    "softplus(logvar) was used; the standard deviation is exp(0.5 * logvar)": (
        lambda mu, lv: (mu, nn.functional.softplus(lv))
    ),
    "logvar is not used: eps must be scaled by exp(0.5 * logvar)": (
        lambda mu, lv: (mu, torch.ones_like(lv))
    ),
    "`rand` (uniform on 0 to 1) instead of `randn` (standard normal)": (
        lambda mu, lv: (mu + 0.5 * _sigma(lv), _sigma(lv) / 12**0.5)
    ),
    "there is no noise: z is mu": lambda mu, lv: (mu, torch.zeros_like(lv)),
    "there is no noise: z is mu + sigma, without eps": (
        lambda mu, lv: (mu + _sigma(lv), torch.zeros_like(lv))
    ),
    "z is eps alone: it knows neither mu nor logvar": (
        lambda mu, lv: (torch.zeros_like(mu), torch.ones_like(lv))
    ),
    "mu is missing: this z is sigma * eps": lambda mu, lv: (torch.zeros_like(mu), _sigma(lv)),
    "mu was subtracted, not added": lambda mu, lv: (-mu, _sigma(lv)),
    "mu was averaged over the batch: every image must keep its own": (
        lambda mu, lv: (mu.mean(dim=0).expand_as(mu), _sigma(lv))
    ),
    "mu was averaged over dimensions: every dimension must keep its own": (
        lambda mu, lv: (mu.mean(dim=1, keepdim=True).expand_as(mu), _sigma(lv))
    ),
    "mu was averaged over everything: every element must keep its own": (
        lambda mu, lv: (mu.mean().expand_as(mu), _sigma(lv))
    ),
    "logvar was averaged over the batch: every image must keep its own": (
        lambda mu, lv: (mu, _sigma(lv.mean(dim=0)).expand_as(mu))
    ),
    "mu and logvar were averaged over the batch: every image must keep its own": (
        lambda mu, lv: (mu.mean(dim=0).expand_as(mu), _sigma(lv.mean(dim=0)).expand_as(mu))
    ),
    "mu and logvar were swapped": lambda mu, lv: (lv, _sigma(mu)),
    "mu and sigma changed places: eps belongs to sigma": lambda mu, lv: (_sigma(lv), mu.abs()),
    "mu was scaled too: only eps is multiplied by sigma": (
        lambda mu, lv: (mu * _sigma(lv), _sigma(lv))
    ),
    "mu was multiplied by eps too: only sigma is": (
        lambda mu, lv: (torch.zeros_like(mu), (mu + _sigma(lv)).abs())
    ),
}


def _layer(asked: str, candidate: Any) -> nn.Module:
    """Return a new instance of the learner's class."""
    if isinstance(candidate, nn.Module):
        return call(asked, copy.deepcopy, candidate)  # type: ignore[no-any-return]
    if not (isinstance(candidate, type) and issubclass(candidate, nn.Module)):
        name = getattr(candidate, "__name__", type(candidate).__name__)
        raise CheckFailed(asked, f"{name} is not a class that derives from nn.Module")
    layer: nn.Module = call(asked, candidate)
    call(asked, layer.train)  # fails where `super().__init__()` was forgotten
    return layer


def _shared(noise: Tensor, tolerance: float = 0.0) -> str:
    """Return which part of the noise serves several elements, or nothing."""
    one_row, one_column = (
        bool((lines - lines[:1]).abs().max() <= tolerance) for lines in (noise, noise.T)
    )
    if one_row and one_column:
        return "one random number for the whole batch: each element needs its own"
    if one_row:
        return "one noise vector for the whole batch: each image needs its own row of eps"
    return "one random number for each image: each element needs its own" if one_column else ""


def _draw(asked: str, layer: nn.Module, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the layer's z, of the right shape and finite; the layer gets copies."""
    z = shaped(asked, call(asked, layer, mu.clone(), logvar.clone()), tuple(mu.shape))
    wrong = ~z.detach().isfinite()
    if bool(wrong.any()):
        likely = "the square root of a negative number: a log-variance may be negative"
        raise CheckFailed(
            asked,
            f"{int(wrong.sum()):,} of {z.numel():,} elements of z are NaN or infinite",
            likely if torch.equal(z.isnan(), logvar < 0) else "",
        )
    return z


def _inputs(rows: int, columns: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Return random mu, and random logvar between -1 and 1: clamps show elsewhere."""
    mu = 2 * torch.randn(rows, columns, dtype=dtype)
    return mu, 2 * torch.rand(rows, columns, dtype=dtype) - 1


@check(Sampling, read=_READ)
def shape_and_type(candidate: Any, seed: int) -> None:
    """Check for the shape and dtype of mu, in float32 and float64, also for a batch of one.

    Nothing here depends on chance.
    """
    asked = "an nn.Module that returns z with the shape and dtype of mu"
    layer = _layer(asked, candidate)
    for dtype in (torch.float32, torch.float64):
        for rows, columns in ((7, 3), (1, 5), (2, 1)):
            mu, logvar = _inputs(rows, columns, dtype)
            z = call(asked, layer, mu, logvar)
            if isinstance(z, Tensor) and z.shape != mu.shape and z.shape == mu.squeeze().shape:
                raise CheckFailed(
                    asked,
                    f"for inputs of shape {tuple(mu.shape)} z has shape {tuple(z.shape)}",
                    "`squeeze` drops every dimension of size 1, the batch too",
                )
            z = shaped(asked, z, tuple(mu.shape))
            if z.dtype != dtype:
                raise CheckFailed(asked, f"for inputs of {dtype} z is {z.dtype}")


def _at_all_levels() -> tuple[Tensor, Tensor, Tensor]:
    """Return mu and logvar, and where in them each level is: (levels, draws)."""
    where = torch.randperm(len(_LEVELS) * _DRAWS).view(len(_LEVELS), _DRAWS)
    logvar = torch.empty(where.numel(), dtype=_LEVELS.dtype)
    logvar[where] = _LEVELS[:, None]
    logvar = logvar.view(-1, 5)
    # shifted columns, so that a mean over the batch, a mean over everything and 0 all differ
    mu = 2 * torch.randn_like(logvar) + torch.tensor([-1.0, 0.0, 1.0, 2.0, 3.0]).to(logvar)
    return mu, logvar, where


@check(Sampling, read=_READ_LOGVAR)
def mean_and_spread(candidate: Any, seed: int) -> None:
    """Check that z follows N(mu, exp(logvar)) at six levels of logvar.

    8,340 draws at each level and 21 comparisons with 6 standard errors, so a right answer fails
    with a probability below 1e-7.
    """
    asked = "z follows a normal distribution with mean mu and standard deviation exp(0.5 * logvar)"
    layer = _layer(asked, candidate)
    _draw(asked, layer, *_inputs(7, 3))  # a shape (batch, batch, ...) shows while it is small
    mu, logvar, where = _at_all_levels()
    z = _draw(asked, layer, mu, logvar)
    seen = _moments(z, mu, where) or _tails((z - mu) / _sigma(logvar), where)
    if seen:
        raise CheckFailed(asked, seen, _cause(z, mu, logvar, where))


def _by_level(value: Tensor, where: Tensor) -> Tensor:
    return value.detach().flatten()[where].double()


def _scores(z: Tensor, mean: Tensor, std: Tensor, mu: Tensor) -> Tensor:
    """Return how far z is from that mean and that std, and whether it tilts with mu, by level.

    Arguments are (levels, draws); the result, (3, levels), is in units of what chance and a
    floor on sigma can explain.
    """
    if not bool(std.any()):  # a mistake without noise: fits exactly, or not at all
        return (z - mean).abs().amax(dim=1).div(1e-4).expand(3, -1)
    chance = STANDARD_ERRORS / _DRAWS**0.5
    eps = (z - mean) / std
    shift = eps.mean(dim=1) / chance
    spread = (eps.square().mean(dim=1) - 1) / (2**0.5 * chance + _FLOOR / std.mean(dim=1))
    tilt = (eps * (mu - mu.mean()) / mu.std()).mean(dim=1) / chance
    return torch.stack([shift, spread, tilt]).abs()


def _moments(z: Tensor, mu: Tensor, where: Tensor) -> str:
    """Return what is wrong with mean or spread at the most telling level; empty if all is well."""
    z, mu, sigmas = _by_level(z, where), _by_level(mu, where), _sigma(_LEVELS.double())
    scores = _scores(z, mu, sigmas[:, None], mu)
    if bool((scores <= 1).all()):
        return ""
    tilted = bool((scores[:2] <= 1).all())  # a tilt is told only if nothing simpler is wrong
    telling = scores[: 3 if tilted else 2].round(decimals=1).argmax()  # the first of equals
    kind, level = divmod(int(telling), len(_LEVELS))
    off = z[level] - mu[level]
    at = f"at logvar = {_LEVELS[level]:g}, where sigma is {sigmas[level]:.3g}, z - mu"
    if kind == 2:
        slope = float(torch.cov(torch.stack([off, mu[level]]))[0, 1] / mu[level].var())
        return f"{at} changes by {slope:.3g} when mu changes by 1"
    width = f"standard deviation {_number(off.std())}"
    return f"{at} has " + (f"mean {_number(off.mean())} and {width}" if kind == 0 else width)


def _number(value: Tensor) -> str:
    return f"{float(value):.3g}" if abs(value) > 1e-6 else "0"


def _tails(eps: Tensor, where: Tensor) -> str:
    """Return how the share of eps within some bounds differs from a normal's; empty if it fits."""
    eps = _by_level(eps, where[:-1]).abs()  # a floor on sigma shows at the lowest level
    for bound, share in ((1, 0.682689), (2, 0.954500), (3.1, 0.998065)):
        inside = float((eps < bound).double().mean())
        chance = STANDARD_ERRORS * (share * (1 - share) / eps.numel()) ** 0.5
        if not abs(inside - share) < chance:
            return (
                f"{inside:.2%} of {eps.numel():,} draws lie within {bound:g} sigma of mu, "
                f"expected {share:.2%}"
            )
    return ""


def _cause(z: Tensor, mu: Tensor, logvar: Tensor, where: Tensor) -> str:
    """Return the mistake that explains the mean and spread of z, or nothing."""
    z_at, mu_at = _by_level(z, where), _by_level(mu, where)

    def fits(mean: Tensor, std: Tensor) -> bool:
        mean_at = mu_at if mean is mu else _by_level(mean, where)
        return bool((_scores(z_at, mean_at, _by_level(std, where), mu_at) <= 1).all())

    fitting = [name for name, predict in _MISTAKES.items() if fits(*predict(mu, logvar))]
    if fitting:
        return fitting[0] if len(fitting) == 1 else ""
    sigma = _sigma(logvar)
    eps = (z - mu) / sigma
    if shared := _shared(eps, tolerance=1e-2):
        return shared
    # what remains are known ways to change sigma by an unknown number: measure the number
    measured = (z_at - mu_at).std(dim=1)
    factor = float((measured / _sigma(_LEVELS)).log().mean().exp())
    if fits(mu, factor * sigma):
        if _tails(eps / factor, where):
            return "the noise is not standard normal: use `torch.randn_like`"
        return f"sigma * eps is multiplied by about {factor:.2g} as well"
    high, low = float(measured[0]), float(measured[-1])
    if fits(mu, sigma.clamp(low, high)):
        if high < 1.1 * low:
            return f"sigma is about {low:.2g} whatever logvar is: take exp(0.5 * logvar)"
        sides = [f"below about {low:.2g}"] if low > 1.1 * _sigma(_LEVELS[-1]) else []
        sides += [f"above about {high:.2g}"] if high < 0.9 * _sigma(_LEVELS[0]) else []
        return f"sigma never goes {' or '.join(sides)}: a clamp or a floor is too tight"
    return ""


@check(Sampling, read=_READ)
def gradients(candidate: Any, seed: int) -> None:
    """Check that dz/dmu is 1 and dz/dlogvar is 0.5 (z - mu), each for its own element alone.

    11 images of 3 dimensions, in float32 and float64. Nothing here depends on chance.
    """
    asked = "gradients flow through z: dz/dmu = 1 and dz/dlogvar = 0.5 * (z - mu), per element"
    layer = _layer(asked, candidate)
    for dtype in (torch.float32, torch.float64):
        mu, logvar = (value.requires_grad_() for value in _inputs(11, 3, dtype))
        z = _draw(asked, layer, mu, logvar)
        weight = torch.randn(z.shape, dtype=z.dtype)
        found = gradients_of(asked, z, weight, mu, logvar)
        right = [weight.to(dtype), (0.5 * (z - mu) * weight).detach().to(dtype)]
        for name, one, other in zip(("mu", "logvar"), found, right, strict=True):
            if not torch.allclose(one, other, rtol=3e-3, atol=1e-4):
                worst = int((one - other).abs().argmax())
                slopes = [float((value / weight).flatten()[worst]) for value in (one, other)]
                raise CheckFailed(
                    asked,
                    f"dz/d{name} is {slopes[0]:.4f} at an element where it should be "
                    f"{slopes[1]:.4f}",
                    _gradient_cause(asked, layer, found, right),
                )


def _gradient_cause(asked: str, layer: nn.Module, found: list[Tensor], right: list[Tensor]) -> str:
    """Return what cuts a gradient; if nothing does, the mistake in z itself; or nothing."""
    mu_cut, logvar_cut = (not bool(gradient.any()) for gradient in found)
    mu_right, logvar_right = (
        torch.allclose(one, other, rtol=3e-3, atol=1e-4)
        for one, other in zip(found, right, strict=True)
    )
    if mu_cut and logvar_cut:
        return "nothing is passed back to mu and logvar, as by `torch.normal(mu, std)`"
    if mu_cut and logvar_right:
        return "no gradient reaches mu: it was detached, or is not used"
    if logvar_cut and mu_right:
        return (
            "no gradient reaches logvar: sigma was detached, given to `torch.normal`, or not used"
        )
    mu, logvar, where = _at_all_levels()
    z = _draw(asked, layer, mu, logvar)
    return _cause(z, mu, logvar, where) if _moments(z, mu, where) else ""


@check(Sampling, read=_READ)
def fresh_noise(candidate: Any, seed: int) -> None:
    """Check that every element gets its own noise, on every call, from torch's generator.

    Two calls with 61 images of 53 dimensions in each mode, and three more to repeat them. A
    right answer fails with a probability below 1e-7: see `_independent` and the 6 standard
    errors here.
    """
    asked = "fresh, independent noise for every element on every call, in train and in eval mode"
    layer = _layer(asked, candidate)
    mu, logvar = torch.full((61, 53), 0.7), torch.ones(61, 53)
    chance = STANDARD_ERRORS / mu.numel() ** 0.5
    widths = []
    for mode in ("train", "eval"):
        layer.train(mode == "train")
        torch.manual_seed(seed + 1)
        before = torch.get_rng_state()
        first = _draw(asked, layer, mu, logvar).detach()
        drawn = torch.get_rng_state()
        second = _draw(asked, layer, mu, logvar).detach()
        after = torch.get_rng_state()
        torch.manual_seed(seed + 2)
        other = _draw(asked, layer, mu, logvar).detach()
        _draw(asked, layer, mu, logvar)
        if torch.allclose(first, second):
            likely = (
                "the noise is kept from an earlier call, or its generator gets the same seed "
                "each time: draw it inside `forward`"
            )
            if torch.equal(after, torch.get_rng_state()):
                likely = "`forward` sets the seed itself (`torch.manual_seed`), so noise repeats"
            if torch.allclose(first, other) and torch.allclose(first, first[0, 0]):
                likely = f"there is no noise in {mode} mode: eps is missing"
            raise CheckFailed(asked, f"in {mode} mode two calls give the same z", likely)
        if likely := _shared(first):
            raise CheckFailed(asked, f"in {mode} mode elements get the same noise", likely)
        link = float(torch.stack([first, second]).flatten(1).corrcoef()[0, 1])
        if abs(link) > chance:
            raise CheckFailed(
                asked,
                f"in {mode} mode the noise of two calls has correlation {link:.2f}",
                "the noise of one call comes back as -eps" if link < -0.9999 else "",
            )
        torch.manual_seed(seed + 1)
        if not torch.allclose(_draw(asked, layer, mu, logvar).detach(), first):
            raise CheckFailed(
                "noise from torch's generator: the same seed, the same z",
                f"in {mode} mode `torch.manual_seed` does not reproduce z",
                "the noise comes from NumPy, from `random` or from a generator of its own"
                if torch.equal(before, drawn)
                else "`forward` sets a seed itself, or keeps noise for a later call",
            )
        _independent(asked, mode, first, second)
        widths.append(float(first.std()))
    if abs(widths[1] / widths[0] - 1) > chance:
        raise CheckFailed(
            asked,
            f"in eval mode the noise is {widths[1] / widths[0]:.2f} times as wide as in train mode",
            "`self.training` changes the noise",
        )


def _independent(asked: str, mode: str, first: Tensor, second: Tensor) -> None:
    """Fail if the noise within two calls depends on itself.

    In independent noise two images (or dimensions) correlate above 0.9 with a probability below
    1e-17, and there are 9,000 pairs; n times the mean square of n means is chi-square / n, which
    leaves 0.2 to 3 with a probability below 1e-10.
    """
    both = torch.cat([first, second])
    for kind, rows in (("images", both), ("dimensions", both.T)):
        links = rows.corrcoef().nan_to_num().fill_diagonal_(0).flatten()
        closest = float(links[links.abs().argmax()])
        if abs(closest) > 0.9:
            raise CheckFailed(
                asked,
                f"in {mode} mode the noise of two {kind} has correlation {closest:.2f}",
                "the same noise is used twice (or as -eps)" if abs(closest) > 0.9999 else "",
            )
    eps = (first - first.mean()) / first.std()
    for kind, dim in (("images", 1), ("dimensions", 0)):
        scatter = float(eps.shape[dim] * eps.mean(dim=dim).square().mean())
        if not 0.2 < scatter < 3:
            raise CheckFailed(
                asked,
                f"in {mode} mode the means of {kind} vary {scatter:.2f} times as much as those "
                "of independent noise",
            )


@check(Sampling, read=_READ)
def small_print(candidate: Any, seed: int) -> None:
    """Check that inputs stay as they are, and that z is on their device.

    Nothing here depends on chance.
    """
    asked = "mu and logvar unchanged, and z on their device"
    mu, _ = _inputs(7, 3)
    logvar = torch.linspace(-12, 12, 21, dtype=mu.dtype).view(7, 3)  # `clamp_(-10, 10)` shows
    mu_before, logvar_before = mu.clone(), logvar.clone()
    shaped(asked, call(asked, _layer(asked, candidate), mu, logvar), (7, 3))
    unchanged(asked, "mu", mu, mu_before)
    unchanged(asked, "logvar", logvar, logvar_before)

    def run(mu: Tensor, logvar: Tensor) -> Any:
        return _layer(asked, candidate).to(mu.device)(mu, logvar)

    same_device(asked, run, mu, logvar)
