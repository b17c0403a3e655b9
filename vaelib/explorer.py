"""The stage as one object, for Jupyter, Colab and any page: what the book's pages run.

The networks, their weights, digits and the script that runs them are one piece of HTML. It asks
for no network and no kernel.
"""

import base64
import html
import uuid
from collections.abc import Mapping

import torch

from vaelib.data import load_mnist
from vaelib.models import VAE
from vaelib.stage.data import FILES, describe, script, stored, stored_models
from vaelib.stage.figure import draw_figure
from vaelib.stage.weights import rounded

ALT = (
    "A map of two-dimensional codes: a dot for each of {n} test images, coloured by digit, with "
    "the digits' numerals in the middle of their own dots. Small ellipses with letters, the "
    "Gaussians of single images, lie in it, far smaller than the cloud. Beside the map stand "
    "these images, and next to each the soft digit that the decoder makes of one of its z."
)
CAPTION = (
    "Where JavaScript runs, the stage stands here in place of this figure. Each dot is the mu "
    "of a test image. The ellipses are the Gaussians of single images, to two sigma; of every "
    "digit one that two dimensions keep well. Right: these images, and one z of each, decoded."
)
DRAWS = 3  # of the noise in each dimension, to measure its price: a second for 20 dimensions


class Explorer:
    """Show the stage: put it last in a notebook cell.

    `Explorer()` shows all acts with the models of the book's pages. `Explorer({"mine": model})`
    runs the acts on a model of yours, with the course's digits; one of two dimensions gives the
    map as well. The acts that train in the page, show bugs and beta or read a line bring their
    own. Where scripts do not run, and on paper, a figure stands in.

    Parameters
    ----------
    models : mapping of str to VAE, optional
        Models by the name to show, each on a stage of its own; 784 pixels, one hidden layer.
        Whatever a model samples by, the stage draws z as `Sampling` does.

    Attributes
    ----------
    models : dict of str to VAE
        The models as the page runs them: on the CPU, weights of large layers rounded to int8.
        Of the book's two, `wide` draws and counts costs, `flat` gives the map.

    Raises
    ------
    TypeError, ValueError
        If there is no model, or one is not a VAE of 784 pixels and two or more dimensions.
    """

    def __init__(self, models: Mapping[str, VAE] | None = None) -> None:
        self._own = models is not None
        if models is None:
            self.models = stored_models()
            return
        if not models:
            raise ValueError("models must hold at least one model, got none")
        for name, model in models.items():
            _require_model(name, model)
        self.models = {name: rounded(model) for name, model in models.items()}

    def __repr__(self) -> str:
        return f"Explorer of {', '.join(self.models)}: to be shown by a notebook."

    def _repr_html_(self) -> str:
        """Return the figure, the data, the style and the script as one piece of HTML."""
        read = {path.name: path.read_text(encoding="utf-8") for path in FILES.iterdir()}
        parts = [f"<style>{read['stage.css']}</style>"]
        shared = [read[name] for name in ("mistakes.js", "digits.js", "points.js", "stage.js")]
        for name, (wide, flat) in self._stages().items():
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                data = describe(wide, flat, DRAWS) if self._own else stored()
            # The attribute keeps JupyterLab from taking keys for commands of its own.
            parts.append(
                f'<div class="vae-stage notebook" data-act="all" id="stage-{uuid.uuid4().hex[:8]}"'
                f' aria-label="{html.escape(name)}" data-lm-suppress-shortcuts="true">'
                f"{self._figure_html(flat)}</div><script>{script(data)}{''.join(shared)}</script>"
            )
        return "".join(parts)

    def _stages(self) -> dict[str, tuple[VAE, VAE]]:
        """Return for each stage its name, what draws, and what gives the map."""
        if not self._own:
            return {"": (self.models["wide"], self.models["flat"])}
        flat = stored_models()["flat"]
        return {
            name: (model, model if model.encoder.mu.out_features == 2 else flat)
            for name, model in self.models.items()
        }

    def _figure_html(self, model: VAE) -> str:
        picture = base64.b64encode(self._figure(model)).decode()
        return (
            '<figure style="margin:0;break-inside:avoid"><img style="max-width:100%" '
            f'alt="{html.escape(ALT.format(n="1,000"))}" src="data:image/png;base64,{picture}">'
            f"<figcaption>{CAPTION}</figcaption></figure>"
        )

    def figure(self) -> bytes:
        """Return the figure that stands in for the first stage, as a PNG."""
        return self._figure(next(iter(self._stages().values()))[1])

    def _figure(self, model: VAE) -> bytes:
        _, (images, labels) = load_mnist()
        return draw_figure(model, images, labels)


def _require_model(name: str, model: object) -> None:
    """Raise unless the page can run the model."""
    if not isinstance(model, VAE):
        raise TypeError(f"model {name!r} must be a VAE, got {type(model).__name__}")
    pixels, latent_dim = model.encoder.hidden.in_features, model.encoder.mu.out_features
    if pixels != 784 or latent_dim < 2:
        raise ValueError(
            f"model {name!r} must have 784 pixels and 2 latent dimensions or more, "
            f"got {pixels} and {latent_dim}"
        )
