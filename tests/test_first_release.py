"""A course in the middle of its term: what was released and graded by version 1.0 goes on.

`first_release.tar.xz` holds a course as the landed commit 8db8eaf left it: its five releases,
filled in by three learners (right, wrong, blank) and graded; its gradebook and secret; and what
the visible cells said then (`visible.json`).
"""

import json
import tarfile

import pytest
from nbgrader_course import ROOT, graded_here, notebook_path
from system import require

from grading import pool, run

pytestmark = pytest.mark.slow
TERM = ROOT / "tests" / "first_release.tar.xz"
ASSIGNMENTS = ("encoder", "sampling", "log_variance", "kl_loss", "elbo")
LEARNERS = ("blank", "right", "wrong")


@pytest.fixture(scope="module")
def term(tmp_path_factory):
    """The course's folder, with today's configuration and sources."""
    folder = tmp_path_factory.mktemp("term")
    with tarfile.open(TERM) as packed:
        # Debian 12's Python is older than filters, and its default does for this archive
        packed.extraction_filter = getattr(tarfile, "data_filter", None)
        packed.extractall(folder)
    for name in ("grading", "solutions", "nbgrader_config.py"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def visible(notebook):
    """Run a notebook's cells in order, as a learner does; return what each visible check said."""
    names, said = {"__name__": "__main__"}, {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or cell["id"] in ("install", "train-it", "look"):
            continue
        graded = cell["metadata"].get("nbgrader", {})
        try:
            exec(source, names)
            told = "passed"
        except Exception as error:
            told = type(error).__name__
        if graded.get("grade"):
            said[graded["grade_id"]] = told
        else:
            assert told == "passed", (source, told)
    return said


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_visible_cells_say_what_they_said(term, assignment):
    then = json.loads((term / "visible.json").read_text())[assignment]
    for learner in LEARNERS:
        path = notebook_path(term / "submitted" / learner, assignment)
        assert visible(json.loads(path.read_text())) == then[learner], learner


def book_of(folder, assignment):
    """Return all that the gradebook says of an assignment."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        return {
            submission.student.id: (
                str(submission.timestamp),
                {g.name: (g.auto_score, g.needs_manual_grade) for g in notebook.grades},
                {c.name: c.auto_comment for c in notebook.comments},
            )
            for submission in book.assignment_submissions(assignment)
            for notebook in submission.notebooks
        }


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_its_gradebook_goes_on_and_grading_again_gives_the_same_marks(
    term, assignment, monkeypatch
):
    require("bwrap")
    monkeypatch.setattr(pool, "on_this_machine", graded_here)
    before = book_of(term, assignment)
    assert set(before) == set(LEARNERS)
    course = run.Course(term)
    again = run.grade(course, assignment)
    assert (again.before, again.verdicts.total(), again.unjudged) == (3, 0, {})
    run.write_feedback(course, assignment)  # from what the first version said
    for learner in LEARNERS:
        page = (term / "feedback" / learner / assignment / f"{assignment}.html").read_text()
        points = sum(score or 0 for score, _ in before[learner][1].values())
        assert f"<strong>{points:g} of" in page
    assert book_of(term, assignment) == before
    anew = run.grade(course, assignment, regrade=True)
    assert (anew.verdicts.total(), anew.unjudged) == (3, {})
    assert book_of(term, assignment) == before
