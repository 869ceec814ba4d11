"""Labels of prediction files: options applied, and mistakes that leave no label in common."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import LabelError
from evalkit.predictions.classes import (
    listed_names,
    plain_numbers,
    refuse_empty,
    require_short,
    texts_of,
)
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from evalkit.columns import Column
    from evalkit.predictions.options import ReadOptions

_NUMBER = re.compile(r"[+-]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)([eE][+-]?[0-9]+)?%?")
_WHOLE = re.compile(r"[+-]?[0-9]+([.,]0*)?|[+-]?[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+")
_TRUTH = {"true": "1", "false": "0", "t": "1", "f": "0", "yes": "1", "no": "0"}
_CAUSES: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("they differ in capitals", "--fold-case", str.casefold),
    ("they differ in blanks", "--strip", str.strip),
    ("they differ in capitals and blanks", "--fold-case --strip", lambda x: x.strip().casefold()),
    ("numbers are written in two ways", "--map FILE", lambda x: _number_text(x)),
    (
        "truth values are written in two ways",
        "--map FILE",
        lambda x: _TRUTH.get(x.strip().casefold(), _number_text(x)),
    ),
)


def label_columns(columns: Sequence[tuple[Any, str]], options: ReadOptions) -> list[Column]:
    """Return columns of labels of one file as text, under the options for labels.

    Whole numbers lose the fraction that some tools write if all labels are numbers; beside text,
    numbers are text.

    Parameters
    ----------
    columns : the values of each, and its name in messages.

    Raises
    ------
    LabelError
        If a label is missing, or a column holds numbers with a fraction.
    """
    found = [_renamed(texts_of(values, what), options) for values, what in columns]
    for column in found:
        require_short(column)
        refuse_empty(column)
        refuse_measurements(column.names, column.name, column)
    plain = in_one_form([column.names for column in found])
    return [
        replace(column, categories=tuple(names), declared=column.declared and tuple(names))
        for column, names in zip(found, plain, strict=True)
    ]


def in_one_form(columns: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the names in columns, without the fraction of whole numbers if all are numbers.

    >>> in_one_form([["1.0", "2.0"], ["1"]]), in_one_form([["1.0"], ["unknown"]])
    ([['1', '2'], ['1']], [['1.0'], ['unknown']])
    """
    listed = [list(names) for names in columns]
    if all(_WHOLE.fullmatch(name) for names in listed for name in names):
        return [plain_numbers(names) for names in listed]
    return listed


def refuse_measurements(names: Sequence[str], what: str, column: Column | None = None) -> None:
    """Raise `LabelError` if all names are numbers, and one has a fraction."""
    if not names or not all(_NUMBER.fullmatch(name) for name in names):
        return
    code = next((i for i, name in enumerate(names) if not _WHOLE.fullmatch(name)), None)
    if code is None:
        return
    row = "" if column is None else f" in row {int(np.argmax(column.values == code))}"
    raise LabelError(
        f"A label is not a whole number: {what} holds {shown(names[code])[1:-1]}{row}. Pass "
        "classes, not scores or measurements. A score of one of two classes is read with --column "
        "y_prob=COLUMN --positive CLASS."
    )


def require_common_labels(
    actual: Collection[Any],
    predicted: Collection[Any],
    names: tuple[str, str] = ("y_true", "y_pred"),
    *,
    in_file: bool = False,
) -> None:
    """Refuse actual and predicted labels that share none, unless a model may be that wrong.

    They are refused if they become equal without capitals, blanks, prefixes or in another form of
    numbers and truth values, if only one of them holds numbers, or if both have two labels or more.

    Parameters
    ----------
    actual, predicted : the labels that occur.
    names : of the two columns, for the message.
    in_file : whether the remedy is an option of the command line.

    Raises
    ------
    LabelError
        The message names the likely cause.

    Examples
    --------
    >>> require_common_labels({"yes"}, {"no"})
    >>> try:
    ...     require_common_labels({"yes", "no"}, {"Yes", "No"})
    ... except LabelError as error:
    ...     print(str(error).partition("; ")[2])
    they differ in capitals. Convert one of them, or pass classes=… if they are right.
    """
    ours, theirs = ({str(label) for label in labels} for labels in (actual, predicted))
    if not ours or not theirs or set(actual) & set(predicted):
        return
    cause, option = _cause(ours, theirs)
    if cause is None and min(len(ours), len(theirs)) < 2:
        return
    remedy = "Convert one of them, or pass classes=… if they are right."
    raise LabelError(
        f"Labels have nothing in common: {names[0]} holds {listed_names(sorted(ours))} and "
        f"{names[1]} holds {listed_names(sorted(theirs))}{f'; {cause}' if cause else ''}. "
        + (f"Use {option} to read them as the same classes." if in_file else remedy)
    )


def near_labels(actual: Collection[str], predicted: Collection[str]) -> str | None:
    """Return a sentence if some classes differ in capitals or blanks alone and may be one."""
    ours, theirs = set(actual) - set(predicted), set(predicted) - set(actual)
    folded = {label.strip().casefold(): label for label in ours}
    for label in sorted(theirs):
        other = folded.get(label.strip().casefold())
        if other is not None:
            option = "--strip" if other.strip() == label.strip() else "--fold-case"
            return (
                f"{shown(other)} occurs only as an actual label and {shown(label)} only as a "
                f"predicted one. They are two classes; use {option} if they are one."
            )
    return None


def _cause(ours: set[str], theirs: set[str]) -> tuple[str | None, str]:
    common = [
        len({form(label) for label in ours} & {form(label) for label in theirs})
        for _, _, form in _CAUSES
    ]
    if any(common):
        cause, option, _ = _CAUSES[common.index(max(common))]
        return cause, option
    for plain, other in ((ours, theirs), (theirs, ours)):
        digits = {label for label in plain if label.isdecimal()}
        if digits & {re.sub(r"^\D+", "", label) for label in other}:
            return "one of them has a prefix before the number", "--map FILE"
    if all(map(_is_number, ours)) != all(map(_is_number, theirs)):
        return "one of them holds names and the other numbers", "--map FILE"
    return None, "--map FILE"


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _number_text(text: str) -> str:
    return f"{float(text.replace(',', '.')):g}" if _is_number(text) and "%" not in text else text


def _renamed(column: Column, options: ReadOptions) -> Column:
    """Return a column under the options for labels; labels that become equal are one."""
    if not options.changes_labels:
        return column
    texts = [options.label(name) for name in column.names]
    names = tuple(dict.fromkeys(texts))
    place = {name: code for code, name in enumerate(names)}
    codes = np.array([place[text] for text in texts], dtype=np.int64)[column.values]
    return replace(column, values=codes, categories=names, declared=column.declared and names)
