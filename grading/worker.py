"""Inside the jail: a warm torch process that forks one confined child for each submission.

The warm process runs no learner's code and holds no secret. The child executes the answer, and
then does for the judge what `proxy.py` asks: call, pull a gradient back, step. All that it says
about itself is a claim; the judge believes none of it without computing.
"""

import __future__

import ast
import contextlib
import copy
import ctypes
import gc
import linecache
import os
import platform
import random
import resource
import signal
import socket
import sys
import traceback
import types
from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from grading import seccomp, wire
from grading.pretend_gpu import PretendGPU  # type: ignore[import-untyped]  # only in the jail

_CONTROL, _NULL = 3, 4  # file descriptors: the socket to the judge, and /dev/null
_FILE = "<answer>"
_COURSE = "/course"  # the stand-ins for vaelib, one folder for each assignment
_NOBODY = 65534
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_NAMESPACES = 0x10000000 | 0x20000 | 0x20000000  # CLONE_NEWUSER, NEWNS, NEWPID
_CLONE = {"x86_64": 56, "aarch64": 220}  # the number of the system call
_READ_ONLY, _BIND, _PRIVATE = 1 | 2 | 4 | 8, 4096, 1 << 18 | 1 << 14
_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Serve until the judge closes its end."""
    _become_nobody()
    torch.set_num_threads(1)
    _warm_up()
    gc.collect()
    gc.freeze()
    os.dup2(os.open("/dev/null", os.O_RDWR), _NULL)
    control = socket.socket(fileno=_CONTROL)
    control.send(b"ready")
    child = 0
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 4096, 1)
        if not message:
            return  # as pid 1: every process of the jail ends
        if message == b"stop":
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            control.send(b"stopped")
        else:
            assignment, memory, seconds = message.decode().split()
            child = _fork(control, descriptors[0], assignment, int(memory), int(seconds))
            os.close(descriptors[0])
            control.send(b"started")


def _become_nobody() -> None:
    """Give up root, where the judge is root: limits do not hold for root."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        # The change of user cleared both: die with bubblewrap, and be allowed to write id maps.
        _must(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
        _must(_libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0))


def _warm_up() -> None:
    """Import what answers import, and make the first gradient, which is slow, here."""
    import matplotlib.pyplot
    import torch.fx.experimental.symbolic_shapes

    matplotlib.get_cachedir(), matplotlib.get_configdir()  # while there is a folder for them
    value = torch.ones(2, requires_grad=True)
    torch.autograd.grad(value.exp(), value, torch.ones(2))
    torch.optim.Adam([value])


def _fork(control: socket.socket, channel: int, assignment: str, memory: int, cpu: int) -> int:
    """Return the process id of a new child, pid 1 of namespaces of its own."""
    user, group = os.getuid(), os.getgid()
    child = _clone()
    if child:
        return child
    try:
        control.close()
        _map_ids(user, group)
        service = _Child(socket.socket(fileno=channel))
        _confine(assignment, memory, cpu)
        service.serve()
    except Exception:
        traceback.print_exc()  # for the judge, until the child is confined
    finally:
        os._exit(3)


def _clone() -> int:
    """Fork into new namespaces, in one go: another fork would cost as much as a whole check."""
    python = ctypes.PyDLL(None, use_errno=True)  # keeps the interpreter's lock
    python.PyOS_BeforeFork()
    child = int(python.syscall(_CLONE[platform.machine()], _NAMESPACES | signal.SIGCHLD, *[0] * 4))
    if child:
        python.PyOS_AfterFork_Parent()
        _must(child < 0)
        return child
    python.PyOS_AfterFork_Child()
    return 0


def _map_ids(user: int, group: int) -> None:
    """Be nobody in the new user namespace; what the ids are outside it cannot be told inside."""
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{_NOBODY} {user} 1"),
        ("gid_map", f"{_NOBODY} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(line)


def _confine(assignment: str, memory: int, cpu: int) -> None:
    """Give up, one after another, all that an answer does not need."""
    _must(_libc.mount(b"none", b"/", None, _PRIVATE, None))
    _must(_libc.mount(f"{_COURSE}/{assignment}".encode(), _COURSE.encode(), None, _BIND, None))
    with open("/proc/self/statm") as statm:
        size = int(statm.read().split()[0]) * resource.getpagesize()
    for folder in (b"/jail/tmp", b"/proc"):
        _must(_libc.mount(b"tmpfs", folder, b"tmpfs", _READ_ONLY, None))
    limits = {
        resource.RLIMIT_AS: size + memory,
        resource.RLIMIT_NPROC: 1,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3
    _must(_libc.capset(header, (ctypes.c_uint32 * 6)()))
    for descriptor in (0, 1, 2):  # what an answer prints is nobody's business
        os.dup2(_NULL, descriptor)
    seccomp.confine()


def _must(result: int | bool) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class _Child:
    """Answers the judge about one submission, until it is killed."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.answer = types.ModuleType("__main__")
        self.modules: list[nn.Module] = []
        self.casts: list[list[str]] = []  # their dtypes and devices
        self.calls: OrderedDict[int, tuple[list[Tensor], list[Tensor]]] = OrderedDict()
        self.grad = True
        self.training: tuple[Any, Any] = (None, None)
        sys.path.insert(0, _COURSE)

    def serve(self) -> None:
        while True:
            request, tensors = wire.receive(self.channel)
            try:
                reply, results = getattr(self, "do_" + request["do"])(request, tensors)
                wire.send(self.channel, reply, results)
            except BaseException as error:
                wire.send(self.channel, {"error": self._told(error)})

    def do_load(self, request: Any, _: list[Tensor]) -> wire.Frame:
        """Run the answer, statement by statement; say what became of the names it was to define."""
        sys.modules["__main__"] = self.answer
        source, errors = request["source"], []
        linecache.cache[_FILE] = (len(source), None, source.splitlines(True), _FILE)
        flags = __future__.annotations.compiler_flag if "import annotations" in source else 0
        for statement in ast.parse(source).body:
            try:
                program = compile(ast.Module([statement], []), _FILE, "exec", flags, True)
                exec(program, self.answer.__dict__)
            except BaseException as error:
                errors.append(self._told(error))
        kinds = {name: self._kind(name) for name in request["names"]}
        return {"kinds": kinds, "errors": errors[:3]}, []

    def _kind(self, name: str) -> str:
        value = self.answer.__dict__.get(name)
        if value is None:
            return "nothing"
        if isinstance(value, type) and issubclass(value, nn.Module):
            return "module class"
        return "module" if isinstance(value, nn.Module) else "other"

    def do_begin(self, request: Any, _: list[Tensor]) -> wire.Frame:
        """Start a skill from torch's defaults, as the judge does."""
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)
        random.seed(request["seed"])
        np.random.seed(request["seed"])  # noqa: NPY002 - answers may use it
        self.modules.clear()
        self.casts.clear()
        self.calls.clear()
        self.grad = True
        self.training = (None, None)
        return {}, []

    def do_make(self, request: Any, tensors: list[Tensor]) -> wire.Frame:
        """Instantiate a class of the answer, or copy a module of it."""
        torch.set_grad_enabled(True)
        torch.default_generator.manual_seed(request["seed"])
        found = self.answer.__dict__[request["name"]]
        if isinstance(found, nn.Module):
            module = copy.deepcopy(found)
        else:
            module = found(*(wire.decode(size, tensors) for size in request["sizes"]))
        self.modules.append(module)
        self.casts.append(["float32", "cpu"])
        described, values = _described(_parameters(module))
        return {"module": len(self.modules) - 1, **described}, values

    def do_train(self, request: Any, _: list[Tensor]) -> wire.Frame:
        self.modules[request["module"]].train(request["mode"])
        return {}, []

    def do_call(self, request: Any, tensors: list[Tensor]) -> wire.Frame:
        """Call a function or a module; keep the graph until its gradient is asked for."""
        count = len(request["inputs"])
        leaves, sent = tensors[:count], tensors[count:]
        module = self._prepared(request, sent) if "module" in request else None
        known = _parameters(module)
        function = self.answer.__dict__[request["name"]] if module is None else module
        inputs = []
        with torch.enable_grad():
            for leaf, given in zip(leaves, request["inputs"], strict=True):
                leaf.requires_grad_(given["grad"])
                inputs.append(leaf if given["leaf"] else leaf.clone())
        before = [value.detach().clone() for value in inputs]
        pretend = request["pretend"]
        gpu = contextlib.nullcontext() if pretend is None else PretendGPU(pretend)
        torch.set_grad_enabled(request["grad"] and self.grad)
        start = torch.default_generator.manual_seed(request["seed"]).get_state()
        with self._using(request["using"]), gpu:
            value = function(*inputs)
        drew = not torch.equal(start, torch.get_rng_state())
        self.grad = torch.is_grad_enabled() or not request["grad"]  # an answer may switch it off
        results: list[Tensor] = []
        told = wire.encode(value, results)
        grads = [result.requires_grad for result in results]
        now = _parameters(module)
        if any(grads):
            self.calls[request["call"]] = ([*leaves, *now.values()], list(results))
            while len(self.calls) > 64:
                self.calls.popitem(last=False)
        pairs = enumerate(zip(inputs, before, strict=True))
        changed = [at for at, (one, other) in pairs if not one.is_meta and not _same(one, other)]
        results += [inputs[at] for at in changed]
        reply = {"value": told, "drew": drew, "grad": grads, "changed": changed}
        if list(map(id, now.values())) != list(map(id, known.values())):
            reply["new"], values = _described(now)  # made in this call, as by nn.LazyLinear
            results += values
        return reply, results

    def _prepared(self, request: Any, sent: list[Tensor]) -> nn.Module:
        """Bring a module to the mode, dtype, device and parameters that the judge's copy has."""
        number, cast = request["module"], request["cast"]
        module: nn.Module = self.modules[number]
        if cast != self.casts[number]:
            module.to(device=cast[1], dtype=getattr(torch, cast[0]))
            self.casts[number] = cast
        if request["training"] != module.training:
            module.train(request["training"])
        parameters = list(_parameters(module).values())
        for at, value in zip(request["sent"], sent, strict=True):
            parameters[at].data = value
        return module

    @contextlib.contextmanager
    def _using(self, sources: dict[str, str]) -> Any:
        """Put the judge's version of other pieces in the place of the answer's, for one call."""
        names = self.answer.__dict__
        kept = {name: names[name] for name in sources if name in names}
        for name, source in sources.items():
            if not str(getattr(kept.get(name), "__module__", "")).startswith("torch."):
                own: dict[str, Any] = {}
                exec(source, own)
                names[name] = own[name]
        try:
            yield
        finally:
            for name in sources:
                names.pop(name, None)
            names.update(kept)

    def do_pull(self, request: Any, tensors: list[Tensor]) -> wire.Frame:
        """Return the vector-Jacobian product of a call: of those sources that have one."""
        sources, results = self.calls.pop(request["call"])
        pairs = [(r, t) for r, t in zip(results, tensors, strict=True) if r.requires_grad]
        wanted = [at for at, source in enumerate(sources) if source.requires_grad]
        found = torch.autograd.grad(
            [result for result, _ in pairs],
            [sources[at] for at in wanted],
            [weight for _, weight in pairs],
            allow_unused=True,
        )
        kept = [(at, grad) for at, grad in zip(wanted, found, strict=True) if grad is not None]
        return {"sources": [at for at, _ in kept]}, [grad for _, grad in kept]

    def do_step(self, request: Any, tensors: list[Tensor]) -> wire.Frame:
        """Call train_step on the course's own model; return all parameters after it."""
        torch.set_grad_enabled(True)
        x, *sent = tensors
        if request["model"]:
            from vaelib import VAE

            kind, rate = request["optimizer"]
            model = VAE(*request["model"])
            optimizer = getattr(torch.optim, kind)(model.parameters(), lr=rate)
            self.training = (model, optimizer)
        model, optimizer = self.training
        parameters = list(model.parameters())
        for at, value in zip(request["changed"], sent, strict=False):
            parameters[at].data.copy_(value)
        for at, value in zip(request["grads"], sent[len(request["changed"]) :], strict=True):
            parameters[at].grad = value
        torch.default_generator.manual_seed(request["seed"])
        before = x.clone()
        with self._using(request["using"]):
            value = self.answer.__dict__[request["name"]](model, optimizer, x)
        results: list[Tensor] = []
        told = {"value": wire.encode(value, results), "x": not _same(x, before)}
        changed = [x] if told["x"] else []
        return told, [*model.parameters(), *changed, *results]

    def _told(self, error: BaseException) -> dict[str, Any]:
        """Return what the judge may repeat about an error of the answer."""
        frames = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
        lines = [
            linecache.getline(frame.f_code.co_filename, number).strip()
            for frame, number in traceback.walk_tb(error.__traceback__)
            if frame.f_code.co_filename == _FILE
        ]
        text = "" if not error.args or error.args == (None,) else str(error)
        bases = (NotImplementedError, RecursionError, TypeError, MemoryError)
        kind = next((base.__name__ for base in bases if isinstance(error, base)), "")
        own = [code for code in frames if code.co_filename == _FILE]
        return {
            "type": type(error).__name__[:60],
            "kind": kind,
            "text": text[:1000],
            "lines": [line[:200] for line in lines[-1:]],
            "itself": len(own) > 1 and own[0] is own[1],
        }


def _parameters(module: nn.Module | None) -> dict[str, nn.Parameter]:
    """Return the parameters that have values, by name."""
    try:
        named = dict(module.named_parameters()) if module is not None else {}
    except AttributeError:  # super().__init__() was forgotten
        return {}
    return {name: value for name, value in named.items() if not is_lazy(value)}


def _described(parameters: dict[str, nn.Parameter]) -> tuple[dict[str, Any], list[Tensor]]:
    grads = [value.requires_grad for value in parameters.values()]
    return {"names": list(parameters), "grad": grads}, list(parameters.values())


def _same(one: Tensor, other: Tensor) -> bool:
    """Return whether the bits are the same: NaN is the same as NaN here."""
    return one.shape == other.shape and wire.raw(one) == wire.raw(other)


if __name__ == "__main__":
    main()
