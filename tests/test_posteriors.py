"""Encoder, Decoder and VAE: every image gets its own Gaussian, and the encoder can learn it."""

import math
import re

import pytest
import torch
from torch.testing import assert_close

from vaelib import VAE, Decoder, Encoder, kl_loss, negative_elbo

SIZES = (11, 13, 3)  # pixels, hidden units, latent dimensions


@pytest.fixture
def model():
    return VAE(*SIZES)


@pytest.fixture
def x():
    """Seven images."""
    return torch.rand(7, 11)


def names_and_shapes(module):
    return {name: tuple(value.shape) for name, value in module.state_dict().items()}


def zero_gradients(module):
    """The names of the parameters that got no gradient, or one of zeros only."""
    named = module.named_parameters()
    return {name for name, p in named if p.grad is None or not p.grad.any()}


def test_state_dict_has_these_names_and_default_sizes():
    encoder = {
        "hidden.weight": (400, 784),
        "hidden.bias": (400,),
        "mu.weight": (20, 400),
        "mu.bias": (20,),
        "logvar.weight": (20, 400),
        "logvar.bias": (20,),
    }
    decoder = {
        "hidden.weight": (400, 20),
        "hidden.bias": (400,),
        "logits.weight": (784, 400),
        "logits.bias": (784,),
    }
    assert names_and_shapes(Encoder()) == encoder
    assert names_and_shapes(Decoder()) == decoder
    assert names_and_shapes(VAE()) == {
        **{f"encoder.{name}": shape for name, shape in encoder.items()},
        **{f"decoder.{name}": shape for name, shape in decoder.items()},
    }


def test_every_entry_of_the_state_dict_is_a_parameter():
    assert sum(p.numel() for p in VAE().parameters()) == 330_040 + 322_784


def test_sizes_can_be_chosen_by_name():
    encoder = Encoder(in_features=11, hidden=5, latent_dim=3)
    decoder = Decoder(latent_dim=3, hidden=5, out_features=11)
    vae = VAE(in_features=11, hidden=5, latent_dim=3)
    assert names_and_shapes(encoder)["logvar.weight"] == (3, 5)
    assert names_and_shapes(decoder)["logits.weight"] == (11, 5)
    assert names_and_shapes(vae.encoder) == names_and_shapes(encoder)
    assert names_and_shapes(vae.decoder) == names_and_shapes(decoder)


def test_shapes(model, x):
    logits, mu, logvar = model(x)
    assert logits.shape == (7, 11)
    assert mu.shape == logvar.shape == (7, 3)


def test_encoder_is_two_linear_heads_on_one_relu_layer(model, x):
    w = model.encoder.state_dict()
    hidden = (x @ w["hidden.weight"].T + w["hidden.bias"]).clamp(min=0)
    mu, logvar = model.encoder(x)
    assert_close(mu, hidden @ w["mu.weight"].T + w["mu.bias"])
    assert_close(logvar, hidden @ w["logvar.weight"].T + w["logvar.bias"])


def test_decoder_gives_logits_from_one_relu_layer(model):
    w = model.decoder.state_dict()
    z = torch.randn(7, 3)
    hidden = (z @ w["hidden.weight"].T + w["hidden.bias"]).clamp(min=0)
    assert_close(model.decoder(z), hidden @ w["logits.weight"].T + w["logits.bias"])


def test_vae_decodes_a_draw_from_the_encoders_gaussian(model, x):
    torch.manual_seed(1)
    logits, mu, logvar = model(x)
    torch.manual_seed(1)
    z = model.sampling(mu, logvar)
    assert_close(mu, model.encoder(x)[0])
    assert_close(logvar, model.encoder(x)[1])
    assert_close(logits, model.decoder(z))


def test_every_digit_gets_a_gaussian_of_its_own(digits):
    images = digits[1][0]
    for output in Encoder()(images):
        assert len(output.unique(dim=0)) == 1_000


def test_a_row_depends_on_its_own_image_alone(model, x):
    others_lost = torch.full_like(x, math.nan)
    others_lost[2] = 0
    for seen, alone in zip(model.encoder(x + others_lost), model.encoder(x), strict=True):
        assert_close(seen[2], alone[2])
        assert seen[0].isnan().all()


def test_a_row_of_logits_depends_on_its_own_image_alone(model, x):
    others_lost = torch.full_like(x, math.nan)
    others_lost[2] = 0
    torch.manual_seed(1)
    alone = model(x)[0]
    torch.manual_seed(1)
    assert_close(model(x + others_lost)[0][2], alone[2])


def test_an_image_alone_gets_the_gaussian_it_gets_in_a_batch(model, x):
    for alone, together in zip(model.encoder(x[2:3]), model.encoder(x), strict=True):
        assert_close(alone[0], together[2])


def test_memory_layout_does_not_matter(model, x):
    for transposed, contiguous in zip(
        model.encoder(x.T.contiguous().T), model.encoder(x), strict=True
    ):
        assert_close(transposed, contiguous)


def test_training_and_evaluation_give_the_same(model, x):
    def run(training):
        torch.manual_seed(1)
        return model.train(training)(x)

    for train, evaluation in zip(run(True), run(False), strict=True):
        assert torch.equal(train, evaluation)


def test_the_loss_reaches_every_parameter(model, x):
    logits, mu, logvar = model(x)
    negative_elbo(logits, x, mu, logvar).backward()
    assert zero_gradients(model) == set()


def test_reconstruction_alone_teaches_the_encoder(model, x):
    logits, mu, logvar = model(x)
    negative_elbo(logits, x, mu, logvar, beta=0.0).backward()
    assert zero_gradients(model) == set()


def test_kl_alone_teaches_nothing_to_the_decoder(model, x):
    _, mu, logvar = model(x)
    kl_loss(mu, logvar).backward()
    assert zero_gradients(model) == {f"decoder.{name}" for name in model.decoder.state_dict()}


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_model_and_images_may_have_another_dtype(model, x, dtype):
    assert {output.dtype for output in model.to(dtype)(x.to(dtype))} == {dtype}


def test_works_on_meta(model):
    outputs = model.to("meta")(torch.empty(7, 11, device="meta"))
    assert [tuple(output.shape) for output in outputs] == [(7, 11), (7, 3), (7, 3)]


@pytest.mark.parametrize(
    ("size", "error", "message"),
    [
        (True, TypeError, "must be an int, got bool"),
        (2.5, TypeError, "must be an int, got float"),
        ("3", TypeError, "must be an int, got str"),
        (None, TypeError, "must be an int, got NoneType"),
        (0, ValueError, "must be at least 1, got 0"),
        (-1, ValueError, "must be at least 1, got -1"),
    ],
)
@pytest.mark.parametrize(
    ("module", "name"),
    [
        (Encoder, "in_features"),
        (Encoder, "hidden"),
        (Encoder, "latent_dim"),
        (Decoder, "latent_dim"),
        (Decoder, "hidden"),
        (Decoder, "out_features"),
        (VAE, "in_features"),
        (VAE, "hidden"),
        (VAE, "latent_dim"),
    ],
)
def test_bad_size_is_refused_by_name(module, name, size, error, message):
    with pytest.raises(error, match=f"^{name} {message}$"):
        module(**{name: size})


BAD_INPUTS = {
    "none": (None, TypeError, "must be a torch.Tensor, got NoneType"),
    "numpy": (torch.zeros(7, 11).numpy(), TypeError, "must be a torch.Tensor, got ndarray"),
    "uint8": (
        torch.zeros(7, 11, dtype=torch.uint8),
        TypeError,
        "must have a floating-point dtype, got torch.uint8",
    ),
    "vector": (torch.zeros(11), ValueError, "must have shape (batch, {}), got (11,)"),
    "square": (
        torch.zeros(7, 1, 2, 2),
        ValueError,
        "must have shape (batch, {}), got (7, 1, 2, 2)",
    ),
    "columns": (torch.zeros(7, 13), ValueError, "must have shape (batch, {}), got (7, 13)"),
}


@pytest.mark.parametrize(("value", "error", "message"), BAD_INPUTS.values(), ids=BAD_INPUTS.keys())
@pytest.mark.parametrize(
    ("part", "name", "columns"), [(None, "x", 11), ("encoder", "x", 11), ("decoder", "z", 3)]
)
def test_bad_input_is_refused_by_name(model, part, name, columns, value, error, message):
    module = getattr(model, part) if part else model
    with pytest.raises(error, match=re.escape(f"{name} {message.format(columns)}")):
        module(value)


def test_empty_batch_is_refused(model):
    with pytest.raises(ValueError, match=re.escape("x must not be empty, got shape (0, 11)")):
        model(torch.zeros(0, 11))


def test_images_of_another_dtype_than_the_model_are_refused(model, x):
    with pytest.raises(TypeError, match=r"torch\.float64.*torch\.float32|float32.*float64"):
        model(x.double())
