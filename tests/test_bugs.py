"""The bank of bugs: each is one wrong line, wrong in fact, and its cure makes it right."""

import inspect
import re

import nbformat
import pytest
import torch
from nbgrader_course import ROOT
from torch.testing import assert_close

from vaelib import VAE, Sampling, bugs, evaluate, fit, negative_elbo
from vaelib.bugs import BUGS, Bug, Draw, train, true_cost
from vaelib.checks import CheckFailed, sampling

BY_NAME = pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
DRAWS = pytest.mark.parametrize("bug", [b for b in BUGS if b.draw], ids=lambda bug: bug.name)
LOSSES = pytest.mark.parametrize("bug", [b for b in BUGS if b.loss], ids=lambda bug: bug.name)


@pytest.fixture
def images(digits):
    return digits[0][0][:130]


@pytest.fixture
def outputs():
    """Logits, images, mu and logvar of a batch, in float64."""
    logits, x = torch.randn(7, 784), torch.rand(7, 784)
    mu, logvar = torch.randn(2, 7, 5)
    return tuple(value.double() for value in (logits, x, mu, logvar))


def source(bug):
    return inspect.getsource(bug.draw or bug.loss)


def cured(bug):
    """The function with its wrong line replaced by the cure."""
    text = source(bug).replace(bug.line, bug.cure)
    names = dict(vars(bugs))
    exec(text, names)
    return names[(bug.draw or bug.loss).__name__]


def test_there_are_at_least_ten_with_names_of_their_own():
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 10


@BY_NAME
def test_a_bug_is_one_line_of_one_function(bug):
    assert (bug.draw is None) != (bug.loss is None)
    lines = [line.split("  #")[0].strip() for line in source(bug).splitlines()]
    assert lines.count(bug.line) == 1
    assert bug.cure not in lines


@DRAWS
def test_the_checks_of_the_assignment_refuse_each_draw(bug):
    checks = (sampling.mean_and_spread, sampling.gradients, sampling.fresh_noise)

    def passes(check):
        try:
            check(Draw(bug.draw))
        except CheckFailed:
            return False
        return True

    assert not all(passes(check) for check in checks)


@DRAWS
def test_the_cure_of_a_draw_passes_them(bug):
    for check in (sampling.mean_and_spread, sampling.gradients, sampling.fresh_noise):
        check(Draw(cured(bug)))


@LOSSES
def test_each_loss_differs_from_the_negative_elbo(bug, outputs):
    assert abs(bug.loss(*outputs) - negative_elbo(*outputs)) > 0.1


@LOSSES
def test_the_cure_of_a_loss_is_the_negative_elbo(bug, outputs):
    assert_close(cured(bug)(*outputs), negative_elbo(*outputs))


def test_the_page_shows_each_line_and_its_cure_under_its_letter():
    cells = nbformat.read(ROOT / "book" / "bugs.ipynb", 4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    answers = re.findall(r"<summary>Case (\w)</summary>\n\n(.*?)</details>", text, re.S)
    assert "".join(letter for letter, _ in answers) == "ABCDEFGHIJKL"
    for (letter, answer), bug in zip(answers, BUGS, strict=True):
        assert f"**{bug.name[0].upper()}" in answer or f"**{bug.name[0]}" in answer
        assert f"{bug.name[1:]}:** `{bug.line}`\n" in answer, letter
        assert "*Caught by:*" in answer
        assert answer.endswith(f"*Cure:* `{bug.cure}`\n"), letter


def test_training_without_a_bug_is_plain_training(images):
    model, history = train(None, images, seed=3, epochs=2)
    torch.manual_seed(3)
    plain = VAE(hidden=bugs.HIDDEN)
    assert history == fit(plain, images, epochs=2, progress=False)
    assert_close(model.state_dict(), plain.state_dict(), rtol=0, atol=0)


@BY_NAME
def test_training_with_a_bug_reports_its_own_loss(bug, images):
    model, history = train(bug, images, seed=0, epochs=2)
    _, right = train(None, images, seed=0, epochs=2)
    assert len(history["loss"]) == 2
    assert history["loss"] != right["loss"]
    assert (history["loss"] != history["negative_elbo"]) == bool(bug.loss)
    assert isinstance(model.sampling, Draw) == bool(bug.draw)


def test_the_sizes_are_those_asked_for(images):
    model, _ = train(BUGS[1], images, seed=0, epochs=1, hidden=8, latent_dim=2)
    assert model.encoder.hidden.weight.shape == (8, 784)
    assert model.decoder.hidden.weight.shape == (8, 2)


def test_a_seed_repeats_a_training(images):
    bug = BUGS[4]
    (_, history), (_, again), (_, other) = (train(bug, images, seed, 2) for seed in (1, 1, 2))
    assert history == again != other


@DRAWS
def test_the_true_cost_is_that_of_the_weights_with_the_right_sampling(bug, images):
    model, _ = train(bug, images, seed=0, epochs=1)
    found = model.sampling
    torch.manual_seed(1)
    cost = true_cost(model, images)
    assert model.sampling is found
    right = VAE(hidden=bugs.HIDDEN)
    right.load_state_dict(model.state_dict())
    torch.manual_seed(1)
    assert cost == evaluate(right, images)


def test_the_true_cost_leaves_the_model_as_it_was_if_it_fails(images):
    model, _ = train(BUGS[1], images, seed=0, epochs=1)
    with pytest.raises(ValueError, match=r"images must lie in \[0, 1\]"):
        true_cost(model, images + 1)
    assert not isinstance(model.sampling, Sampling)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("no noise", torch.zeros(7, 784), 0), TypeError, "bug must be a Bug or None, got str"),
        ((None, None, 0), TypeError, "images must be a torch.Tensor, got NoneType"),
        ((None, torch.zeros(7, 11), 0), ValueError, r"must have shape \(batch, 784\), got \(7, 11"),
        ((None, torch.zeros(7, 784), 0, 0), ValueError, "epochs must be at least 1, got 0"),
        ((None, torch.zeros(7, 784), 0.5), TypeError, "seed must be an int, got float"),
    ],
)
def test_bad_input_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        train(*arguments)


def test_a_bug_cannot_be_changed():
    with pytest.raises(AttributeError):
        BUGS[0].line = ""
    assert isinstance(BUGS, tuple)
    assert all(isinstance(bug, Bug) for bug in BUGS)
