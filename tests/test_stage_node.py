"""The stage's modules by Node: formatted, linted, their types checked, the engine tested.

Biome and TypeScript come from npm, pinned with their hashes by vaelib/stage/package-lock.json.
"""

import shutil
import subprocess

import pytest
from nbgrader_course import ROOT
from system import absent, require

pytestmark = pytest.mark.slow
STAGE = ROOT / "vaelib/stage"
TOOLS = ROOT / ".cache/node"


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def tools():
    """The folder of the programs, installed as locked."""
    npm = require("npm")
    TOOLS.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(STAGE / name, TOOLS)
    command = [npm, "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=TOOLS, capture_output=True, text=True)
    if done.returncode:
        absent(f"npm could not install Biome and TypeScript: {done.stderr[-300:]}")
    return TOOLS / "node_modules/.bin"


def test_the_engine_without_a_browser():
    tests = sorted(map(str, (ROOT / "tests/stage").glob("*.test.mjs")))
    assert tests
    run(require("node"), "--test", *tests)


def test_modules_are_formatted_linted_and_typed(tools):
    run(tools / "biome", "ci")
    run(tools / "tsc", "--project", STAGE / "jsconfig.json")


@pytest.mark.parametrize(
    ("program", "fault"),
    [
        ("biome", "export const  a = 1;\n"),
        ("biome", "debugger;\n"),
        ("tsc", '/** @type {number} */\nexport const a = "1";\n'),
    ],
)
def test_a_fault_is_seen(tools, tmp_path, program, fault):
    stage = tmp_path / "vaelib/stage"
    stage.mkdir(parents=True)
    shutil.copy(ROOT / "biome.json", tmp_path)
    shutil.copy(STAGE / "jsconfig.json", stage)
    commands = {
        "biome": [tools / "biome", "ci"],
        "tsc": [tools / "tsc", "--project", stage / "jsconfig.json"],
    }
    for text, right in ((fault, False), ("export const a = 1;\n", True)):
        (stage / "module.js").write_text(text, encoding="utf-8")
        done = subprocess.run(commands[program], cwd=tmp_path, capture_output=True)
        assert (done.returncode == 0) == right
