"""The graded notebook that formgrader shows: the release, with the learner's answers in it.

Built from the release, not from what was handed in: a learner decides what stands in the answer
cells, in the helpers that these need and in the written text, and nothing else. Text is kept as
Markdown, as the learner meant it; `safe_html` sees to it that no page runs or loads any of it.
"""

import copy
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from grading.limits import SHOWN
from grading.verdict import OPEN, Graded, Verdict
from vaelib.checks.answer import Found, Release

Cell = dict[str, Any]


def cells_of(release: Mapping[str, Any]) -> tuple[Release, ...]:
    """Return what must be known of a released notebook to find an answer."""
    cells = []
    for cell in release["cells"]:
        nbgrader = cell["metadata"].get("nbgrader", {})
        cells.append(
            Release(
                cell["cell_type"],
                "".join(cell["source"]),
                str(nbgrader.get("grade_id", "")),
                str(cell.get("id", "")),
                bool(nbgrader.get("solution")),
            )
        )
    return tuple(cells)


def answers(found: Found | None) -> dict[str, str]:
    """Return what the learner wrote, by grade id; what is not there is left out."""
    if found is None:
        return {}
    return {name: plain(text) for name, text in {**found.answer.cells, **found.texts}.items()}


def plain(text: str) -> str:
    """Return text that every database, file and page can hold, and not too much of it."""
    cut = f"{text[:SHOWN]}\n[... cut here]" if len(text) > SHOWN else text
    cut = re.sub(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]",
        "\N{REPLACEMENT CHARACTER}",
        cut.replace("\r\n", "\n"),
    )
    return cut.encode("utf-8", "replace").decode()


def graded_notebook(
    release: Mapping[str, Any],
    graded: Graded,
    remarks: list[str],
    rubrics: Mapping[str, str] | None = None,
) -> str:
    """Return the graded notebook.

    Parameters
    ----------
    release : mapping
        The released notebook, parsed.
    graded : Graded
        What was found and judged; a verdict stands below each check, as its output.
    remarks : list of str
        What staff should know, a sentence each; on top.
    rubrics : mapping, optional
        Model answer and rubric of each written answer, by grade id; shown above it.
    """
    notebook: dict[str, Any] = copy.deepcopy(dict(release))
    notebook["cells"] = [
        *(_note(f"**For staff**: {_escaped(remark)}") for remark in remarks),
        *_filled(notebook["cells"], graded, rubrics or {}),
    ]
    for number, cell in enumerate((c for c in notebook["cells"] if "id" not in c), 1):
        cell["id"] = f"graded-{number}"
    return json.dumps(notebook, indent=1)


def _filled(released: list[Cell], graded: Graded, rubrics: Mapping[str, str]) -> Iterator[Cell]:
    """Yield the released cells with answers, helpers and verdicts in them."""
    skills = {skill.grade_id: skill for skill in graded.skills}
    found, given = graded.found, answers(graded.found)
    helpers = _helpers(found, released)
    for cell in released:
        nbgrader = cell["metadata"].get("nbgrader", {})
        name = nbgrader.get("grade_id")
        if name in skills:
            cell["outputs"] = [_output(skills[name])]
        elif nbgrader.get("solution"):
            if name not in given:
                given[name] = "Not found in what was handed in."
                if cell["cell_type"] == "code":
                    given[name] = f"# {given[name]}"
            cell["source"] = given[name]
            if found and found.pictures.get(name):
                cell["attachments"] = {
                    picture: dict(data) for picture, data in found.pictures[name].items()
                }
        if nbgrader.get("solution") and cell["cell_type"] == "code":
            yield from map(_code, helpers.pop("before", []))
        if name in rubrics:
            yield _note(f"**For staff: model answer and rubric.** {rubrics[name]}")
        yield cell
        yield from map(_code, helpers.pop(name, []))


def _helpers(found: Found | None, released: list[Cell]) -> dict[str, list[str]]:
    """Return the other cells that the answer is made of, by the piece that they follow."""
    if found is None:
        return {}
    there = {"".join(cell["source"]) for cell in released}
    holders = {text: name for name, text in found.answer.cells.items()}
    after, helpers = "before", dict[str, list[str]]()
    for text in found.answer.needed:
        if text in holders:
            after = holders[text]
        elif text not in there:
            helpers.setdefault(after, []).append(plain(text))
    return helpers


def _code(source: str) -> Cell:
    base: Cell = {"cell_type": "code", "metadata": {}, "source": source}
    return base | {"outputs": [], "execution_count": None}


def _note(source: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _escaped(text: str) -> str:
    """Return a sentence of ours without what Markdown would take for markup in a file's name."""
    return re.sub(r"([\\`*\[\]<>$!#|~])", r"\\\1", plain(text))


def said(skill: Verdict) -> str:
    """Return a verdict in the words that every page uses."""
    if skill.kind in OPEN:
        return f"No verdict ({skill.kind}): please grade by hand."
    return f"{skill.kind}: {skill.points:g} of {skill.maximum:g} points"


def _output(skill: Verdict) -> dict[str, Any]:
    """Return what a check left behind: what nbgrader's own run of it would, told from outside."""
    if skill.kind == "passed":
        return {"output_type": "stream", "name": "stdout", "text": said(skill)}
    message = plain(skill.message)
    lines = [said(skill)]
    for line in message.splitlines():
        lines += textwrap.wrap(line, 96, subsequent_indent=" " * 8)
    return {
        "output_type": "error",
        "ename": "CheckFailed",
        "evalue": message,
        "traceback": lines,
    }
