"""Change points in a sequence of runs.

A finished sequence is tested once, by binary segmentation: the best split maximises the likelihood
ratio of two levels to one level, and its p-value comes from sequences simulated under one level.
After a significant split both parts are tested again; a part of ℓ of the m runs is tested at
α (ℓ − 1) / (m − 1), so that a history without any change has a false change point with probability
at most α.

A sequence that is looked at after every run is tested at every look (``sequential=True``). Each
possible split has a p-value of its own, and may spend a share of α that depends on the numbers of
runs before and after it. The shares add up to α over all looks, so that a history without any
change ever shows one with probability at most α, however long it gets.

The tests account for the sampling of test samples, and not for the seed of a newly trained model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, stdtr

from evalkit.errors import InputError
from evalkit.statistics.sequential import alpha_of_split
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray

    # From the runs start to stop − 1 to their best split and its p-value.
    Tester = Callable[[int, int], tuple[int, float]]
    Level = Callable[[int, int], float]
    # From the same runs to the p-value of each split.
    Splits = Callable[[int, int], FloatArray]

REPLICATES = 9_999
MOST_TRIALS = 1_000_000_000


@dataclass(frozen=True)
class ChangePoint:
    """A run at which the level changes.

    Attributes
    ----------
    position : index of the first run with the new level, from 1 to m − 1.
    p_value : p-value of the hypothesis of one level in the part that was split; for a sequence that
        is looked at after every run, corrected for all looks.
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
    sequential: bool = False,
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
    sequential : whether the sequence is looked at after every run. Each split then has Fisher's
        exact test, without simulation.

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

    def level(start: int, stop: int) -> float:
        return float(right[start:stop].sum() / n[start:stop].sum())

    def splits(start: int, stop: int) -> FloatArray:
        from scipy.stats import hypergeom  # loads slowly

        left, size = right[start:stop].cumsum(), n[start:stop].cumsum()
        p = np.asarray(2 * ndtr(-np.sqrt(np.maximum(2 * fits(start, stop), 0.0))))
        # The approximation of the likelihood ratio is far below the exact p-value only where both
        # are tiny, so most splits need no exact one.
        close = p <= 50 * alpha * _shares(start, stop)
        seen, drawn, marked = left[:-1][close], size[:-1][close], left[-1]
        few = seen * size[-1] <= marked * drawn
        # Many successes before the split are few failures.
        tail = hypergeom.cdf(
            np.where(few, seen, drawn - seen),
            size[-1],
            np.where(few, marked, size[-1] - marked),
            drawn,
        )
        p[close] = np.minimum(1.0, 2 * np.asarray(tail))
        return p

    def fits(start: int, stop: int) -> FloatArray:
        return np.asarray(_binomial_ratio(right[None, start:stop], n[start:stop])[0])

    if sequential:
        return _followed(len(n), alpha, splits, fits, level)
    rng = generator(seed, "count changes")

    def tested(start: int, stop: int) -> tuple[int, float]:
        part, size = right[start:stop], n[start:stop]
        simulated = rng.multivariate_hypergeometric(
            size.astype(np.int64), int(part.sum()), size=replicates, method="marginals"
        )
        return _best_split(lambda counts: _binomial_ratio(counts, size), part, simulated)

    return _segmented(len(n), alpha, tested, level)


def change_points_of_estimates(
    values: ArrayLike,
    standard_errors: ArrayLike,
    *,
    alpha: float = 0.05,
    replicates: int = REPLICATES,
    seed: int | np.random.Generator = 0,
    sequential: bool = False,
) -> tuple[ChangePoint, ...]:
    """Return where the mean of a sequence of normal, independent estimates changes.

    Parameters
    ----------
    values, standard_errors : (m,) finite numbers, one per run; standard errors are positive. Other
        numbers are an `InputError`.
    alpha, replicates, seed, sequential : as in `change_points_of_counts`. If sequential, each split
        has a z test, in which no standard error is below their root mean square: an estimate that
        is best by chance often has the smallest.

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

    def level(start: int, stop: int) -> float:
        return float(np.average(value[start:stop], weights=error[start:stop] ** -2))

    def splits(start: int, stop: int) -> FloatArray:
        spread = error[start:stop]
        weights = np.maximum(spread, np.sqrt(np.mean(spread**2))) ** -2
        z = np.sqrt(2 * _normal_ratio(value[None, start:stop], weights)[0])
        return np.asarray(2 * ndtr(-z))

    def fits(start: int, stop: int) -> FloatArray:
        return np.asarray(_normal_ratio(value[None, start:stop], error[start:stop] ** -2)[0])

    if sequential:
        return _followed(len(value), alpha, splits, fits, level)
    rng = generator(seed, "estimate changes")

    def tested(start: int, stop: int) -> tuple[int, float]:
        part, spread = value[start:stop], error[start:stop]
        weights = spread**-2
        simulated = rng.normal(size=(replicates, len(part))) * spread
        return _best_split(lambda runs: _normal_ratio(runs, weights), part, simulated)

    return _segmented(len(value), alpha, tested, level)


def change_points_of_blocks(
    values: ArrayLike, *, alpha: float = 0.05, sequential: bool = False
) -> tuple[ChangePoint, ...]:
    """Return where the level changes in a sequence of runs on the same samples.

    The samples are divided into blocks, the same for every run. Each split has a paired t test of
    the M block differences, mean after the split minus mean before it. The variance is the larger
    of that of the differences and that of the deviations of all runs, so that one run that varies
    little by chance is not significant, plus the square of the largest difference / M. Without
    `sequential`, p-values are multiplied by the number of splits (Bonferroni).

    Parameters
    ----------
    values : (m, M) a value of each run in each block, of which the mean is the value of the run;
        see `evalkit.statistics.blocks.block_values`. Values that are not finite are an
        `InputError`.
    alpha : significance level.
    sequential : whether the sequence is looked at after every run.

    Returns
    -------
    The change points in order; none for fewer than two runs or blocks.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> easy = rng.normal(0.8, 0.1, 64)
    >>> runs = [easy + rng.normal(level, 0.02, 64) for level in (0, 0, 0, 0.03, 0.03)]
    >>> [point.position for point in change_points_of_blocks(runs, sequential=True)]
    [3]
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise InputError(
            f"values has shape {table.shape}, expected (m, M) finite numbers: one row per run."
        )
    many = table.shape[1]

    def level(start: int, stop: int) -> float:
        return float(table[start:stop].mean())

    def splits(start: int, stop: int) -> FloatArray:
        part = table[start:stop]
        runs = len(part)
        before = np.arange(1, runs)[:, None]
        left = part.cumsum(axis=0)
        gaps = (left[-1] - left[:-1]) / (runs - before) - left[:-1] / before
        rest = part - part.mean(axis=0) - part.mean(axis=1, keepdims=True) + part.mean()
        pooled = (rest**2).sum() / ((runs - 1) * (many - 1))
        variance = np.maximum(
            gaps.var(axis=1, ddof=1), pooled * runs / (before * (runs - before))[:, 0]
        )
        # Rounding errors must not make equal runs differ.
        rounding = 1e-12 * (1 + np.abs(part).max())
        error = np.sqrt(variance / many + (np.abs(gaps).max(axis=1) / many) ** 2) + rounding
        return np.asarray(2 * stdtr(many - 1, -np.abs(gaps.mean(axis=1)) / error))

    def tested(start: int, stop: int) -> tuple[int, float]:
        p = splits(start, stop)
        return int(fits(start, stop).argmax()) + 1, min(1.0, float(p.min()) * len(p))

    def fits(start: int, stop: int) -> FloatArray:
        means = table[None, start:stop].mean(axis=2)
        return np.asarray(_normal_ratio(means, np.ones(stop - start))[0])

    runs = len(table) if many > 1 else 0
    if sequential:
        return _followed(runs, alpha, splits, fits, level)
    return _segmented(runs, alpha, tested, level)


def _followed(
    runs: int, alpha: float, splits: Splits, fits: Splits, level: Level
) -> tuple[ChangePoint, ...]:
    """Return the changes that a look after each run has found; a change that is found stays.

    `splits` returns p-values, and `fits` how well two levels fit. As runs are added, the last
    change is moved to the split that fits best. The p-values of changes are multiplied by α over
    the share that their test may spend.
    """
    _require_level(alpha)
    places: list[int] = []
    p_values: list[float] = []
    for stop in range(2, runs + 1):
        if places:
            start = places[-2] if len(places) > 1 else 0
            places[-1] = start + 1 + int(fits(start, stop).argmax())
        start = places[-1] if places else 0
        if stop - start < 2:
            continue
        p = float((splits(start, stop) / _shares(start, stop)).min())
        if p <= alpha:
            places.append(start + 1 + int(fits(start, stop).argmax()))
            p_values.append(p)
    return _changes(places, p_values, runs, level)


def _shares(start: int, stop: int) -> FloatArray:
    """Return the share of α of each split of the runs start to stop − 1."""
    return np.array([alpha_of_split(1.0, each, stop - each) for each in range(start + 1, stop)])


def _require_level(alpha: float) -> None:
    if not 0 < alpha < 1:
        raise InputError(f"Invalid alpha {alpha}. Pass a number strictly between 0 and 1.")


def _changes(
    places: Sequence[int], p_values: Sequence[float], runs: int, level: Level
) -> tuple[ChangePoint, ...]:
    ends = [0, *places, runs]
    return tuple(
        ChangePoint(place, p, level(before, place), level(place, after))
        for before, place, after, p in zip(ends, ends[1:], ends[2:], p_values, strict=False)
    )


def _segmented(runs: int, alpha: float, tested: Tester, level: Level) -> tuple[ChangePoint, ...]:
    _require_level(alpha)
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
    places = sorted(found)
    return _changes(places, [found[place] for place in places], runs, level)


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
