"""Validation of probabilities of all classes and of the actual classes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import Column, array_of
from evalkit.errors import InputError, LabelError
from evalkit.labels import observed_classes, scores_by_class
from evalkit.metrics.count.averaging import as_scalar
from evalkit.metrics.indicators import indicators, is_wide
from evalkit.metrics.probability.targets import column_codes, equals, finite
from evalkit.metrics.weights import checked_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """The predicted probabilities and the actual class of each sample.

    Attributes
    ----------
    probabilities : (n, K) numbers in [0, 1].
    codes : (n,) the column of the actual class of each sample; None for several labels per sample.
    indicators : (n, K) which classes are actual; None for one label per sample.
    weights : (n,) checked weights, or None.
    """

    probabilities: NDArray[np.floating[Any]]
    codes: NDArray[np.intp] | None
    indicators: NDArray[np.bool_] | None
    weights: NDArray[Any] | None

    @classmethod
    def of(
        cls,
        y_true: Any,
        y_proba: Any,
        labels: Iterable[Any] | None,
        sample_weight: Any,
        *,
        pos_label: Any = None,
    ) -> Forecast:
        """Return the forecast of labels and probabilities; (n,) probabilities become two columns.

        Raises
        ------
        InputError
            If they do not match, or probabilities lie outside [0, 1].
        LabelError
            If a label is not among the classes, or only one class is known.
        """
        if not is_wide(y_true):
            y_proba, labels = scores_by_class(y_proba, labels, Column.of(y_true), "y_proba")
        probabilities = _checked_probabilities(y_proba)
        weights = checked_weights(sample_weight, len(probabilities))
        if is_wide(y_true):
            actual = indicators(y_true, "y_true")
            if actual.shape != probabilities.shape:
                raise InputError(
                    f"Shapes differ: y_true has shape {actual.shape}, y_proba has shape "
                    f"{probabilities.shape}."
                )
            return cls(_checked_sums(probabilities), None, actual, weights)
        column = Column.of(y_true, "y_true")
        if len(column) != len(probabilities):
            raise InputError(
                f"Lengths differ: y_true has length {len(column)}, y_proba has length "
                f"{len(probabilities)}."
            )
        if probabilities.shape[1] == 1:
            probabilities = np.concatenate([1 - probabilities, probabilities], axis=1)
            if labels is None:
                positive = _positive(column, pos_label)
                return cls(probabilities, positive.astype(np.intp), None, weights)
        codes, classes = column_codes(column, labels, probabilities.shape[1])
        if len(classes) < 2:
            raise LabelError(
                f"Only one class is known: {classes[0]!r}. Probabilities are for two classes or "
                "more. Pass labels=[…] in the order of the columns."
            )
        return cls(_checked_sums(probabilities), codes, None, weights)

    @property
    def n_classes(self) -> int:
        """The number of classes, K."""
        return int(self.probabilities.shape[1])

    def of_actual(
        self, values: NDArray[Any], transform: Callable[[NDArray[Any]], NDArray[Any]]
    ) -> NDArray[Any]:
        """Return (n,) the transformed values of the actual class, summed if there are several."""
        if self.codes is not None:
            return transform(values[np.arange(len(values)), self.codes])
        assert self.indicators is not None
        return np.asarray(np.where(self.indicators, transform(values), 0).sum(axis=1))

    def one_hot(self) -> NDArray[np.bool_]:
        """Return (n, K) which classes are actual."""
        if self.indicators is not None:
            return self.indicators
        assert self.codes is not None
        return np.asarray(self.codes[:, None] == np.arange(self.n_classes))


def mean_over_samples(
    values: NDArray[Any], weights: NDArray[Any] | None, *, normalize: bool = True
) -> FloatArray:
    """Return the weighted mean of (n,) values, or their weighted sum.

    Raises
    ------
    InputError
        If `normalize` is True and every weight is zero.
    """
    if not normalize:
        total = values.sum(dtype=np.float64) if weights is None else weights @ values
        return as_scalar(np.asarray(total, dtype=np.float64))
    if weights is not None and not weights.any():
        raise InputError(
            "All weights are zero: sample_weight. Give at least one sample a weight above zero."
        )
    return as_scalar(np.asarray(np.average(values, weights=weights), dtype=np.float64))


def _checked_probabilities(y_proba: Any) -> NDArray[np.floating[Any]]:
    probabilities = finite(array_of(y_proba), "y_proba")
    if probabilities.dtype.kind != "f":
        probabilities = probabilities.astype(np.float64)
    if probabilities.ndim == 1:
        probabilities = probabilities[:, None]
    if probabilities.ndim != 2 or not probabilities.size:
        raise InputError(
            f"Invalid y_proba: got shape {probabilities.shape}. Use shape (n,) or (n, K)."
        )
    if probabilities.min() < 0 or probabilities.max() > 1:
        outside = (probabilities < 0) | (probabilities > 1)
        row = int(outside.any(axis=1).argmax())
        raise InputError(
            f"Probabilities are outside [0, 1]: row {row} of y_proba ranges from "
            f"{probabilities[row].min():.6g} to {probabilities[row].max():.6g}. If these are "
            "logits, apply softmax first."
        )
    return probabilities


def _checked_sums(probabilities: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    sums = probabilities.sum(axis=1, dtype=np.float64)
    off = np.abs(sums - 1.0)
    if off.max() > np.sqrt(np.finfo(probabilities.dtype).eps):
        warnings.warn(
            f"Probabilities do not sum to 1: row {int(off.argmax())} of y_proba sums to "
            f"{sums[off.argmax()]:.6g}.",
            UserWarning,
            stacklevel=4,
        )
    return probabilities


def _positive(column: Column, pos_label: Any) -> NDArray[np.bool_]:
    classes = observed_classes(column)
    if len(classes) > 2:
        raise LabelError(
            f"One probability per sample is only for two classes: y_true has {len(classes)}. Pass "
            "one column per class."
        )
    if pos_label is not None and pos_label not in classes and len(classes) == 2:
        raise LabelError(
            f"pos_label is not one of the classes: got {pos_label!r}. Use {classes[0]!r} or "
            f"{classes[1]!r}."
        )
    if pos_label is None:
        if column.is_names:
            raise LabelError(
                "The positive class is unknown. Pass pos_label, or one column per class."
            )
        pos_label = classes[-1] if len(classes) == 2 else 1
    return equals(column, pos_label)
