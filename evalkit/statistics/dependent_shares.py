"""Shares of weighted and of grouped samples: their intervals, two models, and gaps between values.

A share has Wilson's interval for the effective number of samples, and the difference of two models
on the same samples Tango's. The design effect is that of `effective_size`, from the linearised
variance instead of resamples.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.statistics.dependent_slices import Events, SliceDifference, dependent_difference
from evalkit.statistics.effective_size import UnitSize
from evalkit.statistics.group_gaps import GroupGap
from evalkit.statistics.intervals import independent_limits
from evalkit.statistics.proportions import paired_proportion_interval, proportion_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evalkit.counts.slices import Discordant, SampleCells
    from evalkit.metrics.count.marginals import FloatArray

    Units = NDArray[np.integer[Any]]

LEAST_UNITS = 2.0
"""Fewer effective groups or samples say nothing about a variance."""


class Share(NamedTuple):
    """A share with its interval; NaN where there is none."""

    value: float
    low: float = math.nan
    high: float = math.nan


def share_limits(events: Events, confidence: float) -> Share:
    """Return the share of events among weighted or grouped samples, with Wilson's interval.

    Parameters
    ----------
    events : cells of samples of one stratum.
    confidence : strictly between 0 and 1.

    Returns
    -------
    The share Σ w y / Σ w and its limits; only the share with fewer than two effective groups or
    samples, and NaN without samples.

    References
    ----------
    E. L. Korn and B. I. Graubard, "Confidence intervals for proportions with small expected number
    of positive counts estimated from survey data", 1998.

    Examples
    --------
    >>> one = np.ones(40)
    >>> found = share_limits(Events(np.zeros(40, int), np.arange(40) < 30, one, one, None), 0.95)
    >>> [round(number, 2) for number in found]
    [0.75, 0.59, 0.86]
    """
    total = float(events.weight.sum())
    if total <= 0:
        return Share(math.nan)
    share = float((events.weight * events.event).sum() / total)
    size = _unit_size(events.weight, events.square, events.unit)
    if size.units < LEAST_UNITS:
        return Share(share)
    if events.unit is None:
        variance = float((events.square * (events.event - share) ** 2).sum())
    else:
        variance = float((_by_unit(events.unit, events.weight * (events.event - share)) ** 2).sum())
    effective = _effective(
        size, variance / total**2, share * (1 - share), min(share, 1 - share), confidence
    )
    limits = proportion_interval(share * effective, effective, confidence=confidence)
    return Share(share, float(limits.low), float(limits.high))


def paired_difference(
    first: SampleCells, second: SampleCells, discordant: Discordant, confidence: float
) -> SliceDifference:
    """Return the difference in accuracy of two models on the same weighted or grouped samples.

    The p-value is that of a t test of the differences of groups, or of weighted samples, and at
    least 2 / 2^m with m the number of those that differ: the least that the signs of m differences
    can have. The interval is Tango's for the effective number of samples, extended to 0 where the
    test does not reject.

    Parameters
    ----------
    first, second : the cells of both models.
    discordant : sums of weights, and of their squares, of the samples that one model alone
        classifies correctly.
    confidence : strictly between 0 and 1.

    Returns
    -------
    Second minus first, limits and p-value; only the difference with fewer than two effective groups
    or samples.
    """
    from scipy.stats import t

    total = float(first.weight.sum())
    value = (discordant.second - discordant.first) / total
    size = _unit_size(first.weight, first.square, first.unit)
    if size.units < LEAST_UNITS:
        return SliceDifference(value)
    differing = discordant.first + discordant.second
    if first.unit is None or second.unit is None:
        squares = discordant.first_square, discordant.second_square
        rest = float(first.square.sum()) - sum(squares)
        ends = (1 + value) ** 2, (1 - value) ** 2, value**2
        sums = float(np.dot(ends, (*squares, max(rest, 0.0))))
        changed = differing**2 / sum(squares) if differing else 0.0
    else:
        cells = ((first, -1.0), (second, 1.0))
        unit = np.concatenate([each.unit for each, _ in cells])
        gains = [sign * each.weight * (each.actual == each.predicted) for each, sign in cells]
        by_unit = _by_unit(unit, np.concatenate(gains))
        sizes = _by_unit(unit, np.concatenate([first.weight, np.zeros(len(second.weight))]))
        sums = float(((by_unit - value * sizes) ** 2).sum())
        changed = float(np.count_nonzero(np.abs(by_unit) > 1e-9 * sizes))
    variance = sums / total**2
    of_one = max(differing / total - value**2, 0.0)
    effective = _effective(size, variance, of_one, differing / total, confidence)
    scale = effective / total
    low, high = paired_proportion_interval(
        discordant.first * scale, discordant.second * scale, effective, confidence=confidence
    )
    degrees = max(float(size.degrees), 1.0)
    error = math.sqrt(variance * float(size.units) / degrees)
    p = 1.0 if value == 0 else 0.0 if error == 0 else float(2 * t.sf(abs(value) / error, degrees))
    p = max(p, min(1.0, 2.0 ** (1.0 - changed)))
    limits = float(low), float(high)
    if p >= 1 - confidence:
        limits = min(limits[0], 0.0), max(limits[1], 0.0)
    return SliceDifference(value, *limits, p)


def largest_dependent_gap(*rates: Sequence[Events], confidence: float) -> GroupGap:
    """Return the largest difference of a rate between two values, as `largest_gap` does.

    Each value has the interval of `share_limits` at confidence 1 − α / c, with c the number of
    pairs of values and rates. The p-value is c times the least of the two extreme values of a rate.

    Parameters
    ----------
    rates : for each rate, the cells of the samples of each value.
    confidence : 1 − α, strictly between 0 and 1.

    Returns
    -------
    The gap; values with fewer than two effective groups or samples are left out.
    """
    known = [
        {
            i: share
            for i, each in enumerate(rate)
            if not math.isnan((share := share_limits(each, confidence)).low)
        }
        for rate in rates
    ]
    pairs = sum(math.comb(len(shares), 2) for shares in known)
    groups = max(map(len, known))
    if not pairs:
        return GroupGap(math.nan, math.nan, math.nan, math.nan, -1, -1, groups)
    level = 1 - (1 - confidence) / pairs
    best, low, high, p, ends = -1.0, 0.0, 0.0, 1.0, (0, 0)
    for rate, shares in zip(rates, known, strict=True):
        if len(shares) < 2:
            continue
        values, lows, highs = np.array([share_limits(rate[i], level) for i in shares]).T
        sides = [(lows[at], values[at], highs[at]) for at in np.triu_indices(len(shares), 1)]
        lower, upper = independent_limits(*sides)
        low = max(low, float(np.maximum(lower, -upper).max()))
        high = max(high, float(np.maximum(upper, -lower).max()))
        least, most = (pick(shares, key=lambda i: shares[i].value) for pick in (min, max))
        tested = dependent_difference(rate[most], _together(rate[most], rate[least]), level)
        p = p if math.isnan(tested.p_value) else min(p, pairs * tested.p_value)
        if shares[most].value - shares[least].value > best:
            best, ends = shares[most].value - shares[least].value, (least, most)
    low = 0.0 if p >= 1 - confidence else low
    return GroupGap(best, min(low, best), max(high, best), p, *ends, groups)


def _unit_size(weight: FloatArray, square: FloatArray, unit: Units | None) -> UnitSize:
    """Return the effective numbers of units and of samples, (Σ W)² / Σ W² (Kish)."""
    total = float(weight.sum())
    samples = total**2 / max(float(square.sum()), np.finfo(float).tiny)
    units = samples if unit is None else total**2 / float((_by_unit(unit, weight) ** 2).sum())
    return UnitSize(np.array(units), np.array(max(samples, units)), np.array(1))


def _effective(
    size: UnitSize, variance: float, of_one: float, minority: float, confidence: float
) -> float:
    """Return the effective number of samples, divided by the square of t over normal quantile."""
    variance = 0.0 if variance < 1e-20 else variance
    found, moved = size.effective(np.array(variance), np.array(of_one), np.array(minority))
    return float(found * (moved + (1.0 - moved) / size.reach(confidence) ** 2))


def _by_unit(unit: Units, values: FloatArray) -> FloatArray:
    _, place = np.unique(unit, return_inverse=True)
    return np.bincount(place, values).astype(np.float64)


def _together(one: Events, other: Events) -> Events:
    unit = None
    if one.unit is not None and other.unit is not None:
        unit = np.concatenate([one.unit, other.unit])
    stratum, event, weight, square = (
        np.concatenate([getattr(each, name) for each in (one, other)])
        for name in ("stratum", "event", "weight", "square")
    )
    return Events(stratum, event, weight, square, unit)
