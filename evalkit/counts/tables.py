"""Sparse tables of sums, and the counts of some rows: both can be added in any order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

CLASS, PLAIN = "c", "p"
"""The kinds of axes: codes of classes, which change with the classes, and other codes."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Sums by cell, for the cells that occur.

    Attributes
    ----------
    axes : the kind of each axis, ``"ccc"`` for three of classes.
    cells : (m, axes) the codes of each cell, sorted.
    values : (m, v) the sums of each cell: samples, and with weights Σw and Σw².
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
    """Return sorted distinct cells, with the values of equal cells added."""
    if not len(cells):
        return Table(axes, cells, values)
    order = np.lexsort(cells.T[::-1])
    cells, values = cells[order], values[order]
    first = np.flatnonzero(np.concatenate([[True], (cells[1:] != cells[:-1]).any(axis=1)]))
    return Table(axes, cells[first], np.add.reduceat(values, first, axis=0))


@dataclass(frozen=True, eq=False)
class PartialCounts:
    """Counts of some rows under the names of their classes.

    Counts and sums are whole numbers unless weights are fractional, so that neither the partitions
    nor the order of adding changes a digit.

    Attributes
    ----------
    classes : the names of the class codes; adding takes the union.
    rows : the number of rows.
    tables, sums : sums by cell, and totals, by name.

    Examples
    --------
    >>> import numpy as np
    >>> two = Table("cc", np.array([[0, 0]]), np.array([[2]]))
    >>> one = Table("cc", np.array([[1, 0]]), np.array([[1]]))
    >>> both = PartialCounts(("cat",), 2, {"model": two}) + PartialCounts(
    ...     ("ant", "cat"), 1, {"model": one}
    ... )
    >>> both.classes, both.rows, both.tables["model"].values.ravel().tolist()
    (('cat', 'ant'), 3, [2, 1])
    """

    classes: tuple[str, ...] = ()
    rows: int = 0
    tables: Mapping[str, Table] = field(default_factory=dict)
    sums: Mapping[str, int | float] = field(default_factory=dict)

    def __add__(self, other: PartialCounts) -> PartialCounts:
        if not isinstance(other, PartialCounts):
            return NotImplemented
        classes = tuple(dict.fromkeys((*self.classes, *other.classes)))
        mine, theirs = self.under(classes), other.under(classes)
        tables = dict(mine.tables)
        for key, table in theirs.tables.items():
            tables[key] = tables[key] + table if key in tables else table
        sums = dict(mine.sums)
        for name, value in theirs.sums.items():
            sums[name] = sums.get(name, 0) + value
        return PartialCounts(classes, self.rows + other.rows, tables, sums)

    def under(self, classes: Sequence[str]) -> PartialCounts:
        """Return the same counts with codes of other classes that include those that occur."""
        declared = tuple(classes)
        if declared == self.classes:
            return self
        if declared[: len(self.classes)] == self.classes:
            return PartialCounts(declared, self.rows, self.tables, self.sums)
        position = {name: code for code, name in enumerate(declared)}
        codes = np.array([position.get(name, -1) for name in self.classes], dtype=np.int64)
        tables = {key: table.recoded(codes) for key, table in self.tables.items()}
        return PartialCounts(declared, self.rows, tables, self.sums)

    @property
    def occurring(self) -> tuple[str, ...]:
        """The classes that occur as actual or predicted class."""
        used = np.zeros(len(self.classes), dtype=np.bool_)
        for table in self.tables.values():
            for axis, kind in enumerate(table.axes):
                if kind == CLASS:
                    used[table.cells[:, axis]] = True
        return tuple(name for name, occurs in zip(self.classes, used, strict=True) if occurs)

    def to_plain(self) -> dict[str, Any]:
        """Return the counts as lists and numbers, for JSON."""
        return {
            "classes": list(self.classes),
            "rows": self.rows,
            "tables": {key: table.to_plain() for key, table in self.tables.items()},
            "sums": dict(self.sums),
        }

    @classmethod
    def of_plain(cls, plain: dict[str, Any]) -> PartialCounts:
        """Return the counts that `to_plain` wrote."""
        return cls(
            tuple(plain["classes"]),
            int(plain["rows"]),
            {key: Table.of_plain(table) for key, table in plain["tables"].items()},
            dict(plain["sums"]),
        )
