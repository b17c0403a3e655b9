"""The built book: every reader can read it, offline, and every link in it leads somewhere."""

import os
import re
import subprocess
from pathlib import Path

import built_book
import make_pdf
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from book_extension import complaint
from built_book import HTML
from nbgrader_course import ROOT
from PIL import Image
from stage_page import BEGUN
from system import absent, chromium, require
from test_references import terms

pytestmark = pytest.mark.slow
CHAPTERS = built_book.pages()
PAGES = [*CHAPTERS, "index", "genindex", "search", "404"]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
PAPER = {"width": 642, "height": 983}  # A4 less its margins

AXE = Axe().axe_script
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    "rules": {"label-content-name-mismatch": {"enabled": True}},
    "resultTypes": ["violations"],
    "preload": False,  # else axe fetches style sheets, which no browser allows on file:// pages
}
STILL = "*, *::before, *::after { transition: none !important; animation: none !important }"
TYPESET = "() => window.MathJax?.startup.promise.then(() => null)"
# The outlines of formulas' letters: many, slow to walk through, and not for axe to judge.
BARE = "() => document.querySelectorAll('mjx-container > svg > *').forEach((e) => e.remove())"
# Of the words of code that look alike, one stays an element: axe takes long over the contrast of
# each, and they are two thirds of a chapter's elements. Words look alike where they and all around
# them have the same classes and styles.
ALIKE = """() => {
    const seen = new Set();
    for (const word of document.querySelectorAll("pre span")) {
        let look = "";
        for (let e = word; e !== document.body; e = e.parentElement)
            look += `${e.tagName}.${e.className}{${e.style.cssText}} `;
        if (seen.has(look) && !word.id && !word.firstElementChild)
            word.replaceWith(word.textContent);
        seen.add(look);
    }
    document.body.normalize();
}"""
# What is wider than the screen and cannot be scrolled to.
CUT = """() => {
    const scrolls = (e) => e && (
        /auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
    const page = document.querySelector("article") ?? document.body;
    return [...page.querySelectorAll("*")]
        .filter((e) => e.getBoundingClientRect().width > 0 && (
            e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e.parentElement)
            || getComputedStyle(e).overflowX === "hidden" && e.matches(".math")
            && e.scrollWidth > e.clientWidth + 1))
        .map((e) => `${e.tagName} ${e.className}: ${e.textContent.slice(0, 40)}`);
}"""


@pytest.fixture(scope="module")
def book():
    """The folder of the built book, if it is there and not older than what it is built from."""
    start = HTML / "index.html"
    if not start.exists():
        absent("run `make book` first")
    sources = [ROOT / "_config.yml", ROOT / "_toc.yml"]
    for folder in ("book", "exercises", "vaelib", "tools"):
        files = filter(Path.is_file, (ROOT / folder).rglob("*"))
        sources += [path for path in files if not path.parent.name.startswith(("__", "."))]
    newest = max(sources, key=lambda path: path.stat().st_mtime)
    if newest.stat().st_mtime > start.stat().st_mtime:
        absent(f"{newest.relative_to(ROOT)} is newer than the built book: run `make book` first")
    return HTML


@pytest.fixture(scope="module")
def parsed(book):
    """All pages of the built book, to be read only."""
    return built_book.parsed(book)


@pytest.fixture(scope="module")
def tab(browser):
    """A browser's tab that has no network, and a list of what its pages complained of."""
    context = browser.new_context(offline=True)
    page, noise = context.new_page(), []
    page.on("request", lambda request: noise.append(f"asks for {request.url}"))
    page.on("pageerror", lambda error: noise.append(f"raises {error}"))
    page.on(
        "console",
        lambda message: noise.append(f"says {message.text}") if message.type == "error" else None,
    )
    yield page, noise
    context.close()


def problems(tab, path, folder):
    """Return what is wrong with a page, as sentences."""
    page, noise = tab
    noise.clear()
    page.set_viewport_size(DESK)
    page.goto(path.as_uri())
    page.wait_for_url(re.compile(r"(?<!/index\.html)$"))  # which leads on to the first page
    page.evaluate(TYPESET)
    page.wait_for_function(BEGUN)
    page.add_style_tag(content=STILL)
    page.evaluate(BARE)
    page.evaluate(ALIKE)
    page.evaluate(AXE)
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for violation in page.evaluate("(rules) => axe.run(rules)", RULES)["violations"]:
            places = [node["target"] for node in violation["nodes"]]
            found.append(f"{scheme}: {violation['id']} at {places}")
    page.set_viewport_size(PHONE)
    found += [f"is cut on a phone: {text}" for text in page.evaluate(CUT)]
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print")
    found += [f"is cut on paper: {text}" for text in page.evaluate(CUT)]
    page.emulate_media(media="screen")
    inside = f"asks for {folder.as_uri()}/"
    return found + [text for text in noise if not text.startswith((inside, "asks for data:"))]


FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{}</dir><cachedir>{}</cachedir></fontconfig>"""
# What needs a keyboard's focus to be scrolled to, and cannot have it.
REACH = {"runOnly": ["scrollable-region-focusable"], "resultTypes": ["violations"]}


@pytest.fixture(scope="module", params=["Liberation", "DejaVu"])
def one_family(request, browser, tmp_path_factory):
    """A tab of a browser whose system has fonts of one family alone."""
    folder = tmp_path_factory.mktemp("fonts")
    (folder / "kept").mkdir()
    listed = subprocess.run(["fc-list", ":", "file"], capture_output=True, text=True, check=True)
    for path in map(Path, listed.stdout.replace(":", "").split()):
        if path.name.startswith(request.param):
            (folder / "kept" / path.name).symlink_to(path)
    if not any((folder / "kept").iterdir()):
        absent(f"no {request.param}: `apt-get install fonts-{request.param.lower()}`")
    config = FONTS.format(folder / "kept", folder / "cache")
    (folder / "fonts.conf").write_text(config, encoding="utf-8")
    alone = {**os.environ, "FONTCONFIG_FILE": str(folder / "fonts.conf")}
    started = browser.browser_type.launch(
        executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"], env=alone
    )
    yield started.new_context(offline=True).new_page()
    started.close()


# The page hears of a new size before it draws the next frame: on a busy machine that may be late.
SETTLED = "() => new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(f)))"


def out_of_reach(page, path):
    """Return what of a page is cut, or scrolls and cannot have the focus, on desk and phone."""
    page.goto(path.as_uri())
    page.evaluate(TYPESET)
    page.wait_for_function(BEGUN)
    page.evaluate(BARE)
    page.evaluate(ALIKE)
    page.evaluate(AXE)
    found = []
    for screen in (DESK, PHONE):
        page.set_viewport_size(screen)
        page.evaluate(SETTLED)
        found += [f"is cut: {text}" for text in page.evaluate(CUT)]
        for violation in page.evaluate("(rules) => axe.run(rules)", REACH)["violations"]:
            found += [f"cannot be focused: {node['target']}" for node in violation["nodes"]]
    return found


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_can_be_read_with_one_family_of_fonts(one_family, book, name):
    assert out_of_reach(one_family, book / f"{name}.html") == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (f"<div style='overflow: auto; white-space: nowrap'>{'Wide. ' * 400}</div>", "be focused"),
        ("<div style='width: 2000px'>Wide.</div>", "is cut"),
    ],
)
def test_what_cannot_be_reached_is_seen(one_family, tmp_path, fault, said):
    path = tmp_path / "faulty.html"
    path.write_text(SOUND.format(fault), encoding="utf-8")
    assert any(said in text for text in out_of_reach(one_family, path))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_silent_and_self_contained(tab, book, name):
    assert problems(tab, book / f"{name}.html", book) == []


SOUND = """<!DOCTYPE html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Sound</title>
<main><h1>Sound</h1><p>Nothing is wrong here.</p>{}</main></html>"""


def test_a_sound_page_has_no_problem(tab, tmp_path):
    path = tmp_path / "sound.html"
    path.write_text(SOUND.format("<p>Nor here.</p>"), encoding="utf-8")
    assert problems(tab, path, tmp_path) == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ('<p style="color: #999">Pale.</p>', "light: color-contrast"),
        (
            "<pre><span>one</span> <span style='color: #999'>two</span></pre>",
            "light: color-contrast",
        ),
        (
            "<style>.pale .k { color: #999 }</style><pre><span class='k'>one</span></pre>"
            "<div class='pale'><pre><span class='k'>two</span></pre></div>",
            "light: color-contrast",
        ),
        (
            "<style>@media (prefers-color-scheme: dark) { p { color: #333; background: #222 } }"
            "</style>",
            "dark: color-contrast",
        ),
        ("<input>", "label"),
        ('<button aria-label="Go">Stop</button>', "label-content-name-mismatch"),
        ("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>", "image-alt"),
        ("<script>console.error('planted')</script>", "says planted"),
        ("<script>throw Error('planted')</script>", "raises planted"),
        ("<script src='https://cdn.invalid/lib.js'></script>", "asks for https://cdn.invalid/"),
        ("<img alt='A' src='../outside.png'>", "/outside.png"),
        ("<div style='width: 500px'>Wide.</div>", "is cut on a phone: DIV"),
        ("<style>@media print { p { width: 700px } }</style>", "is cut on paper: P"),
        (
            "<span class='math' style='display: inline-block; width: 9em; overflow: hidden'>"
            "<svg width='400' height='9'></svg></span>",
            "is cut on a phone: SPAN math",
        ),
    ],
)
def test_the_gate_bites(tab, tmp_path, fault, said):
    path = tmp_path / "book" / "faulty.html"
    path.parent.mkdir()
    path.write_text(SOUND.format(fault), encoding="utf-8")
    assert any(said in text for text in problems(tab, path, path.parent))


# A page whose title is a question answers it before it does anything else.
ANSWERS = [
    f"book/{name}"
    for name in (
        *("posteriors", "sampling", "log_variance", "thread", "first_z", "numbers"),
        *("exchange_rate", "elbo", "training"),
        *("kl", "latent_space", "blurry", "latent_size", "evaluation", "bugs", "explorer"),
    )
]
MEASURE = """() => {
    const page = document.querySelector("article") ?? document.body;
    const box = (e) => e.getBoundingClientRect();
    const seen = (e) => box(e).height > 20 && e.checkVisibility();
    const figure = [...page.querySelectorAll("img, svg.vae-diagram, .vae-stage")].find(seen);
    const code = [...page.querySelectorAll(".cell_input, div[class*=highlight]")]
        .filter((e) => seen(e) && !e.parentElement.closest(".cell_input, div[class*=highlight]"));
    const before = figure ? code.filter((e) => box(e).top < box(figure).top) : code;
    const prose = page.cloneNode(true);
    const other = ".cell_input, .cell_output table, script, style, svg, .vae-stage,"
        + "div[class*=highlight],"
        + ".headerlink, .prev-next-footer, details.hide > summary";
    prose.querySelectorAll(other).forEach((e) => e.remove());
    return {
        figure: figure ? Math.round(box(figure).top + scrollY) : Infinity,
        shown: figure ? (innerHeight - box(figure).top) / box(figure).height : 0,
        before: before.length,
        code: code.reduce((sum, e) => sum + box(e).height, 0) / box(page).height,
        words: (prose.textContent.match(
            /[\\p{L}\\p{N}]+([.,'\\u2019-][\\p{L}\\p{N}]+)*/gu
        ) ?? []).length,
    };
}"""


def late(tab, path):
    """Return what keeps a page from giving its answer first, as sentences."""
    page, _ = tab
    page.set_viewport_size(DESK)
    page.goto(path.as_uri())
    page.evaluate(TYPESET)
    has = page.evaluate(MEASURE)
    print(f"{path.stem}: {has}")
    found = []
    if has["shown"] < 0.8:
        found.append(f"the first figure begins at {has['figure']} px, below the first screen")
    if has["before"]:
        found.append(f"{has['before']} blocks of code stand before the first figure")
    if has["code"] > 0.15:
        found.append(f"code takes {has['code']:.0%} of the height")
    if has["words"] > 1000:
        found.append(f"has {has['words']} words")
    return found


@pytest.mark.parametrize("name", ANSWERS)
def test_a_question_is_answered_on_the_first_screen(tab, book, name):
    assert late(tab, book / f"{name}.html") == []


# The front page's first act, and the act of each question under its answer.
STAGED = {"preface": 0, "posteriors": 1, "sampling": 2, "log_variance": 3, "explorer": "all"}


@pytest.mark.parametrize("name", STAGED)
@pytest.mark.parametrize("size", [DESK, {"width": 390, "height": 844}], ids=["desk", "phone"])
def test_the_stage_stands_on_the_first_screen(tab, book, name, size):
    page, _ = tab
    page.set_viewport_size(size)
    page.goto((book / f"book/{name}.html").as_uri())
    page.wait_for_function(BEGUN)
    act = page.locator(f'.vae-stage[data-act="{STAGED[name]}"]')
    top = act.bounding_box()["y"]
    print(f"{name}: the act begins {top:.0f} px down")
    assert top <= 650
    assert act.locator(".app").first.is_visible()


PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
FIGURE = f"<img alt='A' style='display: block; height: 300px' src='{PIXEL}'>"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("", "", None),
        ("<div style='height: 2000px'></div>", "", "the first figure begins at 2"),
        ("<div class='cell_input'>import torch<br>import numpy</div>", "", "blocks of code stand"),
        ("", "<div class='cell_input' style='height: 300px'>x = 1</div>", "code takes"),
        ("", "<p>" + "word " * 1001, "words"),
        ("<details><pre>x = 1</pre></details>", "<details>" + "word " * 900, None),
        ("", "<div class='vae-stage'>" + "label " * 1001 + "</div>", None),
    ],
)
def test_an_answer_that_comes_late_is_seen(tab, tmp_path, before, after, said):
    path = tmp_path / "late.html"
    path.write_text(SOUND.format(before + FIGURE + after), encoding="utf-8")
    found = late(tab, path)
    assert any(said in text for text in found) if said else found == []


# What a page may weigh in kB: its own text and pictures, and all that it loads before it is read.
# MathJax and the networks of the stage are 2 MB each.
BUDGET = {"text": 200, "pictures": 1200, "all": 6500}
USED = {"mathjax": ".math", "stage/": ".vae-stage"}  # part of a script's address: what needs it


def burdens(path, page, budget):
    """Return what makes a page heavier than it may be, as sentences."""

    def addresses(selector, key):
        return {tag[key].partition("?")[0] for tag in page.select(selector)}

    def weight(found):
        files = [path.parent / address for address in found if not address.startswith("data:")]
        return sum(file.stat().st_size for file in files)

    pictures, scripts = addresses("img[src]", "src"), addresses("script[src]", "src")
    weighs = {"text": path.stat().st_size, "pictures": weight(pictures)}
    styles = weight(addresses("link[rel=stylesheet]", "href"))
    weighs["all"] = sum(weighs.values()) + weight(scripts) + styles
    return [
        f"{part} of {size / 1000:.0f} kB, {budget[part]} are allowed"
        for part, size in weighs.items()
        if size > 1000 * budget[part]
    ] + [
        f"loads {script} for nothing"
        for script in sorted(scripts)
        for part, selector in USED.items()
        if part in script and not page.select_one(selector)
    ]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_is_no_heavier_than_it_may_be(parsed, book, name):
    assert burdens(book / f"{name}.html", parsed[f"{name}.html"], BUDGET) == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("<p>" + "word " * 50_000, "text of 250 kB"),
        ('<img alt="A" src="large.png">', "pictures of 1300 kB"),
        ('<link rel="stylesheet" href="huge.css">', "all of 7000 kB"),
        ('<script src="mathjax/tex.js?v=1"></script>', "loads mathjax/tex.js for nothing"),
        ('<script src="stage/stage.js"></script>', "loads stage/stage.js for nothing"),
        ('<script src="stage/stage.js"></script><div class="vae-stage">', None),
        ('<script src="mathjax/tex.js"></script><span class="math">', None),
        (f'<img alt="A" src="{PIXEL}">', None),
    ],
)
def test_a_heavy_page_is_seen(tmp_path, fault, said):
    for name, size in {"large.png": 1_300_000, "huge.css": 7_000_000}.items():
        (tmp_path / name).write_bytes(bytes(size))
    for name in ("mathjax/tex.js", "stage/stage.js"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    path = tmp_path / "page.html"
    path.write_text(SOUND.format(fault), encoding="utf-8")
    found = burdens(path, built_book.parsed(tmp_path)["page.html"], BUDGET)
    assert any(said in text for text in found) if said else found == []


def test_every_link_inside_the_book_leads_somewhere(parsed, book):
    assert len(built_book.links(parsed)) > 1000
    assert built_book.dead(parsed, book) == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ('<a href="#nowhere">x</a>', "no such place on a/page.html"),
        ('<a href="../b.html#nowhere">x</a>', "no such place on b.html"),
        ('<a href="b.html">x</a>', "no such file"),
        ('<img src="../c.png">', "no such file"),
    ],
)
def test_a_dead_link_is_found(tmp_path, fault, said):
    good = '<p id="here"><a href="../b.html#there">b</a> <a href="https://a.org/#x">c</a></p>'
    (tmp_path / "a").mkdir()
    (tmp_path / "b.html").write_text('<p id="there"><a href="#">top</a></p>', encoding="utf-8")
    page = tmp_path / "a" / "page.html"
    page.write_text(good, encoding="utf-8")
    assert built_book.dead(built_book.parsed(tmp_path), tmp_path) == []
    page.write_text(good + fault, encoding="utf-8")
    (found,) = built_book.dead(built_book.parsed(tmp_path), tmp_path)
    assert said in found


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_says_what_it_is_about(parsed, name):
    page = parsed[f"{name}.html"]
    about = page.find("meta", attrs={"name": "description"})["content"]
    assert 40 <= len(about) <= 204
    assert page.find("meta", property="og:description")["content"] == about
    assert page.find("meta", property="og:site_name")["content"] == built_book.title()
    assert page.find("meta", property="og:title")["content"] in page.title.string
    assert page.find("link", rel="icon")["href"].endswith(".svg")
    for image in page.article.find_all("img"):
        assert complaint(image.get("alt", ""), image["src"]) is None


def test_descriptions_differ(parsed):
    pages = [parsed[f"{name}.html"] for name in CHAPTERS]
    about = [page.find("meta", attrs={"name": "description"})["content"] for page in pages]
    assert len(set(about)) == len(about)


@pytest.mark.parametrize(
    ("alt", "said"),
    [
        ("", "has no alt text"),
        ("../_images/5b1f.png", "has no alt text"),
        ("Six ellipses in a cloud.", "too short"),
        ("Figure with the results of the experiment that is described in the text", "begins with"),
        ("The output of the cell above, in which the model was trained and plotted", "begins with"),
        ("A plot that shows how the reconstruction and the KL change over epochs", "begins with"),
    ],
)
def test_alt_text_that_says_nothing_is_refused(alt, said):
    assert said in complaint(alt, "../_images/5b1f.png")


def test_alt_text_that_says_what_is_seen_passes():
    alt = "Six coloured ellipses lie as small islands in a cloud of a thousand grey points."
    assert complaint(alt, "../_images/5b1f.png") is None


@pytest.mark.parametrize("term", terms())
def test_the_search_finds_the_words_of_the_glossary(tab, book, term):
    page, _ = tab
    page.goto((book / "search.html").as_uri() + f"?q={term}")
    page.wait_for_selector("#search-results li a[href*='glossary.html']", state="attached")


@pytest.mark.parametrize("root", ["/", "/course/", "/book/", "/my-book/", "/exercises/"])
def test_an_address_that_is_not_in_the_book_leads_to_its_front_page(tab, book, root):
    page, _ = tab
    lost = (book / "404.html").read_text(encoding="utf-8")
    site, front = "http://book.invalid", f"{root}index.html"

    def answer(route):
        there = route.request.url == site + front
        route.fulfill(status=200 if there else 404, body="" if there else lost)

    page.route(f"{site}/**", answer)
    for name in ("lost.html", "book/lost.html", "exercises/lost/lost.html"):
        page.goto(site + root + name)
        page.wait_for_function("link => document.links[0].pathname === link", arg=front)
    page.unroute(f"{site}/**")


def test_in_print_the_answers_stand_open(tab, book):
    page, _ = tab
    page.goto((book / "book" / "kl.html").as_uri())
    closed = "document.querySelectorAll('details:not([open])').length"
    folded = page.evaluate(closed)
    assert folded >= 6
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(closed) == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(closed) == folded


def test_links_lead_on_inside_the_whole_book(book):
    document = make_pdf.whole(CHAPTERS, book)
    places = [tag["id"] for tag in document.find_all(id=True)]
    assert len(places) == len(set(places))
    inside = [tag["href"] for tag in document.article.find_all("a", href=re.compile("^#"))]
    assert len(inside) > 300
    assert [href for href in inside if href[1:] not in places] == []
    assert not document.article.find_all("details", open=False)


def test_the_pdf_holds_the_pages(browser, book, tmp_path):
    path = tmp_path / "part.pdf"
    make_pdf.print_pdf(browser, ["book/preface", "book/kl", "book/glossary"], path, book)
    assert not (book / "book" / "whole.html").exists()
    text = subprocess.run(
        [require("pdftotext"), path, "-"], capture_output=True, text=True, check=True
    ).stdout
    for said in ("What does the KL term measure?", "def kl_divergence", "One image has mu"):
        assert said in text
    sheets = text.split("\f")
    first, glossary = (
        sheets[0],
        next(n for n, s in enumerate(sheets) if "The symbols and the words" in s),
    )
    assert re.search(r"Version \d+\.\d+\.\d+, \d+ \w+ 20\d\d", first) and "CC BY 4.0" in first
    assert re.search(rf"Notation and glossary\s+{glossary + 1}\b", first)
    assert "\\mu" not in text  # the formulas are drawn, though the first page has none


def test_no_sheet_of_the_pdf_is_half_empty(browser, book, tmp_path):
    """The contents and the last sheet aside: what is long must run over a sheet's end."""
    path = tmp_path / "part.pdf"
    make_pdf.print_pdf(browser, ["book/sampling", "book/bugs"], path, book)
    command = [require("pdftoppm"), "-r", "24", "-gray", path, tmp_path / "sheet"]
    subprocess.run(command, check=True)
    full = []
    for sheet in sorted(tmp_path.glob("sheet-*.pgm")):
        body = np.asarray(Image.open(sheet))
        body = body[: int(0.94 * len(body))]  # above the footer
        full.append(np.flatnonzero((body < 200).any(axis=1)).max() / len(body))
    assert len(full) > 12
    assert [n for n, part in enumerate(full[1:-1], start=2) if part < 0.5] == []
