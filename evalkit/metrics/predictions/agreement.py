"""One number for all classes, of actual and predicted labels."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import UndefinedMetricWarning
from evalkit.metrics import count
from evalkit.metrics.cells import Cells
from evalkit.metrics.count.averaging import defined, ratio
from evalkit.metrics.indicators import indicator_pair
from evalkit.metrics.predictions.matrices import confusion_matrix
from evalkit.metrics.predictions.targets import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalkit.metrics.count.averaging import ZeroDivision
    from evalkit.metrics.count.cohen_kappa import KappaWeights
    from evalkit.metrics.count.marginals import FloatArray


def accuracy(
    y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None
) -> FloatArray:
    """Return the share of samples that are predicted right, all labels of a sample together.

    accuracy = Σ_k n_kk / n, in [0, 1].

    Parameters
    ----------
    y_true, y_pred : (n,) labels of any kind, or (n, L) indicators of 0 and 1.
    normalize : whether to return the share rather than the number of right samples.
    sample_weight : (n,) weights of zero or more.

    Raises
    ------
    InputError, LabelError
        If there are no samples, lengths differ, or labels are missing or cannot be one schema.

    Examples
    --------
    >>> float(accuracy(["cat", "dog", "dog"], ["cat", "dog", "cat"]))
    0.6666666666666666
    """
    right, total = _right_and_total(y_true, y_pred, sample_weight)
    if not normalize:
        return np.float64(right)  # type: ignore[return-value]  # a 0-d array in all but name
    return defined(ratio(right, total), "warn", "accuracy")


def zero_one_loss(
    y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None
) -> FloatArray:
    """Return the share of samples that are predicted wrong, in any of their labels.

    zero-one loss = 1 − accuracy, in [0, 1]. Arguments and errors are those of `accuracy`.

    Examples
    --------
    >>> float(zero_one_loss(["cat", "dog", "dog"], ["cat", "dog", "cat"], normalize=False))
    1.0
    """
    right, total = _right_and_total(y_true, y_pred, sample_weight)
    if not normalize:
        return np.float64(total - right)  # type: ignore[return-value]  # as accuracy
    return defined(ratio(total - right, total), "warn", "zero-one loss")


def hamming_loss(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> FloatArray:
    """Return the share of labels that are predicted wrong.

    For one label a sample it is the zero-one loss; for (n, L) indicators it is the share of
    entries that differ. In [0, 1]. Arguments and errors are those of `accuracy`.

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


def balanced_accuracy(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, adjusted: bool = False
) -> FloatArray:
    """Return the mean recall of the classes that have samples.

    (1 / C) Σ_k TP_k / n_k, in [0, 1]; `adjusted` for chance it is 0 for guessing and 1 at best.
    A class that is only predicted has no recall: it is left out, with `UndefinedMetricWarning`.

    Parameters
    ----------
    y_true, y_pred : (n,) labels of any kind.
    sample_weight : (n,) weights of zero or more.
    adjusted : whether guessing should score 0 rather than 1/C.

    Raises
    ------
    InputError, LabelError
        As `accuracy`.

    Examples
    --------
    >>> float(balanced_accuracy(["cat", "dog", "dog"], ["cat", "dog", "cat"]))
    0.75
    """
    marginals = Tally.of(y_true, y_pred, sample_weight).marginals
    absent = int(np.count_nonzero(marginals.actual == 0))
    if absent:
        warnings.warn(
            f"balanced accuracy covers classes that have samples; {absent} of "
            f"{len(marginals.actual)} are only predicted and left out",
            UndefinedMetricWarning,
            stacklevel=2,
        )
    return count.balanced_accuracy(marginals, adjusted=adjusted)


def matthews_corrcoef(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, zero_division: ZeroDivision = "warn"
) -> FloatArray:
    """Return the correlation between the actual and the predicted class, Gorodkin's R_K.

    In [−1, 1], 0 for guessing; undefined, and `zero_division`, where all samples have one class or
    all predictions are one class. Other arguments and errors are those of `balanced_accuracy`.

    Examples
    --------
    >>> float(matthews_corrcoef(["cat", "dog", "dog"], ["cat", "dog", "cat"]).round(3))
    0.5
    """
    marginals = Tally.of(y_true, y_pred, sample_weight).marginals
    return count.matthews_corrcoef(marginals, zero_division=zero_division)


def cohen_kappa(
    y1: Any,
    y2: Any,
    *,
    labels: Iterable[Any] | None = None,
    weights: KappaWeights | None = None,
    sample_weight: Any = None,
    zero_division: ZeroDivision = "warn",
) -> FloatArray:
    """Return the agreement of two columns of labels beyond that of independent ones.

    In [−1, 1], 0 for chance; undefined where chance alone would always agree.

    Parameters
    ----------
    y1, y2 : (n,) labels of any kind.
    labels : the classes, in the order that `weights` measures; samples of others are left out.
    weights : what a disagreement costs: 1, or the ``"linear"`` or ``"quadratic"`` distance.
    sample_weight : (n,) weights of zero or more.
    zero_division : the value where undefined; ``"warn"`` is 0.0 with `UndefinedMetricWarning`.

    Raises
    ------
    InputError, LabelError
        As `confusion_matrix`.

    Examples
    --------
    >>> float(cohen_kappa([0, 1, 2, 2], [0, 2, 2, 2], weights="linear").round(3))
    0.714
    """
    if labels is None:
        counts = Tally.of(y1, y2, sample_weight).counts
        if isinstance(counts, Cells) and weights is not None:
            return count.kappa_of_cells(counts, weights, zero_division=zero_division)
        if isinstance(counts, Cells):
            return count.cohen_kappa(counts.marginals(), zero_division=zero_division)
        return count.cohen_kappa(counts, weights=weights, zero_division=zero_division)
    matrix = confusion_matrix(y1, y2, labels=labels, sample_weight=sample_weight)
    return count.cohen_kappa(matrix, weights=weights, zero_division=zero_division)


def _right_and_total(y_true: Any, y_pred: Any, sample_weight: Any) -> tuple[float, float]:
    pair = indicator_pair(y_true, y_pred, sample_weight)
    if pair is None:
        marginals = Tally.of(y_true, y_pred, sample_weight).marginals
        return float(marginals.true_positive.sum()), float(marginals.total)
    right = (pair.actual == pair.predicted).all(axis=1)
    if pair.weights is None:
        return float(right.sum()), float(len(right))
    return float(pair.weights @ right), float(pair.weights.sum())
