"""Read NumPy's NPZ archives without unpickling, with every declared size checked."""

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
    """Return the arrays of an NPZ file by name, read-only.

    Parameters
    ----------
    path : the file.
    only : the names of the arrays to read; absent names are skipped. All arrays if None.

    Raises
    ------
    FileFormatError
        If the file is missing, truncated, or not an NPZ file.
    UnsafeFileError
        If an array contains Python objects, which would require unpickling.
    """
    arrays = {}
    with open_source(path) as source:
        if not is_zip(source):
            raise FileFormatError(f"Not an NPZ file: {path} is not a zip archive.")
        with open_zip(source) as archive:
            for entry in archive.namelist():
                name = entry.removesuffix(_SUFFIX)
                if not entry.endswith(_SUFFIX):
                    raise FileFormatError(
                        f"Not an NPZ file: {path} contains {shown(entry)}, which is not an array."
                    )
                if only is None or name in only:
                    arrays[name] = _array(read_entry(archive, entry), f"{name} of {path}")
    return arrays


def check_npy(content: bytes, what: str) -> None:
    """Check that an NPY file contains no objects and has the size that its header declares.

    Raises
    ------
    FileFormatError, UnsafeFileError
        As for `read_npz`.
    """
    _array(content, what)


def _array(content: bytes, what: str) -> NDArray[Any]:
    """Return the array in an NPY file, as a view of `content`."""
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, is_fortran, dtype = read_header(file)
    except (ValueError, KeyError, SyntaxError, MemoryError, RecursionError) as error:
        raise FileFormatError(f"The array header of {shown(what)} is damaged.") from error
    if dtype.hasobject:
        raise UnsafeFileError(
            f"Array {what} contains Python objects, which would require unpickling. "
            "Save it with a numeric or a fixed-width string dtype."
        )
    if dtype.kind not in "biufUS" or dtype.itemsize == 0:
        raise FileFormatError(
            f"Array {what} has dtype {dtype}, expected a numeric or string dtype."
        )
    start = file.tell()
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(content) - start:
        raise FileFormatError(
            f"Array {what} has {len(content) - start} bytes, which does not match its shape "
            f"{'×'.join(map(str, shape))} and dtype {dtype}."
        )
    flat: NDArray[Any] = np.frombuffer(content, dtype, offset=start)
    return flat.reshape(shape, order="F" if is_fortran else "C")
