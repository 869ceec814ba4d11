"""Replicates of models whose samples are weighted, or not independent of one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.cell_sums import blocks
from evalkit.statistics.draws import sum_half_binomials
from evalkit.statistics.multinomial import draw_multinomial
from evalkit.statistics.resampling import joined, require_replicates
from evalkit.statistics.sampling_units import SamplingUnits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray

    Coded = Sequence[tuple[NDArray[np.int64], FloatArray]]

_PRODUCT_WIDTH = 200
"""Up to so many sums a matrix product is sooner done than a pass over the draws for each code."""


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

    Where counts say all there is to know, `resample` and `paired_resample` do the same in a time
    that does not depend on the number of samples. This is for weighted samples, whose counts hide
    how few they may be, for samples that come in groups, and for more than two models.

    Parameters
    ----------
    actual : (n,) codes of the classes.
    predictions : for each model (n,) codes.
    n_classes : K.
    replicates : R.
    rng : the source of randomness.
    sample_weight : (n,) not negative, or None.
    groups : (n,) labels or None; samples of one label are drawn together.
    strata : (n,) labels or None; each keeps its number of samples, or of groups.

    Returns
    -------
    For each model marginals with leading axis R; replicate r of all saw the same samples.

    Raises
    ------
    InputError
        If lengths differ, a weight is negative, or a group reaches into two strata.

    Examples
    --------
    >>> (model,) = sample_resample(
    ...     [0, 1, 1], [[0, 1, 0]], 2, 4, np.random.default_rng(0), sample_weight=[2, 2, 2]
    ... )
    >>> model.total.tolist()
    [6.0, 6.0, 6.0, 6.0]
    """
    require_replicates(replicates)
    columns, weight = _checked(actual, predictions, sample_weight)
    units = SamplingUnits.of_samples(columns.shape[1], groups, strata)
    unit, by_kind = units.unit, False
    if groups is None:
        rows, counts, stratum = _distinct(columns, weight, strata)
        # Where nearly each sample is of a kind of its own, samples are drawn sooner than kinds.
        by_kind = 2 * len(rows) < len(unit)
    if by_kind:
        columns, weight, unit = columns[:, rows], weight[rows], np.arange(len(rows))
    parts: list[tuple[Marginals, ...]] = []
    for size in blocks(replicates, max(len(unit), 8 * n_classes * len(columns))):
        if by_kind:
            draws = np.empty((len(counts), size), dtype=np.int32)
            for code in np.unique(stratum):
                draws[stratum == code] = draw_multinomial(counts[stratum == code], size, rng)
        else:
            draws = units.multiplicities(size, rng)
        parts.append(_marginals(draws, unit, columns, weight, n_classes))
    return tuple(joined([part[i] for part in parts]) for i in range(len(predictions)))


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
    parts = []
    every = np.arange(len(counts))
    for size in blocks(replicates, max(len(unit), 24 * n_classes)):
        kept: NDArray[Any]
        if counts.max() == 1:
            kept = rng.integers(0, 2, (len(counts), size), dtype=np.int8)
        else:
            (kept,) = sum_half_binomials(counts, [every], [len(counts)], size, rng)
        exchanged = counts[:, None] - kept
        a_kept, b_kept = _marginals(kept, unit, columns, weight, n_classes)
        a_exchanged, b_exchanged = _marginals(exchanged, unit, columns, weight, n_classes)
        parts.append((_added(a_kept, b_exchanged), _added(b_kept, a_exchanged)))
    return joined([a for a, _ in parts]), joined([b for _, b in parts])


def _marginals(
    draws: NDArray[Any],
    unit: NDArray[np.int64],
    columns: NDArray[np.int64],
    weight: FloatArray,
    n_classes: int,
) -> tuple[Marginals, ...]:
    """Return the marginals of each model where row i counts weight[i] · draws[unit[i]]."""
    coded = [(columns[0], weight)]
    for predicted in columns[1:]:
        coded += [(columns[0], weight * (predicted == columns[0])), (predicted, weight)]
    together = _product if len(coded) * n_classes <= _PRODUCT_WIDTH else _sums_by_code
    actual, *others = together(draws, unit, coded, n_classes)
    total = actual.sum(axis=-1)
    return tuple(
        # Sums of the same weights in another order may differ in the last digit.
        Marginals(np.minimum(right, np.minimum(actual, predicted)), actual, predicted, total)
        for right, predicted in zip(others[::2], others[1::2], strict=True)
    )


def _product(
    draws: NDArray[Any], unit: NDArray[np.int64], coded: Coded, n_classes: int
) -> list[FloatArray]:
    """Return for each (codes, weights) its sums by code, (R, K), as one matrix product."""
    totals = np.concatenate(
        [
            np.bincount(unit * n_classes + codes, weights, len(draws) * n_classes).reshape(
                len(draws), n_classes
            )
            for codes, weights in coded
        ],
        axis=1,
    )
    return np.split(draws.T.astype(np.float64) @ totals, len(coded), axis=1)


def _sums_by_code(
    draws: NDArray[Any], unit: NDArray[np.int64], coded: Coded, n_classes: int
) -> list[FloatArray]:
    """Return the same where most of such a matrix would be zeros."""
    return [_weighted_sums(draws, unit, codes, weights, n_classes) for codes, weights in coded]


def _weighted_sums(
    draws: NDArray[Any],
    unit: NDArray[np.int64],
    codes: NDArray[np.int64],
    weight: FloatArray,
    n_classes: int,
) -> FloatArray:
    sums = np.zeros((n_classes, draws.shape[1]))
    counted = np.flatnonzero(weight)
    order = counted[np.argsort(codes[counted], kind="stable")]
    bounds = np.searchsorted(codes[order], np.arange(n_classes + 1))
    for code in range(n_classes):
        rows = order[bounds[code] : bounds[code + 1]]
        if len(rows):
            sums[code] = weight[rows] @ draws[unit[rows]]
    return sums.T


def _distinct(
    columns: NDArray[np.int64], weight: FloatArray, strata: ArrayLike | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return one row of each kind of sample, how many are of the kind, and its stratum."""
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


def _added(one: Marginals, other: Marginals) -> Marginals:
    return Marginals(
        one.true_positive + other.true_positive,
        one.actual + other.actual,
        one.predicted + other.predicted,
        one.total + other.total,
    )


def _checked(
    actual: ArrayLike, predictions: Sequence[ArrayLike], sample_weight: ArrayLike | None
) -> tuple[NDArray[np.int64], FloatArray]:
    """Return codes, one row for the actual classes and one for each model, and weights."""
    given = [np.asarray(codes) for codes in (actual, *predictions)]
    if len({codes.shape for codes in given}) != 1 or given[0].ndim != 1:
        raise InputError(
            "actual classes and every model's predictions must be (n,) codes of one length; got "
            f"shapes {', '.join(str(codes.shape) for codes in given)}"
        )
    columns = np.stack([codes.astype(np.int64) for codes in given])
    weight = (
        np.ones(columns.shape[1]) if sample_weight is None else np.asarray(sample_weight, float)
    )
    if weight.shape != columns.shape[1:] or not (np.isfinite(weight) & (weight >= 0)).all():
        raise InputError("sample_weight must hold a finite number for each sample, none negative")
    return columns, weight
