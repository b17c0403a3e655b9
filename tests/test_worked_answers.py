"""The worked answers of the book are the instructor's, whole, and without the rubrics."""

import pytest
from nbgrader_course import ASSIGNMENTS, ROOT, notebook_path, solution_cells
from worked_answers import worked

from vaelib.checks import self_check
from vaelib.checks.answer import find_answer


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_worked_answer_is_code_and_words(assignment):
    title, answers = worked(notebook_path(ROOT / "solutions", assignment))
    assert title
    kinds = [kind for kind, _ in answers]
    assert kinds.count("code") == len(solution_cells(assignment))
    assert "markdown" in kinds
    for kind, text in answers:
        assert "SOLUTION" not in text and "Rubric" not in text
        assert len(text) > 60
        if kind == "code":
            compile(text, assignment, "exec")


def test_it_passes_its_checks():
    _, answers = worked(notebook_path(ROOT / "solutions", "sampling"))
    cells = [
        {"cell_type": kind, "source": text, "metadata": {}, "outputs": []} for kind, text in answers
    ]
    answer = find_answer({"nbformat": 4, "cells": cells}, "sampling")
    namespace = {}
    exec(answer.source, namespace)
    assert self_check("sampling", namespace).passed
