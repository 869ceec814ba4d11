"""Simulate the intervals of one model: proportions, and metrics with a bootstrap interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.validity.simulation import Cell, matrix_cells, simulation
from evalkit.counts.counts import Counts
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics import f1_interval, f1_posterior_interval, proportion_interval
from evalkit.statistics.count_metric import count_metric
from evalkit.statistics.estimates import ModelEstimator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from evalkit.statistics.proportions import ProportionMethod

    Array = NDArray[Any]

REPLICATES = 1_000
CONFIDENCE = 0.95
MORE = 10
"""Times as many data sets for intervals that are computed for all of them at once."""


def harmonic(k: int) -> Array:
    """Return prevalences proportional to 1, 1/2, 1/3 and so on."""
    weight: Array = 1.0 / np.arange(1, k + 1)
    weight /= weight.sum()
    return weight


PRIORS = {
    "K = 2": np.full(2, 0.5),
    "K = 2, prevalence 1 %": np.array([0.99, 0.01]),
    "K = 10": np.full(10, 0.1),
    "K = 10, skewed": harmonic(10),
    "K = 100": np.full(100, 0.01),
    "K = 100, skewed": harmonic(100),
    "K = 400": np.full(400, 0.0025),
}
POPULATIONS = (
    *[("K = 2", accuracy, n) for accuracy in (0.6, 0.9, 0.999) for n in (50, 200, 1_000, 10_000)],
    *[("K = 2, prevalence 1 %", each, n) for each in (0.9, 0.99) for n in (200, 1_000, 10_000)],
    *[("K = 10", 0.9, n) for n in (200, 1_000)],
    *[("K = 10, skewed", 0.9, n) for n in (200, 1_000, 10_000)],
    ("K = 10", 0.999, 1_000),
    ("K = 100", 0.9, 2_000),
    ("K = 100, skewed", 0.9, 10_000),
    ("K = 400", 0.9, 4_000),
)
"""Classes, accuracy in each class, and number of samples."""
METHODS: dict[ProportionMethod, str] = {"wilson": "Wilson", "clopper-pearson": "Clopper–Pearson"}
RESAMPLED = {
    "F1 of the rarest class": "f1",
    "macro F1": "f1_macro",
    "Matthews correlation": "matthews_corrcoef",
    "Cohen's kappa": "cohen_kappa",
}


def drawn(name: str, accuracy: float, n: int, draws: int, rng: np.random.Generator) -> Array:
    """Return confusion matrices (draws, K, K)."""
    cells = matrix_cells(PRIORS[name], accuracy)
    return rng.multinomial(n, cells.ravel(), draws).reshape(draws, *cells.shape)


def covered(subject: str, method: str, population: str, limits: Any, truth: float) -> Cell:
    """Return the coverage of limits, (draws,) each; undefined limits are omitted."""
    low, high = (np.asarray(each) for each in limits)
    # The tolerance handles limits that equal the true value up to rounding.
    held = (low - 1e-12 <= truth) & (truth <= high + 1e-12)
    known = int((~np.isnan(low)).sum())
    return Cell("interval", subject, method, population, int(held.sum()), known, CONFIDENCE)


@simulation
def proportions(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield the coverage for accuracy, and for recall and precision of the rarest class."""
    for name, accuracy, n in POPULATIONS:
        truth, rare = matrix_cells(PRIORS[name], accuracy), len(PRIORS[name]) - 1
        # Only these parts of a matrix are needed: right, missed, false, and right elsewhere.
        hit, missed, false = (
            float(each)
            for each in (
                truth[rare, rare],
                truth[rare, :rare].sum(),
                truth[:rare, rare].sum(),
            )
        )
        elsewhere = float(np.trace(truth)) - hit
        parts = np.array([hit, missed, false, elsewhere, 0.0])
        parts[-1] = max(0.0, 1.0 - parts.sum())
        right, misses, falses, others, _ = rng.multinomial(n, parts, MORE * draws).T
        for subject, successes, trials, true in (
            ("accuracy", right + others, n, hit + elsewhere),
            ("recall of the rarest class", right, right + misses, hit / (hit + missed)),
            ("precision of the rarest class", right, right + falses, hit / (hit + false)),
        ):
            for method, label in METHODS.items():
                limits = proportion_interval(successes, trials, method=method)
                population = f"{name}, n = {n:,}, accuracy {accuracy:g}"
                yield covered(subject, label, population, limits, true)


@simulation
def bootstrap(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield the coverage of the bootstrap intervals of the report."""
    for name, accuracy, n in POPULATIONS:
        truth = Marginals.of(matrix_cells(PRIORS[name], accuracy))
        found: dict[str, list[tuple[Any, Any]]] = {subject: [] for subject in RESAMPLED}
        for seed, table in enumerate(drawn(name, accuracy, n, draws, rng)):
            counts = Counts.of_matrix(ConfusionMatrix(table))
            model = ModelEstimator(counts, replicates=REPLICATES, seed=seed)
            for subject, metric in RESAMPLED.items():
                limits = model.limits(metric, CONFIDENCE)
                found[subject].append((np.ravel(limits.low)[-1], np.ravel(limits.high)[-1]))
        for subject, metric in RESAMPLED.items():
            true = float(np.ravel(count_metric(metric)(truth))[-1])
            population = f"{name}, n = {n:,}, accuracy {accuracy:g}"
            limits_of_all = np.transpose(found[subject])
            yield covered(subject, "smoothed bootstrap", population, limits_of_all, true)


@simulation
def analytic(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield the coverage of the functions without a bootstrap that reports do not use."""
    for name, accuracy, n in POPULATIONS:
        if len(PRIORS[name]) > 100:
            continue
        truth = Marginals.of(matrix_cells(PRIORS[name], accuracy))
        tables = drawn(name, accuracy, n, draws, rng)
        hit = tables[:, -1, -1]
        missed, false = tables[:, -1].sum(axis=1) - hit, tables[:, :, -1].sum(axis=1) - hit
        population = f"{name}, n = {n:,}, accuracy {accuracy:g}"
        posterior = f1_posterior_interval(hit, false, missed)
        true = float(count_metric("f1")(truth)[-1])
        yield covered("F1 of the rarest class", "Beta posterior", population, posterior, true)
        takahashi = f1_interval(tables)
        macro = float(count_metric("f1_macro")(truth))
        limits = takahashi.low, takahashi.high
        yield covered("macro F1", "Takahashi", population, limits, macro)
