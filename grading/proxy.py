"""What the checks see of an answer: callables and modules that ask the jailed child.

Values and gradients come from the child; autograd in the judge runs over them as over any other
function. The child is given random seeds that the judge derives by a keyed hash from its own
generator, so it can neither foresee nor steer what the judge draws.
"""

import functools
import hashlib
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeVar

import torch
from torch import Tensor, nn
from torch.overrides import _get_current_function_mode

from grading import pieces, protocol, wire
from vaelib.assignments import Carrier
from vaelib.checks.gpu import PretendGPU

Reply = TypeVar("Reply", bound=protocol.Message)
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

    Seeds for the child are derived with `key`, a secret. One exchange may take `wait` seconds on
    the wall (the child's CPU is limited in itself), and all may last `until` that moment on the
    clock of `time.monotonic`.
    """

    def __init__(self, channel: socket.socket, key: bytes, wait: float, until: float) -> None:
        self._channel, self._key, self._wait, self._until = channel, key, wait, until
        self.death = ""  # why the child is no longer asked: "timeout" or "crashed"; sticky
        self.error = ""  # what the last exchange would earn: "learner error", "out of memory"
        self.fault = ""  # an error of the proxies themselves: then there is no verdict
        self.odd = ""  # the last thing that came of the answer and is no plain numbers on the CPU
        self._calls = 0
        self.reseeded = False

    def ask(
        self, request: protocol.Request, kind: type[Reply], tensors: Sequence[Tensor] = ()
    ) -> tuple[Reply, list[Tensor]]:
        """Return the child's reply; raise the answer's error, or `Died`."""
        if self.death:
            raise Died(self.death)
        deadline = min(time.monotonic() + self._wait, self._until)
        self.death = "timeout"  # holds if the alarm of a check rings in here
        try:
            self._channel.settimeout(max(deadline - time.monotonic(), 0.01))
            wire.send(self._channel, request, tensors)
            reply, results = wire.receive(self._channel, kind, deadline)
        except TimeoutError:
            raise Died(self.death) from None
        except (wire.WireError, OSError) as broken:
            self.death = "crashed"
            raise Died(str(broken)) from None
        self.death = self.error = ""
        far = any(value.is_meta for value in tensors) or (
            isinstance(request, protocol.Call) and request.pretend is not None
        )
        self.odd = "" if isinstance(request, protocol.Begin) else self.odd
        for value in results:
            self.odd = _odd(value, far) or self.odd
        if isinstance(reply, protocol.Failed):
            memory = reply.kind == "MemoryError" or "can't allocate memory" in reply.text
            self.error = "out of memory" if memory else "learner error"
            raise raised(reply)
        return reply, results

    def load(
        self, source: str, names: list[str], modules: Mapping[str, str]
    ) -> tuple[dict[str, str], list["Raised"]]:
        """Let the child run the answer; return the kind of each piece, and the errors."""
        reply, _ = self.ask(protocol.Load(source, names, dict(modules)), protocol.Loaded)
        return reply.kinds, [raised(error) for error in reply.errors]

    def call(
        self,
        call: protocol.Call,
        inputs: Sequence[Tensor],
        parameters: Sequence[Tensor] = (),
        changed: Sequence[Tensor] = (),
        adopt: Callable[[protocol.Parameters, Sequence[Tensor]], Sequence[Tensor]] | None = None,
    ) -> Any:
        """Call a function or module of the answer, as a differentiable step of the judge's graph.

        Writes into the inputs what the answer wrote into its copies of them, and lets `adopt`
        have the parameters that a module made in the call.
        """
        reply, results = self.ask(call, protocol.Called, [*inputs, *changed])
        count = len(reply.grad) + len(reply.changed)
        if adopt and reply.new:
            parameters = adopt(reply.new, results[count:])
            del results[count:]
        if count != len(results):
            raise self.broken("another number of tensors")
        self.reseeded = reply.reseeded
        if reply.drew:
            self.advance()
        for at, value in zip(reply.changed, results[len(reply.grad) :], strict=True):
            if at >= len(inputs) or _sort(value) != _sort(inputs[at]):
                raise self.broken("an input of another shape")
            # Told to the check that asks for it. The judge's own numbers stay as they were, or
            # an answer could write the truth that it is held to.
            inputs[at].written = value  # type: ignore[attr-defined]
        outputs = results[: len(reply.grad)]
        sources = [*inputs, *parameters]
        live = [at for at, value in enumerate(outputs) if reply.grad[at] and _smooth(value)]
        if live and torch.is_grad_enabled() and any(s.requires_grad for s in sources):
            grafted = _Graft.apply(self, call.call, outputs, live, *sources)
            for at, value in zip(live, grafted, strict=True):
                outputs[at] = value
        return self._value(reply.value, outputs)

    def prepared(
        self, inputs: Sequence[Tensor], using: Mapping[str, Any], **about: Any
    ) -> protocol.Call:
        """Return a call of these inputs, under the modes that hold here."""
        self._calls += 1
        mode = _get_current_function_mode()
        return protocol.Call(
            self._calls,
            self.seed(),
            torch.is_grad_enabled(),
            torch.is_inference_mode_enabled(),
            [
                protocol.Input(i.requires_grad, i.is_leaf, i.ndim == 2 and not i.is_contiguous())
                for i in inputs
            ],
            {name: pieces.source(name, piece) for name, piece in using.items()},
            mode.fill if isinstance(mode, PretendGPU) else None,
            **about,
        )

    def pull(
        self, call: int, weights: Sequence[Tensor], sources: Sequence[Any]
    ) -> list[Tensor | None]:
        """Return the gradients to the sources of a call."""
        reply, grads = self.ask(protocol.Pull(call), protocol.Pulled, weights)
        if len(reply.sources) != len(grads):
            raise self.broken("no gradients")
        pulled: list[Tensor | None] = [None] * len(sources)
        for at, grad in zip(reply.sources, grads, strict=True):
            if at >= len(sources) or _sort(grad) != sources[at]:
                raise self.broken("a gradient of another shape")
            pulled[at] = grad
        return pulled

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

    def _value(self, value: protocol.Value, tensors: Sequence[Tensor]) -> Any:
        try:
            return wire.decode(value, tensors)
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
        ctx.sources = [_sort(source) for source in sources]
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

    def __init__(self, session: Session, name: str, carrier: Carrier | None = None) -> None:
        self.session, self.__name__, self._carrier = session, name, carrier
        self.__globals__: dict[str, Any] = {}
        self.trusted: frozenset[str] = frozenset()

    @_guarded
    def __call__(self, *arguments: Any) -> Any:
        """Call it in the child."""
        carrier, name = self._carrier, self.__name__
        if carrier is None:
            call = self.session.prepared(arguments, self.__globals__, name=name)
            return self.session.call(call, arguments)
        given, through = carrier.pack(*arguments), pieces.source("through", carrier.call)
        call = self.session.prepared(given, self.__globals__, name=name, through=through)
        told = self.session.call(call, given)
        try:
            return carrier.unpack(told, *arguments)
        except ValueError as error:
            raise self.session.broken(str(error)) from None

    def next_seed(self) -> int:
        """Return the seed that the child gets for its next call."""
        return self.session.seed()


class Module(nn.Module):
    """A module of the answer: its parameters live here, its code runs in the child."""

    session: Session
    name: str
    trusted: frozenset[str]
    __globals__: dict[str, Any]

    @_guarded
    def __init__(self, *sizes: Any) -> None:
        super().__init__()
        tensors: list[Tensor] = []
        self.cast = ("float32", "cpu")
        plain = [wire.encode(size, tensors) for size in sizes]
        request = protocol.Make(self.name, plain, self.session.seed())
        reply, values = self.session.ask(request, protocol.Made, tensors)
        self.session.advance()
        self.number, self.lazy = reply.module, reply.lazy
        self.adopt(reply.parameters, values)

    def adopt(self, told: protocol.Parameters, values: Sequence[Tensor]) -> list[nn.Parameter]:
        """Take over the parameters that the child tells of, and return them."""
        if not len(told.names) == len(told.grad) == len(values):
            raise self.session.broken("another number of parameters")
        self._parameters.clear()
        self.known = [value.clone() for value in values]
        for at, (name, grad, value) in enumerate(zip(told.names, told.grad, values, strict=True)):
            name = wire.name_of(name)
            unique = f"{name}_{at}" if name in self._parameters else name
            # not register_parameter, which refuses dots
            self._parameters[unique] = nn.Parameter(value, grad and _smooth(value))
        return list(self.parameters())

    @_guarded
    def forward(self, *inputs: Tensor) -> Any:
        """Call the module in the child."""
        return self._call(inputs)

    @_guarded
    def run_where_it_is(self, work: Callable[..., Any], *inputs: Tensor) -> Any:
        """Return `work(module, *inputs)`, run in the child: one exchange for several calls."""
        return self._call(inputs, pieces.source("through", work))

    def _call(self, inputs: Sequence[Tensor], through: str = "") -> Any:
        """Ask the child, after sending the parameters that have changed."""
        parameters = [p for p in self._parameters.values() if p is not None]
        changed = [at for at, p in enumerate(parameters) if not _same(p, self.known[at])]
        for at in changed:
            self.known[at] = parameters[at].detach().clone()
        call = self.session.prepared(
            inputs,
            self.__globals__,
            module=self.number,
            training=self.training,
            cast=self.cast,
            sent=changed,
            through=through,
        )
        sent = [self.known[at] for at in changed]
        result = self.session.call(call, inputs, parameters, sent, self.adopt)
        self.__dict__["reseeded"] = self.session.reseeded  # torch's own way costs 20 times as much
        return result

    @_guarded
    def _apply(self, fn: Any, recurse: bool = True) -> Self:
        dtype, device = self.cast
        probe = fn(torch.zeros(0, dtype=getattr(torch, dtype), device=device))
        # not its device, which the stand-in for a GPU calls CUDA
        self.cast = str(probe.dtype).removeprefix("torch."), "meta" if probe.is_meta else "cpu"
        return super()._apply(fn, recurse)  # type: ignore[no-any-return]

    def __deepcopy__(self, _: Any) -> Self:
        return type(self)()


def candidate(
    session: Session,
    name: str,
    kind: str,
    trusted: frozenset[str] = frozenset(),
    carrier: Carrier | None = None,
) -> Any:
    """Return what stands for a piece of the answer, by the kind that the child says it is.

    The pieces that are trusted passed all their own skills: it calls them as they are written.
    """
    if kind not in ("module class", "module"):
        function = Function(session, name, carrier)
        function.trusted = trusted
        return function
    about = {"session": session, "name": name, "__globals__": {}, "trusted": trusted}
    made = type(name, (Module,), about)
    return made if kind == "module class" else made()


def _same(one: Tensor, other: Tensor | None) -> bool:
    if other is None or (one.dtype, one.device) != (other.dtype, other.device):
        return False
    return one.is_meta or torch.equal(one, other)


def _sort(value: Tensor) -> tuple[Any, ...]:
    return value.shape, value.dtype, value.device


def _odd(value: Tensor, far: bool) -> str:
    """Return what no check can reckon with; "" if it is plain numbers where they belong."""
    if value.is_meta > far or value.is_complex() or not value.numel():
        return f"a tensor of {value.dtype} on {value.device}, of shape {tuple(value.shape)}"
    return ""


def _smooth(value: Tensor) -> bool:
    return value.is_floating_point() or value.is_complex()


class Raised(Exception):
    """An error of the answer, of the type's name and with the text that the child tells."""

    kind = ""
    calls_itself = False

    def __init__(self, text: str) -> None:
        super().__init__(*([text] if text else []))
        self.learners_lines: list[str] = []


def raised(told: protocol.Failed) -> Raised:
    """Return the error that the child tells of."""
    bases = {base.__name__: base for base in (NotImplementedError, RecursionError, TypeError)}
    parents = (Raised, bases[told.kind]) if told.kind in bases else (Raised,)
    error: Raised = type(wire.name_of(told.type), parents, {})(told.text)
    error.kind, error.calls_itself = told.kind, told.itself
    error.learners_lines = [told.line] if told.line else []
    return error
