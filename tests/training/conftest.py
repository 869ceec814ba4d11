from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalkit.datasets.dataset import Dataset
from evalkit.training.numpy_trainer import train_numpy
from evalkit.training.torch_trainer import train_torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.training.checkpoint import Checkpoint


@pytest.fixture(scope="session")
def make_dataset() -> Callable[..., Dataset]:
    """Return a function that makes small data sets with one Gaussian cluster per class."""

    def make(
        rows: int = 400,
        features: int = 12,
        classes: int = 4,
        *,
        pixels: bool = False,
        spread: float = 1.5,
        seed: int = 0,
    ) -> Dataset:
        generator = np.random.default_rng(seed)
        centres = generator.normal(0, spread, (classes, features))
        y = generator.integers(0, classes, 2 * rows)
        X = centres[y] + generator.normal(0, 1, (2 * rows, features))
        if pixels:
            X = np.clip(128 + 30 * X, 0, 255).astype(np.uint8)
        return Dataset(
            X_train=X[:rows],
            y_train=y[:rows],
            X_test=X[rows:],
            y_test=y[rows:],
            classes=tuple(f"class {k}" for k in range(classes)),
            name="clouds",
            spec="clouds.npz",
            split="halves",
        )

    return make


@pytest.fixture(params=["numpy", pytest.param("torch", marks=pytest.mark.torch)])
def train(request: pytest.FixtureRequest) -> Callable[..., Checkpoint]:
    """Return each of the two trainers."""
    if request.param == "numpy":
        return train_numpy
    pytest.importorskip("torch")
    return train_torch
