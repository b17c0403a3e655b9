"""The bank of bugs: each is one wrong line, wrong in fact, and its cure makes it right."""

import inspect
import math
import re

import nbformat
import pytest
import torch
from nbgrader_course import ROOT
from torch.distributions import Normal
from torch.distributions import kl_divergence as kl_of_distributions
from torch.testing import assert_close

from vaelib import VAE, Sampling, bugs, evaluate, fit, negative_elbo, reconstruction_loss
from vaelib.assignments import sampling
from vaelib.bugs import (
    BUGS,
    Bug,
    Draw,
    examine,
    load_clinic,
    save_clinic,
    train,
    true_cost,
)
from vaelib.checks import CheckFailed
from vaelib.runs import load_runs, spread

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


def test_the_page_examines_each_under_its_letter():
    cells = nbformat.read(ROOT / "book" / "bugs.ipynb", 4).cells
    source = "\n".join(cell.source for cell in cells)
    assert re.findall(r'^examine\("(\w)"\)$', source, re.M) == list("ABCDEFGHIJKL")
    (instruments,) = (cell.source for cell in cells if cell.get("id") == "instruments")
    assert all(f"bug.{part}" in instruments for part in ("line", "cure", "why", "seen", "caught"))


def named(name):
    return next(bug for bug in BUGS if bug.name == name)


def caught():
    """What `caught` says of each bug, as (name, whether it is so, whether it is so when cured)."""
    mu, logvar = torch.randn(2, 7, 20)
    logits, x = torch.randn(7, 784), torch.rand(7, 784)
    empty, prior, level = torch.zeros(7, 784), torch.zeros(7, 20), torch.full((7, 784), -20.0)
    many = torch.zeros(100_003, 1)
    kl = kl_of_distributions(Normal(mu, torch.exp(0.5 * logvar)), Normal(0.0, 1.0)).sum(1).mean()
    part = reconstruction_loss(logits, x).mean()

    def loses_gradient(draw):
        leaf, wide = mu.clone().requires_grad_(), logvar.clone().requires_grad_()
        draw(leaf, wide).sum().backward()
        return wide.grad is None

    def ratio(loss):
        return kl / (loss(logits, x, mu, logvar) - part)

    def near(value, expected):
        return abs(float(value) / expected - 1) < 0.02

    def cost(loss, logits, mu=prior, logvar=prior):
        return float(loss(logits, empty, mu, logvar))

    return {
        "sigmoid applied twice": lambda f: cost(f, level) > 1,
        "z drawn without a gradient": lambda f: not f(mu.requires_grad_(), logvar).requires_grad,
        "one eps for the whole batch": lambda f: torch.equal(*f(0 * mu, 0 * mu)[:2]),
        "std detached": loses_gradient,
        "variance used as standard deviation": lambda f: near(f(many, many + 2).std(), 7.39),
        "uniform noise": lambda f: abs(f(many, many).mean()) > 0.4,
        "log-variance used as standard deviation": lambda f: torch.equal(f(mu, 0 * mu), mu),
        "no noise": lambda f: torch.equal(f(mu, logvar), f(mu, logvar)),
        "KL averaged over dimensions": lambda f: near(ratio(f), 20),
        "logvar missing from the KL": lambda f: cost(f, level, prior, prior - 10) < -1,
        "KL divided by the pixels": lambda f: near(ratio(f), 784),
        "reconstruction averaged over pixels": lambda f: near(cost(f, empty), 0.693),
    }


@BY_NAME
def test_what_catches_a_bug_catches_it_and_not_its_cure(bug):
    test = caught()[bug.name]
    assert test(bug.draw or bug.loss)
    assert not test(cured(bug))


def test_the_numbers_of_the_bank():
    many, normal = torch.zeros(100_003, 1), Sampling()
    assert normal(many, many + 2).std() == pytest.approx(2.7, abs=0.05)
    zero = torch.zeros(7, 784)
    assert negative_elbo(zero, zero, *torch.zeros(2, 7, 20)) == pytest.approx(543, abs=0.5)
    evenly = named("uniform noise").draw(many, many)
    assert evenly.mean() == pytest.approx(0.5, abs=0.01)
    assert evenly.std() < 0.3
    halves = torch.full_like(many, 2 * math.log(0.5))
    assert named("variance used as standard deviation").draw(many, halves).std() < 0.26
    loss = named("logvar missing from the KL").loss
    wide, narrow = (loss(zero, zero, zero, zero + level) for level in (0, -1))
    assert narrow < wide


def test_one_row_of_noise_does_not_average_out():
    torch.manual_seed(0)
    model, x = VAE(hidden=8), torch.rand(64, 784)
    mu, logvar = (part.detach() for part in model.encoder(x))

    def variance(draw):
        slopes = []
        for _ in range(40):
            cost = negative_elbo(model.decoder(draw(mu, logvar)), x, mu, logvar)
            slopes.append(torch.autograd.grad(cost, model.decoder.hidden.weight)[0])
        return torch.stack(slopes).var(dim=0).sum()

    shared = named("one eps for the whole batch").draw
    assert variance(shared) > 10 * variance(Sampling())


def test_the_clinic_holds_every_bug_and_begins_as_the_stored_runs():
    clinic, runs = load_clinic(), load_runs()
    assert list(clinic) == ["right", *(bug.name for bug in BUGS)], "run `make runs`"
    for name, patient in clinic.items():
        low, high = spread([runs["bugs"][name]["reported"][0]])
        assert low < patient.loss[runs["bug_epochs"] - 1] < high, name
        assert patient.negative_elbo == patient.reconstruction + patient.kl
        assert patient.drawings.shape == patient.samples.shape == (5, 784)
        assert patient.drawings.min() >= 0 and patient.drawings.max() <= 1


@pytest.mark.slow
def test_a_patient_is_examined_with_its_own_layer_and_stored_as_it_is(
    images, tmp_path, monkeypatch
):
    bug = named("no noise")
    model, history = train(bug, images, seed=0, epochs=2)
    found = examine(model, history, images, torch.tensor([3, 5]))
    again = examine(model, history, images, torch.tensor([3, 5]))
    assert_close(found.drawings, torch.sigmoid(model(images[[3, 5]])[0]))
    assert_close(found.samples, again.samples)
    assert found.loss.tolist() == pytest.approx(history["loss"])
    monkeypatch.setattr(bugs, "files", lambda package: tmp_path)
    save_clinic({"no noise": found})
    back = load_clinic()["no noise"]
    assert back.kl == pytest.approx(found.kl)
    assert_close(back.drawings, found.drawings, atol=1 / 255, rtol=0)


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
