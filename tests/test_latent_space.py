"""The aggregate and the split of the KL: against mixtures, integrals and a Gaussian channel."""

import math

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal
from torch.testing import assert_close

from vaelib import gaussian_log_prob, kl_loss
from vaelib.latent_space import aggregate_log_prob, information_split

GRID = torch.linspace(-12, 12, 4001, dtype=torch.float64)


def mixture(mu, logvar):
    """The aggregate as torch.distributions has it."""
    parts = Independent(Normal(mu, (0.5 * logvar).exp()), 1)
    return MixtureSameFamily(Categorical(torch.ones(len(mu), dtype=mu.dtype)), parts)


def integral(values):
    return torch.trapezoid(values, GRID).item()


@pytest.fixture
def overlapping():
    """Three one-dimensional Gaussians that share much of their mass."""
    mu = torch.tensor([[-1.0], [0.3], [1.5]], dtype=torch.float64)
    return mu, torch.tensor([[-0.5], [0.2], [-2.0]], dtype=torch.float64)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_aggregate_is_a_mixture(dtype):
    mu, logvar = torch.randn(2, 7, 3, dtype=dtype)
    z = 3 * torch.randn(5, 3, dtype=dtype)
    assert_close(aggregate_log_prob(z, mu, logvar), mixture(mu, logvar).log_prob(z))


def test_the_aggregate_of_one_image_is_its_gaussian():
    z, mu, logvar = torch.randn(3, 7, 3)
    alone = aggregate_log_prob(z, mu[:1], logvar[:1])
    assert_close(alone, gaussian_log_prob(z, mu[:1].expand(7, 3), logvar[:1].expand(7, 3)))


def test_the_aggregate_integrates_to_one(overlapping):
    assert integral(aggregate_log_prob(GRID[:, None], *overlapping).exp()) == pytest.approx(1)


def test_far_from_every_image_the_density_is_small_and_finite():
    mu, logvar = torch.zeros(5, 3), torch.full((5, 3), -8.0)
    assert aggregate_log_prob(torch.full((1, 3), 50.0), mu, logvar).isfinite().all()


@pytest.mark.parametrize("n", [2, 7, 1001])
def test_images_that_never_overlap_give_log_n(n):
    mu = 100 * torch.arange(n).float()[:, None].expand(n, 3)
    found = information_split(mu, torch.zeros_like(mu))
    assert found["information"] == pytest.approx(math.log(n), abs=1e-5)


def test_images_that_share_their_gaussian_give_no_information():
    mu, logvar = torch.randn(2, 1, 3).expand(2, 7, 3)
    found = information_split(mu, logvar)
    assert found["information"] == pytest.approx(0, abs=1e-5)
    assert found["marginal_kl"] == pytest.approx(kl_loss(mu, logvar).item(), abs=1e-5)


@pytest.mark.parametrize("scale", [0.0, 0.1, 1.0, 10.0])
def test_the_information_never_exceeds_log_n(scale):
    found = information_split(scale * torch.randn(11, 5), torch.randn(11, 5))
    assert found["information"] <= math.log(11) + 1e-5


def test_the_parts_add_up_to_the_closed_form():
    mu, logvar = torch.randn(2, 7, 3)
    found = information_split(mu, logvar)
    assert list(found) == ["kl", "information", "marginal_kl"]
    assert all(type(value) is float for value in found.values())
    assert found["kl"] == kl_loss(mu, logvar).item()
    assert found["information"] + found["marginal_kl"] == pytest.approx(found["kl"], abs=1e-12)


def test_both_parts_against_integrals(overlapping):
    mu, logvar = overlapping
    copies = 1500  # of each image: more draws, the same information
    found = information_split(mu.repeat(copies, 1), logvar.repeat(copies, 1))

    q = mixture(mu, logvar).log_prob(GRID[:, None])
    p = Normal(torch.zeros_like(GRID), 1).log_prob(GRID)
    own = Normal(mu, (0.5 * logvar).exp()).log_prob(GRID)  # [image, point]
    information = sum(integral(row.exp() * (row - q)) for row in own) / len(mu)
    square = sum(integral(row.exp() * (row - q) ** 2) for row in own) / len(mu)
    error = math.sqrt((square - information**2) / (copies * len(mu)))
    assert abs(found["information"] - information) < 6 * error
    assert abs(found["marginal_kl"] - integral(q.exp() * (q - p))) < 6 * error


def test_codes_that_fill_the_prior_leave_only_information():
    # A Gaussian channel: means of variance 3/4, noise of variance 1/4. Together they are the
    # prior, and the information is 0.5 log(1 + 3) in each dimension.
    n = 3001
    quantiles = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    mu = math.sqrt(0.75) * Normal(0.0, 1.0).icdf(quantiles)[:, None]
    found = information_split(mu, torch.full_like(mu, math.log(0.25)))
    # log q(z given x) - log q(z) has variance 3/4 here.
    error = math.sqrt(0.75 / n)
    assert abs(found["information"] - math.log(2)) < 6 * error
    assert abs(found["marginal_kl"]) < 6 * error


def test_a_seed_repeats_it_and_the_inputs_stay():
    mu, logvar = torch.randn(2, 7, 3, requires_grad=True).unbind()
    before = mu.clone(), logvar.clone()
    torch.manual_seed(1)
    first = information_split(mu, logvar)
    torch.manual_seed(1)
    assert information_split(mu, logvar) == first
    assert information_split(mu, logvar) != first
    assert torch.equal(mu, before[0])
    assert torch.equal(logvar, before[1])
    assert not aggregate_log_prob(mu, mu, logvar).requires_grad


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_gives_float32(dtype):
    mu, logvar = torch.randn(2, 7, 3).to(dtype)
    assert aggregate_log_prob(mu, mu, logvar).dtype == torch.float32
    assert information_split(mu, logvar)["information"] <= math.log(7) + 1e-5


def test_bad_pairs_are_refused(refuses):
    refuses(information_split, "mu", "logvar")
    refuses(lambda mu, logvar: aggregate_log_prob(torch.zeros(5, 3), mu, logvar), "mu", "logvar")


@pytest.mark.parametrize(
    ("z", "error", "message"),
    [
        (torch.zeros(5, 2), ValueError, r"z must have shape \(batch, 3\), got \(5, 2\)"),
        (torch.zeros(3), ValueError, r"z must have shape \(batch, 3\), got \(3,\)"),
        (torch.zeros(0, 3), ValueError, r"z must not be empty, got shape \(0, 3\)"),
        (torch.zeros(5, 3).double(), TypeError, "dtype torch.float32, got torch.float64"),
        (torch.zeros(5, 3, device="meta"), ValueError, "one device, got meta and cpu"),
        ([[0.0] * 3], TypeError, "z must be a torch.Tensor, got list"),
    ],
)
def test_bad_points_are_refused(z, error, message):
    with pytest.raises(error, match=message):
        aggregate_log_prob(z, torch.zeros(7, 3), torch.zeros(7, 3))
