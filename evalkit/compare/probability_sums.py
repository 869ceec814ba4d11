"""The worth of probabilities from sums over samples: losses exactly, rankings from score bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.curves import most_points, thinned
from evalkit.compare.results import Curve, Difference, Estimate, ProbabilityResult, Reliability
from evalkit.statistics import percentile_limits, proportion_interval
from evalkit.statistics.intervals import critical_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evalkit.compare.settings import Settings
    from evalkit.metrics.count.marginals import FloatArray

REPLICATES = 1_000
STREAM = 4


@dataclass(frozen=True)
class Moments:
    """A mean over samples and its variance."""

    mean: float
    variance: float

    def limits(self, confidence: float) -> tuple[float, float]:
        """Return the interval of the mean by the normal distribution."""
        reach = critical_value(confidence) * self.variance**0.5
        return self.mean - reach, self.mean + reach


LossMoments = dict[str, Moments]
"""``log_loss`` and ``brier_score`` → moments."""


@dataclass(frozen=True, eq=False)
class ProbabilitySums:
    """What is left of one model's probabilities.

    Attributes
    ----------
    losses : their moments.
    right, wrong, confidence, variance : (bins,) weight of samples that the model has right and
        wrong, summed confidence, and the variance of the summed gap between the two, by bin.
    others, own : (K, score bins) samples of other classes and of the class, by ascending score.
    simple : whether samples count alike and are independent, so that DeLong's variance holds.
    """

    losses: LossMoments
    right: FloatArray
    wrong: FloatArray
    confidence: FloatArray
    variance: FloatArray
    others: FloatArray
    own: FloatArray
    simple: bool

    @property
    def auc_bound(self) -> float:
        """How far the true area of any class can lie from the one of score bins, at most."""
        pairs = self.own.sum(axis=1) * self.others.sum(axis=1)
        known = pairs > 0
        ties = (self.own * self.others).sum(axis=1)[known] / (2 * pairs[known])
        return float(ties.max(initial=0.0))


def counted_probability_result(sums: ProbabilitySums, settings: Settings) -> ProbabilityResult:
    """Return the worth of probabilities that were summed and let go."""
    n_classes = len(sums.own)
    edges = np.linspace(0.0, 1.0, len(sums.right) + 1)
    auc = tuple(_auc(sums, k, settings.confidence) for k in range(n_classes))
    most = most_points(n_classes)
    return ProbabilityResult(
        overall={
            **{
                key: Estimate(moments.mean, *moments.limits(settings.confidence), "normal")
                if sums.simple
                else Estimate(moments.mean)
                for key, moments in sums.losses.items()
            },
            "expected_calibration_error": _calibration_error(sums, settings),
            "roc_auc": _mean_auc(auc),
        },
        reliability=_reliability(sums, edges, settings.confidence),
        roc=tuple(_roc(sums, k, most) for k in range(n_classes)),
        precision_recall=tuple(_precision_recall(sums, k, most) for k in range(n_classes)),
        auc=auc,
        histogram_edges=tuple(edges.tolist()),
        histogram_right=tuple(sums.right.tolist()),
        histogram_wrong=tuple(sums.wrong.tolist()),
    )


def counted_loss_differences(
    losses: LossMoments, settings: Settings, *, sign: int
) -> Mapping[str, Difference]:
    """Return the differences of losses whose moments are known; `sign` −1 turns them round."""
    found = {}
    for key, moments in losses.items():
        low, high = sorted(sign * end for end in moments.limits(settings.confidence))
        found[key] = Difference(sign * moments.mean, low, high, test="paired normal interval")
    return found


def _calibration_error(sums: ProbabilitySums, settings: Settings) -> Estimate:
    gaps = sums.right - sums.confidence
    total = (sums.right + sums.wrong).sum()
    rng = np.random.default_rng([settings.seed, STREAM])
    value = float(np.abs(gaps).sum() / total)
    if not sums.simple:
        return Estimate(value)
    # A bin's samples vary in number, and its gap about what so many would have.
    counts = rng.poisson(sums.right + sums.wrong, (REPLICATES, len(gaps)))
    mean_gap = gaps / np.maximum(sums.right + sums.wrong, 1.0)
    noise = rng.standard_normal(counts.shape) * np.sqrt(sums.variance)
    drawn = np.abs(mean_gap * counts + noise).sum(axis=1) / counts.sum(axis=1)
    low, high = percentile_limits(drawn, settings.confidence)
    return Estimate(value, float(low), float(high), "normal, by bin")


def _auc(sums: ProbabilitySums, k: int, confidence: float) -> Estimate:
    """Return DeLong's interval of a class, widened by what the bins leave open."""
    own, others = sums.own[k], sums.others[k]
    positives, negatives = own.sum(), others.sum()
    if not positives or not negatives:
        absent = "does not occur in the data" if not positives else "no other class"
        return Estimate(None, undefined=absent)
    above_others = (np.cumsum(others) - others / 2) / negatives
    below_own = (np.cumsum(own[::-1])[::-1] - own / 2) / positives
    value = float(own @ above_others / positives)
    bound = float(own @ others / (2 * positives * negatives))
    if not sums.simple or min(positives, negatives) < 2:
        return Estimate(value)
    variance = sum(
        float(counts @ (places - value) ** 2 / (counts.sum() - 1) / counts.sum())
        for counts, places in ((own, above_others), (others, below_own))
    )
    low, high = Moments(value, variance).limits(confidence)
    return Estimate(value, max(0.0, low - bound), min(1.0, high + bound), "DeLong, in score bins")


def _mean_auc(by_class: tuple[Estimate, ...]) -> Estimate:
    known = [each for each in by_class if each.value is not None]
    if not known:
        return Estimate(None, undefined="undefined for every class", classes_covered=0)
    value = float(np.mean([each.value for each in known if each.value is not None]))
    ends = [(e.low, e.high) for e in known if e.low is not None and e.high is not None]
    if len(ends) < len(known):
        return Estimate(value, classes_covered=len(known))
    low, high = (float(end) for end in np.mean(np.array(ends), axis=0))
    return Estimate(
        value, low, high, f"{known[0].method}, conservative", classes_covered=len(known)
    )


def _reliability(sums: ProbabilitySums, edges: FloatArray, level: float) -> Reliability:
    counts = sums.right + sums.wrong
    rows: list[tuple[float | None, ...]] = []
    for hits, n, confidence in zip(sums.right, counts, sums.confidence, strict=True):
        if not n:
            rows.append((None, None, None, None))
            continue
        low, high = proportion_interval(float(hits), float(n), confidence=level)
        rows.append((float(confidence / n), float(hits / n), float(low), float(high)))
    mean, share, below, above = zip(*rows, strict=True)
    return Reliability(tuple(edges.tolist()), mean, share, below, above, tuple(counts.tolist()))


def _roc(sums: ProbabilitySums, k: int, most: int) -> Curve | None:
    own, others = sums.own[k], sums.others[k]
    if not own.sum() or not others.sum():
        return None
    y = np.append(0.0, np.cumsum(own[::-1]) / own.sum())
    x = np.append(0.0, np.cumsum(others[::-1]) / others.sum())
    return thinned(x, y, most)


def _precision_recall(sums: ProbabilitySums, k: int, most: int) -> Curve | None:
    own, others = sums.own[k], sums.others[k]
    if not own.sum():
        return None
    occurs = (own + others)[::-1] > 0
    hits, taken = (np.cumsum(table[::-1])[occurs] for table in (own, own + others))
    recall, precision = np.append(0.0, hits / own.sum()), np.append(1.0, hits / taken)
    return thinned(recall, precision, most)
