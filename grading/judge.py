"""The trusted side: holds the checks, and never runs or unpickles anything of a learner."""

import hashlib
import json
import re
import socket
import time
from types import TracebackType
from typing import Self

import torch

import vaelib
from grading import canaries, proxy
from grading.jail import Jail, JailError, Limits
from grading.results import OPEN, Result, SkillResult
from vaelib.checks import CheckFailed
from vaelib.checks.notebook import Answer, find_answer
from vaelib.checks.skills import PIECES, SKILLS, Skill

__all__ = ["JailError", "Judge"]

NOTEBOOK = 5 << 20  # bytes; a learner's notebook with plots has well under one million
SOURCE = 200_000  # characters of an answer
_UNREADABLE = "the file is not a notebook that can be read"

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
    """Grades submissions, one at a time, each in a jail of its own.

    Parameters
    ----------
    limits : Limits
        What one submission may use.

    Raises
    ------
    JailError
        On entry, if the jail cannot be made or lets something through; while grading, if it
        cannot be made again. Nothing is ever run outside it.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._jail = Jail(self._limits)

    def __enter__(self) -> Self:
        torch.set_num_threads(1)
        self._jail.__enter__()
        through = self._let_through()
        if through:
            self._jail.__exit__(None, None, None)
            raise JailError(
                f"the jail lets through what it must stop ({through}): nothing is graded"
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._jail.__exit__(kind, error, trace)

    def grade(self, notebook: bytes, assignment: str, learner: str, seed: bytes) -> Result:
        """Judge one notebook.

        Parameters
        ----------
        notebook : bytes
            The submitted file.
        assignment : str
            A key of `SKILLS`.
        learner : str
            Who it is from.
        seed : bytes
            The course's secret. The inputs of the checks derive from it, the assignment and the
            learner, so a regrade repeats them. It never enters the jail.

        Returns
        -------
        Result
            One `SkillResult` for each skill, in order.

        Raises
        ------
        JailError
            If the jail broke and cannot be made again.
        ValueError
            If there is no such assignment.
        """
        if assignment not in SKILLS:
            raise ValueError(f"expected an assignment of {', '.join(SKILLS)}, got {assignment!r}")
        started = time.monotonic()
        try:
            answer = read(notebook, assignment)
        except ValueError as error:
            skills = [_open(skill, "not found", str(error)) for skill in SKILLS[assignment]]
        else:
            secret = _key(seed, assignment, learner)
            skills = self._judge(answer, assignment, secret)
            if any(skill.verdict == "grader error" for skill in skills):
                self._restart()
                skills = self._judge(answer, assignment, secret)
        return Result(learner, assignment, tuple(skills), time.monotonic() - started)

    def _judge(self, answer: Answer, assignment: str, secret: bytes) -> list[SkillResult]:
        """Judge every skill; a child that dies takes one skill with it."""
        skills = SKILLS[assignment]
        case = _Case(self._jail, self._limits, assignment, answer.source, secret)
        try:
            results = [_unread(answer, skill) or case.result(skill) for skill in skills]
            case.end()
        except JailError as error:
            return [_open(skill, "grader error", str(error)) for skill in skills]
        return results

    def _restart(self) -> None:
        self._jail.__exit__(None, None, None)
        self._jail = Jail(self._limits)
        self.__enter__()

    def _let_through(self) -> str:
        """Return what a hostile answer can do in this jail that it must not; "" if nothing."""
        case = _Case(self._jail, self._limits, "elbo", canaries.source(), b"canary")
        try:
            session = case.session()
            found = session.call([torch.zeros(1)], name="probe", using={})
        except (proxy.Died, proxy.Raised) as error:
            return f"the canaries died: {error}"
        finally:
            case.end()
        return "" if found == "nothing" else str(found)


class _Case:
    """One submission before the judge."""

    def __init__(
        self, jail: Jail, limits: Limits, assignment: str, source: str, secret: bytes
    ) -> None:
        self._jail, self._limits, self._secret = jail, limits, secret
        self._assignment, self._source = assignment, source
        self._until = time.monotonic() + limits.submission
        self._session: proxy.Session | None = None
        self._channel: socket.socket | None = None
        self._kinds: dict[str, str] | None = None  # of the pieces; None until they are loaded
        self._errors: list[proxy.Raised] = []
        self._hopeless: tuple[str, str] | None = None  # what comes of loading, each time

    def session(self) -> proxy.Session:
        """Return a living child that has run the answer's code."""
        if self._session is None:
            self._channel = self._jail.open(self._assignment)
            limit = self._limits.exchange
            self._session = proxy.Session(self._channel, self._secret, limit, self._until)
            names = list(PIECES[self._assignment].values())
            self._kinds, self._errors = self._session.load(self._source, names)
        return self._session

    def end(self) -> None:
        """Kill the child, if there is one."""
        if self._channel is not None:
            channel, self._channel, self._session, self._kinds = self._channel, None, None, None
            self._jail.close(channel)

    def result(self, skill: Skill) -> SkillResult:
        """Judge one skill; start again from a new child if the one at hand is lost."""
        verdict, told = self._hopeless or self._attempt(skill)
        session = self._session
        if session is not None and (session.fault or session.death):
            verdict, told = session.death, ""
            if session.fault:
                verdict, told = "grader error", session.fault
        if self._kinds is None:
            self._hopeless = verdict, told
        if self._kinds is None or (session is not None and (session.fault or session.death)):
            self.end()
        if verdict == "learner error":
            told = _borrowed([told, *map(str, self._errors)]) or told
        return _open(skill, verdict, told) if verdict in OPEN else _closed(skill, verdict, told)

    def _attempt(self, skill: Skill) -> tuple[str, str]:
        """Run one check; return verdict and message, if the child lives."""
        try:
            return self._run(self.session(), skill)
        except CheckFailed as failure:
            told = str(failure)
        except NotImplementedError:
            return "failed", "not written yet"
        except (proxy.Raised, proxy.Died) as error:
            told = f"{type(error).__name__}: {error}"
        except JailError:
            raise
        except Exception as error:
            return "grader error", f"{type(error).__name__}: {error}"
        return (self._session.error if self._session else "") or "failed", told

    def _run(self, session: proxy.Session, skill: Skill) -> tuple[str, str]:
        """Run one check; return verdict and message."""
        kind = (self._kinds or {}).get(skill.piece, "nothing")
        if kind == "nothing":
            return self._not_defined(skill)
        session.ask("begin", seed=int.from_bytes(_key(self._secret, "begin", skill.grade_id)[:4]))
        seed = int.from_bytes(_key(self._secret, skill.grade_id)[:4]) >> 1
        skill.check(proxy.candidate(session, skill.piece, kind), seed)
        return "passed", ""

    def _not_defined(self, skill: Skill) -> tuple[str, str]:
        """Return the verdict on a piece that the answer's code did not define when it ran."""
        told = f"after your code has run there is no {skill.piece}"
        if not self._errors:
            return "learner error", told
        error = self._errors[0]
        if isinstance(error, NotImplementedError):
            return "failed", "not written yet"
        return "learner error", f"{told}: {type(error).__name__}: {error}"


def read(notebook: bytes, assignment: str) -> Answer:
    """Return the answer that a submitted file holds.

    Raises
    ------
    ValueError
        If it is no notebook, or too large.
    """
    if len(notebook) > NOTEBOOK:
        raise ValueError(
            f"the file has {len(notebook) / 1e6:,.0f} MB, and at most {NOTEBOOK / 1e6:.0f} are read"
        )
    try:
        answer = find_answer(json.loads(notebook), assignment)
    except (ValueError, RecursionError, MemoryError):
        raise ValueError(_UNREADABLE) from None
    if len(answer.source) > SOURCE:
        raise ValueError(f"the answer has {len(answer.source):,} characters, more than is run")
    return answer


def _unread(answer: Answer, skill: Skill) -> SkillResult | None:
    """Return the verdict on a piece that is not there, or not Python; None for others."""
    for grade_id, told in answer.broken.items():
        if skill.piece == _name(grade_id):
            message = f"your cell cannot be read as Python: {told}"
            return _closed(skill, "syntax error", message)
    if skill.piece in map(_name, answer.missing):
        return _open(skill, "not found", f"no cell defines {skill.piece}")
    return None


def _name(grade_id: str) -> str:
    """Return the name that a solution cell defines."""
    return next(pieces[grade_id] for pieces in PIECES.values() if grade_id in pieces)


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


def _open(skill: Skill, verdict: str, message: str) -> SkillResult:
    return SkillResult(skill.grade_id, None, float(skill.points), verdict, message)


def _closed(skill: Skill, verdict: str, message: str = "") -> SkillResult:
    points = float(skill.points) if verdict == "passed" else 0.0
    told = "".join(c for c in message or _TOLD.get(verdict, "") if c.isprintable() or c == "\n")
    return SkillResult(skill.grade_id, points, float(skill.points), verdict, told[:3000])
