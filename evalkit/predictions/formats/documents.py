"""Prediction tables in one JSON document: an array of records, or an object of columns."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from evalkit.errors import DataError, FileFormatError
from evalkit.predictions.formats import Columns, Format, Table
from evalkit.predictions.formats.plain import columns_of_records, recognises_lines
from evalkit.predictions.roles import MAX_COLUMNS, is_known
from evalkit.reading.source import printable, shown
from evalkit.reading.values import json_cost, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.predictions.options import ReadOptions
    from evalkit.predictions.roles import Roles
    from evalkit.reading.source import Source

MAX_DOCUMENT = 24 << 20
"""A JSON document is parsed at once, which takes up to 25 times its size."""
MOST_SEARCHED = 10_000
_BOM = b"\xef\xbb\xbf"
_DEEPEST = 5
_REPORT = ("macro avg", "weighted avg")


def _recognises(source: Source) -> bool:
    first = source.head(64).removeprefix(_BOM).lstrip()[:1]
    return first == b"[" or (first == b"{" and not recognises_lines(source))


def _open(source: Source, options: ReadOptions) -> Table:
    """Return the table of a JSON document, which is parsed."""
    where = str(source.path)
    source.seek(0)
    content = source.read(MAX_DOCUMENT + 1)
    if len(content) > MAX_DOCUMENT:
        raise FileFormatError(
            f"{where} is larger than {MAX_DOCUMENT >> 20} MB, the limit for one JSON document. "
            "Write JSON lines: one object per line."
        )
    was_collecting = gc.isenabled()
    # Garbage collection would take most of the time, and parsing leaves no garbage.
    gc.disable()
    try:
        source.require_room(json_cost(content))
        plain = read_json(content.removeprefix(_BOM))
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{where} is not JSON: {shown(error)}") from error
    finally:
        if was_collecting:
            gc.enable()
    if options.records is not None:
        plain = _at(plain, options.records, where)
        where = f"{options.records} of {where}"
    _refuse_summaries(plain, where)
    records = _records(plain)
    if records:
        names = tuple(records[0])
        return Table(
            "JSON records",
            names,
            lambda roles: columns_of_records(records, names, roles, source, "record"),
            len(records),
        )
    columns = _columns(plain)
    if columns:

        def read(roles: Roles) -> Columns:
            rows: Iterator[dict[str, Any]] = (
                dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
            )
            return columns_of_records(rows, tuple(columns), roles, source, "row")

        return Table("JSON columns", tuple(columns), read, len(next(iter(columns.values()))))
    raise _unknown(plain, where)


def _at(plain: Any, path: str, where: str) -> Any:
    """Return the value at a dotted path.

    Raises
    ------
    DataError
        If there is none.
    """
    found = plain
    for key in path.split("."):
        if isinstance(found, list) and key.isdecimal() and int(key[:9]) < len(found):
            found = found[int(key)]
        elif isinstance(found, dict) and key in found:
            found = found[key]
        else:
            keys = ", ".join(map(shown, list(found)[:5])) if isinstance(found, dict) else "no keys"
            raise DataError(f"{where} has nothing at {shown(key)} of --records {path}, but {keys}.")
    return found


def _records(plain: Any) -> list[dict[str, Any]]:
    """Return the records of a list of objects, else none."""
    if isinstance(plain, list) and all(isinstance(row, dict) and row for row in plain):
        return plain if plain and len(plain[0]) <= MAX_COLUMNS else []
    return []


def _columns(plain: Any) -> dict[str, list[Any]]:
    """Return name → values of an object of lists, or of objects as in pandas, else none."""
    if not isinstance(plain, dict) or not 0 < len(plain) <= MAX_COLUMNS:
        return {}
    if plain.keys() >= {"columns", "data"} and _is_table(plain["columns"], plain["data"]):
        # pandas with orient="split".
        names = [str(name) for name in plain["columns"]]
        return {name: [row[i] for row in plain["data"]] for i, name in enumerate(names)}
    values = list(plain.values())
    if all(isinstance(each, dict) for each in values):
        if any(each.keys() != values[0].keys() for each in values):
            return {}
        values = [list(each.values()) for each in values]
    is_table = all(isinstance(each, list) and len(each) == len(values[0]) for each in values)
    if not is_table or any(isinstance(cell, list | dict) for each in values for cell in each[:1]):
        return {}
    return dict(zip(plain, values, strict=True)) if values[0] else {}


def _is_table(names: Any, rows: Any) -> bool:
    return (
        isinstance(names, list)
        and isinstance(rows, list)
        and len({str(name) for name in names}) == len(names)
        and all(isinstance(row, list) and len(row) == len(names) for row in rows)
    )


def _refuse_summaries(plain: Any, where: str) -> None:
    """Refuse results of evalkit and reports of scikit-learn, which hold no predictions.

    Raises
    ------
    DataError
        The message says what the file lacks.
    """
    if not isinstance(plain, dict):
        return
    if plain.get("schema") == "evalkit.results":
        raise DataError(
            f"{where} holds the results of a comparison, not predictions. Use evalkit gate or "
            "evalkit history."
        )
    if all(isinstance(plain.get(key), dict) for key in _REPORT):
        raise DataError(
            f"{where} is a classification report of scikit-learn. It lacks the predictions and the "
            "confusion matrix, without which nothing has an interval. Pass the predictions, or "
            "the confusion matrix as CSV."
        )


def _unknown(plain: Any, where: str) -> FileFormatError:
    """Return the error for a document without a table, with where it holds one."""
    found = dict(_tables_in(plain, "", 0))
    named = [path for path, names in found.items() if any(map(is_known, names))]
    paths = (named or list(found))[:3]
    if paths:
        return FileFormatError(
            f"{where} holds records in a nested list. Use --records "
            f"{' or --records '.join(map(printable, paths))}."
        )
    return FileFormatError(
        f"{where} is JSON, but neither an array of objects nor an object of columns of one length."
    )


def _tables_in(plain: Any, path: str, depth: int) -> Iterator[tuple[str, list[str]]]:
    """Yield the dotted path and the columns of each table in a document."""
    if depth and (records := _records(plain)):
        yield path, list(records[0])
        return
    if depth and (columns := _columns(plain)):
        yield path, list(columns)
        return
    if depth < _DEEPEST and isinstance(plain, dict):
        for key, value in list(plain.items())[:MOST_SEARCHED]:
            if isinstance(value, dict | list) and "." not in key:
                yield from _tables_in(value, f"{path}.{key}" if path else key, depth + 1)


FORMATS = (Format(_recognises, _open),)
