"""The same awkward hand-ins through every door: one gradebook, and what each deserves."""

import json
import shutil

import nbformat
import pytest
from nbgrader_course import (
    ROOT,
    copy_course,
    graded_here,
    nbgrader,
    notebook_path,
    remembered,
)
from system import require

from grading import __main__ as command
from grading import pool, run

pytestmark = pytest.mark.slow
NAME = "kl_loss"
HANDINS = ROOT / "tests" / "handins"
WRITTEN = "kl-explain"
# By folder: points of the code (None: open), and what became of the written answer.
READ, BLANK, GONE = "to be read", "blank", "gone"
DESERVED = {
    "config-updated-same-cell": (10, READ),
    "helper-module-beside": (10, READ),
    "nbformat-3": (10, READ),
    "prompts-pasted": (10, READ),
    "timestamp-date-command": (10, READ),
    "timestamp-empty": (10, READ),
    "torch-compile": (10, READ),
    "two-notebooks-blank-and-copy": (10, READ),
    "vscode-metadata-wiped-no-ids": (10, READ),
    "whole-cell-indented": (10, READ),
    "written-below": (10, READ),
    "written-with-picture": (10, READ),
}
LISTED = ("no-assignment-folder", "folder-kl-loss")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A course with everybody's work handed in, and nothing graded."""
    require("bwrap")
    folder = copy_course(tmp_path_factory.mktemp("doors"))
    nbgrader(folder, "generate_assignment", NAME, "--force")
    shutil.copytree(HANDINS, folder / "submitted")
    for learner, (notebook, files) in made().items():
        place = folder / "submitted" / learner / NAME
        place.mkdir(parents=True)
        for name, content in {f"{NAME}.ipynb": notebook, **files}.items():
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (below := place.parent.parent / "in-a-folder-below" / NAME / "work").mkdir()
    (below.parent / f"{NAME}.ipynb").rename(below / f"{NAME}.ipynb")
    (folder / run.SECRET).write_bytes(b"s" * 32)
    return folder


DIVERGENCE = """\
# EXERCISE: kl-divergence
def kl_divergence(mu, logvar):
    return HALF * (mu**2 + torch.exp(logvar) - 1 - logvar).sum(dim=1)"""
LOSS = """\
# EXERCISE: kl-loss
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).mean()"""
MINE = "The KL weighs 20 times less: $\\beta = \\frac{1}{20}$."


def answered(divergence=f"HALF = 0.5\n{DIVERGENCE}", written=MINE, cells=()):
    """Return the release with an answer in it, and cells put before the answer."""
    notebook = nbformat.read(notebook_path(ROOT / "exercises", NAME), 4)
    texts = {"kl-divergence": divergence, "kl-loss": LOSS, WRITTEN: written}
    for cell in notebook.cells:
        cell.source = texts.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    notebook.cells[3:3] = [nbformat.v4.new_code_cell(source) for source in cells]
    return notebook


def prompted(source):
    """Return code as it is copied from IPython's terminal."""
    first, *rest = source.splitlines()
    return "\n".join([f"In [3]: {first}", *(f"   ...: {line}" for line in rest)])


def moved(where, text=MINE):
    """Return a notebook whose written answer stands in another place."""
    notebook = answered(written="YOUR ANSWER HERE")
    at = next(n for n, cell in enumerate(notebook.cells) if cell.id == "explain-task")
    if where == "inside":
        notebook.cells[at].source += f"\n\n{text}"
    elif where == "above":
        notebook.cells.insert(at, nbformat.v4.new_markdown_cell(text))
    elif where == "top":
        notebook.cells.insert(1, nbformat.v4.new_markdown_cell(text))
    elif where == "code":
        notebook.cells.append(nbformat.v4.new_code_cell(text))
    elif where == "gone":
        del notebook.cells[at + 1]
    return notebook


def cell_of(notebook, grade_id):
    return next(
        c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    )


def typed_above_a_check():
    """Return a notebook whose own cell is as released: the answer stands in a check's cell."""
    notebook, release = answered(), nbformat.read(notebook_path(ROOT / "exercises", NAME), 4)
    cell_of(notebook, "kl-divergence").source = cell_of(release, "kl-divergence").source
    check = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade"))
    check.source = f"HALF = 0.5\n{DIVERGENCE}\n{check.source}"
    return notebook


def same_id_twice():
    notebook = answered()
    at = notebook.cells.index(cell_of(notebook, "kl-divergence"))
    earlier = nbformat.from_dict(notebook.cells[at] | {"id": "earlier"})
    earlier.source = "# EXERCISE: kl-divergence\ndef kl_divergence(mu, logvar):\n    return mu"
    notebook.cells.insert(at, earlier)
    return notebook


def null_metadata():
    notebook = answered() | {"metadata": None}
    notebook["cells"] = [dict(cell) | {"metadata": None} for cell in notebook["cells"]]
    return json.dumps(notebook).encode()


def raw_cell():
    notebook = moved("above")
    at = next(n for n, cell in enumerate(notebook.cells) if cell.source == MINE)
    notebook.cells.insert(at + 1, nbformat.v4.new_raw_cell(notebook.cells.pop(at).source))
    return notebook


def heavy():
    notebook = answered()
    plot = nbformat.v4.new_output("display_data", {"text/html": "x" * (6 << 20)})
    notebook.cells.append(nbformat.v4.new_code_cell("1", outputs=[plot]))
    return notebook


def made():
    """Return what more learners hand in: the notebook, and the files beside it."""
    asynchronous = (
        "import asyncio\nasync def half():\n    await asyncio.sleep(0.01)\n    return 0.5"
    )
    appended = DIVERGENCE.replace("HALF", "TERMS[0]")
    packaged = f"from tools.kl import HALF\n{DIVERGENCE}"
    here = f"HALF = 0.5\n{DIVERGENCE}"
    summed = "(mu**2 + torch.exp(logvar) - 1 - logvar).sum(dim=1)"
    scripted = (
        f"@torch.jit.script\ndef added(mu, logvar):\n    return {summed}\n"
        "# EXERCISE: kl-divergence\ndef kl_divergence(mu, logvar):\n"
        "    return 0.5 * added(mu, logvar)"
    )
    in_lambda = (
        f"# EXERCISE: kl-divergence\nif (HALF := 0.5):\n"
        f"    kl_divergence = lambda mu, logvar: HALF * {summed}"
    )
    annotated = here.replace("(mu, logvar):", "(mu: Missing | None, logvar) -> Missing:")
    notebooks = {
        "in-prompts": answered(prompted(DIVERGENCE), cells=["HALF = 0.5"]),
        "awaited": answered(cells=[asynchronous, "HALF = await half()"], divergence=DIVERGENCE),
        "timed": answered(f"%time HALF = 1 / 2\n%matplotlib inline\n{DIVERGENCE}"),
        "timed-tuple": answered(f"%time HALF, ONE = 0.5, 1\r\n{DIVERGENCE}"),
        "timed-cell": answered(f"%%time\nHALF = 0.5\n{DIVERGENCE}"),
        "appended": answered(appended, cells=["TERMS = []", "TERMS.append(0.5)", "1 / 0"]),
        "in-a-loop": answered(appended, cells=["TERMS = {}", "for k in [0]:\n    TERMS[k] = 0.5"]),
        "ran-a-file": answered(DIVERGENCE, cells=["%run constants.py"]),
        "package-beside": answered(packaged),
        "wrote-a-file": answered(
            f"from halves import HALF\n{DIVERGENCE}",
            cells=["%%writefile halves.py\nHALF = 0.5", "%%writefile -a halves.py\nONE = 2 * HALF"],
        ),
        "guarded": answered(
            "if __name__ == '__main__':\n    HALF = 0.5\n"
            "try:\n    import cupy as xp\nexcept ImportError:\n    xp = torch\n"
            + DIVERGENCE.replace("torch.", "xp.")
        ),
        "global": answered(
            DIVERGENCE, cells=["def setup():\n    global HALF\n    HALF = 0.5\nsetup()"]
        ),
        "as-a-string": moved("code", f'"""{MINE}"""'),
        "inside": moved("inside"),
        "above": moved("above"),
        "top": moved("top"),
        "as-code": moved("code"),
        "deleted": moved("gone"),
        "blank": nbformat.read(notebook_path(ROOT / "exercises", NAME), 4),
        "heavy": heavy(),
        "utf-16": answered(),
        "display-inside": answered(here.replace("    return", "    display(mu.shape)\n    return")),
        "jit-script": answered(scripted),
        "run-with-options": answered(DIVERGENCE, cells=["%run -i tools/constants"]),
        "bom": b"\xef\xbb\xbf" + nbformat.writes(answered()).encode(),
        "cp1252": nbformat.writes(answered(f"{here}  # 0,5 \u20ac")).encode("cp1252"),
        "raw-cell": raw_cell(),
        "typed-above-a-check": typed_above_a_check(),
        "capture-with-options": answered(f"%%capture --no-stderr out\n{here}"),
        "shell-lines": answered(f"!pip install torch\nfiles = !ls\ntorch.exp?\n{here}"),
        "null-metadata": null_metadata(),
        "same-id-twice": same_id_twice(),
        "future-import": answered(f"from __future__ import annotations\n{annotated}"),
        "in-a-folder-below": answered(),
        "lambda": answered(in_lambda),
        "autoreload": answered(
            f"from halves import HALF\n{DIVERGENCE}", cells=["%load_ext autoreload\n%autoreload 2"]
        ),
        "fails-above": answered(cells=["HALF = 1 / 0"], divergence=DIVERGENCE),
    }
    beside = {
        "ran-a-file": {"constants.py": "HALF = 0.5"},
        "package-beside": {"tools/kl.py": "HALF = 0.5"},
        "run-with-options": {"tools/constants.py": "HALF = 0.5"},
        "autoreload": {"halves.py": "HALF = 0.5"},
    }
    encodings = {"utf-16": "utf-16"}

    def content(name, one):
        if isinstance(one, bytes):
            return one
        return nbformat.writes(one).encode(encodings.get(name, "utf-8"))

    return {name: (content(name, one), beside.get(name, {})) for name, one in notebooks.items()}


DESERVED |= dict.fromkeys(made(), (10, READ))
DESERVED |= {"deleted": (10, GONE), "blank": (0, BLANK), "fails-above": (3, READ)}
PLAIN = "The KL term weighs 20 times less, so the codes may spread where the prior has no mass"


def through_the_command(folder, monkeypatch):
    """In a process of its own. What it is given and finds holds for the doors below, too:

    one that reads something else of what was handed in has it judged anew.
    """
    monkeypatch.setattr(pool, "on_this_machine", remembered(pool.on_this_machine))
    monkeypatch.chdir(folder)
    assert command.main([NAME, "--workers", "1"]) == 1


def through_nbgrader(folder, monkeypatch):
    monkeypatch.setattr(pool, "on_this_machine", graded_here)
    nbgrader(folder, "autograde", NAME)
    nbgrader(folder, "generate_feedback", NAME)


def buttons(folder, monkeypatch):
    """Return what stands behind formgrader's buttons, grading in this process."""
    from nbgrader.apps import NbGraderAPI
    from nbgrader.apps.baseapp import NbGrader

    monkeypatch.chdir(folder)
    monkeypatch.setattr(pool, "on_this_machine", graded_here)
    app = NbGrader(log_level="ERROR")
    app.initialize([], root=str(folder))
    return NbGraderAPI(app.coursedir, parent=app)


def through_the_button(folder, monkeypatch):
    api = buttons(folder, monkeypatch)
    for learner in PRESSED:
        done = api.autograde(NAME, learner)
        assert done["success"], done
    done = api.generate_feedback(NAME)
    assert done["success"], done


PRESSED = ["two-notebooks-blank-and-copy", "timestamp-empty", "deleted", "blank", "fails-above"]
DOORS = [through_the_command, through_nbgrader, through_the_button]


@pytest.fixture(scope="module", params=DOORS, ids=lambda door: door.__name__)
def graded(request, prepared, tmp_path_factory):
    folder = shutil.copytree(prepared, tmp_path_factory.mktemp("graded"), dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        request.param(folder, patch)
    return folder


def contents(folder):
    """Return what the gradebook says of everybody."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        return {
            submission.student.id: (
                str(submission.timestamp),
                {g.name: (g.auto_score, g.needs_manual_grade) for g in notebook.grades},
                {c.name: c.auto_comment for c in notebook.comments},
            )
            for submission in gradebook.assignment_submissions(NAME)
            for notebook in submission.notebooks
        }


def test_everybody_gets_what_the_work_deserves(graded):
    found = contents(graded)
    assert set(found) in (set(DESERVED), set(PRESSED))
    for learner in found:
        points, written = DESERVED[learner]
        _, grades, comments = found[learner]
        code = {name: score for name, (score, _) in grades.items() if name != WRITTEN}
        assert sum(code.values()) == points, (learner, code)
        score, waits = grades[WRITTEN]
        assert (score, waits) == ((0, False) if written == BLANK else (None, True)), learner
        assert (
            comments[WRITTEN]
            == {
                READ: None,
                BLANK: "No response.",
                GONE: "Not found in what was handed in.",
            }[written]
        ), learner


def test_who_grades_by_hand_sees_the_text(graded):
    for learner in contents(graded):
        _, written = DESERVED[learner]
        notebook = json.loads(notebook_path(graded / "autograded" / learner, NAME).read_text())
        (cell,) = [
            cell
            for cell in notebook["cells"]
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == WRITTEN
        ]
        page = (graded / "feedback" / learner / NAME / f"{NAME}.html").read_text()
        if written == READ and learner != "written-with-picture":
            assert MINE in cell["source"] or PLAIN in cell["source"], learner
            assert "weighs 20 times less" in page
        elif learner == "written-with-picture":
            assert cell["attachments"]["plot.png"]["image/png"]
            assert '<img src="data:image/png;base64,' in page.replace('alt="plot" ', "")


def test_every_door_writes_the_same_gradebook(prepared, graded, tmp_path_factory):
    for learner, said in contents(graded).items():
        assert _SEEN.setdefault((prepared, learner), said) == said


_SEEN = {}


def test_what_nobody_would_look_for_is_listed(prepared, monkeypatch, capsys):
    from grading.submission import misplaced

    lines = list(misplaced(prepared / "submitted", NAME, {NAME: None, "elbo": None}))
    assert len(lines) == 2
    for learner, line in zip(sorted(LISTED), lines, strict=True):
        assert line.startswith(learner) and f"{learner}/{NAME}/" in line


def test_a_lone_file_that_nbgrader_does_not_look_for_is_graded(prepared, tmp_path, monkeypatch):
    """And only for who is in the roster, where the configuration asks for that."""
    from nbgrader.api import Gradebook

    folder = shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(folder / "submitted")
    place = folder / "submitted" / "lone" / NAME
    place.mkdir(parents=True)
    (place / f"{NAME}.ipynb.txt").write_text(nbformat.writes(answered()))
    with (folder / "nbgrader_config.py").open("a") as file:
        file.write("\nc.Autograde.create_student = False\n")
    api = buttons(folder, monkeypatch)
    done = api.autograde(NAME, "lone")
    assert "not in the gradebook's roster" in done["log"] and not contents(folder)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        gradebook.add_student("lone")
    done = api.autograde(NAME, "lone")
    assert done["success"], done
    (said,) = contents(folder).values()
    assert sum(score or 0 for score, _ in said[1].values()) == 10
    done = api.autograde(NAME, "nobody")
    assert not done["success"] and "nothing is handed in" in done["log"]
