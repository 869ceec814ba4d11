"""The jackknife of average precision: rankings of one class, and values without single samples.

The value without one sample has a closed form, so that the jackknife costs one sort. Weighted and
grouped samples are left out in blocks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from scipy.special import digamma

from evalkit.statistics.sampling_units import SamplingUnits
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

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


class Spread(NamedTuple):
    """Jackknife standard error, its degrees of freedom, and the value without its bias."""

    error: float
    degrees: float
    unbiased: float
    positive_units: int

    @classmethod
    def of(
        cls, value: float, parts: list[_Moved], positive_units: int, positive_strata: int = 1
    ) -> Spread:
        """Return the spread of a value from how it moves without each unit of each stratum.

        Of fewer than two units with positives it is unknown.
        """
        if positive_units < 2:
            return cls(math.nan, 1.0, math.nan, positive_units)
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


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
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
    def of(cls, scores: Thresholds) -> Ranking:
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


def spread_of_counted(ranking: Ranking) -> Spread:
    """Return the jackknife of independent samples from their ranking alone."""
    of_positives, of_others = ranking.left_out()
    times = np.concatenate([ranking.own, np.diff(ranking.others, prepend=0.0), [ranking.below]])
    positives = round(float(ranking.passed[-1]))
    moved = np.concatenate([of_positives, of_others]) - ranking.value
    return Spread.of(ranking.value, [(moved, times)], positives)


def spreads(
    rows: Predictions,
    positive: NDArray[np.bool_],
    scores: Sequence[NDArray[Any]],
    values: Sequence[float],
    blocks: Blocks | None,
) -> list[Spread]:
    """Return the jackknife of the value of each score, and of two scores that of the difference.

    Parameters
    ----------
    rows : the samples.
    positive : (n,) which of them are positives.
    scores, values : (n,) scores of each model, and its average precision.
    blocks : of weighted, grouped or stratified samples; None leaves out single samples.
    """
    if blocks is None:
        units, strata = int(positive.sum()), [np.arange(len(positive))]
        moved = [
            left_out_by_sample(positive, each) - value
            for each, value in zip(scores, values, strict=True)
        ]
        positive_strata = 1
    else:
        weight = np.ones(len(rows)) if rows.weights is None else rows.weights.astype(np.float64)
        with_positives = np.unique(blocks.of_sample[positive & (weight > 0)])
        units, strata = len(with_positives), list(blocks.strata)
        positive_strata = sum(bool(np.isin(m, with_positives).any()) for m in blocks.strata)
        if units < 2:
            return [Spread.of(value, [], units) for value in values]
        moved = [_moved_by_block(positive, each, weight, blocks) for each in scores]
    given = [*zip(values, moved, strict=True)]
    if len(given) == 2:
        given.append((values[1] - values[0], moved[1] - moved[0]))
    return [
        Spread.of(
            value,
            [(part, np.ones(len(part))) for part in (change[members] for members in strata)],
            units,
            positive_strata,
        )
        for value, change in given
    ]


def left_out_by_sample(positive: NDArray[np.bool_], scores: NDArray[Any]) -> FloatArray:
    """Return (n,) the average precision without each sample."""
    values, place, own = np.unique(scores[positive], return_inverse=True, return_counts=True)
    reached = len(values) - np.searchsorted(values, scores[~positive], side="right")
    others = np.cumsum(np.bincount(reached, minlength=len(values) + 1))
    ranking = Ranking(
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


class Blocks(NamedTuple):
    """Blocks of units that are left out together: of each sample, and those of each stratum."""

    of_sample: NDArray[np.int64]
    strata: tuple[NDArray[np.int64], ...]
    are_groups: bool


def blocks_of(counts: Counts, seed: int) -> Blocks | None:
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
    return Blocks(block[units.unit], tuple(strata), rows.groups is not None)


def _moved_by_block(
    positive: NDArray[np.bool_], scores: NDArray[Any], weight: FloatArray, blocks: Blocks
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


def _reversed_sums(values: FloatArray) -> FloatArray:
    """Return the sums from each position to the end."""
    return np.cumsum(values[::-1])[::-1]


def _within(above: FloatArray, others: FloatArray, own: FloatArray) -> FloatArray:
    """Return Σ (above + i) / (above + others + i) over i = 1 to own, at each threshold."""
    total = above + others
    return np.asarray(own - others * (digamma(total + own + 1.0) - digamma(total + 1.0)))
