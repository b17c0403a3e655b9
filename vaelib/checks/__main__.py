"""Run an assignment's visible checks on a notebook's file: `python -m vaelib.checks x.ipynb`.

Exit status: 0 if every skill that is judged here is there, 1 if one is not, 2 if there is
nothing to judge. The learner's code runs in this process, with what the learner may do.
"""

import argparse
import json
import linecache
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vaelib.checks.notebook import Answer, assignment_of, find_answer
from vaelib.checks.report import judge
from vaelib.checks.skills import PIECES


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report on a notebook and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m vaelib.checks",
        description="Run an assignment's visible checks on a notebook.",
    )
    parser.add_argument("notebook", type=Path, help="such as sampling.ipynb")
    path = parser.parse_args(arguments).notebook
    try:
        assignment, answer = _read(path)
    except (OSError, ValueError, RecursionError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    namespace, excuse = _run(answer.source)
    pieces = PIECES[assignment]
    excuses = {
        pieces[grade_id]: f"The cell has a syntax error, {error}" if error else excuse
        for grade_id, error in {**dict.fromkeys(answer.cells, ""), **answer.broken}.items()
    }
    report = judge(assignment, namespace, excuses)
    print(f"{path}: {assignment}\n\n{report!r}", end="")
    return 0 if report.passed else 1


def _read(path: Path) -> tuple[str, Answer]:
    """Return which assignment the notebook is, and the answer in it."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"expected a notebook, got text that is not JSON: {error}") from None
    assignment = assignment_of(notebook, path.name)
    if assignment is None:
        raise ValueError(
            f"which assignment is it? Call the file after one of {', '.join(PIECES)}, "
            "such as sampling.ipynb"
        )
    answer = find_answer(notebook, assignment)
    if not answer.cells:
        names = " or ".join(PIECES[assignment].values())
        raise ValueError(f"this looks like {assignment}, but no cell defines {names}")
    return assignment, answer


def _run(source: str) -> tuple[dict[str, Any], str]:
    """Execute the answer; return its names, and where it stopped if it did."""
    filename = "<your notebook>"
    # what an error or a check quotes is looked up here
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(compile(source, filename, "exec", dont_inherit=True), namespace)
    except Exception as error:
        line = _line(error, filename)
        return namespace, f"Your cells stopped with {type(error).__name__}: {error}, at `{line}`"
    return namespace, ""


def _line(error: BaseException, filename: str) -> str:
    """Return the answer's outermost line that an error passed through."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename != filename:
        trace = trace.tb_next
    return linecache.getline(filename, trace.tb_lineno).strip() if trace else ""


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a learner's emoji
    sys.exit(main())
