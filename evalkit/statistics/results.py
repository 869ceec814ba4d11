"""What intervals return: a low and a high end, with the estimate where one was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import FloatArray


class Interval(NamedTuple):
    """The two ends of an interval, each a number or an array; unpacks as ``low, high``."""

    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class EstimatedInterval:
    """An estimate with its standard error and the two ends of its interval.

    Attributes
    ----------
    estimate, standard_error, low, high : numbers or arrays of one shape, NaN where undefined.
    confidence : the probability with which such an interval covers the true value, nominally.
    """

    estimate: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    confidence: float
