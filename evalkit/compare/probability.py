"""What a model's probabilities are worth: losses, calibration, and the curves of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.curves import most_points, thinned
from evalkit.compare.evaluation import Evaluation, counted_together
from evalkit.compare.losses import BINS, sample_losses
from evalkit.compare.probability_sums import (
    counted_loss_differences,
    counted_probability_result,
)
from evalkit.compare.results import Curve, Difference, Estimate, ProbabilityResult, Reliability
from evalkit.metrics.probability import precision_recall_curve, roc_curve
from evalkit.statistics import (
    auc_interval,
    clustered_auc_interval,
    percentile_limits,
    proportion_interval,
)
from evalkit.statistics.sample_bootstrap import mean_interval
from evalkit.statistics.sampling_units import SamplingUnits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from evalkit.compare.settings import Settings
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.predictions import Predictions

REPLICATES = 1_000
UNITS = 2_000
"""Above so many samples they are drawn in blocks made at random, which leaves means unbiased.

The spread that so many blocks show is off by a sixtieth, less than what a thousand replicates
leave of chance in a quantile."""
STREAM = 4


def probability_result(evaluation: Evaluation, settings: Settings) -> ProbabilityResult | None:
    """Return the worth of the probabilities, or None where they are not known."""
    samples = evaluation.predictions
    if evaluation.counted is not None:
        sums = evaluation.counted.probability
        return None if sums is None else counted_probability_result(sums, settings)
    if samples is None or samples.probabilities is None:
        return None
    probabilities = samples.probabilities
    n_classes = probabilities.shape[1]
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = samples.actual == samples.predicted
    weights = np.ones(len(samples)) if samples.weights is None else samples.weights
    edges = np.linspace(0.0, 1.0, BINS + 1)
    bins = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, BINS - 1)
    auc = tuple(
        _auc(samples, k, settings.confidence, simple=evaluation.sampling.simple)
        for k in range(n_classes)
    )
    points = most_points(n_classes)
    return ProbabilityResult(
        overall={
            **_losses(samples, confidence, right, weights, bins, settings),
            "roc_auc": _macro_auc(auc),
        },
        reliability=_reliability(edges, bins, confidence, right, weights, settings.confidence),
        roc=tuple(_roc(samples, k, points) for k in range(n_classes)),
        precision_recall=tuple(_precision_recall(samples, k, points) for k in range(n_classes)),
        auc=auc,
        histogram_edges=tuple(edges.tolist()),
        histogram_right=tuple(np.bincount(bins[right], weights[right], BINS).tolist()),
        histogram_wrong=tuple(np.bincount(bins[~right], weights[~right], BINS).tolist()),
    )


def counted_differences(
    first: Evaluation, second: Evaluation, settings: Settings
) -> Mapping[str, Difference]:
    """Return the same differences of models that were counted together, or none."""
    together = counted_together((first, second))
    if together is None or first.counted is None or second.counted is None:
        return {}
    i, j = first.counted.position, second.counted.position
    losses = together.losses.get((min(i, j), max(i, j)), {})
    return counted_loss_differences(losses, settings, sign=1 if i < j else -1)


def probability_differences(
    first: Predictions, second: Predictions, settings: Settings
) -> Mapping[str, Difference]:
    """Return log loss and Brier score of the second model minus those of the first, paired."""
    if first.probabilities is None or second.probabilities is None:
        return {}
    before, after = (
        sample_losses(first.actual, first.probabilities),
        sample_losses(second.actual, second.probabilities),
    )
    interval = mean_interval(
        after - before,
        replicates=REPLICATES,
        confidence=settings.confidence,
        sample_weight=first.weights,
        groups=_units(first, settings.seed),
        strata=first.strata,
        seed=np.random.default_rng([settings.seed, STREAM]),
    )
    return {
        key: Difference(
            float(interval.estimate[i]),
            float(interval.low[i]),
            float(interval.high[i]),
            test="paired bootstrap interval",
        )
        for i, key in enumerate(("log_loss", "brier_score"))
    }


def _units(samples: Predictions, seed: int) -> NDArray[np.int64] | None:
    """Return what is drawn together: the groups there are, or random blocks of many samples."""
    if samples.groups is not None or samples.strata is not None or len(samples) <= UNITS:
        return samples.groups
    return np.random.default_rng([seed, STREAM]).permutation(len(samples)) % UNITS


def _losses(
    samples: Predictions,
    confidence: FloatArray,
    right: NDArray[np.bool_],
    weights: FloatArray,
    bins: NDArray[np.intp],
    settings: Settings,
) -> dict[str, Estimate]:
    """Return the means and the calibration error, with intervals from one draw of samples."""
    assert samples.probabilities is not None
    n = len(samples)
    gaps = np.zeros((n, BINS))
    gaps[np.arange(n), bins] = right - confidence
    columns = (
        np.column_stack([sample_losses(samples.actual, samples.probabilities), gaps])
        * weights[:, None]
    )
    units = SamplingUnits.of_samples(n, _units(samples, settings.seed), samples.strata)
    sums = np.column_stack([columns, weights])
    rng = np.random.default_rng([settings.seed, STREAM])
    drawn = units.resampled_sums(sums, REPLICATES, rng)
    found = {}
    for key, values, value in zip(
        ("log_loss", "brier_score", "expected_calibration_error"),
        _from_sums(drawn),
        _from_sums(sums.sum(axis=0)),
        strict=True,
    ):
        low, high = percentile_limits(values, settings.confidence)
        found[key] = Estimate(float(value), float(low), float(high), "bootstrap over samples")
    return found


def _from_sums(sums: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return log loss, Brier score and calibration error of sums over samples, weights last."""
    weight = sums[..., -1]
    error = np.abs(sums[..., 2:-1]).sum(axis=-1)
    return sums[..., 0] / weight, sums[..., 1] / weight, error / weight


def _auc(samples: Predictions, k: int, confidence: float, *, simple: bool) -> Estimate:
    assert samples.probabilities is not None
    positive, scores = samples.actual == k, samples.probabilities[:, k]
    if simple:
        method, interval = "DeLong", auc_interval(positive, scores, confidence=confidence)
    else:
        method = "Obuchowski"
        interval = clustered_auc_interval(
            positive,
            scores,
            sample_weight=samples.weights,
            groups=samples.groups,
            strata=samples.strata,
            confidence=confidence,
        )
    if np.isnan(interval.auc):
        absent = not (samples.actual == k).any()
        return Estimate(
            None, undefined="does not occur in the data" if absent else "no other class"
        )
    return Estimate(interval.auc, interval.low, interval.high, method)


def _macro_auc(by_class: tuple[Estimate, ...]) -> Estimate:
    """Return the mean one-vs-rest area.

    Its interval is the mean of the classes' intervals: never too narrow, since no correlation
    between classes makes a mean vary more.
    """
    known = [e for e in by_class if e.value is not None]
    if not known:
        return Estimate(None, undefined="undefined for every class", classes_covered=0)
    value, low, high = (
        float(np.mean([getattr(e, part) for e in known])) for part in ("value", "low", "high")
    )
    method = f"{known[0].method}, conservative"
    return Estimate(value, low, high, method, classes_covered=len(known))


def _reliability(
    edges: FloatArray,
    bins: NDArray[np.intp],
    confidence: FloatArray,
    right: NDArray[np.bool_],
    weights: FloatArray,
    level: float,
) -> Reliability:
    counts = np.bincount(bins, weights, BINS)
    known = counts > 0
    nothing: list[float | None] = [None] * BINS
    mean, share, low, high = (list(nothing) for _ in range(4))
    sums = np.bincount(bins, weights * confidence, BINS)
    hits = np.bincount(bins, weights * right, BINS)
    for i in np.flatnonzero(known):
        mean[i], share[i] = float(sums[i] / counts[i]), float(hits[i] / counts[i])
        below, above = proportion_interval(float(hits[i]), float(counts[i]), confidence=level)
        low[i], high[i] = float(below), float(above)
    return Reliability(
        edges=tuple(edges.tolist()),
        mean_confidence=tuple(mean),
        accuracy=tuple(share),
        low=tuple(low),
        high=tuple(high),
        counts=tuple(counts.tolist()),
    )


def _roc(samples: Predictions, k: int, points: int) -> Curve | None:
    positive = samples.actual == k
    if positive.all() or not positive.any():
        return None
    assert samples.probabilities is not None
    x, y, _ = roc_curve(positive, samples.probabilities[:, k], sample_weight=samples.weights)
    return thinned(x, y, points)


def _precision_recall(samples: Predictions, k: int, points: int) -> Curve | None:
    positive = samples.actual == k
    if not positive.any():
        return None
    assert samples.probabilities is not None
    precision, recall, _ = precision_recall_curve(
        positive, samples.probabilities[:, k], sample_weight=samples.weights
    )
    return thinned(recall[::-1], precision[::-1], points)
