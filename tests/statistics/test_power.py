"""Power: enumeration over all tables, SciPy, statsmodels, and simulations of the tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import power_proportions_2indep, proportion_confint

from benchmarks.validity import planning
from evalkit.errors import InputError
from evalkit.statistics import (
    accuracy_equivalence,
    detectable_difference,
    mcnemar,
    power_mcnemar,
    power_noninferiority,
    power_proportion,
    power_two_proportions,
    samples_mcnemar,
    samples_noninferiority,
    samples_proportion,
    samples_two_proportions,
)


def trinomial(n: int, difference: float, disagreement: float) -> tuple[Any, Any, Any]:
    """All numbers of discordant samples of each kind, and their probabilities."""
    b, c = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    inside = b + c <= n
    b, c = b[inside], c[inside]
    rates = [(disagreement - difference) / 2, (disagreement + difference) / 2, 1 - disagreement]
    table = np.stack([b, c, n - b - c], axis=-1)
    return b, c, scipy.stats.multinomial.pmf(table, n, rates)


@pytest.mark.parametrize("n", [3, 20, 60])
@pytest.mark.parametrize(("difference", "disagreement"), [(0.2, 0.3), (-0.1, 0.5), (0.4, 0.4)])
@pytest.mark.parametrize("alpha", [0.05, 0.005])
def test_mcnemar_over_all_tables(
    n: int, difference: float, disagreement: float, alpha: float
) -> None:
    b, c, probability = trinomial(n, difference, disagreement)
    expected = probability[np.asarray(mcnemar(b, c).p_exact) < alpha].sum()
    found = power_mcnemar(n, difference, disagreement=disagreement, alpha=alpha)
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("n", [10, 60])
@pytest.mark.parametrize(("difference", "disagreement"), [(0.0, 0.3), (0.05, 0.1), (-0.05, 0.2)])
def test_noninferiority_over_all_tables(n: int, difference: float, disagreement: float) -> None:
    b, c, probability = trinomial(n, difference, disagreement)
    test = accuracy_equivalence(b, c, n, margin=0.1, confidence=0.95)
    expected = probability[np.asarray(test.p_lower) < 0.05].sum()
    found = power_noninferiority(n, 0.1, disagreement=disagreement, difference=difference)
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("n", "first", "second"), [(12, 0.2, 0.8), (25, 0.9, 0.6), (20, 0.5, 0.5)])
def test_fisher_over_all_tables(n: int, first: float, second: float) -> None:
    expected = sum(
        scipy.stats.binom.pmf(x, n, first) * scipy.stats.binom.pmf(y, n, second)
        for x in range(n + 1)
        for y in range(n + 1)
        if scipy.stats.fisher_exact([[x, n - x], [y, n - y]]).pvalue < 0.05
    )
    assert power_two_proportions(n, first, second) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("n", "value", "bound"), [(40, 0.95, 0.8), (100, 0.1, 0.2), (7, 1, 0.6)])
def test_proportion_over_all_numbers(n: int, value: float, bound: float) -> None:
    hits = np.arange(n + 1)
    low, high = proportion_confint(hits, n, alpha=0.05, method="beta")
    decided = low > bound if value > bound else high < bound
    expected = scipy.stats.binom.pmf(hits, n, value)[decided].sum()
    assert power_proportion(n, value, bound) == pytest.approx(expected, abs=1e-9)


def test_many_samples_have_the_power_of_the_normal_test() -> None:
    """Discreteness vanishes: statsmodels' normal power, within a point."""
    found = power_two_proportions(20_000, 0.9, 0.909)
    oracle = power_proportions_2indep(0.009, 0.9, 20_000, alpha=0.05, return_results=False)
    assert found == pytest.approx(oracle, abs=0.01)
    difference, disagreement, n = 0.01, 0.1, 8_000
    spread = np.sqrt(disagreement - difference**2)
    oracle = NormalIndPower(ddof=0).power(difference / spread, n, 0.05, ratio=0)
    assert power_mcnemar(n, difference, disagreement=disagreement) == pytest.approx(
        oracle, abs=0.01
    )


def test_few_errors_are_not_normal() -> None:
    """9 errors against none, of 300 samples: the enumeration over all tables."""
    hits = np.arange(301)
    table = scipy.stats.binom.pmf(hits, 300, 0.03)[:, None] * scipy.stats.binom.pmf(
        hits, 300, 0.001
    )
    tail = scipy.stats.hypergeom.cdf(
        np.minimum(hits[:, None], hits), 600, hits[:, None] + hits, 300
    )
    expected = table[2 * tail < 0.05].sum()
    assert power_two_proportions(300, 0.97, 0.999) == pytest.approx(expected, abs=1e-6)


def test_needed_samples_have_the_power() -> None:
    """The number returned reaches the power, and one sample less does not."""
    n = samples_mcnemar(0.02, disagreement=0.05, power=0.9)
    assert power_mcnemar(n, 0.02, disagreement=0.05) >= 0.9
    assert power_mcnemar(n - 1, 0.02, disagreement=0.05) < 0.9
    n = samples_noninferiority(0.02, disagreement=0.05)
    assert power_noninferiority(n, 0.02, disagreement=0.05) >= 0.8
    n = samples_two_proportions(0.8, 0.9)
    assert power_two_proportions(n, 0.8, 0.9) >= 0.8 > power_two_proportions(n - 5, 0.8, 0.9)


@pytest.mark.parametrize(("value", "bound"), [(0.95, 0.9), (0.9, 0.95), (0.05, 0.1), (1.0, 0.99)])
def test_no_larger_number_of_trials_has_less_power(value: float, bound: float) -> None:
    n = samples_proportion(value, bound)
    later = [power_proportion(n + k, value, bound) for k in range(600)]
    assert min(later) >= 0.8
    assert power_proportion(n - 1, value, bound) < 0.8


def test_detectable_difference_has_the_power() -> None:
    for most in (0.1, -0.1):
        found = detectable_difference(
            lambda d: power_mcnemar(500, d, disagreement=0.1), power=0.8, most=most
        )
        assert np.sign(found) == np.sign(most)
        assert power_mcnemar(500, found, disagreement=0.1) == pytest.approx(0.8, abs=1e-4)
    none = detectable_difference(
        lambda d: power_mcnemar(5, d, disagreement=0.1), power=0.8, most=0.1
    )
    assert np.isnan(none)


def test_simulated_power_is_the_stated_power() -> None:
    """Within two points, and within three and a half standard errors, for every planned test."""
    rng = np.random.default_rng(1)
    for simulate, draws in ((planning.paired, 500), (planning.rules, 500)):
        for cell in simulate(rng, draws):
            off = abs(cell.rate - cell.nominal)
            assert off < 0.02, cell
            assert off < 3.5 * cell.error + 1e-3, cell
    for cell in planning.independent(rng, 4_000):
        assert abs(cell.rate - cell.nominal) < 3.5 * cell.error + 0.002, cell


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: power_mcnemar(0, 0.1, disagreement=0.2), "Invalid number of samples 0"),
        (lambda: power_mcnemar(9, 0.3, disagreement=0.2), "exceeds the disagreement"),
        (lambda: power_mcnemar(9, 0.1, disagreement=0), "Invalid disagreement 0"),
        (lambda: power_mcnemar(9, 0.1, disagreement=0.2, alpha=1), "Invalid alpha 1"),
        (lambda: power_noninferiority(9, 0, disagreement=0.2), "Invalid margin 0"),
        (lambda: power_two_proportions(9, 0.5, 1.1), "Invalid proportion 1.1"),
        (lambda: power_proportion(9, 0.5, 0.5), "equals the bound"),
        (lambda: samples_mcnemar(0, disagreement=0.2), "The difference is 0"),
        (lambda: samples_mcnemar(0.1, disagreement=0.2, power=1), "Invalid power 1"),
        (lambda: samples_mcnemar(1e-7, disagreement=0.001), "More than 100,000,000 samples"),
        (
            lambda: samples_noninferiority(0.1, disagreement=0.2, difference=-0.1),
            "not above −margin",
        ),
    ],
)
def test_wrong_input_is_refused(call: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()
