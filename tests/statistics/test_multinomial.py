"""Both ways of drawing are the multinomial: sums, moments and distributions agree with theory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, strategies as st

from evalkit.statistics import multinomial
from evalkit.statistics.multinomial import SampledTable, draw_multinomial

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Way: TypeAlias = "Callable[[NDArray[Any], int, np.random.Generator], NDArray[Any]]"
TABLES = {
    "few cells": [600, 0, 300, 100],
    "many cells": [8, 0, 3, 9, 1, 1, 10, 4],
    "one large cell among many": [5000, *range(60)],
}


def table(counts: NDArray[Any]) -> SampledTable:
    return SampledTable(counts, [np.arange(len(counts))], [len(counts)])


def with_pool_of(cells: int) -> Way:
    def draw(counts: NDArray[Any], replicates: int, rng: np.random.Generator) -> NDArray[Any]:
        pool = np.argsort(-counts, kind="stable")[:cells]
        return multinomial._with_pool(table(counts), pool, replicates, rng)[0]

    return draw


def topped_up(counts: NDArray[Any], replicates: int, rng: np.random.Generator) -> NDArray[Any]:
    return multinomial._topped_up(table(counts), replicates, rng)[0]


# The ways that are chosen from by cost, each for every table; a pool of all is binomials alone.
WAYS: dict[str, Way] = {
    "chosen": draw_multinomial,
    "pool of one": with_pool_of(1),
    "pool of three": with_pool_of(3),
    "pool of all": lambda counts, n, rng: with_pool_of(len(counts))(counts, n, rng),
    "topped up": topped_up,
}


@given(
    counts=st.lists(st.integers(0, 200), min_size=1, max_size=60).filter(any),
    replicates=st.integers(1, 40),
    seed=st.integers(0, 2**32),
)
def test_every_replicate_has_as_many_samples(counts: list[int], replicates: int, seed: int) -> None:
    table = np.array(counts)
    draws = draw_multinomial(table, replicates, np.random.default_rng(seed))
    assert draws.shape == (len(counts), replicates)
    assert (draws.sum(axis=0) == table.sum()).all()
    assert (draws >= 0).all()
    assert (draws[table == 0] == 0).all()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", TABLES)
def test_moments(name: str, way: str) -> None:
    """Means are the counts, covariances n (diag p − p pᵀ)."""
    counts = np.array(TABLES[name])
    n, replicates = counts.sum(), 20_000
    draws = WAYS[way](counts, replicates, np.random.default_rng(0))
    assert draws.shape == (len(counts), replicates)
    assert (draws.sum(axis=0) == n).all()
    p = counts / n
    covariance = n * (np.diag(p) - np.outer(p, p))
    error = np.sqrt(np.maximum(np.diag(covariance), 1e-12) / replicates)
    assert (np.abs(draws.mean(axis=1) - counts) < 4.5 * error).all()
    spread = np.sqrt(np.diag(covariance))
    error = np.outer(spread, spread) * np.sqrt(3 / replicates) + 1e-9
    assert (np.abs(np.cov(draws) - covariance) < 5 * error + 5 * spread.max() / replicates).all()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", TABLES)
def test_each_cell_is_binomial(name: str, way: str) -> None:
    counts = np.array(TABLES[name])
    n = counts.sum()
    draws = WAYS[way](counts, 20_000, np.random.default_rng(1))
    for cell in np.flatnonzero(counts)[:4]:
        law = scipy.stats.binom(n, counts[cell] / n)
        bounds = np.unique(np.r_[-1, law.ppf(np.linspace(0.03, 0.97, 15)), n])
        seen = np.histogram(draws[cell], bounds + 0.5)[0]
        expected = np.diff(law.cdf(bounds))
        kept = expected > 1e-4
        p = scipy.stats.chisquare(
            seen[kept], expected[kept] / expected[kept].sum() * seen[kept].sum()
        ).pvalue
        assert p > 1e-4


@pytest.mark.parametrize("way", WAYS)
def test_two_cells_together(way: str) -> None:
    """The joint distribution of two cells is the trinomial."""
    counts = np.array([16, 8, 4, 4])
    draws = WAYS[way](counts, 100_000, np.random.default_rng(2))
    law = scipy.stats.multinomial(32, [4 / 32, 4 / 32, 24 / 32])
    seen, expected = [], []
    for i in range(9):
        for j in range(9):
            seen.append(((draws[2] == i) & (draws[3] == j)).sum())
            expected.append(law.pmf([i, j, 32 - i - j]) * 100_000)
    seen_, expected_ = np.array(seen), np.array(expected)
    kept = expected_ > 10
    rest = [100_000 - seen_[kept].sum()], [100_000 - expected_[kept].sum()]
    p = scipy.stats.chisquare(np.r_[seen_[kept], rest[0]], np.r_[expected_[kept], rest[1]]).pvalue
    assert p > 1e-3


def test_the_same_seed_draws_the_same() -> None:
    counts = np.arange(50)
    one, other = (draw_multinomial(counts, 20, np.random.default_rng(3)) for _ in range(2))
    assert (one == other).all()


def test_billions_of_samples() -> None:
    counts = np.array([3_000_000_000, 1_000_000_000])
    draws = draw_multinomial(counts, 5, np.random.default_rng(0))
    assert (draws.sum(axis=0) == 4_000_000_000).all()
