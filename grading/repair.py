"""Put a submission right before nbgrader sees it.

    c.Autograde.exporter_class = "grading.repair.SubmissionExporter"

What nbgrader grades is then always a fresh copy of the released notebook with the learner's
answer in it, found by `vaelib.checks.notebook`. Names of files, metadata, copied or deleted cells
make no difference, and nothing in the folder of submissions is written.

What is not found is not judged: no score, open for a person to grade, a warning in nbgrader's
log, and a note to the learner in the notebook.
"""

import copy
import glob
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook  # type: ignore[import-untyped]

from vaelib.checks.notebook import Answer, assignment_of, find_answer
from vaelib.checks.skills import PIECES, SKILLS

Notebook = dict[str, Any]
Cell = dict[str, Any]


@dataclass(frozen=True)
class Repaired:
    """A submission put right.

    Parameters
    ----------
    notebook : dict
        The released notebook with the learner's answer in it.
    not_found : tuple of str
        The grade ids of graded cells for which there is nothing to judge.
    remarks : tuple of str
        What staff should know, a sentence each.
    """

    notebook: Notebook
    not_found: tuple[str, ...]
    remarks: tuple[str, ...]


def repair(release: Notebook, assignment: str, submitted: Mapping[str, bytes]) -> Repaired:
    """Return the released notebook with the answer from the files that a learner handed in.

    Parameters
    ----------
    release : dict
        The released notebook, as `nbformat.read` returns it.
    assignment : str
        A key of `vaelib.checks.skills.PIECES`.
    submitted : mapping
        The content of each notebook that was handed in, by its file's name. Where there are
        several, the one with most of the answer counts; among equals, the one called after the
        assignment.
    """
    read = {name: _read(name, content, assignment) for name, content in submitted.items()}
    answers = {name: found for name, found in read.items() if not isinstance(found, str)}
    remarks = [problem for problem in read.values() if isinstance(problem, str)]
    if not submitted:
        remarks.append("no notebook was handed in")
    learners: Notebook = {"cells": []}
    answer = find_answer(learners, assignment)
    if answers:
        best = max(
            answers, key=lambda name: (_progress(answers[name][1]), name == f"{assignment}.ipynb")
        )
        learners, answer = answers[best]
        if len(submitted) > 1:
            remarks.append(f"{len(submitted)} notebooks were handed in, {_plain(best)} was judged")
    names = PIECES[assignment]
    missing = {names[grade_id] for grade_id in answer.missing}
    if answers and missing:
        remarks.append(f"no cell defines {' or '.join(sorted(missing))}")
    notebook = copy.deepcopy(release)
    pieces = {skill.grade_id: skill.piece for skill in SKILLS[assignment]}
    not_found = [grade_id for grade_id in _graded(notebook) if pieces.get(grade_id) in missing]
    for cell in _written(notebook):
        found = _written_answer(learners, release, cell)
        if not found:
            not_found.append(_grade_id(cell))
            remarks.append(f"the written answer {_grade_id(cell)} is gone")
            continue
        texts = [text for text in map(_text, found) if text.strip() not in ("", _text(cell))]
        pictures = [c["attachments"] for c in found if isinstance(c.get("attachments"), Mapping)]
        cell["source"] = "\n\n".join(dict.fromkeys(texts)) or _text(cell)
        if pictures:
            cell["attachments"] = {name: data for one in pictures for name, data in one.items()}
    notebook["cells"] = list(_filled(notebook["cells"], answer, names, not_found, remarks))
    for number, cell in enumerate((c for c in notebook["cells"] if "id" not in c), 1):
        cell["id"] = f"learner-{number}"
    return Repaired(notebook, tuple(not_found), tuple(remarks))


def _read(name: str, content: bytes, assignment: str) -> tuple[Notebook, Answer] | str:
    """Return a notebook and the answer in it, or why there is none."""
    if not content.strip():
        return f"{_plain(name)} is empty"
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
        # half of a character, as an escape in JSON, could not be written again
        whole = json.dumps(notebook, ensure_ascii=False).encode("utf-8", "replace")
        notebook = json.loads(whole)
        answer = find_answer(notebook, assignment)
    except (ValueError, RecursionError):
        return f"{_plain(name)} cannot be read as a notebook"
    other = assignment_of(notebook, name)
    if not answer.cells and other not in (None, assignment):
        return f"{_plain(name)} is the notebook of another assignment, {other}"
    return notebook, answer


def _plain(name: str) -> str:
    """Return a file's name without what Markdown or HTML would take for markup."""
    return re.sub(r"[^\w .()+-]", "?", name)


def _progress(answer: Answer) -> int:
    return len(answer.cells) - len(answer.broken) - len(answer.unfinished)


def _grade_id(cell: Cell) -> str:
    return str(cell["metadata"]["nbgrader"]["grade_id"])


def _text(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)


def _graded(notebook: Notebook) -> list[str]:
    """Return the grade ids of the checks."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [_grade_id(cell) for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade")]


def _written(notebook: Notebook) -> list[Cell]:
    """Return the cells whose answer is a text."""
    return [
        cell
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown" and cell["metadata"].get("nbgrader", {}).get("solution")
    ]


def _written_answer(learners: Notebook, release: Notebook, cell: Cell) -> list[Cell]:
    """Return the learner's cells in place of a written answer; none, if it is gone.

    Those with its grade id, and any below the question that the release does not have. A
    question that was written into is among them.
    """
    before = release["cells"][release["cells"].index(cell) - 1]
    heading = _text(before).partition("\n")[0]
    others = {_text(c) for c in release["cells"]} - {_text(cell)}
    found, below = [], False
    for learners_cell in learners.get("cells", ()):  # format 3 has none
        text = _text(learners_cell)
        if text.startswith(heading):
            below = True
        elif text in others:
            below = False
        elif below and learners_cell.get("cell_type") == "code":
            continue
        if text not in others and (below or _has_grade_id(learners_cell, _grade_id(cell))):
            found.append(learners_cell)
    return found


def _has_grade_id(cell: Mapping[str, Any], grade_id: str) -> bool:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    return isinstance(nbgrader, Mapping) and nbgrader.get("grade_id") == grade_id


def _filled(
    released: Sequence[Cell],
    answer: Answer,
    names: Mapping[str, str],
    not_found: Sequence[str],
    remarks: Sequence[str],
) -> Iterator[Cell]:
    """Yield the released cells with the learner's pieces and helpers, and notes to the learner."""
    holders = {text: grade_id for grade_id, text in reversed(list(answer.cells.items()))}
    order = [holders[text] for text in answer.needed if text in holders]
    in_order = order == sorted(order, key=list(names).index)
    first, after = next(iter(names)), ""
    helpers: dict[tuple[str, str], list[str]] = {}
    there = {_text(cell) for cell in released}
    for text in answer.needed:
        if text in holders:
            after = holders[text]
        elif text not in there:
            place = ("after", after) if after and in_order else ("before", first)
            helpers.setdefault(place, []).append(text)
    for cell in released:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        text_is_gone = grade_id in not_found and cell["cell_type"] == "markdown"
        if grade_id in answer.missing or text_is_gone:
            yield _new("markdown", _NOT_FOUND.format(why="; ".join(remarks)))
        if grade_id not in names:
            yield cell
            continue
        yield from (_new("code", text) for text in helpers.get(("before", grade_id), ()))
        if grade_id in answer.broken:
            yield _new("markdown", _BROKEN.format(error=answer.broken[grade_id]))
        text = answer.cells.get(grade_id, _text(cell))
        if holders.get(text, grade_id) != grade_id:
            text = f"# EXERCISE: {grade_id}\n# This answer stands in the cell {holders[text]}."
        yield cell | {"source": text}
        yield from (_new("code", text) for text in helpers.get(("after", grade_id), ()))


def _new(kind: str, text: str) -> Cell:
    """Return a cell that the release does not have."""
    code: Cell = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": text, **code}


_NOT_FOUND = """\
**Not judged: nothing was found here.** The reason: {why}. This is no zero: the points are open, \
and your instructor is told. Hand in the notebook again, with your answer in the cell below."""
_BROKEN = """\
**Python cannot read this cell**: {error}. As long as that is so, nothing in it can be judged, \
and the checks say that the name is not defined."""


class SubmissionExporter(NotebookExporter):
    """What nbgrader's autograder reads and writes notebooks with, in both of its passes.

    The first pass reads the submission: here it is put right. The second executes that notebook
    and saves the grades: here the grades for which nothing was found are taken back.
    """

    def __init__(self, config: Any = None, **kwargs: Any) -> None:
        super().__init__(config=config, **kwargs)
        self._not_found: tuple[str, ...] = ()
        converter: Any = self.parent
        self._course = course = converter.coursedir
        if course.assignment_id in PIECES:
            # one notebook for each learner, whatever was handed in
            folders = course.format_path(
                course.submitted_directory, course.student_id, course.assignment_id
            )
            for folder in glob.glob(folders):
                converter.assignments[folder] = [
                    os.path.join(folder, f"{course.assignment_id}.ipynb")
                ]

    def from_filename(self, filename: str, resources: Any = None, **kwargs: Any) -> Any:
        """Convert a notebook; see the class."""
        nbgrader = resources["nbgrader"]
        if nbgrader["assignment"] not in PIECES:
            return super().from_filename(filename, resources, **kwargs)
        course = self._course
        place = nbgrader["student"], nbgrader["assignment"]
        folder = Path(course.format_path(course.submitted_directory, *place))
        if Path(filename).parent != folder:
            done = super().from_filename(filename, resources, **kwargs)
            self._leave_open(nbgrader, self._not_found)
            return done
        release = Path(course.format_path(course.release_directory, ".", place[1]))
        repaired = repair(
            nbformat.read(release / f"{place[1]}.ipynb", as_version=4),
            place[1],
            {path.name: _content(path) for path in sorted(folder.glob("*.ipynb"))},
        )
        tell = self.log.error if repaired.not_found else self.log.warning
        for remark in repaired.remarks:
            tell("%s, %s: %s", *place, remark)
        # should the kernel die, there must be no zero from an earlier step
        self._leave_open(nbgrader, _graded(repaired.notebook))
        self._not_found = repaired.not_found
        return self.from_notebook_node(nbformat.from_dict(repaired.notebook), resources, **kwargs)

    def _leave_open(self, nbgrader: Mapping[str, str], grade_ids: Iterable[str]) -> None:
        """Take back the automatic score of these cells: a person has to look."""
        with Gradebook(nbgrader["db_url"]) as gradebook:
            for grade_id in grade_ids:
                grade = gradebook.find_grade(
                    grade_id, nbgrader["notebook"], nbgrader["assignment"], nbgrader["student"]
                )
                grade.auto_score = None
                grade.needs_manual_grade = True
            gradebook.db.commit()


def _content(path: Path) -> bytes:
    """Return a file's content; nothing, if it is a folder or cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
