"""Add up what the messages of an Arrow file or stream unpack to, before any is decompressed.

Metadata are flatbuffers: a table begins with the distance to its list of field positions. Parts of
a flatbuffer may be shared, so a schema of some kilobytes can describe any number of columns.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evalkit.errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from evalkit.reading.source import Source

MAX_FIELDS = 50_000
MAX_MESSAGES = 100_000
_MAX_METADATA = 1 << 24
_CELL = 8
_MAGIC, _CONTINUATION = b"ARROW1", 0xFFFFFFFF
_SCHEMA, _DICTIONARY, _RECORDS = 1, 2, 3
_BLOCK = 24


class _Table(NamedTuple):
    """A table in a flatbuffer."""

    data: bytes
    at: int

    @classmethod
    def root(cls, data: bytes) -> _Table:
        return cls(data, _number("<I", data, 0))

    def place(self, field: int) -> int:
        """Return the position of a field, 0 if it is absent."""
        vtable = self.at - _number("<i", self.data, self.at)
        if vtable < 0:
            raise ValueError("a position is negative")
        if 4 + 2 * field >= _number("<H", self.data, vtable):
            return 0
        offset = _number("<H", self.data, vtable + 4 + 2 * field)
        return self.at + offset if offset else 0

    def number(self, field: int, kind: str) -> int:
        place = self.place(field)
        return _number(kind, self.data, place) if place else 0

    def table(self, field: int) -> _Table | None:
        place = self.place(field)
        return _Table(self.data, place + _number("<I", self.data, place)) if place else None

    def vector(self, field: int) -> tuple[int, int]:
        """Return the position of the first element of a vector, and their number."""
        place = self.place(field)
        if not place:
            return 0, 0
        start = place + _number("<I", self.data, place)
        return start + 4, _number("<I", self.data, start)


def check_schema(metadata: bytes, where: object) -> None:
    """Refuse a schema message with more than `MAX_FIELDS` fields, nested ones included.

    Raises
    ------
    FileFormatError
        If there are more, or it is malformed.
    """
    try:
        _check_fields(_header(metadata)[1], where)
    except (struct.error, ValueError) as error:
        raise _damaged(where) from error


def count_messages(source: Source) -> None:
    """Count the buffers and cells of all batches and dictionaries against the budget.

    Raises
    ------
    FileFormatError
        If they exceed it, there are too many messages or fields, or a message is malformed.
    """
    total = 0
    try:
        for count, (metadata, body) in enumerate(_messages(source)):
            if count >= MAX_MESSAGES:
                raise FileFormatError(
                    f"Too many batches: {source.path} has more than {MAX_MESSAGES:,}."
                )
            kind, header = _header(metadata)
            if kind == _SCHEMA:
                _check_fields(header, source.path)
            batch = header.table(1) if kind == _DICTIONARY else header
            if kind in (_DICTIONARY, _RECORDS) and batch is not None:
                total += _batch_size(source, batch, body)
    except (struct.error, ValueError) as error:
        raise _damaged(source.path) from error
    source.unpack(total)
    source.seek(0)


def _damaged(where: object) -> FileFormatError:
    return FileFormatError(f"Damaged Arrow file: {where}: a message is malformed.")


def _messages(source: Source) -> Iterator[tuple[bytes, int]]:
    """Yield the metadata of each message, and where its body begins."""
    if source.head(6) != _MAGIC:
        yield from _stream(source, 0)
        return
    source.seek(max(0, source.size - 10))
    length = int.from_bytes(source.read(4), "little", signed=True)
    if not 0 < length <= min(_MAX_METADATA, source.size):
        raise ValueError("the footer is too long")
    source.seek(source.size - 10 - length)
    footer = _Table.root(source.read(length))
    schema = footer.table(1)
    if schema is not None:
        _check_fields(schema, source.path)
    for field in (2, 3):
        start, count = footer.vector(field)
        if count > MAX_MESSAGES or start + _BLOCK * count > length:
            raise ValueError("the footer lists too many messages")
        for i in range(count):
            yield from _stream(source, _number("<q", footer.data, start + _BLOCK * i), most=1)


def _stream(source: Source, at: int, most: int = MAX_MESSAGES + 1) -> Iterator[tuple[bytes, int]]:
    """Yield consecutive messages from a position, up to the end mark."""
    for _ in range(most):
        if not 0 <= at <= source.size:
            raise ValueError("a message lies outside the file")
        source.seek(at)
        head = source.read(8)
        first = int.from_bytes(head[:4], "little")
        # Before Arrow 0.15 a message began with its length.
        is_old = first != _CONTINUATION
        length = first if is_old else int.from_bytes(head[4:], "little")
        if len(head) < 8 or length == 0:
            return
        if length > _MAX_METADATA:
            raise ValueError("the metadata are too long")
        source.seek(at + (4 if is_old else 8))
        metadata = source.read(length)
        body = source.tell()
        yield metadata, body
        at = body + _Table.root(metadata).number(3, "<q")


def _header(metadata: bytes) -> tuple[int, _Table]:
    """Return the kind of a message and its header."""
    message = _Table.root(metadata)
    header = message.table(2)
    if header is None:
        raise ValueError("a message has no header")
    return message.number(1, "<B"), header


def _check_fields(schema: _Table, where: object) -> None:
    """Visit every field as often as Arrow does, which copies shared ones."""
    waiting, left = [(schema, 1)], MAX_FIELDS
    while waiting:
        table, field = waiting.pop()
        start, count = table.vector(field)
        left -= count
        if left < 0:
            raise FileFormatError(f"Too many columns: {where} has more than {MAX_FIELDS:,} fields.")
        waiting += [
            (_Table(table.data, place + _number("<I", table.data, place)), 5)
            for place in range(start, start + 4 * count, 4)
        ]


def _batch_size(source: Source, batch: _Table, body: int) -> int:
    """Return how many bytes the cells and buffers of a record batch take."""
    nodes, buffers = _pairs(batch, 1), _pairs(batch, 2)
    if (nodes < 0).any() or (buffers < 0).any() or (buffers > source.size).any():
        raise ValueError("a length is impossible")
    total: int = _CELL * sum(nodes[:, 0].tolist())
    if batch.table(3) is None:
        return total + int(buffers[:, 1].astype(object).sum() or 0)
    for offset, length in buffers.tolist():
        if length >= 8:
            source.seek(body + offset)
            size = int.from_bytes(source.read(8), "little", signed=True)
            total += size if size >= 0 else length
    return total


def _pairs(table: _Table, field: int) -> NDArray[np.int64]:
    """Return a vector of structs of two integers, shape (n, 2)."""
    start, count = table.vector(field)
    if start + 16 * count > len(table.data):
        raise ValueError("a vector is cut off")
    return np.frombuffer(table.data, "<i8", 2 * count, start).reshape(-1, 2)


def _number(kind: str, data: bytes, at: int) -> int:
    found: int = struct.unpack_from(kind, data, at)[0]
    return found
