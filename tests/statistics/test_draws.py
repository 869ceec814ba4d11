"""Tables hold the distributions they are named for, and draws follow them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from evalkit.statistics.draws import half_binomial, poisson, sum_half_binomials


@pytest.mark.parametrize("mean", [0.3, 1.0, 17.5, 900.0])
def test_poisson_distribution_function(mean: float) -> None:
    table = poisson(mean)
    values = table.first + np.arange(len(table.cumulative))
    np.testing.assert_allclose(table.cumulative, scipy.stats.poisson.cdf(values, mean), atol=1e-12)


@pytest.mark.parametrize("trials", [0, 1, 2, 25, 1000])
def test_half_binomial_distribution_function(trials: int) -> None:
    table = half_binomial(trials)
    values = table.first + np.arange(len(table.cumulative))
    expected = scipy.stats.binom.cdf(values, trials, 0.5)
    np.testing.assert_allclose(table.cumulative, expected, atol=1e-12)


@pytest.mark.parametrize("mean", [0.3, 8.0, 900.0])
def test_draws_follow_the_distribution(mean: float) -> None:
    draws = poisson(mean).draw((100_000,), np.random.default_rng(0))
    edges = scipy.stats.poisson.ppf(np.linspace(0.02, 0.98, 25), mean)
    bounds = np.unique(np.r_[-1, edges, 10 * mean + 100])
    seen = np.histogram(draws, bounds + 0.5)[0]
    expected = np.diff(scipy.stats.poisson.cdf(bounds, mean)) * len(draws)
    assert scipy.stats.chisquare(seen, expected * seen.sum() / expected.sum()).pvalue > 1e-3


def test_bins_that_do_not_decide_are_drawn_further() -> None:
    """A value with less than a bin of probability is still drawn, as often as it should be."""
    draws = poisson(0.001).draw((4_000_000,), np.random.default_rng(0))
    # P(X = 2) is 5e-7, a thirtieth of a bin of 2⁻¹⁶; two are expected.
    assert 0 < (draws == 2).sum() < 10
    assert abs((draws == 1).sum() - 4_000_000 * 0.001 * np.exp(-0.001)) < 4 * np.sqrt(4000)


@pytest.mark.parametrize("count", [1, 7, 1000, 100_000])
def test_half_binomials(count: int) -> None:
    draws = sum_half_binomials(
        np.array([count, 0, count]), [np.arange(3)], [3], 40_000, np.random.default_rng(0)
    )[0]
    assert (draws[1] == 0).all()
    law = scipy.stats.binom(count, 0.5)
    bounds = np.unique(np.r_[-1, law.ppf(np.linspace(0.02, 0.98, 20)), count])
    for row in (draws[0], draws[2]):
        seen = np.histogram(row, bounds + 0.5)[0]
        assert scipy.stats.chisquare(seen, np.diff(law.cdf(bounds)) * len(row)).pvalue > 1e-4
