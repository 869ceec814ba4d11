"""Read and write prediction files, and align their classes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.errors import DataError, FileFormatError, IncompatibleError, OutputError
from evalkit.predictions.checks import (
    as_data_errors,
    require_some_weight,
    stack_probabilities,
    weights_of_file,
)
from evalkit.predictions.classes import (
    Names,
    are_numbers,
    listed_names,
    observed_classes,
    sorted_names,
)
from evalkit.predictions.formats import all_formats, find_format
from evalkit.predictions.predictions import NOT_PREDICTED, ModelPredictions, Predictions
from evalkit.predictions.roles import PREDICTED, PROBABILITY, assign_roles
from evalkit.reading.source import open_source, shown
from evalkit.writing import write_atomically

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

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
        table = _table(source)
        roles = assign_roles(table.names, columns, where=str(path))
        held = table.read(roles)
        with as_data_errors():
            return _predictions(table, roles, held, Path(path))


def read_dataset(
    paths: Sequence[str],
    *,
    name: str,
    columns: Mapping[str, str] | None = None,
    classes: Sequence[Any] | None = None,
) -> Predictions:
    """Return the predictions in files of one data set as one table, its rows in their order.

    Parameters
    ----------
    paths : files with the same columns.
    name : of the model, where the data set holds one.
    columns : as for `read_predictions`.
    classes : the ordered classes, where they are not those that the files declare or that occur.

    Raises
    ------
    FileFormatError, DataError, IncompatibleError, MissingExtraError
        As `read_predictions`; also if a file lacks a column of the first.
    """
    parts: list[Columns] = []
    first: Table | None = None
    roles: Roles | None = None
    for path in paths:
        with open_source(path) as source:
            table = _table(source)
            if first is None or roles is None:
                first, roles = table, assign_roles(table.names, columns, where=str(path))
            missing = next((column for column in first.names if column not in table.names), None)
            if missing is not None:
                raise DataError(
                    f"Files of a data set have different columns: {path} has no column "
                    f"{shown(missing)}, {paths[0]} has."
                )
            parts.append(table.read(roles))
    assert first is not None
    assert roles is not None
    held = {
        column: np.concatenate([part[column] for part in parts]) if len(parts) > 1 else values
        for column, values in parts[0].items()
    }
    with as_data_errors():
        found = _predictions(first, roles, held, Path(paths[0]))
        if classes is not None:
            found = replace(found.under(tuple(map(str, classes))), is_declared=True)
    return found.renamed(name) if len(found.models) == 1 else found


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
    schema = _common_classes(
        [_Schema(each.models[0].name, each.classes, each.is_declared) for each in predictions]
    )
    return [each.under(schema) for each in predictions]


def describe_table(source: Source) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """Return the format of a prediction file and its facts, label and text; None for other files.

    No row is read.
    """
    found = find_format(source)
    if found is None:
        return None
    table = found.open(source)
    facts = [("sha256", source.sha256()), ("columns", _counted(table.names))]
    if table.rows is not None:
        facts.append(("rows", f"{table.rows:,}"))
    if "generator" in table.metadata:
        facts.append(("written by", str(table.metadata["generator"])))
    try:
        roles = assign_roles(table.names, where=str(source.path))
    except DataError as error:
        facts.append(("as predictions", str(error)))
    else:
        models = ", ".join(name or column for name, column in roles.y_pred.items())
        facts += [("actual", roles.y_true), ("predicted", models or "by probability")]
        of_classes = next(iter(roles.probabilities.values()), {})
        facts += [("probabilities", _counted(tuple(of_classes)))] if of_classes else []
        facts += [("slices", _counted(roles.others))] if roles.others else []
        facts += [("note", note) for note in roles.notes]
    return f"{table.format} table", tuple(facts)


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
    writers = {suffix: write for each in all_formats() for suffix, write in each.writers.items()}
    write = writers.get(Path(path).suffix.lower())
    if write is None:
        raise OutputError(
            f"Unknown format: {path}. Predictions are written as {', '.join(sorted(writers))}."
        )
    columns = _columns(predictions)
    write_atomically(path, lambda file: write(predictions, columns, file))


def _table(source: Source) -> Table:
    found = find_format(source)
    if found is None:
        raise FileFormatError(
            f"Unknown format: {source.path} begins with {shown(source.head(8))}. Predictions are "
            "CSV, Parquet, Arrow, NPZ or JSON lines."
        )
    return found.open(source)


def _predictions(table: Table, roles: Roles, held: Columns, path: Path) -> Predictions:
    rows = len(held[roles.y_true])
    if rows == 0:
        raise DataError(f"No rows: {path} holds no sample.")
    actual = Names.of_file(held[roles.y_true], f"{roles.y_true} of {path}")
    predicted: dict[str, Names | None] = {
        model: Names.of_file(held[column], f"{column} of {path}")
        for model, column in roles.y_pred.items()
    } or {"": None}
    schemas = [
        _schema(model or path.stem, table, roles.probabilities.get(model, {}), actual, names)
        for model, names in predicted.items()
    ]
    classes = _common_classes(schemas)
    return Predictions(
        classes=classes,
        actual=actual.codes_in(classes),
        models=tuple(
            _model(model, names, roles, held, classes, path) for model, names in predicted.items()
        ),
        weights=_weights(held, roles, path),
        ids=None
        if roles.id is None
        else Names.of_file(held[roles.id], f"{roles.id} of {path}").texts(),
        others={name: held[name] for name in roles.others},
        is_declared=any(schema.is_declared for schema in schemas),
        notes=roles.notes,
        source=str(path),
        is_text=table.is_text,
    )


def _model(
    model: str,
    names: Names | None,
    roles: Roles,
    held: Columns,
    classes: tuple[str, ...],
    path: Path,
) -> ModelPredictions:
    by_class = roles.probabilities.get(model, {})
    probabilities = stack_probabilities(held, by_class, classes, str(path)) if by_class else None
    name = model or path.stem
    if names is not None:
        return ModelPredictions(name, names.codes_in(classes), probabilities)
    assert probabilities is not None
    kind = np.min_scalar_type(len(classes) - 1)
    codes = probabilities.argmax(axis=1).astype(kind)
    return ModelPredictions(name, codes, probabilities, (NOT_PREDICTED,))


def _schema(
    name: str, table: Table, by_class: Mapping[str, str], actual: Names, predicted: Names | None
) -> _Schema:
    """Return the ordered classes of one model, and whether the file declares them."""
    observed = observed_classes([actual] if predicted is None else [actual, predicted])
    declared = table.metadata.get("classes")
    if isinstance(declared, list) and all(isinstance(label, str) for label in declared):
        return _Schema(name, tuple(declared), is_declared=True)
    if len(by_class) > 1:
        return _Schema(name, tuple(by_class), is_declared=True)
    if len(by_class) == 1 and len(observed) == 1:
        return _Schema(name, tuple(dict.fromkeys((*observed, *by_class))), is_declared=False)
    return _Schema(name, observed, is_declared=False)


def _common_classes(schemas: Sequence[_Schema]) -> tuple[str, ...]:
    if not schemas:
        return ()
    first = schemas[0]
    for each in schemas[1:]:
        if are_numbers(each.classes) != are_numbers(first.classes):
            raise IncompatibleError(
                f"Labels mix names and numbers: {first.name} has {listed_names(first.classes)} and "
                f"{each.name} has {listed_names(each.classes)}. Convert one of them."
            )
    declared = next((each for each in schemas if each.is_declared), None)
    if declared is None:
        return sorted_names({name for each in schemas for name in each.classes})
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
    """Return the number of names and the first of them."""
    listed = ", ".join(names[:MOST_LISTED]) + (" …" if len(names) > MOST_LISTED else "")
    return f"{len(names)}: {listed}"


def _weights(held: Columns, roles: Roles, path: Path) -> NDArray[np.float64] | None:
    if roles.sample_weight is None:
        return None
    column, what = held[roles.sample_weight], f"{roles.sample_weight} of {path}"
    weights = weights_of_file(column, what).astype(np.float64)
    require_some_weight(float(weights.sum()), what)
    return weights


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
