"""Draw the pictures of the README and the preface, from the seeds of their chapters.

    python tools/make_figure.py

posteriors.png: six images' Gaussians over the codes of all, as in book/posteriors.ipynb.
explorer.png: what stands in for the stage on paper.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import torch

from vaelib import VAE, fit, load_mnist, plot_posteriors
from vaelib.explorer import Explorer

STATIC = Path(__file__).parents[1] / "book" / "_static"


def draw_posteriors(train_images, test_images):
    """Write posteriors.png."""
    torch.manual_seed(0)
    model = VAE(latent_dim=2)
    fit(model, train_images)
    with torch.no_grad():
        mu, logvar = model.encoder(test_images)
    plot_posteriors(mu, logvar, test_images, chosen=range(6))
    plt.savefig(STATIC / "posteriors.png", metadata={"Software": None})


if __name__ == "__main__":
    plt.switch_backend("agg")
    plt.style.use("vaelib.book")
    (train_images, _), (test_images, _) = load_mnist()
    draw_posteriors(train_images, test_images)
    (STATIC / "explorer.png").write_bytes(Explorer().figure())
    print(f"wrote two pictures to {STATIC.name}")
