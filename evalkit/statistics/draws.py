"""Fast exact draws of independent Poisson and fair binomial numbers, summed as they are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    Draw = Callable[[tuple[int, ...], np.random.Generator], NDArray[Any]]

_BINS = 1 << 16
_UNDECIDED = -1
# Beyond nine standard deviations a tail is less than the spacing of doubles below one.
_DEVIATIONS = 9.0


@dataclass(frozen=True, slots=True, eq=False)
class Tabulated:
    """A distribution over `first`, `first` + 1, …, ready to be drawn from.

    The unit interval is cut into 2¹⁶ bins. A bin that lies within one step of the distribution
    function decides the value; the few that hold a jump draw the rest of a uniform number and
    search for it, so nothing is rounded to 16 bits.

    Attributes
    ----------
    first : the least value.
    cumulative : the distribution function at each value.
    value_of_bin : (2¹⁶,) the value, or −1 where the bin does not decide.
    """

    first: int
    cumulative: NDArray[np.float64]
    value_of_bin: NDArray[np.int32]

    @classmethod
    def from_weights(cls, first: int, weights: NDArray[np.float64]) -> Tabulated:
        """Tabulate the distribution proportional to `weights` from the value `first` on."""
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
    """Tabulate the Poisson distribution."""
    first, mode, last = _window(mean, mean)
    rising = np.cumprod(mean / np.arange(mode + 1, last + 1))
    falling = np.cumprod(np.arange(mode, first, -1) / mean)
    return Tabulated.from_weights(first, np.concatenate([falling[::-1], [1.0], rising]))


def half_binomial(trials: int) -> Tabulated:
    """Tabulate the number of heads in `trials` tosses of a fair coin."""
    first, mode, last = _window(trials / 2.0, trials / 4.0)
    last = min(last, trials)
    above = np.arange(mode + 1, last + 1)
    rising = np.cumprod((trials - above + 1) / above)
    below = np.arange(mode, first, -1)
    falling = np.cumprod(below / (trials - below + 1))
    return Tabulated.from_weights(first, np.concatenate([falling[::-1], [1.0], rising]))


def _window(mean: float, variance: float) -> tuple[int, int, int]:
    """Return the least value, the mode and the greatest value that a table holds."""
    reach = _DEVIATIONS * variance**0.5 + 30.0
    return max(0, int(mean - reach)), int(mean), int(mean + reach) + 1


class RowSums:
    """Sums of rows by code, for several codes of a row at once.

    Parameters
    ----------
    codes : arrays (m,), each giving row i its place in one table of sums; −1 leaves it out.
    sizes : the number of places in each table.
    columns : how many numbers a row has.
    most : the greatest sum.

    Examples
    --------
    >>> sums = RowSums([np.array([0, 0, -1])], [1], columns=2, most=9)
    >>> sums.add_rows(np.arange(3), np.array([[1, 2], [3, 4], [5, 6]]))
    >>> sums.tables[0].tolist()
    [[4, 6]]
    """

    def __init__(
        self, codes: Sequence[NDArray[np.int64]], sizes: Sequence[int], columns: int, most: int
    ) -> None:
        # Four bytes are twice as fast; half their range is left for candidates that exceed n.
        self.kind: type[np.int32 | np.int64] = np.int32 if most < 2**30 else np.int64
        # One place more than asked for: it is the last, which −1 names, and takes what is left out.
        self._tables: list[NDArray[Any]] = [
            np.zeros((size + 1, columns), self.kind) for size in sizes
        ]
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

    def add_ones(self, codes: Sequence[NDArray[np.int64]], columns: NDArray[np.int64]) -> None:
        """Add 1 for each of s samples, at its codes (s,) and in its column (s,)."""
        for code, table in zip(codes, self._tables, strict=True):
            position = code * table.shape[1]
            position += columns
            np.add.at(table.reshape(-1), position, table.dtype.type(1))


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
