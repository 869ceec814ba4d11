"""Informedness, also called Youden's J."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.metrics.count.averaging import ratio
from evalkit.metrics.from_counts import class_metric

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import FloatArray, Marginals


@class_metric(
    label="Informedness",
    formula="TP / (TP + FN) − FP / (FP + TN)",
    low=-1,
    use="To choose a threshold that does not depend on prevalence (Youden's J).",
    undefined="for a class without samples, and if no other class has samples",
    divides_by=("actual",),
    undefined_class="no other class occurs in the data",
)
def informedness(marginals: Marginals) -> FloatArray:
    """Return the true positive rate of a class minus its false positive rate.

    informedness = recall + specificity − 1 = TP / (TP + FN) − FP / (FP + TN), in [−1, 1], 0 for
    guessing; undefined for a class without samples, and if no other class has samples. Also
    called Youden's J.

    Notes
    -----
    Youden, *Cancer* 3 (1950) 32; Powers, *Journal of Machine Learning Technologies* 2 (2011) 37.

    Examples
    --------
    >>> informedness([1, 0, 1, 1], [1, 0, 0, 1]).round(3).tolist()
    [0.667, 0.667]
    """
    return ratio(marginals.true_positive, marginals.actual) - ratio(
        marginals.false_positive, marginals.negative
    )
