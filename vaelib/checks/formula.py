"""A function of tensors that an assignment asks for, judged from a description of it.

A `Formula` says what the function is given, what is right element by element, what becomes of the
elements, and which mistakes people make in either. From it come the checks of shape, values,
gradients and small print, and the cause that a message names: the one known mistake that gives
the learner's values. Only inputs are random, and bounds lie above what rounding and a floor of
1e-4 on sigma do to a right answer: none fails by chance.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

import torch
from torch import Tensor

from vaelib.checks.harness import (
    GRAD_MODES,
    CheckFailed,
    call,
    gradients,
    same_device,
    shaped,
    unchanged,
    unsteady,
)

DTYPES = (torch.float32, torch.float64)
NEGATIVE = "the square root or the logarithm of a negative number: logvar may be negative"
CLAMPED = "logvar or sigma is clamped too tightly: logvar from -10 to 10 must stay as it is"

Inputs = tuple[Tensor, ...]


@dataclass(frozen=True)
class Case:
    """Inputs at which answers go wrong.

    Parameters
    ----------
    what : str
        The words for them, such as "300 images of 130 dimensions".
    inputs : tuple of Tensor
        What the function is given.
    edge : bool
        Whether a value that is wrong here costs its points among the values, and not its
        gradient's too; and whether a floor on sigma shows here.
    likely : str
        What it means that the value is wrong here, where none of the known mistakes explains it.
    """

    what: str
    inputs: Inputs
    edge: bool = False
    likely: str = ""


@dataclass(frozen=True)
class Formula:
    """What is asked; in its tables "" is the right way, and every other key names a mistake.

    Parameters
    ----------
    call : str
        Such as "kl_divergence(mu, logvar)".
    names : tuple of str
        Those of the arguments, logvar last.
    draw : callable
        Returns random inputs of so many rows and columns and of a dtype, logvar between -2 and 2.
    each : mapping
        What one element gives.
    reduce : mapping
        What becomes of the elements (batch, latent_dim).
    allowed : callable
        What rounding and a floor on sigma may change of a right element, which it is given first.
    never_less : bool
        Whether they change it upwards alone, rounding aside.
    strict : bool
        Whether the checks of values judge dtype and shape of a single row too.
    row, unit : str
        What a row is called, and the unit of a value.
    loose : tuple of float
        The relative and the absolute tolerance of gradients at an edge.
    terms : mapping
        The terms of an element, each with its weight in the formula, and some that others write.
    """

    call: str
    names: tuple[str, ...]
    draw: Callable[[int, int, torch.dtype], Inputs]
    each: Mapping[str, Callable[..., Tensor]]
    reduce: Mapping[str, Callable[[Tensor], Tensor]]
    allowed: Callable[..., Tensor]
    never_less: bool = False
    strict: bool = True
    row: str = "image"
    unit: str = ""
    loose: tuple[float, float] = (2e-3, 1e-3)
    terms: Mapping[str, tuple[float, Callable[..., Tensor]]] = field(default_factory=dict)

    def right(self, *inputs: Tensor) -> Tensor:
        """Return the right result, in float64."""
        return self.reduce[""](self.each[""](*(part.double() for part in inputs)))

    def truth(self, inputs: Inputs) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return the right result, and by how much a value may be smaller and larger than that."""
        inputs = tuple(part.double() for part in inputs)
        each = self.each[""](*inputs)
        right = self.reduce[""](each)
        with torch.no_grad():
            more = self.reduce[""](self.allowed(each, *inputs))
            return right, (1e-5 * (1 + right.abs()) if self.never_less else more, more)

    def case(self, rows: int, columns: int, dtype: torch.dtype) -> Case:
        """Return random inputs of that size, and the words for them."""
        dimensions = f" of {columns} dimensions" if columns > 1 else ""
        what = f"{rows} {self.row}{'s' if rows > 1 else ''}{dimensions}"
        return Case(what, self.draw(rows, columns, dtype))

    def judged(
        self, asked: str, candidate: Any, value: Any, right: Tensor, inputs: Inputs
    ) -> Tensor:
        """Return the learner's result if its shape is right; name the cause if it is not."""
        if isinstance(value, Tensor) and value.shape != right.shape:
            single = inputs[0].ndim and len(inputs[0]) == 1
            if single and value.numel() == right.numel() and not self.strict:
                return shaped(asked, value.reshape(right.shape), tuple(right.shape))
            given = ", ".join(
                f"{name} {tuple(part.shape)}" for name, part in zip(self.names, inputs, strict=True)
            )
            likely = self.cause(asked, candidate, wrong_shape=True)
            if not likely and single and right.ndim and value.ndim == 0:
                likely = f"`squeeze()` drops the batch's dimension too, if there is one {self.row}"
            raise CheckFailed(
                asked,
                f"for {given} the result has shape {tuple(value.shape)}, expected "
                f"{tuple(right.shape)}",
                likely,
            )
        return shaped(asked, value, tuple(right.shape))

    def cause(self, asked: str, candidate: Any, wrong_shape: bool = False) -> str:
        """Return what gives the learner's values in two batches: a mistake or two, a factor, or "".

        Two sizes, since 7 - 1 is 2 * 3; and some mistakes are NaN where logvar is negative.
        """
        some, (*others, last) = self.draw(7, 3, torch.float64), self.draw(11, 4, torch.float64)
        batches = some, (*others, last.abs())
        try:
            found = [call(asked, candidate, *_copies(inputs)) for inputs in batches]
        except CheckFailed:
            return ""
        elements = {name: [each(*inputs) for inputs in batches] for name, each in self.each.items()}
        fitting = [
            "; ".join(filter(None, (name, reduction)))
            for (name, values), (reduction, reduce) in product(
                elements.items(), self.reduce.items()
            )
            if all(_equal(f, reduce(v)) for f, v in zip(found, values, strict=True))
        ]
        if not fitting and not wrong_shape:
            fitting = _factor(found, [self.right(*inputs) for inputs in batches])
            with suppress(CheckFailed):
                fitting = fitting or self.weights(asked, candidate)
                if not fitting and (told := self.unsteady(asked, candidate)):
                    fitting = [told]
        if not fitting and wrong_shape:  # which may tell the reduction, whatever the formula
            shape = getattr(found[0], "shape", None)
            right = self.each[""](*some)
            fitting = [name for name, reduce in self.reduce.items() if reduce(right).shape == shape]
        return fitting[0] if len(fitting) == 1 else ""

    def weights(self, asked: str, candidate: Any) -> list[str]:
        """Return with which weights the terms give the learner's values, if some do exactly."""
        batches = [self.draw(2 + at, 1 + 5 * at % 7, torch.float64) for at in range(12)]
        found = [call(asked, candidate, *_copies(inputs)) for inputs in batches]
        for reduction, reduce in self.reduce.items():
            terms = [[reduce(term(*b)) for _, term in self.terms.values()] for b in batches]
            if not self.terms or any(
                not isinstance(value, Tensor) or value.shape != some[0].shape
                for value, some in zip(found, terms, strict=True)
            ):
                continue
            values = torch.cat([value.detach().double().flatten() for value in found])
            known = torch.cat([torch.stack([t.flatten() for t in some], 1) for some in terms])
            if not bool(values.isfinite().all() and known.isfinite().all()):
                continue
            own = torch.linalg.lstsq(known, values[:, None]).solution[:, 0]
            if bool(own[:-1].abs().max() > 1e-6) and torch.allclose(
                known @ own, values, rtol=1e-6, atol=1e-6
            ):
                asks = _sum(self.terms, [weight for weight, _ in self.terms.values()])
                told = f"what is added up is {_sum(self.terms, own.tolist())}; the formula: {asks}"
                return ["; ".join(filter(None, (told, reduction)))]
        return []

    def unsteady(self, asked: str, candidate: Any) -> str:
        """Return why the same inputs give another value in another call, if they do."""
        inputs = self.draw(7, 3, torch.float64)

        def again() -> Tensor:
            value = call(asked, candidate, *_copies(inputs))
            return value if isinstance(value, Tensor) else inputs[0]

        return unsteady(again, "value", "the formula has no noise")

    def bounded(self, asked: str, candidate: Any) -> str:
        """Return what is clamped, if it makes no difference how far out the first input is."""
        if len(self.names) == 1:
            return ""

        def at(size: float, logvar: float) -> tuple[float, bool]:
            one = torch.ones(1, 1, dtype=torch.float64)
            row = (size * one, *[0 * one] * (len(self.names) - 2), logvar * one)
            value = float(call(asked, candidate, *_copies(row)).detach().sum())
            right = float(self.right(*row).sum())
            return value, abs(value - right) <= 1e-3 * (1 + abs(right))

        far, _ = at(1e3, 0)
        if not math.isfinite(far) or far != at(2e3, 0)[0] or not (at(0.7, 0.3)[1] and at(1, -1)[1]):
            return ""
        if far == at(1e3, 5)[0]:
            return f"the result never goes beyond {far:,.6g}: it is clamped"
        return "" if at(30, 0)[1] else f"{self.names[0]} is clamped too tightly: any value counts"

    @cached_property
    def rows_over_the_range(self) -> list[tuple[Inputs, tuple[Tensor, tuple[Tensor, Tensor]]]]:
        """Single rows with logvar from -10 to 10, alone so that a loss tells of each; and truths.

        They are the same for every answer, whatever it has set; it gets copies.
        """
        with torch.inference_mode(False), torch.no_grad():
            logvar = torch.linspace(-10, 10, 41, dtype=torch.float32, device="cpu").view(-1, 1, 1)
            half = torch.full((1, 1), 0.5, dtype=torch.float32, device="cpu")
            rows = [(*[half] * (len(self.names) - 1), row) for row in logvar]
            return [(row, self.truth(row)) for row in rows]

    def over_the_range(self, asked: str, candidate: Any) -> str:
        """Return `CLAMPED`, `NEGATIVE` or how far it is right, from -10 to 10; or ""."""
        pairs = []
        for row, (right, bounds) in self.rows_over_the_range:
            value = call(asked, candidate, *_copies(row))
            if not isinstance(value, Tensor) or value.shape != right.shape:
                return ""
            found = value.detach()
            pairs.append((found.flatten(), (_off(found, right, bounds) <= 1).flatten()))
        found, fits = (torch.cat(side) for side in zip(*pairs, strict=True))
        logvar = torch.cat([row[-1][0] for row, _ in self.rows_over_the_range])
        negative = logvar < 0
        if torch.equal(found.isnan(), negative):
            return NEGATIVE
        # an end at which one value alone is wrong cannot be told from another mistake
        ends = found[~fits & negative], found[~fits & ~negative]
        flat = all(len(end) != 1 and bool((end == end[:1]).all()) for end in ends)
        middle = logvar.abs() <= 0.5
        if not bool(fits[middle].all()) or bool(fits.all()):
            return ""
        if flat:
            return CLAMPED
        low, high = (float(end) for end in logvar[fits].aminmax())
        if not torch.equal(fits, (logvar >= low) & (logvar <= high)):
            return ""
        return (
            f"it is right for logvar from {low:g} to {high:g}, and not beyond: a part of it is "
            "clamped, or a number is added to it"
        )


def check_shape(formula: Formula, candidate: Any, asked: str) -> str:
    """Check shape and dtype for batches of 7, 1 and 5 in two dtypes, and the small print.

    Like the checks below it returns what was compared.
    """
    sizes = (7, 3), (1, 5), (5, 1)
    for dtype, (rows, columns) in product(DTYPES, sizes):
        inputs = formula.draw(rows, columns, dtype)
        value, right = call(asked, candidate, *_copies(inputs)), formula.right(*inputs)
        if isinstance(value, Tensor) and value.shape == right.shape:
            _same_dtype(asked, shaped(asked, value, tuple(right.shape)), dtype)
        else:
            # that one row's may be any shape is for the checks of values
            replace(formula, strict=True).judged(asked, candidate, value, right, inputs)
    small_print = check_small_print(formula, candidate, asked)
    return f"shape and type of {len(DTYPES) * len(sizes)} results; {small_print}"


def check_small_print(formula: Formula, candidate: Any, asked: str) -> str:
    """Check that inputs stay as they are, and that the result is on their device."""
    *others, _ = formula.draw(7, 3, torch.float32)
    inputs = (*others, torch.linspace(-12, 12, 21).view(7, 3))  # `clamp_(-10, 10)` shows
    before = _copies(inputs)
    call(asked, candidate, *inputs)
    for name, given, kept in zip(formula.names, inputs, before, strict=True):
        unchanged(asked, name, given, kept)
    same_device(asked, candidate, *inputs)
    names = ", ".join(formula.names[:-1])
    return (
        f"{names and f'{names} and '}{formula.names[-1]} unchanged, the result on the same device"
    )


def check_values(
    formula: Formula,
    candidate: Any,
    asked: str,
    cases: Callable[[torch.dtype], Iterator[Case]],
) -> str:
    """Check values in every case, in two dtypes, with and without gradients."""
    compared: list[int] = []
    for dtype in DTYPES:
        for case in cases(dtype):
            right, bounds = formula.truth(case.inputs)
            compared.append(right.numel())
            for how, mode in GRAD_MODES.items():
                with mode():
                    value = call(asked, candidate, *_copies(case.inputs))
                value = formula.judged(asked, candidate, value, right, case.inputs)
                if formula.strict:
                    _same_dtype(asked, value, dtype)
                found = value.detach()
                off = _off(found, right, bounds)
                if not bool((off <= 1).all()):
                    at = int(off.flatten().argmax())
                    raise CheckFailed(
                        asked,
                        _told(formula, case, how, found, right, at),
                        formula.cause(asked, candidate)
                        or (not case.likely and formula.bounded(asked, candidate))
                        or formula.over_the_range(asked, candidate)
                        or case.likely,
                    )
    return f"{_counted('value', compared)}, each with gradients and without"


def _counted(what: str, compared: list[int]) -> str:
    return f"{sum(compared):,} {what}s in {len(compared)} batches and {len(DTYPES)} dtypes"


def _off(found: Tensor, right: Tensor, bounds: tuple[Tensor, Tensor]) -> Tensor:
    """Return how far off values are, in units of what is allowed."""
    more, (down, up) = found.double() - right, bounds
    return torch.where(more < 0, -more / down, more / up).nan_to_num(math.inf, math.inf)


def _told(formula: Formula, case: Case, how: str, found: Tensor, right: Tensor, at: int) -> str:
    """Return where a value is wrong, and what it is."""
    one, other = float(found.flatten()[at]), float(right.flatten()[at])
    digits = 5 if f"{one:.5g}" != f"{other:.5g}" else 9
    where, verb = f"for {case.what}", "it is"
    if right.numel() == case.inputs[0].numel():
        pairs = zip(formula.names, case.inputs, strict=True)
        where = "at " + ", ".join(f"{name} = {float(x.flatten()[at]):.4g}" for name, x in pairs)
    elif right.ndim:
        verb = f"the value of {formula.row} {at} is"
    return f"{where}{how} {verb} {one:.{digits}g}, expected {other:.{digits}g}{formula.unit}"


def check_gradients(
    formula: Formula,
    candidate: Any,
    asked: str,
    cases: Callable[[torch.dtype], Iterator[Case]],
) -> str:
    """Check the gradient to every input in every case, by autograd through the right formula."""
    compared: list[int] = []
    for dtype in DTYPES:
        for case in cases(dtype):
            inputs = _leaves(case.inputs)
            right, bounds = formula.truth(inputs)
            if right.ndim and len(right) == 1 and not formula.strict:
                continue  # the shape of one row is judged by `check_shape`
            # copies, since work in place costs its points there too
            value = call(asked, candidate, *_copies(inputs))
            torch.set_grad_enabled(True)  # the answer may have switched it off
            value = formula.judged(asked, candidate, value, right, inputs)
            fits = _off(value.detach(), right.detach(), bounds) <= 1
            if case.edge and right.ndim and not bool(fits.all()):
                kept = fits.flatten(1).all(dim=1) if fits.ndim > 1 else fits
                if not bool(kept.any()):
                    continue
                inputs = _leaves(tuple(part[kept] for part in case.inputs))
                right = formula.right(*inputs)
                value = call(asked, candidate, *_copies(inputs))
                torch.set_grad_enabled(True)
                value = formula.judged(asked, candidate, value, right, inputs)
            # of one number, times the rows: then a slope is as large as one row's; and none so
            # large that what is allowed, which is not multiplied, is passed by a floor on sigma
            rows = torch.tensor(1.0 * len(inputs[0]))
            weight = torch.randn(right.shape).clamp(-3, 3) if right.ndim else rows
            found = gradients(asked, value, weight.to(value.dtype), *inputs)
            torch.set_grad_enabled(True)
            expected = torch.autograd.grad(right, inputs, weight.double())
            rtol, atol = formula.loose if case.edge else (1e-3, 1e-3)
            floored = _floored(formula, inputs, weight) if case.edge else expected
            wrong = [
                not bool(
                    (
                        (one - other).abs() <= atol + rtol * other.abs() + 2 * (low - other).abs()
                    ).all()
                )
                for one, other, low in zip(found, expected, floored, strict=True)
            ]
            if any(wrong):
                at = wrong.index(True)
                off = (found[at] - expected[at]).abs().nan_to_num(math.inf, math.inf)
                one, other = (float(g[at].flatten()[int(off.argmax())]) for g in (found, expected))
                raise CheckFailed(
                    asked,
                    f"for {case.what} the gradient to {formula.names[at]} is {one:z.4f} at an "
                    f"element where it should be {other:z.4f}",
                    # values that are wrong in a known way explain the gradient as well
                    formula.cause(asked, candidate)
                    or _cut(formula, asked, candidate, case, found, at),
                )
            compared.append(sum(one.numel() for one in found))
    return _counted("slope", compared)


def _floored(formula: Formula, inputs: Inputs, weight: Tensor) -> tuple[Tensor, ...]:
    """Return the right gradients where 1e-4 is added to sigma, which a right answer may do."""
    *others, logvar = inputs
    right = formula.right(*others, 2 * ((0.5 * logvar.double()).exp() + 1e-4).log())
    return torch.autograd.grad(right, inputs, weight.double())


def _cut(
    formula: Formula, asked: str, candidate: Any, case: Case, found: list[Tensor], wrong: int
) -> str:
    """Return why no gradient reaches that input, after a test of it; "" if one does."""
    cut = [at for at, gradient in enumerate(found) if not bool(gradient.any())]
    cut = cut if wrong in cut else []
    names = ", ".join(formula.names[at] for at in cut)

    def tells_apart(inputs: Inputs, others: Inputs) -> bool:
        mixed = tuple(others[at] if at in cut else part for at, part in enumerate(inputs))
        one, other = (call(asked, candidate, *_copies(given)) for given in (inputs, mixed))
        return not torch.equal(one, other)

    nudged = tuple(part + 0.01 * torch.randn_like(part) for part in case.inputs)
    if cut and tells_apart(case.inputs, nudged):
        return f"no gradient reaches {names}: detached (`.detach()`, `.data`, `.item()`) or rounded"
    if cut and not tells_apart(*(formula.draw(7, 3, torch.float64) for _ in range(2))):
        return f"{names} {'is' if len(cut) == 1 else 'are'} not used"
    return ""


def _factor(found: list[Any], right: list[Tensor]) -> list[str]:
    """Return the cause of values that are all the right ones times one number; [] if none is."""
    if any(
        not isinstance(f, Tensor) or f.shape != r.shape for f, r in zip(found, right, strict=True)
    ):
        return []
    ratios = torch.cat([(f.detach() / r).flatten() for f, r in zip(found, right, strict=True)])
    factor = float(ratios[0])
    if not factor or not torch.allclose(ratios, torch.full_like(ratios, factor), rtol=1e-4, atol=0):
        return []
    parts = round(1 / factor)
    whole = parts > 1 and abs(factor * parts - 1) < 1e-4
    told = f"divided by {parts}" if whole else f"times {factor:.4g}"
    return [f"every value is the right one {told}"]


def _sum(names: Iterable[str], weights: Sequence[float]) -> str:
    """Return a weighted sum in words; terms that count for nothing are left out."""
    parts = [
        f"{'-' if w < 0 else '+'} {abs(w):.4g}" + (f" * {name}" if name != "1" else "")
        for name, w in zip(names, weights, strict=True)
        if abs(w) > 1e-5
    ]
    told = " ".join(parts)
    return "-" + told[2:] if told.startswith("- ") else told.removeprefix("+ ")


def _same_dtype(asked: str, value: Tensor, dtype: torch.dtype) -> None:
    if value.dtype != dtype:
        raise CheckFailed(asked, f"for inputs of {dtype} the result is {value.dtype}")


def _leaves(inputs: Inputs) -> Inputs:
    return tuple(part.detach().requires_grad_() for part in inputs)


def _copies(inputs: Inputs) -> Inputs:
    return tuple(part.clone() for part in inputs)


def _equal(found: Any, predicted: Tensor) -> bool:
    return (
        isinstance(found, Tensor)
        and found.shape == predicted.shape
        and torch.allclose(found.double(), predicted, rtol=1e-4, atol=1e-5, equal_nan=True)
    )
