"""Columns of probabilities, checked and named where they are none; nothing is mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import DataError
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

SUM_TOLERANCE = 1e-3


def stack_probabilities(
    columns: Mapping[str, NDArray[Any]],
    by_class: Mapping[str, str],
    classes: Sequence[str],
    where: str,
) -> NDArray[np.floating[Any]]:
    """Return the columns of all classes side by side, (n, K).

    Of two classes one column is enough: the other is what is left to one.

    Raises
    ------
    DataError
        If a class has no column, or the values are no probabilities; the row is named, and
        whether they look like logits, percentages or scores.
    """
    numbers = {name: _numbers(columns[column], column, where) for name, column in by_class.items()}
    missing = [name for name in classes if name not in numbers]
    if len(classes) == 2 and len(missing) == 1:
        (other,) = set(classes) - set(missing)
        numbers[missing[0]] = 1 - numbers[other]
    elif missing:
        raise DataError(
            f"probabilities need a column for every class; {where} has none for "
            f"{', '.join(shown(name) for name in missing[:5])}"
        )
    stacked = np.stack([numbers[name] for name in classes], axis=1)
    _check(stacked, classes, where)
    return stacked


def _numbers(column: NDArray[Any], name: str, where: str) -> NDArray[np.floating[Any]]:
    if column.dtype.kind in "biu":
        return column.astype(np.float64)
    if column.dtype.kind != "f":
        row = next((i for i, value in enumerate(column) if not isinstance(value, (int, float))), 0)
        raise DataError(
            f"probabilities must be numbers; {shown(name)} of {where} holds "
            f"{shown(column[row])} in row {row}"
        )
    return column


def _check(stacked: NDArray[np.floating[Any]], classes: Sequence[str], where: str) -> None:
    bad = ~np.isfinite(stacked)
    if bad.any():
        row, code = (int(i) for i in np.argwhere(bad)[0])
        raise DataError(
            f"probabilities must be finite; {where} holds {stacked[row, code]} for "
            f"{shown(classes[code])} in row {row}, and {int(bad.any(axis=1).sum())} rows in all"
        )
    bad = (stacked < 0) | (stacked > 1)
    if bad.any():
        row, code = (int(i) for i in np.argwhere(bad)[0])
        sums = stacked.sum(axis=1)
        if np.allclose(sums, 100, atol=1):
            kind = "these are percentages: divide them by 100"
        elif (stacked < 0).any():
            kind = "these look like logits or scores: apply softmax first"
        else:
            kind = "these are no probabilities"
        raise DataError(
            f"probabilities must lie in [0, 1]; {where} holds {stacked[row, code]:.6g} for "
            f"{shown(classes[code])} in row {row}: {kind}"
        )
    off = np.abs(stacked.sum(axis=1, dtype=np.float64) - 1)
    if off.max(initial=0) > SUM_TOLERANCE:
        row = int(off.argmax())
        raise DataError(
            f"probabilities of a row must sum to 1; those of {where} sum to "
            f"{stacked[row].sum():.6g} in row {row}, and {int((off > SUM_TOLERANCE).sum())} rows "
            "are off: normalise them, or leave them out"
        )
