"""Arrow columns of labels as codes: small integers as they are, names once a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.errors import DataError
from evalkit.labels import code_dtype
from evalkit.predictions.classes import plain_numbers
from evalkit.predictions.formats.csv import unescaped
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    Codes = NDArray[np.integer[Any]]

SMALL = 256
"""Whole numbers from 0 below this are codes already."""


class Coded(NamedTuple):
    """A column as codes and the names they stand for; None stands for the numbers 0, 1 and on."""

    codes: Codes
    names: list[str] | None
    largest: int


def coded(column: pa.Array, what: str) -> Coded:
    """Return a column of labels as codes into names of its own.

    Raises
    ------
    DataError
        If a label is missing, or no name and no whole number.
    """
    import pyarrow as pa

    if column.null_count:
        row = int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))
        raise DataError(f"every label must be there; {what} misses one in row {row} of a batch")
    kind = column.type
    if pa.types.is_integer(kind):
        return _of_numbers(column.to_numpy())
    if pa.types.is_boolean(kind):
        values = column.to_numpy(zero_copy_only=False).view(np.uint8)
        return Coded(values, ["False", "True"], 1)
    if pa.types.is_floating(kind):
        numbers = column.to_numpy()
        with np.errstate(invalid="ignore"):
            whole = numbers.astype(np.int64)
        if not (whole == numbers).all():
            wrong = numbers[int(np.argmax(whole != numbers))]
            raise DataError(f"labels are names or whole numbers; {what} holds {shown(wrong)}")
        return _of_numbers(whole)
    if not pa.types.is_dictionary(kind):
        column = column.dictionary_encode()
    names = column.dictionary.to_pylist()
    if names and not isinstance(names[0], str):
        numbers = coded(column.dictionary, what)
        codes = numbers.codes[column.indices.to_numpy(zero_copy_only=False)]
        return Coded(codes, numbers.names, numbers.largest)
    texts = plain_numbers([unescaped(name) for name in names])
    codes = column.indices.to_numpy(zero_copy_only=False)
    if "" in texts:
        empty = codes == texts.index("")
        if empty.any():
            row = int(np.argmax(empty))
            raise DataError(f"every label must be there; {what} misses one in row {row} of a batch")
    return Coded(codes, texts, len(texts) - 1)


def _of_numbers(numbers: NDArray[Any]) -> Coded:
    lowest, highest = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    if lowest >= 0 and highest < SMALL:
        small = numbers if numbers.itemsize == 1 else numbers.astype(np.uint8)
        return Coded(small.view(np.uint8), None, highest)
    distinct, codes = np.unique(numbers, return_inverse=True)
    return Coded(codes, [str(number) for number in distinct.tolist()], len(distinct) - 1)


def under_one_schema(
    columns: Sequence[Coded], classes: Sequence[str] | None, whats: Sequence[str]
) -> tuple[tuple[str, ...], list[Codes]]:
    """Return the classes of several columns, declared or the union of theirs, and their codes.

    Raises
    ------
    DataError
        If a label is not among the declared classes.
    """
    largest = max(column.largest for column in columns)
    numbered = all(column.names is None for column in columns)
    if numbered and (
        classes is None
        or (largest < len(classes) and tuple(classes) == tuple(map(str, range(len(classes)))))
    ):
        names = tuple(classes) if classes is not None else tuple(map(str, range(largest + 1)))
        return names, [column.codes for column in columns]
    of_column = [
        list(map(str, range(column.largest + 1))) if column.names is None else column.names
        for column in columns
    ]
    if classes is None:
        union = tuple(dict.fromkeys(name for names in of_column for name in names))
    else:
        union = tuple(classes)
    position = {name: code for code, name in enumerate(union)}
    kind = code_dtype(len(union) + 1)
    found: list[Codes] = []
    for column, own, what in zip(columns, of_column, whats, strict=True):
        table = np.array([position.get(name, len(union)) for name in own], dtype=kind)
        codes: Codes = table[column.codes]
        if (table == len(union)).any() and (codes == len(union)).any():
            wrong = own[int(column.codes[int(np.argmax(codes == len(union)))])]
            raise DataError(
                f"every label must be one of the {len(union)} classes; {what} holds {shown(wrong)}"
            )
        found.append(codes)
    return union, found
