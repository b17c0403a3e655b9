"""How a learner's code is run and judged: fairly, quietly, and with a message that helps."""

import functools
import inspect
import io
import linecache
import logging
import os
import random
import signal
import sys
import sysconfig
import threading
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import (
    ExitStack,
    contextmanager,
    nullcontext,
    redirect_stderr,
    redirect_stdout,
)
from typing import Any, NoReturn, TypeVar

import numpy as np
import torch
from torch import Tensor

from vaelib.checks.pretend_gpu import PretendGPU

STANDARD_ERRORS = 6.0  # two-sided false alarm of one comparison: 2e-9
SECONDS = 20.0  # for one check; a right answer needs less than one

Check = TypeVar("Check", bound=Callable[..., None])


class CheckFailed(AssertionError):
    """A check that did not pass, in four parts.

    Parameters
    ----------
    asked, seen : str
        What the assignment asks for, and what the learner's code did instead.
    likely : str
        The mistake that usually causes it; empty where the observation fits none we know.
    read : str
        Where in the book to read.
    """

    def __init__(self, asked: str, seen: str, likely: str = "", read: str = "") -> None:
        self.asked, self.seen, self.likely, self.read = asked, seen, likely, read
        super().__init__(asked, seen, likely, read)

    def __str__(self) -> str:
        parts = {
            "Asked": self.asked,
            "Seen": self.seen,
            "Likely": self.likely,
            "Read": self.read,
        }
        return "\n".join(f"{name + ':':<8}{text}" for name, text in parts.items() if text)

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook: the frames are the check's, not the learner's."""
        return [f"This check did not pass.\n{self}"]


def check(*references: Any, read: str) -> Callable[[Check], Check]:
    """Make a function `check(candidate, seed)` into a check that learners can call.

    Inside it, what the candidate prints, draws, logs or warns is dropped, torch starts from its
    defaults and from `seed`, the time is limited, and vaelib's own versions of what the
    assignment asks for (`references`) refuse to work. Afterwards all of that is as it was.
    """

    def decorate(function: Check) -> Check:
        @functools.wraps(function)
        def judged(candidate: Any, seed: int = 0) -> None:
            try:
                # the time limit inside the others: it must not ring while they put things back
                with _quiet(), _torch_defaults(seed), _locked(references), _time_limit():
                    function(candidate, seed)
            except CheckFailed as failure:
                failure.read = failure.read or read
                raise failure.with_traceback(None) from None
            except _TimeIsUp:
                asked = "an answer in reasonable time"
                raise CheckFailed(asked, _time_is_up(), _TOO_SLOW, read) from None

        return judged  # type: ignore[return-value]

    return decorate


_FIXED_DEVICE = (
    "something is made on one device whatever the inputs' device: use the `_like` functions, or "
    "`device=` with the device of an input"
)
_TOO_SLOW = "an endless loop, or steps that are far too slow"
# Errors whose cause is known, each by a part of its text.
_CAUSES = {
    "Expected all tensors to be on the same device": _FIXED_DEVICE,
    "Torch not compiled with CUDA": _FIXED_DEVICE,
    "Found no NVIDIA driver": _FIXED_DEVICE,
    'missing the required "forward"': (
        "PyTorch calls the method named `forward`, indented inside the class (Keras: `call`)"
    ),
    "has no attribute '_modules'": "`super().__init__()` is missing in `__init__`",
    "before Module.__init__() call": "`super().__init__()` must come first in `__init__`",
    "Expected parameter scale": (
        "a standard deviation is positive, a log-variance need not be: take exp(0.5 * logvar)"
    ),
    "all elements of std >= 0": (
        "a standard deviation is positive, a log-variance need not be: take exp(0.5 * logvar)"
    ),
    "all elements of input should be between 0 and 1": (
        "logits can be any number, this function takes probabilities: use `..._with_logits`"
    ),
    "Expected value argument": (
        "torch's Bernoulli refuses grey pixels, unless it is told `validate_args=False`"
    ),
    "Trying to backward through the graph a second time": (
        "`backward` ran a second time on one loss"
    ),
    "modified by an inplace operation": (
        "an operation in place overwrote what the gradient needs: leave out the underscore, and "
        "step after `backward`, not before"
    ),
    "Can't call numpy() on Tensor that requires grad": (
        "NumPy cannot pass on gradients: use torch's functions throughout"
    ),
    "tensors can be converted to Python scalars": (
        "`math` takes single numbers: use torch's functions, such as `torch.exp`"
    ),
}
# NotImplementedError is how an unfinished answer shows itself, but torch raises it as well.
_TORCH_RAISED = ("not implemented for '", "aten::", 'missing the required "forward"', "meta tensor")


def call(asked: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call the learner's function and return its result.

    Raises
    ------
    NotImplementedError
        If the answer is unfinished.
    CheckFailed
        Whatever else it raises, with the learner's line and, where it is known, the cause.
    """
    likely = ""
    try:
        return function(*arguments)
    except (CheckFailed, KeyboardInterrupt):
        raise
    except _TimeIsUp as error:
        signal.setitimer(signal.ITIMER_REAL, 0)
        seen, likely = _time_is_up(error), _TOO_SLOW
    except RecursionError as error:
        seen = f"RecursionError: a function calls itself without end{_where(error)}"
    except BaseException as error:  # SystemExit too: the learner's exit() must not end grading
        message = str(error) if any(error.args) else ""  # exit() has None
        unfinished = isinstance(error, NotImplementedError)
        if unfinished and not any(text in message for text in _TORCH_RAISED):
            raise
        first_line = message.partition("\n")[0][:200]
        seen = f"{type(error).__name__}{first_line and ': '}{first_line}{_where(error)}"
        likely = next((cause for text, cause in _CAUSES.items() if text in message), "")
        if _calls_itself(function, error):
            likely = "your function calls itself: it has the name of the one that you want to call"
        elif isinstance(error, TypeError) and not _learners_lines(error):
            likely = "the parameters are not those of the assignment (in a class, `self` is first)"
    raise CheckFailed(asked, seen, likely)


def shaped(asked: str, value: Any, shape: tuple[int, ...]) -> Tensor:
    """Return the learner's result if it is a tensor of that shape, of real numbers, on the CPU.

    Raises
    ------
    CheckFailed
        If it is anything else.
    """
    if value is None:
        raise CheckFailed(asked, "it returned None", "a missing `return`")
    if not isinstance(value, Tensor):
        raise CheckFailed(asked, f"it returned {type(value).__name__}, not a torch.Tensor")
    if tuple(value.shape) != shape:
        raise CheckFailed(asked, f"the shape is {tuple(value.shape)}, expected {shape}")
    if not value.is_floating_point():
        raise CheckFailed(asked, f"the dtype is {value.dtype}")
    if value.device.type != "cpu":
        seen = f"the inputs are on the CPU, the result is on {value.device}"
        raise CheckFailed(asked, seen, _FIXED_DEVICE)
    return value


def tensor(asked: str, value: Any, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Return the learner's result if it is a finite tensor of that shape and dtype.

    Raises
    ------
    CheckFailed
        If it is anything else.
    """
    result = shaped(asked, value, shape)
    if result.dtype != dtype:
        raise CheckFailed(asked, f"the dtype is {result.dtype}, expected {dtype}")
    if not bool(torch.isfinite(result).all()):
        raise CheckFailed(asked, "the result holds NaN or infinite values")
    return result


def gradients(asked: str, output: Tensor, weight: Tensor, *inputs: Tensor) -> list[Tensor]:
    """Return the gradients of sum(weight * output) with respect to the inputs, by value.

    A random weight, not a plain sum, since summing hides that rows were mixed.

    Raises
    ------
    CheckFailed
        If the output has no gradient at all.
    """
    if not output.requires_grad:
        raise CheckFailed(
            asked,
            "the result has no gradient at all",
            "the inputs are not used, or the graph is cut by `.sample()`, `.detach()`, "
            "`.data`, `.item()`, NumPy or `torch.no_grad()`",
        )
    with torch.enable_grad():  # the answer may have switched it off
        total = (weight * output).sum()  # for anything but a scalar torch would import sympy
    found = call(asked, lambda: torch.autograd.grad(total, inputs, allow_unused=True))
    return [
        torch.zeros_like(given) if gradient is None else gradient
        for given, gradient in zip(inputs, found, strict=True)
    ]


def unchanged(asked: str, name: str, value: Tensor, before: Tensor) -> None:
    """Raise `CheckFailed` if the learner's code wrote into its input."""
    if not torch.equal(value, before):
        raise CheckFailed(
            asked,
            f"{name} was changed by the call",
            "an operation in place: a trailing underscore (`exp_`, `mul_`), `+=`, `out=` or "
            "`.data`",
        )


# What torch says when devices do not go together.
_MISMATCHES = (
    "same device",
    "expected device",
    "device type tensor to numpy",
    "device type for generator",
)


def same_device(asked: str, run: Callable[..., Any], *inputs: Tensor) -> None:
    """Fail if the result does not follow its inputs to another device.

    On CUDA where there is one. Elsewhere `meta` stands in, and there only a device mismatch or
    a result elsewhere counts: after any other error the answer gets a second try, in which 0 is
    read back instead of 1, and then the benefit of the doubt.

    Raises
    ------
    CheckFailed
        If the result does not follow.
    """
    device = "cuda" if torch.cuda.is_available() else "meta"
    moved = [value.to(device) for value in inputs]
    for fill in (1, 0):  # validation by torch.distributions wants 1, `isnan` guards want 0
        try:
            with PretendGPU(fill) if device == "meta" else nullcontext():
                result = call(asked, run, *moved)
        except CheckFailed as failure:
            if any(text in failure.seen for text in _MISMATCHES):
                seen = failure.seen.replace("meta device", "cuda device")
                seen = seen.replace("device meta", "device cuda")
                raise CheckFailed(asked, f"on a GPU: {seen}", _FIXED_DEVICE) from None
            if device == "cuda" or failure.likely == _TOO_SLOW:
                raise
            continue
        if isinstance(result, Tensor) and result.device.type != device:
            raise CheckFailed(
                asked, f"with inputs on a GPU the result is on the {result.device}", _FIXED_DEVICE
            )
        return


@contextmanager
def using(function: Any, **pieces: Any) -> Iterator[None]:
    """Give the learner's function the right version of the other pieces it may call.

    A name that the learner took from torch (`torch.distributions.kl_divergence`) stays.
    """
    function = inspect.unwrap(function)  # from decorators such as `torch.compile`
    while isinstance(function, functools.partial):
        function = function.func
    names = getattr(function, "__globals__", {})
    kept = {name: names[name] for name in pieces if name in names}
    for name, piece in pieces.items():
        if not str(getattr(kept.get(name), "__module__", "")).startswith("torch."):
            names[name] = piece
    try:
        yield
    finally:
        for name in pieces:
            names.pop(name, None)
        names.update(kept)


class _TimeIsUp(BaseException):
    """Not an Exception, so that `except Exception` in an answer cannot swallow it."""


def _time_is_up(error: BaseException | None = None) -> str:
    return f"it was still running after {SECONDS:g} seconds{_where(error) if error else ''}"


@contextmanager
def _time_limit() -> Iterator[None]:
    """Raise `_TimeIsUp` after `SECONDS`, where the system has alarms."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() != threading.main_thread():
        yield  # nbgrader's own cell timeout is the limit then
        return

    def ring(_: int, frame: types.FrameType | None) -> None:
        # only within an answer: raised elsewhere, it could stop what puts the process in order
        if any(outer.f_code is call.__code__ for outer, _ in traceback.walk_stack(frame)):
            raise _TimeIsUp

    previous = signal.signal(signal.SIGALRM, ring)
    # rings again and again: a bare `except` in a loop may have swallowed it
    signal.setitimer(signal.ITIMER_REAL, SECONDS, 0.01)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@contextmanager
def _quiet() -> Iterator[None]:
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


@contextmanager
def _torch_defaults(seed: int) -> Iterator[None]:
    """Start from torch's defaults and from the seed; put back what an answer may have set."""
    dtype, device = torch.get_default_dtype(), torch.get_default_device()
    grad_enabled = torch.is_grad_enabled()
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng():
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - answers may use it
        try:
            yield
        finally:
            torch.set_default_device(None if device.type == "cpu" else device)
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(grad_enabled)
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002


@contextmanager
def _locked(references: tuple[Any, ...]) -> Iterator[None]:
    """Make vaelib's own answers refuse to work, however the learner came to hold them."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        from vaelib.checks.judging import CheckFailed

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


_NOT_THE_LEARNERS = (sysconfig.get_path("stdlib"), os.path.dirname(os.path.dirname(__file__)))


def _learners_lines(error: BaseException) -> list[str]:
    """Return the lines of the learner's own code that the error passed through.

    An error from a process that runs answers for a grader brings them along.
    """
    if isinstance(lines := getattr(error, "learners_lines", None), list):
        return lines
    return [
        linecache.getline(frame.f_code.co_filename, number).strip()
        for frame, number in traceback.walk_tb(error.__traceback__)
        if "-packages" not in frame.f_code.co_filename
        and not frame.f_code.co_filename.startswith(_NOT_THE_LEARNERS)
    ]


def _where(error: BaseException) -> str:
    lines = [line for line in _learners_lines(error) if line]  # a plain prompt keeps no source
    return f", at `{lines[-1]}`" if lines else ""


def _calls_itself(function: Any, error: BaseException) -> bool:
    """Return whether the error passed through the learner's function more than once."""
    if getattr(error, "calls_itself", False) is True:  # as that process saw it
        return True
    code = getattr(function, "__code__", None)
    return sum(frame.f_code is code for frame, _ in traceback.walk_tb(error.__traceback__)) > 1
