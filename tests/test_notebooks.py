"""Rules that every notebook edited by hand keeps, and what is generated from one line."""

import re

import install_cells
import nbformat
import pytest
import yaml
from nbgrader_course import ASSIGNMENTS, ROOT

NOTEBOOKS = install_cells.notebooks()
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))


def read(path):
    return nbformat.read(path, 4)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped_and_ids_are_words(path):
    for cell in read(path).cells:
        assert not cell.get("outputs"), f"{cell['id']}: run nbstripout --keep-id"
        assert cell.get("execution_count") is None
        assert re.fullmatch(r"[a-z][a-z0-9-]*", cell["id"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_first_cell_installs_vaelib_from_the_address_of_the_config(path):
    first = read(path).cells[0]
    assert first.source == install_cells.install_cell(), "run `make address`"
    assert "remove-cell" in first.metadata["tags"]


def test_the_address_reaches_the_cell(tmp_path, monkeypatch):
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    changed = re.sub(r'^  url: ".*"', '  url: "https://example.org/course"', config, flags=re.M)
    (tmp_path / "_config.yml").write_text(changed, encoding="utf-8")
    monkeypatch.setattr(install_cells, "ROOT", tmp_path)
    assert 'address = "https://example.org/course"' in install_cells.install_cell()


def test_without_an_address_the_cell_says_what_to_do(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    python = re.sub(r"^ *%pip.*", "", install_cells.install_cell(), flags=re.M)
    python = re.sub(r'address = ".*"', 'address = ""', python)
    with pytest.raises(ModuleNotFoundError, match=r"Run `pip install \.`"):
        exec(python, {})


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_markdown_is_plain(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"^(```|:::)\{|\{[a-z-]+\}`", cell.source, re.M), cell.source


def test_every_page_is_in_the_table_of_contents():
    listed = {TOC["root"]} | {
        chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]
    }
    pages = {
        f"book/{path.stem}" for path in ROOT.glob("book/*") if path.suffix in (".md", ".ipynb")
    }
    assert listed == pages | {f"exercises/{name}/{name}" for name in ASSIGNMENTS}


@pytest.mark.parametrize("path", sorted(ROOT.glob("book/*.ipynb")), ids=lambda path: path.stem)
def test_chapters_have_the_same_rhythm(path):
    headings = re.findall(
        r"^##? (.+)",
        "\n".join(c.source for c in read(path).cells if c.cell_type == "markdown"),
        re.M,
    )
    assert headings[1] == "What you will measure"
    assert headings[-2:] == ["Take-away", "Quiz"]


@pytest.mark.parametrize("path", sorted(ROOT.glob("book/*.ipynb")), ids=lambda path: path.stem)
def test_a_quiz_has_six_answers_with_numbers_and_a_take_away_three_sentences(path):
    cells = {c["id"]: c.source for c in read(path).cells}
    answers = re.findall(
        r"<details><summary>\d\. .*?</summary>(.*?)</details>", cells["quiz"], re.S
    )
    assert len(answers) == 6
    for answer in answers:
        assert re.search(r"\d", re.sub(r"`[^`]*`", "", answer)), f"no number: {answer}"
    text = cells["takeaway"].split("\n", 1)[1].strip()
    assert len(re.findall(r"[.?](?=\s|$)", text)) == 3, text
