"""Result types of confidence intervals, and critical values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from scipy.special import ndtri

from evalkit.errors import InputError

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import FloatArray


class Interval(NamedTuple):
    """The two limits of an interval, each a number or an array; unpacks as ``low, high``."""

    low: FloatArray
    high: FloatArray


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
