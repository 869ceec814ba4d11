"""The score interval and test for the difference of two accuracies on the same samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import InputError
from evalkit.statistics.intervals import Interval, critical_value

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evalkit.metrics.count.marginals import FloatArray

_BISECTIONS = 60


def paired_proportion_interval(
    b: ArrayLike, c: ArrayLike, n: ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Return Tango's score interval for accuracy(A) − accuracy(B) on the same samples.

    The differences Δ that the score test does not reject:
    |b − c − nΔ| ≤ z √(n (2q + Δ(1 − Δ))), q the probability of c that is likeliest given Δ.

    Parameters
    ----------
    b, c : samples that only A, and only B, has right.
    n : all samples; the three broadcast.
    confidence : strictly between 0 and 1.

    Returns
    -------
    ``(low, high)``, each in [−1, 1]; NaN where n is 0. Models that never differ get an interval
    around 0 that narrows as n grows, not one of no width.

    Raises
    ------
    InputError
        If a count is negative, or b + c exceeds n.

    References
    ----------
    T. Tango, "Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design", 1998.

    Examples
    --------
    >>> low, high = paired_proportion_interval(1, 7, 21)
    >>> round(float(low), 3), round(float(high), 3)
    (-0.517, -0.026)
    """
    z = critical_value(confidence)
    only_a, only_b, size = _checked(b, c, n)
    difference = (only_a - only_b) / np.maximum(size, 1.0)
    # The score falls as the difference tried rises, so each end is where it first exceeds z.
    ends = []
    for bound in (-1.0, 1.0):
        inside, outside = difference.copy(), np.full_like(difference, bound)
        for _ in range(_BISECTIONS):
            middle = (inside + outside) / 2.0
            kept = np.abs(_score(only_a, only_b, size, middle)) <= z
            inside = np.where(kept, middle, inside)
            outside = np.where(kept, outside, middle)
        ends.append(np.where(size > 0, inside, np.nan)[()])
    return Interval(*ends)


def paired_proportion_score(
    b: ArrayLike, c: ArrayLike, n: ArrayLike, difference: ArrayLike
) -> FloatArray:
    """Return Tango's score for the hypothesis that accuracy(A) − accuracy(B) is `difference`.

    Standard normal under the hypothesis, positive where A is better than it says; at a difference
    of 0 its square is McNemar's statistic.

    Examples
    --------
    >>> round(float(paired_proportion_score(7, 1, 44, 0.0)) ** 2, 12)
    4.5
    """
    return _score(*_checked(b, c, n), np.asarray(difference, dtype=np.float64))[()]


def _score(b: FloatArray, c: FloatArray, n: FloatArray, difference: FloatArray) -> FloatArray:
    linear = (2.0 * n - b + c) * difference - b - c
    constant = -c * difference * (1.0 - difference)
    root = np.sqrt(np.maximum(linear**2 - 8.0 * n * constant, 0.0))
    # The root of the quadratic that lies in [0, 1], written so that nothing cancels.
    stable = np.where(
        linear > 0,
        -2.0 * constant / np.where(linear > 0, root + linear, 1.0),
        (root - linear) / (4.0 * np.maximum(n, 1.0)),
    )
    variance = n * (2.0 * stable + difference * (1.0 - difference))
    distance = b - c - n * difference
    with np.errstate(divide="ignore", invalid="ignore"):
        score = distance / np.sqrt(np.maximum(variance, 0.0))
    return np.where(distance == 0, 0.0, score)


def _checked(b: ArrayLike, c: ArrayLike, n: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    only_a, only_b, size = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (b, c, n))
    )
    if not ((only_a >= 0) & (only_b >= 0) & (only_a + only_b <= size)).all():
        raise InputError("b and c must not be negative, and b + c must not exceed n")
    return only_a, only_b, size
