"""An order of the classes that puts those that are confused with each other side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_CLASSES = 2_000
"""Beyond this many classes the order stays as declared: the work grows with the cube."""
GONE = -1.0


def order_by_confusion(matrices: Sequence[NDArray[Any]]) -> list[int]:
    """Return the classes as the leaves of a tree that joins the most confused first.

    Two classes are tied by the share of each that is called the other, summed over the models;
    two groups by the mean tie of their members. Groups that no error ties follow each other as
    declared.

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
    """Return two groups end to end, each turned so that the ends that meet are tied the most."""
    turns = [(a, b) for a in (first, first[::-1]) for b in (second, second[::-1])]
    a, b = max(turns, key=lambda turn: ties[turn[0][-1], turn[1][0]])
    return a + b
