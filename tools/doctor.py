"""Say whether this environment holds what requirements.txt names; exit 1 if it does not.

make doctor
"""

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]


def pins():
    """Return {name: version} of the lock."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    entries = (line.split("#")[0].strip() for line in lines)
    return dict(entry.split("==") for entry in entries if entry)


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
    print(f"Python {sys.version.split()[0]}, {len(pins())} locked packages")
    print("\n".join(problems) or "the environment is what the lock says")
    sys.exit(bool(problems))
