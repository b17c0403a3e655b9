"""Time `vaelib.fit` against a bare loop over tensors with fused Adam; print the ratio.

    python bench/training.py

Both train the same model on the same images. Runs alternate, so that a drift of the machine
hits both; the medians are compared. Exit status 1 if fit has less than 0.95 of the speed.
"""

import statistics
import sys
import time

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from vaelib import VAE, fit, load_mnist

EPOCHS, RUNS, BATCH = 10, 9, 128


def bare_loop(model, images, epochs=EPOCHS, batch=BATCH):
    """Train as briefly as one can write it: no checks, no history."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    for _ in range(epochs):
        for rows in torch.randperm(len(images)).split(batch):
            x = images[rows]
            logits, mu, logvar = model(x)
            reconstruction = binary_cross_entropy_with_logits(logits, x, reduction="sum")
            kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum()
            optimizer.zero_grad()
            ((reconstruction + kl) / len(x)).backward()
            optimizer.step()


def seconds(train, images):
    """Return how long one training takes from a fresh model."""
    torch.manual_seed(0)
    model = VAE()
    start = time.perf_counter()
    train(model, images)
    return time.perf_counter() - start


def main():
    """Measure and print."""
    (images, _), _ = load_mnist()
    trainers = {
        "bare loop": bare_loop,
        "vaelib.fit": lambda model, x: fit(model, x, epochs=EPOCHS, progress=False),
    }
    times = {name: [] for name in trainers}
    for train in trainers.values():  # warm up
        seconds(train, images)
    for _ in range(RUNS):
        for name, train in trainers.items():
            times[name].append(seconds(train, images))
    medians = {name: statistics.median(values) / EPOCHS for name, values in times.items()}
    for name, median in medians.items():
        spread = max(times[name]) / EPOCHS - min(times[name]) / EPOCHS
        print(f"{name:<12} {median:.4f} s an epoch (spread {spread:.4f})")
    ratio = medians["bare loop"] / medians["vaelib.fit"]
    print(f"speed of vaelib.fit: {ratio:.3f} of the bare loop ({torch.get_num_threads()} threads)")
    return ratio


if __name__ == "__main__":
    sys.exit(main() < 0.95)
