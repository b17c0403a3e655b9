"""Grade a cohort: `python -m grading ASSIGNMENT`, in the course's folder.

Grades what is in `submitted/` and not graded yet, or has changed since; writes nbgrader's
gradebook, `autograded/` and `feedback/`. It can be killed and started again at any moment.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vaelib.checks.skills import SKILLS

if TYPE_CHECKING:
    from grading.cohort import Summary


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status: 0 only if every submission has a verdict."""
    parser = argparse.ArgumentParser(
        prog="python -m grading",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("assignment", choices=SKILLS)
    cores = len(os.sched_getaffinity(0))
    parser.add_argument(
        "--workers",
        type=_positive,
        default=cores,
        help="processes; default: one a core (%(default)s)",
    )
    parser.add_argument("--learner", help="this one alone")
    parser.add_argument(
        "--regrade", action="store_true", help="what is graded too; scores given by hand stay"
    )
    parser.add_argument("--db", metavar="URL", help="the gradebook; default: nbgrader's db_url")
    parser.add_argument("--scheduler", metavar="tcp://...", help="a Dask cluster to grade on")
    given = parser.parse_args(arguments)

    from grading import cohort  # here, so that worker processes do without nbgrader
    from grading.gradebook import GradebookError
    from grading.judge import JailError
    from grading.workers import WorkersError

    try:
        course = cohort.Course(Path.cwd(), given.db)
        summary = cohort.grade(
            course,
            given.assignment,
            learner=given.learner,
            regrade=given.regrade,
            count=given.workers,
            scheduler=given.scheduler,
        )
        cohort.write_feedback(course, given.assignment, given.learner)
    except (cohort.RunError, GradebookError, JailError, WorkersError) as error:
        print(f"Nothing more is graded: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. What is graded is kept: the same command goes on.", file=sys.stderr)
        return 130
    print(report(summary))
    return 1 if summary.unjudged else 0


def report(summary: "Summary") -> str:
    """Return the summary as text."""
    lines = [f"{summary.verdicts.total():6,} graded"]
    lines += [f"{number:10,} {verdict}" for verdict, number in summary.verdicts.most_common()]
    lines.append(f"{summary.before:6,} graded before, and not changed since")
    lines.append(f"{len(summary.unjudged):6,} could not be graded")
    for learner, reason in summary.unjudged.items():
        lines.append(f"           {learner}: {' '.join(reason.split())[:200]}")
    return "\n".join(lines)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, got {number}")
    return number


if __name__ == "__main__":
    sys.exit(main())
