"""To and from Moodle, Canvas and plain zips: hand-ins in, feedback out, marks out.

    python -m grading.platforms collect kl_loss DOWNLOADED.zip
    python -m grading.platforms feedback kl_loss FEEDBACK.zip
    nbgrader export --exporter=grading.platforms.Canvas --to=canvas.csv
    nbgrader export --exporter=grading.platforms.Moodle --to=moodle.csv

A zip is read by the names in it. Beside each hand-in a hidden file keeps what the platform calls
it, so that feedback goes back under that name.
"""

import argparse
import csv
import re
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from nbgrader.api import Gradebook, MissingEntry  # type: ignore[import-untyped]
from nbgrader.plugins import ExportPlugin  # type: ignore[import-untyped]

from grading.limits import NOTEBOOKS
from grading.submission import OURS, printable
from vaelib.assignments import names

_ORIGIN = ".origin"
# LEARNER, what the platform wants in front of a file that goes back, and the file's own name.
_MOODLE = re.compile(r"(?P<id>.+_\d+)_assignsubmission_[a-z]+_?/?(?P<file>[^/].*)?$")
_CANVAS = re.compile(r"(?P<id>[^/_]+(?:_LATE)?_\d+)_\d+_(?P<file>[^/]+)$")
_PLAIN = re.compile(r"(?P<id>[^/]+)/(?P<file>.+)$")


def collect(archive: Path, submitted: Path, assignment: str) -> Iterator[str]:
    """Unpack a platform's zip into `submitted/LEARNER/ASSIGNMENT/`; yield what asks for a person.

    Later attempts of Canvas (`kl_loss-1.ipynb`) and renamed files stay under their names: the
    grader finds the one that counts.
    """
    with zipfile.ZipFile(archive) as zipped:
        for entry in zipped.infolist():
            name = entry.filename.replace("\\", "/")
            path = PurePosixPath(name)
            if entry.is_dir() or path.name.startswith(".") or "__MACOSX" in path.parts:
                continue
            platforms = _MOODLE.match(name) or _CANVAS.match(name)
            match = platforms or _PLAIN.match(name)
            if match is None or path.is_absolute() or ".." in path.parts or not match["file"]:
                yield f"{printable(name)}: no learner can be told from this name"
                continue
            learner = re.sub(r"_LATE(?=_\d+$)", "", match["id"])
            if learner != match["id"]:
                yield f"{printable(learner)}: late, as Canvas says: tell when in timestamp.txt"
            if not learner.isprintable() or "/" in learner or entry.file_size > NOTEBOOKS:
                yield f"{printable(name)}: no learner's id, or too large"
                continue
            file = match["file"].removeprefix(f"{assignment}/")
            if platforms and PurePosixPath(file).name in OURS:
                yield f"{printable(name)}: when something came is not for the learner to say"
                continue
            place = submitted / learner / assignment
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            (place / file).write_bytes(zipped.read(entry))
            (place / _ORIGIN).write_text(name[: match.start("file")], encoding="utf-8")


def give_back(feedback: Path, submitted: Path, assignment: str, archive: Path) -> int:
    """Pack everybody's feedback into one zip, under the platform's names; return how many."""
    pages = sorted(feedback.glob(f"*/{assignment}/{assignment}.html"))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for page in pages:
            learner = page.parts[-3]
            origin = submitted / learner / assignment / _ORIGIN
            front = origin.read_text(encoding="utf-8") if origin.exists() else f"{learner}/"
            zipped.write(page, f"{front}{assignment}.html")
    return len(pages)


class Marks(ExportPlugin):  # type: ignore[misc]
    """Marks in a platform's columns, points per skill behind them.

    What is still open, or was not handed in, stays empty: no zero that nobody gave.
    """

    def export(self, gradebook: Gradebook) -> None:
        """Write the table; `--assignment` chooses, and may be left out."""
        chosen = [
            a for a in gradebook.assignments if not self.assignment or a.name in self.assignment
        ]
        skills = {a.name: [cell for n in a.notebooks for cell in n.grade_cells] for a in chosen}
        head = [
            *self.columns(chosen),
            *(f"{a.name}: {c.name}" for a in chosen for c in skills[a.name]),
        ]
        with open(self.to or "grades.csv", "w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(head)
            for row in self.before(chosen):
                table.writerow([*row, *[""] * (len(head) - len(row))])
            for student in sorted(gradebook.students, key=lambda s: (_name(s), s.id)):
                if self.student and student.id not in self.student:
                    continue
                totals, points = [], []
                for assignment in chosen:
                    total, scores = _marks(gradebook, assignment, student.id)
                    totals.append(total)
                    points += [scores.get(cell.name, "") for cell in skills[assignment.name]]
                row = [*self.row(student, totals, chosen), *points]
                table.writerow([_harmless(value) for value in row])

    def before(self, chosen: list[Any]) -> list[list[Any]]:
        """Return rows above the learners'."""
        return []

    def columns(self, chosen: list[Any]) -> list[str]:
        """Return the first columns' names."""
        raise NotImplementedError

    def row(self, student: Any, totals: list[Any], chosen: list[Any]) -> list[Any]:
        """Return a learner's first columns."""
        raise NotImplementedError


class Canvas(Marks):
    """For Canvas: Grades, Import. Columns that it does not know it offers as new assignments."""

    def columns(self, chosen: list[Any]) -> list[str]:
        """Return Canvas's columns, and one for each assignment."""
        return ["Student", "ID", "SIS Login ID", "Section", *(a.name for a in chosen)]

    def before(self, chosen: list[Any]) -> list[list[Any]]:
        """Return Canvas's row of maxima."""
        return [["    Points Possible", "", "", "", *(a.max_score for a in chosen)]]

    def row(self, student: Any, totals: list[Any], chosen: list[Any]) -> list[Any]:
        """Return a learner's row: the number at the end of an id is Canvas's own."""
        number = re.search(r"_(\d+)$", student.id)
        return [_name(student), number[1] if number else "", student.id, "", *totals]


class Moodle(Marks):
    """For Moodle: the assignment's grading worksheet, one assignment at a time."""

    def columns(self, chosen: list[Any]) -> list[str]:
        """Return the worksheet's columns."""
        if len(chosen) != 1:
            raise ValueError("a worksheet of Moodle holds one assignment: use --assignment")
        return [
            *("Identifier", "Full name", "Email address", "Grade", "Maximum grade"),
            "Last modified (grade)",  # Moodle refuses a worksheet without, and keeps newer grades
        ]

    def row(self, student: Any, totals: list[Any], chosen: list[Any]) -> list[Any]:
        """Return a learner's row."""
        number = re.search(r"_(\d+)$", student.id)
        identifier = f"Participant {number[1]}" if number else student.id
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        mail, most = student.email or "", chosen[0].max_score
        return [identifier, _name(student), mail, *totals, most, now]


def _marks(gradebook: Any, assignment: Any, learner: str) -> tuple[Any, dict[str, Any]]:
    """Return what a learner has, "" where that is not known yet, and the points by cell."""
    try:
        submission = gradebook.find_submission(assignment.name, learner)
    except MissingEntry:
        return "", {}
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    scores = {
        g.name: "" if g.auto_score is None and g.manual_score is None else g.score for g in grades
    }
    if "" in scores.values():
        return "", scores
    return max(0.0, submission.score - (submission.late_submission_penalty or 0.0)), scores


def _name(student: Any) -> str:
    names = [name for name in (student.last_name, student.first_name) if name]
    return ", ".join(names) or re.sub(r"_\d+$", "", student.id)


def _harmless(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m grading.platforms",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("collect", "feedback"))
    parser.add_argument("assignment", choices=names())
    parser.add_argument("zip", type=Path)
    given = parser.parse_args(arguments)
    submitted = Path("submitted")
    try:
        if given.what == "feedback":
            number = give_back(Path("feedback"), submitted, given.assignment, given.zip)
            print(f"{number:,} pages in {given.zip}")
            return 0
        skipped = list(collect(given.zip, submitted, given.assignment))
    except (OSError, zipfile.BadZipFile) as error:
        print(f"{given.zip}: {error}", file=sys.stderr)
        return 2
    for line in skipped:
        print(line, file=sys.stderr)
    return 1 if skipped else 0


if __name__ == "__main__":
    sys.exit(main())
