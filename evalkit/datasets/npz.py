"""Load a data set from an NPZ file: X_train, y_train, X_test, y_test and optionally classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.datasets.dataset import Dataset
from evalkit.datasets.targets import as_codes, class_names
from evalkit.errors import DataError
from evalkit.reading.npz import read_npz

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

ARRAYS = ("X_train", "y_train", "X_test", "y_test")
SPLIT = "given in the file"


def load_npz(path: Path) -> Dataset:
    """Return the data set of an NPZ file.

    Inputs of shape (n, …) are flattened to (n, d); ``uint8`` is kept and any other dtype is
    converted to floating point. Targets are strings or numbers. If `classes` is present, strings
    must be among them and integers are indices into them; otherwise the classes are the sorted
    labels.

    Raises
    ------
    DataError
        If an array is missing or has an invalid dtype, or a target is not among the classes.
    """
    arrays = read_npz(path, only=(*ARRAYS, "classes"))
    missing = [name for name in ARRAYS if name not in arrays]
    if missing:
        raise DataError(
            f"{path} has no array {', '.join(missing)}. A data set needs {', '.join(ARRAYS)}."
        )
    declared = class_names(arrays["classes"], path) if "classes" in arrays else None
    classes, y_train, y_test = as_codes(
        arrays["y_train"], arrays["y_test"], declared, where=f"{path}"
    )
    return Dataset(
        X_train=_inputs(arrays["X_train"], f"X_train of {path}"),
        y_train=y_train,
        X_test=_inputs(arrays["X_test"], f"X_test of {path}"),
        y_test=y_test,
        classes=classes,
        name=path.stem,
        spec=str(path),
        split=SPLIT,
    )


def _inputs(X: NDArray[Any], what: str) -> NDArray[Any]:
    if X.ndim < 2 or X.dtype.kind not in "biuf":
        raise DataError(
            f"{what} has shape {X.shape} and dtype {X.dtype}, expected numbers of shape (n, d)."
        )
    width = int(np.prod(X.shape[1:]))
    if width == 0:
        raise DataError(f"{what} has shape {X.shape}, expected at least one feature.")
    flat = X.reshape(len(X), width)
    if X.dtype == np.uint8 or X.dtype.kind == "f":
        return np.ascontiguousarray(flat, X.dtype.newbyteorder("="))
    return flat.astype(np.float64)
