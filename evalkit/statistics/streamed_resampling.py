"""Replicates from sums that a stream of samples left behind: no second pass over the samples.

Each sample, or each unit of samples drawn together, enters a replicate a Poisson(1) number of
times: the bootstrap of a stream, whose length nobody needs to know. Sums over samples merge, and
any number of replicates is drawn from them afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.bootstrap import BootstrapInterval, interval_of_replicates
from evalkit.statistics.cell_sums import CellSums, blocks
from evalkit.statistics.permutation import sign_flip_p_value
from evalkit.statistics.resampling import joined, require_replicates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class WeightedCells:
    """Weighted samples as sums by cell.

    A cell's replicate is a Poisson number with the mean and the variance of its weighted Poisson
    sum, Σw and Σw²; for equal weights that is the sum's own distribution.

    Attributes
    ----------
    cells : (m, 2) actual and predicted of one model, or (m, 3) of two, sorted.
    weights, squares : (m,) Σw and Σw² of the samples in each.
    n_classes : K.

    References
    ----------
    N. Chamandy et al., "Estimating uncertainty for massive data streams", 2012.

    Examples
    --------
    >>> cells = WeightedCells(np.array([[0, 0], [1, 0]]), np.array([30, 20]), np.array([90, 40]), 2)
    >>> (model,) = cells.resample(2_000, np.random.default_rng(0))
    >>> bool(abs(model.total.mean() - 50) < 1 and abs(model.total.var() - 130) < 20)
    True
    """

    cells: NDArray[np.int64]
    weights: NDArray[Any]
    squares: NDArray[Any]
    n_classes: int

    def resample(self, replicates: int, rng: np.random.Generator) -> tuple[Marginals, ...]:
        """Return for each model marginals with leading axis R."""
        sums = CellSums.of_cells(self.cells, self.n_classes, dense=False)
        size = self._samples_alike[:, None]
        scale = (self.weights / self._samples_alike)[:, None]
        parts = []
        for block in blocks(replicates, max(len(self.cells), 8 * self.n_classes)):
            draws = rng.poisson(size, (len(size), block)) * scale
            tables = [
                _sums_by(code, places, draws)
                for code, places in zip(sums.codes, sums.sizes, strict=True)
            ]
            parts.append(_marginals(tables))
        return tuple(joined([part[i] for part in parts]) for i in range(len(parts[0])))

    def swap(self, replicates: int, rng: np.random.Generator) -> tuple[Marginals, Marginals]:
        """Return marginals of two models after exchanging them on random samples."""
        sums = CellSums.of_cells(self.cells, self.n_classes, dense=False)
        trials = np.maximum(1, np.rint(self._samples_alike)).astype(np.int64)[:, None]
        weight = np.asarray(self.weights, np.float64)[:, None]
        actual, *of_models = zip(sums.codes, sums.sizes, strict=True)
        parts = []
        for block in blocks(replicates, max(len(self.cells), 8 * self.n_classes)):
            kept = rng.binomial(trials, 0.5, (len(trials), block)) * (weight / trials)
            support = _sums_by(*actual, np.broadcast_to(weight, kept.shape))
            stay, leave = (
                [_sums_by(code, places, draws) for code, places in of_models]
                for draws in (kept, weight - kept)
            )
            swapped = [
                stay[0] + leave[2],
                stay[1] + leave[3],
                stay[2] + leave[0],
                stay[3] + leave[1],
            ]
            parts.append(_marginals([support, *swapped]))
        return joined([a for a, _ in parts]), joined([b for _, b in parts])

    def mean_interval(
        self,
        values: FloatArray,
        *,
        replicates: int = 10_000,
        confidence: float = 0.95,
        seed: int | np.random.Generator = 0,
    ) -> BootstrapInterval:
        """Return the weighted mean of a value that samples of a cell share, with its interval.

        Parameters
        ----------
        values : (m,) of the cells.
        replicates, confidence, seed : as in `mean_interval` of samples.
        """
        require_replicates(replicates)
        rng = np.random.default_rng(seed)
        size = self._samples_alike[:, None]
        weights = np.asarray(self.weights, np.float64)
        scale = (weights / self._samples_alike)[:, None]
        means = []
        for block in blocks(replicates, len(self.cells)):
            draws = rng.poisson(size, (len(size), block)) * scale
            with np.errstate(invalid="ignore"):
                means.append(values @ draws / draws.sum(axis=0))
        return interval_of_replicates(
            np.asarray(values @ weights / weights.sum()),
            np.concatenate(means),
            confidence=confidence,
            method="percentile",
        )

    def sign_flip_p_value(
        self,
        differences: FloatArray,
        *,
        replicates: int = 10_000,
        seed: int | np.random.Generator = 0,
    ) -> float:
        """Return the two-sided p-value of a weighted mean of paired differences, by random signs.

        Parameters
        ----------
        differences : (m,) of the samples of each cell.
        replicates, seed : as in `sign_flip_p_value` of samples.
        """
        trials = np.maximum(1, np.rint(self._samples_alike)).astype(np.int64)
        return sign_flip_p_value(
            differences * np.asarray(self.weights, np.float64) / trials,
            counts=trials,
            replicates=replicates,
            seed=seed,
        )

    @property
    def _samples_alike(self) -> FloatArray:
        """Return how many samples of equal weight would vary as those of each cell do."""
        alike: FloatArray = np.asarray(self.weights, np.float64) ** 2 / self.squares
        return alike


@dataclass(frozen=True, slots=True, eq=False)
class UnitSums:
    """Samples in units that are drawn as wholes, as sums by unit and class.

    Attributes
    ----------
    actual : (U, K) samples of each actual class, or their weight.
    predicted, right : for each model (U, K) of each predicted class, and those rightly so.
    """

    actual: FloatArray
    predicted: tuple[FloatArray, ...]
    right: tuple[FloatArray, ...]

    @property
    def drawn(self) -> int:
        """How many units hold a sample."""
        return int(np.count_nonzero(self.actual.sum(axis=1)))

    def resample(
        self, models: Sequence[int], replicates: int, rng: np.random.Generator
    ) -> tuple[Marginals, ...]:
        """Return marginals (R, K) of some models: replicate r of all saw the same units."""
        times = rng.poisson(1.0, (replicates, len(self.actual))).astype(np.float64)
        actual = times @ self.actual
        total = actual.sum(axis=-1)
        return tuple(
            Marginals(times @ self.right[i], actual, times @ self.predicted[i], total)
            for i in models
        )

    def swap(
        self, models: tuple[int, int], replicates: int, rng: np.random.Generator
    ) -> tuple[Marginals, Marginals]:
        """Return marginals of two models after exchanging them on random units."""
        kept = rng.integers(0, 2, (replicates, len(self.actual))).astype(np.float64)
        actual = np.broadcast_to(self.actual.sum(axis=0), (replicates, self.actual.shape[1]))
        total = actual.sum(axis=-1)
        first, second = models
        found = []
        for one, other in ((first, second), (second, first)):
            right, predicted = (
                kept @ sums[one] + (1 - kept) @ sums[other] for sums in (self.right, self.predicted)
            )
            found.append(Marginals(right, actual, predicted, total))
        return found[0], found[1]


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
