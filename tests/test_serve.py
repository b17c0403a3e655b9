"""`make serve` in a process of its own: a page is built and reloaded when its file is saved."""

import json
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from nbgrader_course import ROOT
from tornado.ioloop import IOLoop
from tornado.websocket import websocket_connect

# The server, with Sphinx replaced by a copy: which pages are built is what counts here.
SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {tools!r})
import make_book, serve
root = make_book.ROOT = Path({root!r})
make_book.PAGES = root / ".cache" / "page"
make_book.pages = lambda: (["book/one", "book/two"], [], 60)

def build(output, shown):
    for name in shown:
        path = output / "_build" / "html" / (name + ".html")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((root / (name + ".md")).read_text())
    print("built", *shown, flush=True)
    return 0

make_book.build = build
serve.serve("one", {port})
"""


@pytest.fixture
def served(tmp_path):
    """A book of two pages, its server, and where that listens."""
    (tmp_path / "book").mkdir()
    for name in ("one", "two"):
        (tmp_path / "book" / f"{name}.md").write_text(f"<head></head>Page {name}.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = SCRIPT.format(tools=str(ROOT / "tools"), root=str(tmp_path), port=port)
    server = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    yield tmp_path, server, f"127.0.0.1:{port}"
    server.kill()
    server.communicate()


def until(server, said):
    """Read what the server prints until it says this."""
    lines = []
    for line in server.stdout:
        lines.append(line)
        if said in line:
            return line
    raise AssertionError("".join(lines))


def fetched(address):
    """Return a page, once the server listens."""
    while True:
        try:
            return urlopen(f"http://{address}").read().decode()
        except URLError:
            time.sleep(0.05)


@pytest.mark.slow
def test_a_saved_page_is_built_and_the_browser_told_to_reload(served):
    root, server, host = served
    until(server, "Open http")
    page = fetched(f"{host}/book/one.html")
    assert "Page one." in page and "livereload.js" in page

    async def save_and_listen():
        browser = await websocket_connect(f"ws://{host}/livereload")
        hello = {"command": "hello", "protocols": ["http://livereload.com/protocols/official-7"]}
        await browser.write_message(json.dumps(hello))
        assert json.loads(await browser.read_message())["command"] == "hello"
        await browser.write_message(json.dumps({"command": "info", "url": f"http://{host}/"}))
        (root / "book" / "two.md").write_text("<head></head>Page two, mended.")
        while json.loads(said := await browser.read_message())["command"] != "reload":
            assert said
        return said

    with ThreadPoolExecutor(1) as thread:  # a browser of another test may hold this one's loop
        thread.submit(lambda: IOLoop().run_sync(save_and_listen)).result()
    assert until(server, "built") == "built book/one book/two\n"
    assert "mended" in fetched(f"{host}/book/two.html")
