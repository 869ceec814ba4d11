"""Read and write prediction files, and align their classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.errors import DataError, FileFormatError, IncompatibleError, LabelError, OutputError
from evalkit.labels import code_dtype, schema
from evalkit.predictions.classes import (
    as_data_errors,
    checked_weights,
    codes_in,
    listed_names,
    names_of,
    names_of_one_kind,
    stack_probabilities,
    weights_of_file,
)
from evalkit.predictions.formats import all_formats, find_format
from evalkit.predictions.predictions import NOT_PREDICTED, ModelPredictions, Predictions
from evalkit.predictions.roles import PREDICTED, PROBABILITY, assign_roles
from evalkit.predictions.slices import DEPTH, slice_spec
from evalkit.reading.source import open_source, shown
from evalkit.writing import write_atomically

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.columns import Column
    from evalkit.predictions.formats import Columns, Table
    from evalkit.predictions.roles import Roles
    from evalkit.reading.source import Source

MOST_LISTED = 20


class _Schema(NamedTuple):
    """The classes of one model or file, and whether it declares them."""

    name: str
    classes: tuple[str, ...]
    is_declared: bool


def is_predictions_file(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a table of any format that predictions are read from.

    Raises
    ------
    FileFormatError
        If the file is missing or empty.
    """
    with open_source(path) as source:
        return find_format(source) is not None


def read_predictions(
    path: str | os.PathLike[str], *, columns: Mapping[str, str] | None = None
) -> Predictions:
    """Return the predictions in a file, of one model or of several.

    The format is recognised from the content: CSV, Parquet, Arrow or Feather, NPZ, JSON lines.
    Columns are ``y_true``; ``y_pred``, or ``pred_<model>`` for several models; optionally
    ``proba_<class>`` (``proba_<model>_<class>``), ``sample_weight`` and ``id``. Other columns are
    in `Predictions.others`. Another name is accepted only if it is unambiguous, and
    `Predictions.notes` says so.

    Parameters
    ----------
    path : the file.
    columns : evalkit's name of a column → the file's, as in ``{"y_true": "gold"}``.

    Raises
    ------
    FileFormatError
        If the file is missing, damaged or of no known format.
    DataError
        If a column or a label is missing, or weights or probabilities are invalid.
    IncompatibleError
        If its models have different classes.
    MissingExtraError
        If it is Parquet or Arrow and pyarrow is not installed.
    """
    with open_source(path) as source:
        table = open_table(source)
        roles = assign_roles(table.names, columns, where=str(path))
        held = table.read(roles)
        with as_data_errors():
            return _predictions(table, roles, held, Path(path))


def open_table(source: Source) -> Table:
    """Return the table of an open file, in the format that its content has.

    Raises
    ------
    FileFormatError
        If it has none that predictions are read from.
    """
    found = find_format(source)
    if found is None:
        raise FileFormatError(
            f"Unknown format: {source.path} begins with {shown(source.head(8))}. Predictions are "
            "CSV, Parquet, Arrow, NPZ or JSON lines."
        )
    return found.open(source)


def predictions_of_tables(
    tables: Iterable[tuple[str, Table]],
    *,
    name: str,
    columns: Mapping[str, str] | None = None,
    classes: Sequence[Any] | None = None,
) -> Predictions:
    """Return the predictions in tables of one data set as those of one table.

    Parameters
    ----------
    tables : the name of each table for messages, and the open table; all have the same columns.
    name : of the model, where the data set holds one.
    columns : as for `read_predictions`.
    classes : the ordered classes; if absent, those that a file declares or that occur.

    Raises
    ------
    FileFormatError, DataError, IncompatibleError, MissingExtraError
        As `read_predictions`; also if a table lacks a column of the first.
    """
    parts: list[Columns] = []
    where, first, roles = "", None, None
    for place, table in tables:
        if first is None or roles is None:
            where, first, roles = place, table, assign_roles(table.names, columns, where=place)
        missing = next((column for column in first.names if column not in table.names), None)
        if missing is not None:
            raise DataError(
                f"Files of a data set have different columns: {place} has no column "
                f"{shown(missing)}, {where} has."
            )
        parts.append(table.read(roles))
    assert first is not None
    assert roles is not None
    # Columns of an empty table have no type of their own.
    parts = [part for part in parts if len(part[roles.y_true])] or parts[:1]
    held = {
        column: np.concatenate([part[column] for part in parts]) if len(parts) > 1 else values
        for column, values in parts[0].items()
    }
    declared = None if classes is None else tuple(map(str, classes))
    with as_data_errors():
        found = _predictions(first, roles, held, Path(where), declared)
    return found.renamed(name) if len(found.models) == 1 else found


def with_columns(
    tables: Sequence[Predictions],
    *,
    groups: str | None = None,
    strata: str | None = None,
    slices: Sequence[str] = (),
    slice_depth: int = DEPTH,
) -> list[Predictions]:
    """Return tables of the same samples with roles given to their other columns.

    One table is enough for a column to slice by; groups and strata are columns of each.

    Raises
    ------
    DataError
        If a column is missing, or its values cannot have the role.
    """
    found = []
    for i, table in enumerate(tables):
        own = [
            text
            for text in slices
            if (name := slice_spec(text)[0]) in table.others
            or (i == 0 and not any(name in other.others for other in tables))
        ]
        found.append(
            table.with_columns(groups=groups, strata=strata, slices=own, slice_depth=slice_depth)
        )
    return found


def align_classes(predictions: Sequence[Predictions]) -> list[Predictions]:
    """Return the predictions of several files under one schema of classes.

    The classes are those that a file declares. If none declares any, they are all labels that
    occur, sorted.

    Raises
    ------
    IncompatibleError
        If two files declare different classes, a label is not among the declared classes, or one
        file holds names and another numbers.
    """
    classes = _common_classes(
        [_Schema(each.models[0].name, each.classes, each.is_declared) for each in predictions]
    )
    return [each.under(classes) for each in predictions]


def describe_table(source: Source) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """Return the format of a prediction file and its facts, or None; no row is read."""
    found = find_format(source)
    if found is None:
        return None
    table = found.open(source)
    facts = [
        ("sha256", source.sha256()),
        ("columns", _counted(table.names)),
        ("rows", "" if table.rows is None else f"{table.rows:,}"),
        ("written by", str(table.metadata.get("generator", ""))),
    ]
    try:
        roles = assign_roles(table.names, where=str(source.path))
    except DataError as error:
        facts.append(("as predictions", str(error)))
    else:
        models = ", ".join(name or column for name, column in roles.y_pred.items())
        facts += [
            ("actual", roles.y_true),
            ("predicted", models or "by probability"),
            ("probabilities", _counted(tuple(next(iter(roles.probabilities.values()), {})))),
            ("slices", _counted(roles.others)),
            *(("note", note) for note in roles.notes),
        ]
    return f"{table.format} table", tuple((label, text) for label, text in facts if text)


def write_predictions(predictions: Predictions, path: str | os.PathLike[str]) -> None:
    """Write predictions atomically in the format of the path's suffix.

    ``.csv``, ``.parquet``, ``.feather`` or ``.arrow``, ``.npz``, ``.jsonl``. In CSV a cell that a
    spreadsheet would evaluate as a formula gets a quote before it, which `read_predictions`
    removes.

    Raises
    ------
    OutputError
        If the suffix is unknown, or the file cannot be written.
    MissingExtraError
        If the format needs pyarrow and it is not installed.
    """
    writers = {suffix: each.write for each in all_formats() for suffix in each.suffixes}
    write = writers.get(Path(path).suffix.lower())
    if write is None:
        raise OutputError(
            f"Unknown format: {path}. Predictions are written as {', '.join(sorted(writers))}."
        )
    columns, classes = _columns(predictions), [str(name) for name in predictions.classes]
    write_atomically(path, lambda file: write(columns, classes, file))


def _predictions(
    table: Table,
    roles: Roles,
    held: Columns,
    path: Path,
    given: tuple[str, ...] | None = None,
) -> Predictions:
    def names_in(column: str) -> Column:
        return names_of(held[column], f"{column} of {path}", in_file=True)

    if not len(held[roles.y_true]):
        raise DataError(f"No rows: {path} holds no sample.")
    actual = names_in(roles.y_true)
    # A file without predicted labels holds one model.
    predicted = {model: [names_in(column)] for model, column in roles.y_pred.items()} or {"": []}
    declared = table.metadata.get("classes")
    schemas = [
        _schema(model or path.stem, declared, roles.probabilities.get(model, {}), actual, *names)
        for model, names in predicted.items()
    ]
    if given is not None:
        schemas = [_Schema(path.stem, given, is_declared=True)]
    classes = schema(_common_classes(schemas))
    codes, models = codes_in(actual, classes), []
    labels = {
        model: [codes_in(each, classes) for each in names] for model, names in predicted.items()
    }
    for model, own in labels.items():
        by_class, name = roles.probabilities.get(model), model or path.stem
        stacked = stack_probabilities(held, by_class, classes, str(path)) if by_class else None
        if own or stacked is None:
            models.append(ModelPredictions(name, own[0], stacked))
        else:
            best = stacked.argmax(axis=1).astype(code_dtype(len(classes)))
            models.append(ModelPredictions(name, best, stacked, (NOT_PREDICTED,)))
    weights = None
    if roles.sample_weight is not None:
        what = f"{roles.sample_weight} of {path}"
        weights = weights_of_file(held[roles.sample_weight], what)
        weights = checked_weights(weights, len(codes), what)
    ids = None if roles.id is None else names_in(roles.id)
    return Predictions(
        classes=classes,
        actual=codes,
        models=tuple(models),
        weights=weights,
        ids=None if ids is None else np.array(ids.names, dtype=np.str_)[ids.values],
        others={name: held[name] for name in roles.others},
        is_declared=any(each.is_declared for each in schemas),
        notes=roles.notes,
        source=str(path),
        is_text=table.is_text,
    )


def _schema(name: str, declared: Any, by_class: Mapping[str, str], *labels: Column) -> _Schema:
    """Return the ordered classes of one model, and whether the file declares them."""
    observed = names_of_one_kind(
        [(f"{each.name} holds", each.names) for each in labels], LabelError
    )
    if isinstance(declared, list) and all(isinstance(label, str) for label in declared):
        return _Schema(name, tuple(declared), is_declared=True)
    if len(by_class) > 1:
        return _Schema(name, tuple(by_class), is_declared=True)
    if len(observed) == 1:
        observed = tuple(dict.fromkeys((*observed, *by_class)))
    return _Schema(name, observed, is_declared=False)


def _common_classes(schemas: Sequence[_Schema]) -> tuple[str, ...]:
    if not schemas:
        return ()
    named = [(f"{each.name} has", each.classes) for each in schemas]
    classes = names_of_one_kind(named, IncompatibleError)
    declared = next((each for each in schemas if each.is_declared), None)
    if declared is None:
        return classes
    for each in schemas:
        is_other = each.is_declared and each.classes != declared.classes
        if is_other or set(each.classes) - set(declared.classes):
            raise IncompatibleError(
                f"Classes differ: {declared.name} has {listed_names(declared.classes)} and "
                f"{each.name} has {listed_names(each.classes)}. Use the same classes in the same "
                "order."
            )
    return declared.classes


def _counted(names: Sequence[str]) -> str:
    """Return the number of names and the first of them, if there are any."""
    listed = ", ".join(names[:MOST_LISTED]) + (" …" if len(names) > MOST_LISTED else "")
    return f"{len(names)}: {listed}" if names else ""


def _columns(predictions: Predictions) -> Columns:
    """Return every column by name, labels as text."""
    names = np.array([str(name) for name in predictions.classes], dtype=object)
    columns: dict[str, NDArray[Any]] = {}
    if predictions.ids is not None:
        columns["id"] = predictions.ids
    columns["y_true"] = names[predictions.actual]
    several = len(predictions.models) > 1
    for model in predictions.models:
        columns[f"{PREDICTED}{model.name}" if several else "y_pred"] = names[model.predicted]
    for model in predictions.models:
        if model.probabilities is not None:
            prefix = f"{PROBABILITY}{model.name}_" if several else PROBABILITY
            for code, name in enumerate(names):
                columns[f"{prefix}{name}"] = model.probabilities[:, code]
    if predictions.weights is not None:
        columns["sample_weight"] = predictions.weights
    for label, values in predictions.slices.items():
        columns[label] = np.array(values.values, dtype=object)[values.codes]
    return columns | dict(predictions.others)
