"""Precision: how far a prediction of a class can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.metrics.count.averaging import Average, ZeroDivision, average_classes, ratio

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals


def precision(
    counts: CountsLike,
    *,
    average: Average | None = None,
    zero_division: ZeroDivision = np.nan,
) -> FloatArray:
    """Return, of all samples predicted as a class, the share that belongs to it.

    precision = TP / (TP + FP).

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
    average : ``None``, ``"micro"``, ``"macro"``, ``"weighted"`` or ``"binary"``.
    zero_division : the value where undefined; with NaN, averages cover the other classes.

    Returns
    -------
    (..., K) values, or (...) averages. In [0, 1]; undefined for a class that is never
    predicted.

    Notes
    -----
    Also called positive predictive value. van Rijsbergen, *Information Retrieval* (1979), ch. 7.

    Examples
    --------
    >>> precision([[3, 1], [0, 2]]).tolist()
    [1.0, 0.6666666666666666]
    """
    return average_classes(
        _by_class, counts, average=average, zero_division=zero_division, name="precision"
    )


def _by_class(marginals: Marginals) -> FloatArray:
    return ratio(marginals.true_positive, marginals.predicted)
