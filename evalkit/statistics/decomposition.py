"""Decomposition of a difference between two models into shares of classes, and changed cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.count import f_beta
from evalkit.metrics.count.marginals import Marginals, dense_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evalkit.counts.joint import JointCounts
    from evalkit.metrics.count.marginals import CountsLike, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ChangedCells:
    """The cells with the largest differences between two confusion matrices, in descending order.

    Attributes
    ----------
    actual, predicted : (m,) codes of the classes.
    count_a, count_b : (m,) counts of A and of B.
    change : (m,) count_b − count_a.
    """

    actual: NDArray[np.int64]
    predicted: NDArray[np.int64]
    count_a: NDArray[Any]
    count_b: NDArray[Any]
    change: NDArray[Any]


def accuracy_gap(a: CountsLike, b: CountsLike) -> FloatArray:
    """Return the share of each class in accuracy(B) − accuracy(A); the shares add up to it.

    The share of class k is (n_k / n) (recall_B,k − recall_A,k) = (TP_B,k − TP_A,k) / n.

    Parameters
    ----------
    a, b : (..., K, K) counts of the same samples, or `Marginals`.

    Returns
    -------
    (..., K) shares; 0 for a class without samples.

    Raises
    ------
    InputError
        If A and B have different numbers of samples of a class.

    Examples
    --------
    >>> accuracy_gap([[8, 2], [0, 10]], [[6, 4], [1, 9]]).round(3).tolist()
    [-0.1, -0.05]
    """
    of_a, of_b = Marginals.of(a), Marginals.of(b)
    if of_a.actual.shape != of_b.actual.shape or not np.allclose(of_a.actual, of_b.actual):
        raise InputError(
            "The numbers of samples per class differ between the models. Pass counts of models on "
            "the same samples."
        )
    total = np.asarray(of_a.total)[..., None]
    gap: FloatArray = (of_b.true_positive - of_a.true_positive) / np.where(total, total, np.nan)
    return gap


def macro_f_beta_gap(a: CountsLike, b: CountsLike, *, beta: float = 1.0) -> FloatArray:
    """Return the share of each class in macro F-β(B) − macro F-β(A); the shares add up to it.

    The share of class k is F_B,k / K_B − F_A,k / K_A, where K_A and K_B are the numbers of classes
    for which F-β is defined. An undefined value counts as 0.

    Parameters
    ----------
    a, b : (..., K, K) counts, or `Marginals`.
    beta : β, non-negative.

    Returns
    -------
    (..., K) shares.

    Examples
    --------
    >>> macro_f_beta_gap([[8, 2], [0, 10]], [[6, 4], [1, 9]]).round(3).tolist()
    [-0.092, -0.063]
    """
    terms = []
    for counts in (a, b):
        values = f_beta(counts, beta=beta)
        classes = np.count_nonzero(~np.isnan(values), axis=-1)
        terms.append(np.nan_to_num(values) / np.maximum(classes, 1)[..., None])
    gap: FloatArray = terms[1] - terms[0]
    return gap


def changed_cells(a: ArrayLike, b: ArrayLike, *, most: int = 20) -> ChangedCells:
    """Return the cells whose counts differ most between two models, with the changes B − A.

    At most `most` cells are returned; cells without a difference are omitted.

    Parameters
    ----------
    a, b : (K, K) counts of the same samples; other shapes are an `InputError`.

    Examples
    --------
    >>> changed_cells([[8, 2], [0, 10]], [[6, 4], [0, 10]]).change.tolist()
    [-2, 2]
    """
    before, after = dense_counts(a), dense_counts(b)
    if before.shape != after.shape or before.ndim != 2:
        raise InputError(
            f"The matrices have shapes {before.shape} and {after.shape}, expected (K, K) of the "
            "same classes for both."
        )
    change = after - before
    order = np.argsort(-np.abs(change), axis=None, kind="stable")[:most]
    order = order[change.ravel()[order] != 0]
    actual, predicted = np.unravel_index(order, change.shape)
    return ChangedCells(
        actual,
        predicted,
        before[actual, predicted],
        after[actual, predicted],
        change[actual, predicted],
    )


def discordant_by_class(joint: JointCounts) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return for each actual class the samples correct only in A, and those correct only in B.

    McNemar's test of the two numbers (K,) of a class tests the difference of its recalls.

    Examples
    --------
    >>> from evalkit.counts.joint import JointCounts
    >>> joint = JointCounts.from_codes([0, 0, 1], [0, 1, 1], [1, 0, 1], 2)
    >>> [only.tolist() for only in discordant_by_class(joint)]
    [[1, 0], [1, 0]]
    """
    actual, a, b = joint.cells.T
    sums = []
    for right, wrong in ((a, b), (b, a)):
        chosen = (right == actual) & (wrong != actual)
        by_class = np.zeros(joint.n_classes, dtype=joint.counts.dtype)
        np.add.at(by_class, actual[chosen], joint.counts[chosen])
        sums.append(by_class)
    return sums[0], sums[1]
