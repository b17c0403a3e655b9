"""A learner in a real JupyterLab: wrong answers typed into the release, and what they are told."""

import os
import secrets
import socket
import subprocess
import sys
import threading

import learners
import pytest
from nbgrader_course import ROOT

pytestmark = pytest.mark.slow
PATIENCE = 60_000  # in milliseconds; an idle machine needs a tenth

LAYER = """\
# EXERCISE: sampling-layer
class Sampling(nn.Module):
    def forward(self, mu, logvar):
        sigma = torch.exp(logvar / 2)
        return """
WRONG = {  # what is returned, the first line of the check that sees it, and the mistake's name
    "mu + sigma * torch.rand_like(sigma)": (
        "# Mean and spread",
        "`rand` (uniform on 0 to 1) instead of `randn` (standard normal)",
    ),
    "torch.distributions.Normal(mu, sigma).sample()": (
        "# Gradients",
        "the graph is cut by `.sample()`",
    ),
    "mu + sigma * torch.randn(mu.shape[1], dtype=mu.dtype)": (
        "# Fresh noise",
        "one noise vector for the whole batch",
    ),
}


@pytest.fixture
def lab(tmp_path):
    """A JupyterLab on the folder that `make work` makes; the address of a release in it."""
    learners.main(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex()
    folders = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    environment = {name: str(tmp_path / ".home" / name.lower()) for name in folders}
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"),
            "--ServerApp.port_retries=0",
            f"--LabApp.app_settings_dir={tmp_path / '.lab'}",
        ],
        cwd=tmp_path,
        env=os.environ | environment | {"JUPYTER_TOKEN": token, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        log = []
        for line in server.stderr:
            log.append(line)
            if "is running at" in line:
                break
        else:
            pytest.fail("JupyterLab did not start:\n" + "".join(log))
        threading.Thread(target=server.stderr.read, daemon=True).start()  # so that it never fills
        yield f"http://127.0.0.1:{port}/lab/tree/exercises/sampling/sampling.ipynb?token={token}"
    finally:
        server.terminate()  # it ends its kernels
        server.wait(timeout=60)


def test_three_wrong_answers_lead_to_messages_that_name_the_mistake(lab, browser, tmp_path):
    from playwright.sync_api import expect

    page = browser.new_page(viewport={"width": 1200, "height": 3000})  # every cell in sight
    page.goto(lab)
    expect(page.locator(".jp-NotebookPanel")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("| Idle")).to_be_visible(timeout=PATIENCE)  # its kernel

    menus = page.locator(".lm-MenuBar-item")
    expect(menus.filter(has_text="Kernel")).to_be_visible(timeout=PATIENCE)
    expect(menus.filter(has_text="Nbgrader")).to_have_count(0)
    folded = page.locator(".jp-CodeCell").first
    expect(folded.locator(".jp-Placeholder")).to_be_visible()
    expect(page.get_by_text("find_spec")).not_to_be_visible()

    def cell(text):
        return page.locator(".jp-CodeCell").filter(has_text=text).first

    def run(one, text=None):
        """Run a cell, with a new text or as it is, and wait until it is done."""
        one.locator(".cm-content").click()
        if text is not None:
            page.keyboard.press("Control+A")
            page.keyboard.insert_text(text)
        page.keyboard.press("Control+Enter")
        ran.append(one)
        expect(one.locator(".jp-InputPrompt")).to_have_text(f"[{len(ran)}]:", timeout=PATIENCE)

    ran = []
    run(cell("from torch import nn"))
    for returned, (first_line, mistake) in WRONG.items():
        run(cell("# EXERCISE: sampling-layer"), LAYER + returned)
        check = cell(first_line)
        run(check)
        output = check.locator(".jp-OutputArea-output")
        expect(output).to_contain_text(mistake)
        expect(output).to_contain_text("Asked:")
        expect(output).not_to_contain_text("Traceback")
    page.screenshot(path=tmp_path / "jupyterlab.png")
    page.close()
