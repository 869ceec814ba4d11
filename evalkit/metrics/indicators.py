"""Several labels per sample: indicator matrices of 0 and 1, and their marginals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import array_of
from evalkit.errors import InputError, InputTypeError
from evalkit.metrics.count.marginals import Marginals
from evalkit.metrics.weights import checked_weights, sum_dtype

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class IndicatorPair:
    """The actual and the predicted labels of each sample, as indicators.

    Attributes
    ----------
    actual, predicted : (n, L) booleans.
    weights : (n,) checked weights, or None.
    """

    actual: NDArray[np.bool_]
    predicted: NDArray[np.bool_]
    weights: NDArray[Any] | None

    def take(self, labels: Iterable[Any] | None) -> IndicatorPair:
        """Return the columns `labels`, in this order; all columns for None.

        Raises
        ------
        InputError
            If a label is not a column.
        """
        if labels is None:
            return self
        columns = np.asarray(labels)
        n_labels = self.actual.shape[1]
        if columns.dtype.kind not in "iu" or (columns < 0).any() or (columns >= n_labels).any():
            raise InputError(
                f"labels are not columns of the indicators: got {columns.tolist()}. Use whole "
                f"numbers from 0 to {n_labels - 1}."
            )
        return IndicatorPair(self.actual[:, columns], self.predicted[:, columns], self.weights)

    def by_label(self) -> Marginals:
        """Return the marginals of each label over the samples."""
        n_samples = len(self.actual)
        return Marginals(
            self._summed(self.actual & self.predicted),
            self._summed(self.actual),
            self._summed(self.predicted),
            np.asarray(n_samples if self.weights is None else self.weights.sum()),
        )

    def by_sample(self) -> Marginals:
        """Return the marginals of each sample over its labels, (n, 1), without weights."""
        n_samples, n_labels = self.actual.shape
        return Marginals(
            np.count_nonzero(self.actual & self.predicted, axis=1, keepdims=True),
            np.count_nonzero(self.actual, axis=1, keepdims=True),
            np.count_nonzero(self.predicted, axis=1, keepdims=True),
            np.full(n_samples, n_labels),
        )

    def _summed(self, indicators: NDArray[np.bool_]) -> NDArray[Any]:
        if self.weights is None:
            return np.asarray(np.count_nonzero(indicators, axis=0))
        return np.asarray(self.weights.astype(sum_dtype(self.weights)) @ indicators)


def indicator_pair(y_true: Any, y_pred: Any, sample_weight: Any) -> IndicatorPair | None:
    """Return two indicator matrices with their weights, or None for one label per sample.

    Raises
    ------
    InputError
        If only one is an indicator matrix, the shapes differ, or an entry is neither 0 nor 1.
    InputTypeError
        If there is one label per sample in a sparse matrix.
    """
    wide = [is_wide(target) for target in (y_true, y_pred)]
    if not any(wide):
        return None
    if not all(wide):
        raise InputError(
            "Only one of y_true and y_pred has several labels per sample: got shapes "
            f"{np.shape(y_true)} and {np.shape(y_pred)}. Pass one label per sample in both, or "
            "(n, L) indicators in both."
        )
    actual, predicted = indicators(y_true, "y_true"), indicators(y_pred, "y_pred")
    if actual.shape != predicted.shape:
        raise InputError(
            f"Shapes differ: y_true has shape {actual.shape}, y_pred has shape {predicted.shape}."
        )
    if not len(actual):
        raise InputError("y_true and y_pred are empty. Pass at least one sample.")
    return IndicatorPair(actual, predicted, checked_weights(sample_weight, len(actual)))


def indicators(target: Any, name: str) -> NDArray[np.bool_]:
    """Return an (n, L) matrix of 0 and 1 as booleans.

    Raises
    ------
    InputError
        If an entry is neither 0 nor 1.
    """
    matrix = array_of(target.toarray() if hasattr(target, "tocsr") else target)
    if matrix.dtype.kind == "b":
        return matrix
    if matrix.dtype.kind not in "iuf" or not ((matrix == 0) | (matrix == 1)).all():
        raise InputError(
            f"Invalid indicators: {name} of shape {matrix.shape} has entries other than 0 and 1. "
            "Encode several labels per sample as one column of 0 and 1 per label."
        )
    return np.asarray(matrix == 1)


def is_wide(target: Any) -> bool:
    """Return whether the target has several labels per sample: two columns or more.

    Raises
    ------
    InputError
        If its rows have different lengths.
    InputTypeError
        If there is one label per sample in a sparse matrix.
    """
    shape = getattr(target, "shape", None)
    if shape is None:
        shape = _shape_of_rows(target)
    if len(shape) == 2 and shape[1] > 1:
        return True
    if hasattr(target, "tocsr"):
        raise InputTypeError(
            f"One label per sample cannot be a sparse matrix: got shape {tuple(shape)}. Pass a "
            "list or an array."
        )
    return False


def _shape_of_rows(target: Any) -> tuple[int, ...]:
    first = target[0] if isinstance(target, (list, tuple)) and target else None
    if first is None or isinstance(first, (str, bytes)) or not hasattr(first, "__len__"):
        return ()
    try:
        return np.shape(target)
    except ValueError:
        raise InputError(
            "Rows have different lengths. Encode several labels per sample as an (n, L) array of "
            "0 and 1, with one column per label."
        ) from None
