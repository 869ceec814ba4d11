"""Exact multinomial draws over the cells of a table, and sums of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.statistics.draws import CALL_DRAWS, RowSums, poisson_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evalkit.statistics.cell_sums import PseudoSamples

# Approximate nanoseconds of a Poisson draw from a table, of one with a large mean, of making a
# table, of a binomial draw, and of drawing a single sample.
_DRAW, _GREAT_DRAW, _TABLE, _BINOMIAL, _SAMPLE = 8.0, 35.0, 80_000.0, 75.0, 12.0
_GREAT = 100_000
# Drawing single samples needs a table of all samples, whose size is bounded. It does not pay off
# for fewer samples than the minimum.
_FEWEST_SAMPLES, _MOST_SAMPLES = 32, 1 << 25
# Number of standard deviations by which the expected Poisson sum is below n. One in six candidates
# still exceeds n, so more candidates than replicates are drawn.
_SHORTFALL = 1.0
_CANDIDATES = 1.2


@dataclass(frozen=True, slots=True, eq=False)
class SampledTable:
    """A table of counts to resample, and the sums to compute.

    Attributes
    ----------
    counts : (m,) non-negative whole numbers.
    codes, sizes : the tables of sums, as in `CellSums`.
    pseudo : pseudo-samples to draw from in addition to the samples, or None.
    """

    counts: NDArray[np.int64]
    codes: Sequence[NDArray[np.int64]]
    sizes: Sequence[int]
    pseudo: PseudoSamples | None = None

    @property
    def total(self) -> int:
        """Number of samples, which is also the size of each resample."""
        return int(self.counts.sum())

    @property
    def pseudo_number(self) -> float:
        """Number of pseudo-samples."""
        return 0.0 if self.pseudo is None else self.pseudo.number

    @property
    def rate(self) -> float:
        """Expected number of times that a sample is drawn; below 1 with pseudo-samples."""
        return self.total / (self.total + self.pseudo_number) if self.total else 1.0


def sum_multinomial(
    table: SampledTable, replicates: int, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Return sums (size, R) of each table over the cells of bootstrap resamples of its counts.

    Each resample is Multinomial(n, counts / n) with n = Σ counts; pseudo-samples are drawn from in
    addition. Independent Poisson numbers are several times faster than a sequence of binomial ones,
    and are multinomial given their sum (Johnson, Kotz and Balakrishnan, *Discrete Multivariate
    Distributions*, 1997, 35.2). Of two ways to make the sum equal to n the cheaper one is used.
    Only the sums are kept in memory, not the draws.

    >>> table = SampledTable(np.array([30, 20, 50]), [np.zeros(3, int)], [1])
    >>> sum_multinomial(table, 4, np.random.default_rng(0))[0].tolist()
    [[100, 100, 100, 100]]
    """
    total, counts = table.total, table.counts
    tabulated = min(_DRAW + _TABLE / max(replicates, 1), _GREAT_DRAW)
    poisson_cost = np.where(counts <= _GREAT, tabulated, _GREAT_DRAW)
    order = np.argsort(-counts, kind="stable")
    pooled, cost = _cheapest_pool(counts[order], poisson_cost[order])
    topped_up = _CANDIDATES * poisson_cost.sum() + _SAMPLE * math.sqrt(total)
    if _FEWEST_SAMPLES <= total <= _MOST_SAMPLES and topped_up < cost:
        return _topped_up(table, replicates, rng)
    return _with_pool(table, order[:pooled], replicates, rng)


def draw_multinomial(
    counts: NDArray[np.int64], replicates: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return multinomial resamples of each cell, (m, replicates).

    >>> draw_multinomial(np.array([30, 70]), 2, np.random.default_rng(0)).sum(axis=0).tolist()
    [100, 100]
    """
    every = np.arange(len(counts))
    return sum_multinomial(SampledTable(counts, [every], [len(counts)]), replicates, rng)[0]


def _cheapest_pool(counts: NDArray[np.int64], poisson_cost: NDArray[Any]) -> tuple[int, float]:
    """Return how many of the largest cells to pool, and the resulting cost per replicate."""
    pool = np.arange(1, len(counts) + 1)
    accepted = np.sqrt(np.cumsum(counts) / max(1, counts.sum()))
    others = poisson_cost.sum() - np.cumsum(poisson_cost)
    cost = np.where(accepted > 0.25, others / np.maximum(accepted, 0.25), np.inf)
    cost += _BINOMIAL * (pool - 1)
    best = int(np.argmin(cost))
    return best + 1, float(cost[best])


def _with_pool(
    table: SampledTable, pool: NDArray[np.int64], replicates: int, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Draw the small cells as Poisson numbers; a pool of large cells gets the rest of n.

    The total of the pool is a Poisson number too. So a candidate is accepted with the Poisson
    probability of the rest, divided by the largest such probability. The rest is then distributed
    over the cells of the pool by a multinomial draw.
    """
    total, pooled = table.total, int(table.counts[pool].sum())
    others = np.setdiff1d(np.arange(len(table.counts)), pool)
    certain = len(others) == 0 and table.pseudo is None
    candidates = replicates
    if not certain:
        accepted = math.sqrt(pooled / (total + table.pseudo_number))
        candidates = int((replicates + 4.0 * math.sqrt(replicates)) / accepted) + 50
    sums = RowSums(table.codes, table.sizes, candidates, total)
    pseudo = rng.poisson(table.pseudo_number * table.rate, candidates)
    missing = total - pseudo
    for rows, draws in poisson_rows(table.counts[others], table.rate, candidates, rng):
        sums.add_rows(others[rows], draws)
        missing -= draws.sum(axis=0, dtype=sums.kind)
    kept = np.arange(replicates)
    if not certain:
        chance = _relative_poisson(missing, pooled * table.rate)
        kept = np.flatnonzero(rng.random(candidates) < chance)[:replicates]
    shares = np.array(table.counts[pool] / max(pooled, 1))
    found = RowSums(table.codes, table.sizes, len(kept), total)
    at_once = max(1, 64 * CALL_DRAWS // len(pool))
    for start in range(0, len(kept), at_once):
        part = kept[start : start + at_once]
        draws = rng.multinomial(missing[part], shares)
        found.add_rows(pool, np.ascontiguousarray(draws.T, dtype=found.tables[0].dtype), start)
    _add_pseudo(found, table, np.arange(len(kept)), pseudo[kept], rng)
    tables = [
        from_pool + from_others.take(kept, axis=1)
        for from_pool, from_others in zip(found.tables, sums.tables, strict=True)
    ]
    if len(kept) == replicates:
        return tables
    rest = _with_pool(table, pool, replicates - len(kept), rng)
    return [np.concatenate(pair, axis=1) for pair in zip(tables, rest, strict=True)]


def _relative_poisson(values: NDArray[np.int64], mean: float) -> NDArray[np.float64]:
    """Return the Poisson probability of each value divided by the probability of the mode."""
    mode = int(mean)
    first, last = max(0, min(int(values.min()), mode)), max(int(values.max()), mode)
    steps = np.arange(first + 1, last + 1)
    logarithm = np.concatenate([[0.0], np.cumsum(np.log(mean / steps))])
    relative = np.exp(logarithm - logarithm[mode - first])
    return np.where(values < 0, 0.0, relative[np.maximum(values, 0) - first])


def _topped_up(
    table: SampledTable, replicates: int, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Draw all cells as Poisson numbers with a mean sum below n, and add the missing samples.

    Candidates whose sum exceeds n are dropped. A candidate is multinomial given its sum, and
    remains so after samples are added.
    """
    total = table.total
    rate = table.rate * (1.0 - _SHORTFALL / math.sqrt(total))
    candidates = int(_CANDIDATES * replicates) + 50
    sums = RowSums(table.codes, table.sizes, candidates, total)
    pseudo = rng.poisson(table.pseudo_number * rate, candidates)
    missing = total - pseudo
    for rows, draws in poisson_rows(table.counts, rate, candidates, rng):
        sums.add_rows(rows, draws)
        missing -= draws.sum(axis=0, dtype=sums.kind)
    kept = np.flatnonzero(missing >= 0)[:replicates]
    more_pseudo = rng.binomial(missing[kept], 1.0 - table.rate)
    _add_pseudo(sums, table, kept, pseudo[kept] + more_pseudo, rng)
    _add_samples(sums, table, kept, missing[kept] - more_pseudo, rng)
    tables = [found.take(kept, axis=1) for found in sums.tables]
    if len(kept) == replicates:
        return tables
    rest = _topped_up(table, replicates - len(kept), rng)
    return [np.concatenate(pair, axis=1) for pair in zip(tables, rest, strict=True)]


def _add_pseudo(
    sums: RowSums,
    table: SampledTable,
    columns: NDArray[np.int64],
    numbers: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Add the given number of pseudo-samples to each column."""
    if table.pseudo is not None:
        codes = table.pseudo.draw_codes(int(numbers.sum()), rng)
        sums.add_ones(codes, np.repeat(columns, numbers))


def _add_samples(
    sums: RowSums,
    table: SampledTable,
    columns: NDArray[np.int64],
    missing: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Add the missing samples, drawn one by one, to each column."""
    counts, n_tables = table.counts, len(table.codes)
    cells = np.arange(len(counts))
    cell_of_sample = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    samples = 1.0 + missing.mean() if len(missing) else 1.0
    # Many samples per cell are first counted by cell; few are added to their sums directly. One
    # call draws enough samples to make the loop over the cells worthwhile.
    by_cell = 5 * n_tables * samples > len(counts)
    at_once = max(1, int(max(CALL_DRAWS, by_cell * 250 * n_tables * len(counts)) / samples))
    for start in range(0, len(columns), at_once):
        part = slice(start, start + at_once)
        sample = rng.integers(0, table.total, size=int(missing[part].sum()), dtype=np.uint32)
        cell = cell_of_sample[sample]
        if by_cell:
            first, last = int(columns[part][0]), int(columns[part][-1])
            column = np.repeat(columns[part] - first, missing[part])
            width = last - first + 1
            drawn = np.zeros((len(counts), width), np.int32)
            np.add.at(drawn.reshape(-1), cell * np.int64(width) + column, np.int32(1))
            sums.add_rows(cells, drawn, first)
        else:
            codes = [code[cell] for code in table.codes]
            sums.add_ones(codes, np.repeat(columns[part], missing[part]))
