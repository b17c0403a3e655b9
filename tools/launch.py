"""Notebooks that run without a clone, and the buttons that open them, as a Sphinx extension.

The built book has a folder `launch`: all chapters and assignments, whose first cell installs vaelib
from the wheel beside them, and what Binder needs. `make launch` makes a branch of that folder,
because Colab, Kaggle and Binder read notebooks from GitHub alone; everybody else downloads them
from the page.
"""

import re
import shutil
import subprocess
import sys
from html import escape

import address
import install_cells
import learners
import nbformat
from built_book import ROOT

README = """\
# {title}: notebooks to run

Made from the sources in {source}.
Do not edit them here: the next publication replaces this branch.
"""
SITEMAP = """\
<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{}
</urlset>
"""
# PyTorch's own index has a build without CUDA. pip takes it before PyPI's: "+cpu" sorts later.
BINDER = """\
--extra-index-url https://download.pytorch.org/whl/cpu
{torch}
./{wheel}
"""


def setup(app):
    """Register the hooks."""
    app.connect("config-inited", tell_the_theme, priority=400)
    app.connect("html-page-context", add_buttons, priority=502)  # after the theme's own
    app.connect("build-finished", write_notebooks)
    app.connect("build-finished", write_sitemap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def tell_the_theme(_app, config):
    """Give the theme the repository's address, and Sphinx the book's, as far as they are known."""
    repository, options = address.repository(), config.html_theme_options
    options["repository_url"] = repository
    known = re.search(r"//(github|gitlab)\.com/", repository) is not None
    for button in ("use_repository_button", "use_edit_page_button", "use_issues_button"):
        options[button] = known  # the theme stops at another host
    if not known:
        options.pop("repository_url")
    config.html_baseurl = address.site(repository)


def add_buttons(_app, page, _template, context, _doctree):
    """Let the buttons of a notebook's page lead to the notebook that installs what it needs."""
    groups = {group.get("label"): group for group in context.get("header_buttons", [])}
    name = f"{page}.ipynb"
    if name not in learners.names():
        return
    for button in groups["download-buttons"]["buttons"]:
        if button["label"] == "download-source-button":
            button["url"] = context["pathto"](f"launch/{name}", 1)
    for button in groups.get("source-buttons", {}).get("buttons", []):
        if button["label"] == "source-edit-button":  # a release is generated
            button["url"] = button["url"].replace("/exercises/", "/solutions/")
    places = address.launchers(address.repository())
    if places:
        buttons = [
            {"type": "link", "text": place, "tooltip": f"Run in {place}", "url": url.format(name)}
            for place, url in places.items()
        ]
        group = {"type": "group", "icon": "fas fa-rocket", "label": "launch-buttons"}
        context["header_buttons"].insert(
            0, group | {"tooltip": "Run this page", "buttons": buttons}
        )


def write_notebooks(app, exception):
    """Write the folder `launch` into a built book."""
    if exception is None and app.builder.name == "html":
        repository = address.repository()
        write(app.outdir / "launch", app.config.project, repository, address.site(repository))


def write_sitemap(app, exception):
    """Tell search engines all pages of a book that has an address."""
    if exception is None and app.builder.name == "html" and app.config.html_baseurl:
        pages = (app.builder.get_target_uri(page) for page in sorted(app.env.found_docs))
        lines = [
            f"<url><loc>{escape(app.config.html_baseurl + page)}</loc></url>" for page in pages
        ]
        text = SITEMAP.format("\n".join(lines))
        (app.outdir / "sitemap.xml").write_text(text, encoding="utf-8")


def write(folder, title, repository, site):
    """Write notebooks, the wheel, and what Binder needs.

    Parameters
    ----------
    folder : Path
        It is made anew.
    title, repository, site : str
        The course's title, and where it is published, as `address` returns it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"vaelib's wheel could not be built:\n{done.stdout}{done.stderr}")
    (wheel,) = folder.glob("*.whl")
    installs = install_cells.install_cell(site and f"{site}launch/{wheel.name}")
    for name in learners.names():
        notebook = learners.read(name)
        notebook.cells[0].source = installs
        learners.relink(notebook, name, (), site)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / name)
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    torch = re.search(r"^torch==[\w.]+", lock, re.M)[0]
    (folder / "binder").mkdir()
    (folder / "binder" / "requirements.txt").write_text(
        BINDER.format(torch=torch, wheel=wheel.name), encoding="utf-8"
    )
    said = README.format(title=title, source=repository or "the course's repository")
    (folder / "README.md").write_text(said, encoding="utf-8")
