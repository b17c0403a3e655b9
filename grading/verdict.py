"""What judging a submission gives: a `Graded`, with a `Verdict` for each skill; or an error."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for a worker, which starts its jail before it imports torch
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


class GradingError(RuntimeError):
    """Nothing more can be graded; the message says why and what to do."""


@dataclass(frozen=True)
class Verdict:
    """One skill of one submission."""

    grade_id: str
    points: float | None  # None where there is no verdict on the learner
    maximum: float
    kind: str  # one of `KINDS`
    message: str  # plain text for the learner, never HTML; empty for a passed skill


@dataclass(frozen=True)
class Graded:
    """One submission: a `Verdict` for each skill of the assignment, in the table's order."""

    learner: str
    assignment: str
    skills: tuple[Verdict, ...]
    seconds: float  # on the wall, for judging
    found: "Found | None" = field(default=None, compare=False)  # what was handed in, if it was read
