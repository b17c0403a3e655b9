"""evaluate and the importance-weighted bound: right numbers, and nothing left changed."""

import math
from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Normal

from vaelib import VAE, evaluate, kl_divergence, reconstruction_loss
from vaelib.evaluation import ROWS, importance_weighted_bound


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


# The importance-weighted bound. The oracles work in float64 on a grid over one z, with the
# densities of torch.distributions.


class OneZ:
    """A VAE with one latent dimension, its images, and what a grid over z says about them."""

    def __init__(self):
        self.model = VAE(in_features=11, hidden=5, latent_dim=1).double()
        with torch.no_grad():
            for parameter in self.model.decoder.parameters():
                parameter.normal_()  # so that z matters, and q is not the posterior
        self.images = torch.cat([torch.rand(3, 11), torch.bernoulli(torch.rand(4, 11))]).double()
        with torch.no_grad():
            mu, logvar = self.model.encoder(self.images)
            self.q = Normal(mu, torch.exp(0.5 * logvar))  # (7, 1)
            prior = Normal(mu.new_zeros(()), mu.new_ones(()))
            # Of q, in steps of its sigma: the ELBO and the bound with two samples.
            u = torch.linspace(-8, 8, 801, dtype=torch.float64)
            z = self.q.mean + self.q.stddev * u
            log_w = self.log_likelihood(z) + prior.log_prob(z) - self.q.log_prob(z)
            mass = prior.log_prob(u).exp() * (u[1] - u[0])
            self.negative_elbo = -(mass * log_w).sum(1).mean().item()
            pairs = torch.logaddexp(log_w[:, :, None], log_w[:, None, :]) - math.log(2)
            self.two = -(mass[:, None] * mass * pairs).sum((1, 2)).mean().item()
            # Of the prior: -log p(x).
            z = torch.linspace(-12, 12, 24_001, dtype=torch.float64)
            log_joint = self.log_likelihood(z.expand(7, -1)) + prior.log_prob(z)
            self.cost = -(log_joint.logsumexp(1) + torch.log(z[1] - z[0])).mean().item()

    def log_likelihood(self, z):
        """Return log p(x given z), shape of z; grey x weighs the two outcomes by hand."""
        probability = self.model.decoder(z.reshape(-1, 1)).sigmoid().reshape(*z.shape, -1)
        ink, paper = (Bernoulli(probability).log_prob(torch.tensor(v).double()) for v in (1, 0))
        x = self.images[:, None, :]
        return (x * ink + (1 - x) * paper).sum(2)

    def bound(self, samples, repeats, copies=1):
        """Return the mean of many bounds, each of copies of all images, and its standard error."""
        images = self.images.repeat(copies, 1)
        runs = torch.tensor(
            [importance_weighted_bound(self.model, images, samples) for _ in range(repeats)]
        )
        return runs.mean().item(), runs.std().item() / math.sqrt(repeats)


@pytest.fixture
def one_z():
    torch.manual_seed(4)  # a model with a gap of 1.6 nats between the ELBO and log p(x)
    return OneZ()


def test_one_sample_estimates_the_negative_elbo(one_z):
    found, standard_error = one_z.bound(samples=1, repeats=101, copies=31)
    assert one_z.negative_elbo > one_z.cost + 50 * standard_error  # else the next line says little
    assert abs(found - one_z.negative_elbo) < 6 * standard_error


def test_two_samples_agree_with_the_integral_over_both(one_z):
    found, standard_error = one_z.bound(samples=2, repeats=101, copies=31)
    assert one_z.two < one_z.negative_elbo - 20 * standard_error
    assert abs(found - one_z.two) < 6 * standard_error


def test_more_samples_lower_the_bound_towards_the_cost_by_quadrature(one_z):
    bounds = [one_z.bound(samples, 101) for samples in (1, 10, 100, 1_000)]
    for (found, error), (next_found, next_error) in pairwise(bounds):
        assert found > next_found - 6 * math.hypot(error, next_error)
    assert bounds[0][0] > bounds[1][0] > bounds[2][0]
    found, error = one_z.bound(samples=20_011, repeats=11)
    assert one_z.cost - 6 * error < found < one_z.cost + 0.05


def test_agrees_with_the_negative_elbo_of_digits(digits):
    model, images = VAE(), digits[1][0][:101]
    differences = torch.tensor(
        [
            importance_weighted_bound(model, images, 1) - evaluate(model, images)["negative_elbo"]
            for _ in range(101)
        ]
    )
    assert differences.mean().abs() < 6 * differences.std() / math.sqrt(101)


@pytest.mark.parametrize("samples", [1, 2, 7, 4_099, ROWS, ROWS + 1, 2 * ROWS + 3])
def test_every_sample_and_image_counts_the_same(model, images, samples):
    """q is the prior and the decoder ignores z: every weight is the same, so is every bound."""
    with torch.no_grad():
        for layer in (model.encoder.mu, model.encoder.logvar, model.decoder.logits):
            layer.weight.zero_()
        for layer in (model.encoder.mu, model.encoder.logvar):
            layer.bias.zero_()
    images[-1] = 1  # unlike the others
    logits = model.decoder.logits.bias.expand(7, -1)
    expected = reconstruction_loss(logits, images).mean().item()
    assert importance_weighted_bound(model, images, samples) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("n", "samples"), [(7, 1), (7, 1_000), (20_011, 1), (3, 20_011), (300, 9)])
def test_no_more_rows_are_decoded_at_once_than_promised(model, n, samples):
    rows = []
    model.decoder.register_forward_hook(lambda *hooked: rows.append(len(hooked[2])))
    importance_weighted_bound(model, torch.rand(n, 11), samples)
    assert max(rows) <= ROWS
    assert sum(rows) == n * samples


def test_z_is_drawn_from_q_whatever_the_model_draws_by(one_z):
    one_z.model.sampling = nn.Identity()
    found, standard_error = one_z.bound(samples=1, repeats=1_001)
    assert abs(found - one_z.negative_elbo) < 6 * standard_error


def test_the_bound_has_one_float_and_repeats_with_the_seed(model, images):
    torch.manual_seed(1)
    first = importance_weighted_bound(model, images, 5)
    torch.manual_seed(1)
    assert type(first) is float
    assert importance_weighted_bound(model, images, 5) == first
    assert importance_weighted_bound(model, images, 5) != first


@pytest.mark.parametrize("training", [True, False])
def test_the_bound_leaves_model_mode_and_images_alone(model, images, training):
    seen = []
    model.encoder.register_forward_hook(
        lambda module, _, out: seen.append((module.training, out[0].requires_grad))
    )
    before = [t.clone() for t in (images, *model.state_dict().values())]
    model.train(training)
    importance_weighted_bound(model, images, 3)
    after = [images, *model.state_dict().values()]
    assert all(torch.equal(*pair) for pair in zip(before, after, strict=True))
    assert seen == [(False, False)]
    assert model.training == training
    assert model.encoder.training == training
    assert torch.is_grad_enabled()


def test_the_bound_restores_the_mode_after_an_error(model):
    with pytest.raises(ValueError, match="got \\(7, 13\\)"):
        importance_weighted_bound(model, torch.rand(7, 13), 3)
    assert model.training


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_the_bound_of_other_dtypes_is_near_that_of_float32(model, images, dtype):
    rough = importance_weighted_bound(model.to(dtype), images.to(dtype), 1_000)
    assert rough == pytest.approx(importance_weighted_bound(model.float(), images, 1_000), rel=0.02)


@pytest.mark.parametrize(("images", "error", "message"), BAD_IMAGES.values(), ids=BAD_IMAGES.keys())
def test_the_bound_refuses_bad_images(model, images, error, message):
    with pytest.raises(error, match=message):
        importance_weighted_bound(model, images, 3)


BAD_SAMPLES = {
    "zero": (0, ValueError, "samples must be at least 1, got 0"),
    "negative": (-1, ValueError, "samples must be at least 1, got -1"),
    "float": (10.0, TypeError, "samples must be an int, got float"),
    "bool": (True, TypeError, "samples must be an int, got bool"),
    "none": (None, TypeError, "samples must be an int, got NoneType"),
}


@pytest.mark.parametrize(
    ("samples", "error", "message"), BAD_SAMPLES.values(), ids=BAD_SAMPLES.keys()
)
def test_the_bound_refuses_bad_samples(model, images, samples, error, message):
    with pytest.raises(error, match=message):
        importance_weighted_bound(model, images, samples)
