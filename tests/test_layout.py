"""The rules that keep the layout, each in a few lines."""

import ast
import functools
import re
import subprocess
import sys

import pytest
from nbgrader_course import ROOT

from vaelib import checks
from vaelib.assignments import find, names

FILES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for folder in ("vaelib", "grading", "tools")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
ASSIGNMENTS = {f"vaelib/assignments/{name}.py": name for name in names()}


@functools.cache
def imports(source):
    """Return the modules and names that a source imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def importers(module):
    """Return the files that import a module or something of it."""
    inside = re.compile(rf"{re.escape(module)}(\.|$)")
    return {file for file, source in FILES.items() if any(map(inside.match, imports(source)))}


@pytest.mark.parametrize("name", names())
def test_nothing_imports_an_assignment_by_its_name(name):
    assert importers(f"vaelib.assignments.{name}") == set()


def test_an_assignment_is_called_as_its_file():
    assert [find(name).name for name in names()] == names()
    assert set(ASSIGNMENTS) < set(FILES)


def test_nbgrader_is_known_to_those_who_run_it_and_keep_its_gradebook():
    known = {"run", "gradebook", "nbgrader_hooks", "platforms"}
    found = {file for file in importers("nbgrader") if file.startswith("grading/")}
    assert found <= {f"grading/{stem}.py" for stem in known}


def test_the_library_stands_on_itself():
    for other in ("grading", "tests", "nbgrader"):
        assert not {file for file in importers(other) if file.startswith("vaelib/")}


@pytest.mark.parametrize("module", ["grading.__main__", "grading.pool"])
def test_a_worker_starts_its_jail_before_it_imports_torch(module):
    asked = f"import sys, {module}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.slow
def test_notebooks_released_earlier_find_their_checks():
    earlier = ["kl", *names()]
    asked = "".join(
        f"from vaelib.checks import {name} as check; print(check.__name__)\n" for name in earlier
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [f"vaelib.assignments.{name}" for name in ["kl_loss", *names()]]


def test_an_unknown_name_of_the_checks_is_an_attribute_error():
    with pytest.raises(AttributeError, match="physics"):
        checks.physics  # noqa: B018
