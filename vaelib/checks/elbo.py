"""Checks of a learner's `negative_elbo` and `train_step`. Each takes the function.

The truth comes from torch.distributions in float64 and from plain gradient steps written out
here. Inputs are random, and so is the z of the models that `train_step` moves; the bounds lie so
far above what that does to a right answer that none fails by chance (see `_steady` and `BOUND`).
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, ContinuousBernoulli
from torch.nn import functional as F

from vaelib.checks.judging import (
    CheckFailed,
    call,
    check,
    gradients,
    same_device,
    shaped,
    tensor,
    unchanged,
    using,
)
from vaelib.checks.kl import FORMULAS, PER_BATCH, bound, right_kl
from vaelib.data import load_mnist
from vaelib.elbo import negative_elbo
from vaelib.evaluation import evaluate
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
    """Return the right loss; it stands in for the learner's while train_step is judged."""
    reconstruction = _right_bce(logits.double(), x.double()).sum(dim=1)
    loss = (reconstruction + beta * right_kl(mu, logvar).sum(dim=1)).mean()
    return loss.to(logits.dtype)


def _batch(
    rows: int, pixels: int = 13, columns: int = 3, dtype: torch.dtype = torch.float32
) -> Batch:
    """Return random logits, grey pixels, mu, and logvar between -2 and 2."""
    logits = 2 * torch.randn(rows, pixels, dtype=dtype)
    mu = torch.randn(rows, columns, dtype=dtype)
    logvar = 4 * torch.rand(rows, columns, dtype=dtype) - 2
    return logits, torch.rand(rows, pixels, dtype=dtype), mu, logvar


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
    "": PER_BATCH[""],
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
def elbo_value(candidate: Any, seed: int) -> None:
    """Check the value against torch.distributions, and the small print.

    Batches of 7, 1 and 11 images in float32 and float64; logits of 80 on both sides of the
    truth; logvar from -10 to 10; inputs unchanged; the device of the inputs. A floor of 1e-4 on
    sigma passes. Nothing here depends on chance.
    """
    asked = f"{_LOSS} is reconstruction + KL in nats per image, a 0-dim tensor"
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
    sure, x, mu, logvar = _batch(5)
    x = x.round()
    sure = 160 * x - 80
    sure[:, :2] *= -1  # two pixels of each image are on the wrong side
    found, right, close = _compare(asked, candidate, (sure, x, mu, logvar))
    if not close:
        raise CheckFailed(
            asked,
            f"where logits are 80 or -80 it is {found:.4f}, expected {right:.4f} nats",
            "the logarithm of a sigmoid loses such pixels, and so do clamps: use `..._with_logits`",
        )
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
    # `logits.clamp_(-30, 30)`, `x.clamp_(1e-6, 1 - 1e-6)`, `logvar.clamp_(-10, 10)` show
    logits, wide = torch.linspace(-90, 90, 91).view(7, 13), torch.linspace(-12, 12, 21).view(7, 3)
    batch = logits, x.round(), mu, wide
    before = [part.clone() for part in batch]
    call(asked, candidate, *batch)
    for name, part, kept in zip(_NAMES, batch, before, strict=True):
        unchanged(asked, name, part, kept)
    same_device(asked, candidate, *batch)


def _compare(asked: str, candidate: Any, batch: Batch) -> tuple[float, float, bool]:
    """Return the learner's loss, the right one, and whether they agree."""
    logits, x, mu, logvar = batch
    value = _scalar(asked, call(asked, candidate, *(part.clone() for part in batch)), batch)
    if value.dtype != x.dtype:
        raise CheckFailed(asked, f"for inputs of {x.dtype} the result is {value.dtype}")
    found, right = float(value), float(_right(logits.double(), x.double(), mu, logvar))
    allowed = 1e-5 * (1 + right) + float(bound(mu, logvar).mean())
    return found, right, abs(found - right) <= allowed


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
    firsts = {
        (cost, total): torch.stack(
            [_SUMS[total](_PIXELS[cost](logits, x)) for logits, x, _, _ in batches]
        )
        for cost, total in product(_PIXELS, _SUMS)
    }
    seconds = {
        (cost, total): torch.stack(
            [_KL_SUMS[total](_KLS[cost](mu, lv)) for _, _, mu, lv in batches]
        )
        for cost, total in product(_KLS, _KL_SUMS)
    }
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
    if causes:
        fewest = min(map(len, causes))
        simplest = [cause for cause in causes if len(cause) == fewest]
        return "; ".join(simplest[0]) if len(simplest) == 1 else ""
    number = float((right * rows / found)[0])
    if _same(found, right * rows / round(number or 1)).all():
        return f"the sum is divided by {number:.0f} whatever the batch size"
    return _weights(found, reconstruction, kl)


def _sensible(cost: str, total: str, kl: str, kl_total: str) -> bool:
    """Return whether no sum is named for a term that is missing."""
    return not (total and cost.endswith("is missing")) and not (
        kl_total and kl == "the KL is missing"
    )


def _same(found: Tensor, predicted: Tensor) -> Tensor:
    return (found - predicted).abs() <= 1e-5 + 2e-4 * found.abs()


def _weights(found: Tensor, reconstruction: Tensor, kl: Tensor) -> str:
    """Return the weights of the two right terms, if some weights explain all values."""
    terms = torch.stack([reconstruction, kl], dim=1)
    weights = torch.linalg.lstsq(terms, found[:, None]).solution
    if not _same(found, (terms @ weights)[:, 0]).all():
        return ""
    first, second = (float(weight) for weight in weights)
    return f"the loss is {first:.3g} * reconstruction + {second:.3g} * KL: both weights are 1"


@check(negative_elbo, read=_READ)
def elbo_reductions(candidate: Any, seed: int) -> None:
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

    once, images = loss(), loss(images=2)
    allowed = 1e-6 * (1 + abs(once))
    if abs(images - once) > allowed:
        raise CheckFailed(
            asked,
            f"with every image twice the loss goes from {once:.4f} to {images:.4f}",
            _cause(asked, candidate)
            or ("a sum over the batch" if abs(images - 2 * once) < allowed else ""),
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


@check(negative_elbo, read=_READ)
def elbo_gradients(candidate: Any, seed: int) -> None:
    """Check the gradients to logits, mu and logvar.

    11 images in float32 and float64. Nothing here depends on chance.
    """
    asked = f"the gradients of {_LOSS} to logits, mu and logvar"
    names = ("logits", "mu", "logvar")
    for dtype in _DTYPES:
        logits, x, mu, logvar = _batch(11, dtype=dtype)
        inputs = [value.requires_grad_() for value in (logits, mu, logvar)]
        right = torch.autograd.grad(_right(logits, x, mu, logvar), inputs)
        value = call(asked, candidate, logits, x, mu, logvar)
        value = _scalar(asked, value, (logits, x, mu, logvar))
        found = gradients(asked, value, torch.ones_like(value), *inputs)
        torch.set_grad_enabled(True)  # the answer may have switched it off
        cut = [name for name, one in zip(names, found, strict=True) if not bool(one.any())]
        for name, one, other in zip(names, found, right, strict=True):
            if not torch.allclose(one, other, rtol=1e-3, atol=1e-4):
                worst = int((one - other).abs().argmax())
                raise CheckFailed(
                    asked,
                    f"the gradient to {name} is {float(one.flatten()[worst]):.5f} at an element "
                    f"where it should be {float(other.flatten()[worst]):.5f}",
                    _cause(asked, candidate)
                    or (f"no gradient reaches {', '.join(cut)}: detached" if cut else ""),
                )


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
        return float(_right(*_forward(model, x)))


def _slopes(model: VAE, x: Tensor) -> list[Tensor]:
    """Return the right gradient to each parameter."""
    with torch.enable_grad():  # the answer may have switched it off
        return list(torch.autograd.grad(_right(*_forward(model, x)), list(model.parameters())))


@check(negative_elbo, read=_READ_TRAINING)
def step_value(candidate: Any, seed: int) -> None:
    """Check that train_step returns the loss before the step, as a float.

    Batches of 11, 1 and 7 images. For the little that is random, see `_NEARLY`.
    """
    asked = "train_step(model, optimizer, x) returns the loss before the step, as a Python float"
    model = _steady()
    optimizer = torch.optim.SGD(model.parameters(), lr=_RATE)
    for rows in (11, 1, 7):
        x = torch.rand(rows, _PIXEL_COUNT)
        before = _loss(model, x)
        with using(candidate, negative_elbo=_right):
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


@check(negative_elbo, read=_READ_TRAINING)
def step_moves(candidate: Any, seed: int) -> None:
    """Check two steps: each moves every parameter once, by its own gradient of that batch.

    Batches of 11 and of 7 images. What is random moved no parameter by more than a fifth of what
    `_alike` allows, in 2,000 pairs of steps: that would be some 17 standard errors.
    """
    asked = "train_step makes one step on every parameter, without gradients of earlier steps"
    for rows in (11, 7):
        model = _steady()
        parameters = list(model.parameters())
        optimizer = torch.optim.SGD(parameters, lr=_SHORT)
        older = [torch.zeros_like(parameter) for parameter in parameters]
        for x in torch.rand(2, rows, _PIXEL_COUNT):
            start = [parameter.detach().clone() for parameter in parameters]
            slopes = _slopes(model, x)
            with using(candidate, negative_elbo=_right):
                call(asked, candidate, model, optimizer, x)
            # in units of the rate, so that a right step is the slope
            steps = [(s - p.detach()) / _SHORT for s, p in zip(start, parameters, strict=True)]
            if not _alike(steps, slopes):
                off, length = (_length(part) for part in (_minus(steps, slopes), slopes))
                raise CheckFailed(
                    asked,
                    f"a step ends {off / length:.2g} of its length away from where the gradient "
                    "leads",
                    _step_cause(steps, slopes, older, rows),
                )
            older = slopes


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


def _step_cause(steps: list[Tensor], slopes: list[Tensor], older: list[Tensor], rows: int) -> str:
    """Return the known mistake that explains the step, or nothing."""
    moved = [bool(step.any()) for step in steps]
    if not any(moved):
        return (
            "nothing moved: `backward` or `step` is missing, they are not in the order "
            "zero_grad, backward, step, or another model was trained"
        )
    if _length(older) and _alike(steps, [a + b for a, b in zip(slopes, older, strict=True)]):
        return "the gradient of the step before was added: `optimizer.zero_grad()` is missing"
    if _length(older) and _alike(steps, older):
        return "this is the gradient of the step before: `backward` comes before `step`"
    encoder, decoder = moved[:6], moved[6:]
    if not any(encoder) and _alike(steps[6:], slopes[6:]):
        return "the encoder did not move: it ran under `torch.no_grad()`, was detached, or left out"
    if not any(decoder):
        return "the decoder did not move"
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
def step_reaches_the_encoder(candidate: Any, seed: int) -> None:
    """Check that the encoder learns from the reconstruction alone, with the KL's weight at 0.

    One step with 31 images on an ordinary VAE; nothing here depends on chance.
    """
    asked = "the encoder learns from the reconstruction, also where the KL has weight 0"
    model, x = VAE(_PIXEL_COUNT, hidden=17, latent_dim=3), torch.rand(31, _PIXEL_COUNT)
    start = [parameter.detach().clone() for parameter in model.parameters()]

    def without_kl(
        logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
    ) -> Tensor:
        return _right(logits, x, mu, logvar, beta=0.0)

    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with using(candidate, negative_elbo=without_kl):
        call(asked, candidate, model, optimizer, x)
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
            with using(candidate, negative_elbo=_right):
                call(asked, candidate, model, optimizer, x)
            if not torch.equal(model.encoder.logvar.bias, bias):  # so the KL does reach it
                likely = "the decoder got mu itself: `model(x)` decodes z = mu + sigma * eps"
        raise CheckFailed(asked, f"these weights did not move: {', '.join(still)}", likely)


EPOCHS, ROWS, RATE = 3, 64, 3e-3  # 189 steps of Adam, half a second
BOUND = 175.0  # nats; 20 seeds of the right answer gave 156 +- 2, the mean image costs 205


def small_vae() -> VAE:
    """Return the VAE that is trained here: 784-100-10-100-784."""
    return VAE(hidden=100, latent_dim=10)


def trained_cost(model: VAE, step: Callable[[VAE, torch.optim.Optimizer, Tensor], Any]) -> float:
    """Return the cost of the test digits after training, in nats, by the right loss."""
    (train_images, _), (test_images, _) = load_mnist()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(train_images)).split(ROWS):
            step(model, optimizer, train_images[rows])
    return evaluate(model, test_images)["negative_elbo"]


@check(negative_elbo, read=_READ_TRAINING)
def elbo_trains(candidate: Any, seed: int) -> None:
    """Check the resulting model: trained with this loss, scored by the right one."""
    asked = f"a small VAE, trained for three epochs with your loss, costs under {BOUND:.0f} nats"

    def step(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
        with torch.enable_grad():
            batch = _forward(model, x)
            loss = _scalar(asked, call(asked, candidate, *batch), batch)
            tensor(asked, loss, (), x.dtype)
            optimizer.zero_grad()
            call(asked, loss.backward)
        optimizer.step()

    cost = trained_cost(small_vae(), step)
    if not cost < BOUND:
        raise CheckFailed(asked, f"it costs {cost:.1f} nats per test image")


@check(negative_elbo, read=_READ_TRAINING)
def step_trains(candidate: Any, seed: int) -> None:
    """Check the resulting model: trained with this step and the right loss."""
    asked = f"a small VAE, trained for three epochs by train_step, costs under {BOUND:.0f} nats"
    with using(candidate, negative_elbo=_right):
        cost = trained_cost(small_vae(), lambda *step: call(asked, candidate, *step))
    if not cost < BOUND:
        raise CheckFailed(asked, f"it costs {cost:.1f} nats per test image")
