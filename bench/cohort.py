"""Simulate a cohort, grade it, kill the run half-way, resume it; compare every mark.

    python bench/cohort.py 2000 [FOLDER]

Learners hand in right answers, known mistakes and attacks to the KL assignment, mixed, and files
that are no notebooks, which must get no mark at all.
Afterwards the marks in nbgrader's gradebook, in its export and in formgrader (in a browser, with
a screenshot) are compared with those that were expected. Exit status 1 if one differs.
"""

import csv
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from answers import BANKS  # noqa: E402
from hostile import HOSTILE, UNREADABLE  # noqa: E402
from nbgrader_course import copy_course, nbgrader, notebook_path, submit  # noqa: E402

from vaelib.assignments import find  # noqa: E402

NAME, WRITTEN = "kl_loss", "kl-explain"
BANK = BANKS[NAME]
SHARES = {"right": 60, "wrong": 30, "hostile": 10}  # of a hundred


def cases():
    """Return what learners hand in, by kind: source and the points that it must get."""
    full = {skill.grade_id: float(skill.points) for skill in find(NAME).skills}
    lost = {
        name: {
            skill.grade_id: 0.0 if skill.check.__name__ in given.loses else float(skill.points)
            for skill in find(NAME).skills
        }
        for name, given in BANK.wrong.items()
    }
    none = dict.fromkeys(full, 0.0)  # nor is the second function written
    attacks = {
        name: (source, none)
        for name, (source, verdicts) in HOSTILE.items()
        if "passed" not in verdicts
    }
    quick = [case for name, case in attacks.items() if "timeout" not in HOSTILE[name][1]]
    return {
        "right": itertools.cycle(
            (BANK.before + given.source, full) for given in BANK.right.values()
        ),
        "wrong": itertools.cycle(
            (BANK.before + given.source, lost[name])
            for name, given in BANK.wrong.items()
            if "from vaelib" not in given.source  # refused, and then the function before it stands
        ),
        "hostile": itertools.chain(attacks.values(), itertools.cycle(quick)),
    }


def simulate(folder, size):
    """Hand in `size` submissions; return the points that each learner must get."""
    turns = cases()
    kinds = [kind for kind, share in SHARES.items() for _ in range(share)]
    shuffled = random.Random(0)
    expected = {}
    for number, content in enumerate(UNREADABLE.values()):
        learner = f"unreadable-{number:05}"
        expected[learner] = {skill.grade_id: None for skill in find(NAME).skills}
        path = notebook_path(folder / "submitted" / learner, NAME)
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    for number in range(size - len(expected)):
        kind = shuffled.choice(kinds)
        learner = f"{kind}-{number:05}"
        source, expected[learner] = next(turns[kind])
        words = "The KL is a sum. <script>document.title = 'caught'</script>"
        cells = {"kl-divergence": source, WRITTEN: words}
        if kind != "hostile":
            cells["kl-loss"] = "# EXERCISE: kl-loss"  # both functions are in the first cell
        submit(folder, learner, NAME, cells)
    return expected


def start(folder):
    """Start the run as an instructor does."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-m", "grading", NAME], cwd=folder, env=environment)


def graded(folder):
    """Return the points of every check in the gradebook, by learner."""
    from nbgrader.api import (
        BaseCell,
        Grade,
        Gradebook,
        Student,
        SubmittedAssignment,
        SubmittedNotebook,
    )

    found = {}
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        query = gradebook.db.query(Student.id, BaseCell.name, Grade.auto_score)
        query = query.select_from(Grade).join(BaseCell).join(SubmittedNotebook)
        query = query.join(SubmittedAssignment).join(Student)
        for learner, name, score in query:
            if name != WRITTEN:
                found.setdefault(learner, {})[name] = score
    return found


def exported(folder):
    """Return the score of each learner in `nbgrader export`."""
    nbgrader(folder, "export", "--to", "grades.csv")
    with (folder / "grades.csv").open(newline="") as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


def in_formgrader(folder, learner):
    """Open formgrader in Chromium; return the scores in its list, and what a submission shows."""
    from playwright.sync_api import sync_playwright

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    options = ["--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    environment = os.environ | {"JUPYTER_TOKEN": "bench"}
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "server", *options], cwd=folder, env=environment
    )
    try:
        _wait_for(f"{address}/api?token=bench")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            tab = browser.new_page(viewport={"width": 1200, "height": 1600})
            tab.set_default_timeout(300_000)
            tab.goto(f"{address}/lab?token=bench")
            tab.goto(f"{address}/formgrader/gradebook/{NAME}/{NAME}")
            tab.wait_for_selector("tbody a")
            tab.screenshot(path=folder / "formgrader-list.png")
            url = f"/formgrader/api/submitted_notebooks/{NAME}/{NAME}"
            rows = tab.evaluate(f"fetch('{url}').then(reply => reply.json())")
            one = next(row for row in rows if row["student"] == learner)
            tab.goto(f"{address}/formgrader/submissions/{one['id']}/")
            tab.wait_for_selector(f"#{WRITTEN}")
            tab.wait_for_timeout(3000)
            tab.screenshot(path=folder / "formgrader-submission.png", full_page=True)
            assert "caught" not in tab.title(), "a learner's script ran in formgrader"
            browser.close()
        return {row["student"]: row["score"] for row in rows}
    finally:
        server.terminate()
        server.wait()


def _wait_for(address):
    for _ in range(120):
        try:
            return urllib.request.urlopen(address).close()
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(address)


def main(size, folder):
    """Run all of it; return whether every mark is as expected."""
    copy_course(folder)
    nbgrader(folder, "generate_assignment", NAME, "--force")
    expected = simulate(folder, size)
    began = time.monotonic()
    run = start(folder)
    while len(graded(folder)) < size // 2:
        assert run.poll() is None, "the run ended before it could be killed"
        time.sleep(1)
    run.send_signal(signal.SIGKILL)
    run.wait()
    print(f"killed after {time.monotonic() - began:.0f} s with {len(graded(folder)):,} graded")
    status = start(folder).wait()
    print(f"resumed and ended after {time.monotonic() - began:.0f} s, exit status {status}")
    totals = {learner: sum(filter(None, marks.values())) for learner, marks in expected.items()}
    marks = graded(folder)
    shown = in_formgrader(folder, next(name for name in expected if "wrong" in name))
    wrong = {
        "gradebook": {name for name in expected if marks.get(name) != expected[name]},
        "export": {name for name, score in exported(folder).items() if score != totals[name]},
        "formgrader": {name for name in expected if shown.get(name) != totals[name]},
    }
    pages = len(list(folder.glob(f"feedback/*/{NAME}/{NAME}.html")))
    print(f"{len(marks):,} learners in the gradebook, {pages:,} pages of feedback")
    for place, names in wrong.items():
        print(f"{place}: {len(names)} marks are not as expected {sorted(names)[:5]}")
    # 1: the unreadable ones have no verdict
    return status == 1 and pages == len(marks) == size and not any(wrong.values())


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(sys.argv[2] if len(sys.argv) > 2 else temporary)
        place.mkdir(parents=True, exist_ok=True)
        sys.exit(not main(number, place))
