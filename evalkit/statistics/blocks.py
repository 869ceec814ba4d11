"""Blocks of samples: what lets two models be paired by a few numbers instead of by their rows.

The samples are dealt at random into at most 64 blocks, and a model's marginals are kept for each.
Two models that saw the same samples have the same blocks, so that their difference varies from
block to block by just as much as pairing leaves, and the delete-a-group jackknife measures it. With
64 blocks Student's quantile is two per cent above the normal one: that is all the precision lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from evalkit.errors import InputError
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.count_metric import count_metric
from evalkit.statistics.intervals import EstimatedInterval, tail_probability

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.count_metric import CountMetric

MOST_BLOCKS = 64
LEAST_IN_BLOCK = 8
"""A block holds at least so many samples, or groups: fewer would be rows under another name."""
LEAST_BLOCKS = 8


def deal_blocks(units: int) -> NDArray[np.int64] | None:
    """Return the block (units,) of each sample or group; None where they are too few for blocks.

    The same number is always dealt in the same way, whatever NumPy: the raw stream of a bit
    generator never changes.

    Examples
    --------
    >>> np.bincount(deal_blocks(1_000)).tolist()[:3], deal_blocks(20)
    ([16, 16, 16], None)
    """
    how_many = min(MOST_BLOCKS, units // LEAST_IN_BLOCK)
    if how_many < LEAST_BLOCKS:
        return None
    drawn = np.random.PCG64(0).random_raw(units)
    dealt = np.empty(units, dtype=np.int64)
    dealt[np.argsort(drawn, kind="stable")] = np.arange(units) % how_many
    return dealt


def block_marginals(
    actual: ArrayLike,
    predicted: ArrayLike,
    n_classes: int,
    blocks: NDArray[np.int64],
    weights: NDArray[np.float64] | None = None,
) -> Marginals:
    """Return the marginals of each block, with a leading axis over blocks.

    Parameters
    ----------
    actual, predicted : (n,) codes.
    n_classes : K.
    blocks : (n,) the block of each sample.
    weights : (n,) or None.

    Examples
    --------
    >>> block_marginals([0, 1], [0, 0], 2, np.array([0, 1])).true_positive.tolist()
    [[1, 0], [0, 0]]
    """
    how_many = int(blocks.max()) + 1
    size = how_many * n_classes
    rows, columns = np.asarray(actual), np.asarray(predicted)

    def summed(codes: NDArray[Any], chosen: NDArray[np.bool_] | slice) -> NDArray[Any]:
        weight = None if weights is None else weights[chosen]
        places = blocks[chosen] * n_classes + codes[chosen]
        return np.bincount(places, weights=weight, minlength=size).reshape(how_many, n_classes)

    everything = slice(None)
    support = summed(rows, everything)
    return Marginals(
        true_positive=summed(rows, rows == columns),
        actual=support,
        predicted=summed(columns, everything),
        total=support.sum(axis=-1),
    )


def block_interval(
    metric: CountMetric | str,
    blocks: Marginals,
    other: Marginals | None = None,
    *,
    confidence: float = 0.95,
    sample_weight: float = 1.0,
) -> EstimatedInterval:
    """Return the delete-a-group jackknife interval of a metric, or of its difference to another.

    SE² = (M − 1)/M Σ_j (θ₍₋ⱼ₎ − mean)², θ₍₋ⱼ₎ the value without block j, and Student's t with M − 1
    degrees of freedom. To SE² is added what one pseudo-sample would change, wrong by one of the two
    models and right by the other, so that two models that never differ are not taken for equal
    with certainty.

    Parameters
    ----------
    metric : a function of `Marginals` with one value, or a catalog name: ``"f1_macro"``.
    blocks : marginals of a model with a leading axis over M blocks.
    other : of another model in the same blocks of the same samples.
    confidence : strictly between 0 and 1.
    sample_weight : the mean weight of a sample, 1 without weights.

    Returns
    -------
    Estimate, standard error and both ends; NaN where the metric is undefined.

    Raises
    ------
    InputError
        If there are less than two blocks, or the two models have other blocks.

    References
    ----------
    J. Shao and D. Tu, *The Jackknife and Bootstrap*, 1995, section 2.3; P. S. Kott, "The
    delete-a-group jackknife", 2001.

    Examples
    --------
    >>> blocks = Marginals.of(np.tile([[8, 2], [1, 9]], (10, 1, 1)))
    >>> float(block_interval("accuracy", blocks).estimate)
    0.85
    """
    function = count_metric(metric)
    many = len(blocks.total)
    if many < 2:
        raise InputError(f"a jackknife over blocks needs at least two; got {many}")
    sides = [blocks] if other is None else [blocks, other]
    if other is not None and not np.array_equal(blocks.actual, other.actual):
        raise InputError("two models are paired over the same blocks of the same samples")
    sums = [_summed(side) for side in sides]
    estimate = _contrast(function, sums)
    left_out = _contrast(
        function, [_minus(total, side) for total, side in zip(sums, sides, strict=True)]
    )
    variance = (many - 1) / many * np.square(left_out - left_out.mean()).sum()
    variance += _pseudo_variance(function, sums, float(estimate), sample_weight)
    error = np.sqrt(variance)
    reach = -stdtrit(many - 1, tail_probability(confidence)) * error
    return EstimatedInterval(estimate, error, estimate - reach, estimate + reach, confidence)


def _contrast(metric: Callable[[Any], Any], sides: list[Marginals]) -> FloatArray:
    values = [np.asarray(metric(side), dtype=np.float64) for side in sides]
    return values[0] if len(values) == 1 else values[1] - values[0]


def _summed(blocks: Marginals) -> Marginals:
    return Marginals(
        blocks.true_positive.sum(axis=0),
        blocks.actual.sum(axis=0),
        blocks.predicted.sum(axis=0),
        blocks.total.sum(axis=0),
    )


def _minus(total: Marginals, blocks: Marginals) -> Marginals:
    return Marginals(
        total.true_positive - blocks.true_positive,
        total.actual - blocks.actual,
        total.predicted - blocks.predicted,
        total.total - blocks.total,
    )


def _pseudo_variance(
    metric: Callable[[Any], Any], sums: list[Marginals], estimate: float, weight: float
) -> float:
    """Return the mean squared change by one more sample that the first model has right, or wrong.

    Its actual class is as common as in the data; where it is wrong, it is predicted as the others
    in the proportion of their labels.
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
