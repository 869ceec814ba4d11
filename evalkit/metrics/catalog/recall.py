"""Recall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.metrics.from_counts import class_proportion

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import CountArray, Marginals


@class_proportion(
    label="Recall",
    formula="TP / (TP + FN)",
    use="When false negatives are costly: screening for a disease, fraud detection.",
    undefined="for a class without samples",
    divides_by=("actual",),
)
def recall(marginals: Marginals) -> tuple[CountArray, CountArray]:
    """Return the share of the samples of a class that are predicted as this class.

    recall = TP / (TP + FN), in [0, 1]; undefined for a class without samples. Also called
    sensitivity, hit rate and true positive rate.

    Notes
    -----
    van Rijsbergen, *Information Retrieval* (1979), ch. 7.

    Examples
    --------
    >>> recall([1, 0, 1, 1], [1, 0, 0, 1]).round(3).tolist()
    [1.0, 0.667]
    """
    return marginals.true_positive, marginals.actual
