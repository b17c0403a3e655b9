"""The page of measurements is what its stored numbers give, and the bench measures what it says."""

import json
import statistics
import sys
import time

import pytest
import torch
from nbgrader_course import ROOT

from vaelib import VAE, fit, negative_elbo

sys.path.append(str(ROOT / "bench"))
import peers
from training import bare_loop


@pytest.fixture(scope="module")
def found():
    return json.loads(peers.NUMBERS.read_text(encoding="utf-8"))


def test_the_page_is_what_the_numbers_give(found):
    assert peers.PAGE.read_text(encoding="utf-8") == peers.page(found), "run `make bench`"


def test_a_changed_number_is_another_page(found):
    faster = json.loads(json.dumps(found))
    faster["trainings"][0]["seconds"]["vaelib.fit"] /= 2
    assert peers.page(faster) != peers.page(found)


def test_a_peer_that_was_not_there_is_named(found):
    less = json.loads(json.dumps(found))
    for size in less["trainings"]:
        size["seconds"].pop("pythae", None)
    assert "Not installed, so not here: pythae." in peers.page(less)


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


@pytest.mark.slow
def test_fit_is_not_grossly_slower_than_a_bare_loop():
    ratio = times_the_bare_loop(fitted)
    print(f"vaelib.fit takes {ratio:.2f} times the CPU of a bare loop")
    assert ratio < 2


@pytest.mark.slow
def test_a_gross_loss_of_speed_is_seen():
    def wasteful(model, images):
        for _ in range(3):
            fitted(model, images)

    assert times_the_bare_loop(wasteful) > 2
