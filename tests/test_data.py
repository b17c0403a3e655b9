"""The digits: what load_mnist returns, and what it says when it cannot."""

import re
import sys
import types
from importlib.resources import files

import pytest
import torch
from torch.testing import assert_close

import vaelib.data
from vaelib import load_mnist

BUNDLED = files("vaelib") / "mnist_5k.npz"


def test_counts_shapes_and_dtypes(digits):
    for (images, labels), n in zip(digits, (4_000, 1_000), strict=True):
        assert images.shape == (n, 784)
        assert images.dtype == torch.float32
        assert labels.shape == (n,)
        assert labels.dtype == torch.int64


def test_every_class_is_equally_often_in_each_split(digits):
    (_, train), (_, test) = digits
    assert train.bincount().tolist() == [400] * 10
    assert test.bincount().tolist() == [100] * 10


def test_pixels_are_256_levels_from_0_to_1(digits):
    for images, _ in digits:
        assert images.min() == 0
        assert images.max() == 1
        assert torch.equal((images * 255).round() / 255, images)


def test_mean_pixel_is_that_of_the_digits(digits):
    (train, _), (test, _) = digits
    assert torch.cat([train, test]).mean().item() == pytest.approx(0.1313, abs=5e-5)


def test_all_images_differ_so_the_splits_share_none(digits):
    (train, _), (test, _) = digits
    assert len({image.tobytes() for image in torch.cat([train, test]).numpy()}) == 5_000


def test_labels_belong_to_their_images(digits):
    (train, train_labels), (test, test_labels) = digits
    means = torch.stack([train[train_labels == digit].mean(0) for digit in range(10)])
    nearest = torch.cdist(test, means).argmin(dim=1)
    # The nearest mean image names 4 of 5 digits; labels in any other order, 1 of 10.
    assert (nearest == test_labels).double().mean() > 0.75


def test_every_call_returns_tensors_of_its_own(digits):
    load_mnist()[0][0].zero_()
    assert torch.equal(load_mnist()[0][0], digits[0][0])


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """A copy of the bundled file, which load_mnist reads instead of the real one."""
    monkeypatch.setattr(vaelib.data, "files", lambda package: tmp_path)
    copy = tmp_path / "mnist_5k.npz"
    copy.write_bytes(BUNDLED.read_bytes())
    return copy


def test_an_exact_copy_is_accepted(installed, digits):
    assert torch.equal(load_mnist()[1][0], digits[1][0])


def test_a_missing_file_is_reported(installed):
    installed.unlink()
    with pytest.raises(FileNotFoundError, match=re.escape(f"{installed} is missing")):
        load_mnist()


def flip_a_bit(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "damage",
    [flip_a_bit, lambda content: content[:-1], lambda content: content + b"\0", lambda _: b""],
    ids=["bit_flipped", "truncated", "lengthened", "empty"],
)
def test_a_damaged_file_is_reported_with_both_checksums(installed, damage):
    content = damage(installed.read_bytes())
    installed.write_bytes(content)
    message = (
        rf"{re.escape(str(installed))} is damaged: expected sha256 {vaelib.data.BUNDLED_SHA256}, "
        rf"got [0-9a-f]{{64}} \({len(content)} bytes\)"
    )
    with pytest.raises(ValueError, match=message):
        load_mnist()


@pytest.mark.parametrize("source", ["Full", "", None, 5])
def test_an_unknown_source_is_refused(source):
    message = f'source must be "bundled" or "full", got {source!r}'
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        load_mnist(source)


@pytest.fixture
def torchvision(monkeypatch):
    """A torchvision whose MNIST has 7 training and 5 test images; returns its arguments."""
    calls = []

    class MNIST:
        def __init__(self, root, train=True, transform=None, target_transform=None, download=False):
            calls.append((root, train, download))
            n = 7 if train else 5
            self.data = torch.randint(256, (n, 28, 28), dtype=torch.uint8)
            self.data[0, 2, 3] = 51
            self.targets = torch.arange(n)

    package, datasets = types.ModuleType("torchvision"), types.ModuleType("torchvision.datasets")
    package.datasets, datasets.MNIST = datasets, MNIST
    monkeypatch.setitem(sys.modules, "torchvision", package)
    monkeypatch.setitem(sys.modules, "torchvision.datasets", datasets)
    return calls


def test_the_full_set_comes_from_torchvision_in_the_same_form(torchvision, tmp_path):
    for (images, labels), n in zip(load_mnist(source="full", root=tmp_path), (7, 5), strict=True):
        assert images.shape == (n, 784)
        assert images.dtype == torch.float32
        assert_close(images[0, 2 * 28 + 3], torch.tensor(0.2))  # row 2, column 3: 51 of 255
        assert labels.dtype == torch.int64
        assert labels.tolist() == list(range(n))
    assert torchvision == [(tmp_path, True, True), (tmp_path, False, True)]


def test_the_bundled_digits_need_no_torchvision(monkeypatch, digits):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    assert torch.equal(load_mnist()[1][1], digits[1][1])


def test_the_full_set_without_torchvision_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    with pytest.raises(ImportError, match="pip install torchvision"):
        load_mnist(source="full")
