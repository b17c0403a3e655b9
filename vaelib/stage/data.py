"""What models.js holds: two models, and what the acts say of them, measured on the digits."""

import json
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from vaelib.data import load_mnist
from vaelib.elbo import reconstruction_loss
from vaelib.kl import kl_loss
from vaelib.log_variance import gaussian_log_prob
from vaelib.models import VAE
from vaelib.sampling import Sampling
from vaelib.stage.weights import as_base64, packed, unpacked

FILES: Traversable = files("vaelib") / "_static/stage"
PER_DIGIT = 10  # test images of each digit, to be shown
STEP = 1 / 32  # of the training images' codes in the page


def script(data: dict[str, Any]) -> str:
    """Return what describe() gave as a classic script, which pages opened from a folder load."""
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    return f"window.VAE_STAGE_MODELS={text};\n"


@cache
def stored() -> dict[str, Any]:
    """Return what models.js holds."""
    text = (FILES / "models.js").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text.partition("=")[2].rstrip(";\n"))
    return found


def stored_models() -> dict[str, VAE]:
    """Return the models of the pages: `wide` for drawings and costs, `flat` for the map."""
    return {name: unpacked(stored()[name]) for name in ("wide", "flat")}


def own_image(mu: Tensor, logvar: Tensor) -> float:
    """Return the share of z that point back to their own image, as the chapters count it."""
    z = Sampling()(mu, logvar)
    found = [gaussian_log_prob(point.expand_as(mu), mu, logvar).argmax() for point in z]
    return (torch.stack(found) == torch.arange(len(mu))).float().mean().item()


def price(model: VAE, images: Tensor, draws: int = 20) -> dict[str, list[float]]:
    """Return what the noise costs in each dimension: half of 1 - sigma^2, and as measured."""
    mu, logvar = model.encoder(images)

    def cost(z: Tensor) -> float:
        return reconstruction_loss(model.decoder(z), images).mean().item()

    plain, measured = cost(mu), []
    for k in range(mu.shape[1]):
        only = F.one_hot(torch.tensor(k), mu.shape[1])
        noisy = [
            cost(mu + only * (0.5 * logvar).exp() * torch.randn_like(mu)) for _ in range(draws)
        ]
        measured.append(sum(noisy) / draws - plain)
    return {"predicted": (0.5 * (1 - logvar.exp())).mean(dim=0).tolist(), "measured": measured}


@torch.no_grad()
def describe(wide: VAE, flat: VAE, draws: int = 20) -> dict[str, Any]:
    """Return the data of the acts: `wide` draws and costs, `flat` (2 dimensions) gives the map.

    One model of two dimensions may be both. Weights are held as int8, so give what
    `weights.rounded` made of them.
    """
    (train_images, train_labels), (images, labels) = load_mnist()
    mean, codes = train_images.mean(dim=0), wide.encoder(train_images)[0]
    mu, logvar = wide.encoder(images)
    dots, spreads = flat.encoder(images)
    own = reconstruction_loss(wide.decoder(Sampling()(mu, logvar)), images).mean()
    # One digit after the other, so that the first ten are all different.
    rows = torch.stack([(labels == d).nonzero()[:PER_DIGIT, 0] for d in range(10)]).T.flatten()
    step = max(STEP, codes.abs().max().item() / 127)
    return {
        "wide": packed(wide),
        "flat": None if flat is wide else packed(flat),
        "codes": as_base64((codes / step).round().to(torch.int8)),
        "step": step,
        "digits": as_base64(train_labels.byte()),
        "dots": as_base64(dots),
        "spreads": as_base64(spreads),
        "labels": as_base64(labels.byte()),
        "images": as_base64((255 * images[rows]).round().byte()),
        "mean": as_base64((255 * mean).round().byte()),
        "shown": labels[rows].tolist(),
        "far": torch.cdist(mu, codes).amin(dim=1).quantile(0.99).item(),
        "found": own_image(mu, logvar),
        "between": mu.var(dim=0).mean().item(),
        "within": logvar.exp().mean().item(),
        "price": price(wide, images, draws),
        "cost": {
            "own": own.item(),
            "kl": kl_loss(mu, logvar).item(),
            "mean": F.binary_cross_entropy(
                mean.expand_as(images).clamp(1e-3), images, reduction="sum"
            ).item()
            / len(images),
        },
    }
