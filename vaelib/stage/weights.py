"""Weights as the page holds them: int8 for the two layers that touch the pixels."""

import base64
import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from vaelib.models import VAE

Layers = dict[str, dict[str, str | None]]


def _large(layer: nn.Linear) -> bool:
    """Tell whether a layer is worth rounding: the two that touch the pixels."""
    return 784 in (layer.in_features, layer.out_features)


def _scale(weight: Tensor) -> Tensor:
    """Return what one step of int8 is worth in each row, shape (rows, 1)."""
    return weight.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127


@torch.no_grad()
def rounded(model: VAE) -> VAE:
    """Return a copy on the CPU whose large layers hold only what int8 can express.

    A hidden unit of the decoder may be scaled, if its outgoing weights are divided by as much:
    relu lets it pass. Scaled so that the largest of them is 1, all weights of a row are of one
    size, and one step of int8 fits them all: the error in a pixel falls to less than half.
    """
    copied = copy.deepcopy(model).cpu().float().eval()
    unit, logits = copied.decoder.hidden, copied.decoder.logits
    reach = logits.weight.abs().amax(dim=0).clamp(min=1e-6)
    unit.weight.mul_(reach[:, None])
    unit.bias.mul_(reach)
    logits.weight.div_(reach)
    for layer in copied.modules():
        if isinstance(layer, nn.Linear) and _large(layer):
            scale = _scale(layer.weight)
            layer.weight.copy_((layer.weight / scale).round() * scale)
    return copied


def _layers(model: VAE) -> Iterator[tuple[str, nn.Linear]]:
    """Yield the layers by the names that the script knows them by."""
    encoder, decoder = model.encoder, model.decoder
    yield "features", encoder.hidden
    yield "mu", encoder.mu
    yield "logvar", encoder.logvar
    yield "code", decoder.hidden
    yield "logits", decoder.logits


def packed(model: VAE) -> Layers:
    """Return each layer's weight, scale and bias in base64: int8 with a scale, or float32."""
    return {name: _packed_layer(layer) for name, layer in _layers(model)}


def _packed_layer(layer: nn.Linear) -> dict[str, str | None]:
    weight, bias = layer.weight.detach(), layer.bias.detach()
    if not _large(layer):
        return {"weight": as_base64(weight), "scale": None, "bias": as_base64(bias)}
    scale = _scale(weight)
    return {
        "weight": as_base64((weight / scale).round().to(torch.int8)),
        "scale": as_base64(scale),
        "bias": as_base64(bias),
    }


@torch.no_grad()
def unpacked(layers: Layers) -> VAE:
    """Return the model that was packed."""

    def read(name: str, kind: str, dtype: torch.dtype = torch.float32) -> Tensor:
        raw = base64.b64decode(layers[name][kind] or "")
        return torch.frombuffer(bytearray(raw), dtype=dtype).float()

    sizes = (len(read(name, "bias")) for name in ("logits", "features", "mu"))
    with torch.random.fork_rng(devices=[]):  # the caller's numbers are left alone
        model = VAE(*sizes).eval()
    for name, layer in _layers(model):
        whole = layers[name]["scale"] is None
        weight = read(name, "weight", torch.float32 if whole else torch.int8)
        weight = weight.view_as(layer.weight)
        layer.weight.copy_(weight if whole else weight * read(name, "scale")[:, None])
        layer.bias.copy_(read(name, "bias"))
    return model


def as_base64(values: Tensor) -> str:
    """Return the little-endian bytes of a tensor in base64."""
    array = values.numpy()
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode()
