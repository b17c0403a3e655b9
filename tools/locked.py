"""Say whether this environment holds what requirements.txt names; exit 1 if it does not.

Run it with the environment's Python: `.venv/bin/python tools/locked.py`.
"""

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

LOCK = Path(__file__).resolve().parents[1] / "requirements.txt"


def pins():
    """Return {name: version} of the lock for this machine."""
    lines = (line.split("#")[0].strip() for line in LOCK.read_text(encoding="utf-8").splitlines())
    entries = [Requirement(line) for line in lines if line]
    return {
        entry.name: str(entry.specifier).removeprefix("==")
        for entry in entries
        if entry.marker is None or entry.marker.evaluate()
    }


def differences():
    """Return a sentence for each package that differs from the lock."""
    found = []
    for name, wanted in pins().items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            found.append(f"{name}: {wanted} is locked, none is installed")
            continue
        if installed.split("+")[0] != wanted:  # 2.13.0+cpu is a build of 2.13.0
            found.append(f"{name}: {wanted} is locked, {installed} is installed")
    return found


if __name__ == "__main__":
    problems = differences()
    print("\n".join(problems) or f"all {len(pins())} packages are as locked")
    sys.exit(bool(problems))
