"""The shared figures draw what they are given, in the book's style, and refuse what they cannot."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.patches import Ellipse

from vaelib import plot_histories, plot_images, plot_posteriors


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("agg")
    plt.style.use("vaelib.book")
    yield
    plt.close("all")


def test_images_are_drawn_row_by_row_with_their_names():
    rows = {"image": torch.rand(3, 784), "mean": torch.rand(2, 784)}
    plot_images(rows)
    axes = plt.gcf().axes
    assert [ax.get_title(loc="left") for ax in axes] == ["image", "mean"]
    for ax, images in zip(axes, rows.values(), strict=True):
        strip = torch.as_tensor(ax.images[0].get_array())
        assert strip.shape == (28, 3 * 30), "room for the longest row, two pixels between"
        for place, image in enumerate(images):
            assert torch.equal(strip[:, 30 * place + 1 : 30 * place + 29].reshape(-1), image)
        assert not strip[:, 30 * len(images) :].any()


def test_images_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"row 'x' must have shape \(images, 784\), got \(3, 64\)"):
        plot_images({"x": torch.rand(3, 64)})


def test_ellipses_are_two_sigma_around_their_own_mu():
    mu, logvar = torch.randn(11, 2), torch.randn(11, 2)
    ax = plot_posteriors(mu, logvar, torch.rand(11, 784), chosen=[2, 7])
    ellipses = [patch for patch in ax.patches if isinstance(patch, Ellipse)]
    assert len(ellipses) == 2
    for ellipse in ellipses:
        row = int((mu - torch.tensor(ellipse.center)).square().sum(dim=1).argmin())
        assert row in (2, 7)
        width, height = 4 * torch.exp(0.5 * logvar[row])
        assert ellipse.width == pytest.approx(float(width))
        assert ellipse.height == pytest.approx(float(height))
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_posteriors_of_more_dimensions_are_refused():
    with pytest.raises(ValueError, match=r"mu must have shape \(n, 2\), got \(5, 3\)"):
        plot_posteriors(torch.zeros(5, 3), torch.zeros(5, 3), torch.rand(5, 784), [0])


def test_histories_have_a_panel_for_each_term_with_units():
    runs = {name: {"kl": [1.0, 2.0], "loss": [3.0, 2.0]} for name in ("one", "two")}
    panels = plot_histories(runs, ["kl", "loss"])
    assert [panel.get_ylabel() for panel in panels] == ["nats per image"] * 2
    assert [list(line.get_ydata()) for line in panels[0].lines] == [[1.0, 2.0]] * 2
    with pytest.raises(KeyError, match="elbo"):
        plot_histories(runs, ["elbo"])
