"""The outcomes of the rows of data sets of any size, batch by batch, for lists of errors."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.counts.batches import OrderDiffersError, aligned_batches, coded_rows
from evalkit.counts.counts import counts_together
from evalkit.counts.datasets import few_models, found_files, plan_of
from evalkit.counts.join import joined_batches
from evalkit.counts.partitions import partition_error, partitions_of
from evalkit.errors import InputError
from evalkit.predictions.conditions import parse_condition
from evalkit.predictions.formats.csv import unescaped
from evalkit.predictions.outcomes import Outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd
    import pyarrow as pa

    from evalkit.counts.files import File
    from evalkit.counts.partitions import Partition
    from evalkit.counts.plan import Plan, Settings

AT_A_TIME = 8
"""So many partitions are listed by Dask before their rows are written."""


class Listed(NamedTuple):
    """The rows of one batch that were asked for, its number of rows, its classes and values."""

    frame: pd.DataFrame
    n_rows: int
    classes: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, outcomes: Outcomes, where: str | None) -> Listed:
        """Return the outcomes that meet a condition, whose classes may be in other batches."""
        if where is None:
            flags = np.logical_or.reduce(outcomes.wrong)
        else:
            flags = parse_condition(where).flags(outcomes)
        values = {name: each.values for name, each in outcomes.slices.items()}
        return cls(outcomes.to_frame(flags), len(outcomes), outcomes.classes, values)


def list_rows(
    datasets: Sequence[Any], names: Sequence[str], settings: Settings, where: str | None
) -> Iterator[Listed]:
    """Yield the rows that meet a condition, batch by batch and in their order.

    Parameters
    ----------
    datasets : files, folders, globs or addresses with the same rows.
    names : one name per data set.
    settings : how to read; `where` may ask for the columns to slice by.
    where : the condition; without one, rows that any model misclassifies.

    Raises
    ------
    RuleError
        If the condition is invalid.
    OrderDiffersError
        If ids are in different orders; rows that were yielded are then void, and `list_joined_rows`
        has to be asked.
    EvalkitError
        If a data set cannot be read.
    """
    files = found_files(datasets, names)
    models = few_models(files, names, settings)
    if models is not None:
        counts, _ = counts_together([m.counts for m in models], [m.name for m in models])
        _require_unique([model.name for model in models])
        outcomes = counts.outcomes([model.name for model in models])
        yield Listed.of(outcomes, where)
        return
    plan = _plan(files, names, settings)
    listing = partial(_listed, plan=plan, where=where)
    partitions = partitions_of(files)
    first = 0
    for each in (_by_dask if settings.uses_dask else _here)(partitions, listing, settings):
        yield each if plan.sources[0].roles.id else _numbered(each, first)
        first += each.n_rows


def list_joined_rows(
    datasets: Sequence[Any], names: Sequence[str], settings: Settings, where: str | None
) -> Iterator[Listed]:
    """Yield the rows that meet a condition, matched by id and in the order of their ids.

    Raises
    ------
    EvalkitError
        As `list_rows`.
    """
    files = found_files(datasets, names)
    plan = _plan(files, names, settings)
    for batches in joined_batches(files, plan, in_order=True):
        yield _of_batch(batches, plan, where)


def _plan(files: Sequence[Sequence[File]], names: Sequence[str], settings: Settings) -> Plan:
    plan = replace(plan_of(files, names, settings), keeps_ids=True)
    _require_unique([model.name for model in plan.models])
    return plan


def _require_unique(names: Sequence[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"Two models are named {twice}. Name them, as in A=FILE B=FILE.")


def _here(
    partitions: Sequence[Partition], listing: Callable[[Partition], list[Listed]], _: Settings
) -> Iterator[Listed]:
    for partition in partitions:
        yield from listing(partition)


def _by_dask(
    partitions: Sequence[Partition],
    listing: Callable[[Partition], list[Listed]],
    settings: Settings,
) -> Iterator[Listed]:
    from evalkit.counts.clusters import cluster, delayed, key_of

    with cluster(settings.scheduler) as there:
        for start in range(0, len(partitions), AT_A_TIME):
            some = partitions[start : start + AT_A_TIME]
            tasks = [
                delayed()(partial(listing, each), pure=False)(dask_key_name=key_of(str(each)))
                for each in some
            ]
            for found in there.compute(tasks):
                yield from found


def _listed(partition: Partition, plan: Plan, where: str | None) -> list[Listed]:
    with _naming(partition):
        return [_of_batch(each, plan, where) for each in aligned_batches(partition.pieces, plan)]


@contextmanager
def _naming(partition: Partition) -> Iterator[None]:
    """Raise errors with the name of the partition."""
    try:
        yield
    except (OrderDiffersError, InputError):
        raise
    except Exception as error:
        raise partition_error(str(partition), error) from error


def _of_batch(batches: Sequence[pa.RecordBatch], plan: Plan, where: str | None) -> Listed:
    rows = coded_rows(batches, plan)
    ident = plan.sources[0].roles.id
    outcomes = Outcomes(
        tuple(map(str, rows.classes)),
        tuple(model.name for model in plan.models),
        rows.actual,
        tuple(rows.predicted),
        tuple(rows.probabilities),
        None if ident is None else _Ids(batches[0].column(ident)),
        rows.slices,
    )
    return Listed.of(outcomes, where)


class _Ids:
    """The ids of a batch, of which only those of listed rows become text."""

    def __init__(self, column: pa.Array) -> None:
        self._column = column

    def __getitem__(self, row: int) -> str:
        return unescaped(str(self._column[row].as_py()))


def _numbered(listed: Listed, first: int) -> Listed:
    """Return rows without ids with their positions in the whole data set."""
    ids = (listed.frame["id"].astype(np.int64) + first).astype(str)
    return listed._replace(frame=listed.frame.assign(id=ids))
