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
_DEVICE, _IS_CUDA = Tensor.device.__get__, Tensor.is_cuda.__get__  # type: ignore[attr-defined]


class PretendGPU(TorchFunctionMode):
    """Let torch's storage-free `meta` device behave like a GPU, as far as answers need it.

    It says that it is one: `is_cuda`, `device.type` and `get_device` are those of CUDA, and what
    is sent there (`.cuda()`, `.to("cuda")`, `device=mu.device`) arrives on `meta`. What a GPU
    could read back (`.cpu()`, `.item()`, `if mu.isnan().any()`), but `meta` cannot, reads as
    `fill`: right answers may do that, for a print or a guard.
    """

    def __init__(self, fill: int) -> None:
        super().__init__()
        self.fill = fill

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if args and isinstance(args[0], Tensor):
            if args[0].is_meta and func == _DEVICE:
                return torch.device("cuda", 0)
            if args[0].is_meta and func in (_IS_CUDA, Tensor.get_device):
                return True if func == _IS_CUDA else 0
            if func == Tensor.cuda:
                return args[0].to("meta")
        if func == Tensor.to:
            args = (args[0], *(_here(arg) for arg in args[1:]))
        if "device" in kwargs:
            kwargs["device"] = _here(kwargs["device"])
        # a tensor without dimensions may stay on the CPU, for a GPU too
        devices = {arg.device for arg in args if isinstance(arg, Tensor) and arg.ndim}
        if func.__name__ in _UNGUARDED and len(devices) > 1:
            raise RuntimeError("Expected all tensors to be on the same device")
        drawn_by = kwargs.get("generator")
        if drawn_by is not None and torch.device("meta") in (*devices, kwargs.get("device")):
            # `meta` takes any generator, and there are none but the CPU's, which no GPU takes
            raise RuntimeError(
                f"Expected a 'cuda' device type for generator, not {drawn_by.device}"
            )
        try:
            return func(*args, **kwargs)
        except (RuntimeError, TypeError) as error:
            if "meta tensor" not in str(error) and func is not Tensor.__format__:
                raise
            return func(torch.full_like(args[0], self.fill, device="cpu"), *args[1:], **kwargs)


def _here(device: Any) -> Any:
    """Return where a GPU's things are kept; anything but a GPU as it is."""
    gpu = (
        (isinstance(device, torch.device) and device.type == "cuda")
        or (isinstance(device, str) and device.startswith("cuda"))
        or type(device) is int
    )
    return torch.device("meta") if gpu else device
