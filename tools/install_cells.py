"""Write the first cell of every chapter and assignment: install vaelib if it is missing.

    python tools/install_cells.py

In the repository the cell names no wheel: there, vaelib is installed with the environment. In the
notebooks that are published with the book (launch.py) it names the wheel beside them.
"""

from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]

CELL = """\
# Installs vaelib where it is missing, as in Colab.
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("vaelib") is None:
    wheel = "{wheel}"
    if not wheel:
        raise ModuleNotFoundError(
            "vaelib is missing. Run `pip install .` in a copy of "
            "the course's repository, then restart this kernel."
        )
    pip = [sys.executable, "-m", "pip", "install", "--quiet", wheel]
    done = subprocess.run(pip, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(
            f"pip could not install vaelib.\\n{{done.stderr}}"
            "Has this machine a network? On Kaggle it is a switch: "
            "Settings, Turn on internet. Then run this cell again."
        )
    importlib.invalidate_caches()"""


def notebooks():
    """Return every notebook whose source is edited by hand."""
    return sorted([*ROOT.glob("book/*.ipynb"), *ROOT.glob("solutions/*/*.ipynb")])


def install_cell(wheel=""):
    """Return the cell's source for a wheel's address, or for where the environment has vaelib."""
    return CELL.format(wheel=wheel)


def write(path, source):
    """Put the source into the notebook's cell `install`; write only if it changes."""
    notebook = nbformat.read(path, as_version=4)
    cell = notebook.cells[0]
    if cell["id"] != "install":
        raise ValueError(f"{path}: expected a first cell with the id 'install', got {cell['id']!r}")
    if cell.source != source:
        cell.source = source
        nbformat.write(notebook, path)
        print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    for notebook_path in notebooks():
        write(notebook_path, install_cell())
