"""Plain data between judge and jail: frames of JSON and raw bytes, never pickles.

Everything that comes out of the jail is held to the caps here before anything is allocated.
"""

import json
import math
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

HEADER = 1 << 20  # bytes of JSON in a frame
PAYLOAD = 64 << 20  # bytes of numbers in a frame
_LENGTHS = struct.Struct("!IQ")
_TENSORS, _DIMENSIONS, _VALUES, _TEXT = 100, 8, 16, 2000
_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float32, torch.float64, torch.float16, torch.bfloat16),
        *(torch.complex64, torch.complex128, torch.bool, torch.uint8),
        *(torch.int8, torch.int16, torch.int32, torch.int64),
    )
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}

Frame = tuple[dict[str, Any], list[Tensor]]


class WireError(Exception):
    """What came is not a frame, or is over a cap."""


class TooLarge(Exception):
    """A tensor that the wire does not carry: too large, or of an unusual kind."""


def send(channel: socket.socket, header: dict[str, Any], tensors: Sequence[Tensor] = ()) -> None:
    """Send one frame; `tensors` may be on the CPU or on `meta`."""
    specs: list[dict[str, Any]] = []
    payload = []
    for value in tensors:
        specs.append({"dtype": _NAMES[value.dtype], "shape": list(value.shape)})
        if value.device.type == "meta":
            specs[-1]["meta"] = True
        else:
            payload.append(raw(value))
    text = json.dumps({**header, "tensors": specs}).encode()
    size = sum(len(part) for part in payload)
    if len(text) > HEADER or size > PAYLOAD:
        raise TooLarge(f"a frame of {len(text):,} + {size:,} bytes")
    channel.sendall(b"".join([_LENGTHS.pack(len(text), size), text, *payload]))


def receive(channel: socket.socket, deadline: float = math.inf) -> Frame:
    """Return the next frame: the header, and the tensors that came with it.

    Parameters
    ----------
    channel : socket
        A connected stream.
    deadline : float
        On the clock of `time.monotonic`, for the whole frame, however slowly it drips.

    Raises
    ------
    WireError
        If the frame is malformed, or over a cap.
    TimeoutError, ConnectionError
        If the deadline passes, or the other side is gone.
    """
    text_size, size = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size, deadline))
    if text_size > HEADER or size > PAYLOAD:
        raise WireError(f"a frame of {text_size:,} + {size:,} bytes")
    text = _exactly(channel, text_size, deadline)
    payload = _exactly(channel, size, deadline)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {error}") from None
    if not isinstance(header, dict):
        raise WireError("not an object")
    return header, _tensors(header.pop("tensors", None), payload)


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


def _tensors(specs: Any, payload: bytearray) -> list[Tensor]:
    """Return the tensors of a frame, every byte of the payload used."""
    if not isinstance(specs, list) or len(specs) > _TENSORS:
        raise WireError("not a list of tensors")
    tensors, start = [], 0
    for spec in specs:
        dtype, shape, meta = _spec(spec)
        if meta:
            tensors.append(torch.empty(shape, dtype=dtype, device="meta"))
            continue
        size = math.prod(shape) * dtype.itemsize
        if size > len(payload) - start:
            raise WireError("a tensor without its bytes")
        part = payload[start : start + size]
        start += size
        empty = torch.empty(0, dtype=dtype)
        tensors.append((torch.frombuffer(part, dtype=dtype) if size else empty).reshape(shape))
    if start != len(payload):
        raise WireError("bytes without a tensor")
    return tensors


def _spec(spec: Any) -> tuple[torch.dtype, list[int], bool]:
    if not isinstance(spec, dict):
        raise WireError("not a tensor")
    name, shape = spec.get("dtype"), spec.get("shape")
    if not isinstance(name, str) or name not in _DTYPES:
        raise WireError("no known dtype")
    if not isinstance(shape, list) or len(shape) > _DIMENSIONS:
        raise WireError("no shape")
    if not all(type(side) is int and 0 <= side < 2**31 for side in shape):
        raise WireError("no shape")
    if math.prod(side or 1 for side in shape) > 2**40:
        raise WireError("a shape beyond all bounds")
    return _DTYPES[name], shape, spec.get("meta") is True


def encode(value: Any, tensors: list[Tensor]) -> Any:
    """Return a value as JSON, its tensors appended to `tensors`: what an answer may return.

    Raises
    ------
    TooLarge
        If a tensor is one that the wire does not carry.
    """
    if value is None or isinstance(value, bool):
        return {"plain": value}
    if isinstance(value, float):
        return {"plain": float(value)}
    if isinstance(value, int) and abs(value) < 2**63:
        return {"plain": int(value)}
    if isinstance(value, str):
        return {"plain": str(value)[:_TEXT]}
    if isinstance(value, Tensor):
        with torch._C.DisableTorchFunctionSubclass():
            plain = value if type(value) is Tensor else value.as_subclass(Tensor)
            tensors.append(_portable(plain))
        return {"tensor": len(tensors) - 1}
    for series in (tuple, list):
        if isinstance(value, series) and len(value) <= _VALUES:
            return {series.__name__: [encode(part, tensors) for part in value]}
    return {"other": type(value).__name__[:_TEXT]}


def _portable(value: Tensor) -> Tensor:
    if value.layout is not torch.strided or value.dtype not in _NAMES or value.is_quantized:
        raise TooLarge(f"a tensor of {value.layout} and {value.dtype}")
    meta = value.device.type == "meta"
    if value.device.type != "cpu" and not meta:
        raise TooLarge(f"a tensor on {value.device}")
    size = value.numel() * value.element_size()
    if size > PAYLOAD and not meta:
        raise TooLarge(f"a tensor of shape {tuple(value.shape)}")
    return value


def decode(plain: Any, tensors: Sequence[Tensor], depth: int = 3) -> Any:
    """Return what `encode` was given; for what it could not encode, an object of that type name.

    Raises
    ------
    WireError
        If it was not made by `encode`.
    """
    if not isinstance(plain, dict) or len(plain) != 1 or not depth:
        raise WireError("no value")
    ((kind, value),) = plain.items()
    if kind == "plain" and (value is None or isinstance(value, bool | int | float | str)):
        return value
    if kind == "tensor" and type(value) is int and 0 <= value < len(tensors):
        return tensors[value]
    if kind in ("tuple", "list") and isinstance(value, list) and len(value) <= _VALUES:
        parts = [decode(part, tensors, depth - 1) for part in value]
        return tuple(parts) if kind == "tuple" else parts
    if kind == "other" and isinstance(value, str):
        return type(name_of(value), (), {})()
    raise WireError("no value")


def name_of(text: Any) -> str:
    """Return a text of the jail as a name: letters, digits, dots and underscores, 60 at most."""
    return "".join(c for c in str(text)[:60] if c.isascii() and (c.isalnum() or c in "._")) or "_"
