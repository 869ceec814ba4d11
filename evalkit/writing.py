"""Files written whole or not at all, and never over what somebody else wrote."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from evalkit.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable

_OURS = re.compile(rb"(?:generator|schema).{0,24}?evalkit", re.DOTALL)
_SEARCHED = 1 << 16


def write_atomically(
    path: str | os.PathLike[str], content: bytes | Callable[[BinaryIO], object]
) -> None:
    """Write a file beside `path` and move it into place once it is whole and on the disk.

    Parameters
    ----------
    path : the target. A symbolic link is followed; its permissions are kept.
    content : the bytes, or a function that writes them to the open file it is given.

    Raises
    ------
    OutputError
        If the file cannot be written; what was there before is still whole.

    Examples
    --------
    >>> write_atomically("no/such/folder/report.html", b"")
    Traceback (most recent call last):
    evalkit.errors.OutputError: a file is written into a folder that exists; ...
    """
    target = Path(os.path.realpath(path))
    _require_place(target, path)
    beside = target.with_name(f".evalkit-{secrets.token_hex(8)}.part")
    try:
        with beside.open("xb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                content(file)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            beside.chmod(target.stat().st_mode & 0o777)
        beside.replace(target)
    except OSError as error:
        raise OutputError(
            f"a file is written whole or not at all; {path} was not written "
            f"({error.strerror or error}), and what was there before is untouched"
        ) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    _sync_folder(target.parent)


def may_replace(path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Return if `path` is free, is a file that evalkit wrote, or `force` is given.

    A file is taken for evalkit's by the generator or schema it declares near its beginning or
    its end. Call it before long work, so that a refusal comes early.

    Raises
    ------
    OutputError
        If the path cannot be written to, or holds a file that evalkit did not write.
    """
    target = Path(os.path.realpath(path))
    _require_place(target, path)
    if force or not target.exists():
        return
    try:
        with target.open("rb") as file:
            head = file.read(_SEARCHED)
            file.seek(max(0, os.fstat(file.fileno()).st_size - _SEARCHED))
            tail = file.read(_SEARCHED)
    except OSError as error:
        raise OutputError(
            f"an existing file is replaced only where evalkit wrote it; {path} cannot be read "
            f"to tell ({error.strerror}): choose another path, or pass --force"
        ) from error
    if head and not (_OURS.search(head) or _OURS.search(tail)):
        raise OutputError(
            f"an existing file is replaced only where evalkit wrote it; {path} is somebody "
            "else's: choose another path, or pass --force"
        )


def _require_place(target: Path, path: str | os.PathLike[str]) -> None:
    if target.is_dir():
        raise OutputError(f"a file cannot take the place of a folder; {path} is one: name a file")
    if target.exists() and not target.is_file():
        raise OutputError(f"only a regular file is replaced; {path} is not one: name another path")
    if not target.parent.is_dir():
        raise OutputError(
            f"a file is written into a folder that exists; {target.parent} does not: "
            "make it, or name another path"
        )


def _sync_folder(folder: Path) -> None:
    """Make the move itself last through a crash, where the system can be asked to."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
