"""A run: every submission of an assignment into the gradebook, then everybody's feedback.

Nothing is lost when it is killed. A submission's files are written first, then the gradebook, in
one transaction a batch; what the gradebook does not have is graded again, and since its inputs
derive from the course's secret it gets the same marks. A file is there whole or not at all.
"""

import glob
import hashlib
import json
import os
import re
import secrets
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.apps.baseapp import NbGrader  # type: ignore[import-untyped]
from nbgrader.preprocessors import AssignLatePenalties  # type: ignore[import-untyped]
from tqdm import tqdm

from grading import pool
from grading.feedback import page
from grading.gradebook import Entry, Gradebook
from grading.graded_notebook import answers, cells_of, graded_notebook, plain
from grading.limits import BATCH, DELAY, Limits
from grading.pool import Task, unjudged
from grading.submission import Submission, misplaced, printable, read
from grading.verdict import OPEN, Graded, GradingError
from vaelib.assignments import find, names

SECRET = ".grading-secret"


class RunError(GradingError):
    """There is nothing to grade, or not here, or not now."""


@dataclass
class Summary:
    """What a run did: how many verdicts there are of each kind, and what asks for a person."""

    before: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    unjudged: dict[str, str] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)  # times that cannot be told
    remarks: dict[str, str] = field(default_factory=dict)
    misplaced: list[str] = field(default_factory=list)
    written: int = 0  # answers in words that wait for a person
    jailed: bool = True

    def count(self, graded: Graded) -> None:
        """Add a result: a submission counts by its first skill that did not pass."""
        open_ = {f"{s.kind}: {s.message}" for s in graded.skills if s.kind in OPEN}
        if open_:
            self.unjudged[graded.learner] = "; ".join(sorted(open_))
        else:
            missed = (s.kind for s in graded.skills if s.kind != "passed")
            self.verdicts[next(missed, "passed")] += 1


class Course:
    """The course in a folder, as nbgrader's configuration there has it."""

    def __init__(self, root: Path, database: str | None = None, app: Any = None) -> None:
        if app is None:
            app = NbGrader(log_level="ERROR")
            app.load_cwd_config = False
            app.initialize([], root=str(root.resolve()))
        self.directory = app.coursedir
        if database:
            self.directory.db_url = database
        penalties = AssignLatePenalties(parent=app)
        penalties.init_plugin()
        self.late = penalties.plugin_inst
        self.welcomes = bool(app.config.get("Autograde", {}).get("create_student", True))
        self.root = root

    def folder(self, step: str, learner: str, assignment: str) -> Path:
        """Return the folder of `step` ("submitted", "autograded", ...) for a learner."""
        name = getattr(self.directory, f"{step}_directory")
        return Path(self.directory.format_path(name, learner, assignment))

    @property
    def top(self) -> Path:
        """The folder that holds what everybody handed in."""
        return Path(self.directory.root) / str(self.directory.submitted_directory)

    def gradebook(self, assignment: str) -> Gradebook:
        """Return an assignment's gradebook, to be closed."""
        return Gradebook(self.directory, self.late, assignment)

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


def grade(
    course: Course,
    assignment: str,
    *,
    only: Collection[str] | None = None,
    regrade: bool = False,
    count: int = 1,
    scheduler: str | None = None,
    jailed: bool = True,
) -> Summary:
    """Grade what is not graded yet; write the gradebook and `autograded/`.

    Raises
    ------
    GradingError
        If nothing can be graded.
    """
    release = _release(course, assignment)
    learners = course.learners(assignment)
    lost = []
    if course.top.is_dir():
        lost = [
            line
            for line in misplaced(course.top, assignment, names())
            if only is None or re.split("[/:]", line)[0] in only
        ]
    if only is not None:
        learners = [name for name in learners if name in only]
    if not learners:
        (who,) = only if only and len(only) == 1 else ["LEARNER"]
        where = course.folder("submitted", who, assignment)
        told = "; ".join([f"nothing is handed in: expected {where}/{assignment}.ipynb", *lost])
        raise RunError(told)
    with _secret(course.root) as secret, closing(course.gradebook(assignment)) as book:
        run = _Run(course, assignment, release, book, jailed)
        run.summary.misplaced = lost
        tasks = run.tasks(learners, {} if regrade else book.settled(), secret)
        if scheduler:
            results = pool.on_a_cluster(tasks, scheduler)
        else:
            print(how_long(len(learners), count))
            results = pool.on_this_machine(tasks, count)
        with tqdm(total=len(learners), desc=assignment, unit="", smoothing=0.05) as run.bar:
            try:
                for graded in results:
                    run.take(graded)
                    left = run.bar.total - run.bar.n
                    run.bar.set_postfix_str(f"{_span(left, count)} more at most", refresh=False)
            finally:  # on Ctrl-C too: what is judged is kept
                run.write()
        book.keep_time(run.times)
    return run.summary


def how_long(number: int, count: int) -> str:
    """Return how long a run can last, in words."""
    each = Limits()
    return (
        f"At most {_span(number, count)}: {number:,} handed in, {count} at a time, up to "
        f"{each.wall:.0f} s each, if all of them sleep. Most answers need a few seconds, and no "
        f"more than {each.submission:.0f} s of work; what is graded is skipped."
    )


def _span(number: int, count: int) -> str:
    seconds = -(-number // count) * Limits().wall
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"


class _Run:
    """What comes in, and what has come out and is not in the gradebook yet."""

    bar: Any

    def __init__(
        self,
        course: Course,
        assignment: str,
        release: dict[str, Any],
        book: Gradebook,
        jailed: bool,
    ) -> None:
        self._course, self._assignment = course, assignment
        self._release, self._book, self._jailed = release, book, jailed
        self._rubrics = _rubrics(course, assignment)
        self._submissions: dict[str, Submission] = {}
        self._batch, self._since = list[Entry](), time.monotonic()
        self.times: dict[str, datetime | None] = {}
        self.summary = Summary(jailed=jailed)

    def tasks(self, learners: list[str], settled: dict[str, str], secret: bytes) -> Iterator[Task]:
        """Read submissions one by one, as they are asked for; yield what a judge must see."""
        cells, root = cells_of(self._release), self._course.root.resolve()
        known = None if self._course.welcomes else self._book.known()
        for learner in learners:
            strange = ""
            if len(learner) > 128 or not learner.isprintable():  # nbgrader's tables, every page
                strange = "the folder's name is no learner's id"
            elif known is not None and learner not in known:
                strange = "not in the gradebook's roster, and Autograde.create_student is False"
            if strange:
                self.summary.unjudged[learner] = strange
                self.bar.update()
                continue
            folder = self._course.folder("submitted", learner, self._assignment)
            submission = read(folder, self._course.top, learner, self._assignment)
            self.times[learner] = submission.timestamp
            if submission.question:
                self.summary.questions[learner] = submission.question
            if submission.is_settled(settled.get(learner)):
                self.summary.before += 1
                self.bar.update()
                _write_beside(self._course, submission)
                continue
            self._submissions[learner] = submission
            if submission.problem:
                self.take(unjudged(submission, "not found", submission.problem))
            else:
                yield Task(submission, secret, cells, root, self._jailed)

    def take(self, graded: Graded) -> None:
        """Write a result's files now, and its marks with those of a batch."""
        submission = self._submissions.pop(graded.learner)
        self.summary.count(graded)
        remarks = [*graded.found.remarks] if graded.found else []
        if remarks:
            self.summary.remarks[submission.learner] = "; ".join(remarks)
        if submission.question:
            remarks.append(submission.question)
        if not self._jailed:
            remarks.append("Graded without a jail.")
        text = graded_notebook(self._release, graded, remarks, self._rubrics)
        _write_autograded(self._course, submission, text)
        self._batch.append(_entry(self._release, submission, graded, self._jailed))
        self.bar.update()
        if len(self._batch) >= BATCH or time.monotonic() > self._since + DELAY:
            self.write()

    def write(self) -> None:
        """Write the batch into the gradebook."""
        self._book.write(self._batch)
        self._batch, self._since = [], time.monotonic()


def write_feedback(course: Course, assignment: str, learner: str | None = None) -> int:
    """Write the feedback of everybody, or of one learner, from the gradebook.

    Return how many written answers nobody has read yet.

    Beside each page lies what `nbgrader release_feedback` asks for: the time, and the secret by
    which the exchange knows the submission. What did not come by the exchange gets a secret of
    its own, which nobody asks for.
    """
    titles = {skill.grade_id: skill.title for skill in find(assignment).skills}
    key = (course.root / SECRET).read_bytes()
    waiting = 0
    with closing(course.gradebook(assignment)) as book:
        for record in tqdm(book.records(learner), desc="feedback", unit=""):
            waiting += sum(
                m.score is None for name, m in record.marks.items() if name not in titles
            )
            folder = course.folder("feedback", record.learner, assignment)
            write(folder / f"{assignment}.html", page(assignment, titles, record))
            graded = course.folder("autograded", record.learner, assignment)
            unasked = hashlib.blake2b(f"{assignment}/{record.learner}".encode(), key=key)
            for name, otherwise in (
                ("timestamp.txt", ""),
                ("submission_secret.txt", unasked.hexdigest()),
            ):
                beside = graded / name
                if beside.exists() or not (folder / name).exists():
                    write(folder / name, beside.read_text() if beside.exists() else otherwise)
    return waiting


def write(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.half")
    half.write_text(text, encoding="utf-8")
    half.replace(path)


def _write_autograded(course: Course, submission: Submission, text: str) -> None:
    write(_write_beside(course, submission) / f"{submission.assignment}.ipynb", text)


def _write_beside(course: Course, submission: Submission) -> Path:
    """Write the time and the exchange's secret where nbgrader's own steps leave them."""
    folder = course.folder("autograded", submission.learner, submission.assignment)
    moment = "" if submission.timestamp is None else f"{submission.timestamp} UTC"
    for name, text in (("timestamp.txt", moment), ("submission_secret.txt", submission.secret)):
        path = folder / name
        if text and not (path.exists() and path.read_text() == text):
            write(path, text)
    return folder


def _entry(release: dict[str, Any], submission: Submission, graded: Graded, jailed: bool) -> Entry:
    """Return what the gradebook gets, by nbgrader's rules for what is blank or written."""
    given = answers(graded.found)
    scores = {skill.grade_id: skill.points for skill in graded.skills}
    comments: dict[str, str | None] = {}
    for cell in _solution_cells(release):
        name = cell["metadata"]["nbgrader"]["grade_id"]
        blank = given.get(name) == "".join(cell["source"])
        comments[name] = "No response." if blank else _for_staff(name, graded, given)
        if cell["cell_type"] == "markdown":
            scores[name] = 0.0 if blank else None
    said = {skill.grade_id: (skill.kind, plain(skill.message)) for skill in graded.skills}
    result = {"skills": said, "answers": given, "jailed": jailed}
    if graded.found:
        result["pictures"] = graded.found.pictures
    return Entry(submission.learner, submission.digest, json.dumps(result), scores, comments)


def _for_staff(name: str, graded: Graded, given: dict[str, str]) -> str | None:
    """Return why a human must look at an answer, if one must."""
    piece = find(graded.assignment).defines.get(name)
    if piece is None:
        return None if name in given else "Not found in what was handed in."
    asked = {s.grade_id for s in find(graded.assignment).skills if s.piece == piece}
    open_ = [s for s in graded.skills if s.grade_id in asked and s.kind in OPEN]
    return plain(f"No verdict: {open_[0].message}") if open_ else None


def _release(course: Course, assignment: str) -> dict[str, Any]:
    path = course.folder("release", ".", assignment) / f"{assignment}.ipynb"
    advice = f"run `nbgrader generate_assignment {assignment}`"
    try:
        release: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise RunError(f"{path} is missing: {advice}") from None
    except ValueError:
        raise RunError(f"{path} is no notebook: {advice}") from None
    return release


def _rubrics(course: Course, assignment: str) -> dict[str, str]:
    """Return model answer and rubric of each written answer, from the instructor's notebook."""
    path = course.folder("source", ".", assignment) / f"{assignment}.ipynb"
    try:
        source = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}  # graded where the sources are not: there is less to read beside the answer
    return {
        cell["metadata"]["nbgrader"]["grade_id"]: "".join(cell["source"])
        for cell in _solution_cells(source)
        if cell["cell_type"] == "markdown"
    }


def _solution_cells(release: dict[str, Any]) -> list[dict[str, Any]]:
    return [c for c in release["cells"] if c["metadata"].get("nbgrader", {}).get("solution")]


@contextmanager
def _secret(root: Path) -> Iterator[bytes]:
    """Yield the course's secret, made once; hold it, so that no second run grades here."""
    import fcntl  # here: the command's help is for every system

    path = root / SECRET
    if not path.exists():
        half = path.with_name(f"{SECRET}.{os.getpid()}")
        half.touch(mode=0o600)
        half.write_bytes(secrets.token_bytes(32))
        with suppress(FileExistsError):
            os.link(half, path)  # refuses if another run was faster
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


def report(summary: Summary) -> str:
    """Return the summary as text that a terminal takes for nothing else."""
    lines = []
    if not summary.jailed:
        lines.append("GRADED WITHOUT A JAIL: learners' code ran with your rights.")
    lines.append(f"{summary.verdicts.total():6,} graded")
    lines += [f"{number:10,} {kind}" for kind, number in summary.verdicts.most_common()]
    lines.append(f"{summary.before:6,} graded before, and not changed since")
    lines.append(f"{len(summary.unjudged):6,} could not be graded")
    lines += _told(summary.unjudged)
    for title, told in (
        ("with a time that must be told", summary.questions),
        ("with a word for you, also on top of the graded notebook", summary.remarks),
    ):
        if told:
            lines += [f"{len(told):6,} {title}", *_told(told)]
    if summary.written:
        lines.append(
            f"{summary.written:6,} written answers wait for a person: "
            "`jupyter lab`, Nbgrader, Formgrader"
        )
    if summary.misplaced:
        lines.append(f"{len(summary.misplaced):6,} in a place where nobody looks")
        lines += [f"           {printable(line)[:300]}" for line in summary.misplaced]
    return "\n".join(lines)


def _told(reasons: dict[str, str]) -> Iterator[str]:
    for learner, reason in reasons.items():
        yield f"           {printable(learner)[:200]}: {printable(' '.join(reason.split()))[:300]}"
