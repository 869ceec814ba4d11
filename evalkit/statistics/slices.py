"""Tests of slices against all other samples, and gaps between the groups of a column.

A slice can be small and a model nearly perfect, so the tests of counts are exact: given how many
samples of each class are misclassified, and how many lie in the slice, the number of errors in the
slice has a hypergeometric distribution in each class. The difference that goes with a test is
adjusted for classes: a slice with more samples of a difficult class is not weak for that reason.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evalkit.errors import InputError
from evalkit.statistics.intervals import critical_value, independent_limits
from evalkit.statistics.proportions import proportion_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray

TIES = 1 + 1e-7
"""Probabilities that differ by less are equal, so that rounding splits no ties."""
MOST_VARIANCE = 1_000.0
"""Above this variance of the number of errors, the Edgeworth approximation is used."""
NEGLIGIBLE = 1e-40


class ExactTests(NamedTuple):
    """P-values (m,), and the least p-value (m,) that each test can have given its margins."""

    p_values: FloatArray
    least: FloatArray


class AdjustedDifference(NamedTuple):
    """A difference of proportions adjusted for strata, with its interval; NaN if undefined."""

    value: float
    low: float
    high: float


def stratified_exact_tests(
    inside: Sequence[ArrayLike],
    inside_sizes: Sequence[ArrayLike],
    whole: Sequence[ArrayLike],
    whole_sizes: Sequence[ArrayLike],
) -> ExactTests:
    """Return exact two-sided tests that a proportion is equal inside and outside a slice.

    Within each stratum, such as an actual class, the number of events inside has a hypergeometric
    distribution given the margins. The statistic is their sum over strata, whose distribution is a
    convolution; the p-value is the probability of all sums that are at most as probable as the one
    observed. With one stratum this is Fisher's exact test. If the variance of the sum exceeds
    1,000, it is twice the smaller tail by the Edgeworth approximation, with the skewness and a
    continuity correction.

    Parameters
    ----------
    inside, inside_sizes : for each of m tests (S,) events and samples inside, by stratum.
    whole, whole_sizes : for each test (S,) events and samples of the whole, by stratum.

    Returns
    -------
    The p-values, and the least that each test can attain; 1 where nothing can be tested.

    Raises
    ------
    InputError
        If a count is negative or exceeds its total.

    References
    ----------
    M. W. Birch, "The detection of partial association", 1964; for one stratum R. A. Fisher, 1935.

    Examples
    --------
    >>> inside, sizes = [[1], [3, 1]], [[1], [3, 9]]
    >>> found = stratified_exact_tests(inside, sizes, [[5], [3, 2]], [[500], [9, 90]])
    >>> found.p_values.round(4).tolist(), found.least.round(4).tolist()
    ([0.01, 0.0042], [0.01, 0.0001])
    """
    counts = [[np.atleast_1d(np.asarray(each, np.int64)) for each in column]
              for column in (inside, inside_sizes, whole, whole_sizes)]  # fmt: skip
    strata = [len(each) for each in counts[0]]
    x, n, events, total = (np.concatenate(c) if c else np.empty(0, np.int64) for c in counts)
    if not ((x >= 0) & (x <= n) & (events - x >= 0) & (events - x <= total - n)).all():
        raise InputError(
            "Invalid counts: events must be at most samples, inside at most the whole."
        )
    owner = np.repeat(np.arange(len(strata)), strata)
    mean, variance = _hypergeometric_moments(n, events, total)
    p, least = np.ones(len(strata)), np.ones(len(strata))
    spread = np.bincount(owner, variance, len(strata)).astype(np.float64)
    large = spread > MOST_VARIANCE
    if large.any():
        gap, third = (
            np.bincount(owner, each, len(strata))[large].astype(np.float64)
            for each in (x - mean, _third_moment(n, events, total))
        )
        p[large], least[large] = _by_edgeworth(gap, spread[large], third), 0.0
    used = np.flatnonzero((variance > 0) & ~large[owner])
    masses, starts = _masses(n[used], events[used], total[used], mean[used], variance[used])
    firsts = np.searchsorted(owner[used], np.arange(len(strata) + 1))
    for test in np.flatnonzero(np.diff(firsts)):
        part = slice(firsts[test], firsts[test + 1])
        p[test], least[test] = _two_sided(masses[part], starts[part], int(x[used[part]].sum()))
    return ExactTests(p, least)


def _hypergeometric_moments(
    n: NDArray[np.int64], events: NDArray[np.int64], total: NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    share = events / np.maximum(total, 1)
    finite = (total - n) / np.maximum(total - 1, 1)
    return n * share, n * share * (1 - share) * finite


def _third_moment(
    n: NDArray[np.int64], events: NDArray[np.int64], total: NDArray[np.int64]
) -> FloatArray:
    """Return the third central moments of hypergeometric distributions."""
    _, variance = _hypergeometric_moments(n, events, total)
    size = np.maximum(total, 3).astype(np.float64)
    third = variance * (size - 2 * events) * (size - 2 * n) / (size * (size - 2))
    return np.asarray(third, np.float64)


def _by_edgeworth(gap: FloatArray, variance: FloatArray, third: FloatArray) -> FloatArray:
    """Return two-sided p-values of differences of a sum from its mean."""
    from scipy.special import ndtr

    deviation = np.sqrt(variance)
    z = np.maximum(np.abs(gap) - 0.5, 0.0) / deviation
    skewness = np.sign(gap) * third / deviation**3
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    tail = ndtr(-z) + density * skewness * (z**2 - 1) / 6
    return np.asarray(np.clip(2 * tail, 0.0, 1.0), np.float64)


def _masses(
    n: NDArray[np.int64],
    events: NDArray[np.int64],
    total: NDArray[np.int64],
    mean: FloatArray,
    variance: FloatArray,
) -> tuple[list[FloatArray], NDArray[np.int64]]:
    """Return the probabilities of each stratum, where not negligible, and their first values."""
    from scipy.stats import hypergeom

    reach = 12 * np.sqrt(variance) + 30
    low = np.maximum(np.maximum(0, n - (total - events)), np.floor(mean - reach).astype(np.int64))
    high = np.minimum(np.minimum(n, events), np.ceil(mean + reach).astype(np.int64))
    lengths = high - low + 1
    ends = np.cumsum(lengths)
    values = np.arange(lengths.sum()) - np.repeat(ends - lengths, lengths) + np.repeat(low, lengths)
    # SciPy's pmf takes a time that grows with the samples; its logarithm does not.
    margins = (np.repeat(each, lengths) for each in (total, events, n))
    mass = np.exp(hypergeom.logpmf(values, *margins))
    return np.split(mass, ends[:-1]) if len(ends) else [], low


def _two_sided(
    masses: Sequence[FloatArray], starts: NDArray[np.int64], observed: int
) -> tuple[float, float]:
    """Return the two-sided p-value of a sum of independent numbers, and the least possible one."""
    mass, first = masses[0], int(starts[0])
    for other, start in zip(masses[1:], starts[1:], strict=True):
        mass, first = np.convolve(mass, other), first + int(start)
        kept = np.flatnonzero(mass > NEGLIGIBLE)
        mass, first = mass[kept[0] : kept[-1] + 1], first + int(kept[0])
    place = observed - first
    at = mass[place] if 0 <= place < len(mass) else 0.0
    p, least = (float(mass[mass <= limit * TIES].sum()) for limit in (at, mass.min()))
    return min(1.0, p), min(1.0, least)


def tarone_holm(p_values: ArrayLike, least: ArrayLike) -> FloatArray:
    """Return p-values adjusted by Holm's method, without tests that cannot be significant.

    A test of few samples has a least possible p-value, given its margins. It cannot reject below
    that, and so does not count among the tests that could have. For p in ascending order, adjusted
    p_i = max over j ≤ i of min(1, p_j · #{l ≥ j : least_l ≤ p_j}). The probability of any false
    rejection is at most α, whatever the dependence. With least = 0 it is Holm's method.

    Parameters
    ----------
    p_values : (m,) p-values of all tests that were made; NaN, for none, stays NaN.
    least : (m,) the least p-value that each can have.

    References
    ----------
    R. E. Tarone, "A modified Bonferroni method for discrete data", 1990; P. H. Westfall and
    J. F. Troendle, "Multiple testing with minimal assumptions", 2008.

    Examples
    --------
    >>> tarone_holm([0.01, 0.04, 0.03, 0.005], [0, 0, 0, 0]).round(12).tolist()
    [0.03, 0.06, 0.06, 0.02]
    >>> tarone_holm([0.01, 1.0, 1.0], [0.01, 0.2, 0.2]).tolist()
    [0.01, 1.0, 1.0]
    """
    p, lowest = np.array(p_values, np.float64), np.asarray(least, np.float64)
    order = np.lexsort((lowest, p))[: np.count_nonzero(~np.isnan(p))]
    # Of the tests not before it, those that can be significant at each p.
    able = np.searchsorted(np.sort(lowest[order]), p[order] * TIES, side="right")
    before = np.arange(len(order))
    # The p-value of an earlier test is at most this, and so is its least possible one.
    adjusted = p[order] * (able - before)
    p[order] = np.minimum(np.maximum.accumulate(adjusted), 1.0)
    return p


def adjusted_difference(
    inside: ArrayLike,
    inside_sizes: ArrayLike,
    outside: ArrayLike,
    outside_sizes: ArrayLike,
    *,
    confidence: float = 0.95,
) -> AdjustedDifference:
    """Return the difference of two proportions, inside minus outside, adjusted for strata.

    With Mantel–Haenszel weights w_k = n_k m_k / (n_k + m_k) the difference is
    Σ w_k (p_k − q_k) / Σ w_k. Its interval is Newcombe's, from Wilson's limits of the two weighted
    proportions with the effective sizes (Σ w_k)² / Σ (w_k² / n_k). With one stratum it is
    Newcombe's interval itself.

    Parameters
    ----------
    inside, inside_sizes : (S,) events and samples inside, by stratum.
    outside, outside_sizes : (S,) events and samples outside.
    confidence : strictly between 0 and 1.

    Returns
    -------
    Value and limits; NaN if no stratum has samples on both sides.

    References
    ----------
    R. G. Newcombe, "Interval estimation for the difference between independent proportions", 1998;
    S. Greenland and J. M. Robins, "Estimation of a common effect parameter", 1985; X. Yan and
    X. G. Su, "Stratified Wilson and Newcombe confidence intervals", 2010.

    Examples
    --------
    >>> found = adjusted_difference([56], [70], [48], [80])
    >>> [round(end, 4) for end in found]
    [0.2, 0.0524, 0.3339]
    """
    sides = weighted_shares(
        *(
            np.atleast_1d(np.asarray(each, np.float64))
            for each in (inside, inside_sizes, outside, outside_sizes)
        )
    )
    return AdjustedDifference(*(float(e) for e in difference_of_sizes(*sides, confidence)))


def weighted_shares(
    inside: FloatArray, inside_sizes: FloatArray, outside: FloatArray, outside_sizes: FloatArray
) -> tuple[float, float, float, float]:
    """Return the weighted proportion and its effective size, inside and outside; NaN if unknown."""
    weight = stratum_weights(inside_sizes, outside_sizes)
    used = weight > 0
    if not used.any():
        return (math.nan,) * 4
    weight = weight[used]
    sides: list[float] = []
    for events, sizes in ((inside, inside_sizes), (outside, outside_sizes)):
        share = float((weight * events[used] / sizes[used]).sum())
        sides += [min(share, 1.0), float(1 / (weight**2 / sizes[used]).sum())]
    return sides[0], sides[1], sides[2], sides[3]


def stratum_weights(n: FloatArray, m: FloatArray) -> FloatArray:
    """Return Mantel–Haenszel weights of strata, n m / (n + m) divided by their sum."""
    weight = n * m / np.maximum(n + m, np.finfo(float).tiny)
    return np.asarray(weight / (weight.sum() or 1.0))


def difference_of_sizes(
    p: ArrayLike, n: ArrayLike, q: ArrayLike, m: ArrayLike, confidence: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return p − q with Newcombe's interval for proportions of n and of m samples."""
    sides = []
    for share, size in ((q, m), (p, n)):
        rate, number = np.asarray(share, np.float64), np.asarray(size, np.float64)
        known = np.isfinite(rate)
        number = np.where(known, number, 0.0)
        ends = proportion_interval(
            np.where(known, rate, 0.0) * number, number, confidence=confidence
        )
        sides.append((ends.low, rate, ends.high))
    low, high = independent_limits(*sides)
    return sides[1][1] - sides[0][1], low, high


def needed_samples(
    rate: float, *, gap: float = 0.1, alpha: float = 0.05, power: float = 0.8
) -> int | None:
    """Return about how many samples a slice needs for a test to find a lower proportion.

    The smallest n from which the exact test of a binomial proportion rejects `rate` at level
    α/2 on the lower side with at least the stated power, if the true proportion is `rate` − `gap`.
    The samples outside the slice are taken as many.

    Parameters
    ----------
    rate : proportion outside the slice.
    gap : drop to be found.
    alpha : two-sided level of the test, after correction for other tests.
    power : probability of finding the drop.

    Returns
    -------
    A number of samples; None if the proportion cannot be lower by `gap`.

    Examples
    --------
    >>> needed_samples(0.9), needed_samples(0.9, alpha=0.05 / 40), needed_samples(0.05)
    (111, 207, None)
    """
    from scipy.special import bdtr, bdtrik

    lower = rate - gap
    if lower < 0:
        return None
    z, own = critical_value(1 - alpha), critical_value(2 * power - 1)
    about = ((z * math.sqrt(rate * (1 - rate)) + own * math.sqrt(lower * (1 - lower))) / gap) ** 2
    sizes = np.arange(1, int(3 * about) + 30)
    # The most correct samples at which the test rejects; with none, it never does.
    most = np.floor(bdtrik(alpha / 2, sizes, rate)) if rate < 1 else sizes - 1.0
    short = ~(bdtr(most, sizes, lower) >= power)
    return int(sizes[np.flatnonzero(short)[-1]]) + 1 if short.any() else 1
