"""Specificity: how much of everything else is kept out of a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.metrics.count.averaging import Average, ZeroDivision, average_classes, ratio

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals


def specificity(
    counts: CountsLike,
    *,
    average: Average | None = None,
    zero_division: ZeroDivision = np.nan,
) -> FloatArray:
    """Return, of all samples of other classes, the share that was not predicted as this one.

    specificity = TN / (TN + FP).

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
    average : ``None``, ``"micro"``, ``"macro"``, ``"weighted"`` or ``"binary"``.
    zero_division : the value where undefined; with NaN, averages cover the other classes.

    Returns
    -------
    (..., K) values, or (...) averages. In [0, 1]; undefined where no other class has samples.

    Notes
    -----
    Also called true negative rate. Yerushalmy, *Public Health Reports* 62 (1947) 1432.

    Examples
    --------
    >>> specificity([[3, 1], [0, 2]]).tolist()
    [1.0, 0.75]
    """
    return average_classes(
        _by_class, counts, average=average, zero_division=zero_division, name="specificity"
    )


def _by_class(marginals: Marginals) -> FloatArray:
    return ratio(marginals.true_negative, marginals.negative)
