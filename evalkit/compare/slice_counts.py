"""Confusion counts per slice."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.statistics import JointCounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.predictions import Predictions, SliceValues


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


def counts_of_samples(predictions: Sequence[Predictions]) -> tuple[SliceCounts, ...]:
    """Return the counts of each slice of models that are paired by samples, each in one order."""
    # Any model's columns are those of all, since the samples are the same.
    slices = {name: values for each in predictions[::-1] for name, values in each.slices.items()}
    return tuple(
        _counts(columns, values, rows, predictions) for columns, values, rows in _slices(slices)
    )


def _slices(
    columns: Mapping[str, SliceValues],
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], NDArray[np.intp]]]:
    """Yield columns, values and rows of each slice that has rows: each column, then two by two."""
    for name, labels in columns.items():
        for code, value in enumerate(labels.values):
            rows = np.flatnonzero(labels.codes == code)
            if len(rows):
                yield (name,), (value,), rows
    for (one, ours), (other, theirs) in combinations(columns.items(), 2):
        joint = ours.codes.astype(np.int64) * len(theirs.values) + theirs.codes
        for code in np.unique(joint):
            first, second = divmod(int(code), len(theirs.values))
            values = ours.values[first], theirs.values[second]
            yield (one, other), values, np.flatnonzero(joint == code)


def _counts(
    columns: tuple[str, ...],
    values: tuple[str, ...],
    rows: NDArray[np.intp],
    samples: Sequence[Predictions],
) -> SliceCounts:
    n_classes = len(samples[0].classes)
    actual = samples[0].actual[rows]
    weights = None if samples[0].weights is None else samples[0].weights[rows]
    predicted = [each.predicted[rows] for each in samples]
    joints = {
        (i, j): JointCounts.from_codes(actual, predicted[i], predicted[j], n_classes, weights)
        for i, j in combinations(range(len(samples)), 2)
    }
    matrices = []
    for codes in predicted:
        keys = actual.astype(np.int64) * n_classes + codes
        counted = np.bincount(keys, weights, n_classes**2)
        matrices.append(counted.reshape(n_classes, n_classes))
    return SliceCounts(columns, values, len(rows), tuple(matrices), joints)
