"""Bootstrap replicates of confusion matrices and joint counts, as marginals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.count.marginals import dense_counts
from evalkit.statistics.cell_sums import CellSums, PseudoSamples, blocks, joined
from evalkit.statistics.multinomial import SampledTable, sum_multinomial

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from evalkit.counts.joint import JointCounts
    from evalkit.metrics.count.marginals import Marginals


def resample(
    counts: ArrayLike,
    replicates: int,
    rng: np.random.Generator,
    *,
    stratified: bool = False,
    smoothing: float = 0.0,
) -> Marginals:
    """Return bootstrap replicates of a confusion matrix, as marginals.

    A replicate is a multinomial draw over the cells, which is equivalent to drawing n samples with
    replacement. Its cost does not depend on n.

    Parameters
    ----------
    counts : (K, K) whole counts, rows actual, columns predicted.
    replicates, rng : R, and the random number generator.
    stratified : keep the support of each class.
    smoothing : number of pseudo-samples, half of them misclassified, to draw from in addition. With
        1, the intervals of models with few errors have their nominal coverage.

    Returns
    -------
    Marginals with leading axis R.

    Raises
    ------
    InputError
        If counts are not whole, such as weighted counts.

    Examples
    --------
    >>> resample([[30, 10], [0, 60]], 3, np.random.default_rng(0)).total.tolist()
    [100.0, 100.0, 100.0]
    """
    cells, occurring, n_classes = occurring_cells(counts)
    sums = CellSums.of_cells(cells, n_classes, dense=False)
    parts = resampled_blocks(
        sums, cells, occurring, replicates, rng, stratified=stratified, smoothing=smoothing
    )
    (model,) = joined([*parts])
    return model


def paired_resample(
    joint: JointCounts,
    replicates: int,
    rng: np.random.Generator,
    *,
    stratified: bool = False,
    smoothing: float = 0.0,
) -> tuple[Marginals, Marginals]:
    """Return bootstrap replicates of two models on the same samples, as marginals of each.

    Errors are those of `resample`.

    Parameters
    ----------
    joint : whole counts over (actual, A, B).
    replicates, rng, stratified : as in `resample`.
    smoothing : number of pseudo-samples to draw from in addition; each is correct in one model and
        misclassified in the other.

    Returns
    -------
    Marginals of A and of B with leading axis R; replicate r of both has the same samples.

    Examples
    --------
    >>> from evalkit.counts.joint import JointCounts
    >>> joint = JointCounts.from_codes([0, 0, 1], [0, 1, 1], [0, 0, 1], 2)
    >>> a, b = paired_resample(joint, 4, np.random.default_rng(0))
    >>> bool((a.actual == b.actual).all())
    True
    """
    sums = CellSums.of_cells(joint.cells, joint.n_classes, dense=False)
    counts = whole_counts(joint.counts)
    parts = resampled_blocks(
        sums, joint.cells, counts, replicates, rng, stratified=stratified, smoothing=smoothing
    )
    a, b = joined([*parts])
    return a, b


def occurring_cells(counts: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return the (m, 2) cells of a whole (K, K) matrix that are not zero, their counts, and K."""
    matrix = dense_counts(counts)
    if matrix.ndim != 2:
        raise InputError(f"counts has shape {matrix.shape}, expected one matrix (K, K).")
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
    smoothing: float,
) -> Iterator[tuple[Any, ...]]:
    """Yield bootstrap replicates of each model in blocks of bounded memory.

    Cells are (m, 2) or (m, 3), sorted by the actual class; counts are (m,) whole numbers. Other
    parameters are as in `resample`.
    """
    require_replicates(replicates)
    if not smoothing >= 0:
        raise InputError(f"Invalid smoothing {smoothing}. Pass 0 or more pseudo-samples.")
    pseudo = PseudoSamples.of_cells(smoothing, sums, cells, counts) if smoothing else None
    tables = [SampledTable(counts, sums.codes, sums.sizes, pseudo)]
    if stratified:
        starts = np.flatnonzero(np.diff(cells[:, 0], prepend=-1))
        tables = [
            SampledTable(
                counts[rows],
                [code[rows] for code in sums.codes],
                sums.sizes,
                pseudo and pseudo.within(int(cells[rows[0], 0])),
            )
            for rows in np.split(np.arange(len(cells)), starts[1:])
        ]
    for size in blocks(replicates, sum(sums.sizes)):
        drawn = [sum_multinomial(table, size, rng) for table in tables]
        yield sums.counts([np.add.reduce(parts) for parts in zip(*drawn, strict=True)])


def require_replicates(replicates: int) -> None:
    """Refuse less than one replicate."""
    if replicates < 1:
        raise InputError(f"Invalid replicates {replicates}. Pass at least one replicate.")


def whole_counts(counts: NDArray[Any]) -> NDArray[np.int64]:
    """Return counts as int64; refuse negative counts, counts that are not whole, and no samples."""
    bad = ~((np.floor(counts) == counts) & (counts >= 0) & np.isfinite(counts))
    if bad.any():
        raise InputError(
            f"Invalid count {float(counts[bad].flat[0]):g}. Pass whole counts, 0 or more. Resample "
            "weighted samples with sample_resample."
        )
    if not counts.sum() > 0:
        raise InputError("The counts sum to zero. Pass at least one sample.")
    return counts.astype(np.int64, copy=False)
