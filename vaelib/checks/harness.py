"""How a learner's code is run and judged: fairly, quietly, and with a message that helps."""

import functools
import inspect
import linecache
import os
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

import torch
from torch import Tensor

from vaelib.checks import guard
from vaelib.checks.errors import text_of
from vaelib.checks.gpu import PretendGPU
from vaelib.checks.guard import (
    TimeIsUp,
    answering,
    locked,
    pardoned,
    quiet,
    start_from,
    time_limit,
    torch_defaults,
    uncompiled,
)
from vaelib.checks.replace import standing_in

STANDARD_ERRORS = 6.0  # two-sided false alarm of one comparison: 2e-9

# How an answer may be called: the mode of a module, and what torch is told about gradients.
GRAD_MODES: dict[str, Callable[[], Any]] = {
    "": torch.enable_grad,
    " under `torch.no_grad()`": torch.no_grad,
    " under `torch.inference_mode()`": torch.inference_mode,
}

Check = TypeVar("Check", bound=Callable[..., str])


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


class Passed(str):
    """What a check has compared, shown where it is the last value of a cell or a prompt's line."""

    def __repr__(self) -> str:
        return f"passed: {self}"

    def _ipython_display_(self) -> None:
        """Print it: to nbgrader a cell's value is a claim to part of its points."""
        print(repr(self))


UNFINISHED = "It still raises NotImplementedError: write your code in place of that line."


def check(*references: Any, read: str) -> Callable[[Check], Check]:
    """Make a function `check(candidate, seed)` into a check that learners can call.

    It returns what it has compared. From an unfinished answer NotImplementedError passes through;
    a notebook shows one sentence of it, not its frames.

    Inside it, what the candidate prints, draws, logs or warns is dropped, torch starts from its
    defaults and from `seed`, the time is limited, and vaelib's own versions of what the
    assignment asks for (`references`) refuse to work. Afterwards all of that is as it was.
    """

    def decorate(function: Check) -> Check:
        @functools.wraps(function)
        def judged(candidate: Any, seed: int = 0) -> Passed:
            try:
                # the time limit inside the others: it must not ring while they put things back
                with (
                    quiet(),
                    torch_defaults(seed),
                    uncompiled(),
                    locked(references),
                    time_limit(),
                ):
                    return Passed(function(candidate, seed))
            except NotImplementedError as error:
                error._render_traceback_ = lambda: [UNFINISHED]  # type: ignore[attr-defined]
                raise
            except CheckFailed as failure:
                failure.read = failure.read or read
                raise failure.with_traceback(None) from None
            except TimeIsUp as error:
                asked = "an answer in reasonable time"
                raise CheckFailed(asked, _late(error), TOO_SLOW, read) from None

        return judged  # type: ignore[return-value]

    return decorate


_FIXED_DEVICE = (
    "something is made on one device whatever the inputs' device: use the `_like` functions, or "
    "`device=` with the device of an input"
)
_FIXED_SIZE = (
    "784 is written into the code: sizes come from the arguments, and checks use others too"
)
TOO_SLOW = "an endless loop, or steps that are far too slow"
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
    "bitwise_xor": "`^` is no power in Python: write `**`",
    "more than 1 value per channel": (
        "batch norm in train mode needs several rows, and a batch of one is asked for as well"
    ),
    "a leaf Variable that requires grad": (
        "an operation in place on an input whose gradient is wanted: leave out the underscore"
    ),
    "; `self.": "`self.` is missing: a method finds what belongs to its object as `self.name`",
    "; `__init__` has a variable": (
        "`self.` is missing in `__init__`: a variable without it ends where `__init__` does"
    ),
    "unexpected keyword argument": "the function that is called there has no such parameter",
    "Device index must not be negative": (
        "`get_device()` is -1 on the CPU, which is no device: take `.device`"
    ),
    "No module named": "a package that is not installed here: torch is enough for the answer",
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
        return answering(function, *arguments)
    except (CheckFailed, KeyboardInterrupt):
        raise
    except TimeIsUp as error:
        seen, likely = _late(error) + _where(error), TOO_SLOW
    except RecursionError as error:
        seen = f"RecursionError: a function calls itself without end{_where(error)}"
    except BaseException as error:  # SystemExit too: the learner's exit() must not end grading
        message = text_of(error)
        unfinished = isinstance(error, NotImplementedError)
        if unfinished and not any(text in message for text in _TORCH_RAISED):
            raise
        first_line = message.partition("\n")[0][:200]
        shapes = [tuple(a.shape) for a in arguments if isinstance(a, Tensor)]
        called = ""
        if shapes and any(text in message for text in ("shape", "size", "dimension")):
            called = f"; called with {', '.join(map(str, shapes))}"
        seen = f"{type(error).__name__}{first_line and ': '}{first_line}{_where(error)}{called}"
        likely = next((cause for text, cause in _CAUSES.items() if text in message), "")
        if called and "784" in first_line + _where(error) and not any(784 in s for s in shapes):
            likely = _FIXED_SIZE
        if _calls_itself(function, error):
            likely = "your function calls itself: it has the name of the one that you want to call"
        elif isinstance(error, TypeError) and not _learners_lines(error):
            likely = "the parameters are not those of the assignment (in a class, `self` is first)"
    raise CheckFailed(asked, seen, likely)


def at_once(asked: str, work: Callable[..., Any], answer: Any, *inputs: Tensor) -> Any:
    """Return `work(answer, *inputs)`: several calls of the learner's, as one.

    Where the answer runs in another process, as in the grader, `work` runs there too, and what
    it returns is one reply instead of many. It uses torch alone, and keeps the order in which
    things are told: whatever is odd about a single call is to be seen in calls of its own.
    """
    away = getattr(answer, "run_where_it_is", None)
    if away is None:
        return call(asked, work, answer, *inputs)
    return call(asked, away, work, *inputs)


def unsteady(again: Callable[[], Tensor], what: str, why: str) -> str:
    """Return that another call, with the same inputs, gives another result, if it does.

    `what` is the result's name, and `why` is the reason that it can have no noise.
    """
    found = []
    for seed in (1, 1, 2):
        start_from(seed)
        found.append(again().detach().nan_to_num())
    if not torch.equal(found[0], found[1]):
        return f"the same inputs give another {what} in the next call: it must keep no count"
    return "" if torch.equal(found[0], found[2]) else f"the {what} is random: {why}"


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
    """Raise `CheckFailed` if the learner's code wrote into its input, fresh when it was called.

    To write and then to put back is to write: torch counts how often.
    """
    # In the grader the answer writes into a copy, which is handed on beside the value.
    if hasattr(value, "written") or value._version or not torch.equal(value, before):
        raise CheckFailed(
            asked,
            f"{name} was changed by the call",
            "an operation in place: a trailing underscore (`exp_`, `mul_`), `+=`, `out=` or "
            "`.data`",
        )


def not_empty(asked: str, run: Callable[..., Tensor], *inputs: Tensor) -> None:
    """Raise `CheckFailed` if a result is a number or a plain sum of what came in.

    Such a result grows evenly as the inputs do: constants, sizes, a column, a fixed projection.
    The points for a result's form are those of an answer that tries.
    """
    one, two, three = (run(*(times * value for value in inputs)).detach() for times in (1, 2, 3))
    bend = (three - 2 * two + one).abs().max()
    if bool(bend <= 1e-5 * (one.abs() + two.abs() + three.abs()).max()):
        raise CheckFailed(
            asked,
            "the result is a number, or a plain sum of the inputs: no points without an attempt "
            "at the formula",
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
            if device == "cuda" or failure.likely == TOO_SLOW:
                raise
            continue
        if isinstance(result, Tensor) and result.device.type != device:
            raise CheckFailed(
                asked, f"with inputs on a GPU the result is on the {result.device}", _FIXED_DEVICE
            )
        return


@contextmanager
def using(
    function: Any, *checks: Callable[[Any, int], Any], **pieces: Callable[..., Any]
) -> Iterator[None]:
    """Give the learner's function the right version of another piece that it may call.

    Only where the learner's own does not pass `checks`, which are those of its own skills: what
    is right is called as the learner wrote it. Without checks it is always replaced. The right
    version takes the arguments as the learner's own would, whatever it calls them, and it stands
    in wherever the learner's own function is held: as a default argument, an attribute, an alias.
    A name that the learner took from torch (`torch.distributions.kl_divergence`) stays.
    """
    names = _names_of(function)
    trusted = getattr(function, "trusted", None)  # in the grader, which judged them before
    wrong = {
        name: piece
        for name, piece in pieces.items()
        if not checks
        or (trusted is not None and name not in trusted)
        or (trusted is None and (name not in names or not passes(names[name], *checks)))
    }
    with standing_in(names, wrong):  # in the grader again where the answer is, by this same code
        yield


def _names_of(function: Any) -> dict[str, Any]:
    """Return the global names of a function, a method, a module or another callable."""
    function = inspect.unwrap(function)  # from decorators such as `torch.compile`
    while isinstance(function, functools.partial):
        function = function.func
    if "__globals__" not in dir(function):
        kind = type(function)
        function = getattr(kind, "forward", None) or vars(kind).get("__call__", function)
    names = getattr(function, "__globals__", {})
    return names if isinstance(names, dict) else {}


def passes(piece: Any, *checks: Callable[[Any, int], Any]) -> bool:
    """Return whether a piece passes checks, run inside another: with the same random numbers."""
    with pardoned():
        for run in checks:
            try:
                inspect.unwrap(run)(piece, torch.initial_seed() % 2**31)
            except (CheckFailed, NotImplementedError):
                return False
            finally:
                torch.set_grad_enabled(True)  # the answer may have switched it off
    return True


def _late(error: TimeIsUp) -> str:
    limit = f"{guard.SECONDS:g} seconds of work"
    if isinstance(error, guard.Waits):
        limit = f"{guard.PATIENCE * guard.SECONDS:g} seconds, asleep or waiting for most of them"
    return f"it was still running after {limit}"


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
