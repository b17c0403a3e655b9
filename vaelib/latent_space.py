"""The codes of all images together: their density, and their share in the KL."""

import math

import torch
from torch import Tensor

from vaelib._validation import require_matrix, require_pair, widen
from vaelib.kl import kl_loss
from vaelib.log_variance import gaussian_log_prob
from vaelib.sampling import Sampling


@torch.no_grad()
def aggregate_log_prob(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return log q(z), where q is the average of the Gaussians of all images.

    Parameters
    ----------
    z : Tensor, shape (points, latent_dim)
        Where to evaluate the density.
    mu, logvar : Tensor, shape (n, latent_dim)
        Mean and log-variance of each image's Gaussian.

    Returns
    -------
    Tensor, shape (points,)
        Nats, without gradient. The dtype of mu, or float32 where mu has half precision.

    Raises
    ------
    TypeError, ValueError
        If mu and logvar are not floating-point tensors of one shape, dtype and device, or z
        differs from them in columns, dtype or device.

    References
    ----------
    Hoffman and Johnson, ELBO surgery: yet another way to carve up the variational evidence
    lower bound (NIPS 2016 workshop on advances in approximate Bayesian inference).
    """
    require_pair("mu", mu, "logvar", logvar)
    require_matrix("z", z, mu.shape[1], mu.dtype)
    # One point at a time: all pairs at once would not fit in memory for 10,000 images. Into one
    # tensor: small results, kept between the large ones that go, would hold on to 1.3 GB of them.
    sums = torch.empty(len(z), dtype=widen(mu).dtype, device=mu.device)
    for number, point in enumerate(z):
        sums[number] = gaussian_log_prob(point.expand_as(mu), mu, logvar).logsumexp(dim=0)
    return sums - math.log(len(mu))


@torch.no_grad()
def information_split(mu: Tensor, logvar: Tensor) -> dict[str, float]:
    """Split the KL of n images into information and the KL of their aggregate.

    The mean over images of KL(q(z given x) to p(z)) is the mutual information of z and the
    number of its image, plus KL(q(z) to p(z)), where q(z) is the average of the n Gaussians.

    Parameters
    ----------
    mu, logvar : Tensor, shape (n, latent_dim)
        Mean and log-variance of each image's Gaussian.

    Returns
    -------
    dict of float
        "kl", as `kl_loss`; "information", estimated from one sampled z per image and never
        above log(n); and "marginal_kl", the difference of the two: nats.

    Raises
    ------
    TypeError, ValueError
        If mu and logvar are not floating-point tensors of one shape, dtype and device.

    Notes
    -----
    All pairs of images are compared: 4,000 images with 20 dimensions take about a second.

    References
    ----------
    Hoffman and Johnson, ELBO surgery: yet another way to carve up the variational evidence
    lower bound (NIPS 2016 workshop on advances in approximate Bayesian inference).
    """
    z = Sampling()(mu, logvar)
    own, average = gaussian_log_prob(z, mu, logvar), aggregate_log_prob(z, mu, logvar)
    kl, information = kl_loss(mu, logvar).item(), (own - average).mean().item()
    return {"kl": kl, "information": information, "marginal_kl": kl - information}
