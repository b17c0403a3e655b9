"""What a learner gets back: one page without scripts, everything in it escaped."""

import json
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from grading.gradebook import Record

WAITING = {
    "grader error": "The grader failed here, not you. Staff know, and will grade it.",
    "not found": "Staff know, and will look for it.",
}


def page(assignment: str, titles: dict[str, str], record: Record) -> str:
    """Return the feedback page of one submission as HTML.

    Parameters
    ----------
    assignment : str
    titles : dict
        The skills' names by grade id, in the order in which they are shown.
    record : Record
        What the gradebook holds.
    """
    result = json.loads(record.result)
    skills = [
        {
            "title": title,
            "mark": record.marks[grade_id],
            "verdict": result["skills"][grade_id][0],
            "message": result["skills"][grade_id][1],
        }
        for grade_id, title in titles.items()
    ]
    written = {name: mark for name, mark in record.marks.items() if name not in titles}
    scores = [mark.score for mark in record.marks.values()]
    return _template().render(
        assignment=assignment,
        learner=record.learner,
        skills=skills,
        written=written,
        answers=result["answers"],
        comments=record.comments,
        total=max(0.0, sum(score or 0.0 for score in scores) - record.penalty),
        maximum=sum(mark.maximum for mark in record.marks.values()),
        penalty=record.penalty,
        waiting=any(score is None for score in scores),
        explain=WAITING,
    )


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")
