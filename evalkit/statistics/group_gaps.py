"""Gaps between the groups of a column: the largest difference of a rate, with its interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evalkit.statistics.intervals import independent_limits
from evalkit.statistics.proportions import proportion_interval
from evalkit.statistics.slices import stratified_exact_tests, tarone_holm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Proportions = tuple[ArrayLike, ArrayLike]


class GroupGap(NamedTuple):
    """The largest difference between two of several groups.

    Attributes
    ----------
    value, low, high : the difference, its interval; NaN with fewer than two groups.
    p_value : adjusted for all pairs of groups.
    lowest, highest : positions of the two groups; −1 if there is no gap.
    groups : number of groups with samples.
    """

    value: float
    low: float
    high: float
    p_value: float
    lowest: int
    highest: int
    groups: int


def largest_gap(*proportions: Proportions, confidence: float = 0.95) -> GroupGap:
    """Return the largest difference of a proportion between two groups, or of several proportions.

    With the true positive rate of each group this is Fairlearn's equal opportunity difference, with
    the selection rate its demographic parity difference, and with the true and the false positive
    rate its equalized odds difference, the larger of the two.

    Each pair of groups has Newcombe's interval at confidence 1 − α / c, with c the number of pairs
    and proportions, so that all hold together with probability 1 − α. The largest difference then
    lies between the largest of their lower and the largest of their upper limits, whichever groups
    were the extreme ones. The p-value is the smallest of Fisher's exact tests of the pairs,
    adjusted by Holm's method with Tarone's exclusion.

    Parameters
    ----------
    proportions : one or more pairs of successes (G,) and trials (G,), by group.
    confidence : 1 − α, strictly between 0 and 1.

    Returns
    -------
    The gap; groups without trials are left out.

    References
    ----------
    M. Hardt, E. Price and N. Srebro, "Equality of opportunity in supervised learning", 2016.

    Examples
    --------
    >>> found = largest_gap(([90, 80, 3], [100, 100, 4]))
    >>> [round(number, 2) for number in found[:3]], found.lowest, found.highest
    ([0.15, 0.0, 0.66], 2, 0)
    """
    counted = [_known(*each) for each in proportions]
    pairs = sum(len(where) * (len(where) - 1) // 2 for *_, where in counted)
    groups = max(len(where) for *_, where in counted)
    if not pairs:
        return GroupGap(math.nan, math.nan, math.nan, math.nan, -1, -1, groups)
    level = 1 - (1 - confidence) / pairs
    best, low, high, ends = -1.0, 0.0, 0.0, (0, 0)
    tables: list[Sequence[int]] = []
    for hits, trials, where in counted:
        if len(where) < 2:
            continue
        i, j = np.triu_indices(len(where), 1)
        shares, limits = hits / trials, proportion_interval(hits, trials, confidence=level)
        sides = [(limits.low[at], shares[at], limits.high[at]) for at in (i, j)]
        lower, upper = independent_limits(*sides)
        low = max(low, float(np.maximum(lower, -upper).max()))
        high = max(high, float(np.maximum(upper, -lower).max()))
        least, most = int(np.argmin(shares)), int(np.argmax(shares))
        if shares[most] - shares[least] > best:
            best, ends = float(shares[most] - shares[least]), (int(where[least]), int(where[most]))
        tables += np.stack(
            [hits[i], trials[i], hits[i] + hits[j], trials[i] + trials[j]], axis=1
        ).tolist()
    tests = stratified_exact_tests(*([[n] for n in column] for column in zip(*tables, strict=True)))
    p = float(tarone_holm(tests.p_values, tests.least).min())
    low = 0.0 if p >= 1 - confidence else low
    return GroupGap(best, min(low, best), max(high, best), p, *ends, groups)


def _known(
    successes: ArrayLike, trials: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.intp]]:
    hits, sizes = (np.asarray(each, np.int64) for each in (successes, trials))
    where = np.flatnonzero(sizes)
    return hits[where], sizes[where], where
