"""A notebook's file, judged in a process of its own.

The learner's code runs with what the learner may do: a cell that ends Python, crashes it or never
comes back costs its own notebook its report, and nothing else.
"""

import linecache
import multiprocessing
import os
import signal
import sys
from contextlib import redirect_stdout
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from vaelib.assignments import find, names
from vaelib.checks import guard
from vaelib.checks.answer import Answer, assignment_of, find_answer, load, written_modules
from vaelib.checks.program import run
from vaelib.checks.report import Report, judge


def judged(path: Path, quiet: bool) -> tuple[str, Report]:
    """Judge a notebook in a process of its own.

    Parameters
    ----------
    path : Path
        The notebook's file.
    quiet : bool
        Whether what it prints is dropped.

    Returns
    -------
    str, Report
        Which assignment it is, and how its answer does.

    Raises
    ------
    ValueError
        If there is no report; it says why.
    """
    context: Any = multiprocessing.get_context("spawn")
    if sys.platform == "linux":  # a fork of one that has loaded torch: elsewhere that is not safe
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_tell, args=(there, path, quiet))
    child.start()
    there.close()
    seconds = guard.SECONDS * guard.PATIENCE
    try:
        answered = wait([here, child.sentinel], seconds)
        told = here.recv() if here.poll() else None
    except EOFError:  # the process closed its end without a word
        told = None
    finally:
        child.join(1)
        code = child.exitcode
        child.kill()  # a thread of the answer's may still run
        child.join()
    if not answered:
        raise ValueError(f"its code was still running after {seconds:g} seconds")
    if told is None:
        raise ValueError(f"its code ended Python ({_ending(code)})")
    if isinstance(told, str):
        raise ValueError(told)
    done: tuple[str, Report] = told
    return done


def _tell(pipe: Connection, path: Path, quiet: bool) -> None:
    """Send the report on a notebook, or why there is none; if quiet, without what it prints."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a learner's emoji
    nowhere = open(os.devnull, "w", encoding="utf-8") if quiet else sys.stdout  # noqa: SIM115
    with redirect_stdout(nowhere):
        try:
            told: object = _judge(path)
        except (OSError, ValueError, RecursionError) as error:
            told = str(error)
    pipe.send(told)


def _ending(code: int | None) -> str:
    """Return how a process ended, by its exit code."""
    if code is None or code >= 0:
        return f"exit code {code}"
    return signal.strsignal(-code) or f"signal {-code}"


def _judge(path: Path) -> tuple[str, Report]:
    """Return which assignment a notebook is, and how its answer does."""
    assignment, answer, modules = _read(path)
    namespace, excuse = _run(answer.source, modules)
    pieces = find(assignment).defines
    excuses = {
        pieces[grade_id]: f"The cell has a syntax error, {error}" if error else excuse
        for grade_id, error in {**dict.fromkeys(answer.cells, ""), **answer.broken}.items()
    }
    return assignment, judge(assignment, namespace, excuses)


def _read(path: Path) -> tuple[str, Answer, dict[str, str]]:
    """Return which assignment the notebook is, the answer in it, and the modules that it writes."""
    try:
        notebook = load(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"expected a notebook, got text that is not JSON: {error}") from None
    assignment = assignment_of(notebook, path.name)
    if assignment is None:
        raise ValueError(
            f"which assignment is it? Call the file after one of {', '.join(names())}, "
            "such as sampling.ipynb"
        )
    answer = find_answer(notebook, assignment)
    if not answer.cells:
        wanted = " or ".join(find(assignment).defines.values())
        raise ValueError(f"this looks like {assignment}, but no cell defines {wanted}")
    sys.path.append(str(path.parent))  # for a helper that lies beside it
    return assignment, answer, written_modules(notebook)


def _run(source: str, modules: dict[str, str]) -> tuple[dict[str, Any], str]:
    """Execute the answer; return its names, and where it first stopped if it did."""
    filename = "<your notebook>"
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for error in run(source, filename, namespace, modules):
        line = _line(error, filename)
        return namespace, f"Your cells stopped with {type(error).__name__}: {error}, at `{line}`"
    return namespace, ""


def _line(error: BaseException, filename: str) -> str:
    """Return the answer's outermost line that an error passed through."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename != filename:
        trace = trace.tb_next
    return linecache.getline(filename, trace.tb_lineno).strip() if trace else ""
