"""Cohen's κ: agreement beyond what chance would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.count.averaging import ZeroDivision, defined, ratio
from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals, dense_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.metrics.cells import Cells

KappaWeights: TypeAlias = Literal["linear", "quadratic"]


def cohen_kappa(
    counts: CountsLike,
    *,
    weights: KappaWeights | None = None,
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
    marginals = Marginals.of(counts)
    if weights is None:
        return _kappa(_disagreement(marginals), _chance(marginals), zero_division)
    if isinstance(counts, Marginals):
        raise InputError("weighted κ needs the whole matrix; got marginals: pass the counts")
    matrix = dense_counts(counts)
    classes = np.arange(matrix.shape[-1])
    cost = _cost(classes[:, None], classes, weights)
    observed = ratio((matrix * cost).sum(axis=(-2, -1)), marginals.total)
    return _kappa(observed, _weighted_chance(marginals, weights), zero_division)


def kappa_of_cells(
    cells: Cells, weights: KappaWeights, *, zero_division: ZeroDivision = np.nan
) -> FloatArray:
    """Return weighted κ of counts kept as the cells that occur; as `cohen_kappa` otherwise."""
    marginals = cells.marginals()
    cost = _cost(cells.rows, cells.columns, weights)
    observed = ratio((cells.counts * cost).sum(), marginals.total)
    return _kappa(observed, _weighted_chance(marginals, weights), zero_division)


def _kappa(observed: FloatArray, expected: FloatArray, zero_division: ZeroDivision) -> FloatArray:
    return defined(1.0 - ratio(observed, expected), zero_division, "Cohen's κ")


def _disagreement(marginals: Marginals) -> FloatArray:
    return ratio(marginals.false_negative.sum(axis=-1), marginals.total)


def _chance(marginals: Marginals) -> FloatArray:
    actual, predicted = _shares(marginals)
    # Σ a (1 − p) is exactly zero where both always name one class, which 1 − Σ a p is not.
    return np.asarray((actual * (1 - predicted)).sum(axis=-1))


def _weighted_chance(marginals: Marginals, weights: KappaWeights) -> FloatArray:
    """Return Σ_ij w_ij a_i p_j in O(K): by the distribution functions, or by the moments."""
    actual, predicted = _shares(marginals)
    if weights == "linear":
        below, below_predicted = actual.cumsum(axis=-1), predicted.cumsum(axis=-1)
        crossings = below * (1 - below_predicted) + below_predicted * (1 - below)
        return np.asarray(crossings[..., :-1].sum(axis=-1))
    position = np.arange(actual.shape[-1], dtype=np.float64)
    means = [(share * position).sum(axis=-1, keepdims=True) for share in (actual, predicted)]
    spread = actual * (position - means[0]) ** 2 + predicted * (position - means[1]) ** 2
    return np.asarray(spread.sum(axis=-1) + ((means[0] - means[1]) ** 2)[..., 0])


def _shares(marginals: Marginals) -> tuple[FloatArray, FloatArray]:
    total = marginals.total[..., None]
    return ratio(marginals.actual, total), ratio(marginals.predicted, total)


def _cost(rows: NDArray[Any], columns: NDArray[Any], weights: KappaWeights) -> FloatArray:
    if weights not in get_args(KappaWeights):
        raise InputError(f"weights must be None, 'linear' or 'quadratic'; got {weights!r}")
    distance: FloatArray = np.abs(rows - columns).astype(np.float64)
    return distance if weights == "linear" else np.square(distance)
