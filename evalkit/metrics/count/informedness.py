"""Informedness: how much better than chance a class is told from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.metrics.count.averaging import Average, ZeroDivision, average_classes, ratio

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals


def informedness(
    counts: CountsLike,
    *,
    average: Average | None = None,
    zero_division: ZeroDivision = np.nan,
) -> FloatArray:
    """Return the recall of a class less the share of other samples that were predicted as it.

    J = recall + specificity − 1 = TP / (TP + FN) − FP / (FP + TN).

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
    average : ``None``, ``"micro"``, ``"macro"``, ``"weighted"`` or ``"binary"``.
    zero_division : the value where undefined; with NaN, averages cover the other classes.

    Returns
    -------
    (..., K) values, or (...) averages. In [−1, 1], 0 for guessing; undefined where the
    class or its complement has no samples.

    Notes
    -----
    Also called Youden's J. Youden, *Cancer* 3 (1950) 32; Powers, *Journal of Machine Learning
    Technologies* 2 (2011) 37.

    Examples
    --------
    >>> informedness([[3, 1], [0, 2]]).tolist()
    [0.75, 0.75]
    """
    return average_classes(
        _by_class, counts, average=average, zero_division=zero_division, name="informedness"
    )


def _by_class(marginals: Marginals) -> FloatArray:
    return ratio(marginals.true_positive, marginals.actual) - ratio(
        marginals.false_positive, marginals.negative
    )
