"""A dense square of pair counts over a narrow range of whole numbers, filled in blocks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.metrics.cells import Cells
from evalkit.metrics.weights import summed_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 1 << 17
"""Pairs a block: the joint codes of a block stay in cache."""
LONG_BLOCK = 8 * BLOCK
"""Pairs a block where the cells are many, or a joint code is a byte."""


class Window:
    """Counts of pairs of whole numbers in [low, low + side), whose side is a power of two.

    With such a side, one OR over a block shows whether any number in it lies outside.

    Parameters
    ----------
    low, high : the least and greatest number to expect.
    weight_dtype : the type in which weights are summed; None where there are none.

    Attributes
    ----------
    samples : (side, side) how many samples each pair has.
    counts : (side, side) their summed weights; `samples` itself where there are none.
    """

    def __init__(self, low: int, high: int, weight_dtype: type[Any] | None) -> None:
        # Starting at zero saves a subtraction a sample, where the window stays small.
        if low > 0 and high.bit_length() <= max((high - low).bit_length(), 8):
            low = 0
        self.low = low
        self.side = 1 << max((high - low).bit_length(), 1)
        # A block has pairs enough to pay for a pass over the cells.
        self.block = max(BLOCK, min(self.side**2, LONG_BLOCK))
        self.samples = np.zeros((self.side, self.side), dtype=np.int64)
        self.counts: NDArray[Any] = self.samples
        if weight_dtype is not None:
            self.counts = np.zeros_like(self.samples, dtype=weight_dtype)
        self._codes: NDArray[Any] = np.empty(0, dtype=np.int64)

    def add(
        self, actual: NDArray[Any], predicted: NDArray[Any], weights: NDArray[Any] | None
    ) -> bool:
        """Count a block of pairs; return False, and count nothing, if a number lies outside."""
        if self.low:
            actual = np.subtract(actual, self.low, dtype=np.int64, casting="unsafe")
            predicted = np.subtract(predicted, self.low, dtype=np.int64, casting="unsafe")
        # A negative number makes the OR negative; one too large sets a bit above the side.
        for column in (actual, predicted):
            if not 0 <= int(np.bitwise_or.reduce(column)) < self.side:
                return False
        codes = self._joint_codes(actual, predicted)
        cells = self.side**2
        if codes.dtype == np.uint8:
            self.samples += _count_bytes(codes)[:cells].reshape(self.samples.shape)
        else:
            self.samples += np.bincount(codes, minlength=cells).reshape(self.samples.shape)
        if weights is not None:
            self.counts += summed_weights(codes, weights, cells).reshape(self.samples.shape)
        return True

    def _joint_codes(self, actual: NDArray[Any], predicted: NDArray[Any]) -> NDArray[Any]:
        """Return actual · side + predicted, in the narrowest integers that hold it."""
        width = max(actual.itemsize, predicted.itemsize)
        while 1 << (8 * width) < self.side**2:
            width *= 2
        joint: np.dtype[Any] = np.dtype(f"u{width}" if width < 8 else np.int64)
        if joint == np.uint8:
            self.block = LONG_BLOCK
        if self._codes.dtype != joint or len(self._codes) < len(actual):
            self._codes = np.empty(self.block, dtype=joint)
        codes = self._codes[: len(actual)]
        np.multiply(actual, joint.type(self.side), out=codes, dtype=joint, casting="unsafe")
        np.bitwise_or(codes, predicted, out=codes, dtype=joint, casting="unsafe")
        return codes

    @property
    def span(self) -> tuple[int, int]:
        """The least and greatest number that fit."""
        return self.low, self.low + self.side - 1

    def including(self, narrower: Window) -> Window:
        """Return this window, still empty, with the counts of a narrower one in it."""
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
        """Return (n, n) counts with the used rows and columns at the codes given."""
        counts = np.zeros((n, n), dtype=self.counts.dtype)
        counts[_grid(rows, columns)] = self.counts[_grid(self.rows_used, self.columns_used)]
        return counts

    def cells(self, rows: NDArray[np.intp], columns: NDArray[np.intp], n: int) -> Cells:
        """Return the cells that occur among n classes, like `dense`."""
        used = _grid(self.rows_used, self.columns_used)
        occurs = np.nonzero(self.samples[used])
        keys = rows[occurs[0]] * n + columns[occurs[1]]
        return Cells.of_keys(keys, self.counts[used][occurs], n)


def _grid(rows: NDArray[np.intp], columns: NDArray[np.intp]) -> tuple[Any, ...]:
    """Return the index of a grid of cells: slices, which copy faster, where they will do."""
    if (np.diff(rows) == 1).all() and (np.diff(columns) == 1).all():
        return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return np.ix_(rows, columns)


def _count_bytes(codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return (256,) counts of bytes: two an entry halve the work, 2¹⁶ bins fold back into 2⁸."""
    even = len(codes) & ~1
    pairs = np.bincount(codes[:even].view(np.uint16), minlength=1 << 16).reshape(256, 256)
    counts: NDArray[np.int64] = pairs.sum(axis=0) + pairs.sum(axis=1)
    if even < len(codes):
        counts[codes[-1]] += 1
    return counts
