"""Right versions in the place of an answer's pieces, for one check: here, and in the jail."""

import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def standing_in(names: dict[str, Any], pieces: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    """Put right versions in the place of pieces among these names, and take them back."""
    kept = {name: names[name] for name in pieces if name in names}
    swapped = []
    for name, piece in pieces.items():
        own = kept.get(name)
        if str(getattr(own, "__module__", "")).startswith("torch."):
            continue
        piece = taking_arguments_of(own, piece)
        if isinstance(own, types.FunctionType) and not own.__code__.co_freevars:
            # it may be held elsewhere: as a default argument, an attribute, an alias
            swapped.append((name, own, own.__code__, own.__defaults__))
            own.__globals__[f"_right_{name}"] = piece
            own.__code__, own.__defaults__ = _handing_on(f"_right_{name}"), None
        names[name] = piece
    try:
        yield
    finally:
        for name, own, code, defaults in swapped:
            own.__code__, own.__defaults__ = code, defaults
            own.__globals__.pop(f"_right_{name}", None)
        for name in pieces:
            names.pop(name, None)
        names.update(kept)


def _handing_on(name: str) -> types.CodeType:
    """Return the code of a function that hands its arguments on to a global one."""
    names: dict[str, Any] = {}
    exec(f"def hand_on(*a, **k):\n    return {name}(*a, **k)", names)
    code: types.CodeType = names["hand_on"].__code__
    return code


def taking_arguments_of(own: Any, right: Callable[..., Any]) -> Callable[..., Any]:
    """Return the right version with the parameters of the learner's own: their names and order.

    What the learner's own has beyond those of the right one is ignored, `beta` aside.
    """
    try:
        signature = inspect.signature(own)
        wanted = [
            name
            for name, parameter in inspect.signature(right).parameters.items()
            if parameter.default is parameter.empty
        ]
    except (TypeError, ValueError):
        return right

    def bound(*arguments: Any, **named: Any) -> Any:
        try:
            given = signature.bind(*arguments, **named).arguments
        except TypeError:
            return right(*arguments, **named)
        values = list(given.values())[: len(wanted)]
        if len(values) < len(wanted) or any(isinstance(value, dict) for value in values):
            return right(*arguments, **named)
        extra = {"beta": given["beta"]} if "beta" in given else {}
        return right(*values, **extra)

    return bound
