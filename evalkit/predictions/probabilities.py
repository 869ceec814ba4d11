"""Check probabilities, normalise rows that were rounded, and compare them with predicted labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.columns import array_of
from evalkit.errors import DataError, InputError
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.integer[Any]]

SUM_TOLERANCE = 1e-3
MOST_DECIMALS = 6
MOST_ROUNDING = 0.2
"""Rounding may move the sum of a row by at most this much, however many classes there are."""
CONTRADICTED = 0.05
"""The share of predicted labels above which probabilities that contradict them are reported."""
FLIPPED = 0.3
"""How much larger the share of labels with the lowest probability is where columns are flipped."""
LEAST_COMPARED, MOST_COMPARED = 20, 1 << 14
"""With fewer samples, labels and probabilities are not compared."""


class Probabilities(NamedTuple):
    """(n, K) probabilities, and a sentence if their rows were normalised."""

    values: NDArray[np.floating[Any]]
    notes: tuple[str, ...] = ()


def normalised_probabilities(
    y_proba: Any, classes: Sequence[Any], n_samples: int, name: str = "y_proba"
) -> Probabilities:
    """Return (n, K) probabilities whose rows sum to one; rows that were rounded are normalised.

    Rounding to d decimals moves each probability by at most half a unit of the last decimal, and
    the sum of a row by at most K times as much, but no more than 0.2 is accepted. The decimals are
    those of the values, at most six.

    Raises
    ------
    InputError
        As `checked_probabilities`, for rows that rounding does not explain.

    Examples
    --------
    >>> normalised_probabilities([[0.33, 0.33, 0.33]], "abc", 1).values.round(4).tolist()
    [[0.3333, 0.3333, 0.3333]]
    """
    array = _table(y_proba, classes, n_samples, name)
    if not array.size:
        return Probabilities(array)
    sums = array.sum(axis=1, dtype=np.float64)
    off = ~(np.abs(sums - 1) <= SUM_TOLERANCE)
    if not off.any() or not np.isfinite(sums).all() or array.min() < 0 or array.max() > 1:
        return Probabilities(_checked(array, sums, classes, name))
    decimals = _decimals(array)
    tolerance = (
        0.0 if decimals is None else min(MOST_ROUNDING, 0.5 * 10.0**-decimals * len(classes))
    )
    if not (np.abs(sums - 1) <= tolerance + 1e-9).all():
        return Probabilities(_checked(array, sums, classes, name))
    found = array.copy()
    found[off] /= sums[off, None].astype(array.dtype)
    note = (
        f"Probabilities have {decimals} decimal{'s' if decimals != 1 else ''}; "
        f"{int(off.sum()):,} of {n_samples:,} rows did not sum to 1 and were normalised."
    )
    return Probabilities(found, (note,))


def _decimals(array: NDArray[np.floating[Any]]) -> int | None:
    """Return the smallest number of decimals that all values have, from 1 to 6, or None."""
    precision = 4 * float(np.finfo(array.dtype).eps)
    for decimals in range(1, MOST_DECIMALS + 1):
        if (np.abs(array - np.round(array, decimals)) <= precision).all():
            return decimals
    return None


def checked_probabilities(
    y_proba: Any, classes: Sequence[Any], n_samples: int, name: str = "y_proba"
) -> NDArray[np.floating[Any]]:
    """Return (n, K) probabilities; of two classes, those of the second alone are enough."""
    array = _table(y_proba, classes, n_samples, name)
    return _checked(array, array.sum(axis=1, dtype=np.float64), classes, name)


def _table(
    y_proba: Any, classes: Sequence[Any], n_samples: int, name: str
) -> NDArray[np.floating[Any]]:
    array = array_of(y_proba)
    if array.ndim == 2 and array.shape[1] == 1 and len(classes) == 2:
        array = array[:, 0]
    if array.ndim == 1 and len(classes) == 2:
        array = np.stack([1.0 - array, array], axis=1)
    if array.shape != (n_samples, len(classes)):
        raise InputError(
            f"{name} has shape {array.shape}, expected ({n_samples}, {len(classes)}). Pass "
            "classes=… in the order of the columns."
        )
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    return array


def _checked(
    array: NDArray[np.floating[Any]],
    sums: NDArray[np.float64],
    classes: Sequence[Any],
    name: str,
) -> NDArray[np.floating[Any]]:
    # NaN and infinity make a sum that fails this comparison too.
    off = ~(np.abs(sums - 1) <= SUM_TOLERANCE)
    if not array.size or not (off.any() or array.min() < 0 or array.max() > 1):
        return array
    is_finite = np.isfinite(array)
    bad = (array < 0) | (array > 1) if is_finite.all() else ~is_finite
    if not bad.any():
        row = int(off.argmax())
        raise InputError(
            f"Probabilities do not sum to 1: those of {name} sum to {sums[row]:.6g} in row {row} "
            f"({int(off.sum())} such rows). Normalise them, or leave them out (--no-proba)."
        )
    row, code = (int(i) for i in np.argwhere(bad)[0])
    place = f"for {shown(classes[code])} in row {row}"
    if not is_finite.all():
        raise InputError(
            f"Probabilities are not finite: {name} holds {array[row, code]} {place} "
            f"({int(bad.any(axis=1).sum())} such rows)."
        )
    remedy = "These are not probabilities."
    if np.allclose(sums, 100, atol=1):
        remedy = "These look like percentages: divide them by 100."
    elif (array < 0).any():
        remedy = "These look like logits or scores: apply softmax first."
    raise InputError(
        f"Probabilities are outside [0, 1]: {name} holds {array[row, code]:.6g} {place}. {remedy}"
    )


def stacked_columns(
    columns: Mapping[str, NDArray[Any]],
    by_class: Mapping[str, str],
    classes: Sequence[str],
    where: str,
    decimal: str = ".",
) -> NDArray[np.floating[Any]]:
    """Return the columns of all classes of a file side by side, (n, K).

    Of two classes one column is enough: the other is one minus it.

    Raises
    ------
    DataError
        If a class has no column, or a value is not a number.
    """
    numbers = {
        name: numbers_in(columns[column], f"{shown(column)} of {where}", decimal)
        for name, column in by_class.items()
    }
    missing = [name for name in classes if name not in numbers]
    if len(classes) == 2 and len(missing) == 1:
        (other,) = set(classes) - set(missing)
        numbers[missing[0]] = 1 - numbers[other]
    elif missing:
        raise DataError(
            f"Probabilities are incomplete: {where} has no column for "
            f"{', '.join(map(shown, missing[:5]))}. Every class needs one."
        )
    return np.stack([numbers[name] for name in classes], axis=1)


def numbers_in(column: NDArray[Any], what: str, decimal: str = ".") -> NDArray[np.floating[Any]]:
    """Return a column of probabilities as numbers; text such as ``12.5 %`` is a hundredth.

    Raises
    ------
    DataError
        If a value is not a number; `what` names the column.
    """
    if column.dtype.kind == "f":
        return column
    if column.dtype.kind in "biu":
        return column.astype(np.float64)
    known: dict[Any, float] = {}
    for row, value in enumerate(column.tolist()):
        if value not in known:
            known[value] = _number(value, row, what, decimal)
    return np.array([known[value] for value in column.tolist()], dtype=np.float64)


def _number(value: Any, row: int, what: str, decimal: str) -> float:
    if isinstance(value, int | float) or value is None:
        return float("nan") if value is None else float(value)
    text = str(value).strip()
    digits = text.removesuffix("%").rstrip()
    try:
        number = float(digits.replace(decimal, ".") if decimal != "." else digits)
    except ValueError:
        remedy = " Use --decimal , for decimal commas." if "," in text else ""
        fault = f"A probability is not a number: {what} holds {shown(value)} in row {row}.{remedy}"
        raise DataError(fault) from None
    return number / 100 if text.endswith("%") else number


def are_probabilities(columns: Sequence[NDArray[Any]], decimal: str = ".") -> bool:
    """Return whether columns hold probabilities: each row sums to one, and not all are 0 or 1."""
    try:
        table = np.stack([numbers_in(column, "", decimal) for column in columns], axis=1)
        normalised_probabilities(table, range(table.shape[1]), len(table))
    except (DataError, InputError):
        return False
    return not np.isin(table, (0.0, 1.0)).all()


class Agreement(NamedTuple):
    """How many labels have the highest and the lowest probability, of how many compared."""

    highest: int
    lowest: int
    n: int

    @classmethod
    def of(cls, labels: Codes, probabilities: NDArray[np.floating[Any]]) -> Agreement:
        """Return the agreement of (n,) codes and (n, K) probabilities.

        At most 16,384 rows are compared, evenly spaced.
        """
        step = max(1, -(-len(labels) // MOST_COMPARED))
        codes, table = labels[::step], probabilities[::step]
        own = table[np.arange(len(codes)), codes]
        top, bottom = table.max(axis=1), table.min(axis=1)
        slack = 4 * np.finfo(table.dtype).eps
        lowest = (own <= bottom + slack) & (bottom < top)
        return cls(int((own >= top - slack).sum()), int(lowest.sum()), len(codes))

    def contradiction(self, *, are_predicted: bool) -> str | None:
        """Return a sentence if probabilities contradict labels, or look flipped; else None.

        Probabilities contradict predicted labels if another class has the highest probability in
        more than 5 % of the rows; equal probabilities do not count. They look flipped if the label
        has the lowest probability in at least 30 % more of the rows than the highest.

        Parameters
        ----------
        are_predicted : whether the labels were predicted; else they are the actual ones.

        Examples
        --------
        >>> flipped = np.tile([0.9, 0.1], (20, 1))
        >>> Agreement.of(np.ones(20, int), flipped).contradiction(are_predicted=True)[:26]
        'Probabilities look flipped'
        """
        if self.n < LEAST_COMPARED:
            return None
        if self.lowest - self.highest >= FLIPPED * self.n:
            kind = "predicted" if are_predicted else "actual"
            return (
                "Probabilities look flipped or assigned to the wrong classes: the "
                f"{kind} label has the lowest probability in {self.lowest:,} of {self.n:,} rows "
                f"and the highest in {self.highest:,}."
            )
        other = self.n - self.highest
        if are_predicted and other > CONTRADICTED * self.n:
            return (
                "Probabilities contradict the predicted labels: another class has the highest "
                f"probability in {other:,} of {self.n:,} rows ({100 * other / self.n:.1f} %)."
            )
        return None
