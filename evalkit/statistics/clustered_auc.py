"""The area under the ROC curve of samples that are weighted, or not independent of one another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.statistics.auc import (
    AucInterval,
    checked_scores,
    logit_limits,
    positives,
    score_limits,
)
from evalkit.statistics.intervals import tail_probability
from evalkit.statistics.sampling_units import SamplingUnits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray


def clustered_auc_interval(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    confidence: float = 0.95,
) -> AucInterval:
    """Return the interval of an area under the ROC curve over groups of samples.

    Each sample moves the area by its weight's share of its class times what its placement lies
    above or below the area; a group moves it by the sum over its samples. The variance is the sum
    over strata of c / (c − 1) Σ (d − mean d)², with d the c groups' sums; the interval is
    symmetric in log-odds, with Student's t of as many degrees of freedom as there are groups less
    strata. Of unweighted, ungrouped samples it is DeLong's but for the order of 1 / n.

    Parameters
    ----------
    y_true : (n,) booleans, or numbers of which the greater is the positive class.
    y_score : (n,) finite scores, higher for the positive class.
    sample_weight : (n,) not negative, or None.
    groups : (n,) labels or None; samples of one label belong together.
    strata : (n,) labels or None; their numbers of groups are taken for fixed.
    confidence : strictly between 0 and 1.

    Returns
    -------
    The area with its standard error and interval; NaN where one class is absent. Where the groups
    do not vary at all, Newcombe's score interval for as many positives and negatives as there are
    groups that have some.

    Raises
    ------
    InputError
        If lengths differ, a score is not finite, a weight is negative, labels have more than two
        values, or a group reaches into two strata.

    References
    ----------
    N. A. Obuchowski, "Nonparametric analysis of clustered ROC curve data", 1997.

    Examples
    --------
    >>> interval = clustered_auc_interval(
    ...     [0, 0, 1, 1, 1], [0.1, 0.4, 0.35, 0.8, 0.9], groups=["p", "q", "p", "q", "r"]
    ... )
    >>> round(interval.auc, 4)
    0.8333
    """
    tail_probability(confidence)
    positive = positives(y_true)
    n = len(positive)
    scores = checked_scores(y_score, n)
    weight = _checked_weights(sample_weight, n)
    if not (weight[positive].sum() > 0 and weight[~positive].sum() > 0):
        return AucInterval(np.nan, np.nan, np.nan, np.nan, confidence)
    placement = _weighted_placements(positive, scores, weight)
    share = np.where(positive, weight / weight[positive].sum(), weight / weight[~positive].sum())
    auc = min(float(share[positive] @ placement[positive]), 1.0)
    units = SamplingUnits.of_samples(n, groups, strata)
    moved = np.bincount(units.unit, share * (placement - auc)).astype(np.float64)
    variance = sum(_variance_of_sum(moved[members]) for members in units.strata)
    error, degrees = math.sqrt(variance), len(moved) - len(units.strata)
    if degrees > 0 and error > 0 and 0.0 < auc < 1.0:
        limits = logit_limits(auc, error, degrees, confidence)
    else:
        sizes = [len(np.unique(units.unit[side & (weight > 0)])) for side in (positive, ~positive)]
        limits = score_limits(auc, (sizes[0], sizes[1]), confidence)
    return AucInterval(auc, error, *limits, confidence)


def _weighted_placements(
    positive: NDArray[np.bool_], scores: NDArray[Any], weight: FloatArray
) -> FloatArray:
    """Return for each sample the weight's share of the other class that it ranks right with."""
    found = np.empty(len(scores))
    for own, sign in ((positive, 1.0), (~positive, -1.0)):
        others, theirs = sign * scores[~own], weight[~own]
        order = np.argsort(others)
        up_to = np.concatenate([[0.0], np.cumsum(theirs[order])])
        others, mine = others[order], sign * scores[own]
        left, right = (np.searchsorted(others, mine, side=side) for side in ("left", "right"))
        found[own] = (up_to[left] + up_to[right]) / (2.0 * up_to[-1])
    return found


def _variance_of_sum(moved: FloatArray) -> float:
    if len(moved) < 2:
        return 0.0
    return float(len(moved) * moved.var(ddof=1))


def _checked_weights(sample_weight: ArrayLike | None, n: int) -> FloatArray:
    if sample_weight is None:
        return np.ones(n)
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (n,):
        raise InputError(f"sample_weight must have shape ({n},); got {weight.shape}")
    if not (weight >= 0).all():
        raise InputError(f"weights must not be negative; row {int(np.argmin(weight >= 0))} is")
    return weight
