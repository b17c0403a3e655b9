"""Run an answer's code as Jupyter would: in the jail, and where learners check their own files."""

import __future__

import ast
import asyncio
import builtins
import importlib.abc
import importlib.util
import inspect
import linecache
import sys
import time
import types
from collections.abc import Mapping
from typing import Any


def run(
    source: str, filename: str, names: dict[str, Any], modules: Mapping[str, str]
) -> list[BaseException]:
    """Run the answer, statement by statement; return the errors of those that failed.

    Parameters
    ----------
    source, filename : str
        The code, and what its lines are quoted from.
    names : dict
        Where it runs.
    modules : mapping
        The Python files that it may import, by path.
    """
    vars(builtins).setdefault("display", lambda *_, **__: None)  # Jupyter has it there
    sys.meta_path.append(_Beside(modules))
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    if "import annotations" in source:
        flags |= __future__.annotations.compiler_flag
    errors = []
    for statement in ast.parse(source).body:
        try:
            program = compile(ast.Module([statement], []), filename, "exec", flags, True)
            if program.co_flags & inspect.CO_COROUTINE:
                _Loop().run_until_complete(eval(program, names))
            else:
                exec(program, names)
        except BaseException as error:
            errors.append(error)
    return errors


class _Beside(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the Python files that lay beside the notebook, where there is no other module."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._sources = {
            path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): source
            for path, source in modules.items()
        }

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Say where a module is, a folder of modules too."""
        package = any(other.startswith(f"{name}.") for other in self._sources)
        if name not in self._sources and not package:
            return None
        return importlib.util.spec_from_loader(name, self, is_package=package)

    def exec_module(self, module: types.ModuleType) -> None:
        """Run a module."""
        source = self._sources.get(module.__name__, "")
        exec(compile(source, f"<{module.__name__}>", "exec"), module.__dict__)


class _Loop(asyncio.BaseEventLoop):
    """An event loop without files and sockets: it waits, and it counts the time."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = self

    def select(self, timeout: float | None) -> list[Any]:
        """Wait until the next one is due."""
        time.sleep(timeout or 0.0)
        return []

    def _process_events(self, events: Any) -> None:
        pass

    def _write_to_self(self) -> None:
        pass
