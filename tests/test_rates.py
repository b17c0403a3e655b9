"""The published table against the banks that it was made from."""

import json
import re
import sys
from collections import Counter
from types import SimpleNamespace

import pytest
from answers import BANKS, OUTSIDE, Answer, lost
from nbgrader_course import ROOT
from test_mutants import ORIGINALS, mutants, plain

from vaelib.checks import CheckFailed
from vaelib.checks.harness import TOO_SLOW

sys.path.insert(0, str(ROOT / "tools"))
import make_rates

pytestmark = pytest.mark.slow

PAGE = (ROOT / "book" / "rates.md").read_text(encoding="utf-8")
MEASURED = json.loads((ROOT / "book" / "rates.json").read_text(encoding="utf-8"))


def row(name):
    """Return the numbers of one row of the first table; that of thirty seeds is the last."""
    first = PAGE.partition("## Answers of strangers")[0]
    (numbers,) = re.findall(rf"^\| `?{name}`? \| (.+) \|$", first, re.M)
    return [int(number) for number in numbers.split(" | ")]


@pytest.mark.parametrize("assignment", BANKS)
def test_the_table_is_of_these_banks(assignment):
    bank = BANKS[assignment]
    wrong, passed, right, failed, other, killed, equivalent = row(assignment)
    assert (wrong, right) == (len(bank.wrong), len(bank.right)), "run `make rates`"
    assert (passed, failed, other) == (0, 0, 0)
    trees = [plain(original) for of, original in ORIGINALS.values() if of == assignment]
    assert killed + equivalent == sum(len(list(mutants(tree))) for tree in trees)


def test_the_last_row_is_the_sum():
    rows = [row(name) for name in BANKS]
    assert row("all") == [sum(column) for column in zip(*rows, strict=True)]


def test_the_held_out_answers_are_counted():
    given = [given for bank in BANKS.values() for given in (bank.right | bank.wrong).values()]
    kinds = Counter(answer.verdict for answer in given if answer.batch == "held out")
    assert f"we wrote {kinds['right']} right and {kinds['wrong']} wrong answers" in PAGE


def test_the_page_is_made_from_what_was_measured():
    assert make_rates.page(MEASURED) == PAGE, "run `make rates`"
    assert make_rates.errors(MEASURED) == 0
    assert MEASURED["outside"]["numbers"]["kept"] == len(OUTSIDE), "run `make rates`"


_judged = {}


@pytest.fixture(autouse=True)
def judged_once(monkeypatch):
    """What is counted is tried here: the few answers that it is tried with are judged once each."""

    def lost_once(given, seed, training=True, names=None):
        key = given.source, seed, training
        if key not in _judged:
            _judged[key] = lost(given, seed, training, names)
        return _judged[key]

    monkeypatch.setattr(make_rates, "lost", lost_once)


def small(monkeypatch, right, wrong):
    """Let the bank of kl_loss hold two answers; of the wrong one, with what is expected."""
    source, expected = wrong
    answers = {
        "right": {"r": Answer("kl_loss", "right", "r", right, {})},
        "wrong": {"w": Answer("kl_loss", "wrong", "w", source, expected)},
    }
    monkeypatch.setitem(BANKS, "kl_loss", SimpleNamespace(**vars(BANKS["kl_loss"]) | answers))


def planted(monkeypatch, tmp_path, right, wrong, *, outside=()):
    """Run the command on one bank of two answers; return its exit status and what it wrote."""
    small(monkeypatch, right, wrong)
    for name in set(BANKS) - {"kl_loss"}:
        monkeypatch.delitem(BANKS, name)
    monkeypatch.setattr(make_rates, "ORIGINALS", {})
    monkeypatch.setattr(make_rates, "OUTSIDE", list(outside))
    monkeypatch.setattr(make_rates, "PAGE", tmp_path / "rates.md")
    monkeypatch.setattr(make_rates, "MEASURED", tmp_path / "rates.json")
    monkeypatch.setattr(sys, "argv", ["make_rates.py"])
    with pytest.raises(SystemExit) as ended:
        make_rates.main()
    return ended.value.code, sorted(path.name for path in tmp_path.iterdir())


RIGHT = "def kl_loss(mu, logvar):\n    return kl_divergence(mu, logvar).mean()\n"
WRONG = "def kl_loss(mu, logvar):\n    return kl_divergence(mu, logvar).sum()\n"
LUCKY = """
def kl_loss(mu, logvar):
    each = kl_divergence(mu, logvar)
    return each.mean() if torch.initial_seed() == 2002 else each.sum()
"""
EXPECTED = {"loss_value": "the sum over the batch", "loss_gradients": "the sum over the batch"}
WRITTEN = ["rates.json", "rates.md"]


@pytest.mark.parametrize(
    "right, wrong, fails",
    [
        (RIGHT, (WRONG, EXPECTED), False),
        (RIGHT, (RIGHT, EXPECTED), True),  # a wrong answer that passes
        (WRONG, (WRONG, EXPECTED), True),  # a right answer that fails
        (RIGHT, (WRONG, EXPECTED | {"divergence_shape": ""}), True),  # other points
        (RIGHT, (WRONG, dict.fromkeys(EXPECTED, "another cause")), True),
    ],
)
def test_an_error_is_counted_and_told_by_the_exit_status(
    monkeypatch, tmp_path, right, wrong, fails
):
    assert planted(monkeypatch, tmp_path, right, wrong) == (fails, WRITTEN)


@pytest.mark.parametrize(
    "right, wrong, counted",
    [
        (RIGHT, WRONG, [1, 0, 1, 0, 0]),
        (RIGHT, RIGHT, [1, 1, 1, 0, 0]),
        (WRONG, WRONG, [1, 0, 1, 1, 0]),
        # a wrong answer that passes with one seed, of which luck decides
        (RIGHT, LUCKY, [1, 1, 1, 0, 0]),
    ],
)
def test_a_verdict_that_differs_with_any_seed_is_counted(monkeypatch, right, wrong, counted):
    small(monkeypatch, right, (wrong, EXPECTED))
    monkeypatch.setattr(make_rates, "THIRTY", range(2000, 2004))
    assert make_rates.over_seeds("kl_loss") == counted


def test_what_is_done_is_kept_when_the_rest_is_stopped(monkeypatch, tmp_path):
    def one(name):
        if name == "elbo":
            raise KeyboardInterrupt
        return [1, 0, 1, 0, 0]

    stored = tmp_path / "rates.json"
    stored.write_text(json.dumps(MEASURED | {"seeds": {}}), encoding="utf-8")
    monkeypatch.setattr(make_rates, "MEASURED", stored)
    monkeypatch.setattr(make_rates, "PAGE", tmp_path / "rates.md")
    monkeypatch.setattr(make_rates, "over_seeds", one)
    monkeypatch.setattr(sys, "argv", ["make_rates.py", "seeds", "kl_loss", "elbo"])
    with pytest.raises(KeyboardInterrupt):
        make_rates.main()
    assert list(json.loads(stored.read_text(encoding="utf-8"))["seeds"]) == ["kl_loss"]


def test_the_table_of_seeds_is_of_these_banks():
    for name, bank in BANKS.items():
        if one := MEASURED.get("seeds", {}).get(name):
            counted = [len(bank.wrong), 0, len(bank.right), 0, 0]
            assert one["numbers"] == counted, "run `make seeds`"


@pytest.mark.parametrize("verdict, source", [("wrong", RIGHT), ("right", WRONG)])
def test_an_error_on_a_strangers_answer_is_told_by_the_exit_status(
    monkeypatch, tmp_path, verdict, source
):
    loses = {"loss_value": ""} if verdict == "wrong" else {}
    given = Answer("kl_loss", verdict, "planted", source, loses, batch="first")
    assert planted(monkeypatch, tmp_path, RIGHT, (WRONG, EXPECTED), outside=[given])[0]


def test_nothing_is_written_when_a_right_answer_met_a_time_limit(monkeypatch, tmp_path):
    late = CheckFailed("asked", "it was still running", TOO_SLOW)
    monkeypatch.setattr(make_rates, "lost", lambda *_: {"loss_value": late})
    said, written = planted(monkeypatch, tmp_path, RIGHT, (WRONG, EXPECTED))
    assert "a time limit was met" in said and not written
