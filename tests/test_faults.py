"""Every attack between two honest submissions: it gains nothing, and they keep their marks."""

import pytest
from hostile import FREE, HOSTILE, OTHERS, UNREADABLE, notebook
from nbgrader_course import ROOT, notebook_path
from system import require

from grading.judge import Judge
from grading.limits import Limits

pytestmark = pytest.mark.slow
SECRET = b"the course's secret"


@pytest.fixture(scope="module")
def judge():
    require("bwrap")
    with Judge(Limits(memory=256 << 20, call=1.0, submission=3.0, wait=4.0, wall=9.0)) as judge:
        yield judge


@pytest.fixture(scope="module")
def honest(judge):
    """Return a function that grades an honest submission, and its first result."""
    content = notebook_path(ROOT / "solutions", "kl_loss").read_bytes()

    def grade():
        return judge.grade(content, "kl_loss", "ada", SECRET).skills

    first = grade()
    assert [skill.kind for skill in first] == ["passed"] * 6
    return grade, first


@pytest.fixture(autouse=True)
def keeps_its_marks(honest):
    yield
    grade, first = honest
    assert grade() == first


@pytest.mark.parametrize("name", HOSTILE)
def test_an_attack_gains_nothing(judge, name):
    source, verdicts = HOSTILE[name]
    result = judge.grade(notebook(source), "kl_loss", "mallory", SECRET)
    ours = result.skills[:4]
    assert {skill.kind for skill in ours} <= verdicts, ours
    assert "passed" in verdicts or sum(skill.points for skill in ours) == 0
    assert not any("Escaped" in skill.message for skill in result.skills), ours
    assert {skill.kind for skill in result.skills[4:]} == {"not found"}
    for skill in result.skills:
        assert len(skill.message) <= 3000
        assert all(c.isprintable() or c == "\n" for c in skill.message)


@pytest.mark.parametrize("name", OTHERS)
def test_an_attack_on_another_assignment_gains_nothing(judge, name):
    assignment, source = OTHERS[name]
    result = judge.grade(notebook(source), assignment, "mallory", SECRET)
    assert {skill.kind for skill in result.skills} <= FREE | {"passed"}, result.skills
    # shape and small print of a Sampling layer that is wrong in all else
    assert sum(skill.points for skill in result.skills) <= 2, result.skills
    assert not any("Escaped" in skill.message for skill in result.skills)


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_notebook_gets_no_verdict(judge, name):
    result = judge.grade(UNREADABLE[name], "kl_loss", "mallory", SECRET)
    assert {skill.kind for skill in result.skills} == {"not found"}
    assert {skill.points for skill in result.skills} == {None}
