"""Every number on a page is asserted by a cell of that page, and this gate can fail."""

import nbformat
import pytest
from nbgrader_course import ROOT
from prose import problems, unsupported

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


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_conclusion_has_a_control(chapter):
    assert unsupported(nbformat.read(chapter, 4)) == []


CONCLUSION = "A Gaussian comes within 2 nats, so its shape is good enough."
CONTROL = """\
# "A Gaussian comes within 2 nats, so its shape is good enough."
# Else: the best Gaussian would cost far more than the exact posterior.
assert own < exact + 2
"""


@pytest.mark.parametrize(
    ("prose", "check", "count"),
    [
        (CONCLUSION, CONTROL, 0),
        (CONCLUSION, CONTROL.replace("# Else: ", "# "), 1),
        (CONCLUSION, CONTROL.replace("assert own < exact + 2\n", ""), 1),
        (CONCLUSION + " So it is.", CONTROL, 1),
        ("It falls because it is heavy.", CONTROL, 1),
        ("This is called collapse. That means that it fell.", CONTROL, 2),
        ("It is so much that nobody would do so, and it is so-called noise.", CONTROL, 0),
        ("The code says `x, so y` and $a, so b$.", CONTROL, 0),
    ],
)
def test_a_conclusion_without_a_control_is_listed(prose, check, count):
    assert len(unsupported(page(prose, check))) == count


def shows(call, tags=("remove-input",)):
    cell = nbformat.v4.new_code_cell(call, metadata={"tags": list(tags)}, id="shown")
    check = nbformat.v4.new_code_cell(
        '# "It costs ... nats, less than 186."\nassert abs(most - 186) < 10',
        metadata={"tags": ["remove-cell"]},
        id="check",
    )
    return nbformat.v4.new_notebook(cells=[cell, check])


SENTENCE = 'show_text(f"It costs {cost:.0f} nats, less than 186.")'


def test_a_sentence_may_hold_the_number_of_this_run():
    assert problems(shows(SENTENCE)) == []


@pytest.mark.parametrize(
    ("call", "tags", "complaint"),
    [
        (SENTENCE.replace("186", "196"), ["remove-input"], "not on the page"),
        (SENTENCE.replace("nats, ", "nats of 12, "), ["remove-input"], "no assertion for '12'"),
        (SENTENCE.replace("{cost:.0f}", "{91}"), ["remove-input"], "puts in what no run gives"),
        (SENTENCE, ["hide-input"], "tag it remove-input"),
    ],
)
def test_a_sentence_of_the_run_is_held_to_the_rest(call, tags, complaint):
    assert any(complaint in problem for problem in problems(shows(call, tags)))


def test_a_caption_is_prose():
    notebook = page("Nothing.", '# "Nothing."\nassert cost > 0')
    plot = nbformat.v4.new_code_cell("plot()", id="plot")
    plot.metadata = {"mystnb": {"figure": {"caption": "All 90 of them, because it is late."}}}
    notebook.cells.insert(0, plot)
    assert any("no assertion for '90'" in problem for problem in problems(notebook))
    assert unsupported(notebook) == ["All 90 of them, because it is late."]
