"""Repeated looks: a history after every run, and a gate at every commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.validity.simulation import Cell, matrix_cells, simulation
from evalkit.counts.counts import Counts
from evalkit.counts.identity import deal_blocks
from evalkit.gate.estimates import metric_at
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics import (
    alpha_at_look,
    change_points_of_blocks,
    change_points_of_counts,
    change_points_of_estimates,
    proportion_interval,
)
from evalkit.statistics.blocks import block_values
from evalkit.statistics.estimates import ModelEstimator
from evalkit.statistics.intervals import critical_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ALPHA = 0.05
BOOTSTRAP = 500
NEVER = "a history without change ever shows one"
PAIRED = "paired t test of blocks at each look"
ONCE = "paired t test of blocks, once at the end"
UNPAIRED = "Fisher's exact test at each look, although the samples are the same"
FOUND = "a history with a change shows it by its last run"


@simulation
def fresh_samples(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Accuracy on new samples in every run: Fisher's exact test at every look."""
    for runs, n, level, shift in (
        (30, 1_000, 0.9, 0.03),
        (30, 1_000, 0.999, 0.01),
        (30, 100, 0.99, 0.1),
        (100, 1_000, 0.9, 0.0),
    ):
        population = f"{runs} runs of n = {n} new samples, accuracy {level}"
        for change in dict.fromkeys((0.0, shift)):
            p = np.full(runs, level)
            p[runs // 2 :] -= change
            found = sum(
                bool(
                    change_points_of_counts(
                        rng.binomial(n, p), np.full(runs, n), alpha=ALPHA, sequential=True
                    )
                )
                for _ in range(draws)
            )
            yield _cell("Fisher's exact test at each look", population, change, found, draws)
        found = 0
        for _ in range(draws):
            values = rng.binomial(n, level, runs) / n
            spread = np.sqrt(np.maximum(values * (1 - values), 0.5 / n) / n)
            found += bool(change_points_of_estimates(values, spread, alpha=ALPHA, sequential=True))
        yield _cell("z test of estimates at each look", population, 0.0, found, draws)


@simulation
def shared_samples(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Accuracy on one test set; a run flips the answers of samples that are not certain."""
    for runs, n, level, flips, shift in (
        (30, 1_000, 0.9, 0.02, 0.02),
        (30, 1_000, 0.9, 0.1, 0.03),
        (30, 1_000, 0.999, 0.001, 0.01),
        (30, 128, 0.9, 0.05, 0.1),
        (30, 10_000, 0.95, 0.02, 0.005),
        (100, 1_000, 0.9, 0.02, 0.0),
    ):
        population = (
            f"{runs} runs on the same {n} samples, accuracy {level}, {flips:.1%} of answers vary"
        )
        for change in dict.fromkeys((0.0, shift)):
            found = dict.fromkeys((PAIRED, ONCE, *([UNPAIRED] if change else [])), 0)
            for _ in range(draws):
                right = _on_one_test_set(rng, runs, n, level, flips, change)
                blocks, sums = _by_block(right), right.sum(axis=1)
                trials = np.full(runs, n)
                found[PAIRED] += bool(change_points_of_blocks(blocks, alpha=ALPHA, sequential=True))
                found[ONCE] += bool(change_points_of_blocks(blocks, alpha=ALPHA))
                if change:
                    found[UNPAIRED] += bool(
                        change_points_of_counts(sums, trials, alpha=ALPHA, sequential=True)
                    )
            for method, times in found.items():
                yield _cell(method, population, change, times, draws)


@simulation
def metrics_of_a_rare_class(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Recall and F1 of a class: by blocks on one test set, by a z test on new samples."""
    runs, rare, level, flips = 20, 0.1, 0.9, 0.05
    for n in (500, 2_000):
        population = (
            f"{runs} runs on the same {n} samples, {rare:.0%} of the class, accuracy {level}, "
            f"{flips:.0%} of answers vary"
        )
        for change in (0.0, 0.1):
            found = {"recall": 0, "f1": 0}
            for _ in range(draws):
                actual = (rng.random(n) < rare).astype(np.int64)
                right = _on_one_test_set(rng, runs, n, level, flips, change)
                blocks = _matrices(actual, right)
                for key in found:
                    values = [block_values(metric_at(key, 1), Marginals.of(run)) for run in blocks]
                    found[key] += bool(
                        np.isfinite(values).all()
                        and change_points_of_blocks(values, alpha=ALPHA, sequential=True)
                    )
            for key, times in found.items():
                yield _cell(f"{PAIRED}, {key} of a class", population, change, times, draws)
        found_once = 0
        for _ in range(draws):
            estimates = np.array([_f1_of_new_samples(rng, n, rare, level) for _ in range(runs)])
            found_once += bool(
                change_points_of_estimates(*estimates.T, alpha=ALPHA, sequential=True)
            )
        population = (
            f"{runs} runs of n = {n} new samples, {rare:.0%} of the class, accuracy {level}"
        )
        yield _cell("z test of F1 of a class at each look", population, 0.0, found_once, draws)


def _matrices(actual: NDArray[np.int64], right: NDArray[np.bool_]) -> NDArray[Any]:
    """Return (runs, M, 2, 2) confusion counts of each run in each block."""
    blocks = deal_blocks(len(actual))
    assert blocks is not None
    many = int(blocks.max()) + 1
    predicted = np.where(right, actual, 1 - actual)
    cells = 4 * blocks + 2 * actual + predicted
    counts = np.stack([np.bincount(run, minlength=4 * many) for run in cells])
    return counts.reshape(len(right), many, 2, 2)


def _f1_of_new_samples(
    rng: np.random.Generator, n: int, rare: float, level: float
) -> tuple[float, float]:
    """Return F1 of a class, and the standard error that its bootstrap interval has."""
    cells = matrix_cells(np.array([1 - rare, rare]), level)
    counts = rng.multinomial(n, cells.ravel()).reshape(2, 2)
    known = Counts.of_matrix(ConfusionMatrix(counts))
    estimator = ModelEstimator(known, replicates=BOOTSTRAP, seed=int(rng.integers(1 << 30)))
    limits = estimator.limits("f1", 0.95, 1)
    reach = 2 * critical_value(0.95)
    return float(estimator.value("f1", 1)), float(limits.high - limits.low) / reach


def _on_one_test_set(
    rng: np.random.Generator, runs: int, n: int, level: float, flips: float, change: float
) -> NDArray[np.bool_]:
    """Return (runs, n) which answers are right.

    A sample is easy or hard for all runs, and a run differs from that in a share of `flips`, so
    that expected accuracy is `level`. From the middle on it is lower by `change`.
    """
    share = (level - flips / 2) / (1 - flips)
    easy = rng.random(n) < share
    varies = rng.random((runs, n)) < flips
    right = np.where(varies, rng.random((runs, n)) < 0.5, easy)
    lost = rng.random(n) < change / level
    right[runs // 2 :, lost] = False
    return right


def _by_block(right: NDArray[np.bool_]) -> NDArray[Any]:
    """Return the accuracy of each run in each block, with the mean that is the accuracy."""
    blocks = deal_blocks(right.shape[1])
    assert blocks is not None
    many = int(blocks.max()) + 1
    sums = np.stack([np.bincount(blocks, weights=run, minlength=many) for run in right])
    return np.asarray(sums * many / right.shape[1])


@simulation
def gates(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """`accuracy >= p`, just true, at every commit: fresh samples, and one test set."""
    for looks, n, level in ((30, 1_000, 0.9), (30, 1_000, 0.999), (200, 200, 0.99)):
        alphas = np.array([alpha_at_look(ALPHA, k) for k in range(1, looks + 1)])
        for kind in ("new samples", "the same samples"):
            if kind == "new samples":
                right = rng.binomial(n, level, (draws, looks))
            else:  # at each commit a tenth of the samples is answered anew
                right = np.zeros((draws, looks), int)
                parts = rng.binomial(n // 10, level, (draws, 10))
                for k in range(looks):
                    parts[:, k % 10] = rng.binomial(n // 10, level, draws)
                    right[:, k] = parts.sum(axis=1)
            fails = passes = np.zeros(draws, bool)
            for k in range(looks):
                low, high = proportion_interval(
                    right[:, k], n, confidence=1 - alphas[k], method="clopper-pearson"
                )
                fails, passes = fails | (high < level), passes | (low > level)
            yield Cell(
                "claim",
                "a gate with --sequential ever fails or passes where the value is the bound",
                "Clopper–Pearson at the share of each look",
                f"{looks} looks at {kind}, n = {n}, accuracy {level}",
                int((fails | passes).sum()),
                draws,
                ALPHA,
            )


def _cell(method: str, population: str, change: float, found: int, draws: int) -> Cell:
    if not change:
        return Cell("claim", NEVER, method, population, found, draws, ALPHA)
    return Cell("power", FOUND, method, f"{population}, then {change:.1%} lower", found, draws, 0.0)
