"""Simulate claims and intervals over seeds: groups of runs on one shared test set.

A sample is predicted correctly if a normal score lies below the threshold of the run. The score has
parts that all runs share, that the runs of a configuration share, and that no two runs share.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import norm

from benchmarks.validity.simulation import Cell, simulation
from evalkit.statistics import (
    corrected_resampled_t,
    holm,
    improvement_interval,
    interquartile_mean_interval,
)
from evalkit.statistics.seed_inference import over_seeds, run_scores

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from evalkit.statistics.seed_inference import RunScores

REPLICATES = 100
"""Fewer than the product draws: the variance by the samples then varies by 14 % instead of 3 %."""
CONFIDENCE = 0.95
TEST = "t over seeds and samples"
LEADS = "a configuration leads over its runs"
SHARED, CONFIGURATION = 0.4, 0.3


class Population(NamedTuple):
    """Configurations of equal accuracy: runs of each, size of the test set, and deviations."""

    runs: tuple[int, ...]
    samples: int = 400
    accuracy: float = 0.85
    deviations: tuple[float, ...] = (0.0,)
    """Standard deviation of the accuracy over seeds, the last one for all other configurations."""
    configuration: float = CONFIGURATION
    """Share of the variance of a score that the runs of a configuration have in common."""
    cluster: int = 1
    """Samples in a cluster, which share a third of the variance."""
    metric: str = "accuracy"

    def __str__(self) -> str:
        spread = ", ".join(f"{100 * each:g}" for each in self.deviations)
        clusters = f" in clusters of {self.cluster}" if self.cluster > 1 else ""
        return (
            f"{' + '.join(map(str, self.runs))} runs, seed deviation {spread} points, "
            f"{self.samples:,} samples{clusters}, {self.metric}, "
            f"accuracy {100 * self.accuracy:g} %, shared by a configuration {self.configuration:g}"
        )

    def drawn(self, rng: np.random.Generator) -> RunScores:
        """Return the accuracies of all runs on one drawn test set."""
        n, own = self.samples, 0.0 if self.cluster == 1 else 1 / 3
        groups = None if self.cluster == 1 else np.arange(n) // self.cluster
        shared = rng.normal(size=n) * np.sqrt(SHARED)
        right: list[NDArray[np.bool_]] = []
        for place, runs in enumerate(self.runs):
            of_configuration = rng.normal(size=n)
            if groups is not None:
                common = rng.normal(size=groups[-1] + 1)[groups]
                of_configuration = np.sqrt(own) * common + np.sqrt(1 - own) * of_configuration
            score = shared + np.sqrt(self.configuration) * of_configuration
            deviation = self.deviations[min(place, len(self.deviations) - 1)]
            for _ in range(runs):
                seed = np.sqrt(1 - SHARED - self.configuration) * rng.normal(size=n)
                # A probit threshold with a normal deviation; its mean accuracy is exact.
                slope = norm.pdf(norm.ppf(self.accuracy))
                sigma = deviation / slope
                cut = norm.ppf(self.accuracy) * np.sqrt(1 + sigma**2) + sigma * rng.normal()
                right.append(score + seed < cut)
        actual = np.arange(n) % 3
        (found,) = run_scores(
            actual,
            [np.where(each, actual, (actual + 1) % 3) for each in right],
            [self.metric],
            n_classes=3,
            replicates=REPLICATES,
            groups=groups,
            seed=rng,
        )
        return found

    def sides(self) -> list[NDArray[np.int64]]:
        """Return the positions of the runs of each configuration."""
        return np.split(np.arange(sum(self.runs)), np.cumsum(self.runs)[:-1])


PAIRS = [
    *[Population((runs, runs), deviations=(0.01,)) for runs in (2, 5)],
    Population((2, 2), deviations=(0.03,), configuration=0.0),
    Population((3, 3), deviations=(0.0, 0.03)),
    Population((2, 5), deviations=(0.03, 0.01)),
    Population((3, 3), samples=1_000, accuracy=0.999),
    Population((3, 3), samples=50, deviations=(0.01,)),
    Population((3, 3), deviations=(0.01,), metric="f1_macro"),
    Population((3, 3), samples=200, cluster=20, deviations=(0.01,)),
    Population((5, 5), samples=200, cluster=20, accuracy=0.98),
]
FAMILIES = [Population((2,) * 5, deviations=(0.03,))]


@simulation
def false_leads(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield how often a configuration is said to lead although all have one accuracy."""
    for population in (*PAIRS, *FAMILIES):
        hits = 0
        for _ in range(draws):
            scores, sides = population.drawn(rng), population.sides()
            p = [float(over_seeds(scores, *pair).p_value) for pair in combinations(sides, 2)]
            hits += bool((holm(p) < 1 - CONFIDENCE).any())
        method = TEST if len(population.runs) == 2 else f"{TEST}, Holm"
        yield Cell("claim", LEADS, method, str(population), hits, draws, 1 - CONFIDENCE)


@simulation
def means(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield how often the interval of a mean over runs holds the accuracy of the configuration."""
    for population in (
        *[Population((runs,), deviations=(0.01,)) for runs in (2, 5)],
        Population((3,), samples=1_000, accuracy=0.999),
        Population((3,), samples=50, deviations=(0.01,)),
        Population((5,), samples=200, cluster=20),
        Population((5,), samples=200, cluster=20, accuracy=0.98),
    ):
        hits = 0
        for _ in range(draws):
            found = over_seeds(population.drawn(rng), *population.sides())
            hits += bool(found.low <= population.accuracy <= found.high)
        subject = "mean accuracy over runs"
        yield Cell("interval", subject, TEST, str(population), hits, draws, CONFIDENCE)


@simulation
def robust_summaries(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield the coverage of the intervals of summaries over seeds, for normal scores."""
    for runs in (2, 3, 5, 10, 20):
        found = [interquartile_mean_interval(rng.normal(size=runs)) for _ in range(draws)]
        hits = sum(bool(each.low <= 0 <= each.high) for each in found)
        where = f"{runs} runs, normal scores"
        yield Cell(
            "interval", "interquartile mean", "trimmed t over seeds", where, hits, draws, CONFIDENCE
        )
    for sizes in ((2, 2), (3, 3), (5, 5), (3, 10), (10, 10)):
        for truth in (0.5, 0.8, 0.95):
            hits = 0
            for _ in range(draws):
                better = rng.normal(np.sqrt(2) * norm.ppf(truth), 1, sizes[0])
                low, high = improvement_interval(better, rng.normal(size=sizes[1]))
                hits += bool(low <= truth <= high)
            where = f"{sizes[0]} + {sizes[1]} runs, normal scores, probability {truth}"
            subject, method = "probability of improvement", "Newcombe over seeds"
            yield Cell("interval", subject, method, where, hits, draws, CONFIDENCE)


@simulation
def folds(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield how often folds that share training samples differ, for equal models."""
    for many in (2, 5, 10):
        yield _folds(rng, draws, many, correlation=1 / many)


def _folds(rng: np.random.Generator, draws: int, many: int, *, correlation: float) -> Cell:
    """Return the cell of differences of folds with the correlation that the test assumes."""
    hits = 0
    for _ in range(draws):
        common = rng.normal() * np.sqrt(correlation)
        differences: Sequence[float] = common + rng.normal(size=many) * np.sqrt(1 - correlation)
        found = corrected_resampled_t(differences, test_train_ratio=1 / (many - 1))
        hits += found.p_value < 1 - CONFIDENCE
    where = f"{many} folds, correlation {correlation:.2g}"
    return Cell(
        "claim", "two models differ over folds", "corrected t", where, hits, draws, 1 - CONFIDENCE
    )
