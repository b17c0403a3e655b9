"""The stored runs: in step with the bank and the page, and repeatable."""

import math
from importlib.resources import files

import make_runs
import pytest

from vaelib.bugs import BUGS
from vaelib.runs import MARGIN, load_runs, spread

RUNS = load_runs()
TERMS = ["reconstruction", "kl", "negative_elbo"]
RIGHT = RUNS["bugs"]["right"]


def every_list():
    """(what, the terms by name) of every entry."""
    for latent_dim, both in RUNS["reference"].items():
        for images, terms in both.items():
            yield f"reference {latent_dim} {images}", terms
    yield from RUNS["bugs"].items()


def test_the_file_is_small_and_lies_in_the_package():
    assert (files("vaelib") / "runs.json").stat().st_size < 10_000


def test_it_is_in_step_with_the_bank_and_the_script():
    assert list(RUNS["bugs"]) == ["right", *(bug.name for bug in BUGS)], "run `make runs`"
    assert list(RUNS["reference"]) == [str(dim) for dim in make_runs.LATENT_DIMS]
    assert RUNS["seeds"] == list(make_runs.SEEDS)
    assert RUNS["bug_epochs"] == make_runs.BUG_EPOCHS
    assert RUNS["reference_epochs"] == make_runs.REFERENCE_EPOCHS


@pytest.mark.parametrize(("what", "terms"), list(every_list()))
def test_each_entry_has_one_number_for_each_of_three_seeds(what, terms):
    assert list(terms) == (TERMS if what.startswith("reference") else ["reported", *TERMS])
    assert len(RUNS["seeds"]) == 3
    for values in terms.values():
        assert len(values) == 3
        assert all(math.isfinite(value) for value in values)
        assert len(set(values)) > 1 or max(values) < 0.001, "seeds must differ"
    for parts in zip(*(terms[term] for term in TERMS), strict=True):
        assert parts[0] + parts[1] == pytest.approx(parts[2], abs=2e-4)


def test_reported_loss_and_true_cost_part():
    for bug in BUGS:
        run = RUNS["bugs"][bug.name]
        assert all(
            wrong > right
            for wrong, right in zip(run["negative_elbo"], RIGHT["negative_elbo"], strict=True)
        ), bug.name
    high = [bug for bug in BUGS if min(RUNS["bugs"][bug.name]["reported"]) > max(RIGHT["reported"])]
    low = [bug for bug in BUGS if max(RUNS["bugs"][bug.name]["reported"]) < min(RIGHT["reported"])]
    assert (*high, *low) == BUGS, "the page has the too high ones first"
    assert len(low) > len(BUGS) / 2


@pytest.mark.slow
@pytest.mark.parametrize("bug", [None, BUGS[4], BUGS[8]], ids=["right", "draw", "loss"])
def test_an_entry_can_be_repeated(bug):
    seed = 1
    run = RUNS["bugs"][bug.name if bug else "right"]
    for term, value in make_runs.case(bug, seed).items():
        low, high = spread([run[term][RUNS["seeds"].index(seed)]])
        assert low < value < high, term


def test_numbers_are_stored_to_four_decimals():
    assert make_runs.columns([{"kl": 1.23456789}, {"kl": 2.0}]) == {"kl": [1.2346, 2.0]}


@pytest.mark.parametrize(
    ("values", "margin", "low", "high"),
    [
        ([10.0, 12.0, 11.0], 0.25, 7.0, 15.0),
        ([-10.0, 4.0], 0.5, -15.0, 9.0),
        ([5.0], 0.0, 4.99, 5.01),
        ([0.0, 0.0], 0.1, -0.01, 0.01),
    ],
)
def test_spread_widens_by_a_share_of_the_largest(values, margin, low, high):
    assert spread(values, margin) == pytest.approx((low, high))


def test_the_margin_is_a_tenth():
    assert MARGIN == 0.1
    assert spread([100.0]) == pytest.approx((90.0, 110.0))


@pytest.mark.parametrize(
    ("values", "margin", "error", "message"),
    [
        ([], 0.1, ValueError, "values must hold at least one number, got none"),
        ([1.0], -0.1, ValueError, "margin must be finite and 0 or more, got -0.1"),
        ([1.0], math.nan, ValueError, "margin must be finite and 0 or more, got nan"),
        ([1.0], "a tenth", TypeError, "margin must be a number, got str"),
    ],
)
def test_bad_input_is_refused(values, margin, error, message):
    with pytest.raises(error, match=message):
        spread(values, margin)
