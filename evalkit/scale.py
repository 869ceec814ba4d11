"""Evaluate predictions of any size, locally with Arrow or on a cluster with Dask.

`evaluate` takes one model, `evaluate_together` several models on the same rows, which
`evalkit.compare` then pairs. Up to 2²⁰ rows are kept in memory for exact intervals. More rows are
streamed: they are read once in batches and counted.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    from evalkit.compare.evaluation import Evaluation
    from evalkit.counts.listing import Listed
    from evalkit.counts.plan import Engine
    from evalkit.predictions.options import ReadOptions

__all__ = ["evaluate", "evaluate_together", "write_errors"]

LARGE = 1 << 28
"""Prediction files of at least this many bytes are read by `evaluate_together`."""


def evaluate(
    dataset: Any,
    *,
    classes: Sequence[Any] | None = None,
    engine: Engine = "auto",
    scheduler: str | None = None,
    name: str | None = None,
    columns: Mapping[str, str] | None = None,
    slice_by: Sequence[str] = (),
    slice_depth: int = 2,
    cluster_by: str | None = None,
    stratify_by: str | None = None,
    state: str | os.PathLike[str] | None = None,
) -> Evaluation:
    r"""Return the evaluation of one model on a data set of any size.

    Parameters
    ----------
    dataset : a Parquet or CSV file, a folder, a glob, an fsspec URL or a list of those; with Dask
        also a `dask.dataframe` or a list of delayed tables.
    classes : the ordered classes; if absent, those that the files declare, else those that occur.
    engine : ``"arrow"`` for this machine, ``"dask"``, or ``"auto"``: Dask if there is a scheduler
        or a Dask collection.
    scheduler : the address of a running Dask cluster.
    name : the name of the model; if absent, the stem of the data set.
    columns : evalkit's name of a column → name in the files.
    slice_by : columns to slice by: ``"region"``, or with bins ``"age:18,40,65"``. Numbers with
        many values are binned at the quintiles of the first rows.
    slice_depth : the largest number of these columns that are crossed: 1, 2 or 3.
    cluster_by : the column of groups; rows with the same value were sampled together.
    stratify_by : the column of strata, for at most 2²⁰ rows and without a state.
    state : a JSON file that keeps the counts of each partition, so that it is not read again.
        With a state all data is streamed.

    Raises
    ------
    FileFormatError
        If a file is missing or damaged.
    DataError
        If columns or labels are missing or wrong; the file or partition is named.
    InputError
        If the data set holds several models, or streamed data is to be stratified.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "tiny.csv"
    ...     _ = path.write_text("y_true,y_pred\ncat,cat\ncat,dog\ndog,dog\n")
    ...     evaluate(path).confusion_matrix.counts.tolist()
    [[1, 1], [0, 1]]
    """
    from evalkit.errors import InputError

    found = evaluate_together(
        [dataset],
        names=None if name is None else [name],
        classes=classes,
        engine=engine,
        scheduler=scheduler,
        columns=columns,
        slice_by=slice_by,
        slice_depth=slice_depth,
        cluster_by=cluster_by,
        stratify_by=stratify_by,
        state=state,
    )
    if len(found) > 1:
        raise InputError(
            f"The data set holds {len(found)} models. Use evalkit.scale.evaluate_together."
        )
    return found[0]


def evaluate_together(
    datasets: Sequence[Any],
    *,
    names: Sequence[str] | None = None,
    classes: Sequence[Any] | None = None,
    engine: Engine = "auto",
    scheduler: str | None = None,
    columns: Mapping[str, str] | None = None,
    slice_by: Sequence[str] = (),
    slice_depth: int = 2,
    cluster_by: str | None = None,
    stratify_by: str | None = None,
    state: str | os.PathLike[str] | None = None,
    reading: ReadOptions | None = None,
) -> list[Evaluation]:
    """Return the evaluations of all models of data sets with the same rows, read in one pass.

    Rows are paired by id if every data set has ids, otherwise by their order. `evalkit.compare` of
    the result is paired, even if rows were streamed.

    Parameters
    ----------
    datasets : data sets as in `evaluate`; a data set may hold several models.
    names : one per data set; not used for a data set of several models.
    classes, engine, scheduler, columns, slice_by, slice_depth, cluster_by, stratify_by, state : as
        in `evaluate`.
    reading : how the files are read; `columns` replaces its field.

    Raises
    ------
    IncompatibleError
        If rows or actual labels of two data sets differ.
    EvalkitError
        As in `evaluate`.
    """
    from evalkit.compare.evaluation import Evaluation
    from evalkit.counts.datasets import count_datasets
    from evalkit.counts.plan import Settings
    from evalkit.predictions.options import DEFAULT

    settings = Settings(
        None if classes is None else tuple(classes),
        engine,
        scheduler,
        replace(reading or DEFAULT, columns=dict(columns or (reading or DEFAULT).columns)),
        tuple(slice_by),
        cluster_by,
        stratify_by,
        state,
        slice_depth,
    )
    return [
        Evaluation.of_counts(model.name, model.counts, notes=model.notes, warnings=model.warnings)
        for model in count_datasets(datasets, names, settings)
    ]


def write_errors(
    datasets: Sequence[Any],
    path: str | os.PathLike[str],
    *,
    names: Sequence[str] | None = None,
    where: str | None = None,
    limit: int | None = None,
    classes: Sequence[Any] | None = None,
    engine: Engine = "auto",
    scheduler: str | None = None,
    columns: Mapping[str, str] | None = None,
    slice_by: Sequence[str] = (),
    reading: ReadOptions | None = None,
) -> tuple[int, int]:
    """Write the misclassified rows of data sets of any size to a CSV file, as they are read.

    Parameters
    ----------
    datasets, names, classes, engine, scheduler, columns, slice_by, reading : as in
        `evaluate_together`; Dask collections are not accepted.
    path : the file to write.
    where : a condition, as in `Comparison.errors`; without it, rows that any model misclassifies.
        Columns that it asks for are read as columns to slice by.
    limit : the largest number of rows to write.

    Returns
    -------
    The number of rows written, and the number of rows read. Reading ends at the limit.

    Raises
    ------
    InputError
        If the condition is invalid.
    OutputError
        If the file cannot be written.
    EvalkitError
        As in `evaluate_together`.
    """
    from evalkit.counts.batches import OrderDiffersError
    from evalkit.counts.listing import list_joined_rows, list_rows
    from evalkit.counts.plan import Settings
    from evalkit.predictions.addresses import stem_of
    from evalkit.predictions.conditions import with_asked_columns
    from evalkit.predictions.options import DEFAULT
    from evalkit.writing import write_atomically

    settings = Settings(
        None if classes is None else tuple(classes),
        engine,
        scheduler,
        replace(reading or DEFAULT, columns=dict(columns or (reading or DEFAULT).columns)),
        with_asked_columns(slice_by, where),
        slice_depth=1,
    )
    named = list(names or (stem_of(str(each)) for each in datasets))
    written = (0, 0)

    def write(file: BinaryIO) -> None:
        nonlocal written
        try:
            written = _write_listed(list_rows(datasets, named, settings, where), file, where, limit)
        except OrderDiffersError:
            file.seek(0)
            file.truncate()
            joined = list_joined_rows(datasets, named, settings, where)
            written = _write_listed(joined, file, where, limit)

    write_atomically(path, write)
    return written


def _write_listed(
    parts: Iterator[Listed], file: BinaryIO, where: str | None, limit: int | None
) -> tuple[int, int]:
    from evalkit.predictions.classes import sorted_names
    from evalkit.predictions.conditions import parse_condition
    from evalkit.tabular import write_csv

    written = read = 0
    classes: set[str] = set()
    values: dict[str, dict[str, None]] = {}
    for part in parts:
        frame = part.frame if limit is None else part.frame.iloc[: limit - written]
        write_csv(frame, file, with_header=not read)
        written, read = written + len(frame), read + part.n_rows
        classes.update(part.classes)
        for name, own in part.values.items():
            values.setdefault(name, {}).update(dict.fromkeys(own))
        if written == limit:
            return written, read
    if where is not None:
        listed = {name: list(own) for name, own in values.items()}
        parse_condition(where).require_values(sorted_names(classes), listed)
    return written, read


def is_counted(models: Sequence[str]) -> bool:
    """Return whether any of the models is a folder, a glob, a URL or a large table.

    >>> is_counted(["a.pkl"]), is_counted(["preds/*.parquet"]), is_counted(["b=s3://bucket/preds"])
    (False, True, True)
    """
    from evalkit.counts.files import is_dataset
    from evalkit.predictions.addresses import parse_address

    return any(
        is_dataset(each.path) or _is_large(Path(each.path)) for each in map(parse_address, models)
    )


def counted_evaluations(
    models: Sequence[str], refused: Mapping[str, Any], **options: Any
) -> list[Evaluation]:
    """Return the evaluations of ``[NAME=]DATASET``, read together.

    Parameters
    ----------
    models : the arguments of a command.
    refused : option → value, for options that apply to model files only.
    options : as in `evaluate_together`.

    Raises
    ------
    InputError
        If a refused option is given.
    EvalkitError
        As in `evaluate_together`.
    """
    from evalkit.errors import InputError
    from evalkit.predictions.addresses import parse_address

    option = next((option for option, value in refused.items() if value), None)
    if option is not None:
        raise InputError(
            f"{option} applies to model files, not to folders, globs and large prediction files. "
            f"Leave out {option}."
        )
    named = [parse_address(text) for text in models]
    return evaluate_together(
        [each.path for each in named], names=[each.name for each in named], **options
    )


def _is_large(path: Path) -> bool:
    from evalkit.counts.files import SUFFIXES

    return path.suffix.lower() in SUFFIXES and path.is_file() and path.stat().st_size >= LARGE
