"""The published table against the banks that it was made from."""

import re
from collections import Counter

import pytest
from answers import BANKS
from nbgrader_course import ROOT
from test_mutants import ORIGINALS, mutants, plain

PAGE = (ROOT / "book" / "rates.md").read_text(encoding="utf-8")


def row(name):
    """Return the numbers of one row of the table."""
    (numbers,) = re.findall(rf"^\| `?{name}`? \| (.+) \|$", PAGE, re.M)
    return [int(number) for number in numbers.split(" | ")]


@pytest.mark.parametrize("subject", BANKS)
def test_the_table_is_of_these_banks(subject):
    bank = BANKS[subject]
    wrong, passed, right, failed, other, killed, equivalent = row(bank.assignment)
    assert (wrong, right) == (len(bank.wrong), len(bank.right)), "run `make rates`"
    assert (passed, failed, other) == (0, 0, 0)
    trees = [plain(original) for of, original in ORIGINALS.values() if of == subject]
    assert killed + equivalent == sum(len(list(mutants(tree))) for tree in trees)


def test_the_last_row_is_the_sum():
    rows = [row(bank.assignment) for bank in BANKS.values()]
    assert row("all") == [sum(column) for column in zip(*rows, strict=True)]


def test_the_held_out_answers_are_counted():
    kinds = Counter(
        kind
        for bank in BANKS.values()
        for kind in ("right", "wrong")
        for name in getattr(bank, kind)
        if name.startswith("held out: ")
    )
    assert f"we wrote {kinds['right']} right and {kinds['wrong']} wrong answers" in PAGE
