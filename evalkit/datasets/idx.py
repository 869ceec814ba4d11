"""IDX files of unsigned bytes, the format of MNIST and its successors, gzipped or not."""

from __future__ import annotations

import gzip
import math
import zlib
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from evalkit.errors import DataError
from evalkit.reading.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTE = 0x08
_DEFLATE_AT_MOST = 1032
"""Times its size that a deflated stream can grow to."""


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Return the array of an IDX file of unsigned bytes with so many dimensions.

    The header is four bytes, 0 0 8 and the number of dimensions, then each length as four
    bytes, big-endian; the values follow in row-major order.

    Raises
    ------
    DataError
        If the header is another's, or the file holds fewer or more bytes than it declares.
    """
    with open_source(path) as source:
        is_packed = source.head(2) == _GZIP
        largest = source.size * (_DEFLATE_AT_MOST if is_packed else 1)
        file = cast("BinaryIO", gzip.GzipFile(fileobj=source) if is_packed else source)
        try:
            return _read(file, path, dimensions, largest)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(f"a gzipped file must be whole; {path} is damaged: {error}") from error


def _read(file: BinaryIO, path: Path, dimensions: int, largest: int) -> NDArray[np.uint8]:
    magic = file.read(4)
    if magic != bytes([0, 0, _UNSIGNED_BYTE, dimensions]):
        raise DataError(
            f"an IDX file of {dimensions} dimensions of bytes begins 0 0 8 {dimensions}; "
            f"{path} begins {' '.join(map(str, magic))}"
        )
    header = file.read(4 * dimensions)
    if len(header) < 4 * dimensions:
        raise DataError(f"an IDX file must be whole; {path} ends inside its header")
    shape = tuple(int(length) for length in np.frombuffer(header, ">u4"))
    size = math.prod(shape)
    # Declared sizes are the file's word: no memory is taken for what it cannot hold.
    values = file.read(size) if size <= largest else b""
    if len(values) < size:
        raise DataError(
            f"an IDX file must hold what it declares; {path} declares "
            f"{' × '.join(map(str, shape))} bytes and is cut short"
        )
    if file.read(1):
        raise DataError(f"an IDX file must hold what it declares; {path} goes on after it")
    return np.frombuffer(values, np.uint8).reshape(shape)
