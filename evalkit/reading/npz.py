"""Read NumPy's NPZ archives without unpickling, with every declared size checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.errors import FileFormatError
from evalkit.reading.npy import read_npy
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
                    arrays[name] = read_npy(read_entry(archive, entry), f"{name} of {path}")
    return arrays
