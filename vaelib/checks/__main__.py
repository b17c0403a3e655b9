"""Run an assignment's visible checks on a notebook's file: `python -m vaelib.checks x.ipynb`.

With a folder instead, a table of the progress in all the assignments in it. Nothing is written, and
nothing leaves the machine.

Exit status: 0 if every skill that is judged here is there, 1 if one is not, 2 if there is
nothing to judge, or the answer ended Python.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from vaelib.assignments import names
from vaelib.checks.answer import assignment_of, load
from vaelib.checks.notebook import judged
from vaelib.checks.report import Report, table

_NOT_COUNTED = "Written answers and what is judged when graded are not counted here."


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report on a notebook, or the table of a folder, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m vaelib.checks",
        description="Run an assignment's visible checks on a notebook, or on all in a folder.",
    )
    parser.add_argument("path", type=Path, help="such as sampling.ipynb, or a folder")
    path = parser.parse_args(arguments).path
    if path.is_dir():
        return _progress(path)
    if not path.exists():
        example = "work/exercises/sampling/sampling.ipynb"
        print(f"{path}: No such file or folder. Name a notebook: {example}", file=sys.stderr)
        return 2
    try:
        assignment, report = judged(path, quiet=False)
    except ValueError as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    print(f"{path}: {assignment}\n\n{report!r}\n{_NOT_COUNTED}")
    return 0 if report.passed else 1


def _progress(folder: Path) -> int:
    """Print how far the assignments in a folder are, a line for each; return the exit status.

    Of several notebooks of one assignment the one with the most points counts.
    """
    found: list[tuple[str, str, Report | None]] = []  # name, assignment or what is wrong, report
    best: dict[str, Report] = {}
    for path in sorted(folder.rglob("*.ipynb")):
        name = path.relative_to(folder)
        if any(part.startswith(".") for part in name.parts):  # Jupyter's own copies
            continue
        if not _handed_out(path):
            continue
        try:
            assignment, report = judged(path, quiet=True)
        except ValueError as error:
            found.append((str(name), str(error), None))
            continue
        found.append((str(name), assignment, report))
        best[assignment] = max(best.get(assignment, report), report, key=lambda one: one.earned)
    if not found:
        print(f"{folder}: no notebook of an assignment is in it", file=sys.stderr)
        return 2
    rows = [
        (name, "?", said)
        if report is None
        else (name, f"{report.earned} of {report.total}", f"{said}: {_state(report, best[said])}")
        for name, said, report in found
    ]
    print(table(rows, ("notebook", "points", "progress")))
    print(f"\n{_NOT_COUNTED}")
    read = all(report is not None for _, _, report in found)
    return 0 if read and all(report.passed for report in best.values()) else 1


def _state(report: Report, best: Report) -> str:
    """Return how far a notebook is, or that another one of its assignment is further."""
    if report is not best:
        return "another one counts"
    return "passed" if report.passed else "not yet" if report.begun else "not begun"


def _handed_out(path: Path) -> bool:
    """Return whether a file can be one of ours: it has a mark of it, or cannot be read."""
    try:
        notebook = load(path.read_bytes())
        known = assignment_of(notebook, path.name) is not None
    except (OSError, ValueError, RecursionError):
        return any(name in path.name for name in names())
    text = json.dumps(notebook)
    return known and ("# EXERCISE: " in text or '"grade_id"' in text)


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a learner's emoji
    sys.exit(main())
