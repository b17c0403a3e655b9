"""What chapters show as Markdown."""

import re

import pytest

from vaelib import Sampling, display, kl_loss, show_diagram, show_source, show_table, show_text


@pytest.mark.parametrize("shown", [Sampling, kl_loss])
def test_source_is_that_of_the_object(shown):
    markdown = show_source(shown)._repr_markdown_()
    head, source = markdown.split("\n\n```python\n")  # the blank line makes it Markdown again
    assert head.startswith("<details><summary>") and shown.__name__ in head
    assert source.endswith("```\n</details>\n")
    assert f"{'class' if shown is Sampling else 'def'} {shown.__name__}(" in source


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


def test_text_is_what_was_put_in():
    assert show_text(f"It costs {90.56:.0f} nats.")._repr_markdown_() == "It costs 91 nats."


def test_the_diagram_lights_the_named_parts_and_says_so():
    html = show_diagram("mu", "sigma")._repr_html_()
    assert re.findall(r'<g class="(\w+) lit">', html) == ["mu", "sigma"]
    assert "In colour: mu and sigma.</figcaption>" in html
    assert re.search(r'aria-label="[^"]* In colour: mu and sigma\."', html)
    assert "\n\n" not in html


def test_every_part_of_the_diagram_can_be_lit():
    for part in display._PARTS:
        assert show_diagram(part)._repr_html_().count(" lit") == 1


@pytest.mark.parametrize("parts", [(), ("mu", "latent")])
def test_a_part_that_is_not_in_the_diagram_is_refused(parts):
    with pytest.raises(ValueError, match=r"expected parts among .*, got (none|\['latent'\])"):
        show_diagram(*parts)
