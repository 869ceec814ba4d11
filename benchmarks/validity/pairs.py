"""Claims and intervals of two and of many models: paired, independent, selected, equivalent."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

import evalkit
from benchmarks.validity.simulation import Cell, matrix_cells, simulation
from evalkit.compare.pair_result import average_leads
from evalkit.compare.records import Settings
from evalkit.counts.counts import Counts, counts_together
from evalkit.metrics import count
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics import (
    accuracy_equivalence,
    holm,
    independent_proportions_test,
    mcnemar,
    paired_proportion_interval,
    proportion_difference_interval,
    proportion_interval,
)
from evalkit.statistics.estimates import PairEstimator
from evalkit.statistics.independent_proportions import independent_f_beta_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Array = NDArray[Any]

ALPHA = 0.05
REPLICATES = 999
INDEPENDENT_SIZES = ((20, 20), (20, 200), (20, 10_000), (100, 100), (100, 1_000), (10_000, 10_000))
ACCURACIES = (0.5, 0.9, 0.99, 0.999)
SETTINGS = Settings((0.1, 1.0, 10.0), 1 - ALPHA, 0, REPLICATES, None)


def claim(subject: str, method: str, population: str, happened: Array | int, draws: int) -> Cell:
    """Return the cell of a false claim, from the draws in which it was made or their number."""
    return Cell("claim", subject, method, population, int(np.sum(happened)), draws, ALPHA)


def interval(subject: str, method: str, population: str, happened: Array | int, draws: int) -> Cell:
    """Return the cell of an interval, from the draws in which it covers or their number."""
    return Cell("interval", subject, method, population, int(np.sum(happened)), draws, 1 - ALPHA)


@simulation
def independent_accuracies(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Two models known by their matrices: Fisher's exact test and Newcombe's interval."""
    for n_a, n_b in INDEPENDENT_SIZES:
        for accuracy in ACCURACIES:
            for gap in (0.0, -0.05):
                a, b = rng.binomial(n_a, accuracy, draws), rng.binomial(n_b, accuracy + gap, draws)
                low, high = proportion_difference_interval(a, n_a, b, n_b, test="exact")
                population = (
                    f"n = {n_a:,} and {n_b:,}, accuracy {accuracy:g} and {accuracy + gap:g}"
                )
                yield interval(
                    *("difference in accuracy, independent samples", "Newcombe", population),
                    (low <= gap) & (gap <= high),
                    draws,
                )
                if gap == 0:
                    p = independent_proportions_test(a, n_a, b, n_b)
                    yield claim(
                        *("accuracies differ, independent samples", "Fisher's exact", population),
                        p < ALPHA,
                        draws,
                    )


@simulation
def independent_f_beta(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """F-β of a class of two models known by their matrices: the test on the log odds."""
    for n_a, n_b, prevalence, recall, false_positives in (
        (50, 50, 0.5, 0.9, 0.1),
        (20, 20, 0.5, 0.7, 0.3),
        (300, 300, 0.01, 0.9, 0.1),
        (300, 2_000, 0.03, 0.9, 0.01),
        (8_000, 8_000, 0.0025, 0.8, 0.0005),
        (100, 2_000, 0.05, 0.05, 0.05),
    ):
        cells = np.array(
            [
                (1 - prevalence) * (1 - false_positives),
                (1 - prevalence) * false_positives,
                prevalence * (1 - recall),
                prevalence * recall,
            ]
        )
        first, second = (
            Marginals.of(rng.multinomial(n, cells, draws).reshape(draws, 2, 2)) for n in (n_a, n_b)
        )
        for beta in (0.1, 1.0, 10.0):
            p = independent_f_beta_test(first, second, beta)[:, 1]
            known = ~np.isnan(p)
            yield claim(
                *("F of a class differs, independent samples", "log odds"),
                f"n = {n_a:,} and {n_b:,}, {prevalence:.2%} of the class, recall {recall:g}, "
                f"β = {beta:g}",
                p[known] < ALPHA,
                int(known.sum()),
            )


@simulation
def independent_macro_f1(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Macro F1 of two models known by their matrices: each is resampled by itself."""
    for prior, accuracy, n_a, n_b in (
        (np.full(2, 0.5), 0.9, 50, 50),
        (np.array([0.99, 0.01]), 0.9, 300, 300),
        (np.full(10, 0.1), 0.9, 300, 2_000),
        (np.full(2, 0.5), 0.999, 1_000, 1_000),
    ):
        cells = matrix_cells(prior, accuracy)
        covered = claimed = 0
        for seed in range(draws):
            counts = Counts.independent(
                [
                    Counts.of_matrix(
                        ConfusionMatrix(rng.multinomial(n, cells.ravel()).reshape(cells.shape))
                    )
                    for n in (n_a, n_b)
                ]
            )
            estimator = PairEstimator(counts, replicates=REPLICATES, seed=seed)
            (found,) = estimator.differences("f1_macro", 1 - ALPHA)
            assert found.low is not None
            assert found.high is not None
            assert found.p_value is not None
            covered += found.low <= 0 <= found.high
            claimed += found.p_value < ALPHA
        population = f"K = {len(prior)}, n = {n_a:,} and {n_b:,}, accuracy {accuracy:g}" + (
            f", rarest class {prior.min():.0%}" if len(prior) == 2 else ""
        )
        yield interval(
            "difference in macro F1, independent samples", "bootstrap", population, covered, draws
        )
        yield claim(
            "macro F1 differs, independent samples", "bootstrap", population, claimed, draws
        )


@simulation
def paired_accuracies(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Accuracy, and recall of a class of n samples, on the same samples."""
    for n, only_a, only_b in (
        (10, 0.2, 0.2),
        (20, 0.1, 0.1),
        (50, 0.05, 0.05),
        (100, 0.01, 0.01),
        (1_000, 0.001, 0.001),
        (1_000, 0.05, 0.05),
        (10_000, 0.0005, 0.0005),
        (10_000, 0.05, 0.05),
        (20, 0.05, 0.15),
        (100, 0.02, 0.07),
        (1_000, 0.001, 0.006),
        (10_000, 0.05, 0.055),
    ):
        cells = np.array([only_a, only_b, 1 - only_a - only_b])
        b, c, _ = rng.multinomial(n, cells, draws).T
        low, high = paired_proportion_interval(b, c, n, test="exact")
        gap = only_b - only_a
        population = f"n = {n:,}, only A right {only_a:.2%}, only B right {only_b:.2%}"
        covered = (low <= gap + 1e-12) & (gap - 1e-12 <= high)
        yield interval(
            "difference in accuracy or recall, same samples", "Tango", population, covered, draws
        )
        if only_a == only_b:
            p = mcnemar(b, c).p_exact
            yield claim(
                *("accuracy or recall differs, same samples", "exact McNemar", population),
                p < ALPHA,
                draws,
            )


def codes(
    rng: np.random.Generator, prior: Array, accuracies: tuple[float, float], n: int
) -> tuple[Array, Array, Array]:
    """Return actual codes and those of two models, half of whose errors are on the same samples."""
    actual = rng.choice(len(prior), n, p=prior)
    shared, own, other = rng.random(n), rng.random((2, n)), rng.choice(len(prior), (2, n), p=prior)
    draw = np.where(rng.random((2, n)) < 0.5, shared, own)
    known = draw < np.array(accuracies)[:, None]
    first, second = np.where(known, actual, other)
    return actual, first, second


def true_f1(prior: Array, accuracy: float) -> float:
    """Return macro F1 of a model of `codes`: what it does not know it guesses by the prior."""
    cells = prior[:, None] * (accuracy * np.eye(len(prior)) + (1 - accuracy) * prior)
    return float(count.f1(cells, average="macro"))


@simulation
def paired_macro_f1(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Macro F1 and leads over β on the same samples."""
    for prior, accuracies, n in (
        (np.full(3, 1 / 3), (0.7, 0.7), 100),
        (np.array([0.95, 0.05]), (0.9, 0.9), 400),
        (np.full(2, 0.5), (0.998, 0.998), 1_000),
        (np.full(5, 0.2), (0.7, 0.8), 200),
    ):
        covered = claimed = led = 0
        gap = true_f1(prior, accuracies[1]) - true_f1(prior, accuracies[0])
        for seed in range(draws):
            actual, first, second = codes(rng, prior, accuracies, n)
            classes = list(range(len(prior)))
            pair = [evalkit.evaluate(actual, each, classes=classes) for each in (first, second)]
            counts, _ = counts_together([each.counts for each in pair], ["a", "b"])
            estimator = PairEstimator(counts, replicates=REPLICATES, seed=seed)
            (found,) = estimator.differences("f1_macro", 1 - ALPHA)
            assert found.low is not None
            assert found.high is not None
            assert found.p_value is not None
            covered += found.low <= gap <= found.high
            if gap == 0:
                claimed += found.p_value < ALPHA
                led += any(lead.supported for lead in average_leads((0, 1), estimator, SETTINGS, 1))
        population = (
            f"K = {len(prior)}, n = {n:,}, rarest class {prior.min():.0%}, known "
            f"{accuracies[0]:g} and {accuracies[1]:g}"
        )
        yield interval(
            "difference in macro F1, same samples", "bootstrap", population, covered, draws
        )
        if gap == 0:
            yield claim("macro F1 differs, same samples", "permutation", population, claimed, draws)
            yield claim(
                "a model leads in macro F-β for some β", "simultaneous band", population, led, draws
            )


def correct(rng: np.random.Generator, accuracies: Array, n: int, draws: int) -> Array:
    """Return (draws, models, n) whether predictions are correct; half of the luck is shared."""
    models = len(accuracies)
    shared, own = rng.random((draws, 1, n)), rng.random((draws, models, n))
    draw = np.where(rng.random((draws, models, n)) < 0.5, shared, own)
    return draw < accuracies[:, None]


def discordant(right: Array) -> tuple[list[tuple[int, int]], Array, Array]:
    """Return the pairs, and (draws, pairs) how often only the first or the second is right."""
    pairs = list(combinations(range(right.shape[1]), 2))
    first, second = (right[:, [pair[k] for pair in pairs]] for k in (0, 1))
    return pairs, (first & ~second).sum(axis=-1), (second & ~first).sum(axis=-1)


@simulation
def many_models(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Significant pairs, the leader, the set of the best, and the interval of the leader."""
    for n, accuracies in (
        (200, np.full(3, 0.9)),
        (200, np.full(10, 0.9)),
        (50, np.full(10, 0.7)),
        (1_000, np.full(10, 0.999)),
        (200, np.array([0.9, 0.9, 0.85, 0.8, 0.8])),
        (200, np.linspace(0.9, 0.88, 10)),
    ):
        false_pairs = false_leaders = excluded = covered = plain = 0
        models = len(accuracies)
        least, most = accuracies.min(), accuracies.max()
        for start in range(0, draws, 100):
            right = correct(rng, accuracies, n, min(100, draws - start))
            pairs, only_first, only_second = discordant(right)
            adjusted = np.apply_along_axis(holm, 1, mcnemar(only_first, only_second).p_exact)
            hits = right.sum(axis=-1)
            leader = hits.argmax(axis=1)
            low, high = proportion_interval(
                hits.max(axis=1), n, confidence=1 - ALPHA / models, method="clopper-pearson"
            )
            covered += int(((low <= accuracies[leader]) & (accuracies[leader] <= high)).sum())
            low, high = proportion_interval(hits.max(axis=1), n)
            plain += int(((low <= accuracies[leader]) & (accuracies[leader] <= high)).sum())
            for d in range(len(right)):
                beaten = set()
                wrong = False
                for k in np.flatnonzero(adjusted[d] < ALPHA):
                    i, j = pairs[k] if only_first[d, k] > only_second[d, k] else pairs[k][::-1]
                    beaten.add(j)
                    wrong |= accuracies[i] <= accuracies[j]
                best = set(range(models)) - beaten
                false_pairs += bool(wrong)
                false_leaders += len(best) == 1 and accuracies[next(iter(best))] < most
                excluded += not set(np.flatnonzero(accuracies == most)) & best
        population = f"{models} models, n = {n:,}, accuracy {least:g} to {most:g}"
        yield claim(
            "one of many models is better than another",
            "exact McNemar, Holm",
            population,
            false_pairs,
            draws,
        )
        if least < most:
            yield claim(
                "a model leads all others", "exact McNemar, Holm", population, false_leaders, draws
            )
        yield interval(
            "models that no other is significantly better than",
            "Holm",
            population,
            draws - excluded,
            draws,
        )
        subject = "highest accuracy of many models"
        yield interval(subject, "Clopper–Pearson, Bonferroni", population, covered, draws)
        yield interval(f"{subject}, marked as not corrected", "Wilson", population, plain, draws)


@simulation
def equivalent_pairs(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Any pair of many called equivalent where none is: two one-sided tests with Holm."""
    for n, margin, accuracies in (
        (1_000, 0.02, np.array([0.95, 0.93])),
        (273, 0.01, np.array([1.0, 0.99])),
        (1_000, 0.02, 0.95 - 0.02 * np.arange(5)),
        (4_000, 0.01, 0.95 - 0.01 * np.arange(8)),
    ):
        # One pair is fast, and its rate is near nominal.
        times = draws * (10 if len(accuracies) == 2 else 1)
        claimed = 0
        for start in range(0, times, 50):
            right = correct(rng, accuracies, n, min(50, times - start))
            _, only_first, only_second = discordant(right)
            p = accuracy_equivalence(only_first, only_second, n, margin=margin).p_value
            claimed += int((np.apply_along_axis(holm, 1, p) < ALPHA).any(axis=1).sum())
        yield claim(
            *("two of many models are equivalent", "score tests, Holm"),
            f"{len(accuracies)} models, n = {n:,}, accuracy {accuracies.min():g} to "
            f"{accuracies.max():g}, margin {margin:.0%}",
            claimed,
            times,
        )
