"""A page with acts of the stage in a real Chromium, from a folder, with every request refused."""

from pathlib import Path

import pytest

STATIC = Path(__file__).parent.parent / "vaelib/_static/stage"
PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">
<title>Stage</title><meta name="viewport" content="width=device-width"><style>:root {{
--pst-color-border: #777; --pst-color-background: #fff; --pst-color-text-base: #111;
--pst-color-surface: #eee }} html[data-theme="dark"] {{ --pst-color-background: #111;
--pst-color-text-base: #eee; --pst-color-surface: #222; background: #111; color: #eee }}
</style><link rel="stylesheet" href="{0}/stage.css"></head><body><main><h1>Stage</h1>
{1}</main>
<script defer src="{0}/models.js"></script><script defer src="{0}/mistakes.js"></script>
<script defer src="{0}/digits.js"></script><script defer src="{0}/points.js"></script>
<script defer src="{0}/stage.js"></script></body></html>"""
LOCAL = ("file:", "data:", "blob:")
# Every act has begun: each does in a task of its own, some after the page has loaded.
BEGUN = """() => [...document.querySelectorAll(".vae-stage[data-act]")].every(
    (host) => "stage" in host)"""
SCREEN = {"width": 1280, "height": 720}  # as Playwright makes it
ACT = '<div class="vae-stage" data-act="{}"><p>Instead of the stage.</p></div>'


class Tabs:
    """Tabs without a network that tests use in turn: a tab of its own costs a second of a core."""

    def __init__(self, browser):
        self.browser = browser
        self.shared = browser.new_context(offline=True)
        self.free, self.used = [], []

    def open(self, listeners, **options):
        """Return a tab as a new one would be, which tells its listeners what happens in it."""
        if options.keys() <= {"viewport", "color_scheme", "reduced_motion"}:
            page = self.free.pop() if self.free else self.shared.new_page()
            change(page, **options)
        else:  # what no tab takes on later
            page = self.browser.new_context(offline=True, **options).new_page()
        for event, listener in listeners.items():
            page.on(event, listener)
        self.used.append((page, listeners))
        return page

    def leave(self):
        """Leave the pages that a test has opened."""
        for page, listeners in self.used:
            if page.context != self.shared:
                page.context.close()
                continue
            page.goto("about:blank")
            page.mouse.move(-1, -1)
            for event, listener in listeners.items():
                page.remove_listener(event, listener)
            self.free.append(page)
        self.used = []


def change(page, viewport=SCREEN, color_scheme="light", reduced_motion="no-preference"):
    """Let a tab be as a new one of these options is."""
    page.set_viewport_size(viewport)
    page.emulate_media(media="null", color_scheme=color_scheme, reduced_motion=reduced_motion)


@pytest.fixture(scope="session")
def tabs(browser):
    """The tabs of this process."""
    tabs = Tabs(browser)
    yield tabs
    tabs.shared.close()


@pytest.fixture
def visit(tabs, tmp_path, request):
    """Open a page with the ACTS of the test's module.

    At the end it has raised nothing and asked for no file but the stage's.
    """
    wrong, path = [], tmp_path / "page.html"
    acts = "".join(ACT.format(act) for act in request.module.ACTS)
    path.write_text(PAGE.format(STATIC.as_uri(), acts), encoding="utf-8")
    listeners = {
        "pageerror": lambda error: wrong.append(str(error)),
        "request": lambda asked: asked.url[:5] in LOCAL or wrong.append(asked.url),
    }

    def open_page(**options):
        page = tabs.open(listeners, **options)
        page.set_default_timeout(180_000)  # on a busy machine, all takes long
        page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_function(BEGUN)
        return page

    yield open_page
    tabs.leave()
    assert wrong == []


def stage(page, script, argument=None):
    """Evaluate a function of (stage, argument) in the page."""
    host = "document.querySelector('.vae-stage').stage"
    return page.evaluate(f"(argument) => ({script})({host}, argument)", argument)
