"""Resampling: weighted, grouped and stratified samples, exchange tests, and expected costs."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from benchmarks.validity.simulation import Cell, simulation
from evalkit.counts.counts import Counts
from evalkit.predictions import ModelPredictions, Predictions
from evalkit.statistics import JointCounts, cost_difference_interval, holm, permutation_test
from evalkit.statistics.count_metric import count_metric
from evalkit.statistics.estimates import ModelEstimator, PairEstimator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    Array = NDArray[Any]

REPLICATES = 1_000
CLUSTER = 20
ALARMS = 0.05
NAMES = {
    "accuracy": "accuracy",
    "f1_macro": "macro F1",
    "precision": "precision",
    "precision_macro": "macro precision",
}


def counts_of(actual: Array, right: Array, **design: Any) -> Counts:
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
    return np.asarray(effect + noise < ndtri(accuracy))


def held_by(counts: Counts, metrics: Iterable[str], truth: float, seed: int) -> dict[str, int]:
    """Return for each metric whether the interval of the first model holds the true value."""
    one = ModelEstimator(counts.alone(0), replicates=REPLICATES, seed=seed)
    limits = {metric: one.limits(metric, 0.95) for metric in metrics}
    return {key: int(each.low <= truth <= each.high) for key, each in limits.items()}


@simulation
def clusters(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Clusters of 20 samples: intervals of accuracy, of macro F1, and of their differences."""
    yield from _clusters(rng, draws, product((5, 20), (0.0, 0.4), (0.5, 0.99)))


@simulation
def many_clusters(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """More clusters with an accuracy of 90 %, where the intervals are no longer conservative."""
    yield from _clusters(rng, draws, product((20, 50), (0.4,), (0.9,)))


def _clusters(
    rng: np.random.Generator, draws: int, populations: Iterable[tuple[int, float, float]]
) -> Iterator[Cell]:
    for groups, correlation, accuracy in populations:
        n = groups * CLUSTER
        held = dict.fromkeys(("accuracy", "f1_macro"), 0)
        held_of_two = dict.fromkeys(held, 0)
        for seed in range(draws):
            actual = np.arange(n) % 2
            both = right_in_clusters((2, groups, CLUSTER), accuracy, correlation, rng)
            counts = counts_of(
                actual, both.reshape(2, n), groups=np.repeat(np.arange(groups), CLUSTER)
            )
            for metric, hits in held_by(counts, held, accuracy, seed).items():
                held[metric] += hits
            two = PairEstimator(counts, replicates=REPLICATES, seed=seed)
            for metric in held:
                limits = two.limits(metric, 0.95)
                held_of_two[metric] += int(limits.low <= 0.0 <= limits.high)
        population = f"{groups} clusters of {CLUSTER}, correlation {correlation}, {accuracy:.0%}"
        for metric in held:
            yield Cell(
                "interval", NAMES[metric], "over groups", population, held[metric], draws, 0.95
            )
            yield Cell(
                "interval",
                f"difference in {NAMES[metric]}, same samples",
                "over groups",
                population,
                held_of_two[metric],
                draws,
                0.95,
            )


@simulation
def weights(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Lognormal weights: intervals of accuracy and of macro F1."""
    n = 50
    for spread, accuracy in product((0.5, 1.5), (0.5, 0.99)):
        held = dict.fromkeys(("accuracy", "f1_macro"), 0)
        for seed in range(draws):
            right = rng.random((1, n)) < accuracy
            counts = counts_of(np.arange(n) % 2, right, weights=rng.lognormal(0.0, spread, n))
            for metric, hits in held_by(counts, held, accuracy, seed).items():
                held[metric] += hits
        population = f"n = {n:,}, lognormal weights of spread {spread}, {accuracy:.0%}"
        for metric, hits in held.items():
            yield Cell("interval", NAMES[metric], "of weights", population, hits, draws, 0.95)


@simulation
def strata(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Four strata of unequal accuracy: intervals of accuracy and of macro F1."""
    for n, errors in product((40, 200), (0.4, 0.01)):
        stratum = np.arange(n) % 4
        chance = 1.0 - errors * np.array([0.0, 0.5, 1.0, 2.5])[stratum]
        accuracy = float(chance.mean())
        held = dict.fromkeys(("accuracy", "f1_macro"), 0)
        for seed in range(draws):
            right = rng.random((1, n)) < chance
            counts = counts_of(np.arange(n) // 4 % 2, right, strata=stratum)
            for metric, hits in held_by(counts, held, accuracy, seed).items():
                held[metric] += hits
        population = f"n = {n:,}, 4 strata, {accuracy:.0%}"
        for metric, hits in held.items():
            yield Cell("interval", NAMES[metric], "in strata", population, hits, draws, 0.95)


def cells_of_calls(
    prevalence: float, first: tuple[float, float], second: tuple[float, float]
) -> Array:
    """Return the cells (2, 2, 2) of two models by their precision and their share of positives."""
    cells = np.zeros((2, 2, 2))
    for y, share in enumerate((1.0 - prevalence, prevalence)):
        called = [
            (precision if y else 1.0 - precision) * rate / share
            for precision, rate in (first, second)
        ]
        for a, b in product((0, 1), (0, 1)):
            chances = [p if label else 1.0 - p for p, label in zip(called, (a, b), strict=True)]
            cells[y, a, b] = share * chances[0] * chances[1]
    return cells


CALLS = (
    (0.2, (0.6, 0.05), 0.25),
    (0.2, (0.6, 0.15), 0.15),
    (0.5, (0.9, 0.1), 0.5),
    (0.05, (0.6, 0.02), 0.08),
)
"""Prevalence, precision and share of positives of A, and the share of positives of B."""


def equal_cells(
    metric: str, prevalence: float, first: tuple[float, float], rate: float
) -> Array | None:
    """Return the cells of two models with an equal metric; None if B cannot reach it."""
    function = count_metric(metric)

    def gap(precision: float) -> float:
        cells = cells_of_calls(prevalence, first, (precision, rate))
        after, before = function(cells.sum(axis=1)), function(cells.sum(axis=2))
        return float(np.ravel(after - before)[-1])

    most = min(1.0, prevalence / rate)
    if gap(0.01) * gap(0.999 * most) > 0:
        return None
    return cells_of_calls(prevalence, first, (brentq(gap, 0.01, 0.999 * most), rate))


@simulation
def exchanges(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Two models with an equal metric and unequal shares of positives: p below 5 %."""
    for metric, (prevalence, first, rate), n in product(
        ("precision", "f1_macro", "precision_macro"), CALLS, (100, 1_000)
    ):
        cells = equal_cells(metric, prevalence, first, rate)
        if cells is None:
            continue
        alarms = 0
        for seed in range(draws):
            joint = JointCounts.from_dense(rng.multinomial(n, cells.ravel()).reshape(2, 2, 2))
            found = permutation_test(joint, metric, replicates=200, seed=seed)
            alarms += int(np.ravel(found.p_value)[-1] < ALARMS)
        population = (
            f"n = {n:,}, prevalence {prevalence:.0%}, positive {first[1]:.0%} and {rate:.0%}"
        )
        subject = f"{NAMES[metric]} differs, same samples"
        yield Cell("claim", subject, "permutation", population, alarms, draws, ALARMS)


@simulation
def many_classes(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """400 classes of equal precision, by Holm's method: any class significant."""
    k = 400
    for support, accuracy, silent in ((20, 0.8, 0.0), (20, 0.8, 0.5), (20, 0.3, 0.5)):
        alarms, actual = 0, np.repeat(np.arange(k), support)
        for _ in range(draws):
            predicted = np.where(
                rng.random((2, len(actual))) < accuracy,
                actual,
                rng.integers(1, k, (2, len(actual))),
            )
            # The first model predicts the first class instead in some samples of every other.
            predicted[0, rng.random(len(actual)) < silent] = 0
            joint = JointCounts.from_codes(actual, predicted[0], predicted[1], k)
            p = permutation_test(joint, "precision").p_value[1:]
            alarms += int((holm(p[~np.isnan(p)]) < ALARMS).any())
        population = f"{k} classes of {support}, {accuracy:.0%}, A silent in {silent:.0%}"
        yield Cell(
            "claim",
            "precision of a class differs, same samples",
            "permutation, Holm",
            population,
            alarms,
            draws,
            ALARMS,
        )


@simulation
def costs(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Equal expected costs of two models, where a miss costs 50 false positives."""
    price = np.array([[0.0, 1.0], [50.0, 0.0]])
    for (prevalence, miss_a, false_a, miss_b), n in product(
        (
            (0.05, 0.3, 0.1, 0.15),
            (0.02, 0.4, 0.05, 0.2),
            (0.1, 0.2, 0.05, 0.2),
            (0.01, 0.3, 0.01, 0.1),
        ),
        (50, 200, 1_000),
    ):
        false_b = false_a + (miss_a - miss_b) * prevalence * 50.0 / (1.0 - prevalence)
        rates = ((miss_a, false_a), (miss_b, false_b))
        cells = np.zeros((2, 2, 2))
        for y, a, b in product((0, 1), (0, 1), (0, 1)):
            share = prevalence if y else 1.0 - prevalence
            for label, (miss, false) in zip((a, b), rates, strict=True):
                positive = 1.0 - miss if y else false
                share *= positive if label else 1.0 - positive
            cells[y, a, b] = share
        held = 0
        for seed in range(draws):
            joint = JointCounts.from_dense(rng.multinomial(n, cells.ravel()).reshape(2, 2, 2))
            found = cost_difference_interval(joint, price, replicates=REPLICATES, seed=seed)
            held += int(found.low <= 0.0 <= found.high)
        population = f"n = {n:,}, prevalence {prevalence:.0%}, misses {miss_a:.0%} and {miss_b:.0%}"
        yield Cell(
            "interval",
            "difference in expected costs",
            "smoothed bootstrap",
            population,
            held,
            draws,
            0.95,
        )
