"""Specificity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.metrics.from_counts import class_proportion

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import CountArray, Marginals


@class_proportion(
    label="Specificity",
    formula="TN / (TN + FP)",
    use="Together with recall, in medical tests. With many classes it is close to 1 for any model.",
    undefined="if no other class has samples",
    undefined_class="no other class occurs in the data",
)
def specificity(marginals: Marginals) -> tuple[CountArray, CountArray]:
    """Return the share of the samples of other classes that are not predicted as the class.

    specificity = TN / (TN + FP), in [0, 1]; undefined if no other class has samples. Also called
    true negative rate.

    Notes
    -----
    Yerushalmy, *Public Health Reports* 62 (1947) 1432.

    Examples
    --------
    >>> specificity([1, 0, 1, 1], [1, 0, 0, 1]).round(3).tolist()
    [0.667, 1.0]
    """
    return marginals.true_negative, marginals.negative
