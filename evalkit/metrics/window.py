"""Dense counts of pairs of whole numbers of a narrow range, filled in blocks."""

from __future__ import annotations

from functools import cached_property
from threading import local
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.metrics.cells import Cells
from evalkit.metrics.weights import summed_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 1 << 17
"""Pairs per block, so that their joint codes stay in the cache."""
LONG_BLOCK = 8 * BLOCK
"""Pairs per block for large windows, and for counts of pairs of bytes."""
NIBBLE = 1 << 4
"""Up to this side a joint code is a byte."""


class Window:
    """Counts of pairs of whole numbers in [low, low + side), whose side is a power of two.

    One OR over a block then shows whether any number lies outside.

    Parameters
    ----------
    low, high : the smallest and the largest number expected.
    weight_dtype : the type of summed weights; None without weights.

    Attributes
    ----------
    samples : (side, side) number of samples per pair.
    counts : (side, side) summed weights; `samples` itself without weights.
    """

    def __init__(self, low: int, high: int, weight_dtype: type[Any] | None) -> None:
        # Starting at zero saves one subtraction per sample if the window stays small.
        if low > 0 and high.bit_length() <= max((high - low).bit_length(), 8):
            low = 0
        self.low = low
        self.side: int = 1 << max((high - low).bit_length(), 1)
        # A block is long compared with the pass over the cells, or over pairs of bytes.
        needed = LONG_BLOCK if self.side <= NIBBLE else self.side**2
        self.block: int = min(max(BLOCK, needed), LONG_BLOCK)
        self.samples: NDArray[np.int64] = np.zeros((self.side, self.side), dtype=np.int64)
        self.counts: NDArray[Any] = self.samples
        if weight_dtype is not None:
            self.counts = np.zeros_like(self.samples, dtype=weight_dtype)
        self._codes: NDArray[Any] = np.empty(0, dtype=np.int64)

    def add(
        self, actual: NDArray[Any], predicted: NDArray[Any], weights: NDArray[Any] | None
    ) -> bool:
        """Count a block of pairs. If a number does not fit, count nothing and return False."""
        codes = self._joint_codes(actual, predicted)
        if codes is None:
            return False
        if codes.dtype == np.uint8 and len(codes) >= BLOCK:
            counted = count_bytes(codes)[: self.samples.size]
        else:
            counted = np.bincount(codes, minlength=self.samples.size)
        self.samples += counted.reshape(self.samples.shape)
        if weights is not None:
            summed = summed_weights(codes, weights, self.samples.size)
            self.counts += summed.reshape(self.samples.shape)
        return True

    def _joint_codes(self, actual: NDArray[Any], predicted: NDArray[Any]) -> NDArray[Any] | None:
        """Return actual · side + predicted as narrow integers, or None if a number does not fit."""
        joint = self._joint_dtype(max(actual.itemsize, predicted.itemsize))
        if self._codes.dtype != joint or len(self._codes) < len(actual):
            self._codes = np.empty(self.block, dtype=joint)
        codes = self._codes[: len(actual)]
        for start in range(0, len(actual), BLOCK):
            part = slice(start, start + BLOCK)
            rows, columns = whole(actual[part]), whole(predicted[part])
            if rows is None or columns is None:
                return None
            if self.low:
                rows = np.subtract(rows, self.low, dtype=np.int64, casting="unsafe")
                columns = np.subtract(columns, self.low, dtype=np.int64, casting="unsafe")
            # A negative number makes the OR negative; a large number sets a bit above the side.
            for column in (rows, columns):
                if not 0 <= int(np.bitwise_or.reduce(column)) < self.side:
                    return None
            np.multiply(rows, joint.type(self.side), out=codes[part], dtype=joint, casting="unsafe")
            np.bitwise_or(codes[part], columns, out=codes[part], dtype=joint, casting="unsafe")
        return codes

    def _joint_dtype(self, itemsize: int) -> np.dtype[Any]:
        if self.side <= NIBBLE:
            return np.dtype(np.uint8)
        width = itemsize
        while 1 << (8 * width) < self.side**2:
            width *= 2
        return np.dtype(f"u{width}" if width < 8 else np.int64)

    @property
    def span(self) -> tuple[int, int]:
        """The smallest and the largest number that fit."""
        return self.low, self.low + self.side - 1

    def including(self, narrower: Window) -> Window:
        """Return this empty window with the counts of a narrower window added."""
        offset = narrower.low - self.low
        inside = slice(offset, offset + narrower.side)
        self.samples[inside, inside] = narrower.samples
        self.counts[inside, inside] = narrower.counts
        return self

    @cached_property
    def rows_used(self) -> NDArray[np.intp]:
        """The offsets from `low` of the actual numbers that occur."""
        return np.flatnonzero(self.samples.any(axis=1))

    @cached_property
    def columns_used(self) -> NDArray[np.intp]:
        """The offsets from `low` of the predicted numbers that occur."""
        return np.flatnonzero(self.samples.any(axis=0))

    def dense(self, rows: NDArray[np.intp], columns: NDArray[np.intp], n: int) -> NDArray[Any]:
        """Return (n, n) counts with the used rows and columns at the given codes."""
        counts = np.zeros((n, n), dtype=self.counts.dtype)
        counts[_grid(rows, columns)] = self.counts[_grid(self.rows_used, self.columns_used)]
        return counts

    def cells(self, rows: NDArray[np.intp], columns: NDArray[np.intp], n: int) -> Cells:
        """Return the cells that occur among n classes, like `dense`."""
        used = _grid(self.rows_used, self.columns_used)
        occurs = np.nonzero(self.samples[used])
        keys = rows[occurs[0]] * n + columns[occurs[1]]
        return Cells.of_keys(keys, self.counts[used][occurs], n)


def whole(column: NDArray[Any]) -> NDArray[Any] | None:
    """Return a block as booleans or integers, or None if a number is not whole."""
    if column.dtype.kind != "f":
        return column
    with np.errstate(invalid="ignore"):
        # Conversion to 32 bits is vectorized, to 64 bits it is not.
        for dtype in (np.int32, np.int64):
            numbers = column.astype(dtype)
            if (numbers.astype(column.dtype) == column).all():
                return numbers
    return None


def _grid(rows: NDArray[np.intp], columns: NDArray[np.intp]) -> tuple[Any, ...]:
    """Return the index of a grid of cells, as slices if possible, which copy faster."""
    if (np.diff(rows) == 1).all() and (np.diff(columns) == 1).all():
        return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return np.ix_(rows, columns)


class _Scratch(local):
    """A buffer per thread, reused for every block.

    If freed memory is returned to the system at once, as in a Dask worker, allocating it again
    takes longer than counting.
    """

    def __init__(self) -> None:
        self._held = np.empty(0, dtype=np.intp)

    def of(self, length: int) -> NDArray[np.intp]:
        """Return a buffer of this length, valid until the next call."""
        if len(self._held) < length:
            self._held = np.empty(length, dtype=np.intp)
        return self._held[:length]


_scratch = _Scratch()


def count_bytes(codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return (256,) counts of bytes. Counting pairs of bytes in 2¹⁶ bins halves the work."""
    even = len(codes) & ~1
    places = _scratch.of(even // 2)
    places[:] = codes[:even].view(np.uint16)
    pairs = np.bincount(places, minlength=1 << 16).reshape(256, 256)
    counts: NDArray[np.int64] = pairs.sum(axis=0) + pairs.sum(axis=1)
    if even < len(codes):
        counts[codes[-1]] += 1
    return counts
