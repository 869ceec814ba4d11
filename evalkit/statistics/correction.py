"""Corrections for looking at many p-values: Holm and Benjamini–Hochberg."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray


def holm(p_values: ArrayLike) -> FloatArray:
    """Return Holm's adjusted p-values: rejecting those below α errs at all with at most α.

    With p sorted upwards, adjusted p_i = max over j ≤ i of min(1, (m − j + 1) p_j).

    Parameters
    ----------
    p_values : (m,) in [0, 1]; NaN is a test that was not made, stays NaN and does not count.

    Raises
    ------
    InputError
        If a p-value lies outside [0, 1].

    References
    ----------
    S. Holm, "A simple sequentially rejective multiple test procedure", 1979.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03, 0.005]).round(12).tolist()
    [0.03, 0.06, 0.06, 0.02]
    """
    adjusted, order = _ordered(p_values)
    tests = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(tests * adjusted[order]), 1.0)
    return adjusted


def benjamini_hochberg(p_values: ArrayLike) -> FloatArray:
    """Return adjusted p-values that control the expected share of false discoveries.

    With p sorted upwards, adjusted p_i = min over j ≥ i of min(1, m p_j / j).

    Parameters
    ----------
    p_values : (m,) in [0, 1], independent or positively dependent; NaN stays NaN.

    Raises
    ------
    InputError
        If a p-value lies outside [0, 1].

    References
    ----------
    Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", 1995.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.005]).round(12).tolist()
    [0.02, 0.04, 0.04, 0.02]
    """
    adjusted, order = _ordered(p_values)
    scaled = adjusted[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def _ordered(p_values: ArrayLike) -> tuple[FloatArray, NDArray[np.intp]]:
    """Return a copy of the p-values, and the positions of those that are known, upwards."""
    p = np.array(p_values, dtype=np.float64)
    if p.ndim != 1 or ((p < 0) | (p > 1)).any():
        raise InputError(f"p-values must be a list of numbers in [0, 1]; got {p.tolist()}")
    order = np.argsort(p, kind="stable")
    return p, order[: np.count_nonzero(~np.isnan(p))]
