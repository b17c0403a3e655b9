"""Train over several seeds and store what comes out: vaelib/runs.json, clinic.npz, trained.npz.

    python tools/make_runs.py              # everything
    python tools/make_runs.py kl blurry    # these chapters, in a runs.json that keeps the rest

Takes about ten minutes on one free core. Another machine or thread count gives other digits:
who compares with the file uses `vaelib.runs.spread`.
"""

import ast
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import torch

from vaelib import VAE, load_mnist
from vaelib.bugs import BUGS, Bug, Patient, examine, save_clinic, train, true_cost
from vaelib.runs import load_runs
from vaelib.trained import EPOCHS, FILE

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "vaelib" / "runs.json"
SEEDS = (0, 1, 2)
BUG_EPOCHS = 10
CLINIC_EPOCHS = 40  # long enough for the eye to tell a healthy model from an ill one
SHOWN = (0, 2, 4, 6, 8)  # digits whose first test image each patient of the clinic draws
COLLECT = "seeds-table"  # the cell in which a chapter collects what it measured
CHAPTERS = (
    "posteriors",
    "sampling",
    "log_variance",
    "kl",
    "exchange_rate",
    "elbo",
    "training",
    "latent_space",
    "blurry",
    "latent_size",
    "evaluation",
)


def trained() -> VAE:
    """Train what chapters load, with the seed that `chapter` has raised."""
    (images, _), _ = load_mnist()
    return train(None, images, 0, EPOCHS, hidden=400)[0]


def chapter(stem: str, seed: int) -> dict[str, float]:
    """Run what a reader sees of a chapter, all its seeds raised; return what it measured."""
    set_seed, names = torch.manual_seed, dict[str, Any]()
    with (
        patch.object(torch, "manual_seed", lambda number: set_seed(number + seed)),
        patch("vaelib.trained.load_trained", trained),
        plt.rc_context({"backend": "agg"}),
    ):
        for cell in nbformat.read(ROOT / "book" / f"{stem}.ipynb", 4).cells:
            if cell.cell_type != "code" or "remove-cell" in cell.metadata.get("tags", []):
                continue
            tree = ast.parse(cell.source)
            if cell["id"] == COLLECT:
                tree.body.pop()  # shows what is stored so far
            exec(compile(tree, f"{stem}: {cell['id']}", "exec"), names)
            plt.close("all")
    return {name: float(value) for name, value in names["measured"].items()}


def case(bug: Bug | None, seed: int) -> dict[str, float]:
    """Return what training with a bug reported, and the true terms of what came out."""
    (train_images, _), (test_images, _) = load_mnist()
    model, history = train(bug, train_images, seed, BUG_EPOCHS)
    return {"reported": history["loss"][-1], **true_cost(model, test_images)}


def patient(bug: Bug | None) -> Patient:
    """Return what a long training with a bug looks like, with the first seed."""
    (train_images, _), (test_images, labels) = load_mnist()
    model, history = train(bug, train_images, SEEDS[0], CLINIC_EPOCHS)
    first = torch.tensor([int((labels == digit).nonzero()[0]) for digit in SHOWN])
    return examine(model, history, test_images, first)


def save_trained(model: VAE) -> None:
    """Write trained.npz: matrices as whole numbers from -127 to 127, each row with its unit."""
    stored = {}
    for name, weight in model.state_dict().items():
        stored[name] = weight.numpy()
        if weight.ndim == 2:
            unit = weight.abs().amax(dim=1, keepdim=True) / 127
            stored[f"{name} unit"] = unit.numpy()
            stored[name] = (weight / unit).round().to(torch.int8).numpy()
    np.savez_compressed(str(FILE), **stored)


def columns(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    """Return one list for each key, rounded to what a reader could want."""
    return {key: [round(row[key], 4) for row in rows] for key in rows[0]}


def over_seeds(stems: Iterable[str]) -> dict[str, dict[str, list[float]]]:
    """Return what each chapter measures with each seed."""
    return {stem: columns([chapter(stem, seed) for seed in SEEDS]) for stem in stems}


def runs() -> dict[str, object]:
    """Train everything."""
    return {
        "torch": torch.__version__.split("+")[0],
        "seeds": SEEDS,
        "bug_epochs": BUG_EPOCHS,
        "chapters": over_seeds(CHAPTERS),
        "bugs": {
            bug.name if bug else "right": columns([case(bug, seed) for seed in SEEDS])
            for bug in (None, *BUGS)
        },
    }


def write(found: dict[str, object]) -> None:
    """Write the file, a list to a line."""
    text = json.dumps(found, indent=1)
    text = re.sub(
        r"\[\s+(.*?)\s+\]", lambda list_: f"[{' '.join(list_[1].split())}]", text, flags=re.S
    )
    TARGET.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    if chosen := sys.argv[1:]:
        stored = load_runs()
        write({**stored, "chapters": stored["chapters"] | over_seeds(chosen)})
    else:
        save_trained(trained())
        write(runs())
        save_clinic({bug.name if bug else "right": patient(bug) for bug in (None, *BUGS)})
    print(f"wrote {TARGET.name}, {TARGET.stat().st_size:,} bytes")
