"""F-β: precision and recall in one number, recall weighing β times as much."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.count.averaging import Average, ZeroDivision, average_classes, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals


def f_beta(
    counts: CountsLike,
    *,
    beta: float | Sequence[float] = 1.0,
    average: Average | None = None,
    zero_division: ZeroDivision = np.nan,
) -> FloatArray:
    """Return the weighted harmonic mean of the precision and the recall of a class.

    F_β = (1 + β²) TP / (β² (TP + FN) + (TP + FP)); β = 0 is precision, β = ∞ is recall.

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
    beta : how many times recall weighs as much as precision; a sequence adds a leading axis.
    average : ``None``, ``"micro"``, ``"macro"``, ``"weighted"`` or ``"binary"``.
    zero_division : the value where undefined; with NaN, averages cover the other classes.

    Returns
    -------
    (..., K) values, or (...) averages, with the axis of `beta` in front. In [0, 1]; undefined
    for a class neither present nor predicted.

    Raises
    ------
    InputError
        If a β is negative or NaN.

    Notes
    -----
    van Rijsbergen, *Information Retrieval* (1979), ch. 7.

    Examples
    --------
    >>> f_beta([[3, 1], [0, 2]], beta=(0.5, 2)).round(3).tolist()
    [[0.938, 0.714], [0.789, 0.909]]
    """
    return average_classes(
        partial(_by_class, squared=_squared(beta)),
        counts,
        average=average,
        zero_division=zero_division,
        name="F-β",
    )


def f1(
    counts: CountsLike,
    *,
    average: Average | None = None,
    zero_division: ZeroDivision = np.nan,
) -> FloatArray:
    """Return the harmonic mean of the precision and the recall of a class: F-β at β = 1.

    F1 = 2 TP / (2 TP + FP + FN). Arguments, range and source are those of `f_beta`.

    Examples
    --------
    >>> f1([[3, 1], [0, 2]]).round(3).tolist()
    [0.857, 0.8]
    """
    return average_classes(
        partial(_by_class, squared=np.array(1.0)),
        counts,
        average=average,
        zero_division=zero_division,
        name="F1",
    )


def _squared(beta: float | Sequence[float]) -> FloatArray:
    betas = np.asarray(beta, dtype=np.float64)
    if not (betas >= 0).all():
        raise InputError(f"beta must be zero or more; got {beta}")
    with np.errstate(over="ignore"):
        return np.asarray(betas**2)


def _by_class(marginals: Marginals, *, squared: FloatArray) -> FloatArray:
    # The axis of β stands before every axis of the counts.
    weight = squared.reshape(squared.shape + (1,) * marginals.actual.ndim)
    only_recall = np.isinf(weight)
    finite = np.where(only_recall, 0.0, weight)
    values = ratio(
        (1 + finite) * marginals.true_positive, finite * marginals.actual + marginals.predicted
    )
    if only_recall.any():
        values = np.where(only_recall, ratio(marginals.true_positive, marginals.actual), values)
    # Rounding can lift a perfect class above one by a unit in the last place.
    return np.minimum(values, 1.0)
