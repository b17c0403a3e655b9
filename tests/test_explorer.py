"""The stage as one object, as notebooks show it: in a real Chromium, from one file."""

import re

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from stage_page import BEGUN, STATIC, stage
from test_stage import WCAG
from torch.testing import assert_close

from vaelib import VAE
from vaelib.explorer import Explorer
from vaelib.stage.data import describe, stored, stored_models
from vaelib.stage.weights import packed, rounded, unpacked

pytestmark = pytest.mark.slow

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Explorer</title>
<meta name="viewport" content="width=device-width"></head><body><main>{}</main></body></html>"""


@pytest.fixture
def show(tabs, tmp_path):
    """Open pages of HTML from a file; at the end none has raised or asked for another file."""
    wrong = []

    def open_page(html, **options):
        path = tmp_path / f"{len(tabs.used)}.html"
        path.write_text(PAGE.format(html), encoding="utf-8")
        ours = (path.as_uri(), "data:", "blob:")
        listeners = {
            "console": lambda said: wrong.append(said.text),
            "pageerror": lambda error: wrong.append(str(error)),
            "request": lambda asked: asked.url.startswith(ours) or wrong.append(asked.url),
        }
        page = tabs.open(listeners, reduced_motion="reduce", **options)
        page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_function(BEGUN)
        return page

    yield open_page
    tabs.leave()
    assert wrong == []


@pytest.fixture(scope="module")
def html():
    return Explorer()._repr_html_()


def visit_all(page):
    """Open every act; return the panels that are seen, one for each tab."""
    seen = []
    for tab in page.get_by_role("tab").all():
        tab.click()
        seen.append(page.locator('[role="tabpanel"]:visible').get_attribute("data-act"))
    return seen


def test_without_models_it_is_the_stage_of_the_pages(show, html):
    assert len(html.encode()) < 3_000_000
    for name in ("models.js", "mistakes.js", "digits.js", "points.js", "stage.js", "stage.css"):
        assert (STATIC / name).read_text(encoding="utf-8") in html, "no second set of files"
    page = show(html)
    assert visit_all(page) == list("0123456789")
    assert not page.get_by_text("Copy link").first.is_visible(), "a notebook's address is no link"
    assert page.locator("figure").is_hidden()


def test_the_stored_file_is_what_its_models_give():
    """A number that was changed by hand would not come out again."""
    kept = stored()
    models = stored_models()
    torch.manual_seed(0)
    made = describe(**models)
    assert {name: made[name] for name in ("wide", "flat")} == {n: kept[n] for n in ("wide", "flat")}
    for name in ("found", "far", "between", "within", "cost", "price", "step"):
        assert_close(made[name], kept[name], rtol=0.05, atol=0.05)


def test_weights_survive_packing():
    model = rounded(VAE(hidden=8, latent_dim=3))
    again = unpacked(packed(model))
    images = torch.rand(5, 784)
    for one, other in zip(model(images)[1:], again(images)[1:], strict=True):
        assert_close(one, other)
    z = torch.randn(5, 3)
    assert_close(model.decoder(z), again.decoder(z), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("latent_dim", [2, 5])
def test_a_model_of_ones_own_is_run_by_the_acts(show, latent_dim):
    torch.manual_seed(0)
    model = VAE(hidden=32, latent_dim=latent_dim)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    explorer = Explorer({"<b>mine</b></script>": model})
    page = show(explorer._repr_html_())
    assert visit_all(page) == list("0123456789")
    assert page.locator("b", has_text="mine").count() == 0
    page.get_by_role("tab", name="Draw").click()
    said = page.locator(".note").first.inner_text()
    one = "Map, drawing and cost come from one model" in said
    assert one == (latent_dim == 2) and (one or f"one with {latent_dim}" in said)
    shown = torch.tensor(stage(page, "({ images }) => [...images[0]]"))[None]
    code = torch.tensor(stage(page, "({ encode, images }) => [...encode(images[0]).mu]"))
    with torch.no_grad():
        right, _ = explorer.models["<b>mine</b></script>"].encoder(shown)
        original, _ = model.encoder(shown)
    assert_close(code, right[0], atol=1e-4, rtol=1e-4)
    assert (code - original[0]).abs().max() < 0.05, "rounding moves a code little"
    assert_close(model.state_dict(), before, rtol=0, atol=0)


def test_two_stages_on_a_page_do_not_meet(show):
    models = {"one": VAE(hidden=8, latent_dim=2), "two": VAE(hidden=8, latent_dim=3)}
    page = show(Explorer(models)._repr_html_())
    ids = page.evaluate("() => [...document.querySelectorAll('[id]')].map(({ id }) => id)")
    assert len(set(ids)) == len(ids)
    hosts = page.locator(".vae-stage")
    hosts.nth(1).get_by_role("tab", name="From the prior").click()
    for host, name in ((hosts.nth(0), "Draw"), (hosts.nth(1), "From the prior")):
        assert host.get_by_role("tab", selected=True).inner_text() == name
    sizes = [
        host.evaluate("({ stage }) => stage.encode(stage.images[0]).mu.length")
        for host in hosts.all()
    ]
    assert sizes == [2, 3]


def test_the_caller_s_random_numbers_are_left_alone():
    explorer = Explorer({"one": VAE(hidden=8, latent_dim=2)})
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    explorer._repr_html_()
    assert torch.rand(1) == expected


THEMES = {
    "nothing": ("", "light"),
    "the book": ("document.documentElement.dataset.theme = 'dark'", "light"),
    "JupyterLab": ("document.body.dataset.jpThemeLight = 'false'", "light"),
    "Colab": ("document.documentElement.setAttribute('theme', 'dark')", "light"),
    "VS Code": ("document.body.dataset.vscodeThemeKind = 'vscode-dark'", "light"),
    "the system": ("", "dark"),
}


@pytest.mark.parametrize("name", THEMES)
def test_it_takes_the_theme_of_the_page(show, html, name):
    script, scheme = THEMES[name]
    page = show(html, color_scheme=scheme, viewport={"width": 390, "height": 844})
    page.evaluate(f"() => {{ {script} }}")
    page.wait_for_timeout(50)
    app = page.locator(".app").first
    dark = app.evaluate("(app) => getComputedStyle(app).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (name != "nothing")
    result = Axe().run(page, context=".vae-stage", options=WCAG).response
    assert [violation["id"] for violation in result["violations"]] == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_and_on_paper_a_figure_stands_in(show, html):
    plain = show(html, java_script_enabled=False)
    picture = plain.locator(".vae-stage img")
    assert picture.is_visible() and plain.locator("figcaption").is_visible()
    assert len(picture.get_attribute("alt")) > 60
    page = show(html)
    page.emulate_media(media="print")
    assert page.locator(".vae-stage img").is_visible()
    assert page.locator(".app").first.is_hidden()


def test_it_says_what_it_is_where_html_is_not_shown():
    assert repr(Explorer()) == "Explorer of wide, flat: to be shown by a notebook."


@pytest.mark.parametrize(
    ("models", "error", "message"),
    [
        ({}, ValueError, "models must hold at least one model, got none"),
        ({"m": VAE(hidden=8).encoder}, TypeError, "model 'm' must be a VAE, got Encoder"),
        ({"m": VAE(64, 8, 2)}, ValueError, "must have 784 pixels .* got 64 and 2"),
        ({"m": VAE(784, 8, 1)}, ValueError, "2 latent dimensions or more, got 784 and 1"),
    ],
)
def test_bad_input_is_refused(models, error, message):
    with pytest.raises(error, match=re.compile(message)):
        Explorer(models)
