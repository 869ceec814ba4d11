"""Calibration of probabilities: errors, their intervals, and tests of one model and of two.

In each bin of confidence, the gap is the sum over its samples of correctness minus confidence, both
of the most probable class. The expected calibration error is the sum of the absolute gaps, divided
by the number of samples. The estimand is that of the population with the same bins.

The absolute value of a noisy gap is too large on average, most of all for a calibrated model. The
debiased error multiplies the gap of one half of a bin by the sign of the gap of the other half,
averaged over all halves: for a normal gap with z = |gap| / standard error this is
z (2Φ(z) − 1) − 2φ(z) standard errors. It is 0 on average for a calibrated model, and never larger
than the true error on average; the plain error is never smaller. The interval extends from a limit
below the debiased error to one above the plain error, so it is conservative between the extremes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit

from evalkit.counts.probability import BINS, Stated
from evalkit.statistics.estimates import Difference, Estimate
from evalkit.statistics.intervals import tail_probability
from evalkit.statistics.sampling_units import SamplingUnits
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.counts.counts import Counts
    from evalkit.counts.probability import ProbabilityCounts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.predictions import Predictions

REPLICATES = 1_999
UNITS = 2_000
"""Rows of weighted samples are added up in this many random blocks for the test."""


@dataclass(frozen=True)
class Calibration:
    """Calibration of the most probable class of one model.

    Attributes
    ----------
    debiased : debiased expected calibration error; negative values are noise around 0.
    p_value : of the test that the model is calibrated; None if it cannot be tested.
    test : the name of the test.
    mean_confidence : mean probability of the most probable class.
    accuracy : share of samples whose most probable class is the actual class.
    confidence_gap : mean confidence minus accuracy; positive for an overconfident model.
    differing : number of samples whose predicted class is not the most probable one.
    """

    debiased: float
    p_value: float | None
    test: str
    mean_confidence: float
    accuracy: float
    confidence_gap: Difference
    differing: int


@dataclass(frozen=True, eq=False)
class _Rows:
    """The weighted gap, the weight, the bin and the sampling unit of each row."""

    gap: FloatArray
    weight: FloatArray
    bins: NDArray[np.integer[Any]]
    unit: NDArray[np.int64]

    @cached_property
    def units(self) -> int:
        """The number of units."""
        return int(self.unit.max()) + 1

    @cached_property
    def residual(self) -> FloatArray:
        """(n,) the weighted difference of each gap from the mean gap of its bin."""
        sums, weights = (np.bincount(self.bins, each) for each in (self.gap, self.weight))
        residual: FloatArray = self.gap - self.weight * _quotient(sums, weights)[self.bins]
        return residual

    def by_bin(self) -> FloatArray:
        """Return the variance of the gap of each bin, (BINS,)."""
        if self.units == len(self.unit):
            return np.asarray(
                np.bincount(self.bins, self.residual**2, BINS) * _bessel(self.units), np.float64
            )
        places = self.unit * BINS + self.bins
        sums = np.bincount(places, self.residual, self.units * BINS).reshape(-1, BINS)
        return np.asarray((sums**2).sum(axis=0) * _bessel(self.units))

    def variance(self, values: FloatArray) -> float:
        """Return the variance of a sum of values (n,) over independent units."""
        sums = values if self.units == len(self.unit) else np.bincount(self.unit, values)
        return float(sums @ sums) * _bessel(self.units)


@dataclass(frozen=True, eq=False)
class BinnedGaps:
    """The gaps of one model by bin of confidence, with their variances.

    Attributes
    ----------
    known : the sums by bin.
    total : the number of samples, or their weight.
    effective : the number of equally weighted independent samples with the same variance.
    degrees : degrees of freedom of the variances.
    simple : whether samples are not weighted, grouped or stratified.
    rows : the rows, where `simple` is False or two models are compared.
    """

    known: ProbabilityCounts
    total: float
    effective: float
    degrees: float
    simple: bool
    rows: _Rows | None = None

    @cached_property
    def gaps(self) -> FloatArray:
        """(BINS,) Σ w (correct − confidence)."""
        return self.known.right - self.known.confidence

    @cached_property
    def variance(self) -> FloatArray:
        """(BINS,) estimated variance of each gap; unbiased if the model is calibrated."""
        counted = self.known.right + self.known.wrong
        inside = np.maximum(counted * self.effective / self.total, 1.0)
        spread = self.known.gap_variance
        if not self.simple:
            assert self.rows is not None
            spread = self.rows.by_bin()
        return np.asarray(spread + self.known.stated_variance / inside)

    @property
    def plain(self) -> float:
        """The expected calibration error."""
        return self.known.calibration_error

    @property
    def debiased(self) -> float:
        """The debiased error."""
        return _debiased(self.gaps, self.variance) / self.total

    @cached_property
    def cautious_variance(self) -> FloatArray:
        """(BINS,) the larger of the estimated variance and that of a calibrated model."""
        return np.maximum(self.variance, self.known.stated_variance)

    @property
    def least(self) -> float:
        """The debiased error with the larger variances; at most `debiased`."""
        return _debiased(self.gaps, self.cautious_variance) / self.total

    @property
    def slopes(self) -> FloatArray:
        """(BINS,) derivatives of the plain error by each gap, times the total."""
        return np.sign(self.gaps)

    @property
    def steepest_slopes(self) -> FloatArray:
        """(BINS,) derivatives of the debiased error, at least those of the plain error."""
        z = _quotient(np.abs(self.gaps), np.sqrt(self.cautious_variance))
        slope = 2 * ndtr(z) - 1 + 4 * z * _density(z)
        return np.asarray(self.slopes * np.maximum(1.0, slope))

    def variance_of(self, slopes: FloatArray, variance: FloatArray) -> float:
        """Return the variance of Σ slope × gap / total."""
        found = float(slopes**2 @ variance)
        if not self.simple:
            assert self.rows is not None
            found = max(found, self.rows.variance(slopes[self.rows.bins] * self.rows.residual))
        return found / self.total**2

    def interval(self, confidence: float) -> Estimate:
        """Return the expected calibration error with its interval."""
        value = self.plain
        if not self.degrees > 0:
            return Estimate(value)
        t = -float(stdtrit(self.degrees, tail_probability(confidence)))
        below = self.variance_of(self.steepest_slopes, self.cautious_variance)
        above = self.variance_of(self.slopes, self.variance)
        low = max(0.0, self.least - t * math.sqrt(below))
        high = min(1.0, value + _reach(t, above, self.effective))
        return Estimate(value, low, high, "bias bounds")


def calibration(
    counts: Counts, confidence: float = 0.95, *, seed: int | np.random.Generator = 0
) -> Calibration:
    """Return whether one model is calibrated, overconfident or underconfident.

    The test of calibration draws correctness from the stated probabilities 1,999 times; its p-value
    is the share of draws with at least the observed calibration error. Of weighted or grouped
    samples it flips the signs of the gaps of whole units. The difference of mean confidence and
    accuracy has a paired t-test, whose variance allows for errors that were not observed.

    Parameters
    ----------
    counts : the `counts` of an evaluation with probabilities.
    confidence : of the interval of the difference, strictly between 0 and 1.
    seed : integer seed of the test, or a random number generator.

    Returns
    -------
    The debiased error, the p-value, and mean confidence minus accuracy.

    References
    ----------
    J. Bröcker and L. A. Smith, "Increasing the reliability of reliability diagrams", 2007.
    A. Kumar, P. Liang and T. Ma, "Verified uncertainty calibration", 2019.

    Examples
    --------
    >>> import evalkit
    >>> table = [[0.9, 0.1]] * 9 + [[0.1, 0.9]]
    >>> found = calibration(evalkit.evaluate([0] * 9 + [1], y_proba=table).counts)
    >>> round(found.mean_confidence, 2), found.accuracy
    (0.9, 1.0)
    """
    known = counts.probability(0)
    assert known is not None, "the model has no probabilities"
    gaps = binned_gaps(counts, 0)
    confident, right = (float(each.sum()) for each in (known.confidence, known.right))
    total = float((known.right + known.wrong).sum())
    p, test = (None, "") if gaps is None else _calibration_test(gaps, counts, seed)
    return Calibration(
        debiased=known.calibration_error if gaps is None else gaps.debiased,
        p_value=p,
        test=test,
        mean_confidence=confident / total,
        accuracy=right / total,
        confidence_gap=Difference((confident - right) / total)
        if gaps is None
        else _confidence_gap(gaps, right / total, confidence),
        differing=known.differing,
    )


def calibration_difference(
    counts: Counts, pair: tuple[int, int], confidence: float
) -> Difference | None:
    """Return the paired difference in expected calibration error, second minus first.

    Its interval extends from the debiased error of the second model minus the plain error of the
    first to the plain error of the second minus the debiased error of the first, each less or plus
    the reach of the paired standard error. None if it is not known which samples the models share.
    """
    if not counts.is_paired:
        return None
    before, after = (binned_gaps(counts, i, with_rows=True) for i in pair)
    if before is None or after is None or not before.degrees > 0:
        return None
    value = after.plain - before.plain
    margins = after.least - before.plain, before.least - after.plain
    spreads = (
        _paired_variance((before, before.slopes), (after, after.steepest_slopes)),
        _paired_variance((before, before.steepest_slopes), (after, after.slopes)),
    )
    t = -float(stdtrit(before.degrees, tail_probability(confidence)))
    reaches = [_reach(t, spread, before.effective) for spread in spreads]
    # At most one margin is positive, because the debiased error is at most the plain error.
    p = 1.0
    for margin, spread in zip(margins, spreads, strict=True):
        if margin > 0:
            z = margin / math.sqrt(spread + margin / before.effective)
            p = 2.0 * float(stdtr(before.degrees, -z))
    return Difference(
        value,
        max(-1.0, margins[0] - reaches[0]),
        min(1.0, reaches[1] - margins[1]),
        p,
        test="paired t-test with bias bounds",
    )


def binned_gaps(counts: Counts, model: int, *, with_rows: bool = False) -> BinnedGaps | None:
    """Return the gaps of a model, with its rows if possible; None if variances are unknown."""
    known = counts.probability(model)
    if known is None:
        return None
    total = float((known.right + known.wrong).sum())
    if counts.sampling.simple:
        rows = _rows(counts.rows, model) if with_rows and counts.rows is not None else None
        return BinnedGaps(known, total, total, total - 1, simple=True, rows=rows)
    if counts.rows is None:
        return None
    rows = _rows(counts.rows, model)
    squares = np.bincount(rows.unit, rows.weight) ** 2
    strata = counts.sampling.strata or 1
    degrees = float(np.count_nonzero(squares) - strata)
    effective = total**2 / float(squares.sum())
    return BinnedGaps(known, total, effective, degrees, simple=False, rows=rows)


def _rows(rows: Predictions, model: int) -> _Rows:
    one = rows.models[model]
    assert one.probabilities is not None
    stated = Stated.of(rows.actual, one.predicted, one.probabilities)
    gap = stated.correct - stated.confidence
    unit = SamplingUnits.of_samples(len(rows), rows.groups).unit
    if rows.weights is None:
        return _Rows(gap, np.ones(len(rows)), stated.bins, unit)
    weight = np.asarray(rows.weights, np.float64)
    return _Rows(gap * weight, weight, stated.bins, unit)


def _paired_variance(
    before: tuple[BinnedGaps, FloatArray], after: tuple[BinnedGaps, FloatArray]
) -> float:
    """Return the variance of the difference of two sums of slope × gap, on the same samples."""
    (first, slopes_first), (second, slopes_second) = before, after
    if first.rows is None or second.rows is None:
        # The covariance of sums is unknown; the variance is largest for opposite errors.
        errors = [
            math.sqrt(gaps.variance_of(slopes, gaps.variance)) for gaps, slopes in (before, after)
        ]
        return sum(errors) ** 2
    moved = (
        slopes_second[second.rows.bins] * second.rows.residual
        - slopes_first[first.rows.bins] * first.rows.residual
    )
    unobserved = 0.0
    for gaps, slopes in (before, after):
        inside = np.maximum(gaps.known.right + gaps.known.wrong, 1.0)
        unobserved += float(slopes**2 @ (gaps.known.stated_variance / inside))
    return (first.rows.variance(moved) + unobserved) / first.total**2


def _calibration_test(
    gaps: BinnedGaps, counts: Counts, seed: int | np.random.Generator
) -> tuple[float | None, str]:
    """Return the p-value of the calibration error of a calibrated model, and the test."""
    rng = generator(seed, "calibration")
    observed = np.abs(gaps.gaps).sum()
    if not gaps.simple:
        if not gaps.degrees > 0 or gaps.rows is None:
            return None, ""
        drawn, test = _flipped(gaps.rows, counts, rng), "sign flips of units"
    else:
        known = gaps.known
        # Σ (1 − p) and Σ (1 − p)² of the samples of each bin.
        wrong = np.maximum(known.right + known.wrong - known.confidence, 0.0)
        squares = np.maximum(wrong - known.stated_variance, 0.0)
        # A binomial with the mean and, apart from rounding, the variance of the number of errors.
        trials = np.rint(_quotient(wrong**2, squares)).astype(np.int64)
        chance = np.minimum(_quotient(wrong, trials), 1.0)
        numbers = rng.binomial(trials, chance, (REPLICATES, BINS))
        drawn, test = np.abs(numbers - wrong).sum(axis=1), "outcomes drawn from the probabilities"
    hits = int(np.count_nonzero(drawn >= observed * (1 - 1e-9) - 1e-12))
    return (1 + hits) / (1 + REPLICATES), test


def _flipped(rows: _Rows, counts: Counts, rng: np.random.Generator) -> FloatArray:
    """Return calibration errors, times the total, with random signs of the gaps of units."""
    unit = rows.unit
    assert counts.rows is not None
    if counts.rows.groups is None and len(unit) > UNITS:
        unit = rng.permutation(len(unit)) % UNITS
    n = int(unit.max()) + 1
    sums = np.bincount(unit * BINS + rows.bins, rows.gap, n * BINS).reshape(n, BINS)
    found = []
    for start in range(0, REPLICATES, 500):
        signs = rng.integers(0, 2, (min(500, REPLICATES - start), n)) * 2.0 - 1.0
        found.append(np.abs(signs @ sums).sum(axis=1))
    return np.concatenate(found)


def _confidence_gap(gaps: BinnedGaps, accuracy: float, confidence: float) -> Difference:
    """Return mean confidence minus accuracy, with its t-interval and test.

    The variance at a hypothetical accuracy is the estimated one plus the change of a (1 − a) from
    the observed accuracy, where it increases: with few errors, errors that were not observed count.
    """
    value = -float(gaps.gaps.sum()) / gaps.total
    if not gaps.degrees > 0:
        return Difference(value, undefined="too few independent samples")
    if gaps.simple:
        counted = gaps.known.right + gaps.known.wrong
        between = float(_quotient(gaps.gaps**2, counted).sum()) - value**2 * gaps.total
        spread = float(gaps.known.gap_variance.sum()) + max(between, 0.0)
        variance = spread * _bessel(int(gaps.total)) / gaps.total**2
    else:
        assert gaps.rows is not None
        variance = gaps.rows.variance(gaps.rows.gap + value * gaps.rows.weight) / gaps.total**2
    n = gaps.effective
    t = -float(stdtrit(gaps.degrees, tail_probability(confidence)))

    def reach(change: float) -> float:
        """Return how far the limit is at which accuracy rises (1) or falls (−1)."""
        slope = t * t * change * (1 - 2 * accuracy) / n
        curved = 1 + t * t / n
        root = (slope + math.sqrt(slope**2 + 4 * curved * t * t * variance)) / (2 * curved)
        return max(t * math.sqrt(variance), root)

    size = abs(value)
    change = math.copysign(1.0, value) * size * (1 - 2 * accuracy) - size**2
    error = math.sqrt(variance + max(0.0, change) / n)
    p = 2.0 * float(stdtr(gaps.degrees, -size / error)) if error > 0 else float(size == 0)
    return Difference(
        value,
        max(-1.0, value - reach(1.0)),
        min(1.0, value + reach(-1.0)),
        p,
        test="paired t-test",
    )


def _reach(t: float, variance: float, n: float) -> float:
    """Return the x with x = t √(variance + x / n): errors that were not observed count.

    >>> round(_reach(2.0, 0.0, 100.0), 2)
    0.04
    """
    half = t * t / (2 * n)
    return half + math.sqrt(half**2 + t * t * variance)


def _debiased(gaps: FloatArray, variance: FloatArray) -> float:
    z = _quotient(np.abs(gaps), np.sqrt(variance))
    scaled = np.sqrt(variance) * (z * (2 * ndtr(z) - 1) - 2 * _density(z))
    return float(np.where(variance > 0, scaled, np.abs(gaps)).sum())


def _quotient(above: NDArray[Any], below: NDArray[Any]) -> FloatArray:
    """Return a quotient, 0 where the divisor is 0."""
    found = np.zeros(np.shape(above))
    return np.asarray(np.divide(above, below, out=found, where=np.asarray(below) > 0))


def _density(z: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi))


def _bessel(n: int) -> float:
    return n / (n - 1) if n > 1 else 1.0
