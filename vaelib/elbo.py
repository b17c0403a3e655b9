"""The two terms of the loss together: the negative evidence lower bound, in nats."""

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from vaelib._validation import require_number, require_pair, widen
from vaelib.kl import kl_loss


def reconstruction_loss(logits: Tensor, x: Tensor) -> Tensor:
    """Return the Bernoulli negative log-likelihood of each image, summed over pixels.

    Parameters
    ----------
    logits : Tensor, shape (batch, pixels)
        The decoder's output, before any sigmoid.
    x : Tensor, shape (batch, pixels)
        Images with pixels in [0, 1].

    Returns
    -------
    Tensor, shape (batch,)
        Nats. The dtype of logits, or float32 where logits have half precision.

    Raises
    ------
    TypeError, ValueError
        If logits and x are not floating-point tensors of one shape, dtype and device.

    References
    ----------
    Kingma and Welling, Auto-Encoding Variational Bayes (arXiv:1312.6114), appendix C.1.
    """
    require_pair("logits", logits, "x", x)
    cost = binary_cross_entropy_with_logits(widen(logits), widen(x), reduction="none")
    return cost.sum(dim=1)


def negative_elbo(
    logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
) -> Tensor:
    """Return the training loss: mean over the batch of reconstruction + beta * KL.

    Parameters
    ----------
    logits, x : Tensor, shape (batch, pixels)
        The decoder's output for one z per image, and the images.
    mu, logvar : Tensor, shape (batch, latent_dim)
        Mean and log-variance of q(z given x).
    beta : float
        Weight of the KL. At 1 the loss is an unbiased estimate of the negative ELBO, an
        upper bound on -log p(x).

    Returns
    -------
    Tensor, 0-dim
        Nats per image.

    Raises
    ------
    TypeError, ValueError
        If a pair differs in shape, dtype or device, the two batches differ in length, or beta
        is not a finite number from 0 on.

    References
    ----------
    Kingma and Welling, Auto-Encoding Variational Bayes (arXiv:1312.6114), equation 10;
    beta: Higgins et al., beta-VAE (ICLR 2017), equation 4.
    """
    require_number("beta", beta, positive=False)
    reconstruction = reconstruction_loss(logits, x).mean()
    kl = kl_loss(mu, logvar)
    if len(logits) != len(mu):
        raise ValueError(
            f"logits and mu must have one batch length, got {len(logits)} and {len(mu)}"
        )
    return reconstruction + beta * kl
