"""The pages of the built book, and where their links lead.

    python tools/built_book.py

lists the links to other sites, each with the pages it stands on.
"""

from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[1]
HTML = ROOT / "_build" / "html"


def parts():
    """Return [(caption, [page, ...])] of the table of contents; the front page has no caption."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    listed = [(p["caption"], [chapter["file"] for chapter in p["chapters"]]) for p in toc["parts"]]
    return [("", [toc["root"]]), *listed]


def pages():
    """Return the pages' names in the order of the table of contents, such as book/preface."""
    return [name for _, names in parts() for name in names]


def title():
    """Return the book's title."""
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"]


def read(path):
    """Parse a page."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def resolve(page, url):
    """Return (file, fragment) that a link on a page leads to, or None if it leaves the book."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        return None
    file = normpath(join(dirname(page), unquote(parts.path))) if parts.path else page
    return file, unquote(parts.fragment)


def parsed(folder=HTML):
    """Return {file: page} of all pages in a folder."""
    files = [path for path in sorted(folder.rglob("*.html")) if "_static" not in path.parts]
    return {path.relative_to(folder).as_posix(): read(path) for path in files}


def links(book):
    """Return [(file, address)] of all that parsed pages link, show or load."""
    return [
        (file, address)
        for file, page in book.items()
        for tag in page(["a", "img", "link", "script"])
        if (address := tag.get("href") or tag.get("src"))
        and not address.startswith(("data:", "mailto:"))
    ]


def dead(book, folder=HTML):
    """Return a sentence for each link inside the book that leads nowhere."""
    found, anchors = [], {}
    for page, address in links(book):
        target = resolve(page, address)
        if target is None:
            continue
        file, fragment = target
        if not (folder / file).is_file():
            found.append(f"{page}: {address}: no such file")
        elif fragment:
            if file not in anchors:
                anchors[file] = {tag["id"] for tag in book[file](id=True)}
            if fragment not in anchors[file]:
                found.append(f"{page}: {address}: no such place on {file}")
    return found


if __name__ == "__main__":
    if not HTML.is_dir():
        raise SystemExit("There is no built book: run `make book` first.")
    outside = {}
    for page, address in links(parsed()):
        if resolve(page, address) is None:
            outside.setdefault(address, set()).add(page)
    for address in sorted(outside):
        print(address, *sorted(outside[address]), sep="\n    ")
