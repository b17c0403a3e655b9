"""What a check touches of its process, and puts back: output, seeds, torch's defaults, the time.

A check runs a learner's code in the learner's own notebook. Each of these is a `with` block that
leaves the process as it was, whatever the code did:

- `quiet` drops what is printed, warned, logged or drawn;
- `torch_defaults` starts from torch's defaults and from a seed;
- `uncompiled` lets what `torch.compile` has made run as it is written;
- `locked` makes vaelib's own versions of the piece refuse to work;
- `time_limit` raises `TimeIsUp` in an answer that works too long.
"""

import ctypes
import io
import logging
import os
import random
import signal
import sys
import threading
import time
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    nullcontext,
    redirect_stderr,
    redirect_stdout,
)
from typing import Any, NoReturn

import numpy as np
import torch

SECONDS = 20.0  # of a core, for one check; a right answer needs less than one
PATIENCE = 15  # times as long by the clock, for an answer that sleeps


class TimeIsUp(BaseException):
    """Not an Exception, so that `except Exception` in an answer cannot swallow it."""


class Waits(TimeIsUp):
    """What struck is the clock on the wall: the answer hardly worked."""


def _queued(thread: int) -> float:
    """Return how long a thread of this process has waited for a core, if the system is Linux."""
    try:
        with open(f"/proc/self/task/{thread}/schedstat") as told:
            return int(told.read().split()[1]) / 1e9
    except OSError:
        return 0.0


def _clock(thread: int) -> float:
    """Return the time on the wall that a crowded machine does not use up."""
    return time.monotonic() - _queued(thread)


_pardoned = [0.0, 0.0]  # seconds of CPU and of the clock that are not the answer's


@contextmanager
def pardoned() -> Iterator[None]:
    """Let what happens in here cost the answer that is judged no time."""
    thread = threading.get_native_id()
    used, wall = time.thread_time(), _clock(thread)
    try:
        yield
    finally:
        _pardoned[0] += time.thread_time() - used
        _pardoned[1] += _clock(thread) - wall


def answering(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call the learner's function: only in here may a limit of time strike."""
    return function(*arguments)


@contextmanager
def time_limit() -> Iterator[None]:
    """Raise `TimeIsUp` in an answer that has had `SECONDS` of its thread's CPU.

    The clock on the wall is a last resort, for an answer that sleeps: `Waits`. On a crowded machine
    an answer waits for a core, which is not its fault, and no time of its own where Linux tells it.
    Where the system has alarms, and in the main thread, one looks at both; elsewhere (on Windows,
    in a thread of a server) another thread does, which cannot wake an answer that sleeps.
    """
    _pardoned[:] = [0.0, 0.0]
    alarm = hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread()
    with _alarm() if alarm else _watched():
        yield


def _is_up(used: float, wall: float) -> type[TimeIsUp] | None:
    spent, waited = used - _pardoned[0], wall - _pardoned[1]
    if spent > SECONDS:
        return TimeIsUp
    return Waits if waited > PATIENCE * SECONDS else None


def _in_an_answer(frame: types.FrameType | None) -> bool:
    """Return whether an answer runs: raised elsewhere, an error could stop what tidies up."""
    return any(outer.f_code is answering.__code__ for outer, _ in traceback.walk_stack(frame))


@contextmanager
def _alarm() -> Iterator[None]:
    thread = threading.get_native_id()
    used, wall = time.thread_time(), _clock(thread)

    def ring(_: int, frame: types.FrameType | None) -> None:
        late = _is_up(time.thread_time() - used, _clock(thread) - wall)
        if late and _in_an_answer(frame):
            raise late

    previous = signal.signal(signal.SIGALRM, ring)
    # rings again and again: a bare `except` in a loop may have swallowed it
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@contextmanager
def _watched() -> Iterator[None]:
    """Let another thread look at the clocks, and raise in this one."""
    thread, native, done = threading.get_ident(), threading.get_native_id(), threading.Event()
    wall = _clock(native)
    clock = getattr(time, "pthread_getcpuclockid", None)  # Windows tells no thread of another's
    used = (lambda: time.clock_gettime(clock(thread))) if clock else (lambda: 0.0)
    start = used()
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def watch() -> None:
        while not done.wait(0.05):
            late = _is_up(used() - start, _clock(native) - wall)
            if late and _in_an_answer(sys._current_frames().get(thread)):
                raise_in(ctypes.c_ulong(thread), ctypes.py_object(late))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        raise_in(ctypes.c_ulong(thread), None)  # one that is on its way


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what is printed, warned, logged or drawn.

    In nbgrader a line on stderr would cost marks, whoever wrote it: torch's C++ warnings and
    handlers of `logging` go past `sys.stderr`.
    """
    with ExitStack() as stack:
        for descriptor in (1, 2):
            _drop(descriptor, stack)
        if "IPython" in sys.modules:
            from IPython.utils.capture import capture_output

            stack.enter_context(capture_output())
        stack.enter_context(redirect_stdout(io.StringIO()))
        stack.enter_context(redirect_stderr(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.callback(logging.disable, logging.root.manager.disable)
        logging.disable()
        figures = _open_figures()
        try:
            yield
        finally:
            for number in _open_figures() - figures:
                sys.modules["matplotlib.pyplot"].close(number)


def _drop(descriptor: int, stack: ExitStack) -> None:
    """Send what is written to a file descriptor nowhere until the stack closes."""
    try:
        kept = os.dup(descriptor)
    except OSError:  # closed, as in a program without a console
        return
    stack.callback(os.close, kept)
    stack.callback(os.dup2, kept, descriptor)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), descriptor)


def _open_figures() -> set[int]:
    """Return the numbers of pyplot's figures, without importing pyplot."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()


def start_from(seed: int) -> None:
    """Set torch's generators, as `torch.manual_seed` does.

    Where there is no GPU that formats three tracebacks for later errors, and keeps them all: a
    sixth of what a check costs.
    """
    if torch.cuda.is_available():
        torch.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)


@contextmanager
def torch_defaults(seed: int) -> Iterator[None]:
    """Start from torch's defaults and from the seed; put back what an answer may have set."""
    # torch.get_default_device() fails in torch 2.4 and 2.5 once None was set.
    dtype, device = torch.get_default_dtype(), torch.empty(0).device
    grad_enabled = torch.is_grad_enabled()
    # `torch.compile` turns it off, for good and for all that is not compiled, too.
    validated = torch.distributions.Distribution._validate_args
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng():
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
        torch.distributions.Distribution.set_default_validate_args(__debug__)
        start_from(seed)
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - answers may use it
        try:
            yield
        finally:
            torch.set_default_device(None if device.type == "cpu" else device)
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(grad_enabled)
            torch.distributions.Distribution.set_default_validate_args(validated)
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002


def uncompiled() -> AbstractContextManager[Any]:
    """Let what `torch.compile` has made run as it is written, from torch 2.6 on."""
    # only where the answer has imported the compiler, which takes seconds
    stance = getattr(torch.compiler, "set_stance", None) if "torch._dynamo" in sys.modules else None
    return stance("force_eager") if stance else nullcontext()


@contextmanager
def locked(references: tuple[Any, ...]) -> Iterator[None]:
    """Make vaelib's own answers refuse to work, however the learner came to hold them."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        from vaelib.checks.harness import CheckFailed

        raise CheckFailed(
            "write this piece yourself", "the answer calls vaelib's own version of it"
        )

    functions = [
        reference if isinstance(reference, types.FunctionType) else reference.forward
        for reference in references
    ]
    kept = [function.__code__ for function in functions]
    for function in functions:
        function.__code__ = refuse.__code__
    try:
        yield
    finally:
        for function, code in zip(functions, kept, strict=True):
            function.__code__ = code
