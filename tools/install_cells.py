"""Write the first cell of every chapter and assignment: install vaelib if it is missing.

    python tools/install_cells.py

The repository's public address stands in one line of _config.yml. Run this after changing it;
a test keeps the cells and that line in agreement.
"""

from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).parents[1]

CELL = '''\
# Installs vaelib where it is missing, as in Colab.
import importlib.util

if importlib.util.find_spec("vaelib") is None:
    address = "{address}"
    if not address:
        raise ModuleNotFoundError(
            "vaelib is missing. Run `pip install .` in a copy of "
            "the course's repository, then restart this kernel."
        )
    %pip install --quiet "vaelib @ git+{{address}}"'''


def notebooks():
    """Return every notebook whose source is edited by hand."""
    return sorted([*ROOT.glob("book/*.ipynb"), *ROOT.glob("solutions/*/*.ipynb")])


def install_cell():
    """Return the cell's source for the address that _config.yml names."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    return CELL.format(address=config["repository"]["url"])


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
