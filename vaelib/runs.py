"""What trainings over several seeds gave, stored, so that a chapter need not repeat them.

`make runs` writes the file; its script is tools/make_runs.py.
"""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from vaelib._validation import require_number
from vaelib.display import Rendered, show_table

# Of the largest value. In ten seeds no loss and no negative ELBO needed half of it.
MARGIN = 0.1


def load_runs() -> dict[str, Any]:
    """Return the stored numbers: one for each seed in every list.

    Returns
    -------
    dict
        "seeds", and "torch", its version. "chapters": by a chapter's stem what it calls
        `measured`, in the units that it names. "bugs": by a bug's name, or "right", after
        "bug_epochs": "reported", the training loss of the last epoch, in its own unit; and the
        terms of `vaelib.bugs.true_cost` on the test images, in nats per image.
    """
    runs: dict[str, Any] = json.loads((files("vaelib") / "runs.json").read_text(encoding="utf-8"))
    return runs


def spread(values: Sequence[float], margin: float = MARGIN) -> tuple[float, float]:
    """Return the bounds that a run with another seed or on another machine should meet.

    Parameters
    ----------
    values : sequence of float
        One for each stored seed.
    margin : float
        The bounds lie outside the values by this share of the largest, at least by 0.01.

    Returns
    -------
    low, high : float
        In the unit of the values.

    Raises
    ------
    TypeError, ValueError
        If there are no values, or the margin is not a finite number from 0 on.
    """
    require_number("margin", margin, positive=False)
    if not values:
        raise ValueError("values must hold at least one number, got none")
    room = max(0.01, margin * max(abs(value) for value in values))
    return min(values) - room, max(values) + room


def stored_beside(chapter: str, measured: Mapping[str, float]) -> dict[str, list[float]]:
    """Return what is stored for a chapter, by the names of what it measured.

    Parameters
    ----------
    chapter : str
        Its stem, such as "kl".
    measured : mapping of str to float
        What this run gave.

    Returns
    -------
    dict of list of float
        One number for each stored seed.

    Raises
    ------
    ValueError
        If the stored names are others.
    """
    stored: dict[str, list[float]] = load_runs()["chapters"].get(chapter, {})
    if list(stored) != list(measured):
        raise ValueError(
            f"expected for {chapter} what is stored, {list(stored)}, got {list(measured)}; "
            "`make runs` stores anew"
        )
    return stored


def outside(chapter: str, measured: Mapping[str, float]) -> list[str]:
    """Return the names of what lies outside the `spread` of the stored seeds."""
    stored = stored_beside(chapter, measured)
    bounds = {name: spread(values) for name, values in stored.items()}
    return [n for n, (low, high) in bounds.items() if not low < measured[n] < high]


def show_seeds(chapter: str, measured: Mapping[str, float]) -> Rendered:
    """Return a table of what a chapter measured beside the stored seeds."""

    def short(value: float) -> str:
        return f"{value:.2f}" if abs(value) < 10 else f"{value:,.1f}"

    return show_table(
        ["measured", "this page", "lowest of three seeds", "highest"],
        [
            [name, *map(short, (measured[name], min(values), max(values)))]
            for name, values in stored_beside(chapter, measured).items()
        ],
    )
