"""Confusion counts per slice: per value of a column, and per pair of values of two columns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.counts.joint import JointCounts, matrix_of_codes
from evalkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.predictions import Predictions
    from evalkit.predictions.slices import SliceValues

    Codes = NDArray[np.integer[Any]]

PREFIX = "slice|"
MOST_CROSSED = 10_000
"""The largest number of combinations of values of two columns."""


@dataclass(frozen=True, eq=False)
class SliceCounts:
    """The counts of the samples of one value of a column, or of one value each of two columns.

    Attributes
    ----------
    columns, values : ``("region",)`` and ``("north",)``.
    n_samples : the number of samples.
    matrices : (K, K) counts of each model.
    joints : by positions, the joint counts of each two paired models.
    """

    columns: tuple[str, ...]
    values: tuple[str, ...]
    n_samples: int
    matrices: tuple[NDArray[Any], ...]
    joints: Mapping[tuple[int, int], JointCounts]

    def select(self, positions: Sequence[int]) -> SliceCounts:
        """Return the counts of some of the models, in the order given."""
        joints = {}
        for (i, a), (j, b) in combinations(enumerate(positions), 2):
            joints[i, j] = self.joints[a, b] if a < b else self.joints[b, a].swap()
        matrices = tuple(self.matrices[i] for i in positions)
        return SliceCounts(self.columns, self.values, self.n_samples, matrices, joints)


def slices_of_rows(rows: Predictions) -> tuple[SliceCounts, ...]:
    """Return the slices that have samples, in the order of columns and values."""
    found = []
    for names, values, codes in _crossed(rows.slices):
        order = np.argsort(codes, kind="stable")
        occurring, first = np.unique(codes[order], return_index=True)
        for code, part in zip(occurring, np.split(order, first[1:]), strict=True):
            found.append(_counts(names, values(int(code)), part, rows))
    return tuple(found)


def keyed_codes(columns: Mapping[str, SliceValues]) -> Iterator[tuple[str, Codes, list[str]]]:
    """Yield for each column, and each two crossed, a key, the codes, and a suffix per code.

    Key and suffix together are ``slice|[columns]|[values]``, both JSON. They name tables, so that
    tables of batches with different codes for a value can be added.
    """
    for names, values, codes in _crossed(columns):
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


def _crossed(
    columns: Mapping[str, SliceValues],
) -> Iterator[tuple[tuple[str, ...], Callable[[int], tuple[str, ...]], Codes]]:
    """Yield the names, a function from a code to its values, and the codes of each slicing."""
    for name, one in columns.items():
        yield (name,), lambda code, one=one: (one.values[code],), one.codes  # type: ignore[misc]  # bound
    for (name, one), (second, other) in combinations(columns.items(), 2):
        width = len(other.values)
        if len(one.values) * width > MOST_CROSSED:
            raise InputError(
                f"Too many slices: {name} and {second} have {len(one.values) * width:,} "
                f"combinations, the most is {MOST_CROSSED:,}. Bin one of them, as in "
                "--slice-by age:18,40,65."
            )

        def values(
            code: int, one: SliceValues = one, other: SliceValues = other
        ) -> tuple[str, ...]:
            first, last = divmod(code, len(other.values))
            return one.values[first], other.values[last]

        yield (name, second), values, one.codes.astype(np.int64) * width + other.codes


def _counts(
    columns: tuple[str, ...], values: tuple[str, ...], rows: NDArray[np.intp], of: Predictions
) -> SliceCounts:
    n_classes = len(of.classes)
    actual = of.actual[rows]
    weights = None if of.weights is None else of.weights[rows]
    predicted = [model.predicted[rows] for model in of.models]
    joints = {
        (i, j): JointCounts.from_codes(actual, predicted[i], predicted[j], n_classes, weights)
        for i, j in combinations(range(len(predicted)), 2)
    }
    matrices = tuple(matrix_of_codes(actual, codes, n_classes, weights) for codes in predicted)
    return SliceCounts(columns, values, len(rows), matrices, joints)
