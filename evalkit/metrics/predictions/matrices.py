"""Counts of actual and predicted labels, as arrays."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evalkit.columns import Column
from evalkit.errors import InputError, LabelError
from evalkit.labels import schema
from evalkit.metrics.cells import Cells
from evalkit.metrics.indicators import indicator_pair
from evalkit.metrics.normalization import normalized
from evalkit.metrics.predictions.targets import Tally, padded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

LARGEST = 1 << 14
"""Classes of the largest array that is handed out: its counts take 2 GiB."""


def confusion_matrix(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Iterable[Any] | None = None,
    sample_weight: Any = None,
    normalize: Literal["true", "pred", "all"] | None = None,
) -> NDArray[Any]:
    """Return how often each class was predicted as each: rows actual, columns predicted.

    Parameters
    ----------
    y_true, y_pred : (n,) labels of any kind.
    labels : the classes, in this order; samples of other classes are left out. The sorted labels
        that occur if absent.
    sample_weight : (n,) weights of zero or more.
    normalize : divide by the row ("true"), the column ("pred") or all counts; 0 where there are
        no samples.

    Returns
    -------
    (K, K) counts: ``int64``, or ``float64`` with fractional weights or if normalised.

    Raises
    ------
    InputError
        If there are no samples, lengths differ, or there are more classes than fit a dense array.
    LabelError
        If a label is missing, names and numbers are mixed, or none of `labels` is in `y_true`.

    Examples
    --------
    >>> confusion_matrix(["cat", "dog", "dog"], ["cat", "dog", "cat"]).tolist()
    [[1, 0], [1, 1]]
    """
    if labels is not None and not len(Column.of(y_true)) and not len(Column.of(y_pred)):
        n_classes = len(schema(labels))
        return np.zeros((n_classes, n_classes), dtype=np.int64)
    tally = Tally.of(y_true, y_pred, sample_weight)
    counts = _array(tally) if labels is None else _chosen(tally, labels)
    if labels is None and len(counts) == 1:
        warnings.warn(
            f"only the label {tally.classes[0]!r} occurs, and the matrix has one cell: pass "
            "labels=[…] to keep a row for every class",
            UserWarning,
            stacklevel=2,
        )
    return counts if normalize is None else normalized(counts, normalize, zero_division=0.0)


def multilabel_confusion_matrix(
    y_true: Any,
    y_pred: Any,
    *,
    sample_weight: Any = None,
    labels: Iterable[Any] | None = None,
    samplewise: bool = False,
) -> NDArray[Any]:
    """Return a two-by-two matrix for each class against the others, or for each sample.

    Parameters
    ----------
    y_true, y_pred : (n,) labels of any kind, or (n, L) indicators of 0 and 1.
    sample_weight : (n,) weights of zero or more.
    labels : the classes or columns, in this order; all if absent.
    samplewise : whether to count the labels of each sample rather than the samples of each label.

    Returns
    -------
    (K, 2, 2) or (n, 2, 2) counts ``[[TN, FP], [FN, TP]]``.

    Raises
    ------
    InputError, LabelError
        As `precision`.

    Examples
    --------
    >>> multilabel_confusion_matrix([[1, 0], [1, 1]], [[1, 1], [0, 1]]).tolist()
    [[[0, 0], [1, 1]], [[0, 1], [0, 1]]]
    """
    pair = indicator_pair(y_true, y_pred, sample_weight)
    if pair is None:
        if samplewise:
            raise InputError("counts by sample need several labels a sample; got one")
        tally = Tally.of(y_true, y_pred, sample_weight)
        marginals = tally.marginals
        if labels is not None:
            marginals = padded(marginals).take(tally.positions(labels))
    elif samplewise:
        marginals = pair.take(labels).by_sample()
    else:
        marginals = pair.take(labels).by_label()
    cells = (
        marginals.true_negative,
        marginals.false_positive,
        marginals.false_negative,
        marginals.true_positive,
    )
    matrices = np.stack(cells, axis=-1).reshape(-1, 2, 2)
    if samplewise and pair is not None and pair.weights is not None:
        matrices = matrices * pair.weights[:, None, None]
    return np.asarray(matrices)


def _array(tally: Tally) -> NDArray[Any]:
    _refuse_huge(len(tally.classes))
    return tally.counts.dense() if isinstance(tally.counts, Cells) else tally.counts


def _chosen(tally: Tally, labels: Iterable[Any]) -> NDArray[Any]:
    positions = np.asarray(tally.positions(labels), dtype=np.intp)
    _refuse_huge(len(positions))
    present = positions < len(tally.classes)
    if not tally.marginals.actual[positions[present]].any():
        raise LabelError("at least one of labels must be in y_true; none of them is")
    if isinstance(tally.counts, Cells):
        return tally.counts.chosen(positions)
    counts = np.zeros((len(positions),) * 2, dtype=tally.counts.dtype)
    counts[np.ix_(present, present)] = tally.counts[np.ix_(positions[present], positions[present])]
    return counts


def _refuse_huge(n_classes: int) -> None:
    if n_classes > LARGEST:
        raise InputError(
            f"an array holds up to {LARGEST} classes; got {n_classes}: use "
            "ConfusionMatrix.from_predictions, which keeps the cells that occur"
        )
