"""Try the course on a GPU, and where there is none on a simulated one: `make gpu`.

    python bench/gpu.py                                # everything; status 1 if anything failed
    python bench/gpu.py book/kl solutions/elbo         # these alone

On a GPU the chapters run as they are, with their asserts. The simulated one is slow, so there
an epoch is one step, and their asserts, which speak of trained models, are left out: that finds
code tied to the CPU, and no more. Speed is measured on a GPU alone.
"""

import ast
import contextlib
import functools
import statistics
import sys
import time
import traceback
from pathlib import Path
from unittest.mock import patch

import matplotlib.pyplot as plt
import nbformat
import torch

import vaelib
from vaelib import VAE, Encoder, evaluate, fit, load_mnist
from vaelib.assignments import find, names
from vaelib.checks import CheckFailed

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests"))
from answers import load  # noqa: E402
from nbgrader_course import solution_cells  # noqa: E402
from simulated_gpu import simulated_gpu  # noqa: E402

REAL = torch.cuda.is_available()
CLOSE = 1e-5  # relative: what float32 results on the two devices may differ by


def chapters():
    """Return the stems of the chapters that run on a GPU where there is one."""
    return sorted(
        path.stem
        for path in (ROOT / "book").glob("*.ipynb")
        if "torch.cuda.is_available()" in path.read_text(encoding="utf-8")
    )


def run_chapter(stem):
    """Run a chapter's cells in this process."""
    given, notebook = {}, nbformat.read(ROOT / "book" / f"{stem}.ipynb", 4)
    once = contextlib.nullcontext() if REAL else few_steps()
    with once, plt.rc_context({"backend": "agg"}):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                tree = ast.parse(cell.source)
                tree = tree if REAL else WithoutAsserts().visit(tree)
                exec(compile(tree, f"{stem}: {cell['id']}", "exec"), given)
                plt.close("all")


class WithoutAsserts(ast.NodeTransformer):
    """Takes the asserts out of a cell."""

    def visit_Assert(self, node):
        """Put nothing in an assert's place."""
        return ast.copy_location(ast.Pass(), node)


@contextlib.contextmanager
def few_steps():
    """Let `fit` make one step an epoch, or as many as ever where a loss may count them."""

    @functools.wraps(fit)
    def short(model, images, *, batch_size=128, **named):
        size = 4 if named.get("loss") else 500
        steps = -(-len(images) // batch_size) if size == 4 else 1
        return fit(model, images[: size * steps], batch_size=size, **named)

    with patch("vaelib.fit", short), patch("vaelib.bugs.fit", short):
        yield


def differences(seed=0):
    """Return {function: largest relative difference between the GPU's results and the CPU's}.

    In float32, on fresh inputs: values and gradients, each against its own largest number.
    """
    torch.manual_seed(seed)
    mu, logvar, z = torch.randn(3, 64, 20)
    logits, x = 3 * torch.randn(64, 784), torch.rand(64, 784)
    encoder, model = Encoder(), VAE()
    calls = {
        "std_from_logvar": (vaelib.std_from_logvar, logvar),
        "gaussian_log_prob": (vaelib.gaussian_log_prob, z, mu, logvar),
        "kl_divergence": (vaelib.kl_divergence, mu, logvar),
        "kl_loss": (vaelib.kl_loss, mu, logvar),
        "reconstruction_loss": (vaelib.reconstruction_loss, logits, x),
        "negative_elbo": (vaelib.negative_elbo, logits, x, mu, logvar),
        "aggregate_log_prob": (vaelib.aggregate_log_prob, z, mu, logvar),
        "Encoder": (encoder, x),
        "Decoder": (model.decoder, z),
    }
    found = {}
    for name, (function, *inputs) in calls.items():
        here = with_gradients(function, inputs)
        if isinstance(function, torch.nn.Module):
            function.to("cuda")
        there = with_gradients(function, [value.to("cuda") for value in inputs])
        found[name] = max(
            ((b.cpu() - a).abs().max() / a.abs().max().clamp(min=1e-30)).item()
            for a, b in zip(here, there, strict=True)
        )
    return found


def with_gradients(function, inputs):
    """Return the values of a function, and the gradients of their sum where it has any."""
    leaves = [value.detach().clone().requires_grad_() for value in inputs]
    results = function(*leaves)
    results = results if isinstance(results, tuple) else (results,)
    total = sum(result.sum() for result in results)
    if total.requires_grad:
        total.backward()
    gradients = [leaf.grad for leaf in leaves if leaf.grad is not None]
    return [value.detach() for value in (*results, *gradients)]


def judge(assignment):
    """Run every check of an assignment on its worked answer."""
    given = load(assignment, "\n\n".join(solution_cells(assignment).values()))
    for skill in find(assignment).skills:
        skill.check(given[skill.piece], 0)


class InBf16(VAE):
    """Multiplies matrices in bf16; the noise and both costs stay in float32."""

    def forward(self, x):
        """Return what a VAE returns, in float32."""
        fast = torch.autocast(x.device.type, torch.bfloat16)
        with fast:
            mu, logvar = (head.float() for head in self.encoder(x))
        z = self.sampling(mu, logvar)
        with fast:
            logits = self.decoder(z)
        return logits.float(), mu, logvar


WAYS = {
    "vaelib.fit": VAE,
    "matrices in bf16": InBf16,
    "torch.compile": lambda: torch.compile(VAE()),
    "CUDA graphs": lambda: torch.compile(VAE(), mode="reduce-overhead"),
}


def speeds(device, images, ways=WAYS, epochs=3, runs=3):
    """Return {way of training: median seconds of an epoch}; the runs of all ways alternate.

    The images are on the device before. An epoch ends with numbers on the CPU, so the clock
    stops when the device is done.
    """
    images = images.to(device)
    models = {name: make().to(device) for name, make in ways.items()}
    times = {name: [] for name in ways}
    for run in range(runs + 1):
        for name, model in models.items():
            began = time.perf_counter()
            fit(model, images, epochs=epochs, progress=False)
            if run:  # the first warms up
                times[name].append((time.perf_counter() - began) / epochs)
    return {name: statistics.median(values) for name, values in times.items()}


def agree():
    """Raise if a function's results differ by more than `CLOSE`."""
    far = {name: value for name, value in differences().items() if not value < CLOSE}
    if far:
        raise ValueError(f"the two devices differ by more than {CLOSE}: {far}")


def train():
    """Raise if training or evaluation leaves the device, or does not learn."""
    model, images = VAE(hidden=8).to("cuda"), torch.rand(60, 784)
    losses = fit(model, images, epochs=5, batch_size=20, progress=False)["loss"]
    devices = {parameter.device.type for parameter in model.parameters()}
    if devices != {"cuda"} or not losses[-1] < losses[0] or evaluate(model, images)["kl"] < 0:
        raise ValueError(f"after training on {devices} the losses are {losses}")


TRIALS = {
    **{f"book/{stem}": functools.partial(run_chapter, stem) for stem in chapters()},
    **{f"solutions/{name}": functools.partial(judge, name) for name in names()},
    "agreement": agree,
    "training": train,
}


def tried(name):
    """Try one thing; print how long it took, or the error; return whether it went well."""
    began = time.perf_counter()
    try:
        TRIALS[name]()
    except (Exception, CheckFailed) as error:
        traceback.print_exc()
        print(f"failed  {name}: {type(error).__name__}", flush=True)
        return False
    print(f"{time.perf_counter() - began:6.1f} s  {name}", flush=True)
    return True


def main():
    """Try all of it, or what is named."""
    torch.set_num_threads(1)
    torch.ones(2, device="meta").exp()  # imports 800 modules: not within a check's time limit
    chosen = sys.argv[1:]
    name = torch.cuda.get_device_name() if REAL else "no GPU: a simulated one"
    print(f"{name}, torch {torch.__version__}")
    with contextlib.nullcontext() if REAL else simulated_gpu():
        well = [tried(name) for name in chosen or TRIALS]
    if REAL and not chosen:
        for way, took in speeds("cuda", load_mnist()[0][0]).items():
            print(f"{took:8.3f} s an epoch: {way}")
    sys.exit(not all(well))


if __name__ == "__main__":
    main()
