"""The Jaccard index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.metrics.from_counts import class_proportion

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import CountArray, Marginals


@class_proportion(
    label="Jaccard index",
    formula="TP / (TP + FP + FN)",
    use="Where overlap is the usual measure, as in segmentation. It ranks classes as F1 does.",
    undefined="for a class that neither occurs nor is predicted",
)
def jaccard(marginals: Marginals) -> tuple[CountArray, CountArray]:
    """Return the share of the samples of a class or predicted as it that are both.

    jaccard = TP / (TP + FP + FN), in [0, 1]; undefined for a class that neither occurs nor is
    predicted. Also called intersection over union; J = F1 / (2 − F1).

    Notes
    -----
    Jaccard, *New Phytologist* 11 (1912) 37.

    Examples
    --------
    >>> jaccard([1, 0, 1, 1], [1, 0, 0, 1]).round(3).tolist()
    [0.5, 0.667]
    """
    union = marginals.actual + marginals.predicted - marginals.true_positive
    return marginals.true_positive, union
