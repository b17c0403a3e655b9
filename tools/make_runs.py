"""Train over several seeds and store the costs in vaelib/runs.json.

    python tools/make_runs.py

Takes about three minutes on one free core. Another machine or thread count gives other digits:
who compares with the file uses `vaelib.runs.spread`.
"""

import json
import re
from pathlib import Path

import torch

from vaelib import VAE, evaluate, fit, load_mnist
from vaelib.bugs import BUGS, Bug, train, true_cost

TARGET = Path(__file__).parents[1] / "vaelib" / "runs.json"
SEEDS = (0, 1, 2)
LATENT_DIMS = (20, 2)
REFERENCE_EPOCHS, BUG_EPOCHS = 40, 10

(TRAIN, _), (TEST, _) = load_mnist()


def reference(latent_dim: int, seed: int) -> dict[str, dict[str, float]]:
    """Return the terms of the default VAE, on the images it was trained on and on others."""
    torch.manual_seed(seed)
    model = VAE(latent_dim=latent_dim)
    fit(model, TRAIN, epochs=REFERENCE_EPOCHS, progress=False)
    return {"train": evaluate(model, TRAIN), "test": evaluate(model, TEST)}


def case(bug: Bug | None, seed: int) -> dict[str, float]:
    """Return what training with a bug reported, and the true terms of what came out."""
    model, history = train(bug, TRAIN, seed, BUG_EPOCHS)
    return {"reported": history["loss"][-1], **true_cost(model, TEST)}


def columns(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    """Return one list for each key, rounded to what a reader could want."""
    return {key: [round(row[key], 4) for row in rows] for key in rows[0]}


def runs() -> dict[str, object]:
    """Train everything."""
    references = {}
    for latent_dim in LATENT_DIMS:
        found = [reference(latent_dim, seed) for seed in SEEDS]
        references[str(latent_dim)] = {
            images: columns([one[images] for one in found]) for images in ("train", "test")
        }
    bugs = {
        bug.name if bug else "right": columns([case(bug, seed) for seed in SEEDS])
        for bug in (None, *BUGS)
    }
    return {
        "torch": torch.__version__.split("+")[0],
        "seeds": SEEDS,
        "reference_epochs": REFERENCE_EPOCHS,
        "bug_epochs": BUG_EPOCHS,
        "reference": references,
        "bugs": bugs,
    }


if __name__ == "__main__":
    text = json.dumps(runs(), indent=1)
    text = re.sub(r"\[\s+(.*?)\s+\]", lambda list_: " ".join(list_[0].split()), text, flags=re.S)
    TARGET.write_text(text + "\n", encoding="utf-8")
    print(f"wrote {TARGET.name}, {TARGET.stat().st_size:,} bytes")
