"""Average precision of each class: jackknife intervals, and the paired test of two models.

The value with one sample left out has a closed form, so that the jackknife costs one sort. Its
variance is too large on average rather than too small (Efron and Stein), which is what few
positives need, and its mean shows the bias: with few positives average precision is too high.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from scipy.special import digamma, expit, logit, stdtr, stdtrit

from evalkit.statistics.estimates import UNDEFINED_OF_TWO, Difference, Estimate
from evalkit.statistics.intervals import tail_probability
from evalkit.statistics.proportions import proportion_interval
from evalkit.statistics.sampling_units import SamplingUnits
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.counts.counts import Counts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.metrics.probability.ranking import Thresholds
    from evalkit.predictions import Predictions

    _Moved: TypeAlias = tuple[FloatArray, FloatArray]
    """Changes of a value without a unit, and how many units have each change."""

BLOCKS = 500
"""Weighted or grouped samples are left out in at most this many random blocks."""
_THRESHOLDS = 4_096
"""Blocks are left out of thresholds thinned to this number; the value itself uses all."""
_MISPLACED = 10
"""With fewer positives × (1 − average precision), few samples decide the variance."""
METHOD = "jackknife"
TEST = "paired jackknife t-test"
NO_OTHERS = "no other class"
NO_POSITIVES = "does not occur in the data"


class _Spread(NamedTuple):
    """Jackknife standard error, its degrees of freedom, and the value without its bias."""

    error: float
    degrees: float
    unbiased: float
    positive_units: int

    @classmethod
    def of(
        cls, value: float, parts: list[_Moved], positive_units: int, positive_strata: int = 1
    ) -> _Spread:
        """Return the spread of a value from how it moves without each unit of each stratum."""
        variance = bias = fourth = 0.0
        for moved, times in parts:
            n = float(times.sum())
            mean = float(times @ moved / n)
            squares = (moved - mean) ** 2
            variance += (n - 1.0) / n * float(times @ squares)
            fourth += float(times @ squares**2)
            bias += (n - 1.0) * mean
        # A variance from m equal squares has 2 m degrees of freedom if most others are near 0.
        degrees = 2.0 * variance**2 / fourth if fourth > 0 else 1.0
        degrees = max(min(degrees, float(positive_units - positive_strata)), 1.0)
        return cls(math.sqrt(variance), degrees, value - bias, positive_units)


_UNKNOWN = _Spread(math.nan, 1.0, math.nan, 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Ranking:
    """Positives and others at the thresholds where there are positives, descending.

    Attributes
    ----------
    own : (m,) positives at each threshold.
    passed : (m,) positives at or above it.
    others : (m,) samples of other classes at or above it.
    below : samples of other classes below all positives.
    """

    own: FloatArray
    passed: FloatArray
    others: FloatArray
    below: float

    @classmethod
    def of(cls, scores: Thresholds) -> _Ranking:
        """Return the ranking of counted thresholds."""
        own = np.diff(scores.true_positives, prepend=0.0)
        at = np.flatnonzero(own > 0)
        others = scores.false_positives[at]
        below = scores.false_positives[-1:].sum() - others[-1:].sum()
        return cls(own[at], scores.true_positives[at], others, float(below))

    @property
    def value(self) -> float:
        """Average precision."""
        precision = self.passed / (self.passed + self.others)
        return float(self.own @ precision / self.passed[-1])

    def left_out(self) -> tuple[FloatArray, FloatArray]:
        """Return the values without one positive (m,), and without one other sample (m + 1,).

        The first are by the threshold of the positive, the others by the highest threshold that the
        sample reaches; the last is of samples below all.
        """
        total, n = self.passed[-1], self.passed + self.others
        precision = self.passed / n
        above = np.cumsum(self.own * precision) - self.own * precision
        # Where there is one sample only, nothing is divided: own − 1 and the group are empty.
        rest = np.maximum(n - 1.0, 1.0)
        without = (self.passed - 1.0) / rest
        after = _reversed_sums(self.own * without)
        of_positives = np.full(len(n), np.nan)
        if total > 1:
            of_positives = (above + after - without) / (total - 1.0)
        of_others = (above + _reversed_sums(self.own * self.passed / rest)) / total
        return of_positives, np.append(of_others, self.value)

    def error_of_bins(self) -> tuple[float, float]:
        """Return how much lower and higher the value can be in any order within thresholds."""
        above, before = self.passed - self.own, np.append(0.0, self.others[:-1])
        lowest = _within(above, self.others, self.own)
        highest = _within(above, before, self.own)
        tied = self.own * self.passed / (self.passed + self.others)
        total = self.passed[-1]
        return float((tied - lowest).sum() / total), float((highest - tied).sum() / total)


def average_precision_estimates(
    counts: Counts, confidence: float, *, seed: int = 0
) -> tuple[Estimate, ...]:
    """Return the one-vs-rest average precision of each class of one model.

    average precision = Σ (Rₜ − Rₜ₋₁) Pₜ over the distinct scores t, descending. The interval is
    symmetric in log-odds, with the jackknife's standard error and Student's t with positives − 1
    degrees of freedom, fewer where few samples decide the variance (Satterthwaite). It is the union
    of the interval around the value and of that around the value less the jackknife's estimate of
    its bias. If positives × (1 − value) is less than 10, it is extended down to Wilson's lower
    limit for as many trials as positives. The number of positives counts as random, as in a random
    sample of the population.

    Parameters
    ----------
    counts : counts of one model with probabilities.
    confidence : strictly between 0 and 1.
    seed : integer seed of the blocks of weighted or grouped samples.

    Returns
    -------
    One estimate per class; undefined without samples of the class. There is no interval, and
    `method` says why, with one positive, without other classes, or if weighted or grouped samples
    were counted out of core. Score bins widen the interval by their largest possible error.

    References
    ----------
    K. Boyd, K. H. Eng and C. D. Page, "Area under the precision–recall curve: point estimates and
    confidence intervals", 2013. B. Efron and C. Stein, "The jackknife estimate of variance", 1981.

    Examples
    --------
    >>> import evalkit
    >>> table = [[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]]
    >>> counts = evalkit.evaluate([0, 0, 1, 1], y_proba=table, classes=[0, 1]).counts
    >>> round(average_precision_estimates(counts, 0.95)[1].value, 3)
    0.833
    """
    tail_probability(confidence)
    known = counts.probability(0)
    assert known is not None, "the model has no probabilities"
    blocks = _blocks(counts, seed)
    return tuple(
        _estimate(counts, _Ranking.of(scores), known.is_binned, k, blocks, confidence)
        for k, scores in enumerate(known.scores)
    )


def average_precision_difference(
    counts: Counts, pair: tuple[int, int], k: int, confidence: float, *, seed: int = 0
) -> Difference:
    """Return the paired difference in average precision of a class, second minus first.

    A jackknife over samples gives the standard error of the difference, with the covariance of the
    models, and Student's t the interval, with the degrees of freedom of
    `average_precision_estimates`. It is the union of the intervals around the difference and around
    the difference less its estimated bias; the p-value is that at which it begins to exclude 0.

    Parameters
    ----------
    counts : counts of models with probabilities.
    pair : positions of the two models.
    k : position of the class.
    confidence, seed : as in `average_precision_estimates`.

    Returns
    -------
    The difference; undefined without samples of the class. There is no interval and no p-value, and
    `test` says why, if the samples are not in memory or not the same, or with one positive.

    Examples
    --------
    >>> import evalkit
    >>> table = [[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]]
    >>> counts = evalkit.evaluate([0, 0, 1, 1], y_proba=table, classes=[0, 1]).counts
    >>> found = average_precision_difference(counts, (0, 0), 1, 0.95)
    >>> found.value, found.p_value
    (0.0, 1.0)
    """
    tail_probability(confidence)
    known = [counts.probability(i) for i in pair]
    first, second = known
    if first is None or second is None:
        return Difference(None, undefined=UNDEFINED_OF_TWO)
    rankings = [_Ranking.of(each.scores[k]) for each in (first, second)]
    if not all(len(ranking.own) for ranking in rankings):
        return Difference(None, undefined=NO_POSITIVES)
    values = [ranking.value for ranking in rankings]
    difference = values[1] - values[0]
    rows = counts.rows
    if rows is None:
        return Difference(difference, test="no test: the samples are not in memory or not paired")
    positive = rows.actual == k
    if positive.all():
        return Difference(difference, test=f"no test: {NO_OTHERS}")
    scores = [_scores(rows, i, k) for i in pair]
    blocks = _blocks(counts, seed)
    spread = (
        _spread_of_samples(positive, scores, difference)
        if blocks is None
        else _spread_of_blocks(rows, positive, scores, difference, blocks)
    )
    if spread.positive_units < 2:
        return Difference(difference, test=f"no test: {_too_few(blocks)}")
    if spread.error > 0:
        return _tested(difference, spread, confidence)
    if difference:
        return Difference(difference, test="no test: the variance cannot be estimated")
    if values[0] == 1.0 and not np.array_equal(scores[0], scores[1]):
        return Difference(0.0, p_value=1.0, test=TEST)
    return Difference(0.0, 0.0, 0.0, 1.0, test=TEST)


def _estimate(
    counts: Counts,
    ranking: _Ranking,
    is_binned: bool,
    k: int,
    blocks: _Blocks | None,
    confidence: float,
) -> Estimate:
    if not len(ranking.own):
        return Estimate(None, undefined=NO_POSITIVES)
    value = ranking.value
    if not ranking.others[-1] + ranking.below:
        return Estimate(value, method=f"no interval: {NO_OTHERS}")
    rows = counts.rows
    if counts.sampling.simple:
        spread = _spread_of_counted(ranking)
    elif rows is None or blocks is None:
        return Estimate(value, method="no interval: weighted or grouped samples are not in memory")
    else:
        scores = [_scores(rows, 0, k)]
        spread = _spread_of_blocks(rows, rows.actual == k, scores, value, blocks)
    if spread.positive_units < 2:
        return Estimate(value, method=f"no interval: {_too_few(blocks)}")
    low, high, method = _limits(value, spread, confidence)
    if is_binned:
        below, above = ranking.error_of_bins()
        low, high, method = low - below, high + above, f"{method}, in score bins"
    return Estimate(value, max(0.0, low), min(1.0, high), method)


def _limits(value: float, spread: _Spread, confidence: float) -> tuple[float, float, str]:
    """Return the limits of a value and their method."""
    ends = [
        _log_odds_limits(centre, spread, confidence)
        for centre in (value, spread.unbiased)
        if 0.0 < centre < 1.0
    ]
    low, high = min([value, *(e[0] for e in ends)]), max([value, *(e[1] for e in ends)])
    trials = spread.positive_units
    if trials * (1.0 - value) >= _MISPLACED:
        return low, high, METHOD
    lowest, _ = proportion_interval(trials * value, trials, confidence=confidence)
    return min(low, float(lowest)), high, f"{METHOD} and Wilson"


def _log_odds_limits(centre: float, spread: _Spread, confidence: float) -> tuple[float, float]:
    t = -float(stdtrit(spread.degrees, tail_probability(confidence)))
    reach = t * spread.error / (centre * (1.0 - centre))
    return float(expit(logit(centre) - reach)), float(expit(logit(centre) + reach))


def _tested(difference: float, spread: _Spread, confidence: float) -> Difference:
    """Return a difference with limits and p-value from its spread."""
    ends = sorted((difference, spread.unbiased))
    reach = -float(stdtrit(spread.degrees, tail_probability(confidence))) * spread.error
    nearest = 0.0 if ends[0] <= 0.0 <= ends[1] else min(map(abs, ends))
    p_value = 2.0 * float(stdtr(spread.degrees, -nearest / spread.error))
    return Difference(difference, ends[0] - reach, ends[1] + reach, p_value, test=TEST)


def _spread_of_counted(ranking: _Ranking) -> _Spread:
    """Return the jackknife of independent samples from their ranking alone."""
    of_positives, of_others = ranking.left_out()
    times = np.concatenate([ranking.own, np.diff(ranking.others, prepend=0.0), [ranking.below]])
    positives = round(float(ranking.passed[-1]))
    if positives < 2:
        return _UNKNOWN._replace(positive_units=positives)
    moved = np.concatenate([of_positives, of_others]) - ranking.value
    return _Spread.of(ranking.value, [(moved, times)], positives)


def _spread_of_samples(
    positive: NDArray[np.bool_], scores: list[NDArray[Any]], difference: float
) -> _Spread:
    """Return the jackknife of the difference of two scores of independent samples."""
    positives = int(positive.sum())
    if positives < 2:
        return _UNKNOWN._replace(positive_units=positives)
    first, second = (_left_out_by_sample(positive, each) for each in scores)
    moved = second - first - difference
    return _Spread.of(difference, [(moved, np.ones(len(moved)))], positives)


def _left_out_by_sample(positive: NDArray[np.bool_], scores: NDArray[Any]) -> FloatArray:
    """Return (n,) the average precision without each sample."""
    values, place, own = np.unique(scores[positive], return_inverse=True, return_counts=True)
    reached = len(values) - np.searchsorted(values, scores[~positive], side="right")
    others = np.cumsum(np.bincount(reached, minlength=len(values) + 1))
    ranking = _Ranking(
        own[::-1].astype(np.float64),
        np.cumsum(own[::-1]).astype(np.float64),
        others[:-1].astype(np.float64),
        float(others[-1] - others[-2]),
    )
    of_positives, of_others = ranking.left_out()
    found = np.empty(len(scores))
    found[positive] = of_positives[::-1][place]
    found[~positive] = of_others[reached]
    return found


class _Blocks(NamedTuple):
    """Blocks of units that are left out together: of each sample, and those of each stratum."""

    of_sample: NDArray[np.int64]
    strata: tuple[NDArray[np.int64], ...]
    are_groups: bool


def _blocks(counts: Counts, seed: int) -> _Blocks | None:
    """Return random blocks of the units within strata; None for simple samples and without rows."""
    rows = counts.rows
    if rows is None or counts.sampling.simple:
        return None
    units = SamplingUnits.of_samples(len(rows), rows.groups, rows.strata)
    rng, share = generator(seed, "average precision"), BLOCKS / len(units.size)
    block, strata, first = np.empty(len(units.size), np.int64), [], 0
    for members in units.strata:
        size = min(len(members), max(2, int(len(members) * share)))
        block[rng.permutation(members)] = first + np.arange(len(members)) % size
        strata.append(np.arange(first, first + size))
        first += size
    return _Blocks(block[units.unit], tuple(strata), rows.groups is not None)


def _spread_of_blocks(
    rows: Predictions,
    positive: NDArray[np.bool_],
    scores: list[NDArray[Any]],
    value: float,
    blocks: _Blocks,
) -> _Spread:
    """Return the jackknife over blocks of a value, or of the difference of two scores."""
    weight = np.ones(len(positive)) if rows.weights is None else rows.weights.astype(np.float64)
    counted = positive & (weight > 0)
    with_positives = np.unique(blocks.of_sample[counted])
    strata = sum(bool(np.isin(members, with_positives).any()) for members in blocks.strata)
    if len(with_positives) < 2:
        return _UNKNOWN._replace(positive_units=len(with_positives))
    found = [_moved_by_block(positive, each, weight, blocks) for each in scores]
    moved = found[0] if len(found) == 1 else found[1] - found[0]
    parts = [(moved[members], np.ones(len(members))) for members in blocks.strata]
    return _Spread.of(value, parts, len(with_positives), strata)


def _moved_by_block(
    positive: NDArray[np.bool_], scores: NDArray[Any], weight: FloatArray, blocks: _Blocks
) -> FloatArray:
    """Return how much the average precision changes without each block."""
    values = np.unique(scores[positive & (weight > 0)])
    values = values[:: -(-len(values) // _THRESHOLDS)]
    # Thresholds descend; samples below the lowest positive reach none.
    reached = len(values) - np.searchsorted(values, scores, side="right")
    width, n_blocks = len(values) + 1, int(blocks.of_sample.max()) + 1
    sums = [
        np.bincount(
            blocks.of_sample[side] * width + reached[side], weight[side], n_blocks * width
        ).reshape(n_blocks, width)[:, :-1]
        for side in (positive, ~positive)
    ]
    own = sums[0].sum(axis=0) - np.vstack([np.zeros(width - 1), sums[0]])
    others = sums[1].sum(axis=0) - np.vstack([np.zeros(width - 1), sums[1]])
    # Subtraction leaves rounding where nothing is left.
    own = np.where(own > 1e-9 * weight.max(), own, 0.0)
    passed = np.cumsum(own, axis=1)
    reaching = passed + np.maximum(np.cumsum(others, axis=1), 0.0)
    precision = np.divide(passed, reaching, out=np.zeros_like(own), where=reaching > 0)
    found = np.einsum("ij,ij->i", own, precision) / passed[:, -1]
    return np.asarray(found[1:] - found[0])


def _scores(rows: Predictions, model: int, k: int) -> NDArray[Any]:
    table = rows.models[model].probabilities
    assert table is not None
    return np.ascontiguousarray(table[:, k])


def _reversed_sums(values: FloatArray) -> FloatArray:
    """Return the sums from each position to the end."""
    return np.cumsum(values[::-1])[::-1]


def _within(above: FloatArray, others: FloatArray, own: FloatArray) -> FloatArray:
    """Return Σ (above + i) / (above + others + i) over i = 1 to own, at each threshold."""
    total = above + others
    return np.asarray(own - others * (digamma(total + own + 1.0) - digamma(total + 1.0)))


def _too_few(blocks: _Blocks | None) -> str:
    if blocks is not None and blocks.are_groups:
        return "fewer than two groups have samples of the class"
    return "the class has one sample"
