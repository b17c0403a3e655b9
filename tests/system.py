"""What tests need of the system beside Python: missing on a laptop it skips, in CI it fails."""

import os
import shutil
import subprocess

import pytest

PACKAGES = {
    "chromium": "chromium",
    "bwrap": "bubblewrap",
    "pg_ctlcluster": "postgresql",
    "pdftotext": "poppler-utils",
    "pdftoppm": "poppler-utils",
    "node": "nodejs",
    "npm": "npm",
}


def require(program):
    """Return the path of a program, which Debian has in the package that `PACKAGES` names."""
    path = shutil.which(program)
    if path is None:
        absent(f"{program} is not installed: `apt-get install {PACKAGES[program]}`")
    return path


def chromium():
    """Return Chromium's path, if Playwright can drive it, which wants a library of its own."""
    from playwright._impl._driver import compute_driver_executable

    path = require("chromium")
    node, _ = compute_driver_executable()
    started = subprocess.run([node, "--version"], capture_output=True, text=True)
    if started.returncode:
        said = started.stderr.strip().rpartition(": error")[2]
        absent(f"Playwright's Node.js does not start{said}: `apt-get install libatomic1`")
    return path


def absent(reason):
    """Skip a test for a reason that only a laptop may have."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
