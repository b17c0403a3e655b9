"""A latent-space explorer that runs in the page: in the book, in Jupyter and in Colab alike.

The networks, their weights and some images are written into one piece of HTML, with the
JavaScript that runs them: the engine of the book's stage. It asks for no network and no kernel.
"""

import base64
import html
import json
import uuid
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import torch
from torch import Tensor

from vaelib._validation import require_images
from vaelib.bugs import true_cost
from vaelib.models import VAE
from vaelib.stage.bundle import bundle
from vaelib.stage.figure import draw_figure
from vaelib.stage.weights import as_base64, packed, rounded

PER_DIGIT = 20  # images of each digit in the page: 200 kB

ALT = (
    "A map of two-dimensional codes: a dot for each of {n} test images, coloured by digit, with "
    "the digits' numerals in the middle of their own dots. Small ellipses with letters, the "
    "Gaussians of single images, lie in it, far smaller than the cloud. Beside the map stand "
    "these images, and next to each the soft digit that the decoder makes of one of its z."
)
CAPTION = (
    "Where JavaScript runs, an explorer stands here in place of this figure. Each dot is the mu "
    "of a test image. The ellipses are the Gaussians of single images, to two sigma; of every "
    "digit one that two dimensions keep well. Right: these images, and one z of each, decoded."
)


class Explorer:
    """Show what trained models make of images: put it last in a notebook cell.

    Its HTML runs encoders and decoders in the reader's browser, with the weights of the large
    layers rounded to int8, one scale for each row. Where scripts do not run, and on paper, a
    figure of the first model stands in for it.

    Parameters
    ----------
    models : mapping of str to VAE
        Models by the name to show; 784 pixels, one hidden layer, a two-dimensional z. Whatever
        a model samples by, the explorer draws z as `Sampling` does.
    images : Tensor, shape (n, 784)
        Test images with pixels in [0, 1]. All are on the map; the first 20 of each digit are
        in the page too, to be picked.
    labels : Tensor, shape (n,)
        The digits 0 to 9 that the images show.

    Attributes
    ----------
    models : dict of str to VAE
        The models with the rounded weights, on the CPU: what the page runs.
    order : Tensor, shape (n,)
        The rows of `images` in the order of the page, those that can be picked first.

    Raises
    ------
    TypeError, ValueError
        If there is no model, one is not a VAE of that form, images are not a finite matrix in
        [0, 1], or labels are not one digit for each image.
    """

    def __init__(self, models: Mapping[str, VAE], images: Tensor, labels: Tensor) -> None:
        if not models:
            raise ValueError("models must hold at least one model, got none")
        for name, model in models.items():
            _require_flat(name, model)
        require_images(images, 784)
        if labels.shape != (len(images),) or labels.is_floating_point():
            raise ValueError(
                f"labels must be {len(images)} ints, one for each image, "
                f"got {labels.dtype} of shape {tuple(labels.shape)}"
            )
        if labels.min() < 0 or labels.max() > 9:
            raise ValueError(f"labels must lie in 0 to 9, got {labels.min()} to {labels.max()}")
        self.order, self._pickable = _order(labels.cpu())
        self.images = images.detach().cpu().float()[self.order]
        self.labels = labels.cpu()[self.order]
        self.models = {name: rounded(model) for name, model in models.items()}

    def __repr__(self) -> str:
        return f"Explorer of {', '.join(self.models)}: to be shown by a notebook."

    def _repr_html_(self) -> str:
        """Return the figure, the data, the markup and the script as one piece of HTML."""
        name = f"explorer-{uuid.uuid4().hex[:8]}"
        picture = base64.b64encode(self.figure()).decode()
        data = json.dumps(self._data(), separators=(",", ":")).replace("<", "\\u003c")
        style, markup = (
            (files("vaelib.stage") / f"explorer/explorer.{kind}").read_text(encoding="utf-8")
            for kind in ("css", "html")
        )
        alt = html.escape(ALT.format(n=f"{len(self.images):,}"))
        return (
            # The attribute keeps JupyterLab from taking keys for commands of its own.
            f'<div class="vaelib-explorer" id="{name}" data-lm-suppress-shortcuts="true">'
            f'<figure style="margin:0;break-inside:avoid"><img style="max-width:100%" alt="{alt}" '
            f'src="data:image/png;base64,{picture}"><figcaption>{CAPTION}</figcaption></figure>'
            f"<template><style>{style}</style>{markup}</template>"
            f'<script type="application/json">{data}</script></div>'
            f"<script>{bundle('notebook.js')}</script>"
        )

    def figure(self) -> bytes:
        """Return the figure that stands in for the explorer, as a PNG: the first model's."""
        return draw_figure(next(iter(self.models.values())), self.images, self.labels)

    @torch.no_grad()
    def _data(self) -> dict[str, Any]:
        """Return what the page needs to know, ready for JSON."""
        return {
            "images": as_base64((255 * self.images[: self._pickable]).round().byte()),
            "labels": as_base64(self.labels.byte()),
            "models": [self._described(name, model) for name, model in self.models.items()],
        }

    def _described(self, name: str, model: VAE) -> dict[str, Any]:
        """Return a model's name, its cost (with the same noise every time), codes and weights."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            cost = true_cost(model, self.images)
        codes = torch.cat(model.encoder(self.images), dim=1)
        return {"name": name, "cost": cost, "codes": as_base64(codes), "layers": packed(model)}


def _require_flat(name: str, model: object) -> None:
    """Raise unless the page can run the model."""
    if not isinstance(model, VAE):
        raise TypeError(f"model {name!r} must be a VAE, got {type(model).__name__}")
    pixels, latent_dim = model.encoder.hidden.in_features, model.encoder.mu.out_features
    if (pixels, latent_dim) != (784, 2):
        raise ValueError(
            f"model {name!r} must have 784 pixels and 2 latent dimensions, "
            f"got {pixels} and {latent_dim}"
        )


def _order(labels: Tensor) -> tuple[Tensor, int]:
    """Return the rows with the pickable ones first, digit after digit, and their number."""
    rows = [(labels == digit).nonzero()[:PER_DIGIT, 0].tolist() for digit in range(10)]
    first = [own[turn] for turn in range(PER_DIGIT) for own in rows if turn < len(own)]
    rest = sorted(set(range(len(labels))) - set(first))
    return torch.tensor(first + rest), len(first)
