"""Permutation tests of metrics by class, summed over all exchanges of two models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import bdtrc, gammaln

from evalkit.metrics.catalog import lookup
from evalkit.metrics.count.marginals import Marginals
from evalkit.metrics.quantities import AVERAGES
from evalkit.statistics.resampling import whole_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.counts.joint import JointCounts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.count_metric import CountMetric

TIE = 1e-12
"""Rounding errors must not hide a tie, which counts as at least as far from zero."""
LEAST_P = 1e-12
"""Smaller p-values are not distinguished."""
# Exchanges of more samples of a class than this are grouped; nine deviations hold all but 1e-18.
_NODES, _DEVIATIONS = 512, 9.0


def is_by_class(metric: CountMetric | str) -> bool:
    """Return whether a metric is a bounded one by class that falls with its false positives."""
    if not isinstance(metric, str) or metric.endswith(AVERAGES):
        return False
    known = lookup(metric)
    return known.by_class and bool(np.isfinite(known.high)) and known.higher_is_better


def exact_p_values(joint: JointCounts, metric: CountMetric, difference: FloatArray) -> FloatArray:
    """Return the studentized p-values (K,) over all exchanges, for a metric by class.

    The ratio of standard errors is that of the delta method, of the data with one more true and
    false positive of each model (as Agresti and Caffo add to proportions) and of the average
    exchange. The difference of these data is used if it is smaller.

    >>> from evalkit.counts.joint import JointCounts
    >>> from evalkit.metrics.count import f1
    >>> joint = JointCounts.from_codes([0] * 9 + [1], [0] * 9 + [1], [1] * 10, 2)
    >>> difference = f1(joint.confusion_b()) - f1(joint.confusion_a())
    >>> exact_p_values(joint, f1, difference).round(4).tolist()
    [0.0039, 0.0391]
    """
    found = ExchangedClasses.of_joint(joint, metric)
    right, wrong = ([each + 1.0 for each in pair] for pair in (found.rights, found.wrongs))
    half_right, half_wrong = found.right / 2.0, found.wrong / 2.0
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = found.variance(right, wrong) / found.variance([half_right] * 2, [half_wrong] * 2)
        before, after = (found.of_one(*own) for own in zip(right, wrong, strict=True))
        nearest = np.minimum(np.abs(difference), np.abs(after - before))
        nearest = nearest / np.sqrt(np.where(ratio > 1.0, ratio, 1.0))
    return np.where(np.isnan(difference), np.nan, found.share_of_exchanges(nearest))


@dataclass(frozen=True, slots=True, eq=False)
class ExchangedClasses:
    """What two models predict as each class, and a metric of these numbers (K,) by class.

    Of the samples of class k that exactly one model predicts as k, A has X ~ Binomial(t, ½) in an
    exchange; of the false positives that exactly one model has, Z ~ Binomial(f, ½).

    Attributes
    ----------
    metric : function of `Marginals` that falls with the false positives.
    support : samples of the class.
    both_right, both_wrong : samples of the class, and of others, that both predict as the class.
    rights, wrongs : the same for A alone, and for B alone.
    """

    metric: CountMetric
    support: FloatArray
    both_right: FloatArray
    both_wrong: FloatArray
    rights: tuple[FloatArray, FloatArray]
    wrongs: tuple[FloatArray, FloatArray]

    @classmethod
    def of_joint(cls, joint: JointCounts, metric: CountMetric) -> ExchangedClasses:
        """Return the numbers of whole joint counts."""
        k, counts = joint.n_classes, whole_counts(joint.counts)
        actual, a, b = joint.cells.T

        def number(codes: NDArray[np.int64], chosen: NDArray[np.bool_]) -> FloatArray:
            return np.asarray(np.bincount(codes[chosen], counts[chosen], k), np.float64)

        differ = a != b
        return cls(
            metric=metric,
            support=np.asarray(np.bincount(actual, counts, k), np.float64),
            both_right=number(a, ~differ & (a == actual)),
            both_wrong=number(a, ~differ & (a != actual)),
            rights=(number(a, differ & (a == actual)), number(b, differ & (b == actual))),
            wrongs=(number(a, differ & (a != actual)), number(b, differ & (b != actual))),
        )

    @property
    def right(self) -> FloatArray:
        """(K,) t, the samples of the class that exactly one model predicts as the class."""
        return self.rights[0] + self.rights[1]

    @property
    def wrong(self) -> FloatArray:
        """(K,) f, the samples of other classes that exactly one model predicts as the class."""
        return self.wrongs[0] + self.wrongs[1]

    def of_one(self, own_right: FloatArray, own_wrong: FloatArray) -> FloatArray:
        """Return the metric (..., K) of a model from what it alone predicts as the class."""
        hits = self.both_right + own_right
        return self._value(hits, self.support, hits + self.both_wrong + own_wrong)

    def variance(self, right: list[FloatArray], wrong: list[FloatArray]) -> FloatArray:
        """Return the variance of the difference by the delta method.

        It is Σ n (ψ_B − ψ_A)² over the cells of actual and predicted, with ψ the change of a
        model's metric by one more sample; `right` and `wrong` are what A and B alone predict.
        """
        (hit_a, miss_a, false_a), (hit_b, miss_b, false_b) = (
            self._changes(*own) for own in zip(right, wrong, strict=True)
        )
        neither = np.maximum(self.support - self.both_right - right[0] - right[1], 0.0)
        return np.asarray(
            self.both_right * (hit_b - hit_a) ** 2
            + right[0] * (miss_b - hit_a) ** 2
            + right[1] * (hit_b - miss_a) ** 2
            + neither * (miss_b - miss_a) ** 2
            + self.both_wrong * (false_b - false_a) ** 2
            + wrong[0] * false_a**2
            + wrong[1] * false_b**2
        )

    def share_of_exchanges(self, nearest: FloatArray) -> FloatArray:
        """Return the probability (K,) of exchanges with a difference of at least `nearest`.

        For each X, the Z of such exchanges are those from the smallest one on. Exchanges that leave
        a model without a value count as well.
        """
        t, f = self.right, self.wrong
        spread = np.sqrt(t) / 2.0
        step = np.where(t > _NODES, np.ceil(2.0 * _DEVIATIONS * spread / _NODES), 1.0)
        start = np.where(t > _NODES, np.floor(t / 2.0 - _DEVIATIONS * spread), 0.0)
        nodes = np.arange(min(int(t.max()), _NODES) + 1)[:, None]
        x = start + step * nodes + (step - 1.0) / 2.0
        share = np.where(x <= t, step * _half_binomial(np.minimum(x, t), t), 0.0)
        x = np.minimum(x, t)
        low, high = np.zeros_like(x), np.broadcast_to(f + 1.0, x.shape)
        for _ in range(int(f.max()).bit_length() + 1):
            middle = np.floor((low + high) / 2.0)
            z = np.minimum(middle, f)
            far = self.of_one(t - x, f - z) - self.of_one(x, z) >= nearest - TIE
            searched = low < high
            high = np.where(searched & far, middle, high)
            low = np.where(searched & ~far, middle + 1.0, low)
        tail = np.where(high > 0, bdtrc(high - 1.0, f.astype(np.int64), 0.5), 1.0)
        p = (share * np.where(high > f, 0.0, tail)).sum(axis=0)
        none = np.zeros_like(t)
        undefined = np.isnan(self.of_one(none, none)) & (high[0] > 0)
        p = p + np.where(undefined, 0.5 ** (t + f), 0.0)
        return np.asarray(np.clip(2.0 * p, LEAST_P, 1.0))

    def _changes(self, own_right: FloatArray, own_wrong: FloatArray) -> list[FloatArray]:
        """Return the derivatives by true positives, false negatives and false positives."""
        hits = self.both_right + own_right
        support, predicted = np.maximum(self.support, hits), hits + self.both_wrong + own_wrong
        value, h = self._value(hits, support, predicted), 1e-4
        return [
            (self._value(hits + h * i, support + h * j, predicted + h * k) - value) / h
            for i, j, k in ((1, 1, 1), (0, 1, 0), (0, 0, 1))
        ]

    def _value(self, hits: FloatArray, support: FloatArray, predicted: FloatArray) -> FloatArray:
        support = np.broadcast_to(support, hits.shape)
        total = np.broadcast_to(self.support.sum(), hits.shape[:-1])
        return np.asarray(self.metric(Marginals(hits, support, predicted, total)), np.float64)


def _half_binomial(x: FloatArray, trials: FloatArray) -> FloatArray:
    """Return the probability of x under Binomial(trials, ½)."""
    chosen = gammaln(trials + 1.0) - gammaln(x + 1.0) - gammaln(trials - x + 1.0)
    return np.asarray(np.exp(chosen - trials * np.log(2.0)))
