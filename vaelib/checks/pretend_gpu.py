"""A stand-in for a GPU where there is none: `meta` tensors, read back as numbers where asked."""

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

# Functions in which torch lets CPU and `meta` tensors meet, though no GPU would.
_UNGUARDED = {
    *("matmul", "mm", "bmm", "einsum", "linear", "tensordot", "addmm", "baddbmm"),
    *("add_", "sub_", "mul_", "div_", "addcmul_"),
}


class PretendGPU(TorchFunctionMode):
    """Let torch's storage-free `meta` device behave like a GPU, as far as answers need it.

    What a GPU could read back (`.cpu()`, `.item()`, `if mu.isnan().any()`), but `meta` cannot,
    reads as `fill`: right answers may do that, for a print or a guard.
    """

    def __init__(self, fill: int) -> None:
        super().__init__()
        self.fill = fill

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        # a tensor without dimensions may stay on the CPU, for a GPU too
        devices = {arg.device for arg in args if isinstance(arg, Tensor) and arg.ndim}
        if func.__name__ in _UNGUARDED and len(devices) > 1:
            raise RuntimeError("Expected all tensors to be on the same device")
        try:
            return func(*args, **kwargs)
        except (RuntimeError, TypeError) as error:
            if "meta tensor" not in str(error) and func is not Tensor.__format__:
                raise
            return func(torch.full_like(args[0], self.fill, device="cpu"), *args[1:], **kwargs)
