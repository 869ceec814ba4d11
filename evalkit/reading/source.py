"""Open regular files with bounded reads, and quote untrusted text for messages."""

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
from evalkit.reading.budget import FREE_RATIO, Budget, current_budget
from evalkit.writing import keep_input

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_LINE = 1 << 20
_BLOCK = 1 << 20
_MAX_QUOTED = 80
_MAX_SIBLINGS = 1_000


class Source(io.BufferedIOBase):
    """An open file whose reads never allocate more than the size of the file.

    Attributes
    ----------
    path : the path of the file, as given.
    size : the size of the file in bytes.
    budget : what the file may unpack to beyond ten times its size.
    """

    def __init__(self, file: BinaryIO, path: Path, size: int, budget: Budget | None = None) -> None:
        self._file = file
        self.path: Path = path
        self.size: int = size
        self.budget: Budget = budget or current_budget()
        self._unpacked = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes, or all remaining bytes."""
        return self._file.read(self.size if size is None or size < 0 else min(size, self.size))

    def read1(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes; the same as `read` for a regular file."""
        return self.read(size)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the bytes up to the next end of line, at most one megabyte."""
        limit = _MAX_LINE if size is None or size < 0 else min(size, _MAX_LINE)
        return self._file.readline(limit)

    def unpack(self, count: int) -> None:
        """Count bytes that are about to be unpacked from the file.

        Raises
        ------
        FileFormatError
            If they exceed ten times the size of the file and the budget of the run.
        """
        free = max(0, FREE_RATIO * self.size - self._unpacked)
        self.budget.spend(max(0, count - free), self.path)
        self._unpacked += count

    def require_room(self, count: int) -> None:
        """Refuse content that takes more than one file may, although it is soon freed again.

        Raises
        ------
        FileFormatError
            If `count` bytes exceed ten times the size of the file and a whole budget.
        """
        Budget().spend(max(0, count - FREE_RATIO * self.size), self.path)

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
        """Return the first `count` bytes, and reset the position to the start."""
        self.seek(0)
        first = self.read(count)
        self.seek(0)
        return first

    def sha256(self) -> str:
        """Return the hexadecimal digest of the file, and reset the position to the start."""
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
        If it is missing, empty, not a regular file, or cannot be read.
    """
    place = Path(path)
    try:
        status = place.stat()
        if stat.S_ISDIR(status.st_mode):
            raise FileFormatError(f"{path} is a folder. Pass the path of a file.")
        if not stat.S_ISREG(status.st_mode):
            raise FileFormatError(f"{path} is a device or a pipe. Pass a regular file.")
        if status.st_size == 0:
            raise FileFormatError(f"File is empty: {path}. Write it again.")
        file = place.open("rb")
    except FileNotFoundError:
        raise FileFormatError(f"File not found: {path}.{_suggested_file(place)}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileFormatError(f"Cannot open {shown(path)}: {reason}.") from error
    keep_input(place)
    with file:
        yield Source(file, place, os.fstat(file.fileno()).st_size)


def _suggested_file(place: Path) -> str:
    """Return `` Did you mean …?`` for a file of a similar name in the same folder, or ''."""
    try:
        with os.scandir(place.parent) as entries:
            names = [entry.name for entry in islice(entries, _MAX_SIBLINGS) if entry.is_file()]
    except OSError:
        return ""
    # A shared extension makes names similar that are not, such as a.csv and boosted.csv.
    near = nearest(place.stem, [Path(name).stem for name in names])
    of_stem = [name for name in names if near is not None and Path(name).stem == near]
    found = nearest(place.name, of_stem) or next(iter(of_stem), None)
    return "" if found is None else f" Did you mean {printable(found)}?"


def shown(text: object) -> str:
    r"""Return untrusted text quoted, escaped, on one line, and at most 80 characters long.

    >>> shown("a" * 100)[-5:], shown("new" + chr(10) + "line")
    ("aaa…'", "'new\\nline'")
    """
    characters = str(text)
    return repr(characters[:_MAX_QUOTED] + ("…" if len(characters) > _MAX_QUOTED else ""))


def shown_bytes(head: bytes) -> str:
    r"""Return bytes of an untrusted file as `shown` text: other than ASCII as escapes.

    >>> shown_bytes(b"id,y")
    "'id,y'"
    """
    return repr(head)[1:]


def printable(text: str) -> str:
    r"""Return untrusted text on one line, with control characters escaped.

    >>> printable("caf\u00e9" + chr(27) + "[2J")
    'café\\x1b[2J'
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
