"""Sums over cells, the marginals they give, and pseudo-samples of the smoothed bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.metrics.count.marginals import Marginals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import CountsLike, FloatArray

# Maximum size of an array.
_BLOCK_NUMBERS = 1 << 24


@dataclass(frozen=True, slots=True, eq=False)
class CellSums:
    """Sums over cells, from which the counts of one model, or of two on the same samples, are made.

    Attributes
    ----------
    n_classes : K.
    dense : whether the counts are matrices (R, K, K) rather than marginals.
    codes : one array (m,) per table of sums, with the position of each cell; −1 omits it.
    sizes : number of positions in each table.
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
        """Return the positions of other cells in the same tables."""
        return _codes(cells, self.n_classes, dense=self.dense)

    def counts(self, tables: Sequence[NDArray[np.int64]]) -> tuple[CountsLike, ...]:
        """Return the counts of each model from tables of sums, each (size, R)."""
        found = [np.moveaxis(table.astype(np.float64), -1, 0) for table in tables]
        if self.dense:
            shape = (-1, self.n_classes, self.n_classes)
            return tuple(matrix.reshape(shape) for matrix in found)
        return marginals_of_sums(found)


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


def marginals_of_sums(sums: Sequence[FloatArray]) -> tuple[Marginals, ...]:
    """Return the marginals of each model from sums (R, K) by class.

    The sums are those of the actual classes, then for each model those of the predicted classes and
    of the true positives.
    """
    actual, *others = sums
    total = actual.sum(axis=-1)
    return tuple(
        Marginals(true_positive, actual, predicted, total)
        for predicted, true_positive in zip(others[::2], others[1::2], strict=True)
    )


def combined(function: Callable[..., Any], *parts: Marginals) -> Marginals:
    """Return marginals computed elementwise from those of the parts by a function."""
    return Marginals(
        function(*(part.true_positive for part in parts)),
        function(*(part.actual for part in parts)),
        function(*(part.predicted for part in parts)),
        function(*(part.total for part in parts)),
    )


def joined(parts: Sequence[tuple[Marginals, ...]]) -> tuple[Marginals, ...]:
    """Return the marginals of each model, concatenated over the parts."""
    if len(parts) == 1:
        return parts[0]
    return tuple(
        combined(lambda *sums: np.concatenate(sums), *of_model)
        for of_model in zip(*parts, strict=True)
    )


def blocks(replicates: int, width: int) -> Iterator[int]:
    """Yield numbers of replicates to hold at a time if each takes `width` numbers."""
    size = max(1, _BLOCK_NUMBERS // max(1, width))
    for start in range(0, replicates, size):
        yield min(size, replicates - start)


@dataclass(frozen=True, slots=True, eq=False)
class PseudoSamples:
    """Pseudo-samples that are correct with probability ½, for the smoothed bootstrap.

    The plain bootstrap of data without errors never draws an error. For a proportion, Jeffreys'
    prior adds one pseudo-sample, half correct and half wrong; this extends it to all metrics. The
    actual classes are as frequent as in the data. A wrong prediction is another class, as frequent
    as among the actual and predicted labels. Of two models one is correct and the other wrong.

    Attributes
    ----------
    number : expected number of pseudo-samples; 1 is Jeffreys' prior.
    sums : the sums over cells that they are added to.
    actual, labels : (K,) weights of the actual classes and of the wrong predictions.
    models : 1 or 2.
    """

    number: float
    sums: CellSums
    actual: NDArray[np.float64]
    labels: NDArray[np.float64]
    models: int

    @classmethod
    def of_cells(
        cls, number: float, sums: CellSums, cells: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> PseudoSamples:
        """Return pseudo-samples for the cells (m, 2) or (m, 3) with their counts (m,)."""
        by_column = [
            np.bincount(column, weights=counts, minlength=sums.n_classes).astype(np.float64)
            for column in cells.T
        ]
        labels = np.sum(by_column, axis=0)
        if np.count_nonzero(labels) < 2:
            labels = np.ones_like(labels)
        return cls(number, sums, by_column[0], labels, len(by_column) - 1)

    def within(self, actual: int) -> PseudoSamples:
        """Return the pseudo-samples whose actual class is `actual`."""
        one_class = np.zeros_like(self.actual)
        one_class[actual] = self.actual[actual]
        share = float(self.actual[actual] / self.actual.sum())
        return PseudoSamples(self.number * share, self.sums, one_class, self.labels, self.models)

    def draw_codes(self, how_many: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], ...]:
        """Draw pseudo-samples and return their positions in the tables of sums."""
        actual = _found(np.cumsum(self.actual), rng.random(how_many) * self.actual.sum())
        if len(self.labels) < 2:
            return self.sums.codes_of(np.stack([actual] * (1 + self.models), axis=1))
        # A wrong prediction is drawn from the cumulative weights without the actual class.
        scale, own = np.cumsum(self.labels), self.labels[actual]
        position = rng.random(how_many) * (scale[-1] - own)
        position += np.where(position >= scale[actual] - own, own, 0.0)
        wrong = _found(scale, position)
        first_is_right = rng.random(how_many) < 0.5
        cells = [actual, np.where(first_is_right, actual, wrong)]
        if self.models == 2:
            cells.append(np.where(first_is_right, wrong, actual))
        return self.sums.codes_of(np.stack(cells, axis=1))


def _found(scale: NDArray[np.float64], positions: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the class of each position on a scale of cumulative weights."""
    places = np.searchsorted(scale, positions, side="right")
    return np.minimum(places, len(scale) - 1).astype(np.int64)
