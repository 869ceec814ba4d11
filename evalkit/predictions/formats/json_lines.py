"""Prediction tables as JSON lines: one object per line, one key per column."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from evalkit.errors import FileFormatError
from evalkit.predictions.formats import Columns, Format, Table, register
from evalkit.predictions.roles import MAX_COLUMNS, Roles
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.predictions.predictions import Predictions
    from evalkit.reading.source import Source

FORMAT = "JSON lines"


def recognises(source: Source) -> bool:
    """Return whether a file begins with an object."""
    return source.head(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def open_table(source: Source) -> Table:
    """Return the table of a file of JSON lines; only its first line is read.

    Raises
    ------
    FileFormatError
        If a line is not a JSON object of plain values, or its keys differ from the first line's.
    """
    first = next(_objects(source), None)
    if first is None:
        raise FileFormatError(f"{source.path} contains no JSON object.")
    names = tuple(first)
    return Table(FORMAT, names, lambda roles: _read(source, names, roles))


def _read(source: Source, names: tuple[str, ...], roles: Roles) -> Columns:
    source.seek(0)
    values: dict[str, list[Any]] = {name: [] for name in names}
    for number, row in enumerate(_objects(source), start=1):
        if row.keys() != values.keys():
            odd = next(iter(row.keys() ^ values.keys()))
            raise FileFormatError(
                f"Keys differ: line {number} of {source.path} "
                f"{'has' if odd in row else 'lacks'} {shown(odd)}, unlike the first line."
            )
        for name, value in row.items():
            values[name].append(value)
    return {name: _column(column, name in roles.texts) for name, column in values.items()}


def _column(values: list[Any], is_text: bool) -> Any:
    kinds = {type(value) for value in values}
    if kinds <= {int, float} and not is_text:
        return np.asarray(values, dtype=np.float64)
    if kinds <= {int} and max(map(abs, values), default=0) < 1 << 62:
        return np.asarray(values, dtype=np.int64)
    if kinds <= {bool}:
        return np.asarray(values, dtype=bool)
    return np.asarray(values, dtype=object)


def _objects(source: Source) -> Iterator[dict[str, Any]]:
    number = 0
    while line := source.readline():
        number += 1
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FileFormatError(
                f"Line {number} of {source.path} is not a JSON object: {shown(error)}"
            ) from error
        if not isinstance(row, dict) or not 0 < len(row) <= MAX_COLUMNS:
            raise FileFormatError(
                f"Line {number} of {source.path} is not a JSON object of at most {MAX_COLUMNS:,} "
                "keys."
            )
        nested = next((name for name, v in row.items() if isinstance(v, (dict, list))), None)
        if nested is not None:
            raise FileFormatError(
                f"Nested column: {shown(nested)} in line {number} of {source.path} is an object or "
                "a list. Leave it out."
            )
        yield row


def _write(predictions: Predictions, columns: Columns, file: BinaryIO) -> None:
    del predictions  # the columns are all of them
    for row in zip(*(column.tolist() for column in columns.values()), strict=True):
        line = json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False)
        file.write(line.encode() + b"\n")


register(Format(recognises, open_table, {".jsonl": _write}))
