"""Frames between judge and jail: a message, and the raw bytes of its tensors; never pickles.

Everything that comes out of the jail is held to the caps before anything is allocated.
"""

import math
import socket
import struct
import time
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal, get_args

import msgspec
import torch
from torch import Tensor

from grading.limits import DEPTH, ELEMENTS, HEADER, PARTS, PAYLOAD, TEXT
from grading.protocol import Dtype, Failed, Message, Other, Plain, Ref, Series, Spec, Value

_LENGTHS = struct.Struct("!IQ")
_DTYPES: dict[str, torch.dtype] = {name: getattr(torch, name) for name in get_args(Dtype)}
_NAMES: dict[torch.dtype, Any] = {dtype: name for name, dtype in _DTYPES.items()}


class WireError(Exception):
    """What came is not a frame, or is over a cap."""


class TooLarge(Exception):
    """A tensor that the wire does not carry: too large, or of an unusual kind."""


def send(channel: socket.socket, message: Message, tensors: Sequence[Tensor] = ()) -> None:
    """Send one frame; `tensors` may be on the CPU or on `meta`."""
    message.tensors = [Spec(_NAMES[v.dtype], list(v.shape), v.is_meta) for v in tensors]
    text = msgspec.msgpack.encode(message)
    payload = [raw(value) for value in tensors if not value.is_meta]
    size = sum(len(part) for part in payload)
    if len(text) > HEADER or size > PAYLOAD:
        raise TooLarge(f"a frame of {len(text):,} + {size:,} bytes")
    channel.sendall(b"".join([_LENGTHS.pack(len(text), size), text, *payload]))


def receive(
    channel: socket.socket, kind: Any, deadline: float = math.inf
) -> tuple[Any, list[Tensor]]:
    """Return the next message, if it is of a kind, or `Failed`; and the tensors behind it.

    The deadline, on the clock of `time.monotonic`, is for the whole frame, however slowly it drips.

    Raises
    ------
    WireError
        If the frame is malformed, over a cap, or of another kind.
    TimeoutError, ConnectionError
        If the deadline passes, or the other side is gone.
    """
    text_size, size = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size, deadline))
    if text_size > HEADER or size > PAYLOAD:
        raise WireError(f"a frame of {text_size:,} + {size:,} bytes")
    text = _exactly(channel, text_size, deadline)
    payload = _exactly(channel, size, deadline)
    try:
        message = _decoder(kind).decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(f"no message: {error}") from None
    return message, _tensors(message.tensors, payload)


@cache
def _decoder(kind: Any) -> Any:
    return msgspec.msgpack.Decoder(kind | Failed)


def _exactly(channel: socket.socket, size: int, deadline: float) -> bytearray:
    """Return that many bytes."""
    data = bytearray(size)
    view, done = memoryview(data), 0
    while done < size:
        if deadline < math.inf:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            channel.settimeout(left)
        got = channel.recv_into(view[done:])
        if not got:
            raise ConnectionError("the other side is gone")
        done += got
    return data


def raw(value: Tensor) -> bytes:
    """Return the numbers of a tensor on the CPU as they lie in memory."""
    flat = value.detach().resolve_conj().resolve_neg().contiguous().reshape(-1)
    return bytes(flat.view(torch.uint8).numpy())


def as_tensor(data: bytes) -> Tensor:
    """Return bytes as a tensor: what is too large for a message."""
    if not data:
        return torch.empty(0, dtype=torch.uint8)
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)


def _tensors(specs: list[Spec], payload: bytearray) -> list[Tensor]:
    """Return the tensors of a frame, every byte of the payload used."""
    tensors, start = [], 0
    for spec in specs:
        dtype = _DTYPES[spec.dtype]
        if math.prod(side or 1 for side in spec.shape) > ELEMENTS:
            raise WireError("a shape beyond all bounds")
        if spec.meta:
            tensors.append(torch.empty(spec.shape, dtype=dtype, device="meta"))
            continue
        size = math.prod(spec.shape) * dtype.itemsize
        if size > len(payload) - start:
            raise WireError("a tensor without its bytes")
        part = payload[start : start + size]
        start += size
        flat = torch.frombuffer(part, dtype=dtype) if size else torch.empty(0, dtype=dtype)
        tensors.append(flat.reshape(spec.shape))
    if start != len(payload):
        raise WireError("bytes without a tensor")
    return tensors


def encode(value: Any, tensors: list[Tensor], depth: int = DEPTH) -> Value:
    """Return a value as part of a message, its tensors appended to `tensors`.

    Raises
    ------
    TooLarge
        If a tensor is one that the wire does not carry.
    """
    if value is None or isinstance(value, bool):
        return Plain(value)
    if isinstance(value, float):
        return Plain(float(value))
    if isinstance(value, int) and abs(value) < 2**63:
        return Plain(int(value))
    if isinstance(value, str):
        return Plain(text(value))
    if isinstance(value, Tensor):
        with torch._C.DisableTorchFunctionSubclass():
            plain = value if type(value) is Tensor else value.as_subclass(Tensor)
            tensors.append(_portable(plain))
        return Ref(len(tensors) - 1)
    if isinstance(value, tuple | list) and len(value) <= PARTS and depth > 1:
        kind: Literal["tuple", "list"] = "tuple" if isinstance(value, tuple) else "list"
        return Series(kind, [encode(part, tensors, depth - 1) for part in value])
    return Other(text(type(value).__name__))


def text(value: str) -> str:
    """Return a text that can be sent: not too long, no halves of characters."""
    return str(value)[:TEXT].encode("utf-8", "replace").decode()


def _portable(value: Tensor) -> Tensor:
    if value.layout is not torch.strided or value.dtype not in _NAMES or value.is_quantized:
        raise TooLarge(f"a tensor of {value.layout} and {value.dtype}")
    if not value.is_meta and value.device.type != "cpu":
        raise TooLarge(f"a tensor on {value.device}")
    if not value.is_meta and value.numel() * value.element_size() > PAYLOAD:
        raise TooLarge(f"a tensor of shape {tuple(value.shape)}")
    return value


def decode(value: Value, tensors: Sequence[Tensor], depth: int = DEPTH) -> Any:
    """Return what `encode` was given; for what it could not encode, an object of that type name.

    Raises
    ------
    WireError
        If it was not made by `encode`.
    """
    if isinstance(value, Plain):
        return value.value
    if isinstance(value, Ref) and value.at < len(tensors):
        return tensors[value.at]
    if isinstance(value, Series) and depth > 1:
        parts = [decode(part, tensors, depth - 1) for part in value.parts]
        return tuple(parts) if value.kind == "tuple" else parts
    if isinstance(value, Other):
        return type(name_of(value.name), (), {})()
    raise WireError("no value")


def name_of(told: str) -> str:
    """Return a text of the jail as a name: letters, digits, dots and underscores, 60 at most."""
    return "".join(c for c in told[:60] if c.isascii() and (c.isalnum() or c in "._")) or "_"
