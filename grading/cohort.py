"""A run: every submission of an assignment into the gradebook, then everybody's feedback.

Nothing is lost when it is killed. A submission's files are written first, then the gradebook, in
one transaction a batch; what the gradebook does not have is graded again, and since its inputs
derive from the course's secret it gets the same marks. A file is there whole or not at all.
"""

import fcntl
import glob
import hashlib
import json
import os
import re
import secrets
import stat
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.apps.baseapp import NbGrader  # type: ignore[import-untyped]
from nbgrader.preprocessors import AssignLatePenalties  # type: ignore[import-untyped]
from nbgrader.utils import parse_utc  # type: ignore[import-untyped]
from tqdm import tqdm

from grading import workers
from grading.autograded import autograded, plain
from grading.gradebook import Entry, Gradebook
from grading.judge import NOTEBOOK
from grading.page import page
from grading.results import OPEN, Result
from grading.workers import Outcome, Task, unjudged
from vaelib.checks.skills import PIECES, SKILLS

SECRET = ".grading-secret"
BATCH = 50  # submissions a transaction ...
DELAY = 1.0  # ... and seconds until it is written anyway


class RunError(Exception):
    """Nothing can be graded; the message says why and what to do."""


@dataclass
class Summary:
    """What a run did: how many verdicts there are of each kind, and who has none."""

    before: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    unjudged: dict[str, str] = field(default_factory=dict)

    def count(self, result: Result) -> None:
        """Add a result: a submission counts by its first skill that did not pass."""
        open_ = {f"{s.verdict}: {s.message}" for s in result.skills if s.verdict in OPEN}
        if open_:
            self.unjudged[result.learner] = "; ".join(sorted(open_))
        else:
            missed = (s.verdict for s in result.skills if s.verdict != "passed")
            self.verdicts[next(missed, "passed")] += 1


class Course:
    """The course in a folder, as nbgrader's configuration there has it."""

    def __init__(self, root: Path, database: str | None = None) -> None:
        app = NbGrader(log_level="ERROR")
        app.load_cwd_config = False
        app.initialize([], root=str(root.resolve()))
        self.directory = app.coursedir
        if database:
            self.directory.db_url = database
        penalties = AssignLatePenalties(parent=app)
        penalties.init_plugin()
        self.late = penalties.plugin_inst
        self.root = root

    def folder(self, step: str, learner: str, assignment: str) -> Path:
        """Return the folder of `step` ("submitted", "autograded", ...) for a learner."""
        name = getattr(self.directory, f"{step}_directory")
        return Path(self.directory.format_path(name, learner, assignment))

    def learners(self, assignment: str) -> list[str]:
        """Return who has handed in the assignment."""
        name = self.directory.submitted_directory
        where = self.directory.format_path(name, r"(?P<learner>[^/]+)", assignment, escape=True)
        root = glob.escape(self.directory.root)
        found = glob.glob(
            f"{root}/{self.directory.directory_structure}".format(
                nbgrader_step=name, student_id="*", assignment_id=assignment
            )
        )
        matches = [re.fullmatch(where, path) for path in sorted(found)]
        return [match["learner"] for match in matches if match]


@dataclass(frozen=True)
class Submission:
    """What a learner handed in; `problem` says why there is no notebook."""

    learner: str
    notebook: bytes
    timestamp: datetime | None
    problem: str

    @property
    def digest(self) -> str:
        """A digest of everything that marks depend on."""
        facts = f"{self.timestamp} {self.problem} ".encode("utf-8", "surrogateescape")
        return hashlib.sha256(facts + self.notebook).hexdigest()


def read(folder: Path, learner: str, assignment: str) -> Submission:
    """Read a submission: plain files only, no links, no pipes, and not too large."""
    try:
        if folder.is_symlink():
            raise ValueError(f"{assignment} is a link")
        files = [name for name in sorted(os.listdir(folder)) if not name.startswith(".")]
        names = [name for name in files if name.endswith(".ipynb")]
        if f"{assignment}.ipynb" in names:
            names = [f"{assignment}.ipynb"]
        if len(names) != 1:
            found = ", ".join(names) or "no notebook"
            raise ValueError(f"expected {assignment}.ipynb, found {found}")
        notebook, timestamp = _read(folder / names[0]), None
        if "timestamp.txt" in files:
            text = _read(folder / "timestamp.txt").decode().strip()
            timestamp = parse_utc(text) if text else None
    except (OSError, ValueError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return Submission(learner, b"", None, plain(f"cannot be read: {reason}"))
    return Submission(learner, notebook, timestamp, "")


def _read(path: Path) -> bytes:
    if path.is_symlink():
        raise ValueError(f"{path.name} is a link")  # perhaps to another learner's work
    # a pipe would block
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"{path.name} is not a file")
        content = file.read(NOTEBOOK + 1)
    if len(content) > NOTEBOOK:
        raise ValueError(f"{path.name} is larger than {NOTEBOOK:,} bytes")
    return content


def grade(
    course: Course,
    assignment: str,
    *,
    learner: str | None = None,
    regrade: bool = False,
    count: int = 1,
    scheduler: str | None = None,
) -> Summary:
    """Grade what is not graded yet; write the gradebook and `autograded/`.

    Raises
    ------
    RunError, GradebookError, JailError, WorkersError
        If nothing can be graded.
    """
    release = _release(course, assignment)
    learners = course.learners(assignment)
    if learner is not None:
        learners = [name for name in learners if name == learner]
    if not learners:
        where = course.folder("submitted", learner or "LEARNER", assignment)
        raise RunError(f"nothing is handed in: expected {where}/{assignment}.ipynb")
    with _secret(course.root) as secret, _open(course, assignment) as book:
        run = _Run(course, assignment, release, book)
        tasks = run.tasks(learners, {} if regrade else book.settled(), secret)
        if scheduler:
            outcomes = workers.on_a_cluster(tasks, scheduler)
        else:
            outcomes = workers.on_this_machine(tasks, count)
        with tqdm(total=len(learners), desc=assignment, unit="", smoothing=0.05) as run.bar:
            try:
                for outcome in outcomes:
                    run.take(outcome)
            finally:  # on Ctrl-C too: what is judged is kept
                run.write()
    return run.summary


class _Run:
    """What comes in, and what has come out and is not in the gradebook yet."""

    bar: Any

    def __init__(
        self, course: Course, assignment: str, release: dict[str, Any], book: Gradebook
    ) -> None:
        self._course, self._assignment = course, assignment
        self._release, self._book = release, book
        self._submissions: dict[str, Submission] = {}
        self._batch, self._since = list[Entry](), time.monotonic()
        self.summary = Summary()

    def tasks(self, learners: list[str], settled: dict[str, str], secret: bytes) -> Iterator[Task]:
        """Read submissions one by one, as they are asked for; yield what a judge must see."""
        written = {
            cell["metadata"]["nbgrader"]["grade_id"]: cell["id"]
            for cell in _solution_cells(self._release)
            if cell["cell_type"] == "markdown"
        }
        for learner in learners:
            if not _storable(learner):
                self.summary.unjudged[plain(learner)] = "the folder's name is no learner's id"
                self.bar.update()
                continue
            folder = self._course.folder("submitted", learner, self._assignment)
            submission = read(folder, learner, self._assignment)
            if settled.get(learner) == submission.digest:
                self.summary.before += 1
                self.bar.update()
                continue
            self._submissions[learner] = submission
            task = Task(learner, self._assignment, submission.notebook, secret, written)
            if submission.problem:
                self.take(Outcome(task, unjudged(task, "not found", submission.problem), {}))
            else:
                yield task

    def take(self, outcome: Outcome) -> None:
        """Write a result's files now, and its marks with those of a batch."""
        submission = self._submissions.pop(outcome.task.learner)
        self.summary.count(outcome.result)
        _write_autograded(self._course, self._release, submission, outcome)
        self._batch.append(_entry(self._release, submission, outcome))
        self.bar.update()
        if len(self._batch) >= BATCH or time.monotonic() > self._since + DELAY:
            self.write()

    def write(self) -> None:
        """Write the batch into the gradebook."""
        self._book.write(self._batch)
        self._batch, self._since = [], time.monotonic()


def write_feedback(course: Course, assignment: str, learner: str | None = None) -> None:
    """Write the feedback of everybody, or of one learner, from the gradebook."""
    titles = {skill.grade_id: skill.title for skill in SKILLS[assignment]}
    with _open(course, assignment) as book:
        for record in tqdm(book.records(learner), desc="feedback", unit=""):
            folder = course.folder("feedback", record.learner, assignment)
            write(folder / f"{assignment}.html", page(assignment, titles, record))


def write(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.half")
    half.write_text(text, encoding="utf-8")
    half.replace(path)


def _write_autograded(
    course: Course, release: dict[str, Any], submission: Submission, outcome: Outcome
) -> None:
    learner, assignment = submission.learner, outcome.task.assignment
    folder = course.folder("autograded", learner, assignment)
    if submission.timestamp is not None:
        write(folder / "timestamp.txt", f"{submission.timestamp} UTC")
    write(folder / f"{assignment}.ipynb", autograded(release, outcome.answers, outcome.result))


def _entry(release: dict[str, Any], submission: Submission, outcome: Outcome) -> Entry:
    """Return what the gradebook gets, by nbgrader's rules for what is blank or written."""
    result, given = outcome.result, outcome.answers
    scores = {skill.grade_id: skill.points for skill in result.skills}
    comments: dict[str, str | None] = {}
    for cell in _solution_cells(release):
        name = cell["metadata"]["nbgrader"]["grade_id"]
        blank = given.get(name) == "".join(cell["source"])
        comments[name] = "No response." if blank else _for_staff(name, outcome)
        if cell["cell_type"] == "markdown":
            scores[name] = 0.0 if blank else None
    said = {skill.grade_id: (skill.verdict, plain(skill.message)) for skill in result.skills}
    text = json.dumps({"skills": said, "answers": given})
    return Entry(
        submission.learner, submission.timestamp, submission.digest, text, scores, comments
    )


def _for_staff(name: str, outcome: Outcome) -> str | None:
    """Return why a human must look at an answer, if one must."""
    piece = PIECES[outcome.task.assignment].get(name)
    if piece is None:
        return None if name in outcome.answers else "Not found in what was handed in."
    asked = {s.grade_id for s in SKILLS[outcome.task.assignment] if s.piece == piece}
    open_ = [s for s in outcome.result.skills if s.grade_id in asked and s.verdict in OPEN]
    return plain(f"No verdict: {open_[0].message}") if open_ else None


def _release(course: Course, assignment: str) -> dict[str, Any]:
    path = course.folder("release", ".", assignment) / f"{assignment}.ipynb"
    try:
        release: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        advice = f"run `nbgrader generate_assignment {assignment}`"
        raise RunError(f"{path} is missing: {advice}") from None
    return release


def _solution_cells(release: dict[str, Any]) -> list[dict[str, Any]]:
    return [c for c in release["cells"] if c["metadata"].get("nbgrader", {}).get("solution")]


def _storable(learner: str) -> bool:
    """Return whether nbgrader's tables take the id (128 characters), and every page too."""
    return len(learner) <= 128 and learner.isprintable()


@contextmanager
def _open(course: Course, assignment: str) -> Iterator[Gradebook]:
    book = Gradebook(course.directory, course.late, assignment)
    try:
        yield book
    finally:
        book.close()


@contextmanager
def _secret(root: Path) -> Iterator[bytes]:
    """Yield the course's secret, made once; hold it, so that no second run grades here."""
    path = root / SECRET
    if not path.exists():
        half = path.with_name(f"{SECRET}.{os.getpid()}")
        half.touch(mode=0o600)
        half.write_bytes(secrets.token_bytes(32))
        try:
            os.link(half, path)  # refuses if another run was faster
        except FileExistsError:
            pass
        finally:
            half.unlink()
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError("another run is grading in this folder: wait until it ends") from None
        secret = file.read()
        if len(secret) != 32:
            raise RunError(f"{path} holds {len(secret)} bytes, expected 32: restore it")
        yield secret
