"""The cost of a trained model on images it has not seen, in nats per image."""

import torch
from torch import Tensor, nn

from vaelib._validation import require_images
from vaelib.elbo import reconstruction_loss
from vaelib.kl import kl_loss


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
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    reconstruction = kl = 0.0
    try:
        for batch in images.split(4096):
            x = batch.to(weight.device, weight.dtype)
            logits, mu, logvar = model(x)
            reconstruction += len(x) * reconstruction_loss(logits, x).mean().item()
            kl += len(x) * kl_loss(mu, logvar).item()
    finally:
        for module, mode in modes:
            module.training = mode
    reconstruction, kl = reconstruction / len(images), kl / len(images)
    return {"reconstruction": reconstruction, "kl": kl, "negative_elbo": reconstruction + kl}
