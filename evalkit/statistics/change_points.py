"""Where a sequence of runs changed its level by more than noise: binary segmentation.

The best split of a sequence is where the likelihood ratio of two levels to one is largest. Whether
it is more than noise is asked of sequences drawn under one level. A split that is found is split
on: a part of ℓ of the m runs is tested at α(ℓ − 1)/(m − 1), so that a whole history without any
change shows one with a probability of at most α, and parts that do not overlap share that.

Noise here is that of the test samples. Training the same model again gives another model, and a
change that is real of the models may still be chance of their seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray

    # Of a part of the runs, from its first to before its last: the best split and its p-value.
    Tester = Callable[[int, int], tuple[int, float]]
    Level = Callable[[int, int], float]

REPLICATES = 9_999
MOST_TRIALS = 1_000_000_000


@dataclass(frozen=True)
class ChangePoint:
    """A run from which on the level is another.

    Attributes
    ----------
    position : the first run of the new level, from 1 to m − 1.
    p_value : of one level in the part that was split, by simulation.
    before, after : the pooled levels from the last change to this, and from this to the next.
    """

    position: int
    p_value: float
    before: float
    after: float


def change_points_of_counts(
    successes: ArrayLike,
    trials: ArrayLike,
    *,
    alpha: float = 0.05,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> tuple[ChangePoint, ...]:
    """Return where the probability behind counts changed, as of an accuracy over runs.

    The test is exact but for simulation: given all successes together, one level spreads them over
    the runs as drawing without replacement does, whatever the level is. Runs on the same samples
    vary together, which makes the test cautious.

    Parameters
    ----------
    successes, trials : (m,) whole numbers, one a run in their order.
    alpha : the level of the test.
    replicates : simulated sequences a test.
    seed : of the simulation.

    Raises
    ------
    InputError
        If counts are not whole, successes exceed trials, or there are a thousand million trials.

    References
    ----------
    A. J. Scott and M. Knott, "A cluster analysis method for grouping means in the analysis of
    variance", 1974; B. S. Everitt, *The Analysis of Contingency Tables*, 1992 (exact conditional
    tests).

    Examples
    --------
    >>> found = change_points_of_counts([70, 72, 69, 90, 88], [100] * 5)
    >>> [point.position for point in found]
    [3]
    """
    right, n = (np.asarray(each, dtype=np.float64) for each in (successes, trials))
    if right.shape != n.shape or right.ndim != 1:
        raise InputError(
            f"successes and trials are one a run; got shapes {right.shape} and {n.shape}"
        )
    if (right != np.floor(right)).any() or (n != np.floor(n)).any():
        raise InputError("change points of counts need whole counts; pass estimates instead")
    if ((right < 0) | (right > n) | (n <= 0)).any():
        raise InputError("successes must lie between 0 and trials, and trials must be positive")
    if n.sum() >= MOST_TRIALS:
        raise InputError(f"there must be fewer than {MOST_TRIALS:,} trials in all; got {n.sum():g}")
    rng = np.random.default_rng(seed)

    def tested(start: int, stop: int) -> tuple[int, float]:
        part, size = right[start:stop], n[start:stop]
        simulated = rng.multivariate_hypergeometric(
            size.astype(np.int64), int(part.sum()), size=replicates, method="marginals"
        )
        return _best_split(lambda counts: _binomial_ratio(counts, size), part, simulated)

    def level(start: int, stop: int) -> float:
        return float(right[start:stop].sum() / n[start:stop].sum())

    return _segmented(len(n), alpha, tested, level)


def change_points_of_estimates(
    values: ArrayLike,
    standard_errors: ArrayLike,
    *,
    alpha: float = 0.05,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> tuple[ChangePoint, ...]:
    """Return where the mean behind estimates with known standard errors changed.

    Estimates are taken as normal and independent.

    Parameters
    ----------
    values, standard_errors : (m,) finite, errors positive.
    alpha, replicates, seed : as in `change_points_of_counts`.

    Raises
    ------
    InputError
        If there are not as many errors as values, one is not finite or an error not positive.

    Examples
    --------
    >>> found = change_points_of_estimates([0.7, 0.71, 0.7, 0.8, 0.81], [0.01] * 5)
    >>> [point.position for point in found]
    [3]
    """
    value, error = (np.asarray(each, dtype=np.float64) for each in (values, standard_errors))
    if value.shape != error.shape or value.ndim != 1:
        raise InputError(
            f"values and standard errors are one a run; got shapes {value.shape} and {error.shape}"
        )
    if not (np.isfinite(value).all() and np.isfinite(error).all() and (error > 0).all()):
        raise InputError("values must be finite and standard errors positive")
    rng = np.random.default_rng(seed)

    def tested(start: int, stop: int) -> tuple[int, float]:
        part, spread = value[start:stop], error[start:stop]
        weights = spread**-2
        simulated = rng.normal(size=(replicates, len(part))) * spread
        return _best_split(lambda runs: _normal_ratio(runs, weights), part, simulated)

    def level(start: int, stop: int) -> float:
        return float(np.average(value[start:stop], weights=error[start:stop] ** -2))

    return _segmented(len(value), alpha, tested, level)


def _segmented(runs: int, alpha: float, tested: Tester, level: Level) -> tuple[ChangePoint, ...]:
    if not 0 < alpha < 1:
        raise InputError(f"alpha must lie strictly between 0 and 1; got {alpha}")
    found: dict[int, float] = {}
    parts = [(0, runs)]
    while parts:
        start, stop = parts.pop()
        if stop - start < 2:
            continue
        split, p = tested(start, stop)
        if p <= alpha * (stop - start - 1) / (runs - 1):
            found[start + split] = p
            parts += [(start + split, stop), (start, start + split)]
    places = [0, *sorted(found), runs]
    return tuple(
        ChangePoint(place, found[place], level(before, place), level(place, after))
        for before, place, after in zip(places, places[1:], places[2:], strict=False)
    )


def _best_split(
    ratio: Callable[[FloatArray], FloatArray], runs: FloatArray, simulated: NDArray[np.generic]
) -> tuple[int, float]:
    """Return after how many runs the ratio is largest, and the p-value of its size."""
    ratios = ratio(runs[None])[0]
    largest = ratios.max()
    # What rounding makes of equal sequences must not make them differ.
    reached = ratio(simulated.astype(np.float64)).max(axis=1) >= largest * (1 - 1e-9) - 1e-9
    # +1: the sequence at hand is one of those that one level gives.
    return int(ratios.argmax()) + 1, float((reached.sum() + 1) / (len(simulated) + 1))


def _binomial_ratio(counts: FloatArray, trials: FloatArray) -> FloatArray:
    """Return the log likelihood ratio (R, m − 1) of two levels to one, for each split."""
    left, size = counts.cumsum(axis=1), trials.cumsum()
    whole = _log_likelihood(left[:, -1:], size[-1])
    right = left[:, -1:] - left
    return (
        _log_likelihood(left[:, :-1], size[:-1])
        + _log_likelihood(right[:, :-1], size[-1] - size[:-1])
        - whole
    )


def _log_likelihood(successes: FloatArray, trials: FloatArray) -> FloatArray:
    """Return s ln(s/n) + (n − s) ln((n − s)/n), 0 ln 0 being 0."""
    total = np.zeros(np.broadcast_shapes(successes.shape, np.shape(trials)))
    for part in (successes, trials - successes):
        share = np.where(part > 0, part / trials, 1.0)
        total += part * np.log(share)
    return total


def _normal_ratio(runs: FloatArray, weights: FloatArray) -> FloatArray:
    """Return half the squared standardised difference (R, m − 1) of the two sides' means."""
    sums, weight = (runs * weights).cumsum(axis=1), weights.cumsum()
    left, right = weight[:-1], weight[-1] - weight[:-1]
    gap = sums[:, :-1] / left - (sums[:, -1:] - sums[:, :-1]) / right
    return np.asarray(0.5 * gap**2 * left * right / weight[-1])
