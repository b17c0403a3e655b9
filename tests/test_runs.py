"""The stored runs: in step with the bank and the page, and repeatable."""

import math
from importlib.resources import files
from itertools import combinations

import make_runs
import nbformat
import pytest
import torch
from nbgrader_course import ROOT

from vaelib import VAE, fit, trained
from vaelib.bugs import BUGS
from vaelib.runs import MARGIN, load_runs, outside, show_seeds, spread

RUNS = load_runs()
TERMS = ["reconstruction", "kl", "negative_elbo"]
RIGHT = RUNS["bugs"]["right"]


def test_the_file_is_small_and_lies_in_the_package():
    entries = len(RUNS["chapters"]) + len(RUNS["bugs"])
    assert (files("vaelib") / "runs.json").stat().st_size < 416 * entries


def test_it_is_in_step_with_the_bank_the_chapters_and_the_script():
    assert list(RUNS["bugs"]) == ["right", *(bug.name for bug in BUGS)], "run `make runs`"
    assert list(RUNS["chapters"]) == list(make_runs.CHAPTERS)
    collecting = [p.stem for p in ROOT.glob("book/*.ipynb") if make_runs.COLLECT in p.read_text()]
    assert sorted(make_runs.CHAPTERS) == sorted(collecting)
    assert RUNS["seeds"] == list(make_runs.SEEDS)
    assert RUNS["bug_epochs"] == make_runs.BUG_EPOCHS


def same_seeds(terms):
    """Return whether two of three seeds agree in most terms: then they are one and the same run.

    A single term may agree by chance, as a collapsed KL does, to four decimals.
    """
    rows = zip(*terms.values(), strict=True)
    return any(
        sum(a == b for a, b in zip(*pair, strict=True)) > len(terms) / 2
        for pair in combinations(rows, 2)
    )


@pytest.mark.parametrize("part", ["chapters", "bugs"])
def test_each_entry_has_one_number_for_each_of_three_seeds(part):
    assert len(RUNS["seeds"]) == len(set(RUNS["seeds"])) == 3
    for what, terms in RUNS[part].items():
        assert not same_seeds(terms), f"{what}: the seeds must differ"
        for term, values in terms.items():
            assert len(values) == 3, (what, term)
            assert all(math.isfinite(value) for value in values)
            assert len(set(values)) > 1 or max(values) < 0.001, f"{what}, {term}: seeds must differ"


def test_one_run_stored_twice_is_seen():
    terms = RUNS["chapters"]["kl"]
    assert same_seeds({term: [a, b, b] for term, (a, b, _) in terms.items()})
    assert same_seeds({term: [a, b, a] for term, (a, b, _) in terms.items()})
    assert not same_seeds(terms)


def test_the_terms_of_a_bug_add_up():
    for terms in RUNS["bugs"].values():
        assert list(terms) == ["reported", *TERMS]
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


@pytest.mark.slow
def test_a_chapter_can_be_repeated_with_another_seed():
    seed, stored = 1, RUNS["chapters"]["kl"]
    measured = make_runs.chapter("kl", seed)
    assert list(measured) == list(stored)
    for name, value in measured.items():
        low, high = spread([stored[name][RUNS["seeds"].index(seed)]])
        assert low < value < high, name


def test_what_is_saved_comes_back_to_a_step_of_its_row(digits, monkeypatch, tmp_path):
    for module in (make_runs, trained):
        monkeypatch.setattr(module, "FILE", tmp_path / "trained.npz")
    torch.manual_seed(0)
    model = VAE()
    fit(model, digits[0][0][:256], epochs=1, progress=False)
    make_runs.save_trained(model)
    back = trained.load_trained().state_dict()
    for name, weight in model.state_dict().items():
        step = weight.abs().amax(dim=-1, keepdim=True) / 127 if weight.ndim == 2 else 0
        assert ((back[name] - weight).abs() <= 0.51 * step).all(), name


def test_another_seed_is_trained_and_not_loaded(monkeypatch, tmp_path):
    """Else the three stored seeds of a chapter would be one model."""
    monkeypatch.setattr(make_runs, "ROOT", tmp_path)
    monkeypatch.setattr(make_runs, "trained", lambda: torch.rand(1).item())
    code = 'from vaelib.trained import load_trained\nmeasured = {"it": load_trained()}'
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code, id="code")])
    (tmp_path / "book").mkdir()
    nbformat.write(notebook, tmp_path / "book" / "one.ipynb")
    assert 0 < make_runs.chapter("one", 1)["it"] < 1


def test_a_chapter_is_shown_beside_what_is_stored():
    stored = RUNS["chapters"]["kl"]
    measured = {name: values[0] for name, values in stored.items()}
    assert outside("kl", measured) == []
    lines = str(show_seeds("kl", measured)).splitlines()[2:]
    assert len(lines) == len(stored)
    for line, (name, values) in zip(lines, stored.items(), strict=True):
        shown = [float(cell.replace(",", "")) for cell in line.strip("| ").split(" | ")[1:]]
        assert line.startswith(f"| {name} |")
        assert shown == pytest.approx([values[0], min(values), max(values)], abs=0.051)


@pytest.mark.parametrize("factor", [0.8, 1.25, math.nan])
def test_a_run_that_strays_is_named(factor):
    measured = {name: values[0] for name, values in RUNS["chapters"]["kl"].items()}
    name = list(measured)[2]
    assert outside("kl", measured | {name: factor * measured[name]}) == [name]


def test_what_is_not_stored_is_refused():
    with pytest.raises(ValueError, match=r"expected for kl what is stored, .*, got \['kl'\]"):
        outside("kl", {"kl": 24.0})
    with pytest.raises(ValueError, match="expected for no_chapter"):
        show_seeds("no_chapter", {"kl": 24.0})


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
