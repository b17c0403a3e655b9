"""sigma from logvar, and the density it makes: against torch.distributions."""

import math

import pytest
import torch
from torch.distributions import Normal
from torch.testing import assert_close

from vaelib import Sampling, gaussian_log_prob, kl_divergence, std_from_logvar


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_std_by_hand(dtype):
    logvar = torch.tensor([0.0, math.log(4), -math.log(4), 2.0], dtype=dtype)
    assert_close(std_from_logvar(logvar), torch.tensor([1.0, 2.0, 0.5, math.e], dtype=dtype))


def test_std_keeps_the_shape_and_is_positive():
    logvar = 30 * torch.randn(5, 3, 2)
    std = std_from_logvar(logvar)
    assert std.shape == logvar.shape
    assert (std > 0).all()


def test_std_changes_by_a_ratio():
    logvar = torch.randn(7, 3, dtype=torch.float64, requires_grad=True)
    std = std_from_logvar(logvar)
    assert_close(torch.autograd.grad(std.sum(), logvar)[0], 0.5 * std)


@pytest.mark.parametrize("bad", [None, [0.0], torch.tensor([0, 1])])
def test_std_refuses_what_is_no_floating_tensor(bad):
    with pytest.raises(TypeError, match=r"logvar must be a floating-point torch.Tensor, got"):
        std_from_logvar(bad)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_log_prob_is_that_of_torch(dtype):
    z, mu, logvar = torch.randn(3, 7, 5, dtype=dtype)
    oracle = Normal(mu, (0.5 * logvar).exp()).log_prob(z).sum(dim=1)
    assert_close(gaussian_log_prob(z, mu, logvar), oracle)


def test_log_prob_gradients():
    z, mu, logvar = torch.randn(3, 7, 5, dtype=torch.float64, requires_grad=True).unbind()
    assert torch.autograd.gradcheck(gaussian_log_prob, (z, mu, logvar))


def test_the_density_integrates_to_one():
    z = torch.linspace(-12, 12, 4001, dtype=torch.float64)[:, None]
    mu, logvar = torch.full_like(z, 0.7), torch.full_like(z, 0.9)
    density = gaussian_log_prob(z, mu, logvar).exp()
    assert_close(torch.trapezoid(density, z[:, 0]), torch.tensor(1.0, dtype=torch.float64))


def test_its_mean_against_the_prior_is_the_kl():
    mu, logvar = torch.randn(2, 1, 3, dtype=torch.float64)
    many_mu, many_logvar = mu.expand(100_003, -1), logvar.expand(100_003, -1)
    z = Sampling()(many_mu, many_logvar)
    zero = torch.zeros_like(z)
    ratio = gaussian_log_prob(z, many_mu, many_logvar) - gaussian_log_prob(z, zero, zero)
    error = ratio.std() / len(z) ** 0.5
    assert abs(ratio.mean() - kl_divergence(mu, logvar)[0]) < 6 * error


def test_half_precision_gives_float32():
    half = torch.zeros(7, 3, dtype=torch.bfloat16)
    assert gaussian_log_prob(half, half, half).dtype == torch.float32


def test_log_prob_refuses_unequal_shapes():
    with pytest.raises(ValueError, match=r"z and mu must have one shape, got \(5, 3\) and \(7, 3"):
        gaussian_log_prob(torch.zeros(5, 3), torch.zeros(7, 3), torch.zeros(7, 3))
