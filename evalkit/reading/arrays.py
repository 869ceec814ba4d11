"""Build numeric arrays from untrusted dtypes, shapes and buffers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLAIN_CODES = frozenset(["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"])
"""Kind and item size of the numeric dtypes that are accepted from untrusted files."""
_MAX_DIMENSIONS = 8


def plain_dtype(text: Any) -> np.dtype[Any]:
    """Return the dtype of a string such as ``"<f4"``: a byte order and a numeric type.

    Raises
    ------
    ValueError
        If the string is not one of the accepted dtypes.
    """
    if not isinstance(text, str) or text[:1] not in "<>|=" or text[1:] not in PLAIN_CODES:
        raise ValueError("the dtype of an array is not numeric")
    return np.dtype(text)


def checked_shape(shape: Any) -> tuple[int, ...]:
    """Return a shape of at most eight lengths below 2**62, so that its product is cheap.

    Raises
    ------
    ValueError
        If it is not such a shape.
    """
    if not isinstance(shape, (tuple, list)) or len(shape) > _MAX_DIMENSIONS:
        raise ValueError(
            f"the shape of an array is not a tuple of at most {_MAX_DIMENSIONS} lengths"
        )
    if not all(type(length) is int and 0 <= length < 1 << 62 for length in shape):
        raise ValueError("the shape of an array is not made of non-negative integers")
    return tuple(shape)


def size_of(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Return the bytes of an array of a checked shape."""
    return math.prod(shape) * dtype.itemsize


def plain_array(dtype: np.dtype[Any], shape: Any, data: Any, *, order: str = "C") -> NDArray[Any]:
    """Return a read-only array of the given `shape` over the buffer `data`.

    Raises
    ------
    ValueError
        If the shape is invalid, or the size of the buffer does not match it.
    """
    shape = checked_shape(shape)
    if not isinstance(data, (bytes, memoryview)):
        raise ValueError("the values of an array are not bytes")
    size, actual = size_of(shape, dtype), memoryview(data).nbytes
    if size != actual:
        raise ValueError(
            f"an array of shape {'×'.join(map(str, shape))} and dtype {dtype} has {actual} bytes, "
            f"expected {size}"
        )
    if size == 0:
        return np.empty(shape, dtype)
    flat: NDArray[Any] = np.frombuffer(data, dtype)
    return flat.reshape(shape, order="F" if order == "F" else "C")
