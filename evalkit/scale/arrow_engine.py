"""One machine: a partition a core, batch after batch, in memory that does not grow."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from evalkit.scale.partial import PartialCounts
from evalkit.scale.partitions import count_partition
from evalkit.scale.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.scale.partitions import Partition
    from evalkit.scale.plan import Plan
    from evalkit.scale.state import State

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
