"""Acts 4, 5, 7 and 8: why an encoder, one knob, from the prior, the clinic. And all in tabs."""

import math
import re
from itertools import pairwise

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from test_stage import WCAG
from torch.testing import assert_close

from vaelib import kl_divergence, load_mnist
from vaelib.bugs import BUGS, load_clinic
from vaelib.stage.data import stored_models

pytestmark = pytest.mark.slow
ACTS = ["all"]


def act(page, number):
    """The act in its tab."""
    page.locator(f'[aria-controls="act-{number}"]').click()
    return page.locator(f'[role="tabpanel"][data-act="{number}"]')


@pytest.fixture
def page(visit):
    return visit(reduced_motion="reduce")


def test_z_of_the_prior_explain_an_image_badly(page):
    """What a thousand z say, against vaelib's numbers of the same z."""
    host = act(page, 4)
    host.locator(".throw").last.click()
    page.wait_for_function(
        "() => document.querySelector('#act-4').stage.state.found.exact !== undefined"
    )
    found = host.evaluate("(host) => host.stage.state.found")
    assert found["prior"] < found["exact"] - 50
    assert 0 < found["exact"] - found["elbo"] < 15
    image = torch.tensor(host.evaluate("(host) => [...host.stage.images[0]]"))[None]
    with torch.no_grad():
        model = stored_models()["wide"]
        mu, logvar = model.encoder(image)
        z = torch.tensor(host.evaluate("(host) => host.stage.state.drawn"))
        rate = kl_divergence(mu, logvar).item()
        assert_close(
            ((z - mu) / (0.5 * logvar).exp()).std(dim=0), torch.ones(20), atol=0.14, rtol=0
        )
        logits = model.decoder(z)
        cost = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, image.expand(1000, -1), reduction="none"
        ).sum(dim=1)
        prior = -0.5 * (z**2).sum(dim=1)
        own = -0.5 * (((z - mu) ** 2 / logvar.exp()) + logvar).sum(dim=1)
        exact = torch.logsumexp(prior - own - cost, dim=0).item() - math.log(1000)
    assert found["rate"] == pytest.approx(rate, abs=0.01)
    assert found["elbo"] == pytest.approx(-cost.mean().item() - rate, abs=0.05)
    assert found["exact"] == pytest.approx(exact, abs=0.05)
    told = host.locator(".told").inner_text()
    assert told.startswith("You said more than a page can try.")
    assert f"exp({rate:.1f}) tries" in told
    shown = [float(x) for x in re.findall(r"\d+\.\d", host.locator(".levels").inner_text())]
    assert shown == pytest.approx([-found[name] for name in ("prior", "exact", "elbo")], abs=0.051)
    assert f"lie {shown[2] - shown[1]:.1f} nats" in told, "as the digits shown say"


def test_the_knob_moves_along_the_curve(page):
    host = act(page, 5)
    points = page.evaluate("() => window.VAE_STAGE_POINTS.knob")
    betas = [point["beta"] for point in points]
    assert betas == sorted(betas) and betas[-1] == 784
    rates = [point["rate"] for point in points]
    assert rates == sorted(rates, reverse=True)
    # between two points the curve is about as steep as their betas say
    for one, other in pairwise(points):
        if one["rate"] > 1:
            slope = (other["distortion"] - one["distortion"]) / (one["rate"] - other["rate"])
            assert 0.3 * one["beta"] < slope < 2 * other["beta"], (one["beta"], slope)
    for i, point in enumerate(points):
        host.locator(".beta").fill(str(i))
        said = host.locator(".told").inner_text()
        assert f"Rate {point['rate']:.1f} nats, distortion {point['distortion']:.1f}" in said
        assert ("the codes say nothing" in said) == (point["rate"] < 0.5)


def test_draws_of_the_prior_are_moved_and_decoded(page):
    host = act(page, 7)
    state = "(host) => host.stage.state"
    z = torch.tensor(host.evaluate(state)["z"])
    codes, _ = stored_models()["flat"].encoder(load_mnist()[1][0])
    near = torch.cdist(z, codes.detach()).amin(dim=1) < 0.2
    assert f"{int(near.sum())} of 12" in host.locator(".told").inner_text()
    before = host.locator(".twelve canvas.right").evaluate("(canvas) => canvas.toDataURL()")
    host.locator(".map").click(position={"x": 25, "y": 25})
    after = host.locator(".twelve canvas.right").evaluate("(canvas) => canvas.toDataURL()")
    assert after != before
    moved = host.evaluate(state)
    x, y = moved["z"][moved["last"]]
    assert (x, y) == pytest.approx((-3, 3), abs=0.1)
    host.locator(".map").press("ArrowRight")
    assert host.evaluate(state)["z"][moved["last"]][0] == pytest.approx(x + 0.1)


@pytest.mark.parametrize(
    "number, answer",
    [
        (3, "softplus and exp have a slope above 0"),
        (5, r"the last model that speaks has beta \d+, the next \d+"),
        (6, "look at its curve"),
        (7, r"Within 0.2 of one: \d+ of 12"),
    ],
)
def test_a_guess_counts_once_and_is_answered(page, number, answer):
    host = act(page, number)
    buttons = host.locator(".guess button")
    first = buttons.first.inner_text()
    for button in buttons.all():
        button.click()
    said = host.locator(".guess [role=status]").inner_text()
    assert said.startswith(f"You said {first}. ")
    assert re.search(answer, said)


def test_every_patient_of_the_clinic_gets_a_verdict(page):
    host = act(page, 8)
    seen = set()
    for turn in range(len(BUGS)):
        state = host.evaluate("(host) => host.stage.state")
        patient = BUGS[state["patient"]]
        assert len(set(state["suspects"])) == 4 and state["patient"] in state["suspects"]
        right = state["suspects"].index(state["patient"])
        host.locator(".suspects button").nth(right if turn % 2 else (right + 1) % 4).click()
        host.locator(".suspects button").nth(right).click()  # too late
        said = host.locator(".told").inner_text()
        assert said.startswith("Yes" if turn % 2 else "No, ")
        assert all(text in said for text in (patient.name, patient.seen, patient.line))
        seen.add(patient.name)
        host.locator(".again").click()
    assert seen == {bug.name for bug in BUGS}, "all, before one comes again"
    assert "You: 6 of 12." in host.locator(".score").inner_text()


def test_patients_are_told_apart_by_what_they_show(page):
    bank = page.evaluate("() => window.VAE_STAGE_POINTS.clinic")
    print(f"numbers alone find {bank['found']} of {bank['of']} second patients")
    assert bank["found"] == bank["of"] == len(BUGS) + 1
    assert [patient["name"] for patient in bank["patients"]] == [bug.name for bug in BUGS]
    # as the bank of bugs says of them
    of = {patient["name"]: patient for patient in bank["patients"]}
    assert of["z drawn without a gradient"]["kl"] < 1
    assert of["logvar missing from the KL"]["sigma"] < 0.1 < bank["healthy"]["sigma"]
    assert of["std detached"]["sigma"] == pytest.approx(1, abs=0.1)
    assert [name for name, patient in of.items() if patient["same"]] == ["no noise"]
    assert of["KL divided by the pixels"]["kl"] > 100


def test_the_clinic_is_that_of_the_chapter(page):
    """As well trained: none of its patients is ill for want of epochs."""
    bank = page.evaluate("() => window.VAE_STAGE_POINTS.clinic")
    for shown, kept in zip(
        (bank["healthy"], *bank["patients"]), load_clinic().values(), strict=True
    ):
        assert shown["loss"] == pytest.approx(kept.loss.tolist(), rel=0.05)
        # of a model that has collapsed, what is left of the KL differs from machine to machine
        for name, by in (("reconstruction", 1), ("kl", 0.5), ("sigma", 0.02)):
            assert shown[name] == pytest.approx(getattr(kept, name), rel=0.1, abs=by), name


def test_tabs_are_walked_by_keyboard_and_linked(page):
    tabs = page.locator('[role="tab"]')
    assert tabs.count() == 10
    tabs.first.focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    assert page.locator('[role="tabpanel"]:visible').get_attribute("id") == "act-9"
    page.keyboard.press("ArrowRight")
    assert page.locator('[role="tabpanel"]:visible').get_attribute("id") == "act-0"
    page.evaluate("() => { location.hash = 'act=5&beta=0'; }")
    page.wait_for_timeout(100)
    assert page.locator('[role="tabpanel"]:visible').get_attribute("id") == "act-5"
    assert "1/20" in page.locator("#act-5 .dial output").inner_text()


# What a reader of each act does, and which sentence changes for those who do not see the picture.
DONE = {
    0: ("click", ".next", ".live"),
    1: ("press Enter", ".map", ".live"),
    2: ("fill 3", ".noise", ".said"),
    3: ("fill -2", ".raw", ".said"),
    4: ("click", ".throw >> nth=0", ".told"),
    5: ("fill 0", ".beta", ".told"),
    6: ("select 3", "select", ".watch"),
    7: ("click", ".again", ".told"),
    8: ("click", ".suspects button >> nth=0", ".told"),
    9: ("click", ".z button", ".z .verdict"),
}


@pytest.mark.parametrize("number", DONE)
def test_an_act_says_what_changed_in_few_words(page, number):
    host, (what, where, status) = act(page, number), DONE[number]
    words = len(re.findall(r"\w+", host.inner_text()))
    print(f"act {number}: {words} words")
    assert words <= 150
    before = host.locator(status).text_content()
    kind, _, value = what.partition(" ")
    part = host.locator(where)
    {
        "click": part.click,
        "fill": lambda: part.fill(value),
        "press": lambda: part.press(value),
        "select": lambda: part.select_option(value),
    }[kind]()
    page.wait_for_function(
        "([number, status, before]) => { const said = document.querySelector("
        "`#act-${number} ${status}`).textContent; return said && said !== before; }",
        arg=[number, status, before],
    )
    assert host.locator(status).get_attribute("role") == "status"


@pytest.mark.parametrize("theme, width", [("light", 360), ("dark", 768)])
def test_they_are_accessible_and_fit(visit, theme, width):
    page = visit(reduced_motion="reduce", viewport={"width": width, "height": 800})
    page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    for number in range(10):
        host = act(page, number)
        for button in host.locator(".suspects button").all()[:1]:
            button.click()
        result = Axe().run(page, context=f"#act-{number}", options=WCAG).response
        found = [(v["id"], [n["target"] for n in v["nodes"]]) for v in result["violations"]]
        assert found == []
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), number
    assert not re.search("undefined|NaN", page.locator(".app").first.inner_text())
