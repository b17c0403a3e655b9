"""The stored model: small, and right."""

import pytest
import torch

from vaelib import evaluate
from vaelib.runs import load_runs
from vaelib.trained import FILE, load_trained


def test_it_costs_what_a_fresh_run_costs(digits):
    """The chapter on training has the fresh run, and asserts the same term by term."""
    _, (test_images, _) = digits
    stored = load_runs()["chapters"]["posteriors"]["nats with its own mu and sigma"]
    torch.manual_seed(0)
    assert evaluate(load_trained(), test_images)["negative_elbo"] == pytest.approx(stored[0], abs=1)
    assert FILE.stat().st_size < 1e6


def test_it_leaves_the_callers_numbers_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    load_trained()
    assert torch.equal(torch.rand(3), expected)
