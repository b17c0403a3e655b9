"""The reparameterised draw of z: answers why the decoder's input depends on the image."""

import torch
from torch import Tensor, nn

from vaelib._validation import require_pair


class Sampling(nn.Module):
    """Draw one z from the diagonal Gaussian q(z given x) of each image.

    z = mu + exp(0.5 * logvar) * eps with eps ~ N(0, I), fresh for every element on every
    call, in train and in eval mode. The noise comes from torch's generator, so
    `torch.manual_seed` reproduces it.

    References
    ----------
    Kingma and Welling, Auto-Encoding Variational Bayes (arXiv:1312.6114), section 2.4.
    """

    def forward(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """Draw z.

        Parameters
        ----------
        mu, logvar : Tensor, shape (batch, latent_dim)
            Mean and log-variance, log(sigma^2), of each image's Gaussian.

        Returns
        -------
        Tensor, shape (batch, latent_dim)
            z, of the dtype and on the device of mu; differentiable in both arguments.

        Raises
        ------
        TypeError, ValueError
            If mu and logvar are not floating-point tensors of one shape, dtype and device.
        """
        require_pair("mu", mu, "logvar", logvar)
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + std * eps
