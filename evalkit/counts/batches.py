"""Batches of rows from files with Arrow, and their columns as codes."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.columns import missing_labels
from evalkit.counts.counting import CodedRows, count_rows, units_of_names
from evalkit.counts.files import CSV, open_text, opened
from evalkit.counts.tables import PartialCounts
from evalkit.errors import DataError, FileFormatError, IncompatibleError
from evalkit.labels import code_dtype
from evalkit.predictions.classes import (
    as_data_errors,
    unknown_labels,
    weights_of_file,
)
from evalkit.predictions.formats.arrow import METADATA
from evalkit.predictions.formats.csv import Layout, layout_of, unescaped
from evalkit.predictions.labels import in_one_form, refuse_measurements
from evalkit.predictions.options import DEFAULT, ReadOptions
from evalkit.predictions.probabilities import Agreement, checked_probabilities, stacked_columns
from evalkit.predictions.slices import (
    FIRST_VALUES,
    MISSING,
    SliceValues,
    require_few_values,
    value_name,
)
from evalkit.reading.source import shown
from evalkit.reading.unpacked import is_unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from evalkit.counts.files import File
    from evalkit.counts.plan import Plan, SliceColumn, Source

    Codes = NDArray[np.integer[Any]]

MOST_ROWS = 1 << 20
LEAST_ROWS = 1 << 13
BATCH_CELLS = 1 << 23
"""A batch has at most this many numbers, down to `LEAST_ROWS` rows."""
CSV_BLOCK = 1 << 23


@dataclass(frozen=True)
class Piece:
    """Rows `start` to `stop` of a file, or to its end."""

    file: File
    start: int = 0
    stop: int | None = None

    def __str__(self) -> str:
        if self.stop is None or (self.start, self.stop) == (0, self.file.rows):
            return self.file.address
        return f"{self.file.address}, rows {self.start:,} to {self.stop:,}"


class FileSchema(NamedTuple):
    """The names of the columns of a file, the classes that it declares or None, and notes."""

    names: tuple[str, ...]
    classes: tuple[str, ...] | None
    notes: tuple[str, ...] = ()


def file_schema(file: File, reading: ReadOptions = DEFAULT) -> FileSchema:
    """Return what is known of a file before a row is read."""
    if file.format == CSV:
        with _csv_reader(file, reading, None) as (reader, layout):
            return FileSchema(tuple(reader.schema.names), None, layout.notes)
    with opened(file.address) as source:
        from pyarrow import parquet

        schema = parquet.ParquetFile(source).schema_arrow
    written = (schema.metadata or {}).get(METADATA)
    plain = json.loads(written) if written else {}
    classes = plain.get("classes") if isinstance(plain, dict) else None
    return FileSchema(tuple(schema.names), tuple(classes) if classes else None)


def aligned_batches(
    pieces: Sequence[Sequence[Piece]], plan: Plan
) -> Iterator[tuple[pa.RecordBatch, ...]]:
    """Yield batches of the same rows, one per source of the plan.

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
            "Models were evaluated on different samples: "
            f"{plan.sources[ended].where} has fewer rows than the others."
        )


def _batches(pieces: Sequence[Piece], plan: Plan, source: int) -> Iterator[pa.RecordBatch]:
    columns = plan.columns(source)
    for piece in pieces:
        read = _csv_batches if piece.file.format == CSV else _parquet_batches
        yield from (batch for batch in read(piece, columns, plan, source) if batch.num_rows)


def batch_rows(columns: int) -> int:
    """Return how many rows of so many columns a batch has."""
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
            use_threads=False,  # partitions run in parallel instead
        ):
            rows = batch.slice(skipped, left)
            skipped = max(0, skipped - batch.num_rows)
            left -= rows.num_rows
            yield rows


def _groups(piece: Piece) -> tuple[list[int], int]:
    """Return the row groups that hold a piece, and how many of their rows come before it."""
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
    names, others = plan.names(source), plan.sources[source].roles.others
    ident = plan.sources[source].roles.id
    texts = [ident] if plan.keeps_ids and ident in columns else []
    with _csv_reader(piece.file, plan.reading, columns, names, texts) as (reader, _):
        _require_columns(reader.schema.names, columns, piece)
        for read in reader:
            batch = _without_quotes(read, [name for name in names if name in others])
            size = batch_rows(len(columns))
            for start in range(0, batch.num_rows, size):
                yield batch.slice(start, size)


def _without_quotes(batch: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    """Return rows of CSV without the quote before a formula in the values of some columns."""
    import pyarrow as pa

    for name in names:
        column = batch.column(name)
        texts = column.dictionary.to_pylist()
        plain = [unescaped(text) for text in texts]
        if plain != texts:
            encoded = pa.DictionaryArray.from_arrays(column.indices, pa.array(plain, pa.string()))
            batch = batch.set_column(batch.schema.get_field_index(name), name, encoded)
    return batch


@contextmanager
def _csv_reader(
    file: File,
    reading: ReadOptions,
    columns: list[str] | None,
    names: Sequence[str] = (),
    texts: Sequence[str] = (),
) -> Iterator[tuple[Any, Layout]]:
    """Yield a reader of batches of a text file, and its layout.

    Parameters
    ----------
    names : columns that hold few different names.
    texts : columns that hold text, most of it different.

    Raises
    ------
    FileFormatError
        If the file is damaged, or has names of rows without a heading.
    """
    import pyarrow as pa
    from pyarrow import csv

    # Labels are read as text: Arrow would read names such as 1 as numbers.
    text = pa.dictionary(pa.int32(), pa.string())
    with open_text(file.address) as source, opened(file.address) as plain:
        layout = layout_of(source, reading)
        if layout.has_row_names:
            raise FileFormatError(
                "Many rows are streamed, which needs a heading for every column: the first column "
                f"of {file.address} has none."
            )
        source.seek(0)
        reader = csv.open_csv(
            pa.PythonFile(source, "r") if is_unpacked(source) else plain,
            read_options=csv.ReadOptions(block_size=CSV_BLOCK, skip_rows=layout.lines),
            parse_options=csv.ParseOptions(delimiter=layout.separator, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                include_columns=columns,
                include_missing_columns=False,
                column_types={**dict.fromkeys(texts, pa.string()), **dict.fromkeys(names, text)},
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
                decimal_point=reading.decimal,
            ),
        )
        if columns is None and len(reader.schema.names) != len(layout.names):
            raise FileFormatError(
                "Many rows are streamed, which needs exactly one separator between cells: "
                f"{file.address} has several blanks."
            )
        yield reader, layout


def _require_columns(there: Sequence[str], wanted: Sequence[str], piece: Piece) -> None:
    missing = [name for name in wanted if name not in there]
    if missing:
        raise DataError(
            "Files of a data set have different columns: "
            f"{piece.file.address} has no column {shown(missing[0])}."
        )


def head(file: File, column: str, reading: ReadOptions = DEFAULT) -> Any:
    """Return the first values of a column of numbers; none of another column."""
    import pyarrow as pa

    values = first_rows(file, [column], reading).column(0).slice(0, FIRST_VALUES)
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return values.drop_null().to_numpy()
    return values.drop_null().to_pylist() if pa.types.is_decimal(kind) else []


def first_rows(file: File, columns: list[str], reading: ReadOptions = DEFAULT) -> pa.Table:
    """Return some columns of the first rows of a file, at least 131,072 if it has as many."""
    import pyarrow as pa

    if file.format == CSV:
        batches, read = [], 0
        with _csv_reader(file, reading, columns) as (reader, _):
            for batch in reader:
                batches.append(batch)
                read += batch.num_rows
                if read >= FIRST_VALUES:
                    break
        return pa.Table.from_batches(batches)
    with opened(file.address) as source:
        from pyarrow import parquet

        parts = parquet.ParquetFile(source).iter_batches(FIRST_VALUES, columns=columns)
        return pa.Table.from_batches([next(parts)])


AGREEMENT = "agreement"
SMALL = 256
"""Whole numbers from 0 to below this are used as codes."""


class Coded(NamedTuple):
    """A column as codes: their names, or None where the names are 0, 1, 2 …, and the largest."""

    codes: Codes
    names: list[str] | None
    largest: int


def coded(column: pa.Array, what: str, reading: ReadOptions = DEFAULT) -> Coded:
    """Return a column of labels as codes into its own names.

    Raises
    ------
    LabelError
        If a label is missing.
    DataError
        If a label is a number that is not whole.
    """
    import pyarrow as pa

    _require_values(column, what)
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
            raise DataError(f"A label is not a whole number: {what} holds {shown(wrong)}.")
        return _of_numbers(whole)
    if not pa.types.is_dictionary(kind):
        column = column.dictionary_encode()
    names = column.dictionary.to_pylist()
    if names and not isinstance(names[0], str):
        numbers = coded(column.dictionary, what)
        codes = numbers.codes[column.indices.to_numpy(zero_copy_only=False)]
        return Coded(codes, numbers.names, numbers.largest)
    texts = [reading.label(unescaped(name)) for name in names]
    codes = column.indices.to_numpy(zero_copy_only=False)
    if "" in texts:
        empty = codes == texts.index("")
        if empty.any():
            raise missing_labels(int(empty.sum()), int(empty.argmax()), what)
    refuse_measurements(texts, what)
    return Coded(codes, texts, len(texts) - 1)


def _require_values(column: pa.Array, what: str) -> None:
    """Raise `LabelError` for null values."""
    if column.null_count:
        missing = column.is_null().to_numpy(zero_copy_only=False)
        raise missing_labels(column.null_count, int(missing.argmax()), what)


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
    """Return the declared classes or the union of those of the columns, and codes into them.

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
            count = int((codes == len(union)).sum())
            raise unknown_labels([own[int(column.codes[row])]], what, row, count, union)
        found.append(codes)
    return union, found


def count_batch(batches: Sequence[pa.RecordBatch], plan: Plan) -> PartialCounts:
    """Return the counts of the same rows of every source; raises as `coded_rows`."""
    if not batches[0].num_rows:
        return PartialCounts()
    rows = coded_rows(batches, plan)
    sums: dict[str, int | float] = {}
    for i, (model, table) in enumerate(zip(plan.models, rows.probabilities, strict=True)):
        if table is not None:
            labels = rows.actual if model.predicted is None else rows.predicted[i]
            found = Agreement.of(labels, table)
            sums |= {f"{AGREEMENT} {i} {name}": n for name, n in found._asdict().items()}
    return count_rows(rows) + PartialCounts(sums=sums)


def agreement_of(counted: PartialCounts, model: int) -> Agreement:
    """Return how labels and probabilities of a model agree in all batches."""
    names = [f"{AGREEMENT} {model} {name}" for name in Agreement._fields]
    return Agreement(*(int(counted.sums.get(name, 0)) for name in names))


class OrderDiffersError(Exception):
    """The ids of two sources are in different orders, so that their rows are to be joined."""


def coded_rows(batches: Sequence[pa.RecordBatch], plan: Plan) -> CodedRows:
    """Return the same rows of every source as codes.

    Raises
    ------
    DataError
        If a label is missing or unknown, or weights or probabilities are wrong.
    IncompatibleError
        If the sources differ in an actual label.
    OrderDiffersError
        If all have ids and the rows are not in one order.
    """
    if plan.matches_ids:
        _require_one_order(batches, plan)
    units = None
    with as_data_errors():
        classes, actual, predicted, probabilities = _codes(batches, plan)
        weights = _weights(batches, plan)
        if plan.groups:
            what = f"a batch of {plan.groups} of {plan.sources[0].where}"
            units = _unit_codes(batches[0].column(plan.groups), what)
    return CodedRows(
        classes,
        actual,
        predicted,
        probabilities,
        weights,
        {each.name: _slice_values(batches[0].column(each.name), each) for each in plan.slices},
        units,
        plan.slice_depth,
    )


def _slice_values(column: pa.Array, wanted: SliceColumn) -> SliceValues:
    import pyarrow as pa

    if wanted.edges:
        numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        codes = np.searchsorted(np.array(wanted.edges), numbers, side="right")
        missing = np.isnan(numbers)
        codes[missing] = len(wanted.edges) + 1
        return SliceValues(codes, (*wanted.labels(), *([MISSING] if missing.any() else [])))
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    names = [value_name(value, is_whole=wanted.is_whole) for value in values]
    require_few_values(len(names), wanted.name)
    distinct = list(dict.fromkeys([*names, MISSING]))
    table = np.array([distinct.index(name) for name in [*names, MISSING]], dtype=np.int64)
    codes = table[encoded.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)]
    return SliceValues(codes, tuple(distinct))


def _unit_codes(groups: pa.Array, what: str) -> NDArray[np.int64]:
    _require_values(groups, what)
    encoded = groups if hasattr(groups, "dictionary") else groups.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    if "" in values and (empty := codes == values.index("")).any():
        raise missing_labels(int(empty.sum()), int(empty.argmax()), what)
    units: NDArray[np.int64] = units_of_names(list(map(value_name, values)))[codes]
    return units


def _codes(
    batches: Sequence[pa.RecordBatch], plan: Plan
) -> tuple[tuple[str, ...], Codes, list[Codes], list[NDArray[Any] | None]]:
    """Return the classes, actual codes, and each model's predicted codes and probabilities."""
    columns, whats = [], []
    for batch, source in zip(batches, plan.sources, strict=True):
        named = [source.roles.y_true, *(m.predicted for m in source.models if m.predicted)]
        whats += [f"a batch of {name} of {source.where}" for name in named]
        columns += [
            coded(batch.column(name), whats[i - len(named)], plan.reading)
            for i, name in enumerate(named)
        ]
    plain = in_one_form([column.names or () for column in columns])
    columns = [
        column if column.names is None else column._replace(names=names)
        for column, names in zip(columns, plain, strict=True)
    ]
    if plan.reading.changes_labels:
        columns = [_numbers_as_labels(column, plan.reading) for column in columns]
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
                "Models were evaluated against different actual labels: a row is "
                f"{classes[int(actual[row])]} in {plan.sources[0].where} and "
                f"{classes[int(own[row])]} in {source.where}."
            )
        for model in source.models:
            held = {
                name: batch.column(name).to_numpy(zero_copy_only=False)
                for name in model.probabilities.values()
            }
            table = (
                checked_probabilities(
                    stacked_columns(held, model.probabilities, classes, source.where),
                    classes,
                    len(batch),
                    source.where,
                )
                if held
                else None
            )
            probabilities.append(table)
            if model.predicted is None:
                assert table is not None
                predicted.append(table.argmax(axis=1).astype(actual.dtype))
            else:
                predicted.append(next(left))
    assert actual is not None
    return classes, actual, predicted, probabilities


def _numbers_as_labels(column: Coded, reading: ReadOptions) -> Coded:
    """Return codes of small numbers with the names that the options for labels give them."""
    if column.names is not None:
        return column
    names = [reading.label(str(number)) for number in range(column.largest + 1)]
    return column._replace(names=names)


def _weights(batches: Sequence[pa.RecordBatch], plan: Plan) -> NDArray[Any] | None:
    first, *others = (
        _source_weights(batch, source) for batch, source in zip(batches, plan.sources, strict=True)
    )
    for other, source in zip(others, plan.sources[1:], strict=True):
        if (first is None) != (other is None) or not np.array_equal(first, other):  # type: ignore[arg-type]  # both or neither is None
            raise IncompatibleError(
                "Models were evaluated with different sample weights: "
                f"{plan.sources[0].where} and {source.where} differ."
            )
    return first


def _source_weights(batch: pa.RecordBatch, source: Source) -> NDArray[Any] | None:
    weight = source.roles.sample_weight
    if weight is None:
        return None
    column = batch.column(weight).to_numpy(zero_copy_only=False)
    return weights_of_file(column, f"a batch of {weight} of {source.where}")


def _require_one_order(batches: Sequence[pa.RecordBatch], plan: Plan) -> None:
    ids = [
        batch.column(source.roles.id) for batch, source in zip(batches, plan.sources, strict=True)
    ]
    for other in ids[1:]:
        if not ids[0].equals(other) and ids[0].to_pylist() != other.to_pylist():
            raise OrderDiffersError
