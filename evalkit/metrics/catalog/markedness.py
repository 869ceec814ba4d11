"""Markedness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.metrics.count.averaging import ratio
from evalkit.metrics.from_counts import class_metric

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import FloatArray, Marginals


@class_metric(
    label="Markedness",
    formula="TP / (TP + FP) − FN / (FN + TN)",
    low=-1,
    use="Together with informedness: how reliable a prediction is for its user.",
    undefined="for a class that is never predicted, and if no other class is predicted",
    divides_by=("predicted",),
    undefined_class="every sample is predicted as the class",
)
def markedness(marginals: Marginals) -> FloatArray:
    """Return the precision of a class plus its negative predictive value minus 1.

    markedness = TP / (TP + FP) − FN / (FN + TN), in [−1, 1], 0 for guessing; undefined for a class
    that is never predicted, and if no other class is predicted.

    Notes
    -----
    Powers, *Journal of Machine Learning Technologies* 2 (2011) 37.

    Examples
    --------
    >>> markedness([1, 0, 1, 1], [1, 0, 0, 1]).tolist()
    [0.5, 0.5]
    """
    return ratio(marginals.true_positive, marginals.predicted) - ratio(
        marginals.false_negative, marginals.true_negative + marginals.false_negative
    )
