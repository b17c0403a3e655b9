"""Print the built book as one PDF, by Chromium.

    python tools/make_pdf.py

All pages become one document first. So links between them lead on inside the PDF, page numbers
run through, and a reader shows the headings as an outline.
"""

import re
import shutil
from posixpath import dirname, relpath

from bs4 import BeautifulSoup
from built_book import HTML, pages, read, resolve, title
from playwright.sync_api import sync_playwright

TARGET = HTML.parent / "three-questions-about-the-vae.pdf"
SHELL = """\
<!DOCTYPE html>
<html lang="en" data-theme="light">
<head></head>
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


def place(page, fragment=""):
    """Return the id that a place on a page has in the whole."""
    return f"{page}/{fragment}" if fragment else page


def whole(names, folder=HTML):
    """Return the pages as one document, to be stored beside the first of them."""
    files = {f"{name}.html": name for name in names}
    first = read(folder / f"{names[0]}.html")
    document = BeautifulSoup(SHELL, "html.parser")
    first.title.string = title()
    document.head.append(first.title)
    document.head.extend(first.head.find_all("link", rel="stylesheet"))
    document.head.extend([tag for tag in first.find_all("script") if "MathJax" in str(tag)])
    document.head.extend(first.find_all("script", src=re.compile("mathjax")))
    for file, name in files.items():
        article = read(folder / file).find("article")
        for script in article.find_all("script"):
            script.decompose()
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
        article.attrs = {"id": place(name), "style": "break-before: page"}
        document.article.append(article)
    return document


def print_pdf(browser, names, target, folder=HTML):
    """Print pages of the book into one file."""
    path = (folder / names[0]).with_name("whole.html")
    path.write_text(str(whole(names, folder)), encoding="utf-8")
    try:
        tab = browser.new_page(color_scheme="light")
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
        tab.close()
    finally:
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
