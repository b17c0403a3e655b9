"""fit: it learns, repeats, uses every image, keeps quiet, and refuses bad input."""

import math
from itertools import pairwise

import pytest
import torch

from vaelib import VAE, evaluate, fit, kl_loss, negative_elbo, reconstruction_loss

KEYS = ["reconstruction", "kl", "negative_elbo", "loss"]


def make_model():
    return VAE(in_features=784, hidden=31, latent_dim=5)


@pytest.fixture
def images(digits):
    """130 digits: one batch of 128 and a short one of 2."""
    return digits[0][0][:130].clone()


@pytest.fixture
def tiny():
    """A small model and 7 images for it."""
    return VAE(in_features=11, hidden=5, latent_dim=3), torch.rand(7, 11)


def run(seed, images):
    torch.manual_seed(seed)
    model = make_model()
    return fit(model, images, epochs=3, progress=False), model.state_dict()


def test_manual_seed_repeats_a_run_to_the_last_bit(images):
    (history, weights), (again, weights_again) = run(1, images), run(1, images)
    assert history == again
    assert all(torch.equal(weights[name], weights_again[name]) for name in weights)
    assert history != run(2, images)[0]


def test_where_adam_cannot_be_fused_the_usual_one_takes_the_same_steps(images, monkeypatch):
    """So it is on MPS before torch 2.5: Adam refuses as it is made."""
    (history, _), real, asked = run(1, images), torch.optim.Adam.__init__, []

    def old(self, params, *rest, fused=None, **named):
        asked.append(fused)
        if fused:
            raise RuntimeError("`fused=True` requires all the params to be on supported devices")
        real(self, params, *rest, fused=fused, **named)

    monkeypatch.setattr(torch.optim.Adam, "__init__", old)
    again, _ = run(1, images)
    assert asked == [True, False]
    for term in KEYS:
        assert again[term] == pytest.approx(history[term], rel=1e-5)


def test_history_has_both_terms_and_their_sum_for_every_epoch(images):
    history = fit(make_model(), images, epochs=3, beta=0.5, progress=False)
    assert list(history) == KEYS
    assert all(len(values) == 3 for values in history.values())
    assert all(type(value) is float for values in history.values() for value in values)
    for reconstruction, kl, total, loss in zip(*history.values(), strict=True):
        assert total == pytest.approx(reconstruction + kl, rel=1e-6)
        assert loss == pytest.approx(reconstruction + 0.5 * kl, rel=1e-6)


def test_a_loss_of_ones_own_is_trained_on_and_costs_stay_right(images):
    given = {"epochs": 2, "progress": False}

    def twice(logits, x, mu, logvar):
        return 2 * negative_elbo(logits, x, mu, logvar)

    torch.manual_seed(0)
    history = fit(make_model(), images, loss=twice, **given)
    for total, loss in zip(history["negative_elbo"], history["loss"], strict=True):
        assert loss == pytest.approx(2 * total, rel=1e-6)


def test_loss_goes_down(images):
    model = make_model()
    history = fit(model, images, epochs=23, learning_rate=1e-2, progress=False)["negative_elbo"]
    # From log 2 a pixel, 543 nats, to near the cost of the mean image, 211 nats.
    assert history[0] > 500
    assert history[-1] < 250
    assert evaluate(model, images)["negative_elbo"] < 250


def test_every_image_is_used_once_an_epoch_in_a_new_order(images):
    model, seen = make_model(), []
    model.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    fit(model, images, epochs=2, progress=False)
    assert [len(x) for x in seen] == [128, 2, 128, 2]
    epochs = [torch.cat(seen[:2]), torch.cat(seen[2:])]
    for rows in epochs:
        where = torch.cdist(rows, images).argmin(dim=1)
        assert torch.equal(rows, images[where])
        assert len(where.unique()) == 130
    assert not torch.equal(*epochs)


def test_history_weighs_every_image_the_same(images):
    model, costs = make_model(), []

    def record(_, inputs, outputs):
        logits, mu, logvar = (output.detach() for output in outputs)
        n = len(inputs[0])
        costs.append((n * reconstruction_loss(logits, inputs[0]).mean(), n * kl_loss(mu, logvar)))

    model.register_forward_hook(record)
    # A step this large makes the short batch cost much more or less than the other.
    history = fit(model, images, epochs=1, learning_rate=0.1, progress=False)
    reconstruction, kl = (sum(terms).item() / 130 for terms in zip(*costs, strict=True))
    assert history["reconstruction"] == pytest.approx([reconstruction])
    assert history["kl"] == pytest.approx([kl])


def test_every_batch_makes_a_step(images):
    model, weights = make_model(), []
    model.register_forward_pre_hook(lambda *_: weights.append(model.encoder.mu.weight.clone()))
    fit(model, images, epochs=2, progress=False)
    assert all(not torch.equal(*pair) for pair in pairwise(weights))
    assert not torch.equal(weights[-1], model.encoder.mu.weight)


@pytest.mark.parametrize("learning_rate", [1e-3, 1e-2])
def test_learning_rate_is_the_size_of_adams_first_step(tiny, learning_rate):
    model, images = tiny
    before = model.encoder.mu.bias.detach().clone()
    fit(model, images, epochs=1, learning_rate=learning_rate, progress=False)
    step = (model.encoder.mu.bias - before).detach().abs()
    # Adam's first step is the rate itself, but for its eps of 1e-8 beside the gradient.
    assert step.tolist() == pytest.approx([learning_rate] * 3, rel=1e-3)


def test_beta_holds_the_kl_down(images):
    def final_kl(beta):
        torch.manual_seed(1)
        settings = {"epochs": 23, "learning_rate": 1e-2, "progress": False}
        return fit(make_model(), images, beta=beta, **settings)["kl"][-1]

    assert final_kl(0.0) > 2 * final_kl(1.0)
    assert final_kl(1.0) > 2 * final_kl(4.0)


def test_images_stay_as_they_were(images):
    before = images.clone()
    fit(make_model(), images, epochs=1, progress=False)
    assert torch.equal(images, before)


def test_images_get_no_gradient(tiny):
    model, images = tiny
    fit(model, images.requires_grad_(), epochs=1, progress=False)
    assert images.grad is None


def test_model_is_trained_in_training_mode(tiny):
    model, images = tiny
    seen = []
    model.register_forward_hook(lambda module, *_: seen.append(module.training))
    fit(model.eval(), images, epochs=1, progress=False)
    assert seen == [True]


@pytest.mark.parametrize(("n", "batch_size"), [(1, 128), (7, 1), (7, 3), (7, 7), (7, 1_000)])
def test_any_number_of_images_fits_any_batch_size(tiny, n, batch_size):
    model, images = tiny
    history = fit(model, images[:n], epochs=1, batch_size=batch_size, progress=False)
    assert math.isfinite(history["negative_elbo"][0])


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_model_keeps_its_dtype(tiny, dtype):
    model, images = tiny
    history = fit(model.to(dtype), images.to(dtype), epochs=1, progress=False)
    assert math.isfinite(history["negative_elbo"][0])
    assert {p.dtype for p in model.parameters()} == {dtype}


def test_progress_false_prints_nothing(tiny, capfd):
    fit(*tiny, epochs=2, progress=False)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("arguments", [{}, {"progress": True}])
def test_progress_is_shown_on_stdout_and_never_on_stderr(tiny, capfd, arguments):
    fit(*tiny, epochs=2, **arguments)
    out, err = capfd.readouterr()
    assert "2/2" in out
    assert "negative_elbo=" in out
    assert err == ""


BAD_NUMBERS = [
    ("epochs", 0, ValueError, "epochs must be at least 1, got 0"),
    ("epochs", 1.0, TypeError, "epochs must be an int, got float"),
    ("epochs", True, TypeError, "epochs must be an int, got bool"),
    ("batch_size", 0, ValueError, "batch_size must be at least 1, got 0"),
    ("batch_size", "128", TypeError, "batch_size must be an int, got str"),
    ("learning_rate", 0, ValueError, "learning_rate must be finite and positive, got 0"),
    ("learning_rate", -1, ValueError, "learning_rate must be finite and positive, got -1"),
    ("learning_rate", math.nan, ValueError, "learning_rate must be finite and positive, got nan"),
    ("beta", -1, ValueError, "beta must be finite and 0 or more, got -1"),
    ("beta", math.nan, ValueError, "beta must be finite and 0 or more, got nan"),
]


@pytest.mark.parametrize(("name", "value", "error", "message"), BAD_NUMBERS)
def test_bad_numbers_are_refused_before_any_step(tiny, name, value, error, message):
    model, images = tiny
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(error, match=f"^{message}$"):
        fit(model, images, progress=False, **{name: value})
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


@pytest.mark.parametrize("name", ["learning_rate", "beta"])
def test_infinite_numbers_are_refused(tiny, name):
    with pytest.raises(ValueError, match=f"{name} must .*, got inf"):
        fit(*tiny, epochs=1, progress=False, **{name: math.inf})


@pytest.mark.parametrize(
    ("pixel", "message"),
    [
        (math.nan, "images must lie in [0, 1], got values from nan to nan"),
        (255.0, "images must lie in [0, 1], got values from 0 to 255"),
        (-1.0, "images must lie in [0, 1], got values from -1 to"),
        (math.inf, "images must lie in [0, 1], got values from 0 to inf"),
    ],
)
def test_one_bad_pixel_is_refused(tiny, pixel, message):
    model, images = tiny
    images[0, 0] = 0.0
    images[5, 7] = pixel
    with pytest.raises(ValueError) as caught:
        fit(model, images, progress=False)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (None, TypeError, "images must be a torch.Tensor, got NoneType"),
        (torch.zeros(7, 11).numpy(), TypeError, "images must be a torch.Tensor, got ndarray"),
        (torch.zeros(7, 11).byte(), TypeError, "floating-point dtype, got torch.uint8"),
        (torch.zeros(0, 11), ValueError, r"images must not be empty, got shape \(0, 11\)"),
        (torch.zeros(11), ValueError, r"must have shape \(batch, columns\), got \(11,\)"),
        (torch.zeros(7, 13), ValueError, r"must have shape \(batch, 11\), got \(7, 13\)"),
    ],
)
def test_bad_images_are_refused(tiny, bad, error, message):
    with pytest.raises(error, match=message):
        fit(tiny[0], bad, progress=False)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_training_and_evaluation_run_on_the_gpu_the_model_is_on(images):
    model = make_model().to("cuda")
    history = fit(model, images, epochs=23, learning_rate=1e-2, progress=False)
    assert {p.device.type for p in model.parameters()} == {"cuda"}
    assert images.device.type == "cpu"
    assert history["negative_elbo"][-1] < 250
    assert evaluate(model, images)["negative_elbo"] < 250
