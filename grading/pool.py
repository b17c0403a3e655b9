"""Who grades: processes on this machine or a Dask cluster, each with a judge of its own.

Both are pools of futures. A process that dies, hangs or cannot judge is replaced by the pool, and
its submission is tried once more.
"""

import functools
import multiprocessing.util
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pebble import ProcessExpired, ProcessPool

from grading import limits
from grading.jail.outside import Jail, JailError
from grading.submission import Submission
from grading.verdict import Graded, GradingError, Verdict

if TYPE_CHECKING:  # both import torch
    from grading.judge import Judge
    from vaelib.checks.answer import Release


class PoolError(GradingError):
    """Nobody is there to grade."""


class Task(NamedTuple):
    """One submission to grade: plain data, so that it can travel."""

    submission: Submission
    secret: bytes
    release: "tuple[Release, ...]"
    course: Path | None = None  # where the process starts, if None
    jailed: bool = True


def unjudged(submission: Submission, kind: str, reason: str) -> Graded:
    """Return a result without points: staff are told why, and nothing is scored 0."""
    from vaelib.assignments import find

    skills = tuple(
        Verdict(skill.grade_id, None, skill.points, kind, reason)
        for skill in find(submission.assignment).skills
    )
    return Graded(submission.learner, submission.assignment, skills, 0.0)


_ahead: list[ProcessPool] = []


def begin(count: int, course: Path, jailed: bool) -> None:
    """Start the processes of `on_this_machine`, and the judge of one, ahead of the tasks."""
    pool = _pool(count)
    pool.schedule(_judge, args=[course, jailed])  # its errors come again with the first task
    _ahead.append(pool)


def _pool(count: int) -> ProcessPool:
    spawn = multiprocessing.get_context("spawn")  # a fork would share the gradebook's connection
    return ProcessPool(max_workers=count, context=spawn)


def on_this_machine(tasks: Iterable[Task], count: int) -> Iterator[Graded]:
    """Grade with `count` processes; yield as results come.

    Raises
    ------
    JailError, PoolError
        If there can be no jail here, or the processes die before they can grade.
    """
    waiting, left = dict[str, Task](), iter(tasks)

    def noted() -> Iterator[Task]:
        yield from list(waiting.values())
        for task in left:
            waiting[task.submission.learner] = task
            yield task

    barren = 0  # pools that broke, one after the other, without a result
    while True:
        pool = _ahead.pop() if _ahead else _pool(count)

        def start(task: Task, pool: Any = pool) -> "Future[Graded]":
            # as bytes: what kills a process that unpickles it must not kill the pool
            future: Future[Graded] = pool.schedule(
                _unpack, args=[pickle.dumps(task), task.course, task.jailed], timeout=limits.LOST
            )
            return future

        try:  # not all at once: memory stays flat
            alive = functools.partial(getattr, pool, "active")
            for graded in _run(noted(), 2 * count, start, limits.START, alive):
                barren = 0
                del waiting[graded.learner]
                yield graded
            pool.close()
            return
        except JailError:
            raise
        except RuntimeError as error:
            # A process that dies at a bad moment, with the pool's lock or half a result sent,
            # takes the pool along: what it had not graded goes to a new one.
            barren += 1
            if barren == 2:
                raise PoolError(f"the pool of processes broke twice: {error}") from None
        finally:
            pool.stop()
            pool.join()


def on_a_cluster(tasks: Iterable[Task], address: str) -> Iterator[Graded]:
    """Grade on the Dask cluster whose scheduler is at `address`; yield as results come.

    The cluster's processes need this course's folder and environment, and one thread each:
    `dask worker ADDRESS --nthreads 1 --nworkers 16`.

    Raises
    ------
    JailError, PoolError
        If there can be no jail on one of its machines, or there is no cluster.
    """
    try:
        from distributed import Client

        client = Client(address, timeout=limits.CLUSTER)
        client.wait_for_workers(1, timeout=limits.CLUSTER)
    except (ImportError, OSError, ValueError) as reason:  # TimeoutError is an OSError
        raise PoolError(f"no Dask cluster at {address}: {reason}") from None
    with client:
        executor = client.get_executor(pure=False, retries=1)
        yield from _run(
            (task._replace(course=None) for task in tasks),
            2 * sum(client.nthreads().values()),
            lambda task: executor.submit(_grade, task),
        )


def _run(
    tasks: Iterable[Task],
    most: int,
    start: Callable[[Task], "Future[Graded]"],
    patience: float = float("inf"),
    alive: Callable[[], bool] = lambda: True,
) -> Iterator[Graded]:
    """Keep `most` tasks going; yield each when it is done, or has failed twice."""
    queue, again, tried = iter(tasks), list[Task](), set[str]()
    going: dict[Future[Graded], Task] = {}
    until = time.monotonic() + patience
    while True:
        for task in (*again, *islice(queue, most - len(going) - len(again))):
            going[start(task)] = task
        again.clear()
        if not going:
            return
        done, _ = wait(going, timeout=1.0, return_when=FIRST_COMPLETED)
        if not alive():
            raise PoolError("it works no more")
        if done or any(future.running() for future in going):
            until = time.monotonic() + patience
        elif time.monotonic() > until:
            raise PoolError(
                f"no process has begun to grade for {patience:.0f} s; the same command goes on"
            )
        for future in done:
            task = going.pop(future)
            graded = _result(future, task)
            failed = any(skill.kind == "grader error" for skill in graded.skills)
            if failed and task.submission.learner not in tried:
                tried.add(task.submission.learner)
                again.append(task)
            else:
                yield graded


def _result(future: "Future[Graded]", task: Task) -> Graded:
    try:
        return future.result()
    except JailError:
        raise
    except ProcessExpired as error:
        reason = f"the grading process ended twice (exit status {error.exitcode})"
    except TimeoutError:
        reason = f"the grading process had not ended after {limits.LOST:.0f} s, twice"
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    return unjudged(task.submission, "grader error", reason)


_lock = threading.Lock()  # the checks set torch's global state
_kept = ExitStack()
_judges: dict[tuple[Any, ...], "Judge"] = {}


def _unpack(task: bytes, course: Path | None, jailed: bool) -> Graded:
    _judge(course, jailed)  # first: what unpickles a task imports torch
    return _grade(pickle.loads(task))  # ours, from the process that made it


def _judge(course: Path | None, jailed: bool) -> None:
    """Start this process's judge, once; it imports torch while its jail does so."""
    if (course, jailed) not in _judges:
        if not _judges:
            multiprocessing.util.Finalize(None, _end, exitpriority=1)  # `atexit` is not run here
        jail = Jail(limits.Limits(), (course or Path.cwd()).resolve(), jailed)
        _kept.push(jail)
        jail.begin()
        from grading.judge import Judge

        judge = Judge(course=course, jailed=jailed, jail=jail)
        _judges[course, jailed] = _kept.enter_context(judge)


def _end() -> None:
    """End the jails, and remove their folders, whatever the pool sends meanwhile."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _kept.close()


def _grade(task: Task) -> Graded:
    """Grade in this process."""
    with _lock:
        _judge(task.course, task.jailed)
        submission = task.submission
        try:
            return _judges[task.course, task.jailed].grade(
                submission.notebooks,
                submission.assignment,
                submission.learner,
                task.secret,
                task.release,
                submission.modules,
            )
        except BaseException:
            _judges.clear()
            _kept.close()
            raise
