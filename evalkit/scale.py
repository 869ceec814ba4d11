"""Evaluate predictions of any size, on one machine with Arrow or on a cluster with Dask.

`evaluate` takes one model, `evaluate_together` several models over the same rows, so that
`evalkit.compare` pairs them. Local files with at most 1,048,576 rows are read as a whole, with
every engine. Other data sets are read once, in batches, and only counts and sums are kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from evalkit.compare.evaluation import Evaluation
    from evalkit.counts.plan import Engine

__all__ = ["evaluate", "evaluate_together"]

LARGE = 1 << 28
"""Prediction files of so many bytes are counted, smaller ones read whole."""


def evaluate(
    dataset: Any,
    *,
    classes: Sequence[Any] | None = None,
    engine: Engine = "auto",
    scheduler: str | None = None,
    name: str | None = None,
    columns: Mapping[str, str] | None = None,
    slice_by: Sequence[str] = (),
    cluster_by: str | None = None,
    state: str | os.PathLike[str] | None = None,
) -> Evaluation:
    r"""Return the evaluation of one model on a data set of any size.

    The evaluation keeps the rows of local files with at most 1,048,576 rows, unless `state` is
    given, and only counts and sums otherwise.

    Parameters
    ----------
    dataset : a Parquet or CSV file, a folder, a glob, an fsspec address or a list of those; with
        Dask also a `dask.dataframe` or a list of delayed tables.
    classes : the ordered classes; if absent, those that the files declare, else those that occur.
    engine : ``"arrow"`` on this machine, ``"dask"``, or ``"auto"``: Dask if a scheduler or a Dask
        collection is given.
    scheduler : the address of a running Dask cluster.
    name : the name of the model; by default the stem of the data set.
    columns : evalkit's name of a column → the name in the files.
    slice_by : columns to slice by, ``"region"``, or with the edges of bins, ``"age:18,40,65"``.
        Numbers with more than 20 distinct values are binned at the quintiles of the first 131,072
        values. Pairs of columns are crossed.
    cluster_by : the column with the groups of samples that were drawn together.
    state : a JSON file in which the counts are stored; partitions in it are not read again.

    Raises
    ------
    FileFormatError
        If a file is missing or damaged.
    DataError
        If columns or labels are missing or wrong; the partition is named.
    InputError
        If the data set holds several models.

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
        cluster_by=cluster_by,
        state=state,
    )
    if len(found) > 1:
        raise InputError(
            f"a data set to evaluate holds one model; this holds {len(found)}: "
            "evalkit.scale.evaluate_together counts them all"
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
    cluster_by: str | None = None,
    state: str | os.PathLike[str] | None = None,
) -> list[Evaluation]:
    """Return one evaluation per model of data sets over the same rows, from one pass.

    Rows are paired by their order, or by id if every data set has ids and the order differs.
    `evalkit.compare` of the result is paired. Rows are kept as by `evaluate`.

    Parameters
    ----------
    datasets : as `evaluate` takes them; a data set may hold several models.
    names : one name per data set; the models of a data set with several models keep their names.
    classes, engine, scheduler, columns, slice_by, cluster_by, state : as in `evaluate`.

    Raises
    ------
    IncompatibleError
        If rows or actual labels of two data sets differ.
    EvalkitError
        As `evaluate`.
    """
    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.from_files import DrawnBy, evaluations_of_tables
    from evalkit.counts.datasets import count_datasets, dataset_names, few_rows
    from evalkit.counts.plan import Settings
    from evalkit.predictions.files import read_dataset

    settings = Settings(
        None if classes is None else tuple(classes),
        engine,
        scheduler,
        dict(columns or {}),
        tuple(slice_by),
        cluster_by,
        state,
    )
    few = None if state is not None else few_rows(datasets)
    if few is not None:
        tables = [
            read_dataset(files, name=name, columns=columns, classes=settings.classes)
            for files, name in zip(few, dataset_names(datasets, names), strict=True)
        ]
        return evaluations_of_tables(tables, DrawnBy(groups=cluster_by, slices=tuple(slice_by)))
    return [
        Evaluation.of_counts(model.name, model.counts, notes=model.notes)
        for model in count_datasets(datasets, names, settings)
    ]


def is_counted(models: Sequence[str]) -> bool:
    """Return whether any of the models is a folder, a glob, an address or a large table.

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
    """Return the evaluations of ``[NAME=]DATASET``, counted together.

    Parameters
    ----------
    models : what the user named.
    refused : option → value, of options that need rows or models; none may be given.
    options : as `evalkit.scale.evaluate_together` takes them.

    Raises
    ------
    InputError
        If an option is given that does not go with counting.
    EvalkitError
        As `evalkit.scale.evaluate_together`.
    """
    from evalkit.errors import InputError
    from evalkit.predictions.addresses import parse_address

    for option, value in refused.items():
        if value:
            raise InputError(
                f"folders, globs and large files are counted, not read; {option} needs their rows: "
                "leave it out, or name small files"
            )
    named = [parse_address(text) for text in models]
    return evaluate_together(
        [each.path for each in named], names=[each.name for each in named], **options
    )


def _is_large(path: Path) -> bool:
    from evalkit.counts.files import SUFFIXES

    return path.suffix.lower() in SUFFIXES and path.is_file() and path.stat().st_size >= LARGE
