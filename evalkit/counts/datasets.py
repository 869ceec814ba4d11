"""Data sets to counts: find the files, decide what their columns are for, count one pass."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evalkit.counts.arrow_engine import count_here
from evalkit.counts.batches import OrderDiffersError, file_schema, head
from evalkit.counts.counts import MOST_ROWS, Counts
from evalkit.counts.files import find_files, lines_up_to
from evalkit.counts.partitions import State, partitions_of
from evalkit.counts.plan import (
    Plan,
    declared_classes,
    require_column,
    slice_column,
    source_columns,
)
from evalkit.counts.sums import UNITS
from evalkit.errors import DataError, InputError
from evalkit.predictions.addresses import stem_of
from evalkit.predictions.checks import as_data_errors, require_some_weight
from evalkit.predictions.classes import sorted_names
from evalkit.predictions.predictions import NOT_PREDICTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.counts.files import File
    from evalkit.counts.plan import Settings, SliceColumn
    from evalkit.counts.tables import PartialCounts


class CountedModel(NamedTuple):
    """One model of a pass: its name, its counts, and what a reader should know of them."""

    name: str
    counts: Counts
    notes: tuple[str, ...]


def count_datasets(
    datasets: Sequence[Any], names: Sequence[str] | None, settings: Settings
) -> list[CountedModel]:
    """Return the counts of each model of data sets over the same rows, from one pass.

    Parameters
    ----------
    datasets : files, folders, globs or addresses, or one Dask collection.
    names : one name per data set.
    settings : how to count.

    Raises
    ------
    InputError
        If there is no data set, or names do not fit.
    DataError
        If a data set has no rows.
    EvalkitError
        Of a partition that cannot be counted, by name.
    """
    given = dataset_names(datasets, names)
    if any(is_collection(dataset) for dataset in datasets):
        from evalkit.counts.dask_engine import count_collection

        if len(datasets) > 1:
            raise InputError(
                "A Dask collection is counted by itself. Give it a column pred_<model> for each "
                "model."
            )
        return _models(*count_collection(datasets[0], given[0], settings))
    files = [find_files(dataset) for dataset in datasets]
    for own in files:
        if not any(map(_has_rows, own)):
            raise DataError(f"No rows: {own[0].address} holds no sample.")
    plan = _plan(files, given, settings)
    return _models(_counted(files, plan, settings), plan)


def dataset_names(datasets: Sequence[Any], names: Sequence[str] | None) -> Sequence[str]:
    """Return the name of each data set, its stem where none is given.

    Raises
    ------
    InputError
        If there is no data set, or there are more or fewer names.
    """
    if not datasets:
        raise InputError("There is no data set to evaluate.")
    if names is not None and len(names) != len(datasets):
        raise InputError(
            f"names has {len(names)} entries for {len(datasets)} data sets. Give one per data set."
        )
    return names or [_stem(dataset, i) for i, dataset in enumerate(datasets)]


def few_rows(datasets: Sequence[Any]) -> list[list[str]] | None:
    """Return the local files of each data set, where all rows are few enough to be kept.

    None where there are more, where a file is not local, and of Dask collections.
    """
    found = []
    for dataset in datasets:
        if is_collection(dataset):
            return None
        files = find_files(dataset)
        if not files or any("://" in file.address for file in files):
            return None
        rows = 0
        for file in files:
            known = file.rows
            rows += lines_up_to(file.address, MOST_ROWS + 1) if known is None else known
            if rows > MOST_ROWS:
                return None
        found.append([file.address for file in files])
    return found


def _models(counted: PartialCounts, plan: Plan) -> list[CountedModel]:
    """Return each model of a plan, all counted together.

    Raises
    ------
    DataError
        If there was no row, or none counts.
    """
    if not counted.rows:
        raise DataError(f"The data set has no rows: {plan.sources[0].where}.")
    classes = plan.classes or sorted_names(counted.occurring)
    together = Counts.of_sums(
        counted.under(classes),
        classes,
        len(plan.models),
        weighted=plan.sources[0].weight is not None,
        slices={each.name: each.labels() if each.edges else [] for each in plan.slices},
    )
    weight = plan.sources[0].weight
    if weight is not None:
        with as_data_errors():
            total = float(together.matrices[0].sum())
            require_some_weight(total, f"{weight} of {plan.sources[0].where}")
    found = []
    for i, model in enumerate(plan.models):
        alone = together.alone(i)
        found.append(CountedModel(model.name, alone, _notes(plan, i, alone)))
    return found


def _notes(plan: Plan, model: int, counts: Counts) -> tuple[str, ...]:
    source = next(
        source
        for i, source in enumerate(plan.sources)
        if model < sum(len(each.models) for each in plan.sources[: i + 1])
    )
    notes = list(source.notes)
    if plan.models[model].predicted is None:
        notes.append(NOT_PREDICTED)
    known = counts.probability(0)
    if known is not None:
        notes.append(
            "ROC curves, their areas and precision–recall curves come from score bins, which moves "
            f"no area by more than {known.auc_bound:.1g}."
        )
    if counts.sampling.groups:
        notes.append(
            f"Groups were spread over {UNITS:,} units by a hash, which the bootstrap draws whole."
        )
    return tuple(notes)


def _counted(files: Sequence[Sequence[File]], plan: Plan, settings: Settings) -> PartialCounts:
    partitions = partitions_of(files)
    state = State(plan, settings.state)
    try:
        if settings.uses_dask:
            from evalkit.counts.dask_engine import count_by_dask

            return count_by_dask(partitions, plan, state, settings.scheduler)
        return count_here(partitions, plan, state)
    except OrderDiffersError:
        from evalkit.counts.join import count_joined

        return count_joined(files, plan)


def _plan(files: Sequence[Sequence[File]], names: Sequence[str], settings: Settings) -> Plan:
    sources, written = [], []
    for own, name in zip(files, names, strict=True):
        columns, classes = file_schema(own[0])
        sources.append(source_columns(columns, name, own[0].address, settings.columns))
        written.append(classes)
    plan = Plan(
        tuple(sources),
        declared_classes(sources, written, settings.classes),
        groups=settings.cluster_by,
    )
    for column in (settings.cluster_by, *(text.partition(":")[0] for text in settings.slice_by)):
        if column is not None:
            require_column(column, sources[0])
    slices = tuple(_slice(text, files[0][0]) for text in settings.slice_by)
    return Plan(plan.sources, plan.classes, slices, plan.groups)


def _has_rows(file: File) -> bool:
    """Return whether a file has rows, or may have: a remote one is not opened to see."""
    if file.rows is not None:
        return file.rows > 0
    if "://" in file.address:
        return True
    with Path(file.address).open("rb") as lines:
        lines.readline()
        return lines.read(1) != b""


def _slice(text: str, file: File) -> SliceColumn:
    name = text.partition(":")[0]
    return slice_column(text, head(file, name))


def is_collection(dataset: Any) -> bool:
    """Return whether a data set is a `dask.dataframe` or a list of delayed tables."""
    if isinstance(dataset, str | os.PathLike):
        return False
    if hasattr(dataset, "to_delayed"):
        return True
    return isinstance(dataset, list | tuple) and any(hasattr(each, "dask") for each in dataset)


def _stem(dataset: Any, position: int) -> str:
    if isinstance(dataset, str | os.PathLike):
        return stem_of(os.fspath(dataset))
    return f"model {position + 1}" if position else "model"
