"""Which metrics of a slice are tested against all other samples, and from which counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.counts.slices import SampleCells
from evalkit.statistics.dependent_slices import (
    Events,
    SliceDifference,
    dependent_difference,
    mean_difference,
)
from evalkit.statistics.estimates import Difference
from evalkit.statistics.slices import (
    difference_of_sizes,
    stratified_exact_tests,
    weighted_shares,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.integer[Any]]

    from evalkit.compare.records import Settings
    from evalkit.counts.counts import Counts
    from evalkit.counts.slices import SliceCounts
    from evalkit.metrics.count.marginals import FloatArray

MOST_CLASSES = 30
"""With more classes, no metrics by class are tested; with more than two, only by one column."""
LEAST_TRIALS = 5
"""Metrics by class of fewer samples, in the slice or outside, are not tested."""
EXACT, BY_CLASS = "Fisher's exact", "exact, stratified by class"
BY_GROUPS, BY_WEIGHTS, OF_MEANS = "t test over groups", "t test of weighted samples", "Welch's t"
NOTHING_OUTSIDE = "no other samples of the same classes"
TOO_FEW = "too few groups or samples to test"


@dataclass(frozen=True)
class Rate:
    """A rate of samples in the cells of a confusion matrix, compared within strata.

    `metric` is ``"from_rest"`` for accuracy, ``"adjusted"`` for accuracy by actual class, or one of
    ``"recall"``, ``"false_positive_rate"``, ``"precision"`` and ``"selection_rate"`` of a class.
    """

    metric: str
    of_class: int | None = None

    def cells(self, actual: Codes, predicted: Codes) -> tuple[Codes, NDArray[np.bool_]]:
        """Return the stratum of each cell, −1 outside the rate, and whether it is an event."""
        right, k = actual == predicted, self.of_class
        if self.metric == "from_rest":
            return np.zeros_like(actual), right
        if self.metric == "adjusted":
            return actual, right
        if self.metric == "recall":
            return np.where(actual == k, 0, -1), right
        if self.metric == "selection_rate":
            return np.zeros_like(actual), predicted == k
        if self.metric == "precision":
            return np.where(predicted == k, 0, -1), right
        return np.where(actual == k, -1, actual), predicted == k

    @property
    def is_stratified(self) -> bool:
        """Whether actual classes are compared by themselves."""
        return self.metric in ("adjusted", "false_positive_rate")


def rates_by_class(n_classes: int) -> list[Rate]:
    """Return the rates that are tested by class; of two classes, those of the second."""
    classes = [1] if n_classes == 2 else range(n_classes) if n_classes <= MOST_CLASSES else []
    return [
        Rate(metric, k)
        for k in classes
        for metric in ("recall", "false_positive_rate", "precision")
    ]


class Tested(NamedTuple):
    """The difference of a rate from all other samples, before correction.

    `least` is the least p-value that the test can have; `value` and `trials` describe the slice.
    """

    slice: int
    model: int
    rate: Rate
    value: float
    trials: float
    difference: Difference
    least: float


def tested_rates(
    slices: Sequence[SliceCounts], counts: Counts, rates: Iterable[Rate], settings: Settings
) -> list[Tested]:
    """Return the rates of each slice and model against all other samples."""
    n_classes = len(counts.classes)
    found: list[tuple[int, int, Rate, tuple[FloatArray, ...]]] = []
    wholes = [_cells_of(matrix) for matrix in counts.matrices]
    asked = list(rates)
    of_whole = {
        (i, rate): _table(rate, whole, n_classes)
        for i, whole in enumerate(wholes)
        for rate in asked
    }
    for number, each in enumerate(slices):
        for i, matrix in enumerate(each.matrices):
            cells = _cells_of(matrix)
            for rate in asked:
                table = (*_table(rate, cells, n_classes), *of_whole[i, rate])
                enough = min(table[1].sum(), (table[3] - table[1]).sum()) >= LEAST_TRIALS
                crossed_classes = len(each.columns) > 1 and n_classes > 2
                if rate.of_class is None or (enough and not crossed_classes):
                    found.append((number, i, rate, table))
    if counts.sampling.weighted or counts.sampling.groups is not None:
        return _dependent(slices, found, settings)
    return _independent(found, settings)


def _cells_of(matrix: NDArray[np.number]) -> SampleCells:
    actual, predicted = np.nonzero(matrix)
    weight = np.asarray(matrix[actual, predicted], np.float64)
    return SampleCells(actual, predicted, weight, weight)


def _table(rate: Rate, cells: SampleCells, n_classes: int) -> tuple[FloatArray, FloatArray]:
    """Return the events and the samples of each stratum."""
    stratum, event = rate.cells(cells.actual, cells.predicted)
    used = stratum >= 0
    length = n_classes if rate.is_stratified else 1
    weight = cells.weight[used]
    events, sizes = (np.bincount(stratum[used], w, length) for w in (weight * event[used], weight))
    return events.astype(np.float64), sizes.astype(np.float64)


def _independent(
    found: Sequence[tuple[int, int, Rate, tuple[FloatArray, ...]]], settings: Settings
) -> list[Tested]:
    columns = [list(column) for column in zip(*(table for *_, table in found), strict=True)]
    if not columns:
        return []
    tests = stratified_exact_tests(*columns)
    sides = np.array(
        [weighted_shares(x, n, events - x, total - n) for *_, (x, n, events, total) in found]
    )
    p, n, q, m = sides.T
    values, low, high = difference_of_sizes(p, n, q, m, settings.confidence)
    # An interval agrees with its test: it contains 0 where the test does not reject.
    accepted = tests.p_values >= settings.alpha
    low, high = np.where(accepted, np.fmin(low, 0), low), np.where(accepted, np.fmax(high, 0), high)
    return [
        Tested(
            number,
            i,
            rate,
            float(table[0].sum() / max(table[1].sum(), 1)),
            float(table[1].sum()),
            Difference(None, undefined=NOTHING_OUTSIDE)
            if np.isnan(values[t])
            else Difference(
                float(values[t]),
                float(low[t]),
                float(high[t]),
                float(tests.p_values[t]),
                test=BY_CLASS if rate.is_stratified else EXACT,
            ),
            float(tests.least[t]),
        )
        for t, (number, i, rate, table) in enumerate(found)
    ]


def _dependent(
    slices: Sequence[SliceCounts],
    found: Sequence[tuple[int, int, Rate, tuple[FloatArray, ...]]],
    settings: Settings,
) -> list[Tested]:
    wholes: dict[int, SampleCells] = {}
    tested = []
    for number, i, rate, table in found:
        if i not in wholes:
            # The slices of the first column are a partition of all samples.
            first = [each.cells[i] for each in slices if each.columns == slices[0].columns]
            wholes[i] = _together(first)
        difference = dependent_difference(
            events_of(rate, slices[number].cells[i]),
            events_of(rate, wholes[i]),
            settings.confidence,
        )
        is_grouped = wholes[i].unit is not None
        tested.append(
            Tested(
                number,
                i,
                rate,
                float(table[0].sum() / table[1].sum()) if table[1].sum() > 0 else 0.0,
                float(table[1].sum()),
                as_difference(difference, BY_GROUPS if is_grouped else BY_WEIGHTS),
                0.0,
            )
        )
    return tested


def as_difference(found: SliceDifference, test: str) -> Difference:
    """Return the record of a difference, with the reason if there is no test."""
    if np.isnan(found.value):
        return Difference(None, undefined=NOTHING_OUTSIDE)
    if np.isnan(found.p_value):
        return Difference(found.value, undefined=TOO_FEW)
    return Difference(*found, test=test)


def _together(parts: Sequence[SampleCells]) -> SampleCells:
    actual, predicted, weight, square = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("actual", "predicted", "weight", "square")
    )
    unit = None if parts[0].unit is None else np.concatenate([part.unit for part in parts])
    return SampleCells(actual, predicted, weight, square, unit)


def events_of(rate: Rate, cells: SampleCells) -> Events:
    """Return the cells that a rate counts, with their strata."""
    stratum, event = rate.cells(cells.actual, cells.predicted)
    used = stratum >= 0
    unit = None if cells.unit is None else cells.unit[used]
    return Events(stratum[used], event[used], cells.weight[used], cells.square[used], unit)


Moments = tuple["FloatArray", "FloatArray", "FloatArray"]


def tested_means(
    slices: Sequence[SliceCounts], counts: Counts, prices: FloatArray | None, settings: Settings
) -> list[Tested]:
    """Return the log loss and the cost of each slice and model against all other samples.

    Weighted and grouped samples are not tested.
    """
    tested: list[Tested] = []
    if not slices or counts.sampling.weighted or counts.sampling.groups is not None:
        return tested
    partition = [each for each in slices if each.columns == slices[0].columns]
    for i, matrix in enumerate(counts.matrices):
        if prices is not None:
            whole = _cost_moments(matrix, prices)
            for number, each in enumerate(slices):
                inside = _cost_moments(each.matrices[i], prices)
                tested.append(_mean(number, i, "cost", inside, whole, settings))
        if slices[0].losses and slices[0].losses[i] is not None:
            sums = np.sum([loss for each in partition if (loss := each.losses[i]) is not None], 0)
            whole = (matrix.sum(axis=1), *sums.T)
            for number, each in enumerate(slices):
                losses = each.losses[i]
                assert losses is not None
                inside = (each.matrices[i].sum(axis=1), *losses.T)
                tested.append(_mean(number, i, "log_loss", inside, whole, settings))
    return tested


def _cost_moments(matrix: NDArray[np.number], prices: FloatArray) -> Moments:
    return matrix.sum(axis=1), (matrix * prices).sum(axis=1), (matrix * prices**2).sum(axis=1)


def _mean(
    number: int, model: int, metric: str, inside: Moments, whole: Moments, settings: Settings
) -> Tested:
    size = float(inside[0].sum())
    difference = as_difference(mean_difference(inside, whole, settings.confidence), OF_MEANS)
    return Tested(number, model, Rate(metric), float(inside[1].sum() / size), size, difference, 0.0)
