"""The judge against a child that sends whatever it likes: errors of ours never come of it."""

import copy
import math
import random
import socket
import struct
import time

import msgspec
import pytest
import torch

from grading import protocol, proxy, wire
from vaelib import VAE
from vaelib.assignments import find

pytestmark = pytest.mark.slow

ODD = [
    *(None, True, False, 0, 1, -1, 2**31, 2**63, 2**64 - 1, 0.5, float("nan"), float("inf")),
    *("", "float32", "meta", "x" * 5000, "\x00", "\u202e", [], [[]], {}, [0] * 200, [1, 2], [-1]),
    *({"is": "plain", "value": 1}, {"type": "tensor", "at": 0}, {"type": "tensor", "at": 9}),
    {"type": "series", "kind": "tuple", "parts": [{"type": "plain", "value": 1}] * 20},
]
FAILED = {"is": "failed", "type": "E", "text": "t", "line": "x", "itself": False}
KINDS = ["TypeError", "NotImplementedError", "MemoryError", "__class__", ""]


def frame(header, body=b""):
    text = msgspec.msgpack.encode(header)
    return struct.pack("!IQ", len(text), len(body)) + text + body


def spec(*shape):
    return {"dtype": "float32", "shape": list(shape)}


def reply(message, *shapes):
    """Return a reply as plain data, and the bytes of its tensors, all zeros."""
    message.tensors = [protocol.Spec("float32", list(shape)) for shape in shapes]
    return msgspec.to_builtins(message), bytes(sum(4 * math.prod(shape) for shape in shapes))


CALLED = protocol.Called(protocol.Ref(0), [True], [0], False, False)
STEPPED = [tuple(p.shape) for p in VAE(13, 7, 3).parameters()]
STEP = protocol.Called(
    protocol.Series("tuple", [protocol.Plain(1.5), *map(protocol.Ref, range(len(STEPPED)))]),
    [False] * len(STEPPED),
    [0],
    False,
    False,
)
CARRIER = find("elbo").pieces[1].carrier
REPLIES = {
    "function": [
        reply(CALLED, (7,), (7, 3)),
        reply(protocol.Pulled([0, 1]), (7, 3), (7, 3)),
    ],
    "module": [
        reply(protocol.Made(0, protocol.Parameters(["a"], [True])), (5,)),
        reply(CALLED, (7,), (7, 3)),
        reply(protocol.Pulled([0, 2]), (7, 3), (5,)),
    ],
    "step": [reply(STEP, *STEPPED, (5, 13))],
}


def places(value, path=()):
    """Yield the path to every part of a JSON value."""
    yield path
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(part, (*path, key))


def mutated(header, body, chance):
    """Return the bytes of a reply in which one thing or two are not as they should be."""
    header = copy.deepcopy(header)
    for _ in range(chance.choice([1, 1, 2])):
        *above, last = chance.choice([path for path in places(header) if path] or [("tensors",)])
        holder = header
        for key in above:
            holder = holder[key]
        if isinstance(holder, dict) and chance.random() < 0.2:
            holder.pop(last, None)
        else:
            holder[last] = copy.deepcopy(chance.choice(ODD))
    if chance.random() < 0.1:
        header, body = FAILED | {"kind": chance.choice(KINDS)}, b""
    if chance.random() < 0.1:
        body = body[: chance.randrange(len(body) + 1)]
    data = bytearray(frame(header, body))
    if chance.random() < 0.2:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def exchange(kind, replies):
    """Let the judge ask for all that it asks for; return the session and what came of it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for size in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            theirs.setsockopt(socket.SOL_SOCKET, size, 1 << 20)
        theirs.sendall(b"".join(replies))
        theirs.shutdown(socket.SHUT_WR)
        session = proxy.Session(ours, b"key", 60.0, time.monotonic() + 60)
        mu, logvar = torch.zeros(2, 7, 3)
        mu, logvar = mu.requires_grad_(), logvar.requires_grad_()
        try:
            if kind == "step":
                model = VAE(13, 7, 3)
                optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
                step = proxy.Function(session, "s", CARRIER)
                return session, step(model, optimizer, torch.zeros(5, 13))
            answer = proxy.candidate(session, "f", "other" if kind == "function" else "module")
            value = answer(mu.clone(), logvar)
            if isinstance(value, torch.Tensor) and value.requires_grad:
                torch.autograd.grad(value.sum(), mu, allow_unused=True)
            return session, value
        except (proxy.Died, proxy.Raised) as told:
            return session, told


@pytest.mark.parametrize("kind", REPLIES)
def test_an_honest_exchange_works(kind):
    session, value = exchange(kind, [frame(*reply) for reply in REPLIES[kind]])
    assert not isinstance(value, Exception) and not session.fault and not session.death


@pytest.mark.parametrize("kind", REPLIES)
def test_no_reply_makes_an_error_of_ours(kind):
    ends = []
    for seed in range(700):
        chance = random.Random(seed)
        replies = [frame(*reply) for reply in REPLIES[kind]]
        at = chance.randrange(len(replies))
        replies[at] = mutated(*REPLIES[kind][at], chance)
        session, value = exchange(kind, replies)
        assert not session.fault, (seed, session.fault)
        ends.append(type(value).__name__)
    assert ends.count("Died") > 100 and len(set(ends)) > 2  # the mutations bite


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("!IQ", 2**32 - 1, 0),
        struct.pack("!IQ", 1, 2**40) + b"\x80",
        frame({"is": "done", "tensors": [spec(2**30, 2**30)]}),
        frame({"is": "done", "tensors": [spec(10)]}),
        frame({"is": "done", "tensors": [spec(0, 2**31 - 1, 2**31 - 1, 2**31 - 1)]}),
        frame({"is": "done", "tensors": [spec(-1, -1)]}, bytes(4)),
        frame({"is": "done", "tensors": [spec(1)] * 101}, bytes(404)),
        frame({"is": "done", "tensors": [spec(*[1] * 9)]}, bytes(4)),
        frame({"is": "done", "tensors": [{"dtype": "object", "shape": [1]}]}, bytes(8)),
        frame({"is": "done", "more": 1}),
        frame({"is": "load"}),
        struct.pack("!IQ", 10**5, 0) + b"\x91" * 10**5,
        struct.pack("!IQ", 10**5, 0) + b"\x01" * 10**5,
        struct.pack("!IQ", 4, 0) + b"\xff\xfe{}",
    ],
)
def test_a_malformed_frame_is_refused_before_anything_is_allocated(data):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(wire.WireError):
            wire.receive(ours, protocol.Done, time.monotonic() + 5)


def test_drops_do_not_move_the_deadline():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(struct.pack("!IQ", 100, 0))
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            wire.receive(ours, protocol.Done, started + 0.2)
        assert time.monotonic() - started < 2


def test_what_the_wire_carries_comes_out_as_it_went_in():
    values = [
        (torch.randn(3, 4).t(), torch.tensor(1.5)),
        [torch.zeros(0, 3, dtype=torch.float64), None],
        torch.empty(2, 2, device="meta"),
        float("nan"),
        "text",
        torch.randn(4, dtype=torch.complex64).conj(),
    ]
    for value in values:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            tensors = []
            plain = wire.encode(value, tensors)
            wire.send(theirs, protocol.Called(plain, [], [], False, False), tensors)
            message, got = wire.receive(ours, protocol.Called)
            back = wire.decode(message.value, got)
        assert type(back) is type(value)
        pairs = (
            zip(back, value, strict=True) if isinstance(value, tuple | list) else [(back, value)]
        )
        for one, other in pairs:
            if isinstance(other, torch.Tensor) and not other.is_meta:
                assert one.dtype == other.dtype and torch.equal(one, other)
            elif isinstance(other, torch.Tensor):
                assert one.is_meta and one.shape == other.shape
            else:
                assert one == other or one != one


def test_the_child_cannot_tell_what_the_judge_draws_next():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        session = proxy.Session(ours, b"key", 1.0, time.monotonic() + 1)
        other = proxy.Session(ours, b"another", 1.0, time.monotonic() + 1)
        torch.manual_seed(3)
        sent = session.seed()
        assert sent == session.seed() != other.seed()
        session.advance()
        following = torch.randn(5)
        for known in (3, sent):
            torch.manual_seed(known)
            assert not torch.equal(torch.randn(5), following)
        torch.manual_seed(3)
        session.advance()
        assert torch.equal(torch.randn(5), following)
