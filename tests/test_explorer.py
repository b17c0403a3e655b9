"""The explorer in a real Chromium, from a file, with every request refused: against vaelib."""

import json
import re

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from torch.testing import assert_close

from vaelib import VAE, Sampling, fit, gaussian_log_prob, kl_divergence, reconstruction_loss
from vaelib.bugs import BUGS, Draw, train, true_cost
from vaelib.explorer import Explorer

pytestmark = pytest.mark.slow

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Explorer</title>
<meta name="viewport" content="width=device-width"></head>
<body style="margin: 8px; font-family: sans-serif"><main>{}</main></body></html>"""
PANELS = ["pick", "noise", "logvar", "walk", "prior", "own"]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


@pytest.fixture(scope="module")
def originals(digits):
    """A right VAE, an autoencoder and a bug, as in the chapter, but trained in a moment."""
    (images, _), _ = digits
    size = {"hidden": 128, "latent_dim": 2}
    torch.manual_seed(0)
    plain = VAE(**size)
    plain.sampling = Draw(lambda mu, logvar: mu)
    fit(plain, images, epochs=10, beta=0.0, progress=False)
    return {
        "right": train(None, images, 0, 5, **size)[0],
        "autoencoder": plain,
        BUGS[1].name: train(BUGS[1], images[:500], 0, 5, **size)[0],
    }


@pytest.fixture(scope="module")
def explorer(originals, digits):
    _, (images, labels) = digits
    return Explorer(originals, images, labels)


@pytest.fixture(scope="module")
def html(explorer):
    return explorer._repr_html_()


@pytest.fixture(scope="module")
def address(html, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "explorer.html"
    path.write_text(PAGE.format(html), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def visit(browser):
    """Open an address; at the end, no error and no request but for the page itself was seen."""
    contexts, wrong = [], []

    def open_page(address, **options):
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda request: request.url.startswith((address, "data:")) or wrong.append(request.url),
        )
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def page(visit, address):
    return visit(address, viewport={"width": 900, "height": 1000})


def run(page, script, argument=None):
    """Evaluate a function of (explorer, argument) in the page."""
    return page.evaluate(
        f"(argument) => ({script})(document.querySelector('.vaelib-explorer').explorer, argument)",
        argument,
    )


def state(page, name):
    return run(page, f"(explorer) => explorer.state.{name}")


def view(page):
    """The map's size in pixels; half its width in units of z; its centre, two numbers."""
    return run(page, "({ scene: { size, view } }) => [size, view.half, ...view.centre]")


def settle(page):
    """Wait until what was changed is drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def open_panel(page, name):
    page.locator(f"#tab-{name}").click()
    settle(page)


def drag_to(page, name, value):
    """Move a slider to a value, as a hand does: by many input events."""
    page.locator(f"#{name}").evaluate(
        "(slider, value) => { for (const at of [slider.min, slider.max, value]) {"
        "slider.value = at; slider.dispatchEvent(new Event('input', { bubbles: true })); } }",
        value,
    )
    settle(page)


def numbers(text):
    """Return the numbers in a text of the page."""
    return [float(found) for found in re.findall(r"-?\d+\.\d+", text.replace("\u2212", "-"))]


def ink(page, selector):
    """Return the pixels that canvases show, shape (canvases, 784)."""
    return torch.tensor(
        page.locator(selector).evaluate_all(
            """(all) => all.map((canvas) =>
                [...canvas.getContext("2d").getImageData(0, 0, 28, 28).data]
                    .filter((_, i) => i % 4 == 3).map((alpha) => alpha / 255))"""
        )
    )


def text(page, selector):
    return page.locator(selector).inner_text()


@torch.no_grad()
def gaussian(explorer, name, index):
    """Mu and logvar of one image, by vaelib."""
    return tuple(
        part[0] for part in explorer.models[name].encoder(explorer.images[index : index + 1])
    )


@torch.no_grad()
def attempt(explorer, name, index, z):
    """What decoding z costs for an image, and the image that z points back to, by vaelib."""
    model, z = explorer.models[name], torch.tensor(z)[None]
    cost = reconstruction_loss(model.decoder(z), explorer.images[index : index + 1]).item()
    mu, logvar = model.encoder(explorer.images[:200])
    return cost, gaussian_log_prob(z.expand_as(mu), mu, logvar).argmax().item()


# ---- Weight and speed


def test_five_models_stay_under_two_megabytes(digits):
    models = {f"a model with a name, the {k}th": VAE(hidden=128, latent_dim=2) for k in range(5)}
    html = Explorer(models, *digits[1])._repr_html_()
    print(f"{len(html.encode()) / 1e6:.2f} MB")
    assert len(html.encode()) < 2_000_000


def test_a_decode_takes_less_than_4_milliseconds(page):
    times = run(
        page,
        """({ models, decode }) => Array.from({ length: 50 }, (_, k) => {
            const start = performance.now();
            for (let n = 0; n < 5; n++) decode(models[0].layers, [k / 50, n]);
            return (performance.now() - start) / 5;
        })""",
    )
    print(f"a decode takes {sorted(times)[25]:.2f} ms")
    assert sorted(times)[25] < 4


@pytest.mark.parametrize("slider", ["noise", "logvar"])
def test_a_slider_redraws_without_visible_lag(page, slider):
    open_panel(page, slider)
    times = page.locator(f"#{slider}").evaluate(
        """async (slider) => {
            const times = [];
            for (let k = 0; k < 15; k++) {
                slider.value = Number(slider.min) + k / 10;
                slider.dispatchEvent(new Event("input", { bubbles: true }));
                await new Promise(requestAnimationFrame); // the one in which it is drawn
                const start = performance.now();
                await new Promise((done) => setTimeout(done));
                times.push(performance.now() - start);
            }
            return times.sort((a, b) => a - b);
        }"""
    )
    print(f"{slider}: a step takes {times[7]:.0f} ms")
    assert times[7] < 50


# ---- Parity


def test_javascript_computes_what_torch_computes(page, explorer, originals):
    z = torch.cat([torch.randn(20, 2), 3 * torch.randn(20, 2)])
    images = explorer.images[:60]
    shown = {"mu": 0.0, "logvar": 0.0, "pixel": 0.0}
    rounded = dict(shown)
    for k, name in enumerate(originals):
        found = run(
            page,
            """({ models, images, encode, decode, sigmoid }, [k, z]) => ({
                codes: images.slice(0, 60).map((image) => {
                    const { mu, logvar } = encode(models[k].layers, image);
                    return [...mu, ...logvar];
                }),
                pixels: z.map((point) => [...sigmoid(decode(models[k].layers, point))]),
            })""",
            [k, z.tolist()],
        )
        codes = torch.tensor(found["codes"])
        page_says = {
            "mu": codes[:, :2],
            "logvar": codes[:, 2:],
            "pixel": torch.tensor(found["pixels"]),
        }
        for kept, model in ((shown, explorer.models[name]), (rounded, originals[name])):
            with torch.no_grad():
                mu, logvar = model.encoder(images)
                truth = {"mu": mu, "logvar": logvar, "pixel": torch.sigmoid(model.decoder(z))}
            for what, value in truth.items():
                kept[what] = max(kept[what], (page_says[what] - value).abs().max().item())
    print("JavaScript against torch:", {what: f"{value:.1e}" for what, value in shown.items()})
    print("rounded against original:", {what: f"{value:.3f}" for what, value in rounded.items()})
    assert max(shown.values()) < 1e-4
    assert rounded["mu"] < 0.05
    assert rounded["logvar"] < 0.05
    assert rounded["pixel"] < 0.1
    assert rounded["pixel"] > 1e-4, "else nothing was rounded"


def test_the_images_are_the_test_images(page, explorer, digits):
    _, (images, labels) = digits
    assert_close(
        torch.tensor(run(page, "({ images }) => images.map((x) => [...x])")), explorer.images[:200]
    )
    assert run(page, "({ labels }) => labels") == explorer.labels.tolist()
    assert_close(explorer.images, images[explorer.order])
    assert_close(explorer.labels, labels[explorer.order])
    assert sorted(explorer.order.tolist()) == list(range(1000))
    assert explorer.labels[:200].tolist() == 20 * list(range(10))


# ---- The panels


def test_a_picked_digit_shows_its_own_gaussian(page, explorer):
    page.locator("#digits button[value='13']").click()
    settle(page)
    assert state(page, "picks")[0] == 13
    mu, logvar = gaussian(explorer, "right", 13)
    shown = numbers(text(page, "#picked tr:first-child"))
    truth = [*mu, *torch.exp(0.5 * logvar), kl_divergence(mu[None], logvar[None])[0]]
    assert_close(torch.tensor(shown), torch.stack(truth), rtol=0, atol=0.051)
    assert_close(torch.tensor(shown[:4]), torch.stack(truth[:4]), rtol=0, atol=0.0051)
    assert page.locator("#digits button[value='13']").get_attribute("aria-pressed") == "true"


def test_the_spreads_are_those_of_all_codes(page, explorer):
    with torch.no_grad():
        mu, logvar = explorer.models["right"].encoder(explorer.images)
    between, within = (numbers(text(page, selector)) for selector in ("#between", "#within"))
    assert_close(torch.tensor(between), mu.std(dim=0), rtol=0, atol=0.0051)
    assert_close(torch.tensor(within), torch.exp(0.5 * logvar).mean(dim=0), rtol=0, atol=0.0051)


def test_picks_are_put_back_but_for_the_last(page):
    for value in (0, 1, 4):
        page.locator(f"#digits button[value='{value}']").click()
        settle(page)
    assert state(page, "picks") == [4]
    for value in (5, 6, 7, 8, 9, 10):
        page.locator(f"#digits button[value='{value}']").click()
        settle(page)
    assert state(page, "picks") == [10, 9, 8, 7, 6, 5], "six at most, the newest first"


def test_other_digits_follow(page):
    for _ in range(10):
        page.locator("#others").click()
        settle(page)
        first = page.locator("#digits button").first
        assert first.get_attribute("aria-label").startswith("a 0")
    assert first.get_attribute("value") == "0"


def test_a_click_on_the_map_picks_the_nearest(page, explorer):
    dots = run(page, "({ scene }) => scene.dots")
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + 1 + dots[17][0], box["y"] + 1 + dots[17][1])
    settle(page)
    assert state(page, "picks")[0] == 17
    mu, _ = gaussian(explorer, "right", 17)
    size, half, x, y = view(page)
    expected = size / 2 + (mu - torch.tensor([x, y])) * torch.tensor([1, -1]) * size / (2 * half)
    assert dots[17] == pytest.approx(expected.tolist(), abs=0.1)


@pytest.mark.parametrize("swap", ["none", "eps", "z"])
@pytest.mark.parametrize("noise", [0, 1, 2.5])
def test_noise_moves_z_by_sigma_times_eps(page, explorer, noise, swap):
    open_panel(page, "noise")
    page.locator("#new-eps").click()
    drag_to(page, "noise", noise)
    page.locator(f"#swap input[value='{swap}']").check()
    settle(page)
    picks, eps = state(page, "picks"), state(page, "eps")
    order = [1, 0] if swap == "eps" else [0, 1]
    z = []
    for k in (0, 1):
        mu, logvar = gaussian(explorer, "right", picks[k])
        z.append((mu + noise * torch.exp(0.5 * logvar) * torch.tensor(eps[order[k]])).tolist())
    if swap == "z":
        z.reverse()
    for k in (0, 1):
        card = page.locator("#draws .card").nth(k)
        cost, found = attempt(explorer, "right", picks[k], z[k])
        shown = numbers(card.inner_text())
        assert shown == pytest.approx([*z[k], cost], abs=0.051)
        named = "itself" if found == picks[k] else f"a {explorer.labels[found]}"
        assert f"points back to {named}" in card.inner_text()


def test_the_share_of_draws_that_point_back(page, explorer):
    open_panel(page, "noise")
    own = state(page, "picks")[0]
    with torch.no_grad():
        mu, logvar = explorer.models["right"].encoder(explorer.images[:200])
    z = Sampling()(mu[own].expand(4000, 2), logvar[own].expand(4000, 2))
    found = torch.stack([gaussian_log_prob(p.expand_as(mu), mu, logvar).argmax() for p in z])
    shares = [(found == own).float().mean(), (found % 10 == own % 10).float().mean()]
    shown = [int(share) / 100 for share in re.findall(r"(\d+) %", text(page, "#share"))]
    assert shown == pytest.approx([share.item() for share in shares], abs=0.1)
    drag_to(page, "noise", 3)
    assert int(re.findall(r"(\d+) %", text(page, "#share"))[0]) / 100 < shown[0]


@pytest.mark.parametrize("value", [-10, -3.3, 0, 2])
def test_logvar_sets_sigma_kl_and_slope(page, explorer, value):
    open_panel(page, "logvar")
    drag_to(page, "logvar", value)
    index = state(page, "picks")[0]
    mu, logvar = gaussian(explorer, "right", index)
    leaf = torch.tensor([[float(value)]], requires_grad=True)
    kl = kl_divergence(mu[None, :1], leaf)
    kl.backward()
    sigma = torch.exp(0.5 * leaf).item()
    assert numbers(text(page, "#logvar-sigma"))[0] == pytest.approx(sigma, abs=0.0006)
    assert numbers(text(page, "#logvar-kl"))[0] == pytest.approx(kl.item(), abs=0.051)
    assert numbers(text(page, "#logvar-slope"))[0] == pytest.approx(leaf.grad.item(), abs=0.0051)
    z = (
        torch.tensor(state(page, "logvarEps")) * torch.tensor([sigma, torch.exp(0.5 * logvar[1])])
        + mu
    )
    with torch.no_grad():
        logits = explorer.models["right"].decoder(z)
    cost = reconstruction_loss(logits, explorer.images[index].expand(64, -1)).mean().item()
    assert numbers(text(page, "#logvar-reconstruction"))[0] == pytest.approx(cost, abs=0.06)
    both = kl_divergence(mu[None], torch.tensor([[value, logvar[1]]])).item()
    assert numbers(text(page, "#logvar-sum"))[0] == pytest.approx(cost + both, abs=0.06)


def test_the_encoders_own_logvar_comes_back(page, explorer):
    open_panel(page, "logvar")
    drag_to(page, "logvar", 3)
    page.locator("#own-logvar").click()
    settle(page)
    _, logvar = gaussian(explorer, "right", state(page, "picks")[0])
    assert numbers(text(page, "#logvar-value"))[0] == pytest.approx(logvar[0].item(), abs=0.0051)


def test_dragging_over_the_map_moves_z_and_the_image_follows(page, explorer):
    open_panel(page, "walk")
    box = page.locator("#map").bounding_box()
    size, half, x, y = view(page)
    page.mouse.move(box["x"] + 1 + size / 2, box["y"] + 1 + size / 2)
    page.mouse.down()
    settle(page)
    assert state(page, "z") == pytest.approx([x, y], abs=half / size)
    page.mouse.move(box["x"] + 1 + size * 0.75, box["y"] + 1 + size * 0.25, steps=5)
    settle(page)
    z = state(page, "z")
    assert z == pytest.approx([x + half / 2, y + half / 2], abs=half / size)
    page.mouse.up()
    page.mouse.move(box["x"] + 1, box["y"] + 1)
    settle(page)
    assert state(page, "z") == z, "no longer held"
    with torch.no_grad():
        pixels = torch.sigmoid(explorer.models["right"].decoder(torch.tensor([z])))
    assert_close(ink(page, "#walk-image"), pixels, rtol=0, atol=0.003)
    _, found = attempt(explorer, "right", 0, z)
    assert text(page, "#walk-points") == f"a {explorer.labels[found]}"


def test_the_densities_at_z(page, explorer):
    open_panel(page, "walk")
    page.locator("#map").press("Shift+ArrowUp")
    settle(page)
    z = torch.tensor([state(page, "z")])
    with torch.no_grad():
        mu, logvar = explorer.models["right"].encoder(explorer.images)
    aggregate = gaussian_log_prob(z.expand_as(mu), mu, logvar).exp().mean().log()
    prior = gaussian_log_prob(z, 0 * z, 0 * z)[0]
    assert numbers(text(page, "#walk-prior"))[0] == pytest.approx(prior.item(), abs=0.051)
    assert numbers(text(page, "#walk-aggregate"))[0] == pytest.approx(aggregate.item(), abs=0.051)


def test_the_model_switch_changes_costs_map_and_samples(visit, address, explorer):
    page = visit(address, reduced_motion="reduce")
    assert page.get_by_role("radio", name="right", exact=True).is_checked()
    open_panel(page, "prior")
    before = page.locator("#map").screenshot()
    for k, (name, model) in enumerate(explorer.models.items()):
        page.get_by_role("radio", name=name, exact=True).check()
        settle(page)
        torch.manual_seed(0)
        cost = true_cost(model, explorer.images)
        assert numbers(text(page, "#cost")) == pytest.approx(list(cost.values()), abs=0.051)
        assert numbers(text(page, f"#prior-costs tr:nth-child({k + 1})")) == pytest.approx(
            list(cost.values()), abs=0.051
        )
        assert text(page, "#prior-costs tr.current").startswith(name)
        with torch.no_grad():
            pixels = torch.sigmoid(model.decoder(torch.tensor(state(page, "prior"))))
        assert_close(ink(page, "#prior-images canvas"), pixels, rtol=0, atol=0.003)
        if k:
            assert page.locator("#map").screenshot() != before


def test_a_digit_of_ones_own(page, explorer):
    open_panel(page, "own")
    assert "Nothing drawn" in text(page, "#own")
    box = page.locator("#ink").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 200, steps=8)
    page.mouse.up()
    settle(page)
    own = torch.tensor([state(page, "own")])
    rows, columns = own.reshape(28, 28).sum(dim=1), own.reshape(28, 28).sum(dim=0)
    for mass in (rows, columns):
        middle = ((torch.arange(28) + 0.5) * mass).sum() / mass.sum()
        assert middle.item() == pytest.approx(14.5, abs=0.5), "where MNIST has it"
    assert 19 <= (rows > 0).sum() <= 21, "20 pixels high"
    with torch.no_grad():
        mu, logvar = explorer.models["right"].encoder(own)
    z = mu + torch.exp(0.5 * logvar) * torch.tensor([state(page, "ownEps")])
    with torch.no_grad():
        cost = reconstruction_loss(explorer.models["right"].decoder(z), own).item()
    assert numbers(text(page, "#own")) == pytest.approx([*z[0].tolist(), cost], abs=0.051)
    page.locator("#clear").click()
    settle(page)
    assert "Nothing drawn" in text(page, "#own")


# ---- For every reader


def test_by_keyboard_alone(page):
    def focused():
        return page.evaluate(
            "() => { const at = document.activeElement.shadowRoot.activeElement;"
            "return at.id || at.value || at.tagName; }"
        )

    page.keyboard.press("Tab")
    assert focused() == "0", "the models"
    page.keyboard.press("ArrowRight")
    assert run(page, "({ state, models }) => models.indexOf(state.model)") == 1
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    assert focused() == "tab-pick"
    page.keyboard.press("Tab")
    assert focused() == "panel-pick"
    page.keyboard.press("Tab")
    assert focused() == "others"
    page.keyboard.press("Tab")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert focused() == "12"
    page.keyboard.press("Space")
    settle(page)
    assert state(page, "picks")[0] == 12
    assert focused() == "12", "the focus stays"
    page.locator("#tab-pick").focus()
    for name in PANELS[1:4]:
        page.keyboard.press("ArrowRight")
        settle(page)
        assert focused() == f"tab-{name}"
        assert page.locator(f"#panel-{name}").is_visible()
    page.keyboard.press("Tab")
    assert focused() == "map"
    start, half = state(page, "z"), run(page, "({ scene }) => scene.view.half")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    settle(page)
    assert state(page, "z") == pytest.approx([start[0] + 0.02 * half, start[1] - 0.1 * half])
    outline = page.locator("#map").evaluate("(map) => getComputedStyle(map).outlineStyle")
    assert outline == "solid", "the focus is seen"


def test_keys_draw_a_digit(page):
    open_panel(page, "own")
    sheet = page.locator("#ink")
    sheet.press("Shift+ArrowLeft")
    assert state(page, "own") is None
    for _ in range(8):
        sheet.press("ArrowDown")
    settle(page)
    assert sum(state(page, "own")) > 10


def test_a_screen_reader_is_told_the_numbers(page):
    open_panel(page, "noise")
    page.wait_for_timeout(600)
    live = page.locator("[aria-live=polite]")
    costs = [numbers(card)[-1] for card in page.locator("#draws .card").all_inner_texts()]
    assert numbers(live.text_content()) == costs
    open_panel(page, "walk")
    page.locator("#map").press("ArrowUp")
    page.wait_for_timeout(600)
    assert numbers(live.text_content()) == pytest.approx(state(page, "z"), abs=0.0051)


def test_by_touch(visit, address):
    page = visit(address, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page.locator("#digits button[value='7']").tap()
    settle(page)
    assert state(page, "picks")[0] == 7
    page.locator("#tab-walk").tap()
    settle(page)
    page.locator("#map").tap(position={"x": 40, "y": 50})
    settle(page)
    size, half, x, y = view(page)
    assert state(page, "z") == pytest.approx(
        [x + (39 - size / 2) * 2 * half / size, y - (49 - size / 2) * 2 * half / size],
        abs=4 * half / size,
    )
    for target in ("#map", "#ink"):
        action = page.locator(target).evaluate("(canvas) => getComputedStyle(canvas).touchAction")
        assert action == "none", "a finger draws, and does not scroll"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_violation_of_wcag(visit, address, dark):
    page = visit(address, color_scheme="dark" if dark else "light")
    if dark:
        page.evaluate("() => { document.body.style.background = '#121212'; }")
    page.evaluate(Axe().axe_script)
    for name in PANELS:
        open_panel(page, name)
        results = page.evaluate("(tags) => axe.run({ runOnly: tags })", WCAG)
        assert results["violations"] == [], json.dumps(results["violations"], indent=1)
        checked = {rule["id"] for rule in results["passes"]}
        assert {"color-contrast", "aria-required-children", "label"} <= checked


def test_it_takes_the_theme_of_the_page_and_follows_it(visit, address):
    page = visit(address, color_scheme="light")
    app = page.locator(".app")

    def dark(script):
        page.evaluate(f"() => {{ {script} }}")
        settle(page)
        return "dark" in app.get_attribute("class").split()

    root, body = "document.documentElement", "document.body"
    assert not dark("")
    page.emulate_media(color_scheme="dark")
    assert dark("")
    assert not dark(f"{root}.dataset.theme = 'light'")
    assert dark(f"{root}.dataset.theme = 'dark'")
    assert not dark(f"delete {root}.dataset.theme; {body}.dataset.jpThemeLight = 'true'")
    assert dark(f"{body}.dataset.jpThemeLight = 'false'")
    assert not dark(f"{root}.setAttribute('theme', 'light')")
    background = app.evaluate("(app) => getComputedStyle(app).backgroundColor")
    assert background == "rgb(255, 255, 255)"


def test_at_phone_width_nothing_sticks_out(visit, address):
    page = visit(address, viewport={"width": 360, "height": 740})
    for name in PANELS:
        open_panel(page, name)
        assert page.evaluate("() => document.documentElement.scrollWidth") == 360
        out = page.locator(".app").evaluate(
            """(app) => {
                const { left, right } = app.getBoundingClientRect();
                return [...app.querySelectorAll("*")].filter((part) => {
                    const box = part.getBoundingClientRect();
                    return box.width && (box.left < left || box.right > right);
                }).map((part) => part.outerHTML);
            }"""
        )
        assert out == [], name


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_the_map_moves_unless_motion_is_unwelcome(visit, address, motion):
    page = visit(address, reduced_motion=motion)
    first = page.evaluate(
        """() => {
            const { shadowRoot } = document.querySelector(".vaelib-explorer");
            shadowRoot.querySelector("input[name=model][value='1']").click();
            return shadowRoot.getElementById("map").toDataURL();
        }"""
    )
    page.wait_for_timeout(800)
    last = page.locator("#map").evaluate("(map) => map.toDataURL()")
    assert (first == last) == (motion == "reduce")


def test_without_javascript_a_figure_with_a_caption_stands_in(visit, address):
    page = visit(address, java_script_enabled=False)
    picture = page.locator(".vaelib-explorer img")
    assert picture.is_visible()
    assert picture.bounding_box()["width"] > 400
    assert len(picture.get_attribute("alt")) > 60
    assert page.locator("figcaption").first.is_visible()
    assert page.get_by_text("Whose Gaussian?").count() == 0


def test_in_print_the_figure_comes_back(page):
    picture, app = page.locator(".vaelib-explorer img"), page.locator(".app")
    assert app.is_visible()
    assert not picture.is_visible()
    page.emulate_media(media="print")
    assert picture.is_visible()
    assert not app.is_visible()


def test_two_on_one_page_do_not_meet(visit, explorer, html, tmp_path):
    path = tmp_path / "two.html"
    path.write_text(PAGE.format(html + explorer._repr_html_()), encoding="utf-8")
    page = visit(path.as_uri())
    hosts = page.locator(".vaelib-explorer")
    ids = {hosts.nth(k).get_attribute("id") for k in (0, 1)}
    assert len(ids) == 2
    hosts.nth(1).locator("#tab-walk").click()
    hosts.nth(1).get_by_role("radio", name="autoencoder").check()
    settle(page)
    for k, (panel, model) in enumerate([("pick", "right"), ("walk", "autoencoder")]):
        found = hosts.nth(k).evaluate(
            "({ explorer: { state } }) => [state.panel, state.model.name]"
        )
        assert found == [panel, model]
        assert hosts.nth(k).locator(f"#panel-{panel}").is_visible()


# ---- What it is made from


def test_names_of_models_are_shown_as_they_are(visit, originals, digits, tmp_path):
    name = "<b>a & b</b></script>"
    html = Explorer({name: originals["right"]}, *digits[1])._repr_html_()
    path = tmp_path / "name.html"
    path.write_text(PAGE.format(html), encoding="utf-8")
    page = visit(path.as_uri())
    assert text(page, "#models label") == name


def test_the_models_are_left_as_they_were(originals, digits):
    before = {name: value.clone() for name, value in originals["right"].state_dict().items()}
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    Explorer(originals, *digits[1])._repr_html_()
    assert torch.rand(1) == expected, "the caller's random numbers are left alone"
    assert_close(originals["right"].state_dict(), before, rtol=0, atol=0)


def test_it_says_what_it_is_where_html_is_not_shown(explorer):
    assert repr(explorer).startswith("Explorer of right, autoencoder, z drawn without a gradient")


def test_a_small_set_will_do(originals, digits, visit, tmp_path):
    _, (images, labels) = digits
    rows = [int((labels == digit).nonzero()[0]) for digit in (3, 8)]
    html = Explorer({"one": originals["right"]}, images[rows], labels[rows])._repr_html_()
    path = tmp_path / "small.html"
    path.write_text(PAGE.format(html), encoding="utf-8")
    page = visit(path.as_uri())
    for name in PANELS:
        open_panel(page, name)
    assert state(page, "picks") == [0, 1]


FLAT = VAE(hidden=8, latent_dim=2)
IMAGES, LABELS = torch.rand(7, 784), torch.arange(7)


@pytest.mark.parametrize(
    ("models", "images", "labels", "error", "message"),
    [
        ({}, IMAGES, LABELS, ValueError, "models must hold at least one model, got none"),
        ({"m": FLAT.encoder}, IMAGES, LABELS, TypeError, "model 'm' must be a VAE, got Encoder"),
        (
            {"m": VAE(hidden=8)},
            IMAGES,
            LABELS,
            ValueError,
            "model 'm' must have 784 pixels and 2 latent dimensions, got 784 and 20",
        ),
        ({"m": FLAT}, IMAGES + 1, LABELS, ValueError, r"images must lie in \[0, 1\]"),
        ({"m": FLAT}, IMAGES, LABELS[:5], ValueError, r"labels must be 7 ints, .*\(5,\)"),
        ({"m": FLAT}, IMAGES, LABELS.float(), ValueError, "labels must be 7 ints, .*float32"),
        ({"m": FLAT}, IMAGES, LABELS + 5, ValueError, "labels must lie in 0 to 9, got 5 to 11"),
    ],
)
def test_bad_input_is_refused(models, images, labels, error, message):
    with pytest.raises(error, match=message):
        Explorer(models, images, labels)
