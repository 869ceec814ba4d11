"""The ends of an interval for an area under the ROC curve, from DeLong's variance or without it."""

from __future__ import annotations

import math

from scipy.special import stdtrit

from evalkit.statistics.intervals import critical_value, tail_probability

_BISECTIONS = 60


def wald_limits(auc: float, error: float, confidence: float) -> tuple[float, float]:
    """Return auc ± z × standard error, cut at 0 and 1.

    Examples
    --------
    >>> low, high = wald_limits(0.9, 0.1, 0.95)
    >>> round(low, 4), high
    (0.704, 1.0)
    """
    reach = critical_value(confidence) * error
    return max(auc - reach, 0.0), min(auc + reach, 1.0)


def logit_limits(
    auc: float, error: float, degrees: float, confidence: float
) -> tuple[float, float]:
    """Return the ends that lie ± t × standard error from the log-odds of the area.

    The error of the log-odds is error / (auc (1 − auc)); t is Student's, since the variance of a
    few samples of one class is hardly known.

    Examples
    --------
    >>> low, high = logit_limits(0.9, 0.05, 30.0, 0.95)
    >>> round(low, 4), round(high, 4)
    (0.7432, 0.9655)
    """
    t = -float(stdtrit(degrees, tail_probability(confidence)))
    # Beyond e^700 a double overflows, and the interval has long been all of [0, 1].
    factor = math.exp(min(t * error / (auc * (1.0 - auc)), 700.0))
    odds = auc / (1.0 - auc)
    return odds / factor / (1.0 + odds / factor), 1.0 - 1.0 / (1.0 + odds * factor)


def welch_degrees(variances: tuple[float, float], sizes: tuple[int, int]) -> float:
    """Return the degrees of freedom of a sum of two estimated variances of means.

    (v₁ + v₂)² / (v₁² / (n₁ − 1) + v₂² / (n₂ − 1)).

    References
    ----------
    B. L. Welch, "The generalization of 'Student's' problem", 1947.

    Examples
    --------
    >>> welch_degrees((1.0, 1.0), (11, 11))
    20.0
    """
    spread = sum(v * v / (n - 1) for v, n in zip(variances, sizes, strict=True))
    return sum(variances) ** 2 / spread


def score_limits(auc: float, sizes: tuple[int, int], confidence: float) -> tuple[float, float]:
    """Return the areas whose own variance, after Hanley and McNeil, makes `auc` no surprise.

    It needs no variance of the data, so that it serves where all pairs are ranked right: from 20
    positives and 20 negatives the area may then still be 0.9.

    References
    ----------
    R. G. Newcombe, "Confidence intervals for an effect size measure based on the Mann–Whitney
    statistic. Part 2", 2006, method 5.

    Examples
    --------
    >>> low, high = score_limits(1.0, (20, 20), 0.95)
    >>> round(low, 2), high
    (0.9, 1.0)
    """
    z = critical_value(confidence)
    positives, negatives = sizes
    pairs = positives * negatives
    others = (positives + negatives) / 2.0 - 1.0

    def surprising(area: float) -> bool:
        spread = 1.0 + others * (1.0 - area) / (2.0 - area) + others * area / (1.0 + area)
        return (auc - area) ** 2 > z * z * area * (1.0 - area) / pairs * spread

    ends = []
    for bound in (0.0, 1.0):
        inside, outside = auc, bound
        for _ in range(_BISECTIONS):
            middle = (inside + outside) / 2.0
            if surprising(middle):
                outside = middle
            else:
                inside = middle
        ends.append(inside)
    return ends[0], ends[1]
