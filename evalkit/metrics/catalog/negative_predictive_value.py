"""Negative predictive value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.metrics.from_counts import class_proportion

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import CountArray, Marginals


@class_proportion(
    label="Negative predictive value",
    formula="TN / (TN + FN)",
    use="When a negative prediction must be reliable. Like precision, it changes with prevalence.",
    undefined="if every sample is predicted as the class",
    undefined_class="every sample is predicted as the class",
)
def negative_predictive_value(marginals: Marginals) -> tuple[CountArray, CountArray]:
    """Return the share of the samples not predicted as a class that do not belong to it.

    negative predictive value = TN / (TN + FN), in [0, 1]; undefined if every sample is predicted
    as the class.

    Notes
    -----
    Altman and Bland, *BMJ* 309 (1994) 102.

    Examples
    --------
    >>> negative_predictive_value([1, 0, 1, 1], [1, 0, 0, 1]).tolist()
    [1.0, 0.5]
    """
    return marginals.true_negative, marginals.true_negative + marginals.false_negative
