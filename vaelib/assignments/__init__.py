"""The assignments, a file each: what one asks for, how it is judged, and its known mistakes.

    from vaelib.assignments import sampling as check

    check.mean_and_spread(Sampling)

A check takes the learner's class or function, says in a line what it has compared if that is
right, and otherwise raises `CheckFailed`. The notebooks in solutions/ show the same skills as
graded cells; a test holds the two together. An assignment is found by the name of its file, and
nothing names it elsewhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Carrier:
    """How a call of more than tensors goes to another process and back, as tensors alone.

    Parameters
    ----------
    pack : callable
        Returns the tensors for these arguments.
    call : callable
        Takes the function and the tensors, calls it there, and returns what there is to tell.
        A plain function whose source stands on its own beside torch.
    unpack : callable
        Takes that and the arguments, brings these up to date, and returns the function's value.
        Raises `ValueError` if it is not what `call` returns.
    """

    pack: Callable[..., list[Any]]
    call: Callable[..., Any]
    unpack: Callable[..., Any]


@dataclass(frozen=True)
class Piece:
    """What one solution cell defines.

    Parameters
    ----------
    grade_id : str
        The cell's id for nbgrader.
    name : str
        The class or function that it defines.
    carrier : Carrier, optional
        For a function that takes more than tensors.
    """

    grade_id: str
    name: str
    carrier: Carrier | None = None


@dataclass(frozen=True)
class Skill:
    """One graded cell of an assignment.

    Parameters
    ----------
    grade_id, title : str
        The cell's id for nbgrader, and the first words of its first line.
    points : int
        What the skill is worth.
    piece : str
        The name of the learner's class or function that is judged.
    check : callable
        Takes the piece and a seed; returns what it has compared, or raises `CheckFailed`.
    shown : bool
        Whether the learner's notebook runs the check too.
    """

    grade_id: str
    title: str
    points: int
    piece: str
    check: Callable[[Any, int], str]
    shown: bool = True


@dataclass(frozen=True)
class Assignment:
    """One assignment.

    Parameters
    ----------
    name : str
        Its file's, its notebook's and its folders' name.
    imports : tuple of str
        What the released notebook imports for the answer, a line each.
    pieces, skills : tuple
        What the learner writes, and what of it is judged.
    """

    name: str
    imports: tuple[str, ...]
    pieces: tuple[Piece, ...]
    skills: tuple[Skill, ...]

    @property
    def defines(self) -> Mapping[str, str]:
        """The name that each solution cell defines, by the cell's grade id."""
        return {piece.grade_id: piece.name for piece in self.pieces}


@cache
def names() -> list[str]:
    """Return the names of all assignments."""
    return sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem != "__init__")


def find(name: str) -> Assignment:
    """Return the assignment of that name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name not in names():
        raise ValueError(f"expected an assignment of {', '.join(names())}, got {name!r}")
    assignment: Assignment = import_module(f"{__name__}.{name}").ASSIGNMENT
    return assignment
