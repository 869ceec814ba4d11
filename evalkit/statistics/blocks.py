"""Intervals from blocks of samples by the delete-a-group jackknife, to pair two results files.

`evalkit.counts.identity` assigns samples to 64 blocks, for which Student's quantile is 2 % above
the normal one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from evalkit.errors import InputError
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.cell_sums import combined
from evalkit.statistics.count_metric import contrast, count_metric
from evalkit.statistics.intervals import EstimatedInterval, tail_probability

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.count_metric import CountMetric


def block_interval(
    metric: CountMetric | str,
    blocks: Marginals,
    other: Marginals | None = None,
    *,
    confidence: float = 0.95,
    sample_weight: float = 1.0,
) -> EstimatedInterval:
    """Return the delete-a-group jackknife interval of a metric, or of a difference.

    SE² = (M − 1)/M Σ_j (θ₍₋ⱼ₎ − mean)², θ₍₋ⱼ₎ the value without block j, and Student's t with M − 1
    degrees of freedom. The squared change by one pseudo-sample, correct in one of the two models
    only, is added to SE², so that models without differences are not equal with certainty.

    Parameters
    ----------
    metric : a function of `Marginals` with one value, or a catalog name.
    blocks, other : marginals of one or two models with a leading axis over the same M blocks.
    confidence : strictly between 0 and 1.
    sample_weight : mean weight of a sample.

    References
    ----------
    P. S. Kott, "The delete-a-group jackknife", 2001.

    Examples
    --------
    >>> blocks = Marginals.of(np.tile([[8, 2], [1, 9]], (10, 1, 1)))
    >>> float(block_interval("accuracy", blocks).estimate)
    0.85
    """
    function = count_metric(metric)
    many = len(blocks.total)
    if many < 2:
        raise InputError(f"Too few blocks for a jackknife: {many}. Pass at least two.")
    sides = [blocks] if other is None else [blocks, other]
    if other is not None and not np.array_equal(blocks.actual, other.actual):
        raise InputError("Blocks differ. Pass models on the same blocks of the same samples.")
    sums = [combined(lambda each: each.sum(axis=0), side) for side in sides]
    estimate = _contrast(function, sums)
    left_out = _contrast(
        function,
        [combined(np.subtract, total, side) for total, side in zip(sums, sides, strict=True)],
    )
    variance = (many - 1) / many * np.square(left_out - left_out.mean()).sum()
    variance += _pseudo_variance(function, sums, float(estimate), sample_weight)
    error = np.sqrt(variance)
    reach = -stdtrit(many - 1, tail_probability(confidence)) * error
    return EstimatedInterval(estimate, error, estimate - reach, estimate + reach, confidence)


def block_values(metric: CountMetric | str, blocks: Marginals) -> FloatArray:
    """Return a value (M,) of a metric for each block, of which the mean is the metric.

    These are the jackknife's pseudo-values M θ − (M − 1) θ₍₋ⱼ₎ without its estimate of the bias.
    """
    function, many = count_metric(metric), len(blocks.total)
    total = combined(lambda each: each.sum(axis=0), blocks)
    left_out = np.asarray(function(combined(np.subtract, total, blocks)), np.float64)
    found: FloatArray = float(np.squeeze(function(total))) - (many - 1) * (
        left_out - left_out.mean(axis=0)
    )
    return found.reshape(many)


def _contrast(metric: CountMetric, sides: list[Marginals]) -> FloatArray:
    return contrast([np.asarray(metric(side), dtype=np.float64) for side in sides])


def _pseudo_variance(
    metric: CountMetric, sums: list[Marginals], estimate: float, weight: float
) -> float:
    """Return the mean squared change by one more sample that one model misclassifies.

    Actual classes are as frequent as in the data, wrong predictions as the labels of other classes.
    """
    support = np.asarray(sums[0].actual, dtype=np.float64)
    changes = []
    for first_is_right in (True, False):
        changed = [
            _with_one_more(side, weight, right=first_is_right == (place == 0))
            for place, side in enumerate(sums)
        ]
        changes.append(np.square(_contrast(metric, changed) - estimate))
    known = ~np.isnan(changes).any(axis=0) & (support > 0)
    share = support[known] / support[known].sum() if known.any() else support[known]
    return float((np.mean(changes, axis=0)[known] * share).sum())


def _with_one_more(side: Marginals, weight: float, *, right: bool) -> Marginals:
    """Return K marginals, the k-th with one more sample of class k."""
    own = weight * np.eye(side.actual.shape[-1])
    labels = np.where(own > 0, 0.0, np.asarray(side.actual + side.predicted, np.float64))
    others = np.where(own > 0, 0.0, 1.0) if not labels.any() else labels
    total = others.sum(axis=1, keepdims=True)
    elsewhere = weight * others / np.where(total > 0, total, 1.0)
    return Marginals(
        side.true_positive + (own if right else np.zeros_like(own)),
        side.actual + own,
        side.predicted + (own if right else elsewhere),
        np.full(len(own), side.total + weight),
    )
