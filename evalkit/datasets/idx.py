"""Read IDX files of unsigned bytes, the format of MNIST and its successors, gzipped or not."""

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

    from evalkit.reading.source import Source

_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTE = 0x08
_MAX_DEFLATE_RATIO = 1032
"""Largest possible ratio of the decompressed to the compressed size of a deflate stream."""


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Return the array of an IDX file of unsigned bytes with the given number of dimensions.

    The header is the bytes 0, 0, 8 and the number of dimensions, then each length as a
    big-endian 32-bit integer; the values follow in row-major order.

    Raises
    ------
    DataError
        If the header is invalid, or the size of the file does not match it.
    """
    with open_source(path) as source:
        is_gzipped = source.head(2) == _GZIP
        file = cast("BinaryIO", gzip.GzipFile(fileobj=source) if is_gzipped else source)
        try:
            return _read(file, source, dimensions)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(f"{path} is damaged: {error}.") from error


def _read(file: BinaryIO, source: Source, dimensions: int) -> NDArray[np.uint8]:
    path = source.path
    magic = file.read(4)
    if magic != bytes([0, 0, _UNSIGNED_BYTE, dimensions]):
        raise DataError(
            f"Not an IDX file of {dimensions}-dimensional bytes: {path} begins with "
            f"{' '.join(map(str, magic))}, expected 0 0 8 {dimensions}."
        )
    header = file.read(4 * dimensions)
    if len(header) < 4 * dimensions:
        raise DataError(f"The header of {path} is truncated.")
    shape = tuple(int(length) for length in np.frombuffer(header, ">u4"))
    size = math.prod(shape)
    # The declared size is checked before memory is allocated for it.
    if is_possible := size <= source.size * _MAX_DEFLATE_RATIO:
        source.unpack(size)
    values = file.read(size) if is_possible else b""
    if len(values) < size:
        raise DataError(
            f"{path} is truncated: its header declares {' × '.join(map(str, shape))} bytes."
        )
    if file.read(1):
        raise DataError(
            f"{path} has more bytes than its header declares ({' × '.join(map(str, shape))})."
        )
    return np.frombuffer(values, np.uint8).reshape(shape)
