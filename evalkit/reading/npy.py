"""Read NPY arrays with a strict parser of their headers.

NumPy's own parser falls back to a tokenizer, whose errors are many, and accepts objects.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import FileFormatError, UnsafeFileError
from evalkit.reading.arrays import checked_shape, size_of
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAGIC = b"\x93NUMPY"
_LENGTH_BYTES = {b"\x01\x00": 2, b"\x02\x00": 4, b"\x03\x00": 4}
_MAX_HEADER = 10_000
_KEYS = {"descr", "fortran_order", "shape"}
_DTYPE = re.compile(r"[<>|=]?([biuf][0-9]{1,2}|[US][0-9]{1,9})")
_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = 0xD800, 0xDFFF


def read_npy(content: bytes, what: str) -> NDArray[Any]:
    """Return the array in an NPY file, read-only, as a view of `content`.

    Raises
    ------
    FileFormatError
        If the header is malformed, the size does not match it, or text is not Unicode.
    UnsafeFileError
        If the array contains Python objects, which would require unpickling.
    """
    try:
        text, start = _header(content)
        descr, is_fortran, shape = _fields(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise FileFormatError(f"The array header of {shown(what)} is damaged.") from error
    if "O" in str(descr):
        raise UnsafeFileError(
            f"Array {what} contains Python objects, which would require unpickling. "
            "Save it with a numeric or a fixed-width string dtype."
        )
    dtype = np.dtype(descr) if isinstance(descr, str) and _DTYPE.fullmatch(descr) else None
    if dtype is None or dtype.itemsize == 0:
        raise FileFormatError(
            f"Array {what} has dtype {shown(descr)}, expected a numeric or string dtype."
        )
    if size_of(shape, dtype) != len(content) - start:
        raise FileFormatError(
            f"Array {what} has {len(content) - start} bytes, which does not match its shape "
            f"{'×'.join(map(str, shape))} and dtype {dtype}."
        )
    flat: NDArray[Any] = np.frombuffer(content, dtype, offset=start)
    if dtype.kind == "U" and not _is_unicode(flat):
        raise FileFormatError(f"Array {what} contains a number that is no Unicode character.")
    return flat.reshape(shape, order="F" if is_fortran else "C")


def _header(content: bytes) -> tuple[str, int]:
    """Return the header of an NPY file, and where its values start."""
    width = _LENGTH_BYTES.get(content[6:8])
    if content[:6] != _MAGIC or width is None:
        raise ValueError("no magic number of a known version")
    start = 8 + width
    length = int.from_bytes(content[8:start], "little")
    text = content[start : start + length]
    if length > _MAX_HEADER or len(text) < length:
        raise ValueError("the header is too long")
    return text.decode("latin-1"), start + length


def _fields(text: str) -> tuple[Any, bool, tuple[int, ...]]:
    fields = ast.literal_eval(text.strip())
    if not isinstance(fields, dict) or fields.keys() != _KEYS:
        raise ValueError("other keys")
    is_fortran = fields["fortran_order"]
    if not isinstance(is_fortran, bool):
        raise ValueError("the order is not a boolean")
    return fields["descr"], is_fortran, checked_shape(fields["shape"])


def _is_unicode(texts: NDArray[Any]) -> bool:
    points = texts.view(np.dtype(np.uint32).newbyteorder(texts.dtype.byteorder))
    low, high = _SURROGATES
    if not len(points) or points.max() < low:
        return True
    return bool(points.max() <= _LAST_CODE_POINT and not ((points >= low) & (points <= high)).any())
