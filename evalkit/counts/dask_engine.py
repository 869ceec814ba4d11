"""Many machines: each partition is counted where Dask puts it, and counts meet in a tree.

The graph has a task a partition and one a merge; what travels is counts, never rows.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from typing import TYPE_CHECKING, Any

from evalkit.counts.arrow_engine import Progress
from evalkit.counts.batches import batch_rows, count_batch
from evalkit.counts.clusters import cluster, delayed, key_of
from evalkit.counts.partitions import count_partition, uncountable
from evalkit.counts.plan import make_plan, require_columns, source_columns
from evalkit.counts.tables import PartialCounts
from evalkit.errors import DataError, EvalkitError, InputError
from evalkit.predictions.formats.arrow import table_in_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from evalkit.counts.clusters import Compute
    from evalkit.counts.partitions import Partition, State
    from evalkit.counts.plan import Plan, Settings, SourceColumns
    from evalkit.predictions.formats import Table

WHERE = "the Dask collection"
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


@dataclass(frozen=True)
class _Collection:
    """A collection on its cluster: the delayed tables, their roles, and what computes them."""

    parts: Sequence[Any]
    source: SourceColumns
    compute: Compute

    def tasks(self, task: Any, *arguments: Any, parts: slice = slice(None)) -> list[Any]:
        """Return a delayed task per partition, whose key names the partition."""
        return [
            task(self.parts[i], *arguments, i, dask_key_name=key_of(f"partition {i}"))
            for i in range(len(self.parts))[parts]
        ]


@contextmanager
def _open(collection: Any, name: str, settings: Settings) -> Iterator[_Collection]:
    if settings.state is not None:
        raise InputError("A Dask collection has no files to keep a state of. Leave out the state.")
    parts = collection.to_delayed() if hasattr(collection, "to_delayed") else list(collection)
    if not len(parts):
        raise DataError("The Dask collection has no partitions.")
    names = {str(part.key): f"partition {i}" for i, part in enumerate(parts)}
    with cluster(settings.scheduler, names) as compute:
        if hasattr(collection, "columns"):
            columns = list(collection.columns)
        else:
            (columns,) = compute([delayed()(_columns)(parts[0])])
        yield _Collection(parts, source_columns(columns, name, WHERE, settings.columns), compute)


def read_collection(
    collection: Any, name: str, settings: Settings, most_rows: Callable[[int], int]
) -> list[tuple[str, Table]] | None:
    """Return the partitions of a collection as open tables, or None where there are many rows.

    Partitions are computed one, two, four … at a time, so that many rows are noticed early.

    Parameters
    ----------
    collection, name, settings : as for `count_collection`.
    most_rows : returns how many rows of so many columns are kept.

    Raises
    ------
    InputError, DataError
        As `count_collection`.
    """
    with _open(collection, name, settings) as opened:
        require_columns(settings, opened.source)
        wanted = [*opened.source.used, *settings.named_columns]
        task, most = delayed()(_few_rows, pure=False), most_rows(len(wanted))
        found: list[Any] = []
        while len(found) < len(opened.parts):
            parts = slice(len(found), 2 * len(found) + 1)
            found += opened.compute(opened.tasks(task, wanted, most, parts=parts))
            if sum(each if isinstance(each, int) else each.num_rows for each in found) > most:
                return None
    names = (f"partition {i} of {WHERE}" for i in range(len(found)))
    return [(name, table_in_memory(table, name)) for name, table in zip(names, found, strict=True)]


def count_collection(collection: Any, name: str, settings: Settings) -> tuple[PartialCounts, Plan]:
    """Return the counts of a `dask.dataframe` or of delayed tables, and the plan they were made by.

    Raises
    ------
    InputError
        If a state is asked for: partitions of a collection cannot be recognised.
    EvalkitError
        If a partition cannot be counted; the message names it.
    """
    with _open(collection, name, settings) as opened:

        def first_values(column: str) -> Any:
            return opened.compute([delayed()(_values)(opened.parts[0], column)])[0]

        plan = make_plan([opened.source], [None], settings, first_values)
        tasks = opened.tasks(delayed()(partial(releasing, count_table), pure=False), plan)
        with Progress.of([None]) as progress:
            return _tree(tasks, [None] * len(tasks), opened.compute, progress), plan


def count_table(table: Any, plan: Plan, number: int) -> PartialCounts:
    """Return the counts of a table of Arrow, pandas or polars; an error names the partition.

    Raises
    ------
    EvalkitError
        If it cannot be counted.
    """
    try:
        wanted = plan.columns(0)
        batches = _as_arrow(table, wanted).to_batches(batch_rows(len(wanted)))
        return reduce(add, (count_batch([batch], plan) for batch in batches), PartialCounts())
    except EvalkitError as error:
        raise type(error)(f"{error} (in partition {number})") from error
    except Exception as error:
        raise uncountable(f"partition {number}", error) from error


def _few_rows(table: Any, wanted: Sequence[str], most: int, number: int) -> Any:
    """Return those of the wanted columns that a table has; of many rows only their number."""
    if len(table) > most:
        return len(table)
    try:
        there = _columns(table)
        return _as_arrow(table, [name for name in dict.fromkeys(wanted) if name in there])
    except Exception as error:
        raise uncountable(f"partition {number}", error) from error


def _as_arrow(table: Any, columns: list[str]) -> pa.Table:
    import pyarrow as pa

    if hasattr(table, "iloc"):
        return pa.Table.from_pandas(table[columns], preserve_index=False)
    arrow = table if isinstance(table, pa.Table) else table.to_arrow()
    return arrow.select(columns)


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
