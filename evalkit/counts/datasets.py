"""Data sets to counts: find the files, read few rows whole, count more rows in one pass."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.counts.batches import (
    OrderDiffersError,
    agreement_of,
    file_schema,
    first_rows,
    head,
)
from evalkit.counts.counts import MOST_ROWS, Counts, counts_together
from evalkit.counts.files import find_files, has_rows, lines_up_to, open_file
from evalkit.counts.partitions import State, count_here, partitions_of
from evalkit.counts.plan import Source, make_plan
from evalkit.counts.sums import UNITS
from evalkit.errors import DataError, IncompatibleError, InputError
from evalkit.predictions.addresses import stem_of
from evalkit.predictions.classes import as_data_errors, require_some_weight, sorted_names
from evalkit.predictions.files import (
    align_classes,
    open_table,
    predictions_of_tables,
    require_shown,
    with_columns,
)
from evalkit.predictions.labels import near_labels, require_common_labels
from evalkit.predictions.pairing import with_common_ids
from evalkit.predictions.predictions import NOT_PREDICTED
from evalkit.predictions.roles import assign_roles
from evalkit.predictions.slices import FIRST_VALUES
from evalkit.progress import track
from evalkit.reading.source import printable, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalkit.counts.files import File
    from evalkit.counts.plan import Plan, Settings
    from evalkit.counts.tables import PartialCounts
    from evalkit.predictions import Predictions
    from evalkit.predictions.formats import Table
    from evalkit.predictions.options import ReadOptions

MOST_CELLS = 1 << 26
"""Tables of more numbers than this are streamed, even if they have few rows."""


class CountedModel(NamedTuple):
    """One model of some data sets: its name, its counts, and notes and warnings for the reader."""

    name: str
    counts: Counts
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def count_datasets(
    datasets: Sequence[Any], names: Sequence[str] | None, settings: Settings
) -> list[CountedModel]:
    """Return the counts of each model of data sets over the same rows.

    Up to `MOST_ROWS` rows are read whole. More rows are streamed in one pass, as are those of which
    a state is kept.

    Parameters
    ----------
    datasets : files, folders, globs or addresses, or one Dask collection.
    names : one name per data set.
    settings : how to count.

    Raises
    ------
    InputError
        If there is no data set, names do not fit, or streamed data is to be stratified.
    DataError
        If a data set has no rows.
    IncompatibleError
        If the data sets do not hold the same rows.
    EvalkitError
        If a file or partition cannot be read; the message names it.
    """
    given = _dataset_names(datasets, names)
    collection = next((each for each in datasets if is_collection(each)), None)
    if collection is not None:
        if len(datasets) > 1:
            raise InputError(
                "A Dask collection is counted by itself. Give it a column pred_<model> for each "
                "model."
            )
        from evalkit.counts.dask_engine import open_collection

        with open_collection(collection, given[0], settings) as opened:
            tables = opened.read(most_rows)
            if tables is None:
                _refuse_strata(settings)
                return _of_sums(*opened.count())
        return _of_rows([predictions_of_tables(tables, **_options(given[0], settings))], settings)
    files = found_files(datasets, given)
    few = few_models(files, given, settings)
    if few is not None:
        return few
    _refuse_strata(settings)
    plan = plan_of(files, given, settings)
    return _of_sums(_counted(files, plan, settings), plan)


def found_files(datasets: Sequence[Any], names: Sequence[str]) -> list[tuple[File, ...]]:
    """Return the files of each data set, of which there is one name each.

    Raises
    ------
    InputError
        If there is no data set, or names do not fit.
    EvalkitError
        If a file is missing.
    """
    _dataset_names(datasets, names)
    return [find_files(dataset) for dataset in datasets]


def few_models(
    files: Sequence[Sequence[File]], names: Sequence[str], settings: Settings
) -> list[CountedModel] | None:
    """Return each model of data sets of few rows, which are read whole; None of many rows."""
    if settings.state is not None or not all(_are_few(own, settings.reading) for own in files):
        return None
    return _of_rows(
        [
            predictions_of_tables(_open(own, settings.reading), **_options(name, settings))
            for own, name in track(zip(files, names, strict=True), "Reading", len(files))
        ],
        settings,
    )


def most_rows(columns: int) -> int:
    """Return how many rows of so many columns are read whole."""
    return min(MOST_ROWS, MOST_CELLS // max(1, columns))


def _dataset_names(datasets: Sequence[Any], names: Sequence[str] | None) -> Sequence[str]:
    if not datasets:
        raise InputError("There is no data set to evaluate.")
    if names is not None and len(names) != len(datasets):
        raise InputError(
            f"names has {len(names)} entries for {len(datasets)} data sets. Give one per data set."
        )
    return names or [_stem(dataset, i) for i, dataset in enumerate(datasets)]


def _are_few(files: Sequence[File], reading: ReadOptions) -> bool:
    most, rows = most_rows(len(file_schema(files[0], reading).names)), 0
    for file in files:
        rows += lines_up_to(file, most + 1) if file.rows is None else file.rows
        if rows > most:
            return False
    return True


def _open(files: Sequence[File], options: ReadOptions) -> Iterator[tuple[str, Table]]:
    for file in files:
        with open_file(file.address) as source:
            yield file.address, open_table(source, options)


def _options(name: str, settings: Settings) -> dict[str, Any]:
    return {"name": name, "options": settings.reading, "classes": settings.classes}


def _refuse_strata(settings: Settings) -> None:
    if settings.stratify_by is not None:
        raise InputError(
            f"Stratified samples cannot be streamed: data sets of more than {MOST_ROWS:,} rows and "
            "those with a state keep only counts. Leave out stratify_by."
        )


def _of_rows(tables: Sequence[Predictions], settings: Settings) -> list[CountedModel]:
    """Return each model of tables of the same rows, which are kept."""
    aligned = align_classes(tables)
    if "id" not in settings.reading.columns:
        aligned = with_common_ids(aligned)
    aligned = with_columns(
        aligned,
        groups=settings.cluster_by,
        strata=settings.stratify_by,
        slices=settings.slice_by,
        slice_depth=settings.slice_depth,
    )
    require_shown(aligned, settings.reading)
    found = [
        CountedModel(
            model.name,
            Counts.of_rows(table.select(i)),
            (*table.notes, *model.notes),
            model.warnings,
        )
        for table in aligned
        for i, model in enumerate(table.models)
    ]
    if len(tables) > 1:
        counts_together([each.counts for each in found], [each.name for each in found])
    return found


def _of_sums(counted: PartialCounts, plan: Plan) -> list[CountedModel]:
    """Return each model of a plan, all counted in one pass.

    Raises
    ------
    DataError
        If there was no row, or all weights are zero.
    """
    if not counted.rows:
        raise DataError(f"No rows: {plan.sources[0].where} holds no sample.")
    weight = plan.sources[0].roles.sample_weight
    classes = plan.classes or sorted_names(counted.occurring)
    together = Counts.of_sums(
        counted.under(classes),
        classes,
        len(plan.models),
        weighted=weight is not None,
        slices={each.name: each.labels() for each in plan.slices},
    )
    if weight is not None:
        with as_data_errors():
            require_some_weight(together.matrices[0], f"{weight} of {plan.sources[0].where}")
    sources = [source for source in plan.sources for _ in source.models]
    found = []
    for i, (source, model) in enumerate(zip(sources, plan.models, strict=True)):
        alone, has_labels = together.alone(i), model.predicted is not None
        odd = [agreement_of(counted, i).contradiction(are_predicted=has_labels)]
        if plan.classes is None and model.predicted is not None:
            odd.insert(0, _compared_labels(alone, source, model.predicted))
        warnings = tuple(each for each in odd if each is not None)
        found.append(CountedModel(model.name, alone, _notes(source, has_labels, alone), warnings))
    return found


def _compared_labels(counts: Counts, source: Source, predicted: str) -> str | None:
    """Refuse actual and predicted labels that share none, or return a sentence on similar ones."""
    matrix = counts.matrices[0]
    occurring = [
        [counts.classes[i] for i in np.flatnonzero(matrix.sum(axis=axis))] for axis in (1, 0)
    ]
    names = (f"{source.roles.y_true} of {source.where}", f"{predicted} of {source.where}")
    with as_data_errors():
        require_common_labels(occurring[0], occurring[1], names, in_file=True)
    return near_labels(occurring[0], occurring[1])


def _notes(source: Source, has_labels: bool, counts: Counts) -> tuple[str, ...]:
    notes = [*source.roles.notes, *([] if has_labels else [NOT_PREDICTED])]
    known = counts.probability(0)
    if known is not None:
        notes.append(
            "ROC curves, their areas and precision–recall curves come from score bins, which moves "
            f"no area by more than {known.auc_bound:.1g}."
        )
    if counts.sampling.groups:
        notes.append(
            f"Groups were spread over {UNITS:,} units by a hash. The bootstrap draws whole units."
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


def plan_of(files: Sequence[Sequence[File]], names: Sequence[str], settings: Settings) -> Plan:
    """Return the plan by which the rows of data sets are streamed.

    Raises
    ------
    DataError
        If a data set has no rows, or a column is missing.
    IncompatibleError
        If rows are not in one order.
    """
    for own in files:
        if not any(map(has_rows, own)):
            raise DataError(f"No rows: {own[0].address} holds no sample.")
    sources, written, reading = [], [], settings.reading
    for own, name in zip(files, names, strict=True):
        schema = file_schema(own[0], reading)
        where = own[0].address
        roles = assign_roles(schema.names, where=where, options=reading)
        sources.append(Source(name, where, replace(roles, notes=(*schema.notes, *roles.notes))))
        written.append(schema.classes)
    plan = make_plan(sources, written, settings, lambda column: head(files[0][0], column, reading))
    if len(sources) > 1 and not plan.matches_ids and "id" not in reading.columns:
        _require_one_order(files, plan)
    return plan


def _require_one_order(files: Sequence[Sequence[File]], plan: Plan) -> None:
    """Refuse sources without ids whose first rows differ in a column of unique names they share.

    Raises
    ------
    IncompatibleError
        The message names the column.
    """
    shared = [
        name
        for name in plan.sources[0].roles.others
        if all(name in source.roles.others for source in plan.sources[1:])
    ]
    if not shared:
        return
    first, *others = (first_rows(own[0], shared, plan.reading) for own in files)
    for name in shared:
        values = [table.column(name).slice(0, FIRST_VALUES) for table in (first, *others)]
        if any("float" in str(each.type) or _is_repeated(each) for each in values):
            continue
        if any(values[0].to_pylist() != each.to_pylist() for each in values[1:]):
            raise IncompatibleError(
                f"Rows cannot be paired by position: {shown(name)}, whose values are unique, has "
                f"other values in {plan.sources[0].where} than in another data set. Use --column "
                f"id={printable(name)} to pair by it, or --column id= to pair by position."
            )


def _is_repeated(column: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_nested(column.type):
        return True
    return bool(column.null_count) or len(column.unique()) < len(column)


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
