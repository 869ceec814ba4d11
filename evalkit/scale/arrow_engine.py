"""One machine: partition after partition, batch after batch, in memory that does not grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.scale.partial import PartialCounts
from evalkit.scale.partitions import count_partition
from evalkit.scale.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.scale.partitions import Partition
    from evalkit.scale.plan import Plan
    from evalkit.scale.state import State


def count_here(partitions: Sequence[Partition], plan: Plan, state: State) -> PartialCounts:
    """Return the counts of all partitions; those that the state holds are not read again."""
    progress = Progress(sum(each.rows or 0 for each in partitions if each.key not in state))
    total = PartialCounts()
    try:
        for each in partitions:
            counts = state.get(each.key)
            if counts is None:
                counts = count_partition(each, plan, progress)
                state.add(each.key, counts)
            total += counts
    finally:
        progress.done()
        state.save()
    return total
