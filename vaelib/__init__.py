"""The reference implementation of the course Three Questions About the VAE.

All costs are in nats, summed over latent dimensions or pixels and averaged over the batch.
"""

from vaelib.data import load_mnist
from vaelib.display import show_source, show_table
from vaelib.elbo import negative_elbo, reconstruction_loss
from vaelib.evaluation import evaluate
from vaelib.kl import kl_divergence, kl_loss
from vaelib.latent_space import aggregate_log_prob, information_split
from vaelib.log_variance import gaussian_log_prob, std_from_logvar
from vaelib.models import VAE, Decoder, Encoder
from vaelib.plotting import plot_histories, plot_images, plot_posteriors
from vaelib.sampling import Sampling
from vaelib.training import fit

__all__ = [
    "VAE",
    "Decoder",
    "Encoder",
    "Sampling",
    "aggregate_log_prob",
    "evaluate",
    "fit",
    "gaussian_log_prob",
    "information_split",
    "kl_divergence",
    "kl_loss",
    "load_mnist",
    "negative_elbo",
    "plot_histories",
    "plot_images",
    "plot_posteriors",
    "reconstruction_loss",
    "show_source",
    "show_table",
    "std_from_logvar",
]
