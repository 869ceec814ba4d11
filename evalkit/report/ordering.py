"""Order classes so that those that are often confused are neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_CLASSES = 2_000
"""Beyond this many classes the declared order is kept: the time grows with the cube."""
GONE = -1.0


def order_by_confusion(matrices: Sequence[NDArray[Any]]) -> list[int]:
    """Return the classes in the order of the leaves of a hierarchical clustering.

    The similarity of two classes is the share of each that is predicted as the other, summed over
    the models; that of two clusters is the mean over their members. Clusters without errors
    between them keep the declared order.

    >>> order_by_confusion([np.array([[5, 0, 3], [0, 9, 0], [2, 0, 7]])])
    [0, 2, 1]
    """
    ties = _mutual_shares(matrices)
    groups = [[k] for k in range(len(ties))]
    if len(ties) > MOST_CLASSES:
        return [k for group in groups for k in group]
    apart = ties.copy()
    np.fill_diagonal(ties, GONE)
    while True:
        first, second = sorted(divmod(int(ties.argmax()), len(ties)))
        if ties[first, second] <= 0:
            return [k for group in groups for k in group]
        sizes = len(groups[first]), len(groups[second])
        ties[first] = (sizes[0] * ties[first] + sizes[1] * ties[second]) / sum(sizes)
        ties[first, first] = GONE
        ties[:, first] = ties[first]
        ties[second] = ties[:, second] = GONE
        groups[first] = _joined(groups[first], groups[second], apart)
        groups[second] = []


def _mutual_shares(matrices: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    ties = np.zeros(matrices[0].shape)
    for counts in matrices:
        share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        ties += share + share.T
    np.fill_diagonal(ties, 0.0)
    return ties


def _joined(first: list[int], second: list[int], ties: NDArray[np.float64]) -> list[int]:
    """Return two clusters joined, each reversed if that makes the adjacent classes more similar."""
    turns = [(a, b) for a in (first, first[::-1]) for b in (second, second[::-1])]
    a, b = max(turns, key=lambda turn: ties[turn[0][-1], turn[1][0]])
    return a + b
