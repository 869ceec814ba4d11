"""Precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.metrics.from_counts import class_proportion

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import CountArray, Marginals


@class_proportion(
    label="Precision",
    formula="TP / (TP + FP)",
    use="When false positives are costly: spam filters, recommendations.",
    undefined="for a class that is never predicted",
    divides_by=("predicted",),
)
def precision(marginals: Marginals) -> tuple[CountArray, CountArray]:
    """Return the share of the samples predicted as a class that belong to it.

    precision = TP / (TP + FP), in [0, 1]; undefined for a class that is never predicted. Also
    called positive predictive value.

    Notes
    -----
    van Rijsbergen, *Information Retrieval* (1979), ch. 7.

    Examples
    --------
    >>> precision([1, 0, 1, 1], [1, 0, 0, 1]).tolist()
    [0.5, 1.0]
    """
    return marginals.true_positive, marginals.predicted
