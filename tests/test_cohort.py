"""A cohort graded by `python -m grading`: marks, nbgrader's tools, kills, workers, databases."""

import csv
import datetime
import json
import multiprocessing
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path

import pytest
from answers import BANKS
from axe_playwright_python.sync_playwright import Axe
from nbgrader_course import (
    ROOT,
    copy_course,
    graded_here,
    nbgrader,
    notebook_path,
    scores,
    submit,
)
from system import require

from grading import __main__ as command
from grading import limits, pool
from grading import run as cohort
from grading.feedback import page
from grading.gradebook import GradebookError, Mark, Record
from grading.submission import Submission
from vaelib.assignments import find

pytestmark = pytest.mark.slow
NAME = "sampling"
WRITTEN = "sampling-explain"
TEXT = "Nothing: <script>alert(1)</script> the draw has no gradient. ``` $\\sigma$"


def every(number, bank):
    """Return `number` entries spread over a bank."""
    return dict(islice(bank.items(), 0, None, len(bank) // number))


def cohort_of(right, wrong):
    """Return the answers of a cohort, by learner, and the points that each must get."""
    full = {skill.grade_id: float(skill.points) for skill in find(NAME).skills}
    answers, marks = {}, {}
    for number, given in enumerate(every(right, BANKS[NAME].right).values()):
        answers[f"right-{number}"], marks[f"right-{number}"] = given.source, full
    for number, given in enumerate(every(wrong, BANKS[NAME].wrong).values()):
        answers[f"wrong-{number}"] = given.source
        marks[f"wrong-{number}"] = {
            skill.grade_id: 0.0 if skill.check.__name__ in given.loses else float(skill.points)
            for skill in find(NAME).skills
        }
    return answers, marks


ANSWERS, MARKS = cohort_of(right=4, wrong=6)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A course with one assignment in its gradebook, and a cohort's work handed in."""
    require("bwrap")
    folder = copy_course(tmp_path_factory.mktemp("course"))
    nbgrader(folder, "generate_assignment", NAME, "--force")
    for learner, source in ANSWERS.items():
        submit(folder, learner, NAME, {"sampling-layer": source, WRITTEN: TEXT})
    submit(folder, "blank", NAME, {})
    return folder


@pytest.fixture(scope="module")
def graded(prepared, tmp_path_factory):
    """The course after an undisturbed run."""
    folder = copied(prepared, tmp_path_factory.mktemp("graded"))
    summary = run(folder)
    assert not summary.unjudged
    assert summary.verdicts.total() == len(MARKS) + 1
    return folder


def copied(course, folder):
    return shutil.copytree(course, folder, dirs_exist_ok=True)


def run(folder, database=None, here=True, learner=None, **options):
    """Grade and write feedback, as the command does; in this process where that is not tried."""
    course = cohort.Course(folder, database)
    with pytest.MonkeyPatch.context() as patch:
        if here:
            patch.setattr(pool, "on_this_machine", graded_here)
        only = None if learner is None else [learner]
        summary = cohort.grade(course, NAME, only=only, **options)
    cohort.write_feedback(course, NAME, learner)
    return summary


def contents(folder, database=None):
    """Return everything that the gradebook and the written files say, without their random ids."""
    from nbgrader.api import Gradebook

    with Gradebook(database or f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        book = {
            submission.student.id: (
                submission.timestamp,
                submission.score,
                submission.late_submission_penalty,
                sorted((g.name, g.auto_score, g.needs_manual_grade) for g in notebook.grades),
                sorted((c.name, c.comment or "") for c in notebook.comments),
            )
            for submission in gradebook.assignment_submissions(NAME)
            for notebook in submission.notebooks
        }
    files = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for step in ("autograded", "feedback")
        for path in (folder / step).rglob("*")
        if path.is_file()
    }
    return book, files


def feedback(learner):
    return f"feedback/{learner}/{NAME}/{NAME}.html"


def test_every_mark_is_as_expected_and_written_answers_wait_for_a_human(graded):
    for learner, marks in MARKS.items():
        assert scores(graded, learner, NAME) == marks, learner
    assert set(scores(graded, "blank", NAME).values()) == {0.0}
    book, _ = contents(graded)
    for learner in MARKS:
        assert (WRITTEN, None, True) in book[learner][3]
        assert book[learner][4] == [(WRITTEN, ""), ("sampling-layer", "")]
    assert (WRITTEN, 0.0, False) in book["blank"][3]
    assert book["blank"][4] == [(WRITTEN, "No response."), ("sampling-layer", "No response.")]


def test_formgrader_and_export_show_the_same_learners_and_scores(graded, tmp_path):
    from nbgrader.apps import NbGraderAPI

    api = NbGraderAPI(cohort.Course(graded).directory)
    assert api.get_autograded_students(NAME) == {*MARKS, "blank"}
    assert {row["student"]: row["score"] for row in api.get_notebook_submissions(NAME, NAME)} == {
        learner: sum(marks.values()) for learner, marks in MARKS.items()
    } | {"blank": 0.0}
    nbgrader(graded, "export", "--to", str(tmp_path / "grades.csv"))
    with (tmp_path / "grades.csv").open(newline="") as file:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert exported == {name: sum(marks.values()) for name, marks in MARKS.items()} | {"blank": 0}


def test_the_graded_notebook_is_the_release_with_the_answers_as_text(graded):
    notebook = json.loads(notebook_path(graded / "autograded" / "wrong-0", NAME).read_text())
    release = json.loads(notebook_path(ROOT / "exercises", NAME).read_text())
    (at,) = [n for n, cell in enumerate(notebook["cells"]) if "**Rubric.**" in cell["source"]]
    assert notebook["cells"][at + 1]["metadata"]["nbgrader"]["grade_id"] == WRITTEN
    del notebook["cells"][at]  # for whoever reads the answer below it
    for cell, released in zip(notebook["cells"], release["cells"], strict=True):
        assert cell["metadata"] == released["metadata"]
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name == WRITTEN:
            assert cell["source"] == TEXT
        elif name == "sampling-layer":
            assert cell["source"] == ANSWERS["wrong-0"]
        else:
            assert cell["source"] == released["source"]
        if name in MARKS["wrong-0"]:
            points = MARKS["wrong-0"][name]
            (output,) = cell["outputs"]
            assert output["output_type"] == ("stream" if points else "error")
            assert f": {points:g} of " in output.get("text", output.get("traceback", [""])[0])


def test_nothing_is_graded_twice_but_what_has_changed(graded, tmp_path):
    folder = copied(graded, tmp_path)
    before = contents(folder)
    path = notebook_path(folder / "submitted" / "wrong-0", NAME)
    shutil.copy(notebook_path(folder / "submitted" / "right-0", NAME), path)
    summary = run(folder)
    assert (summary.before, summary.verdicts) == (len(MARKS), {"passed": 1})
    assert scores(folder, "wrong-0", NAME) == MARKS["right-0"]
    after = contents(folder)
    for old, new in zip(before, after, strict=True):
        assert {k for k in old if old[k] != new[k]} == {
            k for k in old if "wrong-0" in k and not k.endswith(".txt")
        }


def test_what_a_human_entered_stays_and_reaches_the_feedback(graded, tmp_path):
    from nbgrader.api import Gradebook

    folder = copied(graded, tmp_path)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade(WRITTEN, NAME, NAME, "right-0")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gradebook.find_comment(WRITTEN, NAME, NAME, "right-0").manual_comment = "Well <b>put</b>"
        gradebook.db.commit()
    run(folder, learner="right-0")  # nothing to grade: the feedback is written anew
    text = (folder / feedback("right-0")).read_text()
    assert "1.5 of 2" in text and "Well &lt;b&gt;put&lt;/b&gt;" in text
    assert "not graded yet" not in text
    summary = run(folder, learner="right-0", regrade=True)
    assert summary.verdicts == {"passed": 1}
    assert scores(folder, "right-0", NAME) == MARKS["right-0"]
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade(WRITTEN, NAME, NAME, "right-0")
        assert (grade.manual_score, grade.needs_manual_grade) == (1.5, True)  # as in nbgrader
        comment = gradebook.find_comment(WRITTEN, NAME, NAME, "right-0")
        assert comment.comment == "Well <b>put</b>"


def test_late_work_loses_what_the_plugin_says(graded, tmp_path):
    from nbgrader.api import Gradebook

    folder = copied(graded, tmp_path)
    with (folder / "nbgrader_config.py").open("a") as file:
        file.write('\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        gradebook.find_assignment(NAME).duedate = datetime.datetime(2026, 1, 2)
        gradebook.db.commit()
        for learner in ("right-2", "wrong-0"):
            gradebook.grant_extension(NAME, learner, days=1)
    for learner, stamp in {
        "right-0": "2026-01-01 12:00:00 UTC",
        "right-1": "2026-01-02 12:00:00 UTC",
        "right-2": "2026-01-02 12:00:00 UTC",
        "right-3": "when I had time",
    }.items():
        (folder / "submitted" / learner / NAME / "timestamp.txt").write_text(stamp)
    summary = run(folder)
    assert (summary.before, summary.verdicts.total()) == (len(MARKS) + 1, 0)  # nothing anew
    assert 'timestamp.txt holds "when I had time", expected' in summary.questions["right-3"]
    book, files = contents(folder)
    assert [book[f"right-{number}"][1:3] for number in range(3)] == [(10, 0), (10, 10), (10, 0)]
    assert (
        "0 of 12 points</strong>, after 10 taken off"
        in files[f"feedback/right-1/{NAME}/{NAME}.html"]
    )


def test_feedback_takes_off_what_the_gradebook_says_by_now(graded, tmp_path):
    """Also by `nbgrader generate_feedback`, as formgrader's button: no run lies between."""
    from nbgrader.api import Gradebook

    folder = copied(graded, tmp_path)
    with (folder / "nbgrader_config.py").open("a") as file:
        file.write('\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    for learner in ("right-0", "right-1"):
        stamp = folder / "submitted" / learner / NAME / "timestamp.txt"
        stamp.write_text("2026-01-02 12:00:00 UTC")
    run(folder)

    def told(change):
        """Let staff change the gradebook; return what two pages say then."""
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
            change(gradebook)
            gradebook.db.commit()
        nbgrader(folder, "generate_feedback", NAME)
        texts = [(folder / feedback(f"right-{number}")).read_text() for number in range(2)]
        return [text.partition("<strong>")[2].partition(" of ")[0] for text in texts]

    def due(gradebook):
        gradebook.find_assignment(NAME).duedate = datetime.datetime(2026, 1, 2)

    def points(gradebook):
        grade = gradebook.find_grade(WRITTEN, NAME, NAME, "right-1")
        grade.manual_score, grade.needs_manual_grade = 1.5, False

    def extension(gradebook):
        gradebook.grant_extension(NAME, "right-0", days=1)

    assert told(lambda _: None) == ["10", "10"]
    assert told(due) == ["0", "0"]
    assert told(points) == ["0", "0"]
    assert told(extension) == ["10", "0"]
    book, _ = contents(folder)
    assert [book[f"right-{number}"][2] for number in range(2)] == [0, 11.5]


def test_a_killed_run_and_a_killed_worker_change_nothing(prepared, graded, tmp_path, monkeypatch):
    folder = copied(prepared, tmp_path)
    (folder / cohort.SECRET).write_bytes((graded / cohort.SECRET).read_bytes())
    main = subprocess.Popen(
        [sys.executable, "-m", "grading", NAME, "--workers", "1"],
        cwd=folder,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        stderr=subprocess.PIPE,
    )
    while not (graded_so_far := list((folder / "autograded").glob("*/*/*.ipynb"))):
        assert main.poll() is None, main.stderr.read()
        time.sleep(0.02)
    children = descendants(main.pid)
    main.kill()
    main.communicate()
    assert 0 < len(graded_so_far) < len(MARKS)
    assert not list(folder.glob("feedback/*"))

    write, left = cohort._write_autograded, [5]

    def write_and_kill(*arguments):
        write(*arguments)
        left[0] -= 1
        if left[0] == 0:
            for worker in multiprocessing.active_children():
                os.kill(worker.pid, signal.SIGKILL)

    monkeypatch.setattr(cohort, "_write_autograded", write_and_kill)
    summary = run(folder, here=False)
    assert left[0] < 0
    assert not summary.unjudged
    assert contents(folder) == contents(graded)
    deadline = time.monotonic() + 120
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline, "a worker outlived the run that was killed"
        time.sleep(0.1)


def descendants(pid):
    """Return the ids of a process's children, and of theirs."""
    children = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            children += [child, *descendants(child)]
    return children


class Bomb:
    """Ends the process that unpickles it."""

    def __reduce__(self):
        return os._exit, (9,)


def test_a_worker_that_dies_twice_is_a_grader_error_and_others_are_graded(prepared):
    notebook = notebook_path(prepared / "submitted" / "right-0", NAME).read_bytes()

    def task(learner, content):
        return pool.Task(Submission(learner, NAME, {f"{NAME}.ipynb": content}), b"s" * 32, ())

    tasks = [task("deadly", Bomb()), task("right-0", notebook)]
    results = {graded.learner: graded.skills for graded in pool.on_this_machine(tasks, 1)}
    assert {skill.kind for skill in results["deadly"]} == {"grader error"}
    assert {skill.points for skill in results["deadly"]} == {None}
    assert "ended twice (exit status 9)" in results["deadly"][0].message
    assert {skill.kind for skill in results["right-0"]} == {"passed"}


def test_what_cannot_be_graded_is_told_to_staff_and_never_scored_zero(
    prepared, tmp_path, monkeypatch, capsys
):
    folder = copied(prepared, tmp_path)
    shutil.rmtree(folder / "submitted")
    place = {name: folder / "submitted" / name / NAME for name in ("pipe", "link", "none", "two")}
    for path in place.values():
        path.mkdir(parents=True)
    os.mkfifo(place["pipe"] / f"{NAME}.ipynb")
    (place["link"] / f"{NAME}.ipynb").symlink_to(notebook_path(ROOT / "exercises", NAME))
    for name in ("a", "b"):
        (place["two"] / f"{name}.ipynb").write_text("{}")
    (folder / "submitted" / "linked").symlink_to(folder / "submitted" / "two")
    (folder / "submitted" / ("x" * 129) / NAME).mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(pool, "on_this_machine", graded_here)
    assert command.main([NAME, "--workers", "1"]) == 1
    said = capsys.readouterr().out
    assert "6 could not be graded" in said
    for name, reason in {
        "pipe": "is not a file",
        "link": "is a link",
        "none": "found no file",
        "two": "a.ipynb cannot be read as a notebook",
        "linked": "the folder linked is a link",
        "x" * 129: "no learner's id",
    }.items():
        assert f"{name}: " in said and reason in said
    book, files = contents(folder)
    assert set(book) == {*place, "linked"}
    for _, _, _, grades, comments in book.values():
        assert all(score is None and waits for _, score, waits in grades)
        assert all(comment for _, comment in comments)
    assert "Staff know" in files[feedback("pipe")]
    settle_by_hand(folder, "pipe")
    assert command.main([NAME, "--workers", "1"]) == 1
    assert "1 graded before" in capsys.readouterr().out


def settle_by_hand(folder, learner):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        for grade in gradebook.find_submission_notebook(NAME, NAME, learner).grades:
            grade.manual_score, grade.needs_manual_grade = 1.0, False
        gradebook.db.commit()


def test_refusals_say_what_to_do(prepared, tmp_path, monkeypatch, capsys):
    folder = copied(prepared, tmp_path)
    monkeypatch.chdir(folder)
    assert command.main([NAME, "--learner", "nobody"]) == 2
    assert "nothing is handed in: expected" in capsys.readouterr().err
    monkeypatch.setattr(limits, "CLUSTER", 0.2)
    assert command.main([NAME, "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "no Dask cluster at tcp://127.0.0.1:9" in capsys.readouterr().err
    with cohort._secret(folder) as secret:
        assert len(secret) == 32
        assert stat.S_IMODE((folder / cohort.SECRET).stat().st_mode) == 0o600
        assert command.main([NAME]) == 2
    assert "another run is grading" in capsys.readouterr().err
    with cohort._secret(folder) as again:
        assert again == secret
    (folder / cohort.SECRET).write_bytes(b"short")
    assert command.main([NAME]) == 2
    assert "holds 5 bytes, expected 32" in capsys.readouterr().err
    (folder / "gradebook.db").unlink()
    (folder / cohort.SECRET).unlink()
    assert command.main([NAME]) == 2
    assert "run `nbgrader generate_assignment sampling --force`" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        command.main([NAME, "--workers", "0"])


def test_a_gradebook_with_other_points_is_refused(prepared, tmp_path):
    from nbgrader.api import Gradebook

    folder = copied(prepared, tmp_path)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        gradebook.find_grade_cell("sampling-gradients", NAME, NAME).max_score = 30
        gradebook.db.commit()
    with pytest.raises(GradebookError, match=r"'sampling-gradients': 30.0.*expected.*generate"):
        run(folder)


def test_a_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "feedback" / "page.html"
    cohort.write(path, "old")

    def full(self, *_, **__):
        self.touch()
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="no space"):
        cohort.write(path, "new")
    assert path.read_text() == "old"


class Tags(HTMLParser):
    """Collects the tags of a page, and their attributes."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes = set(), set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


EVIL = "</pre></style><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}\"'&"


def test_feedback_escapes_everything_and_is_accessible(browser):
    titles = {skill.grade_id: skill.title for skill in find(NAME).skills}
    result = {
        "skills": {name: ("failed", f"Asked: {EVIL}\nSeen: {EVIL}") for name in titles},
        "answers": {"sampling-layer": EVIL, WRITTEN: EVIL},
    }
    marks = {name: Mark(0.0, 1.0) for name in titles} | {WRITTEN: Mark(None, 2.0)}
    comments = {WRITTEN: EVIL}
    text = page(NAME, titles, Record(f"a{EVIL}", json.dumps(result), marks, comments, 0.0))
    tags = Tags()
    tags.feed(text)
    assert not tags.tags & {"script", "iframe", "link"}
    assert not {
        name for name in tags.attributes if name.startswith("on") or name in ("src", "href")
    }
    assert text.count("{{ 7 * 7 }}") >= 4 and text.count("&lt;script&gt;") >= 4
    for scheme in ("light", "dark"):
        tab = browser.new_page(color_scheme=scheme)
        tab.set_content(text)
        found = Axe().run(tab)
        assert found.violations_count == 0, found.generate_report()
        tab.close()


def test_one_slip_is_told_once():
    """What several checks have seen, each of which asks for something else."""
    titles = {skill.grade_id: skill.title for skill in find(NAME).skills}
    slip = "Seen:   the noise is constant\nLikely: it is drawn\nonce\nRead:   the book"
    said = {name: ["failed", f"Asked:  the {title}\n{slip}"] for name, title in titles.items()}
    said["sampling-gradients"] = ["failed", "Asked:  more\nSeen:   nothing\nRead:   the book"]
    marks = {name: Mark(0.0, 1.0) for name in titles}
    result = json.dumps({"skills": said, "answers": {}})
    text = page(NAME, titles, Record("ada", result, marks, {}, 0.0))
    assert text.count("the noise is constant") == 1 and text.count("Seen:") == 2
    others = [title for title in titles.values() if title != "Gradients"]
    assert f"<h2>{', '.join(others)}: failed</h2>" in text


@pytest.fixture
def postgresql():
    """The URL of a database in a PostgreSQL server of this test's own, on a socket alone."""
    pg_ctl = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")) or [require("pg_ctlcluster")]
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # it refuses root
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        if as_user:
            shutil.chown(folder, "postgres")

        def control(*arguments):
            command = [*as_user, pg_ctl[-1], "-D", f"{folder}/data", "-l", f"{folder}/log", "-w"]
            subprocess.run(
                [*command, *arguments], check=True, cwd=folder, stdout=subprocess.DEVNULL
            )

        control("initdb", "-o", "-U course -A trust -E UTF8 --no-sync")
        control("start", "-o", f"-k {folder} -h ''")
        yield f"postgresql+psycopg://course@/postgres?host={folder}"
        control("stop", "-m", "immediate")


def test_postgresql_gets_the_same_gradebook(graded, postgresql, tmp_path):
    folder = copied(graded, tmp_path)
    for step in ("autograded", "feedback"):
        shutil.rmtree(folder / step)
    with (folder / "nbgrader_config.py").open("a") as file:
        file.write(f"\nc.CourseDirectory.db_url = {postgresql!r}\n")
    nbgrader(folder, "generate_assignment", NAME, "--force")
    summary = run(folder)
    assert not summary.unjudged
    assert contents(folder, postgresql) == contents(graded)
    again = run(folder)
    assert (again.before, again.verdicts.total()) == (len(MARKS) + 1, 0)


def test_a_dask_cluster_that_loses_a_worker_gives_the_same_gradebook(
    prepared, graded, tmp_path, monkeypatch
):
    from distributed import LocalCluster

    folder = copied(prepared, tmp_path)
    (folder / cohort.SECRET).write_bytes((graded / cohort.SECRET).read_bytes())
    write, left = cohort._write_autograded, [5]
    # one worker: its nanny starts another in its place
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:

        def write_and_kill(*arguments):
            write(*arguments)
            left[0] -= 1
            if left[0] == 0:
                os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)

        monkeypatch.setattr(cohort, "_write_autograded", write_and_kill)
        summary = run(folder, scheduler=cluster.scheduler_address)
    assert left[0] < 0
    assert not summary.unjudged
    assert contents(folder) == contents(graded)
