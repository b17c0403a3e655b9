"""What a learner gets back: one page without scripts, which loads nothing."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import bleach  # type: ignore[import-untyped]
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from nbconvert.filters import strip_files_prefix
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

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
            "kind": result["skills"][grade_id][0],
            "message": result["skills"][grade_id][1],
        }
        for grade_id, title in titles.items()
    ]
    reasons: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for skill in skills:  # one slip, seen by several checks, is told once
        if skill["kind"] != "passed":
            slip = re.search(r"^Seen:.*?(?=^Read:|\Z)", skill["message"], re.M | re.S)
            key = skill["kind"], slip[0] if slip else skill["message"]
            reasons.setdefault(key, []).append(skill)
    written = {name: mark for name, mark in record.marks.items() if name not in titles}
    scores = [mark.score for mark in record.marks.values()]
    texts = {
        name: rendered(text, result.get("pictures", {}).get(name, {}))
        for name, text in result["answers"].items()
        if name in written
    }
    return _template().render(
        assignment=assignment,
        learner=record.learner,
        skills=skills,
        reasons=reasons.values(),
        written=written,
        answers=result["answers"],
        texts=texts,
        comments={name: rendered(text, {}) for name, text in record.comments.items()},
        blank=[name for name in written if record.comments.get(name) == "No response."],
        total=max(0.0, sum(score or 0.0 for score in scores) - record.penalty),
        maximum=sum(mark.maximum for mark in record.marks.values()),
        penalty=record.penalty,
        waiting=any(score is None for score in scores),
        explain=WAITING,
        unjailed=result.get("jailed") is False,
    )


def rendered(text: str, pictures: dict[str, dict[str, str]]) -> Markup:
    """Return Markdown of a learner or of staff as harmless HTML, with its line breaks."""
    text = re.sub(r"(?<=\S)\n(?=[\w*_`$(\"'])", "  \n", text)
    renderer = IPythonRenderer(escape=True, attachments=pictures)
    return Markup(safe_html(MarkdownWithMath(renderer=renderer).render(text)))


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
    return environment.get_template("feedback.html")


# What Markdown makes, and no more.
_TAGS = {
    *("a", "blockquote", "br", "code", "del", "div", "em", "hr", "img", "li", "ol", "p", "pre"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "span", "strong", "table", "tbody", "td", "th"),
    *("thead", "tr", "ul"),
}


def _attribute(tag: str, name: str, value: str) -> bool:
    """Return whether an attribute stays: images are in the page, and data is nothing else."""
    if name == "href" and value.lower().lstrip().startswith("data:"):
        return False  # a page of the learner's own, one click away
    if tag == "img" and name == "src":
        return bool(re.match(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*$", value))
    allowed = {"a": ("href", "title"), "img": ("alt", "title")}
    return name in ("class", "id", *allowed.get(tag, ()))


def safe_html(html: str) -> str:
    """Return the HTML of a Markdown cell, with all that Markdown does not make escaped.

    In formgrader it takes the place of nbconvert's filter `strip_files_prefix`, and does that
    first: `c.HTMLExporter.filters = {"strip_files_prefix": "grading.feedback.safe_html"}`.
    """
    clean: str = bleach.clean(
        strip_files_prefix(html),
        tags=_TAGS,
        attributes=_attribute,
        protocols={"http", "https", "mailto", "data"},  # data: an image pasted into an answer
    )
    return clean.replace("<table>", '<table class="table">')  # as bootstrap draws tables
