"""Checks of a learner's `negative_elbo` and `train_step`. Each takes the function.

The truth comes from torch.distributions in float64 and from plain gradient steps written out
here. Inputs are random, and so is the z of the models that `train_step` moves; the bounds lie so
far above what that does to a right answer that none fails by chance (see `_steady` and `BOUND`).
"""

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, ContinuousBernoulli
from torch.nn import functional as F

from vaelib.assignments import Assignment, Carrier, Piece, Skill
from vaelib.checks.divergence import FORMULAS, allowed, right_kl
from vaelib.checks.guard import start_from
from vaelib.checks.harness import (
    GRAD_MODES,
    CheckFailed,
    call,
    check,
    gradients,
    not_empty,
    same_device,
    shaped,
    tensor,
    unchanged,
    unsteady,
    using,
)
from vaelib.checks.training import (
    BOUND,
    FAST,
    adam,
    few_batches,
    pack,
    small_vae,
    smaller_vae,
    step_by_tensors,
    trained_cost,
    unpack,
)
from vaelib.elbo import negative_elbo
from vaelib.models import VAE

_READ = "the chapter on the ELBO, book/elbo.ipynb"
_READ_TRAINING = "the chapter on training, book/training.ipynb"
_LOSS = "negative_elbo(logits, x, mu, logvar)"
_NAMES = ("logits", "x", "mu", "logvar")
_DTYPES = (torch.float32, torch.float64)

Batch = tuple[Tensor, Tensor, Tensor, Tensor]


def _right_bce(logits: Tensor, x: Tensor) -> Tensor:
    """Return the right reconstruction of each pixel."""
    cost: Tensor = -Bernoulli(logits=logits, validate_args=False).log_prob(x)
    return cost


def _right(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0) -> Tensor:
    """Return the right loss."""
    reconstruction = _right_bce(logits.double(), x.double()).sum(dim=1)
    loss = (reconstruction + beta * right_kl(mu, logvar).sum(dim=1)).mean()
    return loss.to(logits.dtype)


def right_elbo(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0) -> Tensor:
    """Return the loss: what `train_step` may call where the learner's own is not right."""
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kl = 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum()
    return (reconstruction + beta * kl) / len(x)


def right_reconstruction(
    logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
) -> Tensor:
    """Return the reconstruction alone, in the place of the loss."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)


def _batch(
    rows: int, pixels: int = 13, columns: int = 3, dtype: torch.dtype = torch.float32
) -> Batch:
    """Return random logits, grey pixels, mu, and logvar between -2 and 2."""
    logits = 2 * torch.randn(rows, pixels, dtype=dtype)
    mu = torch.randn(rows, columns, dtype=dtype)
    logvar = 4 * torch.rand(rows, columns, dtype=dtype) - 2
    return logits, torch.rand(rows, pixels, dtype=dtype), mu, logvar


def _telling_batches(dtype: torch.dtype = torch.float32) -> Iterator[tuple[str, Batch]]:
    """Yield batches at which answers go wrong that are right for a middling one.

    Many images; rows that are not contiguous; the prior itself, and a KL so small that free bits
    show.
    """
    yield "300 images of 130 pixels", _batch(300, 130, 19, dtype)
    logits, x, mu, logvar = _batch(7, dtype=dtype)
    yield (
        "inputs that are not contiguous",
        tuple(  # type: ignore[misc]
            part.T.contiguous().T for part in (logits, x, mu, logvar)
        ),
    )
    yield "mu = 0 and logvar = 0", (logits, x, 0 * mu, 0 * logvar)
    yield "mu and logvar near 0", (logits, x, 0.1 * mu, 0.1 * logvar)
    yield "mu from -30 to 30", (logits, x, mu.sign() * 30, logvar)
    ends = torch.linspace(-9.99, 9.99, 280, dtype=dtype).view(7, 40)
    yield "40 dimensions, logvar from -10 to 10, mu from -30 to 30", (logits, x, 3 * ends, ends)


# Known mistakes in the reconstruction of a pixel, and in what becomes of (batch, pixels).
_PIXELS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "": _right_bce,
    "the reconstruction is missing": lambda logits, x: torch.zeros_like(x),
    "the sign of the reconstruction is turned": lambda logits, x: -_right_bce(logits, x),
    "the logits went through a sigmoid twice: `..._with_logits` applies one itself": (
        lambda logits, x: _right_bce(logits.sigmoid(), x)
    ),
    "a squared error was used: asked is the Bernoulli log-likelihood": (
        lambda logits, x: (logits.sigmoid() - x).square()
    ),
    "half a squared error was used: asked is the Bernoulli log-likelihood": (
        lambda logits, x: 0.5 * (logits.sigmoid() - x).square()
    ),
    "a squared error was used, and on the logits: asked is the Bernoulli log-likelihood": (
        lambda logits, x: (logits - x).square()
    ),
    "an absolute error was used: asked is the Bernoulli log-likelihood": (
        lambda logits, x: (logits.sigmoid() - x).abs()
    ),
    "logits and x changed places": lambda logits, x: _right_bce(x, logits),
    "x and the probabilities changed places: this takes the logarithm of x": (
        lambda logits, x: F.binary_cross_entropy(x, logits.sigmoid(), reduction="none")
    ),
    "only x * log(p) was used: (1 - x) * log(1 - p), for the dark part, is missing": (
        lambda logits, x: -x * F.logsigmoid(logits)
    ),
    "a softmax over pixels was used: each pixel is a Bernoulli of its own": (
        lambda logits, x: -x * F.log_softmax(logits, dim=1)
    ),
    "the continuous Bernoulli was used: asked is the Bernoulli, without its normaliser": (
        lambda logits, x: -ContinuousBernoulli(logits=logits, validate_args=False).log_prob(x)
    ),
    "x was rounded to 0 and 1: grey pixels count as they are": (
        lambda logits, x: _right_bce(logits, x.round())
    ),
}
_SUMS: dict[str, Callable[[Tensor], Tensor]] = {
    "": lambda each: each.sum(dim=1).mean(),
    "the reconstruction is averaged over pixels: sum over pixels, or the KL weighs too much": (
        lambda each: each.mean()
    ),
    "the reconstruction is summed over the batch: divide by the number of images": (
        lambda each: each.sum()
    ),
    "the reconstruction sums over images and averages over pixels: it is the other way round": (
        lambda each: each.sum(dim=0).mean()
    ),
    "the number of pixels is written as 784: sum over however many there are": (
        lambda each: 784 * each.mean()
    ),
}
# The same for the KL. Its formulas are those of the assignment before.
_KL_SUMS: dict[str, Callable[[Tensor], Tensor]] = {
    "": lambda each: each.sum(dim=1).mean(),
    "the KL is averaged over latent dimensions: sum over them": lambda each: each.mean(),
    "the KL is summed over the batch: divide by the number of images": lambda each: each.sum(),
    "the KL sums over images and averages over latent dimensions: it is the other way round": (
        lambda each: each.sum(dim=0).mean()
    ),
}
_KLS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "the KL is missing": lambda mu, lv: torch.zeros_like(mu),
    "the KL is subtracted: the negative ELBO is reconstruction + KL": (
        lambda mu, lv: -right_kl(mu, lv)
    ),
} | {
    name and f"in the KL, {name}": formula
    for name, formula in FORMULAS.items()
    if not name.startswith("the sign is turned: ")
}


def _value(asked: str, candidate: Any, batch: Batch) -> Tensor:
    """Return the learner's loss: finite and 0-dim. The function gets copies."""
    copies = tuple(part.clone() for part in batch)
    value = _scalar(asked, call(asked, candidate, *copies), batch)
    return tensor(asked, value, (), batch[0].dtype)


def _scalar(asked: str, value: Any, batch: Batch) -> Tensor:
    """Return the learner's loss if it is 0-dim; name the cause if the shape is another."""
    if isinstance(value, Tensor) and value.ndim:
        logits, _, mu, _ = batch
        causes = {
            (len(mu),): "the mean over the batch is missing",
            logits.shape: "the sum over pixels and the mean over the batch are missing",
            mu.shape: "the sum over latent dimensions and the mean over the batch are missing",
            (1,): "`keepdim=True` or `[None]` leaves a dimension too many",
        }
        raise CheckFailed(
            asked,
            f"for {len(mu)} images the result has shape {tuple(value.shape)}, expected ()",
            causes.get(tuple(value.shape), "") if len(mu) > 1 else "",
        )
    return shaped(asked, value, ())


@check(negative_elbo, read=_READ)
def elbo_value(candidate: Any, seed: int) -> str:
    """Check the value against torch.distributions, and the small print.

    Batches of 7, 1 and 11 images in float32 and float64; logits of 80 on both sides of the
    truth; logvar from -10 to 10; inputs unchanged; the device of the inputs. A floor of 1e-4 on
    sigma passes. Nothing here depends on chance.
    """
    asked = f"{_LOSS} is reconstruction + KL in nats per image, a 0-dim tensor"
    compared = 0
    for dtype in _DTYPES:
        for rows in (7, 1, 11):
            batch = _batch(rows, dtype=dtype)
            found, right, close = _compare(asked, candidate, batch)
            if not close:
                raise CheckFailed(
                    asked,
                    f"for {rows} images it is {found:.4f}, expected {right:.4f} nats",
                    _cause(asked, candidate),
                )
            compared += 1
    _, x, mu, logvar = _batch(5)
    x = x.round()
    for size in (2.0, 80.0):
        sure = 2 * size * x - size
        sure[:, :2] *= -1  # two pixels of each image are on the wrong side
        found, right, close = _compare(asked, candidate, (sure, x, mu, logvar))
        if not close and size == 2:
            likely = "pixels that are 0 or 1 are treated in another way than grey ones"
            raise CheckFailed(
                asked,
                f"where every pixel is 0 or 1 it is {found:.4f}, expected {right:.4f} nats",
                likely,
            )
        if not close:
            raise CheckFailed(
                asked,
                f"where logits are 80 or -80 it is {found:.4f}, expected {right:.4f} nats",
                "the logarithm of a sigmoid loses such pixels, and so do clamps: use "
                "`..._with_logits`",
            )
        compared += 1
    logits, x, mu, _ = _batch(7)
    wide = torch.linspace(-10, 10, 21).view(7, 3)
    found, right, close = _compare(asked, candidate, (logits, x, mu, wide))
    if not close:
        ends = [_single(asked, candidate, logvar) for logvar in (-10.0, -9.0, 9.0, 10.0)]
        flat = ends[0] == ends[1] or ends[2] == ends[3]
        raise CheckFailed(
            asked,
            f"where logvar goes from -10 to 10 it is {found:.4f}, expected {right:.4f} nats",
            "logvar is clamped too tightly: values between -10 and 10 must stay as they are"
            if flat
            else "",
        )
    for what, batch in _telling_batches():
        for how, mode in GRAD_MODES.items():
            with mode():
                found, right, close = _compare(asked, candidate, batch)
            if not close:
                raise CheckFailed(
                    asked,
                    f"for {what}{how} it is {found:.4f}, expected {right:.4f} nats",
                )
            compared += 1
    # `logits.clamp_(-30, 30)`, `x.clamp_(1e-6, 1 - 1e-6)`, `logvar.clamp_(-10, 10)` show
    logits, wide = torch.linspace(-90, 90, 91).view(7, 13), torch.linspace(-12, 12, 21).view(7, 3)
    mu = torch.randn(7, 3)
    batch = logits, torch.rand(7, 13).round(), mu, wide
    before = [part.clone() for part in batch]
    call(asked, candidate, *batch)
    for name, part, kept in zip(_NAMES, batch, before, strict=True):
        unchanged(asked, name, part, kept)
    same_device(asked, candidate, *batch)
    return f"value, {compared + 1} batches; inputs unchanged, the result on their device"


def _compare(asked: str, candidate: Any, batch: Batch) -> tuple[float, float, bool]:
    """Return the learner's loss, the right one, and whether they agree; demand their dtype."""
    value, right, close = _beside(asked, candidate, batch)
    if value.dtype != batch[1].dtype:
        raise CheckFailed(asked, f"for inputs of {batch[1].dtype} the result is {value.dtype}")
    return float(value), right, close


def _beside(asked: str, candidate: Any, batch: Batch) -> tuple[Tensor, float, bool]:
    """Return the learner's loss, the right one, and whether they agree."""
    value = _scalar(asked, call(asked, candidate, *(part.clone() for part in batch)), batch)
    logits, x, mu, logvar = (part.double() for part in batch)
    kl = right_kl(mu, logvar)
    right = float((_right_bce(logits, x).sum(dim=1) + kl.sum(dim=1)).mean())
    bound = 1e-5 * (1 + right) + float(allowed(kl, mu, logvar).sum(dim=1).mean())
    return value.detach(), right, abs(float(value) - right) <= bound


def _single(asked: str, candidate: Any, logvar: float) -> float:
    """Return the learner's loss for one image, one pixel and one dimension with that logvar."""
    zero = torch.zeros(1, 1)
    return float(_value(asked, candidate, (zero, zero, zero, zero + logvar)).detach())


def _cause(asked: str, candidate: Any) -> str:
    """Return what explains the learner's values on four batches: one mistake, or one pair."""
    batches = [
        _batch(rows, pixels, columns, torch.float64)
        for rows, pixels, columns in ((7, 13, 3), (5, 11, 2), (3, 17, 5), (2, 19, 7))
    ]
    try:
        found = torch.stack([_value(asked, candidate, batch).detach() for batch in batches])
    except CheckFailed:
        return ""
    firsts = _totals(_PIXELS, _SUMS, [(logits, x) for logits, x, _, _ in batches])
    seconds = _totals(_KLS, _KL_SUMS, [(mu, logvar) for _, _, mu, logvar in batches])
    reconstruction, kl = firsts["", ""], seconds["", ""]
    right = reconstruction + kl
    rows = torch.tensor([len(mu) for _, _, mu, _ in batches])
    pixels = torch.tensor([x.shape[1] for _, x, _, _ in batches])
    for cause, whole in (
        ("the sign is turned: this is the ELBO, asked is the negative ELBO", -right),
        ("both terms are summed over the batch: divide by the number of images", right * rows),
        ("both terms are divided by the number of pixels", right / pixels),
        (
            "the KL is divided by the number of pixels: its weight is 1",
            reconstruction + kl / pixels,
        ),
    ):
        if _same(found, whole).all():
            return cause
    sums = torch.stack(list(firsts.values()))[:, None] + torch.stack(list(seconds.values()))
    keys = [first + second for first, second in product(firsts, seconds)]
    fitting = [keys[at] for at in _same(found, sums).all(dim=-1).flatten().nonzero()[:, 0]]
    causes = {tuple(filter(None, key)) for key in fitting if _sensible(*key)}
    absent = any("the KL is missing" in cause for cause in causes)
    if absent and (number := _kl_over(asked, candidate)):
        rest = next((cause[:-1] for cause in causes if cause[-1] == "the KL is missing"), ())
        return "; ".join([*rest, f"the KL is divided by {number:,.0f}, whatever the sizes"])
    if causes:
        fewest = min(map(len, causes))
        simplest = [cause for cause in causes if len(cause) == fewest]
        return "; ".join(simplest[0]) if len(simplest) == 1 else ""
    number = float((right * rows / found)[0])
    if _same(found, right * rows / round(number or 1)).all():
        return f"the sum is divided by {number:.0f} whatever the batch size"
    with suppress(CheckFailed):
        batch = _batch(7, dtype=torch.float64)
        return _weights(found, firsts, seconds) or unsteady(
            lambda: _value(asked, candidate, batch),
            "loss",
            "both terms are formulas of what it is given",
        )
    return ""


def _totals(
    costs: Mapping[str, Callable[[Tensor, Tensor], Tensor]],
    sums: Mapping[str, Callable[[Tensor], Tensor]],
    batches: Sequence[tuple[Tensor, Tensor]],
) -> dict[tuple[str, str], Tensor]:
    """Return what each cost of an element gives by each way to sum it: a value for each batch."""
    each = {cost: [formula(*batch) for batch in batches] for cost, formula in costs.items()}
    return {
        (cost, total): torch.stack([reduced(values) for values in each[cost]])
        for cost, (total, reduced) in product(costs, sums.items())
    }


def _kl_over(asked: str, candidate: Any) -> float:
    """Return by what number the sum of the KL is divided; 0 if there is no KL at all."""
    logits, x, mu, logvar = _batch(7, dtype=torch.float64)
    far = 1e3 * mu
    values = [
        float(_value(asked, candidate, (logits, x, m, 0 * logvar)).detach()) for m in (0 * mu, far)
    ]
    gain = values[1] - values[0]
    return float(0.5 * far.square().sum()) / gain if gain > 1e-6 * abs(values[0]) else 0.0


def _sensible(cost: str, total: str, kl: str, kl_total: str) -> bool:
    """Return whether no sum is named for a term that is missing."""
    return not (total and cost.endswith("is missing")) and not (
        kl_total and kl == "the KL is missing"
    )


def _same(found: Tensor, predicted: Tensor) -> Tensor:
    return (found - predicted).abs() <= 1e-5 + 2e-4 * found.abs()


def _weights(
    found: Tensor,
    firsts: Mapping[tuple[str, str], Tensor],
    seconds: Mapping[tuple[str, str], Tensor],
) -> str:
    """Return the weights of the two terms, however they are summed, if some explain all values."""
    if not bool(found.isfinite().all()):
        return ""
    for (cost, total), (kl, kl_total) in product(firsts, seconds):
        if cost or kl:  # not the right terms
            continue
        terms = torch.stack([firsts[cost, total], seconds[kl, kl_total]], dim=1)
        weights = torch.linalg.lstsq(terms, found[:, None]).solution
        if _same(found, (terms @ weights)[:, 0]).all():
            first, second = (float(weight) for weight in weights)
            told = (
                f"the loss is {first:.3g} * reconstruction + {second:.3g} * KL: both weights are 1"
            )
            return "; ".join(filter(None, (told, total, kl_total)))
    return ""


@check(negative_elbo, read=_READ)
def elbo_reductions(candidate: Any, seed: int) -> str:
    """Check what sums and what averages, whatever the formulas of the two terms.

    One batch of 7 images in float64, then the same with its images, its pixels or its latent
    dimensions repeated. Nothing here depends on chance.
    """
    asked = f"{_LOSS} averages over images, and sums over pixels and latent dimensions"
    batch = _batch(7, dtype=torch.float64)

    def loss(images: int = 1, pixels: int = 1, dimensions: int = 1) -> float:
        parts = (
            part.repeat(images, times)
            for part, times in zip(batch, (pixels, pixels, dimensions, dimensions), strict=True)
        )
        return float(_value(asked, candidate, tuple(parts)).detach())  # type: ignore[arg-type]

    times = 50
    once, images, many = loss(), loss(images=2), loss(images=times)
    for what, at in (("logits and x", (0, 1)), ("mu and logvar", (2, 3))):
        other = tuple(
            new if place in at else old
            for place, (old, new) in enumerate(
                zip(batch, _batch(7, dtype=torch.float64), strict=True)
            )
        )
        if float(_value(asked, candidate, other).detach()) == once:  # type: ignore[arg-type]
            likely = _cause(asked, candidate)
            raise CheckFailed(asked, f"other {what} of the same shapes give the same loss", likely)
    allowed = 1e-6 * (1 + abs(once))
    if abs(images - once) > allowed:
        raise CheckFailed(
            asked,
            f"with every image twice the loss goes from {once:.4f} to {images:.4f}",
            _cause(asked, candidate)
            or ("a sum over the batch" if abs(images - 2 * once) < allowed else ""),
        )
    if abs(many - once) > allowed:
        raise CheckFailed(
            asked,
            f"with every image {times} times the loss goes from {once:.4f} to {many:.4f}",
            _cause(asked, candidate),
        )
    gains = []
    for what, twice, thrice in (
        ("pixel", loss(pixels=2), loss(pixels=3)),
        ("latent dimension", loss(dimensions=2), loss(dimensions=3)),
    ):
        gains.append(twice - once)
        if abs(gains[-1]) <= allowed or abs(thrice - twice - gains[-1]) > allowed:
            raise CheckFailed(
                asked,
                f"with every {what} once, twice and three times the loss is {once:.4f}, "
                f"{twice:.4f} and {thrice:.4f}: it should grow by equal steps",
                _cause(asked, candidate),
            )
    if abs(sum(gains) - once) > allowed:
        raise CheckFailed(
            asked,
            f"every pixel twice adds {gains[0]:.4f} and every latent dimension twice adds "
            f"{gains[1]:.4f}; together they should add the loss itself, {once:.4f}",
            _cause(asked, candidate),
        )
    logits, x, mu, logvar = batch
    not_empty(
        asked,
        lambda logits, mu, logvar: _value(asked, candidate, (logits, x, mu, logvar)),
        logits,
        mu,
        logvar,
    )
    return f"what sums, what averages, {len(mu)} images up to {times} times"


def _edge_batches(dtype: torch.dtype) -> Iterator[tuple[bool, Batch]]:
    """Yield batches at which gradients go wrong that are right elsewhere.

    And whether they are at an end of the range.
    """
    logits, x, mu, logvar = _batch(7, dtype=dtype)
    sure = 160 * x.round() - 80
    sure[:, :2] *= -1
    wide = torch.linspace(-9.99, 9.99, 21, dtype=dtype).view(7, 3)
    yield True, (sure, x.round(), mu, logvar)
    yield True, (logits, x, 0 * mu, wide)
    yield True, (logits, x, mu.sign() * 30, logvar)
    yield False, (logits, x, 0.3 * mu, 0 * logvar)
    yield False, _batch(300, 130, 19, dtype)


@check(negative_elbo, read=_READ)
def elbo_gradients(candidate: Any, seed: int) -> str:
    """Check the gradients to logits, mu and logvar.

    11 images in float32 and float64. Nothing here depends on chance.
    """
    asked = f"the gradients of {_LOSS} to logits, mu and logvar"
    names, compared = ("logits", "mu", "logvar"), 0
    for dtype in _DTYPES:
        logits, x, mu, logvar = _batch(11, dtype=dtype)
        x[:, :5], x[:, 5] = 0, 1  # as in every digit, not grey alone
        inputs = [value.requires_grad_() for value in (logits, mu, logvar)]
        right = torch.autograd.grad(_right(logits, x, mu, logvar), inputs)
        value = call(asked, candidate, logits, x, mu, logvar)
        value = _scalar(asked, value, (logits, x, mu, logvar))
        found = gradients(asked, value, torch.ones_like(value), *inputs)
        torch.set_grad_enabled(True)  # the answer may have switched it off
        cut = [name for name, one in zip(names, found, strict=True) if not bool(one.any())]
        for edge, batch in _edge_batches(dtype):
            if edge and not _beside(asked, candidate, batch)[2]:
                continue  # a value that is wrong there costs its points elsewhere
            inputs = [batch[at].detach().requires_grad_() for at in (0, 2, 3)]
            logits, mu, logvar = inputs
            rows = len(logits)  # times that, so that a slope is as large as an image's
            wanted = torch.autograd.grad(rows * _right(logits, batch[1], mu, logvar), inputs)
            value = _scalar(asked, call(asked, candidate, logits, batch[1], mu, logvar), batch)
            slopes = gradients(asked, rows * value, torch.ones_like(value), *inputs)
            torch.set_grad_enabled(True)
            found, right = [*found, *slopes], (*right, *wanted)
        for name, one, other in zip(names * (len(found) // 3), found, right, strict=True):
            # a floor of 1e-4 on sigma shows where logvar is -10
            if not torch.allclose(one, other, rtol=1e-3, atol=1e-4 if len(one) == 11 else 1e-2):
                worst = int((one - other).abs().nan_to_num(math.inf).argmax())
                raise CheckFailed(
                    asked,
                    f"the gradient to {name} is {float(one.flatten()[worst]):.5f} at an element "
                    f"where it should be {float(other.flatten()[worst]):.5f}",
                    _cause(asked, candidate)
                    or (f"no gradient reaches {', '.join(cut)}: detached" if cut else ""),
                )
        compared += sum(one.numel() for one in found)
    return f"gradients, {compared:,} slopes to {', '.join(names)} in {len(_DTYPES)} dtypes"


_LOSS_SKILLS = (elbo_value, elbo_reductions, elbo_gradients)
_PIXEL_COUNT = 784  # those of a digit, so that `x.view(-1, 784)` is right
_RATE, _SHORT = 1e-3, 2e-4  # of the plain steps: one that changes the loss, one that hardly does
_NEARLY = 0.1  # nats between two losses of one batch; 3,000 pairs differed by 0.022 at most


def _steady() -> VAE:
    """Return a small VAE whose z matters little, so that a step can be repeated.

    sigma is 0.011, z moves the logits little, and no ReLU is near its kink.
    """
    model = VAE(_PIXEL_COUNT, hidden=7, latent_dim=3)
    nn.init.zeros_(model.encoder.logvar.weight)
    nn.init.constant_(model.encoder.logvar.bias, -9.0)
    nn.init.constant_(model.encoder.hidden.bias, 3.0)
    nn.init.constant_(model.decoder.hidden.bias, 2.0)
    with torch.no_grad():
        model.decoder.hidden.weight.mul_(0.1)
        model.decoder.logits.weight.mul_(0.3)
    return model


def _forward(model: VAE, x: Tensor) -> Batch:
    logits, mu, logvar = model(x)
    return logits, x, mu, logvar


def _loss(model: VAE, x: Tensor) -> float:
    with torch.no_grad():
        return float(right_elbo(*_forward(model, x)))


def _slopes(model: VAE, x: Tensor) -> list[Tensor]:
    """Return the right gradient to each parameter."""
    with torch.enable_grad():  # the answer may have switched it off
        return list(torch.autograd.grad(right_elbo(*_forward(model, x)), list(model.parameters())))


@check(negative_elbo, read=_READ_TRAINING)
def step_value(candidate: Any, seed: int) -> str:
    """Check that train_step returns the loss before the step, as a float.

    Batches of 11, 1 and 7 images. For the little that is random, see `_NEARLY`.
    """
    asked = "train_step(model, optimizer, x) returns the loss before the step, as a Python float"
    model = _steady()
    optimizer = torch.optim.SGD(model.parameters(), lr=_RATE)
    batches = (11, 1, 7)
    for rows in batches:
        x = torch.rand(rows, _PIXEL_COUNT)
        with torch.no_grad():
            outputs = _forward(model, x)
            before, alone = (float(f(*outputs)) for f in (right_elbo, right_reconstruction))
        with using(candidate, *_LOSS_SKILLS, negative_elbo=right_elbo):
            found = call(asked, candidate, model, optimizer, x)
        if not isinstance(found, float):
            raise CheckFailed(
                asked,
                f"it returned {'a ' if found is not None else ''}{type(found).__name__}",
                {"NoneType": "a missing `return`", "Tensor": "`.item()` is missing"}.get(
                    type(found).__name__, ""
                ),
            )
        if not abs(found - before) <= _NEARLY:
            causes = {
                "this is the loss after the step": _loss(model, x),
                "this is the reconstruction alone": alone,
                "the sign is turned": -before,
                "the loss was divided by the number of images, which it is already": before / rows,
                "the loss was multiplied by the number of images": before * rows,
                "the loss was divided by the number of pixels": before / _PIXEL_COUNT,
            }
            near = [cause for cause, value in causes.items() if abs(found - value) <= _NEARLY]
            raise CheckFailed(
                asked,
                f"for {rows} images it returned {found:.4f}; the loss before the step is "
                f"{before:.4f}",
                near[0] if len(near) == 1 else "",
            )
    _value_closely(asked, candidate)
    return f"what it returns, the loss before the step in {len(batches) + 1} batches"


def _value_closely(asked: str, candidate: Any) -> None:
    """Compare the returned loss where sigma matters, closely if the answer draws as `model(x)`.

    Otherwise where no draw matters, but every pixel does.
    """
    x, model = torch.rand(11, _PIXEL_COUNT), _lively()
    kept = copy.deepcopy(model)
    with using(candidate, *_LOSS_SKILLS, negative_elbo=right_elbo):
        seed = _seed_of_the_next_call(candidate)
        optimizer = torch.optim.SGD(model.parameters(), lr=_SHORT)
        found = call(asked, candidate, model, optimizer, x)
        with torch.random.fork_rng():
            start_from(seed)
            right = _loss(kept, x)
        if isinstance(found, float) and abs(found - right) <= 1e-4 * (1 + abs(right)):
            return
        for _ in range(3):
            model = _steady()
            with torch.no_grad():
                model.encoder.hidden.weight.mul_(4)
                model.encoder.mu.weight.mul_(4)
            x, right = torch.rand(11, _PIXEL_COUNT), 0.0
            right = _loss(model, x)
            optimizer = torch.optim.SGD(model.parameters(), lr=_SHORT)
            found = call(asked, candidate, model, optimizer, x)
            if not (isinstance(found, float) and abs(found - right) <= _NEARLY):
                raise CheckFailed(
                    asked,
                    f"where z hardly matters it returned {found}; the loss before the step is "
                    f"{right:.4f}",
                )


@check(negative_elbo, read=_READ_TRAINING)
def step_moves(candidate: Any, seed: int) -> str:
    """Check two steps: each moves every parameter once, by its own gradient of that batch.

    Batches of 11 and of 7 images. What is random moved no parameter by more than a fifth of what
    `_alike` allows, in 2,000 pairs of steps: that would be some 17 standard errors.
    """
    asked = "train_step makes one step on every parameter, without gradients of earlier steps"
    batches = (11, 7)
    for rows in batches:
        model = _steady()
        parameters = list(model.parameters())
        optimizer = torch.optim.SGD(parameters, lr=_SHORT)
        older = [torch.zeros_like(parameter) for parameter in parameters]
        for x in torch.rand(2, rows, _PIXEL_COUNT):
            start = [parameter.detach().clone() for parameter in parameters]
            slopes = _slopes(model, x)
            with using(candidate, *_LOSS_SKILLS, negative_elbo=right_elbo):
                call(asked, candidate, model, optimizer, x)
            # in units of the rate, so that a right step is the slope
            steps = [(s - p.detach()) / _SHORT for s, p in zip(start, parameters, strict=True)]
            # a z that is cut is judged by `step_reaches_the_encoder`
            if not _alike(steps, slopes) and not _cut_from_the_encoder(
                model, start, steps, slopes, x, _alike
            ):
                off, length = (_length(part) for part in (_minus(steps, slopes), slopes))
                raise CheckFailed(
                    asked,
                    f"a step ends {off / length:.2g} of its length away from where the gradient "
                    "leads",
                    _seldom(asked, candidate, model, optimizer, x)
                    if not _length(steps)
                    else _within(start, parameters)
                    or _step_cause(steps, slopes, older, rows)
                    or _tiny(asked, candidate, model, start, x, _length(steps) / length),
                )
            older = slopes
    with using(candidate, *_LOSS_SKILLS, negative_elbo=right_elbo):
        _closely(asked, candidate)
    counted = f"{2 * len(batches)} steps where z hardly matters, and more where it does"
    return f"one step, each of {len(parameters)} parameters by its own gradient in {counted}"


def _lively() -> VAE:
    """Return a small VAE in which z matters: sigma is about 1.6, and the decoder heeds z."""
    model = VAE(_PIXEL_COUNT, hidden=17, latent_dim=3)
    nn.init.constant_(model.encoder.logvar.bias, 1.0)
    with torch.no_grad():
        model.decoder.hidden.weight.mul_(2)
    return model


def _seed_of_the_next_call(candidate: Any) -> int:
    """Return the seed from which the answer will draw in its next call."""
    told = getattr(candidate, "next_seed", None)
    if callable(told):  # in the grader
        return int(told())
    seed = int(torch.randint(2**31, (), device="cpu"))
    start_from(seed)
    return seed


def _moved(
    asked: str,
    candidate: Any,
    model: VAE,
    start: list[Tensor],
    x: Tensor,
    seeded: bool = True,
    optimizer: torch.optim.Optimizer | None = None,
) -> tuple[list[Tensor], list[Tensor]]:
    """Return the answer's step from a state, in units of the rate, and the right one.

    The right one draws from the same seed, or from another.
    """
    parameters = list(model.parameters())
    with torch.no_grad():
        for parameter, value in zip(parameters, start, strict=True):
            parameter.copy_(value)
            parameter.grad = None
    seed = _seed_of_the_next_call(candidate)
    with torch.random.fork_rng():
        start_from(seed + (not seeded))
        slopes = _slopes(model, x)
    call(asked, candidate, model, optimizer or torch.optim.SGD(parameters, lr=0.01), x)
    return [(s - p.detach()) / 0.01 for s, p in zip(start, parameters, strict=True)], slopes


def _closely(asked: str, candidate: Any) -> None:
    """Compare a step with the right one from the same state, where sigma matters.

    An answer that draws as `model(x)` does makes the same step but for rounding. Of one that
    draws in another way the mean of 32 steps is compared with that of 32 right ones, and a step
    where draws hardly matter more closely than before.
    """
    for rows in (11, 7, 1):
        model, x = _lively(), torch.rand(rows, _PIXEL_COUNT)
        start = [parameter.detach().clone() for parameter in model.parameters()]
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        steps, slopes = _moved(asked, candidate, model, start, x, optimizer=optimizer)
        if _the_same(steps, slopes):
            for _ in range(2):
                steps, slopes = _moved(asked, candidate, model, start, x, optimizer=optimizer)
                if not _the_same(steps, slopes):
                    away = _length(_minus(steps, slopes)) / _length(slopes)
                    raise CheckFailed(
                        asked,
                        f"the first step is right, a later one from the same state ends {away:.2g} "
                        "of its length away from where the gradient leads",
                        "a step changes something that later ones use, such as the rate",
                    )
            continue
        if _cut_from_the_encoder(model, start, steps, slopes, x, _near):
            continue  # that is judged by `step_reaches_the_encoder`
        _, others = _moved(asked, candidate, model, start, x, seeded=False)
        off = _minus(steps, slopes)
        if _length(off) < 0.1 * _length(_minus(others, slopes)):  # so it drew the same numbers
            weights, extra = (torch.cat([p.flatten() for p in part]) for part in (start, off))
            tilt = float(torch.cosine_similarity(weights, extra, dim=0))
            raise CheckFailed(
                asked,
                f"with the same random numbers the step ends {_length(off) / _length(slopes):.2g} "
                "of its length away from where the gradient leads",
                "a penalty on the weights was added"
                if abs(tilt) > 0.99
                else _clipped(steps, slopes),
            )
        many = [_moved(asked, candidate, model, start, x, seeded=False) for _ in range(32)]
        found, right = (
            torch.stack([torch.cat([part.flatten() for part in pair[side]]) for pair in many])
            for side in (0, 1)
        )
        away = float((found.mean(0) - right.mean(0)).norm())
        chance = float(((found.var(0) + right.var(0)) / len(many)).sum()) ** 0.5
        # 4, not 3: with two directions that matter, chance alone would reach 3 once in 8,000
        if not away <= 4 * chance + 0.01 * float(right.mean(0).norm()):
            raise CheckFailed(
                asked,
                f"where sigma matters, the mean of {len(many)} steps ends {away / chance:.2g} "
                "times as far from that of right ones as chance explains",
                _sigma_cause(asked, candidate, model, start, x, found.mean(0)),
            )
        _where_z_does_not_matter(asked, candidate, torch.rand(rows, _PIXEL_COUNT))


def _where_z_does_not_matter(asked: str, candidate: Any, x: Tensor) -> None:
    """Compare a step however it draws: what comes after z is right to a thousandth.

    The decoder hardly heeds z, and sigma is small beside mu. What z reaches moves by a hundredth
    at most, for noise and for a floor on sigma.
    """
    model = _steady()
    with torch.no_grad():
        model.encoder.mu.weight.mul_(30)
        model.decoder.hidden.weight.mul_(0.001)
    start = [parameter.detach().clone() for parameter in model.parameters()]
    steps, slopes = _moved(asked, candidate, model, start, x)
    for name, step, slope in zip(dict(model.named_parameters()), steps, slopes, strict=True):
        share, more = (1e-3, 2e-6) if name.startswith("decoder.logits") else (0.02, 2e-4)
        if float((step - slope).norm()) > share * float(slope.norm()) + more * _length(slopes):
            raise CheckFailed(
                asked,
                f"where z hardly matters, the step of {name} ends "
                f"{float((step - slope).norm() / slope.norm()):.2g} of its length away from where "
                "the gradient leads",
            )


def _the_same(steps: list[Tensor], slopes: list[Tensor]) -> bool:
    """Return whether each parameter's step is its slope, but for rounding."""
    return all(
        float((step - slope).norm()) <= 2e-4 * float(slope.norm()) + 2e-6 * _length(slopes)
        for step, slope in zip(steps, slopes, strict=True)
    )


def _cut_from_the_encoder(
    model: VAE,
    start: list[Tensor],
    steps: list[Tensor],
    slopes: list[Tensor],
    x: Tensor,
    same: Callable[[list[Tensor], list[Tensor]], bool],
) -> bool:
    """Return whether the decoder moves as it should, and the encoder as from a z that is cut.

    Of a z that is mu itself, the decoder's step differs too. What counts as the `same` step
    depends on how much z matters.
    """
    model = copy.deepcopy(model).requires_grad_()  # the answer may have frozen a part
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), start, strict=True):
            parameter.copy_(value)
    with torch.enable_grad():
        mu, logvar = model.encoder(x)
        loss = _right(model.decoder(mu), x, mu, logvar)
        decoded = list(torch.autograd.grad(loss, list(model.parameters())))
    if _near(steps, decoded):
        return True
    if not same(steps[6:], slopes[6:]):
        return False
    # a head that the reconstruction does not reach has the gradient of the KL alone
    with torch.enable_grad():
        mu, logvar = model.encoder(x)
        kl = right_kl(mu, logvar).sum(dim=1).mean()
        alone = list(torch.autograd.grad(kl, list(model.encoder.parameters())))
    return any(_near([steps[at]], [alone[at]]) for at in (2, 4))


def _near(steps: list[Tensor], slopes: list[Tensor]) -> bool:
    return all(
        float((step - slope).norm()) <= 2e-3 * float(slope.norm()) + 1e-5
        for step, slope in zip(steps, slopes, strict=True)
    )


def _sigma_cause(
    asked: str, candidate: Any, model: VAE, start: list[Tensor], x: Tensor, found: Tensor
) -> str:
    """Return "sigma is wrong" if steps with z = mu + exp(logvar) * eps explain those found."""
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), start, strict=True):
            parameter.copy_(value)
    tried = []
    for _ in range(64):
        mu, logvar = model.encoder(x)
        z = mu + logvar.exp() * torch.randn_like(mu)
        loss = _right(model.decoder(z), x, mu, logvar)
        slopes = torch.autograd.grad(loss, list(model.parameters()))
        tried.append(torch.cat([slope.flatten() for slope in slopes]))
    known = torch.stack(tried)
    chance = float((known.var(0) * (1 / 32 + 1 / 64)).sum()) ** 0.5
    if float((found - known.mean(0)).norm()) <= 2 * chance:
        return "z is mu + exp(logvar) * eps in the step: sigma is exp(0.5 * logvar)"
    return ""


def _minus(some: list[Tensor], others: list[Tensor]) -> list[Tensor]:
    return [one - other for one, other in zip(some, others, strict=True)]


def _length(parts: list[Tensor]) -> float:
    return float(torch.cat([part.flatten() for part in parts]).norm())


def _alike(steps: list[Tensor], slopes: list[Tensor]) -> bool:
    """Return whether each parameter's step is its slope, but for noise."""
    allowed = 0.005 * _length(slopes)
    return all(
        float((step - slope).norm()) <= 0.2 * float(slope.norm()) + allowed
        for step, slope in zip(steps, slopes, strict=True)
    )


def _clipped(steps: list[Tensor], slopes: list[Tensor]) -> str:
    """Return that the gradient was clipped element by element, if that alone explains the step."""
    flat = torch.cat([step.flatten() for step in steps]).abs()
    most = float(flat.max())
    # of a gradient that is scaled one element is the largest; of Adam's first step all are
    shares = (flat > 0.999 * most), (flat > 0) & (flat < 0.9 * most)
    if any(float(share.float().mean()) < 1e-3 for share in shares):
        return ""
    if not _alike(steps, [slope.clamp(-most, most) for slope in slopes]):
        return ""
    return (
        f"each element of the gradient was clipped, at about {most:.2g}, as by `clip_grad_value_`: "
        "that turns the step (`clip_grad_norm_` would shorten it), and neither is asked for"
    )


def _seldom(
    asked: str, candidate: Any, model: VAE, optimizer: torch.optim.Optimizer, x: Tensor
) -> str:
    """Return why a call moved nothing: as the next few tell, some calls do, or another reason."""
    moved = []
    with using(candidate, *_LOSS_SKILLS, negative_elbo=right_elbo), suppress(CheckFailed):
        for _ in range(7):
            start = [parameter.detach().clone() for parameter in model.parameters()]
            call(asked, candidate, model, optimizer, x)
            moved.append(
                any(not torch.equal(p, s) for p, s in zip(model.parameters(), start, strict=True))
            )
    if any(moved) and not all(moved):  # all but the first: the gradient comes a call late
        return "only some calls make a step: every call is asked to make one"
    return (
        "nothing moved: `backward` or `step` is missing, they are not in the order "
        "zero_grad, backward, step, or another model was trained"
    )


def _within(start: list[Tensor], parameters: list[nn.Parameter]) -> str:
    """Return that weights are clipped, if all that were beyond some number are at it now."""
    before, after = (
        torch.cat([p.detach().flatten() for p in part]) for part in (start, parameters)
    )
    most = float(after.abs().max())
    beyond = before.abs() > 1.01 * most
    if not bool(beyond.any()) or not bool((after[beyond].abs() == most).all()):
        return ""
    return f"weights are clipped: after the step none is beyond {most:.3g}"


def _tiny(
    asked: str, candidate: Any, model: VAE, start: list[Tensor], x: Tensor, share: float
) -> str:
    """Return the cause of a step that is lost in rounding, from one with a larger rate."""
    if share > 0.01:
        return ""
    rate = 100.0
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    with using(candidate, *_LOSS_SKILLS, negative_elbo=right_elbo), suppress(CheckFailed):
        steps, slopes = _moved(asked, candidate, model, start, x, optimizer=optimizer)
        return _step_cause([0.01 / rate * step for step in steps], slopes, [0 * x], len(x))
    return ""


def _step_cause(steps: list[Tensor], slopes: list[Tensor], older: list[Tensor], rows: int) -> str:
    """Return the known mistake that explains the step, or nothing."""
    moved = [bool(step.any()) for step in steps]
    if _length(older) and _alike(steps, [a + b for a, b in zip(slopes, older, strict=True)]):
        return "the gradient of the step before was added: `optimizer.zero_grad()` is missing"
    if _length(older) and _alike(steps, older):
        return "this is the gradient of the step before: `backward` comes before `step`"
    encoder, decoder = moved[:6], moved[6:]
    if not any(encoder) and _alike(steps[6:], slopes[6:]):
        return "the encoder did not move: it ran under `torch.no_grad()`, was detached, or left out"
    if not any(decoder):
        return "the decoder did not move"
    if clipped := _clipped(steps, slopes):
        return clipped
    flat, right = (torch.cat([part.flatten() for part in parts]) for parts in (steps, slopes))
    times = float(flat @ right / (right @ right))
    if times and _alike([step / times for step in steps], slopes):
        known = {
            -1: "the step goes uphill: the sign is turned",
            2: "two steps were made, or the loss was doubled",
        }
        for number, cause in known.items():
            if abs(times - number) < 0.05 * abs(number):
                return cause
        if rows > 1 and abs(times * rows - 1) < 0.05:
            return "the loss was divided by the number of images, which it is already"
        if rows > 1 and abs(times / rows - 1) < 0.05:
            return "the loss was multiplied by the number of images"
        return (
            f"the step is {times:.3g} times as long: the gradient was clipped or scaled, or the "
            "rate changed"
        )
    sizes = flat[right.abs() > 1e-3 * right.abs().max()].abs()
    if float(sizes.std()) < 0.01 * float(sizes.mean()):
        return "every parameter moved by the same amount, as by Adam: the given optimizer does not"
    return ""


@check(negative_elbo, read=_READ_TRAINING)
def step_reaches_the_encoder(candidate: Any, seed: int) -> str:
    """Check that the encoder learns from the reconstruction alone, with the KL's weight at 0.

    One step with 31 images on an ordinary VAE; nothing here depends on chance.
    """
    asked = "the encoder learns from the reconstruction, also where the KL has weight 0"
    model = VAE(_PIXEL_COUNT, hidden=17, latent_dim=3)
    # bright and dark pixels, so that their mean tells the way for the decoder's last bias; that
    # begins near 0, so that a penalty on it goes another way, and a clamp nowhere
    torch.nn.init.normal_(model.decoder.logits.bias, std=0.004)
    bright = torch.arange(_PIXEL_COUNT)[torch.randperm(_PIXEL_COUNT)] % 2
    x = 0.2 * torch.rand(31, _PIXEL_COUNT) + 0.8 * bright
    start = [parameter.detach().clone() for parameter in model.parameters()]

    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with using(candidate, negative_elbo=right_reconstruction):
        call(asked, candidate, model, optimizer, x)
    bias_after = model.decoder.logits.bias.detach().clone()
    moved = {
        name: not torch.equal(parameter, before)
        for (name, parameter), before in zip(model.named_parameters(), start, strict=True)
    }
    still = [name for name, moves in moved.items() if name.startswith("encoder") and not moves]
    if still:
        likely = ""
        if len(still) == 6 and any(moved.values()):
            likely = (
                "nothing reaches the encoder: z was detached, or it ran under `torch.no_grad()`"
            )
        elif still == ["encoder.logvar.weight", "encoder.logvar.bias"]:
            bias = model.encoder.logvar.bias.detach().clone()
            with using(candidate, negative_elbo=right_elbo):
                call(asked, candidate, model, optimizer, x)
            if not torch.equal(model.encoder.logvar.bias, bias):  # so the KL does reach it
                likely = "the decoder got mu itself: `model(x)` decodes z = mu + sigma * eps"
        raise CheckFailed(asked, f"these weights did not move: {', '.join(still)}", likely)
    went = bias_after - start[-1]
    if bool(went.any()) and abs(float(torch.cosine_similarity(went, bright - 0.5, dim=0))) < 0.25:
        raise CheckFailed(
            asked, "the weights move, but in a way that has nothing to do with the reconstruction"
        )
    return f"the encoder learns, {sum(n.startswith('encoder') for n in moved)} of its weights moved"


_FEW = 20  # steps that are compared with the right ones
_AS_RIGHT = f"it trains, {_FEW} steps lead where right ones lead"
_SAME = 0.01  # of the way from the start; rounding is 2e-7 of it, a floor on sigma 0.002


def _right_step(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    with torch.enable_grad():
        loss = right_elbo(*_forward(model, x))
        optimizer.zero_grad()
        loss.backward()
    optimizer.step()


def _as_the_right(
    candidate: Any, step: Callable[[VAE, torch.optim.Optimizer, Tensor], Any]
) -> bool:
    """Return whether twenty steps lead where right ones lead, from one state and one seed."""
    models = smaller_vae(), smaller_vae()
    models[1].load_state_dict(models[0].state_dict())
    optimizers = torch.optim.Adam(models[0].parameters(), lr=FAST), adam(models[1], FAST)
    start = [parameter.detach().clone() for parameter in models[0].parameters()]
    for x in few_batches(_FEW):
        seed = _seed_of_the_next_call(candidate)
        with torch.random.fork_rng():
            start_from(seed)
            _right_step(models[1], optimizers[1], x)
        step(models[0], optimizers[0], x.clone())
    own, right = ([p.detach() for p in model.parameters()] for model in models)
    return _length(_minus(own, right)) <= _SAME * _length(_minus(right, start))


@check(negative_elbo, read=_READ_TRAINING)
def elbo_trains(candidate: Any, seed: int) -> str:
    """Check the resulting model: trained with this loss, scored by the right one.

    Twenty steps tell whether it is as by the right loss; if it is not, three epochs decide.
    """
    asked = f"a small VAE, trained for three epochs with your loss, costs under {BOUND:.0f} nats"

    def step(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
        with torch.enable_grad():
            batch = _forward(model, x)
            loss = _scalar(asked, call(asked, candidate, *batch), batch)
            tensor(asked, loss, (), x.dtype)
            optimizer.zero_grad()
            call(asked, loss.backward)
        optimizer.step()

    if _as_the_right(None, step):
        return _AS_RIGHT
    # The same for everyone: some wrong losses end near the bound, and luck is no judge.
    start_from(0)
    cost = trained_cost(small_vae(), step)
    if not cost < BOUND:
        raise CheckFailed(asked, f"it costs {cost:.1f} nats per test image")
    return f"it trains, {cost:.0f} nats per test image after three epochs"


@check(negative_elbo, read=_READ_TRAINING)
def step_trains(candidate: Any, seed: int) -> str:
    """Check the resulting model: trained with this step and the right loss.

    Twenty steps tell whether it is as by right ones, if the answer draws as `model(x)` does; if
    it is not, three epochs decide.
    """
    asked = f"a small VAE, trained for three epochs by train_step, costs under {BOUND:.0f} nats"

    def step(*arguments: Any) -> None:
        call(asked, candidate, *arguments)

    with using(candidate, *_LOSS_SKILLS, negative_elbo=right_elbo):
        if _as_the_right(candidate, step):
            return _AS_RIGHT
        start_from(0)  # as above
        cost = trained_cost(small_vae(), step)
    if not cost < BOUND:
        raise CheckFailed(asked, f"it costs {cost:.1f} nats per test image")
    return f"it trains, {cost:.0f} nats per test image after three epochs"


ASSIGNMENT = Assignment(
    name="elbo",
    imports=("import torch", "from torch.nn import functional as F"),
    pieces=(
        Piece("negative-elbo", "negative_elbo"),
        Piece("train-step", "train_step", Carrier(pack, step_by_tensors, unpack)),
    ),
    skills=(
        Skill("negative-elbo-value", "negative_elbo: value", 2, "negative_elbo", elbo_value),
        Skill(
            "negative-elbo-reductions",
            "negative_elbo: what sums, what averages",
            2,
            "negative_elbo",
            elbo_reductions,
        ),
        Skill(
            "negative-elbo-gradients",
            "negative_elbo: gradients",
            2,
            "negative_elbo",
            elbo_gradients,
            shown=False,
        ),
        Skill("negative-elbo-trains", "negative_elbo: it trains", 1, "negative_elbo", elbo_trains),
        Skill("train-step-value", "train_step: what it returns", 1, "train_step", step_value),
        Skill("train-step-moves", "train_step: one step", 3, "train_step", step_moves),
        Skill(
            "train-step-encoder",
            "train_step: the encoder learns",
            1,
            "train_step",
            step_reaches_the_encoder,
            shown=False,
        ),
        Skill("train-step-trains", "train_step: it trains", 2, "train_step", step_trains),
    ),
)
