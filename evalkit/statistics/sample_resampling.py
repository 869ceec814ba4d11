"""Bootstrap replicates of weighted or grouped samples, from the samples or from sums over them.

From sums, the Poisson bootstrap is used: a replicate contains each sample, or each group of
samples, a Poisson(1) number of times. The weight of a cell of samples with weights w is a Poisson
number scaled to the mean Σw and the variance Σw².

References
----------
N. Chamandy et al., "Estimating uncertainty for massive data streams", 2012.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.cell_sums import blocks, combined, joined, marginals_of_sums
from evalkit.statistics.draws import sum_half_binomials
from evalkit.statistics.multinomial import draw_multinomial
from evalkit.statistics.permutation import sign_flip_p_value
from evalkit.statistics.resampling import require_replicates
from evalkit.statistics.sampling_units import SamplingUnits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from evalkit.counts.sums import UnitSums, WeightedCells
    from evalkit.metrics.count.marginals import FloatArray

_PRODUCT_WIDTH = 200
"""For up to this number of sums, one matrix product is faster than a pass for each code."""


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Weighted rows of one or more models, in units of rows that are drawn together.

    `codes` are (1 + models, n), the actual classes first; `unit` and `weight` are (n,).
    """

    codes: NDArray[np.int64]
    unit: NDArray[np.int64]
    weight: FloatArray
    n_classes: int

    @classmethod
    def of_cells(cls, cells: WeightedCells) -> _Rows:
        """Return one row of weight 1 per cell; the draws contain the weights."""
        m = len(cells.cells)
        return cls(cells.cells.T, np.arange(m), np.ones(m), cells.n_classes)

    def marginals(self, draws: NDArray[Any]) -> tuple[Marginals, ...]:
        """Return the marginals of each model from draws (units, R)."""
        actual, *predictions = self.codes
        coded = [(actual, self.weight)]
        for predicted in predictions:
            coded += [(predicted, self.weight), (actual, self.weight * (predicted == actual))]
        if len(coded) * self.n_classes <= _PRODUCT_WIDTH:
            size = len(draws) * self.n_classes
            by_unit = [
                np.bincount(self.unit * self.n_classes + codes, weights, size).reshape(
                    -1, self.n_classes
                )
                for codes, weights in coded
            ]
            product = draws.T.astype(np.float64, copy=False) @ np.concatenate(by_unit, axis=1)
            sums = np.split(product, len(coded), axis=1)
        else:
            # Most of such a matrix would be zeros.
            sums = [self._sums_by_code(draws, *each) for each in coded]
        for i in range(2, len(sums), 2):
            # Sums of the same weights in another order may differ by rounding errors.
            sums[i] = np.minimum(sums[i], np.minimum(sums[0], sums[i - 1]))
        return marginals_of_sums(sums)

    def swapped(self, kept: NDArray[Any], exchanged: NDArray[Any]) -> tuple[Marginals, Marginals]:
        """Return the marginals of two models that are exchanged in some draws."""
        a_kept, b_kept = self.marginals(kept)
        a_exchanged, b_exchanged = self.marginals(exchanged)
        return combined(np.add, a_kept, b_exchanged), combined(np.add, b_kept, a_exchanged)

    def _sums_by_code(
        self, draws: NDArray[Any], codes: NDArray[np.int64], weight: FloatArray
    ) -> FloatArray:
        sums = np.zeros((self.n_classes, draws.shape[1]))
        counted = np.flatnonzero(weight)
        order = counted[np.argsort(codes[counted], kind="stable")]
        bounds = np.searchsorted(codes[order], np.arange(self.n_classes + 1))
        for code in range(self.n_classes):
            rows = order[bounds[code] : bounds[code + 1]]
            if len(rows):
                sums[code] = weight[rows] @ draws[self.unit[rows]]
        return sums.T


def sample_resample(
    actual: ArrayLike,
    predictions: Sequence[ArrayLike],
    n_classes: int,
    replicates: int,
    rng: np.random.Generator,
    *,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> tuple[Marginals, ...]:
    """Return bootstrap replicates of several models on the same samples, as marginals of each.

    Use it for weighted samples, for samples in groups, and for more than two models. Otherwise
    use `resample` or `paired_resample`, whose cost does not depend on the number of samples.

    Parameters
    ----------
    actual : (n,) codes of the classes.
    predictions : (n,) codes for each model.
    n_classes, replicates, rng : K, R, and the random number generator.
    sample_weight : (n,) non-negative weights, or None.
    groups, strata : as in `sample_bootstrap`.

    Returns
    -------
    For each model marginals with leading axis R; replicate r of all has the same samples.

    Raises
    ------
    InputError
        If lengths differ, a weight is negative, or a group extends over two strata.

    Examples
    --------
    >>> (model,) = sample_resample([0, 1, 1], [[0, 1, 0]], 2, 4, np.random.default_rng(0))
    >>> model.total.tolist()
    [3.0, 3.0, 3.0, 3.0]
    """
    require_replicates(replicates)
    columns, weight = _checked(actual, predictions, sample_weight)
    units = SamplingUnits.of_samples(columns.shape[1], groups, strata)
    unit, by_kind = units.unit, False
    if groups is None:
        rows, counts, stratum = _distinct(columns, weight, strata)
        # If most samples are distinct, drawing samples is faster.
        by_kind = 2 * len(rows) < len(unit)
    if by_kind:
        columns, weight, unit = columns[:, rows], weight[rows], np.arange(len(rows))
    drawn_rows, parts = _Rows(columns, unit, weight, n_classes), []
    for size in blocks(replicates, max(len(unit), 8 * n_classes * len(columns))):
        if by_kind:
            draws = np.empty((len(counts), size), dtype=np.int32)
            for code in np.unique(stratum):
                draws[stratum == code] = draw_multinomial(counts[stratum == code], size, rng)
        else:
            draws = units.multiplicities(size, rng)
        parts.append(drawn_rows.marginals(draws))
    return joined(parts)


def sample_swap(
    actual: ArrayLike,
    predicted_a: ArrayLike,
    predicted_b: ArrayLike,
    n_classes: int,
    replicates: int,
    rng: np.random.Generator,
    *,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
) -> tuple[Marginals, Marginals]:
    """Return marginals of A and B, (R, K), after exchanging them on random samples or groups.

    Parameters
    ----------
    actual, predicted_a, predicted_b : (n,) codes of the classes.
    n_classes, replicates, rng, sample_weight, groups : as in `sample_resample`.

    Examples
    --------
    >>> a, b = sample_swap([0, 1], [0, 1], [1, 1], 2, 3, np.random.default_rng(0))
    >>> (a.true_positive + b.true_positive)[:, 0].tolist()
    [1.0, 1.0, 1.0]
    """
    require_replicates(replicates)
    columns, weight = _checked(actual, (predicted_a, predicted_b), sample_weight)
    if groups is None:
        rows, counts, _ = _distinct(columns, weight, None)
        columns, weight, unit = columns[:, rows], weight[rows], np.arange(len(rows))
    else:
        units = SamplingUnits.of_samples(columns.shape[1], groups)
        unit, counts = units.unit, np.ones(len(units.size), np.int64)
    swapped_rows, parts = _Rows(columns, unit, weight, n_classes), []
    every = np.arange(len(counts))
    for size in blocks(replicates, max(len(unit), 24 * n_classes)):
        kept: NDArray[Any]
        if counts.max() == 1:
            kept = rng.integers(0, 2, (len(counts), size), dtype=np.int8)
        else:
            (kept,) = sum_half_binomials(counts, [every], [len(counts)], size, rng)
        parts.append(swapped_rows.swapped(kept, counts[:, None] - kept))
    a, b = joined(parts)
    return a, b


def sample_marginals(
    actual: ArrayLike,
    predictions: Sequence[ArrayLike],
    n_classes: int,
    sample_weight: ArrayLike | None = None,
) -> tuple[Marginals, ...]:
    """Return the marginals of each model over all samples, with a leading axis of length 1."""
    columns, weight = _checked(actual, predictions, sample_weight)
    one_unit = np.zeros(len(weight), np.int64)
    return _Rows(columns, one_unit, weight, n_classes).marginals(np.ones((1, 1)))


def resample_cells(
    cells: WeightedCells, replicates: int, rng: np.random.Generator
) -> tuple[Marginals, ...]:
    """Return Poisson bootstrap replicates of each model, as marginals with leading axis R.

    >>> from evalkit.counts.sums import WeightedCells
    >>> cells = WeightedCells(np.array([[0, 0], [1, 0]]), np.array([30, 20]), np.array([90, 40]), 2)
    >>> (model,) = resample_cells(cells, 2_000, np.random.default_rng(0))
    >>> bool(abs(model.total.mean() - 50) < 1 and abs(model.total.var() - 130) < 20)
    True
    """
    rows = _Rows.of_cells(cells)
    sizes = blocks(replicates, max(len(rows.unit), 8 * cells.n_classes))
    return joined([rows.marginals(_draws(cells, size, rng)) for size in sizes])


def swap_cells(
    cells: WeightedCells, replicates: int, rng: np.random.Generator
) -> tuple[Marginals, Marginals]:
    """Return marginals of two models after exchanging them on random samples."""
    rows, parts = _Rows.of_cells(cells), []
    trials = _trials(cells)[:, None]
    weight = np.asarray(cells.weights, np.float64)[:, None]
    for size in blocks(replicates, max(len(trials), 8 * cells.n_classes)):
        kept = rng.binomial(trials, 0.5, (len(trials), size)) * (weight / trials)
        parts.append(rows.swapped(kept, weight - kept))
    a, b = joined(parts)
    return a, b


def sums_of_cells(
    cells: WeightedCells, values: FloatArray, replicates: int, rng: np.random.Generator
) -> FloatArray:
    """Return replicates (R, 2) of the weighted sum of values (m,), one per cell, and of weights."""
    require_replicates(replicates)
    columns = np.stack([values, np.ones_like(values)], axis=1)
    return np.concatenate(
        [_draws(cells, block, rng).T @ columns for block in blocks(replicates, len(cells.cells))]
    )


def sign_flip_of_cells(
    cells: WeightedCells, differences: FloatArray, *, replicates: int, rng: np.random.Generator
) -> float:
    """Return the sign-flip p-value of a weighted mean of paired differences, one per cell."""
    trials = _trials(cells)
    weights = np.asarray(cells.weights, np.float64)
    return sign_flip_p_value(
        differences * weights / trials, counts=trials, replicates=replicates, seed=rng
    )


def resample_units(
    units: UnitSums, models: Sequence[int], replicates: int, rng: np.random.Generator
) -> tuple[Marginals, ...]:
    """Return marginals (R, K) of models; replicate r of all has the same units."""
    times = rng.poisson(1.0, (replicates, len(units.actual))).astype(np.float64)
    of_models = [table[i] for i in models for table in (units.predicted, units.right)]
    return marginals_of_sums([times @ table for table in (units.actual, *of_models)])


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


def _distinct(
    columns: NDArray[np.int64], weight: FloatArray, strata: ArrayLike | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the first row of each distinct sample, its number of occurrences, and its stratum."""
    n = columns.shape[1]
    stratum = np.zeros(n, np.int64)
    if strata is not None:
        for code, members in enumerate(SamplingUnits.of_samples(n, None, strata).strata):
            stratum[members] = code
    kind = np.unique(weight, return_inverse=True)[1].astype(np.int64)
    for column in (*columns, stratum):
        kind = np.unique(kind * (column.max() + 1) + column, return_inverse=True)[1]
    _, rows, counts = np.unique(kind, return_index=True, return_counts=True)
    return rows, counts, stratum[rows]


def _checked(
    actual: ArrayLike, predictions: Sequence[ArrayLike], sample_weight: ArrayLike | None
) -> tuple[NDArray[np.int64], FloatArray]:
    """Return codes, one row for the actual classes and one for each model, and weights."""
    given = [np.asarray(codes) for codes in (actual, *predictions)]
    if len({codes.shape for codes in given}) != 1 or given[0].ndim != 1:
        raise InputError(
            f"Shapes of the codes differ: {', '.join(str(codes.shape) for codes in given)}. Pass "
            "(n,) actual classes and (n,) predictions of each model."
        )
    columns = np.stack([codes.astype(np.int64) for codes in given])
    weight = (
        np.ones(columns.shape[1]) if sample_weight is None else np.asarray(sample_weight, float)
    )
    if weight.shape != columns.shape[1:] or not (np.isfinite(weight) & (weight >= 0)).all():
        raise InputError("Invalid sample_weight. Pass a finite number, 0 or more, per sample.")
    return columns, weight
