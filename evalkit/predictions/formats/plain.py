"""Prediction tables that NumPy and the standard library read: NPZ and JSON lines.

NPZ holds one array per column, and ``y_proba`` (n, K) with ``classes``. JSON lines hold one object
per line, with one key per column.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from evalkit.errors import FileFormatError
from evalkit.predictions.formats import Columns, Format, Table
from evalkit.predictions.roles import MAX_COLUMNS, PROBABILITY, is_known
from evalkit.reading.npz import read_npz
from evalkit.reading.source import printable, shown
from evalkit.reading.values import checked_text
from evalkit.reading.zip_archive import is_zip, open_zip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from evalkit.predictions.options import ReadOptions
    from evalkit.predictions.roles import Roles
    from evalkit.reading.source import Source

_STACKED = ("y_proba", "proba", "probabilities")
_CLASSES = "classes"
_BOM = b"\xef\xbb\xbf"
_FIRST_LINE = 1 << 20


def _recognises_npz(source: Source) -> bool:
    """Return whether a file is a zip archive of NumPy arrays only."""
    if not is_zip(source):
        return False
    with open_zip(source) as archive:
        names = archive.namelist()
    return bool(names) and all(name.endswith(".npy") for name in names)


def _open_npz(source: Source, options: ReadOptions) -> Table:
    """Return the table of an NPZ file; its arrays are read."""
    arrays = read_npz(source.path)
    labels = arrays.pop(_CLASSES, None)
    classes = None if labels is None else list(map(str, _texts(labels, _CLASSES, source).tolist()))
    columns: Columns = {}
    for name, array in arrays.items():
        if array.ndim == 1:
            columns[name] = _texts(array, name, source)
            continue
        if array.ndim > 2 and name in options.shown_images:
            columns[name] = array
            continue
        if array.ndim != 2 or name not in _STACKED or array.shape[1] > MAX_COLUMNS:
            raise FileFormatError(
                f"{shown(name)} of {source.path} has shape {array.shape}, expected (n,), or (n, K) "
                f"for {_STACKED[0]}."
                + (f" Use --show image={printable(name)} for images." if array.ndim > 2 else "")
            )
        if classes is None or len(classes) != array.shape[1]:
            raise FileFormatError(
                f"{name} of {source.path} has {array.shape[1]} columns and "
                f"{'no' if classes is None else len(classes)} classes. The array classes must name "
                "each column."
            )
        columns |= {f"{PROBABILITY}{label}": array[:, i] for i, label in enumerate(classes)}
    rows = sorted({len(column) for column in columns.values()})
    if len(rows) > 1:
        some = " and ".join(map(str, rows[:3]))
        raise FileFormatError(f"Lengths differ: the columns of {source.path} have {some} rows.")
    metadata = {} if classes is None else {"classes": classes}
    return Table("NPZ", tuple(columns), lambda _: columns, rows[0] if rows else 0, metadata)


def _texts(array: NDArray[Any], name: str, source: Source) -> NDArray[Any]:
    if array.ndim != 1:
        raise FileFormatError(f"{name} of {source.path} has shape {array.shape}, expected (n,).")
    try:
        return array.astype("U") if array.dtype.kind == "S" else array
    except UnicodeDecodeError as error:
        fault = f"{name} of {source.path} is not ASCII. Use a Unicode dtype."
        raise FileFormatError(fault) from error


def _write_npz(columns: Columns, classes: Sequence[str], file: BinaryIO) -> None:
    arrays = {
        name: column.astype(np.str_) if column.dtype == object else column
        for name, column in columns.items()
    }
    of_classes = [f"{PROBABILITY}{label}" for label in classes]
    if all(name in arrays for name in of_classes):
        arrays[_STACKED[0]] = np.stack([arrays.pop(name) for name in of_classes], axis=1)
    arrays[_CLASSES] = np.asarray(classes)
    np.savez_compressed(file, allow_pickle=False, **arrays)


def _open_json(source: Source, _: ReadOptions) -> Table:
    """Return the table of a file of JSON lines; only its first line is read."""
    first = next(_objects(source), None)
    if first is None:
        raise FileFormatError(f"{source.path} contains no JSON object.")

    def read(roles: Roles) -> Columns:
        source.seek(0)
        return columns_of_records(_objects(source), tuple(first), roles, source, "line")

    return Table("JSON lines", tuple(first), read)


def columns_of_records(
    records: Iterable[dict[str, Any]],
    names: tuple[str, ...],
    roles: Roles,
    source: Source,
    what: str,
) -> Columns:
    """Return the columns of JSON objects with equal keys; nested ones without a role are left out.

    Parameters
    ----------
    names : the keys of the first record.
    what : a record in messages, ``"line"`` or ``"record"``.

    Raises
    ------
    FileFormatError
        If keys differ, or a column with a role is nested.
    """
    values: dict[str, list[Any]] = {name: [] for name in names}
    used, nested = roles.used, set()
    for number, row in enumerate(records, start=1):
        if row.keys() != values.keys():
            odd = next(iter(row.keys() ^ values.keys()))
            raise FileFormatError(
                f"Keys differ: {what} {number} of {source.path} "
                f"{'has' if odd in row else 'lacks'} {shown(odd)}, unlike the first {what}."
            )
        for name, value in row.items():
            if isinstance(value, (dict, list)):
                if name in used:
                    raise FileFormatError(
                        f"Nested column: {shown(name)} in {what} {number} of {source.path} is an "
                        "object or a list, expected one value."
                    )
                nested.add(name)
            elif name not in nested:
                values[name].append(value)
    return {
        name: _column(column, name, source) for name, column in values.items() if name not in nested
    }


def _column(values: list[Any], name: str, source: Source) -> NDArray[Any]:
    kinds = {type(value) for value in values}
    if kinds <= {int}:
        is_small = max(map(abs, values), default=0) < 1 << 62
        return np.asarray(values, dtype=np.int64 if is_small else object)
    if kinds <= {int, float}:
        try:
            return np.asarray(values, dtype=np.float64)
        except OverflowError as error:
            raise FileFormatError(
                f"Number out of range: {shown(name)} of {source.path} holds an integer that is no "
                "floating-point number."
            ) from error
    if str in kinds and kinds & {int, float}:
        # Numbers beside text are text.
        values = [_text(value) if type(value) in (int, float) else value for value in values]
    return np.asarray(values, dtype=bool if kinds <= {bool} else object)


def _text(number: float) -> str:
    return str(int(number)) if isinstance(number, float) and number.is_integer() else str(number)


def _objects(source: Source) -> Iterator[dict[str, Any]]:
    number = 0
    while line := source.readline():
        number += 1
        text = line.removeprefix(_BOM) if number == 1 else line
        if not text.strip():
            continue
        try:
            row = json.loads(text)
            if b"\\ud" in text or b"\\uD" in text:
                checked_text(json.dumps(row, ensure_ascii=False))
        except (ValueError, RecursionError) as error:
            raise FileFormatError(
                f"Line {number} of {source.path} is not a JSON object: {shown(error)}"
            ) from error
        if not isinstance(row, dict) or not 0 < len(row) <= MAX_COLUMNS:
            raise FileFormatError(
                f"Line {number} of {source.path} is not a JSON object of at most {MAX_COLUMNS:,} "
                "keys."
            )
        yield row


def _write_json(columns: Columns, _: Sequence[str], file: BinaryIO) -> None:
    for row in zip(*(column.tolist() for column in columns.values()), strict=True):
        line = json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False)
        file.write(line.encode() + b"\n")


def recognises_lines(source: Source) -> bool:
    """Return whether the first line of a file is a JSON object, of which others may follow."""
    first = source.head(_FIRST_LINE).removeprefix(_BOM).lstrip()
    if first[:1] != b"{":
        return False
    line, _, rest = first.partition(b"\n")
    # A document, as of json.dumps without indent, is one line that holds lists or objects.
    is_alone = not rest.strip() and source.size <= _FIRST_LINE
    return line.rstrip()[-1:] == b"}" and not (is_alone and _is_document(line))


def _is_document(line: bytes) -> bool:
    try:
        plain = json.loads(line)
    except (ValueError, RecursionError):
        return False
    is_row = any(is_known(key) and not isinstance(plain[key], dict | list) for key in plain)
    return bool(plain) and not is_row


FORMATS = (
    Format(_recognises_npz, _open_npz, _write_npz, (".npz",)),
    Format(
        recognises=recognises_lines,
        open=_open_json,
        write=_write_json,
        suffixes=(".jsonl",),
    ),
)
