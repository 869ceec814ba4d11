"""Counting with Dask: one task per partition, and counts merged in a tree.

Many rows stay where they are: only counts travel.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from typing import TYPE_CHECKING, Any

from evalkit.counts.batches import batch_rows, count_batch
from evalkit.counts.clusters import cluster, delayed, key_of
from evalkit.counts.partitions import count_partition, counting, partition_error
from evalkit.counts.plan import Source, make_plan, require_columns
from evalkit.counts.tables import PartialCounts
from evalkit.errors import DataError, InputError
from evalkit.predictions.formats.arrow import table_in_memory
from evalkit.predictions.roles import assign_roles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pyarrow as pa

    from evalkit.counts.clusters import Cluster
    from evalkit.counts.partitions import Partition, State
    from evalkit.counts.plan import Plan, Settings
    from evalkit.predictions.formats import Table
    from evalkit.progress import Advance

WHERE = "the Dask collection"
FAN_IN = 16
AT_A_TIME = 512
"""Partitions between two checkpoints of a state."""


def count_by_dask(
    partitions: Sequence[Partition], plan: Plan, state: State, scheduler: str | None
) -> PartialCounts:
    """Return the counts of partitions of files, equal to those of `count_here`.

    Raises
    ------
    EvalkitError
        If a partition cannot be counted; the message names it.
    MissingExtraError
        If Dask is not installed.
    """
    left = [each for each in partitions if each.key not in state.counted]
    with cluster(scheduler) as there, counting([each.rows for each in left]) as advance:
        if not state.has_file:
            tasks = [(_task(each, plan), each.rows) for each in left]
            return _tree(tasks, there, advance)
        for start in range(0, len(left), AT_A_TIME):
            some = left[start : start + AT_A_TIME]
            tasks = [(_task(each, plan), each.rows) for each in some]
            found = there.compute([task for task, _ in tasks], tasks, advance)
            for each, counts in zip(some, found, strict=True):
                state.add(each.key, counts)
            state.save()
    return sum((state.counted[each.key] for each in partitions), start=PartialCounts())


@dataclass(frozen=True)
class Collection:
    """A `dask.dataframe` or delayed tables, and the cluster that computes them."""

    parts: Sequence[Any]
    source: Source
    settings: Settings
    cluster: Cluster

    def read(self, most_rows: Callable[[int], int]) -> list[tuple[str, Table]] | None:
        """Return the partitions as open tables, or None where there are many rows.

        Partitions are computed one, two, four … at a time, so that many rows are noticed early.

        Parameters
        ----------
        most_rows : returns how many rows of so many columns are few.
        """
        require_columns(self.settings, self.source)
        wanted = [*dict.fromkeys([*self.source.used, *self.settings.named_columns])]
        task, most = delayed()(_few_rows, pure=False), most_rows(len(wanted))
        found: list[Any] = []
        while len(found) < len(self.parts):
            numbers = range(len(found), min(2 * len(found) + 1, len(self.parts)))
            found += self.cluster.compute(self._tasks(numbers, task, wanted, most))
            if sum(each if isinstance(each, int) else each.num_rows for each in found) > most:
                return None
        names = [f"partition {i} of {WHERE}" for i in range(len(found))]
        return [
            (name, table_in_memory(each, name)) for name, each in zip(names, found, strict=True)
        ]

    def count(self) -> tuple[PartialCounts, Plan]:
        """Return the counts of all partitions, and the plan they were made by.

        Raises
        ------
        EvalkitError
            If a partition cannot be counted; the message names it.
        """

        def first_values(column: str) -> Any:
            return self.cluster.compute([delayed()(_values)(self.parts[0], column)])[0]

        plan = make_plan([self.source], [None], self.settings, first_values)
        task, numbers = (
            delayed()(partial(releasing, count_table), pure=False),
            range(len(self.parts)),
        )
        with counting([None]) as advance:
            tasks = [(each, None) for each in self._tasks(numbers, task, plan)]
            return _tree(tasks, self.cluster, advance), plan

    def _tasks(self, numbers: Iterable[int], task: Any, *arguments: Any) -> list[Any]:
        """Return a delayed task for each of some partitions, with a key that names it."""
        return [
            task(self.parts[i], *arguments, i, dask_key_name=key_of(f"partition {i}"))
            for i in numbers
        ]


@contextmanager
def open_collection(collection: Any, name: str, settings: Settings) -> Iterator[Collection]:
    """Yield a collection on its cluster; `name` is that of its only model.

    Raises
    ------
    InputError
        If a state is asked for: partitions of a collection cannot be recognised.
    DataError
        If there are no partitions, or columns without which nothing can be evaluated are missing.
    """
    if settings.state is not None:
        raise InputError("A Dask collection has no files to keep a state of. Leave out the state.")
    parts = collection.to_delayed() if hasattr(collection, "to_delayed") else list(collection)
    if not len(parts):
        raise DataError("The Dask collection has no partitions.")
    names = {str(part.key): f"partition {i}" for i, part in enumerate(parts)}
    with cluster(settings.scheduler, names) as there:
        if hasattr(collection, "columns"):
            columns = list(collection.columns)
        else:
            (columns,) = there.compute([delayed()(_columns)(parts[0])])
        roles = assign_roles(columns, where=WHERE, options=settings.reading)
        yield Collection(parts, Source(name, WHERE, roles), settings, there)


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
    except Exception as error:
        raise partition_error(str(number), error) from error


def _few_rows(table: Any, wanted: Sequence[str], most: int, number: int) -> Any:
    """Return those of the wanted columns that a table has; of many rows only their number."""
    if len(table) > most:
        return len(table)
    try:
        there = _columns(table)
        return _as_arrow(table, [name for name in wanted if name in there])
    except Exception as error:
        raise partition_error(str(number), error) from error


def _as_arrow(table: Any, columns: list[str]) -> pa.Table:
    import pyarrow as pa

    if hasattr(table, "iloc"):
        return pa.Table.from_pandas(table[columns], preserve_index=False)
    arrow = table if isinstance(table, pa.Table) else table.to_arrow()
    return arrow.select(columns)


def releasing(count: Callable[..., PartialCounts], *arguments: Any) -> PartialCounts:
    """Return the counts of a function, and release the memory that Arrow holds unused.

    Dask would pause a worker that held it, and never start its next task.
    """
    import pyarrow as pa

    try:
        return count(*arguments)
    finally:
        pa.default_memory_pool().release_unused()


def _task(partition: Partition, plan: Plan) -> Any:
    """Return a delayed count with a key that names the partition."""
    key = key_of(str(partition))
    # Dask searches arguments for collections and hashes them; a partial is sent as it is.
    count = delayed()(
        partial(releasing, count_partition, partition, plan), name=f"plan {key}", pure=False
    )
    return count(dask_key_name=key)


def _tree(
    tasks: Sequence[tuple[Any, int | None]], there: Cluster, advance: Advance
) -> PartialCounts:
    """Return the sum of delayed counts, each with its number of rows, merged in a tree."""
    merge = delayed()(partial(reduce, add), pure=False)
    level = [task for task, _ in tasks]
    while len(level) > 1:
        level = [
            merge(level[i : i + FAN_IN], dask_key_name=key_of("a sum of counts"))
            for i in range(0, len(level), FAN_IN)
        ]
    if not level:
        return PartialCounts()
    total: PartialCounts = there.compute(level, tasks, advance)[0]
    return total


def _columns(table: Any) -> list[str]:
    names = getattr(table, "column_names", None)
    return list(table.columns) if names is None else list(names)


def _values(table: Any, column: str) -> Any:
    return table[column].to_numpy()
