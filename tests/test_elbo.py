"""The two terms of the loss: the reconstruction cost, and a true bound on -log p(x)."""

import math

import pytest
import torch
from torch.distributions import Bernoulli, Normal
from torch.testing import assert_close

from vaelib import Decoder, Sampling, kl_loss, negative_elbo, reconstruction_loss


@pytest.fixture
def batch():
    """Logits, binary images, mu and logvar, float64: 7 images of 11 pixels, 3 dimensions."""
    logits = 3 * torch.randn(7, 11, dtype=torch.float64)
    x = torch.randint(2, (7, 11)).double()
    mu, logvar = torch.randn(2, 7, 3, dtype=torch.float64)
    return logits, x, mu, logvar


def test_reconstruction_is_the_bernoulli_log_probability_summed_over_pixels(batch):
    logits, x, _, _ = batch
    expected = -Bernoulli(logits=logits).log_prob(x).sum(dim=1)
    assert_close(reconstruction_loss(logits, x), expected)


def test_grey_pixels_weigh_the_two_outcomes(batch):
    logits = batch[0]
    x = torch.rand_like(logits)
    p = torch.sigmoid(logits)
    expected = -(x * p.log() + (1 - x) * (1 - p).log()).sum(dim=1)
    assert_close(reconstruction_loss(logits, x), expected)


def test_reconstruction_of_a_row_depends_on_that_row_alone(batch):
    logits, x, _, _ = batch
    others_lost = torch.full_like(logits, math.nan)
    others_lost[2] = 0
    found = reconstruction_loss(logits + others_lost, x)
    assert found[2] == reconstruction_loss(logits, x)[2]


def test_duplicated_pixels_double_the_reconstruction(batch):
    logits, x, _, _ = batch
    twice = reconstruction_loss(logits.repeat(1, 2), x.repeat(1, 2))
    assert_close(twice, 2 * reconstruction_loss(logits, x))


def test_duplicated_batch_gives_the_same_loss(batch):
    assert_close(negative_elbo(*(t.repeat(2, 1) for t in batch)), negative_elbo(*batch))


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 4.0])
def test_beta_weighs_the_kl(batch, beta):
    expected = reconstruction_loss(*batch[:2]).mean() + beta * kl_loss(*batch[2:])
    loss = negative_elbo(*batch, beta=beta)
    assert loss.shape == ()
    assert_close(loss, expected)


def test_beta_is_1_unless_told(batch):
    assert negative_elbo(*batch) == negative_elbo(*batch, beta=1.0)


def test_large_logits_cost_what_they_miss_by():
    logits = torch.tensor([[1e4, -1e4], [-1e4, 1e4]])
    x = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    assert_close(reconstruction_loss(logits, x), torch.tensor([0.0, 2e4]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_costs_are_summed_in_float32(dtype):
    logits = torch.full((7, 11), 16_384.0, dtype=dtype)  # exact; eleven are beyond float16
    found = reconstruction_loss(logits, torch.zeros_like(logits))
    assert_close(found, torch.full((7,), 11 * 16_384.0))


def test_gradient_of_the_logits_is_the_error_of_the_probability(batch):
    logits, x, mu, logvar = batch
    logits.requires_grad_()
    negative_elbo(logits, x, mu, logvar).backward()
    assert_close(logits.grad, ((torch.sigmoid(logits) - x) / 7).detach())


def test_inputs_stay_as_they_were(batch):
    before = [t.clone() for t in batch]
    negative_elbo(*batch)
    assert all(torch.equal(*pair) for pair in zip(batch, before, strict=True))


def test_works_on_meta(batch):
    batch = [t.to("meta") for t in batch]
    assert reconstruction_loss(*batch[:2]).shape == (7,)
    assert negative_elbo(*batch).shape == ()


@pytest.mark.parametrize(("mu", "logvar"), [(0.0, 0.0), (1.0, -1.0), (-1.5, 0.5), (0.3, -4.0)])
def test_is_a_bound_on_the_exact_log_likelihood_and_the_gap_is_the_kl_to_the_posterior(mu, logvar):
    decoder = Decoder(latent_dim=1, hidden=5, out_features=11).double().requires_grad_(False)
    for weights in decoder.parameters():
        weights.mul_(3)  # so that the posterior is far from the prior and not Gaussian
    x = torch.randint(2, (1, 11)).double()

    # p(x) by quadrature: the trapezium rule on a grid far wider than the prior
    grid = torch.linspace(-12, 12, 4_801, dtype=torch.float64)
    step = grid[1] - grid[0]
    log_joint = Bernoulli(logits=decoder(grid[:, None])).log_prob(x).sum(dim=1) + Normal(
        0.0, 1.0
    ).log_prob(grid)
    log_p = torch.logsumexp(log_joint, dim=0) + step.log()
    log_q = Normal(mu, math.exp(0.5 * logvar)).log_prob(grid)
    gap = (log_q.exp() * (log_q - log_joint + log_p)).sum() * step

    n = 20_011
    mus, logvars = (torch.full((n, 1), value, dtype=torch.float64) for value in (mu, logvar))
    logits, images = decoder(Sampling()(mus, logvars)), x.expand(n, 11)
    bound = negative_elbo(logits, images, mus, logvars)
    standard_error = reconstruction_loss(logits, images).std() / math.sqrt(n)
    assert bound > -log_p - 6 * standard_error
    assert (bound + log_p - gap).abs() < 6 * standard_error


def test_bad_images_are_refused_by_name(refuses):
    refuses(reconstruction_loss, "logits", "x")


def test_bad_pairs_are_refused_by_name_in_the_loss_too(refuses, batch):
    logits, x, mu, logvar = batch
    refuses(lambda a, b: negative_elbo(a, b, mu, logvar), "logits", "x")
    refuses(lambda a, b: negative_elbo(logits, x, a, b), "mu", "logvar")


def test_batches_of_two_lengths_are_refused(batch):
    logits, x, mu, logvar = batch
    with pytest.raises(ValueError, match="must have one batch length, got 7 and 5"):
        negative_elbo(logits, x, mu[:5], logvar[:5])
