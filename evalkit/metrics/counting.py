"""Joint counts of two columns of whole numbers, from one pass over memory.

Numbers of a narrow range are counted in a dense `Window`, others as the cells that occur.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.metrics.cells import Cells
from evalkit.metrics.weights import sum_dtype
from evalkit.metrics.window import BLOCK, Window, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_SIDE = 1 << 11
"""The widest dense window; beyond it, sorting joint codes is faster than a pass over all cells."""
CELL_BLOCK = 1 << 22
"""Pairs per block if cells are sorted."""
MAX_SPAN = 1 << 31
"""Below this span a pair of numbers fits one 64-bit joint code."""
MAX_TABLE = 1 << 22
"""Offsets below this are ranked by a table, larger ones by sorting."""


class WidePairs:
    """Counts of pairs of whole numbers whose range is wider than a window.

    Parameters
    ----------
    low : the number at offset 0.
    cells : the pairs of offsets that occur.
    """

    def __init__(self, low: int, cells: Cells) -> None:
        self.low = low
        self._counts = cells.counts
        self.rows_used: NDArray[np.intp]
        self.columns_used: NDArray[np.intp]
        self.rows_used, self._rows = _ranked(cells.rows, cells.n_classes)
        self.columns_used, self._columns = _ranked(cells.columns, cells.n_classes)

    def dense(self, rows: NDArray[np.intp], columns: NDArray[np.intp], n: int) -> NDArray[Any]:
        """Return (n, n) counts with the used rows and columns at the given codes."""
        counts = np.zeros((n, n), dtype=self._counts.dtype)
        counts[rows[self._rows], columns[self._columns]] = self._counts
        return counts

    def cells(self, rows: NDArray[np.intp], columns: NDArray[np.intp], n: int) -> Cells:
        """Return the cells that occur among n classes, like `dense`."""
        return Cells.of_keys(rows[self._rows] * n + columns[self._columns], self._counts, n)


def count_window(
    actual: NDArray[Any], predicted: NDArray[Any], weights: NDArray[Any] | None
) -> Window | None:
    """Return the joint counts of two columns of whole numbers of a narrow range.

    Parameters
    ----------
    actual, predicted : (n,) booleans, integers or floating-point whole numbers; n > 0.
    weights : (n,) checked weights, or None.

    Returns
    -------
    The window, or None if a number is not whole or the range is wider than `MAX_SIDE`.
    """
    weight_dtype = None if weights is None else sum_dtype(weights)
    window: Window | None = None
    start = 0
    while start < len(actual):
        block = slice(start, start + (window.block if window else BLOCK))
        rows, columns = actual[block], predicted[block]
        if window and window.add(rows, columns, None if weights is None else weights[block]):
            start = block.stop
            continue
        whole_rows, whole_columns = whole(rows), whole(columns)
        if whole_rows is None or whole_columns is None:
            return None
        low, high = _span(whole_rows, whole_columns, *(window.span if window else ()))
        if high - low >= MAX_SIDE or high > np.iinfo(np.int64).max:
            return None
        wider = Window(low, high, weight_dtype)
        window = wider.including(window) if window else wider
    return window


def count_wide(
    actual: NDArray[Any], predicted: NDArray[Any], weights: NDArray[Any] | None
) -> WidePairs | None:
    """Return the pairs that occur, or None if a pair does not fit one joint code.

    Parameters
    ----------
    actual, predicted : (n,) booleans or integers; n > 0.
    weights : (n,) checked weights, or None.
    """
    low, high = _span(actual, predicted)
    span = high - low + 1
    if span > MAX_SPAN or high > np.iinfo(np.int64).max:
        return None
    total: Cells | None = None
    for start in range(0, len(actual), CELL_BLOCK):
        block = slice(start, start + CELL_BLOCK)
        rows, columns = (
            np.subtract(column[block], low, dtype=np.int64, casting="unsafe")
            for column in (actual, predicted)
        )
        part = Cells.of_pairs(rows, columns, None if weights is None else weights[block], span)
        total = part if total is None else total + part
    assert total is not None
    return WidePairs(low, total)


def _ranked(offsets: NDArray[Any], span: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the distinct offsets, ascending, and the rank of each offset among them."""
    if span > MAX_TABLE:
        distinct, ranks = np.unique(offsets, return_inverse=True)
        return distinct, ranks
    occurs = np.zeros(span, dtype=np.bool_)
    occurs[offsets] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[offsets]


def _span(actual: NDArray[Any], predicted: NDArray[Any], *known: int) -> tuple[int, int]:
    lowest = min(int(actual.min()), int(predicted.min()), *known)
    return lowest, max(int(actual.max()), int(predicted.max()), *known)
