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
ACT = '<div class="vae-stage" data-act="{}"><p>Instead of the stage.</p></div>'


@pytest.fixture
def visit(browser, tmp_path, request):
    """Open a page with the ACTS of the test's module.

    At the end it has raised nothing and asked for no file but the stage's.
    """
    contexts, wrong, path = [], [], tmp_path / "page.html"
    acts = "".join(ACT.format(act) for act in request.module.ACTS)
    path.write_text(PAGE.format(STATIC.as_uri(), acts), encoding="utf-8")

    def open_page(**options):
        contexts.append(browser.new_context(offline=True, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(180_000)  # on a busy machine, all takes long
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: asked.url[:5] in LOCAL or wrong.append(asked.url))
        page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_function(BEGUN)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def stage(page, script, argument=None):
    """Evaluate a function of (stage, argument) in the page."""
    host = "document.querySelector('.vae-stage').stage"
    return page.evaluate(f"(argument) => ({script})({host}, argument)", argument)
