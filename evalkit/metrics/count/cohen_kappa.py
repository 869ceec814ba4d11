"""Cohen's κ: agreement beyond what chance would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.count.averaging import ZeroDivision, defined, ratio
from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals, dense_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def cohen_kappa(
    counts: CountsLike,
    *,
    weights: Literal["linear", "quadratic"] | None = None,
    zero_division: ZeroDivision = np.nan,
) -> FloatArray:
    """Return the agreement of actual and predicted classes beyond that of independent ones.

    κ = 1 − Σ_ij w_ij n_ij / Σ_ij w_ij a_i p_j / n, with w_ij = 1[i ≠ j], |i − j| (linear) or
    (i − j)² (quadratic).

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted. Without weights
        `Marginals` will do.
    weights : what a disagreement costs, for ordered classes.
    zero_division : the value where undefined.

    Returns
    -------
    (...) values in [−1, 1], 0 for chance; undefined where chance alone would always agree.

    Raises
    ------
    InputError
        If `weights` is unknown, or given with marginals, which do not say which classes were
        confused.

    Notes
    -----
    Cohen, *Educational and Psychological Measurement* 20 (1960) 37, and *Psychological
    Bulletin* 70 (1968) 213 for weights.

    Examples
    --------
    >>> float(cohen_kappa([[3, 1], [0, 2]]).round(3))
    0.667
    """
    if weights is None:
        observed, expected = _disagreement(Marginals.of(counts))
    elif isinstance(counts, Marginals):
        raise InputError("weighted κ needs the whole matrix; got marginals: pass the counts")
    else:
        observed, expected = _weighted_disagreement(counts, weights)
    return defined(1.0 - ratio(observed, expected), zero_division, "Cohen's κ")


def _disagreement(marginals: Marginals) -> tuple[FloatArray, FloatArray]:
    total = marginals.total[..., None]
    actual = ratio(marginals.actual, total)
    predicted = ratio(marginals.predicted, total)
    observed = ratio(marginals.false_negative, total).sum(axis=-1)
    # Σ a (1 − p) is exactly zero where both always name one class, which 1 − Σ a p is not.
    return observed, (actual * (1 - predicted)).sum(axis=-1)


def _weighted_disagreement(
    counts: ArrayLike, weights: Literal["linear", "quadratic"]
) -> tuple[FloatArray, FloatArray]:
    if weights not in ("linear", "quadratic"):
        raise InputError(f"weights must be None, 'linear' or 'quadratic'; got {weights!r}")
    matrix = dense_counts(counts)
    total = matrix.sum(axis=(-2, -1))[..., None, None]
    shares = ratio(matrix, total)
    position = np.arange(matrix.shape[-1], dtype=np.float64)
    distance = np.abs(position[:, None] - position)
    cost = distance if weights == "linear" else distance**2
    observed = np.einsum("...ij,ij->...", shares, cost)
    expected = np.einsum(
        "...i,ij,...j->...", shares.sum(axis=-1), cost, shares.sum(axis=-2), optimize=True
    )
    return observed, expected
