"""What a metric reads of a table of cells: sums that marginals, or matrices, are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalkit.metrics.count.marginals import Marginals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import CountsLike

# Sums held at once; a replicate takes as many as there are.
_BLOCK_NUMBERS = 1 << 24


@dataclass(frozen=True, slots=True, eq=False)
class CellSums:
    """The sums over cells that make the counts of one model, or of two on the same samples.

    Attributes
    ----------
    n_classes : K.
    dense : whether the counts are matrices (R, K, K) rather than marginals.
    codes : arrays (m,), each giving a cell its place in one table of sums; −1 leaves it out.
    sizes : the number of places in each table.
    """

    n_classes: int
    dense: bool
    codes: tuple[NDArray[np.int64], ...]
    sizes: tuple[int, ...]

    @classmethod
    def of_cells(cls, cells: NDArray[np.int64], n_classes: int, *, dense: bool) -> CellSums:
        """Return the sums for cells (m, 2) of one model, or (m, 3) of two."""
        codes = _codes(cells, n_classes, dense=dense)
        places = n_classes**2 if dense else n_classes
        return cls(n_classes, dense, codes, (places,) * len(codes))

    def codes_of(self, cells: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        """Return the places of other cells in the same tables."""
        return _codes(cells, self.n_classes, dense=self.dense)

    def counts(self, tables: Sequence[NDArray[np.int64]]) -> tuple[CountsLike, ...]:
        """Return for each model the counts that tables of sums, each (size, R), make."""
        found = [np.moveaxis(table.astype(np.float64), -1, 0) for table in tables]
        if self.dense:
            shape = (-1, self.n_classes, self.n_classes)
            return tuple(matrix.reshape(shape) for matrix in found)
        actual, *others = found
        total = actual.sum(axis=-1)
        return tuple(
            Marginals(true_positive, actual, predicted, total)
            for predicted, true_positive in zip(others[::2], others[1::2], strict=True)
        )

    def blocks(self, replicates: int) -> Iterator[int]:
        """Yield how many replicates to make at a time so that memory stays bounded."""
        return blocks(replicates, sum(self.sizes))


def _codes(
    cells: NDArray[np.int64], n_classes: int, *, dense: bool
) -> tuple[NDArray[np.int64], ...]:
    actual, *predictions = np.ascontiguousarray(cells.T)
    if dense:
        return tuple(actual * n_classes + predicted for predicted in predictions)
    codes = [actual]
    for predicted in predictions:
        codes += [predicted, np.where(predicted == actual, actual, -1)]
    return tuple(codes)


def blocks(replicates: int, width: int) -> Iterator[int]:
    """Yield how many replicates to hold at a time where each takes `width` numbers."""
    size = max(1, _BLOCK_NUMBERS // max(1, width))
    for start in range(0, replicates, size):
        yield min(size, replicates - start)
