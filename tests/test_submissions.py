"""What learners' notebooks go through on the way, and what real nbgrader makes of them."""

import copy
import hashlib
import json

import pytest
from nbgrader_course import ROOT, copy_course, nbgrader, notebook_path, scores

DIVERGENCE = """\
# EXERCISE: kl-divergence
def kl_divergence(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(logvar) - 1 - logvar).sum(dim=1)"""
LOSS = """\
# EXERCISE: kl-loss
def kl_loss(mu, logvar):
    return kl_divergence(mu, logvar).mean()"""
FULL = {
    "kl-divergence-shape": 1,
    "kl-divergence-by-hand": 2,
    "kl-divergence-values": 2,
    "kl-divergence-gradients": 2,
    "kl-loss-value": 2,
    "kl-loss-gradients": 1,
}
OPEN = dict.fromkeys(FULL)
EXPLAINED = "The KL weighs 20 times less."


def released(assignment="kl_loss"):
    return json.loads(notebook_path(ROOT / "exercises", assignment).read_text(encoding="utf-8"))


def grade_id(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def answered(**answers):
    """Return the release with answers in it; by default right ones."""
    notebook = released()
    texts = {"kl-divergence": DIVERGENCE, "kl-loss": LOSS, "kl-explain": EXPLAINED} | {
        name.replace("_", "-"): text for name, text in answers.items()
    }
    for cell in notebook["cells"]:
        cell["source"] = texts.get(grade_id(cell), "".join(cell["source"]))
    return notebook


def cell_of(notebook, name):
    return next(cell for cell in notebook["cells"] if grade_id(cell) == name)


def without(notebook, *names):
    return notebook | {"cells": [c for c in notebook["cells"] if grade_id(c) not in names]}


def code(source):
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}


def colab():
    """A notebook as Colab saves it, opened elsewhere too, with installs that fail."""
    notebook = answered(kl_divergence=f"!pip install no-such\n%no_such_magic 2.x\n{DIVERGENCE}")
    notebook["metadata"] = {
        "colab": {"provenance": [], "gpuType": "T4"},
        "accelerator": "GPU",
        "kernelspec": {"name": "no-such-kernel", "display_name": "R", "language": "R"},
        "language_info": {"name": "R"},
        "widgets": {"application/vnd.jupyter.widget-state+json": {}},
    }
    notebook["nbformat_minor"] = 0
    for number, cell in enumerate(notebook["cells"]):
        del cell["id"]
        cell["metadata"] |= {"id": f"aB{number}", "outputId": "x", "colab": {"height": 35}}
        if grade_id(cell):
            cell["metadata"]["nbgrader"] |= {"colab_type": "code", "schema_version": 99}
    return notebook


def stripped():
    notebook = answered()
    for cell in notebook["cells"]:
        cell["metadata"] = {}
    return notebook


def copied():
    """A solution cell and a check pasted again, ids and all, and the answer in the copy."""
    notebook = answered(kl_divergence=DIVERGENCE.replace("0.5", "1.0"))
    cells = notebook["cells"]
    again = copy.deepcopy(cell_of(notebook, "kl-divergence"))
    again["source"] = DIVERGENCE
    cells.insert(cells.index(cell_of(notebook, "kl-divergence")) + 1, again)
    cells.append(copy.deepcopy(cell_of(notebook, "kl-divergence-shape")))
    return notebook


def split():
    """Helpers in cells of their own, one of them below; no imports, two checks deleted."""
    notebook = without(
        answered(
            kl_divergence="def kl_divergence(mu, logvar):\n    return HALF * terms(mu, logvar).sum(1)",
            kl_loss="def kl_loss(mu, logvar):\n    return mean(kl_divergence(mu, logvar))",
        ),
        "kl-divergence-shape",
        "kl-loss-gradients",
    )
    cells = [cell for cell in notebook["cells"] if cell.get("id") != "imports"]
    cells.insert(2, code("HALF = 0.5\nraise SystemError('not needed')"))
    cells.insert(3, code("def terms(mu, logvar):\n    return mu**2 + torch.expm1(logvar) - logvar"))
    wrong = "def mean(values):\n    return values.sum()"
    return notebook | {"cells": [*cells, code(wrong), code("while True: pass")]}


def noisy():
    noise = """\
import logging, os, sys, warnings
warnings.warn("a warning")
print("said", file=sys.stderr)
class Loud:
    def __del__(self):
        print("gone", file=sys.stderr)
"""
    inside = """\
    warnings.warn("again"); logging.error("and again"); print("x", file=sys.stderr)
    os.write(2, b"straight to the descriptor"); keep = Loud()
    torch.range(0, 1)  # torch warns itself
    return"""
    return answered(
        kl_divergence=noise + DIVERGENCE.replace("    return", inside),
        kl_loss="'\\m'\n" + LOSS.replace("    return", inside),
    )


def text(notebook):
    return json.dumps(notebook).encode()


# What each learner hands in, by file name, and the scores that the code deserves.
BROKEN = "# EXERCISE: kl-loss\ndef kl_loss(mu, logvar)\n    return 1"
LOST = {"kl-loss-value": 0, "kl-loss-gradients": 0}
CASES = {
    "colab": ({"Copy of kl_loss (1).ipynb": text(colab())}, FULL),
    "stripped": ({"kl_loss.ipynb": text(stripped())}, FULL),
    "copied": ({"kl_loss.ipynb": text(copied())}, FULL),
    "split": ({"homework.ipynb": text(split())}, FULL | LOST),
    "broken": ({"kl_loss.ipynb": text(answered(kl_loss=BROKEN))}, FULL | LOST),
    "noisy": ({"kl_loss.ipynb": text(noisy())}, FULL),
    "half": (
        {"kl_loss.ipynb": text(without(answered(), "kl-divergence", "kl-explain"))},
        OPEN | {"kl-loss-value": 2, "kl-loss-gradients": 1},
    ),
    "garbage": ({"kl_loss.ipynb": b"\x89PNG\r\n\x1a\n\x00\xff"}, OPEN),
    "none": ({"answer.txt": b"see my mail"}, OPEN),
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """All of them graded in one run, which ends well, and given feedback."""
    folder = copy_course(tmp_path_factory.mktemp("submissions"))
    for learner, (files, _) in CASES.items():
        place = folder / "submitted" / learner / "kl_loss"
        place.mkdir(parents=True)
        for name, content in files.items():
            (place / name).write_bytes(content)
    before = fingerprints(folder / "submitted")
    nbgrader(folder, "generate_assignment", "kl_loss", "--force")
    log = nbgrader(folder, "autograde", "kl_loss")
    (folder / "autograde.log").write_text(log, encoding="utf-8")
    nbgrader(folder, "generate_feedback", "kl_loss")
    assert fingerprints(folder / "submitted") == before
    return folder


def fingerprints(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
@pytest.mark.parametrize("learner", CASES)
def test_graded_as_the_code_deserves(course, learner):
    assert scores(course, learner, "kl_loss") == CASES[learner][1]
