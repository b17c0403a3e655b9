"""Every number on a page is asserted by a cell of that page, and this gate can fail."""

import nbformat
import pytest
from nbgrader_course import ROOT
from prose import problems

CHAPTERS = sorted(ROOT.glob("book/*.ipynb"))

PAGE = (
    "With one mu it costs about 186 nats. The first is *cheaper* than that, see `x[10]` and $10$."
)
CHECK = """\
# "With one mu it costs about 186
# nats."
assert abs(cost - 186) < 10
# "The first is *cheaper* than that"
assert first < cost
"""


def page(prose, check):
    cell = nbformat.v4.new_code_cell(check, metadata={"tags": ["remove-cell"]}, id="check")
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(prose), cell])


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_number_is_asserted(chapter):
    assert problems(nbformat.read(chapter, 4)) == []


def test_a_page_in_order_has_no_problem():
    assert problems(page(PAGE, CHECK)) == []


@pytest.mark.parametrize(
    ("prose", "check", "complaint"),
    [
        (PAGE.replace("186", "196"), CHECK, "not on the page"),
        (PAGE + " And 12.", CHECK, "no assertion for '12'"),
        (PAGE + " And 0.5.", CHECK, "no assertion for '0.5'"),
        (PAGE + " And 3 %.", CHECK, "no assertion for '3 %'"),
        (PAGE, CHECK.replace("- 186", "- 196"), "no assertion holds 186"),
        (PAGE, CHECK.replace("< 10", "< 19"), "a tenth or more"),
        (PAGE, CHECK.replace("assert first < cost\n", ""), "nothing asserts"),
        (PAGE, CHECK.replace("first < cost", "1 < 2"), "constants only"),
        (PAGE, "assert cost\n" + CHECK, "no quote above"),
    ],
)
def test_the_gate_bites(prose, check, complaint):
    assert any(complaint in problem for problem in problems(page(prose, check)))
