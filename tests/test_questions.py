"""The page of questions keeps its word: as many as it says, each in three sentences and a link."""

import re

import nbformat
import pytest
from nbgrader_course import ROOT
from prose import HIDDEN

COUNTS = {"Forty": 40, "Fifty": 50, "Sixty": 60}
SENTENCES = 3


def wrong(text):
    """Return what the page does not keep, as sentences."""
    count = len(re.findall(r"^### ", text, re.M))
    said = COUNTS[re.match(r"# (\w+) questions", text)[1]]
    found = [] if count == said else [f"{said} questions are promised, {count} are answered"]
    for part in re.split(r"^### ", text, flags=re.M)[1:]:
        question, answer = part.split("\n", 1)
        answer = re.split(r"^## ", answer, flags=re.M)[0].strip()
        if "](" not in answer:
            found.append(f"no link: {question}")
        sentences = re.split(r"(?<=[.?!])\s+", HIDDEN.sub("x", answer))
        if len(sentences) > SENTENCES:
            found.append(f"{len(sentences)} sentences: {question}")
    return found


def test_each_question_is_answered_in_three_sentences_with_a_link():
    cells = nbformat.read(ROOT / "book" / "questions.ipynb", 4).cells
    assert wrong("\n\n".join(c.source for c in cells if c.cell_type == "markdown")) == []


PAGE = "# Forty questions\n\n" + 40 * "### Why?\n\nSo. It is `a. b`. See [it](it.ipynb)\n\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("So. ", "So. ", None),
        ("So. ", "So. No. ", "4 sentences: Why?"),
        ("[it](it.ipynb)", "it", "no link: Why?"),
        ("# Forty", "# Fifty", "50 questions are promised, 40 are answered"),
    ],
)
def test_the_gate_bites(old, new, said):
    found = wrong(PAGE.replace(old, new, 1))
    assert found == ([said] if said else [])
