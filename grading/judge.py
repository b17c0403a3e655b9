"""The trusted side: holds the checks, and never runs or unpickles anything of a learner."""

import hashlib
import re
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import msgspec
import torch

import vaelib
from grading import proxy, wire
from grading.jail import canaries
from grading.jail.outside import Jail, JailError
from grading.limits import MESSAGE, SOURCE, Limits
from grading.protocol import Begin, Bytes, Done, Read
from grading.verdict import OPEN, Graded, Verdict
from vaelib.assignments import Skill, find
from vaelib.checks import CheckFailed
from vaelib.checks.answer import Found, Release, outlines

__all__ = ["JailError", "Judge"]

_HEAVY = "reading the notebook took more time or memory than a notebook may use"
_ODD = "your code returned what cannot be judged"
_TOLD = {
    "timeout": "your code was still running when its time was up: an endless loop, or steps that "
    "are far too slow",
    "out of memory": "your code asked for more memory than an answer may use",
    "crashed": "your code ended the process that ran it, or wrote into its connection",
}

# What Python says where an answer asks vaelib for what it is to write.
_BORROWED = re.compile(
    r"cannot import name '(\w+)' from 'vaelib|module 'vaelib[.\w]*' has no attribute '(\w+)'"
)


class Judge:
    """Grades submissions, one at a time, each in a child of its own in the jail.

    `course` is the course's folder, which must not be seen from within; by default the current
    one. `jailed` is False for `--no-jail`: then learners' code could do whatever its user can.
    `jail` is one that has begun already.

    Raises
    ------
    JailError
        On entry, if the jail cannot be made or lets something through; while grading, if it
        cannot be made again. Nothing is ever run outside it.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        course: Path | None = None,
        jailed: bool = True,
        jail: Jail | None = None,
    ) -> None:
        self._limits, self._jailed = limits or Limits(), jailed
        self._course = (course or Path.cwd()).resolve()
        self._jail = jail or Jail(self._limits, self._course, jailed)

    def __enter__(self) -> Self:
        torch.set_num_threads(1)
        self._jail.__enter__()
        through = self._let_through() if self._jailed else ""
        if through:
            self._jail.__exit__()
            raise JailError(
                f"the jail lets through what it must stop ({through}): nothing is graded"
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._jail.__exit__()

    def grade(
        self,
        notebooks: bytes | Mapping[str, bytes],
        assignment: str,
        learner: str,
        seed: bytes,
        release: Sequence[Release] = (),
        modules: Mapping[str, str] | None = None,
    ) -> Graded:
        """Judge one submission.

        Parameters
        ----------
        notebooks : bytes or mapping
            The submitted file, or several by their names.
        assignment, learner : str
        seed : bytes
            The course's secret. The inputs of the checks derive from it, the assignment and the
            learner, so a regrade repeats them. It never enters the jail.
        release : sequence of Release
            The cells of the released notebook: they tell which texts are the learner's.
        modules : mapping
            The learner's own Python files, by path.

        Raises
        ------
        JailError
            If the jail broke and cannot be made again.
        ValueError
            If there is no such assignment.
        """
        find(assignment)
        if isinstance(notebooks, bytes):
            notebooks = {f"{assignment}.ipynb": notebooks}
        started = time.monotonic()
        secret = _key(seed, assignment, learner)
        for again in (False, True):
            case = _Case(self._jail, self._limits, assignment, secret, modules or {})
            found, skills = self._judge(case, notebooks, release)
            if again or not any(skill.kind == "grader error" for skill in skills):
                break
            self._restart()
        return Graded(learner, assignment, tuple(skills), time.monotonic() - started, found)

    def _judge(
        self, case: "_Case", notebooks: Mapping[str, bytes], release: Sequence[Release]
    ) -> tuple[Found | None, list[Verdict]]:
        """Read, then judge every skill; a child that dies takes one skill with it."""
        assignment = find(case.assignment)
        skills = assignment.skills
        try:
            try:
                found = case.read(notebooks, release)
            except _NotRead as reason:
                case.end()
                return None, [reason.verdict(skill) for skill in skills]
            results = [
                _unread(found, skill, assignment.defines) or case.result(skill) for skill in skills
            ]
            case.end()
        except JailError as error:
            return None, [_open(skill, "grader error", str(error)) for skill in skills]
        return found, results

    def _restart(self) -> None:
        self._jail.__exit__()
        self._jail = Jail(self._limits, self._course, self._jailed)
        self.__enter__()

    def _let_through(self) -> str:
        """Return what a hostile answer can do in this jail that it must not; "" if nothing."""
        case = _Case(self._jail, self._limits, "elbo", b"canary", {})
        case.source = canaries.source(self._course)
        try:
            session = case.session()
            given = [torch.zeros(1)]
            found = session.call(session.prepared(given, {}, name="probe"), given)
        except (proxy.Died, proxy.Raised) as error:
            return f"the canaries died: {error}"
        finally:
            case.end()
        return "" if found == "nothing" else str(found)


class _Case:
    """One submission before the judge."""

    def __init__(
        self,
        jail: Jail,
        limits: Limits,
        assignment: str,
        secret: bytes,
        modules: Mapping[str, str],
    ) -> None:
        self._jail, self._limits, self._secret = jail, limits, secret
        self.assignment, self._modules = assignment, modules
        self.source = ""
        self._until, self._left = time.monotonic() + limits.wall, limits.submission
        self._session: proxy.Session | None = None
        self._passed: set[str] = set()  # grade ids
        self._channel: socket.socket | None = None
        self._kinds: dict[str, str] | None = None  # of the pieces; None until they are loaded
        self._errors: list[proxy.Raised] = []
        self._hopeless: tuple[str, str] | None = None  # what comes of loading, each time

    def read(self, notebooks: Mapping[str, bytes], release: Sequence[Release]) -> Found:
        """Find the answer, in a child that has run nothing yet."""
        session = self._start()
        about = msgspec.json.encode((outlines(), list(release))).decode()
        files = [wire.as_tensor(content) for content in notebooks.values()]
        try:
            told, results = session.ask(Read(list(notebooks), self.assignment, about), Bytes, files)
            if told.problem:
                raise _NotRead("not found", told.problem)
            found = msgspec.json.decode(wire.raw(results[0]), type=Found)
        except proxy.Raised as error:
            raise _NotRead("failed", f"{_HEAVY} ({error.kind or 'error'})") from None
        except wire.TooLarge as error:
            raise _NotRead("not found", f"more than is read: {error}") from None
        except proxy.Died:
            raise _NotRead("failed", _HEAVY) from None
        size = len(found.answer.source) + sum(map(len, found.modules.values()))
        if size > SOURCE:
            raise _NotRead("failed", f"the answer has {size:,} characters, and {SOURCE:,} are run")
        self.source, self._modules = found.answer.source, {**self._modules, **found.modules}
        return found

    def _start(self) -> proxy.Session:
        self._channel = self._jail.open(self.assignment, self._left)
        wait = self._limits.wait
        self._session = proxy.Session(self._channel, self._secret, wait, self._until)
        return self._session

    def session(self) -> proxy.Session:
        """Return a living child that has run the answer's code."""
        session = self._session or self._start()
        if self._kinds is None:
            names = list(find(self.assignment).defines.values())
            loaded = session.load(self.source, names, self._modules)
            self._kinds, self._errors = loaded
        return session

    def end(self) -> bool:
        """Kill the child, if there is one; return whether it had died of its limit of CPU."""
        if self._channel is None:
            return False
        channel, self._channel, self._session, self._kinds = self._channel, None, None, None
        ended, used = self._jail.close(channel)
        late = ended == signal.SIGXCPU or used >= self._left
        self._left = max(self._left - used, 0.0)
        return late

    def result(self, skill: Skill) -> Verdict:
        """Judge one skill; start again from a new child if the one at hand is lost."""
        verdict, told = self._hopeless or self._attempt(skill)
        session, loaded = self._session, self._kinds is not None
        lost = session is not None and bool(session.fault or session.death)
        if session is not None and session.fault:
            verdict, told = _blame(session)
        elif session is not None and session.death:
            verdict, told = session.death, ""
        if verdict == "passed":
            self._passed.add(skill.grade_id)
        if lost or not loaded:
            late = self.end()
            if verdict == "crashed" and late:
                verdict = "timeout"
        if not loaded:
            self._hopeless = verdict, told
        elif not self._left:
            self._hopeless = "timeout", ""
        if verdict == "learner error":
            told = _borrowed([told, *map(str, self._errors)]) or self._with_its_cause(told)
        return _open(skill, verdict, told) if verdict in OPEN else _closed(skill, verdict, told)

    def _with_its_cause(self, told: str) -> str:
        """Add what failed when the answer's own lines ran, without which the rest would not."""
        causes = [f"{type(error).__name__}: {error}" for error in self._errors]
        return "\n".join([told, *(f"Before:  {c}" for c in causes[:1] if c not in told)])

    def _attempt(self, skill: Skill) -> tuple[str, str]:
        """Run one check; return verdict and message, if the child lives."""
        try:
            return self._run(self.session(), skill)
        except CheckFailed as failure:
            told = str(failure)
        except (proxy.Raised, proxy.Died) as error:
            if isinstance(error, NotImplementedError):
                return "failed", "not written yet"
            told = f"{type(error).__name__}: {error}"
        except JailError:
            raise
        except Exception as error:
            assert self._session is not None
            self._session.fault = f"{type(error).__name__}: {error}"
            return _blame(self._session)
        return (self._session.error if self._session else "") or "failed", told

    def _run(self, session: proxy.Session, skill: Skill) -> tuple[str, str]:
        """Run one check; return verdict and message."""
        kind = (self._kinds or {}).get(skill.piece, "nothing")
        if kind == "nothing":
            return self._not_defined(skill)
        seed = int.from_bytes(_key(self._secret, "begin", skill.grade_id)[:4])
        session.ask(Begin(seed), Done)
        seed = int.from_bytes(_key(self._secret, skill.grade_id)[:4]) >> 1
        (piece,) = (p for p in find(self.assignment).pieces if p.name == skill.piece)
        trusted = frozenset(self._trusted())
        judged = proxy.candidate(session, piece.name, kind, trusted, piece.carrier)
        skill.check(judged, seed)
        return "passed", ""

    def _trusted(self) -> set[str]:
        """Return the pieces that have passed all their own skills."""
        pieces = set(find(self.assignment).defines.values())
        every = {(s.piece, s.grade_id) for s in find(self.assignment).skills}
        return {p for p in pieces if all(g in self._passed for q, g in every if q == p)}

    def _not_defined(self, skill: Skill) -> tuple[str, str]:
        """Return the verdict on a piece that the answer's code did not define when it ran."""
        told = f"after your code has run there is no {skill.piece}"
        if not self._errors:
            return "learner error", told
        error = self._errors[0]
        if isinstance(error, NotImplementedError):
            return "failed", "not written yet"
        return "learner error", f"{told}: {type(error).__name__}: {error}"


class _NotRead(Exception):
    """There is nothing to run; the arguments are the verdict on every skill, and why."""

    def verdict(self, skill: Skill) -> Verdict:
        """Return the verdict on a skill."""
        kind, told = self.args
        return _open(skill, kind, told) if kind in OPEN else _closed(skill, kind, told)


def _blame(session: proxy.Session) -> tuple[str, str]:
    """Return whose an unexpected error is: the answer's, if what came of it was odd."""
    if session.odd:
        return "failed", f"{_ODD}: {session.odd}"
    return "grader error", session.fault


def _unread(found: Found, skill: Skill, defines: Mapping[str, str]) -> Verdict | None:
    """Return the verdict on a piece that is not there, or not Python; None for others."""
    answer = found.answer
    if skill.piece in map(defines.get, found.elsewhere):
        told = f"{skill.piece} is finished in another of the notebooks than {found.name}"
        return _open(skill, "not found", told)
    for grade_id, told in answer.broken.items():
        if skill.piece == defines[grade_id]:
            message = f"your cell cannot be read as Python: {told}"
            return _closed(skill, "syntax error", message)
    if skill.piece in map(defines.get, answer.missing):
        return _open(skill, "not found", f"no cell defines {skill.piece}")
    return None


def _key(secret: bytes, *parts: str) -> bytes:
    """Return 32 bytes that only who holds the secret can tell for these parts."""
    text = "".join(f"{len(part)}:{part}" for part in parts).encode()
    return hashlib.blake2b(text, key=hashlib.sha256(secret).digest(), digest_size=32).digest()


def _borrowed(errors: list[str]) -> str:
    """Return what to tell of an answer that takes from vaelib what it is to write; "" if none."""
    for found in filter(None, map(_BORROWED.search, errors)):
        name = found[1] or found[2]
        if hasattr(vaelib, name):
            return (
                "Asked:  write this piece yourself\n"
                f"Seen:   the answer takes {name} from vaelib, where it is not to be had while "
                "this is judged"
            )
    return ""


def _open(skill: Skill, verdict: str, message: str) -> Verdict:
    return Verdict(skill.grade_id, None, float(skill.points), verdict, message)


def _closed(skill: Skill, verdict: str, message: str = "") -> Verdict:
    points = float(skill.points) if verdict == "passed" else 0.0
    told = "".join(c for c in message or _TOLD.get(verdict, "") if c.isprintable() or c == "\n")
    return Verdict(skill.grade_id, points, float(skill.points), verdict, told[:MESSAGE])
