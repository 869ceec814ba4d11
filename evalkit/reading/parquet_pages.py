"""Add up what the pages of a Parquet file unpack to, before any page is decompressed.

The sizes in the footer are not used: nothing compares them with the pages. The header of each page
is a struct in Thrift's compact protocol, and pyarrow allocates what it declares.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.errors import FileFormatError
from evalkit.reading.arrow_messages import check_schema

if TYPE_CHECKING:
    from evalkit.reading.source import Source

MAX_PAGES = 100_000
MAX_FOOTER = 1 << 24
_CELL = 8
_HEAD = 256
_MAX_HEAD = 1 << 20
_DELTA_BYTE_ARRAY = 7
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
_UNCOMPRESSED, _COMPRESSED, _DATA, _DATA_V2 = 2, 3, 5, 8
_ENCODING = {_DATA: 2, _DATA_V2: 4}
_MAX_NESTING = 16
_SCHEMA = b"ARROW:schema"
_WITHOUT_DICTIONARY = {"DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"}


@dataclass(frozen=True)
class Pages:
    """The pages of a file: their total size, and the largest with strings that share prefixes."""

    unpacked: int
    largest_shared: int


def open_parquet(source: Source) -> Any:
    """Return a `pyarrow.parquet.ParquetFile` with columns of text as dictionaries.

    A dictionary of one long text needs one copy of it, however many rows refer to it.

    Raises
    ------
    FileFormatError
        If the footer has more than 16 megabytes, or too many columns.
    """
    from pyarrow import parquet

    source.seek(max(0, source.size - 8))
    length = int.from_bytes(source.read(4), "little")
    if MAX_FOOTER < length <= source.size:
        raise FileFormatError(
            f"Too many columns or row groups: the footer of {source.path} has {length:,} bytes, "
            f"at most {MAX_FOOTER:,}."
        )
    source.seek(0)
    metadata = parquet.read_metadata(source)
    encoded = (metadata.metadata or {}).get(_SCHEMA)
    if encoded is not None:
        # The message follows its length, as in a stream.
        check_schema(base64.b64decode(encoded)[8:], source.path)
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    texts = []
    for j in range(metadata.num_columns):
        column = metadata.schema.column(j)
        # pyarrow cannot make dictionaries of strings that are stored as differences.
        encodings = {name for group in groups for name in group.column(j).encodings}
        if column.physical_type == "BYTE_ARRAY" and not encodings & _WITHOUT_DICTIONARY:
            texts.append(column.path)
    return parquet.ParquetFile(source, metadata=metadata, read_dictionary=texts)


def count_pages(source: Source, metadata: Any) -> Pages:
    """Return the sizes of all pages, and count them and the cells against the budget.

    Raises
    ------
    FileFormatError
        If they exceed the budget, there are more than `MAX_PAGES`, or a header is malformed.
    """
    rows = max(
        metadata.num_rows,
        sum(metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)),
    )
    # Dictionaries and run lengths store any number of cells in a few bytes.
    source.unpack(_CELL * rows * metadata.num_columns)
    count = unpacked = shared = 0
    for i in range(metadata.num_row_groups):
        group = metadata.row_group(i)
        # The place of a column without rows may be zero.
        for j in range(group.num_columns if group.num_rows else 0):
            chunk = group.column(j)
            at = chunk.data_page_offset
            if chunk.has_dictionary_page and chunk.dictionary_page_offset:
                at = min(at, chunk.dictionary_page_offset)
            end = at + chunk.total_compressed_size
            if not 0 <= at <= end <= source.size:
                raise FileFormatError(f"Damaged Parquet file: {source.path}: a column is cut off.")
            while at < end:
                count += 1
                if count > MAX_PAGES:
                    raise FileFormatError(
                        f"Too many pages: {source.path} has more than {MAX_PAGES:,}. Write it "
                        "with larger pages."
                    )
                at, size, is_shared = _page(source, at)
                unpacked += size
                shared = max(shared, size if is_shared else 0)
    source.unpack(unpacked)
    source.seek(0)
    return Pages(unpacked, shared)


def _page(source: Source, at: int) -> tuple[int, int, bool]:
    """Return where the next page begins, the unpacked size, and whether strings share prefixes."""
    length = _HEAD
    while True:
        source.seek(at)
        head = source.read(length)
        try:
            fields, after = _struct(head, 0)
            break
        except IndexError:
            # Statistics in the header may be long.
            if length > _MAX_HEAD or len(head) < length:
                raise _damaged(source) from None
            length *= 16
        except ValueError:
            raise _damaged(source) from None
    unpacked, packed = fields.get(_UNCOMPRESSED, -1), fields.get(_COMPRESSED, -1)
    if not (type(unpacked) is int and type(packed) is int and unpacked >= 0 <= packed):
        raise _damaged(source)
    is_shared = any(
        isinstance(fields.get(kind), dict) and fields[kind].get(own) == _DELTA_BYTE_ARRAY
        for kind, own in _ENCODING.items()
    )
    return at + after + packed, unpacked, is_shared


def _damaged(source: Source) -> FileFormatError:
    return FileFormatError(f"Damaged Parquet file: {source.path}: a page header is malformed.")


def _struct(data: bytes, at: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """Return the fields of a struct by number, and the position after it."""
    if depth > _MAX_NESTING:
        raise ValueError("nested too deeply")
    fields: dict[int, Any] = {}
    number = 0
    while True:
        head = data[at]
        at += 1
        if head == 0:
            return fields, at
        step, kind = head >> 4, head & 15
        if step:
            number += step
        else:
            number, at = _integer(data, at)
        fields[number], at = _value(data, at, kind, depth)


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, at
    if kind == _BYTE:
        return data[at], at + 1
    if kind in (_I16, _I32, _I64):
        return _integer(data, at)
    if kind == _DOUBLE:
        return None, at + 8
    if kind == _BINARY:
        length, at = _varint(data, at)
        return None, at + length
    if kind == _STRUCT:
        return _struct(data, at, depth + 1)
    raise ValueError("no page header has lists or maps")


def _integer(data: bytes, at: int) -> tuple[int, int]:
    """Return a signed integer in zigzag encoding, and the position after it."""
    value, at = _varint(data, at)
    return (value >> 1) ^ -(value & 1), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("a number is too long")
