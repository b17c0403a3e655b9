"""The judge against a child that sends whatever it likes: errors of ours never come of it."""

import copy
import json
import random
import socket
import struct
import time

import pytest
import torch

from grading import proxy, wire
from vaelib import VAE

ODD = [
    *(None, True, False, 0, 1, -1, 2**31, 2**63, 10**30, 0.5, float("nan"), float("inf")),
    *("", "float32", "meta", "x" * 5000, "\x00", "\u202e", [], [[]], {}, [0] * 200, [1, 2], [-1]),
    *({"plain": 1}, {"tensor": 0}, {"tensor": 9}, {"tuple": [{"tensor": 0}] * 3}, {"other": "é"}),
    {"type": "E", "kind": "TypeError", "text": "t", "lines": ["x"], "itself": False},
]


def frame(header, body=b""):
    text = json.dumps(header).encode()
    return struct.pack("!IQ", len(text), len(body)) + text + body


def spec(*shape):
    return {"dtype": "float32", "shape": list(shape)}


CALL = {"value": {"tensor": 0}, "call": 1, "drew": False, "grad": [True], "changed": [0]}
REPLIES = {
    "function": [
        ({**CALL, "tensors": [spec(7), spec(7, 3)]}, bytes(4 * 28)),
        ({"sources": [0, 1], "tensors": [spec(7, 3), spec(7, 3)]}, bytes(8 * 21)),
    ],
    "module": [
        ({"module": 0, "names": ["a"], "grad": [True], "tensors": [spec(5)]}, bytes(20)),
        ({**CALL, "tensors": [spec(7), spec(7, 3)]}, bytes(4 * 28)),
        ({"sources": [0, 2], "tensors": [spec(7, 3), spec(5)]}, bytes(4 * 26)),
        ({"tensors": []}, b""),
    ],
    "step": [
        (
            {"value": {"plain": 1.5}, "x": True, "tensors": [spec(*p.shape) for p in PARAMETERS]},
            bytes(sum(4 * p.numel() for p in PARAMETERS)),
        )
        for PARAMETERS in [[*VAE(13, 7, 3).parameters(), torch.zeros(5, 13)]]
    ],
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
        header, body = {"error": chance.choice(ODD), "tensors": []}, b""
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
                return session, proxy.Function(session, "s")(model, optimizer, torch.zeros(5, 13))
            answer = proxy.candidate(session, "f", "other" if kind == "function" else "module")
            value = answer(mu.clone(), logvar)
            if isinstance(value, torch.Tensor) and value.requires_grad:
                torch.autograd.grad(value.sum(), mu, allow_unused=True)
            if kind == "module":
                answer.train()
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
        struct.pack("!IQ", 2, 2**40) + b"{}",
        frame({"tensors": [spec(2**30, 2**30)]}),
        frame({"tensors": [spec(10)]}),
        frame({"tensors": [{"dtype": "float32", "shape": [0, 2**31 - 1, 2**31 - 1, 2**31 - 1]}]}),
        frame({"tensors": [spec(-1, -1)]}, bytes(4)),
        frame({"tensors": [spec(1)] * 101}, bytes(404)),
        frame({"tensors": [spec(*[1] * 9)]}, bytes(4)),
        frame({"tensors": [{"dtype": "object", "shape": [1]}]}, bytes(8)),
        struct.pack("!IQ", 10**5, 0) + b"[" * 10**5,
        struct.pack("!IQ", 10**5, 0) + b"1" * 10**5,
        struct.pack("!IQ", 4, 0) + b"\xff\xfe{}",
    ],
)
def test_a_malformed_frame_is_refused_before_anything_is_allocated(data):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(wire.WireError):
            wire.receive(ours, time.monotonic() + 5)


def test_drops_do_not_move_the_deadline():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(struct.pack("!IQ", 100, 0))
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            wire.receive(ours, started + 0.2)
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
            wire.send(theirs, {"value": plain}, tensors)
            header, got = wire.receive(ours)
            back = wire.decode(header["value"], got)
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
