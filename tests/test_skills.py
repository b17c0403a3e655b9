"""The table of skills against the notebooks that show them."""

import re

import nbformat
import pytest
from nbgrader_course import ASSIGNMENTS, ROOT, notebook_path, solution_cells

from vaelib.assignments import find, names


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
        for s in find(assignment).skills
    ] == list(in_notebook(assignment))


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_pieces_are_the_solution_cells(assignment):
    cells = solution_cells(assignment)
    assert list(cells) == list(find(assignment).defines)
    for grade_id, name in find(assignment).defines.items():
        assert re.search(rf"^(def|class) {name}\(", cells[grade_id], re.M)
    assert {skill.piece for skill in find(assignment).skills} == set(
        find(assignment).defines.values()
    )


def test_every_assignment_has_skills():
    assert names() == sorted(ASSIGNMENTS)
