from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalkit.errors import TrainingError
from evalkit.training.batches import BatchStream, measure_normalisation
from evalkit.training.initialisation import initial_weights
from evalkit.training.numpy_trainer import NumpyLearner, train_numpy
from evalkit.training.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.datasets.dataset import Dataset

BASE = Settings(hidden=(128,), batch_size=128)
OPTIONS = {
    "defaults": BASE,
    "float64": replace(BASE, dtype="float64"),
    "adam": replace(BASE, optimizer="adam", learning_rate=0.001),
    "momentum": replace(BASE, momentum=0.9),
    "batch norm": replace(BASE, batch_norm=True),
    "dropout": replace(BASE, dropout=0.5),
    "elastic net": replace(BASE, l1=1e-5, l2=1e-5),
    "residual": replace(BASE, hidden=(128, 128, 128), residual=True),
    "class weights": replace(BASE, class_weight=(1.0,) * 10),
    "softplus": replace(BASE, activation="softplus"),
    "leaky relu": replace(BASE, activation="leaky_relu"),
}


@pytest.mark.parametrize("settings", OPTIONS.values(), ids=OPTIONS.keys())
def test_a_step_allocates_no_array(settings: Settings) -> None:
    """After the first batches, the memory peak is below the size of one hidden layer's output.

    What remains is NumPy's own buffer for casting, half of that, and Python's small objects.
    """
    generator = np.random.default_rng(0)
    X = generator.integers(0, 256, (512, 300), dtype=np.uint8)
    y = generator.integers(0, 10, 512)
    rows = np.arange(512)
    architecture = settings.architecture(300, 10)
    learner = NumpyLearner(architecture, settings, np.ones(10) if settings.class_weight else None)
    learner.load(initial_weights(architecture, "he", generator))
    stream = BatchStream(X, y, measure_normalisation(X, rows), batch_size=128, dtype=settings.dtype)

    def steps() -> None:
        for batch, codes in stream.batches(rows):
            learner.step(batch, codes, 0.001)

    steps()
    tracemalloc.start()
    try:
        steps()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 128 * 128 * np.dtype(settings.dtype).itemsize


def test_training_never_copies_the_data_set(make_dataset: Callable[..., Dataset]) -> None:
    """The memory peak of a whole run is far below the size of the inputs in float32."""
    dataset = make_dataset(rows=20_000, features=500, pixels=True)
    settings = replace(BASE, hidden=(8,), epochs=1)
    tracemalloc.start()
    try:
        train_numpy(dataset, settings)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < dataset.X_train.size * 4 / 2


def test_another_device_raises(make_dataset: Callable[..., Dataset]) -> None:
    """A device other than the CPU raises."""
    with pytest.raises(TrainingError, match=r"device is 'cuda', but .* Use the torch backend"):
        train_numpy(make_dataset(), replace(BASE, device="cuda"))
