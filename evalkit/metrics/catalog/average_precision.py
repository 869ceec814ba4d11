"""Average precision."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import Column, array_of
from evalkit.errors import InputError, LabelError, UndefinedMetricWarning
from evalkit.labels import observed_classes, scores_by_class
from evalkit.metrics.catalog import metric
from evalkit.metrics.count.averaging import as_scalar
from evalkit.metrics.indicators import indicators, is_wide
from evalkit.metrics.probability.ranking import (
    ColumnAverage,
    Thresholds,
    average_columns,
    sorted_apart,
)
from evalkit.metrics.probability.targets import (
    BinaryTarget,
    checked_scores,
    column_codes,
    equals,
    score_matrix,
)

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import FloatArray


@metric(
    label="Average precision",
    formula="Σ (Rₜ − Rₜ₋₁) Pₜ over the thresholds t",
    needs="probabilities",
    by_class=True,
    use="To compare rankings if positives are rare. Guessing scores the prevalence.",
    undefined="for a class without samples",
)
def average_precision(
    y_true: Any,
    y_score: Any,
    *,
    average: ColumnAverage | None = "macro",
    pos_label: Any = 1,
    sample_weight: Any = None,
) -> FloatArray:
    """Return the mean precision over the thresholds, weighted by the increase in recall.

    average precision = Σ (Rₜ − Rₜ₋₁) Pₜ over the thresholds t, the distinct scores in descending
    order, without interpolation.

    Parameters
    ----------
    y_true : (n,) labels of any kind, or (n, L) indicators.
    y_score : (n,) scores; (n, K) scores for more than two classes, with columns in sorted order.
    average : over classes or labels: ``None``, ``"macro"``, ``"weighted"``, ``"micro"`` or
        ``"samples"``.
    pos_label : the positive of two labels.
    sample_weight : (n,) weights of zero or more.

    Returns
    -------
    Values in [0, 1]; the prevalence of the class for guessing; 0.0 with
    `UndefinedMetricWarning` for a class without samples.

    Raises
    ------
    InputError, LabelError
        If targets and scores do not match, or `pos_label` is neither of the two labels.

    Notes
    -----
    Manning, Raghavan and Schütze, *Introduction to Information Retrieval* (2008), section 8.4.

    Examples
    --------
    >>> float(average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).round(3))
    0.833
    """
    if is_wide(y_true):
        _refuse_pos_label(pos_label, "indicators")
        marked = indicators(y_true, "y_true")
        scores = score_matrix(y_score, len(marked))
        return average_columns(binary_average_precision, marked, scores, average, sample_weight)
    column = Column.of(y_true, "y_true")
    classes = observed_classes(column)
    if len(classes) > 2:
        _refuse_pos_label(pos_label, "more than two classes")
        raw, labels = scores_by_class(y_score, None, column, "y_score")
        scores = score_matrix(raw, len(column))
        codes, _ = column_codes(column, labels, scores.shape[1])
        marked = codes[:, None] == np.arange(scores.shape[1])
        return average_columns(binary_average_precision, marked, scores, average, sample_weight)
    if len(classes) == 2 and pos_label not in classes:
        raise LabelError(
            f"pos_label is not one of the classes: got {pos_label!r}. Use {classes[0]!r} or "
            f"{classes[1]!r}."
        )
    scores = checked_scores(array_of(y_score), len(column))
    target = BinaryTarget.of_mask(equals(column, pos_label), scores, sample_weight)
    return as_scalar(np.asarray(binary_average_precision(target)))


def binary_average_precision(target: BinaryTarget) -> float:
    """Return the average precision of one target; without positives, 0.0 and a warning."""
    if not target.positive.any():
        warnings.warn(
            "Average precision is undefined: y_true has no positive samples. 0.0 is used.",
            UndefinedMetricWarning,
            stacklevel=2,
        )
        return 0.0
    if target.weights is not None:
        thresholds = Thresholds.of(target)
        gained = np.diff(thresholds.true_positives, prepend=0.0)
        passed = thresholds.true_positives + thresholds.false_positives
        precision = thresholds.true_positives / passed
        return float((gained * precision).sum() / thresholds.true_positives[-1])
    # Recall only increases at scores of positive samples: no other threshold contributes.
    positives, negatives = sorted_apart(target)
    first = np.flatnonzero(np.append(True, positives[1:] != positives[:-1]))
    true_positives = len(positives) - first
    false_positives = len(negatives) - np.searchsorted(negatives, positives[first])
    gained = np.diff(np.append(first, len(positives)))
    precision = true_positives / (true_positives + false_positives)
    return float((gained * precision).sum() / len(positives))


def _refuse_pos_label(pos_label: Any, what: str) -> None:
    if pos_label != 1:
        raise InputError(f"pos_label is not supported for {what}: got {pos_label!r}. Omit it.")
