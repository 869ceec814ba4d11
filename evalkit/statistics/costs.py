"""Expected costs: estimates, intervals, and decisions that minimise them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.count.marginals import dense_counts
from evalkit.metrics.probability.ranking import Thresholds
from evalkit.metrics.probability.targets import BinaryTarget
from evalkit.statistics.bootstrap import SMOOTHING, BootstrapInterval, interval_of_replicates
from evalkit.statistics.cell_sums import CellSums, PseudoSamples, blocks
from evalkit.statistics.count_metric import contrast
from evalkit.statistics.multinomial import draw_multinomial
from evalkit.statistics.resampling import occurring_cells, require_replicates, whole_counts
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evalkit.counts.joint import JointCounts
    from evalkit.metrics.count.marginals import FloatArray


def expected_cost(counts: ArrayLike, costs: ArrayLike) -> FloatArray:
    """Return the mean cost per sample, Σ_ij n_ij c_ij / n.

    Parameters
    ----------
    counts : (..., K, K) counts, rows actual, columns predicted.
    costs : (K, K) finite costs in the same layout; negative costs are gains.

    Returns
    -------
    (...) mean costs in the units of the costs; NaN without samples.

    Raises
    ------
    InputError
        If the shapes do not match or a cost is not finite.

    References
    ----------
    C. Elkan, "The foundations of cost-sensitive learning", 2001.

    Examples
    --------
    >>> float(expected_cost([[90, 0], [5, 5]], [[0, 1], [10, 0]]))
    0.5
    """
    matrix = dense_counts(counts)
    price = checked_costs(costs, matrix.shape[-1])
    total = matrix.sum(axis=(-1, -2))
    with np.errstate(invalid="ignore"):
        return np.asarray((matrix * price).sum(axis=(-1, -2)) / total)[()]


def cost_interval(
    counts: ArrayLike,
    costs: ArrayLike,
    *,
    replicates: int = 10_000,
    confidence: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> BootstrapInterval:
    """Return the expected cost with its smoothed bootstrap interval.

    Replicates are drawn over the distinct costs, which determine the mean, and include a
    pseudo-sample as in `bootstrap_interval`. Errors are those of `expected_cost` and of
    `bootstrap_interval`.

    Parameters
    ----------
    counts, costs : as in `expected_cost`, of one matrix of whole counts.
    replicates, confidence, seed : as in `bootstrap_interval`.

    Examples
    --------
    >>> interval = cost_interval([[90, 0], [5, 5]], [[0, 1], [10, 0]])
    >>> bool(interval.low < interval.estimate < interval.high)
    True
    """
    cells, occurring, n_classes = occurring_cells(counts)
    price = checked_costs(costs, n_classes)
    return _mean_interval(cells, occurring, price, replicates, confidence, seed)


def cost_difference_interval(
    joint: JointCounts,
    costs: ArrayLike,
    *,
    replicates: int = 10_000,
    confidence: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> BootstrapInterval:
    """Return the expected cost of B minus that of A on the same samples, with its interval.

    It is negative where B costs less. Errors are those of `cost_interval`.

    Parameters
    ----------
    joint : whole counts over (actual, A, B).
    costs, replicates, confidence, seed : as in `cost_interval`.

    Examples
    --------
    >>> from evalkit.counts.joint import JointCounts
    >>> joint = JointCounts.from_codes([0, 0, 1, 1], [0, 0, 1, 0], [0, 1, 1, 1], 2)
    >>> float(cost_difference_interval(joint, [[0, 1], [10, 0]]).estimate)
    -2.25
    """
    price = checked_costs(costs, joint.n_classes)
    counts = whole_counts(joint.counts)
    return _mean_interval(joint.cells, counts, price, replicates, confidence, seed)


def cell_prices(price: FloatArray, cells: NDArray[np.int64]) -> FloatArray:
    """Return the price of each cell (m, 2), or of cells (m, 3) that of B minus that of A."""
    actual, *predicted = cells.T
    return contrast([price[actual, codes] for codes in predicted])


def _mean_interval(
    cells: NDArray[np.int64],
    counts: NDArray[np.int64],
    price: FloatArray,
    replicates: int,
    confidence: float,
    seed: int | np.random.Generator,
) -> BootstrapInterval:
    """Return the mean price over cells (m, 2), or the mean difference over cells (m, 3)."""
    rng = generator(seed, "costs")
    return interval_of_replicates(
        np.asarray(cell_prices(price, cells) @ counts / counts.sum()),
        mean_replicates(cells, counts, price, replicates, rng),
        confidence=confidence,
        method="smoothed",
    )


def mean_replicates(
    cells: NDArray[np.int64],
    counts: NDArray[np.int64],
    price: FloatArray,
    replicates: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Return smoothed bootstrap replicates (R,) of the mean price over cells (m, 2) or (m, 3)."""
    require_replicates(replicates)
    distinct, which = np.unique(cell_prices(price, cells), return_inverse=True)
    samples = np.bincount(which, weights=counts).astype(np.int64)
    sums = np.concatenate(
        [
            distinct @ draw_multinomial(samples, size, rng)
            for size in blocks(replicates, len(distinct))
        ]
    )
    total = float(samples.sum())
    return smoothed_means(sums / total, total, price, cells, counts, rng)


def smoothed_means(
    means: FloatArray,
    size: float,
    price: FloatArray,
    cells: NDArray[np.int64],
    weights: NDArray[Any],
    rng: np.random.Generator,
) -> FloatArray:
    """Return replicates of a mean price (R,) with pseudo-samples among `size` samples.

    Where a rare class has costly errors, none of them may have occurred. So the expected number of
    pseudo-samples of a class is its share of the samples, or if it is larger, its share of the
    squared costs of errors. This holds for a class without samples too.

    Parameters
    ----------
    means : (R,) replicates of the mean price of one model, or of the difference of two.
    size : effective number of samples.
    price : (K, K) costs.
    cells, weights : (m, 2) or (m, 3) cells of the data, and (m,) their numbers of samples.
    rng : the random number generator.
    """
    sums = CellSums.of_cells(cells, len(price), dense=True)
    pseudo = PseudoSamples.of_cells(SMOOTHING, sums, cells, weights)
    squares = (price - np.diagonal(price)[:, None]) ** 2 @ pseudo.labels
    numbers = pseudo.actual / pseudo.actual.sum()
    if squares.any():
        numbers = np.maximum(numbers, squares / squares.sum())
    pseudo = replace(pseudo, number=SMOOTHING * float(numbers.sum()), actual=numbers)
    draws = max(1, round(size))
    times = rng.binomial(draws, pseudo.number / (draws + pseudo.number), len(means))
    codes = pseudo.draw_codes(int(times.sum()), rng)
    drawn = contrast([np.take(price, code) for code in codes])
    added = np.bincount(np.repeat(np.arange(len(means)), times), drawn, len(means))
    return np.asarray(means * (1.0 - times / draws) + added / draws)


def checked_costs(costs: ArrayLike, n_classes: int) -> FloatArray:
    """Return finite costs (K, K) as an array."""
    price = np.asarray(costs, dtype=np.float64)
    if price.shape != (n_classes, n_classes):
        raise InputError(
            f"costs has shape {price.shape}, expected ({n_classes}, {n_classes}) with rows actual "
            "and columns predicted."
        )
    if not np.isfinite(price).all():
        raise InputError("costs contains NaN or infinity.")
    return price


@dataclass(frozen=True, slots=True)
class CostThreshold:
    """The thresholds on a score that minimise the cost, and the mean cost per sample at each.

    Attributes
    ----------
    threshold, cost : the best on the samples given. Samples with score ≥ threshold are predicted as
        positive; it is infinite if predicting none as positive is best.
    calibrated_threshold, calibrated_cost : the best if scores are calibrated probabilities:
        (c_fp − c_tn) / (c_fp − c_tn + c_fn − c_tp).
    """

    threshold: float
    cost: float
    calibrated_threshold: float
    calibrated_cost: float


def cost_optimal_decisions(probabilities: ArrayLike, costs: ArrayLike) -> NDArray[np.int64]:
    """Return for each sample the class with the smallest expected cost, argmin_j Σ_i p_i c_ij.

    Parameters
    ----------
    probabilities : (n, K) probabilities; rows sum to 1.
    costs : (K, K) finite costs, rows actual, columns predicted.

    Returns
    -------
    (n,) codes of the classes; the first class in case of ties.

    Raises
    ------
    InputError
        If the shapes do not match or a cost is not finite.

    Examples
    --------
    >>> cost_optimal_decisions([[0.8, 0.2], [0.95, 0.05]], [[0, 1], [10, 0]]).tolist()
    [1, 0]
    """
    table = np.asarray(probabilities, dtype=np.float64)
    if table.ndim != 2:
        raise InputError(f"probabilities has shape {table.shape}, expected (n, K).")
    price = checked_costs(costs, table.shape[1])
    least: NDArray[np.int64] = np.argmin(table @ price, axis=1)
    return least


def cost_optimal_threshold(
    y_true: ArrayLike, y_score: ArrayLike, costs: ArrayLike
) -> CostThreshold:
    """Return the threshold on the score of the positive class that minimises the mean cost.

    Parameters
    ----------
    y_true : (n,) booleans, true for the positive class.
    y_score : (n,) finite scores, higher for the positive class.
    costs : (2, 2) finite costs, rows actual, columns predicted, negative class first.

    Returns
    -------
    The best threshold on these samples, and the threshold for calibrated probabilities. The cost of
    the best threshold is too optimistic for other samples, because it was selected on these.

    Raises
    ------
    InputError
        If shapes do not match, there are no samples, a score is not finite, or an error costs no
        more than a correct prediction.

    Examples
    --------
    >>> y_true, scores = np.array([False, False, True, True]), [0.1, 0.3, 0.2, 0.9]
    >>> best = cost_optimal_threshold(y_true, scores, [[0, 1], [10, 0]])
    >>> best.threshold, best.cost, round(best.calibrated_threshold, 4)
    (0.2, 0.25, 0.0909)
    """
    positive, scores = np.asarray(y_true, dtype=bool), np.asarray(y_score, dtype=np.float64)
    if positive.shape != scores.shape or positive.ndim != 1 or len(scores) == 0:
        raise InputError(
            f"y_true has shape {positive.shape} and y_score has shape {scores.shape}, expected "
            "(n,) for both, with at least one sample."
        )
    if not np.isfinite(scores).all():
        raise InputError("y_score contains NaN or infinity.")
    price = checked_costs(costs, 2)
    false_alarm, miss = price[0, 1] - price[0, 0], price[1, 0] - price[1, 1]
    if not (false_alarm > 0 and miss > 0):
        raise InputError(
            "An error costs no more than a correct prediction. Pass higher costs for errors."
        )
    ranked = Thresholds.of(BinaryTarget(positive, scores, None))
    # The totals are relative to predicting none as positive.
    added = false_alarm * ranked.false_positives - miss * ranked.true_positives
    totals = np.concatenate([[0.0], added])
    thresholds = np.concatenate([[np.inf], ranked.values])
    base = float(np.where(positive, price[1, 0], price[0, 0]).sum())
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
