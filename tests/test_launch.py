"""The notebooks that are published with the book run where there is no clone of it."""

import http.server
import os
import re
import subprocess
import sys
import sysconfig
import threading
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import address
import install_cells
import launch
import learners
import nbformat
import pytest
from book_extension import complete_head
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbgrader_course import ASSIGNMENTS, ROOT, solution_cells

pytestmark = pytest.mark.slow

FORK = "https://github.com/Some-One/vae-course"
RUN = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "Some-One/vae-course",
}


def test_a_run_on_github_knows_its_fork_whatever_the_config_says():
    config = {"repository": {"url": "https://github.com/up/stream"}}
    assert address.repository(RUN, config) == FORK
    assert address.repository({}, config) == "https://github.com/up/stream"
    assert address.repository({}, {"repository": {"url": f"{FORK}.git"}}) == FORK
    assert address.repository({}, {"repository": {"url": None}}) == ""


@pytest.mark.parametrize(
    ("repository", "site"),
    [
        (FORK, "https://some-one.github.io/vae-course/"),
        ("https://github.com/Some-One/some-one.github.io", "https://some-one.github.io/"),
        ("https://gitlab.com/a/b", "https://a.gitlab.io/b/"),
        ("https://git.example.org/a/b", ""),
        ("", ""),
    ],
)
def test_the_site_follows_from_the_repository(repository, site):
    assert address.site(repository, {}) == site
    assert address.site(repository, {"BOOK_URL": "https://vae.example.org"}) == (
        "https://vae.example.org/"
    )


def test_colab_kaggle_and_binder_open_notebooks_of_the_branch():
    opened = {place: url.format("book/kl.ipynb") for place, url in address.launchers(FORK).items()}
    path = "Some-One/vae-course"
    assert opened == {
        "Colab": f"https://colab.research.google.com/github/{path}/blob/launch/book/kl.ipynb",
        "Kaggle": f"https://www.kaggle.com/kernels/welcome?src={FORK}/blob/launch/book/kl.ipynb",
        "Binder": f"https://mybinder.org/v2/gh/{path}/launch?labpath=book/kl.ipynb",
    }
    assert address.launchers("https://gitlab.com/a/b") == {}


def built(tmp_path, site):
    """What a hook is given once a book of one page is built."""
    builder = SimpleNamespace(name="html", get_target_uri=lambda page: f"{page}.html")
    config = SimpleNamespace(html_baseurl=site, html_title="Title")
    env = SimpleNamespace(found_docs={"book/kl"}, titles={})
    return SimpleNamespace(outdir=tmp_path, builder=builder, config=config, env=env)


def test_a_book_with_an_address_has_a_sitemap_and_cards(tmp_path):
    app = built(tmp_path, "https://a.org/vae/")
    launch.write_sitemap(app, None)
    (page,) = ElementTree.parse(tmp_path / "sitemap.xml").getroot()
    assert page[0].text == "https://a.org/vae/book/kl.html"
    context = {}
    complete_head(app, "book/kl", "", context, None)
    assert 'property="og:url" content="https://a.org/vae/book/kl.html"' in context["metatags"]
    picture = re.search(r'og:image" content="https://a.org/vae/_static/(.*)"', context["metatags"])
    assert (ROOT / "book/_static" / picture[1]).is_file()


def test_a_book_without_one_has_neither(tmp_path):
    app, context = built(tmp_path, ""), {}
    launch.write_sitemap(app, None)
    complete_head(app, "book/kl", "", context, None)
    assert not list(tmp_path.iterdir()) and "og:url" not in context["metatags"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_):
        """Drop it."""


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A site on this machine with the published notebooks; the folder of them."""
    folder = tmp_path_factory.mktemp("a site")
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    launch.write(folder / "launch", "Title", FORK, f"http://127.0.0.1:{server.server_port}/")
    yield folder / "launch"
    server.shutdown()


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """The name of a kernel whose Python has all that this one has, but for vaelib; no index."""
    venv = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    python = venv / "bin" / "python"
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    there = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout
    # A folder that is added by a .pth file has its own .pth files passed over: vaelib's is one.
    (Path(there.strip()) / "all.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    kernel = tmp_path / "kernels" / "bare"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(
        f'{{"argv": ["{python}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"],'
        ' "display_name": "bare", "language": "python"}',
        encoding="utf-8",
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # the wheel asks for nothing that is not there
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return "bare"


def saved_by_colab(notebook):
    """Return the notebook as Colab saves it: an older format, ids in metadata, its own marks."""
    cells = [{**cell, "metadata": {**cell.metadata, "id": cell.id}} for cell in notebook.cells]
    for cell in cells:
        del cell["id"]
    metadata = {**notebook.metadata, "colab": {"provenance": [], "toc_visible": True}}
    return nbformat.from_dict(
        {"nbformat": 4, "nbformat_minor": 0, "metadata": metadata, "cells": cells}
    )


def executed(notebook, kernel, folder):
    """Run a notebook in a folder; return what its cells showed, and printed, as one text."""
    NotebookClient(
        notebook, kernel_name=kernel, timeout=300, resources={"metadata": {"path": str(folder)}}
    ).execute()
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    return "\n".join(str(out.get("data") or out.get("text")) for out in outputs)


def test_an_assignment_runs_without_a_clone_and_passes_its_checks(published, bare, tmp_path):
    notebook = nbformat.read(published / "exercises/sampling/sampling.ipynb", 4)
    answers = solution_cells("sampling")
    for cell in notebook.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    notebook.cells.append(nbformat.v4.new_code_cell("import vaelib; print(vaelib.__file__)"))
    said = executed(saved_by_colab(notebook), bare, tmp_path)  # a check that fails raises
    assert str(tmp_path / "bare") in said and str(ROOT / "vaelib") not in said
    assert "image/png" in said


def test_what_pip_says_reaches_the_reader(published, bare, tmp_path):
    gone = install_cells.install_cell(
        re.search(r"http://[^\"]+\.whl", (published / "book/kl.ipynb").read_text())[0] + "x"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(gone)])
    with pytest.raises(CellExecutionError, match=r"pip could not install vaelib.\n(.*\n)*.*Kaggle"):
        executed(notebook, bare, tmp_path)


def test_every_notebook_is_published_with_the_cell_that_installs(published):
    (wheel,) = published.glob("vaelib-*.whl")
    found = sorted(path.relative_to(published).as_posix() for path in published.rglob("*.ipynb"))
    assert found == learners.names()
    assert len(ASSIGNMENTS) == sum(name.startswith("exercises/") for name in found)
    for name in found:
        notebook = nbformat.read(published / name, 4)
        nbformat.validate(notebook)
        assert re.search(rf'wheel = "http://.*/launch/{wheel.name}"', notebook.cells[0].source)
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        leads = [link for _, link in learners.LINK.findall(text) if link[0] != "#"]
        assert [link for link in leads if not link.startswith("http")] == []


def test_binder_finds_the_wheel_and_the_locks_torch(published):
    lines = (published / "binder/requirements.txt").read_text(encoding="utf-8").splitlines()
    assert (published / lines[2]).is_file()
    assert lines[1] in (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_the_branch_is_made_of_the_folder(published, tmp_path):
    copy = tmp_path / "copy"
    (copy / "_build/html").mkdir(parents=True)
    for name, target in (("launch", published), (".git", ROOT / ".git")):
        (copy / "_build/html" / name if name == "launch" else copy / name).symlink_to(target)
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", remote], check=True)
    command = ["make", "-f", ROOT / "Makefile", "launch"]
    for _ in range(2):  # the second time it replaces the first
        subprocess.run([*command, f"REMOTE={remote}"], cwd=copy, check=True, env=os.environ)
    listed = subprocess.run(
        ["git", "-C", remote, "ls-tree", "-r", "--name-only", "launch"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert {"book/kl.ipynb", "exercises/elbo/elbo.ipynb", "binder/requirements.txt"} < {*listed}
    missing = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert missing.returncode and "REMOTE is missing" in missing.stderr
