"""Decisions that make the expected cost least: of classes from probabilities, of a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import InputError
from evalkit.statistics.costs import checked_costs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class CostThreshold:
    """The score from which on calling a sample positive costs least.

    Attributes
    ----------
    threshold : positive means score ≥ threshold; infinite where calling none positive is best.
    cost : the mean cost of a sample at that threshold, on the samples given.
    calibrated_threshold : what the costs alone say, right where scores are true probabilities:
        (c_fp − c_tn) / (c_fp − c_tn + c_fn − c_tp).
    calibrated_cost : the mean cost at it, on the samples given.
    """

    threshold: float
    cost: float
    calibrated_threshold: float
    calibrated_cost: float


def cost_optimal_decisions(probabilities: ArrayLike, costs: ArrayLike) -> NDArray[np.int64]:
    """Return for each sample the class whose prediction has the least expected cost.

    argmin_j Σ_i p_i c_ij; with equal costs of all errors that is the most probable class.

    Parameters
    ----------
    probabilities : (n, K), rows sum to one.
    costs : (K, K), rows actual, columns predicted.

    Examples
    --------
    >>> cost_optimal_decisions([[0.8, 0.2], [0.95, 0.05]], [[0, 1], [10, 0]]).tolist()
    [1, 0]
    """
    table = np.asarray(probabilities, dtype=np.float64)
    if table.ndim != 2:
        raise InputError(f"probabilities must have shape (n, K); got {table.shape}")
    price = checked_costs(costs, table.shape[1])
    least: NDArray[np.int64] = np.argmin(table @ price, axis=1)
    return least


def cost_optimal_threshold(
    y_true: ArrayLike, y_score: ArrayLike, costs: ArrayLike
) -> CostThreshold:
    """Return the threshold on the score of the positive class that makes the mean cost least.

    Parameters
    ----------
    y_true : (n,) booleans, true for the positive class.
    y_score : (n,) finite scores.
    costs : (2, 2), rows actual, columns predicted, negative class first.

    Returns
    -------
    The best threshold on these samples, and the one that the costs alone say. The best of many
    thresholds looks better here than it will on other samples.

    Raises
    ------
    InputError
        If shapes do not match, there are no samples, or an error costs no more than being right.

    References
    ----------
    C. Elkan, "The foundations of cost-sensitive learning", 2001.

    Examples
    --------
    >>> best = cost_optimal_threshold(
    ...     np.array([False, False, True, True]), [0.1, 0.3, 0.2, 0.9], [[0, 1], [10, 0]]
    ... )
    >>> best.threshold, best.cost, round(best.calibrated_threshold, 4)
    (0.2, 0.25, 0.0909)
    """
    positive, scores = np.asarray(y_true, dtype=bool), np.asarray(y_score, dtype=np.float64)
    if positive.shape != scores.shape or positive.ndim != 1 or len(scores) == 0:
        raise InputError(
            f"y_true and y_score must be (n,); got shapes {positive.shape} and {scores.shape}"
        )
    if not np.isfinite(scores).all():
        raise InputError("scores must be finite; got NaN or infinity")
    price = checked_costs(costs, 2)
    false_alarm, miss = price[0, 1] - price[0, 0], price[1, 0] - price[1, 1]
    if not (false_alarm > 0 and miss > 0):
        raise InputError("an error must cost more than being right; the costs say otherwise")
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    # Lowering the threshold past a sample costs a false alarm, or saves a miss.
    saved = np.cumsum(np.where(positive[order], -miss, false_alarm))
    last_of_equal = np.flatnonzero(np.diff(ordered, append=-np.inf))
    base = float(np.where(positive, price[1, 0], price[0, 0]).sum())
    totals = np.concatenate([[0.0], saved[last_of_equal]])
    thresholds = np.concatenate([[np.inf], ordered[last_of_equal]])
    best = int(np.argmin(totals))
    calibrated = float(false_alarm / (false_alarm + miss))
    above = scores >= calibrated
    at_calibrated = price[positive.astype(np.int64), above.astype(np.int64)].mean()
    return CostThreshold(
        threshold=float(thresholds[best]),
        cost=(base + float(totals[best])) / len(scores),
        calibrated_threshold=calibrated,
        calibrated_cost=float(at_calibrated),
    )
