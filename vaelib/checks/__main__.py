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
from vaelib.checks.notebook import judged
from vaelib.checks.report import table


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
    try:
        assignment, report = judged(path, quiet=False)
    except ValueError as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    print(f"{path}: {assignment}\n\n{report!r}", end="")
    return 0 if report.passed else 1


def _progress(folder: Path) -> int:
    """Print how far the assignments in a folder are, a line for each; return the exit status."""
    rows, passed = [], True
    for path in sorted(folder.rglob("*.ipynb")):
        name = path.relative_to(folder)
        if any(part.startswith(".") for part in name.parts):  # Jupyter's own copies
            continue
        if not _handed_out(path):
            continue
        try:
            assignment, report = judged(path, quiet=True)
        except ValueError as error:
            rows.append((str(name), "?", str(error)))
            passed = False
            continue
        passed = passed and report.passed
        state = "passed" if report.passed else "not yet" if report.begun else "not begun"
        rows.append((str(name), f"{report.earned} of {report.total}", f"{assignment}: {state}"))
    if not rows:
        print(f"{folder}: no notebook of an assignment is in it", file=sys.stderr)
        return 2
    print(table(rows, ("notebook", "points", "progress")))
    print("\nWritten answers and what is judged when graded are not counted here.")
    return 0 if passed else 1


def _handed_out(path: Path) -> bool:
    """Return whether a file can be an assignment: it has a mark of one, or cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
        json.loads(text)
    except (OSError, ValueError, RecursionError):
        return any(name in path.name for name in names())
    return "# EXERCISE: " in text or '"grade_id"' in text


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a learner's emoji
    sys.exit(main())
