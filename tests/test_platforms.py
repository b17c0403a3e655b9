"""Hand-ins from platforms' zips, and feedback and marks back to them, in their naming schemes."""

import csv
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from nbgrader.api import Gradebook
from nbgrader_course import ask_alembic_once

from grading import platforms
from grading.submission import read

pytestmark = pytest.mark.slow

SCHEMES = {
    "Lovelace, Ada_1234567_assignsubmission_file_/kl_loss.ipynb": "Lovelace, Ada_1234567",
    "Charles Babbage_1234568_assignsubmission_file/kl_loss.ipynb": "Charles Babbage_1234568",
    "Grace Hopper_1234569_assignsubmission_file_kl_loss.ipynb": "Grace Hopper_1234569",
    "turingalan_4711_90210_kl_loss-1.ipynb": "turingalan_4711",
    "noetheremmy_LATE_4712_90211_kl_loss.ipynb": "noetheremmy_4712",
    "mary/kl_loss.ipynb": "mary",
    "john/kl_loss/kl_loss.ipynb": "john",
}
REFUSED = [
    *("../../evil.ipynb", "/etc/passwd", "lost.ipynb", "bell\x07/kl_loss.ipynb"),
    # a learner's word on when it came
    *("turingalan_4711_90212_timestamp.txt", "Eve_1_assignsubmission_file_/timestamp.txt"),
]


@pytest.fixture
def course(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as zipped:
        for name in [*SCHEMES, *REFUSED, "__MACOSX/mary/._kl_loss.ipynb"]:
            zipped.writestr(name, "{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_scheme_comes_in_and_goes_back(course, capsys):
    assert platforms.main(["collect", "kl_loss", "all.zip"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == len(REFUSED) + 1 and "\x07" not in said
    assert "noetheremmy_4712: late, as Canvas says" in said
    top = course / "submitted"
    assert sorted(path.name for path in top.iterdir()) == sorted(SCHEMES.values())
    assert not (course.parent / "evil.ipynb").exists()
    for learner in SCHEMES.values():
        found = read(top / learner / "kl_loss", top, learner, "kl_loss")
        assert len(found.notebooks) == 1 and not found.problem, learner
        page = course / "feedback" / learner / "kl_loss" / "kl_loss.html"
        page.parent.mkdir(parents=True)
        page.write_text(learner)
    assert platforms.main(["feedback", "kl_loss", "back.zip"]) == 0
    with zipfile.ZipFile("back.zip") as zipped:
        back = {name: zipped.read(name).decode() for name in zipped.namelist()}
    assert len(back) == len(SCHEMES)
    for name, learner in SCHEMES.items():
        front = name.partition("kl_loss")[0]
        assert back[f"{front}kl_loss.html"] == learner
    assert platforms.main(["collect", "kl_loss", "nowhere.zip"]) == 2


@pytest.mark.parametrize("kind", ["Canvas", "Moodle"])
def test_marks_survive_commas_and_formulas_and_what_is_open_stays_empty(tmp_path, kind):
    ask_alembic_once()
    book = Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}")
    book.add_assignment("kl_loss")
    book.add_notebook("kl_loss", "kl_loss")
    for name in ("value", "text"):
        book.add_grade_cell(name, "kl_loss", "kl_loss", max_score=5, cell_type="code")
    for learner, score in {"Lovelace, Ada_17": 3.0, "=1+1_18": 2.0, "open_19": None}.items():
        book.add_student(learner)
        book.add_submission("kl_loss", learner)
        for name in ("value", "text"):
            grade = book.find_grade(name, "kl_loss", "kl_loss", learner)
            grade.auto_score = 1.0 if name == "text" else score
    book.add_student("absent_20")
    book.db.commit()
    plugin = getattr(platforms, kind)(to=str(tmp_path / "marks.csv"))
    plugin.export(book)
    book.close()
    with (tmp_path / "marks.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head[-2:] == ["kl_loss: value", "kl_loss: text"]
    assert all(len(row) == len(head) for row in rows)
    grade = head.index("kl_loss" if kind == "Canvas" else "Grade")
    told = {row[1].rstrip("'"): row[grade] for row in rows}
    if kind == "Moodle":
        assert told == {"Lovelace, Ada": "4.0", "'=1+1": "3.0", "open": "", "absent": ""}
        assert {row[0] for row in rows} == {f"Participant {n}" for n in range(17, 21)}
        # the three without which Moodle refuses it
        assert {"Identifier", "Grade", "Last modified (grade)"} <= set(head)
        moment = rows[0][head.index("Last modified (grade)")].removesuffix(" UTC")
        late = datetime.now(UTC) - datetime.fromisoformat(moment).replace(tzinfo=UTC)
        assert timedelta(0) <= late < timedelta(minutes=5)
    else:
        assert {row[0]: row[grade] for row in rows[1:]} == {
            "Lovelace, Ada": "4.0",
            "'=1+1": "3.0",
            "open": "",
            "absent": "",
        }
        assert rows[0][0].strip() == "Points Possible" and float(rows[0][grade]) == 10
