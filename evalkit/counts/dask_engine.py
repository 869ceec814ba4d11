"""Many machines: each partition is counted where Dask puts it, and counts meet in a tree.

The graph has a task a partition and one a merge; what travels is counts, never rows.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial, reduce
from operator import add
from typing import TYPE_CHECKING, Any

from evalkit.counts.arrow_engine import Progress
from evalkit.counts.batches import batch_rows, count_batch
from evalkit.counts.clusters import cluster, delayed, key_of
from evalkit.counts.partitions import count_partition, uncountable
from evalkit.counts.plan import (
    Plan,
    declared_classes,
    require_column,
    slice_column,
    source_columns,
)
from evalkit.counts.tables import PartialCounts
from evalkit.errors import DataError, EvalkitError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evalkit.counts.clusters import Compute
    from evalkit.counts.partitions import Partition, State
    from evalkit.counts.plan import Settings

FAN_IN = 16
AT_A_TIME = 512
"""Partitions between two checkpoints of a state."""


def count_by_dask(
    partitions: Sequence[Partition], plan: Plan, state: State, scheduler: str | None
) -> PartialCounts:
    """Return the counts of partitions of files, the same as on one machine.

    Raises
    ------
    EvalkitError
        Of a partition that cannot be counted, by name.
    MissingExtraError
        If Dask is not installed.
    """
    left = [each for each in partitions if each.key not in state]
    with cluster(scheduler) as compute, Progress.of([each.rows for each in left]) as progress:
        if not state.keeps:
            tasks = [_task(each, plan) for each in left]
            return _tree(tasks, [each.rows for each in left], compute, progress)
        for start in range(0, len(left), AT_A_TIME):
            some = left[start : start + AT_A_TIME]
            tasks = [_task(each, plan) for each in some]
            rows = [each.rows for each in some]
            found = compute(tasks, list(zip(tasks, rows, strict=True)), progress)
            for each, counts in zip(some, found, strict=True):
                state.add(each.key, counts)
            state.save()
    held = [state.get(each.key) for each in partitions]
    return sum((counts for counts in held if counts is not None), start=PartialCounts())


def count_collection(collection: Any, name: str, settings: Settings) -> tuple[PartialCounts, Plan]:
    """Return the counts of a `dask.dataframe` or of delayed tables, and the plan they were made by.

    Raises
    ------
    InputError
        If a state is asked for: partitions of a collection have no identity to know them by.
    EvalkitError
        Of a partition that cannot be counted, by name.
    """
    if settings.state is not None:
        raise InputError("a state knows files; a Dask collection has none: leave it out")
    parts = collection.to_delayed() if hasattr(collection, "to_delayed") else list(collection)
    if not len(parts):
        raise DataError("a Dask collection must have partitions; got none")
    names = {str(part.key): f"partition {i}" for i, part in enumerate(parts)}
    with cluster(settings.scheduler, names) as compute:
        if hasattr(collection, "columns"):
            columns = list(collection.columns)
        else:
            (columns,) = compute([delayed()(_columns)(parts[0])])
        source = source_columns(columns, name, "the Dask collection", settings.columns)
        plan = _plan(source, parts[0], settings, compute)
        count = delayed()(partial(releasing, count_table), pure=False)
        tasks = [
            count(part, plan, i, dask_key_name=key_of(f"partition {i}"))
            for i, part in enumerate(parts)
        ]
        with Progress.of([None]) as progress:
            return _tree(tasks, [None] * len(tasks), compute, progress), plan


def count_table(table: Any, plan: Plan, number: int) -> PartialCounts:
    """Return the counts of a table of Arrow, pandas or polars; an error names the partition.

    Raises
    ------
    EvalkitError
        If it cannot be counted.
    """
    import pyarrow as pa

    try:
        wanted = plan.columns(0)
        if hasattr(table, "iloc"):
            arrow = pa.Table.from_pandas(table[wanted], preserve_index=False)
        else:
            arrow = table if isinstance(table, pa.Table) else table.to_arrow()
        batches = arrow.select(wanted).to_batches(batch_rows(len(wanted)))
        return reduce(add, (count_batch([batch], plan) for batch in batches), PartialCounts())
    except EvalkitError as error:
        raise type(error)(f"{error} (in partition {number})") from error
    except Exception as error:
        raise uncountable(f"partition {number}", error) from error


def releasing(count: Callable[..., PartialCounts], *arguments: Any) -> PartialCounts:
    """Return what a function counts, and give back what Arrow keeps of batches that are gone.

    A Dask worker that kept it would be paused for want of memory, and its next task never begin.
    """
    import pyarrow as pa

    try:
        return count(*arguments)
    finally:
        pa.default_memory_pool().release_unused()


def _task(partition: Partition, plan: Plan) -> Any:
    """Return a delayed count whose key says which partition it is.

    Dask looks into arguments for collections and makes keys of their contents, which costs more
    than sending them; a partition has neither.
    """
    key = key_of(str(partition))
    count = delayed()(
        partial(releasing, count_partition, partition, plan), name=f"plan {key}", pure=False
    )
    return count(dask_key_name=key)


def _tree(
    tasks: Sequence[Any], rows: Sequence[int | None], compute: Compute, progress: Progress
) -> PartialCounts:
    """Return the sum of delayed counts, merged a few at a time where they are."""
    merge = delayed()(_merged, pure=False)
    level = list(tasks)
    while len(level) > 1:
        level = [
            merge(level[i : i + FAN_IN], dask_key_name=key_of("a sum of counts"))
            for i in range(0, len(level), FAN_IN)
        ]
    if not level:
        return PartialCounts()
    total: PartialCounts = compute(level, list(zip(tasks, rows, strict=True)), progress)[0]
    return total


def _merged(counts: Sequence[PartialCounts]) -> PartialCounts:
    return reduce(add, counts)


def _columns(table: Any) -> list[str]:
    names = getattr(table, "column_names", None)
    return list(table.columns) if names is None else list(names)


def _values(table: Any, column: str) -> Any:
    return table[column].to_numpy()


def _plan(source: Any, first: Any, settings: Settings, compute: Compute) -> Plan:
    plan = Plan(
        (source,),
        declared_classes([source], [None], settings.classes),
        groups=settings.cluster_by,
    )
    for column in (settings.cluster_by, *(text.partition(":")[0] for text in settings.slice_by)):
        if column is not None:
            require_column(column, source)
    slices = []
    for text in settings.slice_by:
        (values,) = compute([delayed()(_values)(first, text.partition(":")[0])])
        slices.append(slice_column(text, values))
    return replace(plan, slices=tuple(slices))
