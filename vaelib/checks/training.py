"""A short training of a small VAE: what an answer must be good for in the end."""

import functools
import itertools
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from vaelib.data import load_mnist
from vaelib.evaluation import evaluate
from vaelib.models import VAE

EPOCHS, ROWS, RATE = 3, 64, 3e-3  # 189 steps of Adam, half a second
BOUND = 175.0  # nats; 20 seeds of the right answer gave 156 +- 2, the mean image costs 205
# A first look, at two kinds of digits, which differ so much that little training tells.
DIGITS, STEPS, FAST = (0, 1), 50, 1e-2


@functools.cache
def _images(*digits: int) -> tuple[Tensor, Tensor]:
    """Return the training and test images of some digits; of all, if none is named."""
    pairs = load_mnist()
    if not digits:
        return pairs[0][0], pairs[1][0]
    first, second = (images[torch.isin(labels, torch.tensor(digits))] for images, labels in pairs)
    return first, second


def small_vae() -> VAE:
    """Return the VAE that is trained here: 784-100-10-100-784."""
    return VAE(hidden=100, latent_dim=10)


def smaller_vae() -> VAE:
    """Return the VAE of the first look: 784-32-5-32-784."""
    return VAE(hidden=32, latent_dim=5)


def adam(model: nn.Module, rate: float) -> torch.optim.Optimizer:
    """Return Adam for a model, in one operation for all parameters: three times as fast."""
    return torch.optim.Adam(model.parameters(), lr=rate, fused=True)


def few_batches(steps: int = STEPS) -> tuple[Tensor, ...]:
    """Return the batches of the first look, drawn anew."""
    images = _images(*DIGITS)[0]
    epochs = -(-steps * ROWS // len(images))
    rows = torch.cat([torch.randperm(len(images)) for _ in range(epochs)])
    batches: tuple[Tensor, ...] = images[rows[: steps * ROWS]].split(ROWS)
    return batches


def few_cost(model: VAE) -> float:
    """Return the cost of the test digits of the first look, by the right loss, in nats."""
    return evaluate(model, _images(*DIGITS)[1].clone())["negative_elbo"]


def trained_cost(model: VAE, step: Callable[[VAE, torch.optim.Optimizer, Tensor], Any]) -> float:
    """Return the cost of the test digits after training, in nats, by the right loss."""
    train_images, test_images = _images()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(train_images)).split(ROWS):
            step(model, optimizer, train_images[rows])
    return evaluate(model, test_images.clone())["negative_elbo"]


# A step on a model in another process, as in the grader: that one keeps the optimizer's state.
_COUNT = itertools.count(1)
_NUMBERS = weakref.WeakKeyDictionary[torch.optim.Optimizer, int]()


def pack(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> list[Tensor]:
    """Return what a step needs: the images, what to build, and parameters with gradients."""
    if optimizer not in _NUMBERS:
        _NUMBERS[optimizer] = next(_COUNT)
    parameters = list(model.parameters())
    hidden, rate = model.encoder.hidden, optimizer.defaults["lr"]
    sizes = hidden.in_features, hidden.out_features, model.encoder.mu.out_features
    kind = isinstance(optimizer, torch.optim.Adam)
    there = [parameter.grad is not None for parameter in parameters]
    about = torch.tensor([_NUMBERS[optimizer], kind, rate, *sizes, *there], dtype=torch.float64)
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    return [x, about, *(parameter.detach() for parameter in parameters), *grads]


def step_by_tensors(
    train_step: Callable[..., Any], x: Tensor, about: Tensor, *values: Tensor
) -> tuple[Any, ...]:
    """Let `train_step` make the step that `pack` told of; return its value and the parameters."""
    from vaelib import VAE

    number, kind, rate, *rest = about.tolist()
    kept: dict[str, Any] = globals().setdefault("_kept", {})
    if new := kept.get("number") != number:
        with torch.random.fork_rng(devices=[]):
            model = VAE(*map(int, rest[:3]))
        maker = torch.optim.Adam if kind else torch.optim.SGD
        kept.update(number=number, model=model, optimizer=maker(model.parameters(), lr=rate))
    parameters = list(kept["model"].parameters())
    grads = iter(values[len(parameters) :])
    for parameter, value, there in zip(parameters, values, rest[3:], strict=False):
        parameter.data.copy_(value)
        if new and there:
            parameter.grad = next(grads).clone()
    value = train_step(kept["model"], kept["optimizer"], x)
    return value, *(parameter.detach() for parameter in parameters)


def unpack(told: Any, model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> Any:
    """Bring the model up to date; return what `train_step` returned."""
    parameters = list(model.parameters())
    if not isinstance(told, tuple) or len(told) != 1 + len(parameters):
        raise ValueError("no value and parameters")
    value, *after = told
    for parameter, moved in zip(parameters, after, strict=True):
        if not isinstance(moved, Tensor) or moved.is_meta or moved.dtype != parameter.dtype:
            raise ValueError("parameters of another kind")
        if moved.shape != parameter.shape:
            raise ValueError("parameters of other shapes")
    for parameter, moved in zip(parameters, after, strict=True):
        parameter.data.copy_(moved)
    return value
