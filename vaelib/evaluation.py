"""The cost of a trained model on images it has not seen, in nats per image."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from vaelib._validation import require_images, require_positive_int, widen
from vaelib.elbo import reconstruction_loss
from vaelib.kl import kl_loss
from vaelib.log_variance import gaussian_log_prob
from vaelib.models import VAE
from vaelib.sampling import Sampling

ROWS = 8192  # decoded at once: 26 MB for a tensor of digits, however many samples are asked for


@torch.no_grad()
def evaluate(model: nn.Module, images: Tensor) -> dict[str, float]:
    """Return both terms of the negative ELBO, with one sampled z per image.

    Parameters
    ----------
    model : Module
        Maps images (batch, pixels) to (logits, mu, logvar), as `VAE` does. Each part is left
        in the mode (train or eval) it came in.
    images : Tensor, shape (n, pixels)
        Images with pixels in [0, 1], on any device.

    Returns
    -------
    dict of float
        "reconstruction", "kl" and "negative_elbo", the sum of the two: nats per image. The
        sampled z makes the first and the last vary a little from call to call.

    Raises
    ------
    TypeError, ValueError
        If images are not a finite matrix in [0, 1].

    References
    ----------
    Kingma and Welling, Auto-Encoding Variational Bayes (arXiv:1312.6114), equation 10.
    """
    require_images(images)
    weight = next(model.parameters())
    reconstruction = kl = 0.0
    with _evaluation_mode(model):
        for batch in images.split(4096):
            x = batch.to(weight.device, weight.dtype)
            logits, mu, logvar = model(x)
            reconstruction += len(x) * reconstruction_loss(logits, x).mean().item()
            kl += len(x) * kl_loss(mu, logvar).item()
    reconstruction, kl = reconstruction / len(images), kl / len(images)
    return {"reconstruction": reconstruction, "kl": kl, "negative_elbo": reconstruction + kl}


@torch.no_grad()
def importance_weighted_bound(model: VAE, images: Tensor, samples: int) -> float:
    """Return an upper bound on -log p(x) that falls towards it as `samples` grows.

    Each image is decoded from `samples` draws z of its q(z given x); the bound is minus the
    logarithm of the mean of their weights p(x given z) p(z) / q(z given x). With one sample
    it estimates the negative ELBO.

    Parameters
    ----------
    model : VAE
        Its `encoder` maps images to (mu, logvar), and its `decoder` z to the logits of
        pixels. z is drawn by `Sampling`, whatever the model draws by. Each part is left in
        the mode (train or eval) it came in.
    images : Tensor, shape (n, pixels)
        Images with pixels in [0, 1], on any device.
    samples : int
        Draws for each image.

    Returns
    -------
    float
        Nats, averaged over images. Varies a little from call to call, as z does.

    Raises
    ------
    TypeError, ValueError
        If images are not a finite matrix in [0, 1], or samples is not a positive int.

    References
    ----------
    Burda, Grosse and Salakhutdinov, Importance Weighted Autoencoders (arXiv:1509.00519),
    equation 8.
    """
    require_images(images)
    require_positive_int("samples", samples)
    weight = next(model.parameters())
    total = 0.0
    with _evaluation_mode(model):
        for batch in images.split(max(1, ROWS // samples)):
            x = batch.to(weight.device, weight.dtype)
            parts = [
                _log_weights(model, x, min(ROWS, samples - done))
                for done in range(0, samples, ROWS)
            ]
            log_sum = torch.cat(parts, dim=1).logsumexp(dim=1)
            total += (math.log(samples) - log_sum).sum().item()
    return total / len(images)


def _log_weights(model: VAE, x: Tensor, draws: int) -> Tensor:
    """Return log p(x given z) p(z) / q(z given x) for draws z of q, shape (batch, draws)."""
    mu, logvar = (part.repeat_interleave(draws, dim=0) for part in model.encoder(x))
    z = Sampling()(mu, logvar)
    prior = gaussian_log_prob(z, torch.zeros_like(z), torch.zeros_like(z))
    logits = widen(model.decoder(z)).view(len(x), draws, -1)
    # Minus `reconstruction_loss`, without a copy of x for every draw: half the time.
    likelihood = (logits @ widen(x)[:, :, None]).squeeze(2) - softplus(logits).sum(dim=2)
    return likelihood + (prior - gaussian_log_prob(z, mu, logvar)).view(-1, draws)


@contextmanager
def _evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Set the model to eval mode, and each part back to its own mode afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
