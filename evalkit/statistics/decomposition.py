"""Where a difference between two models comes from: its exact shares, and the cells behind them."""

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
    """The cells of two confusion matrices that differ most, the largest change first.

    Attributes
    ----------
    actual, predicted : (m,) codes.
    count_a, count_b : (m,) counts.
    change : (m,) count_b − count_a.
    """

    actual: NDArray[np.int64]
    predicted: NDArray[np.int64]
    count_a: NDArray[Any]
    count_b: NDArray[Any]
    change: NDArray[Any]


def accuracy_gap(a: CountsLike, b: CountsLike) -> FloatArray:
    """Return each class's share of accuracy(B) − accuracy(A); they add up to it exactly.

    The share of class k is (n_k / n) (recall_B,k − recall_A,k), which is (TP_B,k − TP_A,k) / n.

    Parameters
    ----------
    a, b : (..., K, K) counts of the same samples, or `Marginals`.

    Returns
    -------
    (..., K) shares; 0 for a class without samples.

    Raises
    ------
    InputError
        If the two do not count the same number of samples of each class.

    Examples
    --------
    >>> accuracy_gap([[8, 2], [0, 10]], [[6, 4], [1, 9]]).round(3).tolist()
    [-0.1, -0.05]
    """
    of_a, of_b = _same_supports(a, b)
    total = np.asarray(of_a.total)[..., None]
    gap: FloatArray = (of_b.true_positive - of_a.true_positive) / np.where(total, total, np.nan)
    return gap


def macro_f_beta_gap(a: CountsLike, b: CountsLike, *, beta: float = 1.0) -> FloatArray:
    """Return each class's share of the difference B − A of macro F-β; they add up to it exactly.

    The share of class k is F_B,k / K_B − F_A,k / K_A, where K_A and K_B are the numbers of classes
    for which F-β is defined; an undefined value counts 0.

    Parameters
    ----------
    a, b : (..., K, K) counts, or `Marginals`.
    beta : not negative.

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
    """Return the cells whose counts differ most between two models.

    Parameters
    ----------
    a, b : (K, K) counts of the same samples.
    most : how many cells at most; cells that do not differ are never among them.

    Examples
    --------
    >>> changed_cells([[8, 2], [0, 10]], [[6, 4], [0, 10]]).change.tolist()
    [-2, 2]
    """
    before, after = dense_counts(a), dense_counts(b)
    if before.shape != after.shape or before.ndim != 2:
        raise InputError(
            f"both models need a matrix (K, K) of the same classes; got shapes {before.shape} and "
            f"{after.shape}"
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
    """Return, for each actual class, how many samples only A and only B has right.

    Going from A to B the first are broken and the second fixed; McNemar's test of the two is the
    test of the recalls of the class.

    Examples
    --------
    >>> from evalkit.counts.joint import JointCounts
    >>> joint = JointCounts.from_codes([0, 0, 1], [0, 1, 1], [1, 0, 1], 2)
    >>> only_a, only_b = discordant_by_class(joint)
    >>> only_a.tolist(), only_b.tolist()
    ([1, 0], [1, 0])
    """
    actual, a, b = joint.cells.T
    sums = []
    for right, wrong in ((a, b), (b, a)):
        chosen = (right == actual) & (wrong != actual)
        by_class = np.zeros(joint.n_classes, dtype=joint.counts.dtype)
        np.add.at(by_class, actual[chosen], joint.counts[chosen])
        sums.append(by_class)
    return sums[0], sums[1]


def _same_supports(a: CountsLike, b: CountsLike) -> tuple[Marginals, Marginals]:
    of_a, of_b = Marginals.of(a), Marginals.of(b)
    if of_a.actual.shape != of_b.actual.shape or not np.allclose(of_a.actual, of_b.actual):
        raise InputError(
            "accuracy can be shared out over classes where both models saw the same samples; "
            "the numbers of samples by class differ"
        )
    return of_a, of_b
