"""Find a learner's answer in a notebook, whatever became of the notebook on the way.

Nothing is executed here. The grader reads in the jail, beside no checks, and hands in an
`Outline` of the assignment; everybody else names it.

**Which cell counts.** The one whose definition the notebook's own checks would meet in a run of
all cells from top to bottom: the last one that defines the piece above the piece's last check,
or, if there is none, the last one anywhere. So a copy further down replaces an earlier version,
and an experiment below the checks changes nothing. A cell that cannot be parsed defines nothing,
as in a run. One thing is more lenient than a run: an unfinished definition (it still raises
NotImplementedError, or has no body) counts only if there is no finished one.

**What goes with it.** Every statement that binds or changes a name which the piece uses, and so
on (`CONFIG.update(...)` changes CONFIG, and so does `fill(CONFIG)`, if `fill` updates it); calls
that do neither (tests, plots, prints) stay out. A helper is looked for above the last check, then
below. What the released notebook imports is there even if the learner deleted that cell. Not
seen: names that are only made by `exec`, `globals()` or a magic.

**As Jupyter would run it.** Prompts and a cell's common indent go, by IPython's own functions
(all of its transformer is quadratic, and hides the name that `%time x = f()` binds); `%time` is
unwrapped, `%run helpers.py` imports, `%%writefile helpers.py` makes a module, other lines for
IPython are comments; `await` may stand at the top.

**Which text counts.** The written answer's own cell, found by its ids, and what stands between
its question and the next cell of the release, in the question too; if there is nothing, any text
that the release does not have.
"""

import ast
import binascii
import json
import re
import symtable
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any


@dataclass(frozen=True)
class Outline:
    """What finding an answer must know of an assignment: names and texts, no checks.

    Parameters
    ----------
    pieces : mapping
        The name that each solution cell defines, by the cell's grade id.
    skills : tuple
        Grade id, title and piece of each graded cell.
    imports : tuple of str
        What the released notebook imports, a line each.
    """

    pieces: Mapping[str, str]
    skills: Sequence[Sequence[str]]
    imports: Sequence[str]


def outlines() -> dict[str, Outline]:
    """Return the outline of every assignment."""
    from vaelib.assignments import find, names  # here: where answers are read there are none

    return {
        name: Outline(
            assignment.defines,
            tuple((skill.grade_id, skill.title, skill.piece) for skill in assignment.skills),
            assignment.imports,
        )
        for name, assignment in ((name, find(name)) for name in names())
    }


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


def find_answer(notebook: Mapping[str, Any], assignment: str | Outline) -> Answer:
    """Find the learner's answer to an assignment in a parsed notebook.

    A piece's cell is one that defines its name at top level; one with the solution cell's grade
    id or its marker (`# EXERCISE: ...`) may also import the name, or be too broken to define it.

    Parameters
    ----------
    notebook : mapping
        The notebook, as `json.load` returns it.
    assignment : str or Outline
        Its name, or its outline.

    Returns
    -------
    Answer
        The code to execute, and what is missing or broken.

    Raises
    ------
    ValueError
        If it is not a notebook, or there is no such assignment.
    """
    outline = _outline(assignment)
    cells = _cells(notebook)
    chosen: dict[str, _Cell] = {}
    broken: dict[str, str] = {}
    for grade_id, name in outline.pieces.items():
        cell = _choose(cells, outline, grade_id, name)
        if cell is not None:
            chosen[grade_id] = cell
            if cell.error:
                broken[grade_id] = cell.error
    whole = {outline.pieces[g]: cell for g, cell in chosen.items() if g not in broken}
    kept = _closure(cells, _end(cells, outline.skills), whole)
    needed = {statement.cell for statement in kept} | {cell.index for cell in chosen.values()}
    return Answer(
        source=_source(cells, kept, outline.imports),
        cells={grade_id: cell.code for grade_id, cell in chosen.items()},
        missing=tuple(grade_id for grade_id in outline.pieces if grade_id not in chosen),
        broken=broken,
        unfinished=tuple(
            grade_id
            for grade_id, cell in chosen.items()
            if not cell.error and _is_unfinished_in(cell, outline.pieces[grade_id])
        ),
        needed=tuple(cells[index].code for index in sorted(needed)),
    )


def _outline(assignment: str | Outline) -> Outline:
    if isinstance(assignment, Outline):
        return assignment
    known = outlines()
    if assignment not in known:
        raise ValueError(f"expected an assignment of {', '.join(known)}, got {assignment!r}")
    return known[assignment]


def assignment_of(
    notebook: Mapping[str, Any], filename: str, known: Mapping[str, Outline] | None = None
) -> str | None:
    """Return which assignment a notebook is, or None if that cannot be told.

    Parameters
    ----------
    notebook : mapping
        The notebook, as `json.load` returns it.
    filename : str
        The name or path of its file, such as `Copy of sampling.ipynb`.
    known : mapping, optional
        The outlines of all assignments.

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
    known = known or outlines()
    code = [cell for cell in _raw_cells(notebook) if cell.kind == "code"]
    markers = [marker[1] for cell in code if (marker := _MARKER.search(cell.text))]
    found = [cell.grade_id for cell in code] + markers
    counts = {
        name: sum(found.count(grade_id) for grade_id in [*one.pieces, *(s[0] for s in one.skills)])
        for name, one in known.items()
    }
    most = max(counts.values())
    if most and list(counts.values()).count(most) == 1:
        return max(counts, key=lambda assignment: counts[assignment])
    titles = re.findall(r"^# (.+)", "\n".join(_texts(notebook, "markdown")), re.M)
    stem = re.split(r"[/\\]", filename)[-1].removesuffix(".ipynb")
    for text in (*titles[:1], stem):
        words = " ".join(re.findall(r"[a-z]+", text.lower()))
        named = [name for name in known if re.search(rf"\b{name.replace('_', ' ')}\b", words)]
        if len(named) == 1:
            return named[0]
    return None


_MARKER = re.compile(r"^# EXERCISE: (\S+)", re.M)
# Lines for IPython, with the lines that a backslash joins to them, and cells not in Python.
_TIMED = re.compile(r"^([ \t]*(?:\w+[ \t]*=[ \t]*)?)%time[ \t]+(?=\S)", re.M)
_RUN = re.compile(
    r"^([ \t]*)%run[ \t]+(?:-\w[ \t]+)*([\"']?)(?:\./)?([\w/]+)(?:\.py)?\2[ \t]*$", re.M
)
_MAGIC = re.compile(
    r"^([ \t]*)(?:[%!?](?:.*\\\n)*.*|[\w.]+\?{1,2}[ \t]*$)|^([ \t]*\w+[ \t]*=[ \t]*)[%!].*$", re.M
)
_WRITES = re.compile(
    r"\s*%%(?:writefile|file)[ \t]+(-a[ \t]+|--append[ \t]+)?"
    r"([\"']?)(?:\./)?([\w/]+\.py)\2[ \t]*\n(.*)",
    re.S,
)
_PYTHON_CELL_MAGICS = ("time", "timeit", "capture", "prun")


@dataclass(frozen=True)
class _Statement:
    """A top-level statement: its cell, its lines there, and the names that it binds and uses."""

    cell: int
    lines: range
    node: ast.stmt
    binds: frozenset[str]
    changes: frozenset[str]  # x in `x.a = ...`, `x[0] = ...`, `x = f(x)`, `x.append(...)`
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


@dataclass(frozen=True)
class _Raw:
    """A cell as the file has it."""

    kind: str
    text: str
    grade_id: str
    id: str
    attachments: Mapping[str, Any] = field(default_factory=dict)


def _texts(notebook: Mapping[str, Any], kind: str) -> list[str]:
    return [cell.text for cell in _raw_cells(notebook) if cell.kind == kind]


def _raw_cells(notebook: Any) -> Iterator[_Raw]:
    """Yield each cell, of format 3 as of format 4."""
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
        # half of a character, as an escape in JSON, could not be written again
        kind, text = str(cell.get("cell_type")), "".join(lines).encode("utf-8", "replace").decode()
        if kind == "heading":  # of format 3
            level = cell.get("level")
            kind, text = "markdown", f"{'#' * (level if type(level) is int else 1)} {text}"
        metadata = cell.get("metadata")
        nbgrader = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
        grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, Mapping) else None
        pictures = cell.get("attachments")
        yield _Raw(
            kind,
            text,
            str(grade_id or ""),
            str(cell.get("id") or ""),
            pictures if isinstance(pictures, Mapping) else {},
        )


def written_modules(notebook: Mapping[str, Any]) -> dict[str, str]:
    """Return the Python files that cells of the notebook write, by path."""
    files: dict[str, str] = {}
    for match in filter(None, map(_WRITES.match, _texts(notebook, "code"))):
        more, _, path, text = match.groups()
        files[path] = files.get(path, "") + f"{text}\n" if more else f"{text}\n"
    return files


def _cells(notebook: Mapping[str, Any]) -> list[_Cell]:
    """Return the notebook's code cells, parsed."""
    cells: list[_Cell] = []
    for raw in _raw_cells(notebook):
        if raw.kind == "code":
            found = _MARKER.search(raw.text)
            code, statements, error = _parsed(raw.text, len(cells))
            marker = found[1] if found else ""
            cells.append(_Cell(len(cells), raw.text, code, raw.grade_id, marker, statements, error))
    return cells


def _parsed(text: str, index: int) -> tuple[str, tuple[_Statement, ...], str]:
    """Return a cell's Python, its statements, and "line N: message" if it is not valid."""
    code = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    magic = re.match(r"\s*%%(\w*)", code)
    if magic and magic[1] not in _PYTHON_CELL_MAGICS:
        return text, (), ""
    error = ""
    for change in (str, _as_ipython):
        attempt = change(code)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # "\m" in a learner's string
                flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
                compile(attempt, "<cell>", "exec", flags, dont_inherit=True)
                return attempt, tuple(_statements(attempt, index)), ""
        except SyntaxError as problem:
            error = f"line {problem.lineno or 1}: {problem.msg}"
        except (ValueError, RecursionError, MemoryError) as problem:  # null bytes, deep nesting
            error = f"line 1: {str(problem) or type(problem).__name__}"
    return text, (), error


def _as_ipython(code: str) -> str:
    """Return a cell's code without prompts, common indent and lines for IPython."""
    from IPython.core import inputtransformer2

    lines = code.lstrip("\n").splitlines(keepends=True)
    for transform in (
        inputtransformer2.leading_indent,
        inputtransformer2.classic_prompt,
        inputtransformer2.ipython_prompt,
    ):
        lines = transform(lines)
    text = _RUN.sub(
        lambda ran: f"{ran[1]}from {ran[3].replace('/', '.')} import *",
        _TIMED.sub(r"\1", "".join(lines)),
    )
    return _MAGIC.sub(_without_magic, text)


def _without_magic(match: re.Match[str]) -> str:
    """Return Python that does nothing, with the lines for IPython as its comments."""
    indent, assignment = match.groups()
    nothing = f"{assignment}None" if assignment is not None else f"{indent}pass"
    return f"{nothing}  # " + match[0].strip().replace("\n", "\n# ")


def _statements(code: str, index: int) -> Iterator[_Statement]:
    nodes, text = ast.parse(code).body, code.split("\n")
    spans = [
        range(
            min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))]),
            (node.end_lineno or node.lineno) + 1,
        )
        for node in nodes
    ]
    shared = [line for line, times in Counter(chain(*spans)).items() if times > 1]
    for node, lines in zip(nodes, spans, strict=True):
        # as it stands, unless another statement shares a line of it
        crowded = shared and not set(lines).isdisjoint(shared)
        own = ast.unparse(node) if crowded else "\n".join(text[lines.start - 1 : lines.stop - 1])
        table = symtable.symtable(own, "<cell>", "exec")
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
            lines=lines,
            node=node,
            binds=binds - again,
            changes=again.union(_changed(node)) if not _is_definition(node) else again,
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


def _changed(node: ast.AST) -> Iterator[str]:
    """Yield x for `x.a = ...`, `x[0] = ...`, `del x[0]`, `x.append(...)` and `setattr(x, ...)`.

    Looks into `if`, `for` and the like, which run at once, and into no function.
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
        return
    target: ast.expr | None = None
    if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        target = node
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await):
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            target = call.func
        elif isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args:
            target = call.args[0] if call.func.id in ("setattr", "delattr") else None
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        target = node.func if node.func.attr in _MUTATING else None
    if target is not None and isinstance(node, ast.Call | ast.Expr):
        whose = target.value if isinstance(target, ast.Attribute) else None
        call = node if isinstance(node, ast.Call) else node.value
        if isinstance(whose, ast.Name) and whose.id in ("dict", "list", "set"):  # list.append(x, 1)
            target = call.args[0] if isinstance(call, ast.Call) and call.args else None
    while isinstance(target, ast.Attribute | ast.Subscript):
        target = target.value
    if isinstance(target, ast.Name):
        yield target.id
    for child in ast.iter_child_nodes(node):
        yield from _changed(child)


# Methods that change what they are called on, also where their value is used.
_MUTATING = {
    "append",
    "appendleft",
    "extend",
    "insert",
    "pop",
    "setdefault",
    "update",
    "__setitem__",
}


def _effects(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[set[str], list[int]]:
    """Return the globals that a function binds or changes, and which parameters it changes."""
    inner = [part for statement in node.body for part in ast.walk(statement)]
    told = {name for part in inner if isinstance(part, ast.Global) for name in part.names}
    bound = {p.id for p in inner if isinstance(p, ast.Name) and isinstance(p.ctx, ast.Store)}
    changed = {name for statement in node.body for name in _changed(statement)}
    parameters = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    every = {p.arg for p in ast.walk(node.args) if isinstance(p, ast.arg)}
    globally = (told & bound) | (changed - every - (bound - told))
    return globally, [at for at, name in enumerate(parameters) if name in changed]


def _caused(node: ast.AST, effects: Mapping[str, tuple[set[str], list[int]]]) -> Iterator[str]:
    """Yield what a statement changes by calling functions of the notebook."""
    if _is_definition(node) or isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        globally, parameters = effects.get(node.func.id, (set(), []))
        yield from globally
        given = [node.args[at] for at in parameters if at < len(node.args)]
        yield from (part.id for part in given if isinstance(part, ast.Name))
    for child in ast.iter_child_nodes(node):
        yield from _caused(child, effects)


def _end(cells: list[_Cell], skills: Iterable[Sequence[str]]) -> int:
    """Return the index of the last check of these skills; without one, the number of cells."""
    ids = {skill[0] for skill in skills}
    titles = tuple(f"# {skill[1]} (" for skill in skills)
    checks = [cell.index for cell in cells if cell.grade_id in ids or cell.text.startswith(titles)]
    return max(checks, default=len(cells))


def _choose(cells: list[_Cell], outline: Outline, grade_id: str, name: str) -> _Cell | None:
    """Return the cell that holds a piece: finished before broken before unfinished."""
    end = _end(cells, [skill for skill in outline.skills if skill[2] == name])
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


def _is_definition(node: ast.AST) -> bool:
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
    effects = {
        s.node.name: _effects(s.node)
        for s in everything
        if isinstance(s.node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    everything = [
        replace(s, changes=s.changes | {*_caused(s.node, effects)} - s.binds) for s in everything
    ]
    kept = {
        id(statement): statement
        for statement in everything
        if isinstance(statement.node, ast.ImportFrom)
        and (statement.node.module == "__future__" or statement.node.names[0].name == "*")
    }
    imported = {
        alias.asname or alias.name.split(".")[0]
        for statement in everything
        if isinstance(statement.node, ast.Import)
        for alias in statement.node.names
    }
    makers: dict[str, list[_Statement]] = {}
    for statement in everything:
        # a call on a module, such as torch.manual_seed(0), makes nothing of the piece
        called = isinstance(statement.node, ast.Expr)
        for name in statement.binds | (statement.changes - (imported if called else set())):
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


def _source(cells: list[_Cell], kept: list[_Statement], released: Sequence[str]) -> str:
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


@dataclass(frozen=True)
class Release:
    """A cell of the released notebook."""

    kind: str
    text: str
    grade_id: str
    id: str
    solution: bool


@dataclass(frozen=True)
class Found:
    """What somebody handed in, read: plain data, which can be sent.

    Parameters
    ----------
    name : str
        The notebook that counts; "" if none can be read.
    answer : Answer
        The code in it.
    texts : mapping
        What was written, by the grade id of the written answer; left out where its cell is gone.
    pictures : mapping
        The images in those texts, by grade id and name: a type and base64.
    elsewhere : tuple of str
        Grade ids of pieces that only another notebook has finished.
    remarks : tuple of str
        What staff should know, a sentence each.
    modules : mapping
        Python files that the notebook itself writes, by path.
    """

    name: str
    answer: Answer
    texts: Mapping[str, str]
    pictures: Mapping[str, Mapping[str, Mapping[str, str]]]
    elsewhere: tuple[str, ...]
    remarks: tuple[str, ...]
    modules: Mapping[str, str] = field(default_factory=dict)


_PICTURES, _SHOWN = 3 << 20, 100_000  # characters of images, and of one text
_IMAGES = ("image/png", "image/jpeg", "image/gif")


def find(
    files: Mapping[str, bytes],
    assignment: str,
    known: Mapping[str, Outline],
    release: Sequence[Release],
) -> Found:
    """Find the answer in the notebooks that somebody handed in.

    Parameters
    ----------
    files : mapping
        Their content, by name. The one with most of the answer counts, finished pieces before
        written texts; among equals, the one called after the assignment.
    assignment : str
    known : mapping
        The outlines of all assignments.
    release : sequence of Release
        The cells of the released notebook.

    Raises
    ------
    ValueError
        If none of them can be read as a notebook of this assignment; the message says why.
    """
    outline, remarks = known[assignment], []
    found: dict[str, tuple[Answer, dict[str, str], dict[str, Any]]] = {}
    modules: dict[str, dict[str, str]] = {}
    for name, content in files.items():
        try:
            notebook = load(content)
            answer = find_answer(notebook, outline)
            other = None if answer.cells else assignment_of(notebook, name, known)
        except (ValueError, RecursionError) as error:
            remarks.append(f"{name} cannot be read as a notebook: {str(error)[:200]}")
            continue
        if other not in (None, assignment):
            remarks.append(f"{name} is the notebook of another assignment, {other}")
            continue
        found[name] = (answer, *_written(list(_raw_cells(notebook)), release, answer))
        modules[name] = written_modules(notebook)
    if not found:
        raise ValueError("; ".join(remarks) or f"expected {assignment}.ipynb, found no notebook")
    blank = {cell.grade_id: cell.text for cell in release}

    def finished(answer: Answer) -> set[str]:
        return {*answer.cells} - {*answer.broken} - {*answer.unfinished}

    def worth(name: str) -> tuple[int, int, int, bool]:
        answer, texts, _ = found[name]
        told = sum(text != blank[grade_id] for grade_id, text in texts.items())
        return len(finished(answer)), told, len(answer.cells), name == f"{assignment}.ipynb"

    best = max(found, key=worth)
    answer, texts, pictures = found.pop(best)
    if found:
        remarks.append(f"{len(found) + 1} notebooks were handed in, {best} was judged")
    for name, (_, others, shown) in found.items():
        for grade_id, text in others.items():
            if text != blank[grade_id] and texts.get(grade_id) in (None, blank[grade_id]):
                remarks.append(f"the text {grade_id} is taken from {name}")
                texts[grade_id], pictures[grade_id] = text, shown.get(grade_id, {})
    more = {grade_id for other, _, _ in found.values() for grade_id in finished(other)}
    return Found(
        best,
        answer,
        texts,
        pictures,
        tuple(sorted(more - finished(answer))),
        tuple(remarks),
        modules[best],
    )


def load(content: bytes) -> Any:
    """Return what a file holds; the outputs, which nobody reads, are dropped on the way."""
    if not content.strip():
        raise ValueError("it is empty")

    def without_outputs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key: value for key, value in pairs if key != "outputs"}

    try:
        text = content.decode(json.detect_encoding(content))
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=without_outputs)


def _written(
    cells: Sequence[_Raw], release: Sequence[Release], answer: Answer
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the written answers and the pictures in them, by grade id."""
    texts: dict[str, str] = {}
    pictures: dict[str, Any] = {}
    code = {*answer.needed, *answer.cells.values()}
    for at, place in enumerate(release):
        if not (place.solution and place.kind == "markdown"):
            continue
        question = release[at - 1]
        rest = [cell for cell in release if cell is not place]
        known = {cell.text.strip() for cell in rest}
        ids = {cell.id for cell in rest} - {question.id}
        blank = {"", place.text.strip(), "YOUR ANSWER HERE"}
        closing = {cell.text.strip() for cell in release[at + 1 :] if cell.kind == "code"}
        heading = question.text.partition("\n")[0].strip()
        own: list[tuple[str, Mapping[str, Any]]] = []
        near, scratch, far = own[:], own[:], own[:]
        below = there = False
        for cell in cells:
            text = cell.text.strip()
            if text in closing:  # the table of skills: below it is still below the question
                continue
            is_question = text.startswith(heading) or (cell.id == question.id and bool(cell.id))
            is_own = place.grade_id == cell.grade_id or (not cell.grade_id and cell.id == place.id)
            if is_question or is_own:
                below = True
            elif text in known or (cell.id in ids and bool(cell.id)) or cell.grade_id in ids:
                below = False
                continue
            if text in known:
                continue
            if is_question:
                asked = {*question.text.splitlines()}
                left = [line for line in cell.text.splitlines() if line not in asked]
                text = "\n".join(left).strip()
            if text in blank and not cell.attachments:
                there = there or is_own or (below and not is_question and cell.kind != "code")
                continue
            one = text, cell.attachments
            if is_own:
                own.append(one)
            elif cell.kind == "code":
                if below and text not in code and cell.text not in code:
                    scratch.append((f"```\n{text}\n```", {}))
            else:
                (near if below else far).append(one)
        told = own + near if own or near else scratch or far
        if told:
            texts[place.grade_id] = _plain("\n\n".join(dict.fromkeys(text for text, _ in told)))
            pictures[place.grade_id] = _images(told)
        elif there:
            texts[place.grade_id] = place.text
    return texts, pictures


def _images(told: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, dict[str, str]]:
    """Return the images of attachments: of three types, in base64, and not too many."""
    images: dict[str, dict[str, str]] = {}
    left = _PICTURES
    for _, attachments in told:
        for name, kinds in attachments.items():
            for kind in _IMAGES:
                data = kinds.get(kind) if isinstance(kinds, Mapping) else None
                data = "".join(data) if isinstance(data, list) else data
                if not isinstance(data, str) or len(data) > left:
                    continue
                try:
                    binascii.a2b_base64(data, strict_mode=False)
                except ValueError:
                    continue
                left -= len(data)
                images[str(name)[:200]] = {kind: re.sub(r"[^A-Za-z0-9+/=]", "", data)}
    return images


def _plain(text: str) -> str:
    """Return text that every database, file and page can hold, and not too much of it."""
    cut = f"{text[:_SHOWN]}\n[... cut here]" if len(text) > _SHOWN else text
    return re.sub(
        r"[\x00-\x08\x0b-\x1f\x7f]", "\N{REPLACEMENT CHARACTER}", cut.replace("\r\n", "\n")
    )
