"""Simulations of the headline and of the comparison with the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import evalkit
from benchmarks.validity.simulation import Cell, simulation
from evalkit.compare.baseline import counted_gap
from evalkit.compare.summary import Question
from evalkit.counts.counts import Counts
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.statistics.estimates import ModelEstimator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

REPLICATES = 200
POPULATIONS = (
    (200, (0.5, 0.5), 0.8),
    (1_000, (0.05, 0.95), 0.6),
    (500, (0.1,) * 10, 0.8),
)
"""Number of samples, shares of the classes, and recall of each class."""
GUESSES = ((100, (0.5, 0.3, 0.2)), (1_000, (0.05, 0.95)), (200, (0.1, 0.9)))


@simulation
def headline(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Two models with the same confusion probabilities: any difference in the headline is false."""
    for n, shares, recall in POPULATIONS:
        claims = 0
        for _ in range(draws):
            actual = rng.choice(len(shares), n, p=shares)
            shared = rng.random(n) < 0.5
            first, other = (_predicted(rng, actual, len(shares), recall) for _ in range(2))
            models = (first, np.where(shared, first, other))
            found = evalkit.compare(
                [
                    evalkit.evaluate(actual, each, classes=range(len(shares)), name=name)
                    for name, each in zip("ab", models, strict=True)
                ],
                betas=(1.0,),
                replicates=REPLICATES,
            )
            said = found.verdict.headline
            claims += "has the" in said
        yield Cell(
            "claim",
            "a difference between two models in the headline",
            "primary metric at α, metrics beside it at α / 5 after Holm",
            f"n = {n:,}, {len(shares)} classes, rarest {100 * min(shares):g} %, "
            f"recall {100 * recall:g} %",
            claims,
            draws,
            0.06,
        )


def _predicted(
    rng: np.random.Generator, actual: NDArray[np.int64], k: int, recall: float
) -> NDArray[np.int64]:
    wrong = (actual + rng.integers(1, k, len(actual))) % k
    return np.where(rng.random(len(actual)) < recall, actual, wrong)


@simulation
def baseline(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Guesses: their balanced accuracy is 1 / K, as that of a constant; so is their accuracy."""
    for n, shares in GUESSES:
        k = len(shares)
        most = int(np.argmax(shares))
        for metric in ("accuracy", "balanced_accuracy"):
            claims = 0
            for seed in range(draws):
                actual = rng.choice(k, n, p=shares)
                guess = rng.choice(k, n, p=shares)
                if metric == "accuracy":
                    # A class that is as frequent as the most frequent one, predicted always.
                    actual = np.where(rng.random(n) < 0.5, most, (most + 1) % k)
                    guess = np.where(rng.random(n) < 0.5, most, (most + 1) % k)
                matrix = ConfusionMatrix.from_predictions(actual, guess, classes=range(k))
                counts = Counts.of_matrix(matrix)
                estimator = ModelEstimator(counts, replicates=1_000, seed=seed)
                gap = counted_gap(Question(metric), estimator, counts, most, 0.95)
                assert gap is not None
                claims += (
                    gap.p_value is not None
                    and gap.p_value < 0.05
                    and (gap.value or 0.0) > 0
                    and (gap.low or 0.0) > 0
                )
            yield Cell(
                "claim",
                "a model is better than the constant prediction",
                "exact McNemar" if metric == "accuracy" else "bootstrap",
                f"{metric}, n = {n:,}, {k} classes, rarest {100 * min(shares):g} %",
                claims,
                draws,
                0.05,
            )
