"""Bootstrap replicates of a confusion matrix, as marginals that every count metric reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.count.marginals import Marginals, dense_counts
from evalkit.statistics.multinomial import blocks, draw_multinomial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import CountsLike, FloatArray


def resample(
    counts: ArrayLike,
    replicates: int,
    rng: np.random.Generator,
    *,
    stratified: bool = False,
) -> Marginals:
    """Return bootstrap replicates of a confusion matrix, as marginals.

    A replicate is a multinomial draw over the cells, which is what drawing n samples with
    replacement and counting them gives; its cost does not depend on n.

    Parameters
    ----------
    counts : (K, K) whole counts.
    replicates : R.
    rng : the source of randomness.
    stratified : draw each actual class by itself, so that supports stay as they are.

    Returns
    -------
    Marginals with leading axis R.

    Raises
    ------
    InputError
        If counts are not whole, as weighted counts are not.

    Examples
    --------
    >>> marginals = resample([[30, 10], [0, 60]], 3, np.random.default_rng(0))
    >>> marginals.total.tolist()
    [100.0, 100.0, 100.0]
    """
    cells, occurring, n_classes = occurring_cells(counts)
    parts = [
        sum_draws(draws, cells, n_classes, 1)
        for draws in draw_blocks(
            cells, occurring, replicates, rng, width=n_classes, stratified=stratified
        )
    ]
    return joined(parts)


def occurring_cells(counts: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return the (m, 2) cells of a whole (K, K) matrix that are not zero, their counts, and K."""
    matrix = dense_counts(counts)
    if matrix.ndim != 2:
        raise InputError(f"resampling takes one matrix (K, K); got counts of shape {matrix.shape}")
    cells = np.argwhere(matrix)
    return cells, whole_counts(matrix[tuple(cells.T)]), len(matrix)


def draw_blocks(
    cells: NDArray[np.int64],
    counts: NDArray[np.int64],
    replicates: int,
    rng: np.random.Generator,
    *,
    width: int,
    stratified: bool,
) -> Iterator[NDArray[Any]]:
    """Yield multinomial draws over cells, (m, block), in blocks of bounded memory.

    Parameters
    ----------
    cells : (m, 2) or (m, 3), sorted by their first code, the actual class.
    counts : (m,) whole.
    width : how many numbers the caller will hold for each replicate and marginal.
    """
    require_replicates(replicates)
    starts = np.flatnonzero(np.diff(cells[:, 0], prepend=-1)) if stratified else np.zeros(1, int)
    strata = np.split(counts, starts[1:])
    for size in blocks(replicates, max(len(cells), 8 * width)):
        yield np.concatenate([draw_multinomial(stratum, size, rng) for stratum in strata])


def sum_draws(
    draws: NDArray[Any], cells: NDArray[np.int64], n_classes: int, column: int
) -> Marginals:
    """Return the marginals of draws (m, R) over cells whose prediction stands in `column`."""
    actual, predicted = cells[:, 0], cells[:, column]
    right = np.flatnonzero(actual == predicted)
    return Marginals(
        true_positive=sum_rows(draws[right], actual[right], n_classes),
        actual=sum_rows(draws, actual, n_classes),
        predicted=sum_rows(draws, predicted, n_classes),
        total=draws.sum(axis=0, dtype=np.float64),
    )


def dense_draws(
    draws: NDArray[Any], cells: NDArray[np.int64], n_classes: int, column: int
) -> NDArray[Any]:
    """Return the confusion matrices (R, K, K) of draws (m, R) over cells."""
    codes = cells[:, 0] * n_classes + cells[:, column]
    return sum_rows(draws, codes, n_classes**2).reshape(-1, n_classes, n_classes)


def summed(
    draws: NDArray[Any],
    cells: NDArray[np.int64],
    n_classes: int,
    column: int,
    *,
    dense: bool,
) -> CountsLike:
    """Return what a metric reads of the draws: matrices if `dense`, else marginals."""
    make = dense_draws if dense else sum_draws
    return make(draws, cells, n_classes, column)


def sum_rows(rows: NDArray[Any], codes: NDArray[np.int64], n_classes: int) -> FloatArray:
    """Return (R, K): the sum of the rows (m, R) of each code."""
    sums = np.zeros((n_classes, rows.shape[1]), dtype=rows.dtype)
    for row, code in zip(rows, codes.tolist(), strict=True):
        sums[code] += row
    return sums.astype(np.float64).T


def joined(parts: Sequence[Marginals]) -> Marginals:
    """Return marginals whose leading axis runs over all parts."""
    if len(parts) == 1:
        return parts[0]
    return Marginals(
        np.concatenate([part.true_positive for part in parts]),
        np.concatenate([part.actual for part in parts]),
        np.concatenate([part.predicted for part in parts]),
        np.concatenate([part.total for part in parts]),
    )


def require_replicates(replicates: int) -> None:
    """Refuse less than one replicate."""
    if replicates < 1:
        raise InputError(f"resampling needs at least one replicate; got {replicates}")


def whole_counts(counts: NDArray[Any]) -> NDArray[np.int64]:
    """Return counts as int64.

    Raises
    ------
    InputError
        If a count is negative, not whole or not finite, or there is none.
    """
    bad = ~((np.floor(counts) == counts) & (counts >= 0) & np.isfinite(counts))
    if bad.any():
        raise InputError(
            "resampling needs whole counts that are not negative; got "
            f"{float(counts[bad].flat[0]):g}: resample weighted samples with sample_resample"
        )
    if not counts.sum() > 0:
        raise InputError("resampling needs at least one sample; the counts sum to zero")
    return counts.astype(np.int64, copy=False)
