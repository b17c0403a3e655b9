"""What a learner gets back: which skills are there, and what to do about the others.

    c.GenerateFeedback.preprocessors = [..., "grading.feedback.Feedback", ...]
    c.HTMLExporter.filters = {"strip_files_prefix": "grading.feedback.safe_html"}

No line of a hidden check is shown, nor what it printed: only what it says to the learner.
"""

import re
from typing import Any

import bleach  # type: ignore[import-untyped]
import nbformat
from nbconvert.filters import strip_files_prefix
from nbgrader.api import Gradebook  # type: ignore[import-untyped]
from nbgrader.preprocessors import NbGraderPreprocessor  # type: ignore[import-untyped]
from nbgrader.utils import is_grade, is_locked  # type: ignore[import-untyped]

from vaelib.checks.report import UNFINISHED, table

_NOT_JUDGED = "Not judged: nothing was found here. These points are open; a note above says why."
_STDERR = (
    "Something wrote to stderr while this check ran, which nbgrader takes for an error. Checks\n"
    "silence your code, so it must be a thread or a process that your code has started."
)


class Feedback(NbGraderPreprocessor):  # type: ignore[misc]
    """Reduce each graded cell to its message, and put a table of skills on top.

    It stands after nbgrader's GetGrades, which writes the scores into the cells, and
    ClearHiddenTests.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Change the graded notebook for the page of feedback."""
        where = resources["nbgrader"]
        rows = []
        with Gradebook(where["db_url"]) as gradebook:
            for cell in filter(is_grade, nb.cells):
                meta = cell.metadata.nbgrader
                grade = gradebook.find_grade(
                    meta.grade_id, where["notebook"], where["assignment"], where["student"]
                )
                unscored = grade.auto_score is None and grade.manual_score is None
                if unscored:
                    result = "to be judged by a person"
                elif meta.score < meta.points:
                    result = "not yet"
                else:
                    result = "passed"
                points = f"{'?' if unscored else f'{meta.score:g}'} of {meta.points:g}"
                rows.append((_title(cell), points, result))
                if is_locked(cell) and cell.cell_type == "code":
                    message = _NOT_JUDGED if unscored else _message(cell.outputs)
                    cell.outputs = [_error(message)] if message else []
        nb.cells.insert(0, nbformat.v4.new_markdown_cell(table(rows)))
        return nb, resources


def _title(cell: Any) -> str:
    """Return a graded cell's first line, without its points."""
    if cell.cell_type != "code":
        return "written answer"
    return re.sub(r" \(\d+ points?\).*", "", cell.source.partition("\n")[0].lstrip("# "))


def _message(outputs: Any) -> str:
    """Return what a check says to the learner."""
    for output in outputs:
        if output.output_type == "error" and output.ename == "NotImplementedError":
            return UNFINISHED
        if output.output_type == "error" and output.ename == "CheckFailed":
            return str(output.evalue)
        if output.output_type == "error":
            return f"{output.ename}: {output.evalue}".rstrip(": ")
    return _STDERR if any(output.get("name") == "stderr" for output in outputs) else ""


def _error(message: str) -> Any:
    return nbformat.v4.new_output("error", ename="", evalue="", traceback=message.splitlines())


# What Markdown makes, and no more.
_TAGS = {
    *("a", "blockquote", "br", "code", "del", "div", "em", "hr", "img", "li", "ol", "p", "pre"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "span", "strong", "table", "tbody", "td", "th"),
    *("thead", "tr", "ul"),
}
_ATTRIBUTES = {"*": ["class", "id"], "a": ["href", "title"], "img": ["src", "alt", "title"]}


def safe_html(html: str) -> str:
    """Return the HTML of a Markdown cell, with all that Markdown does not make escaped.

    It takes the place of nbgrader's filter `strip_files_prefix`, and does that first.
    """
    clean: str = bleach.clean(
        strip_files_prefix(html),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        protocols={"http", "https", "mailto", "data"},  # data: an image pasted into an answer
    )
    return clean.replace("<table>", '<table class="table">')  # as bootstrap draws tables
