"""A table of skills for a learner, with a message for each that is not there yet."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from vaelib.assignments import find
from vaelib.checks.harness import UNFINISHED, CheckFailed
from vaelib.display import Rendered


class Report(Rendered):
    """How an answer does: rich in a notebook, a text that reads well in any other prompt.

    Parameters
    ----------
    assignment : str
        Its name.
    failures : mapping
        What to tell the learner about each shown skill that is not there yet, by grade id.
    """

    def __init__(self, assignment: str, failures: Mapping[str, str]) -> None:
        self.passed = not failures
        self.begun = set(failures.values()) != {UNFINISHED}
        skills = find(assignment).skills
        shown = [skill for skill in skills if skill.shown]
        self.earned = sum(skill.points for skill in shown if skill.grade_id not in failures)
        self.total = sum(skill.points for skill in shown)
        rows = []
        for skill in skills:
            if not skill.shown:
                points, result = "?", "judged when graded"
            elif skill.grade_id in failures:
                points, result = "0", "not yet"
            else:
                points, result = str(skill.points), "passed"
            rows.append((skill.title, f"{points} of {skill.points}", result))
        parts = [table(rows), f"{self.earned} of the {self.total} points that are judged here."]
        for message in dict.fromkeys(failures.values()):
            titles = [s.title for s in shown if failures.get(s.grade_id) == message]
            # indented by four, it is a block of code in Markdown: nothing in it is markup
            block = "\n".join(f"    {line}" for line in message.splitlines())
            parts += [f"**{'; '.join(titles)}**", block]
        super().__init__("\n\n".join(parts) + "\n")


def self_check(assignment: str, namespace: Mapping[str, Any]) -> Rendered:
    """Run an assignment's visible checks on what a notebook or a prompt defines.

        self_check("sampling", globals())

    While nbgrader grades a notebook, which judges cell by cell, it only says that it is left out.

    Parameters
    ----------
    assignment : str
        "encoder", "sampling", "log_variance", "kl_loss" or "elbo".
    namespace : mapping
        The learner's names, such as `globals()`.

    Returns
    -------
    Rendered
        The `Report`: a table of skills passed and not passed with their points, and what to do
        about the latter; put it last in a cell.

    Raises
    ------
    ValueError
        If there is no such assignment.
    """
    if "NBGRADER_EXECUTION" in os.environ:
        return Rendered("Left out while nbgrader runs this notebook.\n")
    return judge(assignment, namespace, {})


def judge(assignment: str, namespace: Mapping[str, Any], excuses: Mapping[str, str]) -> Report:
    """Run the visible checks as `self_check` does, but know why a name may be missing.

    Parameters
    ----------
    assignment, namespace
        As for `self_check`.
    excuses : mapping
        What went wrong before, by a piece's name: told where it is missing, or fails.
    """
    failures = {}
    told: dict[tuple[str, str], str] = {}  # one slip, seen by several checks, is told once
    for skill in find(assignment).skills:
        if skill.shown and skill.piece not in namespace:
            nothing = f"Nothing here is called `{skill.piece}`."
            failures[skill.grade_id] = excuses.get(skill.piece, nothing)
        elif skill.shown:
            try:
                skill.check(namespace[skill.piece], 0)
            except CheckFailed as failure:
                seen = failure.seen, failure.likely
                before = excuses.get(skill.piece)
                message = f"{failure}\nBefore: {before}" if before else str(failure)
                failures[skill.grade_id] = told.setdefault(seen, message)
            except NotImplementedError:
                failures[skill.grade_id] = UNFINISHED
    return Report(assignment, failures)


def table(
    rows: Sequence[tuple[str, str, str]],
    header: tuple[str, str, str] = ("skill", "points", "result"),
) -> str:
    """Return the Markdown table of skill, points and result, its columns as wide as needed."""
    lines = [header, *rows]
    width = [max(len(line[column]) for line in lines) for column in range(3)]
    rule = "-" * width[0], "-" * (width[1] - 1) + ":", "-" * width[2]
    return "\n".join(
        f"| {skill:<{width[0]}} | {points:>{width[1]}} | {result:<{width[2]}} |"
        for skill, points, result in [lines[0], rule, *lines[1:]]
    )
