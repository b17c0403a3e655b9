"""The lock, the package and the tools that guard them."""

import ast
import subprocess
import sys
import tomllib
import zipfile

import doctor
from nbgrader_course import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_lock_meets_what_the_project_asks_for():
    pins = {canonicalize_name(name): version for name, version in doctor.pins().items()}
    for text in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), text


def test_the_library_asks_for_little_and_for_lower_bounds_only():
    asked = [Requirement(text) for text in PROJECT["dependencies"]]
    assert {requirement.name for requirement in asked} == {"torch", "numpy", "matplotlib", "tqdm"}
    assert all(part.operator == ">=" for requirement in asked for part in requirement.specifier)


def test_the_lock_names_no_local_build():
    assert all("+" not in version for version in doctor.pins().values())


def test_doctor_sees_a_difference(monkeypatch):
    assert doctor.differences() == []
    monkeypatch.setattr(doctor, "pins", lambda: {"torch": "0.1", "no-such-package": "1"})
    assert [text.split(":")[0] for text in doctor.differences()] == ["torch", "no-such-package"]


def lines_of_code(path):
    """Count the lines that hold code: no blanks, no comments, no docstrings."""
    source = path.read_text(encoding="utf-8")
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, documented) and ast.get_docstring(node)
        for line in range(node.body[0].lineno, node.body[0].end_lineno + 1)
    }
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and number not in docstrings
        for number, line in enumerate(source.splitlines(), start=1)
    )


def test_the_core_stays_under_500_lines():
    apart = ("plotting.py", "bugs.py")  # figures, and the bank of wrong code
    core = [path for path in ROOT.glob("vaelib/*.py") if path.name not in apart]
    assert sum(lines_of_code(path) for path in core) < 500


def test_the_wheel_holds_the_digits_their_licence_and_the_types(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("mnist_5k.npz", "mnist_5k.LICENSE.md", "runs.json", "book.mplstyle", "py.typed"):
        assert f"vaelib/{name}" in names
    for kind in ("js", "css", "html"):
        assert f"vaelib/explorer/explorer.{kind}" in names
    assert not [name for name in names if not name.startswith(("vaelib/", "vaelib-"))]
