"""The course's VAE after its training, stored, so that a chapter need not train it again.

`make runs` writes the file. The chapter on training trains the same model before the reader's
eyes, and asserts that what is stored here is what came out there.
"""

from importlib.resources import files

import numpy as np
import torch

from vaelib.models import VAE

FILE = files("vaelib") / "trained.npz"
EPOCHS = 40


def load_trained() -> VAE:
    """Return the default `VAE` as 40 epochs of `fit` on the training digits leave it.

    Returns
    -------
    VAE
        On the CPU. `torch.manual_seed(0)`, `VAE()` and `fit` give the same model, up to the
        rounding of its stored weights and of the machine that trains.
    """
    with torch.random.fork_rng(devices=[]):  # the caller's numbers are left alone
        model = VAE()
    with FILE.open("rb") as file, np.load(file) as stored:
        weights = {name: torch.from_numpy(stored[name]).float() for name in model.state_dict()}
        for name in set(stored) - set(weights):  # a matrix of whole numbers has a unit for each row
            weights[name.removesuffix(" unit")] *= torch.from_numpy(stored[name])
    model.load_state_dict(weights)
    return model
