"""The course's VAE after its training, stored, so that a chapter need not train it again.

`make runs` writes the file. The chapter on training trains the same model before the reader's
eyes, and asserts that what is stored here is what came out there.
"""

from importlib.resources import files

import numpy as np
import torch
from torch import Tensor

from vaelib.models import VAE

FILE = files("vaelib") / "trained.npz"
EPOCHS = 40


def save_trained(model: VAE) -> None:
    """Write trained.npz: matrices as whole numbers from -127 to 127, each row with its unit."""
    columns = {}
    for name, weight in model.state_dict().items():
        if weight.ndim == 2:
            unit = weight.abs().amax(dim=1, keepdim=True) / 127
            columns[f"{name} unit"] = unit.numpy()
            columns[name] = (weight / unit).round().to(torch.int8).numpy()
        else:
            columns[name] = weight.numpy()
    np.savez_compressed(str(FILE), **columns)


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
        model.load_state_dict({name: _weight(stored, name) for name in model.state_dict()})
    return model


def _weight(stored: "np.lib.npyio.NpzFile", name: str) -> Tensor:
    """Return one weight as it was before it was rounded."""
    values = torch.from_numpy(stored[name]).float()
    unit = f"{name} unit"
    return values * torch.from_numpy(stored[unit]) if unit in stored else values
