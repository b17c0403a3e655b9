"""A GPU where there is none: tensors that say they are elsewhere, and compute on the CPU.

It keeps the rules that code which grew up on a CPU breaks. Tensors of two devices do not meet,
unless one is a single number from the CPU. Nothing reads a tensor there as an array of numpy.
What is drawn there comes from a stream of its own, and no generator of the CPU draws there.

How it works: PyTorch keeps one device free for backends to come, which is named `simulated` here
and answers to "cuda". A tensor there is a wrapper with a plain tensor inside; each operation comes
through `_run`, which holds it to the rules, and then runs it on what is inside.
"""

import contextlib
from unittest.mock import patch

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "simulated"
_aten = torch.ops.aten
_COPIES = {_aten.copy_.default, _aten._to_copy.default}
_INDEXED = {_aten.index.Tensor, _aten.index_put_.default, _aten._index_put_impl_.default}
_stream = torch.Generator()


class There(torch.Tensor):
    """A tensor on the simulated device, which says that it is on CUDA."""

    device = property(lambda self: torch.device("cuda", 0))
    is_cuda = property(lambda self: True)

    @staticmethod
    def __new__(cls, inside):
        """Wrap a tensor of the CPU."""
        outside = torch.Tensor._make_wrapper_subclass(
            cls,
            inside.size(),
            strides=inside.stride(),
            storage_offset=inside.storage_offset(),
            dtype=inside.dtype,
            device=torch.device(NAME, 0),
        )
        outside.inside = inside
        return outside

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        """Run an operation that has such a tensor among its arguments."""
        return _run(func, args, kwargs or {})

    def numpy(self, *, force=False):
        """Refuse, as CUDA does."""
        if not force:
            raise TypeError(
                f"can't convert {self.device} device type tensor to numpy. "
                "Use Tensor.cpu() to copy the tensor to host memory first."
            )
        return _inside(self.detach()).numpy()

    def __array__(self, dtype=None, copy=None):
        """Refuse what numpy itself asks for."""
        return self.numpy()

    def tolist(self):
        """Return the numbers, as from any device."""
        return _inside(self.detach()).tolist()

    def __format__(self, spec):
        """Write a single number as the number that it is."""
        return format(self.item() if self.ndim == 0 else repr(self), spec)

    def __getitem__(self, index):
        """Take parts; torch would make a tensor of a list by itself, on a device without memory."""
        return super().__getitem__(_indices(index))

    def __repr__(self, **_):
        """Show the numbers."""
        return f"There({_inside(self.detach())!r})"


class _Named(TorchFunctionMode):
    """Sends to the simulated device what is sent to CUDA."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func is torch.Tensor.cuda:
            return args[0].to(NAME)
        if func is torch.Tensor.to:
            args = (args[0], *map(_named, args[1:]))
        if "device" in kwargs:
            kwargs = {**kwargs, "device": _named(kwargs["device"])}
        if func is torch.tensor and kwargs.get("device") is not None:
            return func(*args, **{**kwargs, "device": None}).to(kwargs["device"])
        return func(*args, **kwargs)


class _Everywhere(TorchDispatchMode):
    """Brings what is made on the simulated device, from no tensor of it, to `_run`."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})


def _named(device):
    if isinstance(device, str | torch.device) and torch.device(device).type == "cuda":
        return torch.device(NAME, 0)
    return device


def _indices(index):
    if isinstance(index, tuple):
        return tuple(map(_indices, index))
    return torch.tensor(index) if isinstance(index, list) else index


def _inside(value):
    return value.inside if isinstance(value, There) else value


def _run(func, args, kwargs):
    """Hold an operation to the rules, and run it on the CPU."""
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
    there = any(isinstance(tensor, There) for tensor in tensors)
    if there and func not in _COPIES:
        _refuse_two_devices(func, args, tensors)
    asked = kwargs.get("device")
    if asked is not None:
        there = torch.device(asked).type == NAME
        kwargs = {**kwargs, "device": torch.device("cpu")}
    generator = kwargs.get("generator")
    if there and generator is not None:
        raise RuntimeError("Expected a 'cuda' device type for generator but found 'cpu'")
    args_inside, kwargs_inside = tree_map(_inside, (args, kwargs))
    draws = there and torch.Tag.nondeterministic_seeded in func.tags
    with _own_stream() if draws else contextlib.nullcontext():
        result = func(*args_inside, **kwargs_inside)
    if func is _aten._local_scalar_dense.default:
        return result
    # What an operation changes in place is what it was given, wrapper and all.
    known = {id(_inside(tensor)): tensor for tensor in tensors}

    def outside(value):
        if not isinstance(value, torch.Tensor) or isinstance(value, There):
            return value
        return known[id(value)] if id(value) in known else There(value) if there else value

    return tree_map(outside, result)


def _refuse_two_devices(func, args, tensors):
    """Raise if tensors of two devices meet where CUDA refuses it."""
    if func in _INDEXED and isinstance(args[0], There):
        tensors = args[2:3]  # the indices may lie on the CPU, what is put there may not
    if any(tensor.ndim and not isinstance(tensor, There) for tensor in tensors):
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"cuda:0 and cpu! ({func})"
        )


@contextlib.contextmanager
def _own_stream():
    """Draw from the simulated device's stream; leave the CPU's where it is."""
    before = torch.get_rng_state()
    torch.set_rng_state(_stream.get_state())
    try:
        yield
    finally:
        _stream.set_state(torch.get_rng_state())
        torch.set_rng_state(before)


@contextlib.contextmanager
def simulated_gpu():
    """Simulate a GPU within.

    Gradients are pulled back only in a process that has pulled none before: PyTorch counts the
    devices at the first.
    """
    if torch._C._get_privateuse1_backend_name() != NAME:
        _setup_privateuseone_for_python_backend(NAME)
        # what `torch.manual_seed` seeds, not as it seeds the CPU, and `fork_rng` puts back
        torch.simulated._is_in_bad_fork = lambda: False
        torch.simulated.manual_seed_all = lambda seed: _stream.manual_seed(int(seed) + 1)
        torch.simulated.get_rng_state = lambda device: _stream.get_state()
        torch.simulated.set_rng_state = lambda state, device: _stream.set_state(state)
    swapped = torch.__future__.get_swap_module_params_on_conversion()
    torch.__future__.set_swap_module_params_on_conversion(True)  # a wrapper has no `.data`
    try:
        with (
            patch.object(torch.cuda, "is_available", lambda: True),
            _Everywhere(),
            _Named(),
        ):
            yield
    finally:
        torch.__future__.set_swap_module_params_on_conversion(swapped)
