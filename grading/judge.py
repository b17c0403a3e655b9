"""The trusted side: holds the checks, and never runs or unpickles anything of a learner."""

import hashlib
import json
import signal
import time
from types import TracebackType
from typing import Any, Self

import torch

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
        case = _Case(self._jail, self._limits, assignment, answer.source, secret)
        try:
            return [_unread(answer, skill) or case.result(skill) for skill in SKILLS[assignment]]
        except JailError as error:
            return [_open(skill, "grader error", str(error)) for skill in SKILLS[assignment]]
        finally:
            case.end()

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
        self._channel: Any = None
        self._kinds: dict[str, Any] = {}
        self._errors: list[Any] = []
        self._hopeless = ""  # why a child dies before it can be asked

    def session(self) -> proxy.Session:
        """Return a living child that has run the answer's code."""
        if self._session is None:
            self._channel = self._jail.open(self._assignment)
            self._session = proxy.Session(
                self._channel, self._secret, self._limits.exchange, self._until
            )
            names = list(PIECES[self._assignment].values())
            reply, _ = self._session.ask("load", source=self._source, names=names)
            kinds, errors = reply.get("kinds"), reply.get("errors")
            self._kinds = kinds if isinstance(kinds, dict) else {}
            self._errors = errors if isinstance(errors, list) else []
        return self._session

    def end(self) -> int:
        """Kill the child, if there is one; return the signal that ended it."""
        if self._channel is None:
            return 0
        channel, self._channel, self._session = self._channel, None, None
        return self._jail.close(channel)

    def result(self, skill: Skill) -> SkillResult:
        """Judge one skill."""
        if self._hopeless:
            return _closed(skill, self._hopeless)
        loading = self._session is None
        verdict, told = "grader error", ""
        try:
            session = self.session()
            loading = False
            verdict, told = self._run(session, skill)
        except proxy.Died:
            pass
        except JailError:
            raise
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
        if self._session is not None and self._session.fault:
            verdict, told = "grader error", self._session.fault
            self.end()
        elif self._session is not None and self._session.death:
            verdict, told = self._postmortem(self._session.death), ""
            if loading:
                self._hopeless = verdict
        if verdict in OPEN:
            return _open(skill, verdict, told)
        return _closed(skill, verdict, told)

    def _run(self, session: proxy.Session, skill: Skill) -> tuple[str, str]:
        """Run one check; return verdict and message."""
        kind = self._kinds.get(skill.piece)
        if kind == "nothing":
            return self._not_defined(skill)
        seed = int.from_bytes(_key(self._secret, skill.grade_id)[:4], "big") >> 1
        other = int.from_bytes(_key(self._secret, "begin", skill.grade_id)[:4], "big")
        try:
            session.ask("begin", seed=other)
            skill.check(proxy.candidate(session, skill.piece, str(kind)), seed)
        except CheckFailed as failure:
            return session.error or "failed", str(failure)
        except NotImplementedError:
            return "failed", "not written yet"
        except proxy.Raised as error:
            return session.error, f"{type(error).__name__}: {error}"
        return "passed", ""

    def _not_defined(self, skill: Skill) -> tuple[str, str]:
        """Return the verdict on a piece that the answer's code did not define when it ran."""
        told = f"after your code has run there is no {skill.piece}"
        with_cause = [proxy.raised(error) for error in self._errors]
        if not with_cause:
            return "learner error", told
        error = with_cause[0]
        if isinstance(error, NotImplementedError):
            return "failed", "not written yet"
        return "learner error", f"{told}: {type(error).__name__}: {error}"

    def _postmortem(self, death: str) -> str:
        """End the child; tell a crash from a lack of memory or time."""
        ending = self.end()
        if death == "timeout" or ending in (signal.SIGXCPU,):
            return "timeout"
        return death


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


def _open(skill: Skill, verdict: str, message: str) -> SkillResult:
    return SkillResult(skill.grade_id, None, float(skill.points), verdict, message)


def _closed(skill: Skill, verdict: str, message: str = "") -> SkillResult:
    points = float(skill.points) if verdict == "passed" else 0.0
    told = "".join(c for c in message or _TOLD.get(verdict, "") if c.isprintable() or c == "\n")
    return SkillResult(skill.grade_id, points, float(skill.points), verdict, told[:3000])
