"""Encode labels of any kind as integer codes, indices into the ordered classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import Column, array_of, frame_names
from evalkit.errors import InputError, LabelError
from evalkit.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

NARROW_SPAN = 1 << 16
"""Whole numbers of a smaller range are encoded with a table, others by binary search."""
MAX_INT64 = 2**63
PROBABILITY = "proba_"
"""Prefix of the name of a column of probabilities."""


def schema(classes: Iterable[Any]) -> tuple[Any, ...]:
    """Return declared classes as a tuple of plain strings, whole numbers or booleans, in order.

    A mapping of labels to names declares the names.

    Raises
    ------
    LabelError
        If no class is declared, a class is declared twice, or names and numbers are mixed.

    Examples
    --------
    >>> schema(["dog", "cat"])
    ('dog', 'cat')
    """
    if isinstance(classes, Mapping):
        classes = list(classes.values())
    if isinstance(classes, str):
        raise LabelError(
            f"Invalid classes: got the one string {classes!r}. Use a sequence of labels."
        )
    listed = classes.tolist() if hasattr(classes, "tolist") else list(classes)
    declared = tuple(_plain(label) for label in listed)
    if not declared:
        raise LabelError("Invalid classes: got no class. Name at least one.")
    if len({isinstance(label, str) for label in declared}) > 1:
        raise LabelError(
            f"Classes mix names and numbers: got {_shown(declared)}. Convert one kind."
        )
    if len(set(declared)) < len(declared):
        twice = next(label for i, label in enumerate(declared) if label in declared[:i])
        raise LabelError(f"Class declared twice: {twice!r}. Declare each class once.")
    return declared


def keys_and_names(classes: Iterable[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the labels of the classes in the data, and the names of the classes.

    They differ if `classes` maps labels to names.

    >>> keys_and_names({0: "negative", 1: "positive"})
    ((0, 1), ('negative', 'positive'))
    """
    if isinstance(classes, Mapping):
        return schema(list(classes)), schema(list(classes.values()))
    declared = schema(classes)
    return declared, declared


def scores_by_class(
    scores: Any, classes: Iterable[Any] | None, labels: Column, name: str
) -> tuple[NDArray[Any], tuple[Any, ...] | None]:
    """Return scores as an array with columns in the order of the classes, and the classes.

    The names of the columns of a DataFrame or an Arrow table decide: a class, or ``proba_`` and a
    class. Columns without names follow `classes`.

    Parameters
    ----------
    scores : (n,) or (n, K) numbers of any accepted kind.
    classes : the ordered classes; if absent, the names of the columns declare them, sorted.
    labels : the actual labels, whose kind the names are converted to.
    name : the name of the scores in error messages.

    Raises
    ------
    InputError
        If a column names no class, or a class has no column.
    """
    names, array = frame_names(scores), array_of(scores)
    declared = None if classes is None else schema(classes)
    if names is None or array.ndim != 2 or array.shape[1] < 2:
        return array, declared
    position = {_class_text(each): place for place, each in enumerate(names)}
    if declared is None:
        declared = _classes_of(position, labels)
    wanted = [str(label) for label in declared]
    if sorted(position) != sorted(wanted):
        foreign = next((each for each in position if each not in wanted), None)
        missing = next((each for each in wanted if each not in position), None)
        fault = (
            f"column {foreign!r} is not a class"
            if foreign is not None
            else f"class {missing!r} has no column"
        )
        raise InputError(
            f"Columns of {name} do not match the classes: {fault}. The classes are "
            f"{_shown(declared)}. Rename the columns, or pass an array in the order of the classes."
        )
    return array[:, [position[each] for each in wanted]], declared


def _class_text(name: Any) -> str:
    return str(name).removeprefix(PROBABILITY)


def _classes_of(names: Iterable[str], labels: Column) -> tuple[Any, ...]:
    """Return the names of columns as sorted classes of the kind of the labels."""
    occurring = observed_classes(labels)
    known = {str(label): label for label in occurring}
    if labels.is_names or isinstance(occurring[0], bool):
        return tuple(sorted(known.get(name, name) for name in names))
    try:
        return tuple(sorted(known.get(name) or int(name) for name in names))
    except ValueError:
        return occurring


def infer_classes(*labels: Any) -> tuple[Any, ...]:
    """Return the declared classes of columns of labels, else the sorted labels that occur.

    A pandas Categorical, a polars Enum and an ordered Arrow dictionary declare their categories as
    classes, in this order, including categories that do not occur.

    Parameters
    ----------
    *labels : columns of any accepted kind, or `Column` objects.

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
        return schema(list(declared))
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
        raise LabelError("The classes are unknown: the labels are empty. Pass classes=[…].")
    return tuple(sorted(found))


def encode(labels: Any, classes: Iterable[Any], *, name: str = "labels") -> NDArray[Any]:
    """Return the position of each label in `classes`, in the smallest unsigned integer type.

    Parameters
    ----------
    labels : (n,) labels of any accepted kind.
    classes : the ordered classes, or a mapping of labels to the names of classes.
    name : the name of the labels in error messages.

    Returns
    -------
    (n,) codes: ``uint8`` for up to 256 classes, then ``uint16``, then ``uint32``.

    Raises
    ------
    LabelError
        If a label is not among the classes or is missing; the message gives the first row.

    Examples
    --------
    >>> encode(["cat", "dog", "cat"], ("dog", "cat"))
    array([1, 0, 1], dtype=uint8)
    """
    column = Column.of(labels, name)
    declared, names = keys_and_names(classes)
    if len(column) and column.is_names and not isinstance(declared[0], str):
        # A mapping of numbers to names: the labels may be the names already.
        declared = names
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
    """Return the position of each name in `classes`, −1 for a name that is not in `classes`."""
    position = {label: code for code, label in enumerate(classes)}
    assert column.categories is not None
    if column.categories == tuple(classes):
        return column.values
    table = [position.get(label, -1) for label in column.categories]
    codes: NDArray[Any] = np.asarray(table, dtype=_signed(len(classes)))[column.values]
    return codes


def code_dtype(n_classes: int) -> np.dtype[Any]:
    """Return the smallest unsigned integer type that can hold the codes of the classes."""
    return np.min_scalar_type(max(n_classes - 1, 0))


def one_kind(*columns: Column) -> None:
    """Raise an error if some columns hold names and others hold numbers.

    Raises
    ------
    LabelError
        If they do; the message gives the first column of each kind.
    """
    filled = [column for column in columns if len(column)]
    names = next((column for column in filled if column.is_names), None)
    others = next((column for column in filled if not column.is_names), None)
    if names is not None and others is not None:
        raise LabelError(
            f"Labels mix names and numbers: {names.name} holds {names.label(0)!r} and "
            f"{others.name} holds {others.label(0)!r}. Convert one of them."
        )


def undeclared_label(column: Column, position: int, classes: Sequence[Any]) -> LabelError:
    """Return the error for a label that is not among the classes."""
    label = column.label(position)
    near = nearest(label, classes) if isinstance(label, str) else None
    remedy = "Declare it, or correct the label." if near is None else f"Did you mean {near!r}?"
    return LabelError(
        f"Unknown label: {column.name} holds {label!r} in row {position}. The classes are "
        f"{_shown(classes)}. {remedy}"
    )


def _plain(label: Any) -> Any:
    value = label.item() if isinstance(label, np.generic) else label
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float)) and float(value).is_integer():
        return int(value)
    raise LabelError(f"Invalid class: got {label!r}. Use a string, a whole number or a boolean.")


def _shown(classes: Sequence[Any], most: int = 10) -> str:
    listed = ", ".join(repr(label) for label in classes[:most])
    return f"{listed} …" if len(classes) > most else listed


def _other_kind(column: Column, classes: Sequence[Any]) -> str:
    if column.is_names:
        return (
            f"Labels and classes are of different kinds: {column.name} holds {column.label(0)!r}, "
            f"but the classes are the numbers {_shown(classes)}. Pass labels and classes of one "
            "kind."
        )
    return (
        f"Labels and classes are of different kinds: {column.name} holds {column.label(0)!r}, but "
        f"the classes are the names {_shown(classes)}. Pass names, or count codes with "
        "ConfusionMatrix.from_codes."
    )


def _positions_of_numbers(column: Column, classes: tuple[int, ...]) -> NDArray[Any]:
    values = column.whole_numbers()
    low, high = int(min(classes)), int(max(classes))
    if high - low < NARROW_SPAN and high < MAX_INT64:
        table = np.full(high - low + 3, -1, dtype=_signed(len(classes)))
        table[np.asarray(classes, dtype=np.int64) - low + 1] = np.arange(len(classes))
        # The first and the last entry of the table stand for numbers outside the range.
        codes: NDArray[Any] = table[np.clip(values, low - 1, high + 1).astype(np.int64) - low + 1]
        return codes
    ordered = np.argsort(np.asarray(classes))
    sorted_classes = np.asarray(classes)[ordered]
    slot = np.searchsorted(sorted_classes, values).clip(max=len(classes) - 1)
    return np.where(sorted_classes[slot] == values, ordered[slot], -1)


def _signed(n_classes: int) -> np.dtype[Any]:
    return np.min_scalar_type(-max(n_classes, 1))
