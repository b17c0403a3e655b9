"""What `make work` copies: the same notebooks, folded, and never over somebody's work."""

import subprocess
import sys

import learners
import nbformat
import pytest
from nbgrader_course import ASSIGNMENTS, ROOT, notebook_path

from vaelib.checks.__main__ import _handed_out


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """The folder that `make work` makes, in a path with a space."""
    folder = tmp_path_factory.mktemp("my work") / "work"
    learners.main(folder)
    return folder


def test_all_notebooks_are_there_and_say_what_the_sources_say(work):
    assert len(learners.names()) >= 15
    for name in learners.names():
        ours, theirs = (nbformat.read(folder / name, 4) for folder in (ROOT, work))
        nbformat.validate(theirs)
        for source, copy in zip(ours.cells, theirs.cells, strict=True):
            assert copy.metadata.get("nbgrader") == source.metadata.get("nbgrader")
            if source.cell_type == "code":
                assert copy.source == source.source


@pytest.mark.parametrize("name", learners.names())
def test_checks_of_the_prose_are_folded_and_what_is_to_be_read_is_not(work, name):
    for cell in nbformat.read(work / name, 4).cells:
        aside = cell.id == "install" or (cell.id.startswith("check-") and name.startswith("book"))
        folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        assert folded or not aside, cell.id
        assert folded == (cell.metadata.get("cellView") == "form")
        assert not (folded and "nbgrader" in cell.metadata)


def test_what_is_there_is_kept(work, capsys):
    mine, other = work / "exercises/sampling/sampling.ipynb", work / "book/kl.ipynb"
    mine.write_text("mine", encoding="utf-8")
    other.unlink()
    learners.main(work)
    assert mine.read_text(encoding="utf-8") == "mine"
    assert other.is_file()
    assert "1 notebooks copied" in capsys.readouterr().out


def relinked(text, there=(), site=""):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    learners.relink(notebook, "exercises/elbo/elbo.ipynb", there, site)
    return notebook.cells[0].source


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a [b](../../book/kl.ipynb) c", "a [b](../../book/kl.ipynb) c"),  # it is there
        ("[b](../../book/data.md#grey)", "[b](S/book/data.html#grey)"),
        ("[b](https://a.org/x.md), [here](#there)", "[b](https://a.org/x.md), [here](#there)"),
        ("![b](../../book/picture.md)", "![b](../../book/picture.md)"),
        ("`[mu](logvar)`", "`[mu](logvar)`"),
        ("[b](../../book/next.md#now)", "[b](../../book/next.ipynb#now)"),  # there as a notebook
    ],
)
def test_links_lead_to_what_is_there_or_to_the_site(text, said):
    assert relinked(text, ["book/kl.ipynb", "book/next.ipynb"], "S/") == said


def test_without_a_site_a_link_that_would_be_dead_is_its_text():
    assert relinked("a [b *c*](../../book/data.md) d") == "a b *c* d"


def test_no_link_in_the_folder_is_dead(work):
    for name in [*learners.names(), learners.AFTER]:
        if not (work / name).read_text(encoding="utf-8").startswith("{"):
            continue  # written by a test above
        for cell in nbformat.read(work / name, 4).cells:
            for _, address in learners.LINK.findall(
                cell.source if cell.cell_type == "markdown" else ""
            ):
                path = address.split("#")[0]
                if path.endswith((".md", ".ipynb")) and "://" not in path:
                    assert ((work / name).parent / path).resolve().is_file(), (name, address)


def test_assignments_lead_on_within_the_folder(tmp_path):
    learners.main(tmp_path)
    for assignment in ASSIGNMENTS:
        released = notebook_path(tmp_path / "exercises", assignment)
        assert "(../../book/after.ipynb)" in released.read_text(encoding="utf-8")
    (cell,) = nbformat.read(tmp_path / learners.AFTER, 4).cells
    assert "## Hand in" in cell.source and learners.ELSEWHERE in cell.source
    assert "{worked-answers}" not in cell.source
    checked = [part for part in tmp_path.rglob("*.ipynb") if _handed_out(part)]
    assert len(checked) == len(ASSIGNMENTS)  # the progress table has a row for each of them alone


def test_without_jupyter_it_says_what_to_install():
    command = [sys.executable, "-S", str(ROOT / "tools/learners.py")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "Install first: pip install . jupyterlab" in done.stderr
    assert "Traceback" not in done.stderr
