"""The stored model: small, right, rounded by little, and trained anew for every other seed."""

import make_runs
import nbformat
import pytest
import torch

from vaelib import VAE, evaluate, fit, trained
from vaelib.runs import load_runs
from vaelib.trained import load_trained, save_trained


def test_it_costs_what_a_fresh_run_costs(digits):
    """The chapter on training has the fresh run, and asserts the same term by term."""
    _, (test_images, _) = digits
    stored = load_runs()["chapters"]["posteriors"]["nats with its own mu and sigma"]
    torch.manual_seed(0)
    assert evaluate(load_trained(), test_images)["negative_elbo"] == pytest.approx(stored[0], abs=1)
    assert trained.FILE.stat().st_size < 1e6


def test_it_leaves_the_callers_numbers_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    load_trained()
    assert torch.equal(torch.rand(3), expected)


def test_what_is_saved_comes_back_to_a_step_of_its_row(digits, monkeypatch, tmp_path):
    monkeypatch.setattr(trained, "FILE", tmp_path / "trained.npz")
    torch.manual_seed(0)
    model = VAE()
    fit(model, digits[0][0][:256], epochs=1, progress=False)
    save_trained(model)
    back = load_trained().state_dict()
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
