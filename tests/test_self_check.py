"""The visible checks from a prompt and from the command line."""

import json
import os
import subprocess
import sys

import pytest
from nbgrader_course import ASSIGNMENTS, ROOT, notebook_path
from test_notebook import DIVERGENCE, IMPORTS, LOSS, RIGHT, STUB, WRONG, notebook

import vaelib
from vaelib.checks import self_check
from vaelib.checks.__main__ import main
from vaelib.checks.skills import PIECES

KL = "return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)"
RIGHT_DIVERGENCE = f"def kl_divergence(mu, logvar):\n    {KL}"


def define(*sources):
    namespace = {}
    exec("\n".join([IMPORTS, *sources]), namespace)
    return namespace


@pytest.fixture
def run(tmp_path, capsys):
    """Run the command on a notebook of these cells; return status, what it said, and errors."""

    def check(*cells, name="sampling.ipynb", text=None):
        path = tmp_path / name
        path.write_text(text if text is not None else json.dumps(notebook(*cells)), "utf-8")
        return main([str(path)]), *capsys.readouterr()

    return check


def test_a_right_answer_passes_and_the_table_says_so():
    report = self_check("sampling", define(RIGHT))
    assert report.passed
    assert report._repr_markdown_() == repr(report)
    assert (
        repr(report)
        == """\
| skill           | points | result             |
| --------------- | -----: | ------------------ |
| Shape and type  | 1 of 1 | passed             |
| Mean and spread | 3 of 3 | passed             |
| Gradients       | 3 of 3 | passed             |
| Fresh noise     | 2 of 2 | passed             |
| Small print     | ? of 1 | judged when graded |

9 of the 9 points that are judged here.
"""
    )


def test_a_wrong_answer_gets_its_messages():
    report = self_check("sampling", define(WRONG))
    assert not report.passed
    text = repr(report)
    assert "| Mean and spread | 0 of 3 | not yet " in text
    assert "3 of the 9 points that are judged here." in text
    assert "**Mean and spread**\n\n    Asked: " in text
    assert "    Likely: exp(logvar) is the variance" in text


def test_one_message_for_all_the_skills_it_stands_for():
    text = repr(self_check("sampling", define(STUB)))
    assert text.count("NotImplementedError") == 1
    assert "**Shape and type; Mean and spread; Gradients; Fresh noise**" in text


def test_a_missing_piece_costs_its_own_points_alone():
    text = repr(self_check("kl_loss", define(LOSS)))
    assert "Nothing here is called `kl_divergence`." in text
    assert "| kl_loss: value                 | 2 of 2 | passed " in text


def test_what_the_learner_wrote_is_no_markup():
    error = "raise ValueError('# big\\n```<script>alert(1)</script>')"
    report = self_check("sampling", define(RIGHT.replace("return", f"{error}; return")))
    lines = [line for line in report.markdown.splitlines() if "<script>" in line or "big" in line]
    assert lines and all(line.startswith("    ") for line in lines)


def test_unknown_assignment():
    with pytest.raises(ValueError, match=r"expected an assignment of encoder, .*, got 'vae'"):
        self_check("vae", {})


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_command_knows_the_instructors_notebook_and_the_release(assignment, capsys):
    assert main([str(notebook_path(ROOT / "exercises", assignment))]) == 1
    assert "It still raises NotImplementedError" in capsys.readouterr().out
    if assignment != "elbo":  # it trains: tests/test_assignments.py runs it
        assert main([str(notebook_path(ROOT / "solutions", assignment))]) == 0
        assert capsys.readouterr().out.count("passed") >= 2


def test_the_command_finds_an_answer_split_over_cells(run):
    helper = "def std(logvar):\n    return torch.exp(0.5 * logvar)"
    layer = RIGHT.replace("torch.exp(0.5 * logvar)", "std(logvar)")
    status, out, _ = run(IMPORTS, helper, layer, "1 / 0", name="Copy of sampling (1).ipynb")
    assert status == 0 and "9 of the 9 points" in out


def test_the_command_names_the_mistake(run):
    status, out, errors = run(IMPORTS, WRONG)
    assert status == 1 and not errors
    assert "exp(logvar) is the variance" in out


def test_the_command_says_where_a_syntax_error_is(run):
    status, out, _ = run(
        RIGHT_DIVERGENCE, "def kl_loss(mu, logvar)\n    return 1", name="kl_loss.ipynb"
    )
    assert status == 1
    assert "**kl_loss: value**\n\n    The cell has a syntax error, line 1: expected ':'" in out
    assert "5 of the 7 points" in out


def test_the_command_says_where_the_cells_stop(run):
    status, out, _ = run("SCALE = half(1)", RIGHT.replace("0.5", "SCALE"))
    assert status == 1
    assert (
        "Your cells stopped with NameError: name 'half' is not defined, at `SCALE = half(1)`" in out
    )


def test_an_error_while_judged_quotes_the_learners_line(run):
    _, out, _ = run(RIGHT.replace("torch.exp", "torch.expp"))
    assert "at `return mu + torch.expp(0.5 * logvar)" in out


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("", "sampling.ipynb", "text that is not JSON"),
        ("[1]", "sampling.ipynb", "expected a notebook, a dict with cells, got list"),
        ('{"cells": 3}', "sampling.ipynb", "got cells of type int"),
        ('{"cells": []}', "Untitled.ipynb", "which assignment is it?"),
        ('{"cells": []}', "kl_loss.ipynb", "no cell defines kl_divergence or kl_loss"),
        ("[" * 99999, "sampling.ipynb", "recursion"),
    ],
)
def test_nothing_to_judge_is_status_2(run, text, name, said):
    status, out, errors = run(text=text, name=name)
    assert status == 2 and not out
    assert said in errors and name in errors


def test_no_such_file_and_no_argument(tmp_path, capsys):
    assert main([str(tmp_path / "none.ipynb")]) == 2
    assert "No such file" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 2
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2


def test_bytes_that_are_no_text(tmp_path, capsys):
    path = tmp_path / "sampling.ipynb"
    path.write_bytes(b"\x89PNG\xff\x00")
    assert main([str(path)]) == 2
    assert "text that is not JSON" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_itself(tmp_path):
    (tmp_path / "kl_loss.ipynb").write_text(json.dumps(notebook(DIVERGENCE, LOSS)), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "vaelib.checks", "kl_loss.ipynb"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert "kl_divergence: values by hand" in done.stdout


def test_every_assignment_can_be_checked_from_the_reference():
    for assignment, pieces in PIECES.items():
        namespace = {
            name: getattr(vaelib, name) for name in pieces.values() if hasattr(vaelib, name)
        }
        assert not self_check(assignment, namespace).passed  # vaelib's own is no answer


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_notebooks_name_the_call(assignment):
    release = notebook_path(ROOT / "exercises", assignment).read_text(encoding="utf-8")
    assert "`from vaelib.checks import self_check`" in release
    assert f'`self_check(\\"{assignment}\\", globals())`' in release
