"""Confidence intervals for a proportion, and for a difference of two on the same samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from scipy.special import betainccinv, betaincinv

from evalkit.errors import InputError
from evalkit.statistics.intervals import Interval, critical_value, tail_probability

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evalkit.metrics.count.marginals import FloatArray

ProportionMethod: TypeAlias = Literal["wilson", "clopper-pearson", "jeffreys"]


def proportion_interval(
    successes: ArrayLike,
    trials: ArrayLike,
    *,
    confidence: float = 0.95,
    method: ProportionMethod = "wilson",
) -> Interval:
    """Return the confidence interval for the probability of success.

    Wilson's interval inverts the score test: (s + z²/2 ± z √(s(n−s)/n + z²/4)) / (n + z²).
    Clopper–Pearson's inverts the exact binomial test; its coverage is at least the nominal one.
    Jeffreys' has the quantiles of Beta(s + ½, n − s + ½), with 0 for s = 0 and 1 for s = n.

    Parameters
    ----------
    successes, trials : non-negative numbers, successes ≤ trials; arrays are broadcast.
    confidence : strictly between 0 and 1.
    method : ``"wilson"``, ``"clopper-pearson"`` or ``"jeffreys"``.

    Returns
    -------
    ``(low, high)``, each in [0, 1]; NaN if there are no trials.

    Raises
    ------
    InputError
        If successes are negative or exceed the trials, or the method is unknown.

    References
    ----------
    R. G. Newcombe, "Two-sided confidence intervals for the single proportion", 1998;
    L. D. Brown, T. T. Cai and A. DasGupta, "Interval estimation for a binomial proportion", 2001.

    Examples
    --------
    >>> low, high = proportion_interval(81, 263)
    >>> round(float(low), 4), round(float(high), 4)
    (0.2553, 0.3662)
    """
    s, n = np.broadcast_arrays(np.asarray(successes, np.float64), np.asarray(trials, np.float64))
    if not ((s >= 0) & (s <= n)).all():
        raise InputError(
            f"Invalid number of successes {float(s[~((s >= 0) & (s <= n))].flat[0]):g}. Pass "
            "counts between 0 and trials, not rates."
        )
    if method == "wilson":
        interval = _wilson(s, n, critical_value(confidence))
    elif method == "clopper-pearson":
        interval = _beta_ends(s, n, tail_probability(confidence), (0.0, 1.0))
    elif method == "jeffreys":
        interval = _beta_ends(s, n, tail_probability(confidence), (0.5, 0.5))
    else:
        raise InputError(
            f"Unknown method {method!r}. Use 'wilson', 'clopper-pearson' or 'jeffreys'."
        )
    undefined = n == 0
    return Interval(*(np.where(undefined, np.nan, end)[()] for end in interval))


def _wilson(s: FloatArray, n: FloatArray, z: float) -> Interval:
    size = np.maximum(n, 1.0)
    half = z * np.sqrt(s * (n - s) / size + z * z / 4.0)
    middle = s + z * z / 2.0
    # Rounding must not move limits that are exactly 0 or 1.
    low = np.where(s == 0, 0.0, (middle - half) / (n + z * z))
    high = np.where(s == n, 1.0, (middle + half) / (n + z * z))
    return Interval(low, high)


def _beta_ends(s: FloatArray, n: FloatArray, tail: float, prior: tuple[float, float]) -> Interval:
    """Return the lower quantile of Beta(s + p, n − s + q), the upper of Beta(s + q, n − s + p)."""
    p, q = prior
    size = np.maximum(n, 1.0)
    # Where a limit is 0 or 1 by definition, a neighbouring quantile is computed and not used.
    inner_low, inner_high = np.maximum(s, 1.0), np.minimum(s, size - 1.0)
    low = betaincinv(inner_low + p, size - inner_low + q, tail)
    high = betainccinv(inner_high + q, size - inner_high + p, tail)
    return Interval(np.where(s == 0, 0.0, low), np.where(s == n, 1.0, high))


_BISECTIONS = 60


def paired_proportion_interval(
    b: ArrayLike, c: ArrayLike, n: ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Return Tango's score interval for accuracy(B) − accuracy(A) on the same samples.

    The interval contains the differences Δ that the score test does not reject:
    |c − b − nΔ| ≤ z √(n (2q + Δ(1 − Δ))), with q the maximum-likelihood estimate of the probability
    of b given Δ.

    Parameters
    ----------
    b : number of samples that A predicts correctly and B does not.
    c : number of samples that B predicts correctly and A does not.
    n : number of all samples; arrays are broadcast.
    confidence : strictly between 0 and 1.

    Returns
    -------
    ``(low, high)``, each in [−1, 1]; NaN if n is 0. If b = c = 0, the interval around 0 has a
    positive width that decreases with n.

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
    (0.026, 0.517)
    """
    z = critical_value(confidence)
    only_a, only_b, size = _checked(b, c, n)
    difference = (only_b - only_a) / np.maximum(size, 1.0)
    # The score decreases in the difference, so each limit is where |score| first exceeds z.
    ends = []
    for bound in (-1.0, 1.0):
        inside, outside = difference.copy(), np.full_like(difference, bound)
        for _ in range(_BISECTIONS):
            middle = (inside + outside) / 2.0
            kept = np.abs(_score(only_b, only_a, size, middle)) <= z
            inside = np.where(kept, middle, inside)
            outside = np.where(kept, outside, middle)
        ends.append(np.where(size > 0, inside, np.nan)[()])
    return Interval(*ends)


def paired_proportion_score(
    b: ArrayLike, c: ArrayLike, n: ArrayLike, difference: ArrayLike
) -> FloatArray:
    """Return Tango's score for the hypothesis that accuracy(B) − accuracy(A) = `difference`.

    (c − b − nΔ) / √(n (2q + Δ(1 − Δ))), as in `paired_proportion_interval`. It is approximately
    standard normal under the hypothesis; at Δ = 0 its square is McNemar's statistic.

    Parameters
    ----------
    b, c, n : as in `paired_proportion_interval`.
    difference : the difference Δ of the hypothesis.

    Raises
    ------
    InputError
        If a count is negative, or b + c exceeds n.

    Examples
    --------
    >>> round(float(paired_proportion_score(7, 1, 44, 0.0)) ** 2, 12)
    4.5
    """
    only_a, only_b, size = _checked(b, c, n)
    return _score(only_b, only_a, size, np.asarray(difference, dtype=np.float64))[()]


def _score(
    only_b: FloatArray, only_a: FloatArray, n: FloatArray, difference: FloatArray
) -> FloatArray:
    linear = (2.0 * n - only_b + only_a) * difference - only_b - only_a
    constant = -only_a * difference * (1.0 - difference)
    root = np.sqrt(np.maximum(linear**2 - 8.0 * n * constant, 0.0))
    # The root of the quadratic in [0, 1], written without cancellation.
    stable = np.where(
        linear > 0,
        -2.0 * constant / np.where(linear > 0, root + linear, 1.0),
        (root - linear) / (4.0 * np.maximum(n, 1.0)),
    )
    variance = n * (2.0 * stable + difference * (1.0 - difference))
    distance = only_b - only_a - n * difference
    with np.errstate(divide="ignore", invalid="ignore"):
        score = distance / np.sqrt(np.maximum(variance, 0.0))
    return np.where(distance == 0, 0.0, score)


def _checked(b: ArrayLike, c: ArrayLike, n: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    only_a, only_b, size = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (b, c, n))
    )
    if not ((only_a >= 0) & (only_b >= 0) & (only_a + only_b <= size)).all():
        raise InputError("Invalid counts: b and c must be 0 or more, and b + c at most n.")
    return only_a, only_b, size
