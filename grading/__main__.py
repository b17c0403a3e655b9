"""Grade a cohort: `python -m grading ASSIGNMENT`, in the course's folder.

Grades what is in `submitted/` and not graded yet, or has changed since; writes nbgrader's
gradebook, `autograded/` and `feedback/`. It can be killed and started again at any moment.
"""

import argparse
import os
import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status: 0 if there is a verdict on everything."""
    parser = argparse.ArgumentParser(
        prog="python -m grading",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("assignment", help="a folder of solutions/")
    parser.add_argument(
        "--workers",
        type=_positive,
        default=cores(),
        help="processes; default: one a core (%(default)s)",
    )
    parser.add_argument("--learner", help="this one alone")
    parser.add_argument(
        "--regrade", action="store_true", help="what is graded too; scores given by hand stay"
    )
    parser.add_argument("--db", metavar="URL", help="the gradebook; default: nbgrader's db_url")
    parser.add_argument("--scheduler", metavar="tcp://...", help="a Dask cluster to grade on")
    parser.add_argument(
        "--no-jail",
        action="store_true",
        help="among people you trust, on macOS or in a container: learners' code runs in a "
        "process of its own, with your rights",
    )
    given = parser.parse_args(arguments)

    from grading import pool

    if arguments is None and not given.scheduler:  # a process of its own, with all to import
        pool.begin(given.workers, Path.cwd().resolve(), not given.no_jail)

    # Torch and nbgrader, here: meanwhile the first process gets ready, and does without nbgrader.
    from vaelib.assignments import names

    if given.assignment not in names():
        parser.error(f"expected an assignment of {', '.join(names())}, got {given.assignment!r}")
    from sqlalchemy.exc import SQLAlchemyError

    from grading import run
    from grading.verdict import GradingError

    # nbgrader runs alembic, by its name alone
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        course = run.Course(Path.cwd(), given.db)
        summary = run.grade(
            course,
            given.assignment,
            only=[given.learner] if given.learner else None,
            regrade=given.regrade,
            count=given.workers,
            scheduler=given.scheduler,
            jailed=not given.no_jail,
        )
        summary.written = run.write_feedback(course, given.assignment, given.learner)
    except (GradingError, SQLAlchemyError, OSError) as error:
        told = str(error)
        if isinstance(error, SQLAlchemyError):
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            told = (
                f"the gradebook cannot be used ({reason}). Close what holds it, or see that it "
                "can be reached; the same command goes on."
            )
        elif isinstance(error, OSError):
            where = f": {error.filename}" if error.filename else ""
            told = f"{error.strerror or error}{where}. The same command goes on."
        print(f"Nothing more is graded: {told}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. What is graded is kept: the same command goes on.", file=sys.stderr)
        return 130
    print(run.report(summary))
    pages = course.folder("feedback", given.learner or "LEARNER", given.assignment)
    print(f"Feedback: {os.path.relpath(pages)}/{given.assignment}.html")
    return 1 if summary.unjudged or summary.questions or summary.misplaced else 0


def cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux has it
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, got {number}")
    return number


if __name__ == "__main__":
    sys.exit(main())
