"""The marginal sums of a confusion matrix, from which most count metrics are computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, TypeAlias

import numpy as np

from evalkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
CountArray: TypeAlias = "NDArray[np.int64] | NDArray[np.float64]"
CountsLike: TypeAlias = "ArrayLike | Marginals"
CountFunction: TypeAlias = "Callable[Concatenate[CountsLike, ...], FloatArray]"


@dataclass(frozen=True, slots=True, eq=False)
class Marginals:
    """True positives, actual and predicted totals of each class, and the total.

    Metrics keep the leading axes, such as replicates, slices or seeds.

    Attributes
    ----------
    true_positive : (..., K) samples of the class that were predicted as it.
    actual : (..., K) samples of the class, its support.
    predicted : (..., K) samples predicted as the class.
    total : (...) all samples, including those of classes that `take` left out.

    Examples
    --------
    >>> Marginals.of([[3, 1], [0, 2]]).predicted.tolist()
    [3, 3]
    """

    true_positive: CountArray
    actual: CountArray
    predicted: CountArray
    total: CountArray

    @classmethod
    def of(cls, counts: CountsLike) -> Marginals:
        """Return the marginals of counts (..., K, K), or the marginals given.

        Raises
        ------
        InputError
            If the last two axes of the counts are not equal.
        """
        if isinstance(counts, Marginals):
            return counts
        matrix = dense_counts(counts)
        actual = matrix.sum(axis=-1)
        return cls(
            true_positive=np.diagonal(matrix, axis1=-2, axis2=-1).astype(actual.dtype),
            actual=actual,
            predicted=matrix.sum(axis=-2),
            total=np.asarray(actual.sum(axis=-1)),
        )

    @property
    def false_positive(self) -> CountArray:
        """(..., K) samples of other classes that were predicted as the class."""
        return self._without(self.predicted, self.true_positive)

    @property
    def false_negative(self) -> CountArray:
        """(..., K) samples of the class that were predicted as another class."""
        return self._without(self.actual, self.true_positive)

    @property
    def negative(self) -> CountArray:
        """(..., K) samples of other classes."""
        return self._without(self.total[..., None], self.actual)

    @property
    def true_negative(self) -> CountArray:
        """(..., K) samples of other classes that were not predicted as the class."""
        return self._without(self.negative, self.false_positive)

    def _without(self, whole: CountArray, part: CountArray) -> CountArray:
        """Return whole − part, and 0 where sums of weights differ by no more than rounding."""
        rest: CountArray = whole - part
        if rest.dtype.kind != "f":
            return rest
        terms = self.actual.shape[-1] + 1
        rounding = np.finfo(np.float64).eps * terms * self.total[..., None]
        return np.where(np.abs(rest) <= rounding, 0.0, rest)

    def take(self, indices: ArrayLike) -> Marginals:
        """Return the classes at `indices`, in that order. The total still includes all classes."""
        chosen = np.asarray(indices, dtype=np.intp)
        return Marginals(
            self.true_positive[..., chosen],
            self.actual[..., chosen],
            self.predicted[..., chosen],
            self.total,
        )

    def pooled(self) -> Marginals:
        """Return the sum over the classes as one pooled class, for micro averages."""
        return Marginals(
            self.true_positive.sum(axis=-1, keepdims=True),
            self.actual.sum(axis=-1, keepdims=True),
            self.predicted.sum(axis=-1, keepdims=True),
            self.total * self.true_positive.shape[-1],
        )


def dense_counts(counts: ArrayLike) -> NDArray[Any]:
    """Return counts as int64 or float64 of shape (..., K, K).

    Raises
    ------
    InputError
        If the last two axes are not equal, or the entries are not numbers.
    """
    matrix: NDArray[Any] = np.asarray(counts)
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2]:
        raise InputError(f"Invalid counts: got shape {matrix.shape}. Use shape (..., K, K).")
    if matrix.dtype.kind not in "biuf":
        raise InputError(f"Counts are not numbers: got {matrix.dtype}.")
    return matrix.astype(np.float64 if matrix.dtype.kind == "f" else np.int64, copy=False)
