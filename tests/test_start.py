"""What `import vaelib` loads, and what it leaves until it is used."""

import subprocess
import sys

import pytest

import vaelib

HEAVY = ("matplotlib", "IPython", "PIL", "torchvision")


@pytest.mark.parametrize("module", ["vaelib", "vaelib.checks.__main__", "vaelib.runs"])
def test_a_start_loads_no_plots_and_no_display(module):
    """In a new process, since here the other tests have loaded them."""
    code = f"import sys, {module}; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_plots_load_when_used_and_are_listed_before():
    code = """
import sys, vaelib
assert "plot_images" in dir(vaelib)
from vaelib import plot_images
assert "matplotlib" in sys.modules
assert vaelib.plotting.plot_images is plot_images
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_name_is_there():
    assert all(getattr(vaelib, name) is not None for name in vaelib.__all__)


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'vaelib' has no attribute 'plot_nothing'"):
        vaelib.plot_nothing  # noqa: B018
