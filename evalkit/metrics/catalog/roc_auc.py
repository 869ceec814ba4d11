"""Area under the ROC curve."""

from __future__ import annotations

import warnings
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evalkit.columns import Column
from evalkit.errors import InputError, UndefinedMetricWarning
from evalkit.labels import observed_classes, scores_by_class
from evalkit.metrics.catalog import metric
from evalkit.metrics.count.averaging import as_scalar
from evalkit.metrics.indicators import indicators, is_wide
from evalkit.metrics.probability.ranking import (
    ColumnAverage,
    Thresholds,
    average_columns,
    sorted_apart,
)
from evalkit.metrics.probability.targets import (
    BinaryTarget,
    checked_scores,
    column_codes,
    equals,
    score_matrix,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray

SUM_TOLERANCE = 1e-5


@metric(
    label="ROC AUC",
    formula="P(score of a positive > score of a negative) + ½ P(equal)",
    needs="probabilities",
    by_class=True,
    use="To compare rankings without a threshold. Optimistic if positives are rare.",
    undefined="for a class without samples, and if no other class has samples",
)
def roc_auc(
    y_true: Any,
    y_score: Any,
    *,
    average: ColumnAverage | None = "macro",
    sample_weight: Any = None,
    max_fpr: float | None = None,
    multi_class: Literal["ovr", "ovo", "raise"] = "ovr",
    labels: Iterable[Any] | None = None,
) -> FloatArray:
    """Return the probability that a positive sample has a higher score than a negative one.

    AUC = P(score of a positive > score of a negative) + ½ P(equal), the area under the ROC curve.

    Parameters
    ----------
    y_true : (n,) labels of any kind, or (n, L) indicators. Of two classes, the second in
        sorted order is positive.
    y_score : (n,) scores; (n, K) probabilities for more classes; (n, L) scores for indicators.
    average : over classes or labels: ``None``, ``"macro"``, ``"weighted"``, ``"micro"``; for
        indicators also ``"samples"``.
    sample_weight : (n,) weights of zero or more.
    max_fpr : the largest false positive rate of a partial area, rescaled so that guessing scores
        ½ (McClish); two classes only.
    multi_class : each class against the rest (``"ovr"``), each pair of classes (``"ovo"``), or
        ``"raise"`` for an error with more than two classes.
    labels : the classes in the order of the columns; the sorted labels that occur if absent.

    Returns
    -------
    Values in [0, 1], ½ for guessing; NaN with `UndefinedMetricWarning` if a class, or every other
    class, has no samples.

    Raises
    ------
    InputError, LabelError
        If targets and scores do not match, or an option does not suit the number of classes.

    Notes
    -----
    Hanley and McNeil, *Radiology* 143 (1982) 29; McClish, *Medical Decision Making* 9 (1989) 190;
    Hand and Till, *Machine Learning* 45 (2001) 171 for pairs.

    Examples
    --------
    >>> float(roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    if max_fpr is not None and not 0 < max_fpr <= 1:
        raise InputError(f"Invalid max_fpr: got {max_fpr}. Use a number in (0, 1].")
    metric = partial(binary_auc, max_fpr=max_fpr)
    if is_wide(y_true):
        marked = indicators(y_true, "y_true")
        scores = score_matrix(y_score, len(marked))
        return average_columns(metric, marked, scores, average, sample_weight)
    column = Column.of(y_true, "y_true")
    raw, labels = scores_by_class(y_score, labels, column, "y_score")
    classes = () if raw.ndim == 2 and raw.shape[1] > 2 else observed_classes(column)
    if len(classes) in (1, 2):
        scores = checked_scores(raw[:, -1] if raw.ndim == 2 else raw, len(column))
        target = BinaryTarget.of_mask(equals(column, classes[-1]), scores, sample_weight)
        if len(classes) == 1:
            return as_scalar(np.asarray(_undefined()))
        return as_scalar(np.asarray(metric(target)))
    if max_fpr not in (None, 1):
        raise InputError(
            f"max_fpr is not supported for more than two classes: got {max_fpr}. Omit it."
        )
    scores = score_matrix(raw, len(column))
    codes, _ = column_codes(column, labels, scores.shape[1])
    _check_sums(scores)
    if multi_class == "ovr":
        return _one_vs_rest(codes, scores, average, sample_weight)
    if multi_class == "ovo":
        return _one_vs_one(codes, scores, average, sample_weight)
    raise InputError(
        f"Invalid multi_class for more than two classes: got {multi_class!r}. Use 'ovr' or 'ovo'."
    )


def binary_auc(target: BinaryTarget, *, max_fpr: float | None = None) -> float:
    """Return the AUC of one target, up to a false positive rate if given; NaN if undefined."""
    n_positive = int(np.count_nonzero(target.positive))
    n_negative = len(target.positive) - n_positive
    if not n_positive or not n_negative:
        return _undefined()
    if target.weights is None and max_fpr in (None, 1):
        positives, negatives = sorted_apart(target)
        return _pairs_in_order(positives, negatives) / (n_positive * n_negative)
    thresholds = Thresholds.of(target)
    tpr = np.append(0.0, thresholds.true_positives) / thresholds.true_positives[-1]
    fpr = np.append(0.0, thresholds.false_positives) / thresholds.false_positives[-1]
    if max_fpr is None or max_fpr == 1:
        return float(np.trapezoid(tpr, fpr))
    stop = int(np.searchsorted(fpr, max_fpr, "right"))
    at_limit = np.interp(max_fpr, fpr[stop - 1 : stop + 1], tpr[stop - 1 : stop + 1])
    area = np.trapezoid(np.append(tpr[:stop], at_limit), np.append(fpr[:stop], max_fpr))
    least, most = 0.5 * max_fpr**2, max_fpr
    return float(0.5 * (1 + (area - least) / (most - least)))


def _pairs_in_order(positives: NDArray[Any], negatives: NDArray[Any]) -> float:
    """Return the number of pairs whose positive is higher; ties count half. Both are sorted."""
    below = np.searchsorted(negatives, positives)
    pairs = int(below.sum())
    # Only positives with an equal negative need a second search.
    tied = negatives[np.minimum(below, len(negatives) - 1)] == positives
    if tied.any():
        upper = np.searchsorted(negatives, positives[tied], "right")
        return pairs + int((upper - below[tied]).sum()) / 2
    return float(pairs)


def _undefined() -> float:
    warnings.warn(
        "ROC AUC is undefined without positive or without negative samples. NaN is used.",
        UndefinedMetricWarning,
        stacklevel=3,
    )
    return np.nan


def _check_sums(scores: NDArray[Any]) -> None:
    sums = scores.sum(axis=1, dtype=np.float64)
    off = np.abs(sums - 1.0)
    if off.max() > SUM_TOLERANCE + 1e-8:
        row = int(off.argmax())
        raise InputError(
            f"Probabilities do not sum to 1: y_score sums to {sums[row]:.6g} in row {row}. Pass "
            "probabilities for more than two classes."
        )


def _one_vs_rest(
    codes: NDArray[np.intp],
    scores: NDArray[Any],
    average: ColumnAverage | None,
    sample_weight: Any,
) -> FloatArray:
    if average == "samples":
        raise InputError(
            "average='samples' is not supported for one label per sample. Use 'macro', 'micro', "
            "'weighted' or None."
        )
    marked = codes[:, None] == np.arange(scores.shape[1])
    return average_columns(binary_auc, marked, scores, average, sample_weight)


def _one_vs_one(
    codes: NDArray[np.intp],
    scores: NDArray[Any],
    average: ColumnAverage | None,
    sample_weight: Any,
) -> FloatArray:
    if average not in ("macro", "weighted"):
        raise InputError(
            f"Invalid average for multi_class='ovo': got {average!r}. Use 'macro' or 'weighted'."
        )
    if sample_weight is not None:
        raise InputError(
            "sample_weight is not supported for multi_class='ovo'. Use multi_class='ovr'."
        )
    # Only classes that occur, as in scikit-learn and in Hand and Till.
    by_class = {k: scores[codes == k] for k in np.unique(codes).tolist()}
    areas, shares = [], []
    for a, b in combinations(by_class, 2):
        n_pairs = len(by_class[a]) * len(by_class[b])
        forward = _pairs_in_order(np.sort(by_class[a][:, a]), np.sort(by_class[b][:, a]))
        backward = _pairs_in_order(np.sort(by_class[b][:, b]), np.sort(by_class[a][:, b]))
        areas.append((forward + backward) / (2 * n_pairs))
        shares.append(len(by_class[a]) + len(by_class[b]))
    if not areas:
        return as_scalar(np.asarray(_undefined()))
    weights = shares if average == "weighted" else None
    return as_scalar(np.asarray(np.average(areas, weights=weights)))
