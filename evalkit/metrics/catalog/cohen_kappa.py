"""Cohen's κ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.catalog import metric
from evalkit.metrics.cells import Cells
from evalkit.metrics.count.averaging import ZeroDivision, defined, ratio
from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals, dense_counts
from evalkit.metrics.matrices import confusion_matrix
from evalkit.metrics.targets import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

KappaWeights: TypeAlias = Literal["linear", "quadratic"]
LABEL = "Cohen's κ"


def of_counts(
    counts: CountsLike | Cells,
    *,
    weights: KappaWeights | None = None,
    zero_division: ZeroDivision = np.nan,
) -> FloatArray:
    """Return (...) Cohen's κ of counts.

    Parameters
    ----------
    counts : (..., K, K) confusion counts, or the cells that occur. Without weights `Marginals`
        are enough.
    weights : the cost of a disagreement, for ordered classes.
    zero_division : the value where undefined.

    Raises
    ------
    InputError
        If `weights` is unknown, or given with marginals.
    """
    marginals = counts.marginals() if isinstance(counts, Cells) else Marginals.of(counts)
    if weights is None:
        observed = ratio(marginals.false_negative.sum(axis=-1), marginals.total)
        return _kappa(observed, _chance(marginals), zero_division)
    if isinstance(counts, Marginals):
        raise InputError(
            "Weighted κ cannot be computed from marginals. Pass the whole matrix of counts."
        )
    if isinstance(counts, Cells):
        disagreement = (counts.counts * _cost(counts.rows, counts.columns, weights)).sum()
    else:
        matrix = dense_counts(counts)
        classes = np.arange(matrix.shape[-1])
        disagreement = (matrix * _cost(classes[:, None], classes, weights)).sum(axis=(-2, -1))
    observed = ratio(disagreement, marginals.total)
    return _kappa(observed, _weighted_chance(marginals, weights), zero_division)


@metric(
    label=LABEL,
    formula="(observed agreement − chance agreement) / (1 − chance agreement)",
    low=-1,
    use="Between two annotators, or between a model and annotators. Use weights if the classes are "
    "ordered.",
    undefined="if the agreement expected by chance is 1",
    of_counts=of_counts,
)
def cohen_kappa(
    y1: Any,
    y2: Any,
    *,
    labels: Iterable[Any] | None = None,
    weights: KappaWeights | None = None,
    sample_weight: Any = None,
    zero_division: ZeroDivision = "warn",
) -> FloatArray:
    """Return the agreement of two columns of labels, corrected for agreement by chance.

    κ = (observed agreement − chance agreement) / (1 − chance agreement), in [−1, 1], 0 for chance;
    undefined if the agreement expected by chance is 1. With weights,
    κ = 1 − Σ_ij w_ij n_ij / Σ_ij w_ij a_i p_j / n, with w_ij = |i − j| or (i − j)².

    Parameters
    ----------
    y1, y2 : (n,) labels of any kind.
    labels : the classes, in the order that `weights` measures; samples of others are left out.
    weights : the cost of a disagreement: 1, or the ``"linear"`` or ``"quadratic"`` distance.
    sample_weight : (n,) weights of zero or more.
    zero_division : the value where undefined; ``"warn"`` is 0.0 with `UndefinedMetricWarning`.

    Raises
    ------
    InputError, LabelError
        As `confusion_matrix`, and if `weights` is unknown.

    Notes
    -----
    Cohen, *Educational and Psychological Measurement* 20 (1960) 37, and *Psychological
    Bulletin* 70 (1968) 213 for weights.

    Examples
    --------
    >>> float(cohen_kappa([0, 1, 2, 2], [0, 2, 2, 2], weights="linear").round(3))
    0.714
    """
    if labels is None:
        counts = Tally.of(y1, y2, sample_weight).counts
    else:
        counts = confusion_matrix(y1, y2, labels=labels, sample_weight=sample_weight)
    return of_counts(counts, weights=weights, zero_division=zero_division)


def _kappa(observed: FloatArray, expected: FloatArray, zero_division: ZeroDivision) -> FloatArray:
    return defined(1.0 - ratio(observed, expected), zero_division, LABEL)


def _chance(marginals: Marginals) -> FloatArray:
    actual, predicted = _shares(marginals)
    # Σ a (1 − p) is exactly zero if both always name one class, 1 − Σ a p is not.
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
        raise InputError(f"Invalid weights: got {weights!r}. Use None, 'linear' or 'quadratic'.")
    distance: FloatArray = np.abs(rows - columns).astype(np.float64)
    return distance if weights == "linear" else np.square(distance)
