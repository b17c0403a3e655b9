"""Right versions of what one piece of an answer may call of another.

The judge sends one as source with the call that needs it; until then it is not in the jail. The
checks name them: `using(candidate, kl_divergence=_right_divergence)`.
"""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def kl_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the KL of each image."""
    return 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum(dim=1)


def std_from_logvar(logvar: Tensor) -> Tensor:
    """Return sigma."""
    return torch.exp(0.5 * logvar)


def negative_elbo(
    logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
) -> Tensor:
    """Return the negative ELBO."""
    cost = functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kl = 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum()
    return (cost + beta * kl) / len(x)


def reconstruction(
    logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
) -> Tensor:
    """Return the reconstruction alone, in the place of the negative ELBO."""
    return functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)


# By the name that the check's own version has.
_PIECES: dict[str, Callable[..., Tensor]] = {
    "_right_divergence": kl_divergence,
    "_right_std": std_from_logvar,
    "_right": negative_elbo,
    "reconstruction": reconstruction,
    "without_kl": reconstruction,
}
_IMPORTS = "import torch\nfrom torch import Tensor\nfrom torch.nn import functional\n"


def source(name: str, wanted: Any) -> str:
    """Return source that defines `name` as our version of the check's function `wanted`."""
    piece = _PIECES[wanted.__name__]
    return f"{_IMPORTS}{inspect.getsource(piece)}{name} = {piece.__name__}\n"
