"""The training loop: Adam on the negative ELBO, with the data kept on the model's device."""

import sys

import torch
from torch import Tensor, nn
from tqdm import trange

from vaelib._validation import require_images, require_number, require_positive_int
from vaelib.elbo import reconstruction_loss
from vaelib.kl import kl_loss


def fit(
    model: nn.Module,
    images: Tensor,
    *,
    epochs: int = 40,
    batch_size: int = 128,
    learning_rate: float = 1e-3,
    beta: float = 1.0,
    progress: bool = True,
) -> dict[str, list[float]]:
    """Train a VAE on the device it is on (CPU, CUDA or MPS).

    Shuffling and sampling draw from torch's generator: call `torch.manual_seed` before making
    the model, and the same machine repeats the run.

    Parameters
    ----------
    model : Module
        Maps images (batch, pixels) to (logits, mu, logvar), as `VAE` does. Changed in place.
    images : Tensor, shape (n, pixels)
        Training images with pixels in [0, 1], on any device.
    epochs, batch_size : int
        Passes over the images, and images per step. The last, shorter batch is used too.
    learning_rate : float
        Step size of Adam.
    beta : float
        Weight of the KL in the loss.
    progress : bool
        Whether to show a bar on stdout.

    Returns
    -------
    dict of list of float
        "reconstruction", "kl" and "negative_elbo" of every epoch: nats per image, averaged
        over the epoch while the weights move. negative_elbo weighs the KL with 1, not beta.

    Raises
    ------
    TypeError, ValueError
        If images are not a finite matrix in [0, 1], or a number is out of its range.

    References
    ----------
    Kingma and Welling, Auto-Encoding Variational Bayes (arXiv:1312.6114), algorithm 1;
    Adam: Kingma and Ba (arXiv:1412.6980).
    """
    require_images(images)
    require_positive_int("epochs", epochs)
    require_positive_int("batch_size", batch_size)
    require_number("learning_rate", learning_rate, positive=True)
    require_number("beta", beta, positive=False)
    weight = next(model.parameters())
    images = images.detach().to(weight.device, weight.dtype)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)
    history: dict[str, list[float]] = {"reconstruction": [], "kl": [], "negative_elbo": []}
    model.train()
    bar = trange(epochs, disable=not progress, file=sys.stdout, unit="epoch")
    for _ in bar:
        total = images.new_zeros(2)
        for rows in torch.randperm(len(images), device=images.device).split(batch_size):
            x = images[rows]
            logits, mu, logvar = model(x)
            reconstruction = reconstruction_loss(logits, x).mean()
            kl = kl_loss(mu, logvar)
            optimizer.zero_grad()
            (reconstruction + beta * kl).backward()
            optimizer.step()
            total += len(x) * torch.stack([reconstruction.detach(), kl.detach()])
        reconstruction_mean, kl_mean = (total / len(images)).tolist()
        history["reconstruction"].append(reconstruction_mean)
        history["kl"].append(kl_mean)
        history["negative_elbo"].append(reconstruction_mean + kl_mean)
        bar.set_postfix(negative_elbo=f"{history['negative_elbo'][-1]:.1f}")
    return history
