"""The standard normal distribution: tails and quantiles, on arrays."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_erfc = np.frompyfunc(math.erfc, 1, 1)
_inverse_cdf = np.frompyfunc(NormalDist().inv_cdf, 1, 1)


def normal_sf(z: ArrayLike) -> NDArray[np.float64]:
    """Return P(Z > z) for a standard normal Z: ½ erfc(z/√2), accurate far into the tail.

    Examples
    --------
    >>> float(normal_sf(0.0))
    0.5
    """
    scaled = np.asarray(z, dtype=np.float64) / math.sqrt(2.0)
    return 0.5 * np.asarray(_erfc(scaled), dtype=np.float64)


def normal_cdf(z: ArrayLike) -> NDArray[np.float64]:
    """Return P(Z ≤ z) for a standard normal Z.

    Examples
    --------
    >>> round(float(normal_cdf(1.959963984540054)), 12)
    0.975
    """
    return normal_sf(-np.asarray(z, dtype=np.float64))


def normal_quantile(p: ArrayLike) -> NDArray[np.float64]:
    """Return the z with P(Z ≤ z) = p; −∞ at 0, ∞ at 1, NaN where p is NaN.

    References
    ----------
    M. J. Wichura, "Algorithm AS 241", 1988, as Python's ``statistics.NormalDist`` has it.

    Examples
    --------
    >>> round(float(normal_quantile(0.975)), 12)
    1.95996398454
    """
    probability = np.asarray(p, dtype=np.float64)
    quantile = np.full(probability.shape, np.nan)
    quantile[probability == 0.0] = -np.inf
    quantile[probability == 1.0] = np.inf
    inside = (probability > 0.0) & (probability < 1.0)
    quantile[inside] = np.asarray(_inverse_cdf(probability[inside]), dtype=np.float64)
    return quantile


def critical_value(confidence: float) -> float:
    """Return the z that a two-sided normal interval of this confidence reaches to each side.

    Raises
    ------
    InputError
        If the confidence does not lie strictly between 0 and 1.

    Examples
    --------
    >>> round(critical_value(0.95), 6)
    1.959964
    """
    return -float(normal_quantile(tail_probability(confidence)))


def tail_probability(confidence: float) -> float:
    """Return what an interval of this confidence leaves out on each side: (1 − confidence) / 2.

    Raises
    ------
    InputError
        If the confidence does not lie strictly between 0 and 1.

    Examples
    --------
    >>> tail_probability(0.5)
    0.25
    """
    if not 0.0 < confidence < 1.0:
        raise InputError(
            f"confidence must lie strictly between 0 and 1; got {confidence}: pass 0.95 for 95 %"
        )
    return (1.0 - confidence) / 2.0


def standardised(difference: float, standard_error: float) -> float:
    """Return difference / standard error; infinite where only the error is 0, 0 where both are.

    Examples
    --------
    >>> standardised(-1.0, 0.5), standardised(-1.0, 0.0), standardised(0.0, 0.0)
    (-2.0, -inf, 0.0)
    """
    if standard_error > 0:
        return difference / standard_error
    return math.copysign(math.inf, difference) if difference else 0.0
