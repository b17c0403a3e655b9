"""The banks of answers, and how one of them is run against the checks."""

import linecache
import re
from types import SimpleNamespace
from unittest import mock

import bank_elbo
import bank_encoder
import bank_held_out
import bank_kl
import bank_log_variance
import bank_sampling

from vaelib.checks import CheckFailed, elbo, encoder, judging, kl, log_variance, sampling
from vaelib.checks.skills import SKILLS

SEEDS = (0, 101, 7)  # 0 is what learners see; the others stand for hidden ones
# Each trains for half a second, and so is run where a verdict rests on it, and by `make rates`.
TRAINING = ("learns", "elbo_trains", "step_trains")


def _subject(assignment, checks, bank, before):
    right, wrong = bank_held_out.ANSWERS[assignment]
    return SimpleNamespace(
        assignment=assignment,
        checks=checks,
        bank=bank,
        before=before,
        right=bank.RIGHT | right,
        wrong=bank.WRONG | wrong,
        judged={skill.check.__name__: skill.piece for skill in SKILLS[assignment]},
    )


BANKS = {
    "sampling": _subject(
        "sampling", sampling, bank_sampling, "import torch\nfrom torch import nn\n"
    ),
    "kl": _subject("kl_loss", kl, bank_kl, bank_kl.REST),
    "encoder": _subject("encoder", encoder, bank_encoder, bank_encoder.REST),
    "log_variance": _subject(
        "log_variance", log_variance, bank_log_variance, bank_log_variance.REST
    ),
    "elbo": _subject("elbo", elbo, bank_elbo, bank_elbo.REST),
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
        getattr(BANKS[subject].checks, skill)(names[BANKS[subject].judged[skill]], seed)
    except CheckFailed as failure:
        return failure
    return None


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
        seconds = 0.1 if endless and skill in expected else judging.SECONDS
        with mock.patch.object(judging, "SECONDS", seconds):
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
