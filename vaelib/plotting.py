"""The figures that several chapters share.

`plt.style.use("vaelib.book")` gives them, and every other figure, the style of the book.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.patches import Ellipse
from torch import Tensor

_TITLES = {"kl": "KL", "negative_elbo": "negative ELBO"}


def plot_images(rows: Mapping[str, Tensor]) -> None:
    """Draw a row of digits for each entry, with its name above.

    Parameters
    ----------
    rows : mapping of str to Tensor
        Images of shape (n, 784), pixels in [0, 1]; n may differ between rows.

    Raises
    ------
    ValueError
        If an image does not have 784 pixels.
    """
    for name, images in rows.items():
        if images.ndim != 2 or images.shape[1] != 784:
            raise ValueError(
                f"row {name!r} must have shape (images, 784), got {tuple(images.shape)}"
            )
    columns = max(len(images) for images in rows.values())
    size = 6 / columns  # inches; small enough that names stay legible on a phone
    figsize = (6, len(rows) * (size + 0.25))
    _, axes = plt.subplots(len(rows), 1, figsize=figsize, squeeze=False)
    for ax, (name, images) in zip(axes[:, 0], rows.items(), strict=True):
        ax.set_axis_off()
        ax.set_title(name, loc="left").set_in_layout(False)
        # One picture for a row: an axes for each image would take far longer to lay out.
        strip = np.zeros((28, columns, 30), dtype=np.float32)  # two columns of paper between
        strip[:, : len(images), 1:29] = (
            images.detach().cpu().reshape(-1, 28, 28).permute(1, 0, 2).numpy()
        )
        ax.imshow(strip.reshape(28, -1), vmin=0, vmax=1)


def plot_posteriors(mu: Tensor, logvar: Tensor, images: Tensor, chosen: Sequence[int]) -> Axes:
    """Draw the Gaussians of a few images over the codes of all, for a two-dimensional z.

    Parameters
    ----------
    mu, logvar : Tensor, shape (n, 2)
        Mean and log-variance of every image's Gaussian.
    images : Tensor, shape (n, 784)
        The images, of which the chosen ones are drawn around the codes.
    chosen : sequence of int
        Rows whose ellipses (2 sigma: 86 % of the draws lie inside) are drawn.

    Returns
    -------
    Axes
        The axes drawn on.

    Raises
    ------
    ValueError
        If z is not two-dimensional.
    """
    if mu.ndim != 2 or mu.shape[1] != 2:
        raise ValueError(f"mu must have shape (n, 2), got {tuple(mu.shape)}")
    centres = mu.detach().cpu().numpy()
    sigmas = np.exp(0.5 * logvar.detach().cpu().numpy())
    middle = np.median(centres, axis=0)
    _, ax = plt.subplots(figsize=(6, 6))
    ax.scatter(centres[:, 0], centres[:, 1], s=6, color="#bbbbbb")

    # The images stand evenly on a circle around the cloud, each in the direction of its ellipse.
    radius = 1.15 * np.abs(centres - middle).max()
    directions = {row: np.arctan2(*(centres[row] - middle)[::-1]) for row in chosen}
    ordered = sorted(chosen, key=directions.__getitem__)
    even = 2 * np.pi * np.arange(len(ordered)) / len(ordered)
    even += np.mean([directions[row] for row in ordered] - even)
    colours = cycle(plt.rcParams["axes.prop_cycle"].by_key()["color"])
    for row, angle in zip(ordered, even, strict=True):
        colour = next(colours)
        ellipse = Ellipse(centres[row], *(4 * sigmas[row]), fill=False, edgecolor=colour, lw=2.5)
        ax.add_patch(ellipse)
        ax.add_artist(
            AnnotationBbox(
                OffsetImage(
                    images[row].detach().cpu().numpy().reshape(28, 28), zoom=1.4, cmap="gray_r"
                ),
                centres[row],
                middle + radius * np.array([np.cos(angle), np.sin(angle)]),
                pad=0.1,
                bboxprops={"edgecolor": colour, "linewidth": 2},
                arrowprops={"arrowstyle": "-", "color": colour, "patchB": ellipse},
            )
        )
    low, high = middle - 1.15 * radius, middle + 1.15 * radius
    ax.set(
        xlabel="z, dimension 1",
        ylabel="z, dimension 2",
        aspect="equal",
        xlim=(low[0], high[0]),
        ylim=(low[1], high[1]),
    )
    return ax


def plot_histories(
    histories: Mapping[str, Mapping[str, Sequence[float]]], terms: Sequence[str]
) -> Sequence[Axes]:
    """Draw terms of the cost over epochs: a panel for each term, a line for each run.

    Parameters
    ----------
    histories : mapping of str to the result of `fit`
        The runs by name.
    terms : sequence of str
        Keys of a history: "reconstruction", "kl", "negative_elbo".

    Returns
    -------
    sequence of Axes
        One for each term.

    Raises
    ------
    KeyError
        If a history lacks a term.
    """
    figsize = (6, 0.6 + 2.2 * len(terms))  # no wider: names stay legible on a phone
    _, axes = plt.subplots(len(terms), 1, figsize=figsize, sharex=True, squeeze=False)
    panels = list(axes[:, 0])
    for ax, term in zip(panels, terms, strict=True):
        for name, history in histories.items():
            ax.plot(range(1, len(history[term]) + 1), history[term], label=name)
        ax.set(ylabel="nats per image", title=_TITLES.get(term, term))
    panels[-1].set_xlabel("epoch")
    if len(histories) > 1:
        panels[-1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return panels
