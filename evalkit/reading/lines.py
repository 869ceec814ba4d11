"""Bound the length of lines and quoted fields of text tables before they are parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import FileFormatError

if TYPE_CHECKING:
    from evalkit.reading.source import Source

MAX_LINE = 1 << 20
_BLOCK = 1 << 22


def require_short_lines(source: Source) -> None:
    """Raise if a row of a text table is longer than a megabyte; reset the position to the start.

    A line break within quotes does not end a row.

    Raises
    ------
    FileFormatError
        If a row is longer.
    """
    source.seek(0)
    length, is_quoted = 0, False
    while block := source.read(_BLOCK):
        if b'"' not in block and not is_quoted:
            length = _longest(block, length)
        else:
            length, is_quoted = _longest_quoted(block, length, is_quoted)
        if length > MAX_LINE:
            raise FileFormatError(
                f"A row is too long: {source.path} has a row or a quoted field of more than "
                f"{MAX_LINE:,} bytes."
            )
    source.seek(0)


def _longest(block: bytes, length: int) -> int:
    """Return the length of the unfinished last row, or of a row that is too long.

    Only the last line break of each megabyte is looked for, so that few bytes are visited.
    """
    start = -length
    while start + MAX_LINE < len(block):
        found = block.rfind(b"\n", max(0, start), start + MAX_LINE + 1)
        if found < 0:
            return MAX_LINE + 1
        start = found + 1
    last = block.rfind(b"\n", max(0, start))
    return len(block) - (start if last < 0 else last + 1)


def _longest_quoted(block: bytes, length: int, is_quoted: bool) -> tuple[int, bool]:
    """Return as `_longest`, and whether the block ends within quotes."""
    data = np.frombuffer(block, np.uint8)
    quotes, breaks = np.flatnonzero(data == ord('"')), np.flatnonzero(data == ord("\n"))
    is_inside = (np.searchsorted(quotes, breaks) + is_quoted) % 2 == 1
    ends = np.concatenate([[-1 - length], breaks[~is_inside], [len(block)]])
    gaps = np.diff(ends) - 1
    is_quoted = bool((len(quotes) + is_quoted) % 2)
    return (int(gaps.max()) if gaps.max() > MAX_LINE else int(gaps[-1])), is_quoted
