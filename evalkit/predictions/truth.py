"""Predictions whose actual labels are in another file, joined by id or by position."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import DataError
from evalkit.predictions.classes import as_data_errors, names_of
from evalkit.predictions.files import open_table, predictions_of
from evalkit.predictions.roles import assign_roles, claimed
from evalkit.reading.source import open_source, shown

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evalkit.predictions.formats import Columns, Table
    from evalkit.predictions.options import ReadOptions
    from evalkit.predictions.predictions import Predictions


def read_with_truth(path: str | os.PathLike[str], options: ReadOptions) -> Predictions:
    """Return the predictions of a file with the actual labels of the file `options.truth`.

    Rows are joined by id if both files have a column of ids, by position with
    `options.by_position`. A file of one column needs no header.

    Raises
    ------
    DataError
        If rows cannot be joined, or the file has actual labels of its own.
    EvalkitError
        As `read_predictions`.
    """
    truth_path = str(options.truth)
    with open_source(path) as source, open_source(truth_path) as truth_source:
        table, truth = open_table(source, options), open_table(truth_source, options)
        own_id, true_id = (_id(each, options) for each in (table, truth))
        if "y_true" in table.names:
            raise DataError(f"{path} has actual labels in the column y_true. Leave out --truth.")
        predicted = _labels(table, ("y_pred", "y_true"), own_id, options, str(path))
        actual = _labels(truth, ("y_true", "y_pred"), true_id, options, truth_path, predicted)
        renamed = {own_id: "id", predicted: "y_pred"}
        names = tuple(renamed.get(name, name) for name in table.names)
        kept = {
            role: name
            for role, name in options.columns.items()
            if role not in ("y_true", "y_pred", "id")
        }
        roles = assign_roles((*names, "y_true"), kept, where=str(path), options=options)
        held = {renamed.get(name, name): each for name, each in table.read(roles).items()}
        truths = truth.read(roles)
    n = len(next(iter(held.values())))
    if own_id is not None and true_id is not None:
        with as_data_errors():
            order = _order(held["id"], str(path), truths[true_id], truth_path)
        how = f"matched by {shown(true_id)}"
    else:
        order = _by_position(n, len(truths[actual]), str(path), truth_path, options)
        how = "matched by position"
    held["y_true"] = truths[actual][order]
    for name in {name for _, columns in options.show for name in columns}:
        if name not in held and name in truths:
            held[name] = truths[name][order]
            if name in options.shown_images and options.show_folder is None:
                # Paths are relative to the file that holds them.
                options = replace(options, show_folder=str(Path(truth_path).parent))
    notes = [f"Actual labels are the column {shown(actual)} of {truth_path}, {how}."]
    if predicted != "y_pred":
        notes.append(f"The column {shown(predicted)} was read as y_pred.")
    with as_data_errors():
        whole = replace(table, notes=(*table.notes, *notes))
        return predictions_of(whole, roles, held, Path(path), options)


def _id(table: Table, options: ReadOptions) -> str | None:
    if "id" in options.columns:
        return options.columns["id"] or None
    return "id" if "id" in table.names else next(iter(claimed(table.names, "id")), None)


def _labels(
    table: Table,
    roles: Sequence[str],
    id_column: str | None,
    options: ReadOptions,
    where: str,
    like: str | None = None,
) -> str:
    """Return the column of labels: mapped, of a known name, named as the other file's, or alone."""
    left = [name for name in table.names if name != id_column]
    role = roles[0]
    mapped = options.columns.get(role)
    if mapped is not None and mapped in left:
        return mapped
    for candidates in (
        [name for name in left if name == role],
        *(claimed(left, each) for each in roles),
        [name for name in left if name == like],
        left,
    ):
        if len(candidates) == 1:
            return candidates[0]
    raise DataError(
        f"No column of labels: {where} has {', '.join(map(shown, left[:8])) or 'no other column'}. "
        f"Map one with --column {role}=COLUMN."
    )


def _by_position(n: int, n_truth: int, path: str, truth: str, options: ReadOptions) -> Any:
    if not options.by_position:
        raise DataError(
            f"Rows cannot be joined: {path} and {truth} do not both have a column of ids. Use "
            "--by-position if their rows are in the same order."
        )
    if n != n_truth:
        raise DataError(
            f"Rows cannot be joined by position: {path} has {n:,} rows and {truth} has {n_truth:,}."
        )
    return slice(None)


def _order(own: Columns | NDArray[Any], path: str, true: Any, truth: str) -> NDArray[np.intp]:
    """Return for each row the row of the truth with the same id."""
    names: list[list[str]] = []
    place: dict[str, int] = {}
    for column, where in ((own, path), (true, truth)):
        ids = names_of(column, f"id of {where}", in_file=True)
        names.append(np.array(ids.names, dtype=object)[ids.values].tolist())
    for row, name in enumerate(names[1]):
        if place.setdefault(name, row) != row:
            raise DataError(f"Ids are not unique: {truth} has {shown(name)} twice.")
    missing = [name for name in names[0] if name not in place]
    if missing:
        raise DataError(
            f"Ids without an actual label: {truth} has no {shown(missing[0])}, which {path} has "
            f"({len(missing):,} such rows)."
        )
    if len(set(names[0])) < len(names[0]):
        raise DataError(f"Ids are not unique: {path} has an id twice.")
    return np.array([place[name] for name in names[0]], dtype=np.intp)
