"""Bootstrap replicates of a confusion matrix, as marginals that every count metric reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.count.marginals import Marginals, dense_counts
from evalkit.statistics.cell_sums import CellSums
from evalkit.statistics.multinomial import sum_multinomial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray


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
    drawn = CellSums.of_cells(cells, n_classes, dense=False)
    parts = resampled_blocks(drawn, cells, occurring, replicates, rng, stratified=stratified)
    return joined([model for (model,) in parts])


def occurring_cells(counts: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return the (m, 2) cells of a whole (K, K) matrix that are not zero, their counts, and K."""
    matrix = dense_counts(counts)
    if matrix.ndim != 2:
        raise InputError(f"resampling takes one matrix (K, K); got counts of shape {matrix.shape}")
    cells = np.argwhere(matrix)
    return cells, whole_counts(matrix[tuple(cells.T)]), len(matrix)


def resampled_blocks(
    sums: CellSums,
    cells: NDArray[np.int64],
    counts: NDArray[np.int64],
    replicates: int,
    rng: np.random.Generator,
    *,
    stratified: bool,
) -> Iterator[tuple[Any, ...]]:
    """Yield bootstrap replicates of each model in blocks of bounded memory.

    Parameters
    ----------
    sums : what to make of the draws.
    cells : (m, 2) or (m, 3), sorted by their first code, the actual class.
    counts : (m,) whole.
    """
    require_replicates(replicates)
    starts = np.flatnonzero(np.diff(cells[:, 0], prepend=-1)) if stratified else np.zeros(1, int)
    strata = [
        (sums.take(rows), counts[rows]) for rows in np.split(np.arange(len(cells)), starts[1:])
    ]
    for size in sums.blocks(replicates):
        tables = [
            sum_multinomial(stratum, part.codes, part.sizes, size, rng) for part, stratum in strata
        ]
        yield sums.counts([np.add.reduce(table) for table in zip(*tables, strict=True)])


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
