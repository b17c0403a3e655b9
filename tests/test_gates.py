"""Plant a fault in a copy of the repository, and see the command that guards it turn red."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import torch
from nbgrader_course import ROOT

pytestmark = pytest.mark.slow
BIN = Path(sys.executable).parent


@pytest.fixture
def copy(tmp_path):
    """A copy of the repository in a path with spaces."""
    folder = tmp_path / "a copy with spaces"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "_build", "__pycache__"))
    return folder


def run(folder, *command):
    """Run a command in the copy, which imports the copy's own vaelib."""
    environment = os.environ | {
        "PYTHONPATH": str(folder),
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def make_book(folder, *cells):
    """Run the recipe of `make book` on a book of one chapter with the given cells."""
    chapter = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Planted"), *cells])
    nbformat.write(chapter, folder / "book" / "planted.ipynb")
    toc = "format: jb-book\nroot: book/planted\nchapters:\n  - file: book/status\n"
    (folder / "_toc.yml").write_text(toc, encoding="utf-8")
    return run(folder, "make", "book", "READY=", f"BIN={BIN}")


def code(source, **metadata):
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def pytest_in(folder, *arguments):
    return run(folder, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_book_in_order_builds(copy):
    status, output = make_book(copy, code("import vaelib"))
    assert status == 0, output
    assert (copy / "_build" / "html" / "book" / "planted.html").exists()
    page = (copy / "_build" / "html" / "book" / "status.html").read_text(encoding="utf-8")
    assert f"<p>{torch.__version__}</p>" in page
    assert re.search(r'href="planted.html">Planted</a></p></td>\s*<td[^>]*><p>\d+\.\d</p>', page)


PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
GENERIC = "A figure that shows the results of the experiment that the text above describes."


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (code("raise ValueError('planted')"), "planted"),
        (nbformat.v4.new_markdown_cell("[to nowhere](nowhere.ipynb)"), "nowhere"),
        (code(PLOT), "has no alt text"),
        (code(PLOT, mystnb={"image": {"alt": GENERIC}}), "begins with what it is"),
    ],
    ids=["a cell that raises", "a broken link", "no alt text", "an alt text that says nothing"],
)
def test_a_faulty_chapter_turns_make_book_red(copy, cell, said):
    status, output = make_book(copy, cell)
    assert status != 0
    assert said in output


def test_a_wrong_number_in_the_prose_turns_pytest_red(copy):
    said = "Someone who predicts it for every digit pays about 205 nats. So"
    edit(copy / "book" / "posteriors.ipynb", said, said.replace("205", "215"))
    status, output = pytest_in(copy, "tests/test_prose.py")
    assert status == 1
    assert "not on the page" in output


def test_a_wrong_number_in_prose_and_assertion_turns_nbval_red(copy):
    cell = code('# "It costs about 186 nats."\ncost = 206.1\nassert abs(cost - 186) < 10')
    chapter = nbformat.v4.new_notebook(cells=[cell])
    nbformat.write(chapter, copy / "book" / "planted.ipynb")
    status, output = pytest_in(copy, "--nbval-lax", "--nbval-current-env", "book/planted.ipynb")
    assert status == 1
    assert "AssertionError" in output


def test_an_exercise_edited_by_hand_turns_pytest_red(copy):
    path = copy / "exercises" / "sampling" / "sampling.ipynb"
    edit(path, "Two or three lines are enough.", "One line is enough.")
    status, output = pytest_in(copy, "tests/test_assignments.py", "-k", "source_generates")
    assert status == 1
    assert "make exercises" in output


def test_a_leaked_solution_turns_pytest_red(copy):
    path = copy / "exercises" / "kl_loss" / "kl_loss.ipynb"
    notebook = nbformat.read(path, 4)
    for cell in notebook.cells:
        if cell["id"] == "kl-loss":
            cell.source += "\n    return kl_divergence(mu, logvar).mean()"
    nbformat.write(notebook, path)
    status, output = pytest_in(copy, "tests/test_assignments.py", "-k", "holds_no_solution")
    assert status == 1
    assert "is in the release" in output


@pytest.mark.parametrize(
    ("module", "old", "new", "test"),
    [
        ("kl", "return 0.5 * (mu.square()", "return 1.0 * (mu.square()", "kl"),
        ("kl", ".sum(dim=1)", ".mean(dim=1)", "kl"),
        ("sampling", "torch.exp(0.5 * logvar)", "torch.exp(logvar)", "sampling"),
        ("elbo", "cost.sum(dim=1)", "cost.mean(dim=1)", "elbo"),
        ("elbo", "+ beta * kl", "- beta * kl", "elbo"),
    ],
)
def test_a_wrong_reference_turns_pytest_red(copy, module, old, new, test):
    edit(copy / "vaelib" / f"{module}.py", old, new)
    status, output = pytest_in(copy, f"tests/test_{test}.py")
    assert status == 1
    assert re.search(r"\d+ failed", output)
