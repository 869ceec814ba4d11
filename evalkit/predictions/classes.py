"""Check the columns of predictions: labels, codes, probabilities, weights, ids and groups.

The checks raise `InputError` or `LabelError` and name the column. For files, `as_data_errors`
raises them as `DataError`. CSV does not distinguish the number 1 from the text "1", so the names
of classes in files are text in every format.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import Column, missing_labels
from evalkit.errors import DataError, EvalkitError, InputError, InputTypeError, LabelError
from evalkit.labels import code_dtype, encode, positions_of_names
from evalkit.metrics import weights as metric_weights
from evalkit.metrics.window import count_bytes
from evalkit.predictions.slices import value_name
from evalkit.reading.source import shown
from evalkit.reading.values import MAX_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.integer[Any]]

MOST_EXAMPLES = 1_000
_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))(?:\.0+)?")


@contextmanager
def as_data_errors() -> Iterator[None]:
    """Raise the errors of a column as `DataError`."""
    try:
        yield
    except (InputError, InputTypeError) as error:
        raise DataError(str(error)) from error


def names_of(labels: Any, what: str, *, in_file: bool = False) -> Column:
    """Return labels as text, whole numbers without a fraction; `what` names them in messages.

    In a file an empty text is a missing label.
    """
    column = texts_of(labels, what)
    if in_file:
        require_short(column)
        refuse_empty(column)
    names = tuple(plain_numbers(list(column.names)))
    return replace(column, categories=names, declared=column.declared and names)


def texts_of(labels: Any, what: str) -> Column:
    """Return labels as text, as they are written; `what` names them in messages."""
    column = Column.of(labels, what)
    if column.categories is not None:
        return column
    small = _small_codes(column)
    if small is not None:
        return Column(*small, name=what)
    found = tuple(sorted(column.distinct_few()))
    codes = encode(column, found) if found else np.empty(0, np.uint8)
    return Column(codes, tuple(map(str, found)), name=what)


def refuse_empty(column: Column) -> None:
    """Raise `LabelError` for an empty text, which is a missing label of a file."""
    if "" in column.names:
        empty = column.values == column.names.index("")
        if empty.any():
            raise missing_labels(int(empty.sum()), int(empty.argmax()), column.name)


def require_short(column: Column) -> None:
    """Refuse names that would make every array, message and page of names too large."""
    longest = max(map(len, column.names), default=0)
    if longest > MAX_NAME:
        raise LabelError(
            f"A name is too long: {column.name} holds text of {longest:,} characters, at most "
            f"{MAX_NAME:,}. Use short names of classes and ids."
        )


def _small_codes(column: Column) -> tuple[Codes, tuple[str, ...]] | None:
    """Return integers from 0 to 255 as codes and their names; None for other labels."""
    values = column.values
    if values.dtype.kind not in "iu" or not len(values):
        return None
    if not (values.min() >= 0 and values.max() < 256):
        return None
    codes = np.ascontiguousarray(values, dtype=np.uint8)
    found = np.flatnonzero(count_bytes(codes))
    if found[-1] >= len(found):
        table = np.zeros(256, np.uint8)
        table[found] = np.arange(len(found))
        codes = table[codes]
    return codes, tuple(map(str, found.tolist()))


def codes_in(column: Column, classes: Sequence[str]) -> Codes:
    """Return positions in `classes`; names that are not among them raise `LabelError`."""
    codes = positions_of_names(column, classes)
    unknown = codes < 0
    if unknown.any():
        rows = np.flatnonzero(unknown)
        odd = dict.fromkeys(column.label(int(row)) for row in rows[:MOST_EXAMPLES])
        raise unknown_labels(tuple(odd), column.name, int(rows[0]), len(rows), classes)
    return codes.astype(code_dtype(len(classes)), copy=False)


def unknown_labels(
    labels: Sequence[Any], what: str, row: int, count: int, classes: Sequence[str]
) -> LabelError:
    """Return the error for labels that are not among the classes, the first of them in `row`."""
    examples = "" if len(labels) < 2 else f", for example {listed_names(labels, 3)}"
    rows = f" ({count:,} such rows{examples})" if count > 1 else ""
    return LabelError(
        f"Unknown label: {what} holds {shown(labels[0])} in row {row}{rows}. The classes are "
        f"{listed_names(classes)}."
    )


def names_of_one_kind(
    named: Sequence[tuple[str, Sequence[str]]], error: type[EvalkitError]
) -> tuple[str, ...]:
    """Return all names, sorted; names beside numbers raise `error`, each after its heading.

    Numbers are names where each two share some.
    """
    heading, first = named[0]
    for other, names in named[1:]:
        if are_numbers(names) != are_numbers(first) and not set(names) & set(first):
            raise error(
                f"Labels mix names and numbers: {heading} {listed_names(first)} and {other} "
                f"{listed_names(names)}. Convert one of them, or use --map FILE."
            )
    return sorted_names({name for _, names in named for name in names})


def group_codes(
    labels: Any, what: str, n_samples: int, *, in_file: bool = False
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return (n,) codes of groups or strata in the order of their names, and the names."""
    raw = Column.of(labels, what)
    column = names_of(raw, what, in_file=in_file)
    if len(column) != n_samples:
        raise InputError(
            f"Lengths differ: {what} has {len(column)} values for {n_samples} samples."
        )
    names = column.names
    ordered = names if column.declared else sorted_names(names)
    # Text keeps its fraction in the name of a group, as in counts of batches.
    named = dict(zip(names, map(value_name, raw.categories or names), strict=True))
    return codes_in(column, ordered).astype(np.int64), tuple(named[name] for name in ordered)


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
    plain = [match[1] for match in takewhile(bool, map(_WHOLE.fullmatch, names)) if match]
    return plain if len(set(plain)) == len(names) else names


def listed_names(names: Sequence[str], most: int = 5) -> str:
    """Return the first names, for messages."""
    first = ", ".join(map(shown, names[:most]))
    return f"{first} …" if len(names) > most else first


def checked_codes(codes: Any, classes: Sequence[Any], n_samples: int, name: str) -> Codes:
    """Return (n,) positions in `classes`."""
    array = np.asarray(codes)
    if array.shape != (n_samples,):
        raise InputError(
            f"Lengths differ: {name} has shape {array.shape}, expected ({n_samples},)."
        )
    if array.dtype.kind not in "iu":
        raise InputError(f"Codes are not integers: {name} holds {array.dtype}.")
    if n_samples and not (int(array.min()) >= 0 and int(array.max()) < len(classes)):
        row = int(np.argmax((array < 0) | (array >= len(classes))))
        raise InputError(
            f"A code is not the position of a class: {name} holds {array[row]} in row {row}, and "
            f"there are {len(classes)} classes."
        )
    return array


def checked_weights(
    sample_weight: Any, n_samples: int, name: str = "sample_weight"
) -> NDArray[np.float64] | None:
    """Return (n,) weights, or None if there are none; a scalar is the weight of all samples."""
    weights = metric_weights.checked_weights(sample_weight, n_samples, name)
    if weights is None:
        return None
    require_some_weight(weights, name)
    return weights.astype(np.float64)


def require_some_weight(weights: NDArray[Any], name: str) -> None:
    """Raise `InputError` if all weights are zero."""
    if weights.size and not weights.any():
        raise InputError(
            f"All weights are zero: {name}. Give at least one sample a weight above zero."
        )


def weights_of_file(column: NDArray[Any], name: str) -> NDArray[Any]:
    """Return the weights in a file, or in a part, as integers or ``float64``; text is refused."""
    if column.dtype.kind not in "iuf":
        raise metric_weights.not_numbers(name, column.dtype)
    weights = metric_weights.checked_weights(column, len(column), name)
    assert weights is not None
    return weights.astype(metric_weights.sum_dtype(weights), copy=False)


def checked_ids(ids: Any, n_samples: int) -> NDArray[Any] | None:
    """Return (n,) names of the samples, or None if there are none."""
    if ids is None:
        return None
    names = np.asarray(ids)
    if names.shape != (n_samples,):
        raise InputError(f"Lengths differ: ids has {len(names)} values for {n_samples} samples.")
    return names
