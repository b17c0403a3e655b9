"""A copy of the course in a temporary folder, and the nbgrader commands run in it."""

import contextlib
import functools
import io
import json
import os
import pickle
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import nbformat

# nbgrader runs alembic by its name alone
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
ROOT = Path(__file__).parents[1]
ASSIGNMENTS = sorted(path.parent.name for path in ROOT.glob("solutions/*/*.ipynb"))


def copy_course(folder):
    """Copy what nbgrader needs into `folder` and return it."""
    for name in ("solutions", "exercises", "grading"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".*", "__py*"))
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return folder


def ask_alembic_once():
    """Keep what nbgrader asks for each new gradebook, of a process that takes seconds to start."""
    from nbgrader import api

    if not hasattr(api.get_alembic_version, "cache_info"):
        api.get_alembic_version = functools.cache(api.get_alembic_version)


def nbgrader(folder, *arguments):
    """Run an nbgrader command in the course; return what it printed.

    In this process: a start of nbgrader costs more than all that it does here.
    """
    from jupyter_core.application import NoStart
    from nbgrader.apps import NbGraderApp

    import grading.run  # noqa: F401 - ours, before the configuration asks for the course's copy

    ask_alembic_once()
    said, path, app = io.StringIO(), list(sys.path), NbGraderApp()
    with contextlib.chdir(folder), redirect_stdout(said), redirect_stderr(said):
        try:
            app.initialize(list(arguments))
            app.start()
        except NoStart:  # so it ends, where all went well
            pass
        except SystemExit as end:
            assert not end.code, said.getvalue()
        finally:
            sys.path[:] = path
            while app := app.subapp:
                app.clear_instance()
    return said.getvalue()


def solution_cells(assignment):
    """Return the source of each solution cell of the instructor's notebook, by grade id."""
    return {
        cell.metadata["nbgrader"]["grade_id"]: cell.source
        for cell in nbformat.read(notebook_path(ROOT / "solutions", assignment), 4).cells
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code"
    }


def notebook_path(folder, assignment):
    """Return the path of an assignment's one notebook below `folder`."""
    return folder / assignment / f"{assignment}.ipynb"


def submit(folder, learner, assignment, answers):
    """Hand in the released notebook with some cells, found by grade id, replaced."""
    notebook = nbformat.read(notebook_path(ROOT / "exercises", assignment), 4)
    left = dict(answers)
    for cell in notebook.cells:
        source = left.pop(cell.metadata.get("nbgrader", {}).get("grade_id"), None)
        if source is not None:
            cell.source = source
    assert not left, f"no cell with the grade id {list(left)}"
    path = notebook_path(folder / "submitted" / learner, assignment)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def scores(folder, learner, assignment):
    """Return the points of each graded code cell, by grade id."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission(assignment, learner)
        return {
            grade.name: grade.auto_score
            for notebook in submission.notebooks
            for grade in notebook.grades
            if grade.cell.cell_type == "code"
        }


_graded = {}  # by all that the verdicts on a submission depend on


def _key(task):
    given = task.submission
    parts = given.digest, given.learner, given.assignment, task.secret, task.release, task.jailed
    return pickle.dumps(parts)


def graded_here(tasks, count):
    """Grade in this process, in the place of `pool.on_this_machine`: its start costs seconds.

    One judge for all courses: which of them it hides is not tried where this is used. What is
    handed in once more, in a copy of a course, is not judged again.
    """
    from grading import pool

    for task in tasks:
        key = _key(task)
        if key not in _graded:
            _graded[key] = pool._grade(task._replace(course=None))
        yield _graded[key]


def remembered(grade):
    """Return a way to grade, like `pool.on_this_machine`, whose verdicts `graded_here` knows."""

    def grading(tasks, count):
        keys = {}

        def noted():
            for task in tasks:
                keys[task.submission.learner] = _key(task)
                yield task

        for graded in grade(noted(), count):
            _graded[keys[graded.learner]] = graded
            yield graded

    return grading
