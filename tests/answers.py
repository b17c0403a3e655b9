"""The answers in `answers/N/`, and how one of them is run against the checks.

`right.py` deserves every point, `wrong.py` less, and `empty.py` holds nothing of what is asked.
Each is a percent script, one answer a cell; `before.py` runs before it. What stands above its code:

    loses:    skills that it must lose
    told:     what a message must say of their cause, in part; "no cause" where none may be named
    may lose: skills that it can lose with them
    because:  what is the matter
    batch:    "held out", or the batch of strangers' answers that it came with; else it is our own
    from:     where a stranger's idea comes from
    first:    what became of it at the first try, if that was wrong

An answer of ours must lose these skills and no others, and be told each cause. One of a stranger,
of which a person has written down what it lacks, must lose these at least, and be told one cause.
"""

import dataclasses
import functools
import linecache
import re
import types
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import torch

from vaelib.assignments import find
from vaelib.assignments import names as names_of_assignments
from vaelib.checks import CheckFailed, guard, harness

ANSWERS = Path(__file__).parent / "answers"
SEEDS = (0, 101, 7)  # 0 is what learners see; the others stand for hidden ones
# Each trains for half a second, and so is run where a verdict rests on it, and by `make rates`.
TRAINING = ("learns", "elbo_trains", "step_trains")


@dataclasses.dataclass(frozen=True)
class Answer:
    """A cell of `answers/N/*.py`."""

    assignment: str
    verdict: str
    name: str
    source: str
    loses: dict[str, str]  # the skill, and what is told of its cause; "" is no cause
    batch: str = "own"
    given: str = ""
    first: str = ""

    @property
    def ours(self):
        return self.batch in ("own", "held out")


_TOLD = re.compile(r"# (loses|told|may lose|because|batch|from|first): (.+)\n")


def read(path):
    """Yield the answers of one file."""
    for cell in path.read_text(encoding="utf-8").split("\n# %% ")[1:]:
        name, _, source = cell.partition("\n")
        if name == "[markdown]":
            continue
        loses, lost, told = {}, [], {}
        while line := _TOLD.match(source):
            key, value = line.groups()
            if key == "loses":
                lost = value.split()
                loses |= dict.fromkeys(lost, "")
            elif key == "told":
                loses |= dict.fromkeys(lost, value.removeprefix("no cause"))
            told[key] = value
            source = source[line.end() :]
        yield Answer(
            assignment=path.parent.name,
            verdict=path.stem,
            name=name,
            source=source.rstrip("\n") + "\n" if source.strip() else "",
            loses=loses,
            batch=told.get("batch", "own"),
            given=told.get("from", ""),
            first=told.get("first", ""),
        )


ALL = [
    answer
    for name in names_of_assignments()
    for stem in ("right", "wrong", "empty")
    for answer in read(ANSWERS / name / f"{stem}.py")
]
OUTSIDE = [answer for answer in ALL if answer.verdict != "empty" and not answer.ours]
EMPTY = [answer for answer in ALL if answer.verdict == "empty"]


def _bank(assignment):
    """Return our own answers to an assignment, what stands before them, and what judges them."""
    skills = find(assignment).skills
    right, wrong = (
        {a.name: a for a in ALL if (a.assignment, a.verdict, a.ours) == (assignment, verdict, True)}
        for verdict in ("right", "wrong")
    )
    return SimpleNamespace(
        before=(ANSWERS / assignment / "before.py").read_text(encoding="utf-8"),
        right=right,
        wrong=wrong,
        checks={skill.check.__name__: skill.check for skill in skills},
        judged={skill.check.__name__: skill.piece for skill in skills},
    )


BANKS = {name: _bank(name) for name in names_of_assignments()}


def load(assignment, source, name="answer"):
    """Run an answer as a notebook does: what stands before it first, then the cell's source."""
    file = f"<{name}>"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    names = {"__name__": "__main__"}
    exec(BANKS[assignment].before, names)
    exec(compile(source, file, "exec"), names)
    return names


def ours(assignment, name):
    """Return an answer of ours by its name."""
    return (BANKS[assignment].right | BANKS[assignment].wrong)[name]


def answer(assignment, name):
    """Return the names that an answer of ours defines."""
    return load(assignment, ours(assignment, name).source, name)


def run(assignment, skill, names, seed=0, verdicts=None):
    """Run one check; return the failure, or None. Of checks that ran before, the verdicts help."""
    bank = BANKS[assignment]
    try:
        with mock.patch.object(harness, "passes", functools.partial(passes_once, verdicts or {})):
            told = bank.checks[skill](names[bank.judged[skill]], seed)
    except CheckFailed as failure:
        return failure
    assert re.search(r"\d", told), f"{skill} passed without a number of what it compared: {told}"
    return None


def passes_once(verdicts, piece, *checks):
    """Whether another piece passes its own skills, found out once for a seed, as in the grader.

    The verdicts are those on the answer so far: {check: the piece and whether it passed}. What
    stands before the answer is the same for all answers, so its code tells it.
    """
    judged = [verdicts[check] for check in checks if check in verdicts]
    known = [passed for own, passed in judged if own is piece]
    if len(known) == len(checks) or False in known:
        return all(known)
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


def skills(assignment, source, training=True):
    """Return the checks to run on a source. Those that train, only on what the source defines."""
    return [
        skill
        for skill, piece in BANKS[assignment].judged.items()
        if skill not in TRAINING or (training and (not source or _defines(source, piece)))
    ]


def lost(given, seed=0, training=True, names=None):
    """Run an answer's checks with a seed; return those that it loses: {skill: failure}.

    What it defines can be given, and is then judged as it has become. An answer without an end
    is stopped soon: at once where it is expected.
    """
    names = load(given.assignment, given.source, given.name) if names is None else names
    endless = "while True" in given.source or "sleep(" in given.source
    bank, failures, verdicts = BANKS[given.assignment], {}, {}
    for skill in skills(given.assignment, given.source, training):
        seconds = (0.1 if skill in given.loses else 2.0) if endless else guard.SECONDS
        with mock.patch.object(guard, "SECONDS", seconds):
            failures[skill] = run(given.assignment, skill, names, seed, verdicts)
        piece = names[bank.judged[skill]]
        verdicts[bank.checks[skill]] = piece, failures[skill] is None
    return {skill: failure for skill, failure in failures.items() if failure}


def misjudged(given, training=False):
    """Return where the verdicts on a wrong answer of ours are not as expected: {skill: likely}.

    A missing skill is None. Without training, checks that train are run only where the answer
    is expected to fail nothing else.
    """
    expected = given.loses
    training = training or set(expected) <= set(TRAINING)
    failures = lost(given, training=training)
    for failure in failures.values():
        assert failure.asked and failure.seen and failure.read
    found = dict.fromkeys(skills(given.assignment, given.source, training))
    found |= {skill: failure.likely for skill, failure in failures.items()}
    return {skill: likely for skill, likely in found.items() if not _as(expected, skill, likely)}


def _as(expected, skill, likely):
    """Whether what a skill told is what is expected; None is a skill that was passed."""
    if likely is None or skill not in expected:
        return likely is None and skill not in expected
    return expected[skill] in likely if expected[skill] else not likely


def is_told(given, failures):
    """Whether an answer of a stranger is told its cause, where one is written down."""
    causes = {cause for cause in given.loses.values() if cause} or {""}
    return any(cause in failure.likely for cause in causes for failure in failures.values())
