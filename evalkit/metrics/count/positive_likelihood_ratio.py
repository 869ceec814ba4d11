"""The positive likelihood ratio: what a prediction of a class is worth as evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.metrics.count.averaging import Average, ZeroDivision, average_classes, ratio

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals


def positive_likelihood_ratio(
    counts: CountsLike,
    *,
    average: Average | None = None,
    zero_division: ZeroDivision = np.nan,
) -> FloatArray:
    """Return how many times likelier a class's own samples are predicted as it than others.

    LR+ = recall / (1 − specificity) = (TP / (TP + FN)) / (FP / (FP + TN)).

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
    average : ``None``, ``"micro"``, ``"macro"``, ``"weighted"`` or ``"binary"``.
    zero_division : the value where undefined; with NaN, averages cover the other classes.

    Returns
    -------
    (..., K) values, or (...) averages. In [0, ∞), 1 for guessing; undefined without
    false positives, and where the class or its complement has no samples.

    Notes
    -----
    Altman and Bland, *BMJ* 329 (2004) 168.

    Examples
    --------
    >>> positive_likelihood_ratio([[3, 1], [1, 3]]).tolist()
    [3.0, 3.0]
    """
    return average_classes(
        _by_class,
        counts,
        average=average,
        zero_division=zero_division,
        name="positive likelihood ratio",
    )


def _by_class(marginals: Marginals) -> FloatArray:
    return ratio(
        ratio(marginals.true_positive, marginals.actual),
        ratio(marginals.false_positive, marginals.negative),
    )
