"""NumPy's NPZ archives, read without pickles and without taking memory on a header's word."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import FileFormatError, UnsafeFileError
from evalkit.reading.source import open_source, shown
from evalkit.reading.zip_archive import is_zip, open_zip, read_entry

if TYPE_CHECKING:
    import os
    from collections.abc import Collection

    from numpy.typing import NDArray

_SUFFIX = ".npy"


def read_npz(
    path: str | os.PathLike[str], *, only: Collection[str] | None = None
) -> dict[str, NDArray[Any]]:
    """Return the arrays of an NPZ file by name, read-only; of `only` those that it holds.

    Raises
    ------
    FileFormatError
        If the file is missing, cut short, or no NPZ file.
    UnsafeFileError
        If an array holds Python objects, which only a pickle could bring back.
    """
    arrays = {}
    with open_source(path) as source:
        if not is_zip(source):
            raise FileFormatError(f"an NPZ file is a zip archive; {path} is none")
        with open_zip(source) as archive:
            for entry in archive.namelist():
                name = entry.removesuffix(_SUFFIX)
                if not entry.endswith(_SUFFIX):
                    raise FileFormatError(
                        f"an NPZ file holds arrays only; {path} holds {shown(entry)}"
                    )
                if only is None or name in only:
                    arrays[name] = _array(read_entry(archive, entry), f"{name} of {path}")
    return arrays


def check_npy(content: bytes, what: str) -> None:
    """Refuse an NPY file that holds objects or less than it declares.

    Raises
    ------
    FileFormatError, UnsafeFileError
        As for `read_npz`.
    """
    _array(content, what)


def _array(content: bytes, what: str) -> NDArray[Any]:
    """Return the array that an NPY file describes, over its own bytes."""
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, is_fortran, dtype = read_header(file)
    except (ValueError, KeyError, SyntaxError, MemoryError, RecursionError) as error:
        raise FileFormatError(f"an array needs a whole header; {shown(what)} has none") from error
    if dtype.hasobject:
        raise UnsafeFileError(
            f"an array must hold plain values; {what} holds Python objects, which only a pickle "
            "could bring back: save it as numbers or as text of fixed width"
        )
    if dtype.kind not in "biufUS" or dtype.itemsize == 0:
        raise FileFormatError(f"an array must hold numbers or text; {what} holds {dtype}")
    start = file.tell()
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(content) - start:
        raise FileFormatError(
            f"an array must have the values that its shape says; {what} says "
            f"{'×'.join(map(str, shape))} {dtype} and has {len(content) - start} bytes"
        )
    flat: NDArray[Any] = np.frombuffer(content, dtype, offset=start)
    return flat.reshape(shape, order="F" if is_fortran else "C")
