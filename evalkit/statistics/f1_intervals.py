"""Confidence intervals for F1 without resampling: the delta method, and a Bayesian interval."""

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
    tail_probability,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evalkit.metrics.count.marginals import FloatArray

F1Average: TypeAlias = Literal["micro", "macro"]


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
    average : ``"micro"``, which is accuracy for single-label data, or ``"macro"`` over the classes
        that are present or predicted.
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
    ``(low, high)``, each in [0, 1]; NaN for a class that is neither present nor predicted.

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
    ends = []
    for quantile in (betaincinv, betainccinv):
        jaccard = quantile(hits + prior, misses + 2.0 * prior, tail)
        ends.append(np.where(undefined, np.nan, 2.0 * jaccard / (1.0 + jaccard))[()])
    return Interval(*ends)
