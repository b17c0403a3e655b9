"""A link brings an act back, whatever stands in it; and an act becomes an image."""

from urllib.parse import quote

import pytest

pytestmark = pytest.mark.slow
ACTS = [0, 1, 2, 3, 9]


@pytest.fixture
def page(visit):
    return visit(reduced_motion="reduce")


def link(page, act):
    page.locator(f'[data-act="{act}"] .link').click()
    page.wait_for_function("(n) => location.hash.startsWith(`#act=${n}`)", arg=str(act))
    return page.evaluate("() => location.hash")


def follow(page, fragment):
    page.evaluate("(hash) => { location.hash = hash; }", fragment)
    page.wait_for_timeout(100)


def shown(page, act, *parts):
    """What some canvases and the words of an act show."""
    host = page.locator(f'[data-act="{act}"]')
    pictures = [host.locator(part).evaluate("(c) => c.toDataURL()") for part in parts]
    return [*pictures, host.locator(".note, .said, .told").all_inner_texts()]


def test_a_digit_and_a_drawing_come_back(page, visit):
    for _ in range(3):
        page.locator(".next").click()
    picked = link(page, 0)
    box = page.locator(".sheet").bounding_box()
    page.mouse.move(box["x"] + 70, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 75, box["y"] + 120, steps=4)
    page.mouse.up()
    drawn, before = link(page, 0), shown(page, 0, ".seen canvas")
    other = visit(reduced_motion="reduce")
    follow(other, drawn)
    assert shown(other, 0, ".seen canvas") == before
    follow(other, picked)
    assert other.evaluate("() => document.querySelector('[data-act=\"0\"]').stage.state.index") == 3


def test_the_dials_of_each_act_come_back(page, visit):
    page.locator('[data-act="1"] .pair').click()
    page.locator('[data-act="1"] .map').click(position={"x": 60, "y": 90})
    page.locator('[data-act="1"] .look').click()
    page.locator(".again").click()
    page.locator(".noise").fill("0")
    page.locator(".raw").fill("-2.5")
    page.locator(".z textarea").fill("z = mu * 2 # & more")
    acts = {1: [".map", ".first"], 2: [".choose .drawn", ".z0", ".own"], 3: [], 9: []}
    links = {act: link(page, act) for act in acts}
    other = visit(reduced_motion="reduce")
    for act, parts in acts.items():
        assert act == 9 or shown(other, act, *parts) != shown(page, act, *parts)
        follow(other, links[act])
        assert shown(other, act, *parts) == shown(page, act, *parts)
    assert other.locator(".z textarea").input_value() == "z = mu * 2 # & more"


@pytest.mark.parametrize(
    "state",
    ["", "99", "-1", "a,b", "<img src=x onerror=alert(1)>", "1e9,2;3", "1,NaN", "5," * 9999],
)
def test_what_no_page_wrote_does_no_harm(page, state):
    for act in (*ACTS, 5, "all", "constructor"):
        follow(page, f"act={act}&state={quote(state)}&noise=abc&raw=1e99&select=x")
    assert page.locator("img").count() == 0
    assert "nats" in page.locator('[data-act="0"] .cost').inner_text()


def test_an_act_becomes_an_image_with_its_words(page):
    with page.expect_download() as saved:
        page.evaluate("() => { delete Clipboard.prototype.write; }")
        page.locator('[data-act="0"] .image').click()
    path = saved.value.path()
    from PIL import Image

    picture = Image.open(path).convert("L")
    box = page.locator('[data-act="0"] .app').bounding_box()
    assert picture.size == (int(2 * box["width"]), int(2 * box["height"]))
    host = page.locator('[data-act="0"]')
    for part in (".cost", ".drawn"):  # both have ink where they stand
        at = host.locator(part).bounding_box()
        left, top = 2 * (at["x"] - box["x"]), 2 * (at["y"] - box["y"])
        low, _ = picture.crop((left, top, left + 200, top + 2 * at["height"])).getextrema()
        assert low < 100
