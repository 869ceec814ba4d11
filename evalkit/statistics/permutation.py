"""Permutation tests of two models, and sign-flip tests of paired differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.counts.joint import JointCounts
from evalkit.errors import InputError
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.bootstrap import difference_replicates, standard_deviation
from evalkit.statistics.cell_sums import blocks, joined
from evalkit.statistics.class_permutation import LEAST_P, TIE, exact_p_values, is_by_class
from evalkit.statistics.count_metric import bind_metric
from evalkit.statistics.draws import sum_half_binomials
from evalkit.statistics.resampling import require_replicates, whole_counts
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.count_metric import CountMetric

_FEW_HITS = 10
SPREAD_REPLICATES = 500
"""Number of bootstrap replicates for a standard error, which has a relative error of 3 % then."""


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
    replicates : number of random exchanges; at most 500 resamples give the standard error.
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
    few = min(replicates, SPREAD_REPLICATES)
    resampled = difference_replicates(counts, bound, few, seed, method="smoothed", stream="spread")
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
    nearer = np.abs(replicates) < np.abs(difference) - TIE
    return np.asarray(len(replicates) - np.count_nonzero(nearer, axis=0))


def permutation_p_value(
    difference: FloatArray, hits: NDArray[np.int64], replicates: int
) -> FloatArray:
    """Return (1 + hits) / (1 + replicates); NaN where the difference is NaN."""
    return np.where(np.isnan(difference), np.nan, (1 + hits) / (1 + replicates))


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
        bound = np.maximum(2.0 * np.exp(-(z**2) / 2.0), LEAST_P)
    return np.where((hits < _FEW_HITS) & (within > 0), np.fmin(p, bound), p)


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
