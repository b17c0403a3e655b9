"""A bank of bugs, nearly all from published code, each one line that raises no error.

The first four make the loss that training reports too high, the others too low. What a long
training makes of each is stored beside it, in clinic.npz, which `make runs` writes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn.functional import binary_cross_entropy_with_logits as bce_with_logits

from vaelib._validation import require_matrix
from vaelib.elbo import reconstruction_loss
from vaelib.evaluation import evaluate
from vaelib.kl import kl_divergence, kl_loss
from vaelib.models import VAE
from vaelib.sampling import Sampling
from vaelib.training import fit

HIDDEN = 200  # half of the default, so that a page can train all of them


@dataclass(frozen=True)
class Bug:
    """A wrong line of code, what it does, and how to mend it.

    Parameters
    ----------
    name : str
        What is wrong.
    line : str
        The wrong line, which stands in `draw` or in `loss`.
    seen : str
        What shows once one knows where to look.
    cure : str
        The right line.
    why : str
        What the wrong line does. Markdown, as the next.
    caught : str
        What a test of this piece alone would see.
    draw : callable, optional
        Takes (mu, logvar), returns z: stands in for `Sampling`.
    loss : callable, optional
        Takes (logits, x, mu, logvar), returns a 0-dim Tensor: stands in for `negative_elbo`.
    """

    name: str
    line: str
    seen: str
    cure: str
    why: str
    caught: str
    draw: Callable[[Tensor, Tensor], Tensor] | None = None
    loss: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] | None = None


@dataclass(frozen=True)
class Patient:
    """What came of a training with a bug in it, or of the right code.

    Parameters
    ----------
    loss : Tensor, shape (epochs,)
        What each epoch reported, in the bug's own unit.
    reconstruction, kl, sigma : float
        The terms of `true_cost` on the test images, in nats per image, and their mean sigma.
    drawings : Tensor, shape (n, 784)
        The n images as the trained model reconstructs them, pixels in [0, 1].
    samples : Tensor, shape (n, 784)
        What its decoder makes of n draws of the prior.
    """

    loss: Tensor
    reconstruction: float
    kl: float
    sigma: float
    drawings: Tensor
    samples: Tensor

    @property
    def negative_elbo(self) -> float:
        """The true cost: reconstruction + KL."""
        return self.reconstruction + self.kl


class Draw(nn.Module):
    """A sampling layer that calls a function: (mu, logvar) to z."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """Return function(mu, logvar), shape (batch, latent_dim)."""
        z: Tensor = self.function(mu, logvar)
        return z


def sigmoid_twice(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Apply a sigmoid, then a function that applies one itself."""
    reconstruction = bce_with_logits(torch.sigmoid(logits), x, reduction="sum") / len(x)
    return reconstruction + kl_loss(mu, logvar)


def cut_gradient(mu: Tensor, logvar: Tensor) -> Tensor:
    """Draw the right z, which knows nothing of where it came from."""
    std = torch.exp(0.5 * logvar)
    return Normal(mu, std).sample()  # type: ignore[no-any-return]


def shared_noise(mu: Tensor, logvar: Tensor) -> Tensor:
    """Draw one row of noise and let broadcasting hand it to every image."""
    eps = torch.randn(mu.shape[1], device=mu.device)
    return mu + torch.exp(0.5 * logvar) * eps


def detached_std(mu: Tensor, logvar: Tensor) -> Tensor:
    """Keep the reconstruction from teaching logvar."""
    std = torch.exp(0.5 * logvar).detach()
    return mu + std * torch.randn_like(std)


def variance_as_std(mu: Tensor, logvar: Tensor) -> Tensor:
    """Scale the noise by the variance."""
    std = torch.exp(logvar)
    return mu + std * torch.randn_like(std)


def uniform_noise(mu: Tensor, logvar: Tensor) -> Tensor:
    """Draw the noise evenly from 0 to 1."""
    std = torch.exp(0.5 * logvar)
    return mu + std * torch.rand_like(std)


def logvar_as_std(mu: Tensor, logvar: Tensor) -> Tensor:
    """Scale the noise by the logarithm of the variance."""
    return mu + logvar * torch.randn_like(mu)


def no_noise(mu: Tensor, logvar: Tensor) -> Tensor:
    """Forget eps."""
    std = torch.exp(0.5 * logvar)
    return mu + std


def mean_over_dimensions(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Average the KL over latent dimensions too."""
    kl = -0.5 * torch.mean(1 + logvar - mu**2 - torch.exp(logvar))
    return reconstruction_loss(logits, x).mean() + kl


def missing_logvar(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Leave out the term that keeps sigma from 0."""
    kl = -0.5 * torch.sum(1 - mu**2 - torch.exp(logvar), dim=1).mean()
    return reconstruction_loss(logits, x).mean() + kl


def kl_over_pixels(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Divide the KL by the number of pixels, the reconstruction not."""
    kl = kl_divergence(mu, logvar).sum() / (len(x) * 784)
    return reconstruction_loss(logits, x).mean() + kl


def mean_over_pixels(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Average the reconstruction over pixels too."""
    reconstruction = bce_with_logits(logits, x)
    return reconstruction + kl_loss(mu, logvar)


BUGS = (
    Bug(
        "sigmoid applied twice",
        'reconstruction = bce_with_logits(torch.sigmoid(logits), x, reduction="sum") / len(x)',
        "A loss stuck near the cost of knowing nothing, and almost empty pictures.",
        'reconstruction = bce_with_logits(logits, x, reduction="sum") / len(x)',
        why=(
            "The function applies a sigmoid itself, so no pixel can get a probability below one "
            "half."
        ),
        caught="An empty image with logits of -20 should cost nothing.",
        loss=sigmoid_twice,
    ),
    Bug(
        "z drawn without a gradient",
        "return Normal(mu, std).sample()",
        "The cost of the mean image, and a KL of 0.",
        "return Normal(mu, std).rsample()",
        why=(
            "`sample` cuts the gradient. Only the KL still teaches the encoder: the prior for "
            "every image."
        ),
        caught="`z.requires_grad` is False.",
        draw=cut_gradient,
    ),
    Bug(
        "one eps for the whole batch",
        "eps = torch.randn(mu.shape[1], device=mu.device)",
        "A cost above the right one, and a curve that falls in uneven steps.",
        "eps = torch.randn_like(mu)",
        why=(
            "Broadcasting hands one row of noise to every image: in the gradient it does not "
            "average out."
        ),
        caught="Equal rows of `mu` and `logvar` give equal rows of `z`.",
        draw=shared_noise,
    ),
    Bug(
        "std detached",
        "std = torch.exp(0.5 * logvar).detach()",
        "A mean sigma of 1, although the KL is not 0.",
        "std = torch.exp(0.5 * logvar)",
        why=(
            "The reconstruction wants narrow Gaussians, but cannot reach `logvar`. Only the KL "
            "can, and it wants a sigma of 1."
        ),
        caught="After `z.sum().backward()`, `logvar.grad` is None.",
        draw=detached_std,
    ),
    Bug(
        "variance used as standard deviation",
        "std = torch.exp(logvar)",
        "A loss a little too low, and a true cost a little too high.",
        "std = torch.exp(0.5 * logvar)",
        why=(
            "Where sigma is below 1 the variance is smaller still: less noise than the KL has "
            "paid for."
        ),
        caught="At a logvar of 2, many draws should spread by 2.7. These spread by 7.4.",
        draw=variance_as_std,
    ),
    Bug(
        "uniform noise",
        "return mu + std * torch.rand_like(std)",
        "A true reconstruction far above the whole loss reported.",
        "return mu + std * torch.randn_like(std)",
        why=(
            "`rand` draws evenly from 0 to 1: too little noise, around one half. The decoder "
            "never met normal noise."
        ),
        caught="The mean of many `z` is not `mu`.",
        draw=uniform_noise,
    ),
    Bug(
        "log-variance used as standard deviation",
        "return mu + logvar * torch.randn_like(mu)",
        "A true reconstruction above the whole loss reported, and a mean sigma of 1.",
        "return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)",
        why=(
            "At a logvar of 0 the KL is lowest, and this noise is gone: the model trains as a "
            "plain autoencoder."
        ),
        caught="At a logvar of 0, `z` is exactly `mu`.",
        draw=logvar_as_std,
    ),
    Bug(
        "no noise",
        "return mu + std",
        "A true reconstruction above the whole loss reported, and the same z at every call.",
        "return mu + std * torch.randn_like(std)",
        why=(
            "No noise is drawn: `std` only moves the mean. A wide Gaussian costs the drawing "
            "nothing, so the KL widens it to the prior's."
        ),
        caught="Two calls agree.",
        draw=no_noise,
    ),
    Bug(
        "KL averaged over dimensions",
        "kl = -0.5 * torch.mean(1 + logvar - mu**2 - torch.exp(logvar))",
        "A large KL, a small sigma, and samples lost in grey.",
        "kl = -0.5 * torch.sum(1 + logvar - mu**2 - torch.exp(logvar), dim=1).mean()",
        why=(
            "The mean divides by the number of dimensions as well: with 20 of them the KL is 20 "
            "times too cheap."
        ),
        caught=(
            "`torch.distributions.kl_divergence`, summed over 20 dimensions, is 20 times as large."
        ),
        loss=mean_over_dimensions,
    ),
    Bug(
        "logvar missing from the KL",
        "kl = -0.5 * torch.sum(1 - mu**2 - torch.exp(logvar), dim=1).mean()",
        "A sigma near 0: every Gaussian has shrunk to a point.",
        "kl = -0.5 * torch.sum(1 + logvar - mu**2 - torch.exp(logvar), dim=1).mean()",
        why="The missing term makes narrow Gaussians expensive. Without it, shrinking is rewarded.",
        caught="At a `mu` of 0 and a `logvar` of -10 this KL is negative.",
        loss=missing_logvar,
    ),
    Bug(
        "KL divided by the pixels",
        "kl = kl_divergence(mu, logvar).sum() / (len(x) * 784)",
        "A KL in the hundreds, and samples lost in grey.",
        "kl = kl_divergence(mu, logvar).sum() / len(x)",
        why=(
            "The reconstruction is summed over 784 pixels, the KL divided by them: it weighs 784 "
            "times too little."
        ),
        caught="The mean of the library's KL is 784 times as large.",
        loss=kl_over_pixels,
    ),
    Bug(
        "reconstruction averaged over pixels",
        "reconstruction = bce_with_logits(logits, x)",
        "A loss below 1, the cost of the mean image, and a KL of 0.",
        'reconstruction = bce_with_logits(logits, x, reduction="sum") / len(x)',
        why=(
            "This function averages over the pixels: the KL weighs 784 times too much, and every "
            "image gets the prior."
        ),
        caught="Logits of 0 should cost 543 nats. They cost 0.69.",
        loss=mean_over_pixels,
    ),
)


def train(
    bug: Bug | None,
    images: Tensor,
    seed: int,
    epochs: int = 10,
    *,
    hidden: int = HIDDEN,
    latent_dim: int = 20,
) -> tuple[VAE, dict[str, list[float]]]:
    """Train a VAE with a bug in it, on the device of the images.

    Parameters
    ----------
    bug : Bug or None
        One of `BUGS`; None trains the right code.
    images : Tensor, shape (n, 784)
        Training images with pixels in [0, 1].
    seed : int
        For the weights, the order of the images and the noise.
    epochs : int
        Passes over the images.
    hidden, latent_dim : int
        Sizes of the `VAE`.

    Returns
    -------
    model : VAE
        With the bug still in its sampling layer.
    history : dict of list of float
        As `fit` returns it: "loss" is what this training reported, in its own unit.

    Raises
    ------
    TypeError, ValueError
        If bug is neither a Bug nor None, seed is no int, images or epochs are not what `fit`
        takes, or the sizes not what `VAE` takes.
    """
    if not (bug is None or isinstance(bug, Bug)):
        raise TypeError(f"bug must be a Bug or None, got {type(bug).__name__}")
    if not isinstance(seed, int):
        raise TypeError(f"seed must be an int, got {type(seed).__name__}")
    require_matrix("images", images, 784)
    torch.manual_seed(seed)
    model = VAE(hidden=hidden, latent_dim=latent_dim)
    if bug and bug.draw:
        model.sampling = Draw(bug.draw)  # type: ignore[assignment]
    model = model.to(images.device)
    loss = bug.loss if bug else None
    return model, fit(model, images, epochs=epochs, loss=loss, progress=False)


def true_cost(model: VAE, images: Tensor) -> dict[str, float]:
    """Return what `evaluate` says of the model's weights with the right `Sampling` in place.

    Parameters
    ----------
    model : VAE
        Left as it was.
    images : Tensor, shape (n, 784)
        Images with pixels in [0, 1].

    Returns
    -------
    dict of float
        "reconstruction", "kl" and "negative_elbo": nats per image.

    Raises
    ------
    TypeError, ValueError
        As `evaluate`.
    """
    found = model.sampling
    model.sampling = Sampling()
    try:
        return evaluate(model, images)
    finally:
        model.sampling = found


@torch.no_grad()
def examine(
    model: VAE, history: Mapping[str, list[float]], images: Tensor, chosen: Tensor
) -> Patient:
    """Return what there is to see of a trained model.

    Parameters
    ----------
    model, history
        As `train` returns them.
    images : Tensor, shape (n, 784)
        Test images, on which the costs are measured.
    chosen : Tensor
        Rows of those whose reconstructions are kept.

    Returns
    -------
    Patient
        Its pictures come from the bug's own sampling layer, with a fixed seed.

    Raises
    ------
    TypeError, ValueError
        As `evaluate`.
    """
    torch.manual_seed(0)
    cost = true_cost(model, images)
    _, logvar = model.encoder(images)
    logits, _, _ = model(images[chosen])
    noise = torch.randn(len(chosen), logvar.shape[1], device=images.device)
    return Patient(
        torch.tensor(history["loss"]),
        cost["reconstruction"],
        cost["kl"],
        torch.exp(0.5 * logvar).mean().item(),
        logits.sigmoid(),
        model.decoder(noise).sigmoid(),
    )


def save_clinic(patients: Mapping[str, Patient]) -> None:
    """Write clinic.npz: patients by the name of their bug, the right code's as "right"."""
    columns: dict[str, Any] = {"names": list(patients)}
    for field in fields(Patient):
        values = [getattr(patient, field.name) for patient in patients.values()]
        if field.name in ("drawings", "samples"):
            values = [(pixels * 255).byte() for pixels in values]
        columns[field.name] = np.stack([np.asarray(value) for value in values])
    np.savez_compressed(str(files("vaelib") / "clinic.npz"), **columns)


def load_clinic() -> dict[str, Patient]:
    """Return a stored training of 40 epochs for each bug, and "right" first.

    Returns
    -------
    dict of Patient
        By the name of the bug; one seed, the network of `train`.
    """
    with (files("vaelib") / "clinic.npz").open("rb") as file, np.load(file) as stored:
        columns = {field.name: stored[field.name] for field in fields(Patient)}
        names = [str(name) for name in stored["names"]]
    return {
        name: Patient(
            torch.from_numpy(columns["loss"][row]),
            float(columns["reconstruction"][row]),
            float(columns["kl"][row]),
            float(columns["sigma"][row]),
            torch.from_numpy(columns["drawings"][row]) / 255,
            torch.from_numpy(columns["samples"][row]) / 255,
        )
        for row, name in enumerate(names)
    }
