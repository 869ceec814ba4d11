"""Files to evaluations: find them, say what their columns are for, count, and put together."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import DataError, InputError
from evalkit.predictions.addresses import stem_of
from evalkit.predictions.slices import FEW_VALUES, quantile_edges, slice_spec
from evalkit.scale.arrow_engine import count_here
from evalkit.scale.counting import OrderDiffersError
from evalkit.scale.evaluations import evaluations_of
from evalkit.scale.files import find_files
from evalkit.scale.partitions import partitions_of
from evalkit.scale.plan import Plan, SliceColumn, declared_classes, source_columns
from evalkit.scale.reading import file_schema, head
from evalkit.scale.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.evaluation import Evaluation
    from evalkit.scale.files import File
    from evalkit.scale.partial import PartialCounts
    from evalkit.scale.plan import SourceColumns
    from evalkit.scale.settings import Settings


def count_together(
    datasets: Sequence[Any], names: Sequence[str] | None, settings: Settings
) -> list[Evaluation]:
    """Return what `evalkit.scale.evaluate_together` promises."""
    if not datasets:
        raise InputError("there must be at least one data set to evaluate; got none")
    if names is not None and len(names) != len(datasets):
        raise InputError(
            f"names are one a data set; got {len(names)} for {len(datasets)} data sets"
        )
    given = names or [_stem(dataset, i) for i, dataset in enumerate(datasets)]
    if any(_is_collection(dataset) for dataset in datasets):
        from evalkit.scale.dask_engine import count_collection

        if len(datasets) > 1:
            raise InputError(
                "a Dask collection is counted by itself, with a pred_<model> column for each model"
            )
        counts, plan = count_collection(datasets[0], given[0], settings)
        return evaluations_of(counts, plan)
    files = [find_files(dataset) for dataset in datasets]
    plan = _plan(files, given, settings)
    return evaluations_of(_counted(files, plan, settings), plan)


def _counted(files: Sequence[Sequence[File]], plan: Plan, settings: Settings) -> PartialCounts:
    partitions = partitions_of(files)
    state = State(plan, settings.state)
    try:
        if settings.uses_dask:
            from evalkit.scale.dask_engine import count_by_dask

            return count_by_dask(partitions, plan, state, settings.scheduler)
        return count_here(partitions, plan, state)
    except OrderDiffersError:
        from evalkit.scale.join import count_joined

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


def require_column(column: str, source: SourceColumns) -> None:
    """Refuse a column that is not among the others of a source."""
    if column not in source.others:
        there = ", ".join(source.others) or "no other column"
        raise DataError(
            f"a named column must be there; {source.where} has no column {column}: there is {there}"
        )


def slice_column(text: str, values: Any) -> SliceColumn:
    """Return the column of ``NAME`` or ``NAME:EDGE,EDGE``, binned if its values are many numbers.

    Raises
    ------
    InputError
        If an edge is no number.
    """
    name, edges = slice_spec(text)
    if edges:
        return SliceColumn(name, edges)
    numbers = np.asarray(values)
    if numbers.dtype.kind in "iuf":
        known = numbers.astype(np.float64)
        if len(np.unique(known[~np.isnan(known)])) > FEW_VALUES:
            return SliceColumn(name, quantile_edges(known))
    return SliceColumn(name)


def _slice(text: str, file: File) -> SliceColumn:
    name = text.partition(":")[0]
    return slice_column(text, head(file, name))


def _is_collection(dataset: Any) -> bool:
    if isinstance(dataset, str | os.PathLike):
        return False
    if hasattr(dataset, "to_delayed"):
        return True
    return isinstance(dataset, list | tuple) and any(hasattr(each, "dask") for each in dataset)


def _stem(dataset: Any, position: int) -> str:
    if isinstance(dataset, str | os.PathLike):
        return stem_of(os.fspath(dataset))
    return f"model {position + 1}" if position else "model"
