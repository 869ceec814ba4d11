"""Write files atomically, and protect files that evalkit did not write."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from evalkit.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_GENERATOR_MARK = re.compile(rb"(?:generator|schema).{0,24}?evalkit", re.DOTALL)
_SEARCHED_BYTES = 1 << 16
_UNMARKED = (".csv", ".npz", ".jsonl")
"""Extensions of files that evalkit writes without its name in them."""
_OPENED: ContextVar[list[Path] | None] = ContextVar("opened", default=None)


def write_atomically(
    path: str | os.PathLike[str], content: bytes | Callable[[BinaryIO], object]
) -> None:
    """Write a temporary file in the folder of `path`, then rename it to `path`.

    Parameters
    ----------
    path : the target. A symbolic link is followed; the permissions of the target are kept.
    content : the bytes, or a function that writes them to the open file that it receives.

    Raises
    ------
    OutputError
        If the file cannot be written, or was opened in the same context of `inputs_are_kept`. An
        existing file is left unchanged.

    Examples
    --------
    >>> write_atomically("no/such/folder/report.html", b"")
    Traceback (most recent call last):
    evalkit.errors.OutputError: Folder not found: ...
    """
    target = Path(os.path.realpath(path))
    _check_target(target, path)
    check_distinct([path], _OPENED.get() or [])
    temporary = target.with_name(f".evalkit-{secrets.token_hex(8)}.part")
    try:
        with temporary.open("xb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                content(file)
                check_distinct([path], _OPENED.get() or [])  # it may have opened more files
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
    except OSError as error:
        raise OutputError(
            f"Cannot write {path}: {error.strerror or error}. An existing file was left unchanged."
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    _sync_folder(target.parent)


@contextmanager
def inputs_are_kept() -> Iterator[None]:
    """Let no file that is opened in this context be written in it."""
    token = _OPENED.set([])
    try:
        yield
    finally:
        _OPENED.reset(token)


def keep_input(path: str | os.PathLike[str]) -> None:
    """Remember a file that was opened, so that `write_atomically` does not replace it."""
    opened = _OPENED.get()
    if opened is not None:
        opened.append(Path(path))


def may_replace(path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Check that `path` is free or holds a file that evalkit wrote, unless `force` is given.

    A file counts as written by evalkit if it declares evalkit as its generator or schema near
    its beginning or its end. Call this function before a long computation, so that the error
    comes early.

    Raises
    ------
    OutputError
        If the path cannot be written to, or holds a file that evalkit did not write.
    """
    target = Path(os.path.realpath(path))
    _check_target(target, path)
    if force or not target.exists():
        return
    try:
        with target.open("rb") as file:
            head = file.read(_SEARCHED_BYTES)
            file.seek(max(0, os.fstat(file.fileno()).st_size - _SEARCHED_BYTES))
            tail = file.read(_SEARCHED_BYTES)
    except OSError as error:
        raise OutputError(
            f"{path} exists and cannot be read ({error.strerror}). "
            "Choose another path, or use --force to overwrite it."
        ) from error
    if head and not (_GENERATOR_MARK.search(head) or _GENERATOR_MARK.search(tail)):
        unmarked = target.suffix.lower() in _UNMARKED
        reason = ", or is of a format that does not say who wrote it" if unmarked else ""
        raise OutputError(
            f"{path} exists and was not written by evalkit{reason}. "
            "Choose another path, or use --force to overwrite it."
        )


def check_distinct(
    outputs: Sequence[str | os.PathLike[str]], inputs: Sequence[str | os.PathLike[str]]
) -> None:
    """Check that no output is an input or another output, under any spelling or link.

    Raises
    ------
    OutputError
        If two of them are the same file.

    Examples
    --------
    >>> check_distinct(["page.html", "./page.html"], [])
    Traceback (most recent call last):
    evalkit.errors.OutputError: page.html and ./page.html are the same output file. Choose two...
    """
    for i, output in enumerate(outputs):
        for other in outputs[:i]:
            if _is_same(output, other):
                raise OutputError(
                    f"{other} and {output} are the same output file. Choose two paths."
                )
        for read in inputs:
            if _is_same(output, read):
                raise OutputError(
                    f"The output {output} is the input {read}. Choose another path for the output."
                )


def _is_same(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def _check_target(target: Path, path: str | os.PathLike[str]) -> None:
    if target.is_dir():
        raise OutputError(f"{path} is a folder. Pass the path of a file.")
    if target.exists() and not target.is_file():
        raise OutputError(f"{path} is not a regular file. Choose another path.")
    if not target.parent.is_dir():
        raise OutputError(f"Folder not found: {target.parent}. Create it, or choose another path.")


def _sync_folder(folder: Path) -> None:
    """Flush the folder, so that the rename survives a crash; not every system supports it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
