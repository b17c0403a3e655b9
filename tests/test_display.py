"""What chapters show as Markdown."""

import pytest

from vaelib import Sampling, kl_loss, show_source, show_table


@pytest.mark.parametrize("shown", [Sampling, kl_loss])
def test_source_is_that_of_the_object(shown):
    markdown = show_source(shown)._repr_markdown_()
    assert markdown.startswith("```python\n")
    assert markdown.endswith("```\n")
    assert f"{'class' if shown is Sampling else 'def'} {shown.__name__}(" in markdown


def test_source_of_a_value_is_refused():
    with pytest.raises(TypeError):
        show_source(3)


def test_table_rounds_floats_and_aligns():
    assert repr(show_table(["what", "cost"], [["own z", 90.56], ["n", 7]])) == (
        "| what | cost |\n| --- | ---: |\n| own z | 90.6 |\n| n | 7 |\n"
    )


def test_a_short_row_is_refused():
    with pytest.raises(ValueError, match="expected 2 cells in a row, got 1"):
        show_table(["a", "b"], [["only"]])
