"""Every number on the page about the digits is computed from the digits."""

import re

import pytest
import torch
from nbgrader_course import ROOT
from prose import normal, numbers

from vaelib import reconstruction_loss

PAGE = normal((ROOT / "book" / "data.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sentences(digits):
    """What the page must say, with its numbers computed here."""
    (train, train_labels), (test, test_labels) = digits
    images, labels = torch.cat([train, test]), torch.cat([train_labels, test_labels])
    side = int(images.shape[1] ** 0.5)
    mean_image = train.mean(0)

    def cost(prediction, x):
        logits = torch.logit(prediction.expand_as(x), eps=1e-6)
        return f"{reconstruction_loss(logits, x).mean():.1f} nats"

    def share(pixels):
        return f"{100 * pixels.double().mean():.1f} %"

    def of_each(labels):
        (count,) = set(labels.bincount(minlength=10).tolist())
        return count

    return [
        f"uses the same {len(images):,} images",
        f"{side} by {side} pixels in {len(images.unique())} levels of grey",
        f"{len(train):,} training and {len(test):,} test images",
        f"a row of {images.shape[1]} numbers",
        "60,000 training and 10,000 test images",  # MNIST itself, which is not here
        f"every digit has {of_each(train_labels)} training and {of_each(test_labels)} test images",
        f"| images of each digit | {of_each(labels)} |",
        f"| mean of a pixel | {images.mean():.3f} |",
        f"| pixels that are exactly 0 | {share(images == 0)} |",
        f"| pixels that are exactly 1 | {share(images == 1)} |",
        f"| grey pixels, between the two | {share((images > 0) & (images < 1))} |",
        "| grey by a tenth or more, as [the chapter on blur](blurry.ipynb) counts | "
        f"{share((images > 0.1) & (images < 0.9))} |",
        f"| cost of predicting 0.5 for every pixel | {cost(torch.tensor(0.5), images)} |",
        "| cost of predicting the mean training image, on training images | "
        f"{cost(mean_image, train)} |",
        f"| the same, on test images | {cost(mean_image, test)} |",
        f"| cost of predicting each image by itself | {cost(images, images)} |",
    ]


def test_the_page_says_what_is_computed(sentences):
    assert [sentence for sentence in sentences if sentence not in PAGE] == []


def test_no_other_number_stands_on_the_page(sentences):
    covered = [match.span() for s in sentences for match in re.finditer(re.escape(s), PAGE)]
    assert [
        PAGE[start:end]
        for _, start, end in numbers(PAGE)
        if not any(first <= start and end <= last for first, last in covered)
    ] == []
