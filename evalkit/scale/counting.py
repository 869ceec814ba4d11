"""One batch of rows to counts: the same function for every engine."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import DataError, IncompatibleError, InputError
from evalkit.metrics.weights import summed_weights
from evalkit.metrics.window import BLOCK, count_bytes
from evalkit.scale.labels import coded, under_one_schema
from evalkit.scale.partial import PartialCounts
from evalkit.scale.probability import probability_counts, stacked
from evalkit.scale.slicing import slice_codes
from evalkit.scale.table import Table
from evalkit.scale.units import unit_codes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from evalkit.scale.plan import Plan, SourceColumns

    Codes = NDArray[np.integer[Any]]

DENSE_BITS = 20
"""Joint codes of up to so many bits are counted in a table; longer ones by sorting."""
MOST_BITS = 62
MOST_PATTERNS = 20
"""Up to so many models the patterns of who is right are counted, for Cochran's Q."""


class OrderDiffersError(Exception):
    """Rows of several sources have ids, and not in one order; they are to be joined."""


def count_batch(batches: Sequence[pa.RecordBatch], plan: Plan) -> PartialCounts:
    """Return the counts of some rows.

    Parameters
    ----------
    batches : for each source of the plan, the same rows.
    plan : what to count.

    Raises
    ------
    DataError
        If a label is missing or undeclared, or weights or probabilities are none.
    IncompatibleError
        If the sources differ in an actual label.
    OrderDiffersError
        If both have ids and the rows are not in one order.
    """
    if not batches[0].num_rows:
        return PartialCounts()
    if plan.matches_ids:
        _require_one_order(batches, plan)
    classes, actual, predicted, probabilities = _codes(batches, plan)
    weights = _weights(batches, plan)
    n_models = len(predicted)
    sizes = [len(classes)] * (1 + n_models)
    columns = [actual, *predicted]
    tables = dict(_joint_tables(columns, sizes, weights))
    if 3 <= n_models <= MOST_PATTERNS:
        pattern = np.zeros(len(actual), np.int64)
        for i, codes in enumerate(predicted):
            pattern |= (codes == actual).astype(np.int64) << i
        tables["right"] = count_cells("p", [pattern], [1 << n_models])
    for key, codes, labels in slice_codes(batches[0], plan.slices):
        for name, table in _joint_tables(columns, sizes, weights, codes, len(labels)):
            starts = np.searchsorted(table.cells[:, 0], np.arange(len(labels) + 1))
            for i, label in enumerate(labels):
                rows = slice(starts[i], starts[i + 1])
                if starts[i] < starts[i + 1]:
                    tables[f"{key}{label}|{name}"] = Table(
                        table.axes[1:], table.cells[rows, 1:], table.values[rows]
                    )
    if plan.groups:
        units, n_units = unit_codes(batches[0].column(plan.groups))
        tables["unit actual"] = count_cells("pc", [units, actual], [n_units, sizes[0]], weights)
        for i, codes in enumerate(predicted):
            tables[f"unit predicted {i}"] = count_cells(
                "pc", [units, codes], [n_units, sizes[0]], weights
            )
            right = codes == actual
            tables[f"unit right {i}"] = count_cells(
                "pc",
                [units[right], actual[right]],
                [n_units, sizes[0]],
                None if weights is None else weights[right],
            )
    sums: dict[str, int | float] = {}
    if any(each is not None for each in probabilities):
        scores, sums = probability_counts(actual, predicted, probabilities, weights)
        tables |= scores
    return PartialCounts(classes, len(actual), tables, sums)


def count_cells(
    axes: str,
    columns: Sequence[Codes],
    sizes: Sequence[int],
    weights: NDArray[Any] | None = None,
) -> Table:
    """Return how often each combination of codes occurs: samples, and with weights Σw and Σw².

    Parameters
    ----------
    axes : the kind of each column.
    columns : (n,) codes.
    sizes : the number of codes of each column.
    weights : (n,) or None.

    Raises
    ------
    InputError
        If the combinations do not fit one 64-bit code.
    """
    bits = [max(1, (size - 1).bit_length()) for size in sizes]
    if sum(bits) > MOST_BITS:
        raise InputError(
            f"cells are counted by one 64-bit code; {' × '.join(map(str, sizes))} do not fit"
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
    """Yield the joint codes of blocks of rows that stay in cache, as narrow as they fit."""
    kind = np.dtype(f"u{next(w for w in (1, 2, 4, 8) if sum(bits) <= 8 * w)}")
    # Bytes are counted two at a time in a longer table, which more rows must pay for.
    length = 8 * BLOCK if kind == np.uint8 else BLOCK
    for start in range(0, len(columns[0]), length):
        block = slice(start, start + length)
        codes = columns[0][block].astype(kind)
        for column, shift in zip(columns[1:], bits[1:], strict=True):
            # Bytes are multiplied many at a time, but shifted one by one.
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
    """Yield the counts of one model, or of every two, each with its name."""
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


def _codes(
    batches: Sequence[pa.RecordBatch], plan: Plan
) -> tuple[tuple[str, ...], Codes, list[Codes], list[NDArray[Any] | None]]:
    """Return the classes, actual codes, and each model's predicted codes and probabilities."""
    columns, whats = [], []
    for batch, source in zip(batches, plan.sources, strict=True):
        named = [source.actual, *(m.predicted for m in source.models if m.predicted)]
        whats += [f"{name} of {source.where}" for name in named]
        columns += [
            coded(batch.column(name), whats[i - len(named)]) for i, name in enumerate(named)
        ]
    classes, codes = under_one_schema(columns, plan.classes, whats)
    left = iter(codes)
    actual: Codes | None = None
    predicted: list[Codes] = []
    probabilities: list[NDArray[Any] | None] = []
    for batch, source in zip(batches, plan.sources, strict=True):
        own = next(left)
        if actual is None:
            actual = own
        elif not np.array_equal(actual, own):
            row = int(np.argmax(actual != own))
            raise IncompatibleError(
                "models must be evaluated against the same actual labels; a row is "
                f"{classes[int(actual[row])]} in {plan.sources[0].where} and "
                f"{classes[int(own[row])]} in {source.where}"
            )
        for model in source.models:
            table = stacked(batch, model.probabilities, classes, source.where)
            probabilities.append(table)
            if model.predicted is None:
                assert table is not None
                predicted.append(table.argmax(axis=1).astype(actual.dtype))
            else:
                predicted.append(next(left))
    assert actual is not None
    return classes, actual, predicted, probabilities


def _weights(batches: Sequence[pa.RecordBatch], plan: Plan) -> NDArray[Any] | None:
    found = [
        _source_weights(batch, source) for batch, source in zip(batches, plan.sources, strict=True)
    ]
    first = found[0]
    for other, source in zip(found[1:], plan.sources[1:], strict=True):
        if (first is None) != (other is None) or not np.array_equal(first, other):  # type: ignore[arg-type]  # both or neither is None
            raise IncompatibleError(
                "models must be evaluated with the same sample weights; "
                f"{plan.sources[0].where} and {source.where} differ"
            )
    return first


def _source_weights(batch: pa.RecordBatch, source: SourceColumns) -> NDArray[Any] | None:
    if source.weight is None:
        return None
    weights: NDArray[Any] = batch.column(source.weight).to_numpy(zero_copy_only=False)
    if weights.dtype.kind not in "iuf" or not (np.isfinite(weights) & (weights >= 0)).all():
        raise DataError(
            f"weights must be finite numbers of zero or more; {source.weight} of {source.where} "
            "holds others"
        )
    return weights.astype(np.float64 if weights.dtype.kind == "f" else np.int64)


def _require_one_order(batches: Sequence[pa.RecordBatch], plan: Plan) -> None:
    ids = [batch.column(source.id) for batch, source in zip(batches, plan.sources, strict=True)]
    for other in ids[1:]:
        if not ids[0].equals(other) and ids[0].to_pylist() != other.to_pylist():
            raise OrderDiffersError
