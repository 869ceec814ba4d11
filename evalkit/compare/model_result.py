"""The result of one model: estimates, with all intervals from the same replicates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.metric_set import (
    class_metrics,
    classes_covered,
    overall_metrics,
    undefined_reason,
)
from evalkit.compare.probability import probability_result
from evalkit.compare.records import BetaCurve, ConfusedPair, ModelResult
from evalkit.metrics.count import Marginals, f_beta
from evalkit.statistics.estimates import Estimate, known_estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.records import Settings
    from evalkit.counts.counts import Counts
    from evalkit.statistics.estimates import Estimator, ModelEstimator

MOST_CONFUSED = 20
BETA_GRID = tuple(round(float(beta), 12) for beta in np.geomspace(0.1, 10.0, 41))
MOST_NUMBERS = 200_000
"""Maximum size of the replicates for the band of a curve; larger ones are reduced."""
MOST_CLASS_CURVES = 30
CLASS_REPLICATES = 2_000


def model_result(
    evaluation: Evaluation,
    counts: Counts,
    estimator: ModelEstimator,
    settings: Settings,
) -> ModelResult:
    """Return the result of one model from its own counts; its letters are not yet known."""
    return ModelResult(
        name=evaluation.name,
        counts=counts.matrices[0],
        overall=overall_estimates(estimator, settings),
        per_class=_per_class(estimator, settings),
        beta_curve=_beta_curve(estimator, settings),
        class_curves=_class_curves(estimator, settings),
        most_confused=_most_confused(counts.matrices[0]),
        letters="",
        probability=probability_result(counts, settings),
        parameters=evaluation.parameters,
        history=evaluation.history,
        best_epoch=evaluation.best_epoch,
        landscape=evaluation.landscape,
        provenance=evaluation.provenance,
    )


def overall_estimates(
    estimator: ModelEstimator, settings: Settings, *, with_intervals: bool = True
) -> Mapping[str, Estimate]:
    """Return the estimates of the overall metrics, on all samples or on a slice."""
    found = {}
    for key, metric in overall_metrics(settings.betas).items():
        if not with_intervals:
            found[key] = known_estimate(float(estimator.value(metric)), np.nan, np.nan, "")
            continue
        limits = estimator.limits(metric, settings.confidence)
        found[key] = known_estimate(
            float(estimator.value(metric)),
            float(limits.low),
            float(limits.high),
            limits.method,
            covered=classes_covered(key, estimator.marginals),
        )
    return found


def _per_class(estimator: ModelEstimator, settings: Settings) -> Mapping[str, tuple[Estimate, ...]]:
    found = {}
    marginals = estimator.marginals
    for key, metric in class_metrics(settings.betas).items():
        values, limits = estimator.value(metric), estimator.limits(metric, settings.confidence)
        found[key] = tuple(
            known_estimate(
                values[k],
                limits.low[k],
                limits.high[k],
                limits.method,
                undefined=undefined_reason(
                    key, actual=marginals.actual[k], predicted=marginals.predicted[k]
                ),
            )
            for k in range(len(values))
        )
    return found


def first_replicates(replicates: Marginals, how_many: int) -> Marginals:
    """Return the first replicates of the leading axis."""
    return Marginals(
        replicates.true_positive[:how_many],
        replicates.actual[:how_many],
        replicates.predicted[:how_many],
        replicates.total[:how_many],
    )


def for_band(replicates: Marginals) -> Marginals:
    """Return fewer replicates for the band of a curve if there are many classes."""
    if replicates.actual.size <= MOST_NUMBERS:
        return replicates
    n_classes = replicates.actual.shape[-1]
    return first_replicates(replicates, max(400, min(2_000, 100_000 // n_classes)))


def limits_over_beta(
    estimator: Estimator,
    average: str,
    drawn: Callable[[float], NDArray[np.float64]],
    settings: Settings,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the limits (B, ...) of F-β over the grid; at the β of the settings, the reported ones.

    Parameters
    ----------
    estimator : of a model, or of a pair.
    average : ``"_macro"``, or empty for each class.
    drawn : returns the replicates at the other β.
    settings : with the confidence and the β that are reported.
    """
    found: list[tuple[Any, Any]] = []
    for beta in BETA_GRID:
        metric = f"f_beta[{beta!r}]{average}"
        if beta in settings.betas:
            reported = estimator.limits(metric, settings.confidence)
            found.append((reported.low, reported.high))
        else:
            found.append(estimator.limits_of(metric, drawn(beta), settings.confidence))
    low, high = np.stack(found, axis=1)
    return low, high


def _beta_curve(estimator: ModelEstimator, settings: Settings) -> BetaCurve:
    """Return macro F-β over β; at the β of the settings, the band equals the reported interval."""
    few = for_band(estimator.replicates)
    low, high = limits_over_beta(
        estimator, "_macro", lambda beta: f_beta(few, beta=beta, average="macro"), settings
    )
    return _curve(f_beta(estimator.marginals, beta=BETA_GRID, average="macro"), low, high)


def _class_curves(estimator: ModelEstimator, settings: Settings) -> tuple[BetaCurve, ...]:
    """Return F-β of each class over β; none for more than 30 classes."""
    n_classes = estimator.marginals.actual.shape[-1]
    if n_classes > MOST_CLASS_CURVES:
        return ()
    few = first_replicates(estimator.replicates, CLASS_REPLICATES)
    low, high = limits_over_beta(estimator, "", lambda beta: f_beta(few, beta=beta), settings)
    values = f_beta(estimator.marginals, beta=BETA_GRID)
    return tuple(_curve(values[:, k], low[:, k], high[:, k]) for k in range(n_classes))


def _curve(
    values: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> BetaCurve:
    return BetaCurve(BETA_GRID, _known(values), _known(low), _known(high))


def _known(numbers: NDArray[np.float64]) -> tuple[float | None, ...]:
    return tuple(number if math.isfinite(number) else None for number in numbers.tolist())


def _most_confused(counts: NDArray[np.number]) -> tuple[ConfusedPair, ...]:
    errors = counts.copy()
    support = errors.sum(axis=1)
    np.fill_diagonal(errors, 0)
    largest = np.argsort(-errors, axis=None, kind="stable")[:MOST_CONFUSED]
    rows, columns = np.unravel_index(largest, errors.shape)
    return tuple(
        ConfusedPair(int(i), int(j), float(errors[i, j]), float(errors[i, j] / support[i]))
        for i, j in zip(rows, columns, strict=True)
        if errors[i, j] > 0
    )
