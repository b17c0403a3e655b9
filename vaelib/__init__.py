"""The reference implementation of the course Three Questions About the VAE.

All costs are in nats, summed over latent dimensions or pixels and averaged over the batch.
"""

from typing import TYPE_CHECKING, Any

from vaelib.data import load_mnist
from vaelib.display import show_diagram, show_source, show_table, show_text
from vaelib.elbo import negative_elbo, reconstruction_loss
from vaelib.evaluation import evaluate
from vaelib.kl import kl_divergence, kl_loss
from vaelib.latent_space import aggregate_log_prob, information_split
from vaelib.log_variance import gaussian_log_prob, std_from_logvar
from vaelib.models import VAE, Decoder, Encoder
from vaelib.sampling import Sampling
from vaelib.training import fit

if TYPE_CHECKING:
    from vaelib.plotting import plot_histories, plot_images, plot_posteriors

__version__ = "0.1.0"

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
    "show_diagram",
    "show_source",
    "show_table",
    "show_text",
    "std_from_logvar",
]


def __getattr__(name: str) -> Any:
    """Load the plots when one is first used: matplotlib takes a quarter of the time to import."""
    if name in ("plot_histories", "plot_images", "plot_posteriors"):
        from vaelib import plotting

        return getattr(plotting, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name the plots, too, before they are loaded: completion and `dir` look here."""
    return sorted({*globals(), *__all__})
