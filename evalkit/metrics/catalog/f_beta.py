"""F-β and F1."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.catalog import metric
from evalkit.metrics.count.averaging import average_classes, ratio
from evalkit.metrics.from_counts import class_metric
from evalkit.metrics.targets import score_by_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evalkit.metrics.count.averaging import Average, ZeroDivision
    from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals
    from evalkit.metrics.targets import TargetAverage

LABEL = "F-β"


@class_metric(
    label="F1",
    formula="2 TP / (2 TP + FP + FN)",
    use="When false positives and false negatives are about equally costly and true negatives do "
    "not matter.",
    undefined="for a class that neither occurs nor is predicted",
)
def f1(marginals: Marginals) -> FloatArray:
    """Return the harmonic mean of precision and recall of a class.

    F1 = 2 TP / (2 TP + FP + FN), in [0, 1]; undefined for a class that neither occurs nor is
    predicted. It is F-β at β = 1.

    Notes
    -----
    van Rijsbergen, *Information Retrieval* (1979), ch. 7.

    Examples
    --------
    >>> f1([1, 0, 1, 1], [1, 0, 0, 1]).round(3).tolist()
    [0.667, 0.8]
    """
    return _by_class(marginals, squared=np.array(1.0))


def of_counts(
    counts: CountsLike,
    *,
    beta: float | Sequence[float] = 1.0,
    average: Average | None = None,
    zero_division: ZeroDivision = np.nan,
) -> FloatArray:
    """Return F-β of counts: (..., K) values or (...) averages, with the axis of `beta` in front."""
    return average_classes(
        partial(_by_class, squared=_squared(beta)),
        counts,
        average=average,
        zero_division=zero_division,
        name=LABEL,
    )


@metric(
    label=LABEL,
    formula="(1 + β²) TP / (β² (TP + FN) + (TP + FP))",
    use="β below 1 if false positives are more costly than false negatives, β above 1 if they are "
    "less costly.",
    undefined="for a class that neither occurs nor is predicted",
    by_class=True,
    of_counts=of_counts,
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
    """Return the weighted harmonic mean of precision and recall; recall has β times the weight.

    F_β = (1 + β²) TP / (β² (TP + FN) + (TP + FP)), in [0, 1]; undefined for a class that neither
    occurs nor is predicted. β = 0 is precision, β = ∞ is recall.

    Parameters
    ----------
    beta : zero or more; a sequence of β adds a leading axis.
    y_true, y_pred, labels, pos_label, average, sample_weight, zero_division : as in `precision`.

    Raises
    ------
    InputError, LabelError
        As `precision`, and if a β is negative or NaN.

    Notes
    -----
    van Rijsbergen, *Information Retrieval* (1979), ch. 7.

    Examples
    --------
    >>> f_beta([1, 0, 1, 1], [1, 0, 0, 1], beta=(0.5, 2)).round(3).tolist()
    [[0.556, 0.909], [0.833, 0.714]]
    """
    return score_by_class(
        partial(of_counts, beta=beta),
        y_true,
        y_pred,
        labels=labels,
        pos_label=pos_label,
        average=average,
        sample_weight=sample_weight,
        zero_division=zero_division,
    )


def _squared(beta: float | Sequence[float]) -> FloatArray:
    betas = np.asarray(beta, dtype=np.float64)
    if not (betas >= 0).all():
        raise InputError(f"Invalid beta: got {beta}. Use zero or more.")
    with np.errstate(over="ignore"):
        return np.asarray(betas**2)


def _by_class(marginals: Marginals, *, squared: FloatArray) -> FloatArray:
    # The axis of β stands before every axis of the counts.
    weight = squared.reshape(squared.shape + (1,) * marginals.actual.ndim)
    only_recall = np.isinf(weight)
    finite = np.where(only_recall, 0.0, weight)
    values = ratio(
        (1 + finite) * marginals.true_positive, finite * marginals.actual + marginals.predicted
    )
    if only_recall.any():
        values = np.where(only_recall, ratio(marginals.true_positive, marginals.actual), values)
    # Rounding can lift a perfect class above one by a unit in the last place.
    return np.minimum(values, 1.0)
