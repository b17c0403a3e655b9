"""Time `python -m grading` against `nbgrader autograde`; show where the time goes and what grows.

    python bench/grading.py             # the ratio, and the parts of one submission
    python bench/grading.py 100 10000   # and whole cohorts of these sizes: is the cost flat?

Both graders get the same notebooks, right and wrong ones, from notebook to gradebook, their
starts included; feedback is timed apart. Ours gets every notebook from `COPIES` learners, so
that its start counts as in a course. Exit status 1 if the ratio is below 20.
"""

import argparse
import functools
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from answers import BANKS  # noqa: E402
from nbgrader_course import copy_course, nbgrader, notebook_path, submit  # noqa: E402

NOTEBOOKS, COPIES = 10, 20  # of each assignment; learners who hand in each
LEAST = 20  # times as fast as nbgrader


def answers(assignment):
    """Yield solution cells without end: a right answer, a wrong one, and so on."""
    first, rest = {
        "sampling": ("sampling-layer", {}),
        "kl_loss": ("kl-divergence", {"kl-loss": "# EXERCISE: kl-loss"}),  # both in the first cell
    }[assignment]
    bank = BANKS[assignment]
    pairs = itertools.chain(*zip(bank.right.values(), bank.wrong.values(), strict=False))
    return itertools.cycle({first: bank.before + given.source} | rest for given in pairs)


def course(folder, assignment, notebooks, copies=1):
    """Make a course in which `copies` learners hand in each of `notebooks` notebooks."""
    folder.mkdir()
    copy_course(folder)
    nbgrader(folder, "generate_assignment", assignment, "--force")
    for number, cells in zip(range(notebooks), answers(assignment), strict=False):
        first = f"learner-{number:05}-0"
        submit(folder, first, assignment, cells)
        for copy in range(1, copies):
            other = notebook_path(folder / "submitted" / f"learner-{number:05}-{copy}", assignment)
            other.parent.mkdir(parents=True)
            other.hardlink_to(notebook_path(folder / "submitted" / first, assignment))
    return folder


def stock(folder, assignment):
    """Return the seconds that nbgrader takes for all of it, without our way of autograding."""
    config = folder / "nbgrader_config.py"
    lines = config.read_text().splitlines()
    config.write_text("\n".join(line for line in lines if "grading." not in line))
    began = time.perf_counter()
    command = [sys.executable, "-m", "nbgrader", "autograde", assignment]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def ours(folder, assignment):
    """Grade in a process of its own; return what it measured, and its memory in MB."""
    command = [sys.executable, __file__, "--inside", str(folder), assignment]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    assert status == 0, f"grading failed in {folder}"
    measured = json.loads(said.splitlines()[-1])
    measured["grade"] = time.perf_counter() - began - measured["feedback"]
    measured["memory"] = usage.ru_maxrss / 1024
    return measured


def inside(folder, assignment):
    """Grade a course; print the seconds of each part as JSON."""
    from grading import gradebook, run

    seconds = defaultdict(float)
    for owner, name, part in (
        (run, "read", "read the notebook"),
        (run, "_write_autograded", "write autograded/"),
        (gradebook.Gradebook, "write", "write the gradebook"),
    ):
        setattr(owner, name, timed(getattr(owner, name), seconds, part))
    place = run.Course(Path(folder))
    cores = len(os.sched_getaffinity(0))
    summary = run.grade(place, assignment, count=cores)
    assert not summary.unjudged, summary.unjudged
    timed(run.write_feedback, seconds, "feedback")(place, assignment)
    print(json.dumps(seconds))


def timed(function, seconds, part):
    """Make a function add the time that it takes to `seconds[part]`."""

    @functools.wraps(function)
    def wrapper(*arguments, **named):
        began = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            seconds[part] += time.perf_counter() - began

    return wrapper


def judged(folder, assignment):
    """Return where the judge's seconds go for one submission, on an average."""
    from grading import judge, wire
    from grading.jail import outside

    seconds = defaultdict(float)
    paths = sorted(folder.glob(f"submitted/*-0/{assignment}/*.ipynb"))
    with judge.Judge() as one:
        one.grade(paths[0].read_bytes(), assignment, "warm up", b"secret")
        for owner, name, part in (
            (outside.Jail, "open", "a fresh child in the jail"),
            (outside.Jail, "close", "end it"),
            (wire, "receive", "wait for what it answers"),
            (judge._Case, "read", "find the answer in the notebook"),
        ):
            setattr(owner, name, timed(getattr(owner, name), seconds, part))
        began = time.perf_counter()
        for path in paths:
            one.grade(path.read_bytes(), assignment, path.parts[-3], b"secret")
        total = time.perf_counter() - began
    seconds["the checks, in the judge"] = total - sum(seconds.values())
    return {part: value / len(paths) for part, value in seconds.items()}


def compare(folder):
    """Print both graders' times and the parts of ours; return the smaller ratio."""
    ratios = []
    for assignment in ("sampling", "kl_loss"):
        theirs = course(folder / f"{assignment}-stock", assignment, NOTEBOOKS)
        mine = course(folder / f"{assignment}-ours", assignment, NOTEBOOKS, COPIES)
        number = NOTEBOOKS * COPIES
        slow = stock(theirs, assignment) / NOTEBOOKS
        parts = ours(mine, assignment)
        ratios.append(slow / (parts["grade"] / number))
        print(f"\n{assignment}: nbgrader {slow * 1000:,.0f} ms a submission ({NOTEBOOKS} of them)")
        print(f"  python -m grading {parts['grade'] / number * 1000:,.1f} ms ({number} of them)")
        print(f"  ratio {ratios[-1]:.0f}")
        print("  one submission in the judge, in ms of one worker:")
        for part, seconds in judged(mine, assignment).items():
            print(f"    {seconds * 1000:8.1f}  {part}")
        print("  and in the one process that writes:")
        for part in ("read the notebook", "write autograded/", "write the gradebook", "feedback"):
            print(f"    {parts[part] / number * 1000:8.1f}  {part}")
    return min(ratios)


def grow(folder, sizes):
    """Print what a submission costs in cohorts of these sizes."""
    print("\nsubmissions   ms each   MB   gradebook, autograded/, feedback: ms each")
    for size in sizes:
        place = course(folder / f"cohort-{size}", "sampling", size // COPIES, COPIES)
        measured = ours(place, "sampling")
        each = {part: value / size * 1000 for part, value in measured.items()}
        print(
            f"{size:11,}{each['grade']:10.1f}{measured['memory']:5.0f}"
            f"{each['write the gradebook']:13.2f}{each['write autograded/']:13.2f}"
            f"{each['feedback']:10.2f}",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="*", help="cohorts, each a multiple of 20")
    parser.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        inside(*given.inside)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            least = compare(Path(temporary))
            grow(Path(temporary), given.sizes)
        print(f"\n{least:.0f} times as fast as nbgrader, {os.cpu_count()} cores")
        sys.exit(least < LEAST)
