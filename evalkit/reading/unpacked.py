"""Read text files that are compressed, or in UTF-16, as plain text in UTF-8.

Nothing is unpacked before it is read, so that the head of a file costs little, and what is unpacked
in one pass is bounded.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from evalkit.errors import FileFormatError, MissingExtraError, UnsafeFileError
from evalkit.reading.source import Source, printable, shown
from evalkit.reading.zip_archive import MAX_RATIO, RATIO_MIN_SIZE, is_zip, open_zip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BLOCK = 1 << 16
_GZIP, _BZIP2, _ZSTD, _XZ = b"\x1f\x8b", b"BZh", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\x00"
_TABLES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")
_BINARY = (b"PAR1", b"ARROW1", b"PK\x03\x04")
_DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError)


def plain_text(source: Source) -> Source:
    """Return an open file as plain text in UTF-8, or the file itself if it is not packed.

    Gzip, bzip2, xz, zstandard, and a zip archive of one table are unpacked as they are read.

    Raises
    ------
    FileFormatError
        If an archive holds several tables, or a compressed file is no text.
    MissingExtraError
        If it is compressed by zstandard and pyarrow is not installed.
    """
    opener = _unpacker(source)
    if opener is not None:
        packed, limit = source, max(RATIO_MIN_SIZE, MAX_RATIO * source.size)
        source = _of_blocks(packed, lambda: _blocks(opener, packed), limit)
        head = source.head(8)
        if head.startswith(_BINARY):
            raise FileFormatError(
                f"{source.path} is a compressed binary file. Unpack it first: Parquet, Arrow and "
                "NPZ are compressed within."
            )
    if source.head(2) in (BOM_UTF16_LE, BOM_UTF16_BE):
        inner = source
        return _of_blocks(inner, lambda: _from_utf16(inner), 2 * inner.size)
    return source


def is_packed(head: bytes) -> bool:
    """Return whether the first four bytes of a file are those of a packed text file."""
    return head.startswith((_GZIP, _BZIP2, _ZSTD, _XZ[:4], BOM_UTF16_LE, BOM_UTF16_BE, b"PK"))


def is_unpacked(source: Source) -> bool:
    """Return whether reading a file unpacks or decodes it."""
    return isinstance(source, _Unpacked)


class _Unpacked(Source):
    """A file made of blocks of bytes, which are made again for each pass."""


class _Lent(io.RawIOBase):
    """A file that stays open when its reader is closed."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._source.read(size)


class _Blocks(io.RawIOBase):
    """Bytes of blocks that can be read from the start again and again, up to a limit."""

    def __init__(self, blocks: Callable[[], Iterator[bytes]], limit: int, source: Source) -> None:
        self._make, self._limit, self._source = blocks, limit, source
        self._blocks, self._block, self._place = blocks(), b"", 0
        self._counted = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any, /) -> int:
        while not self._block:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._block = block
            # Each byte is counted once, however often the file is read.
            new = self._place + len(block) - self._counted
            if new > 0:
                self._source.unpack(new)
                self._counted += new
        if self._place > self._limit:
            raise UnsafeFileError(
                f"{self._source.path} unpacks to more than {self._limit:,} bytes, the limit of "
                f"{MAX_RATIO} times its size."
            )
        count = min(len(buffer), len(self._block))
        buffer[:count] = self._block[:count]
        self._block = self._block[count:]
        self._place += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        if whence != os.SEEK_SET:
            raise io.UnsupportedOperation("only positions from the start are known")
        if offset < self._place:
            self._blocks, self._block, self._place = self._make(), b"", 0
        while self._place < offset and self.readinto(bytearray(min(_BLOCK, offset - self._place))):
            pass
        return self._place


def _of_blocks(source: Source, blocks: Callable[[], Iterator[bytes]], limit: int) -> Source:
    raw = _Blocks(blocks, limit, source)
    return _Unpacked(cast("BinaryIO", io.BufferedReader(raw, _BLOCK)), source.path, limit)


def _unpacker(source: Source) -> Callable[[], Any] | None:
    """Return a function that opens the content of a compressed file, None for another file."""
    head = source.head(6)
    if head.startswith(_GZIP):
        return lambda: gzip.GzipFile(fileobj=cast("BinaryIO", source), mode="rb")
    if head.startswith(_BZIP2):
        return lambda: bz2.BZ2File(cast("BinaryIO", source), "rb")
    if head.startswith(_XZ):
        return lambda: lzma.LZMAFile(cast("BinaryIO", source), "rb")
    if head.startswith(_ZSTD):
        try:
            import pyarrow as pa
        except ImportError:
            raise MissingExtraError.for_extra(
                "arrow", f"reading {source.path}", package="pyarrow"
            ) from None
        return lambda: pa.CompressedInputStream(pa.PythonFile(_Lent(source), "r"), "zstd")
    member = _member(source) if is_zip(source) else None
    return None if member is None else (lambda: _open_member(source, member))


def _member(source: Source) -> str | None:
    """Return the name of the only table in a zip archive, None for an archive of other files."""
    with open_zip(source) as archive:
        entries = [each for each in archive.infolist() if not each.is_dir()]
    names = [each.filename for each in entries if not each.filename.startswith("__MACOSX/")]
    if not names or not all(name.lower().endswith(_TABLES) for name in names):
        return None
    if len(names) > 1:
        listed = ", ".join(map(printable, names[:3]))
        raise FileFormatError(
            f"{source.path} is a zip archive of {len(names)} tables ({listed}"
            f"{', …' if len(names) > 3 else ''}). Unpack it and pass one of them."
        )
    return names[0]


def _open_member(source: Source, name: str) -> Any:
    from zipfile import ZipFile

    return ZipFile(cast("BinaryIO", source)).open(name)


def _blocks(opener: Callable[[], Any], source: Source) -> Iterator[bytes]:
    try:
        source.seek(0)
        stream = opener()
        while block := stream.read(_BLOCK):
            yield bytes(block)
    except _DAMAGE as error:
        raise FileFormatError(f"{source.path} is damaged: {shown(error)}.") from error


def _from_utf16(source: Source) -> Iterator[bytes]:
    decoder = getincrementaldecoder("utf-16")()
    try:
        source.seek(0)
        while block := source.read(_BLOCK):
            yield decoder.decode(block).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise FileFormatError(f"{source.path} is not UTF-16: {shown(error)}.") from error
