"""Acts 1 to 3: whose Gaussian, what survives the noise, why a logarithm."""

import math
import re

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from test_stage import WCAG

from vaelib import Sampling, load_mnist
from vaelib.stage.data import stored_models

pytestmark = pytest.mark.slow
ACTS = [1, 2, 3]


def numbers(text):
    return [float(x) for x in re.findall(r"\d+\.?\d*", text.replace("1,000", ""))]


@pytest.fixture
def page(visit):
    return visit(reduced_motion="reduce")


def test_the_second_image_is_shown_after_a_guess_only(page):
    act = page.locator('[data-act="1"]')
    act.locator(".look").click()
    assert act.locator(".told").inner_text() == "First put your cross on the map."
    act.locator(".map").click(position={"x": 60, "y": 90})
    before = act.locator(".map").evaluate("(canvas) => canvas.toDataURL()")
    act.locator(".look").click()
    assert "Two images of one digit have two Gaussians" in act.locator(".told").inner_text()
    assert act.locator(".map").evaluate("(canvas) => canvas.toDataURL()") != before
    guess = act.evaluate("(host) => host.stage.state.guess")
    act.locator(".map").click(position={"x": 20, "y": 20})
    assert act.evaluate("(host) => host.stage.state.guess") == guess  # committed


def test_the_guess_can_be_made_by_keyboard(page):
    act = page.locator('[data-act="1"]')
    act.locator(".map").focus()
    for key in ("ArrowLeft", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    assert act.evaluate("(host) => host.stage.state.guess") == [-0.2, 0.2]
    assert act.locator(".told").inner_text() == act.locator(".live").inner_text()


def test_one_gaussian_for_all_costs_no_kl_and_the_whole_image(page):
    act = page.locator('[data-act="1"]')
    own = numbers(act.locator(".cost").inner_text())
    act.locator(".same").check()
    same = numbers(act.locator(".cost").inner_text())
    assert same[1] == 0 and same[0] > 1.3 * own[0]
    for rec, kl, total, *mean in (own, same):
        assert round(rec + kl, 1) == total
        assert round(mean[0] + mean[1], 1) == mean[2]
    # what the sentence on all images says is what the build measured
    cost = page.evaluate("() => window.VAE_STAGE_MODELS.cost")
    assert own[3:5] == [round(cost["own"], 1), round(cost["kl"], 1)]
    assert own[6:] == [round(cost["mean"], 1), 0]


def test_zooming_out_adds_up_to_the_variance_of_all_z(page):
    """The parts of image A, of its digit and of all, beside the spread of z drawn by torch."""
    act = page.locator('[data-act="1"]')
    _, (images, labels) = load_mnist()
    with torch.no_grad():
        mu, logvar = stored_models()["flat"].encoder(images)
    threes = (labels == 3).nonzero()[:, 0]
    act.locator(".zoom").focus()
    maps = set()
    for stop, rows in enumerate((threes[:1], threes, torch.arange(1000))):
        if stop:
            page.keyboard.press("ArrowRight")
        said = act.locator(".total").inner_text()
        parts, *wide = re.findall(
            r"([\d.]+) between images \+ ([\d.]+) within one = ([\d.]+\d)", said
        )
        between, within, total = map(float, parts)
        assert round(between + within, 2) == total
        z = torch.cat([Sampling()(mu[rows], logvar[rows]) for _ in range(40_000 // len(rows))])
        spread = z.var(dim=0)
        assert total == pytest.approx(spread.mean().item(), rel=0.03, abs=0.01)
        assert between == pytest.approx(mu[rows].var(dim=0, correction=0).mean().item(), abs=0.006)
        assert within == pytest.approx(logvar[rows].exp().mean().item(), abs=0.006)
        ring = act.evaluate("(host) => [...host.stage.state.crowd.logvar]")
        assert torch.tensor(ring).exp().tolist() == pytest.approx(spread.tolist(), rel=0.05)
        maps.add(act.locator(".map").evaluate("(canvas) => canvas.toDataURL()"))
        bar, *colours = (
            act.locator(part).bounding_box()["width"] for part in (".bar", ".between", ".within")
        )
        assert colours[0] / (bar - 2) == pytest.approx(between / 1.27, abs=0.02)
        assert len(wide) == (stop == 2), "the sum of the larger model ends it"
    assert len(maps) == 3
    kept = page.evaluate("() => window.VAE_STAGE_MODELS")
    assert wide[0][:2] == (f"{kept['between']:.2f}", f"{kept['within']:.2f}")
    assert act.locator(".zoom").get_attribute("aria-valuetext") == "all 1,000 images"
    assert act.locator(".total").get_attribute("role") == "status"


def test_fingers_guess_and_drag(visit):
    page = visit(reduced_motion="reduce", has_touch=True, viewport={"width": 390, "height": 844})
    act = page.locator('[data-act="1"]')
    act.locator(".map").tap(position={"x": 40, "y": 60})
    guess = act.evaluate("(host) => host.stage.state.guess")
    assert guess == pytest.approx([-2, 1], abs=0.1)
    act.locator(".look").tap()
    assert "from your cross" in act.locator(".told").inner_text()
    for canvas in (".sheet", ".map.guess"):  # a finger draws or drags, and does not scroll
        for found in page.locator(canvas).all():
            assert found.evaluate("(c) => getComputedStyle(c).touchAction") == "none"
    page.locator(".five button").first.tap()
    assert page.locator(".five .right").count() == 1


def test_the_game_counts_and_the_densities_find_the_image(page):
    act = page.locator('[data-act="2"]')
    for turn in range(10):
        own = act.evaluate("(host) => host.stage.state.own")
        choice = own if turn % 2 else (own + 1) % 5
        act.locator(".five button").nth(choice).click()
        act.locator(".five button").nth(own).click()  # too late
        said = act.locator(".told").inner_text()
        assert said.startswith("Yes" if turn % 2 else f"No: it is from image {own + 1}")
        act.locator(".again").click()
    assert act.evaluate("(host) => host.stage.state.right") == 5
    assert act.evaluate("(host) => host.stage.state.machine") >= 9


def test_noise_dial_and_plug(page):
    act = page.locator('[data-act="2"]')

    def pictures():
        return [act.locator(f".z{i}").evaluate("(canvas) => canvas.toDataURL()") for i in range(3)]

    act.locator(".noise").fill("0")
    assert len(set(pictures())) == 1  # without noise, z is mu
    act.locator(".noise").fill("3")
    assert len(set(pictures())) == 3
    assert not act.locator(".mean").is_visible()
    act.locator(".plug").check()
    assert act.locator(".mean").is_visible()
    assert "z knows nothing of the image" in act.locator(".said").inner_text()


def test_the_price_of_the_noise_is_what_the_law_says(page):
    price = page.evaluate("() => window.VAE_STAGE_MODELS.price")
    predicted, measured = sum(price["predicted"]), sum(price["measured"])
    print(f"noise: {predicted:.2f} nats predicted, {measured:.2f} measured")
    assert abs(measured / predicted - 1) < 0.15
    act = page.locator('[data-act="2"]')
    act.locator("summary").click()
    assert f"{predicted:.1f} nats predicted, {measured:.1f}" in act.locator(".priced").inner_text()


@pytest.mark.parametrize("raw", [-6, -1, 0, 2.5])
def test_three_ways_to_a_sigma(page, raw):
    act = page.locator('[data-act="3"]')
    act.locator(".raw").fill(str(raw))
    softplus = math.log1p(math.exp(raw))
    for name, sigma in (("relu", max(0, raw)), ("softplus", softplus), ("exp", math.exp(raw / 2))):
        said = act.locator(f".{name} span").inner_text()
        assert numbers(said)[0] == pytest.approx(sigma, rel=0.06)
        if sigma:
            kl = 0.5 * (sigma**2 - 1) - math.log(sigma)
            assert numbers(said)[2] == pytest.approx(kl, abs=0.01)
        else:
            assert "infinite" in said


@pytest.mark.parametrize("theme, width", [("light", 360), ("dark", 1280)])
def test_they_are_accessible_and_fit(visit, theme, width):
    page = visit(reduced_motion="reduce", viewport={"width": width, "height": 800})
    page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    page.locator(".plug").check()
    page.locator("summary").click()
    result = Axe().run(page, options=WCAG).response
    assert [violation["id"] for violation in result["violations"]] == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
