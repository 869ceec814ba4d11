"""Replicates from sums that a pass over samples left behind: no second pass over the samples.

Each sample, or each unit of samples drawn together, enters a replicate a Poisson(1) number of
times: the bootstrap of a stream, whose length nobody needs to know. Sums over samples merge, and
any number of replicates is drawn from them afterwards.

A cell of weighted samples is drawn as a Poisson number with the mean and the variance of its
weighted Poisson sum, Σw and Σw²; for equal weights that is the sum's own distribution.

References
----------
N. Chamandy et al., "Estimating uncertainty for massive data streams", 2012.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.bootstrap import BootstrapInterval, interval_of_replicates
from evalkit.statistics.cell_sums import CellSums, blocks
from evalkit.statistics.permutation import sign_flip_p_value
from evalkit.statistics.resampling import joined, require_replicates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evalkit.counts.sums import UnitSums, WeightedCells
    from evalkit.metrics.count.marginals import FloatArray


def resample_cells(
    cells: WeightedCells, replicates: int, rng: np.random.Generator
) -> tuple[Marginals, ...]:
    """Return for each model marginals with leading axis R.

    Examples
    --------
    >>> from evalkit.counts.sums import WeightedCells
    >>> cells = WeightedCells(np.array([[0, 0], [1, 0]]), np.array([30, 20]), np.array([90, 40]), 2)
    >>> (model,) = resample_cells(cells, 2_000, np.random.default_rng(0))
    >>> bool(abs(model.total.mean() - 50) < 1 and abs(model.total.var() - 130) < 20)
    True
    """
    sums = CellSums.of_cells(cells.cells, cells.n_classes, dense=False)
    parts = []
    for block in blocks(replicates, max(len(cells.cells), 8 * cells.n_classes)):
        draws = _draws(cells, block, rng)
        tables = [
            _sums_by(code, places, draws)
            for code, places in zip(sums.codes, sums.sizes, strict=True)
        ]
        parts.append(_marginals(tables))
    return tuple(joined([part[i] for part in parts]) for i in range(len(parts[0])))


def swap_cells(
    cells: WeightedCells, replicates: int, rng: np.random.Generator
) -> tuple[Marginals, Marginals]:
    """Return marginals of two models after exchanging them on random samples."""
    sums = CellSums.of_cells(cells.cells, cells.n_classes, dense=False)
    trials = _trials(cells)[:, None]
    weight = np.asarray(cells.weights, np.float64)[:, None]
    actual, *of_models = zip(sums.codes, sums.sizes, strict=True)
    parts = []
    for block in blocks(replicates, max(len(cells.cells), 8 * cells.n_classes)):
        kept = rng.binomial(trials, 0.5, (len(trials), block)) * (weight / trials)
        support = _sums_by(*actual, np.broadcast_to(weight, kept.shape))
        stay, leave = (
            [_sums_by(code, places, draws) for code, places in of_models]
            for draws in (kept, weight - kept)
        )
        swapped = [stay[i] + leave[(i + 2) % 4] for i in range(4)]
        parts.append(_marginals([support, *swapped]))
    return joined([a for a, _ in parts]), joined([b for _, b in parts])


def mean_of_cells(
    cells: WeightedCells,
    values: FloatArray,
    *,
    replicates: int,
    confidence: float,
    rng: np.random.Generator,
) -> BootstrapInterval:
    """Return the weighted mean of a value (m,) that samples of a cell share, with its interval."""
    require_replicates(replicates)
    weights = np.asarray(cells.weights, np.float64)
    means = []
    for block in blocks(replicates, len(cells.cells)):
        draws = _draws(cells, block, rng)
        with np.errstate(invalid="ignore"):
            means.append(values @ draws / draws.sum(axis=0))
    return interval_of_replicates(
        np.asarray(values @ weights / weights.sum()),
        np.concatenate(means),
        confidence=confidence,
        method="percentile",
    )


def sign_flip_of_cells(
    cells: WeightedCells, differences: FloatArray, *, replicates: int, rng: np.random.Generator
) -> float:
    """Return the two-sided p-value of a weighted mean of paired differences, by random signs."""
    trials = _trials(cells)
    weights = np.asarray(cells.weights, np.float64)
    return sign_flip_p_value(
        differences * weights / trials, counts=trials, replicates=replicates, seed=rng
    )


def resample_units(
    units: UnitSums, models: Sequence[int], replicates: int, rng: np.random.Generator
) -> tuple[Marginals, ...]:
    """Return marginals (R, K) of some models: replicate r of all saw the same units."""
    times = rng.poisson(1.0, (replicates, len(units.actual))).astype(np.float64)
    actual = times @ units.actual
    total = actual.sum(axis=-1)
    return tuple(
        Marginals(times @ units.right[i], actual, times @ units.predicted[i], total) for i in models
    )


def swap_units(
    units: UnitSums, models: tuple[int, int], replicates: int, rng: np.random.Generator
) -> tuple[Marginals, Marginals]:
    """Return marginals of two models after exchanging them on random units."""
    kept = rng.integers(0, 2, (replicates, len(units.actual))).astype(np.float64)
    actual = np.broadcast_to(units.actual.sum(axis=0), (replicates, units.actual.shape[1]))
    total = actual.sum(axis=-1)
    first, second = models
    found = []
    for one, other in ((first, second), (second, first)):
        right, predicted = (
            kept @ sums[one] + (1 - kept) @ sums[other] for sums in (units.right, units.predicted)
        )
        found.append(Marginals(right, actual, predicted, total))
    return found[0], found[1]


def _draws(cells: WeightedCells, replicates: int, rng: np.random.Generator) -> FloatArray:
    """Return the weight (m, R) of each cell in each replicate."""
    size = cells.equal_samples[:, None]
    scale = (cells.weights / cells.equal_samples)[:, None]
    draws: FloatArray = rng.poisson(size, (len(size), replicates)) * scale
    return draws


def _trials(cells: WeightedCells) -> NDArray[np.int64]:
    trials: NDArray[np.int64] = np.maximum(1, np.rint(cells.equal_samples)).astype(np.int64)
    return trials


def _sums_by(codes: NDArray[np.int64], size: int, draws: FloatArray) -> FloatArray:
    """Return (size, R) sums of rows by code; −1 leaves a row out."""
    order = np.argsort(codes, kind="stable")
    order = order[np.searchsorted(codes[order], 0) :]
    sums = np.zeros((size, draws.shape[1]))
    if len(order):
        ordered = codes[order]
        first = np.flatnonzero(np.diff(ordered, prepend=-1))
        sums[ordered[first]] = np.add.reduceat(draws[order], first, axis=0)
    return sums


def _marginals(tables: Sequence[FloatArray]) -> tuple[Marginals, ...]:
    actual, *others = (table.T for table in tables)
    total = actual.sum(axis=-1)
    return tuple(
        Marginals(true_positive, actual, predicted, total)
        for predicted, true_positive in zip(others[::2], others[1::2], strict=True)
    )
