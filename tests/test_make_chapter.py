"""`make chapter`: what it writes passes the gates of a chapter, and it overwrites nothing."""

import subprocess
import sys
from inspect import signature

import make_chapter
import nbformat
import pytest
import test_notebooks
import yaml
from book_extension import complaint
from nbclient import NotebookClient
from nbgrader_course import ROOT
from prose import problems


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A course of no chapters but one that was just begun; its path."""
    (tmp_path / "book").mkdir()
    toc = tmp_path / "_toc.yml"
    toc.write_text((ROOT / "_toc.yml").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(make_chapter, "ROOT", tmp_path)
    monkeypatch.setattr(make_chapter, "TOC", toc)
    make_chapter.main("free_bits")
    return tmp_path / "book" / "free_bits.ipynb"


def test_the_template_passes_the_gates_of_a_chapter(planted):
    gates = [
        gate
        for name, gate in vars(test_notebooks).items()
        if name.startswith("test_") and [*signature(gate).parameters] == ["path"]
    ]
    assert len(gates) >= 5
    for gate in gates:
        gate(planted)
    assert problems(nbformat.read(planted, 4)) == []
    assert complaint(make_chapter.ALT, "figure.png") is None
    ruff = [sys.executable, "-m", "ruff", "--config", str(ROOT / "book/ruff.toml")]
    for check in (["check"], ["format", "--check"]):
        subprocess.run([*ruff[:3], *check, *ruff[3:], planted], check=True)


def test_the_chapter_stands_in_the_table_of_contents(planted):
    toc = yaml.safe_load((planted.parents[1] / "_toc.yml").read_text(encoding="utf-8"))
    files = [[chapter["file"] for chapter in part["chapters"]] for part in toc["parts"]]
    (part,) = (part for part in files if "book/free_bits" in part)
    assert part[-1] == "book/free_bits"
    assert files[files.index(part) + 1][0].startswith("exercises/")


@pytest.mark.slow
def test_the_template_runs(planted):
    NotebookClient(nbformat.read(planted, 4), timeout=120).execute()  # its assertions, too


@pytest.mark.parametrize("name", ["free_bits", "Free bits", "", "../kl"])
def test_what_would_be_overwritten_or_is_no_name_is_refused(planted, name):
    before = planted.read_bytes()
    with pytest.raises(SystemExit, match=r"there already|NAME is small letters"):
        make_chapter.main(name)
    assert planted.read_bytes() == before
