"""Confidence limits on which a decision rests: exact where possible, otherwise conservative.

The intervals that reports show, such as Wilson's, have their nominal coverage on average. A gate
with many rules needs limits that hold at α/m, in the far tails and for models with hardly any
error. They answer another question, and have another name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import gammainccinv, gammaincinv, ndtri, stdtrit

from evalkit.counts.counts import Counts
from evalkit.counts.joint import JointCounts
from evalkit.errors import InputError
from evalkit.metrics.catalog import lookup
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.metrics.count.marginals import Marginals
from evalkit.metrics.quantities import AVERAGES
from evalkit.statistics.blocks import block_values
from evalkit.statistics.count_metric import count_metric, proportion_of
from evalkit.statistics.estimates import Estimate, known_estimate
from evalkit.statistics.intervals import independent_limits, tail_probability
from evalkit.statistics.proportions import proportion_interval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray

    Scalar = Callable[[Marginals], FloatArray]

EXACT = "Clopper–Pearson"
COMPOSED = "Clopper–Pearson of two proportions"
GAMMA = "gamma limits"
INDEPENDENT = "independent samples"
NONE_HOLDS = "no confidence limit of this metric is known to hold its level"
STEP = 1e-5
FEW = 8
"""Fewer samples or predictions of a class are too few for the influence of single samples."""
SIGNS = (-1.0, 1.0)
CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


class DecisionLimits(NamedTuple):
    """Limits of one value and their method, or the reason why there are none."""

    low: float = float("nan")
    high: float = float("nan")
    method: str = ""
    missing: str = ""


def decision_interval(
    counts: ArrayLike | ConfusionMatrix | Counts | JointCounts,
    metric: str,
    *,
    confidence: float = 0.95,
) -> Estimate | tuple[Estimate, ...]:
    """Return a metric, or its difference of two models, with the limits that a gate decides by.

    A proportion has the exact limits of Clopper and Pearson, and F1 those of the Jaccard index J
    with F1 = 2J / (1 + J). F-β, informedness, markedness and likelihood ratios follow from the
    exact limits of two proportions at half the error probability each. Averages over classes,
    Matthews' coefficient, kappa and differences have gamma limits: the influences of the samples
    are divided into gains and losses, each side has the limits of a weighted sum of Poisson counts,
    and the distances of both sides are combined as the root of the sum of their squares.

    Parameters
    ----------
    counts : (K, K) counts, a `ConfusionMatrix`, the `counts` of an evaluation, or `JointCounts` for
        the difference B − A.
    metric : catalog name, such as ``"recall"`` or ``"f1_macro"``.
    confidence : strictly between 0 and 1; 1 − α/m for one of m decisions.

    Returns
    -------
    One estimate, or one per class. An estimate has no limits where none is known to hold.

    Raises
    ------
    InputError
        If samples are weighted, grouped or stratified, or the metric is unknown.

    References
    ----------
    C. J. Clopper and E. S. Pearson, 1934; M. P. Fay and E. J. Feuer, "Confidence intervals for
    directly standardized rates: a method based on the gamma distribution", 1997; G. Y. Zou and
    A. Donner, 2008.

    Examples
    --------
    >>> found = decision_interval([[45, 5], [10, 40]], "accuracy")
    >>> found.method, round(found.low, 4), round(found.high, 4)
    ('Clopper–Pearson', 0.7647, 0.9135)
    """
    by_class = lookup(metric).by_class and not metric.endswith(AVERAGES)
    if isinstance(counts, JointCounts):
        classes, sides = counts.n_classes, (counts.confusion_a(), counts.confusion_b())
        values = np.subtract(*(count_metric(metric)(side) for side in reversed(sides)))
    else:
        matrix = _matrix(counts)
        classes, values = len(matrix), np.asarray(count_metric(metric)(matrix))
    positions: list[int | None] = [*range(classes)] if by_class else [None]
    found = tuple(
        known_estimate(
            float(value),
            *(
                paired_limits(counts, metric, confidence, position)
                if isinstance(counts, JointCounts)
                else model_limits(matrix, metric, confidence, position)
            )[:3],
            undefined="undefined for these counts",
        )
        for value, position in zip(np.atleast_1d(values), positions, strict=True)
    )
    return found if by_class else found[0]


def _matrix(counts: ArrayLike | ConfusionMatrix | Counts) -> NDArray[Any]:
    if isinstance(counts, Counts):
        if not counts.sampling.simple:
            raise InputError(
                "Samples are weighted, grouped or stratified: exact limits need independent "
                "samples. Use estimate."
            )
        return counts.matrices[0]
    return (counts if isinstance(counts, ConfusionMatrix) else ConfusionMatrix(counts)).counts


def model_limits(
    matrix: NDArray[Any] | Marginals, metric: str, confidence: float, position: int | None = None
) -> DecisionLimits:
    """Return the limits of a metric of counts (K, K), or of its value for one class.

    For one class or a micro average the marginals suffice.
    """
    marginals = Marginals.of(matrix)
    if position is not None:
        return _limits_of_class(metric, marginals.take([position]), confidence)
    function = count_metric(metric)
    if metric.endswith("_micro") or metric in ("accuracy", "zero_one_loss"):
        return _limits_of_micro(function, marginals, confidence)
    assert not isinstance(matrix, Marginals), "averages need the cells"
    influence = Influence.of(function, marginals)
    cells = np.nonzero(matrix)
    return _gamma_limits(
        metric,
        float(function(marginals)),
        influence.at(*cells),
        np.asarray(matrix)[cells],
        [float(influence.extremes(sign).max()) for sign in SIGNS],
        confidence,
    )


def paired_limits(
    joint: JointCounts,
    metric: str,
    confidence: float,
    position: int | None = None,
    sides: Sequence[Marginals] | None = None,
) -> DecisionLimits:
    """Return the limits of metric(B) − metric(A), or of its value for one class.

    For a class with few samples or predictions they are those of two independent samples, which
    are wider. `sides` are the marginals of A and B, if they are known.
    """
    if sides is None:
        sides = [Marginals.of(each) for each in (joint.confusion_a(), joint.confusion_b())]
    function, codes, counts = count_metric(metric), joint.cells.T, joint.counts
    if position is not None:
        if _is_small(sides, position):
            return independent_decision_limits(sides, metric, confidence, position)
        sides = [side.take([position]) for side in sides]
        inside = (codes == position).any(axis=0)
        # All samples without the class have one influence, that of cell (−1, −1, −1).
        codes = np.column_stack([np.where(codes[:, inside] == position, 0, -1), [-1, -1, -1]])
        counts = np.append(counts[inside], counts[~inside].sum())
    actual, *predicted = codes
    before, after = (Influence.of(function, side) for side in sides)
    first, second = (float(np.squeeze(function(side))) for side in sides)
    return _gamma_limits(
        metric,
        second - first,
        after.at(actual, predicted[1]) - before.at(actual, predicted[0]),
        counts,
        [float((after.extremes(sign) + before.extremes(-sign)).max()) for sign in SIGNS],
        confidence,
        is_difference=True,
    )


def _is_small(sides: Sequence[Marginals], position: int) -> bool:
    """Return whether a class has too few samples or predictions for gamma limits."""
    sizes = [each[position] for side in sides for each in (side.actual, side.predicted)]
    return bool(min(sizes) < FEW)


def block_limits(
    sides: Sequence[Marginals],
    blocks: Sequence[Marginals],
    metric: str,
    confidence: float,
    position: int | None = None,
) -> DecisionLimits:
    """Return the limits of the second model minus the first, from the same blocks of samples.

    A block takes the place of a sample. As their number is small, the distances are multiplied by
    the ratio of Student's quantile to the normal one. `sides` are the sums of the `blocks`.
    """
    function = count_metric(metric)
    if position is not None:
        if _is_small(sides, position):
            return independent_decision_limits(sides, metric, confidence, position)
        sides = [side.take([position]) for side in sides]
        blocks = [block.take([position]) for block in blocks]
    first, second = (float(np.squeeze(function(side))) for side in sides)
    many = len(blocks[0].total)
    values = block_values(function, blocks[1]) - block_values(function, blocks[0])
    influence = values - values.mean()
    before, after = (Influence.of(function, side) for side in sides)
    one = [float((after.extremes(sign) + before.extremes(-sign)).max()) for sign in SIGNS]
    scale = many / float(sides[0].total)
    tail = tail_probability(confidence)
    return _gamma_limits(
        metric,
        second - first,
        influence,
        np.ones(many),
        [
            max(float((sign * influence).max()), scale * w)
            for sign, w in zip(SIGNS, one, strict=True)
        ],
        confidence,
        is_difference=True,
        stretch=float(stdtrit(many - 1, tail) / ndtri(tail)),
    )


def independent_decision_limits(
    matrices: Sequence[NDArray[Any] | Marginals],
    metric: str,
    confidence: float,
    position: int | None = None,
) -> DecisionLimits:
    """Return the limits of the second model minus the first, on independent samples."""
    sides = []
    for matrix in matrices:
        found = model_limits(matrix, metric, confidence, position)
        values = np.atleast_1d(count_metric(metric)(matrix))
        sides.append((found.low, float(values[position or 0]), found.high))
        if found.missing:
            return found
    low, high = independent_limits(sides[0], sides[1])
    return DecisionLimits(float(low), float(high), INDEPENDENT)


def _limits_of_class(metric: str, one: Marginals, confidence: float) -> DecisionLimits:
    """Return the limits for the only class of marginals."""
    proportion = proportion_of(metric)
    if proportion is not None:
        ends = proportion_interval(
            *proportion(one), confidence=confidence, method="clopper-pearson"
        )
        return DecisionLimits(float(ends.low[0]), float(ends.high[0]), EXACT)
    if metric in ("f1", "f_beta[1.0]"):
        jaccard = _limits_of_class("jaccard", one, confidence)
        low, high = (2 * j / (1 + j) for j in jaccard[:2])
        return DecisionLimits(low, high, EXACT)
    stem = metric.partition("[")[0]
    if stem not in OF_TWO:
        return DecisionLimits(missing=NONE_HOLDS)
    names, marginals_of = OF_TWO[stem]
    # Each of the two proportions may err with half the probability (Bonferroni).
    halves = [_limits_of_class(name, one, (1 + confidence) / 2)[:2] for name in names]
    with np.errstate(divide="ignore", invalid="ignore"):
        corners = [
            float(np.squeeze(count_metric(metric)(marginals_of(halves[0][i], halves[1][j], one))))
            for i, j in CORNERS
        ]
    return DecisionLimits(float(np.nanmin(corners)), float(np.nanmax(corners)), COMPOSED)


def _of_rates(recall: float, specificity: float, one: Marginals) -> Marginals:
    actual, negative, total = _sizes(one.actual, one.negative, one.total)
    hits = recall * actual
    return Marginals(hits, actual, hits + (1 - specificity) * negative, total)


def _of_predictive_values(precision: float, negative: float, one: Marginals) -> Marginals:
    predicted, total = _sizes(one.predicted, one.total)
    hits = precision * predicted
    return Marginals(hits, hits + (1 - negative) * (total - predicted), predicted, total)


def _sizes(*counts: NDArray[Any]) -> Iterator[FloatArray]:
    return (np.asarray(each, np.float64) for each in counts)


def _of_precision(precision: float, recall: float, one: Marginals) -> Marginals:
    # Per sample of the class; a precision of 0 with hits is the limit of many false positives.
    share = max(precision, 1e-12)
    return Marginals(
        np.array([recall]),
        np.ones(1),
        np.array([recall / share]),
        np.asarray(one.total, np.float64),
    )


OF_TWO: dict[str, tuple[tuple[str, str], Callable[[float, float, Marginals], Marginals]]] = {
    "f_beta": (("precision", "recall"), _of_precision),
    "informedness": (("recall", "specificity"), _of_rates),
    "positive_likelihood_ratio": (("recall", "specificity"), _of_rates),
    "negative_likelihood_ratio": (("recall", "specificity"), _of_rates),
    "markedness": (("precision", "negative_predictive_value"), _of_predictive_values),
}
"""Metrics of one class that are monotone in two proportions, and marginals with given ones."""


def _limits_of_micro(function: Scalar, marginals: Marginals, confidence: float) -> DecisionLimits:
    """Return the limits of a monotone function of accuracy, as all micro averages are."""
    k = marginals.actual.shape[-1]
    total = float(marginals.total)
    right = float(marginals.true_positive.sum())
    ends = proportion_interval(right, total, confidence=confidence, method="clopper-pearson")
    even = np.full(k, total / k)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = [
            float(function(Marginals(share * even, even, even, np.asarray(total))))
            for share in ends
        ]
    return DecisionLimits(min(found), max(found), EXACT)


class Influence(NamedTuple):
    """Influence of one sample on a metric, as terms for its actual and predicted class.

    n ∂g/∂n_ij, centred: the influence of a cell is `right` if i = j, plus `actual` of i,
    `predicted` of j and `constant`.
    """

    right: FloatArray
    actual: FloatArray
    predicted: FloatArray
    constant: float
    occurs: NDArray[np.bool_]

    @classmethod
    def of(cls, function: Scalar, marginals: Marginals) -> Influence:
        """Return the derivatives of a function of one value at marginals of K classes."""
        k = marginals.actual.shape[-1]
        base = [
            np.asarray(each, np.float64)
            for each in (marginals.true_positive, marginals.actual, marginals.predicted)
        ]
        total = float(marginals.total)
        value = float(np.squeeze(function(marginals)))

        def slope(part: int, steps: FloatArray) -> FloatArray:
            moved = [np.repeat(each[None], k, axis=0) for each in base]
            moved[part] = moved[part] + np.diag(steps)
            right, actual, predicted = moved
            stepped = Marginals(right, actual, predicted, np.full(k, total))
            values = np.asarray(function(stepped), np.float64)
            change = values.reshape(k) - value
            # A jump is a class that does not occur and would enter the average.
            return np.where(np.abs(change) < 20 * STEP, change / steps * total, 0.0)

        # Fewer hits, or more of the others, keep the marginals possible where all are right.
        fewer, more = np.where(base[0] > 0, -STEP, STEP), np.full(k, STEP)
        larger = Marginals(base[0], base[1], base[2], np.asarray(total + STEP))
        grown = float(np.squeeze(function(larger)))
        return cls(
            slope(0, fewer),
            slope(1, more),
            slope(2, more),
            (grown - value) / STEP * total,
            base[1] + base[2] > 0,
        )

    def at(self, actual: NDArray[np.int64], predicted: NDArray[np.int64]) -> FloatArray:
        """Return the influence of samples of these classes; −1 is a class that is left out."""
        right, one, other = (np.append(each, 0.0) for each in self[:3])
        hit = np.where(actual == predicted, right[actual], 0.0)
        found: FloatArray = hit + one[actual] + other[predicted] + self.constant
        return found

    def extremes(self, sign: float) -> FloatArray:
        """Return (K + 1,) bounds of sign × influence by actual class; the last is of no class."""
        predicted = sign * self.predicted
        elsewhere = max(float(predicted.max()), 0.0)
        found = sign * self.actual + np.maximum(sign * self.right + predicted, elsewhere)
        return np.append(np.where(self.occurs, found, elsewhere), elsewhere) + sign * self.constant


def _gamma_limits(
    metric: str,
    value: float,
    influence: FloatArray,
    counts: NDArray[Any],
    largest: Sequence[float],
    confidence: float,
    *,
    is_difference: bool = False,
    stretch: float = 1.0,
) -> DecisionLimits:
    """Return gamma limits from influences (m,) of units that occur `counts` times.

    `largest` bounds the influence that lowers the value, and that which raises it.
    """
    bounds = lookup(metric)
    if not np.isfinite(bounds.high):
        return DecisionLimits(missing=NONE_HOLDS)
    if not np.isfinite(value):
        return DecisionLimits(missing="the metric is undefined here")
    tail, total = tail_probability(confidence), float(counts.sum())
    down, up = (
        _distances(np.maximum(sign * influence, 0.0) / total, counts, bound / total, tail)
        for sign, bound in zip(SIGNS, largest, strict=True)
    )
    lowest, highest = bounds.low, bounds.high
    if is_difference:
        lowest, highest = lowest - highest, highest - lowest
    # The value would be lower with fewer of the gains or more of the losses.
    return DecisionLimits(
        max(lowest, value - stretch * float(np.hypot(up[0], down[1]))),
        min(highest, value + stretch * float(np.hypot(up[1], down[0]))),
        GAMMA,
    )


def _distances(
    weights: FloatArray, counts: NDArray[Any], largest: float, tail: float
) -> tuple[float, float]:
    """Return the distances of a weighted sum of Poisson counts from its lower and upper limit.

    The sum is treated as N counts of equal weight w with the same second and third moment. For
    equal weights these are Garwood's exact limits. As there, the upper limit has one more count,
    of the largest weight that is possible.
    """
    second, third = (float((counts * weights**power).sum()) for power in (2, 3))
    below = 0.0
    if third > 0:
        weight, number = third / second, second**3 / third**2
        below = weight * (number - float(gammaincinv(number, tail)))
    if largest > 0:
        second, third = second + largest**2, third + largest**3
    if third <= 0:
        return below, 0.0
    weight, number = third / second, second**3 / third**2
    above = weight * (float(gammainccinv(number, tail)) - number) + max(largest, 0.0)
    return below, above
