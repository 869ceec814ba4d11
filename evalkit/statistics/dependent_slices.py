"""Slices of weighted and of grouped samples, and of means such as log loss, against the rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.statistics.slices import (
    difference_of_sizes,
    stratified_exact_tests,
    stratum_weights,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray

LEAST_FREEDOM = 9
"""Means of fewer degrees of freedom are not tested: their distribution is too uncertain."""


class SliceDifference(NamedTuple):
    """A difference, inside minus outside, with interval and p-value; NaN where there is none."""

    value: float
    low: float = math.nan
    high: float = math.nan
    p_value: float = math.nan


class Events(NamedTuple):
    """Weighted samples by cell.

    Attributes
    ----------
    stratum : (c,) stratum of each cell.
    event : (c,) whether its samples are events.
    weight, square : (c,) sums of the weights and of their squares.
    unit : (c,) the group of the cell; None if samples are independent.
    """

    stratum: NDArray[np.integer[Any]]
    event: NDArray[np.bool_]
    weight: FloatArray
    square: FloatArray
    unit: NDArray[np.integer[Any]] | None


class _Side(NamedTuple):
    share: float
    size: float
    """The number of independent samples with the variance of the share."""
    freedom: float
    scores: FloatArray
    variance: float


def dependent_difference(inside: Events, whole: Events, confidence: float) -> SliceDifference:
    """Return a difference of proportions adjusted for strata, of weighted or grouped samples.

    The variance is linearised: of a weighted proportion over samples, or over groups with the
    factor G / (G − 1). A t test has as many degrees of freedom as the smaller side has groups, or
    equally weighted samples, less one. As variances of few samples without an error are 0, the
    p-value is at least that of Fisher's exact test for the numbers of independent samples with
    these variances. The interval is Newcombe's for these numbers, with the quantile of t.

    Returns
    -------
    Value, limits and p-value; only the value with fewer than two groups or samples on a side.

    References
    ----------
    E. L. Korn and B. I. Graubard, "Confidence intervals for proportions with small expected number
    of positive counts estimated from survey data", 1998.
    """
    from scipy.stats import norm, t

    strata = int(whole.stratum.max(initial=-1)) + 1
    n, total = (_sums(e.stratum, e.weight, strata) for e in (inside, whole))
    x, events = (_sums(e.stratum, e.weight * e.event, strata) for e in (inside, whole))
    # Sums of fractional weights leave remainders where nothing is outside.
    m = np.where(total - n > 1e-9 * np.maximum(n, 1.0), total - n, 0.0)
    omega = stratum_weights(n, m)
    if not omega.any():
        return SliceDifference(math.nan)
    first = _side(omega, x, n, ((inside, 1.0),))
    second = _side(omega, events - x, m, ((whole, 1.0), (inside, -1.0)))
    value = first.share - second.share
    freedom = min(first.freedom, second.freedom)
    if freedom < 1:
        return SliceDifference(value)
    critical = float(t.ppf((1 + confidence) / 2, freedom))
    wide = float(1 - 2 * norm.sf(critical))
    _, *limits = difference_of_sizes(
        first.share, first.size, second.share, second.size, min(wide, 1 - 1e-15)
    )
    low, high = map(float, limits)
    variance = first.variance + second.variance
    if whole.unit is not None:
        units = max(len(first.scores), len(second.scores))
        scores = _padded(first.scores, units) - _padded(second.scores, units)
        number = np.count_nonzero(np.bincount(whole.unit, whole.weight))
        variance = float((scores**2).sum()) * number / (number - 1)
    p = 0.0 if variance == 0 else float(2 * t.sf(abs(value) / math.sqrt(variance), freedom))
    p = max(p, _fisher(first, second))
    if p >= 1 - confidence:
        low, high = min(low, 0.0), max(high, 0.0)
    return SliceDifference(value, low, high, p)


def _side(
    omega: FloatArray, hits: FloatArray, sizes: FloatArray, parts: tuple[tuple[Events, float], ...]
) -> _Side:
    divisor = np.where(sizes > 0, sizes, 1.0)
    shares = hits / divisor
    total = float((omega * shares).sum())
    squares, variance, scores, present = 0.0, 0.0, np.zeros(0), np.zeros(0)
    for cells, sign in parts:
        factor = omega[cells.stratum] / divisor[cells.stratum]
        residual = factor * (cells.event - shares[cells.stratum])
        squares += sign * float((factor**2 * cells.square).sum())
        variance += sign * float((residual**2 * cells.square).sum())
        if cells.unit is not None:
            units = max(len(scores), int(cells.unit.max(initial=-1)) + 1)
            summed = np.bincount(cells.unit, residual * cells.weight, units)
            weight = np.bincount(cells.unit, factor * cells.weight, units)
            scores = _padded(scores, units) + sign * summed
            present = _padded(present, units) + sign * weight
    size = 1 / max(squares, np.finfo(float).tiny)
    freedom = size - 1
    if len(scores):
        number = int(np.count_nonzero(present > 1e-12))
        freedom = number - 1
        variance = float((scores**2).sum()) * number / max(number - 1, 1)
    if 0 < total < 1 and variance > 1e-18:
        size = min(size, total * (1 - total) / variance)
    elif len(scores):
        size = min(size, float(freedom + 1))
    return _Side(min(max(total, 0.0), 1.0), max(size, 1.0), freedom, scores, max(variance, 0.0))


def _sums(codes: NDArray[np.integer[Any]], values: FloatArray, length: int) -> FloatArray:
    return np.bincount(codes, values, length).astype(np.float64)


def _padded(values: FloatArray, length: int) -> FloatArray:
    return np.pad(values, (0, length - len(values)))


def _fisher(first: _Side, second: _Side) -> float:
    """Return Fisher's test of the equivalent numbers of samples, rounded to the smaller gap."""
    n, m = (max(1, math.floor(side.size)) for side in (first, second))
    a, b = first.share * n, second.share * m
    inward = (math.ceil, math.floor) if first.share < second.share else (math.floor, math.ceil)
    x, y = (
        min(size, round_(each)) for round_, each, size in zip(inward, (a, b), (n, m), strict=True)
    )
    return float(stratified_exact_tests([x], [n], [x + y], [n + m]).p_values[0])


def mean_difference(
    inside: tuple[FloatArray, FloatArray, FloatArray],
    whole: tuple[FloatArray, FloatArray, FloatArray],
    confidence: float,
) -> SliceDifference:
    """Return the difference of a mean inside and outside, adjusted for strata.

    The weights of the strata are those of Mantel and Haenszel, n m / (n + m). The variance is the
    larger of two: Welch's, from the spread on each side, and that of the permutations of samples
    within strata. The quantile is of t, with the degrees of freedom of the smaller side. A slice
    with one large loss then has a large variance, and one with equal losses that of all samples.

    Parameters
    ----------
    inside, whole : (S,) samples, sums and sums of squares by stratum.
    confidence : strictly between 0 and 1.

    Returns
    -------
    Value, limits and p-value; only the value with fewer than ten samples on a side.
    """
    from scipy.stats import t

    n, sums, squares = (np.asarray(each, np.float64) for each in inside)
    total, all_sums, all_squares = (np.asarray(each, np.float64) for each in whole)
    m = total - n
    omega = stratum_weights(n, m)
    if not omega.any():
        return SliceDifference(math.nan)
    used = omega > 0
    omega, n, m, total = omega[used], n[used], m[used], total[used]
    sides = ((n, sums, squares), (m, all_sums - sums, all_squares - squares))
    means, spreads, freedoms = [], [], []
    for size, sum_, square in sides:
        mean = sum_[used] / size
        within = float(np.maximum(square[used] - size * mean**2, 0.0).sum())
        freedoms.append(float(size.sum()) - len(size))
        spreads.append(within / max(freedoms[-1], 1.0))
        means.append(mean)
    value = float((omega * (means[0] - means[1])).sum())
    if min(freedoms) < LEAST_FREEDOM:
        return SliceDifference(value)
    welch = sum(s * float((omega**2 / size).sum()) for s, size in zip(spreads, (n, m), strict=True))
    around = np.maximum(all_squares[used] - all_sums[used] ** 2 / total, 0.0)
    permuted = float((omega**2 * around / np.maximum(total - 1, 1) * (1 / n + 1 / m)).sum())
    error = math.sqrt(max(welch, permuted))
    freedom = min(freedoms)
    if error == 0:
        return SliceDifference(value, value, value, 1.0)
    half = float(t.ppf((1 + confidence) / 2, freedom)) * error
    p = float(2 * t.sf(abs(value) / error, freedom))
    return SliceDifference(value, value - half, value + half, p)
