"""What trainings over several seeds gave, stored, so that a chapter need not repeat them.

`make runs` writes the file; its script is tools/make_runs.py.
"""

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from vaelib._validation import require_number

# Of the largest value. In ten seeds no loss and no negative ELBO needed half of it.
MARGIN = 0.1


def load_runs() -> dict[str, Any]:
    """Return the stored costs, in nats per image: one number for each seed in every list.

    Returns
    -------
    dict
        "seeds", and "torch", its version. "reference": by latent_dim ("20", "2") and images
        ("train", "test") the terms of `evaluate` for the default VAE after "reference_epochs".
        "bugs": by a bug's name, or "right", after "bug_epochs": "reported", the training loss
        of the last epoch, in its own unit; and the terms of `vaelib.bugs.true_cost` on the
        test images.
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
