"""How a learner's code is run and judged: fairly, quietly, and with a message that helps."""

import functools
import io
import linecache
import signal
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from typing import Any, NoReturn, TypeVar

import torch
from torch import Tensor

STANDARD_ERRORS = 6.0  # two-sided false alarm of one comparison: 2e-9
SECONDS = 20  # for one check; a right answer needs less than one

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
        super().__init__(str(self))

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

    Inside it, what the candidate prints, draws or warns is dropped, torch's generator is
    seeded and put back afterwards, the time is limited, and vaelib's own versions of what the
    assignment asks for (`references`) refuse to work.
    """

    def decorate(function: Check) -> Check:
        @functools.wraps(function)
        def judged(candidate: Any, seed: int = 0) -> None:
            try:
                with _quiet(), _time_limit(), _locked(references), torch.random.fork_rng():
                    torch.manual_seed(seed)
                    function(candidate, seed)
            except CheckFailed as failure:
                failure.read = failure.read or read
                raise failure.with_traceback(None) from None
            except _TimeIsUp:
                raise CheckFailed("an answer in reasonable time", _TIME_IS_UP, read=read) from None

        return judged  # type: ignore[return-value]

    return decorate


def call(asked: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call the learner's function; turn whatever it raises into a `CheckFailed`.

    NotImplementedError passes through: it is how an unfinished answer shows itself.
    """
    try:
        return function(*arguments)
    except (NotImplementedError, CheckFailed, KeyboardInterrupt):
        raise
    except _TimeIsUp:
        seen, likely = _TIME_IS_UP, "an endless loop"
    except RecursionError:
        seen, likely = "it called itself without end (RecursionError)", "a missing stop condition"
    except BaseException as error:  # SystemExit too: the learner's exit() must not end grading
        seen, likely = f"{type(error).__name__}: {error}{_where(error)}", ""
    raise CheckFailed(asked, seen, likely)


def tensor(asked: str, value: Any, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Return the learner's result if it is a finite tensor of that shape and dtype."""
    if value is None:
        raise CheckFailed(asked, "it returned None", "a missing `return`")
    if not isinstance(value, Tensor):
        raise CheckFailed(asked, f"it returned a {type(value).__name__}, not a torch.Tensor")
    if tuple(value.shape) != shape:
        raise CheckFailed(asked, f"the shape is {tuple(value.shape)}, expected {shape}")
    if value.dtype != dtype:
        raise CheckFailed(asked, f"the dtype is {value.dtype}, expected {dtype}")
    if value.device.type != "meta" and not bool(torch.isfinite(value).all()):
        raise CheckFailed(asked, "the result holds NaN or infinite values")
    return value


def gradients(asked: str, output: Tensor, weight: Tensor, *inputs: Tensor) -> list[Tensor]:
    """Return the gradients of sum(weight * output) with respect to the inputs, by value.

    A random weight, not a plain sum, since summing hides that rows were mixed.
    """
    if not output.requires_grad:
        raise CheckFailed(
            asked,
            "the result has no gradient at all",
            "the inputs are not used, or the graph is cut by `.sample()`, `.detach()`, "
            "`.data`, `.item()`, NumPy or `torch.no_grad()`",
        )
    found = call(asked, lambda: torch.autograd.grad(output, inputs, weight, allow_unused=True))
    return [
        torch.zeros_like(given) if gradient is None else gradient
        for given, gradient in zip(inputs, found, strict=True)
    ]


def unchanged(asked: str, name: str, value: Tensor, before: Tensor) -> None:
    """Fail if the learner's code wrote into its input."""
    if not torch.equal(value, before):
        raise CheckFailed(
            asked,
            f"{name} was changed by the call",
            "an operation in place, with a trailing underscore (`exp_`, `mul_`) or `+=`",
        )


def same_device(asked: str, run: Callable[[Tensor, Tensor], Any], *inputs: Tensor) -> None:
    """Fail if the result does not follow its inputs to another device.

    On CUDA where there is one. Elsewhere torch's storage-free `meta` device stands in: there
    only a device mismatch, or a result elsewhere, counts as wrong. Right answers may raise
    other errors on it, so then the inputs stay and the default device moves instead.
    """
    if torch.cuda.is_available():
        result = call(asked, run, *(value.cuda() for value in inputs))
        if result.device.type != "cuda":
            raise CheckFailed(asked, f"inputs on cuda, result on {result.device}")
        return
    if not _follows(asked, run, "meta", *(value.to("meta") for value in inputs)):
        with torch.device("meta"):
            _follows(asked, run, "cpu", *inputs)


def _follows(asked: str, run: Callable[..., Any], device: str, *inputs: Tensor) -> bool:
    """Return whether the probe could judge; raise where it could and the answer is wrong."""
    likely = "something is made on the CPU whatever the inputs' device; use the `_like` functions"
    try:
        result = run(*inputs)
    except NotImplementedError as error:
        # torch raises it too, for an operation that copies data out of the meta device
        if "meta tensor" not in str(error):
            raise
        raise CheckFailed(asked, f"on another device: {error}", likely) from None
    except RuntimeError as error:
        if "same device" in str(error) or "expected device" in str(error):
            raise CheckFailed(asked, f"on another device: {error}", likely) from None
        return False
    except Exception:
        return False
    if isinstance(result, Tensor) and result.device.type != device:
        raise CheckFailed(asked, f"inputs on {device}, result on {result.device}", likely)
    return True


@contextmanager
def using(function: Any, **pieces: Any) -> Iterator[None]:
    """Give the learner's function the right version of the other pieces it may call."""
    names = getattr(function, "__globals__", {})
    kept = {name: names[name] for name in pieces if name in names}
    names.update(pieces)
    try:
        yield
    finally:
        for name in pieces:
            del names[name]
        names.update(kept)


_TIME_IS_UP = f"it was still running after {SECONDS} seconds"


class _TimeIsUp(BaseException):
    """Not an Exception, so that `except Exception` in an answer cannot swallow it."""


@contextmanager
def _time_limit() -> Iterator[None]:
    """Raise `_TimeIsUp` after `SECONDS`, where the system has alarms."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() != threading.main_thread():
        yield  # nbgrader's own cell timeout is the limit then
        return

    def ring(*_: Any) -> NoReturn:
        raise _TimeIsUp

    previous = signal.signal(signal.SIGALRM, ring)
    # rings again every second: a bare `except` in a loop may have swallowed it
    signal.setitimer(signal.ITIMER_REAL, SECONDS, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@contextmanager
def _quiet() -> Iterator[None]:
    """Drop what is printed, warned or drawn: in nbgrader a line on stderr would cost marks."""
    with ExitStack() as stack:
        if "IPython" in sys.modules:
            from IPython.utils.capture import capture_output

            stack.enter_context(capture_output())
        stack.enter_context(redirect_stdout(io.StringIO()))
        stack.enter_context(redirect_stderr(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        figures = _open_figures()
        try:
            yield
        finally:
            for number in _open_figures() - figures:
                sys.modules["matplotlib.pyplot"].close(number)


def _open_figures() -> set[int]:
    """Return the numbers of pyplot's figures, without importing pyplot."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()


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


def _where(error: BaseException) -> str:
    """Return the last line of the learner's own code that the error passed through."""
    line, trace = "", error.__traceback__
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if "site-packages" not in filename and "vaelib" not in filename:
            line = linecache.getline(filename, trace.tb_lineno).strip() or line
        trace = trace.tb_next
    return f", at `{line}`" if line else ""
