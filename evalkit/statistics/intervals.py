"""Result types of confidence intervals, and critical values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from scipy.special import ndtri

from evalkit.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evalkit.metrics.count.marginals import FloatArray


class Interval(NamedTuple):
    """The two limits of an interval, each a number or an array; unpacks as ``low, high``."""

    low: FloatArray
    high: FloatArray


class SupportsLimits(Protocol):
    """Anything with the two limits of an interval."""

    @property
    def low(self) -> FloatArray:
        """The lower limit."""

    @property
    def high(self) -> FloatArray:
        """The upper limit."""


@dataclass(frozen=True, slots=True, eq=False)
class EstimatedInterval:
    """An estimate with its standard error and confidence interval.

    Attributes
    ----------
    estimate, standard_error, low, high : numbers or arrays of the same shape, NaN where undefined.
    confidence : nominal coverage of the interval.
    """

    estimate: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    confidence: float


def holding(limits: SupportsLimits, value: ArrayLike) -> Interval:
    """Return limits extended to the value where they exclude it; NaN extends nothing.

    >>> low, high = holding(Interval(np.array(0.2), np.array(0.3)), 0.5)
    >>> float(low), float(high)
    (0.2, 0.5)
    """
    return Interval(
        np.where(np.less(value, limits.low), value, limits.low)[()],
        np.where(np.greater(value, limits.high), value, limits.high)[()],
    )


def tail_probability(confidence: float) -> float:
    """Return (1 − confidence) / 2, the probability on each side of an interval."""
    if not 0.0 < confidence < 1.0:
        raise InputError(
            f"Invalid confidence {confidence}. Pass a number between 0 and 1, such as 0.95."
        )
    return (1.0 - confidence) / 2.0


def critical_value(confidence: float) -> float:
    """Return the z with P(|Z| ≤ z) = confidence for a standard normal Z."""
    return -float(ndtri(tail_probability(confidence)))


def standardised(difference: float, standard_error: float) -> float:
    """Return difference / standard error; ±∞ if only the standard error is 0, 0 if both are 0.

    >>> standardised(-1.0, 0.5), standardised(-1.0, 0.0), standardised(0.0, 0.0)
    (-2.0, -inf, 0.0)
    """
    if standard_error > 0:
        return difference / standard_error
    return math.copysign(math.inf, difference) if difference else 0.0


def independent_limits(
    first: tuple[ArrayLike, ArrayLike, ArrayLike], second: tuple[ArrayLike, ArrayLike, ArrayLike]
) -> tuple[FloatArray, FloatArray]:
    """Return the limits of second − first from (low, value, high) of two independent estimates.

    >>> low, high = independent_limits((0.4, 0.5, 0.6), (0.6, 0.7, 0.8))
    >>> round(float(low), 4), round(float(high), 4)
    (0.0586, 0.3414)
    """
    (low_a, a, high_a), (low_b, b, high_b) = (
        [np.asarray(number, dtype=np.float64) for number in each] for each in (first, second)
    )
    return (
        b - a - np.hypot(b - low_b, high_a - a),
        b - a + np.hypot(high_b - b, a - low_a),
    )


def extended_to_zero(interval: Interval, p_value: ArrayLike, confidence: float) -> Interval:
    """Return the interval of a difference, extended to 0 where its test does not reject 0.

    This is half of the rule by which an interval never contradicts its test. The other half is for
    p-values: see `PairEstimator.differences`.

    Parameters
    ----------
    interval : limits of any shape, NaN where undefined.
    p_value : p-values of the hypothesis that the difference is 0, in the same shape.
    confidence : level of the interval; the test rejects where p < 1 − confidence.

    Examples
    --------
    >>> low, high = extended_to_zero(Interval(np.array(0.01), np.array(0.4)), 0.0625, 0.95)
    >>> float(low), float(high)
    (0.0, 0.4)
    """
    kept = np.asarray(p_value) >= 1.0 - confidence
    low = np.where(kept, np.minimum(interval.low, 0.0), interval.low)
    high = np.where(kept, np.maximum(interval.high, 0.0), interval.high)
    return Interval(low[()], high[()])
