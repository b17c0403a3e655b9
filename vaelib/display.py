"""What a chapter shows besides figures: source code and tables, as Markdown.

Markdown takes the theme of the page it stands in, light or dark, in the book and in Colab.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any


class Rendered:
    """Rich in a notebook, plain Markdown elsewhere."""

    def __init__(self, markdown: str) -> None:
        self.markdown = markdown

    def __repr__(self) -> str:
        return self.markdown

    def _repr_markdown_(self) -> str:
        return self.markdown


def show_source(obj: type | Callable[..., Any]) -> Rendered:
    """Return an object's own source, so that what is read is what is imported.

    Parameters
    ----------
    obj : class or function
        Anything whose source Python can find.

    Returns
    -------
    Rendered
        A highlighted block of code; put it last in a notebook cell.

    Raises
    ------
    TypeError
        If `obj` is neither a class nor a function.
    OSError
        If its source is not to be found.
    """
    return Rendered(f"```python\n{inspect.getsource(obj)}```\n")


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
