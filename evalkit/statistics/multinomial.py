"""Multinomial draws over the cells of a table, without walking through the samples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.statistics.tabulated import half_binomial, poisson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Draw = Callable[[tuple[int, ...], np.random.Generator], NDArray[Any]]

# Draws held at once, and draws made by one call so that they stay in the cache.
_BLOCK_DRAWS = 1 << 25
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


def blocks(replicates: int, width: int) -> Iterator[int]:
    """Yield how many replicates to hold at a time where each takes `width` numbers."""
    size = max(1, _BLOCK_DRAWS // max(1, width))
    for start in range(0, replicates, size):
        yield min(size, replicates - start)


def draw_multinomial(
    counts: NDArray[np.int64], replicates: int, rng: np.random.Generator
) -> NDArray[Any]:
    """Return `replicates` bootstrap resamples of the samples behind `counts`.

    Each is Multinomial(n, counts / n) with n = Σ counts. Where cells are many for their number
    of samples, all cells are first drawn as independent Poisson numbers whose sum falls a
    standard deviation short of n. Given their sum they are multinomial; so candidates whose sum
    exceeds n are dropped, the missing samples are added one by one, and what results is the
    multinomial exactly, several times sooner than by conditional binomials.

    Parameters
    ----------
    counts : (m,) whole, not negative.
    replicates : how many resamples.
    rng : the source of randomness.

    Returns
    -------
    (m, replicates) integers; every column sums to n.

    References
    ----------
    N. L. Johnson, S. Kotz and N. Balakrishnan, *Discrete Multivariate Distributions*, 1997,
    35.2: Poisson counts given their sum are multinomial.

    Examples
    --------
    >>> draws = draw_multinomial(np.array([30, 70]), 5, np.random.default_rng(0))
    >>> draws.sum(axis=0).tolist()
    [100, 100, 100, 100, 100]
    """
    total = int(counts.sum())
    few_cells = len(counts) <= _CELLS_PER_ROOT * math.sqrt(total)
    if few_cells or not _FEWEST_SAMPLES <= total <= _MOST_SAMPLES:
        return _conditional_binomials(counts, total, replicates, rng)
    rate = 1.0 - _SHORTFALL / math.sqrt(total)
    candidates = int(_CANDIDATES * replicates) + 50
    draws = _draw_rows(counts, candidates, rng, lambda count: _poisson(count * rate))
    missing = total - draws.sum(axis=0, dtype=np.int64)
    kept = np.flatnonzero(missing >= 0)[:replicates]
    draws = draws.take(kept, axis=1)
    _add_samples(draws, counts, missing[kept], rng)
    if len(kept) < replicates:
        rest = _conditional_binomials(counts, total, replicates - len(kept), rng)
        draws = np.concatenate([draws, rest], axis=1)
    return draws


def _add_samples(
    draws: NDArray[Any],
    counts: NDArray[np.int64],
    missing: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Add to column r of `draws` as many samples, drawn one by one, as are missing there."""
    total, replicates = int(counts.sum()), draws.shape[1]
    cell_of_sample = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    at_once = max(1, int(_CALL_DRAWS * replicates / max(1, missing.sum())))
    for start in range(0, replicates, at_once):
        columns = np.arange(start, min(start + at_once, replicates))
        column = np.repeat(columns, missing[columns])
        sample = rng.integers(0, total, size=len(column), dtype=np.uint32)
        position = cell_of_sample[sample] * np.int64(replicates) + column
        np.add.at(draws.reshape(-1), position, draws.dtype.type(1))


def draw_half_binomials(
    counts: NDArray[np.int64], replicates: int, rng: np.random.Generator
) -> NDArray[Any]:
    """Return Binomial(count, ½) draws, (m, replicates), one row a count.

    Examples
    --------
    >>> draw_half_binomials(np.array([0, 0]), 2, np.random.default_rng(0)).tolist()
    [[0, 0], [0, 0]]
    """
    return _draw_rows(counts, replicates, rng, _half_binomial)


def _draw_rows(
    counts: NDArray[np.int64],
    replicates: int,
    rng: np.random.Generator,
    distribution: Callable[[int], Draw],
) -> NDArray[Any]:
    """Draw a row for each count; equal counts share a distribution and a call."""
    draws = np.empty((len(counts), replicates), dtype=_integer(counts))
    at_once = max(1, _CALL_DRAWS // max(1, replicates))
    order = np.argsort(counts, kind="stable")
    first = np.flatnonzero(np.diff(counts[order], prepend=-1))
    for rows in np.split(order, first[1:]):
        if len(rows) == 0:
            continue
        draw = distribution(int(counts[rows[0]]))
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            draws[part] = draw((len(part), replicates), rng)
    return draws


def _poisson(mean: float) -> Draw:
    if mean <= _TABULATED:
        return poisson(mean).draw
    return lambda shape, rng: rng.poisson(mean, size=shape)


def _half_binomial(trials: int) -> Draw:
    if trials <= _TABULATED:
        return half_binomial(trials).draw
    return lambda shape, rng: rng.binomial(trials, 0.5, size=shape)


def _conditional_binomials(
    counts: NDArray[np.int64], total: int, replicates: int, rng: np.random.Generator
) -> NDArray[Any]:
    draws = rng.multinomial(total, counts / max(total, 1), size=replicates)
    return np.ascontiguousarray(draws.T, dtype=_integer(counts))


def _integer(counts: NDArray[np.int64]) -> type[np.int32 | np.int64]:
    return np.int32 if counts.sum() < 2**31 else np.int64
