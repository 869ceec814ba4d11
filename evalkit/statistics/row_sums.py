"""Sums of rows by code: how draws over cells become counts without being held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class RowSums:
    """Sums of rows by code, for several codes of a row at once.

    Parameters
    ----------
    codes : arrays (m,), each giving row i its place in one table of sums; −1 leaves it out.
    sizes : the number of places in each table.
    columns : how many numbers a row has.
    most : the greatest sum.

    Examples
    --------
    >>> sums = RowSums([np.array([0, 0, -1])], [1], columns=2, most=9)
    >>> sums.add_rows(np.arange(3), np.array([[1, 2], [3, 4], [5, 6]]))
    >>> sums.tables[0].tolist()
    [[4, 6]]
    """

    def __init__(
        self, codes: Sequence[NDArray[np.int64]], sizes: Sequence[int], columns: int, most: int
    ) -> None:
        # Four bytes are twice as fast; half their range is left for candidates that exceed n.
        self.kind: type[np.int32 | np.int64] = np.int32 if most < 2**30 else np.int64
        # One place more than asked for: it is the last, which −1 names, and takes what is left out.
        self._tables: list[NDArray[Any]] = [
            np.zeros((size + 1, columns), self.kind) for size in sizes
        ]
        self._listed = [code.tolist() for code in codes]
        self._places = [list(table) for table in self._tables]

    @property
    def tables(self) -> list[NDArray[Any]]:
        """For each array of codes its sums, (size, columns)."""
        return [table[:-1] for table in self._tables]

    def add_rows(self, rows: NDArray[np.int64], values: NDArray[Any], start: int = 0) -> None:
        """Add values (r, w) of the rows (r,) to w columns from `start` on."""
        stop = start + values.shape[1]
        for codes, table in zip(self._listed, self._places, strict=True):
            for row, value in zip(rows.tolist(), values, strict=True):
                if (code := codes[row]) >= 0:
                    place = table[code][start:stop]
                    place += value

    def add_ones(self, codes: Sequence[NDArray[np.int64]], columns: NDArray[np.int64]) -> None:
        """Add 1 for each of s samples, at its codes (s,) and in its column (s,)."""
        for code, table in zip(codes, self._tables, strict=True):
            position = code * table.shape[1]
            position += columns
            np.add.at(table.reshape(-1), position, table.dtype.type(1))
