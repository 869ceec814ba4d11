"""Curves of scores and probabilities: ROC, precision–recall, detection error and calibration."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evalkit.columns import Column
from evalkit.errors import InputError, LabelError, UndefinedMetricWarning
from evalkit.labels import observed_classes
from evalkit.metrics.probability.ranking import Thresholds, turns
from evalkit.metrics.probability.targets import BinaryTarget, checked_scores, positives

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray


def roc_curve(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    sample_weight: Any = None,
    drop_intermediate: bool = True,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return false positive rates and true positive rates by descending threshold.

    Parameters
    ----------
    y_true : (n,) labels of two classes.
    y_score : (n,) scores; higher scores are more likely positive.
    pos_label : the positive label; 1 if the labels are 0 or −1 and 1.
    sample_weight : (n,) weights of zero or more.
    drop_intermediate : whether to drop points on a straight line between their neighbours.

    Returns
    -------
    (m,) false positive rates, true positive rates and thresholds; the first threshold is
    infinite, with rates 0. A rate is NaN, with `UndefinedMetricWarning`, if its class has no
    samples.

    Raises
    ------
    InputError, LabelError
        If targets and scores do not match, or it is not clear which label is positive.

    Notes
    -----
    Fawcett, *Pattern Recognition Letters* 27 (2006) 861.

    Examples
    --------
    >>> [part.tolist() for part in roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])[:2]]
    [[0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0]]
    """
    curve = Thresholds.of(BinaryTarget.of(y_true, y_score, pos_label, sample_weight))
    if drop_intermediate and len(curve.values) > 2:
        bends = np.diff(curve.false_positives, 2).astype(bool)
        bends |= np.diff(curve.true_positives, 2).astype(bool)
        curve = curve.take(np.flatnonzero(np.concatenate([[True], bends, [True]])))
    return (
        _rate(np.append(0.0, curve.false_positives), "negatives"),
        _rate(np.append(0.0, curve.true_positives), "positives"),
        np.append(np.inf, curve.values),
    )


def precision_recall_curve(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    sample_weight: Any = None,
    drop_intermediate: bool = False,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return precision and recall by ascending threshold.

    Parameters
    ----------
    y_true : (n,) labels of two classes.
    y_score : (n,) scores; higher scores are more likely positive.
    pos_label : the positive label; 1 if the labels are 0 or −1 and 1.
    sample_weight : (n,) weights of zero or more.
    drop_intermediate : whether to drop thresholds that do not change the true positives.

    Returns
    -------
    (m + 1,) precision, (m + 1,) recall and (m,) thresholds; the last point is precision 1 and
    recall 0. Without positives every recall is 1, with `UndefinedMetricWarning`.

    Raises
    ------
    InputError, LabelError
        If targets and scores do not match, or it is not clear which label is positive.

    Notes
    -----
    Davis and Goadrich, *The relationship between precision–recall and ROC curves*, ICML 2006.

    Examples
    --------
    >>> precision, recall, _ = precision_recall_curve([0, 1, 1], [0.1, 0.4, 0.8])
    >>> precision.round(3).tolist(), recall.tolist()
    ([0.667, 1.0, 1.0, 1.0], [1.0, 1.0, 0.5, 0.0])
    """
    curve = Thresholds.of(BinaryTarget.of(y_true, y_score, pos_label, sample_weight))
    if drop_intermediate:
        curve = curve.take(turns(curve.true_positives))
    precision = curve.true_positives / (curve.true_positives + curve.false_positives)
    if curve.true_positives[-1] > 0:
        recall = curve.true_positives / curve.true_positives[-1]
    else:
        warnings.warn(
            "Recall is undefined: y_true has no positive samples. 1.0 is used.",
            UndefinedMetricWarning,
            stacklevel=2,
        )
        recall = np.ones_like(curve.true_positives)
    return np.append(precision[::-1], 1.0), np.append(recall[::-1], 0.0), curve.values[::-1]


def det_curve(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    sample_weight: Any = None,
    drop_intermediate: bool = False,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return false positive rates and false negative rates by ascending threshold.

    Parameters
    ----------
    y_true : (n,) labels of two classes.
    y_score : (n,) scores; higher scores are more likely positive.
    pos_label : the positive label; 1 if the labels are 0 or −1 and 1.
    sample_weight : (n,) weights of zero or more.
    drop_intermediate : whether to drop thresholds that do not change the true positives.

    Returns
    -------
    (m,) false positive rates, false negative rates and thresholds, without the repeated ends.

    Raises
    ------
    InputError, LabelError
        If targets and scores do not match, it is not clear which label is positive, or one class
        has no samples.

    Notes
    -----
    Martin et al., *The DET curve in assessment of detection task performance*, Eurospeech 1997.

    Examples
    --------
    >>> [part.tolist() for part in det_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])[:2]]
    [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
    """
    curve = Thresholds.of(BinaryTarget.of(y_true, y_score, pos_label, sample_weight))
    true_positives = np.append(0.0, curve.true_positives)
    false_positives = np.append(0.0, curve.false_positives)
    values = np.append(np.inf, curve.values)
    if not true_positives[-1] or not false_positives[-1]:
        raise InputError("A DET curve is undefined: y_true has only one of the two classes.")
    if drop_intermediate:
        kept = turns(true_positives)
        true_positives, false_positives, values = (
            part[kept] for part in (true_positives, false_positives, values)
        )
    # Only the last threshold without false positives, and the first without false negatives.
    first = int(np.searchsorted(false_positives, false_positives[0], "right")) - 1
    last = int(np.searchsorted(true_positives, true_positives[-1])) + 1
    shown = slice(first, last)
    return (
        false_positives[shown][::-1] / false_positives[-1],
        (true_positives[-1] - true_positives[shown][::-1]) / true_positives[-1],
        values[shown][::-1],
    )


def calibration_curve(
    y_true: Any,
    y_prob: Any,
    *,
    pos_label: Any = None,
    n_bins: int = 5,
    strategy: Literal["uniform", "quantile"] = "uniform",
) -> tuple[FloatArray, FloatArray]:
    """Return the fraction of positives and the mean predicted probability of each bin.

    Parameters
    ----------
    y_true : (n,) labels of two classes.
    y_prob : (n,) probabilities of the positive class.
    pos_label : the positive label; 1 if the labels are 0 or −1 and 1.
    n_bins : number of bins; empty bins are left out.
    strategy : ``"uniform"`` for bins of equal width, ``"quantile"`` for equal numbers of samples.

    Returns
    -------
    (m,) fractions of positives and (m,) mean predicted probabilities, m ≤ `n_bins`; equal if the
    model is calibrated.

    Raises
    ------
    InputError, LabelError
        If targets and probabilities do not match, probabilities lie outside [0, 1], or an option
        is unknown.

    Notes
    -----
    Niculescu-Mizil and Caruana, *Predicting good probabilities with supervised learning*, ICML
    2005.

    Examples
    --------
    >>> [part.tolist() for part in calibration_curve([0, 0, 1, 1], [0.1, 0.3, 0.6, 1.0], n_bins=2)]
    [[0.0, 1.0], [0.2, 0.8]]
    """
    column = Column.of(y_true, "y_true")
    if len(observed_classes(column)) > 2:
        raise LabelError(
            "A calibration curve is undefined: y_true has more than two classes. Compare one class "
            "with the others."
        )
    positive = positives(column, pos_label)
    probabilities = checked_scores(y_prob, len(positive))
    if probabilities.min() < 0 or probabilities.max() > 1:
        raise InputError(
            f"Probabilities are outside [0, 1]: y_prob ranges from {probabilities.min():.6g} to "
            f"{probabilities.max():.6g}."
        )
    bins = np.searchsorted(bin_edges(probabilities, n_bins, strategy)[1:-1], probabilities)
    samples = np.bincount(bins, minlength=n_bins)
    shares = np.bincount(bins, positive, minlength=n_bins)
    sums = np.bincount(bins, probabilities, minlength=n_bins)
    filled = samples > 0
    return shares[filled] / samples[filled], sums[filled] / samples[filled]


def bin_edges(probabilities: NDArray[Any], n_bins: int, strategy: str) -> FloatArray:
    """Return (n_bins + 1,) ascending edges; a bin includes its upper edge.

    Raises
    ------
    InputError
        If `n_bins` is less than 1, or the strategy is unknown.
    """
    if n_bins < 1:
        raise InputError(f"Invalid n_bins: got {n_bins}. Use at least 1.")
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    if strategy == "uniform":
        return edges
    if strategy == "quantile":
        return np.asarray(np.quantile(probabilities, edges))
    raise InputError(f"Invalid strategy: got {strategy!r}. Use 'uniform' or 'quantile'.")


def _rate(passed: FloatArray, which: str) -> FloatArray:
    if passed[-1] > 0:
        return np.asarray(passed / passed[-1])
    warnings.warn(
        f"The rate of {which} is undefined: y_true has no {which}. NaN is used.",
        UndefinedMetricWarning,
        stacklevel=3,
    )
    return np.full_like(passed, np.nan)
