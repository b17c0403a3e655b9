"""How any answer is judged: the same in the notebook, in hidden cells and in any prompt.

What an assignment asks for, and its checks, are in `vaelib.assignments`. All of an assignment's
visible checks at once:

    from vaelib.checks import self_check

    self_check("sampling", globals())

and for a notebook's file, with no notebook running:

    python -m vaelib.checks sampling.ipynb
"""

from importlib import import_module
from typing import Any

from vaelib.checks.harness import CheckFailed
from vaelib.checks.report import self_check

__all__ = ["CheckFailed", "self_check"]

# Notebooks that were released earlier look for the assignments here, one by another name.
_EARLIER = {"kl": "kl_loss"}


def __getattr__(name: str) -> Any:
    try:
        return import_module(f"vaelib.assignments.{_EARLIER.get(name, name)}")
    except ModuleNotFoundError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
