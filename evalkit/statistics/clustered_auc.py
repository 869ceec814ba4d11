"""The area under the ROC curve of weighted, grouped or stratified samples."""

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
    """Return the confidence interval for an area under the ROC curve over groups of samples.

    The contribution of a sample is w_i / W (V_i − auc), with W the weight of its class and V_i the
    share of the weight of the other class that is ranked correctly against it; ties count half.
    The contributions of a group are added up to d. The variance is the sum over strata of
    c / (c − 1) Σ (d − mean d)² over their c groups. The interval is symmetric in log-odds and uses
    Student's t; its degrees of freedom are the number of groups minus the number of strata. Without
    weights and groups it agrees with DeLong's interval up to terms of order 1 / n.

    Parameters
    ----------
    y_true : (n,) booleans, or numbers with at most two values; the larger is the positive class.
    y_score : (n,) finite scores, higher for the positive class.
    sample_weight : (n,) non-negative weights, or None.
    groups : (n,) labels or None; samples with the same label form a group.
    strata : (n,) labels or None; the number of groups in each stratum is taken as fixed.
    confidence : strictly between 0 and 1.

    Returns
    -------
    The area with its standard error and interval; NaN if one class is absent. If the variance is 0
    or cannot be estimated, the interval is Newcombe's score interval for the numbers of groups that
    contain positives and negatives.

    Raises
    ------
    InputError
        If lengths differ, a score is not finite, a weight is negative, labels have more than two
        values, or a group extends over two strata.

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
    """Return for each sample the share of the other class that is ranked correctly against it."""
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
        raise InputError(f"sample_weight has shape {weight.shape}, expected ({n},).")
    if not (weight >= 0).all():
        row = int(np.argmin(weight >= 0))
        raise InputError(f"sample_weight has {weight[row]:g} in row {row}, expected 0 or more.")
    return weight
