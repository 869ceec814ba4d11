"""Two independent samples: interval and exact test of proportions, and a test of F-β."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from evalkit.errors import InputError
from evalkit.statistics.intervals import Interval, extended_to_zero, independent_limits
from evalkit.statistics.proportions import proportion_interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evalkit.metrics.count.marginals import FloatArray, Marginals
    from evalkit.statistics.proportions import DifferenceTest

# Rounding errors must not hide a table that is as probable as the observed one.
_TIE = 1e-7


def proportion_difference_interval(
    successes_a: ArrayLike,
    trials_a: ArrayLike,
    successes_b: ArrayLike,
    trials_b: ArrayLike,
    *,
    confidence: float = 0.95,
    test: DifferenceTest = "score",
) -> Interval:
    """Return Newcombe's hybrid score interval for p_B − p_A of two independent samples.

    With l and u the Wilson limits of each proportion p, the limits are
    d − √((p_B − l_B)² + (u_A − p_A)²) and d + √((u_B − p_B)² + (p_A − l_A)²), d = p_B − p_A.

    Parameters
    ----------
    successes_a, trials_a, successes_b, trials_b : non-negative numbers, successes ≤ trials; arrays
        are broadcast.
    confidence : strictly between 0 and 1.
    test : ``"score"``, or ``"exact"`` for the interval of reports: it is extended to 0 where
        Fisher's exact test does not reject equal proportions. Numbers must then be whole.

    Returns
    -------
    ``(low, high)``, each in [−1, 1]; NaN without trials.

    Raises
    ------
    InputError
        As `proportion_interval`, or if the test is unknown.

    References
    ----------
    R. G. Newcombe, "Interval estimation for the difference between independent proportions:
    comparison of eleven methods", 1998, method 10.

    Examples
    --------
    >>> low, high = proportion_difference_interval(48, 80, 56, 70)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0524, 0.3339)
    """
    if test not in ("score", "exact"):
        raise InputError(f"Unknown test {test!r}. Use 'score' or 'exact'.")
    known = []
    for successes, trials in ((successes_a, trials_a), (successes_b, trials_b)):
        low, high = proportion_interval(successes, trials, confidence=confidence)
        share = np.asarray(successes, np.float64) / np.maximum(trials, 1)
        known.append((low, share, high))
    interval = Interval(*independent_limits(*known))
    if test == "score":
        return interval
    p_value = independent_proportions_test(successes_a, trials_a, successes_b, trials_b)
    return extended_to_zero(interval, p_value, confidence)


def independent_proportions_test(
    successes_a: ArrayLike, trials_a: ArrayLike, successes_b: ArrayLike, trials_b: ArrayLike
) -> FloatArray:
    """Return the two-sided p-value of Fisher's exact test that two proportions are equal.

    Given the total number of successes, those of A are hypergeometric under the hypothesis. The
    p-value is the probability of all tables that are at most as probable as the observed one. The
    test never exceeds its level, whatever the sizes and the proportions; score tests do, for few
    expected errors or unequal sizes.

    Parameters
    ----------
    successes_a, trials_a, successes_b, trials_b : whole numbers, 0 ≤ successes ≤ trials; arrays are
        broadcast.

    Returns
    -------
    p-values in the broadcast shape; NaN where a sample has no trials.

    Raises
    ------
    InputError
        If a number is not whole, or successes are negative or exceed the trials.

    References
    ----------
    R. A. Fisher, *Statistical Methods for Research Workers*, 5th edition, 1934.

    Examples
    --------
    >>> round(float(independent_proportions_test(48, 80, 56, 70)), 4)
    0.0125
    """
    from scipy.stats import hypergeom

    given = np.broadcast_arrays(
        *(np.asarray(each, np.float64) for each in (successes_a, trials_a, successes_b, trials_b))
    )
    if not all(np.array_equal(each, np.floor(each)) for each in given):
        raise InputError(
            "Fisher's exact test needs whole numbers of samples. Pass counts without weights."
        )
    hits_a, n_a, hits_b, n_b = (each.astype(np.int64) for each in given)
    if not ((hits_a >= 0) & (hits_a <= n_a) & (hits_b >= 0) & (hits_b <= n_b)).all():
        raise InputError("Invalid numbers of successes. Pass counts between 0 and trials.")
    hits, n = hits_a + hits_b, n_a + n_b
    table = n, hits, n_a
    bound = hypergeom.logpmf(hits_a, *table) + _TIE
    mode = (n_a + 1) * (hits + 1) // (n + 2)
    is_low = hits_a <= mode
    # The probability falls on both sides of the mode, so the nearest table on the other side that
    # is at most as probable as the observed one is found by bisection.
    inner = mode.copy()
    outer = np.where(is_low, np.minimum(hits, n_a) + 1, np.maximum(0, hits - n_b) - 1)
    while (apart := np.abs(outer - inner) > 1).any():
        middle = (inner + outer) // 2
        rarer = hypergeom.logpmf(middle, *table) <= bound
        outer = np.where(apart & rarer, middle, outer)
        inner = np.where(apart & ~rarer, middle, inner)
    low, high = np.where(is_low, hits_a, outer), np.where(is_low, outer, hits_a)
    p_value = hypergeom.cdf(low, *table) + hypergeom.sf(high - 1, *table)
    p_value = np.where(hypergeom.logpmf(mode, *table) <= bound, 1.0, np.minimum(p_value, 1.0))
    return np.where((n_a == 0) | (n_b == 0), np.nan, p_value)[()]


def independent_f_beta_test(first: Marginals, second: Marginals, beta: float) -> FloatArray:
    """Return the two-sided p-values (K,) of equal F-β of each class in two independent samples.

    The odds F / (1 − F) are (1 + β²) TP / (β² FN + FP). The variance of their logarithm is
    1 / TP + (β⁴ FN + FP) / (β² FN + FP)², and the difference of two logarithms is compared with a
    normal distribution. As for an odds ratio, ½ is added to TP, FN and FP; and the variance of each
    model is not less than that of its number of samples at the rates of both models together. Both
    keep the test below its level for small counts.

    Parameters
    ----------
    first, second : marginals of two models on different samples.
    beta : β, positive.

    Returns
    -------
    p-values; NaN where F-β is undefined for a model.

    Examples
    --------
    >>> from evalkit.metrics.count.marginals import Marginals
    >>> a, b = Marginals.of([[45, 5], [10, 40]]), Marginals.of([[30, 20], [25, 25]])
    >>> independent_f_beta_test(a, b, 1.0).round(4).tolist()
    [0.0001, 0.0001]
    """
    models = [_outcomes(each) for each in (first, second)]
    pooled = models[0] + models[1] - 0.5
    gaps, variances = [], []
    for outcomes in models:
        # The hypothesis gives a few samples of one model the rates of many of the other.
        expected = pooled * outcomes.sum(axis=0) / pooled.sum(axis=0)
        variances.append(np.maximum(*(_log_odds(each, beta)[1] for each in (outcomes, expected))))
        gaps.append(_log_odds(outcomes, beta)[0])
    z = (gaps[1] - gaps[0]) / np.sqrt(variances[0] + variances[1])
    defined = [each.sum(axis=0) > 1.5 for each in models]
    return np.where(defined[0] & defined[1], 2.0 * ndtr(-np.abs(z)), np.nan)


def _outcomes(marginals: Marginals) -> FloatArray:
    """Return the true positives, false negatives and false positives of each class, each plus ½."""
    right = np.asarray(marginals.true_positive, np.float64)
    return np.stack([right, marginals.actual - right, marginals.predicted - right]) + 0.5


def _log_odds(outcomes: FloatArray, beta: float) -> tuple[FloatArray, FloatArray]:
    """Return log (F / (1 − F)) of F-β and its variance."""
    right, missed, false = outcomes
    weighted = beta**2 * missed + false
    value = np.log((1.0 + beta**2) * right / weighted)
    return value, 1.0 / right + (beta**4 * missed + false) / weighted**2
