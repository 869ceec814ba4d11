"""Change points in a sequence of runs, by binary segmentation.

The best split of a sequence maximises the likelihood ratio of two levels to one level. Its p-value
comes from sequences simulated under one level. After a significant split both parts are tested
again; a part of ℓ of the m runs is tested at α (ℓ − 1) / (m − 1), so that a history without any
change has a false change point with probability at most α.

The test accounts for the sampling of test samples, and not for the seed of a newly trained model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import InputError
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray

    # From the runs start to stop − 1 to their best split and its p-value.
    Tester = Callable[[int, int], tuple[int, float]]
    Level = Callable[[int, int], float]

REPLICATES = 9_999
MOST_TRIALS = 1_000_000_000


@dataclass(frozen=True)
class ChangePoint:
    """A run at which the level changes.

    Attributes
    ----------
    position : index of the first run with the new level, from 1 to m − 1.
    p_value : simulated p-value of the hypothesis of one level in the part that was split.
    before, after : pooled levels since the previous change point and until the next one.
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
    seed: int | np.random.Generator = 0,
) -> tuple[ChangePoint, ...]:
    """Return where the success probability of a sequence of counts changes.

    The test is conditional on the total number of successes and exact up to simulation: under one
    level, the successes are distributed over the runs as in drawing without replacement. It is
    conservative if the runs share their samples, because they are then positively correlated.

    Parameters
    ----------
    successes, trials : (m,) whole numbers, one per run, in the order of the runs.
    alpha : significance level.
    replicates : number of simulated sequences per test.
    seed : integer seed, or a random number generator.

    Returns
    -------
    The change points in order; none for fewer than two runs.

    Raises
    ------
    InputError
        If counts are not whole, successes exceed trials, or there are 10⁹ trials or more.

    References
    ----------
    A. J. Scott and M. Knott, "A cluster analysis method for grouping means in the analysis of
    variance", 1974.

    Examples
    --------
    >>> found = change_points_of_counts([70, 72, 69, 90, 88], [100] * 5)
    >>> [point.position for point in found]
    [3]
    """
    right, n = (np.asarray(each, dtype=np.float64) for each in (successes, trials))
    if right.shape != n.shape or right.ndim != 1:
        raise InputError(
            f"successes has shape {right.shape} and trials has shape {n.shape}, expected (m,) for "
            "both."
        )
    if (right != np.floor(right)).any() or (n != np.floor(n)).any():
        raise InputError("The counts are not whole numbers. Use change_points_of_estimates.")
    if ((right < 0) | (right > n) | (n <= 0)).any():
        raise InputError("Invalid counts: successes must be between 0 and trials, trials positive.")
    if n.sum() >= MOST_TRIALS:
        raise InputError(f"Too many trials: {n.sum():g}. The total must be below {MOST_TRIALS:,}.")
    rng = generator(seed, "count changes")

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
    seed: int | np.random.Generator = 0,
) -> tuple[ChangePoint, ...]:
    """Return where the mean of a sequence of normal, independent estimates changes.

    Parameters
    ----------
    values, standard_errors : (m,) finite numbers, one per run; standard errors are positive. Other
        numbers are an `InputError`.
    alpha, replicates, seed : as in `change_points_of_counts`.

    Returns
    -------
    The change points in order; none for fewer than two runs.

    Examples
    --------
    >>> found = change_points_of_estimates([0.7, 0.71, 0.7, 0.8, 0.81], [0.01] * 5)
    >>> [point.position for point in found]
    [3]
    """
    value, error = (np.asarray(each, dtype=np.float64) for each in (values, standard_errors))
    if value.shape != error.shape or value.ndim != 1:
        raise InputError(
            f"values has shape {value.shape} and standard_errors has shape {error.shape}, expected "
            "(m,) for both."
        )
    if not (np.isfinite(value).all() and np.isfinite(error).all() and (error > 0).all()):
        raise InputError(
            "Invalid estimates: values must be finite, standard errors finite and positive."
        )
    rng = generator(seed, "estimate changes")

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
        raise InputError(f"Invalid alpha {alpha}. Pass a number strictly between 0 and 1.")
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
    """Return the number of runs before the split with the largest ratio, and its p-value."""
    ratios = ratio(runs[None])[0]
    largest = ratios.max()
    # Rounding errors must not make equal sequences differ.
    reached = ratio(simulated.astype(np.float64)).max(axis=1) >= largest * (1 - 1e-9) - 1e-9
    # +1, because the observed sequence is one of the possible ones under the hypothesis.
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
    """Return s ln(s/n) + (n − s) ln((n − s)/n) with 0 ln 0 = 0."""
    total = np.zeros(np.broadcast_shapes(successes.shape, np.shape(trials)))
    for part in (successes, trials - successes):
        share = np.where(part > 0, part / trials, 1.0)
        total += part * np.log(share)
    return total


def _normal_ratio(runs: FloatArray, weights: FloatArray) -> FloatArray:
    """Return half the squared standardised difference (R, m − 1) of the means of both sides."""
    sums, weight = (runs * weights).cumsum(axis=1), weights.cumsum()
    left, right = weight[:-1], weight[-1] - weight[:-1]
    gap = sums[:, :-1] / left - (sums[:, -1:] - sums[:, :-1]) / right
    return np.asarray(0.5 * gap**2 * left * right / weight[-1])
