"""Make the environment in .venv: what requirements.txt names, with the right build of PyTorch.

    python3 tools/make_env.py

Runs on the system's Python, with its standard library alone. On Linux, PyPI's PyTorch is the
build for NVIDIA cards: without such a card PyTorch's own index has one that is a tenth as large.
Where that index cannot be reached, PyPI's build works as well. The rest comes by uv, in a tenth of
pip's time; pip stands in where it is set up for an index that uv does not know.
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


def pin(name):
    """Return the lock's line for a package, such as "torch==2.13.0"."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return re.search(rf"^{name}==[\w.]+", lock, re.M)[0]


def build(has_card, platform):
    """Return the name of the build that uv is to look for, or "" where PyPI's is the right one."""
    if not platform.startswith("linux") or has_card:
        return ""
    return "cpu"


def works(*command):
    """Run a program, without its words; return whether it ended well."""
    ended = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True)
    return ended.returncode == 0


def run(*command):
    """Run a program; end with its own words if it fails."""
    if subprocess.run([str(part) for part in command], cwd=ROOT).returncode:
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
    run(*pip, pin("uv"))
    # Compiled now, since `make` forbids to leave such files later.
    uv = [python, "-m", "uv", "pip", "install", "--quiet", "--python", python, "--compile-bytecode"]
    if build(shutil.which("nvidia-smi") is not None, sys.platform):
        small_torch(uv)
    else:
        size = "2.7 GB, for NVIDIA cards" if sys.platform.startswith("linux") else "0.2 GB"
        print(f"make env: {pin('torch')} comes from PyPI ({size})", flush=True)
    run(*pip, pin("torch"))  # pip looks where its own settings say, which uv does not read
    print("make env: and the rest of requirements.txt (0.24 GB)", flush=True)
    if not works(*uv, "--requirement", "requirements.txt"):
        print("make env: uv cannot fetch it here. pip can take ten minutes, in silence", flush=True)
        run(*pip, "--requirement", "requirements.txt")
    # jsonschema does without it, but where it is, each start of Jupyter builds a parser of
    # internationalised addresses: 2.3 s that nothing here uses.
    run(python, "-m", "pip", "uninstall", "--quiet", "--yes", SLOW)
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", ".")


def small_torch(uv):
    """Install PyTorch's CPU build, where its index can be reached; say what comes if not."""
    print(f"make env: {pin('torch')} for the CPU (0.2 GB) from PyTorch's index", flush=True)
    if not works(*uv, "--torch-backend", "cpu", pin("torch")):
        print(
            "make env: PyTorch's index cannot be reached. The build that pip finds elsewhere is "
            "taken: PyPI's brings 2.7 GB for NVIDIA cards, and works without one.",
            flush=True,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".venv").resolve())
