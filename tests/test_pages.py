"""The built book: every reader can read it, offline, and every link in it leads somewhere."""

import re
import subprocess
from pathlib import Path

import built_book
import make_pdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from book_extension import complaint
from built_book import HTML
from nbgrader_course import ROOT
from system import absent, require
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
    page.add_style_tag(content=STILL)
    page.evaluate(BARE)
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


def test_an_address_that_is_not_in_the_book_leads_to_its_front_page(tab, book):
    page, _ = tab
    answer = (book / "404.html").read_text(encoding="utf-8")
    page.route("http://book.invalid/**", lambda route: route.fulfill(status=404, body=answer))
    for lost in ("lost.html", "book/lost.html", "exercises/lost/lost.html"):
        page.goto(f"http://book.invalid/course/{lost}")
        assert page.evaluate("document.links[0].href") == "http://book.invalid/course/index.html"


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
    make_pdf.print_pdf(browser, ["book/kl", "book/glossary"], path, book)
    assert not (book / "book" / "whole.html").exists()
    text = subprocess.run(
        [require("pdftotext"), path, "-"], capture_output=True, text=True, check=True
    ).stdout
    for said in ("What does the KL term measure?", "def kl_divergence", "One dimension has mu"):
        assert said in text
    assert "Notation and glossary" in text
