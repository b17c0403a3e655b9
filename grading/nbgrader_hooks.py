"""The same road from nbgrader's own doors: its command line, and formgrader's buttons.

    c.Autograde.exporter_class = "grading.nbgrader_hooks.Judged"
    c.GenerateFeedback.exporter_class = "grading.nbgrader_hooks.Told"

`nbgrader autograde` and formgrader's lightning bolt make an exporter once they know whom to
grade. These do the work of `python -m grading` for them, and leave nbgrader nothing to do: so
there is one finder, one judge and one writer. (As steps of `autograde_preprocessors` they would
come too late: before these, nbgrader aborts at a renamed file, and writes a 0 for it.)
"""

import fnmatch
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter, NotebookExporter
from nbgrader.converters import Autograde  # type: ignore[import-untyped]
from nbgrader.converters.base import NbGraderException  # type: ignore[import-untyped]

from grading import run
from grading.__main__ import cores
from grading.submission import printable
from grading.verdict import GradingError
from vaelib.assignments import names


class Judged(NotebookExporter):
    """Grades when it is made; what asks for a person is an error in the log."""

    def __init__(self, config: Any = None, **kwargs: Any) -> None:
        super().__init__(config=config, **kwargs)
        _instead_of(self.parent, _grade)


class Told(HTMLExporter):
    """Writes the feedback pages when it is made."""

    def __init__(self, config: Any = None, **kwargs: Any) -> None:
        super().__init__(config=config, **kwargs)
        _instead_of(self.parent, _tell)


def _instead_of(converter: Any, work: Callable[[Any, run.Course, str, list[str]], None]) -> None:
    """Do our work, and leave nbgrader's converter none, if the assignment is one of ours."""
    assignment = converter.coursedir.assignment_id
    if assignment not in names():
        return
    course = run.Course(Path(converter.coursedir.root), app=converter.parent)
    pattern = converter.coursedir.student_id or "*"
    excluded = converter.coursedir.student_id_exclude.split(",")
    chosen = [
        learner
        for learner in course.learners(assignment)
        if fnmatch.fnmatchcase(learner, pattern) and learner not in excluded
    ]
    try:
        work(converter, course, assignment, chosen)
    except GradingError as error:
        converter.log.error("Nothing more is graded: %s", error)
        raise NbGraderException(str(error)) from None
    converter.assignments = {}


def _grade(converter: Any, course: run.Course, assignment: str, chosen: list[str]) -> None:
    count = max(1, min(cores(), len(chosen)))
    force = bool(converter.force)
    summary = run.grade(course, assignment, only=chosen, regrade=force, count=count)
    for kind in (summary.unjudged, summary.questions):
        for learner, reason in kind.items():
            converter.log.error("%s, %s: %s", printable(learner), assignment, reason)
    for line in summary.misplaced:
        converter.log.error("in a place where nobody looks: %s", line)
    for learner, reason in summary.remarks.items():
        converter.log.warning("%s, %s: %s", printable(learner), assignment, reason)
    converter.log.info(run.report(summary))


def _tell(_: Any, course: run.Course, assignment: str, chosen: list[str]) -> None:
    for learner in chosen:
        run.write_feedback(course, assignment, learner)


_look = Autograde.init_notebooks


def _init_notebooks(converter: Any) -> None:
    """Look as nbgrader does; where it gives up, as no name ends in .ipynb, our finder goes on."""
    try:
        _look(converter)
    except NbGraderException:
        if converter.coursedir.assignment_id not in names():
            raise


Autograde.init_notebooks = _init_notebooks
