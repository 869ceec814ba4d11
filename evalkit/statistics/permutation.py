"""Permutation tests of two models, and sign-flip tests of paired differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import bdtrc, gammaln

from evalkit.counts.joint import JointCounts
from evalkit.errors import InputError
from evalkit.metrics.catalog import lookup
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.bootstrap import difference_replicates, standard_deviation
from evalkit.statistics.cell_sums import blocks, joined
from evalkit.statistics.count_metric import bind_metric
from evalkit.statistics.draws import sum_half_binomials
from evalkit.statistics.resampling import require_replicates, whole_counts
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.count_metric import CountMetric

# Rounding errors must not hide a tie, which counts as a hit.
_TIE = 1e-12
_FEW_HITS = 10
_LEAST_P = 1e-12
# Exchanges of more samples of a class than this are grouped; nine deviations hold all but 1e-18.
_NODES, _DEVIATIONS = 512, 9.0


@dataclass(frozen=True, slots=True, eq=False)
class PermutationTest:
    """A difference of two models with its two-sided permutation p-value.

    Attributes
    ----------
    difference : metric(B) − metric(A), NaN where undefined for a model.
    p_value : the share of exchanges that are at least as far from zero, after scaling; never zero.
    replicates : number of random exchanges.
    """

    difference: FloatArray
    p_value: FloatArray
    replicates: int


def permutation_test(
    joint: JointCounts | ArrayLike,
    metric: CountMetric | str,
    *,
    replicates: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> PermutationTest:
    """Return the studentized permutation test that A and B have the same value of a metric.

    A replicate exchanges A and B on each sample with probability ½. The number of exchanged samples
    in a cell of the joint counts is binomial, so the cost does not depend on the number of samples.
    Exchanges alone test more than the metric: two models with equal precision that predict a class
    with unequal frequency are not exchangeable. So the difference is divided by the ratio of its
    standard errors, of the bootstrap and of the exchanges, where it exceeds 1.

    A metric by class, such as precision or F-β, depends on two independent binomial numbers per
    class, over which the probability is summed exactly. For others it is
    (1 + replicates at least as far from zero) / (1 + replicates), or with fewer than 10 of those
    Hoeffding's bound 2 exp(−z²/2) if it is smaller.

    Parameters
    ----------
    joint : `JointCounts`, or whole counts (K, K, K) over (actual, A, B).
    metric : a function of counts (..., K, K) or of `Marginals`, or a catalog name.
    replicates : number of random exchanges, and of resamples for the standard error.
    seed : integer seed, or a random number generator.

    Returns
    -------
    The difference metric(B) − metric(A) and its p-value, in the shape of the metric. A replicate
    with an undefined metric counts as far from zero. Identical models have difference 0 and p = 1.

    Raises
    ------
    InputError
        If counts are not whole, or the metric drops leading axes.

    References
    ----------
    E. Chung and J. P. Romano, "Exact and asymptotically robust permutation tests", 2013.
    B. Phipson and G. K. Smyth, "Permutation p-values should never be zero", 2010.
    W. Hoeffding, "Probability inequalities for sums of bounded random variables", 1963.

    Examples
    --------
    >>> joint = JointCounts.from_codes([0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1], 2)
    >>> float(permutation_test(joint, "accuracy", replicates=99).p_value)
    1.0
    """
    counts = joint if isinstance(joint, JointCounts) else JointCounts.from_dense(joint)
    bound = bind_metric(metric, counts.confusion_a())
    difference = bound(counts.confusion_b()) - bound(counts.confusion_a())
    require_replicates(replicates)
    if is_by_class(metric):
        p_value = exact_p_values(counts, bound.function, difference)
        return PermutationTest(difference[()], p_value[()], replicates)
    blocks_ = _swap_blocks(counts, replicates, generator(seed, "exchange"), dense=bound.dense)
    exchanged = np.concatenate(
        [bound.of_replicates(b) - bound.of_replicates(a) for a, b in blocks_]
    )
    resampled = difference_replicates(counts, bound, replicates, seed, method="smoothed")
    p_value = studentized_p_value(difference, resampled, exchanged)
    return PermutationTest(difference[()], p_value[()], replicates)


def swap_resample(
    joint: JointCounts, replicates: int, rng: np.random.Generator
) -> tuple[Marginals, Marginals]:
    """Return marginals of A and B, (R, K), after exchanging them on random samples.

    Parameters and errors are those of `paired_resample`.

    Examples
    --------
    >>> joint = JointCounts.from_codes([0, 0, 1], [0, 1, 1], [1, 1, 1], 2)
    >>> a, b = swap_resample(joint, 4, np.random.default_rng(0))
    >>> (a.true_positive + b.true_positive)[:, 0].tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    a, b = joined([*_swap_blocks(joint, replicates, rng, dense=False)])
    return a, b


def permutation_hits(difference: FloatArray, replicates: FloatArray) -> NDArray[np.int64]:
    """Return the number of replicates (R, ...) at least as far from zero as a difference (...)."""
    nearer = np.abs(replicates) < np.abs(difference) - _TIE
    return np.asarray(len(replicates) - np.count_nonzero(nearer, axis=0))


def permutation_p_value(
    difference: FloatArray, hits: NDArray[np.int64], replicates: int
) -> FloatArray:
    """Return (1 + hits) / (1 + replicates); NaN where the difference is NaN."""
    return np.where(np.isnan(difference), np.nan, (1 + hits) / (1 + replicates))


def is_by_class(metric: CountMetric | str) -> bool:
    """Return whether a metric is a bounded one by class that falls with its false positives."""
    if not isinstance(metric, str) or metric.endswith(("_micro", "_macro", "_weighted")):
        return False
    known = lookup(metric)
    return known.by_class and bool(np.isfinite(known.high)) and known.higher_is_better


def studentized_p_value(
    difference: FloatArray, resampled: FloatArray, exchanged: FloatArray
) -> FloatArray:
    """Return p-values (...) from replicates, as in `permutation_test`; NaN for NaN.

    Parameters
    ----------
    difference : (...) of the two models, second minus first.
    resampled, exchanged : (R, ...) differences of bootstrap replicates, and of exchanged models.
    """
    within, between = standard_deviation(exchanged), standard_deviation(resampled)
    with np.errstate(divide="ignore", invalid="ignore"):
        nearest = np.abs(difference) / np.where(within > 0, np.fmax(between / within, 1.0), 1.0)
        hits = permutation_hits(nearest, exchanged)
        p = permutation_p_value(difference, hits, len(exchanged))
        # The standard deviation of R replicates has the relative error 1 / √(2R).
        z = nearest / (within * (1.0 + 3.0 / np.sqrt(2.0 * len(exchanged))))
        bound = np.maximum(2.0 * np.exp(-(z**2) / 2.0), _LEAST_P)
    return np.where((hits < _FEW_HITS) & (within > 0), np.fmin(p, bound), p)


@dataclass(frozen=True, slots=True, eq=False)
class _ByClass:
    """What two models predict for each class (K,), and a metric of these numbers by class.

    `support` are the samples of the class. Both models predict the class for `both_right` of them,
    and for `both_wrong` of the others; exactly one of the two models, for `right` and `wrong`.
    """

    metric: CountMetric
    support: FloatArray
    both_right: FloatArray
    both_wrong: FloatArray
    right: FloatArray
    wrong: FloatArray

    def of_one(self, own_right: FloatArray, own_wrong: FloatArray) -> FloatArray:
        """Return the metric (..., K) of a model from what it alone predicts as the class."""
        hits = self.both_right + own_right
        return self._value(hits, self.support, hits + self.both_wrong + own_wrong)

    def variance(
        self, right: tuple[FloatArray, FloatArray], wrong: tuple[FloatArray, FloatArray]
    ) -> FloatArray:
        """Return the variance of the difference by the delta method.

        It is Σ n (ψ_B − ψ_A)² over the cells of actual and predicted, with ψ the change of a
        model's metric by one more sample; `right` and `wrong` are what A and B alone predict.
        """
        psi = [self._changes(*own) for own in zip(right, wrong, strict=True)]
        (hit_a, miss_a, false_a), (hit_b, miss_b, false_b) = psi
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

    def _changes(self, own_right: FloatArray, own_wrong: FloatArray) -> list[FloatArray]:
        """Return the derivatives by true positives, false negatives and false positives."""
        hits = self.both_right + own_right
        support = np.maximum(self.support, hits)
        predicted, h = hits + self.both_wrong + own_wrong, 1e-4
        return [
            (
                self._value(hits + h * i, support + h * j, predicted + h * k)
                - self._value(hits, support, predicted)
            )
            / h
            for i, j, k in ((1, 1, 1), (0, 1, 0), (0, 0, 1))
        ]

    def _value(self, hits: FloatArray, support: FloatArray, predicted: FloatArray) -> FloatArray:
        support = np.broadcast_to(support, hits.shape)
        total = np.broadcast_to(self.support.sum(), hits.shape[:-1])
        return np.asarray(self.metric(Marginals(hits, support, predicted, total)), np.float64)


def exact_p_values(joint: JointCounts, metric: CountMetric, difference: FloatArray) -> FloatArray:
    """Return the studentized p-values (K,) over all exchanges, for a metric by class.

    Of the samples of class k that exactly one model predicts as k, A has X ~ Binomial(t, ½); of the
    false positives that exactly one model has, Z ~ Binomial(f, ½). The metric falls with Z, so for
    each X the probability over Z is that of a tail. The ratio of standard errors is that of the
    delta method, of the data with one more true and false positive of each model (as Agresti and
    Caffo add to proportions) and of the average exchange.

    >>> joint = JointCounts.from_codes([0] * 9 + [1], [0] * 9 + [1], [1] * 10, 2)
    >>> from evalkit.metrics.count import f1
    >>> difference = f1(joint.confusion_b()) - f1(joint.confusion_a())
    >>> exact_p_values(joint, f1, difference).round(4).tolist()
    [0.0039, 0.0391]
    """
    k, counts = joint.n_classes, whole_counts(joint.counts)
    actual, a, b = joint.cells.T

    def number(codes: NDArray[np.int64], chosen: NDArray[np.bool_]) -> FloatArray:
        return np.asarray(np.bincount(codes[chosen], counts[chosen], k), np.float64)

    every = np.ones(len(counts), bool)
    rights = number(a, (a == actual) & (b != a)), number(b, (b == actual) & (b != a))
    wrongs = number(a, (a != actual) & (b != a)), number(b, (b != actual) & (b != a))
    right, wrong = np.add(*rights), np.add(*wrongs)
    found = _ByClass(
        metric=metric,
        support=number(actual, every),
        both_right=number(a, (a == b) & (a == actual)),
        both_wrong=number(a, (a == b) & (a != actual)),
        right=right,
        wrong=wrong,
    )
    more_right, more_wrong = [(each[0] + 1.0, each[1] + 1.0) for each in (rights, wrongs)]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = found.variance(more_right, more_wrong) / found.variance(
            (right / 2.0, right / 2.0), (wrong / 2.0, wrong / 2.0)
        )
        before, after = (found.of_one(*own) for own in zip(more_right, more_wrong, strict=True))
        nearest = np.minimum(np.abs(difference), np.abs(after - before))
        nearest = nearest / np.sqrt(np.where(ratio > 1.0, ratio, 1.0))
    return np.where(np.isnan(difference), np.nan, _share_of_exchanges(found, nearest))


def _share_of_exchanges(found: _ByClass, nearest: FloatArray) -> FloatArray:
    """Return the probability (K,) of exchanges with a difference of at least `nearest`."""
    right, wrong = found.right, found.wrong
    spread = np.sqrt(right) / 2.0
    many = right > _NODES
    step = np.where(many, np.ceil(2.0 * _DEVIATIONS * spread / _NODES), 1.0)
    start = np.where(many, np.floor(right / 2.0 - _DEVIATIONS * spread), 0.0)
    nodes = np.arange(min(int(right.max()), _NODES) + 1)[:, None]
    x = start + step * nodes + (step - 1.0) / 2.0
    share = np.where(x <= right, step * _half_binomial(np.minimum(x, right), right), 0.0)
    x = np.minimum(x, right)
    low, high = np.zeros_like(x), np.broadcast_to(wrong + 1.0, x.shape)
    for _ in range(int(wrong.max()).bit_length() + 1):
        middle = np.floor((low + high) / 2.0)
        z = np.minimum(middle, wrong)
        far = found.of_one(right - x, wrong - z) - found.of_one(x, z) >= nearest - _TIE
        searched = low < high
        high = np.where(searched & far, middle, high)
        low = np.where(searched & ~far, middle + 1.0, low)
    tail = np.where(high > 0, bdtrc(high - 1.0, wrong.astype(np.int64), 0.5), 1.0)
    p = (share * np.where(high > wrong, 0.0, tail)).sum(axis=0)
    # Exchanges that leave A without a value are far from zero too.
    none = np.zeros_like(right)
    undefined = np.isnan(found.of_one(none, none)) & (high[0] > 0)
    p = p + np.where(undefined, 0.5 ** (right + wrong), 0.0)
    return np.asarray(np.clip(2.0 * p, _LEAST_P, 1.0))


def _half_binomial(x: FloatArray, trials: FloatArray) -> FloatArray:
    """Return the probability of x under Binomial(trials, ½)."""
    chosen = gammaln(trials + 1.0) - gammaln(x + 1.0) - gammaln(trials - x + 1.0)
    return np.asarray(np.exp(chosen - trials * np.log(2.0)))


@dataclass(frozen=True, slots=True, eq=False)
class _Exchanges:
    """Samples on which A and B differ, in groups of samples that no metric can distinguish.

    For each of the `size` samples of a group one model predicts `first` and the other `second`. If
    `right`, `first` is the actual class. Samples that both models misclassify are grouped by their
    `actual` class for matrices only, because marginals do not depend on it.
    """

    actual: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    right: NDArray[np.bool_]
    size: NDArray[np.int64]

    def summed(self, codes: NDArray[np.int64], places: int) -> FloatArray:
        """Return the number of samples by code; a group with the code −1 is omitted."""
        kept = codes >= 0
        sums = np.bincount(codes[kept], weights=self.size[kept], minlength=places)
        return sums.astype(np.float64)

    def of_a(
        self,
        both: NDArray[Any],
        codes: tuple[NDArray[np.int64], NDArray[np.int64]],
        drawn: tuple[NDArray[np.int64], NDArray[np.int64]],
    ) -> FloatArray:
        """Return the sums (R, places) of A from those of both models and of the first predictions.

        `codes` are the places of `first` and of `second`, `drawn` the sums (places, R) by them of
        the samples on which A predicts `first`. On the others A predicts `second`.
        """
        first, second = (self.summed(code, both.shape[-1]) for code in codes)
        agreed = (both - first - second) / 2
        return np.asarray(agreed + drawn[0].T + (second - drawn[1].T))


def _exchanges(joint: JointCounts, *, by_actual: bool) -> _Exchanges:
    counts = whole_counts(joint.counts)
    differ = joint.cells[:, 1] != joint.cells[:, 2]
    actual, a, b = joint.cells[differ].T
    first, second = np.minimum(a, b), np.maximum(a, b)
    reversed_ = second == actual
    first, second = np.where(reversed_, second, first), np.where(reversed_, first, second)
    right = first == actual
    separated = actual if by_actual else np.where(right, actual, -1)
    groups, which = np.unique(
        np.stack([separated, first, second, right.astype(np.int64)]), axis=1, return_inverse=True
    )
    size = np.bincount(which, weights=counts[differ], minlength=groups.shape[1])
    return _Exchanges(groups[0], groups[1], groups[2], groups[3] == 1, size.astype(np.int64))


def _swap_blocks(
    joint: JointCounts, replicates: int, rng: np.random.Generator, *, dense: bool
) -> Iterator[tuple[Any, Any]]:
    require_replicates(replicates)
    exchanges = _exchanges(joint, by_actual=dense)
    swapped = _swapped_matrices if dense else _swapped_marginals
    for size in blocks(replicates, 6 * joint.n_classes ** (2 if dense else 1)):
        yield swapped(joint, exchanges, size, rng)


def _swapped_marginals(
    joint: JointCounts, exchanges: _Exchanges, replicates: int, rng: np.random.Generator
) -> tuple[Marginals, Marginals]:
    k, first, second = joint.n_classes, exchanges.first, exchanges.second
    where_right = np.where(exchanges.right, first, -1)
    hits, firsts, seconds = sum_half_binomials(
        exchanges.size, (where_right, first, second), (k, k, k), replicates, rng
    )
    a, b = Marginals.of(joint.confusion_a()), Marginals.of(joint.confusion_b())
    right, called = a.true_positive + b.true_positive, a.predicted + b.predicted
    true_positive = (right - exchanges.summed(where_right, k)) / 2 + hits.T
    predicted = exchanges.of_a(called, (first, second), (firsts, seconds))
    actual = np.broadcast_to(a.actual.astype(np.float64), predicted.shape)
    total = np.broadcast_to(np.float64(a.total), predicted.shape[:1])
    return (
        Marginals(true_positive, actual, predicted, total),
        Marginals(right - true_positive, actual, called - predicted, total),
    )


def _swapped_matrices(
    joint: JointCounts, exchanges: _Exchanges, replicates: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    k = joint.n_classes
    codes = (exchanges.actual * k + exchanges.first, exchanges.actual * k + exchanges.second)
    firsts, seconds = sum_half_binomials(exchanges.size, codes, (k * k, k * k), replicates, rng)
    both = (joint.confusion_a() + joint.confusion_b()).astype(np.float64)
    of_a = exchanges.of_a(both.ravel(), codes, (firsts, seconds)).reshape(-1, k, k)
    return of_a, both - of_a


def sign_flip_p_value(
    differences: ArrayLike,
    *,
    counts: ArrayLike | None = None,
    replicates: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> float:
    """Return the two-sided p-value of a mean paired difference from random sign flips.

    A replicate flips the sign of each difference with probability ½.

    Parameters
    ----------
    differences : (m,) finite differences, one per sample or group of samples.
    counts : (m,) number of occurrences of each difference; 1 if None.
    replicates : number of random flips.
    seed : integer seed, or a random number generator.

    Returns
    -------
    (1 + replicates at least as far from zero) / (1 + replicates); 1 if all differences are 0.

    Raises
    ------
    InputError
        If there are no differences, one is not finite, or lengths differ.

    References
    ----------
    R. A. Fisher, *The Design of Experiments*, 1935, section 21.

    Examples
    --------
    >>> sign_flip_p_value([0.0, 0.0], replicates=9)
    1.0
    """
    require_replicates(replicates)
    values = np.asarray(differences, dtype=np.float64)
    times = np.ones(len(values), np.int64) if counts is None else np.asarray(counts, np.int64)
    if values.ndim != 1 or values.shape != times.shape:
        raise InputError(
            f"differences has shape {values.shape} and counts has shape {times.shape}, expected "
            "(m,) for both."
        )
    if not np.isfinite(values).all():
        raise InputError("differences contains NaN or infinity.")
    if times.sum() < 1:
        raise InputError("No differences to test. Pass at least one.")
    # A flip turns a difference into its negative, so only absolute values matter.
    sizes, which = np.unique(np.abs(values), return_inverse=True)
    occurring = np.bincount(which, weights=times).astype(np.int64)
    observed = np.asarray(values @ times / np.abs(values).max(initial=1e-300))
    sizes = sizes / np.abs(values).max(initial=1e-300)
    rng = generator(seed, "cost signs")
    every, hits = np.arange(len(sizes)), np.zeros((), np.int64)
    for size in blocks(replicates, len(sizes)):
        (turned,) = sum_half_binomials(occurring, [every], [len(every)], size, rng)
        hits += permutation_hits(observed, sizes @ (2 * turned - occurring[:, None]))
    return float(permutation_p_value(observed, hits, replicates))
