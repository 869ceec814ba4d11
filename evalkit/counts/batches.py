"""Pieces of files as Arrow batches, and their columns as codes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.columns import missing_labels
from evalkit.counts.counting import CodedRows, count_rows, units_of_names
from evalkit.counts.files import CSV, opened
from evalkit.counts.slices import CodedColumn
from evalkit.counts.tables import PartialCounts
from evalkit.errors import DataError, IncompatibleError
from evalkit.labels import code_dtype
from evalkit.predictions.checks import as_data_errors, stack_probabilities, weights_of_file
from evalkit.predictions.classes import plain_numbers, unknown_label
from evalkit.predictions.formats.arrow import METADATA
from evalkit.predictions.formats.csv import unescaped
from evalkit.predictions.slices import FIRST_VALUES, MISSING, require_few_values, value_name
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from evalkit.counts.files import File
    from evalkit.counts.plan import Plan, SliceColumn, SourceColumns

    Codes = NDArray[np.integer[Any]]

MOST_ROWS = 1 << 20
LEAST_ROWS = 1 << 13
BATCH_CELLS = 1 << 23
"""Numbers held at once, whatever the columns."""
CSV_BLOCK = 1 << 23


@dataclass(frozen=True)
class Piece:
    """Rows `start` to `stop` of a file; `stop` is None where it is read to its end."""

    file: File
    start: int = 0
    stop: int | None = None

    def __str__(self) -> str:
        if self.stop is None or (self.start, self.stop) == (0, self.file.rows):
            return self.file.address
        return f"{self.file.address}, rows {self.start:,} to {self.stop:,}"


def file_schema(file: File) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Return the names of a file's columns, and the classes that it declares or None."""
    with opened(file.address) as source:
        if file.format == CSV:
            return tuple(_csv_reader(source, None).schema.names), None
        from pyarrow import parquet

        schema = parquet.ParquetFile(source).schema_arrow
    written = (schema.metadata or {}).get(METADATA)
    plain = json.loads(written) if written else {}
    classes = plain.get("classes") if isinstance(plain, dict) else None
    return tuple(schema.names), tuple(classes) if classes else None


def aligned_batches(
    pieces: Sequence[Sequence[Piece]], plan: Plan
) -> Iterator[tuple[pa.RecordBatch, ...]]:
    """Yield for each source of the plan a batch of the same rows.

    Raises
    ------
    IncompatibleError
        If one source ends before another.
    """
    streams = [_batches(own, plan, i) for i, own in enumerate(pieces)]
    if len(streams) == 1:
        for batch in streams[0]:
            yield (batch,)
        return
    held: list[Any] = [next(stream, None) for stream in streams]
    while all(batch is not None for batch in held):
        rows = min(batch.num_rows for batch in held)
        yield tuple(batch.slice(0, rows) for batch in held)
        for i, batch in enumerate(held):
            held[i] = batch.slice(rows) if batch.num_rows > rows else next(streams[i], None)
    if any(batch is not None for batch in held):
        ended = next(i for i, batch in enumerate(held) if batch is None)
        raise IncompatibleError(
            "models must be evaluated on the same samples; "
            f"{plan.sources[ended].where} ends before the others"
        )


def _batches(pieces: Sequence[Piece], plan: Plan, source: int) -> Iterator[pa.RecordBatch]:
    columns = plan.columns(source)
    for piece in pieces:
        read = _csv_batches if piece.file.format == CSV else _parquet_batches
        yield from (batch for batch in read(piece, columns, plan, source) if batch.num_rows)


def batch_rows(columns: int) -> int:
    """Return how many rows to hold at a time: fewer where there are many columns."""
    return max(LEAST_ROWS, min(MOST_ROWS, BATCH_CELLS // max(1, columns)))


def _parquet_batches(
    piece: Piece, columns: list[str], plan: Plan, source: int
) -> Iterator[pa.RecordBatch]:
    names = plan.names(source)
    with opened(piece.file.address) as opened_file:
        from pyarrow import parquet

        file = parquet.ParquetFile(opened_file, read_dictionary=names, pre_buffer=False)
        _require_columns(file.schema_arrow.names, columns, piece)
        groups, skipped = _groups(piece)
        left = (piece.stop or sum(piece.file.groups)) - piece.start
        for batch in file.iter_batches(
            batch_size=batch_rows(len(columns)),
            row_groups=groups,
            columns=columns,
            use_threads=False,  # partitions are what runs side by side
        ):
            rows = batch.slice(skipped, left)
            skipped = max(0, skipped - batch.num_rows)
            left -= rows.num_rows
            yield rows


def _groups(piece: Piece) -> tuple[list[int], int]:
    """Return the row groups that hold a piece, and the rows of them that come before it."""
    found: list[int] = []
    skipped = begins = 0
    stop = sum(piece.file.groups) if piece.stop is None else piece.stop
    for i, rows in enumerate(piece.file.groups):
        if begins + rows > piece.start and begins < stop:
            if not found:
                skipped = piece.start - begins
            found.append(i)
        begins += rows
    return found, skipped


def _csv_batches(
    piece: Piece, columns: list[str], plan: Plan, source: int
) -> Iterator[pa.RecordBatch]:
    names = plan.names(source)
    with opened(piece.file.address) as file:
        reader = _csv_reader(file, columns, names)
        _require_columns(reader.schema.names, columns, piece)
        for batch in reader:
            size = batch_rows(len(columns))
            for start in range(0, batch.num_rows, size):
                yield batch.slice(start, size)


def _csv_reader(file: Any, columns: list[str] | None, names: Sequence[str] = ()) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    separator = _separator(file)
    # Numbers and names look alike in text, so that labels are read as text: once a dictionary.
    text = pa.dictionary(pa.int32(), pa.string())
    return csv.open_csv(
        file,
        read_options=csv.ReadOptions(block_size=CSV_BLOCK),
        parse_options=csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            include_columns=columns,
            include_missing_columns=False,
            column_types=dict.fromkeys(names, text),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )


def _separator(file: Any) -> str:
    if isinstance(file, str):
        with open(file, "rb") as opened_file:  # noqa: PTH123  an address, not a Path
            head = opened_file.readline(1 << 16)
    else:
        head = file.readline(1 << 16)
        file.seek(0)
    return max(",;\t", key=lambda mark: head.count(mark.encode()))


def _require_columns(there: Sequence[str], wanted: Sequence[str], piece: Piece) -> None:
    missing = [name for name in wanted if name not in there]
    if missing:
        raise DataError(
            f"every file of a data set has the same columns; {piece.file.address} has no column "
            f"{missing[0]}"
        )


def head(file: File, column: str) -> Any:
    """Return the first values of a column, as numbers where it holds numbers."""
    import pyarrow as pa

    with opened(file.address) as source:
        if file.format == CSV:
            batches, read = [], 0
            for batch in _csv_reader(source, [column]):
                batches.append(batch)
                read += batch.num_rows
                if read >= FIRST_VALUES:
                    break
        else:
            from pyarrow import parquet

            batches = [
                next(parquet.ParquetFile(source).iter_batches(FIRST_VALUES, columns=[column]))
            ]
    values = pa.Table.from_batches(batches).column(0).slice(0, FIRST_VALUES)
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return values.drop_null().to_numpy()
    return values.drop_null().to_pylist() if pa.types.is_decimal(kind) else []


SMALL = 256
"""Whole numbers from 0 below this are codes already."""


class Coded(NamedTuple):
    """A column as codes and the names they stand for; None stands for the numbers 0, 1 and on."""

    codes: Codes
    names: list[str] | None
    largest: int


def coded(column: pa.Array, what: str) -> Coded:
    """Return a column of labels as codes into names of its own.

    Raises
    ------
    LabelError
        If a label is missing.
    DataError
        If one is no name and no whole number.
    """
    import pyarrow as pa

    if column.null_count:
        row = int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))
        raise missing_labels(column.null_count, row, what)
    kind = column.type
    if pa.types.is_integer(kind):
        return _of_numbers(column.to_numpy())
    if pa.types.is_boolean(kind):
        values = column.to_numpy(zero_copy_only=False).view(np.uint8)
        return Coded(values, ["False", "True"], 1)
    if pa.types.is_floating(kind):
        numbers = column.to_numpy()
        with np.errstate(invalid="ignore"):
            whole = numbers.astype(np.int64)
        if not (whole == numbers).all():
            wrong = numbers[int(np.argmax(whole != numbers))]
            raise DataError(f"labels are names or whole numbers; {what} holds {shown(wrong)}")
        return _of_numbers(whole)
    if not pa.types.is_dictionary(kind):
        column = column.dictionary_encode()
    names = column.dictionary.to_pylist()
    if names and not isinstance(names[0], str):
        numbers = coded(column.dictionary, what)
        codes = numbers.codes[column.indices.to_numpy(zero_copy_only=False)]
        return Coded(codes, numbers.names, numbers.largest)
    texts = plain_numbers([unescaped(name) for name in names])
    codes = column.indices.to_numpy(zero_copy_only=False)
    if "" in texts:
        empty = codes == texts.index("")
        if empty.any():
            raise missing_labels(int(empty.sum()), int(np.argmax(empty)), what)
    return Coded(codes, texts, len(texts) - 1)


def _of_numbers(numbers: NDArray[Any]) -> Coded:
    lowest, highest = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    if lowest >= 0 and highest < SMALL:
        small = numbers if numbers.itemsize == 1 else numbers.astype(np.uint8)
        return Coded(small.view(np.uint8), None, highest)
    distinct, codes = np.unique(numbers, return_inverse=True)
    return Coded(codes, [str(number) for number in distinct.tolist()], len(distinct) - 1)


def under_one_schema(
    columns: Sequence[Coded], classes: Sequence[str] | None, whats: Sequence[str]
) -> tuple[tuple[str, ...], list[Codes]]:
    """Return the classes of several columns, declared or the union of theirs, and their codes.

    Raises
    ------
    LabelError
        If a label is not among the declared classes.
    """
    largest = max(column.largest for column in columns)
    numbered = all(column.names is None for column in columns)
    if numbered and (
        classes is None
        or (largest < len(classes) and tuple(classes) == tuple(map(str, range(len(classes)))))
    ):
        names = tuple(classes) if classes is not None else tuple(map(str, range(largest + 1)))
        return names, [column.codes for column in columns]
    of_column = [
        list(map(str, range(column.largest + 1))) if column.names is None else column.names
        for column in columns
    ]
    if classes is None:
        union = tuple(dict.fromkeys(name for names in of_column for name in names))
    else:
        union = tuple(classes)
    position = {name: code for code, name in enumerate(union)}
    kind = code_dtype(len(union) + 1)
    found: list[Codes] = []
    for column, own, what in zip(columns, of_column, whats, strict=True):
        table = np.array([position.get(name, len(union)) for name in own], dtype=kind)
        codes: Codes = table[column.codes]
        if (table == len(union)).any() and (codes == len(union)).any():
            row = int(np.argmax(codes == len(union)))
            raise unknown_label(own[int(column.codes[row])], what, row, union)
        found.append(codes)
    return union, found


def count_batch(batches: Sequence[pa.RecordBatch], plan: Plan) -> PartialCounts:
    """Return the counts of the same rows of every source of the plan; raises as `coded_rows`."""
    return count_rows(coded_rows(batches, plan)) if batches[0].num_rows else PartialCounts()


class OrderDiffersError(Exception):
    """Rows of several sources have ids, and not in one order; they are to be joined."""


def coded_rows(batches: Sequence[pa.RecordBatch], plan: Plan) -> CodedRows:
    """Return the same rows of every source as codes.

    Raises
    ------
    DataError
        If a label is missing or undeclared, or weights or probabilities are none.
    IncompatibleError
        If the sources differ in an actual label.
    OrderDiffersError
        If all have ids and the rows are not in one order.
    """
    if plan.matches_ids:
        _require_one_order(batches, plan)
    with as_data_errors():
        classes, actual, predicted, probabilities = _codes(batches, plan)
        weights = _weights(batches, plan)
        units = None
        if plan.groups:
            what = f"a batch of {plan.groups} of {plan.sources[0].where}"
            units = _unit_codes(batches[0].column(plan.groups), what)
    return CodedRows(
        classes,
        actual,
        predicted,
        probabilities,
        weights,
        [_slice_codes(batches[0].column(each.name), each) for each in plan.slices],
        units,
    )


def _slice_codes(column: pa.Array, wanted: SliceColumn) -> CodedColumn:
    import pyarrow as pa

    if wanted.edges:
        numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        codes = np.searchsorted(np.array(wanted.edges), numbers, side="right")
        codes[np.isnan(numbers)] = len(wanted.edges) + 1
        return CodedColumn(wanted.name, codes, [*wanted.labels(), MISSING])
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    names = [value_name(value, is_whole=wanted.is_whole) for value in values]
    require_few_values(len(names), wanted.name)
    distinct = list(dict.fromkeys([*names, MISSING]))
    table = np.array([distinct.index(name) for name in [*names, MISSING]], dtype=np.int64)
    codes = table[encoded.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)]
    return CodedColumn(wanted.name, codes, distinct)


def _unit_codes(groups: pa.Array, what: str) -> NDArray[np.int64]:
    found = coded(groups, what)
    names = list(map(str, range(found.largest + 1))) if found.names is None else found.names
    units: NDArray[np.int64] = units_of_names(names)[found.codes]
    return units


def _codes(
    batches: Sequence[pa.RecordBatch], plan: Plan
) -> tuple[tuple[str, ...], Codes, list[Codes], list[NDArray[Any] | None]]:
    """Return the classes, actual codes, and each model's predicted codes and probabilities."""
    columns, whats = [], []
    for batch, source in zip(batches, plan.sources, strict=True):
        named = [source.actual, *(m.predicted for m in source.models if m.predicted)]
        whats += [f"a batch of {name} of {source.where}" for name in named]
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
            table = _stacked(batch, model.probabilities, classes, source.where)
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
    column = batch.column(source.weight).to_numpy(zero_copy_only=False)
    return weights_of_file(column, f"a batch of {source.weight} of {source.where}")


def _require_one_order(batches: Sequence[pa.RecordBatch], plan: Plan) -> None:
    ids = [batch.column(source.id) for batch, source in zip(batches, plan.sources, strict=True)]
    for other in ids[1:]:
        if not ids[0].equals(other) and ids[0].to_pylist() != other.to_pylist():
            raise OrderDiffersError


def _stacked(
    batch: pa.RecordBatch,
    by_class: Sequence[tuple[str, str]],
    classes: Sequence[str],
    where: str,
) -> NDArray[np.floating[Any]] | None:
    """Return the probabilities (n, K) of a batch, checked, or None where there are none."""
    if not by_class:
        return None
    held = {name: batch.column(name).to_numpy(zero_copy_only=False) for _, name in by_class}
    table: NDArray[np.floating[Any]] = stack_probabilities(held, dict(by_class), classes, where)
    return table
