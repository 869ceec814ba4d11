"""Resampling: weighted, grouped and stratified samples, exchange tests, and expected costs."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from benchmarks.validity.simulation import Cell, simulation
from evalkit.counts.counts import Counts
from evalkit.predictions import ModelPredictions, Predictions
from evalkit.statistics.estimates import ModelEstimator, PairEstimator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Array = NDArray[Any]

REPLICATES = 1_000
CLUSTER = 20


def counts_of(actual: Array, right: Array, **design: Array) -> Counts:
    """Return the counts of models with two classes that are right on some samples, (models, n)."""
    models = tuple(
        ModelPredictions(name, np.where(each, actual, 1 - actual))
        for name, each in zip("ab", right, strict=False)
    )
    return Counts.of_rows(Predictions((0, 1), actual, models, **design))


def right_in_clusters(
    shape: tuple[int, ...], accuracy: float, correlation: float, rng: np.random.Generator
) -> Array:
    """Return who is right (..., G, m); a normal effect of the cluster is shared by its samples."""
    effect = rng.normal(size=(*shape[:-1], 1)) * correlation**0.5
    noise = rng.normal(size=shape) * (1.0 - correlation) ** 0.5
    return effect + noise < ndtri(accuracy)


@simulation
def clusters(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Clusters of 20 samples: intervals of accuracy, of macro F1, and of their differences."""
    for groups, correlation, accuracy in product(
        (5, 10, 20, 50), (0.0, 0.1, 0.3, 0.5), (0.5, 0.9, 0.99)
    ):
        n = groups * CLUSTER
        held = dict.fromkeys(("accuracy", "f1_macro"), 0)
        held_of_two = dict.fromkeys(held, 0)
        for seed in range(draws):
            actual = np.arange(n) % 2
            both = right_in_clusters((2, groups, CLUSTER), accuracy, correlation, rng)
            counts = counts_of(
                actual, both.reshape(2, n), groups=np.repeat(np.arange(groups), CLUSTER)
            )
            one = ModelEstimator(counts.alone(0), replicates=REPLICATES, seed=seed)
            two = PairEstimator(counts, replicates=REPLICATES, seed=seed)
            for metric in held:
                limits = one.limits(metric, 0.95)
                held[metric] += int(limits.low <= accuracy <= limits.high)
                limits = two.limits(metric, 0.95)
                held_of_two[metric] += int(limits.low <= 0.0 <= limits.high)
        population = f"{groups} clusters of {CLUSTER}, correlation {correlation}, {accuracy:.0%}"
        for metric in held:
            yield Cell("interval", metric, "groups", population, held[metric], draws, 0.95)
            yield Cell(
                "interval",
                f"difference of {metric}",
                "groups",
                population,
                held_of_two[metric],
                draws,
                0.95,
            )
