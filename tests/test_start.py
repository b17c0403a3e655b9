"""What `import vaelib` loads, and what it leaves until it is used."""

import subprocess
import sys

import pytest

import vaelib

HEAVY = ("matplotlib", "IPython", "PIL", "torchvision")


# One process has imported torch; a child of it tries each case, since here all is loaded.
APART = """
import os, sys, torch
for case in sys.argv[1:]:
    if not (child := os.fork()):
        exec(case)
        sys.stdout.flush()
        os._exit(0)
    print("ended with", os.waitpid(child, 0)[1], flush=True)
"""
MODULES = ("vaelib", "vaelib.checks.__main__", "vaelib.runs")
PLOTS = """
import vaelib
assert "plot_images" in dir(vaelib)
from vaelib import plot_images
assert "matplotlib" in sys.modules
assert vaelib.plotting.plot_images is plot_images
"""


@pytest.mark.slow
def test_a_start_loads_no_plots_and_no_display_and_plots_load_when_used():
    loaded = [
        f"import {module}; print('loads', *[name for name in {HEAVY} if name in sys.modules])"
        for module in MODULES
    ]
    command = [sys.executable, "-c", APART, *loaded, PLOTS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["loads", "ended with 0"] * 3 + ["ended with 0"], done


def test_every_public_name_is_there():
    assert all(getattr(vaelib, name) is not None for name in vaelib.__all__)


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'vaelib' has no attribute 'plot_nothing'"):
        vaelib.plot_nothing  # noqa: B018
