"""Checks of what callers pass in: shapes and dtypes only, so they are cheap and need no data."""

import math
from numbers import Real

import torch
from torch import Tensor


def require_matrix(
    name: str, value: Tensor, columns: int | None = None, dtype: torch.dtype | None = None
) -> None:
    """Raise unless `value` is a floating-point tensor of shape (batch, `columns`)."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a torch.Tensor, got {type(value).__name__}")
    if not value.is_floating_point():
        raise TypeError(f"{name} must have a floating-point dtype, got {value.dtype}")
    if dtype and value.dtype != dtype:
        raise TypeError(f"{name} must have the model's dtype {dtype}, got {value.dtype}")
    expected = f"(batch, {columns})" if columns else "(batch, columns)"
    if value.ndim != 2 or (columns and value.shape[1] != columns):
        raise ValueError(f"{name} must have shape {expected}, got {tuple(value.shape)}")
    if value.numel() == 0:
        raise ValueError(f"{name} must not be empty, got shape {tuple(value.shape)}")


def require_pair(name_a: str, a: Tensor, name_b: str, b: Tensor) -> None:
    """Raise unless both are floating-point matrices of one shape, dtype and device."""
    require_matrix(name_a, a)
    require_matrix(name_b, b)
    if a.shape != b.shape:
        raise ValueError(
            f"{name_a} and {name_b} must have one shape, got {tuple(a.shape)} and {tuple(b.shape)}"
        )
    if a.dtype != b.dtype:
        raise TypeError(f"{name_a} and {name_b} must have one dtype, got {a.dtype} and {b.dtype}")
    if a.device != b.device:
        raise ValueError(
            f"{name_a} and {name_b} must be on one device, got {a.device} and {b.device}"
        )


def require_positive_int(name: str, value: int) -> None:
    """Raise unless `value` is an int of at least 1 (True is no int here)."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, got {type(value).__name__}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")


def require_number(name: str, value: float, *, positive: bool) -> None:
    """Raise unless `value` is a finite number above 0, or from 0 on if not `positive`."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    if not math.isfinite(value) or value < 0 or (positive and value == 0):
        wanted = "positive" if positive else "0 or more"
        raise ValueError(f"{name} must be finite and {wanted}, got {value}")


def require_images(images: Tensor, pixels: int | None = None) -> None:
    """Raise unless `images` is a matrix of finite pixels in [0, 1]. Reads the data once."""
    require_matrix("images", images, pixels)
    low, high = (float(bound) for bound in torch.aminmax(images.detach()))
    if not (low >= 0.0 and high <= 1.0):  # written so that NaN fails too
        raise ValueError(f"images must lie in [0, 1], got values from {low:g} to {high:g}")


def widen(value: Tensor) -> Tensor:
    """Return half-precision values as float32, in which sums of squares and exps are safe."""
    return value.float() if value.dtype in (torch.float16, torch.bfloat16) else value
