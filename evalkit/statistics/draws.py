"""Fast exact draws of independent Poisson and Binomial(n, ½) numbers, and sums of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

_BINS = 1 << 16
_UNDECIDED = -1
# Beyond nine standard deviations a tail is less than the spacing of doubles below one.
_DEVIATIONS = 9.0


@dataclass(frozen=True, slots=True, eq=False)
class Tabulated:
    """A tabulated distribution over `first`, `first` + 1, …, for fast sampling.

    The unit interval is divided into 2¹⁶ bins. A bin without a jump of the distribution function
    gives the value directly. In the few other bins, for which `value_of_bin` is −1, the remaining
    digits of a uniform number are drawn and searched for, so that nothing is rounded to 16 bits.
    """

    first: int
    cumulative: NDArray[np.float64]
    value_of_bin: NDArray[np.int32]

    @classmethod
    def around_mode(cls, first: int, falling: NDArray[Any], rising: NDArray[Any]) -> Tabulated:
        """Return the distribution with weights relative to the mode, downwards and upwards."""
        weights = np.concatenate([falling[::-1], [1.0], rising])
        cumulative = np.cumsum(weights)
        cumulative /= cumulative[-1]
        edges = cumulative * _BINS
        values = np.arange(first, first + len(weights), dtype=np.int32)
        value_of_bin = np.repeat(values, np.diff(np.ceil(edges), prepend=0.0).astype(np.int64))
        cut = edges[edges != np.floor(edges)].astype(np.int64)
        value_of_bin[cut] = _UNDECIDED
        return cls(first, cumulative, value_of_bin)

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.int32]:
        """Return independent draws."""
        bins = rng.integers(0, _BINS, size=shape, dtype=np.uint16)
        values = self.value_of_bin.take(bins)
        undecided = np.flatnonzero(values == _UNDECIDED)
        if undecided.size:
            uniform = (bins.ravel()[undecided] + rng.random(undecided.size)) / _BINS
            found = np.searchsorted(self.cumulative, uniform, side="right")
            values.ravel()[undecided] = self.first + found
        return values


def poisson(mean: float) -> Tabulated:
    """Return the tabulated Poisson distribution."""
    first, mode, last = _window(mean, mean)
    rising = np.cumprod(mean / np.arange(mode + 1, last + 1))
    falling = np.cumprod(np.arange(mode, first, -1) / mean)
    return Tabulated.around_mode(first, falling, rising)


def half_binomial(trials: int) -> Tabulated:
    """Return the tabulated distribution Binomial(trials, ½)."""
    first, mode, last = _window(trials / 2.0, trials / 4.0)
    last = min(last, trials)
    above = np.arange(mode + 1, last + 1)
    rising = np.cumprod((trials - above + 1) / above)
    below = np.arange(mode, first, -1)
    falling = np.cumprod(below / (trials - below + 1))
    return Tabulated.around_mode(first, falling, rising)


def _window(mean: float, variance: float) -> tuple[int, int, int]:
    """Return the smallest value, the mode and the largest value of a table."""
    reach = _DEVIATIONS * variance**0.5 + 30.0
    return max(0, int(mean - reach)), int(mean), int(mean + reach) + 1


class RowSums:
    """Sums of rows by code, in several tables at once; `most` is the largest sum.

    >>> sums = RowSums([np.array([0, 0, -1])], [1], columns=2, most=9)
    >>> sums.add_rows(np.arange(3), np.array([[1, 2], [3, 4], [5, 6]]))
    >>> sums.tables[0].tolist()
    [[4, 6]]
    """

    def __init__(
        self, codes: Sequence[NDArray[np.int64]], sizes: Sequence[int], columns: int, most: int
    ) -> None:
        # Four bytes are twice as fast. Half their range is left for candidates that exceed n.
        self.kind: type[np.int32 | np.int64] = np.int32 if most < 2**30 else np.int64
        # The additional last position, which −1 selects, takes the omitted rows.
        self._tables: list[NDArray[Any]] = [
            np.zeros((size + 1, columns), self.kind) for size in sizes
        ]
        self._listed = [code.tolist() for code in codes]
        self._places = [list(table) for table in self._tables]

    @property
    def tables(self) -> list[NDArray[Any]]:
        """The sums (size, columns) of each table."""
        return [table[:-1] for table in self._tables]

    def add_rows(self, rows: NDArray[np.int64], values: NDArray[Any], start: int = 0) -> None:
        """Add values (r, w) of the rows (r,) to the w columns from `start` on."""
        stop = start + values.shape[1]
        for codes, table in zip(self._listed, self._places, strict=True):
            for row, value in zip(rows.tolist(), values, strict=True):
                if (code := codes[row]) >= 0:
                    place = table[code][start:stop]
                    place += value

    def add_ones(self, codes: Sequence[NDArray[np.int64]], columns: NDArray[np.int64]) -> None:
        """Add 1 for each of s samples, at its codes (s,) and in its column (s,)."""
        for code, table in zip(codes, self._tables, strict=True):
            position = code * table.shape[1]
            position += columns
            np.add.at(table.reshape(-1), position, table.dtype.type(1))


# Draws per call; as many stay in the processor's cache.
CALL_DRAWS = 1 << 16
# A table is faster up to this count and from this number of draws.
_TABULATED, _TABLE_DRAWS = 100_000, 5_000


def poisson_rows(
    counts: NDArray[np.int64], rate: float, replicates: int, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.int64], NDArray[Any]]]:
    """Yield rows and Poisson(count · rate) numbers for them, (rows, replicates), in parts.

    >>> ((rows, draws),) = poisson_rows(np.array([0, 0]), 1.0, 3, np.random.default_rng(0))
    >>> rows.tolist(), draws.tolist()
    ([0, 1], [[0, 0, 0], [0, 0, 0]])
    """
    return _rows(
        counts,
        replicates,
        rng,
        lambda count: poisson(count * rate),
        lambda count, shape: rng.poisson(count * rate, size=shape),
    )


def sum_half_binomials(
    counts: NDArray[np.int64],
    codes: Sequence[NDArray[np.int64]],
    sizes: Sequence[int],
    replicates: int,
    rng: np.random.Generator,
) -> list[NDArray[np.int64]]:
    """Return sums (size, R) of Binomial(count, ½) draws, one per cell, by the codes of each table.

    >>> none = np.array([0, 0])
    >>> sum_half_binomials(none, [np.arange(2)], [2], 2, np.random.default_rng(0))[0].tolist()
    [[0, 0], [0, 0]]
    """
    sums = RowSums(codes, sizes, replicates, int(counts.sum()))
    drawn = _rows(
        counts,
        replicates,
        rng,
        half_binomial,
        lambda count, shape: rng.binomial(count, 0.5, size=shape),
    )
    for rows, draws in drawn:
        sums.add_rows(rows, draws)
    return sums.tables


def _rows(
    counts: NDArray[np.int64],
    replicates: int,
    rng: np.random.Generator,
    table_of: Callable[[int], Tabulated],
    draw_of: Callable[[int, tuple[int, int]], NDArray[Any]],
) -> Iterator[tuple[NDArray[np.int64], NDArray[Any]]]:
    """Yield rows with one draw of each per replicate; equal counts share a distribution."""
    if len(counts) == 0:
        return
    at_once = max(1, CALL_DRAWS // max(1, replicates))
    order = np.argsort(counts, kind="stable")
    first = np.flatnonzero(np.diff(counts[order], prepend=-1))
    for rows in np.split(order, first[1:]):
        count = int(counts[rows[0]])
        is_tabulated = count <= _TABULATED and len(rows) * replicates >= _TABLE_DRAWS
        table = table_of(count) if is_tabulated else None
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            shape = (len(part), replicates)
            yield part, draw_of(count, shape) if table is None else table.draw(shape, rng)
