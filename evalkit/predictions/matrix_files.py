"""Read a confusion matrix from a text file."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TextIO, cast

import numpy as np

from evalkit.errors import DataError
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.predictions.formats import find_format
from evalkit.predictions.formats.csv import FORMATS, layout_of, unescaped
from evalkit.reading.source import open_source
from evalkit.reading.unpacked import plain_text

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

(TEXT,) = FORMATS
MOST_CLASSES = 4_000
NOTE = "The file was read as a confusion matrix: rows are actual, columns predicted classes."
_TOTALS = ("all", "total", "sum")


class MatrixFile(NamedTuple):
    """A confusion matrix in a file, and a sentence for each guess."""

    matrix: ConfusionMatrix
    notes: tuple[str, ...]


def read_confusion_matrix(path: str | os.PathLike[str]) -> MatrixFile | None:
    """Return the confusion matrix in a text file, None if the file holds something else.

    The file has the predicted classes in the first row and the actual ones in the first column; or
    it has K rows of K numbers and no names, and the classes are 0 to K − 1. A
    last row and column of totals is left out.

    Raises
    ------
    DataError
        If it has the form of a confusion matrix, and a count is negative or all are zero.
    """
    with open_source(path) as packed:
        source = plain_text(packed)
        if find_format(source) is not TEXT:
            return None
        layout = layout_of(source)
        named = [name.strip() for name in layout.names]
        if not 2 <= len(named) <= MOST_CLASSES + 2:
            return None
        source.seek(layout.start)
        text = io.TextIOWrapper(cast("BinaryIO", source), encoding="utf-8-sig", newline="")
        try:
            rows = _rows(text, layout.separator, len(named) + 1)
        except (UnicodeDecodeError, csv.Error):
            return None
        finally:
            text.detach()
    found = _unnamed(rows) or _named(rows)
    if found is None:
        return None
    classes, counts = found
    if (counts < 0).any() or not counts.any():
        raise DataError(f"The confusion matrix {path} has a negative count, or only zeros.")
    whole = counts.astype(np.int64)
    matrix = ConfusionMatrix(whole if (whole == counts).all() else counts, classes)
    return MatrixFile(matrix, (NOTE, *layout.notes))


def _rows(text: TextIO, separator: str, most: int) -> list[list[str]]:
    """Return the rows of a table without blank ones; one more than `most` if there are more."""
    rows = []
    for row in csv.reader(text, delimiter=separator, skipinitialspace=separator == " "):
        if any(cell.strip() for cell in row):
            rows.append([unescaped(cell.strip()) for cell in row])
        if len(rows) > most:
            break
    return rows


def _named(rows: Sequence[Sequence[str]]) -> tuple[list[str], NDArray[np.float64]] | None:
    """Return classes and counts of rows that name them."""
    if len(rows) < 3:
        return None
    heads, names = list(rows[0]), [row[0] for row in rows[1:]]
    # R leaves out the heading of the names of rows.
    predicted = heads if len(heads) == len(rows[1]) - 1 else heads[1:]
    if sorted(predicted) != sorted(names) or len(set(names)) < len(names):
        return None
    counts = _numbers([row[1:] for row in rows[1:]], len(names))
    if counts is None:
        return None
    counts = counts[:, [predicted.index(name) for name in names]]
    if len(names) > 2 and names[-1].casefold() in _TOTALS and _are_totals(counts):
        names, counts = names[:-1], counts[:-1, :-1]
    return names, counts


def _unnamed(rows: Sequence[Sequence[str]]) -> tuple[list[str], NDArray[np.float64]] | None:
    """Return classes and counts of a square of numbers."""
    counts = _numbers(rows, len(rows)) if len(rows) > 1 else None
    return None if counts is None else ([str(i) for i in range(len(rows))], counts)


def _numbers(rows: Sequence[Sequence[str]], size: int) -> NDArray[np.float64] | None:
    if len(rows) != size or any(len(row) != size for row in rows):
        return None
    try:
        counts = np.array([[float(cell) for cell in row] for row in rows])
    except ValueError:
        return None
    return counts if np.isfinite(counts).all() else None


def _are_totals(counts: NDArray[np.float64]) -> bool:
    inner = counts[:-1, :-1]
    return bool(
        np.allclose(inner.sum(axis=1), counts[:-1, -1])
        and np.allclose(inner.sum(axis=0), counts[-1, :-1])
    )
