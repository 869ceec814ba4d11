"""Bootstrap intervals of count metrics, for one model and for a difference of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri

from evalkit.errors import InputError
from evalkit.metrics.count.marginals import dense_counts
from evalkit.statistics.cell_sums import CellSums, blocks
from evalkit.statistics.count_metric import bind_metric, contrast
from evalkit.statistics.intervals import Interval, critical_value, holding, tail_probability
from evalkit.statistics.resampling import occurring_cells, resampled_blocks, whole_counts
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from evalkit.counts.joint import JointCounts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.count_metric import BoundMetric, CountMetric
    from evalkit.statistics.streams import Stream


def jackknife(sums: CellSums, counts: NDArray[np.int64], metric: BoundMetric) -> FloatArray:
    """Return the metric, or its difference of two models, without one sample of each cell.

    Parameters
    ----------
    sums : the sums over the cells.
    counts : (m,) positive numbers of samples; the values returned are (m, ...).
    """
    whole = [
        np.bincount(code[code >= 0], weights=counts[code >= 0], minlength=size).astype(np.int64)
        for code, size in zip(sums.codes, sums.sizes, strict=True)
    ]
    parts = []
    start = 0
    for size in blocks(len(counts), sum(sums.sizes)):
        columns = np.arange(size)
        tables = [np.repeat(table[:, None], size, axis=1) for table in whole]
        for code, table in zip(sums.codes, tables, strict=True):
            place = code[start : start + size]
            table[place[place >= 0], columns[place >= 0]] -= 1
        parts.append(contrast([metric.of_replicates(model) for model in sums.counts(tables)]))
        start += size
    return np.concatenate(parts)


BootstrapMethod: TypeAlias = Literal["smoothed", "percentile", "bca"]
SMOOTHING = 1.0
"""Number of pseudo-samples in the smoothed bootstrap; 1 is Jeffreys' prior."""


@dataclass(frozen=True, slots=True, eq=False)
class BootstrapInterval:
    """An estimate with its bootstrap interval.

    Attributes
    ----------
    estimate : the metric of the counts, NaN where undefined.
    standard_error : standard deviation of the replicates.
    low, high : limits of the interval.
    defined : share of the replicates with a value; the others are omitted.
    confidence, method, replicates : settings of the computation.
    """

    estimate: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    defined: FloatArray
    confidence: float
    method: BootstrapMethod
    replicates: int


def bootstrap_interval(
    counts: ArrayLike,
    metric: CountMetric | str,
    *,
    replicates: int = 10_000,
    confidence: float = 0.95,
    method: BootstrapMethod = "smoothed",
    seed: int | np.random.Generator = 0,
    stratified: bool = False,
) -> BootstrapInterval:
    """Return the bootstrap interval of a count metric.

    Replicates are multinomial draws over the cells, so the cost does not depend on the number of
    samples. The limits are quantiles of the replicates. Plain replicates of a model with few errors
    hardly vary, and their interval is far too narrow. Smoothed replicates are drawn from the
    samples and one pseudo-sample, half of it misclassified, so that the interval has its nominal
    coverage. BCa draws plain replicates and corrects the quantiles for the bias and the skewness of
    the metric.

    Parameters
    ----------
    counts : (K, K) whole counts, rows actual, columns predicted.
    metric : a function of counts (..., K, K) or of `Marginals` that keeps leading axes, or a
        catalog name: ``"f1_macro"``.
    replicates : number of resamples.
    confidence : strictly between 0 and 1.
    method : ``"smoothed"``, ``"percentile"`` for plain replicates, or ``"bca"``.
    seed : integer seed, or a random number generator.
    stratified : keep the support of each class.

    Returns
    -------
    The estimate with its interval, in the shape of the metric; NaN where the metric is undefined.

    Raises
    ------
    InputError
        If counts are not whole, the method is unknown, or the metric drops leading axes.

    References
    ----------
    B. Efron and R. J. Tibshirani, *An Introduction to the Bootstrap*, 1993, chapters 13 and 14.

    Examples
    --------
    >>> interval = bootstrap_interval([[45, 5], [10, 40]], "accuracy")
    >>> float(interval.estimate), float(interval.low), float(interval.high)
    (0.85, 0.77, 0.91)
    """
    matrix = dense_counts(counts)
    cells, occurring, n_classes = occurring_cells(matrix)
    bound = bind_metric(metric, matrix)
    sums = CellSums.of_cells(cells, n_classes, dense=bound.dense)
    rng = generator(seed, "model")
    return interval_of_replicates(
        bound(matrix),
        _replicates(sums, cells, occurring, bound, replicates, rng, method, stratified),
        confidence=confidence,
        method=method,
        left_out=lambda: (jackknife(sums, occurring, bound), occurring),
    )


def interval_of_replicates(
    estimate: FloatArray,
    values: FloatArray,
    *,
    confidence: float,
    method: BootstrapMethod,
    left_out: Callable[[], tuple[FloatArray, NDArray[np.int64]]] | None = None,
) -> BootstrapInterval:
    """Return the interval of an estimate (...) from its replicates (R, ...).

    For BCa, `left_out` returns the values (m, ...) with one sample of each kind left out, and the
    number (m,) of samples of that kind.
    """
    if method in ("smoothed", "percentile"):
        low, high = percentile_limits(values, confidence)
    elif method == "bca" and left_out is not None:
        low, high = _bca_limits(estimate, values, confidence, *left_out())
    else:
        raise InputError(f"Unknown method {method!r}. Use 'smoothed', 'percentile' or 'bca'.")
    low, high = holding(Interval(low, high), estimate)
    known = ~np.isnan(values)
    defined = known.mean(axis=0)
    spread = standard_deviation(values)
    absent = np.isnan(estimate)
    return BootstrapInterval(
        estimate=estimate[()],
        standard_error=np.where(absent, np.nan, spread)[()],
        low=np.where(absent, np.nan, low)[()],
        high=np.where(absent, np.nan, high)[()],
        defined=defined[()],
        confidence=confidence,
        method=method,
        replicates=len(values),
    )


def percentile_limits(values: FloatArray, confidence: float = 0.95) -> Interval:
    """Return the quantiles of replicates at (1 − confidence) / 2 and (1 + confidence) / 2.

    Parameters
    ----------
    values : (R, ...) replicates; NaN are omitted.
    confidence : strictly between 0 and 1.

    Returns
    -------
    ``(low, high)``, each (...); NaN where all replicates are NaN.

    Examples
    --------
    >>> low, high = percentile_limits(np.arange(101.0), 0.9)
    >>> round(float(low), 9), round(float(high), 9)
    (5.0, 95.0)
    """
    tail = tail_probability(confidence)
    with np.errstate(invalid="ignore"):
        is_known = len(values) > 0 and not np.isnan(values.sum())
    if not is_known:
        ordered = np.sort(values, axis=0)
        return Interval(quantile(ordered, tail)[()], quantile(ordered, 1.0 - tail)[()])
    # Only the neighbours of the two quantiles need to be sorted.
    last = len(values) - 1
    positions = [last * share for share in (tail, 1.0 - tail)]
    neighbours = [(int(position), min(int(position) + 1, last)) for position in positions]
    parted = np.partition(values, sorted({*neighbours[0], *neighbours[1]}), axis=0)
    return Interval(
        *(
            (parted[below] + (parted[above] - parted[below]) * (position - below))[()]
            for position, (below, above) in zip(positions, neighbours, strict=True)
        )
    )


def percentile_p_value(difference: FloatArray, values: FloatArray) -> FloatArray:
    """Return the two-sided p-value of a difference from its bootstrap replicates.

    It is 2 (1 + replicates on the other side of zero) / (1 + R), about the smallest 1 − confidence
    at which the percentile interval excludes zero, and never zero.

    Parameters
    ----------
    difference : (...) metric(B) − metric(A).
    values : (R, ...) replicates of the difference; NaN are omitted.

    Returns
    -------
    p-values (...); 1 where the difference is 0, NaN where it is undefined.

    Examples
    --------
    >>> draws = np.random.default_rng(0).normal(0.2, 0.1, 9_999)
    >>> round(float(percentile_p_value(np.array(0.2), draws)), 3)
    0.047
    """
    beyond = np.minimum((values <= 0).sum(axis=0), (values >= 0).sum(axis=0))
    known = np.count_nonzero(~np.isnan(values), axis=0)
    p_value = np.minimum(2.0 * (1 + beyond) / (1 + known), 1.0)
    p_value = np.where(difference == 0, 1.0, p_value)
    return np.where(np.isnan(difference), np.nan, p_value)[()]


def simultaneous_limits(
    values: FloatArray, replicates: FloatArray, *, confidence: float = 0.95, families: int = 1
) -> Interval:
    """Return limits that hold all values of a curve together.

    They are value ± c × standard deviation of its replicates, with c the quantile over replicates
    of the largest standardised distance from the value.

    Parameters
    ----------
    values : (m,) points of the curve.
    replicates : (R, m) bootstrap replicates.
    confidence : probability that all points of all families lie within their limits.
    families : number of such curves that are looked at. The distance c is then that of as many
        times more independent normal values (Bonferroni), since replicates are too few to show it.

    Examples
    --------
    >>> draws = np.random.default_rng(0).normal(0.0, 0.1, (9_999, 20))
    >>> low, high = simultaneous_limits(np.zeros(20), draws)
    >>> round(float(high.mean()), 2)
    0.3
    """
    known = replicates[~np.isnan(replicates).any(axis=1)]
    if len(known) < 2:
        return Interval(np.full(len(values), np.nan), np.full(len(values), np.nan))
    spread = known.std(axis=0, ddof=1)
    distance = np.abs(known - values) / np.where(spread > 0, spread, np.inf)
    reach = float(np.quantile(distance.max(axis=1), confidence))
    if families > 1:
        independent = (1.0 - confidence) / (2.0 * ndtr(-reach))
        reach = -float(ndtri((1.0 - confidence) / (2.0 * independent * families)))
    return Interval(values - reach * spread, values + reach * spread)


def quantile(ordered: FloatArray, share: float | FloatArray) -> FloatArray:
    """Return the linearly interpolated quantile over the first axis of sorted values, NaN last."""
    known = np.count_nonzero(~np.isnan(ordered), axis=0)
    position = np.maximum(known - 1, 0) * np.asarray(share)
    below = np.floor(position).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(known - 1, 0))
    low = np.take_along_axis(ordered, below[None], axis=0)[0]
    high = np.take_along_axis(ordered, above[None], axis=0)[0]
    found: FloatArray = low + (high - low) * (position - below)
    return found


def _bca_limits(
    estimate: FloatArray,
    values: FloatArray,
    confidence: float,
    without: FloatArray,
    multiplicity: NDArray[Any],
) -> Interval:
    known = np.count_nonzero(~np.isnan(values), axis=0)
    below = (values < estimate).sum(axis=0) + 0.5 * (values == estimate).sum(axis=0)
    # A share of exactly 0 or 1 would give an infinite bias.
    share = np.clip(below / np.maximum(known, 1), 0.5 / len(values), 1 - 0.5 / len(values))
    bias = ndtri(share)
    acceleration = _acceleration(without, multiplicity)
    reach = critical_value(confidence)
    ordered = np.sort(values, axis=0)
    ends = []
    for z in (-reach, reach):
        moved = bias + z
        ends.append(quantile(ordered, ndtr(bias + moved / (1.0 - acceleration * moved))))
    return Interval(*ends)


def _acceleration(without: FloatArray, multiplicity: NDArray[Any]) -> FloatArray:
    """Return a sixth of the skewness of jackknife values that occur several times."""
    weight = multiplicity.reshape((-1,) + (1,) * (without.ndim - 1)) * ~np.isnan(without)
    filled = np.nan_to_num(without)
    mean = (weight * filled).sum(axis=0) / np.maximum(weight.sum(axis=0), 1)
    influence = mean - filled
    squares = (weight * influence**2).sum(axis=0)
    cubes = (weight * influence**3).sum(axis=0)
    scale = 6.0 * squares**1.5
    return np.asarray(np.where(scale > 0, cubes / np.where(scale > 0, scale, 1.0), 0.0))


def standard_deviation(values: FloatArray) -> FloatArray:
    """Return the standard deviation (...) of replicates (R, ...), without those that are NaN."""
    with np.errstate(invalid="ignore"):
        spread = np.asarray(values.std(axis=0, ddof=min(1, len(values) - 1)))
    if not np.isnan(spread).any():
        return spread
    known = ~np.isnan(values)
    number = known.sum(axis=0)
    filled = np.where(known, values, 0.0)
    mean = filled.sum(axis=0) / np.maximum(number, 1)
    squares = (np.where(known, filled - mean, 0.0) ** 2).sum(axis=0)
    return np.where(number > 0, np.sqrt(squares / np.maximum(number - 1, 1)), np.nan)


def paired_interval(
    joint: JointCounts,
    metric: CountMetric | str,
    *,
    replicates: int = 10_000,
    confidence: float = 0.95,
    method: BootstrapMethod = "smoothed",
    seed: int | np.random.Generator = 0,
    stratified: bool = False,
) -> BootstrapInterval:
    """Return the bootstrap interval of metric(B) − metric(A) on the same samples.

    Errors are those of `bootstrap_interval`.

    Parameters
    ----------
    joint : whole counts over (actual, A, B).
    metric, replicates, confidence, method, seed, stratified : as in `bootstrap_interval`.

    Returns
    -------
    The difference with its interval; NaN where the metric is undefined for either model.

    Examples
    --------
    >>> from evalkit.counts.joint import JointCounts
    >>> joint = JointCounts.from_codes([0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 1, 1], 2)
    >>> float(paired_interval(joint, "accuracy", replicates=100).estimate)
    -0.25
    """
    counts = whole_counts(joint.counts)
    bound = bind_metric(metric, joint.confusion_a())
    sums = CellSums.of_cells(joint.cells, joint.n_classes, dense=bound.dense)
    return interval_of_replicates(
        bound(joint.confusion_b()) - bound(joint.confusion_a()),
        difference_replicates(joint, bound, replicates, seed, method=method, stratified=stratified),
        confidence=confidence,
        method=method,
        left_out=lambda: (jackknife(sums, counts, bound), counts),
    )


def difference_replicates(
    joint: JointCounts,
    metric: BoundMetric,
    replicates: int,
    seed: int | np.random.Generator,
    *,
    method: BootstrapMethod,
    stratified: bool = False,
    stream: Stream = "pair",
) -> FloatArray:
    """Return bootstrap replicates (R, ...) of metric(B) − metric(A)."""
    sums = CellSums.of_cells(joint.cells, joint.n_classes, dense=metric.dense)
    counts, rng = whole_counts(joint.counts), generator(seed, stream)
    return _replicates(sums, joint.cells, counts, metric, replicates, rng, method, stratified)


def _replicates(
    sums: CellSums,
    cells: NDArray[np.int64],
    counts: NDArray[np.int64],
    metric: BoundMetric,
    replicates: int,
    rng: np.random.Generator,
    method: BootstrapMethod,
    stratified: bool,
) -> FloatArray:
    """Return bootstrap replicates (R, ...) of a metric, or of its difference of two models."""
    smoothing = SMOOTHING if method == "smoothed" else 0.0
    parts = resampled_blocks(
        sums, cells, counts, replicates, rng, stratified=stratified, smoothing=smoothing
    )
    return np.concatenate(
        [contrast([metric.of_replicates(model) for model in models]) for models in parts]
    )
