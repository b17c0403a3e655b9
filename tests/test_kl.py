"""The KL to the standard normal: right, never negative, accurate near zero."""

import math

import pytest
import torch
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl
from torch.testing import assert_close

from vaelib import Sampling, kl_divergence, kl_loss

STANDARD = Normal(0.0, 1.0)


@pytest.fixture
def gaussians():
    """(mu, logvar), each float64 of shape (7, 3)."""
    return torch.randn(2, 7, 3, dtype=torch.float64).unbind()


def near_zero():
    """Float32 log-variances of both signs: log-spaced, and runs of neighbouring floats."""
    spaced = torch.logspace(-12, 0, 100_003)
    starts = torch.tensor([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.5, 1.0]).view(torch.int32)
    runs = (starts[:, None] + torch.arange(100_003, dtype=torch.int32)).view(torch.float32)
    positive = torch.cat([spaced, runs.flatten()])
    return torch.cat([positive, -positive])


def of_logvar(logvar):
    """The KL of one-dimensional Gaussians with mean 0."""
    return kl_divergence(torch.zeros_like(logvar)[:, None], logvar[:, None])


def test_agrees_with_torch_distributions(gaussians):
    mu, logvar = gaussians
    expected = torch_kl(Normal(mu, torch.exp(0.5 * logvar)), STANDARD).sum(dim=1)
    assert_close(kl_divergence(mu, logvar), expected)


def test_agrees_with_the_mean_log_ratio_of_densities(gaussians):
    mu, logvar = gaussians
    n = 10_007
    z = Sampling()(mu.repeat(n, 1), logvar.repeat(n, 1)).reshape(n, 7, 3)
    q = Normal(mu, torch.exp(0.5 * logvar))
    log_ratio = (q.log_prob(z) - STANDARD.log_prob(z)).sum(dim=2)
    standard_error = log_ratio.std(0) / math.sqrt(n)
    assert ((log_ratio.mean(0) - kl_divergence(mu, logvar)).abs() < 6 * standard_error).all()


@pytest.mark.parametrize(
    ("mu", "logvar", "nats"),
    [
        (0.0, 0.0, 0.0),
        (1.0, 0.0, 0.5),
        (-2.0, 0.0, 2.0),
        (0.0, math.log(4), 0.80685),
        (0.0, -math.log(4), 0.31815),
        (0.5, 1.0, 0.48414),
    ],
)
def test_values_by_hand(mu, logvar, nats):
    found = kl_divergence(torch.tensor([[mu]]), torch.tensor([[logvar]]))
    assert_close(found, torch.tensor([nats]), rtol=0, atol=5e-6)  # five decimals given


def test_is_never_negative_where_the_naive_form_is():
    logvar = near_zero()
    assert (of_logvar(logvar) >= 0).all()
    assert (0.5 * (torch.exp(logvar) - 1 - logvar)).min() < 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_is_never_negative_for_any_half_precision_number(dtype):
    every = torch.arange(-(2**15), 2**15).to(torch.int16).view(dtype)
    assert (of_logvar(every[every.isfinite()]) >= 0).all()


def test_small_logvar_keeps_its_digits():
    logvar = near_zero()
    logvar = logvar[(logvar.abs() >= 1e-4) & (logvar.abs() <= 0.1)]
    exact = 0.5 * sum(logvar.double() ** k / math.factorial(k) for k in range(2, 12))
    eps = torch.finfo(torch.float32).eps
    # expm1 is off by eps * logvar at most, and the KL is about logvar^2 / 4.
    allowed = 2 * eps / logvar.abs() + 4 * eps

    def relative_error(found):
        return (found.double() / exact - 1).abs()

    assert (relative_error(of_logvar(logvar)) <= allowed).all()
    assert relative_error(0.5 * (torch.exp(logvar) - 1 - logvar)).max() > 1


def test_dimensions_add_up(gaussians):
    mu, logvar = gaussians
    one_by_one = [kl_divergence(mu[:, [j]], logvar[:, [j]]) for j in range(3)]
    assert_close(kl_divergence(mu, logvar), sum(one_by_one))


def test_a_row_depends_on_its_own_gaussian_alone(gaussians):
    mu, logvar = gaussians
    others_lost = torch.full_like(mu, math.nan)
    others_lost[2] = 0
    found = kl_divergence(mu + others_lost, logvar + others_lost)
    assert found[2] == kl_divergence(mu, logvar)[2]


def test_gradients_by_value(gaussians):
    mu, logvar = (t.requires_grad_() for t in gaussians)
    kl_divergence(mu, logvar).sum().backward()
    assert_close(mu.grad, mu.detach())
    assert_close(logvar.grad, 0.5 * (logvar.exp() - 1).detach())


def test_gradcheck(gaussians):
    assert torch.autograd.gradcheck(kl_divergence, [t.requires_grad_() for t in gaussians])


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
)
def test_dtype_is_that_of_mu_but_float32_for_half_precision(gaussians, dtype, expected):
    mu, logvar = (t.to(dtype) for t in gaussians)
    found = kl_divergence(mu, logvar)
    assert found.shape == (7,)
    assert found.dtype == expected
    assert kl_loss(mu, logvar).dtype == expected
    assert torch.equal(found, kl_divergence(mu.to(expected), logvar.to(expected)))


def test_half_precision_does_not_overflow():
    mu = torch.full((7, 3), 300.0, dtype=torch.float16)  # 300^2 is beyond float16
    assert_close(kl_divergence(mu, torch.zeros_like(mu)), torch.full((7,), 3 * 45_000.0))


def test_works_on_meta():
    mu = torch.zeros(7, 3, device="meta")
    assert kl_divergence(mu, mu).shape == (7,)
    assert kl_loss(mu, mu).device.type == "meta"


def test_inputs_stay_as_they_were(gaussians):
    before = [t.clone() for t in gaussians]
    kl_loss(*gaussians)
    assert all(torch.equal(*pair) for pair in zip(gaussians, before, strict=True))


def test_loss_is_the_mean_over_the_batch(gaussians):
    loss = kl_loss(*gaussians)
    assert loss.shape == ()
    assert_close(loss, kl_divergence(*gaussians).sum() / 7)


@pytest.mark.parametrize("function", [kl_divergence, kl_loss])
def test_bad_input_is_refused_by_name(refuses, function):
    refuses(function, "mu", "logvar")
