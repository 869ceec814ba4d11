"""Confusion counts as shares of their rows, their columns or their total."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.count.averaging import ratio
from evalkit.metrics.count.marginals import dense_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evalkit.metrics.count.marginals import FloatArray

_AXES: dict[str, tuple[int, ...]] = {"true": (-1,), "pred": (-2,), "all": (-2, -1)}


def normalized(
    counts: ArrayLike, over: Literal["true", "pred", "all"], *, zero_division: float = np.nan
) -> FloatArray:
    """Return (..., K, K) shares that sum to one over the actual class, the predicted or all.

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted.
    over : ``"true"``, by row; ``"pred"``, by column; ``"all"``.
    zero_division : the share where there is nothing to divide by.

    Raises
    ------
    InputError
        If `over` is none of these.

    Examples
    --------
    >>> normalized([[3, 1], [0, 2]], "pred").round(3).tolist()
    [[1.0, 0.333], [0.0, 0.667]]
    """
    if over not in _AXES:
        raise InputError(f"counts are normalised over 'true', 'pred' or 'all'; got {over!r}")
    matrix = dense_counts(counts)
    shares = ratio(matrix, matrix.sum(axis=_AXES[over], keepdims=True))
    return np.where(np.isnan(shares), zero_division, shares)
