"""Notebooks as learners get them: what they need not look at is folded, and links lead on.

    python tools/learners.py [FOLDER]

copies the chapters and the released assignments into FOLDER, which is `work` and which git ignores,
and book/after.md, which their last links lead to, as a notebook: Jupyter shows it without a detour.
A notebook that is there already is kept, since it is somebody's work. A JupyterLab whose
`LabApp.app_settings_dir` is FOLDER/.lab has no menu for instructors: `make lab` starts one.
"""

import json
import re
import sys
from pathlib import Path, PurePosixPath
from posixpath import dirname, join, normpath
from urllib.parse import urlsplit

try:
    import nbformat
except ModuleNotFoundError:
    sys.exit("Jupyter is not in this Python yet. Install first: pip install . jupyterlab")

ROOT = Path(__file__).resolve().parents[1]
AFTER = "book/after.ipynb"
ELSEWHERE = "The worked answers stand on this page of the book: `make page NAME=after` builds it."
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")


def names():
    """Return the chapters and releases that learners open, such as book/kl.ipynb."""
    found = [*ROOT.glob("book/*.ipynb"), *ROOT.glob("exercises/*/*.ipynb")]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def read(name):
    """Return a notebook of the repository, folded: its text and code are what they were.

    Folded are the cell that installs vaelib and the cells that check the prose; in JupyterLab by
    `source_hidden`, in Colab by `cellView`.
    """
    notebook = nbformat.read(ROOT / name, as_version=4)
    for cell in notebook.cells:
        if {"remove-cell", "hide-input"} & set(cell.metadata.get("tags", [])):
            cell.metadata |= {"jupyter": {"source_hidden": True}, "cellView": "form"}
    return notebook


def relink(notebook, name, there, site):
    """Make the links in a notebook's text lead to the book's site, but to what is `there`.

    Parameters
    ----------
    notebook : NotebookNode
        It is changed in place.
    name : str
        Where in the repository it lies.
    there : collection of str
        What its links can reach where it will lie, as names in the repository; a page kl.md also as
        kl.ipynb.
    site : str
        The address of the built book with a slash at its end, or "": then only a link's text stays.
    """

    def lead(link):
        text, address = link.groups()
        parts = urlsplit(address)
        page = normpath(join(dirname(name), parts.path))
        if parts.scheme or not parts.path or page in there or not page.endswith((".md", ".ipynb")):
            return link[0]
        if str(PurePosixPath(page).with_suffix(".ipynb")) in there:
            return f"[{text}]({address.replace('.md', '.ipynb', 1)})"
        page = PurePosixPath(page).with_suffix(".html")
        return (
            f"[{text}]({site}{page}{'#' * bool(parts.fragment)}{parts.fragment})" if site else text
        )

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(lead, cell.source)


def after():
    """Return the page on what comes after an assignment as a notebook of one cell."""
    text = (ROOT / "book/after.md").read_text(encoding="utf-8")
    text = re.sub(r"```{worked-answers}\n```", ELSEWHERE, text)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])


def main(folder="work"):
    """Copy what is not there yet, and say what was done."""
    folder = Path(folder).resolve()
    there, kept = [*names(), AFTER], 0
    for name in there:
        path = folder / name
        if path.exists():
            kept += 1
            continue
        notebook = after() if name == AFTER else read(name)
        relink(notebook, name, there, site="")
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
    (folder / ".lab").mkdir(exist_ok=True)
    without = {"disabledExtensions": ["@jupyter/nbgrader"]}
    (folder / ".lab" / "page_config.json").write_text(json.dumps(without), encoding="utf-8")
    print(f"{folder}: {len(there) - kept} notebooks copied, {kept} kept as they were.")


if __name__ == "__main__":
    main(*sys.argv[1:])
