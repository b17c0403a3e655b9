"""Rules that every notebook edited by hand keeps, and their first cell, which is generated."""

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
def test_first_cell_installs_vaelib(path):
    first = read(path).cells[0]
    assert first.source == install_cells.install_cell(), "run `make cells`"
    assert "remove-cell" in first.metadata["tags"]


def test_without_a_wheel_the_cell_says_what_to_do(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"Run `pip install \.`"):
        exec(install_cells.install_cell(), {})


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


# A page of questions and answers has no experiment of its own.
CHAPTERS = [path for path in sorted(ROOT.glob("book/*.ipynb")) if path.stem != "questions"]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapters_have_the_same_rhythm(path):
    # An act of the stage or the diagram may stand under the answer.
    cells = [cell for cell in read(path).cells[1:] if cell["id"] not in ("stage", "diagram")]
    headings = re.findall(
        r"^##? (.+)", "\n".join(c.source for c in cells if c.cell_type == "markdown"), re.M
    )
    assert headings[-2:] == ["Take-away", "Quiz"]
    assert "**The question.**" in cells[0].source
    # The answer stands with the question; then a figure, its code folded, and a prediction.
    # (A page that still lists what it will measure has not been turned round yet.)
    if headings[1] != "What you will measure":
        assert cells[1].metadata["tags"] == ["hide-input"]
        assert len(cells[1].metadata["mystnb"]["image"]["alt"]) > 60
        assert any("<details><summary>Predict:" in cell.source for cell in cells)


@pytest.mark.parametrize("name", ["posteriors", "sampling", "log_variance"])
def test_a_question_has_its_answer_beside_it(name):
    first = next(c for c in read(ROOT / f"book/{name}.ipynb").cells if c.cell_type == "markdown")
    heading, question, answer = first.source.split("\n\n")
    assert heading.endswith("?")
    assert question.startswith("**The question.** ")
    assert answer.startswith("**The answer.** ")
    assert len(re.findall(r"[.?](?=\s|$|\*)", answer.removeprefix("**The answer.** "))) <= 4


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_quiz_asks_three_to_six_questions_and_a_take_away_has_three_sentences(path):
    cells = {c["id"]: c.source for c in read(path).cells}
    answers = re.findall(
        r"<details><summary>\d\. .*?</summary>(.*?)</details>", cells["quiz"], re.S
    )
    assert 3 <= len(answers) <= 6
    assert all(answer.strip() for answer in answers)
    text = cells["takeaway"].split("\n", 1)[1].strip()
    assert len(re.findall(r"[.?](?=\s|$)", text)) == 3, text
