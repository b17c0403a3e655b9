"""Who grades: processes on this machine or a Dask cluster, each with a judge of its own."""

import atexit
import multiprocessing
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from grading.autograded import answers
from grading.judge import JailError, Judge
from grading.results import Result, SkillResult
from vaelib.checks.skills import SKILLS

SECONDS = 900.0  # for one submission; the judge's own limits ring long before
PATIENCE = 30.0  # seconds for a cluster to answer
STARTS = 3  # workers that may die in a row before one of them is ready


class WorkersError(Exception):
    """Nobody is there to grade; the message says why."""


class Task(NamedTuple):
    """One submission to grade: plain data, so that it can travel."""

    learner: str
    assignment: str
    notebook: bytes
    secret: bytes
    written: dict[str, str]  # the ids of the written answers' cells, by grade id


class Outcome(NamedTuple):
    """A graded submission, and what the learner wrote, by grade id."""

    task: Task
    result: Result
    answers: dict[str, str]


def unjudged(task: Task, verdict: str, reason: str) -> Result:
    """Return a result without points: staff are told why, and nothing is scored 0."""
    skills = tuple(
        SkillResult(skill.grade_id, None, skill.points, verdict, reason)
        for skill in SKILLS[task.assignment]
    )
    return Result(task.learner, task.assignment, skills, 0.0)


def _lost(task: Task, reason: str) -> Outcome:
    return Outcome(task, unjudged(task, "grader error", reason), {})


def _failed(outcome: Outcome) -> bool:
    return any(skill.verdict == "grader error" for skill in outcome.result.skills)


def _grade(judge: Judge, task: Task) -> tuple[Result, dict[str, str]]:
    result = judge.grade(task.notebook, task.assignment, task.learner, task.secret)
    return result, answers(task.notebook, task.written, task.assignment)


def on_this_machine(tasks: Iterable[Task], count: int) -> Iterator[Outcome]:
    """Grade with `count` processes; yield as results come.

    A worker that dies, hangs or cannot judge is replaced, and its submission is tried once more.

    Raises
    ------
    JailError, WorkersError
        If there can be no jail here, or the processes die before they can grade.
    """
    queue, again = iter(tasks), list[Task]()
    idle, busy = list[_Worker](), dict[Connection, _Worker]()
    tried = set[str]()
    failed_starts = 0
    try:
        while True:
            while len(busy) < count:
                task = again.pop() if again else next(queue, None)
                if task is None:
                    break
                worker = idle.pop() if idle else _Worker()
                worker.give(task)
                busy[worker.pipe] = worker
            if not busy:
                return
            for pipe in wait(list(busy), timeout=1.0):
                worker = busy[pipe]  # type: ignore[index]
                message = worker.receive()
                if isinstance(message, JailError):
                    raise message
                if message == _READY:
                    worker.ready, failed_starts = True, 0
                    continue
                del busy[worker.pipe]
                if message is None:
                    failed_starts += not worker.ready
                    if failed_starts > STARTS:
                        raise WorkersError(f"workers do not start: {worker.obituary()}")
                    outcome = _lost(worker.task, worker.obituary())
                    worker.stop()
                else:
                    outcome = Outcome(worker.task, *message)
                    idle.append(worker)
                if _failed(outcome) and worker.task.learner not in tried:
                    tried.add(worker.task.learner)
                    again.append(worker.task)
                else:
                    yield outcome
            for worker in busy.values():
                if time.monotonic() > worker.deadline:
                    worker.process.kill()
    finally:
        for worker in (*idle, *busy.values()):
            worker.pipe.close()  # the idle ones end by themselves
        for worker in busy.values():
            worker.process.kill()
        for worker in (*idle, *busy.values()):
            worker.stop()


_READY = "ready"
_spawn = multiprocessing.get_context("spawn")  # forked workers would hold each other's pipes open


@dataclass
class _Worker:
    """A process that grades what comes through its pipe until the pipe closes."""

    process: BaseProcess = field(init=False)
    pipe: Connection = field(init=False)
    task: Task = field(init=False)
    deadline: float = field(init=False)
    ready: bool = False

    def __post_init__(self) -> None:
        self.pipe, other = _spawn.Pipe()
        self.process = _spawn.Process(target=_serve, args=(other,), daemon=True)
        self.process.start()
        other.close()

    def give(self, task: Task) -> None:
        self.task, self.deadline = task, time.monotonic() + SECONDS
        with suppress(OSError):  # it is dead; `receive` will say so
            self.pipe.send(task)

    def receive(self) -> Any:
        """Return what it says, or None if it is dead."""
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            return None

    def obituary(self) -> str:
        self.process.join(1.0)
        return f"the grading process ended twice (exit status {self.process.exitcode})"

    def stop(self) -> None:
        self.pipe.close()
        self.process.join(5.0)
        self.process.kill()
        self.process.join()


def _serve(pipe: Connection) -> None:
    with suppress(EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        try:
            with Judge() as judge:
                pipe.send(_READY)
                while True:
                    pipe.send(_grade(judge, pipe.recv()))
        except JailError as error:
            pipe.send(error)


def on_a_cluster(tasks: Iterable[Task], address: str) -> Iterator[Outcome]:
    """Grade on the Dask cluster whose scheduler is at `address`; yield as results come.

    The cluster's processes need this course's folder and environment, and one thread each:
    `dask worker ADDRESS --nthreads 1 --nworkers 16`.

    Raises
    ------
    JailError, WorkersError
        If there can be no jail on one of its machines, or there is no cluster.
    """
    try:
        from distributed import Client, as_completed

        client = Client(address, timeout=PATIENCE)
        client.wait_for_workers(1, timeout=PATIENCE)
    except (ImportError, OSError, ValueError) as reason:  # TimeoutError is an OSError
        raise WorkersError(f"no Dask cluster at {address}: {reason}") from None
    queue = iter(tasks)
    with client:
        sent = {}
        futures = as_completed()

        def send(count: int) -> None:
            for task in islice(queue, count):
                future = client.submit(_on_the_cluster, task, pure=False, retries=1)
                sent[future.key] = task
                futures.add(future)

        send(2 * sum(client.nthreads().values()))  # not all at once: memory stays flat
        for future in futures:
            task, error = sent.pop(future.key), future.exception()
            if isinstance(error, JailError):
                raise error
            yield _lost(task, repr(error)) if error else Outcome(task, *future.result())
            send(1)


_lock = threading.Lock()  # the checks set torch's global state
_kept = ExitStack()
_judges = list[Judge]()


def _on_the_cluster(task: Task) -> tuple[Result, dict[str, str]]:
    """Grade in a Dask worker, whose judge is started once."""
    with _lock:
        if not _judges:
            atexit.register(_kept.close)
            _judges.append(_kept.enter_context(Judge()))
        try:
            return _grade(_judges[0], task)
        except BaseException:
            _judges.clear()
            _kept.close()
            raise
