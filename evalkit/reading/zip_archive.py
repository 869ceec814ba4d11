"""Open zip archives after checking every entry."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from evalkit.errors import FileFormatError, UnsafeFileError
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.reading.source import Source

MAX_ENTRIES = 10_000
_MAX_DIRECTORY = 1 << 22
MAX_RATIO = 100
RATIO_MIN_SIZE = 1 << 24
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    ValueError,
    struct.error,
)
_ENCRYPTED = 0x1
_LINK = 0o120000
_FILE_TYPE = 0o170000


class Archive(zipfile.ZipFile):
    """A zip archive with a directory of at most four megabytes, and the file that it is in."""

    def __init__(self, source: Source) -> None:
        self.source: Source = source
        file = _DirectoryReader(source)
        super().__init__(cast("BinaryIO", file))
        file.most = None


class _DirectoryReader(io.BufferedIOBase):
    """A file that refuses long reads as long as `most` is set: zipfile reads a directory whole."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.most: int | None = _MAX_DIRECTORY
        self.tell, self.seek, self.seekable = source.tell, source.seek, source.seekable  # type: ignore[method-assign]  # the same file

    def read(self, size: int | None = -1, /) -> bytes:
        if self.most is not None and size is not None and size > self.most:
            raise UnsafeFileError(
                f"Unsafe archive: {self._source.path} declares a directory of {size:,} bytes, "
                f"more than {self.most:,}."
            )
        return self._source.read(size)


def is_zip(source: Source) -> bool:
    """Return whether a file begins with the signature of a zip archive."""
    return source.head(4) == b"PK\x03\x04"


@contextmanager
def open_zip(source: Source) -> Iterator[Archive]:
    """Open a zip archive and check its entries.

    Raises
    ------
    FileFormatError
        If the archive is damaged.
    UnsafeFileError
        If an entry has an unsafe name, is a link, is encrypted, is a duplicate, or has a
        compression ratio above `MAX_RATIO`.
    """
    try:
        with Archive(source) as archive:
            _check(archive, source)
            yield archive
    except _DAMAGE_ERRORS as error:
        raise FileFormatError(f"Zip archive {source.path} is damaged: {shown(error)}.") from error


def read_entry(archive: Archive, name: str) -> bytes:
    """Return the content of one entry, after counting its declared size against the budget."""
    entry = archive.getinfo(name)
    archive.source.unpack(entry.file_size)
    content = archive.read(entry)
    if len(content) != entry.file_size:
        raise zipfile.BadZipFile(f"{name} has {len(content)} bytes, expected {entry.file_size}")
    return content


def _check(archive: zipfile.ZipFile, source: Source) -> None:
    entries = archive.infolist()

    def unsafe(fact: str) -> UnsafeFileError:
        return UnsafeFileError(f"Unsafe archive: {source.path} contains {fact}.")

    if len(entries) > MAX_ENTRIES:
        raise unsafe(f"{len(entries):,} entries, more than {MAX_ENTRIES:,}")
    if len({entry.filename for entry in entries}) < len(entries):
        raise unsafe("two entries with the same name")
    if sum(entry.compress_size for entry in entries) > source.size:
        raise unsafe("overlapping entries")
    for entry in entries:
        name = entry.filename
        parts = name.replace("\\", "/").split("/")
        if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise unsafe(f"an entry with a path outside the archive: {shown(name)}")
        if (entry.external_attr >> 16) & _FILE_TYPE == _LINK:
            raise unsafe(f"a symbolic link: {shown(name)}")
        if entry.flag_bits & _ENCRYPTED:
            raise unsafe(f"an encrypted entry: {shown(name)}")
        if entry.compress_type not in _METHODS:
            raise unsafe(f"an entry with an unsupported compression method: {shown(name)}")
        if entry.file_size > max(RATIO_MIN_SIZE, MAX_RATIO * entry.compress_size):
            raise unsafe(
                f"an entry that expands from {entry.compress_size:,} to "
                f"{entry.file_size:,} bytes: {shown(name)}"
            )
        if entry.compress_type == zipfile.ZIP_STORED and entry.file_size != entry.compress_size:
            raise unsafe(f"an entry with inconsistent sizes: {shown(name)}")
