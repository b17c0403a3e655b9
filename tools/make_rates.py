"""Write book/rates.md: the banks of answers and the mutants, run against the checks. Minutes.

Every check runs on every answer, those that train included. A verdict or a diagnosis that the
banks do not expect is printed, and counted where it means that the grader was wrong.
"""

import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from answers import BANKS, SEEDS, TRAINING, answer, misjudged, run, skills, source_of  # noqa: E402
from test_mutants import EQUIVALENT, ORIGINALS, survivors  # noqa: E402

PAGE = ROOT / "book" / "rates.md"
ROW = "| {} | {} | {} | {} | {} | {} | {} | {} |"
TEXT = """\
# How often the graders are wrong

Two mistakes matter. A grader can pass a wrong answer, and the learner goes on with a bug. It can
fail a right answer, and the learner hunts for a bug that is not there. We measure both, on banks
of answers as people write them: mistakes from public code and forums, others of our own, and
right answers in unusual forms.

{table}

"Wrong, passed" counts wrong answers that got full marks, "right, failed" right answers that did
not. "Other" counts wrong answers that lost other points than they should, or were told a cause
that is not theirs. Mutants are the textbook's answers with one small change: an operator, a
constant, a dimension, a name, a line left out, a gradient cut. Each is dead when a check fails;
those that live are right answers too, and stand in a list with the reason of each.

## How it was measured

Every check ran on every answer, right answers with {seeds} sets of random numbers. Checks that
train a network ran once, on the function or class that the answer defines. Each wrong answer has
its expected points and its expected diagnosis on file. The command is `make rates`, the answers
are the files `tests/bank_*.py`.

## What it does not say

We tuned the checks on these banks, so the zeros show that they hold what they hold, not how the
next answer fares. For that we wrote {held_right} right and {held_wrong} wrong answers that no check
had seen. At that first try 1 right answer failed, 1 wrong answer passed, and 7 wrong answers were
told a cause that was not theirs. The checks were mended since, and the answers are in the table.
Whoever wrote these answers also wrote the checks; a stranger's may fare worse.

The written answers are graded by people and not counted here. The checks run in one process with
the answer, so a program that attacks its grader is another matter. A GPU is judged where there is
one; elsewhere a stand-in without storage finds answers that are tied to the CPU.
"""
HEAD = (
    "| assignment | wrong answers | wrong, passed | right answers | right, failed | other "
    "| mutants, killed | mutants that are right |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


def row(subject: str) -> list[int]:
    """Run one assignment's bank and mutants; return the numbers of its row."""
    bank = BANKS[subject]
    passed = failed = other = 0
    for name in bank.right:
        names = answer(subject, name)
        failures = [
            (skill, failure.seen)
            for skill in skills(subject, source_of(subject, name))
            for seed in (SEEDS[:1] if skill in TRAINING else SEEDS)
            if (failure := run(subject, skill, names, seed))
        ]
        failed += bool(failures)
        if failures:
            print(f"{subject}, right, {name}: {failures}")
    for name, (_, expected) in bank.wrong.items():
        if differing := misjudged(subject, name, training=True):
            print(f"{subject}, wrong, {name}: {differing}")
            lost = {skill for skill in expected if differing.get(skill, "") is not None}
            gained = {skill for skill, likely in differing.items() if likely is not None}
            other += bool(lost | gained)
            passed += not (lost | gained)
    killed = right = 0
    for name, (assignment, _) in ORIGINALS.items():
        if assignment == subject:
            number, alive = survivors(name)
            killed += number - len(alive)
            unknown = [s for s in alive if not any(known in s for known in EQUIVALENT)]
            right += len(alive) - len(unknown)
            passed += len(unknown)
            if unknown:
                print(*unknown, sep="\n")
    print(f"{subject}: done", flush=True)
    return [len(bank.wrong), passed, len(bank.right), failed, other, killed, right]


def held_out(kind: str) -> int:
    """Return how many of the right or wrong answers were held out at first."""
    return sum(name.startswith("held out: ") for s in BANKS.values() for name in getattr(s, kind))


def main() -> None:
    """Run everything, write the page, and fail if a grader was wrong."""
    torch.set_num_threads(1)
    torch.ones(2, device="meta").exp()  # imports 800 modules: not within a short time limit
    rows = {bank.assignment: row(subject) for subject, bank in BANKS.items()}
    total = [sum(column) for column in zip(*rows.values(), strict=True)]
    lines = [ROW.format(f"`{name}`", *numbers) for name, numbers in rows.items()]
    PAGE.write_text(
        TEXT.format(
            table="\n".join([HEAD, *lines, ROW.format("all", *total)]),
            seeds=len(SEEDS),
            held_right=held_out("right"),
            held_wrong=held_out("wrong"),
        ),
        encoding="utf-8",
    )
    print(f"{PAGE}: {total[1]} wrong answers passed, {total[3]} right answers failed")
    sys.exit(total[1] + total[3] + total[4] > 0)


if __name__ == "__main__":
    main()
