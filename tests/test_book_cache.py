"""A kept run of a chapter is used only while nothing that its outputs depend on has changed."""

import re
import shutil

import make_book
import nbformat
import pytest
from nbgrader_course import ROOT

LIBRARY = {
    "vaelib/__init__.py": "from vaelib.kl import kl_loss\n",
    "vaelib/kl.py": "from vaelib._validation import require\n",
    "vaelib/_validation.py": "def require():\n    from vaelib import late\n",
    "vaelib/late.py": "",
    "vaelib/named.py": "",
    "vaelib/elsewhere.py": "",
    "vaelib/stage/__init__.py": "",
    "vaelib/stage/acts.py": "",
    "vaelib/stage/unused.py": "",
    "vaelib/runs.json": "{}",
    "vaelib/stage/stage.js": "",
    "requirements.txt": "torch==2.13.0\n",
    "pyproject.toml": "",
    "tools/make_book.py": "",
    "book/references.bib": "",
}
CODE = "%pip install --quiet nothing\nfrom vaelib import kl_loss, named\nimport vaelib.stage.acts"


@pytest.fixture
def root(tmp_path):
    for name, text in LIBRARY.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def chapter(code=CODE, prose="Some prose.", **metadata):
    cells = [
        nbformat.v4.new_markdown_cell(prose, id="prose"),
        nbformat.v4.new_code_cell(code, id="code", metadata=metadata),
    ]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize(
    "name",
    [
        "vaelib/__init__.py",
        "vaelib/kl.py",
        "vaelib/_validation.py",
        "vaelib/late.py",
        "vaelib/named.py",
        "vaelib/stage/__init__.py",
        "vaelib/stage/acts.py",
        "vaelib/runs.json",
        "vaelib/stage/stage.js",
        "requirements.txt",
        "pyproject.toml",
        "tools/make_book.py",
    ],
)
def test_a_change_in_a_file_that_a_chapter_uses_is_another_key(root, name):
    before = make_book.key(chapter(), root)
    with (root / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert make_book.key(chapter(), root) != before


@pytest.mark.parametrize(
    "name", ["vaelib/elsewhere.py", "vaelib/stage/unused.py", "book/references.bib"]
)
def test_a_change_in_a_file_that_no_cell_uses_is_the_same_key(root, name):
    before = make_book.key(chapter(), root)
    with (root / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert make_book.key(chapter(), root) == before


def test_code_and_what_changes_how_it_runs_are_in_the_key_and_prose_is_not(root):
    before = make_book.key(chapter(), root)
    assert make_book.key(chapter(prose="Other prose."), root) == before
    assert make_book.key(chapter(code=CODE + "\n1"), root) != before
    assert make_book.key(chapter(tags=["raises-exception"]), root) != before


def test_the_installed_packages_and_the_threads_are_in_the_key(root, monkeypatch):
    before = make_book.key(chapter(), root)
    monkeypatch.setenv("OMP_NUM_THREADS", "17")
    threads = make_book.key(chapter(), root)
    monkeypatch.setattr(make_book, "packages", lambda: ["torch==2.12.0"])
    packages = make_book.key(chapter(), root)
    assert len({before, threads, packages}) == 3


def test_what_another_import_adds_to_the_path_is_not_installed(tmp_path, monkeypatch):
    before = make_book.packages.__wrapped__()
    assert any(found.startswith("torch==") for found in before)
    (tmp_path / "planted-1.0.dist-info").mkdir()
    text = "Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n"
    (tmp_path / "planted-1.0.dist-info" / "METADATA").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert make_book.packages.__wrapped__() == before


def test_a_relative_import_is_refused_since_it_is_not_followed(root):
    (root / "vaelib" / "kl.py").write_text("from . import late\n", encoding="utf-8")
    with pytest.raises(ValueError, match="relative import"):
        make_book.key(chapter(), root)


@pytest.mark.parametrize("path", sorted(ROOT.glob("book/*.ipynb")), ids=lambda path: path.stem)
def test_chapters_use_nothing_that_the_key_does_not_hold(path):
    """Files, other local modules and imports by a name in a string would escape the key."""
    notebook = nbformat.read(path, as_version=4)
    code = "\n".join(source for source, _ in make_book.code_cells(notebook))
    assert not re.search(r"\b(open|read_text|read_bytes|import_module|__import__)\(", code)
    assert not re.search(r"^\s*(import|from) (grading|tests|tools)\b", code, re.MULTILINE)


def test_every_chapter_of_the_book_is_run_and_no_assignment(root):
    names, chapters, _ = make_book.pages()
    notebooks = {f"book/{path.stem}" for path in ROOT.glob("book/*.ipynb")}
    assert set(chapters) == notebooks
    assert any(name.startswith("exercises/") for name in names)


@pytest.fixture
def book(root, monkeypatch):
    """A book of one chapter, of which the test counts the runs, without Sphinx."""
    toc = "format: jb-book\nroot: book/planted\n"
    (root / "_toc.yml").write_text(toc, encoding="utf-8")
    shutil.copy(ROOT / "_config.yml", root)
    monkeypatch.setattr(make_book, "ROOT", root)
    monkeypatch.setattr(make_book, "pages", lambda: (["book/planted"], ["book/planted"], 60))
    monkeypatch.setattr(make_book, "build", lambda output, shown: 0)
    monkeypatch.setattr(make_book, "PAGES", root / ".cache" / "page")
    runs = []

    def run_all(due, _timeout):
        runs.append(list(due))
        for name in due:
            path = make_book.kept_at(name, make_book.read(name))
            path.parent.mkdir(parents=True, exist_ok=True)
            kept = {"seconds": 1.0, "notebook": nbformat.writes(make_book.read(name))}
            path.write_text(make_book.json.dumps(kept), encoding="utf-8")
        return False

    monkeypatch.setattr(make_book, "run_all", run_all)
    nbformat.write(chapter(), root / "book" / "planted.ipynb")
    return root, runs


def test_make_page_runs_a_chapter_once_and_make_book_runs_it_always(book):
    root, runs = book
    assert make_book.make_pages(["book/planted"]) == 0
    assert make_book.make_pages(["book/planted"]) == 0
    assert runs == [["book/planted"]]
    (root / "vaelib" / "late.py").write_text("changed = True\n", encoding="utf-8")
    assert make_book.make_pages(["book/planted"]) == 0
    assert runs[1:] == [["book/planted"]]
    assert make_book.make_all() == 0
    assert runs[2:] == [["book/planted"]]


@pytest.mark.parametrize("make", ["make_pages", "make_all"])
def test_a_change_while_a_chapter_runs_has_it_run_again(book, monkeypatch, make):
    """Else the page would show no outputs: the run is of what is no longer there."""
    root, runs = book
    run_all, handed = make_book.run_all, []

    def run_and_save(due, timeout):
        failed = run_all(due, timeout)
        if len(runs) == 1:
            (root / "vaelib" / "late.py").write_text("saved = True\n", encoding="utf-8")
        return failed

    def hand_over(chapters, _folder):
        handed.extend(make_book.without_run(chapters))

    monkeypatch.setattr(make_book, "run_all", run_and_save)
    monkeypatch.setattr(make_book, "hand_over", hand_over)
    arguments = [["book/planted"]] if make == "make_pages" else []
    assert getattr(make_book, make)(*arguments) == 0
    assert runs == [["book/planted"]] * 2
    assert handed == []


def test_a_page_is_found_by_the_last_part_of_its_name_or_what_is_there_is_said(book):
    assert make_book.named("planted") == make_book.named("book/planted") == "book/planted"
    with pytest.raises(SystemExit, match="no page is called 'plantd': NAME is one of planted"):
        make_book.named("plantd")
