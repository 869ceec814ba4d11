"""What was counted of some rows: it merges in any order, and nothing else is kept of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.scale.table import CLASS, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, eq=False)
class PartialCounts:
    """Counts of some rows under the names of their classes.

    `+` merges two. Counts and sums are whole numbers wherever rows carry no fractional weights, so
    that neither the order of merging nor the partitioning can change a digit.

    Attributes
    ----------
    classes : the names that class codes stand for; merging takes the union.
    rows : how many rows were counted.
    tables : sums by cell, by what they are of.
    sums : totals, by what they are of; whole numbers of any size.

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
        """Return the same counts under other classes in another order.

        A class that occurs must be among them.
        """
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
        """The classes that some row has or was given."""
        used = np.zeros(len(self.classes), dtype=np.bool_)
        for table in self.tables.values():
            for axis, kind in enumerate(table.axes):
                if kind == CLASS:
                    used[table.cells[:, axis]] = True
        return tuple(name for name, occurs in zip(self.classes, used, strict=True) if occurs)

    def to_plain(self) -> dict[str, Any]:
        """Return the counts as lists and numbers, for JSON; nothing is rounded."""
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
