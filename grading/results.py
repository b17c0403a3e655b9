"""What judging one submission gives."""

from dataclasses import dataclass

VERDICTS = (
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
class SkillResult:
    """One skill of one submission.

    Parameters
    ----------
    grade_id : str
        The graded cell's id for nbgrader.
    points, maximum : float
        What was earned of what can be earned. `points` is None where there is no verdict on the
        learner ("not found", "grader error").
    verdict : str
        One of `VERDICTS`.
    message : str
        Plain text for the learner, never HTML; empty for a passed skill.
    """

    grade_id: str
    points: float | None
    maximum: float
    verdict: str
    message: str


@dataclass(frozen=True)
class Result:
    """One submission: a `SkillResult` for each of `vaelib.checks.skills.SKILLS[assignment]`.

    The skills come in the order of `SKILLS`; `seconds` is the wall time that judging took.
    """

    learner: str
    assignment: str
    skills: tuple[SkillResult, ...]
    seconds: float
