"""Sparse confusion counts: memory grows with the cells that occur, not with K²."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.metrics.count.marginals import Marginals
from evalkit.metrics.weights import summed_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Confusion counts of K classes as the cells that occur, in ascending order.

    Attributes
    ----------
    keys : (m,) row · K + column of each cell that occurs.
    counts : (m,) its count or summed weight.
    n_classes : K.
    """

    keys: NDArray[np.int64]
    counts: NDArray[Any]
    n_classes: int

    @classmethod
    def of_keys(cls, keys: NDArray[Any], counts: NDArray[Any], n_classes: int) -> Cells:
        """Return the cells of keys in any order; counts of equal keys are added."""
        if not len(keys):
            return cls(np.empty(0, np.int64), counts, n_classes)
        if (keys[1:] > keys[:-1]).all():
            return cls(keys.astype(np.int64, copy=False), counts, n_classes)
        order = np.argsort(keys, kind="stable")
        ordered = keys[order].astype(np.int64, copy=False)
        first = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
        return cls(ordered[first], np.add.reduceat(counts[order], first), n_classes)

    @classmethod
    def of_pairs(
        cls,
        rows: NDArray[Any],
        columns: NDArray[Any],
        weights: NDArray[Any] | None,
        n_classes: int,
    ) -> Cells:
        """Return the cells of pairs of codes in [0, n_classes), weighted or counted."""
        keys = rows.astype(np.int64) * n_classes + columns
        if weights is None:
            return cls(*np.unique(keys, return_counts=True), n_classes)
        distinct, inverse = np.unique(keys, return_inverse=True)
        return cls(distinct, summed_weights(inverse, weights, len(distinct)), n_classes)

    @property
    def rows(self) -> NDArray[np.int64]:
        """(m,) the actual class of each cell."""
        return self.keys // self.n_classes

    @property
    def columns(self) -> NDArray[np.int64]:
        """(m,) the predicted class of each cell."""
        return self.keys - self.rows * self.n_classes

    def __add__(self, other: Cells) -> Cells:
        return Cells.of_keys(
            np.concatenate([self.keys, other.keys]),
            np.concatenate([self.counts, other.counts]),
            self.n_classes,
        )

    def chosen(self, classes: NDArray[Any]) -> NDArray[Any]:
        """Return (c, c) dense counts of classes in this order; zero for classes from K on."""
        place = np.full(self.n_classes, -1)
        present = classes < self.n_classes
        place[classes[present]] = np.flatnonzero(present)
        rows, columns = place[self.rows], place[self.columns]
        inside = (rows >= 0) & (columns >= 0)
        counts = np.zeros((len(classes), len(classes)), dtype=self.counts.dtype)
        counts[rows[inside], columns[inside]] = self.counts[inside]
        return counts

    def dense(self) -> NDArray[Any]:
        """Return the counts as a (K, K) array."""
        matrix = np.zeros(self.n_classes**2, dtype=self.counts.dtype)
        matrix[self.keys] = self.counts
        return matrix.reshape(self.n_classes, self.n_classes)

    def marginals(self) -> Marginals:
        """Return the marginal sums, from which most metrics are computed."""
        rows, columns = self.rows, self.columns
        right = rows == columns
        return Marginals(
            true_positive=summed_weights(rows[right], self.counts[right], self.n_classes),
            actual=summed_weights(rows, self.counts, self.n_classes),
            predicted=summed_weights(columns, self.counts, self.n_classes),
            total=np.asarray(self.counts.sum()),
        )
