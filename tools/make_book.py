"""Run the chapters side by side, then build the book; or one page, from what has been run before.

    .venv/bin/python tools/make_book.py       # make book: every chapter is run
    .venv/bin/python tools/make_book.py kl    # make page NAME=kl: run only if something changed

Each executed chapter is kept in .cache/chapters under a key of everything that its outputs depend
on. `make book` reads none of them: it runs every chapter and keeps the results. `make page` runs
the named chapter only if no result has its key. Either way Sphinx gets the outputs through a
jupyter-cache that is made anew for this build, because that cache's own key is the chapter's code
alone: between builds it would miss a change in vaelib.
"""

import ast
import hashlib
import json
import multiprocessing
import os
import platform
import resource
import shutil
import subprocess
import sys
import sysconfig
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext, suppress
from functools import cache
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath
from unittest.mock import patch

import nbformat
import yaml
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / ".cache" / "page"  # where single pages are built

# To import torch takes a kernel 2 s, what its first optimiser imports 2 s more, and figures half a
# second: a fifth of what all chapters take. Where processes can be forked safely, a server imports
# them once, and each kernel is forked from there. The server imports nothing of vaelib, which may
# change between two kernels.
FORKS = sys.platform == "linux"
LAUNCH = "jupyter_client.provisioning.local_provisioner.launch_kernel"
SERVER = multiprocessing.get_context("forkserver" if FORKS else "spawn")
if FORKS:
    SERVER.set_forkserver_preload(
        ["torch", "torch._dynamo", "matplotlib.figure", "ipykernel.kernelapp"]
    )

# The chapters that train most come first, so that the cores end together.
LONGEST = ("posteriors", "latent_size", "evaluation", "exchange_rate", "training")


def code_cells(notebook):
    """Return source and metadata of what runs; tags in the metadata can change how it runs."""
    return [(c.source, c.metadata) for c in notebook.cells if c.cell_type == "code"]


def imported(source):
    """Return the dotted names that Python source imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"line {node.lineno}: a relative import cannot be followed")
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def library_files(notebook, root):
    """Return the files of vaelib that the chapter imports, and those that they import in turn."""
    magics = TransformerManager()
    waiting = [magics.transform_cell(source) for source, _ in code_cells(notebook)]
    found = set()
    while waiting:
        for name in imported(waiting.pop()):
            parts = name.split(".")
            # a.b.c may be module a, a.b or a.b.c: importing one runs those before it.
            for length in range(1, len(parts) + 1 if parts[0] == "vaelib" else 0):
                stem = root.joinpath(*parts[:length])
                for path in stem.with_suffix(".py"), stem / "__init__.py":
                    if path.is_file() and path not in found:
                        found.add(path)
                        waiting.append(path.read_text(encoding="utf-8"))
    return found


@cache
def packages():
    """Return what is installed in this environment, whatever the lock says.

    Not all of sys.path, which setuptools lengthens by its own copies where something imports it.
    """
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return sorted(f"{found.name}=={found.version}" for found in distributions(path=list(places)))


def key(notebook, root):
    """Return a hash of all that the chapter's outputs depend on; its prose is no part of it."""
    data = {path for path in (root / "vaelib").rglob("*") if path.is_file()}
    data = {path for path in data if path.suffix not in (".py", ".pyc")}
    locks = {root / "requirements.txt", root / "pyproject.toml", root / "tools" / "make_book.py"}
    files = sorted(library_files(notebook, root) | data | locks)
    parts = {
        "code": code_cells(notebook),
        "notebook": notebook.metadata,
        "files": [
            (path.relative_to(root).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
            for path in files
        ],
        "packages": packages(),
        "machine": [platform.python_version(), platform.platform(), platform.processor()],
        "threads": os.environ.get("OMP_NUM_THREADS"),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def pages():
    """Return the names of the pages, of those that are run, and the most seconds of a cell."""
    execute = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["execute"]
    names = list(parse_toc_yaml(ROOT / "_toc.yml"))
    notebooks = [name for name in names if (ROOT / f"{name}.ipynb").is_file()]
    shown = execute["exclude_patterns"]
    chapters = [
        name
        for name in notebooks
        if not any(PurePosixPath(f"{name}.ipynb").match(pattern) for pattern in shown)
    ]
    return names, chapters, execute["timeout"]


def read(name):
    """Return a chapter as it stands in the repository."""
    return nbformat.read(ROOT / f"{name}.ipynb", as_version=4)


def kept_at(name, notebook):
    """Return where the executed chapter is kept."""
    return ROOT / ".cache" / "chapters" / name / f"{key(notebook, ROOT)}.json"


def used():
    """Return the CPU seconds of processes that this one started, kernels too, and that ended."""
    times = resource.getrusage(resource.RUSAGE_CHILDREN)
    return times.ru_utime + times.ru_stime + Kernel.seconds


def be_kernel(command, cwd, environment, said):
    """Be the kernel that this command would start; say at the end what it worked."""
    os.setsid()  # it is stopped as a group
    said.send("ready")
    os.chdir(cwd)
    os.environ.update(environment)
    tools = str(Path(__file__).parent)
    sys.path[:] = [place for place in sys.path if place != tools]  # no kernel has it by itself
    import matplotlib as mpl
    from ipykernel.kernelapp import IPKernelApp

    # The kernel says this in its environment, which has been read by now.
    mpl.rcParams["backend"] = "module://matplotlib_inline.backend_inline"
    server = f"--IPKernelApp.parent_handle={os.getppid()}"  # without which the kernel ends
    IPKernelApp.launch_instance(argv=[*command[command.index("-f") :], server])
    said.send(time.process_time())


class Kernel:
    """A forked kernel, as jupyter_client would have it from `subprocess.Popen`."""

    stdin = stdout = stderr = None
    seconds = 0.0  # of a CPU, by all that have ended

    def __init__(self, command, env, cwd, **_):
        self.told, said = SERVER.Pipe(duplex=False)
        self.process = SERVER.Process(target=be_kernel, args=(command, cwd, env, said))
        self.process.start()
        said.close()
        self.told.recv()
        self.pid = self.process.pid

    def poll(self):
        """Return the exit status, or None while it runs."""
        return self.process.exitcode

    def wait(self):
        """Wait until it has ended; count what it worked, unless it was killed."""
        self.process.join()
        with suppress(EOFError):
            Kernel.seconds += self.told.recv()
        return self.process.exitcode

    def send_signal(self, number):
        """Interrupt or end it."""
        os.kill(self.pid, number)


def epoch():
    """Return the CPU seconds that one epoch takes now, the measure of what a chapter takes.

    On a busy machine the same work takes more of them, in a chapter as here.
    """
    import torch  # only who runs a chapter waits for it

    from vaelib import VAE, fit, load_mnist

    (images, _), _ = load_mnist()
    torch.set_num_threads(1)
    model = VAE()
    fit(model, images, epochs=1, progress=False)
    start = time.process_time()
    fit(model, images, epochs=1, progress=False)
    return time.process_time() - start


def run(name, timeout):
    """Run a chapter and keep it in place of its last run; return its error as text, or None."""
    notebook = read(name)
    path = kept_at(name, notebook)  # before the run: what is saved meanwhile is not in it
    before = used()
    with patch(LAUNCH, Kernel) if FORKS else nullcontext():
        done = single_nb_execution(
            notebook,
            cwd=str(ROOT / PurePosixPath(name).parent),
            timeout=timeout,
            allow_errors=False,
            extra_arguments=["--log-level=ERROR"],  # else each kernel warns of its local sockets
        )
    if done.err is not None:
        return done.exc_string
    shutil.rmtree(path.parent, ignore_errors=True)
    path.parent.mkdir(parents=True)
    unfinished = path.with_suffix(".part")
    kept = {
        "seconds": used() - before,
        "epoch": epoch(),
        "notebook": nbformat.writes(notebook),
    }
    unfinished.write_text(json.dumps(kept), encoding="utf-8")
    unfinished.replace(path)
    return None


def run_all(chapters, timeout):
    """Run chapters on all cores; say which failed, and return whether any did."""
    start = time.perf_counter()
    chapters = sorted(chapters, key=lambda name: PurePosixPath(name).name not in LONGEST)
    print(f"Running {', '.join(PurePosixPath(name).name for name in chapters)}", flush=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        errors = list(pool.map(run, chapters, [timeout] * len(chapters)))
    for name, error in zip(chapters, errors, strict=True):
        if error is not None:
            print(f"{name} failed:\n{error}", file=sys.stderr)
    print(f"{time.perf_counter() - start:6.1f} s  of waiting for the chapters")
    return any(error is not None for error in errors)


def without_run(chapters):
    """Return those that have no kept run of all that their outputs depend on, as it is now."""
    return [name for name in chapters if not kept_at(name, read(name)).is_file()]


def run_until_kept(chapters, timeout):
    """Run chapters, and again those that a change meanwhile made out of date; return success."""
    while chapters:
        if run_all(chapters, timeout):
            return False
        chapters = without_run(chapters)
    return True


def hand_over(chapters, folder):
    """Give Sphinx the runs that are kept; a chapter without one is shown without outputs."""
    shutil.rmtree(folder, ignore_errors=True)
    handed = get_cache(folder)
    for name in chapters:
        notebook, seconds = read(name), 0.0
        path = kept_at(name, notebook)
        if path.is_file():
            kept = json.loads(path.read_text(encoding="utf-8"))
            notebook, seconds = nbformat.reads(kept["notebook"], as_version=4), kept["seconds"]
        handed.cache_notebook_bundle(
            CacheBundleIn(notebook, f"{name}.ipynb", data={"execution_seconds": seconds}),
            check_validity=False,
            overwrite=True,
        )


def build(output, shown):
    """Build with Jupyter Book into output/_build; return its exit status."""
    strict = ["--nitpick", "--warningiserror", "--keep-going", "--quiet"]
    command = [Path(sys.executable).parent / "jupyter-book", "build", ".", "--path-output", output]
    handed = {"COURSE_CHAPTERS_ARE_RUN": "1", "COURSE_PAGES": " ".join(shown)}
    return subprocess.run([*command, *strict], cwd=ROOT, env=os.environ | handed).returncode


def named(page):
    """Return the full name of a page; exit with what there is if none has this name."""
    names, _, _ = pages()
    found = [name for name in names if page in (name, PurePosixPath(name).name)]
    if not found:
        stems = ", ".join(PurePosixPath(name).name for name in names)
        sys.exit(f"no page is called {page!r}: NAME is one of {stems}")
    return found[0]


def make_pages(shown):
    """Bring pages up to date: run those of them whose kept runs no longer count, and build."""
    _, chapters, timeout = pages()
    if not run_until_kept(without_run([name for name in shown if name in chapters]), timeout):
        return 1
    hand_over(chapters, PAGES / "_build" / ".jupyter_cache")
    status = build(PAGES, shown)
    if status == 0:
        print("Other chapters may be without figures here: `make book` runs them all.")
        print(f"The page: {PAGES / '_build' / 'html' / shown[0]}.html", flush=True)
    return status


def make_all():
    """Make the book, each chapter of it run."""
    _, chapters, timeout = pages()
    shutil.rmtree(ROOT / "_build", ignore_errors=True)
    if not run_until_kept(chapters, timeout):
        return 1
    hand_over(chapters, ROOT / "_build" / ".jupyter_cache")
    status = build(ROOT, [])
    if status == 0:
        print(f"The book: {ROOT / '_build' / 'html' / 'index.html'}")
    return status


if __name__ == "__main__":
    sys.exit(make_pages([named(sys.argv[1])]) if sys.argv[1:] else make_all())
