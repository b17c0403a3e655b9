"""The table of skills against the notebooks that show them."""

import re

import nbformat
import pytest
from nbgrader_course import ASSIGNMENTS, ROOT, notebook_path, solution_cells

from vaelib.checks.skills import PIECES, SKILLS


def in_notebook(assignment):
    """Return (grade id, title, points, piece, check, shown) of every graded code cell."""
    for cell in nbformat.read(notebook_path(ROOT / "solutions", assignment), 4).cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and nbgrader.get("grade"):
            title, points = re.match(r"# (.*?) \((\d+) points?\)", cell.source).groups()
            visible, _, hidden = cell.source.partition("### BEGIN HIDDEN TESTS")
            check, piece = re.search(r"check\.(\w+)\((\w+), seed=\d+\)", hidden).groups()
            assert int(points) == nbgrader["points"]
            shown = f"check.{check}({piece})" in visible
            yield nbgrader["grade_id"], title, int(points), piece, check, shown


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_skills_are_the_graded_cells(assignment):
    assert [
        (s.grade_id, s.title, s.points, s.piece, s.check.__name__, s.shown)
        for s in SKILLS[assignment]
    ] == list(in_notebook(assignment))


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_pieces_are_the_solution_cells(assignment):
    cells = solution_cells(assignment)
    assert list(cells) == list(PIECES[assignment])
    for grade_id, name in PIECES[assignment].items():
        assert re.search(rf"^(def|class) {name}\(", cells[grade_id], re.M)
    assert {skill.piece for skill in SKILLS[assignment]} == set(PIECES[assignment].values())


def test_every_assignment_has_skills():
    assert list(SKILLS) == list(PIECES) and set(SKILLS) == set(ASSIGNMENTS)
