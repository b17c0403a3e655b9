"""Checks of what learners write: the same in the notebook, in hidden cells and in any prompt.

    from vaelib.checks import sampling as check

    check.mean_and_spread(Sampling)

A check takes the learner's class or function, says nothing if it is right, and otherwise raises
`CheckFailed`: what was asked, what was seen, the likely cause if the observation fits a known
mistake, and where to read. All of an assignment's visible checks at once:

    from vaelib.checks import self_check

    self_check("sampling", globals())

and for a notebook's file, with no notebook running:

    python -m vaelib.checks sampling.ipynb
"""

from vaelib.checks.judging import CheckFailed
from vaelib.checks.report import self_check

__all__ = ["CheckFailed", "self_check"]
