"""Confusion counts per slice: per value of a column, and per combination of two or three."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.counts.joint import JointCounts, matrix_of_codes
from evalkit.counts.probability import sample_losses
from evalkit.errors import InputError
from evalkit.phrasing import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.predictions import Predictions
    from evalkit.predictions.slices import SliceValues

    Codes = NDArray[np.integer[Any]]

PREFIX = "slice|"
MOST_CROSSED = 10_000
"""The largest number of combinations of the values of two or three columns."""
MOST_SLICES = 100_000
"""The largest number of combinations of all columns."""
LOSS_UNITS = 1 << 20
"""Losses are added in whole multiples of 1 / LOSS_UNITS, so that their order is irrelevant."""


@dataclass(frozen=True, slots=True, eq=False)
class SampleCells:
    """Weighted or grouped samples of one model by cell, for variances.

    Attributes
    ----------
    actual, predicted : (c,) codes.
    weight, square : (c,) sums of the weights, and of their squares.
    unit : (c,) codes of groups; None if samples are not grouped.
    """

    actual: Codes
    predicted: Codes
    weight: NDArray[np.float64]
    square: NDArray[np.float64]
    unit: Codes | None = None


class Discordant(NamedTuple):
    """Sums of the weights, and of their squares, of samples that one model alone has right."""

    first: float
    second: float
    first_square: float
    second_square: float

    @classmethod
    def of(
        cls, cells: Codes, weight: NDArray[np.floating[Any]], square: NDArray[np.floating[Any]]
    ) -> Discordant:
        """Return the sums of cells (m, 3): actual, and predicted by both models."""
        actual, a, b = cells.T
        only = (actual == a) & (actual != b), (actual != a) & (actual == b)
        return cls(*(float(values[which].sum()) for values in (weight, square) for which in only))

    def swap(self) -> Discordant:
        """Return the sums with the models exchanged."""
        return Discordant(self.second, self.first, self.second_square, self.first_square)


@dataclass(frozen=True, eq=False)
class SliceCounts:
    """The counts of the samples of one value of a column, or of one value each of several.

    Attributes
    ----------
    columns, values : ``("region",)`` and ``("north",)``.
    n_samples : the number of samples.
    matrices : (K, K) counts of each model.
    joints : by positions, the joint counts of each two paired models.
    losses : of each model the sums (K, 2) of log losses and of their squares by actual class; None
        without probabilities, and for weighted and grouped samples.
    cells : of weighted or grouped samples, the cells of each model.
    discordant : of weighted or grouped samples, by positions, where each two models differ.
    """

    columns: tuple[str, ...]
    values: tuple[str, ...]
    n_samples: int
    matrices: tuple[NDArray[Any], ...]
    joints: Mapping[tuple[int, int], JointCounts]
    losses: tuple[NDArray[np.float64] | None, ...] = ()
    cells: tuple[SampleCells, ...] = ()
    discordant: Mapping[tuple[int, int], Discordant] = field(default_factory=dict)

    def select(self, positions: Sequence[int]) -> SliceCounts:
        """Return the counts of some of the models, in the order given."""
        joints, discordant = {}, {}
        for (i, a), (j, b) in combinations(enumerate(positions), 2):
            joints[i, j] = self.joints[a, b] if a < b else self.joints[b, a].swap()
            if self.discordant:
                own = self.discordant[min(a, b), max(a, b)]
                discordant[i, j] = own if a < b else own.swap()
        return replace(
            self,
            matrices=tuple(self.matrices[i] for i in positions),
            joints=joints,
            losses=tuple(self.losses[i] for i in positions) if self.losses else (),
            cells=tuple(self.cells[i] for i in positions) if self.cells else (),
            discordant=discordant,
        )


def slices_of_rows(rows: Predictions) -> tuple[SliceCounts, ...]:
    """Return the slices that have samples, in the order of columns and values."""
    losses = [
        None
        if model.probabilities is None or rows.weights is not None or rows.groups is not None
        else sample_losses(rows.actual, model.probabilities)[:, 0]
        for model in rows.models
    ]
    found = []
    for names, values, codes in _crossed(rows.slices, rows.slice_depth):
        order = np.argsort(codes, kind="stable")
        occurring, first = np.unique(codes[order], return_index=True)
        for code, part in zip(occurring, np.split(order, first[1:]), strict=True):
            found.append(_counts(names, values(int(code)), part, rows, losses))
    return tuple(found)


def keyed_codes(
    columns: Mapping[str, SliceValues], depth: int
) -> Iterator[tuple[str, Codes, list[str]]]:
    """Yield for each column, and each two or three crossed, a key, the codes, and their suffixes.

    Key and suffix together are ``slice|[columns]|[values]``, both JSON. They name tables, so that
    tables of batches with different codes for a value can be added.
    """
    for names, values, codes in _crossed(columns, depth):
        size = int(codes.max()) + 1 if len(codes) else 0
        labels = [json.dumps(values(code)) for code in range(size)]
        yield f"{PREFIX}{json.dumps(names)}|", codes, labels


def parsed_key(key: str) -> tuple[tuple[str, ...], tuple[str, ...], str] | None:
    """Return the columns, values and table in the key of a slice; None for another key."""
    if not key.startswith(PREFIX):
        return None
    decoder = json.JSONDecoder()
    columns, end = decoder.raw_decode(key, len(PREFIX))
    values, end = decoder.raw_decode(key, end + 1)
    return tuple(columns), tuple(values), key[end + 1 :]


def loss_sums(codes: Codes, n_codes: int, losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n_codes, 2) whole numbers: losses and their squares, in 1 / `LOSS_UNITS`."""
    whole = np.rint(losses[:, None] ** [1, 2] * LOSS_UNITS)
    return np.stack([np.bincount(codes, column, n_codes) for column in whole.T], axis=1)


def _crossed(
    columns: Mapping[str, SliceValues], depth: int
) -> Iterator[tuple[tuple[str, ...], Callable[[int], tuple[str, ...]], Codes]]:
    """Yield the names, a function from a code to its values, and the codes of each slicing."""
    chosen = [names for size in range(1, depth + 1) for names in combinations(columns, size)]
    widths = {names: math.prod(len(columns[name].values) for name in names) for names in chosen}
    for names in chosen:
        if len(names) > 1 and widths[names] > MOST_CROSSED:
            raise InputError(
                f"Too many slices: {joined(names)} have {widths[names]:,} combinations, the most "
                f"is {MOST_CROSSED:,}. Bin one of them, as in --slice-by age:18,40,65."
            )
    if sum(widths.values()) > MOST_SLICES:
        raise InputError(
            f"Too many slices: {len(columns)} columns have {sum(widths.values()):,} combinations "
            f"up to depth {depth}, the most is {MOST_SLICES:,}. Use fewer columns or a smaller "
            "--slice-depth."
        )
    for names in chosen:
        parts = [columns[name] for name in names]
        shape = tuple(len(part.values) for part in parts)
        codes = parts[0].codes
        for part in parts[1:]:
            codes = codes.astype(np.int64) * len(part.values) + part.codes

        def values(
            code: int,
            parts: Sequence[SliceValues] = parts,
            shape: tuple[int, ...] = shape,
        ) -> tuple[str, ...]:
            places = np.unravel_index(code, shape)
            return tuple(part.values[place] for part, place in zip(parts, places, strict=True))

        yield names, values, codes


def _counts(
    columns: tuple[str, ...],
    values: tuple[str, ...],
    rows: NDArray[np.intp],
    of: Predictions,
    losses: Sequence[NDArray[np.float64] | None],
) -> SliceCounts:
    n_classes = len(of.classes)
    actual = of.actual[rows]
    weights = None if of.weights is None else of.weights[rows]
    predicted = [model.predicted[rows] for model in of.models]
    joints = {
        (i, j): JointCounts.from_codes(actual, predicted[i], predicted[j], n_classes, weights)
        for i, j in combinations(range(len(predicted)), 2)
    }
    units = None if of.groups is None else of.groups[rows]
    return SliceCounts(
        columns,
        values,
        len(rows),
        tuple(matrix_of_codes(actual, codes, n_classes, weights) for codes in predicted),
        joints,
        tuple(
            None if loss is None else loss_sums(actual, n_classes, loss[rows]) / LOSS_UNITS
            for loss in losses
        ),
        ()
        if weights is None and units is None
        else tuple(_sample_cells(actual, codes, weights, units, n_classes) for codes in predicted),
        {}
        if weights is None and units is None
        else {
            (i, j): _discordant(actual, predicted[i], predicted[j], weights)
            for i, j in combinations(range(len(predicted)), 2)
        },
    )


def _discordant(
    actual: Codes, a: Codes, b: Codes, weights: NDArray[np.float64] | None
) -> Discordant:
    weight = np.ones(len(actual)) if weights is None else weights
    return Discordant.of(np.stack([actual, a, b], axis=1), weight, weight**2)


def _sample_cells(
    actual: Codes,
    predicted: Codes,
    weights: NDArray[np.float64] | None,
    units: Codes | None,
    n_classes: int,
) -> SampleCells:
    weight = np.ones(len(actual)) if weights is None else weights
    cell = actual.astype(np.int64) * n_classes + predicted
    if units is not None:
        cell += units.astype(np.int64) * n_classes**2
    keys, place = np.unique(cell, return_inverse=True)
    sums, squares = (np.bincount(place, weight**power, len(keys)) for power in (1.0, 2.0))
    unit, rest = np.divmod(keys, n_classes**2)
    return SampleCells(
        *np.divmod(rest, n_classes),
        weight=sums.astype(np.float64),
        square=squares.astype(np.float64),
        unit=None if units is None else unit,
    )
