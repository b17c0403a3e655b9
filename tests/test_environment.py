"""The lock, the package and the tools that guard them."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import locked
import make_env
import pytest
import yaml
from nbgrader_course import ROOT
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from system import PACKAGES, absent, chromium

pytestmark = pytest.mark.slow

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_lock_meets_what_the_project_asks_for():
    pins = {canonicalize_name(name): version for name, version in locked.pins().items()}
    for text in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), text


def test_the_library_asks_for_little_and_for_lower_bounds_only():
    asked = [Requirement(text) for text in PROJECT["dependencies"]]
    assert {requirement.name for requirement in asked} == {"torch", "numpy", "matplotlib", "tqdm"}
    assert all(part.operator == ">=" for requirement in asked for part in requirement.specifier)


def test_the_lock_names_no_local_build():
    assert all("+" not in version for version in locked.pins().values())


def test_a_difference_from_the_lock_is_seen(monkeypatch):
    assert locked.differences() == []
    monkeypatch.setattr(locked, "pins", lambda: {"torch": "0.1", "no-such-package": "1"})
    assert [text.split(":")[0] for text in locked.differences()] == ["torch", "no-such-package"]


def test_the_lock_has_no_packages_for_nvidia_cards():
    assert not re.findall(r"^(nvidia|cuda|triton)", locked.LOCK.read_text(encoding="utf-8"), re.M)


def made(monkeypatch, uv_works):
    """Return what `make env` would run, each as a list of words, with a uv that works or fails."""
    ran = []

    def works(*command):
        ran.append([*map(str, command)])
        return uv_works

    monkeypatch.setattr(make_env, "run", works)
    monkeypatch.setattr(make_env, "works", works)
    make_env.main(Path(sys.prefix))
    return ran


def test_pip_stands_in_where_uv_finds_nothing(monkeypatch, capsys):
    fetched = [command[2:4] for command in made(monkeypatch, True) if "requirements.txt" in command]
    assert fetched == [["uv", "pip"]]
    fetched = [c[2:4] for c in made(monkeypatch, False) if "requirements.txt" in c]
    assert fetched == [["uv", "pip"], ["pip", "install"]]
    assert "pip can take ten minutes" in capsys.readouterr().out


def test_what_slows_every_start_is_taken_off_and_not_locked(monkeypatch):
    ran = made(monkeypatch, True)
    (at,) = (n for n, command in enumerate(ran) if "uninstall" in command)
    assert ran[at][-1] == "rfc3987-syntax" and "requirements.txt" in ran[at - 1]
    assert "rfc3987-syntax==" not in locked.LOCK.read_text(encoding="utf-8")


PLATFORMS = {
    "Linux": "x86_64-unknown-linux-gnu",
    "Linux on ARM": "aarch64-unknown-linux-gnu",
    "macOS 14": "aarch64-apple-darwin",
    "Windows": "x86_64-pc-windows-msvc",
}


def resolve(lock, python, platform):
    """Ask uv for wheels of all that a lock names, for another Python and platform."""
    command = ["-m", "uv", "pip", "compile", "--quiet", "--only-binary", ":all:", str(lock)]
    return subprocess.run(
        [sys.executable, *command, "--python-version", python, "--python-platform", platform],
        cwd=ROOT,
        env={**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="session")
def package_index():
    """What asks a package index is skipped where there is none."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-cache", "-"]
    if subprocess.run(command, input="iniconfig", capture_output=True, text=True).returncode:
        absent("no package index can be reached")


@pytest.mark.parametrize("python", ["3.11.2", "3.13"])  # Debian 12's own, and a newer one
@pytest.mark.parametrize("platform", PLATFORMS.values(), ids=PLATFORMS.keys())
def test_the_lock_resolves_elsewhere(package_index, python, platform):
    done = resolve("requirements.txt", python, platform)
    assert done.returncode == 0, done.stderr
    everywhere = re.findall(r"^([\w.-]+==[\w.]+)  ", locked.LOCK.read_text(encoding="utf-8"), re.M)
    assert len(everywhere) > 150
    assert [pin for pin in everywhere if pin not in done.stdout] == []


def test_a_pin_that_debians_python_cannot_have_is_seen(package_index, tmp_path):
    (tmp_path / "lock.txt").write_text("soupsieve==4.1.2\n")  # wants Python 3.11.5
    done = resolve(tmp_path / "lock.txt", "3.11.2", PLATFORMS["Linux"])
    assert done.returncode and "soupsieve" in done.stderr
    assert resolve(tmp_path / "lock.txt", "3.13", PLATFORMS["Linux"]).returncode == 0


def test_the_environments_script_knows_the_bounds_and_the_builds():
    bounds = SpecifierSet(PROJECT["requires-python"])
    for minor in range(9, 18):
        assert make_env.fits((3, minor, 0)) == bounds.contains(f"3.{minor}.0")
    assert make_env.build(has_card=False, platform="linux") == "cpu"
    assert make_env.build(has_card=True, platform="linux") == ""
    assert make_env.build(has_card=False, platform="darwin") == ""


def test_every_program_that_tests_require_has_a_package():
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("*.py")]
    assert set(re.findall(r"\brequire\(\"(\w+)\"\)", "".join(sources))) == set(PACKAGES)


@pytest.mark.parametrize("ci, ends", [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_browser_that_cannot_be_driven_is_said_to_lack_a_library(monkeypatch, tmp_path, ci, ends):
    for name, ended in {"chromium": 0, "node": 127}.items():
        program = tmp_path / name
        program.write_text(
            f"#!/bin/sh\necho 'node: error while loading shared libraries: libatomic.so.1' >&2\n"
            f"exit {ended}\n"
        )
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", str(tmp_path / "node"))
    monkeypatch.setenv("CI", ci)
    with pytest.raises(ends, match=r"libatomic\.so\.1: `apt-get install libatomic1`"):
        chromium()


def test_doctor_runs_on_a_bare_python_and_says_what_to_do(tmp_path):
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    command = [sys.executable, "-S", str(tmp_path / "tools/doctor.py")]
    bare = {"PATH": str(tmp_path)}  # no make, no browser, no jail
    done = subprocess.run(command, env=bare, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert any(line.startswith("--  make") for line in lines), done.stdout + done.stderr
    assert "apt-get install chromium" in done.stdout
    assert "apt-get install bubblewrap" in done.stdout
    assert "`make env` makes it" in done.stdout


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
    apart = ("plotting.py", "bugs.py", "explorer.py")  # figures, wrong code, the stage's way in
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
    for name in ("models.js", "mistakes.js", "digits.js", "points.js", "stage.js", "stage.css"):
        assert f"vaelib/_static/stage/{name}" in names
    assert not [name for name in names if not name.startswith(("vaelib/", "vaelib-"))]


WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def steps(path):
    """Return every step of a workflow."""
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def targets():
    """Return the targets of the Makefile that it has a line of help for."""
    return set(re.findall(r"^([a-z0-9]+):.* ## ", (ROOT / "Makefile").read_text("utf-8"), re.M))


def test_help_names_every_target_and_the_readers_few_first():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    named = re.findall(r"^  ([a-z0-9]+) ", done.stdout, re.M)
    assert set(named) == targets() and len(named) == len(targets())
    assert named[:6] == ["help", "doctor", "page", "lab", "work", "book"]
    assert len(re.findall(r"^[A-Z].*", done.stdout, re.M)) == 4  # the groups


def test_what_the_librarys_tests_import_is_in_their_environment():
    """`make lowest` and its like install the library, pytest and nbformat."""
    asked = ["make", "--no-print-directory", "--eval", "listed: ; @echo $(LIBRARY)", "listed"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    waiting = [ROOT / name for name in listed.stdout.split()]
    assert len(waiting) > 10
    there = {*sys.stdlib_module_names, "vaelib", "pytest", "nbformat"}
    there |= {"torch", "numpy", "matplotlib"}
    seen = set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        for name in re.findall(r"^(?:import|from) ([\w.]+)", path.read_text("utf-8"), re.M):
            own = ROOT / "tests" / f"{name}.py"
            assert own.is_file() or name.split(".")[0] in there, (path.name, name)
            waiting += [own] if own.is_file() and own not in seen else []


def test_all_tell_the_same_sizes():
    sizes = {"0.2 GB", "0.24 GB", "2.7 GB"}
    for path in ("README.md", "tools/make_env.py"):
        assert set(re.findall(r"[\d.]+ [GM]B", (ROOT / path).read_text("utf-8"))) == sizes, path
    small = "pip install torch --index-url https://download.pytorch.org/whl/cpu"
    for path in ("README.md", "book/preface.md"):
        text = (ROOT / path).read_text("utf-8")
        assert small in text and "0.2 GB instead of 2.7" in text, path


def test_a_workflow_runs_what_also_runs_here():
    assert {path.stem for path in WORKFLOWS} == {"tests", "book", "weekly", "release"}
    for path in WORKFLOWS:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") < 70, f"{path.name} is longer than a screen"
        for said in re.findall(r"run: make ([a-z0-9 ]+)", text):
            assert set(said.split()) <= targets(), said
    tried = yaml.safe_load((ROOT / ".github/workflows/weekly.yml").read_text("utf-8"))
    assert set(tried["jobs"]["try"]["strategy"]["matrix"]["target"]) <= targets()


def test_workflows_name_actions_by_commit_and_version():
    used = [line for path in WORKFLOWS for line in path.read_text("utf-8").splitlines()]
    used = [line.strip() for line in used if " uses: " in line]
    assert len(used) == sum("uses" in step for path in WORKFLOWS for step in steps(path)) > 10
    versions = {}
    for line in used:
        action, commit, version = re.fullmatch(
            r"-? ?uses: ([\w/-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", line
        ).groups()
        assert versions.setdefault(action, (commit, version)) == (commit, version)


def test_the_lines_for_a_bare_debian_are_readmes():
    script = (ROOT / "tools/debian_root.sh").read_text(encoding="utf-8")
    (expression,) = re.findall(r"lines=\$\(sed -n '(.*)' README.md\)", script)
    typed = subprocess.run(
        ["sed", "-n", expression, "README.md"], cwd=ROOT, capture_output=True, text=True
    ).stdout.splitlines()
    assert {"make book", "make test"} <= set(typed)
    assert all(line.split()[1] in targets() for line in typed if line.startswith("make "))


def test_an_environment_is_mended_and_not_built_over_itself(tmp_path):
    assert make_env.inside(tmp_path) is None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(tmp_path / "gone")  # its Python was removed
    assert make_env.inside(tmp_path) is None
    assert make_env.inside(ROOT / "nowhere") is None
    if sys.prefix != sys.base_prefix:
        assert make_env.inside(Path(sys.prefix)) == Path(sys.prefix) / "bin/python"
