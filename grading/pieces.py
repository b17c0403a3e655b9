"""The right version of a piece, as source that runs in the jail.

The judge sends it with the call that needs it; until then it is not in the jail. The assignments
define them, plainly: each of these functions uses torch alone.
"""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

_IMPORTS = (
    "from __future__ import annotations\n"
    "import torch\nfrom torch import Tensor\nfrom torch.nn import functional as F\n"
)


@cache
def source(name: str, right: Callable[..., Any]) -> str:
    """Return source that defines `name` as the right version."""
    return f"{_IMPORTS}{inspect.getsource(right)}{name} = {right.__name__}\n"
