"""The course on a GPU: on a real one where there is one, else on the simulated one.

`make gpu` runs every chapter there.
"""

import contextlib
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from nbgrader_course import ROOT
from simulated_gpu import simulated_gpu

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


def run(*arguments):
    """Run Python in a process of its own, since gradients are pulled back there."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "bench"},
        capture_output=True,
        text=True,
    )


def test_a_chapter_an_answer_results_and_training_are_right_there():
    """`make gpu` tries all chapters and answers; these take little."""
    done = run("bench/gpu.py", "book/kl", "solutions/sampling", "agreement", "training")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"\d s  (.*)", done.stdout) == [
        *("book/kl", "solutions/sampling", "agreement", "training")
    ]


PLANTED = """
import sys, torch, gpu
right = gpu.vaelib.kl_loss
gpu.vaelib.kl_loss = lambda mu, logvar: right(mu, logvar) * (1 + 2e-5 * mu.is_cuda)
gpu.TRIALS["book/kl"] = lambda: torch.rand(3, device="cuda") - torch.rand(3)
sys.argv = ["gpu.py", "agreement", "book/kl"]
gpu.main()
"""


def test_a_difference_between_the_devices_and_code_tied_to_the_cpu_are_seen():
    done = run("-c", PLANTED)
    assert done.returncode == 1
    assert "differ by more than 1e-05: {'kl_loss': " in done.stderr
    assert "failed  agreement: ValueError\nfailed  book/kl: RuntimeError" in done.stdout


def test_the_speeds_of_two_ways_are_measured():
    ways = {name: bench.WAYS[name] for name in ("vaelib.fit", "matrices in bf16")}
    found = bench.speeds("cpu", torch.rand(200, 784), ways, epochs=1, runs=1)
    assert set(found) == set(ways) and min(found.values()) > 0


def test_in_bf16_the_costs_stay_in_float32():
    model, x = bench.InBf16(), torch.rand(40, 784)
    seen = []
    model.decoder.register_forward_hook(lambda module, given, logits: seen.append(logits.dtype))
    assert {value.dtype for value in model(x)} == {torch.float32} and seen == [torch.bfloat16]
