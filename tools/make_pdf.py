"""Print the built book as one PDF, by Chromium.

    python tools/make_pdf.py

All pages become one document first. So links between them lead on inside the PDF, page numbers
run through, and a reader shows the headings as an outline. It is printed twice: the numbers in the
table of contents are read out of the first print.
"""

import re
import shutil
from datetime import UTC, datetime
from html import escape
from posixpath import dirname, relpath

from bs4 import BeautifulSoup
from built_book import HTML, ROOT, pages, parts, read, resolve, title
from playwright.sync_api import sync_playwright

TARGET = HTML.parent / "three-questions-about-the-vae.pdf"
SHELL = """\
<!DOCTYPE html>
<html lang="en" data-theme="light">
<head><style>
  .contents { line-height: 1.3; }
  .contents :is(p, ul) { margin: 0.4em 0; }
  .contents ul { list-style: none; padding: 0; }
  .contents a { display: flex; color: inherit !important; text-decoration: none !important; }
  .contents a::before { content: ""; order: 1; flex: 1; border-bottom: 1px dotted; margin: 4px; }
  .contents span { order: 2; min-width: 2em; text-align: right; }
  .bd-article section.page { margin-top: 4em; }
  .bd-article section.page:nth-of-type(2) { margin-top: 0; break-before: page; }
  /* What is long may run over the end of a sheet: else it leaves a sheet half empty. */
  .bd-article :is(details, table, pre.long, :has(pre.long)) { break-inside: auto !important; }
  .bd-article details { overflow: visible; }
  .bd-article summary { break-after: avoid; }
  .bd-article tr { break-inside: avoid; }
  .bd-article pre { orphans: 4; widows: 4; }
  .bd-article img { max-height: 80mm; width: auto; object-fit: contain; }
</style></head>
<body>
<main class="bd-main"><div class="bd-content"><div class="bd-article-container">
<article class="bd-article"></article>
</div></div></main>
</body>
</html>
"""
FOOTER = """\
<div style="font: 8px sans-serif; color: #555; width: 100%; margin: 0 16mm; text-align: right">
  <span class="title"></span>, <span class="pageNumber"></span>
</div>
"""


LICENCE = (
    "Text and figures: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/. "
    "Code: BSD-3-Clause. The digits: CC BY-SA 3.0."
)


def version():
    """Return vaelib's version."""
    source = (ROOT / "vaelib/__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "(.+)"$', source, re.M)[1]


def contents(titles, numbers):
    """Return the first page: title, version, date, licence, and the pages with their numbers.

    Parameters
    ----------
    titles, numbers : dict
        The title of each page, in order, and the number of the sheet that it begins on.
    """
    day = f"{datetime.now(UTC):%d %B %Y}".lstrip("0")
    lines = [
        f"<h1>{escape(title())}</h1>",
        f"<p>Version {version()}, {day}</p><p>{LICENCE}</p><h2>Contents</h2>",
    ]
    for caption, names in parts():
        shown = [name for name in names if name in titles]
        items = (
            f'<li><a href="#{place(name)}">{escape(titles[name])}<span>{numbers.get(name, "")}'
            "</span></a></li>"
            for name in shown
        )
        if shown:
            lines.append(f"<p><strong>{escape(caption)}</strong></p><ul>{''.join(items)}</ul>")
    return BeautifulSoup(f'<section class="contents">{"".join(lines)}</section>', "html.parser")


def sheets(pdf):
    """Return {name: number of the sheet} of the places that links in a PDF by Chromium lead to."""
    objects = re.findall(rb"^(\d+) 0 obj\n<</Type /Page\n", pdf, re.M)
    places = re.findall(rb"/(\S+) \[(\d+) 0 R /XYZ", pdf)
    return {
        re.sub(r"#([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), name.decode("latin-1")): (
            1 + objects.index(page)
        )
        for name, page in places
    }


def place(page, fragment=""):
    """Return the id that a place on a page has in the whole."""
    return f"{page}/{fragment}" if fragment else page


def mathjax(page, file, first):
    """Return the scripts by which a page draws formulas, named as beside the first page."""
    scripts = [tag for tag in page.find_all("script") if "mathjax" in str(tag).lower()]
    for tag in scripts:
        if tag.get("src"):
            tag["src"] = relpath(resolve(file, tag["src"])[0], dirname(first))
    return scripts


def whole(names, folder=HTML, numbers=None):
    """Return the pages as one document, to be stored beside the first of them.

    `numbers` are the sheets that pages begin on, for the table of contents, if they are known.
    """
    files = {f"{name}.html": name for name in names}
    first = read(folder / f"{names[0]}.html")
    document = BeautifulSoup(SHELL, "html.parser")
    first.title.string = title()
    document.head.append(first.title)
    document.head.extend(first.head.find_all("link", rel="stylesheet"))
    titles = {}
    for file, name in files.items():
        page = read(folder / file)
        if document.find("script") is None:  # Sphinx names MathJax on pages with formulas alone
            document.head.extend(mathjax(page, file, names[0]))
        article = page.find("article")
        titles[name] = article.h1.get_text().rstrip("#")
        for script in article.find_all("script"):
            script.decompose()
        for pre in article.find_all("pre"):
            if pre.get_text().count("\n") > 18:  # a quarter of a sheet
                pre["class"] = [*pre.get("class", []), "long"]
        for details in article.find_all("details"):
            details["open"] = ""
        for tag in article.find_all(id=True):
            tag["id"] = place(name, tag["id"])
        for image in article.find_all("img"):
            target = resolve(file, image["src"])
            if target is not None:
                image["src"] = relpath(target[0], dirname(names[0]))
        for link in article.find_all("a", href=True):
            target = resolve(file, link["href"])
            if target is not None and target[0] in files:
                link["href"] = "#" + place(files[target[0]], target[1])
            elif target is not None:
                del link["href"]
        article.name = "section"
        article.attrs = {"id": place(name), "class": "page"}
        document.article.append(article)
    document.article.insert(0, contents(titles, numbers or {}))
    return document


def print_pdf(browser, names, target, folder=HTML):
    """Print pages of the book into one file."""
    path = (folder / names[0]).with_name("whole.html")
    tab = browser.new_page(color_scheme="light")
    try:
        numbers = {}
        for _ in range(2):  # the second time with the numbers of the first
            path.write_text(str(whole(names, folder, numbers)), encoding="utf-8")
            tab.emulate_media(media="print")
            tab.goto(path.as_uri())
            tab.evaluate("MathJax.startup.promise.then(() => 0)")
            tab.pdf(
                path=target,
                format="A4",
                outline=True,
                tagged=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=FOOTER,
                prefer_css_page_size=True,
            )
            numbers = sheets(target.read_bytes())
    finally:
        tab.close()
        path.unlink()


if __name__ == "__main__":
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Chromium is not installed: `apt-get install chromium`.")
    if not HTML.is_dir():
        raise SystemExit("There is no built book: run `make book` first.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print_pdf(browser, pages(), TARGET)
        browser.close()
    print(f"The book as a PDF: {TARGET}")
