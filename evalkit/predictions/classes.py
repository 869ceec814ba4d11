"""Labels as names and codes: class names as text, the same from every format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import Column, missing_labels
from evalkit.errors import LabelError
from evalkit.labels import code_dtype, encode
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.integer[Any]]

_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))(?:\.0+)?")


class Names:
    """A column of labels: its distinct names as text, and a code for each row.

    CSV does not distinguish the number 1 from the text "1", so names are text in every format.
    Whole numbers have no fraction.

    Attributes
    ----------
    what : the name of the column in messages.
    distinct : the distinct names.
    codes : positions in `distinct`.

    Raises
    ------
    LabelError
        If a label is missing, or is a number that is not whole.
    """

    def __init__(self, labels: Any, what: str) -> None:
        self.what = what
        self.codes: NDArray[Any]
        self.distinct: list[str]
        column = Column.of(labels, what)
        self._declared = column.declared
        if column.categories is not None:
            self.codes, self.distinct = column.values, plain_numbers(list(column.categories))
        else:
            found = tuple(sorted(column.distinct_few()))
            self.codes = encode(column, found) if found else np.empty(0, np.uint8)
            self.distinct = [str(label) for label in found]

    @classmethod
    def of_file(cls, labels: Any, what: str) -> Names:
        """Return the names in a column of a file, where an empty text is a missing label.

        Raises
        ------
        LabelError
            If a label is missing, empty, or a number that is not whole.
        """
        names = cls(labels, what)
        if "" in names.distinct:
            empty = names.codes == names.distinct.index("")
            if empty.any():
                raise missing_labels(int(empty.sum()), int(empty.argmax()), what)
        return names

    @property
    def are_numbers(self) -> bool:
        """Whether every name is a whole number."""
        return are_numbers(self.distinct)

    def texts(self) -> NDArray[np.str_]:
        """Return the name of each row."""
        texts: NDArray[np.str_] = np.array(self.distinct, dtype=np.str_)[self.codes]
        return texts

    def ordered(self) -> tuple[str, ...]:
        """Return the distinct names in the order that the labels declare, else sorted."""
        return sorted_names(self.distinct) if self._declared is None else tuple(self.distinct)

    def codes_in(self, classes: Sequence[str]) -> Codes:
        """Return positions in `classes`.

        Raises
        ------
        LabelError
            If a name is not among them.
        """
        position = {name: code for code, name in enumerate(classes)}
        unknown = [i for i, name in enumerate(self.distinct) if name not in position]
        if unknown:
            row = int(np.argmax(np.isin(self.codes, unknown)))
            raise unknown_label(self.distinct[int(self.codes[row])], self.what, row, classes)
        table = np.array([position[name] for name in self.distinct], code_dtype(len(classes)))
        codes: Codes = table[self.codes]
        return codes


def unknown_label(label: str, what: str, row: int, classes: Sequence[str]) -> LabelError:
    """Return the error for a label that the classes do not contain."""
    return LabelError(
        f"Unknown label: {what} holds {shown(label)} in row {row}. The classes are "
        f"{listed_names(classes)}."
    )


def observed_classes(columns: Sequence[Names]) -> tuple[str, ...]:
    """Return the names that occur, sorted: whole numbers by value, others by code point.

    Raises
    ------
    LabelError
        If one column holds names and another numbers; both are shown.
    """
    for column in columns[1:]:
        if column.are_numbers != columns[0].are_numbers:
            raise LabelError(
                f"Labels mix names and numbers: {columns[0].what} holds "
                f"{listed_names(columns[0].distinct)} and {column.what} holds "
                f"{listed_names(column.distinct)}. Convert one of them."
            )
    return sorted_names({name for column in columns for name in column.distinct})


def sorted_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return names sorted: by value where all are whole numbers, by code point otherwise.

    >>> sorted_names(["10", "9"]), sorted_names(["10", "9", "a"])
    (('9', '10'), ('10', '9', 'a'))
    """
    listed = tuple(names)
    return tuple(sorted(listed, key=int if are_numbers(listed) else str))


def are_numbers(names: Iterable[str]) -> bool:
    """Return whether every name is a whole number."""
    return all(_WHOLE.fullmatch(name) for name in names)


def plain_numbers(names: list[str]) -> list[str]:
    """Return names that are all whole numbers without the fraction that some tools write."""
    plain = []
    for name in names:
        match = _WHOLE.fullmatch(name)
        if match is None:
            return names
        plain.append(match[1])
    return plain if len(set(plain)) == len(names) else names


def listed_names(names: Sequence[str]) -> str:
    """Return the first five names, for messages."""
    first = ", ".join(shown(name) for name in names[:5])
    return f"{first} …" if len(names) > 5 else first
