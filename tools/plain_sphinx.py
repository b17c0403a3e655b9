"""Build the book with Sphinx alone, without Jupyter Book: nothing is executed.

    .venv/bin/python tools/plain_sphinx.py html [PYTHON]

The first argument is a Sphinx builder: html, or linkcheck, which asks every other site that the
book links to whether the page is there. With another environment's PYTHON the book is built by the
Sphinx there. This is the tried way out of Jupyter Book 1, which holds Sphinx below 8.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPY = ROOT / ".cache" / "plain_sphinx"
# Jupyter Book's own extensions, and those of sites that the book does not use.
LEFT_OUT = (
    "jupyter_book",
    "sphinx_comments",
    "sphinx_jupyterbook_latex",
    "sphinx_multitoc_numbering",
    "sphinx_thebe",
)
OPTIONS = """
sys.path.insert(0, "tools")
extensions = [name for name in extensions if name not in {left_out}]
nb_execution_mode = "off"
linkcheck_timeout, linkcheck_retries, linkcheck_rate_limit_timeout = 20, 3, 60
linkcheck_anchors = False  # pages that a script fills have none
linkcheck_allow_unauthorized = True  # a publisher's door is a page, too
"""


def main(builder, python=sys.executable):
    """Copy the book's sources, write a conf.py from _config.yml, and build."""
    shutil.rmtree(COPY, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, COPY / name)
    subprocess.run(
        [Path(sys.executable).parent / "jupyter-book", "config", "sphinx", COPY], check=True
    )
    with (COPY / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write("import sys\n" + OPTIONS.format(left_out=LEFT_OUT))
    strict = ["--nitpicky", "--fail-on-warning", "--keep-going", "--quiet"]
    return subprocess.run(
        [python, "-m", "sphinx", "-b", builder, *strict, ".", f"_build/{builder}"], cwd=COPY
    ).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
