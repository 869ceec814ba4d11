"""Labels and probabilities for the tests of metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Labels = tuple["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.float64]"]


@pytest.fixture
def labels_of() -> Callable[..., Labels]:
    """Make actual labels, predictions that are right about half the time, and weights."""

    def make(n: int = 200, n_classes: int = 4, seed: int = 0) -> Labels:
        rng = np.random.default_rng(seed)
        actual = rng.integers(0, n_classes, n)
        predicted = np.where(rng.random(n) < 0.5, actual, rng.integers(0, n_classes, n))
        return actual, predicted, rng.random(n)

    return make


@pytest.fixture
def scores_of() -> Callable[..., tuple[Any, Any, Any]]:
    """Make binary labels, scores with as many ties as the rounding gives, and weights."""

    def make(n: int = 300, decimals: int = 8, seed: int = 0) -> tuple[Any, Any, Any]:
        rng = np.random.default_rng(seed)
        positive = rng.random(n) < 0.4
        scores = (rng.normal(size=n) + positive).round(decimals)
        return positive, scores, rng.random(n)

    return make


@pytest.fixture
def probabilities_of() -> Callable[..., tuple[Any, Any, Any]]:
    """Make labels of K classes, (n, K) probabilities that lean to them, and weights."""

    def make(n: int = 300, n_classes: int = 4, seed: int = 0) -> tuple[Any, Any, Any]:
        rng = np.random.default_rng(seed)
        actual = rng.integers(0, n_classes, n)
        scores = rng.random((n, n_classes)) + 0.5 * (actual[:, None] == np.arange(n_classes))
        return actual, scores / scores.sum(axis=1, keepdims=True), rng.random(n)

    return make
