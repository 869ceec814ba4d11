"""One model's numbers: point estimates, and every interval from one draw of replicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.metric_set import (
    class_metrics,
    classes_covered,
    overall_metrics,
    undefined_reason,
)
from evalkit.compare.probability import probability_result
from evalkit.compare.results import BetaCurve, ConfusedPair, Estimate, ModelResult
from evalkit.metrics.count import Marginals
from evalkit.statistics import percentile_limits, proportion_interval
from evalkit.statistics.beta_curve import beta_curve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.settings import Settings
    from evalkit.metrics.count.marginals import CountArray, FloatArray

MOST_CONFUSED = 20
BETA_GRID = tuple(float(beta) for beta in np.geomspace(0.1, 10.0, 41))


def model_result(
    evaluation: Evaluation, replicates: Marginals, settings: Settings, *, letters: str
) -> ModelResult:
    """Return the result of one model.

    `replicates` are the marginals, shape (R, K), of the matrix resampled R times.
    """
    counts = evaluation.confusion_matrix.counts
    marginals = Marginals.of(counts)
    simple = evaluation.sampling.simple
    return ModelResult(
        name=evaluation.name,
        counts=counts,
        overall=_overall(marginals, replicates, settings, simple=simple),
        per_class=_per_class(marginals, replicates, settings, simple=simple),
        beta_curve=_beta_curve(marginals, replicates, settings.confidence),
        most_confused=_most_confused(evaluation),
        letters=letters,
        probability=probability_result(evaluation, settings),
        parameters=evaluation.parameters,
        history=evaluation.history,
        best_epoch=evaluation.best_epoch,
        landscape=evaluation.landscape,
        provenance=evaluation.provenance,
    )


def _overall(
    marginals: Marginals, replicates: Marginals, settings: Settings, *, simple: bool
) -> Mapping[str, Estimate]:
    found = {}
    for key, metric in overall_metrics(settings.betas).items():
        value = float(metric(marginals))
        if key == "accuracy" and simple:
            right = float(marginals.true_positive.sum())
            low, high = proportion_interval(
                right, float(marginals.total), confidence=settings.confidence
            )
            method = "Wilson"
        else:
            low, high = percentile_limits(metric(replicates), settings.confidence)
            method = "bootstrap"
        found[key] = _estimate(
            value,
            float(low),
            float(high),
            method,
            undefined="undefined for every class",
            covered=classes_covered(key, marginals),
        )
    return found


def _per_class(
    marginals: Marginals, replicates: Marginals, settings: Settings, *, simple: bool
) -> Mapping[str, tuple[Estimate, ...]]:
    trials = {"precision": marginals.predicted, "recall": marginals.actual}
    found = {}
    for key, metric in class_metrics(settings.betas).items():
        values = metric(marginals)
        if key in trials and simple:
            low, high = _wilson(marginals.true_positive, trials[key], settings.confidence)
            method = "Wilson"
        else:
            low, high = percentile_limits(metric(replicates), settings.confidence)
            method = "bootstrap"
        found[key] = tuple(
            _estimate(
                values[k],
                low[k],
                high[k],
                method,
                undefined=undefined_reason(
                    key, actual=marginals.actual[k], predicted=marginals.predicted[k]
                ),
            )
            for k in range(len(values))
        )
    return found


def _wilson(
    successes: CountArray, trials: CountArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return Wilson intervals, NaN for a class without trials."""
    known = trials > 0
    low, high = np.full(trials.shape, np.nan), np.full(trials.shape, np.nan)
    low[known], high[known] = proportion_interval(
        successes[known], trials[known], confidence=confidence
    )
    return low, high


def _estimate(
    value: float,
    low: float,
    high: float,
    method: str,
    *,
    undefined: str,
    covered: int | None = None,
) -> Estimate:
    if not np.isfinite(value):
        return Estimate(None, undefined=undefined, classes_covered=covered)
    if not (np.isfinite(low) and np.isfinite(high)):
        return Estimate(float(value), classes_covered=covered)
    return Estimate(float(value), float(low), float(high), method, classes_covered=covered)


def for_band(replicates: Marginals) -> Marginals:
    """Return as many of the replicates as a curve's band needs, which is fewer than a tail does."""
    n_classes = replicates.actual.shape[-1]
    how_many = max(400, min(2_000, 100_000 // n_classes))
    return Marginals(
        replicates.true_positive[:how_many],
        replicates.actual[:how_many],
        replicates.predicted[:how_many],
        replicates.total[:how_many],
    )


def _beta_curve(marginals: Marginals, replicates: Marginals, confidence: float) -> BetaCurve:
    curve = beta_curve(marginals, for_band(replicates), BETA_GRID, confidence=confidence)
    return BetaCurve(
        BETA_GRID,
        tuple(curve.value.tolist()),
        tuple(curve.low.tolist()),
        tuple(curve.high.tolist()),
    )


def _most_confused(evaluation: Evaluation) -> tuple[ConfusedPair, ...]:
    errors = evaluation.confusion_matrix.counts.copy()
    support = errors.sum(axis=1)
    np.fill_diagonal(errors, 0)
    largest = np.argsort(-errors, axis=None, kind="stable")[:MOST_CONFUSED]
    rows, columns = np.unravel_index(largest, errors.shape)
    return tuple(
        ConfusedPair(int(i), int(j), float(errors[i, j]), float(errors[i, j] / support[i]))
        for i, j in zip(rows, columns, strict=True)
        if errors[i, j] > 0
    )
