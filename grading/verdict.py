"""What judging a submission gives: a `Graded`, with a `Verdict` for each skill."""

from dataclasses import dataclass, field

from vaelib.checks.answer import Found

KINDS = (
    "passed",
    "failed",
    "learner error",
    "syntax error",
    "timeout",
    "out of memory",
    "crashed",
    "not found",
    "grader error",
)

# No verdict on the learner: told to staff, never scored 0.
OPEN = frozenset({"not found", "grader error"})


@dataclass(frozen=True)
class Verdict:
    """One skill of one submission.

    Parameters
    ----------
    grade_id : str
        The graded cell's id for nbgrader.
    points, maximum : float
        What was earned of what can be earned. `points` is None where there is no verdict on the
        learner ("not found", "grader error").
    kind : str
        One of `KINDS`.
    message : str
        Plain text for the learner, never HTML; empty for a passed skill.
    """

    grade_id: str
    points: float | None
    maximum: float
    kind: str
    message: str


@dataclass(frozen=True)
class Graded:
    """One submission: a `Verdict` for each skill of the assignment, in the table's order.

    Parameters
    ----------
    learner, assignment : str
    skills : tuple of Verdict
    seconds : float
        The wall time that judging took.
    found : Found or None
        What was handed in, as it was read; None if it could not be.
    """

    learner: str
    assignment: str
    skills: tuple[Verdict, ...]
    seconds: float
    found: Found | None = field(default=None, compare=False)
