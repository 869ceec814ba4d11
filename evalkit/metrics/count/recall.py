"""Recall: how much of a class is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.metrics.count.averaging import Average, ZeroDivision, average_classes, ratio

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals


def recall(
    counts: CountsLike,
    *,
    average: Average | None = None,
    zero_division: ZeroDivision = np.nan,
) -> FloatArray:
    """Return, of all samples of a class, the share that was predicted as it.

    recall = TP / (TP + FN).

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
    average : ``None``, ``"micro"``, ``"macro"``, ``"weighted"`` or ``"binary"``.
    zero_division : the value where undefined; with NaN, averages cover the other classes.

    Returns
    -------
    (..., K) values, or (...) averages. In [0, 1]; undefined for a class without samples.

    Notes
    -----
    Also called sensitivity, hit rate and true positive rate. van Rijsbergen, *Information
    Retrieval* (1979), ch. 7.

    Examples
    --------
    >>> recall([[3, 1], [0, 2]]).tolist()
    [0.75, 1.0]
    """
    return average_classes(
        _by_class, counts, average=average, zero_division=zero_division, name="recall"
    )


def _by_class(marginals: Marginals) -> FloatArray:
    return ratio(marginals.true_positive, marginals.actual)
