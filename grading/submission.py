"""What was handed in: the one finder for every door.

A learner's files lie in `submitted/LEARNER/NAME/`, where `nbgrader collect` and `zip_collect` put
them. `read` takes the plain files that can matter: every notebook, whatever it is called, the
learner's own modules beside it, and when it came. Which notebook, cells and texts count is found
where hostile bytes do no harm (`vaelib/checks/answer.py`, in the jail). `misplaced` lists what
lies where nobody would look.
"""

import difflib
import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from grading.limits import FILES, HELPERS, MODULES, NOTEBOOKS

_NOTEBOOK = re.compile(r".\.ipynb(?: ?\(\d+\))?(?:\.(?:txt|json))?$", re.I)  # as browsers save it
OURS = {"timestamp.txt", "submission_secret.txt"}  # nbgrader's and ours, never a learner's
_SKIPPED = re.compile(r"\.|__MACOSX$|__pycache__$")


@dataclass(frozen=True)
class Submission:
    """What a learner handed in for an assignment."""

    learner: str
    assignment: str
    notebooks: Mapping[str, bytes] = field(default_factory=dict)  # by name
    modules: Mapping[str, str] = field(default_factory=dict)  # the learner's own, by path
    timestamp: datetime | None = None  # in UTC without a zone, as nbgrader keeps it
    question: str = ""  # what `timestamp.txt` leaves open, in words
    problem: str = ""  # why there is nothing to judge
    secret: str = ""  # what nbgrader's exchange knows it by, if it came that way

    @property
    def digest(self) -> str:
        """A digest of all that verdicts depend on, so not of the time."""
        parts = [self.problem.encode("utf-8", "replace")]
        for name, content in sorted(self.notebooks.items()):
            parts += [name.encode("utf-8", "replace"), content]
        for name, text in sorted(self.modules.items()):
            parts += [name.encode("utf-8", "replace"), text.encode("utf-8", "replace")]
        lengths = " ".join(str(len(part)) for part in parts)
        return hashlib.sha256(b"\0".join([lengths.encode(), *parts])).hexdigest()

    def is_settled(self, digest: str | None) -> bool:
        """Return whether this is what was judged, by this version or the first one."""
        if digest is None or digest == self.digest:
            return digest is not None
        if self.problem or self.modules or len(self.notebooks) != 1:
            return False
        (content,) = self.notebooks.values()  # version 1.0 had the time in it
        return digest == hashlib.sha256(f"{self.timestamp}  ".encode() + content).hexdigest()


def read(folder: Path, top: Path, learner: str, assignment: str) -> Submission:
    """Read a submission: plain files only, no links, no pipes, and not too much.

    Between `top`, which holds everybody's, and the learner's folder a link could lead to another
    learner's work.
    """
    timestamp, question, secret = None, "", ""
    try:
        for part in (folder, *folder.parents):
            if part == top or top not in part.parents:
                break
            if part.is_symlink():
                raise ValueError(f"the folder {part.relative_to(top)} is a link")
        paths = sorted(_files(folder))
        names = {
            os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace"): path
            for path in paths
        }
        if "timestamp.txt" in names:
            timestamp, question = when(_read(names["timestamp.txt"], 1000))
        if "submission_secret.txt" in names:
            secret = _read(names["submission_secret.txt"], 1000).decode("ascii", "replace")
        found = [name for name in names if _NOTEBOOK.search(name)]
        beside = [name for name in found if "/" not in name]
        notebooks, left = {}, NOTEBOOKS
        for name in (beside or found)[:FILES]:
            notebooks[name] = _read(names[name], left)
            left -= len(notebooks[name])
        if not notebooks:
            others = ", ".join([name for name in names if name not in OURS][:5])
            raise ValueError(f"expected {assignment}.ipynb, found {others or 'no file'}")
        modules, left = {}, HELPERS
        for name in [name for name in names if name.endswith(".py")][:MODULES]:
            modules[name] = _read(names[name], left).decode("utf-8", "replace")
            left -= len(modules[name])
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        problem = f"cannot be read: {printable(str(reason))}"
        return Submission(learner, assignment, {}, {}, timestamp, question, problem, secret)
    return Submission(learner, assignment, notebooks, modules, timestamp, question, "", secret)


def _files(folder: Path, depth: int = 3) -> Iterator[Path]:
    """Yield the files in a folder and a few below, links too, which are refused when read."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if _SKIPPED.match(entry.name):
            continue
        if not entry.is_dir(follow_symlinks=False):
            yield Path(entry.path)
        elif depth:
            yield from _files(Path(entry.path), depth - 1)


def _read(path: Path, most: int) -> bytes:
    if path.is_symlink():
        raise ValueError(f"{path.name} is a link")  # perhaps to another learner's work
    # a pipe would block
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"{path.name} is not a file")
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{path.name} is larger than the {most:,} bytes that are read")
    return content


_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?([A-Za-z][\w/+-]*|[+-]\d\d:?\d\d)?"
)
_EXPECTED = 'expected a time like "2026-11-20 09:00:00 UTC"'


def when(content: bytes) -> tuple[datetime | None, str]:
    """Return the time in a `timestamp.txt`, in UTC, and what it leaves open in words.

    A zone must be UTC, an offset such as +0100, or a place such as Europe/Berlin: "CET" and "PDT"
    mean different things to different people, and day and month change places.
    """
    text = content.decode("utf-8", "replace").strip()
    shown = f'timestamp.txt holds "{printable(text)[:60]}"'
    match = _ISO.fullmatch(text)
    try:
        if match is None:
            if re.search(r" [+-]\d{4}$", text) and re.match(r"[A-Z][a-z]{2}, ", text):  # date -R
                return parsedate_to_datetime(text).astimezone(UTC).replace(tzinfo=None), ""
            return None, f"{shown}, {_EXPECTED}"
        zone = match[3] or "UTC"
        moment = datetime.fromisoformat(f"{match[1]} {match[2]}")
        if zone.upper() in ("UTC", "GMT", "Z"):
            told = "" if match[3] else f"{shown}, without a time zone: it is read as UTC"
            return moment, told
        if zone[0] in "+-":
            moment = datetime.fromisoformat(f"{match[1]} {match[2]}{zone}")
        elif "/" in zone:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        else:
            return None, f"{shown}: it cannot be told which time zone {zone} is; {_EXPECTED}"
        return moment.astimezone(UTC).replace(tzinfo=None), ""
    except (ValueError, OverflowError, KeyError, OSError):
        return None, f"{shown}, {_EXPECTED}"


def misplaced(top: Path, assignment: str, assignments: Collection[str]) -> Iterator[str]:
    """Yield what lies below `submitted/` where no run looks for it, with the likely cure."""

    def like(name: str) -> bool:
        one, other = (re.sub(r"\W|_", "", text.lower()) for text in (name, assignment))
        return one.startswith(other) or difflib.SequenceMatcher(None, one, other).ratio() > 0.8

    for learner in sorted(os.scandir(top), key=lambda entry: entry.name):
        if _SKIPPED.match(learner.name):
            continue
        shown = printable(learner.name)
        if not learner.is_dir():
            if _NOTEBOOK.search(learner.name) or learner.name.endswith((".zip", ".gz")):
                yield f"{shown}: expected a folder for each learner; see `nbgrader zip_collect`"
            continue
        if learner.name in assignments:
            yield f"{shown}/: expected LEARNER/{shown}/, here is {shown}/LEARNER/"
            continue
        for entry in sorted(os.scandir(learner.path), key=lambda entry: entry.name):
            name = printable(entry.name)
            if _SKIPPED.match(entry.name) or entry.name in assignments:
                continue
            inside = os.listdir(entry.path) if entry.is_dir(follow_symlinks=False) else []
            inside = [one for one in inside if _NOTEBOOK.search(one)]
            if (like(entry.name) and entry.is_dir()) or any(map(like, inside)):
                yield f"{shown}/{name}/: rename it to {shown}/{assignment}/"
            elif entry.is_file(follow_symlinks=False) and _NOTEBOOK.search(entry.name):
                cure = f"put it into {shown}/{assignment}/" if like(entry.name) else "put it away"
                yield f"{shown}/{name}: expected {shown}/ASSIGNMENT/{name}; {cure}"


def printable(text: str) -> str:
    """Return a text in one line that no terminal, page or table takes for a command."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
