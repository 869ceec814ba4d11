"""The counts of one slice: what all samples of one value of a column came to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.labels import encode, infer_classes
from evalkit.statistics import JointCounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.compare.evaluation import Evaluation, Samples

MISSING = "missing"
BINS = 5
FEW_VALUES = 20
"""Numbers of more distinct values than this are binned."""
MOST_VALUES = 1_000


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


@dataclass(frozen=True, eq=False)
class SliceLabels:
    """A column to slice by: (n,) codes, and the value that each stands for."""

    codes: NDArray[np.integer[Any]]
    values: tuple[str, ...]

    def take(self, rows: NDArray[np.intp]) -> SliceLabels:
        """Return the labels at `rows`, in that order."""
        return SliceLabels(self.codes[rows], self.values)


def slice_spec(text: str) -> tuple[str, tuple[float, ...]]:
    """Return the column and the edges of its bins of ``COLUMN`` or ``COLUMN:EDGE,EDGE``.

    Raises
    ------
    InputError
        If an edge is no number.

    Examples
    --------
    >>> slice_spec("age:18,65"), slice_spec("region")
    (('age', (18.0, 65.0)), ('region', ()))
    """
    name, colon, edges = text.partition(":")
    if not colon:
        return name, ()
    try:
        return name, tuple(sorted({float(edge) for edge in edges.split(",")}))
    except ValueError:
        raise InputError(
            f"a slice is COLUMN or COLUMN:EDGE,EDGE, as in age:18,40,65; got {text!r}"
        ) from None


def slice_labels(
    column: Any, name: str, n_samples: int, edges: Sequence[float] = ()
) -> SliceLabels:
    """Return a column's values as codes; many different numbers are binned at their quintiles.

    Parameters
    ----------
    column : (n,) names or numbers; a missing one is a value of its own.
    name : of the column, for messages.
    n_samples : n.
    edges : of the bins; those of continuous columns if absent.

    Raises
    ------
    InputError
        If lengths differ, or there are more than 1,000 values.

    Examples
    --------
    >>> slice_labels([3, 40, 70], "age", 3, edges=[18, 65]).values
    ('< 18', '18 to < 65', '≥ 65')
    """
    array = np.asarray(column)
    if array.shape != (n_samples,):
        raise InputError(f"a slice column has one value a sample; {name} has {array.shape}")
    if edges or (array.dtype.kind in "iuf" and len(np.unique(array[:100_000])) > FEW_VALUES):
        numbers = array.astype(np.float64)
        edges = tuple(edges) or quantile_edges(numbers)
        codes = np.searchsorted(np.array(edges), numbers, side="right")
        codes[np.isnan(numbers)] = len(edges) + 1
        has_missing = bool(np.isnan(numbers).any())
        return SliceLabels(codes, (*bin_labels(edges), *([MISSING] if has_missing else [])))
    texts = [MISSING if value is None or value != value else str(value) for value in array.tolist()]
    values = infer_classes(texts)
    if len(values) > MOST_VALUES:
        raise InputError(
            f"slices are by at most {MOST_VALUES:,} values; {name} has {len(values):,}: bin it"
        )
    return SliceLabels(encode(texts, values), tuple(values))


def quantile_edges(numbers: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the quintiles of numbers, to three significant digits, each once."""
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return (0.0,)
    inner = np.quantile(known, np.arange(1, BINS) / BINS)
    return tuple(sorted({float(f"{edge:.3g}") for edge in inner}))


def bin_labels(edges: Sequence[float]) -> list[str]:
    """Return the names of bins: below the first edge, from each to the next, from the last on.

    >>> bin_labels([18.0, 65.0])
    ['< 18', '18 to < 65', '≥ 65']
    """
    shown = [f"{edge:g}" for edge in edges]
    between = [f"{low} to < {high}" for low, high in pairwise(shown)]
    return [f"< {shown[0]}", *between, f"≥ {shown[-1]}"]


def counts_of_samples(models: Sequence[Evaluation]) -> tuple[SliceCounts, ...]:
    """Return the slices of models that are paired by samples."""
    samples = [model.samples for model in models]
    held = [each for each in samples if each is not None]
    # Samples are in one order by now, so that any model's columns speak for all.
    slices = {name: labels for each in held[::-1] for name, labels in each.slices.items()}
    if len(held) < len(samples) or not slices:
        return ()
    n_classes = len(models[0].classes)
    return tuple(
        _counts(columns, values, rows, held, n_classes) for columns, values, rows in _slices(slices)
    )


def _slices(
    columns: Mapping[str, SliceLabels],
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
    samples: Sequence[Samples],
    n_classes: int,
) -> SliceCounts:
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
