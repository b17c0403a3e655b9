"""The right version of a piece, as source that runs in the jail.

The judge sends it with the call that needs it; until then it is not in the jail. The assignments
define them, plainly: each of these functions uses torch alone.
"""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from vaelib.checks.harness import _handing_on, standing_in, taking_arguments_of

_IMPORTS = (
    "import inspect\nimport types\nfrom collections.abc import Callable, Iterator, Mapping\n"
    "from contextlib import contextmanager\nfrom typing import Any\n"
    "import torch\nfrom torch import Tensor\nfrom torch.nn import functional as F\n"
)
_PLACING = "\n".join(inspect.getsource(f) for f in (standing_in, _handing_on, taking_arguments_of))


@cache
def source(name: str, right: Callable[..., Any]) -> str:
    """Return source that defines `name` as the right version, and what puts it in its place."""
    return f"{_IMPORTS}{_PLACING}\n{inspect.getsource(right)}{name} = {right.__name__}\n"
