"""Pieces of files as Arrow batches: only the columns wanted, a block of rows at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.errors import DataError, IncompatibleError
from evalkit.predictions.formats.arrow import METADATA
from evalkit.predictions.slices import FIRST_VALUES
from evalkit.scale.files import CSV, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from evalkit.scale.files import File
    from evalkit.scale.plan import Plan

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
    names = _names(plan, source)
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
    names = _names(plan, source)
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


def _names(plan: Plan, source: int) -> list[str]:
    """Return the columns that hold names, or numbers that are names."""
    own = plan.sources[source]
    found = [own.actual, *(model.predicted for model in own.models if model.predicted)]
    if source == 0:
        found += [each.name for each in plan.slices if not each.edges]
        found += [plan.groups] if plan.groups else []
    return list(dict.fromkeys(found))


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
    numeric = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
    return values.drop_null().to_numpy() if numeric else []
