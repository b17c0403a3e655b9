"""Show a page in the browser, and build and reload it whenever something it is made of is saved.

    .venv/bin/python tools/serve.py kl [PORT]

A saved page is built, too, and from then on kept up to date as the named one: a chapter is run
when its own code changed, or something in vaelib that it uses.
"""

import sys
from pathlib import Path

import make_book
from livereload import Server

SOURCES = ("_config.yml", "_toc.yml", "README.md", "book/**/*", "exercises/**/*", "vaelib/**/*")


def saved_pages(files):
    """Return the names of the pages among files that were saved."""
    root = make_book.ROOT
    stems = {Path(file).resolve().relative_to(root).with_suffix("").as_posix() for file in files}
    return [name for name in make_book.pages()[0] if name in stems]


def serve(page, port=8000):
    """Build a page and serve it until Ctrl-C."""
    shown = [make_book.named(page)]
    status = make_book.make_pages(shown)
    if status:
        sys.exit(status)

    def make_again(files=()):  # called without, where one was removed
        shown.extend(name for name in saved_pages(files) if name not in shown)
        make_book.make_pages(shown)  # where it fails, it says why, and the last page stays

    server = Server()
    for pattern in SOURCES:
        server.watch(str(make_book.ROOT / pattern), make_again)
    print(f"Open http://127.0.0.1:{port}/{shown[0]}.html and stop with Ctrl-C.", flush=True)
    server.serve(port=port, root=make_book.PAGES / "_build" / "html")


if __name__ == "__main__":
    serve(sys.argv[1], *map(int, sys.argv[2:]))
