"""Count rows: one function for rows in memory, in Arrow batches and on Dask."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.counts.probability import probability_sums, sample_losses
from evalkit.counts.slices import keyed_codes, loss_sums
from evalkit.counts.sums import UNITS
from evalkit.counts.tables import PartialCounts, Table
from evalkit.errors import InputError
from evalkit.metrics.weights import summed_weights
from evalkit.metrics.window import BLOCK, count_bytes
from evalkit.predictions.slices import DEPTH, SliceValues

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.predictions import Predictions

    Codes = NDArray[np.integer[Any]]

DENSE_BITS = 20
"""Joint codes of up to this many bits are counted in a dense table, longer ones by sorting."""
MOST_BITS = 62
MOST_PATTERNS = 20
"""Patterns of correct models are counted for up to this many models, for Cochran's Q."""
ROWS_AT_ONCE = 1 << 20


@dataclass(frozen=True, eq=False)
class CodedRows:
    """Rows as codes.

    Attributes
    ----------
    classes : the names of the class codes.
    actual : (n,) codes.
    predicted, probabilities : for each model (n,) codes, and (n, K) or None.
    weights : (n,) or None.
    slices : columns to slice by.
    units : (n,) the unit of each row, or None where rows are not grouped.
    slice_depth : the largest number of columns that are crossed.
    """

    classes: tuple[str, ...]
    actual: Codes
    predicted: Sequence[Codes]
    probabilities: Sequence[NDArray[Any] | None]
    weights: NDArray[Any] | None = None
    slices: Mapping[str, SliceValues] = field(default_factory=dict)
    units: NDArray[np.int64] | None = None
    slice_depth: int = DEPTH


def count_rows(rows: CodedRows) -> PartialCounts:
    """Return the counts of some rows."""
    n_models, n_classes = len(rows.predicted), len(rows.classes)
    sizes = [n_classes] * (1 + n_models)
    columns = [rows.actual, *rows.predicted]
    weights = rows.weights
    tables = dict(_joint_tables(columns, sizes, weights))
    if 3 <= n_models <= MOST_PATTERNS:
        pattern = np.zeros(len(rows.actual), np.int64)
        for i, codes in enumerate(rows.predicted):
            pattern |= (codes == rows.actual).astype(np.int64) << i
        tables["right"] = count_cells("p", [pattern], [1 << n_models])
    for key, codes, labels in keyed_codes(rows.slices, rows.slice_depth):
        for name, table in _slice_tables(rows, columns, sizes, codes, len(labels)):
            starts = np.searchsorted(table.cells[:, 0], np.arange(len(labels) + 1))
            for i, label in enumerate(labels):
                part = slice(starts[i], starts[i + 1])
                if starts[i] < starts[i + 1]:
                    tables[f"{key}{label}|{name}"] = Table(
                        table.axes[1:], table.cells[part, 1:], table.values[part]
                    )
    if rows.units is not None:
        tables |= _unit_tables(rows, rows.units)
    sums: dict[str, int | float] = {}
    if any(each is not None for each in rows.probabilities):
        scores, sums = probability_sums(rows.actual, rows.predicted, rows.probabilities, weights)
        tables |= scores
    return PartialCounts(rows.classes, len(rows.actual), tables, sums)


def count_predictions(predictions: Predictions) -> PartialCounts:
    """Return the counts of predictions in memory, equal to those of a file of them."""
    units = None
    if predictions.groups is not None:
        units = units_of_names(predictions.group_names)[predictions.groups]
    total = PartialCounts()
    for start in range(0, len(predictions), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        total += count_rows(
            CodedRows(
                classes=tuple(map(str, predictions.classes)),
                actual=predictions.actual[part],
                predicted=[model.predicted[part] for model in predictions.models],
                probabilities=[
                    None if model.probabilities is None else model.probabilities[part]
                    for model in predictions.models
                ],
                weights=None if predictions.weights is None else predictions.weights[part],
                slices={
                    name: SliceValues(each.codes[part], each.values)
                    for name, each in predictions.slices.items()
                },
                units=None if units is None else units[part],
                slice_depth=predictions.slice_depth,
            )
        )
    return total


def _slice_tables(
    rows: CodedRows, columns: Sequence[Codes], sizes: Sequence[int], codes: Codes, n_codes: int
) -> Iterator[tuple[str, Table]]:
    """Yield the tables of all slices of one column, or of several crossed, by code and cell."""
    weights, n_classes = rows.weights, len(rows.classes)
    yield from _joint_tables(columns, sizes, weights, codes, n_codes)
    if rows.units is not None:
        for i, predicted in enumerate(rows.predicted):
            cells = [codes, rows.units, rows.actual, predicted]
            lengths = [n_codes, UNITS, n_classes, n_classes]
            yield f"unit cells {i}", count_cells("ppcc", cells, lengths, weights)
    elif weights is None:
        for i, probabilities in enumerate(rows.probabilities):
            if probabilities is None:
                continue
            losses = sample_losses(rows.actual, probabilities)[:, 0]
            cells, place = np.unique(
                codes.astype(np.int64) * n_classes + rows.actual, return_inverse=True
            )
            sums = loss_sums(place, len(cells), losses).astype(np.int64)
            yield (
                f"losses {i}",
                Table("pc", np.stack(np.divmod(cells, n_classes), axis=1), sums),
            )


def units_of_names(names: Sequence[str]) -> NDArray[np.int64]:
    """Return the unit of each group: a hash of its name, the same in every partition."""
    import pandas as pd

    hashes = pd.util.hash_array(np.array(names, dtype=object), categorize=False)
    units: NDArray[np.int64] = (hashes % UNITS).astype(np.int64)
    return units


def _unit_tables(rows: CodedRows, units: NDArray[np.int64]) -> dict[str, Table]:
    sizes, weights = [UNITS, len(rows.classes)], rows.weights
    tables = {"unit actual": count_cells("pc", [units, rows.actual], sizes, weights)}
    for i, codes in enumerate(rows.predicted):
        tables[f"unit predicted {i}"] = count_cells("pc", [units, codes], sizes, weights)
        right = codes == rows.actual
        tables[f"unit right {i}"] = count_cells(
            "pc",
            [units[right], rows.actual[right]],
            sizes,
            None if weights is None else weights[right],
        )
    return tables


def count_cells(
    axes: str,
    columns: Sequence[Codes],
    sizes: Sequence[int],
    weights: NDArray[Any] | None = None,
) -> Table:
    """Return the samples of each combination of codes, and with weights Σw and Σw².

    Parameters
    ----------
    axes : the kind of each column.
    columns : (n,) codes.
    sizes : the number of codes of each column.
    weights : (n,) or None.

    Raises
    ------
    InputError
        If a combination does not fit in 64 bits.
    """
    bits = [max(1, (size - 1).bit_length()) for size in sizes]
    if sum(bits) > MOST_BITS:
        raise InputError(
            f"Too many cells: {' × '.join(map(str, sizes))} codes do not fit in 64 bits."
        )
    if sum(bits) > DENSE_BITS:
        return _sorted_cells(axes, columns, bits, weights)
    counts = np.zeros(1 << sum(bits), dtype=np.int64)
    sums = []
    if weights is not None:
        kind = np.float64 if weights.dtype.kind == "f" else np.int64
        sums = [np.zeros(len(counts), kind), np.zeros(len(counts), kind)]
    for codes, block in _joint_codes(columns, bits):
        if codes.dtype == np.uint8:
            counts += count_bytes(codes.view(np.uint8))[: len(counts)]
        else:
            counts += np.bincount(codes, minlength=len(counts))
        for power, table in enumerate(sums, 1):
            assert weights is not None
            table += summed_weights(codes, weights[block] ** power, len(counts))
    keys = np.flatnonzero(counts)
    values = np.stack([counts[keys], *(table[keys] for table in sums)], axis=1)
    return Table(axes, _cells(keys, bits), values)


def _sorted_cells(
    axes: str, columns: Sequence[Codes], bits: Sequence[int], weights: NDArray[Any] | None
) -> Table:
    parts = [codes for codes, _ in _joint_codes(columns, bits)]
    codes = np.concatenate(parts) if parts else np.empty(0, np.int64)
    if weights is None:
        keys, counts = np.unique(codes, return_counts=True)
        return Table(axes, _cells(keys, bits), counts[:, None])
    keys, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
    sums = [summed_weights(place, weights**power, len(keys)) for power in (1, 2)]
    return Table(axes, _cells(keys, bits), np.stack([counts, *sums], axis=1))


def _joint_codes(columns: Sequence[Codes], bits: Sequence[int]) -> Iterator[tuple[Codes, slice]]:
    """Yield the joint codes of blocks of rows that fit in the cache, in the narrowest type."""
    kind = np.dtype(f"u{next(w for w in (1, 2, 4, 8) if sum(bits) <= 8 * w)}")
    # Bytes are counted two at a time in a longer table, so that blocks are longer too.
    length = 8 * BLOCK if kind == np.uint8 else BLOCK
    for start in range(0, len(columns[0]), length):
        block = slice(start, start + length)
        codes = columns[0][block].astype(kind)
        for column, shift in zip(columns[1:], bits[1:], strict=True):
            # NumPy multiplies many bytes at a time, but shifts them one by one.
            codes *= kind.type(1 << shift)
            np.bitwise_or(codes, column[block], out=codes, dtype=kind, casting="unsafe")
        yield codes if kind.itemsize < 8 else codes.view(np.int64), block


def _cells(keys: NDArray[Any], bits: Sequence[int]) -> NDArray[np.int64]:
    rest = keys.astype(np.int64)
    columns = []
    for width in reversed(bits):
        columns.append(rest & ((1 << width) - 1))
        rest = rest >> width
    return np.stack(columns[::-1], axis=1)


def _joint_tables(
    columns: Sequence[Codes],
    sizes: Sequence[int],
    weights: NDArray[Any] | None,
    leading: Codes | None = None,
    n_leading: int = 0,
) -> Iterator[tuple[str, Table]]:
    """Yield the name and the table of one model, or of each two models."""
    first = [] if leading is None else [leading]
    lengths = [] if leading is None else [n_leading]
    axes = "p" * len(first)
    if len(columns) == 2:
        yield "model", count_cells(axes + "cc", [*first, *columns], [*lengths, *sizes], weights)
        return
    for i, j in combinations(range(len(columns) - 1), 2):
        three = [*first, columns[0], columns[1 + i], columns[1 + j]]
        yield (
            f"joint {i} {j}",
            count_cells(axes + "ccc", three, [*lengths, *sizes[:3]], weights),
        )
