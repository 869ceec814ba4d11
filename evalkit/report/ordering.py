"""Find classes that are often confused with each other, and order classes by confusion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_CLASSES = 2_000
"""Beyond this many classes the declared order is kept: the time grows with the cube."""
GONE = -1.0


def most_confused_block(matrices: Sequence[NDArray[Any]], most: int) -> list[int]:
    """Return up to `most` classes with many misclassified samples between them, ordered.

    Classes are removed one at a time, always the one with the fewest errors to and from the classes
    that are left, as in Charikar's algorithm for the densest subgraph (2000). Classes without an
    error inside the block are left out, so that without errors the block is empty.

    >>> most_confused_block([np.array([[5, 0, 3], [0, 9, 1], [2, 0, 7]])], 2)
    [0, 2]
    """
    ties = _mutual(matrices)
    degrees = ties.sum(axis=1)
    for _ in range(len(ties) - most):
        # Of equals the last goes, so that the declared order decides.
        least = len(degrees) - 1 - int(degrees[::-1].argmin())
        degrees -= ties[least]
        degrees[least] = np.inf
    kept = np.flatnonzero(np.isfinite(degrees))
    kept = kept[ties[np.ix_(kept, kept)].any(axis=1)]
    inside = [matrix[np.ix_(kept, kept)] for matrix in matrices]
    return kept[order_by_confusion(inside)].tolist() if len(kept) else []


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
    return _mutual([m / np.maximum(m.sum(axis=1, keepdims=True), 1) for m in matrices])


def _mutual(matrices: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """Return the sum of each matrix and its transpose, without the diagonal."""
    ties = np.zeros(matrices[0].shape)
    for matrix in matrices:
        ties += matrix + matrix.T
    np.fill_diagonal(ties, 0.0)
    return ties


def _joined(first: list[int], second: list[int], ties: NDArray[np.float64]) -> list[int]:
    """Return two clusters joined, each reversed if that makes the adjacent classes more similar."""
    turns = [(a, b) for a in (first, first[::-1]) for b in (second, second[::-1])]
    a, b = max(turns, key=lambda turn: ties[turn[0][-1], turn[1][0]])
    return a + b
