"""Multinomial draws over the cells of a table, summed as they are made."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.statistics.tabulated import half_binomial, poisson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    Draw = Callable[[tuple[int, ...], np.random.Generator], NDArray[Any]]

# Draws made by one call, so that they stay in the cache.
_CALL_DRAWS = 1 << 16
# Above this count NumPy's own generators are as fast as a table that is used once.
_TABULATED = 1000
# Independent Poisson draws pay for themselves when cells outnumber this many √n.
_CELLS_PER_ROOT = 0.4
# They need a table of the samples; its size is bounded.
_FEWEST_SAMPLES, _MOST_SAMPLES = 32, 1 << 25
# How many standard deviations the Poisson sum falls short of n on average, and how many
# candidates that takes for each replicate, since one in six still exceeds n.
_SHORTFALL = 1.0
_CANDIDATES = 1.2


class RowSums:
    """Sums of rows by code, for several codes of a row at once.

    Parameters
    ----------
    codes : arrays (m,), each giving row i its place in one table of sums; −1 leaves it out.
    sizes : the number of places in each table.
    columns : how many numbers a row has.
    most : the greatest sum.
    """

    def __init__(
        self, codes: Sequence[NDArray[np.int64]], sizes: Sequence[int], columns: int, most: int
    ) -> None:
        kind = np.int32 if most < 2**31 else np.int64
        # One place more than asked for: it is the last, which −1 names, and takes what is left out.
        self._tables: list[NDArray[Any]] = [np.zeros((size + 1, columns), kind) for size in sizes]
        self.codes = codes
        self._listed = [code.tolist() for code in codes]
        self._places = [list(table) for table in self._tables]

    @property
    def tables(self) -> list[NDArray[Any]]:
        """For each array of codes its sums, (size, columns)."""
        return [table[:-1] for table in self._tables]

    def add_rows(self, rows: NDArray[np.int64], values: NDArray[Any], start: int = 0) -> None:
        """Add values (r, w) of the rows (r,) to w columns from `start` on."""
        stop = start + values.shape[1]
        for codes, table in zip(self._listed, self._places, strict=True):
            for row, value in zip(rows.tolist(), values, strict=True):
                if (code := codes[row]) >= 0:
                    place = table[code][start:stop]
                    place += value

    def add_ones(self, rows: NDArray[np.int32], columns: NDArray[np.int64]) -> None:
        """Add 1 for the rows (s,), each in its column (s,)."""
        for codes, table in zip(self.codes, self._tables, strict=True):
            position = codes[rows]
            position *= table.shape[1]
            position += columns
            np.add.at(table.reshape(-1), position, table.dtype.type(1))


def sum_multinomial(
    counts: NDArray[np.int64],
    codes: Sequence[NDArray[np.int64]],
    sizes: Sequence[int],
    replicates: int,
    rng: np.random.Generator,
) -> list[NDArray[np.int64]]:
    """Return sums over the cells of bootstrap resamples of the samples behind `counts`.

    Each resample is Multinomial(n, counts / n) with n = Σ counts. Where cells are many for their
    number of samples, all cells are first drawn as independent Poisson numbers whose sum falls a
    standard deviation short of n. Given their sum they are multinomial; so candidates whose sum
    exceeds n are dropped, the missing samples are added one by one, and what results is the
    multinomial exactly, several times sooner than by conditional binomials. The draws themselves
    are never held together: memory grows with the sums.

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

    References
    ----------
    N. L. Johnson, S. Kotz and N. Balakrishnan, *Discrete Multivariate Distributions*, 1997,
    35.2: Poisson counts given their sum are multinomial.

    Examples
    --------
    >>> cells = np.array([30, 20, 50])
    >>> (sums,) = sum_multinomial(cells, [np.zeros(3, int)], [1], 4, np.random.default_rng(0))
    >>> sums.tolist()
    [[100, 100, 100, 100]]
    """
    total = int(counts.sum())
    few_cells = len(counts) <= _CELLS_PER_ROOT * math.sqrt(total)
    if few_cells or not _FEWEST_SAMPLES <= total <= _MOST_SAMPLES:
        return _sum_binomials(counts, codes, sizes, replicates, rng)
    rate = 1.0 - _SHORTFALL / math.sqrt(total)
    candidates = int(_CANDIDATES * replicates) + 50
    sums = RowSums(codes, sizes, candidates, total)
    drawn = np.zeros(candidates, np.int64)
    for rows, draws in _drawn_rows(counts, candidates, rng, lambda count: _poisson(count * rate)):
        sums.add_rows(rows, draws)
        drawn += draws.sum(axis=0, dtype=draws.dtype)
    kept = np.flatnonzero(drawn <= total)[:replicates]
    _add_samples(sums, counts, kept, total - drawn[kept], rng)
    parts = [[table.take(kept, axis=1) for table in sums.tables]]
    if len(kept) < replicates:
        parts.append(_sum_binomials(counts, codes, sizes, replicates - len(kept), rng))
    return [np.concatenate(tables, axis=1) for tables in zip(*parts, strict=True)]


def draw_multinomial(
    counts: NDArray[np.int64], replicates: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return multinomial resamples cell by cell, (m, replicates).

    Examples
    --------
    >>> draws = draw_multinomial(np.array([30, 70]), 5, np.random.default_rng(0))
    >>> draws.sum(axis=0).tolist()
    [100, 100, 100, 100, 100]
    """
    every = np.arange(len(counts))
    return sum_multinomial(counts, [every], [len(counts)], replicates, rng)[0]


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
    counts, codes, sizes, replicates, rng : as in `sum_multinomial`.

    Examples
    --------
    >>> none = np.array([0, 0])
    >>> sum_half_binomials(none, [np.arange(2)], [2], 2, np.random.default_rng(0))[0].tolist()
    [[0, 0], [0, 0]]
    """
    sums = RowSums(codes, sizes, replicates, int(counts.sum()))
    for rows, draws in _drawn_rows(counts, replicates, rng, _half_binomial):
        sums.add_rows(rows, draws)
    return sums.tables


def _drawn_rows(
    counts: NDArray[np.int64],
    replicates: int,
    rng: np.random.Generator,
    distribution: Callable[[int], Draw],
) -> Iterator[tuple[NDArray[np.int64], NDArray[Any]]]:
    """Yield rows with a draw of each for every replicate; equal counts share a distribution."""
    at_once = max(1, _CALL_DRAWS // max(1, replicates))
    order = np.argsort(counts, kind="stable")
    first = np.flatnonzero(np.diff(counts[order], prepend=-1))
    for rows in np.split(order, first[1:]):
        draw = distribution(int(counts[rows[0]])) if len(rows) else None
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            assert draw is not None
            yield part, draw((len(part), replicates), rng)


def _poisson(mean: float) -> Draw:
    if mean <= _TABULATED:
        return poisson(mean).draw
    return lambda shape, rng: rng.poisson(mean, size=shape)


def _half_binomial(trials: int) -> Draw:
    if trials <= _TABULATED:
        return half_binomial(trials).draw
    return lambda shape, rng: rng.binomial(trials, 0.5, size=shape)


def _add_samples(
    sums: RowSums,
    counts: NDArray[np.int64],
    columns: NDArray[np.int64],
    missing: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Add to each of the columns as many samples, drawn one by one, as are missing there."""
    total, cells = int(counts.sum()), np.arange(len(counts))
    cell_of_sample = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    places = len(sums.codes) * len(counts)
    samples = 1.0 + missing.mean() if len(missing) else 1.0
    # Many samples a cell are counted by cell first, few go straight to their sums. A call makes
    # enough samples to pay for walking through the cells.
    by_cell = 5 * len(sums.codes) * samples > len(counts)
    at_once = max(1, int(max(_CALL_DRAWS, by_cell * 250 * places) / samples))
    for start in range(0, len(columns), at_once):
        part = slice(start, start + at_once)
        sample = rng.integers(0, total, size=int(missing[part].sum()), dtype=np.uint32)
        cell = cell_of_sample[sample]
        if by_cell:
            first, last = int(columns[part][0]), int(columns[part][-1])
            column = np.repeat(columns[part] - first, missing[part])
            width = last - first + 1
            drawn = np.zeros((len(counts), width), np.int32)
            np.add.at(drawn.reshape(-1), cell * np.int64(width) + column, np.int32(1))
            sums.add_rows(cells, drawn, first)
        else:
            sums.add_ones(cell, np.repeat(columns[part], missing[part]))


def _sum_binomials(
    counts: NDArray[np.int64],
    codes: Sequence[NDArray[np.int64]],
    sizes: Sequence[int],
    replicates: int,
    rng: np.random.Generator,
) -> list[NDArray[np.int64]]:
    """Sum multinomial draws made by conditional binomials."""
    total = int(counts.sum())
    every = np.arange(len(counts))
    at_once = max(1, 64 * _CALL_DRAWS // max(1, len(counts)))
    parts = []
    for start in range(0, replicates, at_once):
        size = min(at_once, replicates - start)
        draws = rng.multinomial(total, counts / max(total, 1), size=size)
        sums = RowSums(codes, sizes, size, total)
        sums.add_rows(every, np.ascontiguousarray(draws.T, dtype=sums.tables[0].dtype))
        parts.append(sums.tables)
    return [np.concatenate(tables, axis=1) for tables in zip(*parts, strict=True)]
