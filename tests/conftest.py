"""What the test files share: a seed for each test, the digits, and pairs to be refused."""

import re

import pytest
import torch
from system import require

from vaelib import load_mnist

# The tensors here are small: with more threads, the waiting costs far more than the work.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seed():
    """Make every test repeatable on its own and in any order."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def digits():
    """The bundled digits, read once: tests must not change them."""
    return load_mnist()


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    chromium = require("chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield running
        running.close()


OK = torch.zeros(7, 3)

# One argument is bad: (value, error, what is said about it).
BAD_MATRICES = {
    "none": (None, TypeError, "must be a torch.Tensor, got NoneType"),
    "list": (OK.tolist(), TypeError, "must be a torch.Tensor, got list"),
    "numpy": (OK.numpy(), TypeError, "must be a torch.Tensor, got ndarray"),
    "int64": (OK.long(), TypeError, "must have a floating-point dtype, got torch.int64"),
    "bool": (OK.bool(), TypeError, "must have a floating-point dtype, got torch.bool"),
    "complex": (OK + 0j, TypeError, "must have a floating-point dtype, got torch.complex64"),
    "scalar": (OK.sum(), ValueError, "must have shape (batch, columns), got ()"),
    "vector": (OK[0], ValueError, "must have shape (batch, columns), got (3,)"),
    "3d": (OK[None], ValueError, "must have shape (batch, columns), got (1, 7, 3)"),
    "no_rows": (OK[:0], ValueError, "must not be empty, got shape (0, 3)"),
    "no_columns": (OK[:, :0], ValueError, "must not be empty, got shape (7, 0)"),
}

# Each argument is good alone: (second value, error, what is said about the two).
BAD_PARTNERS = {
    "rows": (torch.zeros(5, 3), ValueError, "must have one shape, got (7, 3) and (5, 3)"),
    "columns": (torch.zeros(7, 2), ValueError, "must have one shape, got (7, 3) and (7, 2)"),
    "row": (torch.zeros(1, 3), ValueError, "must have one shape, got (7, 3) and (1, 3)"),
    "column": (torch.zeros(7, 1), ValueError, "must have one shape, got (7, 3) and (7, 1)"),
    "transposed": (torch.zeros(3, 7), ValueError, "must have one shape, got (7, 3) and (3, 7)"),
    "dtype": (OK.double(), TypeError, "must have one dtype, got torch.float32 and torch.float64"),
    "device": (OK.to("meta"), ValueError, "must be on one device, got cpu and meta"),
}

BAD_PAIRS = {
    **{f"first_{k}": (v, OK, e, f"{{0}} {text}") for k, (v, e, text) in BAD_MATRICES.items()},
    **{f"second_{k}": (OK, v, e, f"{{1}} {text}") for k, (v, e, text) in BAD_MATRICES.items()},
    **{
        f"other_{k}": (OK, v, e, f"{{0}} and {{1}} {text}")
        for k, (v, e, text) in BAD_PARTNERS.items()
    },
}


@pytest.fixture(params=BAD_PAIRS.values(), ids=BAD_PAIRS.keys())
def refuses(request):
    """A check that `function(first, second)` refuses a bad pair and names the bad argument."""
    first, second, error, message = request.param

    def check(function, *names):
        with pytest.raises(error, match=re.escape(message.format(*names))):
            function(first, second)

    return check
