"""Load CIFAR-10 in either of its published layouts: Python pickles or binary files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.datasets.dataset import Dataset, ImageLayout
from evalkit.datasets.folder import find_folder
from evalkit.errors import DataError
from evalkit.reading.numpy_pickle import NumpyPickleMachine, PickledArray
from evalkit.reading.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
SPLIT = "published: five batches for training, one for testing"

_PIXELS = 3072
_TRAINING = tuple(f"data_batch_{i}" for i in range(1, 6))
_TEST = "test_batch"
_BINARY, _PICKLED = "cifar-10-batches-bin", "cifar-10-batches-py"
_REMEDY = "Unpack cifar-10-python.tar.gz or cifar-10-binary.tar.gz there."

Batch = tuple["NDArray[np.uint8]", "NDArray[np.uint8]"]


def load_cifar10(folder: Path) -> Dataset:
    """Return the 50,000 training and 10,000 test images of shape 3 × 32 × 32, channels first.

    `folder` is the unpacked folder or its parent. If both layouts are present, the binary one is
    read, because it is faster.

    Raises
    ------
    DataError
        If neither layout is complete, or a batch is malformed.
    UnsafeFileError
        If a pickle contains anything but NumPy arrays and plain values.
    """
    binary = [f"{name}.bin" for name in (*_TRAINING, _TEST)]
    pickled = [*_TRAINING, _TEST]
    place, files = find_folder(
        folder,
        [(_BINARY, binary), ("", binary), (_PICKLED, pickled), ("", pickled)],
        what="CIFAR-10",
        remedy=_REMEDY,
    )
    read = _read_binary if files is binary else _read_pickled
    *training, test = (read(place / name) for name in files)
    return Dataset(
        X_train=np.concatenate([X for X, _ in training]),
        y_train=np.concatenate([y for _, y in training]),
        X_test=test[0],
        y_test=test[1],
        classes=CLASSES,
        name="CIFAR-10",
        spec=f"cifar10:{folder}",
        split=SPLIT,
        images=ImageLayout((3, 32, 32)),
    )


def _read_binary(path: Path) -> Batch:
    """Return the images and codes of a binary batch; a row is 1 class byte and 3072 pixels."""
    with open_source(path) as source:
        if source.size % (1 + _PIXELS):
            raise DataError(
                f"{path} has {source.size} bytes, which is not a multiple of {1 + _PIXELS} bytes "
                "per image. The file is truncated or is not a binary batch of CIFAR-10."
            )
        rows = np.frombuffer(source.read(), np.uint8).reshape(-1, 1 + _PIXELS)
    return np.ascontiguousarray(rows[:, 1:]), rows[:, 0].copy()


def _read_pickled(path: Path) -> Batch:
    """Return the images and codes of a Python batch, a dict of ``data`` and ``labels``."""
    with open_source(path) as source:
        batch = NumpyPickleMachine(source).read()
    fields = {_text(name): value for name, value in batch.items()} if type(batch) is dict else {}
    data, labels = fields.get("data"), fields.get("labels")
    if not (isinstance(data, PickledArray) and isinstance(labels, list)):
        raise DataError(f"Not a Python batch of CIFAR-10: {path} is not a dict of data and labels.")
    X = data.array
    if X.dtype != np.uint8 or X.ndim != 2 or X.shape[1] != _PIXELS:
        raise DataError(
            f"The data of {path} has shape {X.shape} and dtype {X.dtype}, expected "
            f"(n, {_PIXELS}) and uint8."
        )
    if not all(type(code) is int and 0 <= code < len(CLASSES) for code in labels):
        raise DataError(f"The labels of {path} are not integers from 0 to 9.")
    return np.ascontiguousarray(X), np.asarray(labels, dtype=np.uint8)


def _text(name: Any) -> Any:
    return name.decode("latin-1") if isinstance(name, bytes) else name
