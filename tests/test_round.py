"""A whole round by the instructor's page, its commands run as they stand there."""

import contextlib
import csv
import importlib
import io
import os
import re
import shlex
import subprocess
import sys
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader_course import (
    ROOT,
    copy_course,
    graded_here,
    nbgrader,
    notebook_path,
    solution_cells,
    submit,
)
from system import require

from grading import pool

pytestmark = pytest.mark.slow
NAME, WRITTEN = "sampling", "sampling-explain"
PAGE = (ROOT / "book" / "instructors.md").read_text(encoding="utf-8")
COMMANDS = [
    line.removeprefix("$ ").partition("#")[0].strip()
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.S)
    for line in block.splitlines()
]
(EXTENSION,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
BY_HAND = ("source ", "jupyter lab")  # the shell's own, and a program that does not end


def run(folder, line, status=0):
    """Run a line of the page, in this process; return what it printed."""
    program, *arguments = shlex.split(line)
    if program == "nbgrader":
        return nbgrader(folder, *arguments)
    assert (program, arguments[0]) == ("python", "-m")
    main = importlib.import_module({"grading": "grading.__main__"}.get(arguments[1], arguments[1]))
    said = io.StringIO()
    with contextlib.chdir(folder), redirect_stdout(said), redirect_stderr(said):
        assert main.main(arguments[2:]) == status, (line, said.getvalue())
    return said.getvalue()


def run_apart(folder, line):
    """Run a line of the page as a shell does; return what it printed."""
    done = subprocess.run(
        shlex.split(line),
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, (line, done.stdout, done.stderr)
    return done.stdout + done.stderr


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Grade in this process, whose one judge the tests of this file share."""
    monkeypatch.setattr(pool, "on_this_machine", graded_here)


def gradebook(folder):
    return Gradebook(f"sqlite:///{folder / 'gradebook.db'}")


def test_a_round_by_the_page(tmp_path):
    require("bwrap")
    folder = copy_course(tmp_path)
    answer = {**solution_cells(NAME), WRITTEN: "The draw has no gradient."}
    submit(folder, "ada_1", NAME, answer)
    submit(folder, "bob_2", NAME, answer)
    for learner in ("ada_1", "bob_2"):
        stamp = folder / "submitted" / learner / NAME / "timestamp.txt"
        stamp.write_text("2026-12-02 12:00:00 UTC")
    with zipfile.ZipFile(folder / "DOWNLOADED.zip", "w") as zipped:
        work = notebook_path(folder / "submitted" / "ada_1", NAME).read_bytes()
        zipped.writestr(f"Hopper, Grace_3_assignsubmission_file_/{NAME}.ipynb", work)
    (folder / "nbgrader_config.py").open("a").write(
        '\nc.LateSubmissionPlugin.penalty_method = "zero"\n'
    )
    ran = [line for line in COMMANDS if not line.startswith(BY_HAND)]
    assert len(ran) >= 8
    graded = 0
    for line in ran:
        first = not graded and line.startswith("python -m grading sampling")
        said = (run_apart if first else run)(folder, line)
        if line.startswith("python -m grading sampling"):
            graded += 1
            assert ("2 written answers wait for a person" in said) == first
            assert f"Feedback: feedback/LEARNER/{NAME}/{NAME}.html" in said
        if graded == 1 and line.startswith("python"):  # what staff do in formgrader
            with gradebook(folder) as book:
                assert book.find_submission(NAME, "ada_1").late_submission_penalty == 10
                for learner in ("ada_1", "bob_2"):
                    grade = book.find_grade(WRITTEN, NAME, NAME, learner)
                    grade.manual_score, grade.needs_manual_grade = 1.5, False
                    book.find_comment(
                        WRITTEN, NAME, NAME, learner
                    ).manual_comment = "Well **put**.\nOne step is missing."
                book.db.commit()
            with contextlib.chdir(folder):
                exec(EXTENSION.replace("LEARNER", "ada_1"), {})
    with gradebook(folder) as book:
        found = {s.student.id: s for s in book.assignment_submissions(NAME)}
        assert found["ada_1"].late_submission_penalty == 0  # the extension counts
        assert found["bob_2"].late_submission_penalty == 11.5  # and so do the points by hand
        assert not found["ada_1"].needs_manual_grade and not found["bob_2"].needs_manual_grade
    page = (folder / "feedback" / "ada_1" / NAME / f"{NAME}.html").read_text()
    assert "11.5 of 12 points" in page and "graded by hand" in page
    assert "Well <strong>put</strong>.<br" in page
    with zipfile.ZipFile(folder / "FEEDBACK.zip") as zipped:
        assert f"ada_1/{NAME}.html" in zipped.namelist()
    with (folder / "canvas.csv").open(newline="") as file:
        totals = {row["SIS Login ID"]: row[NAME] for row in csv.DictReader(file)}
    assert (totals["ada_1"], totals["bob_2"]) == ("11.5", "0.0")
    late = run(folder, f"python -m grading {NAME}")  # the third came in by the zip
    assert "1 graded\n" in late


def test_without_a_jail_only_by_name_and_loudly(tmp_path, monkeypatch):
    folder = copy_course(tmp_path)
    nbgrader(folder, "generate_assignment", NAME, "--force")
    submit(folder, "ada", NAME, {**solution_cells(NAME), WRITTEN: "mine"})
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))  # bubblewrap is hidden
    monkeypatch.setattr(pool, "_judges", {})
    monkeypatch.setattr(pool, "_kept", contextlib.ExitStack())
    line = f"python -m grading {NAME} --workers 1"
    assert "bubblewrap is missing" in run(folder, line, 2)
    said = run(folder, f"{line} --no-jail")
    assert "GRADED WITHOUT A JAIL" in said and "1 passed" in said
    page = (folder / "feedback" / "ada" / NAME / f"{NAME}.html").read_text()
    assert "Graded without a jail" in page
    notebook = notebook_path(folder / "autograded" / "ada", NAME).read_text()
    assert "Graded without a jail" in notebook
    pool._kept.close()


def test_feedback_reaches_the_learner_by_nbgraders_exchange(tmp_path, monkeypatch):
    require("bwrap")
    folder, exchange, home = tmp_path / "course", tmp_path / "exchange", tmp_path / "home"
    for path in (folder, exchange, home):
        path.mkdir()
    exchange.chmod(0o777)
    copy_course(folder)
    config = f"\nc.Exchange.root = {str(exchange)!r}\nc.Exchange.cache = {str(home / 'cache')!r}\n"
    (folder / "nbgrader_config.py").open("a").write(config)
    (home / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = 'three-questions-about-the-vae'\n{config}"
    )
    nbgrader(folder, "generate_assignment", NAME, "--force")
    nbgrader(folder, "release_assignment", NAME)
    nbgrader(home, "fetch_assignment", NAME)
    nbgrader(home, "submit", NAME)
    nbgrader(folder, "collect", NAME)
    assert list(folder.glob(f"submitted/*/{NAME}/submission_secret.txt"))
    # one who handed in another way must not stop the others
    submit(folder, "by-mail", NAME, solution_cells(NAME))
    run(folder, f"python -m grading {NAME}")
    nbgrader(folder, "release_feedback", NAME)
    nbgrader(home, "fetch_feedback", NAME)
    (page,) = home.glob(f"{NAME}/feedback/*/{NAME}.html")
    assert "0 of 12 points" in page.read_text()


def test_the_sources_work_in_a_plain_course_of_somebody_else(tmp_path):
    """With vaelib installed, and nothing of our configuration."""
    source = tmp_path / "source" / "kl_loss"
    source.mkdir(parents=True)
    (source / "kl_loss.ipynb").write_bytes(
        notebook_path(ROOT / "solutions", "kl_loss").read_bytes()
    )
    nbgrader(tmp_path, "generate_assignment", "kl_loss")
    for learner, work in {"right": source, "blank": tmp_path / "release" / "kl_loss"}.items():
        place = notebook_path(tmp_path / "submitted" / learner, "kl_loss")
        place.parent.mkdir(parents=True)
        place.write_bytes((work / "kl_loss.ipynb").read_bytes())
    nbgrader(tmp_path, "autograde", "kl_loss")
    with gradebook(tmp_path) as book:
        points = {s.student.id: s.score for s in book.assignment_submissions("kl_loss")}
    assert points == {"right": 10, "blank": 0}
