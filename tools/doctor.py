"""Say what this machine has of all that the course can use, and what to do where it lacks.

    python3 tools/doctor.py

Runs on the system's Python, before there is an environment. Every line is the result of trying.
Exit status 1 if something is missing that `make book` needs; the rest is said and counts nothing.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile

from make_env import LOWEST, ROOT, fits

PYTHON = next(
    (p for p in (ROOT / ".venv/bin/python", ROOT / ".venv/Scripts/python.exe") if p.exists()), None
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRIVES = "from playwright.sync_api import sync_playwright as s; s().start().stop()"


def said_by(*command, seconds=60):
    """Return what a program prints and whether it succeeded; ("", False) if there is none."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "", False
    return done.stdout.strip(), done.returncode == 0


def python():
    """Try whether this Python fits, and can make environments."""
    got = sys.version.split()[0]
    if not fits(sys.version_info):
        low = ".".join(map(str, LOWEST))
        return got, f"{low} to 3.14 is needed: install one, and say make PYTHON=python3.12 ..."
    if importlib.util.find_spec("ensurepip") is None:
        return got, "it cannot make environments: apt-get install python3-venv"
    return got, ""


def make():
    """Try make."""
    said, there = said_by("make", "--version")
    advice = "apt-get install make; without it, README has the lines to type"
    return said.split("\n")[0] if there else "none", "" if there else advice


def disk():
    """Try whether the environment and the book fit on the disk."""
    free = shutil.disk_usage(str(ROOT)).free / 1e9
    advice = "3 GB are needed, 7 GB with PyTorch for NVIDIA cards"
    return f"{free:.0f} GB free", "" if free > 3 else advice


def index():
    """Try whether pip reaches a package index."""
    if PYTHON is None and importlib.util.find_spec("pip") is None:
        return "not tried: this Python has no pip", ""
    with tempfile.TemporaryDirectory() as folder:
        asked = ("pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--dest", folder)
        there = said_by(PYTHON or sys.executable, "-m", *asked, "iniconfig")[1]
    if there:
        return "reached", ""
    return "out of reach", "" if PYTHON else "pip finds no package: network, proxy, pip.conf?"


def environment():
    """Try whether the environment is what the lock says."""
    if PYTHON is None:
        return "none yet: `make env` makes it", ""
    said, right = said_by(PYTHON, ROOT / "tools/locked.py")
    lines = said.split("\n") or [""]
    return lines[0] + (f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""), (
        "" if right else "make clean env"
    )


def torch():
    """Try PyTorch, and whether it has a GPU."""
    if PYTHON is None:
        return "comes with `make env`", ""
    code = "import torch; print(torch.__version__, 'with', torch.cuda.get_device_name() " + (
        "if torch.cuda.is_available() else 'no GPU: all runs on the CPU')"
    )
    said, there = said_by(PYTHON, "-c", code)
    return said.split("\n")[-1], "" if there else "make clean env"


def fonts():
    """Try which font a page gets."""
    said, there = said_by("fc-match", "sans-serif")
    return said if there else "not known", ""


def chromium():
    """Try to find the browser of the page tests, of `make pdf` and of the explorer's tests."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        return "none", "tests of pages are skipped: apt-get install chromium libatomic1"
    if PYTHON and not said_by(PYTHON, "-c", DRIVES)[1]:
        return (
            path,
            "Playwright's Node.js, which drives it, does not start: apt-get install libatomic1",
        )
    return path, ""


def jail():
    """Try to make the namespaces that `python -m grading` keeps answers in."""
    if shutil.which("bwrap") is None:
        return "no bubblewrap", "grading needs it (Linux): apt-get install bubblewrap"
    said, there = said_by("bwrap", "--unshare-user", "--ro-bind", "/", "/", "--dev", "/dev", "true")
    if there:
        return "bubblewrap makes namespaces", ""
    return said.split("\n")[-1], (
        "this system refuses user namespaces: sysctl -w user.max_user_namespaces=10000, "
        "kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), or a privileged container"
    )


NEEDED = (python, disk, index)
USEFUL = (make, environment, torch, fonts, chromium, jail)

if __name__ == "__main__":
    failed = False
    for look in NEEDED + USEFUL:
        found, advice = look()
        mark = "ok" if not advice else "NO" if look in NEEDED else "--"
        failed = failed or mark == "NO"
        print(f"{mark}  {look.__name__:<12}{found}")
        if advice:
            print(f"    {'':<12}{advice}")
    sys.exit(failed)
