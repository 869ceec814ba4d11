"""Rates by class, of actual and predicted labels: precision, recall and what joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.metrics import count
from evalkit.metrics.predictions.targets import TargetAverage, score_by_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evalkit.metrics.count.averaging import ZeroDivision
    from evalkit.metrics.count.marginals import FloatArray


def precision(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Iterable[Any] | None = None,
    pos_label: Any = 1,
    average: TargetAverage | None = None,
    sample_weight: Any = None,
    zero_division: ZeroDivision = "warn",
) -> FloatArray:
    """Return, of all samples predicted as a class, the share that belongs to it.

    precision = TP / (TP + FP), in [0, 1]; undefined for a class that is never predicted.

    Parameters
    ----------
    y_true, y_pred : (n,) labels of any kind, or (n, L) indicators of 0 and 1.
    labels : the classes to score, in this order; the sorted labels that occur if absent.
    pos_label : the class that ``average="binary"`` scores.
    average : ``None``, one value a class; ``"macro"``, their mean; ``"weighted"``, their mean by
        support; ``"micro"``, of the pooled classes; ``"binary"``, of `pos_label`; ``"samples"``,
        the mean over the rows of indicators.
    sample_weight : (n,) weights of zero or more.
    zero_division : the value where undefined; ``"warn"`` is 0.0 with `UndefinedMetricWarning`.
        With NaN, averages cover the other classes.

    Raises
    ------
    InputError, LabelError
        If there are no samples, lengths differ, labels are missing or cannot be one schema, or
        the average does not suit the targets.

    Examples
    --------
    >>> precision([1, 0, 1, 1], [1, 0, 0, 1]).tolist()
    [0.5, 1.0]
    """
    return score_by_class(
        count.precision,
        y_true,
        y_pred,
        labels=labels,
        pos_label=pos_label,
        average=average,
        sample_weight=sample_weight,
        zero_division=zero_division,
    )


def recall(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Iterable[Any] | None = None,
    pos_label: Any = 1,
    average: TargetAverage | None = None,
    sample_weight: Any = None,
    zero_division: ZeroDivision = "warn",
) -> FloatArray:
    """Return, of all samples of a class, the share that was predicted as it.

    recall = TP / (TP + FN), in [0, 1]; undefined for a class without samples.

    Arguments and errors are those of `precision`.

    Examples
    --------
    >>> recall([1, 0, 1, 1], [1, 0, 0, 1]).round(3).tolist()
    [1.0, 0.667]
    """
    return score_by_class(
        count.recall,
        y_true,
        y_pred,
        labels=labels,
        pos_label=pos_label,
        average=average,
        sample_weight=sample_weight,
        zero_division=zero_division,
    )


def f1(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Iterable[Any] | None = None,
    pos_label: Any = 1,
    average: TargetAverage | None = None,
    sample_weight: Any = None,
    zero_division: ZeroDivision = "warn",
) -> FloatArray:
    """Return the harmonic mean of the precision and the recall of a class.

    F1 = 2 TP / (2 TP + FP + FN), in [0, 1]; undefined for a class neither present nor
    predicted.

    Arguments and errors are those of `precision`.

    Examples
    --------
    >>> f1([1, 0, 1, 1], [1, 0, 0, 1]).round(3).tolist()
    [0.667, 0.8]
    """
    return score_by_class(
        count.f1,
        y_true,
        y_pred,
        labels=labels,
        pos_label=pos_label,
        average=average,
        sample_weight=sample_weight,
        zero_division=zero_division,
    )


def f_beta(
    y_true: Any,
    y_pred: Any,
    *,
    beta: float | Sequence[float] = 1.0,
    labels: Iterable[Any] | None = None,
    pos_label: Any = 1,
    average: TargetAverage | None = None,
    sample_weight: Any = None,
    zero_division: ZeroDivision = "warn",
) -> FloatArray:
    """Return the weighted harmonic mean of the precision and the recall of a class.

    F_β = (1 + β²) TP / (β² (TP + FN) + (TP + FP)), in [0, 1]; undefined for a class neither
    present nor predicted.

    Arguments and errors are those of `precision`; `beta` weighs recall, a sequence of β adds a
    leading axis.

    Examples
    --------
    >>> f_beta([1, 0, 1, 1], [1, 0, 0, 1], beta=(0.5, 2)).round(3).tolist()
    [[0.556, 0.909], [0.833, 0.714]]
    """
    return score_by_class(
        count.f_beta,
        y_true,
        y_pred,
        labels=labels,
        pos_label=pos_label,
        average=average,
        sample_weight=sample_weight,
        zero_division=zero_division,
        beta=beta,
    )


def jaccard(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Iterable[Any] | None = None,
    pos_label: Any = 1,
    average: TargetAverage | None = None,
    sample_weight: Any = None,
    zero_division: ZeroDivision = "warn",
) -> FloatArray:
    """Return the share of a class and its predictions together that is in both.

    J = TP / (TP + FP + FN), in [0, 1]; undefined for a class neither present nor predicted.

    Arguments and errors are those of `precision`.

    Examples
    --------
    >>> jaccard([1, 0, 1, 1], [1, 0, 0, 1]).round(3).tolist()
    [0.5, 0.667]
    """
    return score_by_class(
        count.jaccard,
        y_true,
        y_pred,
        labels=labels,
        pos_label=pos_label,
        average=average,
        sample_weight=sample_weight,
        zero_division=zero_division,
    )
