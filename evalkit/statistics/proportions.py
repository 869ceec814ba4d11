"""Analytic confidence intervals: of a proportion, of a paired difference of two, and of F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from scipy.special import betainccinv, betaincinv

from evalkit.errors import InputError
from evalkit.metrics.count.marginals import dense_counts
from evalkit.statistics.intervals import (
    EstimatedInterval,
    Interval,
    critical_value,
    extended_to_zero,
    tail_probability,
)
from evalkit.statistics.paired_tests import mcnemar

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evalkit.metrics.count.marginals import FloatArray

ProportionMethod: TypeAlias = Literal["wilson", "clopper-pearson", "jeffreys"]
DifferenceTest: TypeAlias = Literal["score", "exact"]
F1Average: TypeAlias = Literal["micro", "macro"]
_BISECTIONS = 60


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


def paired_proportion_interval(
    b: ArrayLike,
    c: ArrayLike,
    n: ArrayLike,
    *,
    confidence: float = 0.95,
    test: DifferenceTest = "score",
) -> Interval:
    """Return Tango's score interval for accuracy(B) − accuracy(A) on the same samples.

    The interval contains the differences Δ that the score test does not reject:
    |c − b − nΔ| ≤ z √(n (2q + Δ(1 − Δ))), with q the maximum-likelihood estimate of the probability
    of b given Δ.

    Parameters
    ----------
    b, c : numbers of samples that only A, and that only B, predicts correctly.
    n : number of all samples; arrays are broadcast.
    confidence : strictly between 0 and 1.
    test : ``"score"``, or ``"exact"`` for the interval of reports: it is extended to 0 where
        McNemar's exact test does not reject equal accuracies. Counts must then be whole.

    Returns
    -------
    ``(low, high)``, each in [−1, 1]; NaN if n is 0. If b = c = 0, the interval around 0 has a
    positive width that decreases with n.

    Raises
    ------
    InputError
        If a count is negative, b + c exceeds n, or the test is unknown.

    References
    ----------
    T. Tango, "Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design", 1998.

    Examples
    --------
    >>> low, high = paired_proportion_interval(1, 7, 21)
    >>> round(float(low), 3), round(float(high), 3)
    (0.026, 0.517)
    >>> low, high = paired_proportion_interval(1, 7, 21, test="exact")
    >>> round(float(low), 3), round(float(high), 3)
    (0.0, 0.517)
    """
    if test not in ("score", "exact"):
        raise InputError(f"Unknown test {test!r}. Use 'score' or 'exact'.")
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
    interval = Interval(*ends)
    if test == "score":
        return interval
    return extended_to_zero(interval, mcnemar(b, c).p_exact, confidence)


def paired_proportion_score(
    b: ArrayLike, c: ArrayLike, n: ArrayLike, difference: ArrayLike
) -> FloatArray:
    """Return Tango's score for the hypothesis that accuracy(B) − accuracy(A) = `difference`.

    (c − b − nΔ) / √(n (2q + Δ(1 − Δ))), as in `paired_proportion_interval`. It is approximately
    standard normal under the hypothesis; at Δ = 0 its square is McNemar's statistic.

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


def f1_interval(
    counts: ArrayLike,
    *,
    average: F1Average = "macro",
    confidence: float = 0.95,
    method: Literal["takahashi"] = "takahashi",
) -> EstimatedInterval:
    """Return the analytic confidence interval for micro or macro F1.

    The variance is Σ_ij p_ij g_ij² / n, with p the shares of the cells and g the gradient of the
    average. The interval is estimate ± z × standard error, clipped to [0, 1]. With s_k the sum of
    the shares of class k among actual and among predicted labels, macro F1 has
    g_kk = 2 (1 − F1_k) / (K s_k), and g_ij = −(F1_i / s_i + F1_j / s_j) / K off the diagonal.

    Parameters
    ----------
    counts : (..., K, K) counts, rows actual, columns predicted.
    average : ``"micro"``, which is accuracy, or ``"macro"`` over the classes that occur.
    confidence : strictly between 0 and 1.
    method : ``"takahashi"``.

    Returns
    -------
    Estimate, standard error and limits; NaN without samples. The interval is too narrow for small
    classes, and has zero width if all predictions are correct.

    Raises
    ------
    InputError
        If the average or the method is unknown.

    References
    ----------
    K. Takahashi, K. Yamamoto, A. Kuchiba and T. Koyama, "Confidence interval for micro-averaged
    F1 and macro-averaged F1 scores", 2022.

    Examples
    --------
    >>> interval = f1_interval([[45, 5], [10, 40]])
    >>> round(float(interval.low), 4), round(float(interval.high), 4)
    (0.7795, 0.9198)
    """
    if method != "takahashi":
        raise InputError(f"Unknown method {method!r}. Use 'takahashi', or f1_posterior_interval.")
    z = critical_value(confidence)
    matrix = dense_counts(counts).astype(np.float64)
    total = matrix.sum(axis=(-1, -2))
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = matrix / total[..., None, None]
        if average == "micro":
            estimate = np.trace(shares, axis1=-2, axis2=-1)
            variance = estimate * (1.0 - estimate)
        elif average == "macro":
            estimate, variance = _macro(shares)
        else:
            raise InputError(f"Unknown average {average!r}. Use 'micro' or 'macro'.")
        error = np.sqrt(variance / total)
    return EstimatedInterval(
        estimate=estimate[()],
        standard_error=error[()],
        low=np.maximum(estimate - z * error, 0.0)[()],
        high=np.minimum(estimate + z * error, 1.0)[()],
        confidence=confidence,
    )


def _macro(shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return macro F1 and n times its variance."""
    labels = shares.sum(axis=-1) + shares.sum(axis=-2)
    defined = labels > 0
    size = np.where(defined, labels, 1.0)
    f1 = 2.0 * np.diagonal(shares, axis1=-2, axis2=-1) / size
    classes = defined.sum(axis=-1)
    loss = f1 / size
    gradient = -(loss[..., :, None] + loss[..., None, :])
    diagonal = np.arange(shares.shape[-1])
    gradient[..., diagonal, diagonal] = 2.0 * (1.0 - f1) / size
    variance = (shares * gradient**2).sum(axis=(-1, -2)) / classes**2
    estimate: FloatArray = np.where(defined, f1, 0.0).sum(axis=-1) / classes
    return estimate, variance


def f1_posterior_interval(
    tp: ArrayLike,
    fp: ArrayLike,
    fn: ArrayLike,
    *,
    prior: float = 0.5,
    confidence: float = 0.95,
) -> Interval:
    """Return the equal-tailed posterior interval for the F1 of one class.

    The Jaccard index J has the posterior Beta(TP + λ, FP + FN + 2λ), and F1 = 2J / (1 + J).

    Parameters
    ----------
    tp, fp, fn : true positives, false positives and false negatives; arrays are broadcast.
    prior : λ, the positive weight of the prior.
    confidence : strictly between 0 and 1.

    Returns
    -------
    ``(low, high)``, each in [0, 1]: 0 without true positives, 1 without errors; NaN for a class
    that is neither present nor predicted.

    Raises
    ------
    InputError
        If a count is negative or the prior is not positive.

    References
    ----------
    C. Goutte and E. Gaussier, "A probabilistic interpretation of precision, recall and F-score,
    with implication for evaluation", 2005.

    Examples
    --------
    >>> low, high = f1_posterior_interval(80, 10, 20)
    >>> round(float(low), 5), round(float(high), 5)
    (0.77723, 0.88936)
    """
    hits = np.asarray(tp, dtype=np.float64)
    misses = np.asarray(fp, dtype=np.float64) + np.asarray(fn, dtype=np.float64)
    if not (prior > 0 and (hits >= 0).all() and (misses >= 0).all()):
        raise InputError(
            "Invalid counts or prior: counts must be 0 or more, and the prior positive."
        )
    tail = tail_probability(confidence)
    undefined = hits + misses == 0
    # As for Jeffreys' interval, an interval at a bound contains it.
    low = np.where(hits == 0, 0.0, betaincinv(hits + prior, misses + 2.0 * prior, tail))
    high = np.where(misses == 0, 1.0, betainccinv(hits + prior, misses + 2.0 * prior, tail))
    return Interval(
        *(np.where(undefined, np.nan, 2.0 * end / (1.0 + end))[()] for end in (low, high))
    )
