"""Average precision of each class: jackknife intervals, and the paired test of two models.

The variance of the jackknife is too large on average rather than too small (Efron and Stein), which
is what few positives need, and its mean shows the bias: with few positives average precision is too
high.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, logit, stdtr, stdtrit

from evalkit.statistics.estimates import UNDEFINED_OF_TWO, Difference, Estimate
from evalkit.statistics.intervals import tail_probability
from evalkit.statistics.precision_jackknife import (
    Ranking,
    blocks_of,
    spread_of_counted,
    spreads,
)
from evalkit.statistics.proportions import proportion_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evalkit.counts.counts import Counts
    from evalkit.predictions import Predictions
    from evalkit.statistics.precision_jackknife import Blocks, Spread

_MISPLACED = 10
"""With fewer positives × (1 − average precision), few samples decide the variance."""
METHOD = "jackknife"
TEST = "paired jackknife t-test"
NO_OTHERS = "no other class"
NO_POSITIVES = "does not occur in the data"


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
    blocks = blocks_of(counts, seed)
    return tuple(
        _estimate(counts, Ranking.of(scores), known.is_binned, k, blocks, confidence)
        for k, scores in enumerate(known.scores)
    )


def average_precision_difference(
    counts: Counts, pair: tuple[int, int], k: int, confidence: float, *, seed: int = 0
) -> Difference:
    """Return the paired difference in average precision of a class, second minus first.

    A jackknife over samples gives the standard error of the difference, with the covariance of the
    models; the test is Student's, with the degrees of freedom of `average_precision_estimates`, and
    for the difference or that less its estimated bias, whichever is nearer to 0. The interval is
    extended by the limits of both values and the correlation of the models (Zou and Donner), which
    are asymmetric where a value is near 0 or 1. It excludes 0 exactly if p is below 1 − confidence.

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

    References
    ----------
    G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general
    approach", 2008.

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
    rankings = [Ranking.of(each.scores[k]) for each in (first, second)]
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
    if np.array_equal(scores[0], scores[1]):
        return Difference(0.0, 0.0, 0.0, 1.0, test=TEST)
    blocks = blocks_of(counts, seed)
    found = spreads(rows, positive, scores, values, blocks)
    if found[-1].positive_units < 2:
        return Difference(difference, test=f"no test: {_too_few(blocks)}")
    return _tested(values, found, confidence)


def _estimate(
    counts: Counts,
    ranking: Ranking,
    is_binned: bool,
    k: int,
    blocks: Blocks | None,
    confidence: float,
) -> Estimate:
    if not len(ranking.own):
        return Estimate(None, undefined=NO_POSITIVES)
    value = ranking.value
    if not ranking.others[-1] + ranking.below:
        return Estimate(value, method=f"no interval: {NO_OTHERS}")
    rows = counts.rows
    if counts.sampling.simple:
        spread = spread_of_counted(ranking)
    elif rows is None:
        return Estimate(value, method="no interval: weighted or grouped samples are not in memory")
    else:
        (spread,) = spreads(rows, rows.actual == k, [_scores(rows, 0, k)], [value], blocks)
    if spread.positive_units < 2:
        return Estimate(value, method=f"no interval: {_too_few(blocks)}")
    low, high, method = _limits(value, spread, confidence)
    if is_binned:
        below, above = ranking.error_of_bins()
        low, high, method = low - below, high + above, f"{method}, in score bins"
    return Estimate(value, max(0.0, low), min(1.0, high), method)


def _limits(value: float, spread: Spread, confidence: float) -> tuple[float, float, str]:
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


def _log_odds_limits(centre: float, spread: Spread, confidence: float) -> tuple[float, float]:
    t = -float(stdtrit(spread.degrees, tail_probability(confidence)))
    reach = t * spread.error / (centre * (1.0 - centre))
    return float(expit(logit(centre) - reach)), float(expit(logit(centre) + reach))


def _tested(values: Sequence[float], found: Sequence[Spread], confidence: float) -> Difference:
    """Return a difference with limits and p-value from the spreads of both values and of itself."""
    difference, spread = values[1] - values[0], found[-1]
    if not spread.error > 0:
        if difference:
            return Difference(difference, test="no test: the variance cannot be estimated")
        if values[0] < 1.0:
            # Both models rank all samples in the same way.
            return Difference(0.0, 0.0, 0.0, 1.0, test=TEST)
    low, high = _limits_from_both(values, found, confidence)
    if not spread.error > 0:
        # Both rank all positives first. Other samples of the population may still differ.
        return Difference(difference, low, high, 1.0, test=TEST)
    ends = sorted((difference, spread.unbiased))
    reach = -float(stdtrit(spread.degrees, tail_probability(confidence))) * spread.error
    nearest = 0.0 if ends[0] <= 0.0 <= ends[1] else min(map(abs, ends))
    p_value = 2.0 * float(stdtr(spread.degrees, -nearest / spread.error))
    lowest, highest = ends[0] - reach, ends[1] + reach
    # Whether 0 belongs to the interval is decided by the test alone.
    low = lowest if lowest > 0 >= low else min(low, lowest)
    high = highest if highest < 0 <= high else max(high, highest)
    return Difference(difference, low, high, p_value, test=TEST)


def _limits_from_both(
    values: Sequence[float], found: Sequence[Spread], confidence: float
) -> tuple[float, float]:
    """Return limits of the difference from those of both values and their correlation.

    They are as asymmetric as those of the values (Zou and Donner).
    """
    variances = [each.error**2 for each in found]
    scale = 2.0 * found[0].error * found[1].error
    correlation = (variances[0] + variances[1] - variances[2]) / scale if scale > 0 else 0.0
    correlation = min(max(correlation, -1.0), 1.0)
    (low_a, high_a), (low_b, high_b) = (
        _limits(value, each, confidence)[:2] for value, each in zip(values, found[:2], strict=True)
    )
    first, second = values
    difference = second - first

    def length(one: float, other: float) -> float:
        return math.sqrt(max(one**2 + other**2 - 2.0 * correlation * one * other, 0.0))

    return (
        difference - length(second - low_b, high_a - first),
        difference + length(high_b - second, first - low_a),
    )


def _scores(rows: Predictions, model: int, k: int) -> NDArray[Any]:
    table = rows.models[model].probabilities
    assert table is not None
    return np.ascontiguousarray(table[:, k])


def _too_few(blocks: Blocks | None) -> str:
    if blocks is not None and blocks.are_groups:
        return "fewer than two groups have samples of the class"
    return "the class has one sample"
