"""What a prediction of a class says about it, beyond chance, of actual and predicted labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.metrics import count
from evalkit.metrics.predictions.targets import TargetAverage, score_by_class

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalkit.metrics.count.averaging import ZeroDivision
    from evalkit.metrics.count.marginals import FloatArray


def specificity(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Iterable[Any] | None = None,
    pos_label: Any = 1,
    average: TargetAverage | None = None,
    sample_weight: Any = None,
    zero_division: ZeroDivision = "warn",
) -> FloatArray:
    """Return, of all samples of other classes, the share that was not predicted as this one.

    specificity = TN / (TN + FP), in [0, 1]; undefined where no other class has samples.

    Arguments and errors are those of `precision`.

    Examples
    --------
    >>> specificity([1, 0, 1, 1], [1, 0, 0, 1]).round(3).tolist()
    [0.667, 1.0]
    """
    return score_by_class(
        count.specificity,
        y_true,
        y_pred,
        labels=labels,
        pos_label=pos_label,
        average=average,
        sample_weight=sample_weight,
        zero_division=zero_division,
    )


def negative_predictive_value(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Iterable[Any] | None = None,
    pos_label: Any = 1,
    average: TargetAverage | None = None,
    sample_weight: Any = None,
    zero_division: ZeroDivision = "warn",
) -> FloatArray:
    """Return, of all samples not predicted as a class, the share that does not belong to it.

    NPV = TN / (TN + FN), in [0, 1]; undefined where every sample is predicted as the class.

    Arguments and errors are those of `precision`.

    Examples
    --------
    >>> negative_predictive_value([1, 0, 1, 1], [1, 0, 0, 1]).tolist()
    [1.0, 0.5]
    """
    return score_by_class(
        count.negative_predictive_value,
        y_true,
        y_pred,
        labels=labels,
        pos_label=pos_label,
        average=average,
        sample_weight=sample_weight,
        zero_division=zero_division,
    )


def informedness(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Iterable[Any] | None = None,
    pos_label: Any = 1,
    average: TargetAverage | None = None,
    sample_weight: Any = None,
    zero_division: ZeroDivision = "warn",
) -> FloatArray:
    """Return the recall of a class less the share of other samples that were predicted as it.

    J = recall + specificity − 1, in [−1, 1]; undefined where the class or its complement has no
    samples.

    Arguments and errors are those of `precision`.

    Examples
    --------
    >>> informedness([1, 0, 1, 1], [1, 0, 0, 1]).round(3).tolist()
    [0.667, 0.667]
    """
    return score_by_class(
        count.informedness,
        y_true,
        y_pred,
        labels=labels,
        pos_label=pos_label,
        average=average,
        sample_weight=sample_weight,
        zero_division=zero_division,
    )


def markedness(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Iterable[Any] | None = None,
    pos_label: Any = 1,
    average: TargetAverage | None = None,
    sample_weight: Any = None,
    zero_division: ZeroDivision = "warn",
) -> FloatArray:
    """Return the precision of a class less the share of samples missed among other predictions.

    markedness = precision + NPV − 1, in [−1, 1]; undefined where the class or its complement is
    never predicted.

    Arguments and errors are those of `precision`.

    Examples
    --------
    >>> markedness([1, 0, 1, 1], [1, 0, 0, 1]).tolist()
    [0.5, 0.5]
    """
    return score_by_class(
        count.markedness,
        y_true,
        y_pred,
        labels=labels,
        pos_label=pos_label,
        average=average,
        sample_weight=sample_weight,
        zero_division=zero_division,
    )


def positive_likelihood_ratio(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Iterable[Any] | None = None,
    pos_label: Any = 1,
    average: TargetAverage | None = None,
    sample_weight: Any = None,
    zero_division: ZeroDivision = "warn",
) -> FloatArray:
    """Return how many times likelier a class's own samples are predicted as it than others.

    LR+ = recall / (1 − specificity), 0 or more; undefined without false positives.

    Arguments and errors are those of `precision`.

    Examples
    --------
    >>> positive_likelihood_ratio([1, 0, 1, 1, 0], [1, 0, 0, 1, 1]).round(3).tolist()
    [1.5, 1.333]
    """
    return score_by_class(
        count.positive_likelihood_ratio,
        y_true,
        y_pred,
        labels=labels,
        pos_label=pos_label,
        average=average,
        sample_weight=sample_weight,
        zero_division=zero_division,
    )


def negative_likelihood_ratio(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Iterable[Any] | None = None,
    pos_label: Any = 1,
    average: TargetAverage | None = None,
    sample_weight: Any = None,
    zero_division: ZeroDivision = "warn",
) -> FloatArray:
    """Return how many times likelier a class's own samples are predicted as others than others.

    LR− = (1 − recall) / specificity, 0 or more; undefined without true negatives.

    Arguments and errors are those of `precision`.

    Examples
    --------
    >>> negative_likelihood_ratio([1, 0, 1, 1], [1, 0, 0, 1]).round(3).tolist()
    [0.0, 0.333]
    """
    return score_by_class(
        count.negative_likelihood_ratio,
        y_true,
        y_pred,
        labels=labels,
        pos_label=pos_label,
        average=average,
        sample_weight=sample_weight,
        zero_division=zero_division,
    )
