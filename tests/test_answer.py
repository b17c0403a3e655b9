"""Finding a learner's answer in what became of the notebook."""

import json

import pytest
from nbgrader_course import ASSIGNMENTS, ROOT, notebook_path, solution_cells

from vaelib.assignments import find
from vaelib.checks.answer import assignment_of, find_answer

RIGHT = """\
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)"""
WRONG = RIGHT.replace("0.5 * ", "")
STUB = """\
# EXERCISE: sampling-layer
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        # YOUR CODE HERE
        raise NotImplementedError()"""
IMPORTS = "import torch\nfrom torch import nn"
CHECK = "# Shape and type (1 point)\ncheck.shape_and_type(Sampling)"
DIVERGENCE = "def kl_divergence(mu, logvar):\n    return (mu**2).sum(1)"
LOSS = "def kl_loss(mu, logvar):\n    return kl_divergence(mu, logvar).mean()"


def code(source, grade_id=None):
    nbgrader = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
    return {"cell_type": "code", "metadata": nbgrader, "source": source, "outputs": []}


def notebook(*cells):
    made = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def released(assignment, folder="exercises"):
    return json.loads(notebook_path(ROOT / folder, assignment).read_text(encoding="utf-8"))


def sampling(*cells):
    return find_answer(notebook(*cells), "sampling")


def kl(*cells):
    return find_answer(notebook(*cells), "kl_loss")


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_instructors_notebook_holds_every_piece_and_no_more(assignment):
    answer = find_answer(released(assignment, "solutions"), assignment)
    assert answer.cells == solution_cells(assignment)
    assert not answer.missing and not answer.broken and not answer.unfinished
    assert find_answer(released(assignment), assignment).unfinished == tuple(
        find(assignment).defines
    )
    namespace = {}
    exec(answer.source, namespace)
    assert set(find(assignment).defines.values()) <= set(namespace)
    assert "check" not in answer.source and "matplotlib" not in answer.source


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_imports_are_those_of_the_release(assignment):
    cell = next(c for c in released(assignment)["cells"] if c["id"] == "imports")
    lines = [line.strip() for line in cell["source"] if "import" in line and "vaelib" not in line]
    assert lines == list(find(assignment).imports)


def strip(cell):
    cell["metadata"] = {}


def forget_ids(cell):
    cell.pop("id", None)


def join(cell):
    cell["source"] = "".join(cell["source"])


def colab(cell):
    cell["metadata"] |= {"id": "x1Y", "colab": {"base_uri": "x"}, "outputId": "9f"}
    cell["metadata"].get("nbgrader", {})["colab_type"] = "code"


@pytest.mark.parametrize("change", [strip, forget_ids, join, colab])
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_what_tools_do_to_notebooks_changes_nothing(assignment, change):
    changed = released(assignment, "solutions")
    before = find_answer(changed, assignment)
    for cell in changed["cells"]:
        change(cell)
    assert find_answer(changed, assignment) == before
    assert assignment_of(changed, "Untitled.ipynb") == assignment


def test_metadata_of_the_wrong_type_is_no_metadata():
    cells = [
        {"cell_type": "code", "metadata": m, "source": RIGHT} for m in (None, [], {"nbgrader": 3})
    ]
    assert sampling(*cells).cells["sampling-layer"] == RIGHT


LEFTOVER = RIGHT + "\n        raise NotImplementedError()"
INDENTED = "if True:\n    " + RIGHT.replace("\n", "\n    ")
WITH_CHECK = f"{CHECK}\n{RIGHT}"
IN_PLACE = code(WRONG, "sampling-layer")


@pytest.mark.parametrize(
    ("cells", "counts"),
    {
        "only one": ([RIGHT], RIGHT),
        "pasted below the stub": ([code(STUB, "sampling-layer"), RIGHT], RIGHT),
        "the cell emptied": ([code("", "sampling-layer"), RIGHT], RIGHT),
        "the stub last": ([RIGHT, code(STUB, "sampling-layer")], RIGHT),
        "the stub last, below the checks": ([RIGHT, CHECK, code(STUB, "sampling-layer")], RIGHT),
        "below the checks alone": ([STUB, CHECK, RIGHT], RIGHT),
        "the cell copied": ([IN_PLACE, code(RIGHT, "sampling-layer"), CHECK], RIGHT),
        "a second version": ([IN_PLACE, RIGHT, CHECK], RIGHT),
        "an experiment below the checks": ([RIGHT, CHECK, WRONG], RIGHT),
        "checks by grade id": ([RIGHT, code("x", "sampling-gradients"), WRONG], RIGHT),
        "pass": ([RIGHT, "class Sampling(nn.Module): pass"], RIGHT),
        "docstring": ([RIGHT, 'class Sampling(nn.Module):\n    """Draw."""'], RIGHT),
        "broken last": ([RIGHT, "class Sampling(nn.Module:"], RIGHT),
        "a line of the stub left over": ([STUB, LEFTOVER, STUB], LEFTOVER),
        "nothing but the stub": ([STUB], STUB),
        "nothing but stubs": ([STUB, "class Sampling: pass"], "class Sampling: pass"),
        "typed into a check": ([WITH_CHECK, STUB], WITH_CHECK),
        "assigned": (["Sampling = make_layer()"], "Sampling = make_layer()"),
        "in a block": ([INDENTED], INDENTED),
        "imported in place": ([code("from vaelib import Sampling", "sampling-layer")], None),
        "imported elsewhere": ([STUB, "from vaelib import Sampling"], STUB),
        "a name in a comment": ([RIGHT, "# class Sampling"], RIGHT),
    }.values(),
)
def test_the_cell_that_counts(cells, counts):
    answer = sampling(*cells)
    assert answer.cells["sampling-layer"] == (counts or cells[0]["source"])
    assert not answer.broken and not answer.missing


def test_the_source_holds_what_the_piece_needs_and_nothing_else():
    answer = sampling(
        "!pip install vae-helpers",
        IMPORTS,
        "import numpy as np\nimport pandas",
        "SCALE = 0.5\nUNUSED = 3\nprint(SCALE)",
        "def std(logvar):\n    return torch.exp(SCALE * logvar)",
        "mu = fetch_data()",
        "# mine\n" + RIGHT.replace("torch.exp(0.5 * logvar)", "std(logvar)") + "\nSampling()(1)",
        "Sampling.extra_repr = lambda self: str(np.pi)",
        CHECK,
        "SCALE = 3",
        "import matplotlib.pyplot as plt\nplt.plot(Sampling()(mu, mu))",
    )
    assert (
        answer.source
        == f"""\
{IMPORTS}


import numpy as np


SCALE = 0.5


def std(logvar):
    return torch.exp(SCALE * logvar)


# mine
{RIGHT.replace("torch.exp(0.5 * logvar)", "std(logvar)")}


Sampling.extra_repr = lambda self: str(np.pi)
"""
    )
    assert len(answer.needed) == 6


def test_a_helper_below_the_checks_is_found():
    loss = LOSS.replace("kl_divergence", "helper")
    answer = kl(DIVERGENCE, loss, "# kl_loss: value (2 points)", "def helper(*a): return a[0]")
    assert "def helper" in answer.source


def test_a_piece_that_is_wrapped_later_is_both_cells():
    wrap = "kl_loss = torch.compile(kl_loss)"
    assert kl(DIVERGENCE, LOSS, wrap).source.endswith(f"{LOSS}\n\n\n{wrap}\n")
    assert wrap not in kl(DIVERGENCE, LOSS, "# kl_loss: value (2 points)", wrap).source


def test_pieces_use_each_other_once():
    answer = kl(DIVERGENCE, LOSS, DIVERGENCE + "  # again")
    assert answer.source.count("def kl_divergence") == 1 and "# again" in answer.source


def test_both_pieces_in_one_cell():
    both = f"{DIVERGENCE}\n\n{LOSS}"
    answer = kl(both)
    assert answer.cells == {"kl-divergence": both, "kl-loss": both}
    assert answer.source == both + "\n" and answer.needed == (both,)


def test_deleted_and_late_imports_are_put_right():
    for cells in ([RIGHT], [RIGHT, IMPORTS]):
        namespace = {}
        exec(sampling(*cells).source, namespace)
        assert "Sampling" in namespace
    assert kl("import torch as t\n" + DIVERGENCE, LOSS).source.startswith("def kl_divergence")


def test_future_and_star_imports_stay_and_come_first():
    source = kl("from math import *", "from __future__ import annotations", DIVERGENCE, LOSS).source
    assert source.startswith("from __future__ import annotations\n")
    assert "from math import *" in source
    compile(source, "answer", "exec")


@pytest.mark.parametrize(
    "line",
    [
        "!pip install torch",
        "%matplotlib inline",
        "%pip install \\\n   torch",
        "files = !ls",
        "torch?",
        "torch.exp??",
        "%%time",
        "if True:\n    !ls",
    ],
)
def test_lines_for_ipython_are_left_out(line):
    answer = sampling(f"{line}\n{IMPORTS}\n{RIGHT}")
    assert not answer.broken
    kept = [line for line in answer.source.splitlines() if not line.startswith("#")]
    assert "\n".join(kept) == f"{IMPORTS}\n{RIGHT}"
    assert compile(answer.cells["sampling-layer"], "cell", "exec")


def test_a_cell_in_another_language_holds_nothing():
    assert sampling(f"%%writefile answer.py\n{RIGHT}").missing == ("sampling-layer",)


def test_a_modulo_at_the_start_of_a_line_stays():
    text = "n = (7\n% 3)\n" + RIGHT.replace("0.5", "n")
    assert text in sampling(text).source


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# EXERCISE: kl-loss\n!ls\ndef kl_loss(mu, logvar)\n    return 1", "line 3: expected ':'"),
        ("# EXERCISE: kl-loss\n%pip \\\n x\nloss = = 1", "line 4: invalid syntax"),
        ("def kl_loss(mu, logvar):\nreturn 1", "line 2: expected an indented block"),
        ("# EXERCISE: kl-loss\nx = '\0'", "line 1: source code string cannot contain null bytes"),
        ("# EXERCISE: kl-loss\n" + "(" * 9999, "line 2: too many nested parentheses"),
        ("# EXERCISE: kl-loss\nreturn 1", "line 2: 'return' outside function"),
    ],
)
def test_a_syntax_error_costs_its_own_piece_alone(text, said):
    answer = kl(DIVERGENCE, text, "print('another broken cell'")
    assert answer.broken.keys() == {"kl-loss"} and answer.broken["kl-loss"].startswith(said)
    assert answer.cells == {"kl-divergence": DIVERGENCE, "kl-loss": text}
    assert answer.source == DIVERGENCE + "\n" and not answer.missing


def test_a_syntax_error_comes_before_a_stub():
    for cells in ([code("class Sampling(:", "sampling-layer"), STUB], [STUB, "class Sampling(:"]):
        assert sampling(*cells).broken == {"sampling-layer": "line 1: invalid syntax"}


def test_a_change_above_the_piece_is_not_of_the_piece():
    assert "first" not in sampling("Sampling.first = 1", RIGHT, CHECK).source


def test_a_byte_order_mark_is_no_part_of_the_code():
    assert sampling("\ufeff" + RIGHT).cells["sampling-layer"] == RIGHT


def test_decorators_stay_with_what_they_decorate():
    text = f"@torch.no_grad()\n{LOSS}"
    assert text in kl(DIVERGENCE, f"{text}\n@unused\ndef other(): pass").source
    assert "unused" not in kl(DIVERGENCE, f"{text}\n@unused\ndef other(): pass").source


def test_what_is_nowhere_is_missing():
    answer = kl(LOSS, "kl_divergence.note = 3", code("", "kl-divergence"))
    assert answer.missing == ("kl-divergence",)
    assert list(answer.cells) == ["kl-loss"]
    assert kl().missing == ("kl-divergence", "kl-loss") and kl().source == "\n"


def test_nothing_is_executed(tmp_path):
    target = tmp_path / "written"
    sampling(f"open({str(target)!r}, 'w')\n{RIGHT}\nopen({str(target)!r}, 'w')")
    assert not target.exists()


def test_notebook_of_format_3():
    cell = {"cell_type": "code", "input": RIGHT.splitlines(keepends=True), "language": "python"}
    old = {"nbformat": 3, "worksheets": [{"cells": [cell]}]}
    assert find_answer(old, "sampling").cells["sampling-layer"] == RIGHT


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ([], "got list"),
        (None, "got NoneType"),
        ({}, "got no cells"),
        ({"cells": "none"}, "got cells of type str"),
        ({"cells": [3]}, "expected cell 1 to be a dict, got int"),
        ({"cells": [{"cell_type": "code", "source": 3}]}, "expected text in cell 1, got int"),
        ({"cells": [{"cell_type": "code", "source": [3]}]}, "expected text in cell 1, got list"),
    ],
)
def test_what_is_no_notebook_is_refused(bad, said):
    for read in (lambda: find_answer(bad, "sampling"), lambda: assignment_of(bad, "a.ipynb")):
        with pytest.raises(ValueError, match=said):
            read()


def test_unknown_assignment():
    with pytest.raises(ValueError, match=r"expected an assignment of elbo, .*, got 'vae'"):
        find_answer(notebook(), "vae")


@pytest.mark.parametrize(
    ("title", "filename", "assignment"),
    [
        ("Assignment: the KL loss", "Untitled.ipynb", "kl_loss"),
        ("Assignment: the log-variance", "Untitled.ipynb", "log_variance"),
        ("My homework", "Copy of sampling.ipynb", "sampling"),
        ("My homework", "sampling (1).ipynb", "sampling"),
        ("My homework", "work/Kopie von kl_loss-Copy2.ipynb", "kl_loss"),
        ("My homework", "Log_Variance_final.ipynb", "log_variance"),
        ("My homework", "elbow.ipynb", None),
        ("My homework", "sampling and elbo.ipynb", None),
        ("My homework", "sampling/Untitled.ipynb", None),
    ],
)
def test_assignment_by_title_or_file_name(title, filename, assignment):
    bare = notebook({"cell_type": "markdown", "source": f"# {title}\n\ntext"}, "x = 1")
    assert assignment_of(bare, filename) == assignment


def test_grade_ids_and_markers_come_before_names():
    marked = notebook("# EXERCISE: kl-loss\nx = 1", code("", "kl-divergence"), STUB)
    assert assignment_of(marked, "sampling.ipynb") == "kl_loss"
    checks = notebook(code("", "elbo"), code("", "train-step-moves"), code("", "train-step-value"))
    assert assignment_of(checks, "sampling.ipynb") == "elbo"


@pytest.mark.parametrize(
    "lines",
    [
        ["C = {}", "C.update(half=0.5)"],
        ["C = {}", "_ = C.update(half=0.5)"],
        ["C = {}", "print(C.setdefault('half', 0.5))"],
        ["C = {}", "C.__setitem__('half', 0.5)"],
        ["C = {}", "dict.update(C, half=0.5)"],
        ["C = {'half': 0.25}", "C['half'] += 0.25"],
        ["C = {}\ndef fill():\n    C['half'] = 0.5", "fill()"],
        ["C = {}\ndef fill(of):\n    of['half'] = 0.5", "fill(C)", "print(fill)"],
        ["C = {}\ndef fill():\n    global C\n    C = {'half': 0.5}", "done = fill()"],
        ["from collections import *", "C = {}", "for n in [1]:\n    C.update(half=n / 2)"],
    ],
)
def test_what_changes_a_name_goes_with_it(lines):
    divergence = DIVERGENCE.replace("(mu**2)", "C['half'] * (mu**2)")
    answer = kl(IMPORTS, *lines, "shown = dict(C)\nprint(shown)", divergence, LOSS)
    names = {}
    exec(answer.source, names)
    assert names["C"] == {"half": 0.5}
    assert "shown" not in names


def test_a_function_that_changes_its_own_names_goes_with_nothing():
    other = "def plot(C):\n    C = {}\n    C['half'] = 1\n    shown = []\n    shown.append(1)"
    answer = kl(IMPORTS, "C = 0.5", other, "plot(1)", DIVERGENCE.replace("(mu", "C * (mu"), LOSS)
    assert "plot" not in answer.source
