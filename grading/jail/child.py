"""The confined child: reads what was handed in, runs the answer, and does what the judge asks.

Call, and pull a gradient back. All that it says about itself is a claim; the judge believes
none of it without computing. Only what it reads before it runs the answer is its own word.
"""

import contextlib
import copy
import functools
import linecache
import math
import random
import resource
import socket
import sys
import time
import traceback
import types
from collections import OrderedDict
from typing import Any

import msgspec
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from grading import protocol, wire

# Of vaelib's checks, which are not here, the warm process has these alone.
from grading.answer import Outline, Release, find  # type: ignore[import-untyped]
from grading.errors import text_of  # type: ignore[import-untyped]
from grading.gpu import PretendGPU  # type: ignore[import-untyped]
from grading.program import run  # type: ignore[import-untyped]
from grading.replace import standing_in  # type: ignore[import-untyped]

_FILE = "<answer>"
Reply = tuple[protocol.Message, list[Tensor]]


class Child:
    """Answers the judge about one submission, until it is killed."""

    def __init__(self, channel: socket.socket, seconds: float) -> None:
        self.channel, self.seconds = channel, seconds
        self.answer = types.ModuleType("__main__")
        self.modules: list[nn.Module] = []
        self.casts: list[tuple[str, str]] = []  # their dtypes and devices
        self.calls: OrderedDict[int, tuple[list[Tensor], list[Tensor]]] = OrderedDict()
        self.grad = True
        self.through: dict[str, Any] = {}  # what calls with more than tensors, by source

    def serve(self) -> None:
        """Answer until the judge is gone, or has had enough."""
        while True:
            request, tensors = wire.receive(self.channel, protocol.Request)
            try:
                if not isinstance(request, protocol.Read):
                    self._allow()
                answer = getattr(self, f"_{type(request).__name__.lower()}")
                reply, results = answer(request, tensors)
                wire.send(self.channel, reply, results)
            except BaseException as error:
                wire.send(self.channel, self._told(error))

    def _allow(self) -> None:
        """Allow CPU for one more call: at its end the kernel ends this process.

        The judge's last word, for all calls together, is the hard limit, which stays.
        """
        most = resource.getrlimit(resource.RLIMIT_CPU)[1]
        until = math.ceil(time.process_time() + self.seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (min(until, most - 1), most))

    def _read(self, request: protocol.Read, files: list[Tensor]) -> Reply:
        """Find the answer in the notebooks."""
        known, release = msgspec.json.decode(
            request.about, type=tuple[dict[str, Outline], list[Release]]
        )
        contents = dict(zip(request.names, map(wire.raw, files), strict=True))
        try:
            found = msgspec.json.encode(find(contents, request.assignment, known, release))
        except ValueError as error:
            return protocol.Bytes(wire.text(str(error))), []
        return protocol.Bytes(), [wire.as_tensor(found)]

    def _load(self, request: protocol.Load, _: list[Tensor]) -> Reply:
        """Run the answer; say what became of the names that it was to define."""
        sys.modules["__main__"] = self.answer
        errors = run(request.source, _FILE, self.answer.__dict__, request.modules)
        kinds = {name: self._kind(name) for name in request.names}
        return protocol.Loaded(kinds, [self._told(error) for error in errors[:3]]), []

    def _kind(self, name: str) -> str:
        value = self.answer.__dict__.get(name)
        if value is None:
            return "nothing"
        if isinstance(value, type) and issubclass(value, nn.Module):
            return "module class"
        return "module" if isinstance(value, nn.Module) else "other"

    def _begin(self, request: protocol.Begin, _: list[Tensor]) -> Reply:
        """Start a skill from torch's defaults, as the judge does."""
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)
        random.seed(request.seed)
        np.random.seed(request.seed)  # noqa: NPY002 - answers may use it
        self.modules.clear()
        self.casts.clear()
        self.calls.clear()
        self.grad = True
        self.through.clear()
        return protocol.Done(), []

    def _make(self, request: protocol.Make, tensors: list[Tensor]) -> Reply:
        """Instantiate a class of the answer, or copy a module of it."""
        torch.set_grad_enabled(True)
        torch.default_generator.manual_seed(request.seed)
        found = self.answer.__dict__[request.name]
        if isinstance(found, nn.Module):
            module = copy.deepcopy(found)
        else:
            module = found(*(wire.decode(size, tensors) for size in request.sizes))
        self.modules.append(module)
        self.casts.append(("float32", "cpu"))
        described, values = _described(_parameters(module))
        return protocol.Made(len(self.modules) - 1, described, _lazy(module)), values

    def _call(self, request: protocol.Call, tensors: list[Tensor]) -> Reply:
        """Call a function or a module; keep the graph until its gradient is asked for."""
        count = len(request.inputs)
        leaves, sent = tensors[:count], tensors[count:]
        module = None if request.module is None else self._prepared(request, sent)
        known = _parameters(module)
        function = self.answer.__dict__[request.name] if module is None else module
        if request.through:
            # one for a whole skill: it keeps the optimizer and its gradients from step to step
            if request.through not in self.through:
                self.through[request.through] = _defined(request.through)["through"]
            function = functools.partial(self.through[request.through], function)
        inputs = []
        with torch.enable_grad():
            for at, (leaf, given) in enumerate(zip(leaves, request.inputs, strict=True)):
                if given.turned:  # not contiguous, as it is in the judge
                    leaf = leaf.T.contiguous().T
                leaf.requires_grad_(given.grad)
                leaves[at] = leaf
                inputs.append(leaf if given.leaf else leaf.clone())
        before = [(value.detach().clone(), value._version) for value in inputs]
        pretend = request.pretend
        gpu = contextlib.nullcontext() if pretend is None else PretendGPU(pretend)
        torch.set_grad_enabled(request.grad and self.grad)
        start = torch.default_generator.manual_seed(request.seed).get_state()
        with self._using(request.using), gpu, torch.inference_mode(request.inference):
            value = function(*inputs)
        drew = not torch.equal(start, torch.get_rng_state())
        reseeded = torch.initial_seed() != request.seed
        self.grad = torch.is_grad_enabled() or not request.grad  # an answer may switch it off
        results: list[Tensor] = []
        told = wire.encode(value, results)
        grads = [result.requires_grad for result in results]
        now = _parameters(module)
        if any(grads):
            self.calls[request.call] = ([*leaves, *now.values()], list(results))
            while len(self.calls) > 64:
                self.calls.popitem(last=False)
        pairs = enumerate(zip(inputs, before, strict=True))
        changed = [
            at
            for at, (one, (other, version)) in pairs
            if not one.is_meta and (one._version != version or not _same(one, other))
        ]
        results += [inputs[at] for at in changed]
        reply = protocol.Called(told, grads, changed, drew, reseeded)
        if list(map(id, now.values())) != list(map(id, known.values())):
            reply.new, values = _described(now)  # made in this call, as by nn.LazyLinear
            results += values
        return reply, results

    def _prepared(self, request: protocol.Call, sent: list[Tensor]) -> nn.Module:
        """Bring a module to the mode, dtype, device and parameters that the judge's copy has."""
        number, cast = request.module or 0, request.cast
        module: nn.Module = self.modules[number]
        if cast != self.casts[number]:
            module.to(device=cast[1], dtype=getattr(torch, cast[0]))
            self.casts[number] = cast
        if request.training != module.training:
            module.train(request.training)
        parameters = list(_parameters(module).values())
        for at, value in zip(request.sent, sent, strict=True):
            parameters[at].data = value
        return module

    def _using(self, sources: dict[str, str]) -> Any:
        """Put the judge's version of other pieces in the place of the answer's, for one call."""
        right = {name: _defined(source)[name] for name, source in sources.items()}
        return standing_in(self.answer.__dict__, right) if right else contextlib.nullcontext()

    def _pull(self, request: protocol.Pull, tensors: list[Tensor]) -> Reply:
        """Return the vector-Jacobian product of a call: of those sources that have one."""
        sources, results = self.calls.pop(request.call)
        pairs = [(r, t) for r, t in zip(results, tensors, strict=True) if r.requires_grad]
        wanted = [at for at, source in enumerate(sources) if source.requires_grad]
        found = torch.autograd.grad(
            [result for result, _ in pairs],
            [sources[at] for at in wanted],
            [weight for _, weight in pairs],
            allow_unused=True,
        )
        kept = [(at, grad) for at, grad in zip(wanted, found, strict=True) if grad is not None]
        return protocol.Pulled([at for at, _ in kept]), [grad for _, grad in kept]

    def _told(self, error: BaseException) -> protocol.Failed:
        """Return what the judge may repeat about an error of the answer."""
        frames = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
        lines = [
            linecache.getline(frame.f_code.co_filename, number).strip()
            for frame, number in traceback.walk_tb(error.__traceback__)
            if frame.f_code.co_filename == _FILE
        ]
        bases = (NotImplementedError, RecursionError, TypeError, MemoryError)
        kind = next((base.__name__ for base in bases if isinstance(error, base)), "")
        own = [code for code in frames if code.co_filename == _FILE]
        return protocol.Failed(
            wire.text(type(error).__name__),
            kind,
            wire.text(text_of(error))[:1000],
            wire.text(lines[-1])[:200] if lines else "",
            len(own) > 1 and own[0] is own[1],
        )


_compiled = functools.cache(lambda source: compile(source, "<right>", "exec"))


def _defined(source: str) -> dict[str, Any]:
    """Return what the judge's own source defines, each time anew."""
    names: dict[str, Any] = {}
    exec(_compiled(source), names)
    return names


def _parameters(module: nn.Module | None) -> dict[str, nn.Parameter]:
    """Return the parameters that have values and can be trained, by name."""
    try:
        named = dict(module.named_parameters()) if module is not None else {}
    except AttributeError:  # super().__init__() was forgotten
        return {}
    return {
        name: value
        for name, value in named.items()
        if not is_lazy(value) and value.is_floating_point() and value.numel()
    }


def _lazy(module: nn.Module) -> int:
    """Return how many parameters have no values yet: they get them in the first call."""
    try:
        return sum(map(is_lazy, module.parameters()))
    except AttributeError:  # super().__init__() was forgotten
        return 0


def _described(parameters: dict[str, nn.Parameter]) -> tuple[protocol.Parameters, list[Tensor]]:
    grads = [value.requires_grad for value in parameters.values()]
    return protocol.Parameters(list(map(wire.text, parameters)), grads), list(parameters.values())


def _same(one: Tensor, other: Tensor) -> bool:
    """Return whether the bits are the same: NaN is the same as NaN here."""
    return one.shape == other.shape and wire.raw(one) == wire.raw(other)
