"""Measure training and evaluation, and show them on book/bench.md.

    python bench/peers.py           # some minutes, on a machine that does nothing else
    python bench/peers.py --small   # one run of the smallest sizes

Every trainer makes the same steps with the same network, on one thread. Runs of all trainers
alternate, so that a drift of the machine hits each of them; medians are compared. Peers that are
not installed are left out, and the page says so: `make bench` installs them.
"""

import argparse
import functools
import importlib
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import time
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from page import keep, processor
from torch.nn.functional import binary_cross_entropy
from torch.utils.data import DataLoader, TensorDataset
from training import bare_loop

from vaelib import VAE, evaluate, fit, information_split, load_mnist
from vaelib.evaluation import importance_weighted_bound

# Images and batch sizes, each with the number of runs.
TRAININGS = {(5_000, 64): 3, (5_000, 512): 3, (5_000, 4096): 3, (60_000, 64): 1, (60_000, 4096): 1}
SMALL = {(5_000, 512): 1}
# Function, images, latent dimensions.
LARGE = [
    *(("evaluate", n, d) for n, d in [(1_000, 20), (100_000, 20), (1_000_000, 20)]),
    *(("evaluate", 100_000, d) for d in (2, 512)),
    *(("importance_weighted_bound", n, d) for n, d in [(1_000, 20), (20_000, 20)]),
    *(("importance_weighted_bound", 20_000, d) for d in (2, 512)),
    *(("information_split", n, d) for n, d in [(1_000, 20), (4_000, 20), (8_000, 20)]),
    *(("information_split", 2_000, d) for d in (2, 512)),
]
# Multiplications and additions of one image, forwards and backwards; its own gradient is not asked.
LAYERS = [(784, 400), (400, 20), (400, 20), (20, 400), (400, 784)]
WORK = 2 * (3 * sum(a * b for a, b in LAYERS) - LAYERS[0][0] * LAYERS[0][1])


def loader(images, batch):
    """Return what most published loops take their batches from."""
    return DataLoader(TensorDataset(images), batch_size=batch, shuffle=True)


def usual_loss(logits, x, mu, logvar):
    """Return the summed loss as published loops write it, by a sigmoid and its cross-entropy."""
    reconstruction = binary_cross_entropy(torch.sigmoid(logits), x, reduction="sum")
    return reconstruction - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())


def usual_loop(images, batch):
    """Train as the example of pytorch/examples does: a DataLoader, plain Adam, a number a step."""
    model, total = VAE(), 0.0
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    model.train()
    for (x,) in loader(images, batch):
        optimizer.zero_grad()
        logits, mu, logvar = model(x)
        loss = usual_loss(logits, x, mu, logvar)
        loss.backward()
        total += loss.item()
        optimizer.step()


def lightning_module(images, batch):
    """Train by Lightning's Trainer, with all that it writes and shows switched off."""
    import lightning

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.vae = VAE()

        def training_step(self, parts, _number):
            logits, mu, logvar = self.vae(parts[0])
            return usual_loss(logits, parts[0], mu, logvar)

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=1e-3)

    off = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar"), False)
    trainer = lightning.Trainer(max_epochs=1, accelerator="cpu", enable_model_summary=False, **off)
    trainer.fit(Module(), loader(images, batch))


def pythae_trainer(images, batch):
    """Train pythae's VAE by its BaseTrainer, with our network as its encoder and decoder."""
    import tempfile

    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE as Theirs
    from pythae.models import VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    ours = VAE()

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.layers = ours.encoder

        def forward(self, x):
            mu, logvar = self.layers(x)
            return ModelOutput(embedding=mu, log_covariance=logvar)

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.layers = ours.decoder

        def forward(self, z):
            return ModelOutput(reconstruction=torch.sigmoid(self.layers(z)))

    with tempfile.TemporaryDirectory() as folder:
        config = VAEConfig(input_dim=(784,), latent_dim=20, reconstruction_loss="bce")
        trainer = BaseTrainer(
            model=Theirs(config, Encoder(), Decoder()),
            train_dataset=BaseDataset(images, torch.zeros(len(images))),
            training_config=BaseTrainerConfig(
                output_dir=folder,
                num_epochs=1,
                per_device_train_batch_size=batch,
                learning_rate=1e-3,
                no_cuda=True,
            ),
        )
        trainer.train()


def fitted(images, batch, model=None):
    """Train by vaelib."""
    fit(VAE() if model is None else model, images, epochs=1, batch_size=batch, progress=False)


def compiled(images, batch):
    """Train by vaelib a model that torch.compile has made ready before."""
    fitted(images, batch, compiled_model())


@functools.cache
def compiled_model():
    """Return one compiled model for all runs."""
    return torch.compile(VAE())


def on_all_cores(images, batch):
    """Train by vaelib on as many threads as there are cores."""
    torch.set_num_threads(os.cpu_count())
    try:
        fitted(images, batch)
    finally:
        torch.set_num_threads(1)


TRAINERS = {
    "vaelib.fit": (fitted, "vaelib"),
    "a bare loop": (lambda images, batch: bare_loop(VAE(), images, 1, batch), "torch"),
    "the loop of pytorch/examples": (usual_loop, "torch"),
    "a Lightning module": (lightning_module, "lightning"),
    "pythae": (pythae_trainer, "pythae"),
}
WAYS = {
    "torch.compile": compiled,
    "all cores": on_all_cores,
}


def seconds(function, *arguments):
    """Return how long a call takes, from the same seed."""
    torch.manual_seed(0)
    began = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - began


def quietly(function):
    """Return a function whose words on stdout and stderr go nowhere: trainers talk."""

    @functools.wraps(function)
    def silent(*arguments):
        kept = [os.dup(1), os.dup(2)]
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        try:
            return function(*arguments)
        finally:
            for number, copy in enumerate(kept, start=1):
                os.dup2(copy, number)
                os.close(copy)

    return silent


def images_of(number):
    """Return so many images: the bundled ones, again and again."""
    (images, _), _ = load_mnist()
    return images.repeat(-(-number // len(images)), 1)[:number].clone()


def matrix_rate():
    """Return the operations a second of one thread in large products of matrices."""
    a, b = torch.rand(1024, 1024), torch.rand(1024, 1024)
    return 2 * 1024**3 / min(seconds(torch.mm, a, b) for _ in range(20))


def train_all(trainers, sizes):
    """Return {size: {trainer: median seconds of an epoch}}; say what each takes as it is known."""
    found = []
    for name, train in trainers.items():  # imports, and what is made once
        print(f"{seconds(train, images_of(1024), 128):7.2f} s  the first of {name}", flush=True)
    for (number, batch), runs in sizes.items():
        images = images_of(number)
        times = {name: [] for name in trainers}
        for _ in range(runs):
            for name, train in trainers.items():
                times[name].append(seconds(train, images, batch))
        medians = {name: statistics.median(values) for name, values in times.items()}
        found.append({"images": number, "batch": batch, "runs": runs, "seconds": medians})
        print(number, batch, {name: round(value, 2) for name, value in medians.items()}, flush=True)
    return found


def large(function, number, dimensions):
    """Measure one call in this process: print its seconds, and its peak of memory in MB, as JSON.

    What counts is the peak above that of the arguments, which are made before.
    """
    torch.manual_seed(0)
    if function == "information_split":
        arguments = torch.randn(number, dimensions), torch.randn(number, dimensions) - 3
        call = functools.partial(information_split, *arguments)
    else:
        model, images = VAE(latent_dim=dimensions), images_of(number)
        more = {"evaluate": (), "importance_weighted_bound": (10,)}[function]
        named = {"evaluate": evaluate, "importance_weighted_bound": importance_weighted_bound}
        call = functools.partial(named[function], model, images, *more)
    path = Path("/proc/self/clear_refs")
    if path.exists():
        path.write_text("5")  # Linux forgets the peak so far, that of making the arguments
    before = memory("VmRSS")
    took = seconds(call)
    print(json.dumps({"seconds": took, "peak": memory("VmHWM") - before}))


def memory(kind):
    """Return this process's memory in MB: VmRSS is now, VmHWM the peak; NaN where unknown."""
    path = Path("/proc/self/status")
    lines = path.read_text().splitlines() if path.is_file() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(kind)), math.nan)


def measure_large(cases):
    """Measure each case in a process of its own."""
    found = []
    for function, number, dimensions in cases:
        command = [sys.executable, __file__, "--large", function, str(number), str(dimensions)]
        said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        case = {"function": function, "images": number, "dimensions": dimensions}
        found.append(case | json.loads(said.splitlines()[-1]))
        print(found[-1], flush=True)
    return found


def graphics():
    """Return the GPU's name, or None."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else None


def there(package):
    """Return a package's version, or None where it cannot be imported."""
    try:
        importlib.import_module(package)
        return version(package)
    except (ImportError, PackageNotFoundError):
        return None


def measured(small):
    """Measure all of it."""
    torch.set_num_threads(1)
    packages = {package: there(package) for package in ("torch", "lightning", "pythae")}
    sizes = SMALL if small else TRAININGS
    trainers = {
        name: quietly(train)
        for name, (train, package) in TRAINERS.items()
        if packages.get(package, True)
    }
    ways = {"vaelib.fit": fitted} | WAYS
    if small or shutil.which("c++") is None:
        ways.pop("torch.compile")  # it needs a compiler, and a minute
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "gpu": graphics(),
        "date": date.today().isoformat(),
        "small": small,
        "packages": packages,
        "work": WORK,
        "rate": matrix_rate(),
        "trainings": train_all(trainers, sizes),
        "ways": train_all(
            {name: quietly(way) for name, way in ways.items()}, {(5_000, 512): 1 if small else 3}
        ),
        "large": measure_large([case for case in LARGE if not small or case[1] <= 1_000]),
    }


def main():
    """Measure, and write numbers and page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="one run of the smallest sizes")
    parser.add_argument("--large", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.large:
        torch.set_num_threads(1)
        large(given.large[0], int(given.large[1]), int(given.large[2]))
        return
    keep("training", measured(given.small))


if __name__ == "__main__":
    main()
