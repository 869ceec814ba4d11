"""Gaps between the values of a column: equal opportunity, equalized odds, selection rate."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.records import SliceGap
from evalkit.compare.slice_tests import MOST_CLASSES
from evalkit.statistics.estimates import Difference, holm_judged
from evalkit.statistics.group_gaps import largest_gap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.compare.records import Settings
    from evalkit.counts.counts import Counts
    from evalkit.counts.slices import SliceCounts

    Rates = tuple[NDArray[np.number], NDArray[np.number]]

MOST_GROUPS = 50
"""Columns of more values have no gaps: the largest of so many differences is mostly noise."""
TEST = "Fisher's exact, all pairs"
FEW = "fewer than two values have the rate"


def slice_gaps(counts: Counts, settings: Settings) -> tuple[SliceGap, ...]:
    """Return the largest differences between the values of each column, model and class.

    Of two classes, those of the second. The p-values are adjusted by Holm's method over all gaps.
    Weighted and grouped samples have no intervals and no tests.
    """
    n_classes = len(counts.classes)
    if n_classes > MOST_CLASSES:
        return ()
    found: list[SliceGap] = []
    single = (each for each in counts.slices if len(each.columns) == 1)
    for (column,), group in groupby(single, key=lambda each: each.columns):
        slices = list(group)
        if 2 <= len(slices) <= MOST_GROUPS:
            for i in range(len(counts.matrices)):
                for k in [1] if n_classes == 2 else range(n_classes):
                    found += _gaps(column, i, k, slices, counts, settings)
    differences = holm_judged([each.difference for each in found], settings.alpha)
    return tuple(
        SliceGap(**{**vars(each), "difference": difference})
        for each, difference in zip(found, differences, strict=True)
    )


def _gaps(
    column: str,
    model: int,
    k: int,
    slices: Sequence[SliceCounts],
    counts: Counts,
    settings: Settings,
) -> list[SliceGap]:
    tables = np.stack([each.matrices[model] for each in slices])
    total, actual = tables.sum(axis=(1, 2)), tables[:, k].sum(axis=1)
    predicted, right = tables[:, :, k].sum(axis=1), tables[:, k, k]
    recall: Rates = (right, actual)
    false_positive: Rates = (predicted - right, total - actual)
    asked: Mapping[str, tuple[Rates, ...]] = {
        "equal_opportunity": (recall,),
        "equalized_odds": (recall, false_positive),
        "selection_rate": ((predicted, total),),
    }
    simple = not counts.sampling.weighted and counts.sampling.groups is None
    return [
        SliceGap(column, model, metric, k, *_largest(rates, slices, settings, simple=simple))
        for metric, rates in asked.items()
    ]


def _largest(
    rates: tuple[Rates, ...], slices: Sequence[SliceCounts], settings: Settings, *, simple: bool
) -> tuple[str | None, str | None, int, Difference]:
    gap = largest_gap(*rates, confidence=settings.confidence)
    if gap.lowest < 0:
        return None, None, gap.groups, Difference(None, undefined=FEW)
    lowest, highest = (slices[at].values[0] for at in (gap.lowest, gap.highest))
    difference = Difference(gap.value, gap.low, gap.high, gap.p_value, test=TEST)
    return lowest, highest, gap.groups, (difference if simple else Difference(gap.value))
