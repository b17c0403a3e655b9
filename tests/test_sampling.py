"""The contract of Sampling: the right distribution, fresh noise, the right gradients."""

import math

import pytest
import torch
from torch.testing import assert_close

from vaelib import Sampling

# Every element has its own mean and scale, so that no two of them can be mixed up.
MU = torch.linspace(-3, 10, 21).reshape(7, 3)
LOGVAR = torch.linspace(2, -6, 21).reshape(7, 3)
SIGMA = torch.exp(0.5 * LOGVAR)


@pytest.fixture(scope="module")
def draws():
    """10,007 calls, shape (calls, 7, 3)."""
    torch.manual_seed(1)
    layer = Sampling()
    return torch.stack([layer(MU, LOGVAR) for _ in range(10_007)])


def test_mean_is_mu(draws):
    standard_error = SIGMA / math.sqrt(len(draws))
    assert ((draws.mean(0) - MU).abs() < 6 * standard_error).all()


def test_standard_deviation_is_exp_of_half_logvar(draws):
    standard_error = SIGMA / math.sqrt(2 * len(draws))
    assert ((draws.std(0) - SIGMA).abs() < 6 * standard_error).all()


def test_all_elements_together_are_standard_normal_to_a_percent(draws):
    eps = ((draws - MU) / SIGMA).double()
    assert eps.mean().abs() < 6 / math.sqrt(eps.numel())
    assert (eps.std() - 1).abs() < 6 / math.sqrt(2 * eps.numel())


@pytest.mark.parametrize(("sigmas", "share"), [(1, 0.682689), (2, 0.954500)])
def test_share_of_draws_within_sigmas_is_the_normal_one(draws, sigmas, share):
    inside = ((draws - MU).abs() < sigmas * SIGMA).double().mean(0)
    standard_error = math.sqrt(share * (1 - share) / len(draws))
    assert ((inside - share).abs() < 6 * standard_error).all()


def test_elements_are_independent_within_a_call_and_from_call_to_call(draws):
    flat = draws.flatten(1).double()
    variables = torch.cat([flat[:-1], flat[1:]], dim=1)
    correlations = torch.corrcoef(variables.T) - torch.eye(variables.shape[1])
    assert correlations.abs().max() < 6 / math.sqrt(len(flat))


@pytest.mark.parametrize("training", [True, False])
def test_noise_is_fresh_for_every_element_on_every_call(training):
    layer = Sampling().train(training)
    z = torch.stack([layer(torch.zeros(7, 3), torch.zeros(7, 3)) for _ in range(2)])
    assert z.unique().numel() == 2 * 7 * 3


def test_logvar_is_twice_the_log_of_sigma():
    mu = torch.zeros(7, 3, dtype=torch.float64)
    torch.manual_seed(2)
    sigma_1 = Sampling()(mu, torch.zeros_like(mu))
    torch.manual_seed(2)
    sigma_2 = Sampling()(mu, torch.full_like(mu, math.log(4)))
    assert_close(sigma_2, 2 * sigma_1)


def test_tiny_variance_gives_mu():
    mu = MU.double()
    z = Sampling()(mu, torch.full_like(mu, -40.0))
    assert_close(z, mu, rtol=0, atol=10 * math.exp(-20))  # ten sigma


def test_each_row_keeps_its_own_mu_in_any_memory_layout():
    nothing = torch.full((7, 3), -80.0)  # sigma 4e-18: below the rounding of mu
    transposed = MU.T.contiguous().T
    assert_close(Sampling()(transposed, nothing), MU, rtol=0, atol=1e-16)
    one_row = MU[:1].expand(7, 3)
    assert_close(Sampling()(one_row, nothing), MU[:1].repeat(7, 1), rtol=0, atol=1e-16)


def test_gradients_by_value():
    mu, logvar = (t.double().requires_grad_() for t in (MU, LOGVAR))
    z = Sampling()(mu, logvar)
    weights = torch.randn(7, 3, dtype=torch.float64)  # unequal, so that no element can swap
    z.backward(weights)
    assert_close(mu.grad, weights)
    assert_close(logvar.grad, 0.5 * weights * (z - mu).detach())


def test_gradcheck_with_the_noise_held_fixed():
    def draw(mu, logvar):
        torch.manual_seed(3)
        return Sampling()(mu, logvar)

    assert torch.autograd.gradcheck(draw, [t.double().requires_grad_() for t in (MU, LOGVAR)])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_shape_and_dtype_are_those_of_mu(dtype):
    z = Sampling()(MU.to(dtype), LOGVAR.to(dtype))
    assert z.shape == (7, 3)
    assert z.dtype == dtype
    assert z.isfinite().all()


def test_device_is_that_of_mu():
    z = Sampling()(MU.to("meta"), LOGVAR.to("meta"))
    assert z.device.type == "meta"
    assert z.shape == (7, 3)


def test_one_image_and_one_dimension_will_do():
    assert Sampling()(torch.zeros(1, 1), torch.zeros(1, 1)).shape == (1, 1)


def test_manual_seed_reproduces_the_draw():
    def draw(seed):
        torch.manual_seed(seed)
        return Sampling()(MU, LOGVAR)

    assert torch.equal(draw(4), draw(4))
    assert not torch.equal(draw(4), draw(5))


def test_inputs_stay_as_they_were():
    mu, logvar = MU.clone(), LOGVAR.clone()
    Sampling()(mu, logvar).add_(1)  # z must not share memory with an input either
    assert torch.equal(mu, MU)
    assert torch.equal(logvar, LOGVAR)


def test_bad_input_is_refused_by_name(refuses):
    refuses(Sampling(), "mu", "logvar")
