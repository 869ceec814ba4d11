"""A matrix of costs from a CSV file, its classes named or in the order of the models'."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import DataError
from evalkit.reading.source import open_source, shown

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from evalkit.metrics.count.marginals import FloatArray

MAX_BYTES = 64 * 2**20


def read_costs(path: str | os.PathLike[str], classes: Sequence[str]) -> FloatArray:
    """Return the costs (K, K) in a CSV file, rows actual, columns predicted.

    With names, the first row names the predicted and the first column the actual classes, in any
    order; without, there are K rows of K numbers in the order of `classes`.

    Raises
    ------
    FileFormatError
        If the file is missing or empty.
    DataError
        If it is no such matrix, names other classes, or a cost is not a finite number.
    """
    with open_source(path) as source:
        if source.size > MAX_BYTES:
            raise DataError(f"costs must fit in {MAX_BYTES // 2**20} MB; {path} is larger")
        try:
            text = source.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise DataError(f"costs must be text in UTF-8; {path} is not") from None
    rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines()) if any(row)]
    if len(rows) != len(classes) + 1 or not rows:
        return _numbers(rows, classes, path)
    wanted = list(classes)
    predicted, actual = rows[0][1:], [row[0] for row in rows[1:]]
    for names, side in ((predicted, "predicted"), (actual, "actual")):
        if sorted(names) != sorted(wanted):
            unknown = next((name for name in names if name not in wanted), None)
            missing = next((name for name in wanted if name not in names), None)
            raise DataError(
                f"costs must name each class once; {path} "
                + (
                    f"names {shown(unknown)}, which is no class"
                    if unknown is not None
                    else f"does not name {shown(missing or '')} once"
                )
                + f", among the {side} classes"
            )
    table = _numbers([row[1:] for row in rows[1:]], classes, path)
    order = np.ix_([actual.index(name) for name in wanted], [predicted.index(n) for n in wanted])
    return np.asarray(table[order])


def _numbers(
    rows: Sequence[Sequence[str]], classes: Sequence[str], path: str | os.PathLike[str]
) -> FloatArray:
    k = len(classes)
    if len(rows) != k or any(len(row) != k for row in rows):
        widths = sorted({len(row) for row in rows})
        raise DataError(
            f"costs of {k} classes are {k} rows of {k} numbers, or one more of each with the "
            f"names of the classes; {path} has {len(rows)} rows of "
            f"{' or '.join(map(str, widths)) or 'no'} cells"
        )
    table = np.empty((k, k))
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            try:
                table[i, j] = float(cell)
            except ValueError:
                table[i, j] = math.nan
            if not math.isfinite(table[i, j]):
                raise DataError(
                    f"a cost must be a finite number; {path} has {shown(cell)} for actual "
                    f"{classes[i]}, predicted {classes[j]}"
                )
    return table
