"""The visible checks from a prompt and from the command line."""

import json
import os
import subprocess
import sys

import pytest
from nbformat import read
from nbgrader_course import ASSIGNMENTS, ROOT, notebook_path
from test_answer import DIVERGENCE, IMPORTS, LOSS, RIGHT, STUB, WRONG, notebook

import vaelib
from vaelib.assignments import find, names
from vaelib.checks import guard, self_check
from vaelib.checks.__main__ import main
from vaelib.checks.answer import find_answer

pytestmark = pytest.mark.slow

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


def test_one_slip_is_told_once(run):
    status, out, _ = run(IMPORTS, RIGHT.replace("0.5 * logvar", "0.5 * log_var"))
    assert status == 1 and out.count("NameError: name 'log_var' is not defined") == 1
    assert "**Shape and type; Mean and spread; Gradients; Fresh noise**" in out
    _, out, _ = run(IMPORTS, WRONG)  # two slips, seen apart, are two
    assert out.count("Seen:") == 2


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
    with pytest.raises(ValueError, match=r"expected an assignment of elbo, .*, got 'vae'"):
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
    assert out.endswith("\nWritten answers and what is judged when graded are not counted here.\n")


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


CELLS = {  # as Jupyter runs them, and the grader reads them
    "display": ("SCALE = [0.5]\ndisplay(SCALE)", "(display(), SCALE[0])[1]"),
    "a module that a cell writes": (
        "%%writefile halves.py\nSCALE = 0.5\ndisplay(SCALE)",
        "__import__('halves').SCALE",
    ),
    "a helper beside it": ("import helper_beside", "helper_beside.SCALE"),
    "await": ("import asyncio\nSCALE = await asyncio.sleep(0, 0.5)", "SCALE"),
    "an error that costs nothing": (
        "SCALE = {}\nSCALE['x'] = 1 / 0\nSCALE.update(y=0.5)",
        "SCALE['y']",
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_the_command_runs_what_the_grader_runs(tmp_path, run, name):
    cell, scale = CELLS[name]
    (tmp_path / "helper_beside.py").write_text("SCALE = 0.5")
    status, out, errors = run(IMPORTS, cell, RIGHT.replace("0.5", scale))
    assert status == 0, out + errors


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252"])
def test_the_command_reads_what_the_grader_reads(tmp_path, capsys, encoding):
    text = json.dumps(notebook(IMPORTS, f"{SAMPLING}  # 0,5 \u20ac"), ensure_ascii=False)
    (tmp_path / "mine.ipynb").write_bytes(text.encode(encoding))
    assert main([str(tmp_path)]) == 0
    assert rows(capsys.readouterr().out) == [["mine.ipynb", "9 of 9", "sampling: passed"]]


def test_what_is_compiled_is_judged_as_it_is_written():
    """The compiler needs seconds, and another program: it judges nothing."""
    compiled = "Sampling.forward = torch.compile(Sampling.forward, backend=lambda *_: 1 / 0)"
    assert self_check("sampling", define(RIGHT, compiled)).passed


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
    assert main([str(tmp_path / "sampling")]) == 2
    errors = capsys.readouterr().err
    assert "No such file or folder. Name a notebook: work/exercises/sampling/" in errors
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2


def test_bytes_that_are_no_text(tmp_path, capsys):
    path = tmp_path / "sampling.ipynb"
    path.write_bytes(b"\x89PNG\xff\x00")
    assert main([str(path)]) == 2
    assert "text that is not JSON" in capsys.readouterr().err


SAMPLING = f"# EXERCISE: sampling-layer\n{RIGHT}"


def fill(folder, notebooks):
    """Write notebooks, given as {name: cells}, into a folder."""
    for name, sources in notebooks.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(notebook(*sources)), encoding="utf-8")


def rows(out):
    """Return the cells of the table in what was printed, without its header."""
    lines = [line for line in out.splitlines() if line[:1] == "|"]
    parts = [[part.strip() for part in line.split("|")[1:-1]] for line in lines]
    assert parts[0] == ["notebook", "points", "progress"]
    return parts[2:]


def test_a_folder_gets_a_table_of_progress(tmp_path, capsys):
    cells = {
        "sampling.ipynb": (IMPORTS, "print('| mine |')", SAMPLING),
        "mine/sampling (1).ipynb": (IMPORTS, f"# EXERCISE: sampling-layer\n{WRONG}"),
        "kl_loss.ipynb": (f"# EXERCISE: kl-loss\n{STUB}",),
        ".ipynb_checkpoints/sampling.ipynb": (SAMPLING,),
        "book/sampling.ipynb": ("class Sampling: pass",),  # a chapter
        "other.ipynb": ("# EXERCISE: of-another-course",),
    }
    fill(tmp_path, cells)
    (tmp_path / "elbo.ipynb").write_text("{", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    assert main([str(tmp_path)]) == 1
    elbo, kl_loss, wrong, right = rows(capsys.readouterr().out)
    assert elbo[:2] == ["elbo.ipynb", "?"] and "not JSON" in elbo[2]
    assert kl_loss[:2] == ["kl_loss.ipynb", "?"] and "no cell defines" in kl_loss[2]
    assert wrong == ["mine/sampling (1).ipynb", "3 of 9", "sampling: another one counts"]
    assert right == ["sampling.ipynb", "9 of 9", "sampling: passed"]
    assert sorted(tmp_path.rglob("*")) == before


ENDS = {  # a cell or a line of the answer, and how its row says that it ended
    "1": ("import sys\nSCALE = sys.exit('done')", "SCALE", "0 of 9", "another one counts"),
    "2": ("import os\nSCALE = os._exit(0)", "SCALE", "?", "exit code 0"),
    "3": ("import os", "os.abort()", "?", "Aborted"),
    "4": ("import os, signal", "os.kill(os.getpid(), signal.SIGKILL)", "?", "Killed"),
    "5": ("import os", "os.closerange(3, 100); os._exit(7)", "?", "exit code 7"),
    "6": ("import ctypes", "ctypes.string_at(0)", "?", "Segmentation fault"),
    "7": ("import sys", "sys.exit(0)", "0 of 9", "another one counts"),
}


@pytest.mark.skipif(os.name != "posix", reason="signals are named otherwise elsewhere")
def test_a_notebook_that_ends_python_costs_its_own_row_alone(tmp_path, capfd):
    ends = {
        f"{number}/sampling.ipynb": (IMPORTS, cell, SAMPLING.replace("return", f"{line}; return"))
        for number, (cell, line, *_) in ENDS.items()
    }
    fill(tmp_path, {**ends, "8/sampling.ipynb": (IMPORTS, SAMPLING)})
    assert main([str(tmp_path)]) == 1
    *ended, last = rows(capfd.readouterr().out)
    for row, (*_, points, said) in zip(ended, ENDS.values(), strict=True):
        assert row[1] == points and said in row[2], row
    assert last == ["8/sampling.ipynb", "9 of 9", "sampling: passed"]


def test_a_worse_copy_costs_nothing(tmp_path, capsys):
    worse = f"# EXERCISE: sampling-layer\n{WRONG}"
    fill(tmp_path, {"a.ipynb": (IMPORTS, worse), "sampling.ipynb": (IMPORTS, SAMPLING)})
    assert main([str(tmp_path)]) == 0
    copy, mine = rows(capsys.readouterr().out)
    assert (copy[2], mine[2]) == ("sampling: another one counts", "sampling: passed")


def test_a_cell_that_never_ends_costs_its_own_row_alone(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(guard, "SECONDS", 0.1)
    loop = "SCALE = [0]\nwhile True: SCALE[0] += 1", SAMPLING.replace("return", "SCALE; return")
    fill(tmp_path, {"a/sampling.ipynb": loop})
    (tmp_path / "elbo.ipynb").write_text("{", encoding="utf-8")
    assert main([str(tmp_path)]) == 1
    first, _ = rows(capfd.readouterr().out)
    assert first[1:] == ["?", "its code was still running after 1.5 seconds"]


def test_an_end_of_python_is_no_pass(run):
    status, out, errors = run("import os\nSCALE = os._exit(0)", RIGHT.replace("0.5", "SCALE"))
    assert status == 2 and not out
    assert "its code ended Python (exit code 0)" in errors


def test_a_folder_without_assignments_is_status_2(tmp_path, capsys):
    (tmp_path / "kl.ipynb").write_text(json.dumps(notebook("1")), encoding="utf-8")
    assert main([str(tmp_path)]) == 2
    assert "no notebook of an assignment" in capsys.readouterr().err


def test_the_command_itself(tmp_path):
    cells = "DONE = print('\N{PARTY POPPER}')", DIVERGENCE.replace("return", "DONE; return"), LOSS
    (tmp_path / "kl_loss.ipynb").write_text(json.dumps(notebook(*cells)), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "vaelib.checks", "kl_loss.ipynb"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("?\n")
    assert "| kl_loss: value                 | 2 of 2 | passed " in done.stdout
    assert "kl_divergence: values by hand" in done.stdout


def test_every_assignment_can_be_checked_from_the_reference():
    for assignment in names():
        asked = find(assignment).defines.values()
        namespace = {name: getattr(vaelib, name) for name in asked if hasattr(vaelib, name)}
        assert not self_check(assignment, namespace).passed  # vaelib's own is no answer


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_call_is_the_last_cell_of_a_notebook(assignment):
    *_, last = read(notebook_path(ROOT / "exercises", assignment), 4).cells
    assert "nbgrader" not in last.metadata
    assert last.source.splitlines()[-1] == f'self_check("{assignment}", globals())'
    notebook = {"cells": [{"cell_type": "code", "source": [RIGHT, "\n", last.source]}]}
    assert "self_check" not in find_answer(notebook, assignment).source


def test_the_call_is_left_out_while_nbgrader_runs_the_notebook(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    namespace = define(RIGHT.replace("return", "print(1 / 0); return"))
    assert (
        repr(self_check("sampling", namespace)) == "Left out while nbgrader runs this notebook.\n"
    )


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_notebooks_tell_the_limits_and_what_comes_next(assignment):
    release = notebook_path(ROOT / "exercises", assignment).read_text(encoding="utf-8")
    clock = guard.SECONDS * guard.PATIENCE
    assert f"after {guard.SECONDS:.0f} seconds of computing, or {clock:.0f} by the clock" in release
    assert "(../../book/after.md)" in release and (ROOT / "book/after.md").exists()
