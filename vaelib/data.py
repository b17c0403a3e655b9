"""MNIST: 5,000 digits that come with vaelib, or the full set where there is a network."""

import hashlib
import io
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vaelib._validation import require_images

Split = tuple[Tensor, Tensor]

BUNDLED_SHA256 = "85b6d4431865d3ff3125d5687f65070bac0ea94a6db6ba1b28bebf6eae4422b7"


def load_mnist(source: str = "bundled", root: str | Path = "data") -> tuple[Split, Split]:
    """Return MNIST as (train, test), each a pair (images, labels).

    Parameters
    ----------
    source : {"bundled", "full"}
        "bundled": the 5,000 digits inside vaelib, split 4,000 to 1,000 with every class
        equally often. "full": all 70,000, downloaded once by torchvision.
    root : path
        Where torchvision keeps the full set. Not used by "bundled".

    Returns
    -------
    train, test : tuple of Tensor
        images: float32, shape (n, 784), in [0, 1]; labels: int64, shape (n,).

    Raises
    ------
    ValueError
        If `source` is neither of the two, or the bundled file is damaged.
    FileNotFoundError
        If the bundled file is missing.
    ImportError
        If the full set is asked for and torchvision is not installed.

    References
    ----------
    LeCun, Cortes and Burges, The MNIST database of handwritten digits.
    """
    if source == "bundled":
        train, test = _bundled()
    elif source == "full":
        train, test = _full(root)
    else:
        raise ValueError(f'source must be "bundled" or "full", got {source!r}')
    require_images(train[0], 784)
    require_images(test[0], 784)
    return train, test


def _bundled() -> tuple[Split, Split]:
    path = files("vaelib") / "mnist_5k.npz"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path} is missing: vaelib is not completely installed. Install it again."
        ) from None
    found = hashlib.sha256(content).hexdigest()
    if found != BUNDLED_SHA256:
        raise ValueError(
            f"{path} is damaged: expected sha256 {BUNDLED_SHA256}, got {found} "
            f"({len(content)} bytes). Install vaelib again."
        )
    with np.load(io.BytesIO(content)) as arrays:
        return (
            _as_tensors(arrays["train_images"], arrays["train_labels"]),
            _as_tensors(arrays["test_images"], arrays["test_labels"]),
        )


def _full(root: str | Path) -> tuple[Split, Split]:
    try:
        from torchvision.datasets import MNIST
    except ImportError as error:
        raise ImportError(
            'load_mnist(source="full") needs torchvision: pip install torchvision'
        ) from error
    train, test = (MNIST(root, train=train, download=True) for train in (True, False))
    return (
        _as_tensors(train.data.numpy(), train.targets.numpy()),
        _as_tensors(test.data.numpy(), test.targets.numpy()),
    )


def _as_tensors(pixels: np.ndarray, labels: np.ndarray) -> Split:
    images = torch.from_numpy(pixels.reshape(len(pixels), -1).astype(np.float32) / 255)
    return images, torch.from_numpy(labels.astype(np.int64))
