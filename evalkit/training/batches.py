"""Split the training rows, measure the normalisation, and yield normalised batches."""

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
    """Return a random split of the row indices into training and validation rows.

    Raises
    ------
    TrainingError
        If one of the two is empty.
    """
    held_out = round(rows * fraction)
    if not 0 < held_out < rows:
        raise TrainingError(
            f"validation_fraction {fraction} of {rows} rows gives {held_out} validation rows. "
            "Training and validation need at least one row each."
        )
    order = generator.permutation(rows)
    return np.sort(order[held_out:]), np.sort(order[:held_out])


def measure_normalisation(X: NDArray[Any], rows: Rows) -> Normalisation:
    """Return the mean and standard deviation of the given rows of `X`.

    ``uint8`` inputs are pixels and have one mean and one standard deviation, of shape (1,). Other
    inputs have one of each per feature, of shape (d,). The scale of constant inputs is 1.
    """
    height = max(1, _BLOCK_BYTES // max(1, 8 * X.shape[1]))
    blocks = [rows[start : start + height] for start in range(0, len(rows), height)]
    measure = _pixel_moments if X.dtype == np.uint8 else _feature_moments
    mean, deviation = measure(X, blocks)
    return Normalisation(offset=mean, scale=np.where(deviation > 0, deviation, 1.0))


def _pixel_moments(
    X: NDArray[Any], blocks: list[Rows]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and standard deviation of all values, from exact integer sums."""
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
    """Return the mean and standard deviation of each feature, in two passes."""
    count = sum(map(len, blocks))
    lowest = np.min([X[block].min(axis=0) for block in blocks], axis=0)
    highest = np.max([X[block].max(axis=0) for block in blocks], axis=0)
    mean = sum(X[block].sum(axis=0, dtype=np.float64) for block in blocks) / count
    squares = sum(np.square(X[block] - mean).sum(axis=0) for block in blocks)
    # The mean of a constant feature is rounded, so its computed deviation may not be zero.
    return mean, np.where(highest > lowest, np.sqrt(squares / count), 0.0)


class BatchStream:
    """Normalised batches of the rows of a data set, in any order.

    Rows are gathered in blocks of several batches, in their original dtype, and normalised batch
    by batch into a buffer, so that the data set is never copied as a whole.
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
        self._y = y.astype(np.int64, copy=False)  # the dtype of targets in PyTorch
        self._batch_size = batch_size
        row_bytes = X.shape[1] * X.itemsize
        self._block_size = batch_size * max(1, _BLOCK_BYTES // max(1, row_bytes * batch_size))
        self._raw = np.empty((self._block_size, X.shape[1]), X.dtype)
        self._codes = np.empty(self._block_size, np.int64)
        self._batch: Floats = np.empty((batch_size, X.shape[1]), dtype)

    def batches(self, rows: Rows) -> Iterator[tuple[Floats, NDArray[np.int64]]]:
        """Yield inputs (S, d) and codes (S,) of `rows` in order; the arrays are reused."""
        for start in range(0, len(rows), self._block_size):
            block = rows[start : start + self._block_size]
            # mode="raise" would gather into a temporary copy first; all indices are in range.
            np.take(self._X, block, axis=0, out=self._raw[: len(block)], mode="clip")
            np.take(self._y, block, out=self._codes[: len(block)], mode="clip")
            for first in range(0, len(block), self._batch_size):
                batch = slice(first, min(first + self._batch_size, len(block)))
                out = self._batch[: batch.stop - batch.start]
                yield self._normalisation.apply(self._raw[batch], out=out), self._codes[batch]
