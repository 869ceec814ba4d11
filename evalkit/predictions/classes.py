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

from evalkit.columns import Column, array_of, missing_labels
from evalkit.errors import DataError, EvalkitError, InputError, InputTypeError, LabelError
from evalkit.labels import code_dtype, encode, positions_of_names
from evalkit.metrics import weights as metric_weights
from evalkit.metrics.window import count_bytes
from evalkit.predictions.slices import value_name
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.integer[Any]]

SUM_TOLERANCE = 1e-3
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
    column = Column.of(labels, what)
    if column.categories is None:
        small = _small_codes(column)
        if small is not None:
            return Column(*small, name=what)
        found = tuple(sorted(column.distinct_few()))
        codes = encode(column, found) if found else np.empty(0, np.uint8)
        return Column(codes, tuple(map(str, found)), name=what)
    if in_file and "" in column.categories:
        empty = column.values == column.categories.index("")
        if empty.any():
            raise missing_labels(int(empty.sum()), int(empty.argmax()), what)
    names = tuple(plain_numbers(list(column.categories)))
    return replace(column, categories=names, declared=column.declared and names)


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
    """Return positions in `classes`; a name that is not among them raises `LabelError`."""
    codes = positions_of_names(column, classes)
    unknown = codes < 0
    if unknown.any():
        row = int(unknown.argmax())
        raise unknown_label(column.label(row), column.name, row, classes)
    return codes.astype(code_dtype(len(classes)), copy=False)


def unknown_label(label: Any, what: str, row: int, classes: Sequence[str]) -> LabelError:
    """Return the error for a label that is not among the classes."""
    return LabelError(
        f"Unknown label: {what} holds {shown(label)} in row {row}. The classes are "
        f"{listed_names(classes)}."
    )


def names_of_one_kind(
    named: Sequence[tuple[str, Sequence[str]]], error: type[EvalkitError]
) -> tuple[str, ...]:
    """Return all names, sorted; names beside numbers raise `error`, each after its heading."""
    heading, first = named[0]
    for other, names in named[1:]:
        if are_numbers(names) != are_numbers(first):
            raise error(
                f"Labels mix names and numbers: {heading} {listed_names(first)} and {other} "
                f"{listed_names(names)}. Convert one of them."
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


def checked_probabilities(
    y_proba: Any, classes: Sequence[Any], n_samples: int, name: str = "y_proba"
) -> NDArray[np.floating[Any]]:
    """Return (n, K) probabilities; of two classes, those of the second alone are enough."""
    array = array_of(y_proba)
    if array.ndim == 2 and array.shape[1] == 1 and len(classes) == 2:
        array = array[:, 0]
    if array.ndim == 1 and len(classes) == 2:
        array = np.stack([1.0 - array, array], axis=1)
    if array.shape != (n_samples, len(classes)):
        raise InputError(
            f"{name} has shape {array.shape}, expected ({n_samples}, {len(classes)}). Pass "
            "classes=… in the order of the columns."
        )
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    # NaN and infinity make a sum that fails this comparison too.
    sums = array.sum(axis=1, dtype=np.float64)
    off = ~(np.abs(sums - 1) <= SUM_TOLERANCE)
    if not array.size or not (off.any() or array.min() < 0 or array.max() > 1):
        return array
    is_finite = np.isfinite(array)
    bad = (array < 0) | (array > 1) if is_finite.all() else ~is_finite
    if not bad.any():
        row = int(off.argmax())
        raise InputError(
            f"Probabilities do not sum to 1: those of {name} sum to {sums[row]:.6g} in row {row} "
            f"({int(off.sum())} such rows). Normalise them, or leave them out."
        )
    row, code = (int(i) for i in np.argwhere(bad)[0])
    place = f"for {shown(classes[code])} in row {row}"
    if not is_finite.all():
        raise InputError(
            f"Probabilities are not finite: {name} holds {array[row, code]} {place} "
            f"({int(bad.any(axis=1).sum())} such rows)."
        )
    remedy = "These are not probabilities."
    if np.allclose(sums, 100, atol=1):
        remedy = "These look like percentages: divide them by 100."
    elif (array < 0).any():
        remedy = "These look like logits or scores: apply softmax first."
    raise InputError(
        f"Probabilities are outside [0, 1]: {name} holds {array[row, code]:.6g} {place}. {remedy}"
    )


def stack_probabilities(
    columns: Mapping[str, NDArray[Any]],
    by_class: Mapping[str, str],
    classes: Sequence[str],
    where: str,
) -> NDArray[np.floating[Any]]:
    """Return the columns of all classes of a file side by side, (n, K).

    Of two classes one column is enough: the other is one minus it. Whatever is wrong raises
    `DataError`.
    """
    numbers = {name: _numbers(columns[column], column, where) for name, column in by_class.items()}
    missing = [name for name in classes if name not in numbers]
    if len(classes) == 2 and len(missing) == 1:
        (other,) = set(classes) - set(missing)
        numbers[missing[0]] = 1 - numbers[other]
    elif missing:
        raise DataError(
            f"Probabilities are incomplete: {where} has no column for "
            f"{', '.join(map(shown, missing[:5]))}. Every class needs one."
        )
    stacked = np.stack([numbers[name] for name in classes], axis=1)
    with as_data_errors():
        return checked_probabilities(stacked, classes, len(stacked), where)


def _numbers(column: NDArray[Any], name: str, where: str) -> NDArray[np.floating[Any]]:
    if column.dtype.kind in "biu":
        return column.astype(np.float64)
    if column.dtype.kind != "f":
        row = next((i for i, value in enumerate(column) if not isinstance(value, (int, float))), 0)
        raise DataError(
            f"A probability is not a number: {shown(name)} of {where} holds {shown(column[row])} "
            f"in row {row}."
        )
    return column
