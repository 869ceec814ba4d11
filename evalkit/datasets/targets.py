"""Encode targets, given as strings or numbers, as indices into the class names."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import Column
from evalkit.errors import DataError, EvalkitError
from evalkit.labels import encode, infer_classes

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Codes = NDArray[np.integer[Any]]


def class_names(classes: NDArray[Any], path: Path) -> tuple[str, ...]:
    """Return declared class names as strings.

    Raises
    ------
    DataError
        If they are not a one-dimensional array of distinct names.
    """
    if classes.ndim != 1 or len(classes) == 0:
        raise DataError(
            f"The classes of {path} have shape {classes.shape}, expected a one-dimensional array "
            "of names."
        )
    names = tuple(map(str, _texts(classes, f"classes of {path}").tolist()))
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise DataError(f"The classes of {path} contain {twice!r} twice.")
    return names


def as_codes(
    y_train: Any, y_test: Any, declared: tuple[str, ...] | None, *, where: str
) -> tuple[tuple[str, ...], Codes, Codes]:
    """Return the classes, and both targets as indices into them.

    If class names are declared, integer targets are indices into them. Otherwise the classes are
    the sorted labels.

    Raises
    ------
    DataError
        If targets are not labels, or not among `declared`.
    """
    named = ((y_train, f"y_train of {where}"), (y_test, f"y_test of {where}"))
    try:
        columns = [Column.of(_texts(y, name), name) for y, name in named]
        if declared is not None and not any(column.is_names for column in columns):
            codes = [column.whole_numbers().astype(np.int64) for column in columns]
            return declared, codes[0], codes[1]
        labels = infer_classes(*columns) if declared is None else declared
        codes = [encode(column, labels, name=column.name) for column in columns]
    except EvalkitError as error:
        raise DataError(str(error)) from error
    return tuple(map(str, labels)), codes[0], codes[1]


def _texts(labels: Any, name: str) -> Any:
    """Return byte strings decoded as UTF-8, and anything else unchanged."""
    if not (isinstance(labels, np.ndarray) and labels.dtype.kind == "S"):
        return labels
    try:
        return np.char.decode(labels, "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"The names in {name} are not valid UTF-8: {error.reason}.") from error
