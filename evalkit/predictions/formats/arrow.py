"""Prediction tables as Parquet and as Arrow IPC, which includes Feather."""

from __future__ import annotations

import json
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO

from evalkit.errors import FileFormatError, MissingExtraError
from evalkit.predictions.formats import Columns, Format, Table
from evalkit.reading.arrow_columns import nested_images, numpy_of
from evalkit.reading.arrow_messages import count_messages
from evalkit.reading.parquet_pages import count_pages, open_parquet
from evalkit.reading.source import shown
from evalkit.reading.values import read_json
from evalkit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from evalkit.predictions.options import ReadOptions
    from evalkit.predictions.roles import Roles
    from evalkit.reading.source import Source

METADATA = b"evalkit"
MAX_ROWS = 50_000_000
_SHARED_AT_ONCE = 30_000_000
_STREAM = b"\xff\xff\xff\xff"


def _open_parquet(source: Source, options: ReadOptions) -> Table:
    """Return the table of a Parquet file; only its footer is read."""
    with _arrow_errors(source.path):
        file = open_parquet(source)
        rows = file.metadata.num_rows

        def read_all() -> Any:
            pages = count_pages(source, file.metadata)
            if not pages.largest_shared:
                return file.read()
            # Each string of a page may be as long as the page, because it repeats the one before.
            batches = []
            for batch in file.iter_batches(max(1, _SHARED_AT_ONCE // pages.largest_shared)):
                source.unpack(2 * batch.nbytes)  # buffers of text grow by doubling
                batches.append(batch)
            return _pyarrow("Parquet").Table.from_batches(batches, file.schema_arrow)

        table = _table(
            "Parquet",
            source.path,
            file.schema_arrow,
            read_all,
            rows,
            source.unpack,
            options.shown_images,
        )
    if rows > MAX_ROWS:
        raise FileFormatError(
            f"Too many rows to read at once: {source.path} has {rows:,}, at most {MAX_ROWS:,}. "
            "Use evalkit.scale.evaluate."
        )
    return table


def _open_arrow(source: Source, options: ReadOptions) -> Table:
    """Return the table of an Arrow file or stream; only its schema is read."""
    with _arrow_errors(source.path):
        from pyarrow import ipc

        is_stream = source.head(4) == _STREAM
        count_messages(source)
        reader = ipc.open_stream(source) if is_stream else ipc.open_file(source)
        read_all = reader.read_all
        return _table(
            "Arrow IPC",
            source.path,
            reader.schema,
            read_all,
            None,
            source.unpack,
            options.shown_images,
        )


def table_in_memory(table: Any, where: str) -> Table:
    """Return a `pyarrow.Table` as an open table; `where` is its name in messages."""
    return _table("Arrow", where, table.schema, lambda: table, table.num_rows)


@contextmanager
def _arrow_errors(where: object) -> Iterator[None]:
    """Turn pyarrow's errors, and its absence, into evalkit's."""
    pa = _pyarrow(f"reading {where}")
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, TypeError, MemoryError) as error:
        raise FileFormatError(f"Damaged Arrow or Parquet file: {where}: {shown(error)}") from error


def _pyarrow(purpose: str) -> Any:
    try:
        import pyarrow as pa
    except ImportError:
        raise MissingExtraError.for_extra("arrow", purpose, package="pyarrow") from None
    return pa


def _table(
    name: str,
    where: object,
    schema: Any,
    read_all: Callable[[], Any],
    rows: int | None = None,
    unpack: Callable[[int], None] = lambda _: None,
    images: Collection[str] = (),
) -> Table:
    written = (schema.metadata or {}).get(METADATA, b"{}")
    try:
        metadata = read_json(written)
    except ValueError as error:
        raise FileFormatError(
            f"Damaged metadata: that of evalkit in {where} is not JSON."
        ) from error

    @_arrow_errors(where)
    def read(roles: Roles) -> Columns:
        nested = {each.name for each in schema if _is_nested(each.type)}
        used = next((name for name in schema.names if name in nested & roles.used), None)
        if used is not None:
            raise FileFormatError(
                f"Nested column: {shown(used)} of {where} holds {schema.field(used).type}, not one "
                "value per row."
            )
        table = read_all()
        # Offsets and lengths come from the file and are untrusted until checked.
        table.validate(full=True)
        columns = dict(zip(table.column_names, table.columns, strict=True))
        return {
            name: nested_images(column, f"{shown(name)} of {where}")
            if name in nested
            else numpy_of(column, unpack)
            for name, column in columns.items()
            if name not in nested or name in images
        }

    names = tuple(schema.names)
    return Table(name, names, read, rows, metadata if isinstance(metadata, dict) else {})


def _is_nested(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(types.is_nested(kind) or types.is_union(kind))


def _writer(module: str, function: str) -> Callable[[Columns, Sequence[str], BinaryIO], None]:
    """Return a writer of Arrow tables by a function of pyarrow."""

    def write(columns: Columns, classes: Sequence[str], file: BinaryIO) -> None:
        table = _pyarrow("writing Parquet or Arrow").table(columns)
        told = {"generator": f"evalkit {__version__}", "classes": list(classes)}
        metadata = {METADATA: json.dumps(told, ensure_ascii=False)}
        write_table = getattr(import_module(f"pyarrow.{module}"), function)
        write_table(table.replace_schema_metadata(metadata), file, compression="zstd")

    return write


FORMATS = (
    Format(
        recognises=lambda source: source.head(4) == b"PAR1",
        open=_open_parquet,
        write=_writer("parquet", "write_table"),
        suffixes=(".parquet",),
    ),
    Format(
        recognises=lambda source: source.head(6) == b"ARROW1" or source.head(4) == _STREAM,
        open=_open_arrow,
        write=_writer("feather", "write_feather"),
        suffixes=(".feather", ".arrow"),
    ),
)
