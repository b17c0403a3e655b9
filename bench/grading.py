"""Measure our grader beside stock nbgrader and otter-grader, and show it on book/bench.md.

    python bench/grading.py                    # half an hour of one core
    python bench/grading.py --small            # one run of the cheapest assignment
    python bench/grading.py --grow 100 10000   # whole cohorts as well: are cost and memory flat?
    python bench/grading.py --write 100 10000  # the same, but each notebook judged only once

What counts is CPU, of a grader's process and of all that it starts: a busy machine changes little.
The graders' runs alternate, and medians are kept. Each grades one submission, then many: so what
it costs to start and what each further submission costs are told apart. Stock nbgrader is a
course without our configuration. otter-grader grades without a container (`otter run`), with the
notebook's graded cells as its test files; it is left out where `make bench` has not installed it.
"""

import argparse
import contextlib
import ctypes
import functools
import itertools
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

from page import keep, processor

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import nbformat  # noqa: E402
from nbgrader_course import (  # noqa: E402
    ASSIGNMENTS,
    copy_course,
    nbgrader,
    notebook_path,
    scores,
    submit,
)

OTTER = ROOT / ".cache" / "bench" / "bin" / "python"
NOTEBOOKS, ROUNDS = 4, 3
# How many learners hand in each notebook to us: the cheap ones need many to be told from the start.
COPIES = {"encoder": 2, "elbo": 2}
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER


def answers(assignment, number):
    """Return the cells of so many answers of the bank: a right one, a wrong one, and so on."""
    from answers import BANKS

    from vaelib.assignments import find

    bank = BANKS[assignment]
    first, *others = find(assignment).defines
    rest = {grade_id: f"# EXERCISE: {grade_id}" for grade_id in others}  # all is in the first cell
    pairs = zip(bank.right.values(), bank.wrong.values(), strict=False)
    mixed = (answer.source for answer in itertools.chain(*pairs))
    # what never ends would cost nbgrader its whole time limit
    ending = (source for source in mixed if "while " not in source and "sleep" not in source)
    chosen = itertools.islice(ending, number)
    return [{first: f"{bank.before}\n{source}"} | rest for source in chosen]


def make_course(folder, assignment, notebooks):
    """Make a course in which learner 0, 1, ... hands in the notebooks."""
    folder.mkdir()
    copy_course(folder)
    nbgrader(folder, "generate_assignment", assignment, "--force")
    for number, cells in enumerate(answers(assignment, notebooks)):
        submit(folder, f"learner-{number}", assignment, cells)
    return folder


def cohort(template, folder, notebooks, copies=1):
    """Copy a course with so many of its notebooks, each handed in by `copies` learners."""
    shutil.copytree(template, folder, ignore=shutil.ignore_patterns("submitted"))
    for number in range(notebooks):
        source = template / "submitted" / f"learner-{number}"
        for copy in range(copies):
            learner = folder / "submitted" / f"learner-{number}-{copy:05}"
            shutil.copytree(source, learner, copy_function=os.link)
    return folder


def ours(_folder, assignment):
    """Return our command; it writes the feedback too."""
    return [sys.executable, "-m", "grading", assignment, "--workers", "1"]


def stock(folder, assignment):
    """Return nbgrader's command, in a course without our configuration."""
    config = folder / "nbgrader_config.py"
    lines = config.read_text().splitlines()
    config.write_text("\n".join(line for line in lines if "grading." not in line))
    return [sys.executable, "-m", "nbgrader", "autograde", assignment]


def otter(folder, assignment):
    """Return a command that grades one notebook after the other, as `otter run` grades one."""
    path = notebook_path(folder / "solutions", assignment)
    asked = [cell for cell in nbformat.read(path, 4).cells if graded(cell)]
    with zipfile.ZipFile(folder / "autograder.zip", "w") as zipped:
        zipped.writestr("otter_config.json", json.dumps({"pdf": False, "show_stdout": False}))
        for cell in asked:
            about = cell.metadata["nbgrader"]
            zipped.writestr(f"tests/{about['grade_id']}.py", otter_test(assignment, about, cell))
    for path in folder.glob("submitted/*/*/*.ipynb"):
        notebook = nbformat.read(path, 4)
        notebook.cells = [cell for cell in notebook.cells if not graded(cell)]
        path.unlink()  # a link to the notebook that the others grade
        nbformat.write(notebook, path)
    return [str(OTTER), "-c", _OTTER]


_OTTER = """
import json
from pathlib import Path
from otter.api import grade_submission
marks = {
    path.parts[1]: grade_submission(str(path), "autograder.zip", quiet=True).total
    for path in sorted(Path("submitted").glob("*/*/*.ipynb"))
}
Path("marks.json").write_text(json.dumps(marks))
"""


def otter_test(assignment, about, cell):
    """Return a graded cell as a test file of otter's, hidden tests included."""
    from vaelib.assignments import find

    lines = "".join(f"    {line}\n" for line in cell.source.splitlines())
    return (
        "from otter.test_files import test_case\n\nOK_FORMAT = False\n"
        f"name, points = {about['grade_id']!r}, {about['points']}\n\n\n"
        f"@test_case(points={about['points']}, hidden=True)\n"
        f"def test_it({', '.join(find(assignment).defines.values())}):\n{lines}"
    )


def graded(cell):
    """Return whether a cell is code that earns points."""
    return cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade", False)


GRADERS = {"python -m grading": ours, "stock nbgrader": stock, "otter-grader": otter}


def spent(command, folder):
    """Return the seconds of CPU of a command and all that it starts, and its largest process's MB.

    Measured by a process of its own, which inherits what a killed process leaves behind.
    """
    said = subprocess.run(
        [sys.executable, __file__, "--spent", *command],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, f"{command} in {folder}:\n{said.stderr[-3000:]}"
    return json.loads(said.stdout)


def spend(command):
    """Run a command; print what it and its descendants used, when all of them have ended."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    status = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024}))
    return status


def marks(folder, assignment, grader):
    """Return the points that each learner has got for code."""
    if grader == "otter-grader":
        return json.loads((folder / "marks.json").read_text())
    learners = [path.name for path in (folder / "submitted").iterdir()]
    return {name: sum(scores(folder, name, assignment).values()) for name in learners}


def compare(folder, assignments, notebooks, rounds):
    """Return what each grader costs, to start and for a submission, and if its marks are ours."""
    graders = {
        name: one for name, one in GRADERS.items() if name != "otter-grader" or OTTER.exists()
    }
    starts = {grader: [] for grader in graders}
    costs = {name: {grader: [] for grader in graders} for name in assignments}
    memory = dict.fromkeys(graders, 0.0)
    same = {grader: [0, 0] for grader in graders}

    def run(name, grader, books, copies=1):
        place = cohort(folder / name, folder / "one", books, copies)
        used = spent(graders[grader](place, name), place)
        points = marks(place, name, grader)
        shutil.rmtree(place)
        memory[grader] = max(memory[grader], used["memory"])
        return used["cpu"], {k: v for k, v in points.items() if k.endswith("-00000")}

    for turn, name in itertools.product(range(rounds), assignments):
        if not (folder / name).exists():
            make_course(folder / name, name, notebooks)
        ours = None
        for grader in graders:
            copies = COPIES.get(name, 10) if grader == "python -m grading" else 1
            if name == assignments[0]:
                one, _ = run(name, grader, 1)
            number = notebooks * copies
            cpu, points = run(name, grader, notebooks, copies)
            if name == assignments[0]:
                starts[grader].append((number * one - cpu) / (number - 1))
            costs[name][grader].append((cpu - starts[grader][turn]) / number)
            ours = ours or points
            same[grader][0] += sum(ours[learner] == points[learner] for learner in ours)
            same[grader][1] += len(ours)
            print(f"{name:<13}{grader:<18}{costs[name][grader][-1]:8.3f} s each", flush=True)
    return {
        "starts": {grader: statistics.median(each) for grader, each in starts.items()},
        "costs": {
            name: {grader: statistics.median(runs) for grader, runs in each.items()}
            for name, each in costs.items()
        },
        "memory": memory,
        "same": same,
    }


def timed(function, seconds, part, clock):
    """Make a function add what the clock goes on in it to `seconds[part]`."""

    @functools.wraps(function)
    def wrapper(*arguments, **named):
        began = clock()
        try:
            return function(*arguments, **named)
        finally:
            seconds[part(*arguments) if callable(part) else part] += clock() - began

    return wrapper


def whole_run(folder, assignment, judge_all):
    """Grade a course; keep the CPU of each part of the writing process, and its memory."""
    from grading import gradebook, pool, run

    seconds = defaultdict(float)
    for owner, name, part in (
        (run, "read", "read the files"),
        (run, "_write_autograded", "write autograded/"),
        (gradebook.Gradebook, "write", "write the gradebook"),
    ):
        setattr(owner, name, timed(getattr(owner, name), seconds, part, time.thread_time))
    if judge_all == "no":
        pool.on_this_machine = judged_once
    place = run.Course(Path(folder))
    summary = run.grade(place, assignment)
    assert not summary.unjudged, summary.unjudged
    timed(run.write_feedback, seconds, "write the feedback", time.thread_time)(place, assignment)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    Path(folder, "parts.json").write_text(json.dumps({"seconds": seconds, "writer": peak}))


def judged_once(tasks, _count):
    """Judge each notebook for one learner, and give all others that handed it in the same marks."""
    from grading import pool

    known = {}
    for task in tasks:
        digest = task.submission.digest
        if digest not in known:
            known[digest] = pool._grade(task)
        yield replace(known[digest], learner=task.submission.learner)


def cpu_of(process):
    """Return the seconds of CPU that a process has had."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    except (OSError, IndexError):
        return 0.0


def child_of(process):
    """Return the newest child of a process, or None."""
    try:
        return Path(f"/proc/{process}/task/{process}/children").read_text().split()[-1]
    except (OSError, IndexError):
        return None


def steps(folder, assignment):
    """Keep where the CPU of judge and child goes for one submission, and for each skill."""
    from grading import judge, proxy
    from grading.jail import outside

    seconds, skills, ended = defaultdict(float), defaultdict(float), [0.0]

    def clock():
        warm = child_of(one._jail._process.pid)
        child = child_of(warm)
        return time.process_time() + cpu_of(warm) + ended[0] + (cpu_of(child) if child else 0.0)

    def close(jail, channel, real=outside.Jail.close):
        status, used = real(jail, channel)
        ended[0] += used  # its process is gone, and its clock with it
        return status, used

    paths = sorted(Path(folder).glob(f"submitted/*-00000/{assignment}/*.ipynb"))
    with judge.Judge(course=Path(folder)) as one:
        outside.Jail.close = close
        one.grade(paths[0].read_bytes(), assignment, "warm up", b"secret")
        ended[0] = 0.0
        for owner, name, into, part in (
            (outside.Jail, "open", seconds, "a fresh child in the jail"),
            (outside.Jail, "close", seconds, "end it"),
            (judge._Case, "read", seconds, "find the answer"),
            (proxy.Session, "load", seconds, "imports, and the answer's own code"),
            (judge._Case, "result", skills, lambda case, skill: skill.title),
        ):
            setattr(owner, name, timed(getattr(owner, name), into, part, clock))
        for path in paths:
            one.grade(path.read_bytes(), assignment, path.parts[-3], b"secret")
    each = len(paths)
    seconds["find the answer"] -= seconds["a fresh child in the jail"]  # which it opens first
    first = next(iter(skills))
    skills[first] -= seconds["imports, and the answer's own code"]  # the first skill loads
    found = {
        "seconds": {part: value / each for part, value in seconds.items()},
        "skills": {skill: value / each for skill, value in skills.items()},
    }
    Path(folder, "steps.json").write_text(json.dumps(found))


def inside(what, folder, *arguments):
    """Run a function of this file in a process of its own."""
    return spent([sys.executable, __file__, "--inside", what, str(folder), *arguments], folder)


def where(folder, assignment, notebooks):
    """Return where the time of a submission goes: CPU seconds by step, and by skill."""
    place = cohort(folder / assignment, folder / f"{assignment}-where", notebooks)
    inside("steps", place, assignment)
    return json.loads((place / "steps.json").read_text())


def grow(folder, assignment, size, judge_all):
    """Return what a submission costs in a cohort of this size, and the memory of its processes."""
    books = 2
    place = cohort(folder / assignment, folder / f"{assignment}-{size}", books, size // books)
    used = inside("whole_run", place, assignment, judge_all)
    parts = json.loads((place / "parts.json").read_text())
    shutil.rmtree(place)
    found = {"assignment": assignment, "size": size, "judged": judge_all == "yes"}
    found |= {"each": used["cpu"] / size, "writer": parts["writer"], "largest": used["memory"]}
    found |= {"parts": {part: value / size for part, value in parts["seconds"].items()}}
    print(found, flush=True)
    return found


def measured(given):
    """Measure all of it."""
    assignments = ["sampling"] if given.small else ASSIGNMENTS
    notebooks, rounds = (2, 1) if given.small else (given.notebooks, given.rounds)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        compared = compare(folder, sorted(assignments, key="sampling".__ne__), notebooks, rounds)
        return compared | {
            "processor": processor(),
            "cores": os.cpu_count(),
            "load": load,
            "date": date.today().isoformat(),
            "small": given.small,
            "packages": {"nbgrader": version("nbgrader"), "otter-grader": otters_version()},
            "notebooks": notebooks,
            "rounds": rounds,
            "where": {name: where(folder, name, notebooks) for name in assignments},
            "growth": [
                grow(folder, name, size, judge_all)
                for name in given.of
                for judge_all, sizes in (("yes", given.grow), ("no", given.write))
                for size in sizes
            ],
        }


def otters_version():
    """Return the version of otter-grader, or None."""
    if not OTTER.exists():
        return None
    code = "from importlib.metadata import version; print(version('otter-grader'))"
    said = subprocess.run([OTTER, "-c", code], capture_output=True, text=True, check=False)
    return said.stdout.strip() or None


def main():
    """Measure, and write numbers and page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="one run of the cheapest assignment")
    parser.add_argument("--notebooks", type=int, default=NOTEBOOKS, help="answers (%(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="runs of each (%(default)s)")
    parser.add_argument("--grow", type=int, nargs="*", default=[100], help="cohorts, of even size")
    parser.add_argument("--write", type=int, nargs="*", default=[], help="cohorts, judged once")
    parser.add_argument("--of", nargs="*", default=["sampling"], help="assignments of the cohorts")
    parser.add_argument("--inside", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--spent", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.spent:
        return spend(given.spent)
    if given.inside:
        what, *arguments = given.inside
        {"steps": steps, "whole_run": whole_run}[what](*arguments)
        return 0
    keep("grading", measured(given))
    return 0


if __name__ == "__main__":
    sys.exit(main())
