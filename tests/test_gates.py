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


def write_book(folder, *cells, **more):
    """Make the book one chapter with the given cells, and one chapter for each further cell."""
    toc = "format: jb-book\nroot: book/planted\nchapters:\n  - file: book/status\n"
    for name, held in {"planted": cells, **{name: [cell] for name, cell in more.items()}}.items():
        title = nbformat.v4.new_markdown_cell(f"# {name.capitalize()}")
        chapter = nbformat.v4.new_notebook(cells=[title, *held])
        nbformat.write(chapter, folder / "book" / f"{name}.ipynb")
        toc += "" if name == "planted" else f"  - file: book/{name}\n"
    (folder / "_toc.yml").write_text(toc, encoding="utf-8")


def make_book(folder, *cells, **more):
    """Run the recipe of `make book` on a book of these chapters."""
    write_book(folder, *cells, **more)
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


def test_a_cell_that_raises_turns_make_book_red(copy):
    status, output = make_book(copy, code("raise ValueError('planted')"))
    assert status != 0
    assert "planted" in output


# Each on a page of its own in one book: Sphinx goes on after a warning, and says where it was.
FAULTY = {
    "link": (nbformat.v4.new_markdown_cell("[to nowhere](nowhere.ipynb)"), "nowhere"),
    "alt": (code(PLOT), "has no alt text"),
    "generic": (code(PLOT, mystnb={"image": {"alt": GENERIC}}), "begins with what it is"),
}


def test_a_faulty_page_turns_make_book_red(copy):
    status, output = make_book(copy, **{page: cell for page, (cell, _) in FAULTY.items()})
    assert status != 0
    warnings = output.split("WARNING")
    for page, (_, said) in FAULTY.items():
        (warning,) = (text for text in warnings if said in text)
        assert f"book/{page}" in output[: output.index(warning)].splitlines()[-1] + warning


def test_a_wrong_number_in_the_prose_turns_pytest_red(copy):
    said = "1. Two branches of your code differ in one line. One reports a loss that is 10 % lower."
    edit(copy / "book" / "bugs.ipynb", said, said.replace("10 %", "20 %"))
    status, output = pytest_in(copy, "tests/test_prose.py")
    assert status == 1
    assert "not on the page" in output


def test_a_wrong_number_in_prose_and_assertion_turns_pytest_red(copy):
    """Also after a good `make book`, whose run of the chapter no longer counts."""
    write_book(copy, code('# "It costs about 206 nats."\nassert abs(206.1 - 206) < 10'))
    assert run(copy, sys.executable, "tools/make_book.py", "planted")[0] == 0
    assert pytest_in(copy, "tests/test_chapters.py")[0] == 0
    write_book(copy, code('# "It costs about 186 nats."\nassert abs(206.1 - 186) < 10'))
    status, output = pytest_in(copy, "tests/test_chapters.py")
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
    status, output = pytest_in(copy, "-x", f"tests/test_{test}.py")
    assert status == 1
    assert re.search(r"\d+ failed", output)
