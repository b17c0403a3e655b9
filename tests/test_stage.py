"""Act 0, and what all acts share: the networks, drawings made into MNIST's form, the files."""

import re

import pytest
import torch
import train_stage
from axe_playwright_python.sync_playwright import Axe
from stage_page import stage

from vaelib import VAE, load_mnist
from vaelib.stage.data import stored, stored_models

pytestmark = pytest.mark.slow

ACTS = [0]
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


def drawing(page):
    """What the decoder's canvas shows."""
    return page.locator(".drawn").evaluate("(canvas) => canvas.toDataURL()")


def test_the_page_computes_what_torch_computes(visit):
    page = visit(reduced_motion="reduce")
    image = torch.tensor(stage(page, "({ images }) => [...images[3]]"))[None]
    code = stage(page, "({ encode, images }) => [...encode(images[3]).mu]")
    logits = stage(page, "({ decode }, mu) => [...decode(mu)]", code)
    wide = stored_models()["wide"]
    with torch.no_grad():
        mu, _ = wide.encoder(image)
        torch.testing.assert_close(torch.tensor([code]), mu, atol=1e-4, rtol=1e-4)
        right = wide.decoder(torch.tensor([code]))
    torch.testing.assert_close(torch.tensor([logits]), right, atol=1e-3, rtol=1e-4)


def test_the_models_show_what_the_pages_say():
    """Own images found, prior and codes together, ten numerals: with the weights as packed."""
    _, (images, labels) = load_mnist()
    with torch.no_grad():
        wide, flat = stored_models().values()
        held = train_stage.measured(wide, flat, images, labels)
        fresh = VAE(latent_dim=2)
        with pytest.raises(SystemExit, match="another seed"):
            train_stage.measured(wide, fresh, images, labels)
    assert held["found"] == pytest.approx(stored()["found"], abs=0.01)


def test_it_moves_by_itself_and_can_be_paused(visit):
    page = visit()
    first = drawing(page)
    page.wait_for_function(
        "(first) => document.querySelector('.drawn').toDataURL() !== first", arg=first
    )
    page.locator(".run").click()
    first = drawing(page)
    page.wait_for_timeout(1200)  # more than two beats
    assert drawing(page) == first
    assert page.locator(".run").inner_text() == "Move"


def test_it_stands_still_where_motion_is_unwelcome(visit):
    page = visit(reduced_motion="reduce")
    first = drawing(page)
    page.wait_for_timeout(1200)
    assert drawing(page) == first
    page.locator(".run").click()
    page.wait_for_function(
        "(first) => document.querySelector('.drawn').toDataURL() !== first", arg=first
    )


def test_the_costs_add_up_as_they_are_written(visit):
    page = visit(reduced_motion="reduce")
    for _ in range(20):
        page.locator(".next").click()
        rec, kl, total = map(float, re.findall(r"[\d.]+\d", page.locator(".cost").inner_text()))
        assert round(rec + kl, 1) == total


def test_three_questions_stand_where_they_arise_and_open_their_answers(visit):
    page = visit(reduced_motion="reduce")
    captions = " ".join(page.locator(".machine .part").all_inner_texts())
    for mark, question in zip("①②③", page.locator(".asked details").all(), strict=True):
        assert mark in captions and question.inner_text().startswith(mark)
        question.locator("summary").click()
        answer = question.inner_text().split("?", 1)[1]
        assert 1 <= len(re.findall(r"[.](?=\s|$)", answer)) <= 2, answer


def test_a_drawing_takes_the_place_of_the_digit(visit):
    page = visit(reduced_motion="reduce", has_touch=True)
    box = page.locator(".sheet").bounding_box()
    before = drawing(page)
    page.mouse.move(box["x"] + 70, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 70, box["y"] + 120, steps=8)
    page.mouse.up()
    assert stage(page, "({ state }) => state.name") == "your digit"
    assert stage(page, "({ state }) => state.found.digit") == 1
    assert drawing(page) != before
    assert "your digit" in page.locator('[data-act="0"] .live').inner_text()


def test_the_keyboard_draws(visit):
    page = visit(reduced_motion="reduce")
    page.locator(".sheet").focus()
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    assert stage(page, "({ state }) => state.found.digit") == 1


def test_a_scribble_is_said_to_be_far_from_all_codes(visit):
    page = visit(reduced_motion="reduce")
    square = [[[x, 20], [x, 120]] for x in range(20, 121, 5)]
    far = stage(
        page,
        "({ toMnist, encode, read }, strokes) => read(encode(toMnist(strokes)).mu).distance",
        square,
    )
    bound = page.evaluate("() => window.VAE_STAGE_MODELS.far")
    print(f"a black square lies {far:.1f} from the nearest code; the bound is {bound:.1f}")
    assert far > bound


def thinned(ink):
    """The lines of a digit, one pixel wide (Zhang and Suen 1984)."""
    ink, changed = ink.clone(), True
    while changed:
        changed = False
        for half in (0, 1):
            gone = []
            for y, x in ink[1:-1, 1:-1].nonzero().add(1).tolist():
                ring = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]
                p = [bool(ink[y + dy, x + dx]) for dy, dx in ring]
                turns = sum(not a and b for a, b in zip(p, p[1:] + p[:1], strict=True))
                n, e, s, w = p[0], p[2], p[4], p[6]
                free = not (e and s and (n or w)) if not half else not (n and w and (e or s))
                if 2 <= sum(p) <= 6 and turns == 1 and free:
                    gone.append((y, x))
            for y, x in gone:
                ink[y, x] = False
            changed = changed or bool(gone)
    return ink


def strokes_of(image):
    """A digit as short strokes of the pen, five units of the sheet a pixel."""
    points = {tuple(at) for at in thinned(image.reshape(28, 28) > 0.4).nonzero().tolist()}
    strokes = [[[5 * x, 5 * y], [5 * x, 5 * y]] for y, x in points]
    for y, x in points:
        for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
            if (y + dy, x + dx) in points:
                strokes.append([[5 * x, 5 * y], [5 * (x + dx), 5 * (y + dy)]])
    return strokes


def test_drawn_digits_come_back_as_what_they_are(visit):
    """Fifty test digits, redrawn as strokes: at least 45 lie among the codes of their class,

    and so does the code of what the decoder makes of them.
    """
    page = visit(reduced_motion="reduce")
    _, (images, labels) = load_mnist()
    rows = torch.cat([(labels == digit).nonzero()[10:15, 0] for digit in range(10)])
    found = stage(
        page,
        """({ toMnist, encode, decode, read }, all) => all.map((strokes) => {
            const code = encode(toMnist(strokes));
            const drawn = decode(code.mu).map((value) => 1 / (1 + Math.exp(-value)));
            return [read(code.mu).digit, read(encode(drawn).mu).digit];
        })""",
        [strokes_of(images[row]) for row in rows],
    )
    same = sum(
        pair == [label, label] for pair, label in zip(found, labels[rows].tolist(), strict=True)
    )
    print(f"{same} of 50 drawn digits come back as the same digit")
    assert same >= 45


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_accessible_and_fits(visit, theme, width):
    page = visit(reduced_motion="reduce", viewport={"width": width, "height": 844})
    page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    for summary in page.locator("summary").all():
        summary.click()
    result = Axe().run(page, options=WCAG).response
    assert [violation["id"] for violation in result["violations"]] == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_paper_and_pages_without_scripts_show_the_fallback(visit):
    page = visit()
    assert not page.get_by_text("Instead of the stage.").is_visible()
    page.emulate_media(media="print")
    assert page.get_by_text("Instead of the stage.").is_visible()
    assert not any(app.is_visible() for app in page.locator(".app").all())
    plain = visit(java_script_enabled=False)
    assert plain.get_by_text("Instead of the stage.").is_visible()
