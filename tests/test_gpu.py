"""The course on a GPU: on a real one where there is one, else on the simulated one.

`make gpu` runs every chapter there; here are those that take little.
"""

import contextlib
import sys

import numpy as np
import pytest
import torch
from nbgrader_course import ROOT
from simulated_gpu import simulated_gpu

from vaelib import VAE, evaluate, fit
from vaelib.assignments import names

sys.path.append(str(ROOT / "bench"))
import gpu as bench

pytestmark = pytest.mark.slow


@pytest.fixture
def gpu():
    with contextlib.nullcontext() if bench.REAL else simulated_gpu():
        yield


def test_two_devices_do_not_meet(gpu):
    with pytest.raises(RuntimeError, match="cuda:0 and cpu"):
        torch.ones(3) + torch.ones(3, device="cuda")
    with pytest.raises(RuntimeError, match=r"cuda:0|mat2"):
        torch.ones(2, 3) @ torch.ones(3, 2).cuda()


def test_a_single_number_may_come_from_the_cpu(gpu):
    product = torch.tensor(2.0) * torch.ones(3, device="cuda")
    assert product.is_cuda and product.tolist() == [2.0] * 3


def test_no_numpy_reads_there(gpu):
    there = torch.ones(3).to("cuda")
    with pytest.raises(TypeError, match="can't convert cuda:0 device type tensor to numpy"):
        np.asarray(there)
    assert there.cpu().numpy().tolist() == [1.0] * 3 and f"{there[0]:.1f}" == "1.0"


def test_an_index_may_lie_on_the_cpu_what_is_indexed_may_not(gpu):
    there = torch.arange(4.0, device="cuda")
    assert there[torch.tensor([1, 2])].tolist() == there[[1, 2]].tolist() == [1.0, 2.0]
    with pytest.raises(RuntimeError):
        torch.arange(4.0)[torch.tensor([1, 2], device="cuda")]
    with pytest.raises(RuntimeError):
        there[torch.tensor([True, False, True, False])] = torch.zeros(2)


def test_its_random_numbers_are_its_own(gpu):
    torch.manual_seed(3)
    drawn = torch.randn(5, device="cuda").tolist()
    here = torch.randn(5).tolist()
    torch.manual_seed(3)
    assert torch.randn(5).tolist() == here, "what was drawn there moved the stream here"
    assert torch.randn(5, device="cuda").tolist() == drawn != here
    with pytest.raises(RuntimeError, match="device type for generator"):
        torch.randn(5, device="cuda", generator=torch.Generator())


def test_float32_results_are_those_of_the_cpu(gpu):
    differences = bench.differences()
    assert len(differences) == 9 and max(differences.values()) < bench.CLOSE, differences


def test_a_difference_between_the_devices_is_seen(gpu, monkeypatch):
    right = bench.vaelib.kl_loss
    monkeypatch.setattr(bench.vaelib, "kl_loss", lambda m, v: right(m, v) * (1 + 2e-5 * m.is_cuda))
    with pytest.raises(ValueError, match=r"differ by more than 1e-05: \{'kl_loss'"):
        bench.agree()


def test_training_and_evaluation_stay_there(gpu):
    model, images = VAE(hidden=8).to("cuda"), torch.rand(60, 784)
    history = fit(model, images, epochs=5, batch_size=20, progress=False)
    assert history["loss"][-1] < history["loss"][0]
    assert {parameter.device.type for parameter in model.parameters()} == {"cuda"}
    assert evaluate(model, images)["kl"] >= 0


@pytest.mark.parametrize("assignment", names() if bench.REAL else ["sampling"])
def test_a_worked_answer_passes_its_checks_there(gpu, assignment):
    bench.judge(assignment)


@pytest.mark.parametrize("stem", bench.chapters() if bench.REAL else ["kl"])
def test_a_chapter_runs_there(gpu, stem):
    bench.run_chapter(stem)


@pytest.mark.skipif(bench.REAL, reason="on a real GPU chapters run with their asserts")
def test_a_chapter_tied_to_the_cpu_is_seen(gpu, monkeypatch, capsys):
    def tied(stem):
        torch.rand(3, 784, device="cuda") - torch.rand(3, 784)

    monkeypatch.setattr(bench, "run_chapter", tied)
    assert not bench.tried("book/kl", bench.run_chapter, "kl")
    assert "failed  book/kl: RuntimeError" in capsys.readouterr().out


def test_the_speeds_of_two_ways_are_measured():
    ways = {name: bench.WAYS[name] for name in ("vaelib.fit", "matrices in bf16")}
    found = bench.speeds("cpu", torch.rand(200, 784), ways, epochs=1, runs=1)
    assert set(found) == set(ways) and min(found.values()) > 0


def test_in_bf16_the_costs_stay_in_float32():
    model, x = bench.InBf16(), torch.rand(40, 784)
    seen = []
    model.decoder.register_forward_hook(lambda module, given, logits: seen.append(logits.dtype))
    assert {value.dtype for value in model(x)} == {torch.float32} and seen == [torch.bfloat16]
