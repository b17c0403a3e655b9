"""The training loop: Adam on the negative ELBO, with the data kept on the model's device."""

import sys
from collections.abc import Callable

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
    loss: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] | None = None,
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
    loss : callable, optional
        Trains on loss(logits, x, mu, logvar) instead, such as a wrong loss to learn from.
    progress : bool
        Whether to show a bar on stdout.

    Returns
    -------
    dict of list of float
        "reconstruction", "kl" and "negative_elbo" of every epoch: nats per image, averaged
        over the epoch while the weights move, by the right formulas whatever the loss; and
        "loss", what training made small.

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
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=_can_fuse(weight))
    terms = ("reconstruction", "kl", "negative_elbo", "loss")
    history: dict[str, list[float]] = {term: [] for term in terms}
    model.train()
    bar = trange(epochs, disable=not progress, file=sys.stdout, unit="epoch")
    for _ in bar:
        total = images.new_zeros(len(terms))
        for rows in torch.randperm(len(images), device=images.device).split(batch_size):
            x = images.index_select(0, rows)  # images[rows], in a third of its time
            logits, mu, logvar = model(x)
            reconstruction = reconstruction_loss(logits, x).mean()
            kl = kl_loss(mu, logvar)
            objective = loss(logits, x, mu, logvar) if loss else reconstruction + beta * kl
            optimizer.zero_grad()
            objective.backward()
            optimizer.step()
            seen = torch.stack([reconstruction, kl, reconstruction + kl, objective])
            total += len(x) * seen.detach()
        for term, value in zip(terms, (total / len(images)).tolist(), strict=True):
            history[term].append(value)
        bar.set_postfix(negative_elbo=f"{history['negative_elbo'][-1]:.1f}")
    return history


def _can_fuse(weight: Tensor) -> bool:
    """Whether Adam can be fused where this weight is: on MPS not before torch 2.5."""
    try:
        torch.optim.Adam([weight], fused=True)
    except RuntimeError:
        return False
    return True
