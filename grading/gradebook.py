"""nbgrader's gradebook, one assignment of it: one writer, whole batches, each all or nothing.

nbgrader's own functions commit after every line and search with a join each; these are the same
tables, written with a handful of statements a batch. Every look-up goes through an index, so
that a batch costs the same in a gradebook of 100 learners as in one of 100,000.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from nbgrader import api  # type: ignore[import-untyped]
from nbgrader.coursedir import CourseDirectory  # type: ignore[import-untyped]
from nbgrader.plugins import BasePlugin  # type: ignore[import-untyped]
from sqlalchemy import (
    Boolean,
    Column,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    delete,
    event,
    func,
    insert,
    or_,
    select,
    update,
)

from grading.limits import LOCKED
from vaelib.assignments import find

STUDENTS, SUBMISSIONS, BOOKS, GRADES, COMMENTS = (
    model.__table__
    for model in (
        api.Student,
        api.SubmittedAssignment,
        api.SubmittedNotebook,
        api.Grade,
        api.Comment,
    )
)
# Beside nbgrader's tables: what was judged (a digest of the submission) and what the judge said.
# By the submission's id, so that whatever nbgrader removes is graded afresh when it comes back.
RESULTS = Table(
    "jailed_result",
    MetaData(),
    Column("submission_id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("result", Text, nullable=False),
)


class GradebookError(Exception):
    """The gradebook does not fit the assignment; the message says what to do."""


@dataclass(frozen=True)
class Entry:
    """One submission for the gradebook.

    Parameters
    ----------
    learner : str
    digest, result : str
        What was judged, and what the judge said, as text.
    scores : dict
        For each graded cell its points, or None where a human is asked for them.
    comments : dict
        For each solution cell what the grader says about it, or None.
    """

    learner: str
    digest: str
    result: str
    scores: dict[str, float | None]
    comments: dict[str, str | None]


@dataclass(frozen=True)
class Mark:
    """A graded cell as the gradebook has it.

    `score` counts, None while a human is asked for it; `by_hand` says whether one has given it.
    """

    score: float | None
    maximum: float
    by_hand: bool = False


@dataclass(frozen=True)
class Record:
    """One submission as the gradebook has it, what humans entered included."""

    learner: str
    result: str
    marks: dict[str, Mark]
    comments: dict[str, str]
    penalty: float


class Gradebook:
    """An assignment in nbgrader's gradebook.

    Parameters
    ----------
    course : CourseDirectory
        nbgrader's configuration: which database, which course.
    late : BasePlugin
        What takes points off late submissions.
    assignment : str

    Raises
    ------
    GradebookError
        If the gradebook does not hold the assignment as `vaelib.assignments` does.
    """

    def __init__(self, course: CourseDirectory, late: BasePlugin, assignment: str) -> None:
        book = api.Gradebook(course.db_url, course.course_id)
        advice = f"run `nbgrader generate_assignment {assignment} --force`"
        try:
            notebook = book.find_notebook(assignment, assignment)
        except api.MissingEntry:
            book.close()
            raise GradebookError(f"{assignment} is not in the gradebook: {advice}") from None
        self._assignment_id, self._notebook_id = notebook.assignment.id, notebook.id
        self._due = notebook.assignment.duedate
        self._maximum = {cell.name: cell.max_score for cell in notebook.grade_cells}
        self._graded = {cell.name: cell.id for cell in notebook.grade_cells}
        self._answers = {cell.name: cell.id for cell in notebook.solution_cells}
        code = {cell.name: cell.max_score for cell in notebook.grade_cells if _is_code(cell)}
        self._code = [self._graded[name] for name in code]
        book.db.remove()
        asked = {skill.grade_id: skill.points for skill in find(assignment).skills}
        if code != asked:
            raise GradebookError(f"the gradebook has {code}, expected {asked}: {advice}")
        self._engine, self._late = book.engine, late
        if self._engine.dialect.name == "sqlite":  # formgrader may be reading

            @event.listens_for(self._engine, "connect")
            def wait(connection: Any, _: Any) -> None:
                connection.execute(f"PRAGMA busy_timeout = {LOCKED * 1000:.0f}")

            self._engine.dispose()
        RESULTS.metadata.create_all(self._engine)

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()

    def known(self) -> set[str]:
        """Return the learners in the roster."""
        with self._engine.connect() as database:
            return set(database.execute(select(STUDENTS.c.id)).scalars())

    def settled(self) -> dict[str, str]:
        """Return the digest of each submission that has a verdict, or a human's score instead."""
        open_ = (
            select(BOOKS.c.assignment_id)
            .join(GRADES, GRADES.c.notebook_id == BOOKS.c.id)
            .where(BOOKS.c.notebook_id == self._notebook_id, GRADES.c.cell_id.in_(self._code))
            .where(GRADES.c.auto_score.is_(None), GRADES.c.manual_score.is_(None))
        )
        query = (
            select(SUBMISSIONS.c.student_id, RESULTS.c.digest)
            .join(RESULTS, RESULTS.c.submission_id == SUBMISSIONS.c.id)
            .where(SUBMISSIONS.c.assignment_id == self._assignment_id)
            .where(SUBMISSIONS.c.id.not_in(open_))
        )
        with self._engine.connect() as database:
            return {row.student_id: row.digest for row in database.execute(query)}

    def write(self, entries: Sequence[Entry]) -> None:
        """Write a batch in one transaction. What humans entered stays."""
        if not entries:
            return
        with self._engine.begin() as database:
            found = self._find(database, entries)
            missing = [entry for entry in entries if entry.learner not in found]
            if missing:
                self._add(database, missing)
                found |= self._find(database, missing)
            rows = {entry.learner: found[entry.learner] for entry in entries}
            database.execute(
                update(GRADES)
                .where(
                    GRADES.c.cell_id == bindparam("cell"), GRADES.c.notebook_id == bindparam("row")
                )
                .values(
                    auto_score=bindparam("score"),
                    # as nbgrader does: whoever gave a score by hand looks at it again
                    needs_manual_grade=or_(
                        GRADES.c.manual_score.is_not(None), bindparam("open", type_=Boolean)
                    ),
                ),
                [
                    {
                        "cell": self._graded[name],
                        "row": rows[entry.learner].book,
                        "score": score,
                        "open": score is None,
                    }
                    for entry in entries
                    for name, score in entry.scores.items()
                ],
            )
            database.execute(
                update(COMMENTS)
                .where(
                    COMMENTS.c.cell_id == bindparam("cell"),
                    COMMENTS.c.notebook_id == bindparam("row"),
                )
                .values(auto_comment=bindparam("text")),
                [
                    {"cell": self._answers[name], "row": rows[entry.learner].book, "text": text}
                    for entry in entries
                    for name, text in entry.comments.items()
                ],
            )
            judged = [rows[entry.learner].submission for entry in entries]
            database.execute(delete(RESULTS).where(RESULTS.c.submission_id.in_(judged)))
            database.execute(
                insert(RESULTS),
                [
                    {"submission_id": row, "digest": entry.digest, "result": entry.result}
                    for row, entry in zip(judged, entries, strict=True)
                ],
            )

    def keep_time(self, times: Mapping[str, datetime | None]) -> None:
        """Write when each learner handed in, and what that costs by now.

        At every run: points entered by hand, an extension granted later or another due date
        count, and nothing that was graded by hand is opened again.
        """
        with self._engine.begin() as database:
            for learners in batched(times, 500):
                rows = database.execute(self._rows(learners)).all()
                moved = [
                    {"row": row.submission, "at": times[row.student_id]}
                    for row in rows
                    if row.timestamp != times[row.student_id]
                ]
                if moved:
                    database.execute(
                        update(SUBMISSIONS)
                        .where(SUBMISSIONS.c.id == bindparam("row"))
                        .values(timestamp=bindparam("at")),
                        moved,
                    )
                scores = self._scores(database, [row.book for row in rows])
                owed = [(row, self._penalty(row, times, scores.get(row.book, 0.0))) for row in rows]
                changed = [
                    {"row": row.book, "penalty": penalty}
                    for row, penalty in owed
                    if penalty != row.late_submission_penalty
                ]
                if changed:
                    database.execute(
                        update(BOOKS)
                        .where(BOOKS.c.id == bindparam("row"))
                        .values(late_submission_penalty=bindparam("penalty")),
                        changed,
                    )

    def records(self, learner: str | None = None, size: int = 100) -> Iterator[Record]:
        """Yield every graded submission by learner, or one learner's; `size` are held at once."""
        last = ""
        while True:
            query = (
                select(
                    SUBMISSIONS.c.student_id,
                    RESULTS.c.result,
                    BOOKS.c.id,
                    BOOKS.c.late_submission_penalty,
                )
                .join(RESULTS, RESULTS.c.submission_id == SUBMISSIONS.c.id)
                .join(BOOKS, BOOKS.c.assignment_id == SUBMISSIONS.c.id)
                .where(SUBMISSIONS.c.assignment_id == self._assignment_id)
                .where(BOOKS.c.notebook_id == self._notebook_id)
                .where(SUBMISSIONS.c.student_id > last)
                .order_by(SUBMISSIONS.c.student_id)
                .limit(size)
            )
            if learner is not None:
                query = query.where(SUBMISSIONS.c.student_id == learner)
            with self._engine.connect() as database:
                rows = database.execute(query).all()
                books = [row.id for row in rows]
                grades = self._cells(database, GRADES, self._graded, books)
                comments = self._cells(database, COMMENTS, self._answers, books)
            if not rows:
                return
            for row in rows:
                yield Record(
                    row.student_id,
                    row.result,
                    {name: self._mark(name, grade) for name, grade in grades[row.id].items()},
                    {
                        name: text
                        for name, comment in comments[row.id].items()
                        if (text := comment.manual_comment or comment.auto_comment)
                    },
                    row.late_submission_penalty or 0.0,
                )
            last = rows[-1].student_id

    def _find(self, database: Any, entries: Sequence[Entry]) -> dict[str, Any]:
        """Return the submissions there are, by learner."""
        query = self._rows([entry.learner for entry in entries])
        return {row.student_id: row for row in database.execute(query)}

    def _rows(self, learners: Sequence[str]) -> Any:
        """Return the query of these learners' submissions: their ids and times."""
        return (
            select(
                SUBMISSIONS.c.student_id,
                SUBMISSIONS.c.timestamp,
                SUBMISSIONS.c.extension,
                SUBMISSIONS.c.id.label("submission"),
                BOOKS.c.id.label("book"),
                BOOKS.c.late_submission_penalty,
            )
            .join(BOOKS, BOOKS.c.assignment_id == SUBMISSIONS.c.id)
            .where(SUBMISSIONS.c.assignment_id == self._assignment_id)
            .where(BOOKS.c.notebook_id == self._notebook_id)
            .where(SUBMISSIONS.c.student_id.in_(learners))
        )

    def _add(self, database: Any, entries: Sequence[Entry]) -> None:
        """Add submissions, empty as `nbgrader.api.Gradebook.add_submission` makes them."""
        learners = [entry.learner for entry in entries]
        query = select(STUDENTS.c.id).where(STUDENTS.c.id.in_(learners))
        known = set(database.execute(query).scalars())
        if new := [{"id": learner} for learner in learners if learner not in known]:
            database.execute(insert(STUDENTS), new)
        submissions = [
            {"id": api.new_uuid(), "assignment_id": self._assignment_id, "student_id": learner}
            for learner in learners
        ]
        database.execute(insert(SUBMISSIONS), submissions)
        books = [
            {"id": api.new_uuid(), "assignment_id": row["id"], "notebook_id": self._notebook_id}
            for row in submissions
        ]
        database.execute(insert(BOOKS), books)
        for table, cells in ((GRADES, self._graded), (COMMENTS, self._answers)):
            database.execute(
                insert(table),
                [
                    {"id": api.new_uuid(), "cell_id": cell, "notebook_id": book["id"]}
                    for book in books
                    for cell in cells.values()
                ],
            )

    def _scores(self, database: Any, books: Sequence[str]) -> dict[str, float]:
        """Return what each notebook has by now, by its id."""
        query = (
            select(api.Grade.notebook_id, func.coalesce(func.sum(api.Grade.score), 0.0))
            .where(api.Grade.cell_id.in_(self._graded.values()))
            .where(api.Grade.notebook_id.in_(books))
            .group_by(api.Grade.notebook_id)
        )
        return {book: score for book, score in database.execute(query)}

    def _penalty(self, row: Any, times: Mapping[str, datetime | None], score: float) -> Any:
        """Return what nbgrader's late penalty takes off: never more than there is."""
        timestamp = times[row.student_id]
        if timestamp is None or self._due is None:
            return None
        late = (timestamp - self._due).total_seconds()
        late -= row.extension.total_seconds() if row.extension else 0
        if late <= 0:
            return None
        penalty = self._late.late_submission_penalty(row.student_id, score, late)
        return None if penalty is None else min(max(penalty, 0.0), score)

    def _cells(
        self, database: Any, table: Any, cells: dict[str, str], books: list[str]
    ) -> dict[str, dict[str, Any]]:
        """Return the rows of grades or comments by notebook and by the cell's grade id."""
        names = {cell: name for name, cell in cells.items()}
        query = select(table).where(
            table.c.cell_id.in_(list(names)), table.c.notebook_id.in_(books)
        )
        found: dict[str, dict[str, Any]] = {book: {} for book in books}
        for row in database.execute(query):
            found[row.notebook_id][names[row.cell_id]] = row
        return found

    def _mark(self, name: str, grade: Any) -> Mark:
        score = grade.auto_score if grade.manual_score is None else grade.manual_score
        if score is not None:
            score += grade.extra_credit or 0.0
        by_hand = grade.manual_score is not None and not grade.needs_manual_grade
        return Mark(score, self._maximum[name], by_hand)


def _is_code(cell: Any) -> bool:
    return str(cell.cell_type) == "code"


def batched(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield the items in lists of a size."""
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch
