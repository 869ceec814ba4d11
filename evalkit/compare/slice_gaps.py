"""Gaps between the values of a column: equal opportunity, equalized odds, selection rate."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.records import SliceGap
from evalkit.compare.slice_tests import (
    BY_GROUPS,
    BY_WEIGHTS,
    MOST_CLASSES,
    Rate,
    events_of,
)
from evalkit.compare.slices import is_independent
from evalkit.statistics.dependent_shares import largest_dependent_gap
from evalkit.statistics.estimates import Difference, holm_judged
from evalkit.statistics.group_gaps import largest_gap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.compare.records import Settings
    from evalkit.counts.counts import Counts
    from evalkit.counts.slices import SliceCounts
    from evalkit.statistics.dependent_slices import Events
    from evalkit.statistics.group_gaps import GroupGap

    Rates = tuple[NDArray[np.number], NDArray[np.number]]

MOST_GROUPS = 50
"""Columns of more values have no gaps: the largest of so many differences is mostly noise."""
TEST = "Fisher's exact, all pairs"
TEST_OF_GROUPS, TEST_OF_WEIGHTS = (f"{each}, all pairs" for each in (BY_GROUPS, BY_WEIGHTS))
FEW = "fewer than two values have the rate"
FEW_UNITS = "fewer than two values have enough groups or samples"


def slice_gaps(counts: Counts, settings: Settings) -> tuple[SliceGap, ...]:
    """Return the largest differences between the values of each column, model and class.

    Of two classes, those of the second. The p-values are adjusted by Holm's method over all gaps.
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
    if not is_independent(counts):
        return _dependent_gaps(column, model, k, slices, settings)
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
    return [
        _gap(column, model, metric, k, slices, largest_gap(*rates, confidence=settings.confidence))
        for metric, rates in asked.items()
    ]


def _dependent_gaps(
    column: str, model: int, k: int, slices: Sequence[SliceCounts], settings: Settings
) -> list[SliceGap]:
    def of(rate: Rate) -> list[Events]:
        events = [events_of(rate, each.cells[model]) for each in slices]
        # A gap compares all samples of a value, whatever their actual class.
        return [each._replace(stratum=np.zeros_like(each.stratum)) for each in events]

    recall, false_positive = of(Rate("recall", k)), of(Rate("false_positive_rate", k))
    asked: Mapping[str, tuple[list[Events], ...]] = {
        "equal_opportunity": (recall,),
        "equalized_odds": (recall, false_positive),
        "selection_rate": (of(Rate("selection_rate", k)),),
    }
    test = TEST_OF_WEIGHTS if slices[0].cells[model].unit is None else TEST_OF_GROUPS
    return [
        _gap(
            *(column, model, metric, k, slices),
            largest_dependent_gap(*rates, confidence=settings.confidence),
            test,
        )
        for metric, rates in asked.items()
    ]


def _gap(
    column: str,
    model: int,
    metric: str,
    k: int,
    slices: Sequence[SliceCounts],
    gap: GroupGap,
    test: str = TEST,
) -> SliceGap:
    if gap.lowest < 0:
        difference = Difference(None, undefined=FEW if test == TEST else FEW_UNITS)
        return SliceGap(column, model, metric, k, None, None, gap.groups, difference)
    lowest, highest = (slices[at].values[0] for at in (gap.lowest, gap.highest))
    difference = Difference(gap.value, gap.low, gap.high, gap.p_value, test=test)
    return SliceGap(column, model, metric, k, lowest, highest, gap.groups, difference)
