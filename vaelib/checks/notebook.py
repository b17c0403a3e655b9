"""Find a learner's answer in a notebook, whatever became of the notebook on the way.

Nothing is executed here, and only the standard library reads the notebook.

**Which cell counts.** The one whose definition the notebook's own checks would meet in a run of
all cells from top to bottom: the last one that defines the piece above the piece's last check,
or, if there is none, the last one anywhere. So a copy further down replaces an earlier version,
and an experiment below the checks changes nothing. A cell that cannot be parsed defines nothing,
as in a run. One thing is more lenient than a run: an unfinished definition (it still raises
NotImplementedError, or has no body) counts only if there is no finished one.

**What goes with it.** Every statement that binds a name which the piece uses, and so on; calls
that bind nothing (tests, plots, prints) stay out, and so do lines for IPython. A helper is looked
for above the last check, then below. What the released notebook imports is there even if the
learner deleted that cell. Not seen: names that are only made by `exec`, `globals()` or a magic.
"""

import ast
import re
import symtable
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vaelib.checks.skills import PIECES, SKILLS


@dataclass(frozen=True)
class Answer:
    """What a notebook holds of an assignment.

    Parameters
    ----------
    source : str
        Python that defines every piece that was found, with all that it needs.
    cells : mapping
        The cell that holds a piece, by the solution cell's grade id, as the learner wrote it but
        for lines for IPython, which are comments.
    missing : tuple of str
        The grade ids of pieces that are nowhere.
    broken : mapping
        "line N: message" of the syntax error in the cell that holds a piece, by grade id. Such
        a piece is in `cells`, not in `source`.
    unfinished : tuple of str
        The grade ids of pieces that still raise NotImplementedError, or have no body.
    needed : tuple of str
        All cells that the answer is made of, as in `cells`, in notebook order.
    """

    source: str
    cells: Mapping[str, str]
    missing: tuple[str, ...]
    broken: Mapping[str, str]
    unfinished: tuple[str, ...]
    needed: tuple[str, ...]


def find_answer(notebook: Mapping[str, Any], assignment: str) -> Answer:
    """Find the learner's answer to an assignment in a parsed notebook.

    A piece's cell is one that defines its name at top level; one with the solution cell's grade
    id or its marker (`# EXERCISE: ...`) may also import the name, or be too broken to define it.

    Parameters
    ----------
    notebook : mapping
        The notebook, as `json.load` returns it.
    assignment : str
        A key of `vaelib.checks.skills.PIECES`.

    Returns
    -------
    Answer
        The code to execute, and what is missing or broken.

    Raises
    ------
    ValueError
        If it is not a notebook, or there is no such assignment.
    """
    if assignment not in PIECES:
        raise ValueError(f"expected an assignment of {', '.join(PIECES)}, got {assignment!r}")
    cells = _cells(notebook)
    chosen: dict[str, _Cell] = {}
    broken: dict[str, str] = {}
    for grade_id, name in PIECES[assignment].items():
        cell = _choose(cells, assignment, grade_id, name)
        if cell is not None:
            chosen[grade_id] = cell
            if cell.error:
                broken[grade_id] = cell.error
    whole = {PIECES[assignment][g]: cell for g, cell in chosen.items() if g not in broken}
    kept = _closure(cells, _end(cells, SKILLS[assignment]), whole)
    needed = {statement.cell for statement in kept} | {cell.index for cell in chosen.values()}
    return Answer(
        source=_source(cells, kept, _RELEASED_IMPORTS[assignment]),
        cells={grade_id: cell.code for grade_id, cell in chosen.items()},
        missing=tuple(grade_id for grade_id in PIECES[assignment] if grade_id not in chosen),
        broken=broken,
        unfinished=tuple(
            grade_id
            for grade_id, cell in chosen.items()
            if not cell.error and _is_unfinished_in(cell, PIECES[assignment][grade_id])
        ),
        needed=tuple(cells[index].code for index in sorted(needed)),
    )


def assignment_of(notebook: Mapping[str, Any], filename: str) -> str | None:
    """Return which assignment a notebook is, or None if that cannot be told.

    Parameters
    ----------
    notebook : mapping
        The notebook, as `json.load` returns it.
    filename : str
        The name or path of its file, such as `Copy of sampling.ipynb`.

    Returns
    -------
    str or None
        The assignment most of whose grade ids and markers are there; else the only one that the
        title names; else the only one that the file's name names.

    Raises
    ------
    ValueError
        If it is not a notebook.
    """
    found = [grade_id for cell in _cells(notebook) for grade_id in (cell.grade_id, cell.marker)]
    counts = {
        assignment: sum(
            found.count(grade_id)
            for grade_id in [*pieces, *(s.grade_id for s in SKILLS[assignment])]
        )
        for assignment, pieces in PIECES.items()
    }
    most = max(counts.values())
    if most and list(counts.values()).count(most) == 1:
        return max(counts, key=lambda assignment: counts[assignment])
    titles = re.findall(r"^# (.+)", "\n".join(_texts(notebook, "markdown")), re.M)
    stem = re.split(r"[/\\]", filename)[-1].removesuffix(".ipynb")
    for text in (*titles[:1], stem):
        words = " ".join(re.findall(r"[a-z]+", text.lower()))
        named = [name for name in PIECES if re.search(rf"\b{name.replace('_', ' ')}\b", words)]
        if len(named) == 1:
            return named[0]
    return None


# What the released notebooks import, for learners who deleted that cell or moved it down.
_RELEASED_IMPORTS = {
    "encoder": ("import torch", "from torch import nn"),
    "sampling": ("import torch", "from torch import nn"),
    "log_variance": ("import math", "import torch"),
    "kl_loss": ("import torch",),
    "elbo": ("import torch", "from torch.nn import functional as F"),
}
_MARKER = re.compile(r"^# EXERCISE: (\S+)", re.M)
# Lines for IPython, with the lines that a backslash joins to them, and cells not in Python.
_MAGIC = re.compile(
    r"^([ \t]*)(?:[%!?](?:.*\\\n)*.*|[\w.]+\?{1,2}[ \t]*$)|^([ \t]*\w+[ \t]*=[ \t]*)[%!].*$", re.M
)
_PYTHON_CELL_MAGICS = ("time", "timeit", "capture", "prun")


@dataclass(frozen=True)
class _Statement:
    """A top-level statement: its cell, its lines there, and the names that it binds and uses."""

    cell: int
    lines: range
    node: ast.stmt
    binds: frozenset[str]
    changes: frozenset[str]  # x in `x.attribute = ...`, `x[0] = ...` and `x = f(x)`
    uses: frozenset[str]


@dataclass(frozen=True)
class _Cell:
    """A code cell: what the learner wrote, and the same as Python, unless it is none."""

    index: int
    text: str
    code: str
    grade_id: str
    marker: str
    statements: tuple[_Statement, ...]
    error: str


def _texts(notebook: Mapping[str, Any], kind: str) -> list[str]:
    return [text for cell_kind, text, _ in _raw_cells(notebook) if cell_kind == kind]


def _raw_cells(notebook: Any) -> Iterator[tuple[str, str, str]]:
    """Yield kind, text and grade id of each cell."""
    if not isinstance(notebook, Mapping):
        raise ValueError(f"expected a notebook, a dict with cells, got {type(notebook).__name__}")
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):  # nbformat 3
        sheets = [sheet for sheet in notebook["worksheets"] if isinstance(sheet, Mapping)]
        cells = [cell for sheet in sheets for cell in sheet.get("cells") or []]
    if not isinstance(cells, list):
        found = "no cells" if cells is None else f"cells of type {type(cells).__name__}"
        raise ValueError(f"expected a notebook with a list of cells, got {found}")
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, Mapping):
            raise ValueError(f"expected cell {number} to be a dict, got {type(cell).__name__}")
        source = cell.get("source", cell.get("input", ""))
        lines = source if isinstance(source, list) else [source]
        if not all(isinstance(line, str) for line in lines):
            raise ValueError(f"expected text in cell {number}, got {type(source).__name__}")
        metadata = cell.get("metadata")
        nbgrader = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
        grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, Mapping) else None
        yield str(cell.get("cell_type")), "".join(lines), str(grade_id or "")


def _cells(notebook: Mapping[str, Any]) -> list[_Cell]:
    """Return the notebook's code cells, parsed."""
    cells: list[_Cell] = []
    for kind, text, grade_id in _raw_cells(notebook):
        if kind == "code":
            marker = _MARKER.search(text)
            parsed = _parsed(text, len(cells))
            cells.append(
                _Cell(
                    len(cells), text, parsed[0], grade_id, marker[1] if marker else "", *parsed[1:]
                )
            )
    return cells


def _parsed(text: str, index: int) -> tuple[str, tuple[_Statement, ...], str]:
    """Return a cell's Python, its statements, and "line N: message" if it is not valid."""
    code = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    magic = re.match(r"\s*%%(\w*)", code)
    if magic and magic[1] not in _PYTHON_CELL_MAGICS:
        return text, (), ""
    error = ""
    for attempt in (code, _MAGIC.sub(_without_magic, code)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # "\m" in a learner's string
                compile(attempt, "<cell>", "exec", dont_inherit=True)
                return attempt, tuple(_statements(attempt, index)), ""
        except SyntaxError as problem:
            error = f"line {problem.lineno or 1}: {problem.msg}"
        except (ValueError, RecursionError, MemoryError) as problem:  # null bytes, deep nesting
            error = f"line 1: {str(problem) or type(problem).__name__}"
    return text, (), error


def _without_magic(match: re.Match[str]) -> str:
    """Return Python that does nothing, with the lines for IPython as its comments."""
    indent, assignment = match.groups()
    nothing = f"{assignment}None" if assignment is not None else f"{indent}pass"
    return f"{nothing}  # " + match[0].strip().replace("\n", "\n# ")


def _statements(code: str, index: int) -> Iterator[_Statement]:
    for node in ast.parse(code).body:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        table = symtable.symtable(ast.unparse(node), "<cell>", "exec")
        uses = frozenset(_globals(table))
        binds = frozenset(
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_assigned() or symbol.is_imported()
        )
        # `x += 1` and `f = compile(f)` make nothing of their own
        again = frozenset() if _is_definition(node) else binds & uses
        yield _Statement(
            cell=index,
            lines=range(first, (node.end_lineno or first) + 1),
            node=node,
            binds=binds - again,
            changes=again.union(_changed(node)),
            uses=uses,
        )


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    """Yield every name that is looked up among the module's."""
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals(child)


def _changed(node: ast.stmt) -> Iterator[str]:
    """Yield x for `x.attribute = ...` and `x[0] = ...`."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    for target in targets:
        if isinstance(target, ast.Attribute | ast.Subscript):
            while isinstance(target, ast.Attribute | ast.Subscript):
                target = target.value
            if isinstance(target, ast.Name):
                yield target.id


def _end(cells: list[_Cell], skills: Any) -> int:
    """Return the index of the last check of these skills; without one, the number of cells."""
    ids = {skill.grade_id for skill in skills}
    titles = tuple(f"# {skill.title} (" for skill in skills)
    checks = [cell.index for cell in cells if cell.grade_id in ids or cell.text.startswith(titles)]
    return max(checks, default=len(cells))


def _choose(cells: list[_Cell], assignment: str, grade_id: str, name: str) -> _Cell | None:
    """Return the cell that holds a piece: finished before broken before unfinished."""
    end = _end(cells, [skill for skill in SKILLS[assignment] if skill.piece == name])
    finished: list[_Cell] = []
    unfinished: list[_Cell] = []
    broken: list[_Cell] = []
    for cell in cells:
        marked = grade_id in (cell.grade_id, cell.marker)
        binding = _binding(cell, name)
        if cell.error:
            if marked or re.search(rf"^(class|def) {name}\b", cell.text, re.M):
                broken.append(cell)
        elif binding and (marked or not all(map(_is_import, binding))):
            (unfinished if _is_unfinished_in(cell, name) else finished).append(cell)
    for found in (finished, broken, unfinished):
        if found:
            return ([cell for cell in found if cell.index < end] or found)[-1]
    return None


def _binding(cell: _Cell, name: str) -> list[ast.stmt]:
    return [statement.node for statement in cell.statements if name in statement.binds]


def _is_unfinished_in(cell: _Cell, name: str) -> bool:
    return all(map(_is_unfinished, _binding(cell, name)))


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _is_definition(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _is_unfinished(node: ast.stmt) -> bool:
    """Return whether a function or class still raises NotImplementedError, or has no body."""
    if isinstance(node, ast.ClassDef):
        methods = [part for part in node.body if not _is_nothing(part)]
        return not methods or any(map(_is_unfinished, methods))
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    for part in node.body:
        if isinstance(part, ast.Return):
            return False  # what follows is left over from the release
        if isinstance(part, ast.Raise) and part.exc is not None:
            raised = part.exc.func if isinstance(part.exc, ast.Call) else part.exc
            return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return all(map(_is_nothing, node.body))


def _is_nothing(node: ast.stmt) -> bool:
    """Return whether a statement is `pass`, `...` or a docstring."""
    return isinstance(node, ast.Pass) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def _closure(cells: list[_Cell], end: int, pieces: Mapping[str, _Cell]) -> list[_Statement]:
    """Return the statements that the pieces are made of, in notebook order."""
    everything = [statement for cell in cells for statement in cell.statements]
    kept = {
        id(statement): statement
        for statement in everything
        if isinstance(statement.node, ast.ImportFrom)
        and (statement.node.module == "__future__" or statement.node.names[0].name == "*")
    }
    makers: dict[str, list[_Statement]] = {}
    for statement in everything:
        for name in statement.binds | statement.changes:
            makers.setdefault(name, []).append(statement)
    wanted, seen = list(pieces), set(pieces)
    while wanted:
        name = wanted.pop()
        found = makers.get(name, [])
        if name in pieces:
            cell = pieces[name].index
            found = [
                s for s in found if s.cell == cell or (name in s.changes and cell < s.cell < end)
            ]
        for statement in [s for s in found if s.cell < end] or found:
            kept[id(statement)] = statement
            wanted += statement.uses - seen
            seen |= statement.uses
    return [statement for statement in everything if id(statement) in kept]


def _source(cells: list[_Cell], kept: list[_Statement], released: tuple[str, ...]) -> str:
    """Return the lines of the kept statements, with their comments, and the imports they lack."""
    futures = [s for s in kept if getattr(s.node, "module", "") == "__future__"]
    imports = [line for line in released if _is_used_unbound(line.split()[-1], kept)]
    parts = ["\n".join([*dict.fromkeys(ast.unparse(s.node) for s in futures), *imports])]
    for cell in cells:
        here = [s for s in kept if s.cell == cell.index and s not in futures]
        stay = {number for s in here for number in s.lines}
        if stay:
            go = {number for s in cell.statements for number in s.lines} - stay
            lines = cell.code.split("\n")
            parts.append("\n".join(line for n, line in enumerate(lines, 1) if n not in go).strip())
    return "\n\n\n".join(part for part in parts if part) + "\n"


def _is_used_unbound(name: str, kept: list[_Statement]) -> bool:
    return next((name in s.uses for s in kept if name in s.uses | s.binds), False)
