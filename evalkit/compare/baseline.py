"""The comparison of each model with the constant prediction of the most frequent class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.costs import cost_difference
from evalkit.compare.summary import baseline_value
from evalkit.metrics.count.marginals import Marginals
from evalkit.metrics.quantities import AREAS, COST
from evalkit.statistics.bootstrap import percentile_p_value
from evalkit.statistics.count_metric import count_metric
from evalkit.statistics.estimates import Difference
from evalkit.statistics.intervals import extended_to_zero
from evalkit.statistics.paired_tests import mcnemar
from evalkit.statistics.proportions import paired_proportion_interval

if TYPE_CHECKING:
    from evalkit.compare.records import Costs, Settings
    from evalkit.compare.summary import Question
    from evalkit.counts.counts import Counts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.estimates import Estimate, ModelEstimator

OF_MODEL = "interval of the model"


def counted_gap(
    question: Question, estimator: ModelEstimator, counts: Counts, k: int, confidence: float
) -> Difference | None:
    """Return a count metric of one model minus that of predicting the class at `k` always.

    Accuracy of independent samples has McNemar's exact test: both numbers of samples that only one
    of the two predicts correctly stand in the confusion matrix. In other metrics, the replicates of
    the baseline follow from the actual classes of each replicate of the model. None for metrics
    that are not of counts.
    """
    name = question.by_counts
    if name is None:
        return None
    if question.metric == "accuracy" and counts.sampling.simple:
        return _of_accuracy(np.asarray(counts.matrices[0]), k, confidence)
    function, of_class = count_metric(name), question.of_class

    def gap(marginals: Marginals) -> FloatArray:
        found = np.asarray(function(marginals) - function(_constant(marginals, k)), np.float64)
        return found if of_class is None else found[..., of_class]

    value = gap(estimator.marginals)
    if not np.isfinite(value):
        return Difference(None, undefined="undefined for the model or the baseline")
    drawn = gap(estimator.replicates)
    p = percentile_p_value(value, drawn)
    limits = extended_to_zero(
        estimator.limits_of(name, drawn, confidence, value=value), p, confidence
    )
    return Difference(
        float(value), float(limits.low), float(limits.high), float(p), test="bootstrap"
    )


def uncounted_gap(
    question: Question,
    estimate: Estimate,
    counts: Counts,
    k: int,
    costs: Costs | None,
    settings: Settings,
) -> Difference:
    """Return the expected cost or a probability metric of one model minus that of the baseline.

    Areas under curves have the interval of the model, because the baseline is fixed. Expected costs
    are tested if the samples are known. Other metrics have neither interval nor test.
    """
    support = np.asarray(counts.matrices[0]).sum(axis=1)
    fixed = baseline_value(question, support.tolist(), costs)
    if estimate.value is None or fixed is None:
        return Difference(None, undefined=estimate.undefined or "undefined for the baseline")
    together = counts.beside_constant(k) if question.metric == COST else None
    if together is not None and costs is not None:
        return cost_difference(together, (0, 1), np.asarray(costs.matrix), settings)
    if not question.metric.startswith(AREAS) or estimate.low is None or estimate.high is None:
        return Difference(estimate.value - fixed)
    low, high = estimate.low - fixed, estimate.high - fixed
    return Difference(
        estimate.value - fixed, low, high, test=OF_MODEL, significant=low > 0 or high < 0
    )


def _of_accuracy(matrix: FloatArray, k: int, confidence: float) -> Difference:
    right, constant = np.diagonal(matrix), matrix[k].sum()
    only_model, only_baseline = right.sum() - right[k], constant - right[k]
    n = matrix.sum()
    low, high = paired_proportion_interval(
        only_baseline, only_model, n, confidence=confidence, test="exact"
    )
    p = float(mcnemar(only_baseline, only_model).p_exact)
    value = float((only_model - only_baseline) / n)
    return Difference(value, float(low), float(high), p, test="exact McNemar")


def _constant(marginals: Marginals, k: int) -> Marginals:
    """Return the marginals of predicting the class at `k` for the same samples."""
    chosen = np.arange(marginals.actual.shape[-1]) == k
    total = np.asarray(marginals.total)
    return Marginals(
        np.where(chosen, marginals.actual, 0.0),
        marginals.actual,
        np.where(chosen, total[..., None], 0.0),
        marginals.total,
    )
