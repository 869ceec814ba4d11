"""Select the samples that a person should look at.

Samples of a list are ordered by the probability of the predicted class. Equal probabilities, and
samples of models without probabilities, are in a random order that depends on the seed only, so
that no list holds just the first rows of a file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.label_errors import label_check, suspected_labels
from evalkit.compare.records import MOST_SHOWN, Gallery, ShownSample
from evalkit.counts.identity import order_of_ids
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import Settings, SliceResult
    from evalkit.counts.counts import Counts
    from evalkit.predictions.outcomes import Outcomes

    Flags = NDArray[np.bool_]
    Rows = NDArray[np.intp]

SHOWN = 12
"""So many samples are in a list unless another number is asked for."""
MOST_IN_CELLS = 4 * MOST_SHOWN
"""The largest number of entries in the galleries of cells; a sample has one per model."""


def with_samples(comparison: Comparison, counts: Counts) -> Comparison:
    """Return a comparison with samples to look at, and how its verdict depends on their labels.

    There are none if only counts are known or `settings.show` is 0. First come the lists about
    models, then the cells of the confusion matrices. At most `settings.show` samples are in one
    list, and at most 400 samples in all.
    """
    outcomes = counts.outcomes([model.name for model in comparison.models])
    settings = comparison.settings
    if not len(outcomes) or not settings.show:
        return comparison
    selection = _Selection(outcomes, settings)
    suspicion = suspected_labels(outcomes)
    check = label_check(comparison, counts, outcomes, suspicion, selection.ordered)
    galleries = (
        *selection.confident_errors(),
        *selection.only_wrong(comparison.ranking[0]),
        *selection.all_wrong(),
        *selection.unsure(),
        *selection.weakest_slice(comparison.slice_results),
        *selection.suspected_labels(*suspicion),
        *selection.cells(),
    )
    return replace(comparison, galleries=galleries, label_check=check)


PLACES = 6
"""Probabilities of samples are rounded to so many decimal places."""


class _Selection:
    """Selects samples of outcomes, and counts how many different ones were selected."""

    def __init__(self, outcomes: Outcomes, settings: Settings) -> None:
        self._outcomes, self._limit = outcomes, settings.show
        self._models = range(len(outcomes.models))
        self._selected: set[int] = set()
        order = order_of_ids(outcomes.ids, len(outcomes))
        drawn = generator(settings.seed, "shown samples").bit_generator.random_raw(len(outcomes))
        self._rank = np.empty(len(outcomes), np.intp)
        self._rank[order[np.argsort(drawn, kind="stable")]] = np.arange(len(outcomes))

    def confident_errors(self) -> Iterator[Gallery]:
        """Yield the errors of each model, the most confident first."""
        for i in self._models:
            wrong = self._outcomes.wrong[i]
            if wrong.any():
                yield self._gallery("confident_errors", wrong, self._confidence([i]), model=i)

    def only_wrong(self, leader: int) -> Iterator[Gallery]:
        """Yield what one model alone misclassifies: each of two, or the leader of more."""
        if len(self._models) < 2:
            return
        times = np.sum(self._outcomes.wrong, axis=0)
        for i in self._models if len(self._models) == 2 else (leader,):
            alone = self._outcomes.wrong[i] & (times == 1)
            if alone.any():
                yield self._gallery("only_wrong", alone, self._confidence([i]), model=i)

    def all_wrong(self) -> Iterator[Gallery]:
        """Yield what two or more models all misclassify, the most confident on average first."""
        every = np.logical_and.reduce(self._outcomes.wrong)
        if len(self._models) > 1 and every.any():
            yield self._gallery("all_wrong", every, self._confidence(self._models))

    def unsure(self) -> Iterator[Gallery]:
        """Yield what all models predict correctly, the least confident on average first."""
        right = ~np.logical_or.reduce(self._outcomes.wrong)
        confidence = self._confidence(self._models)
        if confidence is not None and right.any():
            yield self._gallery("unsure", right, -confidence)

    def weakest_slice(self, slices: Sequence[SliceResult]) -> Iterator[Gallery]:
        """Yield the errors of one model in the slice where its accuracy falls short most.

        Accuracy is adjusted for classes. Slices that are significantly weak come before others.
        """
        found = [
            (not model.is_weak, model.adjusted.value, place, i)
            for place, each in enumerate(slices)
            for i, model in enumerate(each.models)
            if model.adjusted.value is not None and model.adjusted.value < 0
        ]
        if not found:
            return
        _, _, place, model = min(found)
        inside = np.ones(len(self._outcomes), dtype=bool)
        for column, value in zip(slices[place].columns, slices[place].values, strict=True):
            held = self._outcomes.slices[column]
            inside &= held.codes == held.values.index(value)
        inside &= self._outcomes.wrong[model]
        if inside.any():
            yield self._gallery(
                "weakest_slice", inside, self._confidence([model]), model=model, slice=place
            )

    def suspected_labels(self, flags: Flags, evidence: NDArray[Any] | None) -> Iterator[Gallery]:
        """Yield the labels that all models contradict, the strongest evidence first."""
        if flags.any():
            yield self._gallery("suspected_labels", flags, evidence)

    def ordered(self, flags: Flags, score: NDArray[Any] | None) -> Rows:
        """Return all flagged samples, the highest scores first and equal ones in random order."""
        rows = np.flatnonzero(flags)
        own = np.zeros(len(rows)) if score is None else score[rows]
        return rows[np.lexsort((self._rank[rows], -own))]

    def cells(self) -> tuple[Gallery, ...]:
        """Return the samples of each cell of each confusion matrix.

        Errors are ordered as in the other lists; of correct predictions the least confident come
        first. Each cell gets one sample, the errors first and then the largest cells, before any
        gets a second one, until 400 samples are selected in all.
        """
        cells = [cell for i in self._models for cell in self._cells_of(i)]
        cells.sort(key=lambda cell: (cell.is_right, -len(cell.rows), cell.key))
        taken: dict[tuple[int, int, int], list[int]] = {cell.key: [] for cell in cells}
        entries = 0
        for place in range(self._limit):
            for cell in cells:
                if place >= len(cell.first) or entries >= MOST_IN_CELLS:
                    continue
                row = int(cell.first[place])
                if row in self._selected or len(self._selected) < MOST_SHOWN:
                    self._selected.add(row)
                    taken[cell.key].append(row)
                    entries += 1
        found = []
        for cell in sorted(cells, key=lambda each: each.key):
            model, actual, predicted = cell.key
            samples = tuple(map(self._sample, taken[cell.key]))
            if samples:
                n = len(cell.rows)
                found.append(Gallery("cell", model, actual, predicted, None, n, samples))
        return tuple(found)

    def _cells_of(self, model: int) -> Iterator[_Cell]:
        """Yield the cells of a model that have samples."""
        k = len(self._outcomes.classes)
        codes = self._outcomes.actual.astype(np.int64) * k + self._outcomes.predicted[model]
        order = np.argsort(codes, kind="stable")
        occurring, starts = np.unique(codes[order], return_index=True)
        confidence = self._confidence([model])
        for code, rows in zip(occurring.tolist(), np.split(order, starts[1:]), strict=True):
            actual, predicted = divmod(code, k)
            is_right = actual == predicted
            score = None if confidence is None else confidence * (-1 if is_right else 1)
            yield _Cell((model, actual, predicted), rows, self._first(rows, score))

    def _gallery(
        self,
        key: str,
        flags: Flags,
        score: NDArray[Any] | None,
        *,
        model: int | None = None,
        slice: int | None = None,  # noqa: A002  the name of the field
    ) -> Gallery:
        """Return the flagged samples with the highest scores."""
        rows = np.flatnonzero(flags)
        first = self._first(rows, score).tolist()
        first = [
            row
            for i, row in enumerate(first)
            if row in self._selected or len(self._selected | set(first[:i])) < MOST_SHOWN
        ]
        self._selected.update(first)
        samples = tuple(map(self._sample, first))
        return Gallery(key, model, None, None, slice, len(rows), samples)

    def _first(self, rows: Rows, score: NDArray[Any] | None) -> Rows:
        """Return the rows with the highest scores; equal ones in random order."""
        if score is None:
            return rows[np.argsort(self._rank[rows])][: self._limit]
        own = score[rows]
        if len(rows) > self._limit:
            # Only rows that reach the last score are sorted.
            bound = np.partition(own, len(own) - self._limit)[len(own) - self._limit]
            rows, own = rows[own >= bound], own[own >= bound]
        return rows[np.lexsort((self._rank[rows], -own))][: self._limit]

    def _confidence(self, models: Sequence[int]) -> NDArray[Any] | None:
        """Return the mean probability of the predicted classes; None without probabilities."""
        known = [each for i in models if (each := self._outcomes.confidence[i]) is not None]
        return None if not known else np.mean(known, axis=0)

    def _sample(self, row: int) -> ShownSample:
        outcomes = self._outcomes
        return ShownSample(
            row,
            outcomes.id_of(row),
            int(outcomes.actual[row]),
            tuple(int(codes[row]) for codes in outcomes.predicted),
            tuple(
                None if each is None else round(float(each[row]), PLACES)
                for each in outcomes.confidence
            ),
        )


class _Cell:
    """A cell: its model and classes, its rows, and the first of them to be shown."""

    def __init__(self, key: tuple[int, int, int], rows: Rows, first: Rows) -> None:
        self.key, self.rows, self.first = key, rows, first

    @property
    def is_right(self) -> bool:
        return self.key[1] == self.key[2]
