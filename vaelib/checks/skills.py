"""What each assignment asks for, and the skills by which it is judged.

The notebooks in solutions/ show the same skills as graded cells; a test holds the two together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vaelib.checks import elbo, encoder, kl, log_variance, sampling


@dataclass(frozen=True)
class Skill:
    """One graded cell of an assignment.

    Parameters
    ----------
    grade_id, title : str
        The cell's id for nbgrader, and the first words of its first line.
    points : int
        What the skill is worth.
    piece : str
        The name of the learner's class or function that is judged.
    check : callable
        Takes the piece and a seed; raises `CheckFailed` if the skill is not there.
    shown : bool
        Whether the learner's notebook runs the check too.
    """

    grade_id: str
    title: str
    points: int
    piece: str
    check: Callable[[Any, int], None]
    shown: bool = True


# By assignment: the grade ids of the solution cells, and the name that each defines.
PIECES = {
    "encoder": {"encoder": "Encoder"},
    "sampling": {"sampling-layer": "Sampling"},
    "log_variance": {
        "std-from-logvar": "std_from_logvar",
        "gaussian-log-prob": "gaussian_log_prob",
    },
    "kl_loss": {"kl-divergence": "kl_divergence", "kl-loss": "kl_loss"},
    "elbo": {"negative-elbo": "negative_elbo", "train-step": "train_step"},
}


def _encoder(name: str, title: str, points: int, check: Any, shown: bool = True) -> Skill:
    return Skill(f"encoder-{name}", title, points, "Encoder", check, shown)


def _sampling(name: str, title: str, points: int, check: Any, shown: bool = True) -> Skill:
    return Skill(f"sampling-{name}", title, points, "Sampling", check, shown)


def _of(piece: str, name: str, title: str, points: int, check: Any, shown: bool = True) -> Skill:
    """Return a skill of an assignment with two pieces, which ids and titles name."""
    grade_id = f"{piece.replace('_', '-')}-{name}"
    return Skill(grade_id, f"{piece}: {title}", points, piece, check, shown)


SKILLS = {
    "encoder": (
        _encoder("shape-and-type", "Shape and type", 2, encoder.shape_and_type),
        _encoder("own-image-alone", "Own image alone", 2, encoder.own_image_alone),
        _encoder("any-real-number", "Any real number", 2, encoder.any_real_number),
        _encoder("two-heads", "Two heads", 2, encoder.two_heads),
        _encoder("learns", "It learns", 1, encoder.learns, shown=False),
    ),
    "sampling": (
        _sampling("shape-and-type", "Shape and type", 1, sampling.shape_and_type),
        _sampling("mean-and-spread", "Mean and spread", 3, sampling.mean_and_spread),
        _sampling("gradients", "Gradients", 3, sampling.gradients),
        _sampling("fresh-noise", "Fresh noise", 2, sampling.fresh_noise),
        _sampling("small-print", "Small print", 1, sampling.small_print, shown=False),
    ),
    "log_variance": (
        _of("std_from_logvar", "values", "values", 2, log_variance.std_values),
        _of(
            "std_from_logvar",
            "gradients",
            "gradients and small print",
            1,
            log_variance.std_gradients,
        ),
        _of("gaussian_log_prob", "values", "values", 3, log_variance.log_prob_values),
        _of(
            "gaussian_log_prob",
            "gradients",
            "gradients and small print",
            2,
            log_variance.log_prob_gradients,
            shown=False,
        ),
    ),
    "kl_loss": (
        _of("kl_divergence", "shape", "shape and type", 1, kl.divergence_shape),
        _of("kl_divergence", "by-hand", "values by hand", 2, kl.divergence_by_hand),
        _of("kl_divergence", "values", "many dimensions", 2, kl.divergence_values),
        _of("kl_divergence", "gradients", "gradients", 2, kl.divergence_gradients, shown=False),
        _of("kl_loss", "value", "value", 2, kl.loss_value),
        _of("kl_loss", "gradients", "gradients", 1, kl.loss_gradients, shown=False),
    ),
    "elbo": (
        _of("negative_elbo", "value", "value", 2, elbo.elbo_value),
        _of("negative_elbo", "reductions", "what sums, what averages", 2, elbo.elbo_reductions),
        _of("negative_elbo", "gradients", "gradients", 2, elbo.elbo_gradients, shown=False),
        _of("negative_elbo", "trains", "it trains", 1, elbo.elbo_trains),
        _of("train_step", "value", "what it returns", 1, elbo.step_value),
        _of("train_step", "moves", "one step", 3, elbo.step_moves),
        _of(
            "train_step",
            "encoder",
            "the encoder learns",
            1,
            elbo.step_reaches_the_encoder,
            shown=False,
        ),
        _of("train_step", "trains", "it trains", 2, elbo.step_trains),
    ),
}
