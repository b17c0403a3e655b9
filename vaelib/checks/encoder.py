"""Checks of a learner's `Encoder`. Each takes the class.

Whatever the answer's initialisation, most checks draw its parameters anew, so that a wise choice
of them costs nothing. Weights and inputs are random, at sizes at which no right encoder fails by
chance: each check states its bound.
"""

from typing import Any

import torch
from torch import Tensor, nn

from vaelib.checks.elbo import small_vae, trained_cost
from vaelib.checks.judging import CheckFailed, call, check, same_device, tensor, unchanged
from vaelib.elbo import negative_elbo
from vaelib.models import VAE, Encoder

_READ = "the chapter on per-image posteriors, book/posteriors.ipynb"
_READ_LOGVAR = "the chapter on the log-variance, book/log_variance.ipynb"
_SIZES = (29, 17, 5)  # in_features, hidden, latent_dim
_BOUND = 194.0  # nats; right encoders, deep ones too, gave 147 to 176; the mean image costs 205


_MIXED = "a mean or a norm over the batch"


def _encoder(asked: str, candidate: Any, *sizes: int) -> nn.Module:
    """Return an instance of the learner's class."""
    if not (isinstance(candidate, type) and issubclass(candidate, nn.Module)):
        name = getattr(candidate, "__name__", type(candidate).__name__)
        raise CheckFailed(asked, f"{name} is not a class that derives from nn.Module")
    encoder: nn.Module = call(asked, candidate, *sizes)
    call(asked, encoder.train)  # fails where `super().__init__()` was forgotten
    return encoder


def _shuffled(asked: str, candidate: Any, *sizes: int, width: float = 1.0) -> nn.Module:
    """Return an instance with random parameters: outputs near 1, times width for each layer.

    Width leaves biases and norms as they are: what follows a norm cannot grow.
    """
    encoder = _encoder(asked, candidate, *sizes)
    call(asked, encoder, torch.randn(2, sizes[0]))  # lazy layers make their parameters here
    with torch.no_grad():
        for parameter in encoder.parameters():
            if parameter.ndim > 1:
                parameter.normal_(std=width * (2 / parameter[0].numel()) ** 0.5)
            else:
                parameter.normal_(std=0.5)
    return encoder


def _encode(asked: str, encoder: nn.Module, x: Tensor, latent_dim: int) -> tuple[Tensor, Tensor]:
    """Return (mu, logvar), each finite and of the right shape and dtype."""
    mu, logvar = _pair(asked, call(asked, encoder, x.clone()))
    shape = (len(x), latent_dim)
    return tensor(asked, mu, shape, x.dtype), tensor(asked, logvar, shape, x.dtype)


def _pair(asked: str, result: Any) -> tuple[Any, Any]:
    if isinstance(result, tuple | list) and len(result) == 2:
        return result[0], result[1]
    got, likely = type(result).__name__, ""
    if isinstance(result, tuple | list):
        got = f"{len(result)} values"
        likely = "z is not the encoder's: the Sampling layer draws it" if len(result) == 3 else ""
    elif result is None:
        got, likely = "None", "a missing `return`"
    raise CheckFailed(asked, f"`forward` returned {got}, expected the pair (mu, logvar)", likely)


@check(Encoder, read=_READ)
def shape_and_type(candidate: Any, seed: int) -> None:
    """Check for (mu, logvar) of shape (batch, latent_dim), and the small print.

    Three sets of sizes, batches of 7 and 1, in float32 and after `.double()`; x unchanged; the
    device of x. Nothing here depends on chance.
    """
    asked = (
        "Encoder(in_features, hidden, latent_dim) maps x to (mu, logvar), each (batch, latent_dim)"
    )
    for sizes in (_SIZES, (13, 7, 2), (784, 31, 1)):
        for rows in (7, 1):
            encoder, x = _encoder(asked, candidate, *sizes), torch.rand(rows, sizes[0])
            _encode(asked, encoder, x, sizes[2])
            _encode(asked, call(asked, encoder.double), x.double(), sizes[2])
    encoder, x = _encoder(asked, candidate, *_SIZES), torch.randn(7, _SIZES[0])
    before = x.clone()
    call(asked, encoder, x)
    unchanged(asked, "x", x, before)

    def run(x: Tensor) -> Any:
        mu, logvar = _pair(asked, encoder.to(x.device)(x))
        return mu if mu.device != x.device else logvar

    same_device(asked, run, x)


@check(Encoder, read=_READ)
def own_image_alone(candidate: Any, seed: int) -> None:
    """Check that a row depends on its own image alone, always in the same way.

    11 images, of which another or all others are then replaced, in each mode. Nothing here
    depends on chance, but for hidden units that are dead for all images: all are with 2^-187.
    """
    asked = "each row of mu and logvar depends on its own image alone, in train and in eval mode"
    encoder = _shuffled(asked, candidate, *_SIZES)
    x = torch.rand(11, _SIZES[0])
    neighbour = torch.cat([x[:1], torch.rand(1, _SIZES[0]), x[2:]])
    others = torch.cat([x[:1], torch.rand(10, _SIZES[0])])
    seen = {}
    for mode in ("train", "eval"):
        encoder.train(mode == "train")
        once, again, near, far = (
            _encode(asked, encoder, part, 5) for part in (x, x, neighbour, others)
        )
        for name, one, two, three, four in zip(
            ("mu", "logvar"), once, again, near, far, strict=True
        ):
            if float((one - one[0]).abs().max()) == 0:
                likely = "x is not used" if torch.equal(one, three) else _MIXED
                raise CheckFailed(asked, f"all images of a batch have the same {name}", likely)
            if not torch.allclose(one, two, atol=1e-5):
                seen["random", mode] = f"the same image gives two different {name}"
            elif not torch.allclose(one[0], four[0], atol=1e-5):
                seen["mixed", mode] = f"{name} of an image changes when the other images do"
                if torch.allclose(one[0], three[0], atol=1e-5):
                    seen["moved", mode] = ""
    for kind, causes in (
        ("random", ("dropout", "noise in the encoder: the Sampling layer adds it")),
        ("mixed", ("batch norm", _MIXED)),
    ):
        modes = [mode for mode in ("train", "eval") if (kind, mode) in seen]
        if modes:
            both = len(modes) == 2
            likely = causes[both] if modes[0] == "train" else ""
            if (("moved", modes[0])) in seen:
                likely = ""
            where = "in both modes" if both else f"in {modes[0]} mode"
            raise CheckFailed(asked, f"{where} {seen[kind, modes[0]]}", likely)


@check(Encoder, read=_READ_LOGVAR)
def any_real_number(candidate: Any, seed: int) -> None:
    """Check that mu and logvar can be any real number: nothing squashes or clips the outputs.

    One encoder of 503 dimensions, each with random weights of its own, sees 11 images: so each
    output is as often above its middle as below, and as far. The two widths of the middle 90 %
    then differ by a factor of 2 with a probability below 1e-9 (7 standard errors). With weights
    30 times as large, values go beyond 10 on both sides.
    """
    asked = "mu and logvar may be any real number: no activation after the last layers"
    x = torch.randn(11, _SIZES[0])
    near, far = (
        _pair(asked, call(asked, _shuffled(asked, candidate, 29, 17, 503, width=width), x.clone()))
        for width in (1, 30)
    )
    for name, small, large in zip(("mu", "logvar"), near, far, strict=True):
        tensor(asked, small, (11, 503), x.dtype)
        if not isinstance(large, Tensor) or large.shape != small.shape:
            tensor(asked, large, (11, 503), x.dtype)
        small, large = small.detach(), large.detach()
        low, high = (float(bound) for bound in large.aminmax())
        lower, middle, upper = small.flatten().quantile(torch.tensor([0.05, 0.5, 0.95])).tolist()
        lopsided = not 0.5 < (upper - middle) / (middle - lower + 1e-12) < 2
        if lopsided or not (low <= -10 and high >= 10):
            raise CheckFailed(
                asked,
                f"with large weights {name} goes from {low:.4g} to {high:.4g}; with ordinary ones "
                f"the middle 90 % from {lower:.3g} by {middle:.3g} to {upper:.3g}",
                _activation(name, small, large),
            )


def _activation(name: str, small: Tensor, large: Tensor) -> str:
    """Return which known activation explains the outputs, with weights small and large."""
    low, high = (float(bound) for bound in large.aminmax())
    if bool((small == small[0]).all()):
        return ""
    if bool((large.sum(dim=1) - 1).abs().max() < 1e-3):
        return f"a softmax on {name}"
    if low >= 0 and bool(large.isinf().any()):
        return f"an exponential on {name}: no activation belongs there"
    if low >= 0 and high <= 1:
        return f"a sigmoid on {name}"
    if -1 <= low < -0.9 and 0.9 < high <= 1:
        return f"an activation with bounds -1 and 1 on {name}, such as tanh"
    if low == 0 and bool((small == 0).float().mean() > 0.2):
        return f"a relu on {name}"
    if low >= 0 and bool((small > 0).all()):
        return f"an activation that gives no negative number on {name}, such as softplus"
    kept = [f"below {low:.3g}"] * (low > -10) + [f"above {high:.3g}"] * (high < 10)
    if kept and any(int((large == end).sum()) > 100 for end in (low, high)):
        return f"an activation or a clamp: {name} never goes {' or '.join(kept)}"
    return ""


@check(Encoder, read=_READ)
def two_heads(candidate: Any, seed: int) -> None:
    """Check that mu and logvar come from layers of their own, after a hidden layer.

    401 images of 29 pixels: more than a linear function could fit by chance.
    """
    asked = "a hidden layer with a nonlinearity, then a layer for mu and a layer for logvar"
    encoder = _shuffled(asked, candidate, *_SIZES)
    x = torch.randn(401, _SIZES[0])
    mu, logvar = _encode(asked, encoder, x, 5)
    parameters = dict(encoder.named_parameters())
    sides = {side for value in parameters.values() for side in value.shape}
    for what, side in zip(("in_features", "hidden"), _SIZES, strict=False):
        if side not in sides:
            raise CheckFailed(
                asked,
                f"with {what} = {side} no parameter has a side of {side}: {sorted(sides)}",
                "a size is fixed in the code, or a layer is made in `forward` or kept in a plain "
                "list",
            )
    for name, output in (("mu", mu), ("logvar", logvar)):
        if bool((output == output[0]).all()):
            raise CheckFailed(asked, f"all images have the same {name}", "")
    if torch.allclose(mu, logvar):
        raise CheckFailed(asked, "mu and logvar are the same", "one layer serves both")
    if _linear(mu, logvar) or _linear(logvar, mu):
        raise CheckFailed(
            asked,
            "one of mu and logvar is a linear function of the other",
            "one is made from the other, not from the hidden units",
        )
    for name, output in (("mu", mu), ("logvar", logvar)):
        if _linear(x, output):
            raise CheckFailed(
                asked, f"{name} is a linear function of x", "the nonlinearity is missing"
            )
    with torch.enable_grad():
        total = (torch.randn_like(mu) * mu).sum() + (torch.randn_like(mu) * logvar).sum()
    if not total.requires_grad:
        likely = "the graph is cut by `.detach()`, NumPy or `torch.no_grad()`"
        raise CheckFailed(asked, "no gradient reaches any parameter", likely)
    slopes = call(
        asked,
        lambda: torch.autograd.grad(total, list(parameters.values()), allow_unused=True),
    )
    for name, slope in zip(parameters, slopes, strict=True):
        if slope is None or not bool(slope.any()):
            raise CheckFailed(
                asked,
                f"no gradient reaches the parameter {name}",
                "the graph is cut by `.detach()` or `torch.no_grad()`"
                if _matters(asked, encoder, parameters[name], x)
                else "a layer is made but not used",
            )


def _matters(asked: str, encoder: nn.Module, parameter: Tensor, x: Tensor) -> bool:
    """Return whether the outputs depend on a parameter."""
    outputs = []
    for change in (0.0, 1.0):
        torch.manual_seed(0)
        with torch.no_grad():
            parameter.add_(change)
        outputs.append(torch.cat(_encode(asked, encoder, x, 5)))
    return not torch.equal(*outputs)


def _linear(given: Tensor, output: Tensor) -> bool:
    """Return whether the output is a linear function of what is given, plus a constant."""
    design = torch.cat([given, torch.ones(len(given), 1)], dim=1).detach().double()
    goal = output.detach().double()
    fitted = design @ torch.linalg.lstsq(design, goal).solution
    return float((fitted - goal).abs().max()) < 1e-4 * float(goal.std())


@check(Encoder, read=_READ)
def learns(candidate: Any, seed: int) -> None:
    """Check by training: a small VAE with this encoder learns the digits in three epochs."""
    asked = f"a small VAE with this encoder costs under {_BOUND:.0f} nats after three epochs"
    model = small_vae()
    model.encoder = _encoder(asked, candidate, 784, 100, 10)  # type: ignore[assignment]
    _encode(asked, model.encoder, torch.rand(2, 784), 10)

    def step(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
        with torch.enable_grad():
            logits, mu, logvar = call(asked, model, x)
            loss = negative_elbo(logits, x, mu, logvar)
            optimizer.zero_grad()
            call(asked, loss.backward)
        optimizer.step()

    cost = trained_cost(model, step)
    if not cost < _BOUND:
        raise CheckFailed(asked, f"it costs {cost:.1f} nats per test image")
