"""``numpy.pkl``: a checkpoint as a pickle of plain values, in which nothing could run.

The file holds dict, list, str, int, float, bool, None and bytes only; an array is
``{"dtype": "<f4", "shape": [o, i], "data": b"…"}``. Python's ``pickle.load`` reads it without
evalkit; evalkit reads it with a machine that resolves no name.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from evalkit.errors import FileFormatError
from evalkit.models.fields import from_fields, map_leaves, plain_leaf, to_fields
from evalkit.models.perceptron import PerceptronPredictor, card_of
from evalkit.reading.arrays import plain_array, plain_dtype
from evalkit.reading.pickle_machine import PickleMachine

if TYPE_CHECKING:
    from evalkit.reading.source import Source
    from evalkit.training.checkpoint import Checkpoint

FORMAT = "evalkit NumPy checkpoint"
_PROTOCOL = 4
_ARRAY = {"dtype", "shape", "data"}


def load_numpy_pickle(source: Source) -> PerceptronPredictor:
    """Return the model that a ``numpy.pkl`` holds.

    Raises
    ------
    UnsafeFileError
        If the pickle names anything; the name is in the message, and was not resolved.
    FileFormatError
        If it is cut short, or plain data of another kind.
    """
    digest = source.sha256()
    plain = PickleMachine(source).read()
    try:
        fields = _with_arrays(plain)
    except ValueError as error:
        raise FileFormatError(
            f"an array must have the values that its shape says; in {source.path} there is {error}"
        ) from error
    checkpoint = from_fields(fields, source.path)
    card = card_of(checkpoint, format=FORMAT, path=source.path, sha256=digest)
    return PerceptronPredictor(checkpoint, card)


def write_numpy_pickle(checkpoint: Checkpoint, file: BinaryIO) -> None:
    """Write a checkpoint; the same checkpoint gives the same bytes."""
    pickle.dump(map_leaves(to_fields(checkpoint), _plain), file, protocol=_PROTOCOL)


def _plain(leaf: Any) -> Any:
    if not isinstance(leaf, np.ndarray):
        return plain_leaf(leaf)
    array = np.ascontiguousarray(leaf, leaf.dtype.newbyteorder("<"))
    return {
        plain_leaf("dtype"): plain_leaf(array.dtype.str),
        plain_leaf("shape"): list(leaf.shape),
        plain_leaf("data"): array.tobytes(),
    }


def _with_arrays(value: Any) -> Any:
    """Return plain data with every description of an array replaced by the array."""
    if isinstance(value, dict):
        if value.keys() == _ARRAY:
            return plain_array(plain_dtype(value["dtype"]), value["shape"], value["data"])
        return {key: _with_arrays(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_arrays(item) for item in value]
    return value
