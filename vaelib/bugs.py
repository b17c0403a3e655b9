"""A bank of bugs, nearly all from published code, each one line that raises no error.

The first four make the loss that training reports too high, the others too low.
"""

from collections.abc import Callable
from dataclasses import dataclass

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
    draw : callable, optional
        Takes (mu, logvar), returns z: stands in for `Sampling`.
    loss : callable, optional
        Takes (logits, x, mu, logvar), returns a 0-dim Tensor: stands in for `negative_elbo`.
    """

    name: str
    line: str
    seen: str
    cure: str
    draw: Callable[[Tensor, Tensor], Tensor] | None = None
    loss: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] | None = None


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
        loss=sigmoid_twice,
    ),
    Bug(
        "z drawn without a gradient",
        "return Normal(mu, std).sample()",
        "The cost of the mean image, and a KL of 0.",
        "return Normal(mu, std).rsample()",
        draw=cut_gradient,
    ),
    Bug(
        "one eps for the whole batch",
        "eps = torch.randn(mu.shape[1], device=mu.device)",
        "A cost above the right one, and a curve that falls in uneven steps.",
        "eps = torch.randn_like(mu)",
        draw=shared_noise,
    ),
    Bug(
        "std detached",
        "std = torch.exp(0.5 * logvar).detach()",
        "A mean sigma of 1, although the KL is not 0.",
        "std = torch.exp(0.5 * logvar)",
        draw=detached_std,
    ),
    Bug(
        "variance used as standard deviation",
        "std = torch.exp(logvar)",
        "A loss a little too low, and a true cost a little too high.",
        "std = torch.exp(0.5 * logvar)",
        draw=variance_as_std,
    ),
    Bug(
        "uniform noise",
        "return mu + std * torch.rand_like(std)",
        "A true reconstruction above the whole loss reported.",
        "return mu + std * torch.randn_like(std)",
        draw=uniform_noise,
    ),
    Bug(
        "log-variance used as standard deviation",
        "return mu + logvar * torch.randn_like(mu)",
        "A true reconstruction above the whole loss reported, and a mean sigma of 1.",
        "return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)",
        draw=logvar_as_std,
    ),
    Bug(
        "no noise",
        "return mu + std",
        "A true reconstruction above the whole loss reported, and the same z at every call.",
        "return mu + std * torch.randn_like(std)",
        draw=no_noise,
    ),
    Bug(
        "KL averaged over dimensions",
        "kl = -0.5 * torch.mean(1 + logvar - mu**2 - torch.exp(logvar))",
        "A large KL, a small sigma, and samples lost in grey.",
        "kl = -0.5 * torch.sum(1 + logvar - mu**2 - torch.exp(logvar), dim=1).mean()",
        loss=mean_over_dimensions,
    ),
    Bug(
        "logvar missing from the KL",
        "kl = -0.5 * torch.sum(1 - mu**2 - torch.exp(logvar), dim=1).mean()",
        "A sigma near 0: every Gaussian has shrunk to a point.",
        "kl = -0.5 * torch.sum(1 + logvar - mu**2 - torch.exp(logvar), dim=1).mean()",
        loss=missing_logvar,
    ),
    Bug(
        "KL divided by the pixels",
        "kl = kl_divergence(mu, logvar).sum() / (len(x) * 784)",
        "A KL in the hundreds, and samples lost in grey.",
        "kl = kl_divergence(mu, logvar).sum() / len(x)",
        loss=kl_over_pixels,
    ),
    Bug(
        "reconstruction averaged over pixels",
        "reconstruction = bce_with_logits(logits, x)",
        "A loss below 1, the cost of the mean image, and a KL of 0.",
        'reconstruction = bce_with_logits(logits, x, reduction="sum") / len(x)',
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
