"""Confusion counts per slice: of each value of a column, and of each pair of values of two."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.counts.joint import JointCounts
from evalkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.predictions import Predictions

    Codes = NDArray[np.integer[Any]]

PREFIX = "slice|"
MOST_CROSSED = 10_000
"""The most combinations of values of two columns."""


@dataclass(frozen=True, eq=False)
class SliceCounts:
    """The samples of one value of a column, or of one value each of two columns.

    Attributes
    ----------
    columns, values : ``("region",)`` and ``("north",)``.
    n_samples : how many there are.
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


class CodedColumn(NamedTuple):
    """A column to slice by: codes, and the values that they stand for."""

    name: str
    codes: Codes
    values: Sequence[str]


def slices_of_rows(rows: Predictions) -> tuple[SliceCounts, ...]:
    """Return the slices that have samples, in the order of columns and values."""
    columns = [CodedColumn(name, each.codes, each.values) for name, each in rows.slices.items()]
    found: list[SliceCounts] = []
    for names, values, codes in _crossed(columns):
        found += [
            _counts(names, values(int(code)), np.flatnonzero(codes == code), rows)
            for code in np.unique(codes)
        ]
    return tuple(found)


def keyed_codes(columns: Sequence[CodedColumn]) -> Iterator[tuple[str, Codes, list[str]]]:
    """Yield for each column, and each two crossed, a key, codes, and what completes the key.

    Key and completion together are ``slice|[columns]|[values]``, both JSON: names of tables that
    merge whatever codes a batch gives to its values.
    """
    for names, values, codes in _crossed(columns):
        size = int(codes.max()) + 1 if len(codes) else 0
        labels = [json.dumps(values(code)) for code in range(size)]
        yield f"{PREFIX}{json.dumps(names)}|", codes, labels


def parsed_key(key: str) -> tuple[tuple[str, ...], tuple[str, ...], str] | None:
    """Return the columns, the values and the table of a slice's key; None of another key."""
    if not key.startswith(PREFIX):
        return None
    decoder = json.JSONDecoder()
    columns, end = decoder.raw_decode(key, len(PREFIX))
    values, end = decoder.raw_decode(key, end + 1)
    return tuple(columns), tuple(values), key[end + 1 :]


def _crossed(columns: Sequence[CodedColumn]) -> Iterator[tuple[tuple[str, ...], Any, Codes]]:
    """Yield names, a function from a code to its values, and codes: of each column, then of two."""
    for one in columns:
        yield (one.name,), lambda code, one=one: (one.values[code],), one.codes
    for one, other in combinations(columns, 2):
        width = len(other.values)
        if len(one.values) * width > MOST_CROSSED:
            raise InputError(
                f"Too many slices: {one.name} and {other.name} have {len(one.values) * width:,} "
                f"combinations, the most is {MOST_CROSSED:,}. Bin one of them, as in "
                "--slice-by age:18,40,65."
            )
        codes = one.codes.astype(np.int64) * width + other.codes

        def values(code: int, one: CodedColumn = one, other: CodedColumn = other) -> Any:
            first, second = divmod(code, len(other.values))
            return one.values[first], other.values[second]

        yield (one.name, other.name), values, codes


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
    matrices = []
    for codes in predicted:
        keys = actual.astype(np.int64) * n_classes + codes
        counted = np.bincount(keys, weights, n_classes**2)
        matrices.append(counted.reshape(n_classes, n_classes))
    return SliceCounts(columns, values, len(rows), tuple(matrices), joints)
