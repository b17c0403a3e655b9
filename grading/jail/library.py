"""The vaelib that an answer finds in the jail: without what the assignment asks for."""

import ast
from pathlib import Path

import vaelib
from vaelib.assignments import find, names

_LEFT_OUT = {"bugs", "runs"}


def write(folder: Path) -> None:
    """Write `folder/<assignment>/vaelib` for every assignment."""
    home = Path(vaelib.__file__).parent
    sources = {p.name: p.read_text() for p in home.glob("*.py") if p.stem not in _LEFT_OUT}
    for assignment in names():
        pieces = find(assignment).defines
        package = folder / assignment / "vaelib"
        package.mkdir(parents=True)
        for name, tree in without(sources, set(pieces.values())).items():
            (package / name).write_text(ast.unparse(tree))
        for data in (*home.glob("*.npz"), *home.glob("*.mplstyle")):
            (package / data.name).write_bytes(data.read_bytes())


def without(sources: dict[str, str], names: set[str]) -> dict[str, ast.Module]:
    """Return the modules without these names, and without all that is built on them.

    A top-level statement goes if it defines or mentions a name that is gone; what it defines is
    then gone as well, until nothing more goes.
    """
    trees = {name: ast.parse(source) for name, source in sources.items()}
    gone = set(names)
    while True:
        before = len(gone)
        for tree in trees.values():
            tree.body = [left for node in tree.body if (left := _left_of(node, gone))]
        if len(gone) == before:
            return trees


def _left_of(node: ast.stmt, gone: set[str]) -> ast.stmt | None:
    """Return the statement without the names that are gone; add to them what goes with it."""
    if isinstance(node, ast.ImportFrom | ast.Import):
        node.names = [alias for alias in node.names if alias.name.split(".")[-1] not in gone]
        return node if node.names else None
    if isinstance(node, ast.Assign) and _is_all(node) and isinstance(node.value, ast.List):
        node.value.elts = [e for e in node.value.elts if ast.literal_eval(e) not in gone]
        return node
    if not {*_mentioned(node)} & gone:
        return node
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        gone.add(node.name)
    gone.update(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _is_stored(n, node))
    return None


def _mentioned(node: ast.stmt) -> set[str]:
    defined = {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else set()
    return defined | {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _is_stored(name: ast.Name, statement: ast.stmt) -> bool:
    """Return whether a name is defined at the top of its module."""
    return isinstance(name.ctx, ast.Store) and isinstance(statement, ast.Assign | ast.AnnAssign)


def _is_all(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets)
