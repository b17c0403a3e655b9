"""Train the models behind the clinic and the knob, and keep what the pages show of each.

`make points` writes vaelib/_static/stage/points.js, a classic script: curves, costs, codes and
pictures, no weights.
"""

import json
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from make_runs import CLINIC_EPOCHS
from PIL import Image
from torch import Tensor

from vaelib import VAE, evaluate, fit, load_mnist
from vaelib.bugs import BUGS, HIDDEN, train, true_cost
from vaelib.stage.weights import as_base64

TARGET = Path(__file__).parent.parent / "vaelib/_static/stage/points.js"
SAMPLES, CODES, RINGS = 12, 300, 5  # of each patient
STEP = 1 / 24  # of the codes in the page
BETAS = (1 / 20, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, 24, 32, 784)
LABELS = {1 / 20: "mean over 20 dimensions", 2: "the KL's half forgotten", 784: "mean over pixels"}


def pictures(rows: Tensor) -> str:
    """Return images side by side as a PNG of 4 bits a pixel."""
    pixels = (15 * rows.view(-1, 28, 28).transpose(0, 1).reshape(28, -1)).round().byte()
    picture = Image.frombytes("P", (pixels.shape[1], 28), pixels.numpy().tobytes())
    picture.putpalette([17 * level for level in range(16) for _ in range(3)])
    file = BytesIO()
    picture.save(file, "png", bits=4, optimize=True)
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"


def evidence(model: VAE, history: dict[str, list[float]], images: Tensor) -> dict[str, Any]:
    """Return what a patient shows: numbers, the map of its codes, and samples of the prior."""
    mu, logvar = model.encoder(images)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        cost = true_cost(model, images)
        first, second = (model.sampling(mu, logvar) for _ in range(2))
        drawn = model.decoder(torch.randn(SAMPLES, mu.shape[1])).sigmoid()
    axes = mu.var(dim=0).topk(2).indices.sort().values
    sigma = (0.5 * logvar).exp()
    return {
        "loss": [round(value, 3) for value in history["loss"]],
        "reconstruction": cost["reconstruction"],
        "kl": cost["kl"],
        "sigma": sigma.mean().item(),
        "same": bool((first == second).all()),
        "codes": as_base64((mu[:CODES, axes] / STEP).round().clamp(-127, 127).to(torch.int8)),
        "widths": sigma[:RINGS, axes].flatten().tolist(),
        "samples": pictures(drawn),
    }


def features(shown: dict[str, Any]) -> Tensor:
    """Return the numbers of a patient, so that a factor counts the same everywhere."""
    positive = [shown["loss"][-1], shown["reconstruction"], shown["kl"] + 0.1, shown["sigma"]]
    return torch.cat([torch.tensor(positive).clamp(min=1e-3).log(), torch.tensor([shown["same"]])])


def clinic(images: Tensor, test_images: Tensor) -> dict[str, Any]:
    """Return the patients; and how often numbers alone find the bug of a second patient."""
    kept = []
    for seed in (0, 1):
        kept.append([])
        for bug in (None, *BUGS):
            with torch.enable_grad():
                model, history = train(bug, images, seed, CLINIC_EPOCHS)
            kept[seed].append(evidence(model, history, test_images))
            print(seed, bug and bug.name, features(kept[seed][-1]).tolist())
    first, second = (torch.stack([features(shown) for shown in patients]) for patients in kept)
    nearest = torch.cdist(second, first).argmin(dim=1)
    found = int((nearest == torch.arange(len(first))).sum())
    print(f"the numbers of a second patient find {found} of {len(first)}")
    words = [{"name": b.name, "line": b.line, "seen": b.seen, "cure": b.cure} for b in BUGS]
    return {
        "healthy": kept[0][0],
        "patients": [shown | said for shown, said in zip(kept[0][1:], words, strict=True)],
        "found": found,
        "of": len(first),
    }


def knob(images: Tensor, test_images: Tensor) -> list[dict[str, Any]]:
    """Return rate, distortion and pictures of models with one weight of the KL each."""
    points = []
    for beta in BETAS:
        torch.manual_seed(0)
        model = VAE(hidden=HIDDEN)
        with torch.enable_grad():
            fit(model, images, epochs=20, beta=beta, progress=False)
        cost = evaluate(model, test_images)
        torch.manual_seed(0)
        z = model.sampling(*model.encoder(test_images[:6]))
        drawn = model.decoder(torch.cat([z, torch.randn(6, 20)])).sigmoid()
        points.append(
            {
                "beta": beta,
                "label": LABELS.get(beta, ""),
                "rate": cost["kl"],
                "distortion": cost["reconstruction"],
                "pictures": pictures(torch.cat([test_images[:6], drawn])),
            }
        )
        print(f"beta {beta:.3g}: rate {cost['kl']:.2f}, distortion {cost['reconstruction']:.1f}")
    return points


@torch.no_grad()
def main() -> None:
    """Train all, and write."""
    torch.set_num_threads(1)  # sums in one order
    (images, _), (test_images, labels) = load_mnist()
    data = {
        "step": STEP,
        "labels": as_base64(labels[:CODES].byte()),
        "clinic": clinic(images, test_images),
        "knob": knob(images, test_images),
    }
    text = json.dumps(data, separators=(",", ":"))
    TARGET.write_text(f"window.VAE_STAGE_POINTS={text};\n", encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
