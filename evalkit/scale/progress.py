"""Rows a second and the time left, on a terminal alone."""

from __future__ import annotations

import sys
import time
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self


class Progress:
    """A line on standard error that is written over itself, where that is a terminal.

    Parameters
    ----------
    total : the rows to come; 0 where they are not known.
    """

    def __init__(self, total: int) -> None:
        self._total, self._done, self._shown = total, 0, 0.0
        self._began = time.monotonic()
        self._lock = Lock()
        self._visible = sys.stderr.isatty()

    @classmethod
    def of(cls, rows: Sequence[int | None]) -> Self:
        """Return the progress of partitions of so many rows, None where that is not known."""
        return cls(0 if None in rows else sum(n for n in rows if n is not None))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.done()

    def __call__(self, rows: int) -> None:
        """Add rows that were counted."""
        with self._lock:
            self._done += rows
            now = time.monotonic()
            if self._visible and now - self._shown > 0.2:
                self._shown = now
                sys.stderr.write(f"\r\x1b[K{self.text(now - self._began)}")
                sys.stderr.flush()

    def text(self, seconds: float) -> str:
        """Return what is shown after so many seconds."""
        speed = self._done / max(seconds, 1e-9)
        said = f"{self._done:,} rows, {speed:,.0f} a second"
        if self._total > self._done:
            said += f", {(self._total - self._done) / speed:.0f} s left"
        return said

    def done(self) -> None:
        """Clear the line."""
        if self._visible:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
