"""The encoder, the decoder and the VAE that joins them: one hidden layer each."""

from torch import Tensor, nn
from torch.nn.functional import relu

from vaelib._validation import require_matrix, require_positive_int
from vaelib.sampling import Sampling


class Encoder(nn.Module):
    """Map each image to the mean and log-variance of its own Gaussian over z.

    No batch norm and no dropout: a row of the output depends on its own image alone.

    Parameters
    ----------
    in_features, hidden, latent_dim : int
        Pixels of an image, units of the hidden layer, dimensions of z.

    Raises
    ------
    TypeError, ValueError
        If a size is not a positive int.

    References
    ----------
    Kingma and Welling, Auto-Encoding Variational Bayes (arXiv:1312.6114), appendix C.2.
    """

    def __init__(self, in_features: int = 784, hidden: int = 400, latent_dim: int = 20) -> None:
        super().__init__()
        require_positive_int("in_features", in_features)
        require_positive_int("hidden", hidden)
        require_positive_int("latent_dim", latent_dim)
        self.hidden = nn.Linear(in_features, hidden)
        self.mu = nn.Linear(hidden, latent_dim)
        self.logvar = nn.Linear(hidden, latent_dim)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Encode.

        Parameters
        ----------
        x : Tensor, shape (batch, in_features)
            Flat images.

        Returns
        -------
        mu, logvar : Tensor, shape (batch, latent_dim)
            Mean and log-variance of q(z given x).

        Raises
        ------
        TypeError, ValueError
            If x is not a tensor of that shape and of the model's dtype.
        """
        require_matrix("x", x, self.hidden.in_features, self.hidden.weight.dtype)
        features = relu(self.hidden(x))
        return self.mu(features), self.logvar(features)


class Decoder(nn.Module):
    """Map each z to the logits of an image's pixels.

    Parameters
    ----------
    latent_dim, hidden, out_features : int
        Dimensions of z, units of the hidden layer, pixels of an image.

    Raises
    ------
    TypeError, ValueError
        If a size is not a positive int.

    References
    ----------
    Kingma and Welling, Auto-Encoding Variational Bayes (arXiv:1312.6114), appendix C.1.
    """

    def __init__(self, latent_dim: int = 20, hidden: int = 400, out_features: int = 784) -> None:
        super().__init__()
        require_positive_int("latent_dim", latent_dim)
        require_positive_int("hidden", hidden)
        require_positive_int("out_features", out_features)
        self.hidden = nn.Linear(latent_dim, hidden)
        self.logits = nn.Linear(hidden, out_features)

    def forward(self, z: Tensor) -> Tensor:
        """Decode.

        Parameters
        ----------
        z : Tensor, shape (batch, latent_dim)
            Codes.

        Returns
        -------
        Tensor, shape (batch, out_features)
            Logits: `torch.sigmoid` turns them into pixel probabilities.

        Raises
        ------
        TypeError, ValueError
            If z is not a tensor of that shape and of the model's dtype.
        """
        require_matrix("z", z, self.hidden.in_features, self.hidden.weight.dtype)
        logits: Tensor = self.logits(relu(self.hidden(z)))
        return logits


class VAE(nn.Module):
    """Encode each image, draw one z from its Gaussian, decode that z.

    Parameters
    ----------
    in_features, hidden, latent_dim : int
        Pixels of an image, units of both hidden layers, dimensions of z.

    Raises
    ------
    TypeError, ValueError
        If a size is not a positive int.

    References
    ----------
    Kingma and Welling, Auto-Encoding Variational Bayes (arXiv:1312.6114), section 3.
    """

    def __init__(self, in_features: int = 784, hidden: int = 400, latent_dim: int = 20) -> None:
        super().__init__()
        self.encoder = Encoder(in_features, hidden, latent_dim)
        self.sampling = Sampling()
        self.decoder = Decoder(latent_dim, hidden, in_features)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Reconstruct each image from one sampled z.

        Parameters
        ----------
        x : Tensor, shape (batch, in_features)
            Flat images.

        Returns
        -------
        logits : Tensor, shape (batch, in_features)
            The decoder's output.
        mu, logvar : Tensor, shape (batch, latent_dim)
            Mean and log-variance of q(z given x).

        Raises
        ------
        TypeError, ValueError
            If x is not a tensor of that shape and of the model's dtype.
        """
        mu, logvar = self.encoder(x)
        z = self.sampling(mu, logvar)
        return self.decoder(z), mu, logvar
