"""Hostile answers from outside that once got what they should not."""

import pytest
from hostile import notebook
from nbgrader_course import ROOT
from system import require

from grading.judge import Judge
from grading.limits import Limits

pytestmark = pytest.mark.slow
ATTACKS = ROOT / "tests" / "attacks"
# What each may earn at most, and where it is no verdict on the learner that it may get.
MOST = {
    "changed_is_meta": 0,
    "complex_value": 0,
    "empty_parameter": 4,
    "encoder_blanks_its_images": 8,  # of 9: not that it learns
    "int_parameter": 9,
    "learns_the_right_version": 3,  # of 10: those of kl_loss, which is right
    "lies_about_itself": 3,  # a shape, and the value of kl_loss
    "memory_of_the_judge": 0,
    "model_to_meta": 0,
    "quadratic_names": 0,
}


def attack(name):
    """Return the assignment and the notebook of an attack."""
    names = {}
    exec((ATTACKS / f"{name}.py").read_text(), names)
    return names["A"], names["notebook"]() if "notebook" in names else notebook(names["S"])


@pytest.fixture(scope="module")
def judge():
    require("bwrap")
    with Judge(Limits(reading=3.0)) as judge:
        yield judge


@pytest.mark.parametrize("name", MOST)
def test_an_attack_from_outside_ends_as_a_verdict_on_the_learner(judge, name):
    assignment, content = attack(name)
    graded = judge.grade(content, assignment, "mallory", b"secret")
    assert not any(skill.points is None for skill in graded.skills), graded.skills
    assert sum(skill.points for skill in graded.skills) <= MOST[name], graded.skills
    if name == "int_parameter":  # a right one
        assert {skill.kind for skill in graded.skills} == {"passed"}, graded.skills
    if name == "encoder_blanks_its_images":
        assert graded.skills[-1].kind != "passed"
    if name in ("quadratic_names", "memory_of_the_judge"):
        assert "more time or memory than a notebook may use" in graded.skills[0].message
