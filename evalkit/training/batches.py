"""From a data set to normalised batches: the held-out rows, the normalisation, the order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import TrainingError
from evalkit.training.checkpoint import Normalisation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

    from evalkit.training.modules.module import Floats

    Rows = NDArray[np.intp]

_BLOCK_BYTES = 1 << 20  # a few batches, small enough to stay in the cache


def split_rows(rows: int, fraction: float, generator: np.random.Generator) -> tuple[Rows, Rows]:
    """Return the rows to train on and the rows to validate on, drawn without replacement.

    Raises
    ------
    TrainingError
        If one of the two would be empty.
    """
    held_out = round(rows * fraction)
    if not 0 < held_out < rows:
        raise TrainingError(
            "training and validation need at least one row each; "
            f"validation_fraction {fraction} of {rows} rows is {held_out}"
        )
    order = generator.permutation(rows)
    return np.sort(order[held_out:]), np.sort(order[:held_out])


def measure_normalisation(X: NDArray[Any], rows: Rows) -> Normalisation:
    """Return the mean and standard deviation of some rows of `X`.

    ``uint8`` inputs are pixels of one kind: one mean and one deviation for all, shape (1,).
    Other inputs are features in units of their own: one of each a feature, shape (d,).
    What does not vary has scale 1.
    """
    height = max(1, _BLOCK_BYTES // max(1, 8 * X.shape[1]))
    blocks = [rows[start : start + height] for start in range(0, len(rows), height)]
    measure = _pixel_moments if X.dtype == np.uint8 else _feature_moments
    mean, deviation = measure(X, blocks)
    return Normalisation(offset=mean, scale=np.where(deviation > 0, deviation, 1.0))


def _pixel_moments(
    X: NDArray[Any], blocks: list[Rows]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and deviation of all values, from exact integer sums."""
    total = squares = count = 0
    for block in blocks:
        values = X[block]
        count += values.size
        total += int(values.sum(dtype=np.uint64))
        squares += int(np.square(values, dtype=np.uint16).sum(dtype=np.uint64))
    variance = (squares * count - total**2) / count**2
    return np.array([total / count]), np.array([variance**0.5])


def _feature_moments(
    X: NDArray[Any], blocks: list[Rows]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and deviation of every feature, in two passes."""
    count = sum(map(len, blocks))
    lowest = np.min([X[block].min(axis=0) for block in blocks], axis=0)
    highest = np.max([X[block].max(axis=0) for block in blocks], axis=0)
    mean = sum(X[block].sum(axis=0, dtype=np.float64) for block in blocks) / count
    squares = sum(np.square(X[block] - mean).sum(axis=0) for block in blocks)
    # A constant's mean is rounded, so that its deviation need not come out as zero.
    return mean, np.where(highest > lowest, np.sqrt(squares / count), 0.0)


class BatchStream:
    """Batches of a data set's rows, normalised, in any order.

    Rows are gathered a block of several batches at a time, in their own dtype, and
    normalised a batch at a time into one piece of memory: the data set is never copied.
    """

    def __init__(
        self,
        X: NDArray[Any],
        y: NDArray[np.integer[Any]],
        normalisation: Normalisation,
        *,
        batch_size: int,
        dtype: DTypeLike,
    ) -> None:
        self._X, self._normalisation = X, normalisation
        self._y = y.astype(np.int64, copy=False)  # what PyTorch takes as targets
        self._batch_size = batch_size
        row_bytes = X.shape[1] * X.itemsize
        self._block_size = batch_size * max(1, _BLOCK_BYTES // max(1, row_bytes * batch_size))
        self._raw = np.empty((self._block_size, X.shape[1]), X.dtype)
        self._codes = np.empty(self._block_size, np.int64)
        self._batch: Floats = np.empty((batch_size, X.shape[1]), dtype)

    def batches(self, rows: Rows) -> Iterator[tuple[Floats, NDArray[np.int64]]]:
        """Yield inputs (S, d) and codes (S,) of `rows` in their order; memory is reused."""
        for start in range(0, len(rows), self._block_size):
            block = rows[start : start + self._block_size]
            # mode="raise" would gather into a temporary copy first; the rows are in range.
            np.take(self._X, block, axis=0, out=self._raw[: len(block)], mode="clip")
            np.take(self._y, block, out=self._codes[: len(block)], mode="clip")
            for first in range(0, len(block), self._batch_size):
                batch = slice(first, min(first + self._batch_size, len(block)))
                out = self._batch[: batch.stop - batch.start]
                yield self._normalisation.apply(self._raw[batch], out=out), self._codes[batch]
