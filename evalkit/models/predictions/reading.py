"""From a prediction file to predictions, one a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evalkit.errors import DataError, FileFormatError
from evalkit.models.inspection import Inspection, listed
from evalkit.models.predictions import arrow_table, csv_table, json_lines, npz_table
from evalkit.models.predictions.classes import Names, observed_classes
from evalkit.models.predictions.predictions import Predictions
from evalkit.models.predictions.probabilities import stack_probabilities
from evalkit.models.predictions.roles import Roles, assign_roles
from evalkit.reading.source import open_source, shown

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from evalkit.models.predictions.table import Columns, Table
    from evalkit.reading.source import Source


class _Format(NamedTuple):
    recognises: Callable[[Source], bool]
    open: Callable[[Source], Table]


_FORMATS = (
    _Format(arrow_table.recognises_parquet, arrow_table.open_parquet),
    _Format(arrow_table.recognises_arrow, arrow_table.open_arrow),
    _Format(npz_table.recognises, npz_table.open_table),
    _Format(json_lines.recognises, json_lines.open_table),
    _Format(csv_table.recognises, csv_table.open_table),
)


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
) -> list[Predictions]:
    """Return the predictions in a file, one for each model in it.

    The format is told from the content: CSV, Parquet, Arrow or Feather, NPZ, JSON lines.
    Columns are ``y_true``; ``y_pred``, or ``pred_<model>`` for several models; and where known
    ``proba_<class>`` (``proba_<model>_<class>``), ``sample_weight`` and ``id``. Every other
    column is a slice. A column of another name is guessed only where it is unmistakable, and
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
        If a column is missing, labels are missing or of two kinds, or probabilities are none.
    MissingExtraError
        If it is Parquet or Arrow and pyarrow is not installed.
    """
    with open_source(path) as source:
        found = find_format(source)
        if found is None:
            raise FileFormatError(
                f"predictions are CSV, Parquet, Arrow, NPZ or JSON lines; {path} begins "
                f"{shown(source.head(8))} and is none of them"
            )
        table = found.open(source)
        roles = assign_roles(table.names, columns, where=str(path))
        held = table.read(roles)
        return [
            _of_model(model, table, roles, held, Path(path)) for model in roles.y_pred or {"": ""}
        ]


def find_format(source: Source) -> _Format | None:
    """Return the format of an open file, or None if it is no table."""
    for each in _FORMATS:
        source.seek(0)
        if each.recognises(source):
            source.seek(0)
            return each
    source.seek(0)
    return None


def inspect_predictions(source: Source) -> Inspection | None:
    """Return what a prediction file holds, or None if it is none; its rows are not read."""
    found = find_format(source)
    if found is None:
        return None
    table = found.open(source)
    facts = [("sha256", source.sha256()), ("columns", listed(table.names))]
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
        facts += [("probabilities", listed(tuple(of_classes)))] if of_classes else []
        facts += [("slices", listed(roles.slices))] if roles.slices else []
        facts += [("note", note) for note in roles.notes]
    return Inspection(source.path, f"{table.format} table", tuple(facts))


def _of_model(model: str, table: Table, roles: Roles, held: Columns, path: Path) -> Predictions:
    rows = len(held[roles.y_true])
    if rows == 0:
        raise DataError(f"a prediction file must have rows; {path} has none")
    actual = Names(held[roles.y_true], f"{roles.y_true} of {path}")
    column = roles.y_pred.get(model)
    predicted = None if column is None else Names(held[column], f"{column} of {path}")
    labels = [actual] if predicted is None else [actual, predicted]
    by_class = roles.probabilities.get(model, {})
    classes, is_declared = _classes(table, labels, by_class)
    y_true = actual.codes_in(classes)
    y_proba = stack_probabilities(held, by_class, classes, str(path)) if by_class else None
    notes = list(roles.notes)
    if predicted is None:
        assert y_proba is not None
        y_pred = y_proba.argmax(axis=1).astype(y_true.dtype)
        notes.append("Predicted labels were taken from the highest probability.")
    else:
        y_pred = predicted.codes_in(classes)
    return Predictions(
        y_true=y_true,
        y_pred=y_pred,
        classes=classes,
        name=model or path.stem,
        y_proba=y_proba,
        sample_weight=_weights(held, roles, path),
        ids=_ids(held, roles, path),
        slices={name: held[name] for name in roles.slices},
        is_declared=is_declared,
        notes=tuple(notes),
    )


def _classes(
    table: Table, labels: list[Names], by_class: Mapping[str, str]
) -> tuple[tuple[str, ...], bool]:
    """Return the classes in order, and whether the file declares them."""
    observed = observed_classes(labels)
    declared = table.metadata.get("classes")
    if isinstance(declared, list) and all(isinstance(name, str) for name in declared):
        return tuple(declared), True
    if len(by_class) > 1:
        return tuple(by_class), True
    if len(by_class) == 1 and len(observed) == 1:
        return tuple(dict.fromkeys((*observed, *by_class))), False
    return observed, False


def _weights(held: Columns, roles: Roles, path: Path) -> NDArray[np.float64] | None:
    if roles.sample_weight is None:
        return None
    column = held[roles.sample_weight]
    if column.dtype.kind not in "iuf":
        raise DataError(f"weights must be numbers; {roles.sample_weight} of {path} has others")
    weights = column.astype(np.float64)
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"weights must be finite and not negative; {roles.sample_weight} of {path} holds "
            f"{weights[row]} in row {row}"
        )
    return weights


def _ids(held: Columns, roles: Roles, path: Path) -> NDArray[np.str_] | None:
    if roles.id is None:
        return None
    names = Names(held[roles.id], f"{roles.id} of {path}")
    ids: NDArray[np.str_] = np.array(names.distinct, dtype=np.str_)[names.codes]
    return ids
