"""Evaluations to compare: seeded predictions with a known share of errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import evalkit
from evalkit.compare.evaluation import Evaluation

MakeEvaluation = Callable[..., Evaluation]


@pytest.fixture
def make_evaluation() -> MakeEvaluation:
    """A model that is right with a given probability, on labels fixed by their own seed."""

    def make(
        name: str,
        *,
        seed: int,
        accuracy: float = 0.7,
        n: int = 400,
        classes: tuple[Any, ...] = ("cat", "dog", "ship"),
        **options: Any,
    ) -> Evaluation:
        actual = np.random.default_rng(7).integers(0, len(classes), n)
        rng = np.random.default_rng(seed)
        guess = rng.integers(0, len(classes), n)
        predicted = np.where(rng.random(n) < accuracy, actual, guess)
        names = np.array(classes)
        return evalkit.evaluate(
            names[actual], names[predicted], classes=classes, name=name, **options
        )

    return make
