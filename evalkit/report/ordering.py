"""An order of the classes that puts those that are confused with each other side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

WEAKEST = 1e-3
"""Joins classes that no error joins, as a share of the strongest tie; keeps the order unique."""


def order_by_confusion(matrices: Sequence[NDArray[Any]]) -> list[int]:
    """Return the classes in the order of the Fiedler vector of their mutual errors.

    Two classes are tied by the share of each that is called the other, summed over the models.
    The vector that varies least along the ties puts blocks of confusable classes together.

    >>> order_by_confusion([np.array([[5, 0, 3], [0, 9, 0], [2, 0, 7]])]) in ([1, 0, 2], [1, 2, 0])
    True
    """
    ties = np.zeros(matrices[0].shape)
    for counts in matrices:
        totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
        share = counts / totals
        ties += share + share.T
    np.fill_diagonal(ties, 0.0)
    strongest = ties.max(initial=0.0)
    if strongest == 0.0 or len(ties) < 3:
        return list(range(len(ties)))
    ties += WEAKEST * strongest
    np.fill_diagonal(ties, 0.0)
    scale = 1 / np.sqrt(ties.sum(axis=1))
    laplacian = np.eye(len(ties)) - scale[:, None] * ties * scale
    _, vectors = np.linalg.eigh(laplacian)
    # Rounding hides what another order of summation would change in the last places.
    fiedler = np.round(vectors[:, 1] * scale, 9)
    order: list[int] = np.argsort(fiedler, kind="stable").tolist()
    return order if order[0] < order[-1] else order[::-1]
