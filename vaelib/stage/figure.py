"""The figure that stands in for the explorer on paper, and where scripts do not run."""

import io
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke
from PIL import Image  # comes with matplotlib, which needs it
from torch import Tensor
from torch.nn.functional import cosine_similarity

from vaelib.models import VAE

LETTERS = "ABCDEF"
# The digits 0 to 9, as in explorer.css; numerals tell them apart where colours do not.
COLOURS = [
    "#332288",
    "#2d8fc0",
    "#2f9e8b",
    "#117733",
    "#8a8a1f",
    "#a58420",
    "#cc5566",
    "#882255",
    "#aa4499",
    "#7a7f87",
]
_BOLD: dict[str, Any] = {
    "fontweight": "bold",
    "path_effects": [withStroke(linewidth=3, foreground="white")],
}
_CENTRED: dict[str, Any] = {"ha": "center", "va": "center"}


@torch.no_grad()
def draw_figure(model: VAE, images: Tensor, labels: Tensor) -> bytes:
    """Return a PNG: the map of all codes, and six images with what a z of each decodes to.

    The six are of different digits, each the one that two dimensions keep best.
    """
    mu, logvar = model.encoder(images)
    sigma = torch.exp(0.5 * logvar)
    eps = torch.randn(mu.shape, generator=torch.Generator().manual_seed(0))
    decoded = torch.sigmoid(model.decoder(mu + sigma * eps))
    likeness = cosine_similarity(torch.sigmoid(model.decoder(mu)), images)
    best = [int(likeness.where(labels == digit, -1).argmax()) for digit in labels.unique()]
    best.sort(key=likeness.__getitem__, reverse=True)
    chosen = sorted(best[: len(LETTERS)], key=labels.__getitem__)
    with plt.style.context("vaelib.book"):
        figure = plt.figure(figsize=(7.2, 5))
        left, right = figure.subfigures(1, 2, width_ratios=[3, 1], squeeze=False)[0]
        ax = left.subplots()
        for digit, colour in enumerate(COLOURS):
            own = mu[labels == digit]
            if len(own):
                ax.scatter(*own.T.numpy(), s=9, alpha=0.7, linewidths=0, color=colour)
                x, y = own.median(dim=0).values.tolist()
                ax.text(x, y, str(digit), color=colour, fontsize=14, **_BOLD, **_CENTRED)
        for row, letter in zip(chosen, LETTERS, strict=False):
            centre, (width, height) = mu[row].tolist(), (4 * sigma[row]).tolist()
            ax.add_patch(Ellipse(centre, width, height, fill=False, ec="black", lw=1.8, zorder=4))
            edge = centre[0] + width / 2, centre[1]
            ax.annotate(letter, edge, (3, -4), textcoords="offset points", zorder=5, **_BOLD)
        ax.set(xlabel="z, dimension 1", ylabel="z, dimension 2", aspect="equal")
        cells = right.subplots(len(LETTERS), 2)
        for axis in cells.flat:
            axis.set_axis_off()
        for axis, title in zip(cells[0], ("image", "decoded"), strict=True):
            axis.set_title(title, loc="center")
        for row, letter, pair in zip(chosen, LETTERS, cells, strict=False):
            pair[0].text(-8, 17, letter, fontweight="bold")
            for axis, pictures in zip(pair, (images, decoded), strict=True):
                axis.imshow(pictures[row].reshape(28, 28).numpy(), vmin=0, vmax=1)
        drawn, small = io.BytesIO(), io.BytesIO()
        figure.savefig(drawn, format="png")
        plt.close(figure)
    # A palette makes the file half as large.
    Image.open(drawn).convert("RGB").quantize(256).save(small, "png", optimize=True)
    return small.getvalue()
