"""Act 6: the page trains as torch does, in a worker, and stays responsive."""

import json
import re

import pytest
import torch
from stage_page import stage

from vaelib import VAE, kl_loss, load_mnist, reconstruction_loss

pytestmark = pytest.mark.slow
ACTS = [6]
LAYERS = ("features", "mu", "logvar", "code", "logits")


def layers(model):
    """A model's weights by the page's names; `features` has a row for each pixel there."""
    of = (
        model.encoder.hidden,
        model.encoder.mu,
        model.encoder.logvar,
        model.decoder.hidden,
        model.decoder.logits,
    )
    found = {}
    for name, layer in zip(LAYERS, of, strict=True):
        weight = layer.weight.T if name == "features" else layer.weight
        found[name], found[f"{name}Bias"] = weight.detach().flatten(), layer.bias.detach()
    return {name: value.tolist() for name, value in found.items()}


def torch_step(model, optimizer, x, eps, beta, noise, exponent):
    mu, logvar = model.encoder(x)
    z = mu + noise * (exponent * logvar).exp() * eps
    reconstruction, kl = reconstruction_loss(model.decoder(z), x).mean(), kl_loss(mu, logvar)
    optimizer.zero_grad()
    (reconstruction + beta * kl).backward()
    optimizer.step()
    return [reconstruction.item(), kl.item()]


@pytest.mark.parametrize(
    "batch, beta, noise, exponent", [(128, 1.0, 1.0, 0.5), (24, 2.0, 0.5, 1.0)]
)
def test_ten_steps_are_those_of_torch(visit, batch, beta, noise, exponent):
    """In float64, where rounding does not hide a mistake: Adam makes much of small gradients."""
    (images, _), _ = load_mnist()
    model = VAE(hidden=128, latent_dim=2).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    batches = (images[: 10 * batch].view(10, batch, 784) * 255).round() / 255
    noises = torch.randn(10, batch, 2, dtype=torch.float64)
    page = visit()
    found = stage(
        page,
        """({ learner }, given) => {
            const { weights, rule, batches, noises } = JSON.parse(given);
            for (const name in weights) weights[name] = Float64Array.from(weights[name]);
            const model = learner(weights, rule);
            const costs = batches.map((batch, i) => {
                const images = batch.map((row) => row.map((value) => value / 255));
                const cost = model.step(images, noises[i]);
                return [cost.reconstruction, cost.kl];
            });
            for (const name in weights) weights[name] = [...weights[name]];
            return JSON.stringify({ costs, weights });
        }""",
        json.dumps(
            {
                "weights": layers(model),
                "rule": {"beta": beta, "noise": noise, "exponent": exponent},
                "batches": (batches * 255).round().int().tolist(),
                "noises": noises.flatten(1).tolist(),
            }
        ),  # a text: Playwright takes seconds over a hundred thousand numbers
    )
    found = json.loads(found)
    costs = [
        torch_step(model, optimizer, x.double().mul(255).round() / 255, eps, beta, noise, exponent)
        for x, eps in zip(batches, noises, strict=True)
    ]
    torch.testing.assert_close(torch.tensor(found["costs"]), torch.tensor(costs))
    for name, weights in layers(model).items():
        right = torch.tensor(weights)
        torch.testing.assert_close(torch.tensor(found["weights"][name]), right, atol=1e-4, rtol=0)


def test_a_run_can_be_stepped_paused_and_begun_again(visit):
    page = visit()
    cost = page.locator(".cost")
    page.wait_for_function("() => document.querySelector('.cost').textContent.startsWith('Step 0')")
    page.get_by_role("button", name="One step").click()
    page.wait_for_function(
        "() => document.querySelector('.cost').textContent.startsWith('Step 1:')"
    )
    first = cost.inner_text()
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_function("() => document.querySelector('.vae-stage').stage.state.step >= 21")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Train", exact=True).wait_for()
    stopped = cost.inner_text()
    page.wait_for_timeout(1000)
    assert cost.inner_text() == stopped
    history = stage(page, "({ state }) => state")
    # the KL overshoots within the first steps, and the reconstruction falls
    assert history["kl"][0] < 1 < max(history["kl"][:20])
    step = history["kl"].index(max(history["kl"][:20])) + 1
    assert f"highest in step {step}: {max(history['kl'][:20]):.1f} nats" in stopped
    assert history["reconstruction"][-1] < 0.8 * history["reconstruction"][0]
    page.get_by_role("button", name="Restart").click()
    page.wait_for_function("() => document.querySelector('.cost').textContent.startsWith('Step 0')")
    page.get_by_role("button", name="One step").click()
    page.wait_for_function(
        "() => document.querySelector('.cost').textContent.startsWith('Step 1:')"
    )
    assert cost.inner_text() == first


def test_a_bug_changes_the_run_and_says_what_to_watch(visit):
    page = visit()
    page.locator("select").select_option(label="reconstruction averaged over pixels")
    assert "KL counts 784 times" in page.locator(".watch").inner_text()
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_function("() => document.querySelector('.vae-stage').stage.state.step >= 20")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Train", exact=True).wait_for()
    said = page.locator(".cost").inner_text()
    assert float(re.findall(r"KL ([\d.]+)", said)[0]) < 0.5
