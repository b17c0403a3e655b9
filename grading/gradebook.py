"""nbgrader's gradebook, one assignment of it: one writer, whole batches, each all or nothing.

nbgrader's own functions commit after every line and search with a join each; these are the same
tables, a batch at a time. Every look-up goes through an index, so that a batch costs the same in
a gradebook of 100 learners as in one of 100,000.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nbgrader import api  # type: ignore[import-untyped]
from nbgrader.coursedir import CourseDirectory  # type: ignore[import-untyped]
from nbgrader.plugins import BasePlugin  # type: ignore[import-untyped]
from sqlalchemy import (
    Column,
    MetaData,
    String,
    Table,
    Text,
    delete,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from grading.limits import LOCKED
from grading.verdict import GradingError
from vaelib.assignments import find

# Beside nbgrader's tables: what was judged (a digest of the submission) and what the judge said.
# By the submission's id, so that whatever nbgrader removes is graded afresh when it comes back.
RESULTS = Table(
    "jailed_result",
    MetaData(),
    Column("submission_id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("result", Text, nullable=False),
)


class GradebookError(GradingError):
    """The gradebook does not fit the assignment."""


@dataclass(frozen=True)
class Entry:
    """One submission for the gradebook."""

    learner: str
    digest: str  # of what was judged
    result: str  # what the judge said, as text
    scores: dict[str, float | None]  # of each graded cell; None where a human is asked for it
    comments: dict[str, str | None]  # on each solution cell


@dataclass(frozen=True)
class Mark:
    """A graded cell as the gradebook has it."""

    score: float | None  # None while a human is asked for it
    maximum: float
    by_hand: bool = False  # whether a human has given it


@dataclass(frozen=True)
class Record:
    """One submission as the gradebook has it, what humans entered included."""

    learner: str
    result: str
    marks: dict[str, Mark]
    comments: dict[str, str]
    penalty: float


class Gradebook:
    """An assignment in nbgrader's gradebook; `late` takes points off late submissions."""

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
        code = {c.name: c.max_score for c in notebook.grade_cells if c.cell_type == "code"}
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
        with Session(self._engine) as database:
            return set(database.scalars(select(api.Student.id)))

    def settled(self) -> dict[str, str]:
        """Return the digest of each submission that has a verdict, or a human's score instead."""
        unjudged = (
            select(api.SubmittedNotebook.assignment_id)
            .join(api.Grade)
            .where(api.SubmittedNotebook.notebook_id == self._notebook_id)
            .where(api.Grade.cell_id.in_(self._code))
            .where(api.Grade.auto_score.is_(None), api.Grade.manual_score.is_(None))
        )
        query = (
            select(api.SubmittedAssignment.student_id, RESULTS.c.digest)
            .join(RESULTS, RESULTS.c.submission_id == api.SubmittedAssignment.id)
            .where(api.SubmittedAssignment.assignment_id == self._assignment_id)
            .where(api.SubmittedAssignment.id.not_in(unjudged))
        )
        with Session(self._engine) as database:
            return {row.student_id: row.digest for row in database.execute(query)}

    def write(self, entries: Sequence[Entry]) -> None:
        """Write a batch in one transaction. What humans entered stays."""
        with Session(self._engine) as database, database.begin():
            learners = [entry.learner for entry in entries]
            found = self._submitted(database, learners)
            if missing := [learner for learner in learners if learner not in found]:
                self._add(database, missing)
                found |= self._submitted(database, missing)
            rows = {learner: found[learner] for learner in learners}
            books = [row.book for row in rows.values()]
            grades = self._cells(database, api.Grade, self._graded, books)
            comments = self._cells(database, api.Comment, self._answers, books)
            scored = [
                (grades[rows[entry.learner].book][name], score)
                for entry in entries
                for name, score in entry.scores.items()
            ]
            _change(
                database,
                api.Grade,
                [  # as nbgrader does: whoever gave a score by hand looks at it again
                    {"id": grade.id, "auto_score": score, "needs_manual_grade": asked}
                    for grade, score in scored
                    for asked in [grade.manual_score is not None or score is None]
                ],
            )
            _change(
                database,
                api.Comment,
                [
                    {"id": comments[rows[entry.learner].book][name].id, "auto_comment": text}
                    for entry in entries
                    for name, text in entry.comments.items()
                ],
            )
            judged = [row.id for row in rows.values()]
            database.execute(delete(RESULTS).where(RESULTS.c.submission_id.in_(judged)))
            if entries:
                results = [
                    {"submission_id": row, "digest": entry.digest, "result": entry.result}
                    for row, entry in zip(judged, entries, strict=True)
                ]
                database.execute(insert(RESULTS), results)

    def keep_time(self, times: Mapping[str, datetime | None]) -> None:
        """Write when each learner handed in, and what that costs by now."""
        every, size = list(times), 500
        with Session(self._engine) as database, database.begin():
            for start in range(0, len(every), size):
                learners = every[start : start + size]
                rows = self._submitted(database, learners).values()
                moved = [{"id": row.id, "timestamp": times[row.student_id]} for row in rows]
                _change(database, api.SubmittedAssignment, moved)
                self._reckon(database, self._submitted(database, learners).values())

    def records(self, learner: str | None = None, size: int = 100) -> Iterator[Record]:
        """Yield every graded submission by learner, or one learner's; `size` are held at once.

        What is taken off for handing in late is reckoned anew.
        """
        results = RESULTS.c.submission_id == api.SubmittedAssignment.id
        student = api.SubmittedAssignment.student_id
        query = self._query().add_columns(RESULTS.c.result).join(RESULTS, results)
        query = query.order_by(student).limit(size)
        if learner is not None:
            query = query.where(student == learner)
        last = ""
        while True:
            with Session(self._engine) as database, database.begin():
                rows = database.execute(query.where(student > last)).all()
                owed = self._reckon(database, rows)
                books = [row.book for row in rows]
                grades = self._cells(database, api.Grade, self._graded, books)
                comments = self._cells(database, api.Comment, self._answers, books)
            for row in rows:
                yield Record(
                    row.student_id,
                    row.result,
                    {name: self._mark(name, grade) for name, grade in grades[row.book].items()},
                    {
                        name: text
                        for name, comment in comments[row.book].items()
                        if (text := comment.manual_comment or comment.auto_comment)
                    },
                    owed[row.book] or 0.0,
                )
            if len(rows) < size:
                return
            last = rows[-1].student_id

    def _query(self) -> Any:
        """Return the query of submissions of the assignment, each with its one `book`."""
        return (
            select(
                *api.SubmittedAssignment.__table__.c,
                api.SubmittedNotebook.id.label("book"),
                api.SubmittedNotebook.late_submission_penalty,
            )
            .join(api.SubmittedAssignment.notebooks)
            .where(api.SubmittedAssignment.assignment_id == self._assignment_id)
            .where(api.SubmittedNotebook.notebook_id == self._notebook_id)
        )

    def _submitted(self, database: Session, learners: Sequence[str]) -> dict[str, Any]:
        """Return the submissions there are of these learners."""
        query = self._query().where(api.SubmittedAssignment.student_id.in_(learners))
        return {row.student_id: row for row in database.execute(query)}

    def _add(self, database: Session, learners: Sequence[str]) -> None:
        """Add submissions, empty as `nbgrader.api.Gradebook.add_submission` makes them."""
        known = set(database.scalars(select(api.Student.id).where(api.Student.id.in_(learners))))
        new = [{"id": learner} for learner in learners if learner not in known]
        work = [
            {"id": api.new_uuid(), "assignment_id": self._assignment_id, "student_id": learner}
            for learner in learners
        ]
        books = [
            {"id": api.new_uuid(), "assignment_id": row["id"], "notebook_id": self._notebook_id}
            for row in work
        ]
        grades, comments = (
            [{"cell_id": cell, "notebook_id": book["id"]} for book in books for cell in cells]
            for cells in (self._graded.values(), self._answers.values())
        )
        for kind, rows in (
            (api.Student, new),
            (api.SubmittedAssignment, work),
            (api.SubmittedNotebook, books),
            (api.Grade, grades),
            (api.Comment, comments),
        ):
            if rows:
                database.execute(insert(kind), rows)

    def _reckon(self, database: Session, rows: Collection[Any]) -> dict[str, Any]:
        """Write what handing in late costs by now; return it by notebook.

        Points entered by hand, an extension granted later or another due date count, and nothing
        that was graded by hand is opened again.
        """
        query = (
            select(api.Grade.notebook_id, func.sum(api.Grade.score))
            .where(api.Grade.cell_id.in_(self._graded.values()))
            .where(api.Grade.notebook_id.in_([row.book for row in rows]))
            .group_by(api.Grade.notebook_id)
        )
        scores = {book: score for book, score in database.execute(query)}
        owed = {row.book: self._penalty(row, scores.get(row.book, 0.0)) for row in rows}
        changed = [
            {"id": row.book, "late_submission_penalty": owed[row.book]}
            for row in rows
            if owed[row.book] != row.late_submission_penalty
        ]
        _change(database, api.SubmittedNotebook, changed)
        return owed

    def _penalty(self, row: Any, score: float) -> float | None:
        """Return what nbgrader's late penalty takes off: never more than there is."""
        if row.timestamp is None or self._due is None:
            return None
        late = (row.timestamp - self._due).total_seconds()
        late -= row.extension.total_seconds() if row.extension else 0
        if late <= 0:
            return None
        penalty = self._late.late_submission_penalty(row.student_id, score, late)
        return None if penalty is None else min(max(penalty, 0.0), score)

    def _cells(
        self, database: Session, kind: Any, cells: dict[str, str], books: Sequence[str]
    ) -> dict[str, dict[str, Any]]:
        """Return the grades or comments by notebook and by the cell's grade id."""
        names = {cell: name for name, cell in cells.items()}
        query = select(kind.__table__).where(kind.cell_id.in_(names), kind.notebook_id.in_(books))
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


def _change(database: Session, kind: Any, rows: list[dict[str, Any]]) -> None:
    """Update rows by their ids."""
    if rows:
        database.execute(update(kind), rows)
