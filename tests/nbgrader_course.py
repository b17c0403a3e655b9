"""A copy of the course in a temporary folder, and the nbgrader commands run in it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
ASSIGNMENTS = sorted(path.parent.name for path in ROOT.glob("solutions/*/*.ipynb"))


def copy_course(folder):
    """Copy what nbgrader needs into `folder` and return it."""
    for name in ("solutions", "exercises", "grading"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".*", "__py*"))
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return folder


def nbgrader(folder, *arguments):
    """Run an nbgrader command in the course; return what it printed."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # for alembic
    }
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


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
