"""The negative likelihood ratio: what a prediction of other classes is worth as evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.metrics.count.averaging import Average, ZeroDivision, average_classes, ratio

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals


def negative_likelihood_ratio(
    counts: CountsLike,
    *,
    average: Average | None = None,
    zero_division: ZeroDivision = np.nan,
) -> FloatArray:
    """Return how many times likelier a class's own samples are predicted as others than others.

    LR− = (1 − recall) / specificity = (FN / (TP + FN)) / (TN / (FP + TN)).

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
    average : ``None``, ``"micro"``, ``"macro"``, ``"weighted"`` or ``"binary"``.
    zero_division : the value where undefined; with NaN, averages cover the other classes.

    Returns
    -------
    (..., K) values, or (...) averages. In [0, ∞), 1 for guessing, lower is better;
    undefined without true negatives, and where the class or its complement has no samples.

    Notes
    -----
    Altman and Bland, *BMJ* 329 (2004) 168.

    Examples
    --------
    >>> negative_likelihood_ratio([[3, 1], [1, 3]]).round(3).tolist()
    [0.333, 0.333]
    """
    return average_classes(
        _by_class,
        counts,
        average=average,
        zero_division=zero_division,
        name="negative likelihood ratio",
    )


def _by_class(marginals: Marginals) -> FloatArray:
    return ratio(
        ratio(marginals.false_negative, marginals.actual),
        ratio(marginals.true_negative, marginals.negative),
    )
