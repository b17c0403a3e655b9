"""What the checks see of an answer: callables and modules that ask the jailed child.

Values and gradients come from the child; autograd in the judge runs over them as over any other
function. The child is given random seeds that the judge derives by a keyed hash from its own
generator, so it can neither foresee nor steer what the judge draws.
"""

import functools
import hashlib
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeGuard, TypeVar

import torch
from torch import Tensor, nn
from torch.overrides import _get_current_function_mode

from grading import pieces, wire
from vaelib.checks.pretend_gpu import PretendGPU

_PARAMETERS = 64  # of a learner's module


Method = TypeVar("Method", bound=Callable[..., Any])


def _guarded(method: Method) -> Method:
    """Note an error of our own: a check would take it for the answer's."""

    @functools.wraps(method)
    def guarded(self: Any, *arguments: Any) -> Any:
        try:
            return method(self, *arguments)
        except (Raised, Died):
            raise
        except Exception as error:
            self.session.fault = f"{type(error).__name__}: {error}"
            raise

    return guarded  # type: ignore[return-value]


class Died(Exception):
    """The child is gone; whatever a check makes of this error, it gives no verdict."""


class Session:
    """The exchange with one child.

    Parameters
    ----------
    channel : socket
        The child's.
    key : bytes
        Secret: seeds for the child are derived with it.
    patience : float
        Seconds for one exchange.
    until : float
        The end of the whole submission, on the clock of `time.monotonic`.

    Attributes
    ----------
    death : str
        Why the child is no longer asked: "timeout", "crashed" or "" while it lives. Sticky.
    fault : str
        An error of the proxies themselves: then there is no verdict.
    error : str
        The kind of verdict the last exchange would earn: "learner error", "out of memory" or "".
    """

    def __init__(self, channel: socket.socket, key: bytes, patience: float, until: float) -> None:
        self._channel, self._key, self._patience, self._until = channel, key, patience, until
        self.death = self.error = self.fault = ""
        self._calls = 0

    def ask(self, do: str, tensors: Sequence[Tensor] = (), **fields: Any) -> wire.Frame:
        """Return the child's reply; raise the answer's error, or `Died`."""
        if self.death:
            raise Died(self.death)
        deadline = min(time.monotonic() + self._patience, self._until)
        self.death = "timeout"  # holds if the alarm of a check rings in here
        try:
            self._channel.settimeout(max(deadline - time.monotonic(), 0.01))
            wire.send(self._channel, {"do": do, **fields}, tensors)
            reply, results = wire.receive(self._channel, deadline)
            error = raised(reply["error"]) if "error" in reply else None
        except TimeoutError:
            raise Died(self.death) from None
        except (wire.WireError, OSError) as broken:
            self.death = "crashed"
            raise Died(str(broken)) from None
        self.death = self.error = ""
        if error is not None:
            memory = error.kind == "MemoryError" or "can't allocate memory" in str(error)
            self.error = "out of memory" if memory else "learner error"
            raise error
        return reply, results

    def load(self, source: str, names: list[str]) -> tuple[dict[str, str], list["Raised"]]:
        """Let the child run the answer; return the kind of each piece, and the errors."""
        reply, _ = self.ask("load", source=source, names=names)
        kinds, errors = reply.get("kinds"), reply.get("errors")
        if not isinstance(kinds, dict) or not isinstance(errors, list):
            raise self.broken("no account of the answer")
        try:
            told = [raised(error) for error in errors]
        except wire.WireError as error:
            raise self.broken(str(error)) from None
        return {name: str(kinds.get(name)) for name in names}, told

    def call(
        self,
        inputs: Sequence[Tensor],
        parameters: Sequence[Tensor] = (),
        changed: Sequence[Tensor] = (),
        adopt: Callable[[dict[str, Any], Sequence[Tensor]], Sequence[Tensor]] | None = None,
        **fields: Any,
    ) -> Any:
        """Call a function or module of the answer, as a differentiable step of the judge's graph.

        Writes into the inputs what the answer wrote into its copies of them, and lets `adopt`
        have the parameters that a module made in the call.
        """
        self._calls += 1
        mode = _get_current_function_mode()
        reply, results = self.ask(
            "call",
            [*inputs, *changed],
            call=self._calls,
            seed=self.seed(),
            grad=torch.is_grad_enabled(),
            inputs=[{"grad": i.requires_grad, "leaf": i.is_leaf} for i in inputs],
            pretend=mode.fill if isinstance(mode, PretendGPU) else None,
            **fields,
        )
        grads, altered = reply.get("grad"), reply.get("changed")
        if not _indices(altered, len(inputs)) or not isinstance(grads, list):
            raise self.broken("no account of the call")
        count = len(grads) + len(altered)
        new = reply.get("new")
        if adopt and isinstance(new, dict):
            parameters = adopt(new, results[count:])
            del results[count:]
        if count != len(results):
            raise self.broken("another number of tensors")
        if reply.get("drew") is True:
            self.advance()
        for at, value in zip(altered, results[len(grads) :], strict=True):
            if value.shape != inputs[at].shape or value.dtype != inputs[at].dtype:
                raise self.broken("an input of another shape")
            inputs[at].data.copy_(value)
        outputs = results[: len(grads)]
        sources = [*inputs, *parameters]
        live = [at for at, value in enumerate(outputs) if grads[at] is True and _smooth(value)]
        if live and torch.is_grad_enabled() and any(s.requires_grad for s in sources):
            grafted = _Graft.apply(self, self._calls, outputs, live, *sources)
            for at, value in zip(live, grafted, strict=True):
                outputs[at] = value
        return self._value(reply, outputs)

    def pull(
        self, call: int, weights: Sequence[Tensor], sources: Sequence[Any]
    ) -> list[Tensor | None]:
        """Return the gradients to the sources of a call."""
        reply, grads = self.ask("pull", weights, call=call)
        where = reply.get("sources")
        if not _indices(where, len(sources)) or len(where) != len(grads):
            raise self.broken("no gradients")
        pulled: list[Tensor | None] = [None] * len(sources)
        for at, grad in zip(where, grads, strict=True):
            if (grad.shape, grad.dtype, grad.device) != sources[at]:
                raise self.broken("a gradient of another shape")
            pulled[at] = grad
        return pulled

    def step(self, x: Tensor, told: Sequence[Tensor], **fields: Any) -> tuple[Any, list[Tensor]]:
        """Call train_step; return its value, and the parameters after it."""
        reply, results = self.ask("step", [x, *told], seed=self.seed(), **fields)
        count = fields["parameters"]
        after, rest = results[:count], results[count:]
        if reply.get("x") is True:
            if not rest or rest[0].shape != x.shape or rest[0].dtype != x.dtype:
                raise self.broken("an input of another shape")
            x.data.copy_(rest.pop(0))
        self.advance()
        return self._value(reply, rest), after

    def seed(self) -> int:
        """Return a seed for the child: the same for the same state of the judge's generator."""
        return self._hash(b"child")

    def advance(self) -> None:
        """Move the judge's generator on, to where the child cannot follow."""
        torch.default_generator.manual_seed(self._hash(b"next"))

    def broken(self, why: str) -> Died:
        """Note that the child does not keep to the protocol."""
        self.death = "crashed"
        return Died(why)

    def _hash(self, purpose: bytes) -> int:
        state = torch.get_rng_state().numpy().tobytes()
        digest = hashlib.blake2b(state, key=self._key, person=purpose, digest_size=8).digest()
        return int.from_bytes(digest, "big") >> 2

    def _value(self, reply: dict[str, Any], tensors: Sequence[Tensor]) -> Any:
        try:
            return wire.decode(reply.get("value"), tensors)
        except wire.WireError as error:
            raise self.broken(str(error)) from None


class _Graft(torch.autograd.Function):
    """Joins the child's outputs to the judge's inputs in the judge's graph."""

    @staticmethod
    def forward(
        ctx: Any,
        session: Session,
        call: int,
        outputs: list[Tensor],
        live: list[int],
        *sources: Tensor,
    ) -> Any:
        ctx.session, ctx.call, ctx.live, ctx.count = session, call, live, len(outputs)
        ctx.sources = [(source.shape, source.dtype, source.device) for source in sources]
        return tuple(outputs[at] for at in live)

    @staticmethod
    @torch.autograd.function.once_differentiable
    @_guarded
    def backward(ctx: Any, *weights: Tensor) -> Any:
        every = [torch.zeros(0)] * ctx.count
        for at, weight in zip(ctx.live, weights, strict=True):
            every[at] = weight
        return None, None, None, None, *ctx.session.pull(ctx.call, every, ctx.sources)


class Function:
    """A function of the answer.

    `using` in the checks puts its pieces into `__globals__`; they travel with each call.
    """

    def __init__(self, session: Session, name: str) -> None:
        self.session, self.__name__ = session, name
        self.__globals__: dict[str, Any] = {}
        self._known: tuple[Any, ...] = ()

    @_guarded
    def __call__(self, *arguments: Any) -> Any:
        """Call it in the child."""
        using = {name: pieces.source(name, piece) for name, piece in self.__globals__.items()}
        if isinstance(arguments[0], nn.Module):
            return self._step(using, *arguments)
        return self.session.call(arguments, name=self.__name__, using=using)

    def _step(self, using: Any, model: Any, optimizer: torch.optim.Optimizer, x: Tensor) -> Any:
        """Let the answer make a step; the child keeps model and optimizer for the next one."""
        parameters = list(model.parameters())
        new = self._known[:2] != (model, optimizer)
        known = [None] * len(parameters) if new else self._known[2]
        changed = [at for at, p in enumerate(parameters) if not _same(p, known[at])]
        grads = [at for at, p in enumerate(parameters) if new and p.grad is not None]
        sizes = (model.encoder.hidden.in_features, model.encoder.hidden.out_features)
        value, after = self.session.step(
            x,
            [*(parameters[at] for at in changed), *(parameters[at].grad for at in grads)],
            name=self.__name__,
            using=using,
            model=[*sizes, model.encoder.mu.out_features] if new else None,
            optimizer=[type(optimizer).__name__, optimizer.defaults["lr"]],
            changed=changed,
            grads=grads,
            parameters=len(parameters),
        )
        if [(p.shape, p.dtype) for p in parameters] != [(p.shape, p.dtype) for p in after]:
            raise self.session.broken("parameters of other shapes")
        for parameter, moved in zip(parameters, after, strict=True):
            parameter.data.copy_(moved)
        self._known = model, optimizer, after
        return value


class Module(nn.Module):
    """A module of the answer: its parameters live here, its code runs in the child."""

    session: Session
    name: str

    @_guarded
    def __init__(self, *sizes: Any) -> None:
        super().__init__()
        tensors: list[Tensor] = []
        self.cast = ("float32", "cpu")
        plain = [wire.encode(size, tensors) for size in sizes]
        seed = self.session.seed()
        reply, values = self.session.ask("make", tensors, name=self.name, sizes=plain, seed=seed)
        self.session.advance()
        self.number = reply.get("module")
        self.adopt(reply, values)

    def adopt(self, reply: dict[str, Any], values: Sequence[Tensor]) -> list[nn.Parameter]:
        """Take over the parameters that the child tells of, and return them."""
        names, grads = reply.get("names"), reply.get("grad")
        if not isinstance(names, list) or not isinstance(grads, list):
            raise self.session.broken("no account of the module")
        if not len(names) == len(grads) == len(values) <= _PARAMETERS:
            raise self.session.broken("another number of parameters")
        self._parameters.clear()
        self.known = [value.clone() for value in values]
        for at, (name, grad, value) in enumerate(zip(names, grads, values, strict=True)):
            name = wire.name_of(name)
            unique = f"{name}_{at}" if name in self._parameters else name
            # not register_parameter, which refuses dots
            self._parameters[unique] = nn.Parameter(value, grad is True and _smooth(value))
        return list(self.parameters())

    @_guarded
    def forward(self, *inputs: Tensor) -> Any:
        """Call the module in the child, after sending the parameters that have changed."""
        parameters = list(self.parameters())
        changed = [at for at, p in enumerate(parameters) if not _same(p, self.known[at])]
        for at in changed:
            self.known[at] = parameters[at].detach().clone()
        return self.session.call(
            inputs,
            parameters,
            [self.known[at] for at in changed],
            self.adopt,
            module=self.number,
            training=self.training,
            cast=self.cast,
            sent=changed,
            using={},
        )

    @_guarded
    def train(self, mode: bool = True) -> Self:
        """Set the mode, here and in the child."""
        self.session.ask("train", module=self.number, mode=mode)
        return super().train(mode)

    @_guarded
    def _apply(self, fn: Any, recurse: bool = True) -> Self:
        dtype, device = self.cast
        probe = fn(torch.zeros(0, dtype=getattr(torch, dtype), device=device))
        self.cast = str(probe.dtype).removeprefix("torch."), str(probe.device.type)
        return super()._apply(fn, recurse)  # type: ignore[no-any-return]

    def __deepcopy__(self, _: Any) -> Self:
        return type(self)()


def candidate(session: Session, name: str, kind: str) -> Any:
    """Return what stands for a piece of the answer, by the kind that the child says it is."""
    if kind not in ("module class", "module"):
        return Function(session, name)
    made = type(name, (Module,), {"session": session, "name": name})
    return made if kind == "module class" else made()


def _same(one: Tensor, other: Tensor | None) -> bool:
    if other is None or (one.dtype, one.device) != (other.dtype, other.device):
        return False
    return one.is_meta or torch.equal(one, other)


def _smooth(value: Tensor) -> bool:
    return value.is_floating_point() or value.is_complex()


def _indices(value: Any, size: int) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(at) is int and 0 <= at < size for at in value)


class Raised(Exception):
    """An error of the answer, of the type's name and with the text that the child tells."""

    kind = ""
    calls_itself = False

    def __init__(self, text: str) -> None:
        super().__init__(*([text] if text else []))
        self.learners_lines: list[str] = []


def raised(told: Any) -> Raised:
    """Return the error that the child tells of."""
    if not isinstance(told, dict):
        raise wire.WireError("no error")
    bases = {base.__name__: base for base in (NotImplementedError, RecursionError, TypeError)}
    kind, lines = str(told.get("kind")), told.get("lines")
    parents = (Raised, bases[kind]) if kind in bases else (Raised,)
    error: Raised = type(wire.name_of(told.get("type")), parents, {})(str(told.get("text"))[:1000])
    error.kind = kind
    error.calls_itself = told.get("itself") is True
    if isinstance(lines, list):
        error.learners_lines = [str(line)[:200] for line in lines[:1]]
    return error
