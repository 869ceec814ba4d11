"""Labels of prediction files as codes: class names as text, the same from every format."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import Column
from evalkit.errors import DataError, EvalkitError, IncompatibleError
from evalkit.labels import code_dtype, encode
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from evalkit.models.predictions.predictions import Predictions

    Codes = NDArray[np.integer[Any]]

_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))(?:\.0+)?")


class Names:
    """A column of labels: its distinct names as text, and a code for each row.

    CSV cannot tell the number 1 from the text "1", so that class names are text everywhere;
    whole numbers are written without a fraction.

    Attributes
    ----------
    distinct : the names that occur, in the order in which they do.
    codes : positions in `distinct`.
    """

    def __init__(self, labels: Any, what: str) -> None:
        self.what = what
        self.codes: NDArray[Any]
        self.distinct: list[Any]
        try:
            column = Column.of(labels, what)
            if column.categories is not None:
                self.codes, self.distinct = column.values, plain_numbers(list(column.categories))
            else:
                found = tuple(sorted(column.distinct_few()))
                self.codes = encode(column, found) if found else np.empty(0, np.uint8)
                self.distinct = [str(label) for label in found]
        except EvalkitError as error:
            raise DataError(str(error)) from error

    @property
    def are_numbers(self) -> bool:
        """Whether every name is a whole number."""
        return all(_WHOLE.fullmatch(name) for name in self.distinct)

    def codes_in(self, classes: Sequence[str]) -> Codes:
        """Return positions in `classes`.

        Raises
        ------
        DataError
            If a name is not among them.
        """
        position = {name: code for code, name in enumerate(classes)}
        unknown = [i for i, name in enumerate(self.distinct) if name not in position]
        if unknown:
            row = int(np.argmax(np.isin(self.codes, unknown)))
            raise DataError(
                f"every label must be one of the classes {_listed(classes)}; {self.what} holds "
                f"{shown(self.distinct[int(self.codes[row])])} in row {row}"
            )
        table = np.array([position[name] for name in self.distinct], code_dtype(len(classes)))
        codes: Codes = table[self.codes]
        return codes


def observed_classes(columns: Sequence[Names]) -> tuple[str, ...]:
    """Return the names that occur, sorted: whole numbers by value, others by code point.

    Raises
    ------
    DataError
        If one column holds names and another numbers; both are shown.
    """
    for column in columns[1:]:
        if column.are_numbers != columns[0].are_numbers:
            raise DataError(
                f"labels must be all names or all numbers; {columns[0].what} holds "
                f"{_listed(columns[0].distinct)} and {column.what} holds "
                f"{_listed(column.distinct)}: convert one of them"
            )
    found = {name for column in columns for name in column.distinct}
    return sorted_names(found)


def sorted_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return names sorted: by value where all are whole numbers, by code point otherwise.

    >>> sorted_names(["10", "9"]), sorted_names(["10", "9", "a"])
    (('9', '10'), ('10', '9', 'a'))
    """
    listed = tuple(names)
    return tuple(sorted(listed, key=int if _are_numbers(listed) else str))


def align_classes(predictions: Sequence[Predictions]) -> list[Predictions]:
    """Return predictions of several models under one schema of classes.

    The schema is the one that a file declares; where none does, it is every label that occurs
    in any of them, sorted.

    Raises
    ------
    IncompatibleError
        If two files declare different classes, one holds a label that another does not declare,
        or one holds names where another holds numbers; both are shown.
    """
    declared = next((each for each in predictions if each.is_declared), None)
    for each in predictions[1:]:
        if _are_numbers(each.classes) != _are_numbers(predictions[0].classes):
            raise IncompatibleError(
                "labels of all models must be names or all numbers; "
                f"{predictions[0].name} has {_listed(predictions[0].classes)} and {each.name} has "
                f"{_listed(each.classes)}: convert one of them"
            )
    if declared is None:
        found = {name for each in predictions for name in each.classes}
        schema = sorted_names(found)
    else:
        schema = declared.classes
        for each in predictions:
            if (each.is_declared and each.classes != schema) or set(each.classes) - set(schema):
                raise IncompatibleError(
                    f"models must have the same classes in the same order; {declared.name} has "
                    f"{_listed(schema)} and {each.name} has {_listed(each.classes)}"
                )
    return [_recoded(each, schema) for each in predictions]


def _recoded(predictions: Predictions, schema: tuple[str, ...]) -> Predictions:
    if predictions.classes == schema:
        return predictions
    table = np.array([schema.index(name) for name in predictions.classes], code_dtype(len(schema)))
    return replace(
        predictions,
        y_true=table[predictions.y_true],
        y_pred=table[predictions.y_pred],
        classes=schema,
    )


def _are_numbers(names: Sequence[str]) -> bool:
    return all(_WHOLE.fullmatch(name) for name in names)


def plain_numbers(names: list[str]) -> list[str]:
    """Return names that are all whole numbers without the fraction that some tools write."""
    matches = [_WHOLE.fullmatch(name) for name in names]
    if all(matches) and len({match[1] for match in matches if match}) == len(names):
        return [match[1] for match in matches if match]
    return names


def _listed(names: Sequence[str]) -> str:
    first = ", ".join(shown(name) for name in names[:5])
    return f"{first} …" if len(names) > 5 else first
