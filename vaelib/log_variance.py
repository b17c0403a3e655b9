"""What the log-variance stands for: the standard deviation, and the density it makes."""

import math

import torch
from torch import Tensor

from vaelib._validation import require_pair, widen


def std_from_logvar(logvar: Tensor) -> Tensor:
    """Return the standard deviation exp(0.5 * logvar).

    Parameters
    ----------
    logvar : Tensor, any shape
        Log-variance, log(sigma^2).

    Returns
    -------
    Tensor
        sigma, of the shape and dtype of logvar; always positive, and 1 where logvar is 0.

    Raises
    ------
    TypeError
        If logvar is not a floating-point tensor.

    References
    ----------
    Kingma and Welling, Auto-Encoding Variational Bayes (arXiv:1312.6114), appendix C.2.
    """
    if not isinstance(logvar, Tensor) or not logvar.is_floating_point():
        got = logvar.dtype if isinstance(logvar, Tensor) else type(logvar).__name__
        raise TypeError(f"logvar must be a floating-point torch.Tensor, got {got}")
    return torch.exp(0.5 * logvar)


def gaussian_log_prob(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return log N(z; mu, exp(logvar)) of each row, summed over latent dimensions.

    Parameters
    ----------
    z, mu, logvar : Tensor, shape (batch, latent_dim)
        Points, and the mean and log-variance of the Gaussian of each.

    Returns
    -------
    Tensor, shape (batch,)
        Nats. The dtype of mu, or float32 where mu has half precision.

    Raises
    ------
    TypeError, ValueError
        If they are not floating-point tensors of one shape, dtype and device.

    References
    ----------
    Kingma and Welling, Auto-Encoding Variational Bayes (arXiv:1312.6114), appendix C.2.
    """
    require_pair("mu", mu, "logvar", logvar)
    require_pair("z", z, "mu", mu)
    z, mu, logvar = widen(z), widen(mu), widen(logvar)
    squares = (z - mu).square() * torch.exp(-logvar)
    return -0.5 * (squares + logvar + math.log(2 * math.pi)).sum(dim=1)
