"""Markedness: how much more than chance a prediction says about the class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.metrics.count.averaging import Average, ZeroDivision, average_classes, ratio

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals


def markedness(
    counts: CountsLike,
    *,
    average: Average | None = None,
    zero_division: ZeroDivision = np.nan,
) -> FloatArray:
    """Return the precision of a class less the share of samples missed among other predictions.

    markedness = precision + negative predictive value − 1 = TP / (TP + FP) − FN / (FN + TN).

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
    average : ``None``, ``"micro"``, ``"macro"``, ``"weighted"`` or ``"binary"``.
    zero_division : the value where undefined; with NaN, averages cover the other classes.

    Returns
    -------
    (..., K) values, or (...) averages. In [−1, 1], 0 for guessing; undefined where the
    class or its complement is never predicted.

    Notes
    -----
    Powers, *Journal of Machine Learning Technologies* 2 (2011) 37.

    Examples
    --------
    >>> markedness([[3, 1], [0, 2]]).round(3).tolist()
    [0.667, 0.667]
    """
    return average_classes(
        _by_class, counts, average=average, zero_division=zero_division, name="markedness"
    )


def _by_class(marginals: Marginals) -> FloatArray:
    return ratio(marginals.true_positive, marginals.predicted) - ratio(
        marginals.false_negative, marginals.true_negative + marginals.false_negative
    )
