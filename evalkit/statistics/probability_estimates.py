"""Estimates of probability metrics: losses, calibration error and areas under ROC curves.

If the rows are known, losses have bootstrap intervals over samples or groups, and areas have
DeLong's interval, or Obuchowski's for weighted or grouped samples. Otherwise losses have normal
intervals from their moments, and areas have DeLong's interval from score bins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.counts.probability import (
    BINS,
    LOSSES,
    confidence_bins,
    sample_losses,
    tie_bound,
)
from evalkit.statistics.auc import auc_interval_of_scores, clustered_auc_interval
from evalkit.statistics.bootstrap import percentile_limits
from evalkit.statistics.estimates import Difference, Estimate
from evalkit.statistics.intervals import critical_value
from evalkit.statistics.sampling_units import SamplingUnits, mean_interval
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from evalkit.counts.counts import Counts
    from evalkit.counts.probability import Moments, ProbabilityCounts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.predictions import Predictions

REPLICATES = 1_000
UNITS = 2_000
"""More samples than this are drawn in random blocks, whose means are unbiased.

The relative error of a standard deviation over 2,000 blocks is 1/60, less than the Monte Carlo
error of a quantile of 1,000 replicates."""
KEYS = (*LOSSES, "expected_calibration_error")


def loss_estimates(counts: Counts, confidence: float, *, seed: int = 0) -> Mapping[str, Estimate]:
    """Return log loss, Brier score and calibration error of one model, with intervals.

    Parameters
    ----------
    counts : counts of one model with probabilities.
    confidence : strictly between 0 and 1.
    seed : integer seed of the resampling.
    """
    known = counts.probability(0)
    assert known is not None, "the model has no probabilities"
    if counts.rows is not None:
        return _resampled(counts.rows, confidence, seed)
    values = (*(known.losses[key].mean for key in LOSSES), known.calibration_error)
    if not counts.sampling.simple:
        return {key: Estimate(value) for key, value in zip(KEYS, values, strict=True)}
    found = {
        key: Estimate(known.losses[key].mean, *_limits(known.losses[key], confidence), "normal")
        for key in LOSSES
    }
    low, high = _calibration_limits(known, confidence, seed)
    found[KEYS[-1]] = _holding(values[-1], low, high, "normal, by bin")
    return found


def loss_differences(
    counts: Counts, pair: tuple[int, int], confidence: float, *, seed: int = 0
) -> Mapping[str, Difference]:
    """Return the paired differences in log loss and Brier score, second minus first.

    Empty if a model has no probabilities or the two are not paired.
    """
    rows = counts.rows
    if rows is None:
        moments = counts.loss_moments(*pair)
        return {
            key: Difference(each.mean, *_limits(each, confidence), test="paired normal interval")
            for key, each in moments.items()
        }
    tables = [rows.models[i].probabilities for i in pair]
    if tables[0] is None or tables[1] is None:
        return {}
    before, after = (sample_losses(rows.actual, table) for table in tables if table is not None)
    interval = mean_interval(
        after - before,
        replicates=REPLICATES,
        confidence=confidence,
        sample_weight=rows.weights,
        groups=_units(rows, seed),
        strata=rows.strata,
        seed=generator(seed, "losses"),
    )
    return {
        key: Difference(
            float(interval.estimate[i]),
            float(interval.low[i]),
            float(interval.high[i]),
            test="paired bootstrap interval",
        )
        for i, key in enumerate(LOSSES)
    }


def auc_estimates(counts: Counts, confidence: float) -> tuple[Estimate, ...]:
    """Return the one-vs-rest area under the ROC curve of each class of one model."""
    known = counts.probability(0)
    assert known is not None, "the model has no probabilities"
    return tuple(_auc(counts, known, k, confidence) for k in range(len(counts.classes)))


def macro_auc(by_class: tuple[Estimate, ...]) -> Estimate:
    """Return the mean one-vs-rest area over the classes.

    The limits are the means of the limits of the classes. This is conservative, because the
    variance of a mean is largest for perfectly correlated areas.
    """
    known = [each for each in by_class if each.value is not None]
    if not known:
        return Estimate(None, undefined="undefined for every class", classes_covered=0)
    value = float(np.mean([each.value for each in known]))
    ends = [(each.low, each.high) for each in known if each.low is not None]
    if len(ends) < len(known):
        return Estimate(value, classes_covered=len(known))
    low, high = (float(end) for end in np.mean(np.array(ends, dtype=np.float64), axis=0))
    method = f"{known[0].method}, conservative"
    return Estimate(value, low, high, method, classes_covered=len(known))


def _auc(counts: Counts, known: ProbabilityCounts, k: int, confidence: float) -> Estimate:
    scores = known.scores[k]
    positives, negatives = scores.true_positives[-1:].sum(), scores.false_positives[-1:].sum()
    if not positives or not negatives:
        return Estimate(
            None, undefined="no other class" if positives else "does not occur in the data"
        )
    if counts.sampling.simple:
        interval = auc_interval_of_scores(scores, confidence=confidence)
        if not known.is_binned:
            return Estimate(interval.auc, interval.low, interval.high, "DeLong")
        bound = tie_bound(scores)
        return Estimate(
            interval.auc,
            max(0.0, interval.low - bound),
            min(1.0, interval.high + bound),
            "DeLong, in score bins",
        )
    rows = counts.rows
    if rows is None:
        return Estimate(auc_interval_of_scores(scores, confidence=confidence).auc)
    probabilities = rows.models[0].probabilities
    assert probabilities is not None
    interval = clustered_auc_interval(
        rows.actual == k,
        probabilities[:, k],
        sample_weight=rows.weights,
        groups=rows.groups,
        strata=rows.strata,
        confidence=confidence,
    )
    return Estimate(interval.auc, interval.low, interval.high, "Obuchowski")


def _resampled(rows: Predictions, confidence: float, seed: int) -> dict[str, Estimate]:
    """Return losses and calibration error, with intervals from the same resamples."""
    probabilities = rows.models[0].probabilities
    assert probabilities is not None
    n = len(rows)
    weights = np.ones(n) if rows.weights is None else rows.weights
    stated, bins = confidence_bins(probabilities)
    gaps = np.zeros((n, BINS))
    gaps[np.arange(n), bins] = (rows.actual == rows.models[0].predicted) - stated
    columns = np.column_stack([sample_losses(rows.actual, probabilities), gaps])
    sums = np.column_stack([columns * weights[:, None], weights])
    units = SamplingUnits.of_samples(n, _units(rows, seed), rows.strata)
    drawn = units.resampled_sums(sums, REPLICATES, generator(seed, "losses"))
    found = {}
    for key, values, value in zip(
        KEYS, _from_sums(drawn), _from_sums(sums.sum(axis=0)), strict=True
    ):
        low, high = percentile_limits(values, confidence)
        found[key] = _holding(float(value), float(low), float(high), "bootstrap over samples")
    return found


def _from_sums(sums: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return log loss, Brier score and calibration error from sums; the last is the weight."""
    weight = sums[..., -1]
    error = np.abs(sums[..., 2:-1]).sum(axis=-1)
    return sums[..., 0] / weight, sums[..., 1] / weight, error / weight


def _units(rows: Predictions, seed: int) -> NDArray[np.int64] | None:
    """Return the units to draw: the groups, random blocks of many samples, or None for samples."""
    if rows.groups is not None or rows.strata is not None or len(rows) <= UNITS:
        return rows.groups
    return generator(seed, "losses").permutation(len(rows)) % UNITS


def _limits(moments: Moments, confidence: float) -> tuple[float, float]:
    reach = critical_value(confidence) * moments.variance**0.5
    return moments.mean - reach, moments.mean + reach


def _holding(value: float, low: float, high: float, method: str) -> Estimate:
    """Return an estimate; the interval is extended to its value, which resampling may exclude."""
    return Estimate(value, min(low, value), max(high, value), method)


def _calibration_limits(
    known: ProbabilityCounts, confidence: float, seed: int
) -> tuple[float, float]:
    rng = generator(seed, "losses")
    total, gaps = known.right + known.wrong, known.right - known.confidence
    # Both the number of samples of a bin and the gap given this number vary.
    counts = rng.poisson(total, (REPLICATES, len(gaps)))
    mean_gap = gaps / np.maximum(total, 1.0)
    noise = rng.standard_normal(counts.shape) * np.sqrt(known.gap_variance)
    drawn = np.abs(mean_gap * counts + noise).sum(axis=1) / counts.sum(axis=1)
    low, high = percentile_limits(drawn, confidence)
    return float(low), float(high)
