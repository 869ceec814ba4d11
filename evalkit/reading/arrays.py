"""A plain array from a dtype, a shape and a buffer that were each checked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLAIN_CODES = frozenset(["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"])
"""Kind and size of the numbers that are read from strangers' files."""
_MAX_DIMENSIONS = 8


def plain_dtype(text: Any) -> np.dtype[Any]:
    """Return the dtype of ``"<f4"`` and its like: a byte order and a plain kind of number.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if not isinstance(text, str) or text[:1] not in "<>|=" or text[1:] not in PLAIN_CODES:
        raise ValueError("a dtype that is not a plain number")
    return np.dtype(text)


def plain_array(dtype: np.dtype[Any], shape: Any, data: Any, *, order: str = "C") -> NDArray[Any]:
    """Return the read-only array of a checked `shape` over `data`, which must fit it exactly.

    Raises
    ------
    ValueError
        If the shape is none, or the buffer does not have the bytes that it needs.
    """
    if not isinstance(shape, (tuple, list)) or len(shape) > _MAX_DIMENSIONS:
        raise ValueError("an array's shape must be a short tuple")
    if not all(type(length) is int and 0 <= length < 1 << 62 for length in shape):
        raise ValueError("an array's lengths must be whole numbers")
    if not isinstance(data, (bytes, memoryview)):
        raise ValueError("an array's values must be bytes")
    size, held = math.prod(shape) * dtype.itemsize, memoryview(data).nbytes
    if size != held:
        raise ValueError(
            f"an array of {'×'.join(map(str, shape))} {dtype} needs {size} bytes and has {held}"
        )
    if size == 0:
        return np.empty(shape, dtype)
    flat: NDArray[Any] = np.frombuffer(data, dtype)
    return flat.reshape(shape, order="F" if order == "F" else "C")
