"""The page of measurements is what its stored numbers give, and the bench measures what it says."""

import importlib.util
import json
import statistics
import sys
import time
import types

import pytest
import torch
from answers import answer
from nbgrader_course import ROOT
from system import require

from vaelib import VAE, fit, negative_elbo
from vaelib.checks import CheckFailed

sys.path.append(str(ROOT / "bench"))
import page
import peers
from training import bare_loop

pytestmark = pytest.mark.slow

# By its path: `grading` is the grader's own name.
spec = importlib.util.spec_from_file_location("bench_grading", ROOT / "bench" / "grading.py")
marks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(marks)


@pytest.fixture(scope="module")
def found():
    return json.loads(page.NUMBERS.read_text(encoding="utf-8"))


@pytest.fixture
def other(found):
    return json.loads(json.dumps(found))


def test_the_page_is_what_the_numbers_give(found):
    assert page.PAGE.read_text(encoding="utf-8") == page.page(found), "run `make bench`"


def test_a_changed_number_is_another_page(found, other):
    other["training"]["trainings"][0]["seconds"]["vaelib.fit"] /= 2
    assert page.page(other) != page.page(found)


def test_a_changed_cost_of_a_mark_is_another_page(found, other):
    for cost in other["grading"]["costs"].values():
        cost["stock nbgrader"] *= 2
    assert page.page(other) != page.page(found)


def test_a_peer_that_was_not_there_is_named(found, other):
    for size in other["training"]["trainings"]:
        size["seconds"].pop("pythae", None)
    assert "Not installed, so not here: pythae." in page.page(other)
    for part in (other["grading"]["starts"], *other["grading"]["costs"].values()):
        part.pop("otter-grader", None)
    assert "otter-grader was not installed" in page.page(other)


def test_the_usual_loss_is_ours_but_for_the_average():
    model, x = VAE(), torch.rand(8, 784)
    logits, mu, logvar = model(x)
    ours = negative_elbo(logits, x, mu, logvar)
    torch.testing.assert_close(peers.usual_loss(logits, x, mu, logvar) / 8, ours)


def test_the_work_is_counted_for_the_network_of_vaelib():
    weights = [tuple(p.shape[::-1]) for p in VAE().parameters() if p.ndim == 2]
    assert sorted(weights) == sorted(peers.LAYERS)


@pytest.mark.parametrize("name", ["vaelib.fit", "a bare loop", "the loop of pytorch/examples"])
def test_a_trainer_trains(name, monkeypatch):
    """Each makes one step a batch, by Adam: counted, so that none is fast by doing less."""
    steps = []
    real = torch.optim.Adam.step
    monkeypatch.setattr(torch.optim.Adam, "step", lambda *a, **k: steps.append(1) or real(*a, **k))
    peers.TRAINERS[name][0](peers.images_of(300), 128)
    assert len(steps) == 3


def test_images_are_repeated_to_any_number():
    images = peers.images_of(4100)
    assert images.shape == (4100, 784)
    assert torch.equal(images[4000:], images[:100])


def fitted(model, images):
    fit(model, images, epochs=2, progress=False)


def times_the_bare_loop(train):
    """Return the CPU time of a training as a multiple of the bare loop's, of runs that alternate.

    CPU, not the clock: a busy machine slows both and turns nothing red.
    """
    images, ratios = peers.images_of(500), []
    for _ in range(5):
        spent = []
        for one in (train, lambda model, images: bare_loop(model, images, epochs=2)):
            model = VAE()
            began = time.process_time()
            one(model, images)
            spent.append(time.process_time() - began)
        ratios.append(spent[0] / spent[1])
    return statistics.median(ratios)


def test_fit_is_not_grossly_slower_than_a_bare_loop():
    ratio = times_the_bare_loop(fitted)
    print(f"vaelib.fit takes {ratio:.2f} times the CPU of a bare loop")
    assert ratio < 2


def test_a_gross_loss_of_speed_is_seen():
    def wasteful(model, images):
        for _ in range(3):
            fitted(model, images)

    assert times_the_bare_loop(wasteful) > 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak of memory")
def test_comparing_all_pairs_keeps_none_of_them():
    (case,) = peers.measure_large([("information_split", 4_000, 20)])
    assert case["peak"] < 100  # 9 MB here; with a small tensor kept for each point it was 366


LEFT_BEHIND = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    while time.process_time() < 0.5:
        pass
    os._exit(0)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_cpu_of_a_process_left_behind_is_counted(tmp_path):
    """So the judge's jail ends: killed, with its work in processes that nobody waits for."""
    wrapped = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {LEFT_BEHIND!r}])"
    used = marks.spent([sys.executable, "-c", wrapped], tmp_path)
    assert 0.5 < used["cpu"] < 5


def test_a_command_that_fails_gives_no_number(tmp_path):
    with pytest.raises(AssertionError, match="no such thing"):
        marks.spent([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path)


def test_otter_asks_what_nbgrader_asks(monkeypatch):
    """A test file passes a right answer and fails a wrong one at its hidden half."""
    asked = []

    def test_case(**about):
        return lambda function: asked.append((about["points"], function))

    otter = types.SimpleNamespace(test_case=test_case)
    monkeypatch.setitem(sys.modules, "otter.test_files", otter)
    path = marks.notebook_path(ROOT / "solutions", "sampling")
    for cell in filter(marks.graded, marks.nbformat.read(path, 4).cells):
        exec(marks.otter_test("sampling", cell.metadata["nbgrader"], cell), {})
    assert [points for points, _ in asked] == [1, 3, 3, 2, 1]
    right = answer("sampling", "textbook")["Sampling"]
    for _, function in asked:
        function(right)
    with pytest.raises(CheckFailed):
        asked[-1][1](torch.nn.Identity)


def test_where_the_time_of_a_submission_goes(tmp_path):
    require("bwrap")
    course = marks.make_course(tmp_path / "course", "sampling", 1)
    place = marks.cohort(course, tmp_path / "cohort", 1)
    used = marks.inside("steps", place, "sampling")
    told = json.loads((place / "steps.json").read_text())
    spent = {**told["seconds"], **told["skills"]}
    assert len(told["skills"]) == 5 and min(told["skills"].values()) > 0
    assert 0.01 < sum(spent.values()) < used["cpu"], spent
