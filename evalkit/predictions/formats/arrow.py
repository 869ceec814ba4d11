"""Prediction tables as Parquet and as Arrow IPC, which includes Feather."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from evalkit.errors import FileFormatError, MissingExtraError
from evalkit.predictions.formats import Columns, Format, Table, register
from evalkit.reading.source import shown
from evalkit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.predictions.predictions import Predictions
    from evalkit.predictions.roles import Roles
    from evalkit.reading.source import Source

PARQUET, ARROW = "Parquet", "Arrow IPC"
METADATA = b"evalkit"
MAX_ROWS = 50_000_000
_MAX_CELLS_A_BYTE = 1024
_CELLS_ALWAYS_READ = 1 << 20
_STREAM = b"\xff\xff\xff\xff"


def recognises_parquet(source: Source) -> bool:
    """Return whether a file begins as Parquet does."""
    return source.head(4) == b"PAR1"


def recognises_arrow(source: Source) -> bool:
    """Return whether a file begins as an Arrow file or stream does."""
    return source.head(6) == b"ARROW1" or source.head(4) == _STREAM


def open_parquet(source: Source) -> Table:
    """Return the table of a Parquet file; only its footer is read."""
    with _pyarrow(source):
        from pyarrow import parquet

        file = parquet.ParquetFile(source)
        schema = file.schema_arrow
        names = tuple(schema.names)
        rows = file.metadata.num_rows
    _refuse_giants(rows, len(names), source)

    def read(roles: Roles) -> Columns:
        with _pyarrow(source):
            _refuse_nested(schema, source.path)
            return _columns(file.read(), roles)

    return Table(PARQUET, names, read, rows, _metadata(schema, source))


def open_arrow(source: Source) -> Table:
    """Return the table of an Arrow file or stream; only its schema is read."""
    is_stream = source.head(4) == _STREAM
    with _pyarrow(source):
        from pyarrow import ipc

        reader = ipc.open_stream(source) if is_stream else ipc.open_file(source)
        schema = reader.schema
        names = tuple(schema.names)

    def read(roles: Roles) -> Columns:
        with _pyarrow(source):
            _refuse_nested(schema, source.path)
            table = reader.read_all()
            # Offsets and lengths come from the file and are untrusted until checked.
            table.validate(full=True)
            return _columns(table, roles)

    return Table(ARROW, names, read, None, _metadata(schema, source))


def table_in_memory(table: Any, where: str) -> Table:
    """Return a `pyarrow.Table` as an open table; `where` is its name in messages."""

    def read(roles: Roles) -> Columns:
        _refuse_nested(table.schema, where)
        return _columns(table, roles)

    return Table(ARROW, tuple(table.column_names), read, table.num_rows)


@contextmanager
def _pyarrow(source: Source) -> Iterator[None]:
    """Turn pyarrow's errors, and its absence, into evalkit's."""
    try:
        import pyarrow as pa
    except ImportError:
        raise MissingExtraError.for_extra(
            "arrow", f"reading {source.path}", package="pyarrow"
        ) from None
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, TypeError, MemoryError) as error:
        raise FileFormatError(
            f"Damaged Arrow or Parquet file: {source.path}: {shown(error)}"
        ) from error


def _refuse_giants(rows: int, columns: int, source: Source) -> None:
    if rows > MAX_ROWS:
        raise FileFormatError(
            f"Too many rows to read at once: {source.path} has {rows:,}, at most {MAX_ROWS:,}. "
            "Use evalkit.scale.evaluate."
        )
    if rows * columns > _CELLS_ALWAYS_READ + _MAX_CELLS_A_BYTE * source.size:
        raise FileFormatError(
            f"Implausible number of rows: {source.path} declares {rows:,} rows in "
            f"{source.size:,} bytes. Use evalkit.scale.evaluate."
        )


def _refuse_nested(schema: Any, where: object) -> None:
    import pyarrow as pa

    for column in schema:
        if pa.types.is_nested(column.type) or pa.types.is_union(column.type):
            raise FileFormatError(
                f"Nested column: {shown(column.name)} of {where} holds {column.type}. Leave it out."
            )


def _metadata(schema: Any, source: Source) -> dict[str, Any]:
    written = (schema.metadata or {}).get(METADATA)
    if written is None:
        return {}
    try:
        plain = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(
            f"Damaged metadata: that of evalkit in {source.path} is not JSON."
        ) from error
    return plain if isinstance(plain, dict) else {}


def _columns(table: Any, roles: Roles) -> Columns:
    del roles  # every column has a type of its own
    import pyarrow as pa

    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        plain = (
            column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        )
        if pa.types.is_decimal(plain.type):
            plain = plain.cast(pa.float64())
        columns[name] = plain.to_numpy()
    return columns


def _write_parquet(predictions: Predictions, columns: Columns, file: BinaryIO) -> None:
    table = _table(predictions, columns)
    from pyarrow import parquet

    parquet.write_table(table, file, compression="zstd")


def _write_arrow(predictions: Predictions, columns: Columns, file: BinaryIO) -> None:
    table = _table(predictions, columns)
    from pyarrow import feather

    feather.write_feather(table, file, compression="zstd")


def _table(predictions: Predictions, columns: Columns) -> Any:
    try:
        import pyarrow as pa
    except ImportError:
        raise MissingExtraError.for_extra(
            "arrow", "writing Parquet or Arrow", package="pyarrow"
        ) from None
    told = {"generator": f"evalkit {__version__}", "classes": list(map(str, predictions.classes))}
    table = pa.table(columns)
    return table.replace_schema_metadata({METADATA: json.dumps(told, ensure_ascii=False)})


register(Format(recognises_parquet, open_parquet, {".parquet": _write_parquet}))
register(Format(recognises_arrow, open_arrow, {".feather": _write_arrow, ".arrow": _write_arrow}))
