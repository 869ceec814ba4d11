"""One machine: one partition per core, batch after batch, in memory that does not grow."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from evalkit.counts.partitions import count_partition
from evalkit.counts.tables import PartialCounts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from evalkit.counts.partitions import Partition, State
    from evalkit.counts.plan import Plan


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


MOST_THREADS = 4
"""Counting holds the interpreter's lock, so that more threads than this wait for it."""


def count_here(partitions: Sequence[Partition], plan: Plan, state: State) -> PartialCounts:
    """Return the counts of all partitions; those that the state holds are not read again."""
    left = [each for each in partitions if each.key not in state]
    progress = Progress.of([each.rows for each in left])
    # Decoding lets go of the interpreter's lock, and takes most of the time.
    pool = ThreadPoolExecutor(max(1, min(MOST_THREADS, cores(), len(left))))
    counted = pool.map(partial(count_partition, plan=plan, progress=progress), left)
    total = PartialCounts()
    try:
        for each in partitions:
            counts = state.get(each.key)
            if counts is None:
                counts = next(counted)
                state.add(each.key, counts)
            total += counts
    finally:
        pool.shutdown(cancel_futures=True)
        progress.done()
        state.save()
    return total


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
