"""Train the stage's two models, hold them to what the pages say, and write them for the pages.

`make models` writes book/_static/stage/models.js: a classic script, which pages opened from a
folder load too. Weights of large layers are int8, one scale for each row, as in the explorer.
"""

import json
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from vaelib import VAE, Sampling, fit, gaussian_log_prob, load_mnist, reconstruction_loss
from vaelib.latent_space import aggregate_log_prob
from vaelib.stage.weights import as_base64, packed, rounded

TARGET = Path(__file__).parent.parent / "book/_static/stage/models.js"
PER_DIGIT = 10  # test images of each digit, to be shown
STEP = 1 / 32  # of the training images' codes in the page
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


def own_image(mu: Tensor, logvar: Tensor) -> float:
    """Return the share of z that point back to their own image, as the chapters count it."""
    z = Sampling()(mu, logvar)
    found = [gaussian_log_prob(point.expand_as(mu), mu, logvar).argmax() for point in z]
    return (torch.stack(found) == torch.arange(len(mu))).float().mean().item()


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
    (train_images, train_labels), (images, labels) = load_mnist()
    mean, codes = train_images.mean(dim=0), wide.encoder(train_images)[0]
    torch.manual_seed(0)
    held = measured(wide, flat, images, labels)
    # One digit after the other, so that the first ten are all different.
    rows = torch.stack([(labels == d).nonzero()[:PER_DIGIT, 0] for d in range(10)]).T.flatten()
    mu, logvar = wide.encoder(images)
    own = reconstruction_loss(wide.decoder(Sampling()(mu, logvar)), images).mean()
    data: dict[str, Any] = {
        "wide": packed(wide),
        "flat": packed(flat),
        "codes": as_base64((codes / STEP).round().clamp(-127, 127).to(torch.int8)),
        "step": STEP,
        "digits": as_base64(train_labels.byte()),
        "dots": as_base64(flat.encoder(images)[0]),
        "labels": as_base64(labels.byte()),
        "images": as_base64((255 * images[rows]).round().byte()),
        "mean": as_base64((255 * mean).round().byte()),
        "shown": labels[rows].tolist(),
        "far": torch.cdist(mu, codes).amin(dim=1).quantile(0.99).item(),
        "found": held["found"],
        "between": mu.var(dim=0).mean().item(),
        "within": logvar.exp().mean().item(),
        "price": price(wide, images),
        "cost": {
            "own": own.item(),
            "mean": F.binary_cross_entropy(
                mean.expand_as(images).clamp(1e-3), images, reduction="sum"
            ).item()
            / len(images),
        },
    }
    TARGET.parent.mkdir(exist_ok=True)
    text = json.dumps(data, separators=(",", ":"))
    TARGET.write_text(f"window.VAE_STAGE_MODELS={text};\n", encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
