"""Negative predictive value: how far a prediction of other classes can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.metrics.count.averaging import Average, ZeroDivision, average_classes, ratio

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals


def negative_predictive_value(
    counts: CountsLike,
    *,
    average: Average | None = None,
    zero_division: ZeroDivision = np.nan,
) -> FloatArray:
    """Return, of all samples not predicted as a class, the share that does not belong to it.

    negative predictive value = TN / (TN + FN).

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
    average : ``None``, ``"micro"``, ``"macro"``, ``"weighted"`` or ``"binary"``.
    zero_division : the value where undefined; with NaN, averages cover the other classes.

    Returns
    -------
    (..., K) values, or (...) averages. In [0, 1]; undefined where every sample is
    predicted as the class.

    Notes
    -----
    Altman and Bland, *BMJ* 309 (1994) 102.

    Examples
    --------
    >>> negative_predictive_value([[3, 1], [0, 2]]).tolist()
    [0.6666666666666666, 1.0]
    """
    return average_classes(
        _by_class,
        counts,
        average=average,
        zero_division=zero_division,
        name="negative predictive value",
    )


def _by_class(marginals: Marginals) -> FloatArray:
    return ratio(marginals.true_negative, marginals.true_negative + marginals.false_negative)
