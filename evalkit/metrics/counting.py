"""Joint counts of two columns of whole numbers, from one pass over memory.

Numbers that span little are counted in a dense `Window`; others as the cells that occur.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.metrics.cells import Cells
from evalkit.metrics.weights import sum_dtype
from evalkit.metrics.window import BLOCK, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_SIDE = 1 << 11
"""The widest dense window; beyond it sorting joint codes is faster than touching every cell."""
CELL_BLOCK = 1 << 22
"""Pairs a block where cells are sorted."""
MAX_SPAN = 1 << 31
"""Below this span a pair of numbers still fits one 64-bit joint code."""


@dataclass(frozen=True, slots=True, eq=False)
class WidePairs:
    """Counts of pairs of whole numbers that span more than a window.

    Attributes
    ----------
    low : the number that code 0 of the cells stands for.
    raw : the cells that occur.
    """

    low: int
    raw: Cells

    def rows_used(self) -> NDArray[np.intp]:
        """Return the offsets from `low` of the actual numbers that occur."""
        return np.unique(self.raw.rows)

    def columns_used(self) -> NDArray[np.intp]:
        """Return the offsets from `low` of the predicted numbers that occur."""
        return np.unique(self.raw.columns)

    def cells(self, rows: NDArray[np.intp], columns: NDArray[np.intp], n: int) -> Cells:
        """Return the cells among n classes with the used rows and columns at the codes given."""
        row = np.unique(self.raw.rows, return_inverse=True)[1]
        column = np.unique(self.raw.columns, return_inverse=True)[1]
        return Cells.of_keys(rows[row] * n + columns[column], self.raw.counts, n)

    def dense(self, rows: NDArray[np.intp], columns: NDArray[np.intp], n: int) -> NDArray[Any]:
        """Return (n, n) counts, like `cells`."""
        return self.cells(rows, columns, n).dense()


def count_window(
    actual: NDArray[Any], predicted: NDArray[Any], weights: NDArray[Any] | None
) -> Window | None:
    """Return the joint counts of two columns of numbers, if they are whole and span little.

    Parameters
    ----------
    actual, predicted : (n,) booleans, integers or floating-point whole numbers; n > 0.
    weights : (n,) checked weights, or None.

    Returns
    -------
    The window, or None where a number is not whole or they span more than `MAX_SIDE`.
    """
    weight_dtype = None if weights is None else sum_dtype(weights)
    window: Window | None = None
    start = 0
    while start < len(actual):
        block = slice(start, start + (window.block if window else BLOCK))
        rows, columns = _whole(actual[block]), _whole(predicted[block])
        if rows is None or columns is None:
            return None
        if window and window.add(rows, columns, None if weights is None else weights[block]):
            start = block.stop
            continue
        low, high = _span(rows, columns, *(window.span if window else ()))
        if high - low >= MAX_SIDE or high > np.iinfo(np.int64).max:
            return None
        wider = Window(low, high, weight_dtype)
        window = wider.including(window) if window else wider
    return window


def count_wide(
    actual: NDArray[Any], predicted: NDArray[Any], weights: NDArray[Any] | None
) -> WidePairs | None:
    """Return the pairs that occur, or None where two numbers do not fit one joint code.

    Parameters
    ----------
    actual, predicted : (n,) booleans or integers; n > 0.
    weights : (n,) checked weights, or None.
    """
    low, high = _span(actual, predicted)
    span = high - low + 1
    if span > MAX_SPAN or high > np.iinfo(np.int64).max:
        return None
    total = Cells(
        np.empty(0, np.int64),
        np.empty(0, np.int64 if weights is None else sum_dtype(weights)),
        span,
    )
    for start in range(0, len(actual), CELL_BLOCK):
        block = slice(start, start + CELL_BLOCK)
        rows, columns = (
            np.subtract(column[block], low, dtype=np.int64, casting="unsafe")
            for column in (actual, predicted)
        )
        total += Cells.of_pairs(rows, columns, None if weights is None else weights[block], span)
    return WidePairs(low, total)


def _span(actual: NDArray[Any], predicted: NDArray[Any], *known: int) -> tuple[int, int]:
    lowest = min(int(actual.min()), int(predicted.min()), *known)
    return lowest, max(int(actual.max()), int(predicted.max()), *known)


def _whole(column: NDArray[Any]) -> NDArray[Any] | None:
    """Return a block as booleans or integers, or None where a number is not whole."""
    if column.dtype.kind != "f":
        return column
    with np.errstate(invalid="ignore"):
        numbers = column.astype(np.int64)
    return numbers if (numbers == column).all() else None
