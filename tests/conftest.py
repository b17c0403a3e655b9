"""What the test files share: a seed for each test, the digits, and pairs to be refused.

It also tells the CPU seconds of tests, which are nearly the same on a busy machine.
"""

import os
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from stage_page import tabs, visit  # noqa: F401 (fixtures)
from system import chromium

# No torch above: the process that hands out the tests runs none, and all others wait for it.


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """The tensors here are small: with more threads, the waiting costs far more than the work."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seed(one_thread):
    """Make every test repeatable on its own and in any order."""
    import torch

    torch.manual_seed(0)


@pytest.fixture(scope="session")
def digits():
    """The bundled digits, read once: tests must not change them."""
    from vaelib import load_mnist

    return load_mnist()


@pytest.fixture(scope="session")
def browser(request):
    """A headless Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    path = chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield running
        running.close()
        before = cpu_seconds()
    request.config.cpu_browser = cpu_seconds() - before  # all that it used: it has ended now


# One argument is bad: what is made of a good one, the error, what is said about it.
BAD_MATRICES = {
    "none": (lambda ok: None, TypeError, "must be a torch.Tensor, got NoneType"),
    "list": (lambda ok: ok.tolist(), TypeError, "must be a torch.Tensor, got list"),
    "numpy": (lambda ok: ok.numpy(), TypeError, "must be a torch.Tensor, got ndarray"),
    "int64": (lambda ok: ok.long(), TypeError, "must have a floating-point dtype, got torch.int64"),
    "bool": (lambda ok: ok.bool(), TypeError, "must have a floating-point dtype, got torch.bool"),
    "complex": (
        lambda ok: ok + 0j,
        TypeError,
        "must have a floating-point dtype, got torch.complex64",
    ),
    "scalar": (lambda ok: ok.sum(), ValueError, "must have shape (batch, columns), got ()"),
    "vector": (lambda ok: ok[0], ValueError, "must have shape (batch, columns), got (3,)"),
    "3d": (lambda ok: ok[None], ValueError, "must have shape (batch, columns), got (1, 7, 3)"),
    "no_rows": (lambda ok: ok[:0], ValueError, "must not be empty, got shape (0, 3)"),
    "no_columns": (lambda ok: ok[:, :0], ValueError, "must not be empty, got shape (7, 0)"),
}

# Each argument is good alone: the second one, the error, what is said about the two.
BAD_PARTNERS = {
    "rows": (lambda ok: ok[:5], ValueError, "must have one shape, got (7, 3) and (5, 3)"),
    "columns": (lambda ok: ok[:, :2], ValueError, "must have one shape, got (7, 3) and (7, 2)"),
    "row": (lambda ok: ok[:1], ValueError, "must have one shape, got (7, 3) and (1, 3)"),
    "column": (lambda ok: ok[:, :1], ValueError, "must have one shape, got (7, 3) and (7, 1)"),
    "transposed": (lambda ok: ok.T, ValueError, "must have one shape, got (7, 3) and (3, 7)"),
    "dtype": (
        lambda ok: ok.double(),
        TypeError,
        "must have one dtype, got torch.float32 and torch.float64",
    ),
    "device": (lambda ok: ok.to("meta"), ValueError, "must be on one device, got cpu and meta"),
}


def good(ok):
    return ok


BAD_PAIRS = {
    **{f"first_{k}": (v, good, e, f"{{0}} {text}") for k, (v, e, text) in BAD_MATRICES.items()},
    **{f"second_{k}": (good, v, e, f"{{1}} {text}") for k, (v, e, text) in BAD_MATRICES.items()},
    **{
        f"other_{k}": (good, v, e, f"{{0}} and {{1}} {text}")
        for k, (v, e, text) in BAD_PARTNERS.items()
    },
}


@pytest.fixture(params=BAD_PAIRS.values(), ids=BAD_PAIRS.keys())
def refuses(request):
    """A check that `function(first, second)` refuses a bad pair and names the bad argument."""
    import torch

    first, second, error, message = request.param
    first, second = first(torch.zeros(7, 3)), second(torch.zeros(7, 3))

    def check(function, *names):
        with pytest.raises(error, match=re.escape(message.format(*names))):
            function(first, second)

    return check


# Files whose tests share nothing dear but the browser, so that each may run in any process.
_STAGE = ("stage", "stage_acts", "stage_line", "stage_train")
_OTHER = ("chapters", "checks", "gates", "outside_answers", "round")
APART = {f"tests/test_{stem}.py" for stem in (*_OTHER, *_STAGE)}
# The dearest files, by the list that ends a run, begin it: else one process has nothing left to do
# while the other is at one of them. An order and no more: files that are not here run, too.
FIRST = [
    f"tests/test_{stem}.py"
    for stem in ("assignments", "round", "pages", "explorer", "cohort", "doors", "gates", "limits")
]
# A browser with fonts of one family alone is started once for all of its pages.
FAMILY = re.compile(r"test_pages.*\[(Liberation|DejaVu)\b")


def scope(nodeid):
    """Return what a test has to share a process with: its file, a part of it, or nothing."""
    file = nodeid.partition("::")[0]
    family = FAMILY.search(nodeid)
    return nodeid if file in APART else file + (family[1] if family else "")


def turn(nodeid):
    """Return when a test's turn comes: dear files, other files, and what fills the time left."""
    file = nodeid.partition("::")[0]
    return FIRST.index(file) if file in FIRST else len(FIRST) + (file in APART)


def pytest_ignore_collect(collection_path, config):
    """Import no file that is slow as a whole where nothing slow is asked for."""
    if config.option.markexpr == "not slow" and collection_path.match("test_*.py"):
        text = collection_path.read_text(encoding="utf-8")
        return True if re.search("^pytestmark = pytest.mark.slow$", text, re.M) else None
    return None


def pytest_collection_modifyitems(items):
    """Begin with what takes long."""
    items.sort(key=lambda item: turn(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Hand out tests by scope, in their order (`--dist loadgroup` does nothing on pytest 9)."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return scope(nodeid)

    config.option.loadscopereorder = False
    return Scheduling(config, log)


def cpu_seconds():
    """Return what this process has used of a core, with the processes that it saw end."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Let each report say how many CPU seconds came before it since the report before."""
    report = yield
    now = cpu_seconds()
    report.cpu_browser = vars(item.config).pop("cpu_browser", 0)
    report.cpu = now - getattr(item.config, "cpu_before", now) - report.cpu_browser
    item.config.cpu_before = now
    return report


def used():
    """Return when it is, and how many seconds this machine's cores have worked, as Linux tells."""
    _, *ticks = Path("/proc/stat").read_text(encoding="utf-8").partition("\n")[0].split()
    user, nice, system, _, _, irq, softirq, *_ = map(int, ticks)
    worked = (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
    return time.monotonic(), worked


def pytest_sessionstart(session):
    """Note when the tests began, and what the machine had done by then."""
    if os.path.exists("/proc/stat"):
        session.config.used_before = used()


def pytest_terminal_summary(terminalreporter, config):
    """List the dearest files, in CPU seconds, and what the machine did meanwhile.

    The machine has worked for more than the files: what a killed process leaves behind (a jail's
    child, a page of the browser) is in no file's sum, and nor is what else runs here.
    """
    files = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if cpu := getattr(report, "cpu", 0):
                files[report.nodeid.partition("::")[0]] += cpu
                if report.cpu_browser:
                    files["Chromium, for all pages"] += report.cpu_browser
    terminalreporter.section(f"{sum(files.values()):.0f} CPU seconds, the dearest files")
    for file, seconds in files.most_common(10):
        terminalreporter.write_line(f"{seconds:7.1f} s  {file}")
    if hasattr(config, "used_before"):
        wall, worked = (now - then for now, then in zip(used(), config.used_before, strict=True))
        terminalreporter.write_line(
            f"{worked:7.1f} s  all that ran on this machine, whose cores had "
            f"{wall * os.cpu_count():.1f} s"
        )
