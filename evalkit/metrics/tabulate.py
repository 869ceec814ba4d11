"""Confusion counts of two columns of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from evalkit.columns import Column
from evalkit.errors import InputError
from evalkit.labels import encode, infer_classes, observed_classes, one_kind
from evalkit.metrics.cells import Cells
from evalkit.metrics.counting import count_wide, count_window

if TYPE_CHECKING:
    from numpy.typing import NDArray

DENSE_CLASSES = 1 << 12
"""Above this many classes only the cells that occur are stored: dense counts exceed 128 MiB."""

Counts: TypeAlias = "NDArray[Any] | Cells"


def tabulate(
    actual: Column,
    predicted: Column,
    classes: tuple[Any, ...] | None,
    weights: NDArray[Any] | None,
) -> tuple[tuple[Any, ...], Counts]:
    """Return the classes and their confusion counts, from one pass over the columns.

    Parameters
    ----------
    actual, predicted : columns of equal length.
    classes : the ordered classes; None for the sorted labels that occur.
    weights : (n,) checked weights, or None.

    Raises
    ------
    InputError
        If the lengths differ.
    LabelError
        If a label is missing, is not among the classes, or names and numbers are mixed.
    """
    check_lengths(actual, predicted)
    one_kind(actual, predicted)
    if len(actual) == 0:
        declared = classes or infer_classes(actual, predicted)
        return declared, empty_counts(len(declared), np.int64)
    counted = count_window(actual.values, predicted.values, weights) or count_wide(
        _codes(actual), _codes(predicted), weights
    )
    if counted is None:
        return _tabulate_far_apart(actual, predicted, classes, weights)
    row_labels = _labels_at(actual, counted.rows_used + counted.low)
    column_labels = _labels_at(predicted, counted.columns_used + counted.low)
    classes = classes or tuple(sorted({*row_labels, *column_labels}))
    position = {label: code for code, label in enumerate(classes)}
    if not position.keys() >= {*row_labels, *column_labels}:
        for column in (actual, predicted):
            encode(column, classes)  # raises an error that names the first undeclared label
    rows = np.asarray([position[label] for label in row_labels], dtype=np.intp)
    columns = np.asarray([position[label] for label in column_labels], dtype=np.intp)
    if len(classes) > DENSE_CLASSES:
        return classes, counted.cells(rows, columns, len(classes))
    return classes, counted.dense(rows, columns, len(classes))


def check_lengths(actual: Column, predicted: Column) -> None:
    """Check that two columns have the same length.

    Raises
    ------
    InputError
        If the lengths differ.
    """
    if len(actual) != len(predicted):
        raise InputError(
            f"Lengths differ: {actual.name} has length {len(actual)}, {predicted.name} has length "
            f"{len(predicted)}."
        )


def empty_counts(n_classes: int, dtype: type[np.int64 | np.float64]) -> Counts:
    """Return zero counts, dense up to `DENSE_CLASSES` classes."""
    if n_classes > DENSE_CLASSES:
        return Cells(np.empty(0, np.int64), np.empty(0, dtype), n_classes)
    return np.zeros((n_classes, n_classes), dtype=dtype)


def _codes(column: Column) -> NDArray[Any]:
    return column.values if column.is_names else column.whole_numbers()


def _labels_at(column: Column, codes: NDArray[np.intp]) -> list[Any]:
    if column.categories is not None:
        return [column.categories[code] for code in codes.tolist()]
    if column.values.dtype.kind == "b":
        return [bool(code) for code in codes.tolist()]
    return list(codes.tolist())


def _tabulate_far_apart(
    actual: Column,
    predicted: Column,
    classes: tuple[Any, ...] | None,
    weights: NDArray[Any] | None,
) -> tuple[tuple[Any, ...], Counts]:
    """Count numbers whose range is too wide for a joint code, by their class positions."""
    classes = classes or observed_classes(actual, predicted)
    _, counts = tabulate(
        Column(encode(actual, classes)),
        Column(encode(predicted, classes)),
        tuple(range(len(classes))),
        weights,
    )
    return classes, counts
