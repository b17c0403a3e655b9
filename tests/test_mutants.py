"""Every small change of a right answer fails a check, or stands in EQUIVALENT with the reason.

A mutant differs from the answer in one place: an operator, a constant, a dimension, a name, a
function, a line that is missing, a gradient that is cut. Where a check would train for half a
second it is left out: what survives the other checks survives here.
"""

import ast
import functools
import inspect
from contextlib import ExitStack, contextmanager
from unittest import mock

import pytest
from answers import BANKS, TRAINING, load, ours, run

import vaelib
from vaelib.assignments import elbo, encoder, sampling
from vaelib.checks.formula import Formula


def before(assignment, piece):
    """Return the textbook's function that stands before an answer."""
    body = ast.parse(BANKS[assignment].before).body
    return next(ast.unparse(node) for node in body if getattr(node, "name", "") == piece)


ORIGINALS = {
    "Sampling": ("sampling", vaelib.Sampling),
    "Sampling, addcmul": ("sampling", ours("sampling", "addcmul").source),
    "kl_divergence": ("kl_loss", vaelib.kl_divergence),
    "kl_divergence, as in the paper": ("kl_loss", ours("kl_loss", "paper").source),
    "kl_loss": ("kl_loss", vaelib.kl_loss),
    "kl_loss, whole formula": ("kl_loss", ours("kl_loss", "loss: whole formula").source),
    "Encoder": ("encoder", ours("encoder", "textbook").source),
    "Encoder, one layer cut in two": ("encoder", ours("encoder", "one layer, cut in two").source),
    "std_from_logvar": ("log_variance", vaelib.std_from_logvar),
    "gaussian_log_prob": ("log_variance", vaelib.gaussian_log_prob),
    "negative_elbo": ("elbo", before("elbo", "negative_elbo")),
    "train_step": ("elbo", before("elbo", "train_step")),
}
OTHER_NAMES = {
    "exp": ("expm1", "exp2", "sigmoid"),
    "expm1": ("exp",),
    "randn_like": ("rand_like", "zeros_like", "ones_like"),
    "addcmul": ("addcdiv",),
    "square": ("abs",),
    "sum": ("mean", "amax"),
    "mean": ("sum", "median"),
    "mu": ("logvar",),
    "logvar": ("mu",),
    "std": ("logvar", "eps"),
    "eps": ("std", "mu"),
    "relu": ("tanh", "sigmoid", "neg", "square"),
    "hidden": ("in_features", "latent_dim"),
    "in_features": ("hidden", "latent_dim"),
    "latent_dim": ("hidden", "in_features"),
    "squares": ("logvar",),
    "z": ("mu",),
    "pi": ("e",),
    "log": ("sqrt", "exp"),
    "logits": ("x",),
    "x": ("logits",),
    "reconstruction": ("kl",),
    "kl": ("reconstruction",),
    "binary_cross_entropy_with_logits": ("binary_cross_entropy", "mse_loss", "l1_loss"),
    "loss": ("logits",),
    "zero_grad": ("step",),
    "step": ("zero_grad",),
}
OTHER_STRINGS = {"none": ("mean", "sum")}
NOISE_HAS_NONE, SHAPE_ALONE = "noise has no gradient", "only shape, dtype and device are used"
ANY_ACTIVATION = "any nonlinearity will do"
EQUIVALENT = {  # the expression that differs, and why the mutant is right
    "randn_like(std).detach()": NOISE_HAS_NONE,
    "randn_like(mu).detach()": NOISE_HAS_NONE,
    "eps.detach()": NOISE_HAS_NONE,
    "randn_like(std.detach())": SHAPE_ALONE,
    "randn_like(mu.detach())": SHAPE_ALONE,
    "randn_like(logvar)": SHAPE_ALONE,
    "mu.detach().size(0)": SHAPE_ALONE,
    "logvar.size(0)": SHAPE_ALONE,
    "mu - std * eps": "eps and -eps have the same distribution",
    "dim=-1": "the last of two dimensions is dimension 1",
    "addcmul(mu, torch.randn_like(mu), (0.5 * logvar).exp())": "a product commutes",
    "x.detach()": "the gradient to the images is not asked for",
    "loss.detach().item()": "a Python float has no gradient",
    "chunk(2, dim=1)": "dimension 1 is the last of two",
    "chunk(2, dim=--1)": "dimension 1 is the last of two",
    "(self.logvar(h), self.mu(h))": "a layer's name does not matter",
    "torch.tanh(": ANY_ACTIVATION,
    "torch.sigmoid(self.": ANY_ACTIVATION,
    "torch.square(self.": ANY_ACTIVATION,
}


def plain(original):
    """Return the tree of a function or class without docstrings, annotations and validation."""
    tree = ast.parse(original if isinstance(original, str) else inspect.getsource(original))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            node.body = [line for line in node.body if _needed(line)]
            node.args.defaults = []
        if isinstance(node, ast.ClassDef):
            node.body = [part for part in node.body if isinstance(part, ast.FunctionDef)]
        if isinstance(node, ast.arg):
            node.annotation = None
    return tree


def _needed(line):
    text = ast.unparse(line)
    if isinstance(line, ast.Expr):
        return isinstance(line.value, ast.Call) and not text.startswith("require_")
    return isinstance(line, ast.Assign | ast.Return) and "widen" not in text


def changes(node):
    """Yield what could stand in the place of an expression."""
    if isinstance(node, ast.BinOp):
        for operator in (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow):
            if not isinstance(node.op, operator):
                yield ast.BinOp(node.left, operator(), node.right)
        yield from (node.left, node.right)
    if isinstance(node, ast.UnaryOp):
        yield node.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        others = (0, 1, -node.value, 2 * node.value, node.value / 2, node.value + 1)
        yield from (ast.Constant(value) for value in others if value != node.value)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from (ast.Constant(value) for value in OTHER_STRINGS.get(node.value, ()))
    if isinstance(node, ast.Attribute):
        for name in OTHER_NAMES.get(node.attr, ()):
            yield ast.Attribute(node.value, name, node.ctx)
    if isinstance(node, ast.Name):
        yield from (ast.Name(name, node.ctx) for name in OTHER_NAMES.get(node.id, ()))
    if isinstance(node, ast.BinOp | ast.Call) or getattr(node, "id", "") in OTHER_NAMES:
        yield ast.Call(ast.Attribute(node, "detach", ast.Load()), [], [])
    if isinstance(node, ast.Tuple):
        yield ast.Tuple(node.elts[::-1], node.ctx)
        yield from node.elts
    if isinstance(node, ast.Call):
        for at in range(len(node.args) - 1):
            swapped = [*node.args[:at], node.args[at + 1], node.args[at], *node.args[at + 2 :]]
            yield ast.Call(node.func, swapped, node.keywords)
        for keyword in node.keywords:
            rest = [other for other in node.keywords if other is not keyword]
            yield ast.Call(node.func, node.args, rest)


class Swap(ast.NodeTransformer):
    """Put one node in the place of another."""

    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)


def mutants(tree):
    """Yield each source that differs from the tree in one place, and from the others."""
    original = ast.unparse(tree)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    seen = {original}
    for function in functions:
        for node in [node for line in function.body for node in ast.walk(line.value)]:
            for new in changes(node):
                source = ast.unparse(ast.fix_missing_locations(Swap(node, new).visit(tree)))
                Swap(new, node).visit(tree)
                if source not in seen:
                    seen.add(source)
                    yield source
        lines = function.body
        for at in range(len(lines)):
            function.body = lines[:at] + lines[at + 1 :] or [ast.Pass()]
            yield ast.unparse(tree)
            function.body = lines
    assert ast.unparse(tree) == original


def skills(subject, source):
    """Return the checks of the piece that a source defines, cheapest first."""
    judged = BANKS[subject].judged
    return [
        skill
        for skill, piece in judged.items()
        if skill not in TRAINING and (f"def {piece}(" in source or f"class {piece}(" in source)
    ]


@contextmanager
def undiagnosed():
    """Leave out the diagnoses: they cost more time than the verdicts."""
    with ExitStack() as stack:
        for checks, cause in (
            *((checks, "_cause") for checks in (sampling, elbo)),
            *((Formula, cause) for cause in ("cause", "over_the_range")),
            (encoder, "_activation"),
        ):
            stack.enter_context(mock.patch.object(checks, cause, lambda *_, **__: ""))
        yield


@functools.cache
def survivors(name):
    """Return how many mutants an original has, and those that no check fails."""
    subject, original = ORIGINALS[name]
    sources = list(mutants(plain(original)))
    alive = []
    with undiagnosed():
        for source in sources:
            names = load(subject, source, "mutant")
            if not any(run(subject, skill, names) for skill in skills(subject, source)):
                alive.append(source)
    return len(sources), tuple(alive)


@pytest.mark.slow
@pytest.mark.parametrize("name", ORIGINALS)
def test_every_mutant_dies_or_is_known_to_be_right(name):
    number, alive = survivors(name)
    assert number >= 10
    assert not [s for s in alive if not any(known in s for known in EQUIVALENT)]


@pytest.mark.slow
@pytest.mark.parametrize("known", EQUIVALENT)
def test_every_exception_for_mutants_is_needed(known):
    alive = [source for name in ORIGINALS for source in survivors(name)[1]]
    assert any(known in source for source in alive), "no survivor has it: take it off the list"
