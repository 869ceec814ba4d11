"""Means of samples or groups with studentized intervals and tests that agree.

The interval is the union of Student's t-interval and of the bootstrap-t interval, and the p-value
is the larger of the two. The t-interval fails for skewed values, the bootstrap-t interval for few
distinct values; the union holds its level for both, except for rare large values that a small
sample does not contain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtr, stdtrit

from evalkit.statistics.intervals import tail_probability
from evalkit.statistics.resampling import require_replicates
from evalkit.statistics.sampling_units import SamplingUnits, weighted_units
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray

_LEAST_HITS = 10
"""A tail with fewer replicates is extrapolated by Student's t, scaled to the replicates."""


@dataclass(frozen=True, slots=True, eq=False)
class MeanTest:
    """A mean with its confidence interval, and the test that it is zero.

    Attributes
    ----------
    mean, standard_error : numbers, or arrays (m,) for m columns.
    low, high : limits of the interval; NaN if the variance cannot be estimated.
    p_value : two-sided; below 1 − confidence exactly if the interval excludes 0.
    degrees : degrees of freedom: units minus strata.
    """

    mean: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray
    degrees: int


def mean_test(
    values: ArrayLike,
    *,
    replicates: int = 10_000,
    confidence: float = 0.95,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    seed: int | np.random.Generator = 0,
) -> MeanTest:
    """Return a weighted mean over samples with its interval, and the test that it is zero.

    For the losses of model B minus those of model A, such as log losses, this is the paired test of
    their difference.

    Parameters
    ----------
    values : (n,) finite values, or (n, m) for m means over the same samples.
    replicates : number of bootstrap replicates.
    confidence : strictly between 0 and 1.
    sample_weight : (n,) weights or None.
    groups : (n,) labels or None; samples with the same label are drawn together.
    strata : (n,) labels or None; each keeps its number of samples, or of groups.
    seed : integer seed, or a random number generator.

    Returns
    -------
    The mean, its interval and p-value. If all values are equal, the interval has zero width.

    Raises
    ------
    InputError
        If a value is not finite, lengths differ or a group extends over two strata.

    References
    ----------
    P. Hall, "Theoretical comparison of bootstrap confidence intervals", 1988.

    Examples
    --------
    >>> found = mean_test([0.1, 0.4, 0.4, 0.7, 0.2, 0.6], replicates=999)
    >>> bool(found.low > 0), bool(found.p_value < 0.05)
    (True, True)
    """
    require_replicates(replicates)
    table, weight, units = weighted_units(values, sample_weight, groups, strata)
    columns = table.reshape(len(table), -1)
    sums, weights = units.summed(columns * weight[:, None]), units.summed(weight[:, None])
    total = weights.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums.sum(axis=0) / total
        moved = sums - mean * weights
        error = np.sqrt(_variance(moved, units)) / total
        of_draws = _studentized(units, sums, weights, mean, replicates, generator(seed, "losses"))
        of_data = np.sqrt((moved**2).sum(axis=0)) / total
    degrees = len(units.size) - len(units.strata)
    found = np.array(
        [
            _limits(
                float(mean[i]),
                float(error[i]),
                float(of_data[i]),
                of_draws[:, i],
                degrees,
                confidence,
            )
            for i in range(columns.shape[1])
        ]
    ).T
    shape = table.shape[1:]
    low, high, p = (each.reshape(shape)[()] for each in found)
    return MeanTest(mean.reshape(shape)[()], error.reshape(shape)[()], low, high, p, degrees)


def _studentized(
    units: SamplingUnits,
    sums: FloatArray,
    weights: FloatArray,
    mean: FloatArray,
    replicates: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Return (R, m) differences of replicates from the mean, in their own standard errors."""
    m = sums.shape[1]
    products = np.column_stack([sums, sums**2, sums * weights, weights, weights**2])
    drawn = units.resampled_units(products, replicates, rng)
    total, squares, crossed = (drawn[:, i * m : (i + 1) * m] for i in range(3))
    weight, weight_squares = drawn[:, -2:-1], drawn[:, -1:]
    means = total / weight
    spread = squares - 2 * means * crossed + means**2 * weight_squares
    # Rounding leaves a small positive variance where all drawn values are equal.
    known = spread > 1e-12 * squares
    error = np.sqrt(np.where(known, spread, np.nan)) / weight
    return np.asarray((means - mean) / error)


def _variance(sums: FloatArray, units: SamplingUnits) -> FloatArray:
    """Return the variance (m,) of the total of sums (units, m), which vary within strata."""
    parts = [sums[members] for members in units.strata]
    return np.asarray(
        sum(len(part) * part.var(axis=0, ddof=min(1, len(part) - 1)) for part in parts)
    )


def _limits(
    mean: float, error: float, of_data: float, drawn: FloatArray, degrees: int, confidence: float
) -> tuple[float, float, float]:
    """Return the limits of the interval, and the p-value."""
    if not np.isfinite(mean) or degrees < 1:
        return np.nan, np.nan, np.nan
    if not error > 0:
        # All values are equal. Of n independent signs, all are the same with this probability.
        p = 1.0 if mean == 0 else min(1.0, 2.0 ** (1 - degrees - 1))
        return (mean, mean, p) if mean == 0 or p < 1 - confidence else (np.nan, np.nan, p)
    tail = tail_probability(confidence)
    reach = -float(stdtrit(degrees, tail)) * error
    ordered = np.sort(drawn[np.isfinite(drawn)])
    above = max(reach, _quantile(ordered, tail, degrees) * of_data)
    below = max(reach, _quantile(-ordered[::-1], tail, degrees) * of_data)
    # A mean above zero is tested by the lower limit, which the upper tail of the draws determines.
    upper = ordered if mean > 0 else -ordered[::-1]
    p = max(float(stdtr(degrees, -abs(mean) / error)), _tail(upper, abs(mean) / of_data, degrees))
    return mean - above, mean + below, min(1.0, 2 * p)


def _quantile(ordered: NDArray[Any], tail: float, degrees: int) -> float:
    """Return the value that sorted draws exceed with less than the tail probability."""
    kept = int(np.ceil(tail * (len(ordered) + 1))) - 1
    if kept >= _LEAST_HITS:
        return float(ordered[-kept])
    return _stretch(ordered, degrees) * -float(stdtrit(degrees, tail))


def _tail(ordered: NDArray[Any], value: float, degrees: int) -> float:
    """Return the probability that a draw is at least a value, by the same rule."""
    hits = len(ordered) - int(np.searchsorted(ordered, value, side="left"))
    if hits >= _LEAST_HITS:
        return (1 + hits) / (1 + len(ordered))
    scaled = float(stdtr(degrees, -value / _stretch(ordered, degrees)))
    return min(scaled, _LEAST_HITS / (1 + len(ordered)))


def _stretch(ordered: NDArray[Any], degrees: int) -> float:
    """Return how much wider the tail of the draws is than that of Student's t, at least 1."""
    if len(ordered) <= _LEAST_HITS:
        return 1.0
    reached = float(ordered[-_LEAST_HITS])
    return max(1.0, reached / -float(stdtrit(degrees, _LEAST_HITS / (1 + len(ordered)))))
