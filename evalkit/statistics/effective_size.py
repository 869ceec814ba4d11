"""Effective sample sizes of weighted, grouped and stratified samples, and their intervals.

The design effect is the variance of an estimate divided by its variance for as many independent
samples of equal weight. It is estimated from resamples. Few errors say little about it: without
any, samples of one group may all be equal, so that there are as many observations as groups. The
estimate is therefore moved towards this largest value by the share 1 / (1 + m)², with m the number
of independent errors that the data amount to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from evalkit.statistics.cell_sums import PseudoSamples, marginals_of_sums
from evalkit.statistics.intervals import Interval, critical_value, tail_probability
from evalkit.statistics.proportions import proportion_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.metrics.count.marginals import FloatArray, Marginals


@dataclass(frozen=True, eq=False)
class Design:
    """How samples were drawn.

    Attributes
    ----------
    strata : marginals of the samples of each stratum, with a leading axis.
    units : the number of samples, or of groups, of each stratum.
    mean_weight : mean weight of a sample if they are grouped; None if each is a unit by itself.
    poisson : whether a resample has a varying number of units.
    """

    strata: Marginals
    units: FloatArray
    mean_weight: float | None
    poisson: bool = False

    def size(
        self, trials_of: Callable[[Marginals], FloatArray], trials: FloatArray, drawn: FloatArray
    ) -> UnitSize:
        """Return the number of units behind some trials (...), from those of resamples (R, ...).

        (Σ W)² / Σ W² over the weights W of units is their number if all are equal (Kish). The sum
        of squares is the variance of the total over resamples, and what fixed numbers of units take
        from it.
        """
        within = trials_of(self.strata)
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = drawn.var(axis=0) / trials**2
            if not self.poisson:
                units = self.units.reshape((-1,) + (1,) * trials.ndim)
                spread = spread + (within**2 / units).sum(axis=0) / trials**2
            units_of_trials = 1.0 / spread
        strata = np.count_nonzero(within, axis=0)
        samples = units_of_trials if self.mean_weight is None else trials / self.mean_weight
        return UnitSize(units_of_trials, np.maximum(samples, units_of_trials), strata)


@dataclass(frozen=True, eq=False)
class UnitSize:
    """Effective numbers of units and of samples in some trials, and the number of their strata."""

    units: FloatArray
    samples: FloatArray
    strata: FloatArray

    @property
    def degrees(self) -> FloatArray:
        """Degrees of freedom of the variance between units; less than 1 if it is unknown."""
        return self.units - self.strata

    def effective(
        self, variance: FloatArray, of_one: FloatArray, minority: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the effective number of samples, and the share moved to the number of units.

        Parameters
        ----------
        variance : of the estimate over resamples.
        of_one : variance of a single sample.
        minority : share of the rarer of the two outcomes.
        """
        known = self.degrees > 0.5
        with np.errstate(divide="ignore", invalid="ignore"):
            corrected = variance * self.units / np.where(known, self.degrees, np.nan)
            found = np.where(corrected > 0, of_one / corrected, np.inf)
            found = np.minimum(found, self.samples)
            moved = np.where(known, 1.0 / (1.0 + found * minority) ** 2, 1.0)
            effect, largest = self.samples / found, self.samples / self.units
            return self.samples / (effect + moved * np.maximum(largest - effect, 0.0)), moved

    def reach(self, confidence: float) -> FloatArray:
        """Return Student's quantile for the degrees of freedom, divided by the normal one."""
        degrees = np.maximum(self.degrees, 1.0)
        return np.asarray(-stdtrit(degrees, tail_probability(confidence))) / critical_value(
            confidence
        )


def proportion_limits(
    design: Design,
    proportion: Callable[[Marginals], tuple[FloatArray, FloatArray]],
    observed: Marginals,
    drawn: Marginals,
    confidence: float,
) -> Interval:
    """Return Wilson's interval of a proportion for the effective number of trials.

    It is divided by the square of Student's quantile over the normal one, for few units.

    Parameters
    ----------
    design : how samples were drawn.
    proportion : function from marginals to the successes and trials.
    observed, drawn : the marginals of all samples and of R resamples.
    confidence : strictly between 0 and 1.

    References
    ----------
    E. L. Korn and B. I. Graubard, "Confidence intervals for proportions with small expected number
    of positive counts estimated from survey data", 1998. N. Dean and M. Pagano, "Evaluating
    confidence interval methods for binomial proportions in clustered surveys", 2015.
    """
    successes, trials = (np.asarray(each, np.float64) for each in proportion(observed))
    drawn_successes, drawn_trials = (np.asarray(each, np.float64) for each in proportion(drawn))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = successes / trials
        variance = (drawn_successes - share * drawn_trials).var(axis=0) / trials**2
    size = design.size(lambda each: np.asarray(proportion(each)[1], float), trials, drawn_trials)
    # A variance within rounding errors is zero.
    variance = np.where(variance < 1e-20, 0.0, variance)
    effective, moved = size.effective(
        variance, share * (1.0 - share), np.minimum(share, 1.0 - share)
    )
    effective = effective * (moved + (1.0 - moved) / size.reach(confidence) ** 2)
    with np.errstate(invalid="ignore"):
        effective = np.where(trials > 0, effective, 0.0)
        hits = np.where(trials > 0, np.clip(share, 0.0, 1.0) * effective, 0.0)
    return proportion_interval(hits, effective, confidence=confidence)


def widened(
    value: FloatArray,
    limits: Interval,
    reach: float,
    bounds: tuple[float, float],
    confidence: float,
) -> Interval:
    """Return limits with their distances from the value multiplied by `reach`, within bounds.

    Near a bound the spread is underestimated where the value is too near it. So each limit is the
    further of this one and of the score interval, whose variance is proportional to
    (value − least) (most − value).

    >>> limits = Interval(np.array(0.8), np.array(0.95))
    >>> low, high = widened(np.array(0.9), limits, 1.5, (0.0, 1.0), 0.95)
    >>> round(float(low), 3), round(float(high), 3)
    (0.734, 0.975)
    """
    least, most = bounds
    below = reach * np.maximum(value - limits.low, 0.0)
    above = reach * np.maximum(limits.high - value, 0.0)
    low, high = np.maximum(value - below, least), np.minimum(value + above, most)
    scale = most - least
    if not np.isfinite(scale):
        return Interval(low, high)
    share, half = (value - least) / scale, (below + above) / (2.0 * scale)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = share * (1.0 - share) * (critical_value(confidence) / half) ** 2
    known = np.isfinite(size) & (size > 0)
    size = np.where(known, size, 1.0)
    score = proportion_interval(np.where(known, share, 0.0) * size, size, confidence=confidence)
    return Interval(
        np.where(known, np.minimum(low, least + scale * score.low), low),
        np.where(known, np.maximum(high, least + scale * score.high), high),
    )


def add_pseudo_samples(
    drawn: tuple[Marginals, ...],
    pseudo: PseudoSamples,
    size: float,
    rng: np.random.Generator,
) -> tuple[Marginals, ...]:
    """Return resamples in which a pseudo-sample may take the place of one of `size` samples.

    Plain resamples of a model without errors have none. A pseudo-sample has the weight of one
    effective sample, so that resamples vary as those of as many independent samples.
    """
    draws = max(1, round(size))
    total = drawn[0].total
    times = rng.binomial(draws, 1.0 / (draws + 1.0), len(total))
    replicate, n_classes = np.repeat(np.arange(len(total)), times), pseudo.sums.n_classes
    weight = (total / draws)[:, None]
    tables = []
    for code in pseudo.draw_codes(len(replicate), rng):
        kept = code >= 0
        places = replicate[kept] * n_classes + code[kept]
        counted = np.bincount(places, minlength=len(total) * n_classes)
        tables.append(counted.reshape(len(total), n_classes) * weight)
    rest = (1.0 - times / draws)[:, None]
    return tuple(
        type(each)(
            each.true_positive * rest + more.true_positive,
            each.actual * rest + more.actual,
            each.predicted * rest + more.predicted,
            total,
        )
        for each, more in zip(drawn, marginals_of_sums(tables), strict=True)
    )
