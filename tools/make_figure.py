"""Draw the figure of the README and the preface: six images' Gaussians over the codes of all.

    python tools/make_figure.py

It is the figure of book/posteriors.ipynb, from the same seed.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import torch

from vaelib import VAE, fit, load_mnist, plot_posteriors

TARGET = Path(__file__).parents[1] / "book" / "_static" / "posteriors.png"

if __name__ == "__main__":
    plt.switch_backend("agg")
    plt.style.use("vaelib.book")
    (train_images, _), (test_images, _) = load_mnist()
    torch.manual_seed(0)
    model = VAE(latent_dim=2)
    fit(model, train_images)
    with torch.no_grad():
        mu, logvar = model.encoder(test_images)
    plot_posteriors(mu, logvar, test_images, chosen=range(6))
    plt.savefig(TARGET, metadata={"Software": None})
    print(f"wrote {TARGET.name}")
