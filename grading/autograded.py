"""The graded notebook that formgrader shows: the release, with the learner's answers in it.

Built from the release, not from what was handed in: a learner decides what stands in the answer
cells and nothing else, and what stands there is shown as text, never rendered.
"""

import copy
import json
import re
import textwrap
from collections.abc import Mapping
from typing import Any

from grading.results import OPEN, Result, SkillResult
from vaelib.checks.notebook import find_answer

LONGEST = 100_000  # characters of one answer that are shown


def answers(notebook: bytes, written: Mapping[str, str], assignment: str) -> dict[str, str]:
    """Return what the learner wrote, by grade id; what is not there is left out.

    Parameters
    ----------
    notebook : bytes
        What was handed in, whatever it is.
    written : mapping
        The grade ids of the assignment's written answers, and the ids of their cells.
    """
    try:
        parsed = json.loads(notebook)
        found = dict(find_answer(parsed, assignment).cells)
        for cell in parsed["cells"]:
            named = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
            for grade_id, cell_id in written.items():
                if named == grade_id or (named is None and cell.get("id") == cell_id):
                    found[grade_id] = "".join(cell["source"])
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, MemoryError):
        return {}  # not a notebook: the judge says so
    return {name: plain(text) for name, text in found.items()}


def plain(text: str) -> str:
    """Return text that every database, file and page can hold, and not too much of it."""
    cut = f"{text[:LONGEST]}\n[... cut here]" if len(text) > LONGEST else text
    cut = re.sub(
        r"[\x00-\x08\x0b-\x1f\x7f]", "\N{REPLACEMENT CHARACTER}", cut.replace("\r\n", "\n")
    )
    return cut.encode("utf-8", "replace").decode()


def autograded(release: Mapping[str, Any], given: Mapping[str, str], result: Result) -> str:
    """Return the graded notebook.

    Parameters
    ----------
    release : mapping
        The released notebook, parsed.
    given : mapping
        The learner's answers, by grade id.
    result : Result
        Shown below the checks, as their output.
    """
    skills = {skill.grade_id: skill for skill in result.skills}
    notebook: dict[str, Any] = copy.deepcopy(dict(release))
    for cell in notebook["cells"]:
        nbgrader = cell["metadata"].get("nbgrader", {})
        name = nbgrader.get("grade_id")
        if name in skills:
            cell["outputs"] = [_output(skills[name])]
        elif nbgrader.get("solution"):
            released = "".join(cell["source"])
            answer = given.get(name, "Not found in what was handed in.")
            if cell["cell_type"] == "code":
                cell["source"] = answer if name in given else f"# {answer}"
            elif answer != released:
                cell["source"] = _literal(answer)
    return json.dumps(notebook, indent=1)


def _output(skill: SkillResult) -> dict[str, Any]:
    """Return what a check left behind: what nbgrader's own run of it would, told from outside."""
    if skill.verdict in OPEN:
        first = f"No verdict ({skill.verdict}): please grade by hand."
    else:
        first = f"{skill.verdict}: {skill.points:g} of {skill.maximum:g} points"
    message = plain(skill.message)
    lines = [first]
    for line in message.splitlines():
        lines += textwrap.wrap(line, 96, subsequent_indent=" " * 8)
    if skill.verdict == "passed":
        return {"output_type": "stream", "name": "stdout", "text": first}
    error = {"ename": "CheckFailed", "evalue": message, "traceback": lines}
    return {"output_type": "error", **error}


def _literal(text: str) -> str:
    """Return Markdown that shows the text as it is: in a fence longer than any in the text."""
    fence = "`" * (1 + max([2, *map(len, re.findall("`+", text))]))
    return f"{fence}\n{text}\n{fence}"
