"""Equivalence tests: two one-sided tests that a difference is smaller than a margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from evalkit.errors import InputError
from evalkit.statistics.bootstrap import difference_replicates, percentile_limits
from evalkit.statistics.count_metric import bind_metric
from evalkit.statistics.proportions import paired_proportion_interval, paired_proportion_score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evalkit.counts.joint import JointCounts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.count_metric import CountMetric
    from evalkit.statistics.intervals import Interval


@dataclass(frozen=True, slots=True, eq=False)
class Equivalence:
    """Test that two models differ by less than a margin.

    Attributes
    ----------
    difference, margin : metric(B) − metric(A), and the margin of equivalence.
    p_lower, p_upper : p-values of the hypotheses difference ≤ −margin and difference ≥ margin.
    p_value : the larger of the two.
    low, high : limits of the confidence interval of level 1 − 2α, which lies inside
        (−margin, margin) if the models are equivalent.
    equivalent : whether p_value < α, with α = 1 − confidence.
    """

    difference: FloatArray
    margin: float
    p_lower: FloatArray
    p_upper: FloatArray
    p_value: FloatArray
    low: FloatArray
    high: FloatArray
    equivalent: NDArray[np.bool_]


def equivalence_test(
    joint: JointCounts,
    metric: CountMetric | str,
    *,
    margin: float,
    confidence: float = 0.95,
    replicates: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> Equivalence:
    """Return the two one-sided tests that |metric(B) − metric(A)| is less than a margin.

    Accuracy is tested with Tango's score, other metrics with the smoothed paired bootstrap.

    Parameters
    ----------
    joint : whole counts over (actual, A, B).
    metric : a function of counts or of `Marginals`, or a catalog name.
    margin : positive margin in the units of the metric.
    confidence : 1 − α, strictly between ½ and 1.
    replicates, seed : as in `paired_interval`.

    Raises
    ------
    InputError
        If the margin is not positive or counts are not whole.

    References
    ----------
    D. J. Schuirmann, "A comparison of the two one-sided tests procedure and the power approach",
    1987.

    Examples
    --------
    >>> from evalkit.counts.joint import JointCounts
    >>> joint = JointCounts.from_dense([[[500, 0], [1, 9]], [[8, 1], [1, 480]]])
    >>> bool(equivalence_test(joint, "accuracy", margin=0.02).equivalent)
    True
    """
    if metric == "accuracy":
        return accuracy_equivalence(
            joint.only_a, joint.only_b, joint.total, margin=margin, confidence=confidence
        )
    bound = bind_metric(metric, joint.confusion_a())
    return equivalence_of_replicates(
        bound(joint.confusion_b()) - bound(joint.confusion_a()),
        difference_replicates(joint, bound, replicates, seed, method="smoothed"),
        margin=margin,
        confidence=confidence,
    )


def accuracy_equivalence(
    b: ArrayLike, c: ArrayLike, n: ArrayLike, *, margin: float, confidence: float = 0.95
) -> Equivalence:
    """Return the equivalence test of two accuracies on the same samples, with Tango's score.

    The difference is (c − b) / n. Errors are those of `equivalence_test` and of
    `paired_proportion_interval`, which is also the reference; n = 0 is an `InputError` too.

    Parameters
    ----------
    b, c, n : as in `paired_proportion_interval`.
    margin, confidence : as in `equivalence_test`.

    Examples
    --------
    >>> bool(accuracy_equivalence(0, 0, 20, margin=0.01).equivalent)
    False
    """
    if not np.all(np.asarray(n) > 0):
        raise InputError("Invalid number of samples n. Pass 1 or more.")
    difference = (np.asarray(c) - np.asarray(b)) / np.asarray(n)
    limits = paired_proportion_interval(b, c, n, confidence=2.0 * confidence - 1.0)
    return _verdict(
        difference,
        margin,
        ndtr(-paired_proportion_score(b, c, n, -margin)),
        ndtr(paired_proportion_score(b, c, n, margin)),
        limits,
        confidence,
    )


def equivalence_of_replicates(
    difference: FloatArray, replicates: FloatArray, *, margin: float, confidence: float = 0.95
) -> Equivalence:
    """Return the equivalence test from bootstrap replicates of a difference.

    Each p-value is (1 + replicates on or beyond its end of the margin) / (1 + R). A margin that is
    not positive is an `InputError`.

    Parameters
    ----------
    difference : (...) metric(B) − metric(A).
    replicates : (R, ...) replicates of the difference; NaN counts against equivalence.
    margin, confidence : as in `equivalence_test`.

    Examples
    --------
    >>> draws = np.random.default_rng(0).normal(0.0, 0.01, 999)
    >>> bool(equivalence_of_replicates(np.array(0.0), draws, margin=0.05).equivalent)
    True
    """
    total = 1 + len(replicates)
    return _verdict(
        np.asarray(difference),
        margin,
        (total - np.count_nonzero(replicates > -margin, axis=0)) / total,
        (total - np.count_nonzero(replicates < margin, axis=0)) / total,
        percentile_limits(replicates, 2.0 * confidence - 1.0),
        confidence,
    )


def _verdict(
    difference: FloatArray,
    margin: float,
    p_lower: FloatArray,
    p_upper: FloatArray,
    limits: Interval,
    confidence: float,
) -> Equivalence:
    if not margin > 0:
        raise InputError(f"Invalid margin of equivalence {margin}. Pass a positive number.")
    p_value = np.maximum(p_lower, p_upper)
    return Equivalence(
        difference=difference[()],
        margin=margin,
        p_lower=p_lower,
        p_upper=p_upper,
        p_value=p_value,
        low=limits.low,
        high=limits.high,
        equivalent=np.asarray(p_value < 1.0 - confidence)[()],
    )
