"""Checks of a learner's `Encoder`. Each takes the class.

Weights and inputs are random, at sizes at which no right encoder fails by chance: the least
likely outcome asked for, both signs among 2,000 outputs, fails with a probability below 1e-9.
"""

from typing import Any

import torch
from torch import Tensor, nn

from vaelib.checks.judging import CheckFailed, call, check, same_device, tensor, unchanged
from vaelib.data import load_mnist
from vaelib.evaluation import evaluate
from vaelib.models import VAE, Encoder
from vaelib.training import fit

_READ = "the chapter on per-image posteriors, book/posteriors.ipynb"
_SIZES = {"in_features": 29, "hidden": 17, "latent_dim": 5}


def _encoder(asked: str, candidate: Any, **sizes: int) -> nn.Module:
    """Return an instance of the learner's class."""
    if not (isinstance(candidate, type) and issubclass(candidate, nn.Module)):
        name = getattr(candidate, "__name__", type(candidate).__name__)
        raise CheckFailed(asked, f"{name} is not a class that derives from nn.Module")
    made = sizes or _SIZES
    encoder: nn.Module = call(asked, candidate, *made.values())
    return encoder


def _encode(
    asked: str, encoder: nn.Module, x: Tensor, latent_dim: int = 5
) -> tuple[Tensor, Tensor]:
    """Return (mu, logvar), each of the right shape and dtype."""
    result = call(asked, encoder, x.clone())
    if not isinstance(result, tuple | list) or len(result) != 2:
        got = f"{len(result)} values" if isinstance(result, tuple | list) else type(result).__name__
        raise CheckFailed(asked, f"`forward` returned {got}, expected the pair (mu, logvar)")
    mu, logvar = result
    shape = (len(x), latent_dim)
    return tensor(asked, mu, shape, x.dtype), tensor(asked, logvar, shape, x.dtype)


@check(Encoder, read=_READ)
def shape_and_type(candidate: Any, seed: int) -> None:
    """Check for (mu, logvar) of shape (batch, latent_dim), also for a batch of one."""
    asked = (
        "Encoder(in_features, hidden, latent_dim) maps x to (mu, logvar), each (batch, latent_dim)"
    )
    for sizes in ((29, 17, 5), (13, 7, 2), (784, 31, 1)):
        named = dict(zip(_SIZES, sizes, strict=True))
        for rows in (7, 1):
            encoder = _encoder(asked, candidate, **named)
            _encode(asked, encoder, torch.rand(rows, sizes[0]), sizes[2])
            _encode(asked, encoder.double(), torch.rand(rows, sizes[0]).double(), sizes[2])
    encoder, x = _encoder(asked, candidate), torch.rand(7, 29)
    before = x.clone()
    call(asked, encoder, x)
    unchanged(asked, "x", x, before)
    same_device(asked, lambda one, _: encoder.to(one.device)(one)[0], x, x)


@check(Encoder, read=_READ)
def own_image_alone(candidate: Any, seed: int) -> None:
    """Check that a row depends on its own image alone, always in the same way."""
    asked = "each row of mu and logvar depends on its own image alone, in train and in eval mode"
    encoder, x = _encoder(asked, candidate), torch.rand(11, 29)
    for mode in ("train", "eval"):
        encoder.train(mode == "train")
        together = _encode(asked, encoder, x)
        again = _encode(asked, encoder, x)
        others = torch.cat([x[:1], torch.rand(10, 29)])
        replaced = _encode(asked, encoder, others)
        for name, one, two, other in zip(("mu", "logvar"), together, again, replaced, strict=True):
            if not torch.allclose(one, two, atol=1e-5):
                raise CheckFailed(
                    asked,
                    f"in {mode} mode the same image gives two different {name}",
                    "dropout or noise in the encoder: the Sampling layer adds the noise",
                )
            if not torch.allclose(one[0], other[0], atol=1e-5):
                raise CheckFailed(
                    asked,
                    f"in {mode} mode {name} of an image changes when the other images do",
                    "batch norm, or a mean over the batch",
                )
            if float((one[0] - one[1]).abs().max()) < 1e-6:
                raise CheckFailed(
                    asked, f"two different images have the same {name}", "x is not used"
                )


@check(Encoder, read="the chapter on the log-variance, book/log_variance.ipynb")
def any_real_number(candidate: Any, seed: int) -> None:
    """Check that mu and logvar can be any real number: nothing squashes or clips the outputs."""
    asked = "mu and logvar may be any real number: no activation after the last layers"
    encoders = [_encoder(asked, candidate) for _ in range(9)]
    x = torch.randn(400, 29)
    for scale in (1, 10):
        outputs = [_encode(asked, encoder, scale * x) for encoder in encoders]
        for name, values in zip(("mu", "logvar"), zip(*outputs, strict=True), strict=True):
            low, high = (float(bound) for bound in torch.cat(values).detach().aminmax())
            if low >= 0 or high <= 0:
                raise CheckFailed(
                    asked,
                    f"among 18,000 values of {name} from nine fresh encoders the lowest is "
                    f"{low:.3g} and the highest {high:.3g}",
                    f"an activation (relu, softplus, exp, sigmoid) on {name}",
                )
            if scale > 1 and high - low < 3:
                raise CheckFailed(
                    asked,
                    f"however large x and the weights are, {name} stays between {low:.3g} and "
                    f"{high:.3g}",
                    f"an activation with bounds (tanh, softsign) on {name}",
                )
        with torch.no_grad():
            for encoder in encoders:
                for parameter in encoder.parameters():
                    parameter.mul_(10)


@check(Encoder, read=_READ)
def two_heads(candidate: Any, seed: int) -> None:
    """Check that mu and logvar come from layers of their own, after a hidden layer."""
    asked = "a hidden layer with a nonlinearity, then a layer for mu and a layer for logvar"
    encoder, x = _encoder(asked, candidate), torch.rand(401, 29)
    mu, logvar = _encode(asked, encoder, x)
    if torch.allclose(mu, logvar):
        raise CheckFailed(asked, "mu and logvar are the same", "one layer serves both")
    parameters = dict(encoder.named_parameters())
    sizes = {size for value in parameters.values() for size in value.shape}
    if _SIZES["hidden"] not in sizes:
        raise CheckFailed(
            asked,
            f"with hidden = 17 no parameter has a side of 17: {sorted(sizes)}",
            "the size is fixed in the code, or layers are kept in a plain list",
        )
    for name, output in (("mu", mu), ("logvar", logvar)):
        design = torch.cat([x, torch.ones(len(x), 1)], dim=1)
        fitted = design @ torch.linalg.lstsq(design, output.detach()).solution
        if float((fitted - output).abs().max()) < 1e-4 * float(output.detach().std()):
            raise CheckFailed(
                asked, f"{name} is a linear function of x", "the nonlinearity is missing"
            )
    gradients = torch.autograd.grad(
        mu.sum() + logvar.square().sum(), list(parameters.values()), allow_unused=True
    )
    for name, gradient in zip(parameters, gradients, strict=True):
        if gradient is None or not bool(gradient.any()):
            raise CheckFailed(
                asked, f"no gradient reaches the parameter {name}", "a layer is made but not used"
            )


@check(Encoder, read=_READ)
def learns(candidate: Any, seed: int) -> None:
    """Check by training: a VAE with this encoder learns the digits in five epochs.

    The library's encoder reaches 158 to 160 nats over six seeds; without information from the
    encoder a VAE stays above 200.
    """
    asked = "a VAE with this encoder learns: after 5 epochs an image costs less than 180 nats"
    (train_images, _), (test_images, _) = load_mnist()
    model = VAE()
    model.encoder = _encoder(asked, candidate, in_features=784, hidden=400, latent_dim=20)  # type: ignore[assignment]
    call(asked, lambda: fit(model, train_images, epochs=5, progress=False))
    cost = evaluate(model, test_images)["negative_elbo"]
    if not cost < 180:
        raise CheckFailed(asked, f"it costs {cost:.1f} nats")
