"""The right version of a piece, as source that runs in the jail.

The judge sends it with the call that needs it; until then it is not in the jail. The assignments
define them, plainly: each of these functions uses torch alone.
"""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from vaelib.checks.harness import _handing_on, taking_arguments_of

_IMPORTS = (
    "import inspect\nimport types\nfrom collections.abc import Callable\nfrom typing import Any\n"
    "import torch\nfrom torch import Tensor\nfrom torch.nn import functional as F\n"
)
_BINDING = inspect.getsource(taking_arguments_of) + "\n" + inspect.getsource(_handing_on)


@cache
def source(name: str, right: Callable[..., Any]) -> str:
    """Return source that defines `name` as the right version."""
    return f"{_IMPORTS}{_BINDING}\n{inspect.getsource(right)}{name} = {right.__name__}\n"
