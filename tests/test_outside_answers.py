"""Answers from public code, or made to be subtle, against the checks: `answers/N/*.py`.

Here with one seed; `make rates` tries more, and counts an answer that is misjudged with any.
"""

from collections import Counter
from dataclasses import replace

import pytest
from answers import EMPTY, OUTSIDE, SEEDS, TRAINING, is_told, load, lost, run, skills
from test_mutants import undiagnosed

from vaelib.assignments import names as names_of_assignments

BATCHES = {
    name: [answer for answer in OUTSIDE if answer.batch == name]
    for name in ("second", "third", "fourth")
}


@pytest.mark.slow
@pytest.mark.parametrize("answer", OUTSIDE, ids=lambda a: f"{a.assignment}, {a.verdict}: {a.name}")
def test_verdicts(answer):
    found = lost(answer, SEEDS[1], training=not set(TRAINING).isdisjoint(answer.loses))
    told = "\n".join(f"{skill}: {failure}" for skill, failure in found.items())
    if answer.verdict == "right":
        assert not found, told
    else:
        assert answer.loses and set(answer.loses) <= set(found), f"lost only {told}"
        assert is_told(answer, found), told


def test_a_wrong_verdict_is_noticed():
    right = next(answer for answer in OUTSIDE if answer.verdict == "right")
    planted = replace(right, verdict="wrong", loses={"small_print": ""})
    with pytest.raises(AssertionError, match="lost only"):
        test_verdicts(planted)


def test_another_cause_is_noticed():
    wrong = next(answer for answer in OUTSIDE if any(answer.loses.values()))
    with pytest.raises(AssertionError, match="Likely"):
        test_verdicts(replace(wrong, loses=dict.fromkeys(wrong.loses, "another cause")))


@pytest.mark.parametrize("name, size", [("second", 90), ("third", 83), ("fourth", 100)])
def test_each_batch_says_where_each_idea_comes_from(name, size):
    public = [a for a in BATCHES[name] if a.given and not a.given.startswith("own")]
    assert len(public) >= 60 and len(BATCHES[name]) == size
    assert {answer.first for answer in BATCHES[name]} <= {"", "passed", "failed", "other"}


@pytest.mark.slow
@pytest.mark.parametrize("answer", EMPTY, ids=lambda a: f"{a.assignment}: {a.name}")
def test_no_skill_is_earned_by_an_answer_that_holds_nothing(answer):
    names = load(answer.assignment, answer.source)
    with undiagnosed():
        for skill in skills(answer.assignment, answer.source):
            for seed in range(9 if skill not in TRAINING else 1):
                assert run(answer.assignment, skill, names, seed), f"{skill} with secret {seed}"


def test_every_assignment_has_empty_answers():
    per_assignment = Counter(answer.assignment for answer in EMPTY)
    assert set(per_assignment) == set(names_of_assignments()) and min(per_assignment.values()) >= 5
