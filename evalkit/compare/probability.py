"""Metrics and curves of probabilities, and differences between two models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.records import Curve, ProbabilityResult, Reliability
from evalkit.statistics.auc_difference import auc_difference
from evalkit.statistics.average_precision import average_precision_estimates
from evalkit.statistics.calibration import calibration
from evalkit.statistics.estimates import holm_judged
from evalkit.statistics.probability_estimates import (
    auc_estimates,
    loss_differences,
    loss_estimates,
    macro_auc,
)
from evalkit.statistics.proportions import proportion_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalkit.compare.records import PairResult, Settings
    from evalkit.counts.counts import Counts
    from evalkit.counts.probability import ProbabilityCounts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.metrics.probability.ranking import Thresholds
    from evalkit.statistics.estimates import Difference

POINTS = 140
POINTS_OF_ALL = 10_000


def probability_result(counts: Counts, settings: Settings) -> ProbabilityResult | None:
    """Return the probability metrics of one model, or None without probabilities."""
    known = counts.probability(0)
    if known is None:
        return None
    auc = auc_estimates(counts, settings.confidence)
    precision = average_precision_estimates(counts, settings.confidence, seed=settings.seed)
    most = most_points(len(auc))
    return ProbabilityResult(
        overall={
            **loss_estimates(counts, settings.confidence, seed=settings.seed),
            "roc_auc": macro_auc(auc),
            # Of two classes only that of the positive class is of interest, not their mean.
            **({"average_precision": macro_auc(precision)} if len(auc) > 2 else {}),
        },
        reliability=_reliability(known, settings.confidence),
        roc=tuple(_roc(scores, most) for scores in known.scores),
        precision_recall=tuple(_precision_recall(scores, most) for scores in known.scores),
        auc=auc,
        histogram_edges=tuple(known.edges.tolist()),
        histogram_right=tuple(known.right.tolist()),
        histogram_wrong=tuple(known.wrong.tolist()),
        calibration=calibration(counts, settings.confidence, seed=settings.seed),
        average_precision=precision,
    )


def probability_differences(
    counts: Counts, pair: tuple[int, int], settings: Settings
) -> Mapping[str, Difference]:
    """Return the paired differences in the losses, and of two classes in the ROC area."""
    losses = loss_differences(counts, pair, settings.confidence, seed=settings.seed)
    if len(counts.classes) != 2 or not losses:
        return losses
    area = auc_difference(counts, pair, 1, settings.confidence)
    return losses if area.low is None else {**losses, "roc_auc": area}


def adjusted_probabilities(
    pairs: Sequence[PairResult], settings: Settings
) -> tuple[PairResult, ...]:
    """Return the pairs with p-values of probability metrics adjusted over all pairs (Holm)."""
    found = [dict(pair.probability) for pair in pairs]
    for key in dict.fromkeys(key for each in found for key in each):
        known = [i for i, each in enumerate(found) if key in each]
        judged = holm_judged([found[i][key] for i in known], settings.alpha)
        for i, difference in zip(known, judged, strict=True):
            found[i][key] = difference
    return tuple(replace(pair, probability=each) for pair, each in zip(pairs, found, strict=True))


def most_points(n_classes: int) -> int:
    """Return the maximum number of points of the curve of each class."""
    return max(20, min(POINTS, POINTS_OF_ALL // n_classes))


def thinned(x: FloatArray, y: FloatArray, most: int) -> Curve:
    """Return at most `most` points of a curve, equally spaced along its length, with both ends."""
    if len(x) > most:
        length = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
        wanted = np.linspace(0.0, length[-1], most)
        kept = np.unique(np.searchsorted(length, wanted).clip(0, len(x) - 1))
        x, y = x[kept], y[kept]
    return Curve(tuple(x.round(5).tolist()), tuple(y.round(5).tolist()))


def _reliability(known: ProbabilityCounts, level: float) -> Reliability:
    rows: list[tuple[float | None, ...]] = []
    counts = known.right + known.wrong
    for hits, n, confidence in zip(known.right, counts, known.confidence, strict=True):
        if not n:
            rows.append((None, None, None, None))
            continue
        low, high = proportion_interval(float(hits), float(n), confidence=level)
        rows.append((float(confidence / n), float(hits / n), float(low), float(high)))
    mean, share, below, above = zip(*rows, strict=True)
    return Reliability(
        tuple(known.edges.tolist()), mean, share, below, above, tuple(counts.tolist())
    )


def _roc(scores: Thresholds, most: int) -> Curve | None:
    positives, negatives = scores.true_positives[-1:].sum(), scores.false_positives[-1:].sum()
    if not positives or not negatives:
        return None
    passed = np.stack([scores.false_positives, scores.true_positives])
    if passed.shape[1] > 2:
        # Points on a straight line between their neighbours are redundant.
        bends = np.diff(passed, 2).astype(bool).any(axis=0)
        passed = passed[:, np.concatenate([[True], bends, [True]])]
    x, y = passed[0] / negatives, passed[1] / positives
    return thinned(np.append(0.0, x), np.append(0.0, y), most)


def _precision_recall(scores: Thresholds, most: int) -> Curve | None:
    positives = scores.true_positives[-1:].sum()
    if not positives:
        return None
    precision = scores.true_positives / (scores.true_positives + scores.false_positives)
    recall = scores.true_positives / positives
    return thinned(np.append(0.0, recall), np.append(1.0, precision), most)
