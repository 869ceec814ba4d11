"""Independent Poisson and fair binomial numbers, a row for each cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.statistics.row_sums import RowSums
from evalkit.statistics.tabulated import half_binomial, poisson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    Draw = Callable[[tuple[int, ...], np.random.Generator], NDArray[Any]]

# Draws made by one call, so that they stay in the cache.
CALL_DRAWS = 1 << 16
# A table pays for itself up to this count, and from so many draws on.
_TABULATED, _TABLE_DRAWS = 100_000, 5_000


def poisson_rows(
    counts: NDArray[np.int64], rate: float, replicates: int, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.int64], NDArray[Any]]]:
    """Yield rows and Poisson(count · rate) numbers for them, (rows, replicates), till all are done.

    Examples
    --------
    >>> ((rows, draws),) = poisson_rows(np.array([0, 0]), 1.0, 3, np.random.default_rng(0))
    >>> rows.tolist(), draws.tolist()
    ([0, 1], [[0, 0, 0], [0, 0, 0]])
    """

    def distribution(count: int, draws: int) -> Draw:
        mean = count * rate
        if count <= _TABULATED and draws >= _TABLE_DRAWS:
            return poisson(mean).draw
        return lambda shape, rng: rng.poisson(mean, size=shape)

    return _rows(counts, replicates, rng, distribution)


def sum_half_binomials(
    counts: NDArray[np.int64],
    codes: Sequence[NDArray[np.int64]],
    sizes: Sequence[int],
    replicates: int,
    rng: np.random.Generator,
) -> list[NDArray[np.int64]]:
    """Return sums over the cells of Binomial(count, ½) draws, one a cell.

    Parameters
    ----------
    counts : (m,) whole, not negative.
    codes : arrays (m,), each giving a cell its place in one table of sums; −1 leaves it out.
    sizes : the number of places in each table.
    replicates : R.
    rng : the source of randomness.

    Returns
    -------
    For each array of codes the sums, (size, R).

    Examples
    --------
    >>> none = np.array([0, 0])
    >>> sum_half_binomials(none, [np.arange(2)], [2], 2, np.random.default_rng(0))[0].tolist()
    [[0, 0], [0, 0]]
    """

    def distribution(count: int, draws: int) -> Draw:
        if count <= _TABULATED and draws >= _TABLE_DRAWS:
            return half_binomial(count).draw
        return lambda shape, rng: rng.binomial(count, 0.5, size=shape)

    sums = RowSums(codes, sizes, replicates, int(counts.sum()))
    for rows, draws in _rows(counts, replicates, rng, distribution):
        sums.add_rows(rows, draws)
    return sums.tables


def _rows(
    counts: NDArray[np.int64],
    replicates: int,
    rng: np.random.Generator,
    distribution: Callable[[int, int], Draw],
) -> Iterator[tuple[NDArray[np.int64], NDArray[Any]]]:
    """Yield rows with a draw of each for every replicate; equal counts share a distribution."""
    if len(counts) == 0:
        return
    at_once = max(1, CALL_DRAWS // max(1, replicates))
    order = np.argsort(counts, kind="stable")
    first = np.flatnonzero(np.diff(counts[order], prepend=-1))
    for rows in np.split(order, first[1:]):
        draw = distribution(int(counts[rows[0]]), len(rows) * replicates)
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            yield part, draw((len(part), replicates), rng)
