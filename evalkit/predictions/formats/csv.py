"""Prediction tables as text: a header, and cells between commas, other marks or blanks."""

from __future__ import annotations

import csv
import io
import re
import warnings
from codecs import getincrementaldecoder
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from evalkit.errors import FileFormatError
from evalkit.predictions.formats import Columns, Format, Table
from evalkit.predictions.options import DEFAULT, ReadOptions
from evalkit.predictions.roles import MAX_COLUMNS, Roles, is_known
from evalkit.reading.lines import require_short_lines
from evalkit.reading.source import shown
from evalkit.tabular import csv_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from evalkit.reading.source import Source

_SEPARATORS = ",;\t|"
_HEAD = 1 << 16
_BOM = b"\xef\xbb\xbf"
_MOST_LEADING = 1_000
MAX_HEADER = 1 << 20
_ESCAPED = re.compile(r"^'(?='*[=+\-@\t\r])")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_SEPARATOR_LINE = re.compile(rb'"?sep=(.)"?\s*', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True)
class Layout:
    """Where the table begins in a text file, and how its cells are separated.

    Attributes
    ----------
    start, lines : bytes and lines before the header: blank lines, comments and ``sep=``.
    separator : between cells; a space stands for one blank or more.
    names : of the columns.
    has_header : whether the first line of the table names the columns.
    has_row_names : whether a first column without a heading comes before those that it names.
    notes : one sentence for each guess.
    """

    start: int
    lines: int
    separator: str
    names: tuple[str, ...]
    has_header: bool = True
    has_row_names: bool = False
    notes: tuple[str, ...] = ()


def _recognises(source: Source) -> bool:
    """Return whether a file begins with lines of text, of which the first row has a separator."""
    row = first_row(source)
    if row is None:
        return False
    if any(mark in row for mark in _SEPARATORS):
        return True
    # Blanks occur in any text: words must also be names of columns, numbers or quoted.
    words = row.split()[:MAX_COLUMNS]
    return len(words) > 1 and (
        any(is_known(word.strip('"')) for word in words)
        or all(_NUMBER.fullmatch(word) or _QUOTED.fullmatch(word) for word in words)
    )


def first_row(source: Source) -> str | None:
    """Return the first line that is no comment, blank or ``sep=``; None if it is not text."""
    head = source.head(_HEAD)
    lines = head.removeprefix(_BOM).split(b"\n")
    row = next((line for line in lines if _is_row(line)), b"")
    try:
        # A long header may be cut inside a letter.
        text = getincrementaldecoder("utf-8")().decode(row, final=len(row) < _HEAD - len(_BOM))
    except UnicodeDecodeError:
        return None
    return text if text and all(letter >= " " or letter in "\t\r" for letter in text) else None


def _is_row(line: bytes) -> bool:
    bare = line.removeprefix(_BOM).strip()
    return bool(bare) and bare[:1] != b"#" and not _SEPARATOR_LINE.fullmatch(bare)


def layout_of(source: Source, options: ReadOptions = DEFAULT) -> Layout:
    """Return the layout of an open text file; only its header and its first row are read.

    Raises
    ------
    FileFormatError
        If there is no header, or it is too long.
    """
    start, lines, told = _leading(source)
    text = _header(source, start)
    outside = _QUOTED.sub("x", text.strip("\r\n"))
    counts = {mark: outside.count(mark) for mark in _SEPARATORS}
    separator = told or max(_SEPARATORS, key=counts.__getitem__)
    notes: list[str] = []
    if told is None and not counts[separator]:
        is_spaced = " " in outside.strip() and options.truth is None
        separator = " " if is_spaced else ","
    if told is None and (separator in " |" or sum(1 for n in counts.values() if n) > 1):
        named = {" ": "blanks", "\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}
        notes.append(f"Cells were read as separated by {named[separator]}.")
    if lines:
        notes.append(
            f"{lines} line{'s' if lines > 1 else ''} before the header: comments, blank lines or "
            "sep= were skipped."
        )
    if text.count(separator) >= MAX_COLUMNS:
        raise FileFormatError(
            f"Too many columns: the header of {source.path} has more than {MAX_COLUMNS:,}."
        )
    names = _cells(text, separator, source)
    first = source.readline()
    # pandas takes very long to parse a first row of a million cells.
    if first.count(separator.encode()) > MAX_COLUMNS:
        raise FileFormatError(f"Rows of {source.path} are longer than its header.")
    has_row_names = first[:1] == b'"' and len(_row(first, separator)) == len(names) + 1
    if has_row_names:
        # R writes the names of rows without a heading of their own.
        names = ("", *names)
        notes.append("The first column has no heading and was read as the names of the rows.")
    has_header = options.truth is None or len(names) > 1 or is_known(names[0])
    if not has_header:
        names = ("",)
    return Layout(start, lines, separator, names, has_header, has_row_names, tuple(notes))


def _row(line: bytes, separator: str) -> list[str]:
    try:
        text = line.decode().rstrip("\r\n")
        return next(csv.reader([text], delimiter=separator, skipinitialspace=separator == " "), [])
    except (UnicodeDecodeError, csv.Error):
        return []


def _cells(text: str, separator: str, source: Source) -> tuple[str, ...]:
    try:
        rows = csv.reader(
            io.StringIO(text.strip(" ") if separator == " " else text, newline=""),
            delimiter=separator,
            skipinitialspace=separator == " ",
            strict=True,
        )
        return tuple(map(unescaped, next(rows, [])))
    except csv.Error as error:
        raise FileFormatError(f"The header of {source.path} is not CSV: {error}.") from error


def _leading(source: Source) -> tuple[int, int, str | None]:
    """Return the bytes and the lines before the header, and the separator that ``sep=`` names."""
    source.seek(0)
    start = lines = 0
    separator = None
    while lines < _MOST_LEADING and (line := source.readline()):
        bare = line.removeprefix(_BOM).strip()
        told = _SEPARATOR_LINE.fullmatch(bare)
        if told and line.endswith(b"\n"):
            separator = told[1].decode("latin-1")
        elif bare and not (bare[:1] == b"#" and line.endswith(b"\n")):
            break
        start, lines = source.tell(), lines + 1
    return start, lines, separator


def open_text(source: Source, options: ReadOptions) -> Table:
    """Return the table of a CSV file; only its header is read."""
    layout = layout_of(source, options)
    return Table(
        "CSV",
        layout.names,
        lambda roles: _read(source, layout, roles, options),
        is_text=True,
        notes=layout.notes,
    )


def _header(source: Source, start: int) -> str:
    """Return the header: one line, or more if a quoted name contains line breaks."""
    source.seek(start)
    lines: list[bytes] = []
    quotes = 0
    while line := source.readline():
        lines.append(line)
        quotes += line.count(b'"')
        at = source.tell()
        is_whole = line.endswith(b"\n") or not source.read(1)
        source.seek(at)
        if at - start > MAX_HEADER or not is_whole:
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


def _read(source: Source, layout: Layout, roles: Roles, options: ReadOptions) -> Columns:
    import pandas as pd

    require_short_lines(source)
    source.seek(layout.start)
    # pandas 3.1 reads numbers exactly by default and deprecates the option.
    is_exact = tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)
    exact: dict[str, Any] = {} if is_exact else {"float_precision": "round_trip"}
    numbers = roles.numbers
    # Other columns are text: the values 01 and 1 differ.
    texts = {i: str for i, name in enumerate(layout.names) if name not in numbers}
    try:
        with warnings.catch_warnings():
            # pandas truncates rows longer than the header and only warns.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                source,
                sep=r"\s+" if layout.separator == " " else layout.separator,
                encoding="utf-8-sig",
                index_col=False,
                header=0 if layout.has_header else None,
                names=range(len(layout.names)),
                dtype=texts,
                keep_default_na=False,
                na_values=[""],
                low_memory=False,
                decimal=options.decimal,
                **exact,
            )
    except (ValueError, pd.errors.ParserError, pd.errors.ParserWarning, OverflowError) as error:
        raise FileFormatError(
            f"{source.path} is not UTF-8 text with rows of equal length: {shown(error)}"
        ) from error
    return {
        name: _texts(frame[i]) if i in texts else _numbers(frame[i])
        for i, name in enumerate(layout.names)
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


FORMATS = (Format(_recognises, open_text, _write, (".csv",), is_fallback=True),)
