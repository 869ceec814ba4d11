"""Zip archives, checked before anything in them is unpacked."""

from __future__ import annotations

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
MAX_RATIO = 100
RATIO_MATTERS_FROM = 1 << 24
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGES = (
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


def is_zip(source: Source) -> bool:
    """Return whether a file begins as a zip archive does."""
    return source.head(4) == b"PK\x03\x04"


@contextmanager
def open_zip(source: Source) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive whose entries can be read without surprise.

    Raises
    ------
    FileFormatError
        If it is no whole zip archive.
    UnsafeFileError
        If an entry has an unsafe name, is a link, is encrypted, stands twice, or would unpack
        to much more than it holds.
    """
    try:
        with zipfile.ZipFile(cast("BinaryIO", source)) as archive:
            _check(archive, source)
            yield archive
    except _DAMAGES as error:
        raise FileFormatError(
            f"a zip archive must be whole; {source.path} is damaged: {shown(error)}"
        ) from error


def read_entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the content of one entry, of exactly the size it declares."""
    entry = archive.getinfo(name)
    content = archive.read(entry)
    if len(content) != entry.file_size:
        raise zipfile.BadZipFile(f"{name} has {len(content)} bytes, not {entry.file_size}")
    return content


def _check(archive: zipfile.ZipFile, source: Source) -> None:
    entries = archive.infolist()

    def refuse(fact: str) -> UnsafeFileError:
        return UnsafeFileError(
            f"an archive is unpacked only where every entry is plain; {source.path} {fact}"
        )

    if len(entries) > MAX_ENTRIES:
        raise refuse(f"has {len(entries):,} entries, more than {MAX_ENTRIES:,}")
    if len({entry.filename for entry in entries}) < len(entries):
        raise refuse("has two entries of one name")
    if sum(entry.compress_size for entry in entries) > source.size:
        raise refuse("has entries that overlap")
    for entry in entries:
        name = entry.filename
        parts = name.replace("\\", "/").split("/")
        if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise refuse(f"has an entry that points outside of it: {shown(name)}")
        if (entry.external_attr >> 16) & _FILE_TYPE == _LINK:
            raise refuse(f"has an entry that is a link: {shown(name)}")
        if entry.flag_bits & _ENCRYPTED:
            raise refuse(f"has an encrypted entry: {shown(name)}")
        if entry.compress_type not in _METHODS:
            raise refuse(f"has an entry packed in an unusual way: {shown(name)}")
        if entry.file_size > max(RATIO_MATTERS_FROM, MAX_RATIO * entry.compress_size):
            raise refuse(
                f"has an entry that would unpack {entry.compress_size:,} bytes to "
                f"{entry.file_size:,}: {shown(name)}"
            )
        if entry.compress_type == zipfile.ZIP_STORED and entry.file_size != entry.compress_size:
            raise refuse(f"has an entry of two sizes: {shown(name)}")
