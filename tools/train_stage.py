"""Train the stage's two models, hold them to what the pages say, and write them for the pages.

`make models` writes vaelib/_static/stage/models.js: a classic script, which pages opened from a
folder load too. Weights of large layers are int8, one scale for each row.
"""

import math
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from vaelib import VAE, Sampling, fit, load_mnist
from vaelib.latent_space import aggregate_log_prob
from vaelib.stage.data import describe, own_image, script
from vaelib.stage.weights import rounded

TARGET = Path(__file__).parent.parent / "vaelib/_static/stage/models.js"
COPIES = 4  # of each training image, moved a little
EPOCHS = 20  # over the images and their copies
# Then the map's model trains on with this weight of the KL, for so many epochs: the codes of all
# images together come closer to the prior; reconstructions get a little worse.
LATE_BETA, LATE_EPOCHS = 3.0, 6
WIDE_SEED, FLAT_SEED = 0, 0  # of the seeds 0 to 3 the first for which measured() holds


def moved(images: Tensor) -> Tensor:
    """Return the images and copies of them: turned up to 12 degrees, shifted, scaled by 10 %.

    What is drawn by hand on a page lies less exactly than what MNIST's makers scanned; and
    the codes of images that were not trained on then spread like those that were.
    """
    pictures, made = images.view(-1, 1, 28, 28), [images]
    for _ in range(COPIES):
        angle, zoom, *shift = (2 * torch.rand(4, len(images)) - 1) * torch.tensor(
            [[math.radians(12)], [0.1], [1.5 / 14], [1.5 / 14]]
        )
        turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1)
        turn = turn.view(-1, 2, 2) * (1 + zoom)[:, None, None]
        where = torch.cat([turn, torch.stack(shift, dim=1)[:, :, None]], dim=2)
        grid = F.affine_grid(where, list(pictures.shape), align_corners=False)
        copies = F.grid_sample(pictures, grid, align_corners=False)
        made.append(copies.view(-1, 784).clamp(0, 1))
    return torch.cat(made)


def own_drawing(model: VAE, z: Tensor, images: Tensor) -> float:
    """Return the share of drawings whose nearest image, pixel by pixel, is their own."""
    near = torch.cdist(model.decoder(z).sigmoid(), images).argmin(dim=1)
    return (near == torch.arange(len(images))).float().mean().item()


def prior_outside(mu: Tensor, logvar: Tensor) -> float:
    """Return the share of prior draws below the codes' 5 % quantile of log density."""
    codes = aggregate_log_prob(Sampling()(mu, logvar), mu, logvar)
    drawn = aggregate_log_prob(torch.randn(2000, mu.shape[1]), mu, logvar)
    return (drawn < codes.quantile(0.05)).float().mean().item()


def digits_on_map(model: VAE, images: Tensor, labels: Tensor, side: int = 30) -> int:
    """Return how many numerals the decoder draws on a grid over the prior's map.

    A drawing counts as a numeral if at least four of its five nearest test images show it.
    """
    axis = torch.linspace(-2.5, 2.5, side)
    drawn = model.decoder(torch.cartesian_prod(axis, axis)).sigmoid()
    near = labels[torch.cdist(drawn, images).topk(5, largest=False).indices]
    named = near.mode(dim=1).values
    sure = (near == named[:, None]).sum(dim=1) >= 4
    return len(named[sure].unique())


def train(latent_dim: int, seed: int, images: Tensor, late_epochs: int = 0) -> VAE:
    """Return a trained model with the weights that the page will have."""
    torch.manual_seed(seed)
    model = VAE(latent_dim=latent_dim)
    images = moved(images)
    fit(model, images, epochs=EPOCHS, progress=False)
    if late_epochs:
        fit(model, images, epochs=late_epochs, beta=LATE_BETA, progress=False)
    return rounded(model)


def measured(wide: VAE, flat: VAE, images: Tensor, labels: Tensor) -> dict[str, float]:
    """Print what the pages lean on; return it, or stop where it does not hold."""
    mu, logvar = wide.encoder(images)
    flat_codes = flat.encoder(images)
    held = {
        "found": (own_image(mu, logvar), 0.98, 1.0),
        "drawn": (own_drawing(wide, mu, images), 0.98, 1.0),
        "outside": (prior_outside(*flat_codes), 0.0, 0.1),
        "numerals": (digits_on_map(flat, images, labels), 10, 10),
    }
    for name, (value, low, high) in held.items():
        print(f"{name}: {value:.4g} ({low:g} to {high:g})")
    print(f"drawn from z, not mu: {own_drawing(wide, Sampling()(mu, logvar), images):.1%}")
    if not all(low <= value <= high for value, low, high in held.values()):
        raise SystemExit("The models do not show what the pages say: choose another seed.")
    return {name: value for name, (value, _, _) in held.items()}


@torch.no_grad()
def main() -> None:
    """Train, measure, and write only if what the pages lean on holds."""
    torch.set_num_threads(1)  # sums in one order
    (train_images, _), _ = load_mnist()
    with torch.enable_grad():
        wide = train(20, WIDE_SEED, train_images)
        flat = train(2, FLAT_SEED, train_images, LATE_EPOCHS)
    write(wide, flat)


@torch.no_grad()
def write(wide: VAE, flat: VAE) -> None:
    """Measure the models, and write them if they hold."""
    torch.manual_seed(0)
    measured(wide, flat, *load_mnist()[1])
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(script(describe(wide, flat)), encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
