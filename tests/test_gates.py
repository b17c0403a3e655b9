"""Plant a fault in a copy of the repository, and see the command that guards it turn red."""

import json
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
    (folder / ".venv").symlink_to(sys.prefix)  # the recipe's path has no spaces
    return run(folder, "make", "book", "READY=")


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


def test_faults_in_prose_and_exercises_turn_pytest_red(copy):
    """In one run, in files that have nothing to do with each other: each fails its own test."""
    said = "1. Two branches of your code differ in one line. One reports a loss that is 10 % lower."
    edit(copy / "book" / "bugs.ipynb", said, said.replace("10 %", "20 %"))
    by_hand = copy / "exercises" / "sampling" / "sampling.ipynb"
    edit(by_hand, "Two or three lines are enough.", "One line is enough.")
    leaked = copy / "exercises" / "kl_loss" / "kl_loss.ipynb"
    notebook = nbformat.read(leaked, 4)
    for cell in notebook.cells:
        if cell["id"] == "kl-loss":
            cell.source += "\n    return kl_divergence(mu, logvar).mean()"
    nbformat.write(notebook, leaked)
    only = "(number_is_asserted and bugs) or source_generates or holds_no_solution"
    files = ("tests/test_prose.py", "tests/test_assignments.py")
    status, output = pytest_in(copy, *files, "-k", only)
    assert status == 1
    assert sorted(re.findall(r"^FAILED \S+::(\S+)", output, re.M)) == [
        "test_every_number_is_asserted[bugs]",
        "test_release_holds_no_solution_and_no_hidden_check[kl_loss]",
        "test_release_is_what_the_source_generates[kl_loss]",
        "test_release_is_what_the_source_generates[sampling]",
    ], output
    for message in ("not on the page", "is in the release", "`make exercises`"):
        assert message in output


def test_a_wrong_number_in_prose_and_assertion_turns_pytest_red(copy):
    """Also after a good run, which no longer counts; a chapter that is right stays green."""
    right = code('# "It costs about 206 nats."\nassert abs(206.1 - 206) < 10')
    wrong = code('# "It costs about 186 nats."\nassert abs(206.1 - 186) < 10')
    write_book(copy, right, kept=right)
    script = "import make_book; assert make_book.run_until_kept(['book/planted', 'book/kept'], 60)"
    status, output = run(copy / "tools", sys.executable, "-c", script)
    assert status == 0, output
    write_book(copy, wrong, kept=right)
    status, output = pytest_in(copy, "tests/test_chapters.py", "-k", "test_a_chapter_runs")
    assert status == 1
    assert "AssertionError" in output and "1 failed, 1 passed" in output


# One process that has imported torch, and for each fault a child of it that imports our own.
IN_TURN = """
import json, os, sys
from pathlib import Path
import nbformat, nbval.plugin, pytest, torch

sys.dont_write_bytecode = True
for module, old, new, test in json.loads(sys.argv[1]):
    path = Path("vaelib", f"{module}.py")
    right = path.read_text()
    assert right.count(old) == 1, (module, old)
    path.write_text(right.replace(old, new))
    if not (child := os.fork()):
        options = ["-q", "-x", "--tb=no", "-p", "no:cacheprovider"]
        status = pytest.main([*options, f"tests/test_{test}.py"])
        sys.stdout.flush()
        os._exit(status)
    print("ended with", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    path.write_text(right)
"""
FAULTS = [
    ("kl", "return 0.5 * (mu.square()", "return 1.0 * (mu.square()", "kl"),
    ("kl", ".sum(dim=1)", ".mean(dim=1)", "kl"),
    ("sampling", "torch.exp(0.5 * logvar)", "torch.exp(logvar)", "sampling"),
    ("elbo", "cost.sum(dim=1)", "cost.mean(dim=1)", "elbo"),
    ("elbo", "+ beta * kl", "- beta * kl", "elbo"),
    ("kl", "import torch", "import torch", "kl"),  # no fault
]


def test_each_wrong_reference_turns_pytest_red(copy):
    _, output = run(copy, sys.executable, "-c", IN_TURN, json.dumps(FAULTS))
    ended = [int(status) for status in re.findall(r"^ended with (\d+)$", output, re.M)]
    assert ended == [1, 1, 1, 1, 1, 0], output
    assert len(re.findall(r"^FAILED tests/test_(?:kl|sampling|elbo)\.py::", output, re.M)) == 5
