"""The memory that the content of untrusted files may take beyond their size.

Compressed and encoded files hold more than their bytes. A file may unpack to ten times its size;
what it unpacks beyond that is subtracted from one budget, which all files of a command share.
Readers ask before they unpack, so that a file is refused before memory is allocated for it.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from evalkit.errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

FREE_RATIO = 10
"""How many times its own size a file may unpack to, without using the budget."""
BUDGET = 200_000_000
"""How many bytes all files of a run may unpack to beyond that."""


class Budget:
    """Bytes that are left for unpacking."""

    def __init__(self, left: int = BUDGET) -> None:
        self._left = left

    def spend(self, count: int, where: object) -> None:
        """Subtract bytes that are about to be unpacked from the file `where`.

        Raises
        ------
        FileFormatError
            If fewer bytes are left.
        """
        if count > self._left:
            raise FileFormatError(
                f"Too much content: {where} would unpack to {count:,} bytes beyond {FREE_RATIO} "
                f"times its size, {self._left:,} are left for this run. Split the file, or pass "
                "predictions as a folder of Parquet files."
            )
        self._left -= count


_RUN: ContextVar[Budget | None] = ContextVar("run", default=None)


@contextmanager
def one_budget() -> Iterator[None]:
    """Let all files that are opened in this context share one budget."""
    token = _RUN.set(Budget())
    try:
        yield
    finally:
        _RUN.reset(token)


def current_budget() -> Budget:
    """Return the budget of the run, or a new one outside of a run."""
    return _RUN.get() or Budget()
