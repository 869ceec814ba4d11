"""Prediction tables as CSV: UTF-8, a header, commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import FileFormatError
from evalkit.models.predictions.roles import MAX_COLUMNS, Roles
from evalkit.models.predictions.table import Columns, Table
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from evalkit.reading.source import Source

FORMAT = "CSV"
_SEPARATORS = ",;\t"
_HEAD = 4096
MAX_HEADER = 1 << 20
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_DEFUSED = re.compile(r"^'(?='*[=+\-@\t\r])")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def recognises(source: Source) -> bool:
    """Return whether a file begins with a line of text in which a separator stands."""
    head = source.head(_HEAD)
    first = head.split(b"\n", 1)[0]
    try:
        text = first.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A long header may be cut inside a letter.
        if len(first) < _HEAD or error.start < _HEAD - 4:
            return False
        text = first[: error.start].decode("utf-8-sig")
    return any(separator in text for separator in _SEPARATORS) and all(
        letter >= " " or letter in "\t\r" for letter in text
    )


def open_table(source: Source) -> Table:
    """Return the table of a CSV file; only its header is read.

    Raises
    ------
    FileFormatError
        If the header is no line of CSV in UTF-8.
    """
    text = _header(source)
    separator = max(_SEPARATORS, key=text.count)
    if text.count(separator) >= MAX_COLUMNS:
        raise FileFormatError(
            f"a table has at most {MAX_COLUMNS:,} columns; the header of {source.path} has more"
        )
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        names = next(rows, [])
    except csv.Error as error:
        raise FileFormatError(f"a header is CSV; that of {source.path} is not: {error}") from error
    # pandas takes very long over a first row of a million cells, and quick refusal of later ones.
    if source.readline().count(separator.encode()) > MAX_COLUMNS:
        raise FileFormatError(f"CSV has rows of one length; those of {source.path} are longer")
    given = tuple(map(refused, names))
    return Table(FORMAT, given, lambda roles: _read(source, separator, names, roles))


def _header(source: Source) -> str:
    """Return the header: one line, or more where a quoted name goes over a line's end."""
    lines: list[bytes] = []
    length = quotes = 0
    while line := source.readline():
        lines.append(line)
        length += len(line)
        quotes += line.count(b'"')
        if length > MAX_HEADER or not (line.endswith(b"\n") or source.tell() == source.size):
            raise FileFormatError(
                f"a header has at most {MAX_HEADER:,} bytes; that of {source.path} has more"
            )
        if quotes % 2 == 0:
            break
    try:
        return b"".join(lines).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"CSV is text in UTF-8; {source.path} is not: {error}") from error


def refused(text: str) -> str:
    """Return text as it was before `defused`."""
    return _DEFUSED.sub("", text)


def defused(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: a quote before what would be one.

    >>> defused("=1+1"), defused("-1"), refused(defused("=1+1"))
    ("'=1+1", '-1', '=1+1')
    """
    runs = _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if runs else text


def _read(source: Source, separator: str, names: list[str], roles: Roles) -> Columns:
    import pandas as pd

    source.seek(0)
    # From 3.1 on pandas reads numbers exactly, and warns of the option that asked for it.
    is_exact = tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)
    exact: dict[str, Any] = {} if is_exact else {"float_precision": "round_trip"}
    kinds = {name: str for name in names if refused(name) in roles.texts}
    try:
        with warnings.catch_warnings():
            # Rows longer than the header are cut with a warning, and no row is to be cut.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                source,
                sep=separator,
                encoding="utf-8-sig",
                index_col=False,
                dtype=kinds,
                keep_default_na=False,
                na_values=[""],
                low_memory=False,
                **exact,
            )
    except (ValueError, pd.errors.ParserError, pd.errors.ParserWarning, OverflowError) as error:
        raise FileFormatError(
            f"CSV is UTF-8 text with rows of one length; {source.path} is not: {shown(error)}"
        ) from error
    columns = {}
    for name, (_, column) in zip(names, frame.items(), strict=True):
        if column.dtype.kind in "biuf":
            columns[refused(name)] = column.to_numpy()
            continue
        texts = column.astype(object).where(column.notna(), None)
        columns[refused(name)] = np.array(
            [refused(text) if isinstance(text, str) else text for text in texts], dtype=object
        )
    return columns
