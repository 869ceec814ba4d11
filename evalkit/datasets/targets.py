"""Targets as codes into class names, whether they arrive as names or as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

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
        If they are not one row of distinct names.
    """
    if classes.ndim != 1 or len(classes) == 0:
        raise DataError(f"classes must be a row of names; {path} has shape {classes.shape}")
    names = tuple(_decoded(name) for name in classes.tolist())
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise DataError(f"each class must be named once; {path} names {twice!r} twice")
    return names


def as_codes(
    y_train: Any, y_test: Any, declared: tuple[str, ...] | None, *, where: str
) -> tuple[tuple[str, ...], Codes, Codes]:
    """Return the classes, and both targets as positions in them.

    Raises
    ------
    DataError
        If targets are not labels, or not among `declared`.
    """
    y_train, y_test = _texts(y_train), _texts(y_test)
    try:
        if declared is not None and not any(_is_text(y) for y in (y_train, y_test)):
            # Whole numbers beside declared names are positions in them; Dataset checks the range.
            return declared, _positions(y_train, where), _positions(y_test, where)
        labels = infer_classes(y_train, y_test) if declared is None else declared
        codes = tuple(
            encode(y, labels, name=f"{name} of {where}")
            for name, y in (("y_train", y_train), ("y_test", y_test))
        )
    except EvalkitError as error:
        raise DataError(str(error)) from error
    return tuple(map(str, labels)), codes[0], codes[1]


def _texts(y: Any) -> Any:
    """Return byte strings as text; everything else as it is."""
    return (
        np.char.decode(y, "utf-8")
        if getattr(y, "dtype", None) is not None and y.dtype.kind == "S"
        else y
    )


def _is_text(y: Any) -> bool:
    dtype = getattr(y, "dtype", None)
    return dtype is None or getattr(dtype, "kind", "O") not in "biuf"


def _positions(y: NDArray[Any], where: str) -> Codes:
    if y.ndim != 1:
        raise DataError(f"targets must be one row; {where} has shape {y.shape}")
    if y.dtype.kind == "f" and not (np.isfinite(y).all() and (y == np.round(y)).all()):
        raise DataError(f"targets must be names or whole numbers; {where} has others")
    return y.astype(np.int64)


def _decoded(name: Any) -> str:
    return name.decode("utf-8") if isinstance(name, bytes) else str(name)
