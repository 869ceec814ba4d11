"""The positive and the negative likelihood ratio."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from evalkit.metrics.count.averaging import ratio
from evalkit.metrics.from_counts import class_metric

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import FloatArray, Marginals


@class_metric(
    label="Positive likelihood ratio",
    formula="(TP / (TP + FN)) / (FP / (FP + TN))",
    high=math.inf,
    use="To apply a test to a population with another prevalence. 1 is uninformative, 10 is strong "
    "evidence.",
    undefined="without false positives, and for a class without samples",
    divides_by=("actual",),
    undefined_class="no false positives",
)
def positive_likelihood_ratio(marginals: Marginals) -> FloatArray:
    """Return the factor by which a positive prediction multiplies the odds of the class.

    LR+ = recall / (1 − specificity) = (TP / (TP + FN)) / (FP / (FP + TN)), in [0, ∞), 1 for
    guessing; undefined without false positives, and for a class without samples.

    Notes
    -----
    Altman and Bland, *BMJ* 329 (2004) 168.

    Examples
    --------
    >>> positive_likelihood_ratio([1, 0, 1, 1, 0], [1, 0, 0, 1, 1]).round(3).tolist()
    [1.5, 1.333]
    """
    return ratio(
        ratio(marginals.true_positive, marginals.actual),
        ratio(marginals.false_positive, marginals.negative),
    )


@class_metric(
    label="Negative likelihood ratio",
    formula="(FN / (TP + FN)) / (TN / (FP + TN))",
    high=math.inf,
    higher_is_better=False,
    use="Together with the positive ratio. 1 is uninformative, 0.1 is strong evidence against the "
    "class.",
    undefined="without true negatives, and for a class without samples",
    divides_by=("actual",),
    undefined_class="no true negatives",
)
def negative_likelihood_ratio(marginals: Marginals) -> FloatArray:
    """Return the factor by which a negative prediction multiplies the odds of the class.

    LR− = (1 − recall) / specificity = (FN / (TP + FN)) / (TN / (FP + TN)), in [0, ∞), 1 for
    guessing, lower is better; undefined without true negatives, and for a class without samples.

    Notes
    -----
    Altman and Bland, *BMJ* 329 (2004) 168.

    Examples
    --------
    >>> negative_likelihood_ratio([1, 0, 1, 1], [1, 0, 0, 1]).round(3).tolist()
    [0.0, 0.333]
    """
    return ratio(
        ratio(marginals.false_negative, marginals.actual),
        ratio(marginals.true_negative, marginals.negative),
    )
