"""What an error of an answer tells, seen where the answer ran: in a notebook, or in the jail."""

import dis
import re
import traceback
import types
from collections.abc import Iterator
from typing import Any

_NO_NAME = re.compile(r"^(?:name|cannot access local variable) '(\w+)'")
_NO_ATTRIBUTE = re.compile(r"^'(\w+)' object has no attribute '(\w+)'$")


def text_of(error: BaseException) -> str:
    """Return the error's text; and, if a `self.` was forgotten, where the name is."""
    text = "" if error.args in ((), (None,)) else str(error)  # exit() has None
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    while frames and frames[-1].f_code.co_name.startswith("<"):  # a comprehension, a lambda
        frames.pop()
    mine = frames[-1].f_locals.get("self") if frames else None
    kind: Any = type(mine)
    if isinstance(error, NameError) and (name := _NO_NAME.match(text)) and _has(mine, name[1]):
        return f"{text}; `self.{name[1]}` is there"
    if isinstance(error, AttributeError) and (name := _NO_ATTRIBUTE.match(text)):
        made = getattr(kind.__init__, "__code__", None)
        if made and kind.__name__ == name[1] and name[2] in _variables(made):
            return f"{text}; `__init__` has a variable of that name"
    return text


def _has(mine: Any, name: str) -> bool:
    """Return whether an object has that attribute, without running code of the answer's."""
    own = getattr(mine, "__dict__", {})
    kept = [own, *(own.get(kind, {}) for kind in ("_modules", "_parameters", "_buffers"))]
    return any(name in part for part in kept) or hasattr(type(mine), name)


def _variables(code: types.CodeType) -> Iterator[str]:
    """Yield the variables that a function gives a value: of its parameters, those it gives one."""
    for one in dis.get_instructions(code):
        if one.opname.startswith("STORE_FAST"):  # from Python 3.13 on one may do two things
            names = one.argval if isinstance(one.argval, tuple) else (one.argval,)
            yield from names[: one.opname.count("STORE")]
