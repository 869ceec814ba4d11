"""Prediction tables as CSV: UTF-8, a header, commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
import re
import warnings
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from evalkit.errors import FileFormatError
from evalkit.predictions.formats import Columns, Format, Table
from evalkit.predictions.roles import MAX_COLUMNS, Roles
from evalkit.reading.source import shown
from evalkit.tabular import csv_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from evalkit.reading.source import Source

_SEPARATORS = ",;\t"
_HEAD = 4096
MAX_HEADER = 1 << 20
_ESCAPED = re.compile(r"^'(?='*[=+\-@\t\r])")


def _recognises(source: Source) -> bool:
    """Return whether a file begins with a line of text that contains a separator."""
    first = source.head(_HEAD).split(b"\n", 1)[0]
    decoder = getincrementaldecoder("utf-8-sig")()
    try:
        # A long header may be cut inside a letter.
        text = decoder.decode(first, final=len(first) < _HEAD)
    except UnicodeDecodeError:
        return False
    return any(separator in text for separator in _SEPARATORS) and all(
        letter >= " " or letter in "\t\r" for letter in text
    )


def _open(source: Source) -> Table:
    """Return the table of a CSV file; only its header is read."""
    text = _header(source)
    separator = max(_SEPARATORS, key=text.count)
    if text.count(separator) >= MAX_COLUMNS:
        raise FileFormatError(
            f"Too many columns: the header of {source.path} has more than {MAX_COLUMNS:,}."
        )
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        names = tuple(map(unescaped, next(rows, [])))
    except csv.Error as error:
        raise FileFormatError(f"The header of {source.path} is not CSV: {error}.") from error
    # pandas takes very long to parse a first row of a million cells.
    if source.readline().count(separator.encode()) > MAX_COLUMNS:
        raise FileFormatError(f"Rows of {source.path} are longer than its header.")
    return Table("CSV", names, lambda roles: _read(source, separator, names, roles), is_text=True)


def _header(source: Source) -> str:
    """Return the header: one line, or more if a quoted name contains line breaks."""
    lines: list[bytes] = []
    quotes = 0
    while line := source.readline():
        lines.append(line)
        quotes += line.count(b'"')
        is_whole = line.endswith(b"\n") or source.tell() == source.size
        if source.tell() > MAX_HEADER or not is_whole:
            raise FileFormatError(
                f"The header of {source.path} is longer than {MAX_HEADER:,} bytes."
            )
        if quotes % 2 == 0:
            break
    try:
        return b"".join(lines).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{source.path} is not UTF-8: {error}.") from error


def unescaped(text: str) -> str:
    """Return text without the quote that `csv_cell` put before it."""
    return _ESCAPED.sub("", text) if text[:1] == "'" else text


def _read(source: Source, separator: str, names: tuple[str, ...], roles: Roles) -> Columns:
    import pandas as pd

    source.seek(0)
    # pandas 3.1 reads numbers exactly by default and deprecates the option.
    is_exact = tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)
    exact: dict[str, Any] = {} if is_exact else {"float_precision": "round_trip"}
    numbers = roles.numbers
    # Other columns are text: the values 01 and 1 differ.
    texts = {i: str for i, name in enumerate(names) if name not in numbers}
    try:
        with warnings.catch_warnings():
            # pandas truncates rows longer than the header and only warns.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                source,
                sep=separator,
                encoding="utf-8-sig",
                index_col=False,
                header=0,
                names=range(len(names)),
                dtype=texts,
                keep_default_na=False,
                na_values=[""],
                low_memory=False,
                **exact,
            )
    except (ValueError, pd.errors.ParserError, pd.errors.ParserWarning, OverflowError) as error:
        raise FileFormatError(
            f"{source.path} is not UTF-8 text with rows of equal length: {shown(error)}"
        ) from error
    return {
        name: _texts(frame[i]) if i in texts else _numbers(frame[i]) for i, name in enumerate(names)
    }


def _texts(column: pd.Series[Any]) -> NDArray[Any]:
    codes, distinct = column.factorize()
    # The code of a missing text is -1.
    texts = [*(unescaped(str(text)) for text in distinct.tolist()), None]
    found: NDArray[Any] = np.array(texts, dtype=object)[codes]
    return found


def _numbers(column: pd.Series[Any]) -> NDArray[Any]:
    is_plain = column.dtype.kind in "biuf"
    return (column if is_plain else column.astype(object).where(column.notna(), None)).to_numpy()


def _write(columns: Columns, _: Sequence[str], file: BinaryIO) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(csv_cell, columns))
    # NaN is an empty cell.
    cells = [
        [
            csv_cell(each) if isinstance(each, str) else None if each != each else each
            for each in held
        ]
        for held in (column.tolist() for column in columns.values())
    ]
    writer.writerows(zip(*cells, strict=True))
    text.detach()


FORMATS = (Format(_recognises, _open, _write, (".csv",), is_fallback=True),)
