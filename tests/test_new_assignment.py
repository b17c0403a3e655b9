"""A sixth assignment, from its empty release to graded feedback, in a copy of the course.

It is written by its module, its notebook and its bank of answers, as the design says; everything
else finds it by its name. In a process of its own, which knows the copy alone.
"""

import json
import os
import shutil
import subprocess
import sys
from textwrap import dedent

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader_course import ROOT
from system import require

NAME = "precision"
MODULE = '''
"""Checks of a learner's `precision`: one over the variance."""

import torch

from vaelib.assignments import Assignment, Piece, Skill
from vaelib.checks.formula import Case, Formula, check_gradients, check_values
from vaelib.checks.harness import check


def precision(logvar):
    """Return one over the variance."""
    return torch.exp(-logvar)


FORMULA = Formula(
    call="precision(logvar)",
    names=("logvar",),
    draw=lambda rows, columns, dtype: (4 * torch.rand(rows, columns, dtype=dtype) - 2,),
    each={
        "": lambda logvar: (-logvar).exp(),
        "this is the variance: the precision is one over it": torch.exp,
    },
    reduce={"": lambda each: each},
    allowed=lambda right, logvar: 1e-5 * right,
)


def _cases(dtype):
    yield FORMULA.case(7, 3, dtype)


@check(precision, read="nowhere")
def values(candidate, seed):
    """Check values."""
    return check_values(FORMULA, candidate, "precision(logvar) is exp(-logvar)", _cases)


@check(precision, read="nowhere")
def slopes(candidate, seed):
    """Check gradients."""
    return check_gradients(FORMULA, candidate, "its gradient is -exp(-logvar)", _cases)


ASSIGNMENT = Assignment(
    name="precision",
    imports=("import torch",),
    pieces=(Piece("precision", "precision"),),
    skills=(
        Skill("precision-values", "Values", 2, "precision", values),
        Skill("precision-slopes", "Slopes", 1, "precision", slopes, shown=False),
    ),
)
'''
ANSWERS = {
    "before": "import torch\n",
    "right": """
# %% one over the variance
def precision(logvar):
    return 1 / logvar.exp()
""",
    "wrong": """
# %% the variance
# loses: values slopes
# told: this is the variance
def precision(logvar):
    return logvar.exp()
""",
    "empty": "",
}
SOLVED = """
# EXERCISE: precision
def precision(logvar):
    ### BEGIN SOLUTION
    return torch.exp(-logvar)
    ### END SOLUTION
"""
CELL = """
# {title} ({points} point{s})
from vaelib.assignments import precision as check

{shown}
### BEGIN HIDDEN TESTS
check.{check}(precision, seed=601)
### END HIDDEN TESTS
"""
# In the copy: the release is generated and handed in by four learners, then graded.
ROUND = """
import sys
from pathlib import Path

import answers
from nbgrader_course import nbgrader, scores, submit
import nbgrader_course
import vaelib
from grading import pool
from grading.__main__ import main
from vaelib.checks import self_check

here = Path.cwd()
assert all(Path(module.__file__).is_relative_to(here) for module in (vaelib, answers))
bank = answers.BANKS["precision"]
assert [answers.lost(given) for given in bank.right.values()] == [{}]
assert [answers.misjudged(given) for given in bank.wrong.values()] == [{}]
nbgrader_course.ROOT = here
pool.on_this_machine = nbgrader_course.graded_here
nbgrader(here, "generate_assignment", "precision", "--force")
answer = "# EXERCISE: precision\\ndef precision(logvar):\\n    return torch.exp({}logvar)"
submit(here, "empty", "precision", {})
submit(here, "right", "precision", {"precision": answer.format("-")})
submit(here, "wrong", "precision", {"precision": answer.format("")})
cut = answer.format("-").replace("(-logvar)", "(-logvar.detach())")
submit(here, "cut", "precision", {"precision": cut})
status = main(["precision", "--workers", "1"])
names = {}
exec("import torch\\n" + answer.format(""), names)
import json
print("\\nTOLD " + json.dumps([
    status,
    {learner: scores(here, learner, "precision") for learner in ("empty", "right", "wrong", "cut")},
    repr(self_check("precision", names)),
]))
"""


def graded(grade_id, points, source, *, solution=False):
    kind = {"grade": not solution, "solution": solution, "locked": not solution, "task": False}
    if not solution:
        kind["points"] = points
    cell = new_code_cell(source.strip("\n"))
    cell.metadata["nbgrader"] = {"grade_id": grade_id, "schema_version": 3} | kind
    return cell


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.slow
def test_a_sixth_assignment_is_what_the_design_names(tmp_path):
    require("bwrap")
    for name in ("vaelib", "grading", "solutions", "exercises", "tests/answers"):
        hidden = shutil.ignore_patterns(".*", "__py*", "*.js")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=hidden)
    for name in ("nbgrader_config.py", "tests/answers.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    before = tree(tmp_path)

    (tmp_path / f"vaelib/assignments/{NAME}.py").write_text(MODULE.lstrip(), encoding="utf-8")
    shown = {"values": "check.values(precision)", "slopes": 'print("judged when graded")'}
    checks = [
        CELL.format(title="Values", points=2, s="s", shown=shown["values"], check="values"),
        CELL.format(title="Slopes", points=1, s="", shown=shown["slopes"], check="slopes"),
    ]
    cells = [
        new_markdown_cell("# Assignment: the precision"),
        new_code_cell("import torch"),
        graded("precision", 0, SOLVED, solution=True),
        graded("precision-values", 2, checks[0]),
        graded("precision-slopes", 1, checks[1]),
    ]
    (tmp_path / "solutions" / NAME).mkdir()
    (tmp_path / "tests/answers" / NAME).mkdir()
    for verdict, answers in ANSWERS.items():
        (tmp_path / f"tests/answers/{NAME}/{verdict}.py").write_text(answers, encoding="utf-8")
    notebook = new_notebook(cells=cells)
    nbformat.write(notebook, tmp_path / f"solutions/{NAME}/{NAME}.ipynb")

    found_in = os.pathsep.join(map(str, (tmp_path, tmp_path / "tests", ROOT / "tests")))
    done = subprocess.run(
        [sys.executable, "-c", dedent(ROUND)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": found_in},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    status, scores, report = json.loads(done.stdout.rpartition("TOLD ")[2])
    assert status == 0, done.stdout
    points = {learner: list(given.values()) for learner, given in scores.items()}
    assert points == {"empty": [0, 0], "right": [2, 1], "wrong": [0, 0], "cut": [2, 0]}
    cause = "this is the variance: the precision is one over it"
    assert cause in report and "judged when graded" in report

    after = tree(tmp_path)
    assert before.items() <= after.items()  # nothing that was there has changed
    made = ("autograded/", "feedback/", "submitted/", "exercises/precision/", "gradebook.db", ".")
    written = {path for path in after.keys() - before.keys() if not path.startswith(made)}
    assert written == {
        f"vaelib/assignments/{NAME}.py",
        f"solutions/{NAME}/{NAME}.ipynb",
        *(f"tests/answers/{NAME}/{verdict}.py" for verdict in ANSWERS),
    }
    release = after[f"exercises/{NAME}/{NAME}.ipynb"].decode()
    assert "NotImplementedError" in release and "exp(-logvar)" not in release
    pages = {name: after[f"feedback/{name}/{NAME}/{NAME}.html"].decode() for name in scores}
    assert cause in pages["wrong"] and "not written yet" in pages["empty"]
    assert "no gradient reaches logvar" in pages["cut"] or "no gradient at all" in pages["cut"]
