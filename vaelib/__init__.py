"""The reference implementation of the course Three Questions About the VAE.

All costs are in nats, summed over latent dimensions or pixels and averaged over the batch.
"""

from vaelib.data import load_mnist
from vaelib.elbo import negative_elbo, reconstruction_loss
from vaelib.evaluation import evaluate
from vaelib.kl import kl_divergence, kl_loss
from vaelib.models import VAE, Decoder, Encoder
from vaelib.sampling import Sampling
from vaelib.source import show_source
from vaelib.training import fit

__all__ = [
    "VAE",
    "Decoder",
    "Encoder",
    "Sampling",
    "evaluate",
    "fit",
    "kl_divergence",
    "kl_loss",
    "load_mnist",
    "negative_elbo",
    "reconstruction_loss",
    "show_source",
]
