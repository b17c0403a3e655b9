"""The figure that stands in for the explorer on paper, and where scripts do not run."""

import io
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke
from torch import Tensor

from vaelib.models import VAE

LETTERS = "ABCDEF"
# The digits 0 to 9, as in explorer.css; numerals tell them apart where colours do not.
COLOURS = "#332288 #3f9fd0 #2f9e8b #117733 #8a8a1f #b8962e #cc5566 #882255 #aa4499 #7a7f87".split()
_BOLD: dict[str, Any] = {
    "fontweight": "bold",
    "path_effects": [withStroke(linewidth=3, foreground="white")],
}


@torch.no_grad()
def draw_figure(model: VAE, images: Tensor, labels: Tensor) -> bytes:
    """Return a PNG: the map of all codes, and six images with what a z of each decodes to."""
    mu, logvar = model.encoder(images)
    sigma = torch.exp(0.5 * logvar)
    eps = torch.randn(mu.shape, generator=torch.Generator().manual_seed(0))
    decoded = torch.sigmoid(model.decoder(mu + sigma * eps))
    with plt.style.context("vaelib.book"):
        figure = plt.figure(figsize=(8, 4.6))
        left, right = figure.subfigures(1, 2, width_ratios=[5, 3])
        ax = left.subplots()
        for digit, colour in enumerate(COLOURS):
            own = mu[labels == digit]
            if len(own):
                ax.scatter(own[:, 0], own[:, 1], s=6, alpha=0.6, linewidths=0, color=colour)
                x, y = own.median(dim=0).values.tolist()
                ax.text(x, y, str(digit), color=colour, fontsize=15, ha="center", **_BOLD)
        for row, letter in enumerate(LETTERS[: len(images)]):
            centre, (width, height) = mu[row].tolist(), (4 * sigma[row]).tolist()
            ax.add_patch(Ellipse(centre, width, height, fill=False, ec="black", lw=1.8))
            ax.annotate(letter, centre, (8, 6), textcoords="offset points", **_BOLD)
        ax.set(xlabel="z, dimension 1", ylabel="z, dimension 2", aspect="equal")
        panels = {"images": images, "decoded from one z": decoded}
        for box, (name, pictures) in zip(right.subfigures(2, 1), panels.items(), strict=True):
            box.suptitle(name, fontsize=11)
            for row, axis in enumerate(box.subplots(2, 3).flat):
                axis.set_axis_off()
                if row < len(images):
                    axis.imshow(pictures[row].reshape(28, 28), vmin=0, vmax=1)
                    axis.set_title(LETTERS[row], fontweight="bold", loc="center")
        png = io.BytesIO()
        figure.savefig(png, format="png", metadata={"Software": None})
        plt.close(figure)
    return png.getvalue()
