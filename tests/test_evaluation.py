"""evaluate: both terms on the whole set, and nothing left changed."""

import math

import pytest
import torch
from torch import nn

from vaelib import VAE, evaluate, kl_divergence, reconstruction_loss


@pytest.fixture
def model():
    return VAE(in_features=11, hidden=5, latent_dim=3)


@pytest.fixture
def images():
    return torch.rand(7, 11)


class NoNoise(nn.Module):
    """Maps images to (logits, mu, logvar) without sampling, so that costs repeat exactly."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(4.0))

    def forward(self, x):
        y = self.weight * x
        return y, y[:, :3], -y[:, :3]


def test_agrees_with_the_definition(model, images):
    torch.manual_seed(1)
    logits, mu, logvar = model(images)
    torch.manual_seed(1)
    found = evaluate(model, images)
    reconstruction = reconstruction_loss(logits, images).mean().item()
    kl = kl_divergence(mu, logvar).mean().item()
    assert found == pytest.approx(
        {"reconstruction": reconstruction, "kl": kl, "negative_elbo": reconstruction + kl}
    )


def test_samples_z_even_in_evaluation_mode(model, images):
    first, second = evaluate(model.eval(), images), evaluate(model.eval(), images)
    assert first["reconstruction"] != second["reconstruction"]
    assert first["kl"] == second["kl"]


@pytest.mark.parametrize("n", [1, 4_096, 4_099, 8_209])
def test_every_image_counts_the_same_however_many_there_are(n):
    images = torch.rand(n, 11)
    images[-1] = 1  # unlike the others, so that a wrong weight of the last chunk shows
    logits, mu, logvar = NoNoise()(images)
    found = evaluate(NoNoise(), images)
    expected = reconstruction_loss(logits, images).double().mean().item()
    # float32 means of thousands of terms: a few roundings of 1e-7 each
    assert found["reconstruction"] == pytest.approx(expected, rel=1e-6)
    assert found["kl"] == pytest.approx(kl_divergence(mu, logvar).double().mean().item(), rel=1e-6)


def test_the_parts_add_up_to_the_whole(model, images):
    found = evaluate(model, images)
    assert list(found) == ["reconstruction", "kl", "negative_elbo"]
    assert all(type(value) is float for value in found.values())
    assert found["negative_elbo"] == found["reconstruction"] + found["kl"]


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_is_restored(model, images, training):
    seen = []
    model.register_forward_hook(lambda module, *_: seen.append(module.training))
    evaluate(model.train(training), images)
    assert seen == [False]
    assert model.training == training
    assert model.encoder.training == training


def test_the_mode_of_a_part_is_restored(model, images):
    model.encoder.eval()
    evaluate(model, images)
    assert model.training
    assert not model.encoder.training


def test_the_mode_is_restored_after_an_error(model):
    with pytest.raises(ValueError, match="got \\(7, 13\\)"):
        evaluate(model, torch.rand(7, 13))
    assert model.training


def test_no_gradients_are_recorded(model, images):
    recorded = []
    model.register_forward_hook(lambda *hooked: recorded.append(hooked[2][0].requires_grad))
    evaluate(model, images)
    assert recorded == [False]
    assert torch.is_grad_enabled()


def test_model_and_images_stay_as_they_were(model, images):
    before = [t.clone() for t in (images, *model.state_dict().values())]
    evaluate(model, images)
    after = [images, *model.state_dict().values()]
    assert all(torch.equal(*pair) for pair in zip(before, after, strict=True))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_costs_of_other_dtypes_are_summed_in_float32_at_least(images, dtype):
    images = images.to(dtype)  # NoNoise multiplies by 4, which rounds nothing
    found = evaluate(NoNoise().to(dtype), images)
    assert found == pytest.approx(evaluate(NoNoise(), images.float()), rel=1e-6)


def test_digits_of_an_untrained_model_cost_about_log_2_a_pixel(digits):
    found = evaluate(VAE(), digits[1][0])
    assert found["reconstruction"] == pytest.approx(784 * math.log(2), rel=0.02)


BAD_IMAGES = {
    "none": (None, TypeError, "images must be a torch.Tensor, got NoneType"),
    "numpy": (torch.zeros(7, 11).numpy(), TypeError, "images must be a torch.Tensor, got ndarray"),
    "uint8": (torch.zeros(7, 11).byte(), TypeError, "floating-point dtype, got torch.uint8"),
    "3d": (torch.zeros(7, 11, 1), ValueError, r"\(batch, columns\), got \(7, 11, 1\)"),
    "empty": (torch.zeros(0, 11), ValueError, r"must not be empty, got shape \(0, 11\)"),
    "pixels": (torch.zeros(7, 13), ValueError, r"must have shape \(batch, 11\), got \(7, 13\)"),
    "grey_255": (
        torch.full((7, 11), 255.0),
        ValueError,
        r"in \[0, 1\], got values from 255 to 255",
    ),
    "negative": (
        torch.full((7, 11), -0.5),
        ValueError,
        r"in \[0, 1\], got values from -0.5 to -0.5",
    ),
    "nan": (torch.full((7, 11), math.nan), ValueError, r"in \[0, 1\], got values from nan to nan"),
    "infinite": (torch.full((7, 11), math.inf), ValueError, r"in \[0, 1\], got values from inf"),
}


@pytest.mark.parametrize(("images", "error", "message"), BAD_IMAGES.values(), ids=BAD_IMAGES.keys())
def test_bad_images_are_refused(model, images, error, message):
    with pytest.raises(error, match=message):
        evaluate(model, images)


def test_one_bad_pixel_is_enough(model, images):
    images[5, 7] = math.nan
    with pytest.raises(ValueError, match=r"images must lie in \[0, 1\], got values from nan"):
        evaluate(model, images)
