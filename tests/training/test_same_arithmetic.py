"""Test that the NumPy and the PyTorch network give the same losses in float64."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalkit.training.initialisation import initial_weights
from evalkit.training.numpy_trainer import NumpyLearner, train_numpy
from evalkit.training.settings import Schedule, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.datasets.dataset import Dataset

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

BASE = Settings(
    hidden=(16, 16, 16), batch_size=20, learning_rate=0.05, dtype="float64", initialisation="he"
)

OPTIONS = {
    "sigmoid": replace(BASE, activation="sigmoid"),
    "tanh": replace(BASE, activation="tanh"),
    "softplus": replace(BASE, activation="softplus"),
    "relu": replace(BASE, activation="relu"),
    "leaky_relu": replace(BASE, activation="leaky_relu", alpha=0.2),
    "elu": replace(BASE, activation="elu", alpha=0.7),
    "no hidden layer": replace(BASE, hidden=()),
    "batch norm": replace(BASE, batch_norm=True),
    "residual": replace(BASE, residual=True),
    "residual with batch norm": replace(BASE, residual=True, batch_norm=True),
    "l1": replace(BASE, l1=1e-3),
    "l1 and l2 by layer": replace(BASE, l1=(1e-3, 0.0, 0.0, 1e-2), l2=(0.0, 1e-2, 1e-3, 0.0)),
    "momentum": replace(BASE, momentum=0.9),
    "adam": replace(BASE, optimizer="adam", learning_rate=0.003),
    "class weights": replace(BASE, class_weight=(1.0, 2.0, 0.5, 0.0)),
}


@pytest.mark.parametrize("settings", OPTIONS.values(), ids=OPTIONS.keys())
def test_losses_agree_for_a_hundred_steps(settings: Settings) -> None:
    """With equal weights, batches and options, losses agree to 1e-9."""
    from evalkit.training.torch_learner import TorchLearner

    generator = np.random.default_rng(1)
    architecture = settings.architecture(8, 4)
    class_weights = np.array(settings.class_weight) if settings.class_weight else None
    start = initial_weights(architecture, "glorot", generator)
    learners = [
        make(architecture, settings, class_weights) for make in (NumpyLearner, TorchLearner)
    ]
    for learner in learners:
        learner.load(start)

    for _ in range(100):
        X, y = generator.normal(size=(20, 8)), generator.integers(0, 4, 20)
        ours, theirs = (learner.step(X, y, settings.learning_rate) for learner in learners)
        assert ours.loss == pytest.approx(theirs.loss, abs=1e-9)
        assert ours[1:] == theirs[1:]

    ours_weights, theirs_weights = (learner.weights() for learner in learners)
    assert ours_weights.keys() == theirs_weights.keys()
    for name, array in ours_weights.items():
        np.testing.assert_allclose(array, theirs_weights[name], rtol=0, atol=1e-8, err_msg=name)


@pytest.mark.parametrize("schedule", ["constant", "cosine", "step", "one_cycle"])
def test_whole_runs_agree(make_dataset: Callable[..., Dataset], schedule: Schedule) -> None:
    """With the same seed, both trainers have the same split, weights, order and history."""
    from evalkit.training.torch_trainer import train_torch

    settings = replace(BASE, epochs=4, schedule=schedule)
    dataset = make_dataset(pixels=True)
    ours, theirs = train_numpy(dataset, settings), train_torch(dataset, settings)
    for a, b in zip(ours.history, theirs.history, strict=True):
        assert a.train_loss == pytest.approx(b.train_loss, abs=1e-9)
        assert a.validation_loss == pytest.approx(b.validation_loss, abs=1e-9)
        assert (a.train_accuracy, a.validation_accuracy) == (
            b.train_accuracy,
            b.validation_accuracy,
        )
    assert ours.best_epoch == theirs.best_epoch
    assert ours.normalisation.offset.shape == (1,)
