"""A regular file, opened once, that never hands out more than it holds."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from evalkit.errors import FileFormatError
from evalkit.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_LINE = 1 << 20
_BLOCK = 1 << 20
_SHOWN = 80
_MOST_BESIDE = 1_000


class Source(io.BufferedIOBase):
    """An open file and its size; a read asks for memory only for what is really there.

    Attributes
    ----------
    path : the file's path, as given.
    size : its length in bytes.
    """

    def __init__(self, file: BinaryIO, path: Path, size: int) -> None:
        self._file = file
        self.path: Path = path
        self.size: int = size

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes, or all that are left."""
        return self._file.read(self.size if size is None or size < 0 else min(size, self.size))

    def read1(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes; a regular file gives them at once."""
        return self.read(size)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the bytes up to the next line's end, a megabyte at most."""
        most = _LONGEST_LINE if size is None or size < 0 else min(size, _LONGEST_LINE)
        return self._file.readline(most)

    def readable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move to `offset`, and return the position."""
        return self._file.seek(offset, whence)

    def seekable(self) -> bool:
        """Return True: only regular files are opened."""
        return True

    def head(self, count: int) -> bytes:
        """Return the first `count` bytes, and leave the position at the start."""
        self.seek(0)
        first = self.read(count)
        self.seek(0)
        return first

    def sha256(self) -> str:
        """Return the digest of the whole file, in hex, and leave the position at the start."""
        digest = hashlib.sha256()
        self.seek(0)
        while block := self.read(_BLOCK):
            digest.update(block)
        self.seek(0)
        return digest.hexdigest()


@contextmanager
def open_source(path: str | os.PathLike[str]) -> Iterator[Source]:
    """Open the regular, non-empty file at `path`.

    Raises
    ------
    FileFormatError
        If it is missing, empty, a folder, a device or a pipe, or may not be read.
    """
    place = Path(path)
    try:
        status = place.stat()
        if stat.S_ISDIR(status.st_mode):
            raise FileFormatError(f"a file is needed; {path} is a folder")
        if not stat.S_ISREG(status.st_mode):
            raise FileFormatError(f"a regular file is needed; {path} is a device or a pipe")
        if status.st_size == 0:
            raise FileFormatError(f"a file must not be empty; {path} has no bytes: write it again")
        file = place.open("rb")
    except FileNotFoundError:
        raise FileFormatError(
            f"a file must exist to be read; there is no {path}{_meant(place)}"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileFormatError(f"{shown(path)} cannot be opened: {reason}") from error
    with file:
        yield Source(file, place, os.fstat(file.fileno()).st_size)


def _meant(place: Path) -> str:
    """Return the file in the same folder that was probably meant, as a question."""
    try:
        with os.scandir(place.parent) as entries:
            names = [entry.name for entry in islice(entries, _MOST_BESIDE) if entry.is_file()]
    except OSError:
        return ""
    near = nearest(place.name, names)
    return "" if near is None else f": did you mean {printable(near)}?"


def shown(text: object) -> str:
    r"""Return a stranger's text in quotes, on one line, without control characters, and short.

    >>> shown("a" * 100)[-5:], shown("new" + chr(10) + "line")
    ("aaa…'", "'new\\nline'")
    """
    letters = str(text)
    return repr(letters[:_SHOWN] + ("…" if len(letters) > _SHOWN else ""))


def printable(text: str) -> str:
    r"""Return a stranger's text on one line, with what a terminal would obey written out.

    >>> printable("caf\u00e9" + chr(27) + "[2J")
    'café\\x1b[2J'
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
