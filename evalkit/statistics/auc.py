"""The area under the ROC curve: confidence intervals, and DeLong's test of two models."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from scipy.special import stdtr, stdtrit

from evalkit.errors import InputError
from evalkit.metrics.probability.ranking import Thresholds
from evalkit.metrics.probability.targets import BinaryTarget
from evalkit.statistics.intervals import critical_value, standardised, tail_probability
from evalkit.statistics.sampling_units import SamplingUnits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray

AucMethod: TypeAlias = Literal["logit", "wald"]
_BISECTIONS = 60
_LEAST_LEVEL = 1e-12
_FEW = 5
"""With fewer samples of a class, Welch's degrees of freedom are too many."""
_MISPLACED = 10
"""With fewer samples of the smaller class × min(auc, 1 − auc), DeLong's variance is too small."""


@dataclass(frozen=True, slots=True)
class AucInterval:
    """The area under the ROC curve and its confidence interval; NaN if a class is absent.

    Attributes
    ----------
    auc : P(score of a positive > score of a negative) + ½ P(equal).
    standard_error : DeLong's standard error.
    low, high : limits of the interval.
    confidence : nominal coverage of the interval.
    method : ``"DeLong"``, ``"DeLong and Newcombe"`` or ``"Newcombe"``.
    """

    auc: float
    standard_error: float
    low: float
    high: float
    confidence: float
    method: str = "DeLong"


@dataclass(frozen=True, slots=True)
class DelongTest:
    """DeLong's test of two areas under the ROC curve on the same samples.

    Attributes
    ----------
    auc_a, auc_b : areas of A and of B.
    difference : auc_b − auc_a.
    standard_error : standard error of the difference, including the covariance of the areas.
    z, p_value : difference / standard error, and its two-sided p-value; 0 and 1 if both scores
        rank all pairs in the same way.
    low, high : limits of the confidence interval of the difference; it excludes 0 exactly if the
        p-value is below 1 − confidence.
    undefined : reason why there is no p-value, or None.
    """

    auc_a: float
    auc_b: float
    difference: float
    standard_error: float
    z: float
    p_value: float
    low: float
    high: float
    undefined: str | None = None


def auc_interval(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    confidence: float = 0.95,
    method: AucMethod = "logit",
) -> AucInterval:
    """Return DeLong's confidence interval for the area under the ROC curve, in O(n log n).

    The variance is var(V_pos) / n_pos + var(V_neg) / n_neg, where V of a positive is the share of
    negatives below it and V of a negative is the share of positives above it. Ties count half.

    Parameters
    ----------
    y_true : (n,) booleans, or numbers with at most two values; the larger is the positive class.
    y_score : (n,) finite scores, higher for the positive class.
    confidence : strictly between 0 and 1.
    method : ``"logit"`` is symmetric in log-odds and uses Student's t. If the size of the smaller
        class times the smaller of auc and 1 − auc is less than 10, the variance of few samples
        decides, and the interval is extended to Newcombe's score interval; if DeLong's variance is
        0 or cannot be estimated, it is Newcombe's. ``"wald"`` is auc ± z × standard error, clipped
        to [0, 1]; most tools print it, but it is far too narrow near 1.

    Returns
    -------
    The area with its standard error and interval; NaN if one class is absent.

    Raises
    ------
    InputError
        If lengths differ, a score is not finite, or labels have more than two values.

    References
    ----------
    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, "Comparing the areas under two or more
    correlated receiver operating characteristic curves", 1988.

    Examples
    --------
    >>> interval = auc_interval([0, 0, 1, 1, 1], [0.1, 0.4, 0.35, 0.8, 0.9])
    >>> round(interval.auc, 4), round(interval.standard_error, 4)
    (0.8333, 0.2357)
    """
    positive = positives(y_true)
    scores = checked_scores(y_score, len(positive))
    target = BinaryTarget(positive, scores, None)
    return auc_interval_of_scores(Thresholds.of(target), confidence=confidence, method=method)


def auc_interval_of_scores(
    scores: Thresholds, *, confidence: float = 0.95, method: AucMethod = "logit"
) -> AucInterval:
    """Return the same interval from samples counted by descending score, exactly or in bins."""
    if method not in ("logit", "wald"):
        raise InputError(f"Unknown method {method!r}. Use 'logit' or 'wald'.")
    tail_probability(confidence)
    sizes = int(scores.true_positives[-1]), int(scores.false_positives[-1])
    if not min(sizes):
        return AucInterval(np.nan, np.nan, np.nan, np.nan, confidence)
    own = np.diff(scores.true_positives, prepend=0.0)
    others = np.diff(scores.false_positives, prepend=0.0)
    of_positives = (sizes[1] - scores.false_positives + others / 2) / sizes[1]
    of_negatives = (scores.true_positives - own / 2) / sizes[0]
    auc = float(own @ of_positives / sizes[0])
    variances = (
        _variance_of_counted(own, of_positives, auc),
        _variance_of_counted(others, of_negatives, auc),
    )
    error = math.sqrt(sum(variances))
    if method == "wald":
        return AucInterval(auc, error, *wald_limits(auc, error, confidence), confidence)
    degrees = _degrees(variances, sizes) if error > 0 and min(sizes) > 1 else 0.0
    return _interval(auc, error, degrees, sizes, confidence)


def _degrees(variances: tuple[float, float], sizes: tuple[int, int]) -> float:
    """Return Welch's degrees of freedom, or of few samples those of the smaller class."""
    return welch_degrees(variances, sizes) if min(sizes) >= _FEW else min(sizes) - 1.0


def _interval(
    auc: float, error: float, degrees: float, sizes: tuple[int, int], confidence: float
) -> AucInterval:
    """Return DeLong's interval, extended to Newcombe's where few samples are ranked wrongly."""
    if not (degrees > 0 and error > 0 and 0.0 < auc < 1.0):
        limits = score_limits(auc, sizes, confidence)
        return AucInterval(auc, error, *limits, confidence, "Newcombe")
    low, high = logit_limits(auc, error, degrees, confidence)
    if min(sizes) * min(auc, 1.0 - auc) >= _MISPLACED:
        return AucInterval(auc, error, low, high, confidence)
    lowest, highest = score_limits(auc, sizes, confidence)
    return AucInterval(
        auc, error, min(low, lowest), max(high, highest), confidence, "DeLong and Newcombe"
    )


def clustered_auc_interval(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    confidence: float = 0.95,
) -> AucInterval:
    """Return the confidence interval for an area under the ROC curve over groups of samples.

    The contribution of a sample is w_i / W (V_i − auc), with W the weight of its class and V_i as
    in `auc_interval`, by weight. The contributions of a group are added up to d. The variance is
    the sum over strata of c / (c − 1) Σ (d − mean d)² over their c groups. The interval is
    symmetric in log-odds and uses Student's t with groups − strata degrees of freedom, and is
    extended as in `auc_interval`, by the numbers of groups with positives and with negatives.
    Without weights and groups it agrees with DeLong's interval up to terms of order 1 / n.

    Parameters
    ----------
    y_true, y_score, confidence : as in `auc_interval`.
    sample_weight : (n,) non-negative weights, or None.
    groups : (n,) labels or None; samples with the same label form a group.
    strata : (n,) labels or None; the number of groups in each stratum is taken as fixed.

    Returns
    -------
    The area with its standard error and interval; NaN if one class is absent. If the variance is 0
    or cannot be estimated, the interval is Newcombe's for the numbers of groups with positives and
    with negatives.

    Raises
    ------
    InputError
        As in `auc_interval`, or if a weight is negative or a group extends over two strata.

    References
    ----------
    N. A. Obuchowski, "Nonparametric analysis of clustered ROC curve data", 1997.

    Examples
    --------
    >>> y_true, y_score = [0, 0, 1, 1, 1], [0.1, 0.4, 0.35, 0.8, 0.9]
    >>> round(clustered_auc_interval(y_true, y_score, groups=["p", "q", "p", "q", "r"]).auc, 4)
    0.8333
    """
    tail_probability(confidence)
    positive = positives(y_true)
    n = len(positive)
    scores, weight = checked_scores(y_score, n), _checked_weights(sample_weight, n)
    if not (weight[positive].sum() > 0 and weight[~positive].sum() > 0):
        return AucInterval(np.nan, np.nan, np.nan, np.nan, confidence)
    auc, contributions = weighted_contributions(positive, scores, weight)
    units = SamplingUnits.of_samples(n, groups, strata)
    error, degrees = error_of_units(contributions, units)
    above, below = (
        len(np.unique(units.unit[side & (weight > 0)])) for side in (positive, ~positive)
    )
    return _interval(auc, error, degrees, (above, below), confidence)


def delong_test(
    y_true: ArrayLike,
    y_score_a: ArrayLike,
    y_score_b: ArrayLike,
    *,
    confidence: float = 0.95,
) -> DelongTest:
    """Return DeLong's test that two scores of the same samples have equal areas.

    z = (auc_b − auc_a) / SE, SE² = var(V_pos,B − V_pos,A) / n_pos + var(V_neg,B − V_neg,A) / n_neg.
    V, errors and references are those of `auc_interval`. The reference is Student's t with Welch's
    degrees of freedom; if a class has fewer than 5 samples, with the smaller size − 1 degrees. If
    the standard error is 0 although the areas differ, the p-value is the level at which Newcombe's
    intervals of the two areas, each with half the level, begin to be apart; it is at least 1e−12.

    Parameters
    ----------
    y_true : (n,) booleans, or numbers with at most two values; the larger is the positive class.
    y_score_a, y_score_b : (n,) finite scores of A and B, higher for the positive class.
    confidence : confidence of the interval of the difference, strictly between 0 and 1.

    Returns
    -------
    Areas, difference B − A, z and p-value. All are NaN if one class is absent; the p-value and the
    interval are NaN if a class has one sample, because its variance cannot be estimated.

    Examples
    --------
    >>> test = delong_test([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], [0.1, 0.4, 0.35, 0.8])
    >>> test.difference, test.p_value
    (0.0, 1.0)
    """
    tail_probability(confidence)
    positive = positives(y_true)
    a, b = (checked_scores(y_score, len(positive)) for y_score in (y_score_a, y_score_b))
    if positive.all() or not positive.any():
        return DelongTest(*(np.nan,) * 8, undefined="one class is absent")
    (pos_a, neg_a), (pos_b, neg_b) = (_placements_in_order(positive, each) for each in (a, b))
    auc_a, auc_b = float(pos_a.mean()), float(pos_b.mean())
    sizes = len(pos_a), len(neg_a)
    variances = _variance_of_mean(pos_a - pos_b), _variance_of_mean(neg_a - neg_b)
    error, difference = math.sqrt(sum(variances)), auc_b - auc_a
    z = standardised(difference, error)
    found = (auc_a, auc_b, difference, error, z)
    if min(sizes) < 2:
        reason = "too few samples: DeLong's variance needs two positives and two negatives"
        return DelongTest(*found, np.nan, np.nan, np.nan, undefined=reason)
    if not error > 0:
        return DelongTest(*found, *_degenerate_test(auc_a, auc_b, sizes, confidence))
    degrees = _degrees(variances, sizes)
    reach = -float(stdtrit(degrees, tail_probability(confidence))) * error
    p_value = 2.0 * float(stdtr(degrees, -abs(z)))
    return DelongTest(*found, p_value, difference - reach, difference + reach)


def _degenerate_test(
    auc_a: float, auc_b: float, sizes: tuple[int, int], confidence: float
) -> tuple[float, float, float]:
    """Return p-value and limits of a difference whose estimated variance is 0."""
    difference = auc_b - auc_a
    if difference == 0:
        return 1.0, 0.0, 0.0

    def limits(level: float) -> tuple[float, float]:
        """Return the limits from an interval of each area, by Bonferroni's inequality."""
        (low_a, high_a), (low_b, high_b) = (
            score_limits(auc, sizes, 1.0 - level / 2.0) for auc in (auc_a, auc_b)
        )
        return low_b - high_a, high_b - low_a

    def is_apart(level: float) -> bool:
        low, high = limits(level)
        return low > 0 or high < 0

    apart, touching = 1.0, _LEAST_LEVEL
    for _ in range(_BISECTIONS):
        middle = (apart + touching) / 2.0
        if is_apart(middle):
            apart = middle
        else:
            touching = middle
    return apart, *limits(1.0 - confidence)


def _placements_of_sorted(
    above: NDArray[Any], below: NDArray[Any]
) -> tuple[FloatArray, FloatArray]:
    """Return the share of negatives below each positive, and of positives above each negative.

    Only the smaller class is searched for in the other; counting the places that were found gives
    those of the other.
    """
    if len(above) > len(below):
        of_negated, of_others = _placements_of_sorted(-below[::-1], -above[::-1])
        return of_others[::-1], of_negated[::-1]
    under = np.searchsorted(below, above, side="left")
    up_to = np.searchsorted(below, above, side="right")
    found = np.bincount(under, minlength=len(below) + 1)
    found += np.bincount(up_to, minlength=len(below) + 1)
    over = 2 * len(above) - np.cumsum(found[:-1])
    return (under + up_to) / (2.0 * len(below)), over / (2.0 * len(above))


def _placements_in_order(
    positive: NDArray[np.bool_], scores: NDArray[Any]
) -> tuple[FloatArray, FloatArray]:
    above, below = scores[positive], scores[~positive]
    orders = np.argsort(above), np.argsort(below)
    found = _placements_of_sorted(above[orders[0]], below[orders[1]])
    of_positives, of_negatives = np.empty(len(above)), np.empty(len(below))
    of_positives[orders[0]], of_negatives[orders[1]] = found
    return of_positives, of_negatives


def _weighted_placements(
    positive: NDArray[np.bool_], scores: NDArray[Any], weight: FloatArray
) -> FloatArray:
    """Return for each sample the weight share of the other class ranked correctly against it."""
    order = np.argsort(scores)
    ordered, is_positive = scores[order], positive[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    below = []
    for own in (is_positive, ~is_positive):
        up_to = np.cumsum(np.where(own, weight[order], 0.0))[last]
        below.append((up_to - np.diff(up_to, prepend=0) / 2.0) / up_to[-1])
    ties = np.diff(last, prepend=-1)
    found = np.empty(len(scores))
    found[order] = np.where(is_positive, np.repeat(below[1], ties), np.repeat(1.0 - below[0], ties))
    return found


def weighted_contributions(
    positive: NDArray[np.bool_], scores: NDArray[Any], weight: FloatArray
) -> tuple[float, FloatArray]:
    """Return a weighted area, and what each sample adds to it: w_i / W (V_i − auc)."""
    placement = _weighted_placements(positive, scores, weight)
    share = np.where(positive, weight / weight[positive].sum(), weight / weight[~positive].sum())
    auc = min(float(share[positive] @ placement[positive]), 1.0)
    return auc, share * (placement - auc)


def error_of_units(contributions: FloatArray, units: SamplingUnits) -> tuple[float, int]:
    """Return the standard error of a sum of contributions of samples, and its degrees."""
    moved = np.bincount(units.unit, contributions).astype(np.float64)
    variance = sum(_variance_of_sum(moved[members]) for members in units.strata)
    return math.sqrt(variance), len(moved) - len(units.strata)


def _variance_of_counted(counts: FloatArray, values: FloatArray, mean: float) -> float:
    """Return the variance of the mean of values that occur `counts` times."""
    n = float(counts.sum())
    if n < 2:
        return 0.0
    return float(counts @ (values - mean) ** 2 / (n - 1) / n)


def _variance_of_mean(values: FloatArray) -> float:
    return _variance_of_sum(values) / len(values) ** 2


def _variance_of_sum(moved: FloatArray) -> float:
    if len(moved) < 2:
        return 0.0
    return float(len(moved) * moved.var(ddof=1))


def wald_limits(auc: float, error: float, confidence: float) -> tuple[float, float]:
    """Return auc ± z × standard error, clipped to [0, 1].

    >>> low, high = wald_limits(0.9, 0.1, 0.95)
    >>> round(low, 4), high
    (0.704, 1.0)
    """
    reach = critical_value(confidence) * error
    return max(auc - reach, 0.0), min(auc + reach, 1.0)


def logit_limits(
    auc: float, error: float, degrees: float, confidence: float
) -> tuple[float, float]:
    """Return the limits at ± t × error / (auc (1 − auc)) from the log-odds of the area.

    >>> low, high = logit_limits(0.9, 0.05, 30.0, 0.95)
    >>> round(low, 4), round(high, 4)
    (0.7432, 0.9655)
    """
    t = -float(stdtrit(degrees, tail_probability(confidence)))
    # exp overflows above 709. The limits are 0 and 1 long before that.
    factor = math.exp(min(t * error / (auc * (1.0 - auc)), 700.0))
    odds = auc / (1.0 - auc)
    return odds / factor / (1.0 + odds / factor), 1.0 - 1.0 / (1.0 + odds * factor)


def welch_degrees(variances: tuple[float, float], sizes: tuple[int, int]) -> float:
    """Return Welch's degrees of freedom of a sum of two estimated variances of means.

    >>> welch_degrees((1.0, 1.0), (11, 11))
    20.0
    """
    spread = sum(v * v / (n - 1) for v, n in zip(variances, sizes, strict=True))
    return sum(variances) ** 2 / spread


def score_limits(auc: float, sizes: tuple[int, int], confidence: float) -> tuple[float, float]:
    """Return Newcombe's score interval: the areas that its test does not reject.

    The test uses Hanley and McNeil's variance and not that of the data, so it also applies to a
    perfect ranking. Method 5 of R. G. Newcombe, "Confidence intervals for an effect size measure
    based on the Mann–Whitney statistic. Part 2", 2006.

    >>> low, high = score_limits(1.0, (20, 20), 0.95)
    >>> round(low, 2), high
    (0.9, 1.0)
    """
    z = critical_value(confidence)
    positives, negatives = sizes
    pairs = positives * negatives
    others = (positives + negatives) / 2.0 - 1.0

    def is_rejected(area: float) -> bool:
        spread = 1.0 + others * (1.0 - area) / (2.0 - area) + others * area / (1.0 + area)
        return (auc - area) ** 2 > z * z * area * (1.0 - area) / pairs * spread

    ends = []
    for bound in (0.0, 1.0):
        inside, outside = auc, bound
        for _ in range(_BISECTIONS):
            middle = (inside + outside) / 2.0
            if is_rejected(middle):
                outside = middle
            else:
                inside = middle
        ends.append(inside)
    return ends[0], ends[1]


def positives(y_true: ArrayLike) -> NDArray[np.bool_]:
    """Return whether each sample is of the positive class, the larger of two labels."""
    labels = np.asarray(y_true)
    if labels.ndim != 1 or labels.dtype.kind not in "biuf" or len(labels) == 0:
        raise InputError(
            f"y_true has shape {labels.shape} and dtype {labels.dtype}, expected (n,) booleans or "
            "numbers. Pass labels == positive_class."
        )
    if labels.dtype.kind == "b":
        return labels
    least, greatest = labels.min(), labels.max()
    positive: NDArray[np.bool_] = labels == greatest
    if not (positive | (labels == least)).all():
        raise InputError("y_true has more than two values. Pass labels == positive_class.")
    if least == greatest:
        return np.full(len(labels), bool(greatest > 0))
    return positive


def checked_scores(y_score: ArrayLike, length: int) -> NDArray[Any]:
    """Return (n,) finite floating-point scores."""
    scores = np.asarray(y_score)
    if scores.dtype.kind != "f":
        scores = scores.astype(np.float64)
    if scores.shape != (length,):
        raise InputError(f"The scores have shape {scores.shape}, expected ({length},).")
    if not np.isfinite(scores).all():
        row = int(np.argmin(np.isfinite(scores)))
        raise InputError(f"The scores contain NaN or infinity; the first is in row {row}.")
    return scores


def _checked_weights(sample_weight: ArrayLike | None, n: int) -> FloatArray:
    if sample_weight is None:
        return np.ones(n)
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (n,):
        raise InputError(f"sample_weight has shape {weight.shape}, expected ({n},).")
    if not (weight >= 0).all():
        row = int(np.argmin(weight >= 0))
        raise InputError(f"sample_weight has {weight[row]:g} in row {row}, expected 0 or more.")
    return weight
