"""Prediction tables as NPZ: one array per column, and ``y_proba`` (n, K) with ``classes``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from evalkit.errors import FileFormatError
from evalkit.predictions.formats import Columns, Format, Table, register
from evalkit.predictions.roles import MAX_COLUMNS, PROBABILITY, Roles
from evalkit.reading.npz import read_npz
from evalkit.reading.source import shown
from evalkit.reading.zip_archive import is_zip, open_zip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.predictions.predictions import Predictions
    from evalkit.reading.source import Source

FORMAT = "NPZ"
_STACKED = ("y_proba", "proba", "probabilities")
_CLASSES = "classes"


def recognises(source: Source) -> bool:
    """Return whether a file is a zip archive of NumPy arrays only."""
    if not is_zip(source):
        return False
    with open_zip(source) as archive:
        names = archive.namelist()
    source.seek(0)
    return bool(names) and all(name.endswith(".npy") for name in names)


def open_table(source: Source) -> Table:
    """Return the table of an NPZ file; its arrays are read.

    Raises
    ------
    FileFormatError
        If an array is neither a column nor the probabilities of named classes.
    """
    arrays = read_npz(source.path)
    classes = arrays.pop(_CLASSES, None)
    names = None if classes is None else tuple(map(str, _texts(classes, _CLASSES, source).tolist()))
    columns: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        if array.ndim == 1:
            columns[name] = _texts(array, name, source)
        elif array.ndim == 2 and name in _STACKED and array.shape[1] <= MAX_COLUMNS:
            columns.update(_stacked(array, name, names, source))
        else:
            raise FileFormatError(
                f"{shown(name)} of {source.path} has shape {array.shape}, expected (n,), or (n, K) "
                f"for {_STACKED[0]}."
            )
    rows = {len(column) for column in columns.values()}
    if len(rows) > 1:
        raise FileFormatError(
            f"Lengths differ: the columns of {source.path} have "
            f"{' and '.join(map(str, sorted(rows)[:3]))} rows."
        )
    metadata = {} if names is None else {"classes": list(names)}

    def read(roles: Roles) -> Columns:
        del roles  # every array has a type of its own
        return columns

    return Table(FORMAT, tuple(columns), read, next(iter(rows), 0), metadata)


def _stacked(
    array: NDArray[Any], name: str, classes: tuple[str, ...] | None, source: Source
) -> Columns:
    if classes is None or len(classes) != array.shape[1]:
        held = "no classes" if classes is None else f"{len(classes)} classes"
        raise FileFormatError(
            f"{name} of {source.path} has {array.shape[1]} columns and {held}. The array classes "
            "must name each column."
        )
    return {f"{PROBABILITY}{label}": array[:, i] for i, label in enumerate(classes)}


def _texts(array: NDArray[Any], name: str, source: Source) -> NDArray[Any]:
    if array.ndim != 1:
        raise FileFormatError(f"{name} of {source.path} has shape {array.shape}, expected (n,).")
    if array.dtype.kind != "S":
        return array
    try:
        return array.astype("U")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"{name} of {source.path} is not ASCII. Use a Unicode dtype."
        ) from error


def _write(predictions: Predictions, columns: Columns, file: BinaryIO) -> None:
    arrays = {
        name: column.astype(np.str_) if column.dtype == object else column
        for name, column in columns.items()
    }
    if len(predictions.models) == 1 and predictions.probabilities is not None:
        for label in predictions.classes:
            del arrays[f"{PROBABILITY}{label}"]
        arrays[_STACKED[0]] = predictions.probabilities
    arrays[_CLASSES] = np.asarray(predictions.classes)
    np.savez_compressed(file, allow_pickle=False, **arrays)


register(Format(recognises, open_table, {".npz": _write}))
