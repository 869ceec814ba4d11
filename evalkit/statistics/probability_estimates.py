"""Estimates of probability metrics: losses, calibration error and areas under ROC curves.

If the rows are known, losses have studentized intervals over samples or groups, and areas have
DeLong's interval, or Obuchowski's for weighted or grouped samples. Otherwise losses have normal
intervals from their moments, and areas have DeLong's interval from score bins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from evalkit.counts.probability import LOSSES, sample_losses, tie_bound
from evalkit.metrics.catalog import lookup
from evalkit.statistics.auc import auc_interval_of_scores, clustered_auc_interval
from evalkit.statistics.calibration import binned_gaps, calibration_difference
from evalkit.statistics.estimates import Difference, Estimate
from evalkit.statistics.intervals import critical_value, standardised
from evalkit.statistics.streams import generator
from evalkit.statistics.studentized import mean_test

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from evalkit.counts.counts import Counts
    from evalkit.counts.probability import Moments, ProbabilityCounts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.predictions import Predictions
    from evalkit.statistics.studentized import MeanTest

REPLICATES = 1_000
UNITS = 2_000
"""More samples than this are drawn in random blocks, whose means are unbiased.

The relative error of a standard deviation over 2,000 blocks is 1/60, less than the Monte Carlo
error of a quantile of 1,000 replicates."""
CALIBRATION = "expected_calibration_error"


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
    gaps = binned_gaps(counts, 0)
    error = Estimate(known.calibration_error) if gaps is None else gaps.interval(confidence)
    return {**_losses(counts, known, confidence, seed), CALIBRATION: error}


def loss_differences(
    counts: Counts, pair: tuple[int, int], confidence: float, *, seed: int = 0
) -> Mapping[str, Difference]:
    """Return paired differences in log loss, Brier score and calibration error, second minus first.

    Empty if a model has no probabilities or the two are not paired.
    """
    error = calibration_difference(counts, pair, confidence)
    losses = _loss_differences(counts, pair, confidence, seed)
    return losses if error is None else {**losses, CALIBRATION: error}


def _loss_differences(
    counts: Counts, pair: tuple[int, int], confidence: float, seed: int
) -> dict[str, Difference]:
    rows = counts.rows
    if rows is None:
        return {
            key: Difference(
                each.mean,
                *_limits(each, confidence),
                2.0 * float(ndtr(-abs(standardised(each.mean, each.variance**0.5)))),
                test="paired normal test",
            )
            for key, each in counts.loss_moments(*pair).items()
        }
    tables = [rows.models[i].probabilities for i in pair]
    if tables[0] is None or tables[1] is None:
        return {}
    before, after = (sample_losses(rows.actual, table) for table in tables if table is not None)
    found = _mean_test(rows, after - before, confidence, seed)
    return {
        key: Difference(
            float(found.mean[i]),
            _known(found.low[i]),
            _known(found.high[i]),
            _known(found.p_value[i]),
            test="paired t and bootstrap t",
        )
        for i, key in enumerate(LOSSES)
    }


def auc_estimates(counts: Counts, confidence: float) -> tuple[Estimate, ...]:
    """Return the one-vs-rest area under the ROC curve of each class of one model."""
    known = counts.probability(0)
    assert known is not None, "the model has no probabilities"
    return tuple(_auc(counts, known, k, confidence) for k in range(len(counts.classes)))


def macro_auc(by_class: tuple[Estimate, ...]) -> Estimate:
    """Return the mean one-vs-rest area, or average precision, over the classes.

    The limits are the means of the limits of the classes. This is conservative, because the
    variance of a mean is largest for perfectly correlated values.
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
            return Estimate(interval.auc, interval.low, interval.high, interval.method)
        bound = tie_bound(scores)
        return Estimate(
            interval.auc,
            max(0.0, interval.low - bound),
            min(1.0, interval.high + bound),
            f"{interval.method}, in score bins",
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


def _losses(
    counts: Counts, known: ProbabilityCounts, confidence: float, seed: int
) -> dict[str, Estimate]:
    means = {key: known.losses[key].mean for key in LOSSES}
    rows = counts.rows
    if rows is None:
        if not counts.sampling.simple:
            return {key: Estimate(value) for key, value in means.items()}
        return {
            key: _held(key, value, *_limits(known.losses[key], confidence), "normal")
            for key, value in means.items()
        }
    probabilities = rows.models[0].probabilities
    assert probabilities is not None
    found = _mean_test(rows, sample_losses(rows.actual, probabilities), confidence, seed)
    return {
        key: _held(key, float(found.mean[i]), found.low[i], found.high[i], "t and bootstrap t")
        for i, key in enumerate(LOSSES)
    }


def _mean_test(rows: Predictions, losses: FloatArray, confidence: float, seed: int) -> MeanTest:
    return mean_test(
        losses,
        replicates=REPLICATES,
        confidence=confidence,
        sample_weight=rows.weights,
        groups=_units(rows, seed),
        strata=rows.strata,
        seed=generator(seed, "losses"),
    )


def _units(rows: Predictions, seed: int) -> NDArray[np.int64] | None:
    """Return the units to draw: the groups, random blocks of many samples, or None for samples."""
    if rows.groups is not None or rows.strata is not None or len(rows) <= UNITS:
        return rows.groups
    return generator(seed, "losses").permutation(len(rows)) % UNITS


def _limits(moments: Moments, confidence: float) -> tuple[float, float]:
    reach = critical_value(confidence) * moments.variance**0.5
    return moments.mean - reach, moments.mean + reach


def _held(key: str, value: float, low: float, high: float, method: str) -> Estimate:
    """Return the estimate of a loss, with limits within the bounds of the loss."""
    if not np.isfinite(low):
        return Estimate(value)
    bounds = lookup(key)
    return Estimate(value, max(bounds.low, float(low)), min(bounds.high, float(high)), method)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
