"""Read and write prediction files, and align their classes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.errors import DataError, FileFormatError, IncompatibleError, OutputError
from evalkit.labels import schema
from evalkit.nearest import nearest
from evalkit.predictions.classes import (
    as_data_errors,
    checked_weights,
    codes_in,
    listed_names,
    names_of,
    names_of_one_kind,
    sorted_names,
    weights_of_file,
)
from evalkit.predictions.formats import all_formats, find_format
from evalkit.predictions.formats.csv import FORMATS, first_row
from evalkit.predictions.inputs import shown_columns
from evalkit.predictions.labels import label_columns, near_labels
from evalkit.predictions.options import DEFAULT, ReadOptions
from evalkit.predictions.predictions import (
    NOT_PREDICTED,
    Predictions,
    model_of,
    refuse_foreign_labels,
)
from evalkit.predictions.probabilities import (
    are_probabilities,
    normalised_probabilities,
    numbers_in,
    stacked_columns,
)
from evalkit.predictions.roles import PREDICTED, PROBABILITY, assign_roles
from evalkit.predictions.slices import DEPTH, slice_spec
from evalkit.reading.source import open_source, shown
from evalkit.reading.unpacked import plain_text
from evalkit.writing import write_atomically

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.columns import Column
    from evalkit.predictions.formats import Columns, Format, Table
    from evalkit.predictions.roles import Roles
    from evalkit.reading.source import Source

(TEXT,) = FORMATS
MOST_LISTED = 20
MAX_FIXED_WIDTH = 50_000_000


class _Schema(NamedTuple):
    """The classes of one model or file, and whether it declares them."""

    name: str
    classes: tuple[str, ...]
    is_declared: bool


def is_predictions_file(path: str | os.PathLike[str], options: ReadOptions = DEFAULT) -> bool:
    """Return whether a file is a table of any format that predictions are read from.

    Raises
    ------
    FileFormatError
        If the file is missing or empty, or an archive of several tables.
    """
    with open_source(path) as source:
        return _format_of(plain_text(source), options) is not None


def _format_of(source: Source, options: ReadOptions) -> Format | None:
    """Return the format of an open file; with a file of actual labels one column is a table."""
    found = find_format(source)
    if found is None and options.truth is not None and first_row(source) is not None:
        return TEXT
    return found


def read_predictions(
    path: str | os.PathLike[str],
    options: ReadOptions = DEFAULT,
    *,
    columns: Mapping[str, str] | None = None,
) -> Predictions:
    """Return the predictions in a file, of one model or of several.

    The format is recognised from the content: CSV, Parquet, Arrow or Feather, NPZ, JSON lines and
    JSON documents. Columns are ``y_true``; ``y_pred``, or ``pred_<model>`` for several models;
    optionally ``proba_<class>`` (``proba_<model>_<class>``), ``sample_weight`` and ``id``. Other
    columns are in `Predictions.others`. Another name is accepted only if it is unambiguous, and
    `Predictions.notes` says so.

    Parameters
    ----------
    path : the file.
    options : what the file leaves open.
    columns : the field of `options` of that name.

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
    if columns is not None:
        options = replace(options, columns=columns)
    with open_source(path) as source:
        table = open_table(source, options)
        roles = assign_roles(table.names, where=str(path), options=options)
        held = table.read(roles)
        with as_data_errors():
            return predictions_of(table, roles, held, Path(path), options)


def open_table(source: Source, options: ReadOptions = DEFAULT) -> Table:
    """Return the table of an open file, in the format that its content has.

    Raises
    ------
    FileFormatError
        If it has none that predictions are read from.
    """
    source = plain_text(source)
    found = _format_of(source, options)
    if found is None:
        raise FileFormatError(
            f"Unknown format: {source.path} begins with {shown(source.head(8))}. Predictions are "
            "CSV, Parquet, Arrow, NPZ or JSON."
        )
    return found.open(source, options)


def predictions_of_tables(
    tables: Iterable[tuple[str, Table]],
    *,
    name: str,
    options: ReadOptions = DEFAULT,
    classes: Sequence[Any] | None = None,
) -> Predictions:
    """Return the predictions in tables of one data set as those of one table.

    Parameters
    ----------
    tables : the name of each table for messages, and the open table; all have the same columns.
    name : of the model, where the data set holds one.
    options : as for `read_predictions`.
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
            where, first = place, table
            roles = assign_roles(table.names, where=place, options=options)
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
        found = predictions_of(first, roles, held, Path(where), options, declared)
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


def require_shown(tables: Sequence[Predictions], options: ReadOptions) -> None:
    """Refuse columns to show that none of the tables has.

    Raises
    ------
    DataError
        The message names the column.
    """
    for _, columns in options.show:
        if not tables or any(", ".join(columns) in table.inputs for table in tables):
            continue
        others = tables[0].others
        missing = next((name for name in columns if name not in others), columns[0])
        near = nearest(missing, others)
        there = ", ".join(others) or "no other column"
        raise DataError(
            f"Column not found: {tables[0].models[0].name} has no column {shown(missing)} to show. "
            + (f"Did you mean {shown(near)}?" if near else f"It has {there}.")
        )


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
    text = plain_text(source)
    found = find_format(text)
    if found is None:
        return None
    table = found.open(text, DEFAULT)
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
            *(("note", note) for note in (*table.notes, *roles.notes)),
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


def predictions_of(
    table: Table,
    roles: Roles,
    held: Columns,
    path: Path,
    options: ReadOptions,
    given: tuple[str, ...] | None = None,
) -> Predictions:
    """Return the predictions in the columns of a table, which have the roles given.

    Raises
    ------
    InputError, LabelError, DataError, IncompatibleError
        As `read_predictions`.
    """
    n = len(held[roles.y_true])
    if not n:
        raise DataError(f"No rows: {path} holds no sample.")
    actual, *labels = label_columns(
        [(held[name], f"{name} of {path}") for name in (roles.y_true, *roles.y_pred.values())],
        options,
    )
    roles = _settled(
        roles, held, {name for each in (actual, *labels) for name in each.names}, options
    )
    # A file without predicted labels holds one model.
    predicted: dict[str, Column | None] = dict(zip(roles.y_pred, labels, strict=True))
    predicted = predicted or {"": None}
    declared = table.metadata.get("classes")
    if isinstance(declared, list) and all(isinstance(label, str) for label in declared):
        declared = list(dict.fromkeys(map(options.label, declared)))
    by_model = roles.probabilities
    if not roles.y_pred and not by_model and roles.score is None:
        raise DataError(
            f"No predicted labels or probabilities: {path} has no column y_pred, and columns such "
            f"as {shown(next(iter(next(iter(roles.maybe_probabilities.values())).values())))} are "
            "no probabilities of all classes that sum to 1. Map one with --column y_pred=COLUMN."
        )
    schemas = [
        _schema(model or path.stem, declared, by_model.get(model, {}), actual, column, options)
        for model, column in predicted.items()
    ]
    if given is not None:
        schemas = [_Schema(path.stem, given, is_declared=True)]
    classes = schema(_common_classes(schemas))
    is_declared = any(each.is_declared for each in schemas)
    codes, models = codes_in(actual, classes), []
    for model, column in predicted.items():
        own = None if column is None else codes_in(column, classes)
        if own is not None and column is not None and not is_declared:
            refuse_foreign_labels(codes, own, classes, (actual.name, column.name), in_file=True)
        table_of_model = None
        if model in by_model:
            stacked = stacked_columns(held, by_model[model], classes, str(path), options.decimal)
            table_of_model = normalised_probabilities(stacked, classes, n, str(path))
        elif roles.score is not None:
            what = f"{shown(roles.score)} of {path}"
            numbers = numbers_in(held[roles.score], what, options.decimal)
            stacked = _of_one_class(numbers, classes, options, what)
            table_of_model = normalised_probabilities(stacked, classes, n, what)
        notes = () if own is not None else (NOT_PREDICTED,)
        found = model_of(model or path.stem, codes, own, table_of_model, classes, notes)
        near = None
        if column is not None and not is_declared:
            near = near_labels(actual.names, column.names)
        models.append(replace(found, warnings=(*([near] if near else []), *found.warnings)))
    weights = None
    if roles.sample_weight is not None:
        what = f"{roles.sample_weight} of {path}"
        weights = weights_of_file(held[roles.sample_weight], what)
        weights = checked_weights(weights, n, what)
    ids = (
        None
        if roles.id is None
        else names_of(held[roles.id], f"{roles.id} of {path}", in_file=True)
    )
    return Predictions(
        classes=classes,
        actual=codes,
        models=tuple(models),
        weights=weights,
        ids=None if ids is None else _texts(ids),
        # Nested columns without a role are not read.
        others={name: held[name] for name in roles.others if name in held and held[name].ndim == 1},
        inputs=shown_columns(held, options.show, path, options.show_folder),
        is_declared=is_declared,
        notes=(*table.notes, *roles.notes),
        source=str(path),
        is_text=table.is_text,
    )


def _texts(column: Column) -> NDArray[Any]:
    """Return one text per row; of fixed width where that is not too large."""
    longest = max(map(len, column.names), default=0)
    is_small = longest * len(column) <= MAX_FIXED_WIDTH
    texts: NDArray[Any] = np.array(column.names, dtype=np.str_ if is_small else object)
    return np.asarray(texts[column.values])


def _settled(roles: Roles, held: Columns, classes: set[str], options: ReadOptions) -> Roles:
    """Return roles after a look at the values of columns whose names alone do not decide.

    A guessed column of ids is one if its values are unique, and guessed probabilities are those if
    every class has a column and each row sums to one.
    """
    if roles.is_id_guessed and roles.id is not None and not are_unique(held[roles.id]):
        roles = roles.without_id()
    fitting = [
        beginning
        for beginning, by_class in roles.maybe_probabilities.items()
        if classes <= by_class.keys()
        and are_probabilities([held[name] for name in by_class.values()], options.decimal)
    ]
    return roles.with_probabilities(fitting[0]) if len(fitting) == 1 else roles


def are_unique(column: NDArray[Any]) -> bool:
    """Return whether no value of a column occurs twice, and none is missing."""
    if column.dtype.kind in "biu":
        return len(np.unique(column)) == len(column)
    values = column.tolist()
    return len(set(values)) == len(values) and not any(
        v is None or v != v or v == "" for v in values
    )


def _of_one_class(
    numbers: NDArray[np.floating[Any]], classes: Sequence[str], options: ReadOptions, what: str
) -> NDArray[np.floating[Any]]:
    """Return (n, 2) probabilities from those of the class of ``--positive``."""
    positive = options.label(str(options.positive))
    if len(classes) != 2 or positive not in classes:
        raise DataError(
            f"The probability of one class needs two classes, one of them {shown(positive)}: "
            f"{what} has the classes {listed_names(classes)}."
        )
    both = np.stack([1 - numbers, numbers], axis=1)
    return both if classes[1] == positive else both[:, ::-1]


def _schema(
    name: str,
    declared: Any,
    by_class: Mapping[str, str],
    actual: Column,
    predicted: Column | None,
    options: ReadOptions,
) -> _Schema:
    """Return the ordered classes of one model, and whether the file declares them."""
    if isinstance(declared, list) and all(isinstance(label, str) for label in declared):
        return _Schema(name, tuple(declared), is_declared=True)
    if len(by_class) > 1:
        return _Schema(name, tuple(by_class), is_declared=True)
    observed = set(actual.names) | set(() if predicted is None else predicted.names)
    if len(observed) == 1 and options.positive is not None:
        observed.add(options.label(options.positive))
    listed = sorted_names(observed)
    if len(listed) == 1:
        listed = tuple(dict.fromkeys((*listed, *by_class)))
    return _Schema(name, listed, is_declared=False)


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
