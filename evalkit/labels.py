"""Names ↔ codes, once: labels of every kind become integer codes into an ordered schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import Column
from evalkit.errors import LabelError
from evalkit.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

NARROW_SPAN = 1 << 16
"""Whole numbers that span less than this are looked up in a table; wider ones are searched."""
MAX_INT64 = 2**63


def schema(classes: Iterable[Any]) -> tuple[Any, ...]:
    """Return declared classes as a tuple of plain strings, whole numbers or booleans, in order.

    Raises
    ------
    LabelError
        If there is none, one stands twice, or names and numbers are mixed.

    Examples
    --------
    >>> schema(["dog", "cat"])
    ('dog', 'cat')
    """
    if isinstance(classes, str):
        raise LabelError(f"classes must be a sequence of labels; got the one string {classes!r}")
    listed = classes.tolist() if hasattr(classes, "tolist") else list(classes)
    declared = tuple(_plain(label) for label in listed)
    if not declared:
        raise LabelError("classes must name at least one class; got none")
    if len({isinstance(label, str) for label in declared}) > 1:
        raise LabelError(
            f"classes must be all names or all numbers; got {_shown(declared)}: convert one kind"
        )
    if len(set(declared)) < len(declared):
        twice = next(label for i, label in enumerate(declared) if label in declared[:i])
        raise LabelError(f"each class must be declared once; {twice!r} is declared twice")
    return declared


def infer_classes(*labels: Any) -> tuple[Any, ...]:
    """Return the classes that columns of labels declare, else the sorted labels that occur.

    A pandas Categorical, a polars Enum and an ordered Arrow dictionary declare their categories,
    in their order, whether they occur or not.

    Parameters
    ----------
    labels : columns of any accepted kind, or `Column` objects.

    Raises
    ------
    LabelError
        If names and numbers are mixed, a value is missing, or no label occurs.

    Examples
    --------
    >>> infer_classes(["dog", "cat"], ["dog", "bird"])
    ('bird', 'cat', 'dog')
    """
    columns = [Column.of(column) for column in labels]
    declared = dict.fromkeys(label for column in columns for label in column.declared or ())
    if declared:
        return schema(declared)
    return observed_classes(*columns)


def observed_classes(*columns: Column) -> tuple[Any, ...]:
    """Return the labels that occur in the columns, sorted: numbers by value, names by code point.

    Raises
    ------
    LabelError
        If names and numbers are mixed, or no label occurs.
    """
    one_kind(*columns)
    found: set[Any] = set()
    for column in columns:
        found.update(column.distinct_few())
    if not found:
        raise LabelError("classes cannot be told from empty labels: pass classes=…")
    return tuple(sorted(found))


def encode(labels: Any, classes: Iterable[Any], *, name: str = "labels") -> NDArray[Any]:
    """Return the position of each label in `classes`, in the smallest unsigned integers that fit.

    Parameters
    ----------
    labels : (n,) labels of any accepted kind.
    classes : the ordered classes.
    name : what messages call the labels.

    Returns
    -------
    (n,) codes: ``uint8`` for up to 256 classes, then ``uint16``, then ``uint32``.

    Raises
    ------
    LabelError
        If a label is not among the classes (the first is named, with its position), or missing.

    Examples
    --------
    >>> encode(["cat", "dog", "cat"], ("dog", "cat"))
    array([1, 0, 1], dtype=uint8)
    """
    declared = schema(classes)
    column = Column.of(labels, name)
    if len(column) == 0:
        return np.empty(0, code_dtype(len(declared)))
    if column.is_names != isinstance(declared[0], str):
        raise LabelError(_other_kind(column, declared))
    positions = positions_of_names if column.is_names else _positions_of_numbers
    codes = positions(column, declared)
    undeclared = codes < 0
    if undeclared.any():
        raise undeclared_label(column, int(undeclared.argmax()), declared)
    return codes.astype(code_dtype(len(declared)), copy=False)


def positions_of_names(column: Column, classes: Sequence[str]) -> NDArray[Any]:
    """Return the position of each name in `classes`, -1 for a name that is not among them."""
    position = {label: code for code, label in enumerate(classes)}
    assert column.categories is not None
    table = [position.get(label, -1) for label in column.categories]
    codes: NDArray[Any] = np.asarray(table, dtype=_signed(len(classes)))[column.values]
    return codes


def code_dtype(n_classes: int) -> np.dtype[Any]:
    """Return the smallest unsigned integer type that numbers the classes."""
    return np.min_scalar_type(max(n_classes - 1, 0))


def one_kind(*columns: Column) -> None:
    """Refuse columns of which some hold names and others numbers.

    Raises
    ------
    LabelError
        Names the first column of either kind.
    """
    filled = [column for column in columns if len(column)]
    names = next((column for column in filled if column.is_names), None)
    others = next((column for column in filled if not column.is_names), None)
    if names is not None and others is not None:
        raise LabelError(
            f"labels must be all names or all numbers; {names.name} holds {names.label(0)!r} and "
            f"{others.name} holds {others.label(0)!r}: convert one of them"
        )


def undeclared_label(column: Column, position: int, classes: Sequence[Any]) -> LabelError:
    """Return the error for a label that the classes do not contain."""
    label = column.label(position)
    near = nearest(label, classes) if isinstance(label, str) else None
    remedy = "declare it, or correct the label" if near is None else f"did you mean {near!r}?"
    return LabelError(
        f"every label must be one of the classes {_shown(classes)}; {column.name} holds "
        f"{label!r} at position {position}: {remedy}"
    )


def _plain(label: Any) -> Any:
    value = label.item() if isinstance(label, np.generic) else label
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float)) and float(value).is_integer():
        return int(value)
    raise LabelError(f"a class must be a string, a whole number or a boolean; got {label!r}")


def _shown(classes: Sequence[Any], most: int = 10) -> str:
    listed = ", ".join(repr(label) for label in classes[:most])
    return f"{listed} …" if len(classes) > most else listed


def _other_kind(column: Column, classes: Sequence[Any]) -> str:
    if column.is_names:
        return (
            f"labels and classes must be of one kind; {column.name} holds {column.label(0)!r} but "
            f"the classes are the numbers {_shown(classes)}"
        )
    return (
        f"labels and classes must be of one kind; {column.name} holds {column.label(0)!r} but the "
        f"classes are the names {_shown(classes)}: pass names, or count codes with "
        "ConfusionMatrix.from_codes"
    )


def _positions_of_numbers(column: Column, classes: tuple[int, ...]) -> NDArray[Any]:
    values = column.whole_numbers()
    low, high = int(min(classes)), int(max(classes))
    if high - low < NARROW_SPAN and high < MAX_INT64:
        table = np.full(high - low + 3, -1, dtype=_signed(len(classes)))
        table[np.asarray(classes, dtype=np.int64) - low + 1] = np.arange(len(classes))
        # One entry at either end of the table catches whatever lies outside.
        codes: NDArray[Any] = table[np.clip(values, low - 1, high + 1).astype(np.int64) - low + 1]
        return codes
    ordered = np.argsort(np.asarray(classes))
    sorted_classes = np.asarray(classes)[ordered]
    slot = np.searchsorted(sorted_classes, values).clip(max=len(classes) - 1)
    return np.where(sorted_classes[slot] == values, ordered[slot], -1)


def _signed(n_classes: int) -> np.dtype[Any]:
    return np.min_scalar_type(-max(n_classes, 1))
