"""Checks of a learner's `Sampling` layer. Each takes the class and raises `CheckFailed`."""

import copy
import math
from collections.abc import Callable
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from vaelib.assignments import Assignment, Piece, Skill
from vaelib.checks.guard import start_from
from vaelib.checks.harness import (
    GRAD_MODES,
    STANDARD_ERRORS,
    CheckFailed,
    at_once,
    call,
    check,
    same_device,
    shaped,
    unchanged,
)
from vaelib.checks.harness import (
    gradients as gradients_of,
)
from vaelib.sampling import Sampling

_READ = "the chapter on sampling, book/sampling.ipynb"
_READ_LOGVAR = "the chapter on the log-variance, book/log_variance.ipynb"

# of logvar, to the ends of the range in the text; sigma from 148 to 0.0067
_LEVELS = torch.tensor([10.0, 3.0, 0.5, -1.0, -4.0, -10.0])
_DRAWS = 8_340  # at each level
_COLUMNS = 5
_TOLD = (1, 2, 3, 4, 0, 5)  # places of the levels, those with handy numbers first

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


def _not_empty(asked: str, layer: nn.Module) -> None:
    """Fail if fewer than two of mu, logvar and chance make a difference to z, in either mode.

    The points for z's form, or for its noise, are those of a layer that tries: with two of the
    three it has a mistake, with one or none it is not a Sampling layer.
    """
    mu, logvar = _inputs(7, 3)
    logvar = logvar.abs()  # a square root of it costs its points elsewhere
    seed = int(torch.randint(2**31, (), device="cpu"))

    def draw(mu: Tensor, logvar: Tensor, seed: int) -> Tensor:
        start_from(seed)
        return _draw(asked, layer, mu, logvar).detach()

    used: list[str] = []
    for training in (True, False):
        layer.train(training)
        z = draw(mu, logvar, seed)
        for name, others in (
            ("mu", (mu + 1, logvar, seed)),
            ("logvar", (mu, logvar + 1, seed)),
            ("chance", (mu, logvar, seed + 1)),
        ):
            if name not in used and not torch.equal(z, draw(*others)):
                used.append(name)
            if len(used) == 2:
                return
    only = f"on {used[0]} alone" if used else "on nothing that it should"
    raise CheckFailed(asked, f"z depends {only}: no points without an attempt at the layer")


def _inputs(rows: int, columns: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Return random mu, and random logvar between -1 and 1: clamps show elsewhere."""
    mu = 2 * torch.randn(rows, columns, dtype=dtype)
    return mu, 2 * torch.rand(rows, columns, dtype=dtype) - 1


@check(Sampling, read=_READ)
def shape_and_type(candidate: Any, seed: int) -> str:
    """Check for the shape and dtype of mu, in float32 and float64, also for a batch of one.

    Nothing here depends on chance.
    """
    asked = "an nn.Module that returns z with the shape and dtype of mu"
    layer = _layer(asked, candidate)
    sizes = (7, 3), (1, 5), (2, 1), (1, 1), (300, 130)
    inputs = [_inputs(*size, torch.float64) for size in sizes]
    for mode, dtype in product(("train", "eval"), (torch.float32, torch.float64)):
        layer.train(mode == "train")
        for given in inputs:
            mu, logvar = (value.to(dtype, copy=True) for value in given)
            with torch.inference_mode(mode == "eval"):
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
    _not_empty(asked, layer)
    return f"shape and type, {len(sizes)} sizes of input in two dtypes and two modes"


def _at_all_levels() -> tuple[Tensor, Tensor, Tensor]:
    """Return mu and logvar, and where in them each level is: (levels, draws)."""
    where = torch.randperm(len(_LEVELS) * _DRAWS).view(len(_LEVELS), _DRAWS)
    logvar = torch.empty(where.numel(), dtype=_LEVELS.dtype)
    logvar[where] = _LEVELS[:, None]
    logvar = logvar.view(-1, _COLUMNS)
    # shifted columns, so that a mean over the batch, a mean over everything and 0 all differ
    mu = 2 * torch.randn_like(logvar) + torch.tensor([-1.0, 0.0, 1.0, 2.0, 3.0]).to(logvar)
    mu += 30 * torch.randint(-9, 10, mu.shape).div(9).trunc()  # some at 30 and at -30
    return mu, logvar, where


@check(Sampling, read=_READ_LOGVAR)
def mean_and_spread(candidate: Any, seed: int) -> str:
    """Check that z follows N(mu, exp(logvar)) at six levels of logvar.

    In train and eval mode, with gradients, without and under `inference_mode`: 8,340 draws at
    each level and 23 comparisons with 6 standard errors, so a right answer fails with a
    probability below 1e-6.
    """
    asked = "z follows a normal distribution with mean mu and standard deviation exp(0.5 * logvar)"
    layer = _layer(asked, candidate)
    _draw(asked, layer, *_inputs(7, 3))  # a shape (batch, batch, ...) shows while it is small
    plain, without, inference = GRAD_MODES
    ways = ("train", plain), ("eval", plain), ("train", without), ("eval", inference)
    mu, logvar, where = _at_all_levels()
    mu_at, sides = _by_level(mu, where), _sides(_by_level(mu, where[:-1]))
    for mode, how in ways:
        layer.train(mode == "train")
        with GRAD_MODES[how]():
            z = _draw(asked, layer, mu, logvar).detach()
        z_at = _by_level(z, where)
        eps = ((z_at - mu_at) / _sigma(_LEVELS.double())[:, None])[:-1]
        if seen := _moments(z_at, mu_at) or _tails(eps, where) or _widening(eps, sides):
            way = "" if (mode, how) == ("train", "") else f"in {mode} mode{how}: "
            raise CheckFailed(asked, way + seen, _cause(z, mu, logvar, where))
    draws = f"{_DRAWS:,} draws at each of {len(_LEVELS)} levels of logvar"
    return f"mean and spread, {draws}, in each of {len(ways)} ways to call the layer"


def _sides(mu: Tensor) -> dict[str, Tensor]:
    """Return where mu is larger, as numbers of mean 0 and standard deviation 1."""
    sides = {"mu": mu.tanh(), "|mu|": mu.abs().tanh()}
    return {what: (side - side.mean()) / side.std() for what, side in sides.items()}


def _widening(eps: Tensor, sides: dict[str, Tensor]) -> str:
    """Return whether the noise is wider where mu is larger; empty if it is not."""
    more = eps.square() - 1
    for what, side in sides.items():
        link = float((more * side).mean())
        if abs(link) > STANDARD_ERRORS * (2 / eps.numel()) ** 0.5:
            return f"the square of the noise changes with {what}: by {link:.1%} where that grows"
    return ""


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


def _moments(z: Tensor, mu: Tensor) -> str:
    """Return what is wrong with mean or spread, from z and mu by level; empty if all is well.

    Told at the first level, of those with handy numbers first, where it is beyond doubt.
    """
    sigmas = _sigma(_LEVELS.double())
    scores = _scores(z, mu, sigmas[:, None], mu)
    if bool((scores <= 1).all()):
        return ""
    tilted = bool((scores[:2] <= 1).all())  # a tilt is told only if nothing simpler is wrong
    scores = scores[: 3 if tilted else 2]
    most = scores.amax(dim=0)
    level = next((place for place in _TOLD if most[place] > 3), int(most.argmax()))
    kind = int(scores[:, level].round(decimals=1).argmax())  # the first of equals
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
    """Return how the share of eps within some bounds differs from a normal's; empty if it fits.

    Without those at the lowest level, where a floor on sigma shows. Noise that an image's elements
    share is judged elsewhere: there are fewer numbers then, and chance explains more.
    """
    eps, image = eps.abs(), (where[:-1] // _COLUMNS).flatten()
    for bound, share in ((1, 0.682689), (2, 0.954500), (3.1, 0.998065)):
        more = (eps < bound).double() - share
        alone = share * (1 - share) * eps.numel()
        shared = float(image.bincount(more.flatten()).square().sum())
        if not abs(float(more.sum())) < STANDARD_ERRORS * max(alone, shared) ** 0.5:
            return (
                f"{float(more.mean()) + share:.2%} of {eps.numel():,} draws lie within "
                f"{bound:g} sigma of mu, expected {share:.2%}"
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
    # what remains are known ways to change mu or sigma by an unknown number: measure the number
    if end := _end_of_mu(z, mu, logvar):
        bounded = mu.clamp(*end)
        measured = (z_at - _by_level(bounded, where)).std(dim=1)
        if fits(bounded, sigma) or fits(bounded, sigma.clamp(measured.min(), measured.max())):
            return f"mu never goes below about {end[0]:.2g} or above about {end[1]:.2g}: a clamp"
    measured = (z_at - mu_at).std(dim=1)
    factor = float((measured / _sigma(_LEVELS)).log().mean().exp())
    if fits(mu, factor * sigma):
        if _tails(_by_level(eps / factor, where[:-1]), where):
            return "the noise is not standard normal: use `torch.randn_like`"
        if abs(factor - 1) > 0.05:
            return f"sigma * eps is multiplied by about {factor:.2g} as well"
        return ""
    high, low = float(measured[0]), float(measured[-1])
    if fits(mu, sigma.clamp(low, high)):
        if high < 1.1 * low:
            return f"sigma is about {low:.2g} whatever logvar is: take exp(0.5 * logvar)"
        sides = [f"below about {low:.2g}"] if low > 1.1 * _sigma(_LEVELS[-1]) else []
        sides += [f"above about {high:.2g}"] if high < 0.9 * _sigma(_LEVELS[0]) else []
        return f"sigma never goes {' or '.join(sides)}: a clamp or a floor is too tight"
    return ""


def _end_of_mu(z: Tensor, mu: Tensor, logvar: Tensor) -> tuple[float, float] | None:
    """Return where z is on average where mu is near -30 and 30, if it is much nearer to 0."""
    sharp = logvar < -9  # where the mean of few is close
    low, high = (float(z[sharp & far].mean()) for far in (mu < -20, mu > 20))
    return (low, high) if -20 < low < 0 < high < 20 else None


@check(Sampling, read=_READ)
def gradients(candidate: Any, seed: int) -> str:
    """Check that dz/dmu is 1 and dz/dlogvar is 0.5 (z - mu), each for its own element alone.

    11 images of 3 dimensions, the ends of the range, inputs that are not contiguous, and 300
    images of 130 dimensions, in float32 and float64, in train and eval mode. Nothing here depends
    on chance.
    """
    asked = "gradients flow through z: dz/dmu = 1 and dz/dlogvar = 0.5 * (z - mu), per element"
    layer, compared = _layer(asked, candidate), 0
    edges = (  # mu of 0 and of 30, logvar from -10 to 10
        torch.tensor([[0.0], [30.0], [-30.0]]).expand(3, 7).double(),
        torch.linspace(-9.99, 9.99, 21, dtype=torch.float64).view(3, 7),
    )
    few, many = _inputs(11, 3, torch.float64), _inputs(300, 130, torch.float64)
    turned = tuple(value.T for value in _inputs(11, 3, torch.float64))
    cases = {"": few, "edges": edges, "turned": turned, "many": many}
    weights = {what: torch.randn_like(mu) for what, (mu, _) in cases.items()}
    for mode, dtype, what in product(("train", "eval"), (torch.float32, torch.float64), cases):
        layer.train(mode == "train")
        given = [value.to(dtype, copy=True).requires_grad_() for value in cases[what]]
        (mu, logvar), before = (value.detach() for value in given), int(torch.randint(2**31, ()))
        start_from(before)
        z = _draw(asked, layer, *given)
        weight, sigma, shift = weights[what].to(z.dtype), _sigma(logvar), z.detach() - mu
        if what == "edges":  # a value that is wrong there costs its points elsewhere
            start_from(before)
            eps = _draw(asked, layer, 0 * mu, 0 * logvar)
            off = (shift - sigma * eps).detach().abs()
            told = eps.abs() > 0.1  # next to no noise does not tell which sigma it was times
            weight = weight * told * (off <= 1e-4 + 1e-3 * sigma * (1 + eps.abs()))
        if (mode, what) == ("train", "") and float((shift / sigma).std()) < 1e-3:
            again = _draw(asked, _layer(asked, candidate), mu, logvar)
            change = (again - z).detach() / sigma
            # else one number serves all, of a call or of a layer: judged elsewhere
            if float(change.abs().max()) < 1e-3:
                raise CheckFailed(
                    asked,
                    "z - mu is the same multiple of sigma everywhere: logvar has no noise to scale",
                    "there is no noise: eps is missing, or z is mu",
                )
        found = gradients_of(asked, z, weight, *given)
        right = [weight.to(dtype), (0.5 * shift * weight).to(dtype)]
        for name, one, other in zip(("mu", "logvar"), found, right, strict=True):
            # a floor on sigma shows at the low end, and z - mu is rounded where mu is large
            off, atol = (one - other).abs(), 2e-4 if what == "edges" else 1e-4
            if not bool((off <= atol + 3e-3 * other.abs()).all()):
                worst = int(off.nan_to_num(math.inf).argmax())
                shares = ((value / weight).nan_to_num() for value in (one, other))
                slopes = [float(share.flatten()[worst]) for share in shares]
                where = f"in {mode} mode " if mode == "eval" else ""
                raise CheckFailed(
                    asked,
                    f"{where}dz/d{name} is {slopes[0]:z.4f} at an element where it should be "
                    f"{slopes[1]:z.4f}",
                    _gradient_cause(asked, layer, found, right),
                )
        compared += sum(one.numel() for one in found)
    return f"gradients, {compared:,} slopes to mu and logvar in two dtypes and two modes"


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
    mu, logvar, where = _at_all_levels()
    z = _draw(asked, layer, mu, logvar)
    off = _moments(_by_level(z, where), _by_level(mu, where))
    likely = _cause(z, mu, logvar, where) if off else ""
    if logvar_cut and mu_right and not likely:  # nor is it a clamp that logvar lies beyond
        return (
            "no gradient reaches logvar: sigma was detached, given to `torch.normal`, or not used"
        )
    return likely


_FRESH = torch.full((61, 53), 0.7)  # mu where the noise is looked at
_CALLS = 200  # small ones, none of which may repeat another's noise


@check(Sampling, read=_READ)
def fresh_noise(candidate: Any, seed: int) -> str:
    """Check that every element gets its own noise, on every call, from torch's generator.

    In train and eval mode, with gradients, without and under `inference_mode`: two calls with 61
    images of 53 dimensions, and three more to repeat them. Then 200 small calls, and two with
    300 images of 130 dimensions. A right answer fails with a probability below 1e-5: see
    `_independent` and the 6 standard errors here.
    """
    asked = "fresh, independent noise for every element on every call, in train and in eval mode"
    layer = _layer(asked, candidate)
    widths = {}
    for mode in ("train", "eval"):
        layer.train(mode == "train")
        for how, grad_mode in GRAD_MODES.items():
            with grad_mode():
                widths[mode, how] = _fresh(asked, layer, candidate, mode, how, seed)
    for (mode, how), width in widths.items():
        times = width / widths["train", ""]
        if abs(times - 1) > STANDARD_ERRORS / _FRESH.numel() ** 0.5:
            raise CheckFailed(
                asked,
                f"in {mode} mode{how} the noise is {times:.2f} times as wide as in train mode",
                "`self.training` changes the noise" if widths["eval", how] == width else "",
            )
    layer.train()
    _never_again(asked, layer)
    for mode, grad_mode in zip(("train", "eval"), GRAD_MODES.values(), strict=False):
        layer.train(mode == "train")
        with grad_mode():
            mu, logvar = torch.full((300, 130), 0.7), torch.ones(300, 130)
            first, second = (_draw(asked, layer, mu, logvar).detach() for _ in range(2))
            _independent(asked, mode, first, second)
    _not_empty(asked, layer)
    small = f"none repeated in {_CALLS} calls"
    return f"fresh noise, {_FRESH.numel():,} draws in each of {len(widths)} ways to call; {small}"


def _fresh(asked: str, layer: nn.Module, candidate: Any, mode: str, how: str, seed: int) -> float:
    """Fail if noise is shared or comes back; return how wide it is."""
    mu, logvar = _FRESH, torch.ones_like(_FRESH)
    chance = STANDARD_ERRORS / mu.numel() ** 0.5
    start_from(seed + 1)
    before = torch.get_rng_state()
    first = _draw(asked, layer, mu, logvar).detach()
    reseeded = getattr(layer, "reseeded", torch.initial_seed() != seed + 1)
    drawn = torch.get_rng_state()
    second = _draw(asked, layer, mu, logvar).detach()
    after = torch.get_rng_state()
    start_from(seed + 2)
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
            another = _layer(asked, candidate).train(mode == "train")
            if torch.allclose(first, _draw(asked, another, mu, logvar).detach()):
                likely = f"there is no noise in {mode} mode{how}: eps is missing"
        raise CheckFailed(asked, f"in {mode} mode{how} two calls give the same z", likely)
    if likely := _shared(first):
        raise CheckFailed(asked, f"in {mode} mode{how} elements get the same noise", likely)
    link = float(torch.stack([first, second]).flatten(1).corrcoef()[0, 1])
    if abs(link) > chance:
        raise CheckFailed(
            asked,
            f"in {mode} mode{how} the noise of two calls has correlation {link:.2f}",
            "the noise of one call comes back as -eps" if link < -0.9999 else "",
        )
    start_from(seed + 1)
    if not torch.allclose(_draw(asked, layer, mu, logvar).detach(), first):
        raise CheckFailed(
            "noise from torch's generator: the same seed, the same z",
            f"in {mode} mode{how} `torch.manual_seed` does not reproduce z",
            "the noise comes from NumPy, from `random` or from a generator of its own"
            if torch.equal(before, drawn)
            else "`forward` sets a seed itself, or keeps noise for a later call",
        )
    if reseeded:
        raise CheckFailed(
            asked,
            f"in {mode} mode{how} a call sets torch's seed anew, for all that draws after it",
            "`forward` calls `torch.manual_seed`: leave the seed to who calls",
        )
    _independent(asked, mode, first, second)
    return float(first.std())


def fifty_draws(layer: Any, mu: Tensor, logvar: Tensor) -> Any:
    """Return the z of 50 calls, or the first that is not of the shape of mu."""
    drawn = [layer(mu.clone(), logvar.clone()) for _ in range(50)]
    odd = [z for z in drawn if not isinstance(z, Tensor) or z.shape != mu.shape]
    return odd[0] if odd else torch.stack(drawn)


def _never_again(asked: str, layer: nn.Module) -> None:
    """Fail if the noise of one call comes back in any of them: of 1,000 seeds, some would.

    64 numbers agree by chance in no two calls, not even if each is 1 or -1: that has a
    probability below 1e-14.
    """
    mu, logvar = torch.full((2, 32), 0.7), torch.ones(2, 32)
    parts = []
    for _ in range(_CALLS // 50):
        drawn = at_once(asked, fifty_draws, layer, mu, logvar)
        if not isinstance(drawn, Tensor) or drawn.shape != (50, *mu.shape):  # one of them is odd
            shaped(asked, drawn, tuple(mu.shape))
            raise CheckFailed(asked, "its calls return what differs in shape")
        parts.append(drawn.detach().flatten(1))
    drawn = torch.cat(parts)
    again = len(drawn) - len(drawn.unique(dim=0))
    if again:
        raise CheckFailed(
            asked,
            f"in {_CALLS} calls the noise of an earlier one came back {again} times",
            "the noise is kept for some calls, or drawn with one of few seeds",
        )


def _independent(asked: str, mode: str, first: Tensor, second: Tensor) -> None:
    """Fail if the noise within two calls depends on itself.

    A correlation of n pairs of independent numbers has a standard error of n^-0.5. Seven of them
    are passed by none of the 200,000 pairs here but with a probability below 1e-6, and six by
    none of 20 sums over neighbours but with one below 1e-7; n times the mean square of n means is
    chi-square / n, which leaves 0.2 to 3 with a probability below 1e-10.
    """
    images, dimensions = torch.cat([first, second], dim=1), torch.cat([first, second]).T
    for kind, rows in (("images", images), ("dimensions", dimensions)):
        links = rows.corrcoef().nan_to_num().fill_diagonal_(0).flatten()
        closest = float(links[links.abs().argmax()])
        # Fisher's transformation: a normal distribution in the tails too
        if (
            abs(math.atanh(max(-0.999999, min(closest, 0.999999))))
            > 7 * (rows.shape[1] - 3) ** -0.5
        ):
            raise CheckFailed(
                asked,
                f"in {mode} mode the noise of two {kind} has correlation {closest:.2f}",
                "the same noise is used twice (or as -eps)" if abs(closest) > 0.9999 else "",
            )
    eps = (first - first.mean()) / first.std()
    for kind, turned in (("images", eps), ("dimensions", eps.T)):
        for far in range(1, 11):
            pairs = turned[far:] * turned[:-far]
            link = float(pairs.mean())
            if abs(link) > STANDARD_ERRORS / pairs.numel() ** 0.5:
                raise CheckFailed(
                    asked,
                    f"in {mode} mode the noise of {kind} {far} apart has correlation {link:.2f}",
                )
    for kind, dim in (("images", 1), ("dimensions", 0)):
        scatter = float(eps.shape[dim] * eps.mean(dim=dim).square().mean())
        if not 0.2 < scatter < 3:
            raise CheckFailed(
                asked,
                f"in {mode} mode the means of {kind} vary {scatter:.2f} times as much as those "
                "of independent noise",
            )


@check(Sampling, read=_READ)
def small_print(candidate: Any, seed: int) -> str:
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
    _not_empty(asked, _layer(asked, candidate))
    return f"small print: {mu.numel()} elements of mu and logvar unchanged, z on their device"


ASSIGNMENT = Assignment(
    name="sampling",
    imports=("import torch", "from torch import nn"),
    pieces=(Piece("sampling-layer", "Sampling"),),
    skills=(
        Skill("sampling-shape-and-type", "Shape and type", 1, "Sampling", shape_and_type),
        Skill("sampling-mean-and-spread", "Mean and spread", 3, "Sampling", mean_and_spread),
        Skill("sampling-gradients", "Gradients", 3, "Sampling", gradients),
        Skill("sampling-fresh-noise", "Fresh noise", 2, "Sampling", fresh_noise),
        Skill("sampling-small-print", "Small print", 1, "Sampling", small_print, shown=False),
    ),
)
