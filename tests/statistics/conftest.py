"""Populations and tables that several tests of this folder draw from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalkit.counts.joint import JointCounts

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def draw_joint() -> Callable[..., JointCounts]:
    """Two models of given accuracies on the same random samples."""

    def draw(
        n: int, n_classes: int, accuracies: tuple[float, float] = (0.8, 0.7), seed: int = 0
    ) -> JointCounts:
        rng = np.random.default_rng(seed)
        actual = rng.integers(0, n_classes, n)
        predicted = [
            np.where(rng.random(n) < accuracy, actual, rng.integers(0, n_classes, n))
            for accuracy in accuracies
        ]
        return JointCounts.from_codes(actual, predicted[0], predicted[1], n_classes)

    return draw
