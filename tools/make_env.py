"""Make the environment in .venv: what requirements.txt names, with the right build of PyTorch.

    python3 tools/make_env.py

Runs on the system's Python, with its standard library alone. On Linux, PyPI's PyTorch is the
build for NVIDIA cards: without such a card PyTorch's own index has one that is a tenth as large.
Where that index cannot be reached, PyPI's build works as well.
"""

import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOWEST, BEYOND = (3, 11), (3, 15)  # as pyproject.toml's requires-python
TOO_OLD = (
    "Python 3.11 to 3.14 is needed, got {got}. Name another: make PYTHON=python3.12 ... "
    "(Debian: apt-get install python3 python3-venv; macOS: brew install python@3.13)"
)


def fits(version):
    """Return whether the course runs on this version of Python, a tuple such as (3, 11, 2)."""
    return LOWEST <= tuple(version[:2]) < BEYOND


def torch_pin():
    """Return the lock's line for torch, such as "torch==2.13.0"."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return re.search(r"^torch==[\w.]+", lock, re.M)[0]


def build(has_card, platform):
    """Return the name of the build that uv is to look for, or "" where PyPI's is the right one."""
    if not platform.startswith("linux") or has_card:
        return ""
    return "cpu"


def run(*command, **kwargs):
    """Run a program; end with its own words if it fails."""
    if subprocess.run([str(part) for part in command], cwd=ROOT, **kwargs).returncode:
        sys.exit(
            f"make env: this failed, and its reason stands above: {' '.join(map(str, command))}"
        )


def inside(where):
    """Return the Python of the environment in `where`, or None where none works."""
    for path in (where / "bin/python", where / "Scripts/python.exe"):
        try:
            asked = subprocess.run([path, "-m", "pip", "--version"], stdout=subprocess.DEVNULL)
        except OSError:  # no such file, or a link to a Python that is gone
            continue
        if asked.returncode == 0:
            return path
    return None


SLOW = "rfc3987-syntax"  # the lock leaves it out


def main(where):
    """Make the environment in the folder `where`."""
    if not fits(sys.version_info):
        sys.exit(TOO_OLD.format(got=sys.version.split()[0]))
    python = inside(where)
    if python is None:  # else it stays, and only what changed is installed
        venv.create(where, with_pip=True, clear=True)
        python = inside(where)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if build(shutil.which("nvidia-smi") is not None, sys.platform):
        small_torch(python, pip)
    else:
        size = "2.7 GB, for NVIDIA cards" if sys.platform.startswith("linux") else "0.2 GB"
        print(f"make env: {torch_pin()} comes from PyPI ({size})", flush=True)
    print("make env: and the rest of requirements.txt (0.24 GB)", flush=True)
    run(*pip, "--requirement", "requirements.txt")
    # jsonschema does without it, but where it is, each start of Jupyter builds a parser of
    # internationalised addresses: 2.3 s that nothing here uses.
    run(python, "-m", "pip", "uninstall", "--quiet", "--yes", SLOW)
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", ".")


def small_torch(python, pip):
    """Install PyTorch's CPU build, where its index can be reached; say what comes if not."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    run(*pip, re.search(r"^uv==[\w.]+", lock, re.M)[0])
    print(f"make env: {torch_pin()} for the CPU (0.2 GB) from PyTorch's index", flush=True)
    uv = [python, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    found = subprocess.run(
        [*map(str, uv), "--torch-backend", "cpu", torch_pin()], cwd=ROOT, capture_output=True
    )
    if found.returncode:
        print(
            "make env: PyTorch's index cannot be reached. The build that pip finds elsewhere is "
            "taken: PyPI's brings 2.7 GB for NVIDIA cards, and works without one.",
            flush=True,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".venv").resolve())
