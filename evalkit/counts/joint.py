"""Counts over (actual, predicted by A, predicted by B), from which two models are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# Up to this many possible cells are counted in a dense table, more by sorting.
_TABLE_CELLS = 1 << 21
_BLOCK = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class JointCounts:
    """The number of samples of each (actual, predicted by A, predicted by B) that occurs.

    Attributes
    ----------
    cells : (m, 3) class codes, rows sorted and distinct.
    counts : (m,) positive; whole numbers unless samples are weighted.
    n_classes : K.

    Examples
    --------
    >>> joint = JointCounts.from_codes([0, 0, 1], [0, 1, 1], [0, 0, 1], 2)
    >>> joint.cells.tolist(), joint.counts.tolist()
    ([[0, 0, 0], [0, 1, 0], [1, 1, 1]], [1, 1, 1])
    """

    cells: NDArray[np.int64]
    counts: NDArray[Any]
    n_classes: int

    @classmethod
    def from_codes(
        cls,
        actual: ArrayLike,
        a: ArrayLike,
        b: ArrayLike,
        n_classes: int,
        weights: ArrayLike | None = None,
    ) -> JointCounts:
        """Return the joint counts of samples from codes of their classes.

        Parameters
        ----------
        actual, a, b : (n,) integers from 0 to n_classes − 1.
        n_classes : K.
        weights : (n,) or None.

        Raises
        ------
        InputError
            If lengths differ or a code lies outside the classes.
        """
        columns = tuple(np.asarray(codes) for codes in (actual, a, b))
        for codes in columns:
            _require_codes(codes, len(columns[0]), n_classes)
        weight = None if weights is None else np.asarray(weights, dtype=np.float64)
        if weight is not None and weight.shape != columns[0].shape:
            raise InputError(
                f"Lengths differ: weights has shape {weight.shape} for {len(columns[0])} samples."
            )
        if n_classes**3 <= _TABLE_CELLS:
            return cls.from_dense(_table(columns, n_classes, weight))
        codes = _joint_code(columns, n_classes)
        return cls._merged(
            codes, np.ones(len(codes), np.int64) if weight is None else weight, n_classes
        )

    @classmethod
    def from_dense(cls, counts: ArrayLike) -> JointCounts:
        """Return the joint counts of a dense array of shape (K, K, K).

        Raises
        ------
        InputError
            If the axes differ in length or a count is negative.
        """
        table = np.asarray(counts)
        if table.ndim != 3 or len(set(table.shape)) != 1:
            raise InputError(f"Joint counts need shape (K, K, K): got {table.shape}.")
        if (table < 0).any():
            raise InputError(f"Joint counts are negative: the smallest is {table.min()}.")
        cells = np.argwhere(table)
        kind = np.float64 if table.dtype.kind == "f" else np.int64
        return cls(cells.astype(np.int64), table[tuple(cells.T)].astype(kind), len(table))

    @classmethod
    def _merged(cls, codes: NDArray[np.int64], counts: NDArray[Any], n_classes: int) -> JointCounts:
        """Return the joint counts of joint codes, with the counts of equal codes added."""
        order = np.argsort(codes, kind="stable")
        codes, counts = codes[order], counts[order]
        first = np.flatnonzero(np.diff(codes, prepend=-1))
        sums = np.add.reduceat(counts, first) if len(first) else counts
        occurring = sums > 0
        cells = np.stack(np.unravel_index(codes[first], (n_classes,) * 3), axis=1)
        return cls(cells[occurring].astype(np.int64), sums[occurring], n_classes)

    def __add__(self, other: JointCounts) -> JointCounts:
        if not isinstance(other, JointCounts):
            return NotImplemented
        if self.n_classes != other.n_classes:
            raise InputError(
                f"Joint counts have different classes: {self.n_classes} and {other.n_classes}."
            )
        codes = np.concatenate([_joint_code(tuple(j.cells.T), j.n_classes) for j in (self, other)])
        return self._merged(codes, np.concatenate([self.counts, other.counts]), self.n_classes)

    def swap(self) -> JointCounts:
        """Return the counts with A and B exchanged."""
        columns = tuple(self.cells[:, [0, 2, 1]].T)
        return self._merged(_joint_code(columns, self.n_classes), self.counts, self.n_classes)

    @property
    def total(self) -> float:
        """The number of samples, or the sum of their weights."""
        total: float = self.counts.sum().item()
        return total

    def confusion_a(self) -> NDArray[Any]:
        """Return the confusion matrix of A, (K, K)."""
        return self._confusion(1)

    def confusion_b(self) -> NDArray[Any]:
        """Return the confusion matrix of B, (K, K)."""
        return self._confusion(2)

    def _confusion(self, column: int) -> NDArray[Any]:
        matrix = np.zeros((self.n_classes, self.n_classes), dtype=self.counts.dtype)
        np.add.at(matrix, (self.cells[:, 0], self.cells[:, column]), self.counts)
        return matrix

    @property
    def both_right(self) -> float:
        """Samples that both models predict correctly."""
        return self._sum_where(True, True)

    @property
    def only_a(self) -> float:
        """Samples that only A predicts correctly: McNemar's b."""
        return self._sum_where(True, False)

    @property
    def only_b(self) -> float:
        """Samples that only B predicts correctly: McNemar's c."""
        return self._sum_where(False, True)

    @property
    def both_wrong(self) -> float:
        """Samples that both models misclassify."""
        return self._sum_where(False, False)

    def _sum_where(self, a_right: bool, b_right: bool) -> float:
        actual, a, b = self.cells.T
        chosen = ((a == actual) == a_right) & ((b == actual) == b_right)
        total: float = self.counts[chosen].sum().item()
        return total


def matrix_of_codes(
    actual: NDArray[Any], predicted: NDArray[Any], n_classes: int, weights: NDArray[Any] | None
) -> NDArray[Any]:
    """Return the confusion matrix (K, K) of checked codes.

    Raises
    ------
    InputError
        If there are more than 4,096 classes.
    """
    from evalkit.metrics.confusion import ConfusionMatrix
    from evalkit.metrics.tabulate import DENSE_CLASSES

    if n_classes > DENSE_CLASSES:
        raise InputError(
            f"Too many classes: got {n_classes:,} distinct labels, at most {DENSE_CLASSES:,}. "
            "Check that the labels are classes, and not measurements or identifiers."
        )
    return ConfusionMatrix.from_codes(
        actual, predicted, classes=range(n_classes), sample_weight=weights
    ).counts


def _require_codes(codes: NDArray[Any], length: int, n_classes: int) -> None:
    if codes.ndim != 1 or len(codes) != length:
        raise InputError(f"Lengths differ: codes have shape {codes.shape}, expected ({length},).")
    if len(codes) == 0:
        return
    if codes.dtype.kind not in "iu":
        raise InputError(f"Codes are not integers: got {codes.dtype}. Encode the labels first.")
    if codes.min() < 0 or codes.max() >= n_classes:
        wrong = int(np.argmax((codes < 0) | (codes >= n_classes)))
        raise InputError(
            f"A code is not between 0 and {n_classes - 1}: {codes[wrong]} in row {wrong}."
        )


def _joint_code(columns: tuple[NDArray[Any], ...], n_classes: int) -> NDArray[np.int64]:
    actual, a, b = columns
    code = actual.astype(np.int64)
    for column in (a, b):
        code *= n_classes
        code += column
    return code


def _table(
    columns: tuple[NDArray[Any], ...], n_classes: int, weights: NDArray[np.float64] | None
) -> NDArray[Any]:
    size = n_classes**3
    table = np.zeros(size, dtype=np.int64 if weights is None else np.float64)
    block = max(_BLOCK, size)
    for start in range(0, len(columns[0]), block):
        stop = start + block
        code = _joint_code(tuple(column[start:stop] for column in columns), n_classes)
        part = None if weights is None else weights[start:stop]
        table += np.bincount(code, weights=part, minlength=size)
    return table.reshape((n_classes,) * 3)
