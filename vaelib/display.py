"""What a chapter shows besides figures: source code and tables, as Markdown.

Markdown takes the theme of the page it stands in, light or dark, in the book and in Colab.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from typing import Any

_PARTS = {
    "image": "the image",
    "encoder": "the encoder",
    "mu": "mu",
    "sigma": "sigma",
    "eps": "the noise eps",
    "sampling": "the layer that makes z",
    "z": "z",
    "decoder": "the decoder",
    "drawing": "the drawing",
    "reconstruction": "the reconstruction cost",
    "kl": "the KL cost",
}
_ALT = (
    "The way of an image through a VAE, from left to right: the image, the encoder, its two "
    "answers mu and logvar; fresh noise eps, scaled by sigma, which comes from logvar, and shifted "
    "by mu into z; the decoder, and its drawing. The reconstruction cost compares drawing and "
    "image, the KL cost is on mu and logvar. In colour: {}."
)
_CAPTION = (
    "A VAE (variational autoencoder). The <b>encoder</b> gives each image mu and logvar, the "
    "logarithm of sigma squared: a Gaussian over codes. A code z is drawn from it; the "
    "<b>decoder</b> draws from z. Two costs, in <b>nats</b>, the unit of natural logarithms: the "
    "<b>reconstruction</b>, minus the log-probability of the pixels, and the <b>KL</b>, from that "
    "Gaussian to the standard normal, the <b>prior</b>. Training lowers their sum, the negative "
    "ELBO (evidence lower bound). In colour: {}."
)


class Rendered:
    """Rich in a notebook, plain Markdown elsewhere."""

    def __init__(self, markdown: str) -> None:
        self.markdown = markdown

    def __repr__(self) -> str:
        return self.markdown

    def _repr_markdown_(self) -> str:
        return self.markdown


def show_source(obj: type | Callable[..., Any]) -> Rendered:
    """Return an object's own source, folded, so that what is read is what is imported.

    It is shown by a click: a reader who wants to write it first can run every cell of a notebook.

    Parameters
    ----------
    obj : class or function
        Anything whose source Python can find.

    Returns
    -------
    Rendered
        A highlighted block of code, closed; put it last in a notebook cell.

    Raises
    ------
    TypeError
        If `obj` is neither a class nor a function.
    OSError
        If its source is not to be found.
    """
    source = inspect.getsource(obj)
    summary = f"<summary>The source of <code>{obj.__name__}</code></summary>"
    return Rendered(f"<details>{summary}\n\n```python\n{source}```\n</details>\n")


class Diagram:
    """The VAE as a drawing with a caption: HTML in a notebook, its caption elsewhere."""

    def __init__(self, html: str, text: str) -> None:
        self.html = html
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def show_diagram(*lit: str) -> Diagram:
    """Return the diagram of a VAE with the parts that a page is about in colour.

    It is drawn in the colour of the text around it, so it follows a light or a dark theme.

    Parameters
    ----------
    lit : str
        Of "image", "encoder", "mu", "sigma", "eps", "sampling", "z", "decoder", "drawing",
        "reconstruction", "kl".

    Returns
    -------
    Diagram
        Put it last in a notebook cell.

    Raises
    ------
    ValueError
        If a part has another name, or none is given.
    """
    unknown = [part for part in lit if part not in _PARTS]
    if unknown or not lit:
        raise ValueError(f"expected parts among {list(_PARTS)}, got {unknown or 'none'}")
    svg = (files("vaelib") / "diagram.svg").read_text(encoding="utf-8")
    for part in lit:
        svg = svg.replace(f'<g class="{part}">', f'<g class="{part} lit">')
    svg = re.sub(r"<!--.*?-->|\n\s*", "", svg)  # a blank line would end the HTML in Markdown
    names = [_PARTS[part] for part in lit]
    said = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    svg = svg.replace('role="img"', f'role="img" aria-label="{_ALT.format(said)}"')
    caption = _CAPTION.format(said)
    html = f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"
    return Diagram(html, _ALT.format(said))


def show_text(markdown: str) -> Rendered:
    """Return a paragraph in which a chapter puts what this run measured.

    Parameters
    ----------
    markdown : str
        An f-string: `show_text(f"One z costs {cost:.0f} nats.")`.

    Returns
    -------
    Rendered
        The paragraph; put it last in a notebook cell.
    """
    return Rendered(markdown)


def show_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Rendered:
    """Return a table: the first column to the left, the others, numbers mostly, to the right.

    Parameters
    ----------
    header : sequence of str
        A name, with its unit, for each column.
    rows : iterable of sequences
        Cells, as long as the header; floats are shown with one decimal, so format others.

    Returns
    -------
    Rendered
        The table; put it last in a notebook cell.

    Raises
    ------
    ValueError
        If a row is not as long as the header.
    """
    lines = [list(header), ["---"] + ["---:"] * (len(header) - 1)]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"expected {len(header)} cells in a row, got {len(row)}: {row}")
        lines.append([f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in row])
    return Rendered("\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n")
