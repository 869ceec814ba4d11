"""Validation of scores and their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import Column, array_of
from evalkit.errors import InputError, LabelError
from evalkit.labels import encode, observed_classes, schema
from evalkit.metrics.weights import checked_weights

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class BinaryTarget:
    """Which samples are positive, and the score of each.

    Attributes
    ----------
    positive : (n,) booleans.
    scores : (n,) finite numbers, higher for likelier positives.
    weights : (n,) checked weights, none of them zero; or None.
    """

    positive: NDArray[np.bool_]
    scores: NDArray[Any]
    weights: NDArray[Any] | None

    @classmethod
    def of(
        cls, y_true: Any, y_score: Any, pos_label: Any = None, sample_weight: Any = None
    ) -> BinaryTarget:
        """Return the target with `pos_label` as the positive label.

        Raises
        ------
        InputError
            If the lengths differ, there are no samples, or a score is not finite.
        LabelError
            If it is not clear which label is positive.
        """
        column = Column.of(y_true, "y_true")
        positive = positives(column, pos_label)
        return cls.of_mask(positive, checked_scores(y_score, len(positive)), sample_weight)

    @classmethod
    def of_mask(
        cls, positive: NDArray[np.bool_], scores: NDArray[Any], sample_weight: Any
    ) -> BinaryTarget:
        """Return the target without samples of weight zero.

        Raises
        ------
        InputError
            If every weight is zero.
        """
        weights = checked_weights(sample_weight, len(positive))
        if weights is None or weights.all():
            return cls(positive, scores, weights)
        kept = weights != 0
        if not kept.any():
            raise InputError(
                "All weights are zero: sample_weight. Give at least one sample a weight above zero."
            )
        return cls(positive[kept], scores[kept], weights[kept])


def positives(column: Column, pos_label: Any) -> NDArray[np.bool_]:
    """Return which labels equal `pos_label`, by default 1 if the labels are 0 or −1 and 1.

    Raises
    ------
    LabelError
        If `pos_label` is None and it is not clear which label is positive.
    """
    if not len(column):
        raise InputError("y_true is empty. Pass at least one sample.")
    if pos_label is not None:
        return equals(column, pos_label)
    if not column.is_names:
        positive = column.values == 1
        others = set(column.distinct_few()) - {1}
        if others in (set(), {0}, {-1}):
            return np.asarray(positive)
    classes = observed_classes(column)
    if len(classes) > 2:
        raise LabelError(
            f"A curve is only for two classes: y_true has {len(classes)}. Pass pos_label to "
            "compare one class with the others."
        )
    raise LabelError(
        f"The positive label is unknown: got {', '.join(map(repr, classes))}. Pass pos_label, or "
        "labels of 0 and 1, or of −1 and 1."
    )


def equals(column: Column, label: Any) -> NDArray[np.bool_]:
    """Return which labels of the column equal `label`."""
    if column.categories is None:
        return np.asarray(column.whole_numbers() == label)
    codes = [code for code, name in enumerate(column.categories) if name == label]
    return np.asarray(column.values == (codes[0] if codes else -1))


def checked_scores(y_score: Any, n_samples: int) -> NDArray[Any]:
    """Return the scores as (n,) finite numbers.

    Raises
    ------
    InputError
        If there is not one finite score per sample.
    """
    scores = array_of(y_score)
    if scores.ndim == 2 and scores.shape[1] == 1:
        scores = scores[:, 0]
    if scores.shape != (n_samples,):
        raise InputError(
            f"Invalid y_score: got shape {scores.shape}. Use one score per sample, shape "
            f"({n_samples},)."
        )
    return finite(scores, "y_score")


def score_matrix(y_score: Any, n_samples: int) -> NDArray[Any]:
    """Return the scores as (n, K) finite numbers.

    Raises
    ------
    InputError
        If there is not one row of finite scores per sample.
    """
    scores = array_of(y_score)
    if scores.ndim != 2 or len(scores) != n_samples:
        raise InputError(
            f"Invalid y_score: got shape {scores.shape}. Use one row per sample and one column per "
            f"class, shape ({n_samples}, K)."
        )
    return finite(scores, "y_score")


def finite(scores: NDArray[Any], name: str) -> NDArray[Any]:
    """Return the scores as floating-point numbers or integers.

    Raises
    ------
    InputError
        If a score is not a finite number; the message names the first.
    """
    if scores.dtype.kind not in "biuf":
        try:
            scores = scores.astype(np.float64)
        except (TypeError, ValueError):
            raise InputError(
                f"Values are not numbers: {name} holds {scores.dtype}. Use numbers."
            ) from None
    # A sum is finite only if every term is. The slower search is only for the message.
    if scores.dtype.kind == "f" and not np.isfinite(scores.sum(dtype=np.float64)):
        bad = np.argwhere(~np.isfinite(scores))
        if len(bad):
            position = tuple(int(i) for i in bad[0])
            raise InputError(
                f"Values are not finite: {name} holds {scores[position]} in row {position[0]} "
                f"(NaN or infinite values: {len(bad)}). Replace them, or drop these samples."
            )
    return scores


def column_codes(
    y_true: Any, labels: Iterable[Any] | None, n_columns: int
) -> tuple[NDArray[np.intp], tuple[Any, ...]]:
    """Return the column of the class of each sample, and the classes of the columns.

    Parameters
    ----------
    y_true : (n,) labels of any kind.
    labels : the classes in the order of the columns; the sorted labels that occur if absent.
    n_columns : the number of columns of the scores.

    Raises
    ------
    InputError
        If there is not one column per class.
    LabelError
        If a label is not among the classes.
    """
    column = Column.of(y_true, "y_true")
    if not len(column):
        raise InputError("y_true is empty. Pass at least one sample.")
    classes = observed_classes(column) if labels is None else schema(labels)
    if len(classes) != n_columns:
        raise InputError(
            f"Columns do not match the classes: the scores have {n_columns} columns for "
            f"{len(classes)} classes. Pass labels=[…] in the order of the columns."
        )
    return encode(column, classes, name="y_true").astype(np.intp), classes
