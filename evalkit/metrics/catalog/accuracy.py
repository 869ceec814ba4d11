"""Accuracy, zero-one loss and Hamming loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.metrics.catalog import metric
from evalkit.metrics.count.averaging import defined, ratio
from evalkit.metrics.count.marginals import CountArray, CountsLike, FloatArray, Marginals
from evalkit.metrics.indicators import indicator_pair
from evalkit.metrics.targets import Tally

if TYPE_CHECKING:
    from evalkit.metrics.count.averaging import ZeroDivision


def correct_and_total(marginals: Marginals) -> tuple[CountArray, CountArray]:
    """Return (...) the numbers of correctly predicted samples and of all samples."""
    return marginals.true_positive.sum(axis=-1), marginals.total


def errors_and_total(marginals: Marginals) -> tuple[CountArray, CountArray]:
    """Return (...) the numbers of misclassified samples and of all samples."""
    return marginals.false_negative.sum(axis=-1), marginals.total


def accuracy_of_counts(counts: CountsLike, *, zero_division: ZeroDivision = np.nan) -> FloatArray:
    """Return (...) the accuracy of counts (..., K, K) or marginals."""
    return defined(ratio(*correct_and_total(Marginals.of(counts))), zero_division, "Accuracy")


def error_rate_of_counts(counts: CountsLike, *, zero_division: ZeroDivision = np.nan) -> FloatArray:
    """Return (...) the zero-one loss of counts (..., K, K) or marginals."""
    return defined(ratio(*errors_and_total(Marginals.of(counts))), zero_division, "Zero-one loss")


@metric(
    label="Accuracy",
    formula="Σ TP / n",
    use="When classes are balanced and all errors cost the same. Rare classes hardly affect it.",
    undefined="without samples",
    of_counts=accuracy_of_counts,
    proportion=correct_and_total,
)
def accuracy(
    y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None
) -> FloatArray:
    """Return the share of the samples that are predicted correctly.

    accuracy = Σ TP / n, in [0, 1]; undefined without samples. With several labels per sample, all
    labels of a sample must be correct.

    Parameters
    ----------
    y_true, y_pred : (n,) labels of any kind, or (n, L) indicators of 0 and 1.
    normalize : whether to return the share instead of the number of samples.
    sample_weight : (n,) weights of zero or more.

    Raises
    ------
    InputError, LabelError
        If there are no samples, the lengths differ, or labels are missing or mix names and
        numbers.

    Notes
    -----
    Metz, *Seminars in Nuclear Medicine* 8 (1978) 283.

    Examples
    --------
    >>> float(accuracy(["cat", "dog", "dog"], ["cat", "dog", "cat"]))
    0.6666666666666666
    """
    correct, total = _counted(y_true, y_pred, sample_weight)
    if not normalize:
        return np.float64(correct)  # type: ignore[return-value]  # NumPy's scalar, as elsewhere
    return defined(ratio(correct, total), "warn", "Accuracy")


@metric(
    label="Error rate",
    formula="1 − Σ TP / n",
    higher_is_better=False,
    use="Instead of accuracy if it is close to 1: half the errors is half the value.",
    undefined="without samples",
    of_counts=error_rate_of_counts,
    proportion=errors_and_total,
)
def zero_one_loss(
    y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None
) -> FloatArray:
    """Return the share of the samples that are misclassified.

    zero-one loss = 1 − accuracy = 1 − Σ TP / n, in [0, 1], lower is better; undefined without
    samples. Parameters and errors are those of `accuracy`.

    Notes
    -----
    Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning* (2009), section 2.4.

    Examples
    --------
    >>> float(zero_one_loss(["cat", "dog", "dog"], ["cat", "dog", "cat"], normalize=False))
    1.0
    """
    correct, total = _counted(y_true, y_pred, sample_weight)
    if not normalize:
        return np.float64(total - correct)  # type: ignore[return-value]  # as in accuracy
    return defined(ratio(total - correct, total), "warn", "Zero-one loss")


@metric(
    label="Hamming loss",
    formula="wrong entries / (n L)",
    higher_is_better=False,
    needs="multilabel",
    use="With several labels per sample. With one label per sample it is the error rate.",
    undefined="without samples",
)
def hamming_loss(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> FloatArray:
    """Return the share of the labels of all samples that are predicted wrong.

    Hamming loss = wrong entries / (n L) for (n, L) indicators, in [0, 1], lower is better;
    undefined without samples. With one label per sample it is the zero-one loss. Parameters and
    errors are those of `accuracy`.

    Notes
    -----
    Tsoumakas and Katakis, *International Journal of Data Warehousing and Mining* 3 (2007) 1.

    Examples
    --------
    >>> float(hamming_loss([[0, 1], [1, 1]], [[0, 1], [1, 0]]))
    0.25
    """
    pair = indicator_pair(y_true, y_pred, sample_weight)
    if pair is None:
        return zero_one_loss(y_true, y_pred, sample_weight=sample_weight)
    wrong = np.count_nonzero(pair.actual != pair.predicted, axis=1)
    weights = np.ones(len(wrong)) if pair.weights is None else pair.weights
    total = weights.sum() * pair.actual.shape[1]
    return defined(ratio(weights @ wrong, total), "warn", "Hamming loss")


def _counted(y_true: Any, y_pred: Any, sample_weight: Any) -> tuple[float, float]:
    """Return the numbers, or weights, of correctly predicted samples and of all samples."""
    pair = indicator_pair(y_true, y_pred, sample_weight)
    if pair is None:
        marginals = Tally.of(y_true, y_pred, sample_weight).marginals
        return float(marginals.true_positive.sum()), float(marginals.total)
    correct = (pair.actual == pair.predicted).all(axis=1)
    if pair.weights is None:
        return float(correct.sum()), float(len(correct))
    return float(pair.weights @ correct), float(pair.weights.sum())
