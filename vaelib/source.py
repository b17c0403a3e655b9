"""Show an object's own source in a chapter, so that what is read is what is imported."""

import inspect
from collections.abc import Callable
from typing import Any


class Source:
    """Highlighted Markdown in a notebook, plain text elsewhere."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __repr__(self) -> str:
        return self.code

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.code}```\n"


def show_source(obj: type | Callable[..., Any]) -> Source:
    """Return the source of a class or function for display at the end of a notebook cell.

    Parameters
    ----------
    obj : class or function
        Anything whose source Python can find.

    Returns
    -------
    Source
        Shows as highlighted Markdown, which follows the dark theme of the book and of Colab.

    Raises
    ------
    TypeError
        If `obj` is neither a class nor a function.
    OSError
        If its source is not to be found.
    """
    return Source(inspect.getsource(obj))
