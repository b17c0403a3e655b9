"""The KL divergence from each image's Gaussian to the standard normal, in nats."""

import torch
from torch import Tensor

from vaelib._validation import require_pair, widen


def kl_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return KL(q(z given x) to N(0, I)) of each image, summed over latent dimensions.

    Parameters
    ----------
    mu, logvar : Tensor, shape (batch, latent_dim)
        Mean and log-variance of q(z given x).

    Returns
    -------
    Tensor, shape (batch,)
        Nats. The dtype of mu, or float32 where mu has half precision.

    Raises
    ------
    TypeError, ValueError
        If mu and logvar are not floating-point tensors of one shape, dtype and device.

    Notes
    -----
    exp(logvar) - 1 - logvar cancels near logvar = 0 and can round to a negative number.
    expm1 rounds only once, and so stays at or above logvar.

    References
    ----------
    Kingma and Welling, Auto-Encoding Variational Bayes (arXiv:1312.6114), appendix B.
    """
    require_pair("mu", mu, "logvar", logvar)
    mu, logvar = widen(mu), widen(logvar)
    return 0.5 * (mu.square() + (torch.expm1(logvar) - logvar)).sum(dim=1)


def kl_loss(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the mean of `kl_divergence` over the batch: the KL term of the loss.

    Parameters
    ----------
    mu, logvar : Tensor, shape (batch, latent_dim)
        Mean and log-variance of q(z given x).

    Returns
    -------
    Tensor, 0-dim
        Nats per image.

    Raises
    ------
    TypeError, ValueError
        As `kl_divergence`.
    """
    return kl_divergence(mu, logvar).mean()
