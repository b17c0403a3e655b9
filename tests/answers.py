"""The banks of answers, and how one of them is run against the checks."""

import functools
import linecache
import re
import types
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import bank_elbo
import bank_encoder
import bank_held_out
import bank_kl
import bank_log_variance
import bank_sampling
import torch

from vaelib.assignments import find
from vaelib.checks import CheckFailed, guard, harness

SEEDS = (0, 101, 7)  # 0 is what learners see; the others stand for hidden ones
# Each trains for half a second, and so is run where a verdict rests on it, and by `make rates`.
TRAINING = ("learns", "elbo_trains", "step_trains")


def _subject(assignment, bank, before):
    right, wrong = bank_held_out.ANSWERS[assignment]
    return SimpleNamespace(
        assignment=assignment,
        bank=bank,
        before=before,
        right=bank.RIGHT | right,
        wrong=bank.WRONG | wrong,
        checks={skill.check.__name__: skill.check for skill in find(assignment).skills},
        judged={skill.check.__name__: skill.piece for skill in find(assignment).skills},
    )


BANKS = {
    "sampling": _subject("sampling", bank_sampling, "import torch\nfrom torch import nn\n"),
    "kl": _subject("kl_loss", bank_kl, bank_kl.REST),
    "encoder": _subject("encoder", bank_encoder, bank_encoder.REST),
    "log_variance": _subject("log_variance", bank_log_variance, bank_log_variance.REST),
    "elbo": _subject("elbo", bank_elbo, bank_elbo.REST),
}


def load(subject, source, name="answer"):
    """Run an answer as a notebook does: what was imported first, then the cell's source."""
    file = f"<{name}>"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    names = {"__name__": "__main__"}
    exec(BANKS[subject].before, names)
    exec(compile(source, file, "exec"), names)
    return names


def source_of(subject, name):
    entry = (BANKS[subject].right | BANKS[subject].wrong)[name]
    return entry if isinstance(entry, str) else entry[0]


def answer(subject, name):
    """Return the names that an entry of the bank defines."""
    return load(subject, source_of(subject, name), name)


def run(subject, skill, names, seed=0):
    """Run one check; return the failure, or None."""
    try:
        with mock.patch.object(harness, "passes", passes_once):
            told = BANKS[subject].checks[skill](names[BANKS[subject].judged[skill]], seed)
    except CheckFailed as failure:
        return failure
    assert re.search(r"\d", told), f"{skill} passed without a number of what it compared: {told}"
    return None


def passes_once(piece, *checks):
    """Whether another piece passes its own skills, found out once for a seed, as in the grader.

    What was in the cell before the answer is the same for all answers, so its code tells it.
    """
    code = getattr(piece, "__code__", None)
    released = code is not None and code.co_filename == "<string>"
    return _passes(_Same(code if released else piece, piece), checks, torch.initial_seed())


class _Same:
    """A piece, equal to another by its key alone: code by its value, anything else itself."""

    def __init__(self, key, piece):
        self.key, self.piece = key if isinstance(key, types.CodeType) else id(piece), piece

    def __hash__(self):
        return hash(self.key)

    def __eq__(self, other):
        return self.key == other.key


_judge = harness.passes


@functools.lru_cache(maxsize=256)
def _passes(same, checks, seed):
    return _judge(same.piece, *checks)


def _defines(source, piece):
    return re.search(rf"^((def|class) {piece}\b|{piece} = |from .* import {piece}$)", source, re.M)


def skills(subject, source, training=True):
    """Return the checks to run on a source. Those that train, only on what the source defines."""
    return [
        skill
        for skill, piece in BANKS[subject].judged.items()
        if skill not in TRAINING or (training and (not source or _defines(source, piece)))
    ]


def misjudged(subject, name, training=False):
    """Return where a wrong answer's verdicts differ from what the bank expects: {skill: likely}.

    A missing skill is None. Without training, checks that train are run only where the answer
    is expected to fail nothing else.
    """
    _, expected = BANKS[subject].wrong[name]
    training = training or set(expected) <= set(TRAINING)
    names, source = answer(subject, name), source_of(subject, name)
    endless = "while True" in source or "sleep(" in source
    failures = {}
    for skill in skills(subject, source, training):
        seconds = (0.1 if skill in expected else 2.0) if endless else guard.SECONDS
        with mock.patch.object(guard, "SECONDS", seconds):
            failures[skill] = run(subject, skill, names)
    found = {skill: failure.likely if failure else None for skill, failure in failures.items()}
    for failure in failures.values():
        assert failure is None or (failure.asked and failure.seen and failure.read)
    return {
        skill: likely
        for skill, likely in found.items()
        if (likely is None and skill in expected)
        or (
            likely is not None
            and (
                skill not in expected
                or ((expected[skill] not in likely) if expected[skill] else bool(likely))
            )
        )
    }


def _outside():
    """Yield the answers of `answers/N/*.py`, one a cell of a percent script.

    Each says which skills it must lose, if any, and why; those of the last two batches also where
    the idea comes from, and what became of it at the first try if that was wrong; and those of the
    last what a message must say of the cause, where it names one.
    """
    for path in sorted((Path(__file__).parent / "answers").glob("*/*.py")):
        names = set()
        for cell in path.read_text(encoding="utf-8").split("\n# %% ")[1:]:
            name, _, source = cell.partition("\n")
            assert name not in names, f"two answers of {path} are called {name}"
            names.add(name)
            told = dict(re.findall(r"^# (loses|from|batch|told|first): (.+)$", source, re.M))
            yield SimpleNamespace(
                assignment=path.parent.name,
                verdict=path.stem,
                name=name,
                loses=told.get("loses", "").split(),
                given=told.get("from", ""),
                batch=told.get("batch", "second" if "from" in told else "first"),
                told=told.get("told", ""),
                first=told.get("first", ""),
                source=source,
            )


_ALL = list(_outside())
OUTSIDE = [answer for answer in _ALL if answer.verdict != "empty"]
EMPTY = [answer for answer in _ALL if answer.verdict == "empty"]
_SUBJECTS = {bank.assignment: subject for subject, bank in BANKS.items()}


def subject_of(outside):
    """Return the bank's name for an outside answer's assignment."""
    return _SUBJECTS[outside.assignment]


def lost(outside, seed, training=True):
    """Return the skills that an answer from outside loses: {skill: failure}."""
    subject = _SUBJECTS[outside.assignment]
    names = load(subject, outside.source)
    judged = skills(subject, outside.source, training)
    tried = {skill: run(subject, skill, names, seed) for skill in judged}
    return {skill: failure for skill, failure in tried.items() if failure}
