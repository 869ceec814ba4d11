"""Confusion matrices as arrays, and their normalization."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evalkit.columns import Column
from evalkit.errors import InputError, LabelError
from evalkit.labels import schema
from evalkit.metrics.cells import Cells
from evalkit.metrics.count.averaging import ratio
from evalkit.metrics.count.marginals import dense_counts
from evalkit.metrics.indicators import indicator_pair
from evalkit.metrics.targets import Tally, padded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray

LARGEST = 1 << 14
"""The largest number of classes of an array: its counts take 2 GiB."""
_AXES: dict[str, tuple[int, ...]] = {"true": (-1,), "pred": (-2,), "all": (-2, -1)}


def confusion_matrix(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Iterable[Any] | None = None,
    sample_weight: Any = None,
    normalize: Literal["true", "pred", "all"] | None = None,
) -> NDArray[Any]:
    """Return the number of samples of each class predicted as each class.

    Parameters
    ----------
    y_true, y_pred : (n,) labels of any kind.
    labels : the classes, in this order; samples of other classes are left out. The sorted labels
        that occur if absent.
    sample_weight : (n,) weights of zero or more.
    normalize : divide by the sum of the row ("true"), of the column ("pred") or of all counts
        ("all"); 0 if that sum is 0.

    Returns
    -------
    (K, K) counts, rows actual, columns predicted: ``int64``, or ``float64`` with fractional weights
    or if normalized.

    Raises
    ------
    InputError
        If there are no samples, lengths differ, or there are too many classes for a dense array.
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
            f"y_true and y_pred contain only the label {tally.classes[0]!r}. Pass labels=[…] for a "
            "row for every class.",
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
    """Return a two-by-two confusion matrix for each class, or for each sample.

    Parameters
    ----------
    y_true, y_pred : (n,) labels of any kind, or (n, L) indicators of 0 and 1.
    sample_weight : (n,) weights of zero or more.
    labels : the classes or columns, in this order; all if absent.
    samplewise : whether to count the labels of each sample instead of the samples of each label.

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
            raise InputError(
                "samplewise=True is not supported for one label per sample. Pass (n, L) indicators."
            )
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


def normalized(
    counts: ArrayLike, over: Literal["true", "pred", "all"], *, zero_division: float = np.nan
) -> FloatArray:
    """Return counts divided by their sums over rows, over columns or over all cells.

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted.
    over : ``"true"``, each row sums to 1; ``"pred"``, each column; ``"all"``, the whole matrix.
    zero_division : the value where the sum is 0.

    Raises
    ------
    InputError
        If `over` is unknown.

    Examples
    --------
    >>> normalized([[3, 1], [0, 2]], "pred").round(3).tolist()
    [[1.0, 0.333], [0.0, 0.667]]
    """
    if over not in _AXES:
        raise InputError(f"Invalid normalize: got {over!r}. Use 'true', 'pred' or 'all'.")
    matrix = dense_counts(counts)
    shares = ratio(matrix, matrix.sum(axis=_AXES[over], keepdims=True))
    return np.where(np.isnan(shares), zero_division, shares)


def _array(tally: Tally) -> NDArray[Any]:
    _refuse_huge(len(tally.classes))
    return tally.counts.dense() if isinstance(tally.counts, Cells) else tally.counts


def _chosen(tally: Tally, labels: Iterable[Any]) -> NDArray[Any]:
    positions = np.asarray(tally.positions(labels), dtype=np.intp)
    _refuse_huge(len(positions))
    present = positions < len(tally.classes)
    if not tally.marginals.actual[positions[present]].any():
        raise LabelError("None of the labels occurs in y_true. Pass labels that occur.")
    if isinstance(tally.counts, Cells):
        return tally.counts.chosen(positions)
    counts = np.zeros((len(positions),) * 2, dtype=tally.counts.dtype)
    counts[np.ix_(present, present)] = tally.counts[np.ix_(positions[present], positions[present])]
    return counts


def _refuse_huge(n_classes: int) -> None:
    if n_classes > LARGEST:
        raise InputError(
            f"Too many classes for an array: got {n_classes}, the limit is {LARGEST}. Use "
            "ConfusionMatrix.from_predictions, which stores only the cells that occur."
        )
