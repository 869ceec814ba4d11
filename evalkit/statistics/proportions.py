"""Intervals for a proportion: accuracy, and precision and recall of a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from scipy.special import betainccinv, betaincinv

from evalkit.errors import InputError
from evalkit.statistics.intervals import Interval, critical_value, tail_probability

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evalkit.metrics.count.marginals import FloatArray

ProportionMethod: TypeAlias = Literal["wilson", "clopper-pearson", "jeffreys"]


def proportion_interval(
    successes: ArrayLike,
    trials: ArrayLike,
    *,
    confidence: float = 0.95,
    method: ProportionMethod = "wilson",
) -> Interval:
    """Return the interval for the probability behind `successes` in `trials`.

    Wilson inverts the score test: (s + z²/2 ± z √(s(n−s)/n + z²/4)) / (n + z²).
    Clopper–Pearson inverts the exact binomial test and never covers less than it says.
    Jeffreys takes the quantiles of Beta(s + ½, n − s + ½), with 0 for s = 0 and 1 for s = n.

    Parameters
    ----------
    successes, trials : non-negative, successes at most trials; they broadcast.
    confidence : strictly between 0 and 1.
    method : ``"wilson"``, ``"clopper-pearson"`` or ``"jeffreys"``.

    Returns
    -------
    ``(low, high)``, each in [0, 1]; NaN where there are no trials.

    Raises
    ------
    InputError
        If successes are negative or exceed the trials, or the method is unknown.

    References
    ----------
    R. G. Newcombe, "Two-sided confidence intervals for the single proportion", 1998;
    L. D. Brown, T. T. Cai and A. DasGupta, "Interval estimation for a binomial proportion", 2001.

    Examples
    --------
    >>> low, high = proportion_interval(81, 263)
    >>> round(float(low), 4), round(float(high), 4)
    (0.2553, 0.3662)
    """
    s, n = np.broadcast_arrays(np.asarray(successes, np.float64), np.asarray(trials, np.float64))
    if not ((s >= 0) & (s <= n)).all():
        raise InputError(
            "successes must lie between 0 and trials; got "
            f"{float(s[~((s >= 0) & (s <= n))].flat[0]):g}: pass counts, not rates"
        )
    if method == "wilson":
        interval = _wilson(s, n, critical_value(confidence))
    elif method == "clopper-pearson":
        interval = _beta_ends(s, n, tail_probability(confidence), (0.0, 1.0))
    elif method == "jeffreys":
        interval = _beta_ends(s, n, tail_probability(confidence), (0.5, 0.5))
    else:
        raise InputError(
            f"method must be 'wilson', 'clopper-pearson' or 'jeffreys'; got {method!r}"
        )
    undefined = n == 0
    return Interval(*(np.where(undefined, np.nan, end)[()] for end in interval))


def _wilson(s: FloatArray, n: FloatArray, z: float) -> Interval:
    size = np.maximum(n, 1.0)
    half = z * np.sqrt(s * (n - s) / size + z * z / 4.0)
    middle = s + z * z / 2.0
    # Rounding must not move the ends off 0 and 1, where they are exact.
    low = np.where(s == 0, 0.0, (middle - half) / (n + z * z))
    high = np.where(s == n, 1.0, (middle + half) / (n + z * z))
    return Interval(low, high)


def _beta_ends(s: FloatArray, n: FloatArray, tail: float, prior: tuple[float, float]) -> Interval:
    """Return the quantiles of Beta(s + p, n − s + q) below and of Beta(s + q, n − s + p) above."""
    p, q = prior
    size = np.maximum(n, 1.0)
    # Where an end is 0 or 1 by definition, its quantile is of a neighbour and not used.
    inner_low, inner_high = np.maximum(s, 1.0), np.minimum(s, size - 1.0)
    low = betaincinv(inner_low + p, size - inner_low + q, tail)
    high = betainccinv(inner_high + q, size - inner_high + p, tail)
    return Interval(np.where(s == 0, 0.0, low), np.where(s == n, 1.0, high))
