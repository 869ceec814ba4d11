"""The Jaccard index: the overlap of a class and its predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.metrics.count.averaging import Average, ZeroDivision, average_classes, ratio

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals


def jaccard(
    counts: CountsLike,
    *,
    average: Average | None = None,
    zero_division: ZeroDivision = np.nan,
) -> FloatArray:
    """Return the share of a class and its predictions together that is in both.

    J = TP / (TP + FP + FN).

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
    average : ``None``, ``"micro"``, ``"macro"``, ``"weighted"`` or ``"binary"``.
    zero_division : the value where undefined; with NaN, averages cover the other classes.

    Returns
    -------
    (..., K) values, or (...) averages. In [0, 1]; undefined for a class neither present
    nor predicted.

    Notes
    -----
    Also called intersection over union; J = F1 / (2 − F1). Jaccard, *New Phytologist* 11 (1912) 37.

    Examples
    --------
    >>> jaccard([[3, 1], [0, 2]]).tolist()
    [0.75, 0.6666666666666666]
    """
    return average_classes(
        _by_class, counts, average=average, zero_division=zero_division, name="jaccard"
    )


def _by_class(marginals: Marginals) -> FloatArray:
    return ratio(
        marginals.true_positive,
        marginals.actual + marginals.predicted - marginals.true_positive,
    )
