"""Write the stage's script, and what it needs to know.

`make stage` writes stage.js, mistakes.js (known mistakes) and digits.js (images to train on).
"""

import json
from base64 import b64encode
from importlib import import_module
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from vaelib import load_mnist
from vaelib.checks.divergence import FORMULAS
from vaelib.stage.bundle import bundle
from vaelib.stage.weights import as_base64

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "vaelib/_static/stage"


def mistakes() -> str:
    """Return what the checks know as mistakes, and what each gives at a few mu and logvar."""
    torch.manual_seed(0)
    mu = 2 * torch.randn(7, 3)
    logvar = torch.tensor([10.0, 3.0, 0.5, -1.0, -4.0, -10.0]).repeat(4)[torch.randperm(24)[:21]]
    logvar = logvar.view(7, 3)
    points = []
    for rows, columns in ((7, 3), (11, 4)):
        points.append((2 * torch.randn(rows, columns), 4 * torch.rand(rows, columns) - 2))
    points[1][1].abs_()  # some mistakes are NaN where logvar < 0
    table = {
        "sampling": {
            "mu": as_base64(mu),
            "logvar": as_base64(logvar),
            "mistakes": [
                [words, *(as_base64(value.contiguous()) for value in predict(mu, logvar))]
                for words, predict in _of("sampling")["_MISTAKES"].items()
            ],
        },
        "kl": {
            "inputs": [
                {"shape": list(m.shape), "mu": as_base64(m), "logvar": as_base64(v)}
                for m, v in points
            ],
            "mistakes": [
                _kl_mistake(*pair, points)
                for pair in product(FORMULAS, _of("kl_loss")["_PER_IMAGE"])
            ],
        },
    }
    return f"window.VAE_STAGE_MISTAKES={json.dumps(table, separators=(',', ':'))};\n"


def digits(count: int = 1000, across: int = 50) -> str:
    """Return training digits as a PNG of 4 bits a pixel, in rows of so many, and their labels."""
    (images, labels), _ = load_mnist()
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:count]
    rows = images[order].view(count // across, across, 28, 28).transpose(1, 2)
    pixels = (15 * rows.reshape(-1, 28 * across)).round().byte()
    size, file = (pixels.shape[1], pixels.shape[0]), BytesIO()
    picture = Image.frombytes("P", size, pixels.numpy().tobytes())
    picture.putpalette([17 * level for level in range(16) for _ in range(3)])
    picture.save(file, "png", bits=4, optimize=True)
    png = f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
    data = {"png": png, "labels": as_base64(labels[order].byte())}
    return f"window.VAE_STAGE_DIGITS={json.dumps(data)};\n"


def _of(assignment: str) -> dict[str, Any]:
    """Return what the file of an assignment defines."""
    return vars(import_module(f"vaelib.assignments.{assignment}"))


def _kl_mistake(formula: str, reduction: str, points: list[tuple[Tensor, Tensor]]) -> list[Any]:
    """Return the words for a formula and a reduction, and their values in every point."""
    reduce = _of("kl_loss")["_PER_IMAGE"][reduction]
    values = [reduce(FORMULAS[formula](*point)).float().contiguous() for point in points]
    words = "; ".join(filter(None, (formula, reduction)))
    return [words, not formula, [list(v.shape) for v in values], [as_base64(v) for v in values]]


if __name__ == "__main__":
    for name, text in (
        ("stage.js", bundle("main.js")),
        ("mistakes.js", mistakes()),
        ("digits.js", digits()),
    ):
        (TARGET / name).write_text(text, encoding="utf-8")
        print(f"{name}: {(TARGET / name).stat().st_size / 1e3:.0f} kB")
