"""Sparse tables of sums that add up: what passes between batches, partitions and machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASS, PLAIN = "c", "p"
"""The kinds of axes: positions in the classes, which may move, and numbers that stay."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Sums by cell; only cells that occur, in ascending order.

    Attributes
    ----------
    axes : the kind of each axis, ``"ccc"`` for three of classes.
    cells : (m, axes) the place of each cell.
    values : (m, v) what is summed there: samples, or samples, weights and squared weights.
    """

    axes: str
    cells: NDArray[np.int64]
    values: NDArray[Any]

    def __add__(self, other: Table) -> Table:
        if np.array_equal(self.cells, other.cells):
            return Table(self.axes, self.cells, self.values + other.values)
        return _summed(
            self.axes,
            np.concatenate([self.cells, other.cells]),
            np.concatenate([self.values, other.values]),
        )

    def recoded(self, codes: NDArray[np.int64]) -> Table:
        """Return the table with each class code replaced by ``codes[code]``."""
        cells = self.cells.copy()
        for axis, kind in enumerate(self.axes):
            if kind == CLASS:
                cells[:, axis] = codes[cells[:, axis]]
        return _summed(self.axes, cells, self.values)

    def over(self, axes: tuple[int, ...]) -> Table:
        """Return the sums over all axes but these."""
        kinds = "".join(self.axes[axis] for axis in axes)
        return _summed(kinds, self.cells[:, list(axes)], self.values)

    def dense(self, shape: tuple[int, ...], value: int = 0) -> NDArray[Any]:
        """Return one of the sums as a dense array."""
        array = np.zeros(shape, dtype=self.values.dtype)
        array[tuple(self.cells.T)] = self.values[:, value]
        return array

    def to_plain(self) -> dict[str, Any]:
        """Return the table as lists, for JSON."""
        return {"axes": self.axes, "cells": self.cells.tolist(), "values": self.values.tolist()}

    @classmethod
    def of_plain(cls, plain: dict[str, Any]) -> Table:
        """Return the table that `to_plain` wrote."""
        axes = str(plain["axes"])
        cells = np.array(plain["cells"], dtype=np.int64).reshape(-1, len(axes))
        return cls(axes, cells, np.array(plain["values"]).reshape(len(cells), -1))


def _summed(axes: str, cells: NDArray[np.int64], values: NDArray[Any]) -> Table:
    """Return the cells in order, the values of equal ones added."""
    if not len(cells):
        return Table(axes, cells, values)
    order = np.lexsort(cells.T[::-1])
    cells, values = cells[order], values[order]
    first = np.flatnonzero(np.concatenate([[True], (cells[1:] != cells[:-1]).any(axis=1)]))
    return Table(axes, cells[first], np.add.reduceat(values, first, axis=0))
