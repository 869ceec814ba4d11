"""Two independent samples: statsmodels, SciPy and published examples; the interval and its test."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import binom, fisher_exact
from statsmodels.stats.proportion import confint_proportions_2indep

from evalkit.errors import InputError
from evalkit.metrics.count import f_beta
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics import (
    independent_proportions_test,
    mcnemar,
    paired_proportion_interval,
    proportion_difference_interval,
)
from evalkit.statistics.independent_proportions import independent_f_beta_test

SAMPLE = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


# Newcombe 1998, table II, method 10: 56/70 − 48/80, 9/10 − 3/10, 10/10 − 0/20, 10/10 − 0/10.
@pytest.mark.parametrize(
    ("a", "b", "limits"),
    [
        ((48, 80), (56, 70), (0.0524, 0.3339)),
        ((3, 10), (9, 10), (0.1705, 0.8090)),
        ((0, 20), (10, 10), (0.6791, 1.0)),
        ((0, 10), (10, 10), (0.6075, 1.0)),
    ],
)
def test_published_intervals(
    a: tuple[int, int], b: tuple[int, int], limits: tuple[float, float]
) -> None:
    assert proportion_difference_interval(*a, *b) == pytest.approx(limits, abs=5e-5)


@given(a=SAMPLE, b=SAMPLE)
def test_statsmodels_has_the_same_interval(a: tuple[int, int], b: tuple[int, int]) -> None:
    expected = confint_proportions_2indep(*b, *a, method="newcomb", compare="diff")
    assert proportion_difference_interval(*a, *b) == pytest.approx(expected, abs=1e-9)


@given(a=SAMPLE, b=SAMPLE)
def test_scipy_has_the_same_test(a: tuple[int, int], b: tuple[int, int]) -> None:
    expected = fisher_exact([[a[0], a[1] - a[0]], [b[0], b[1] - b[0]]]).pvalue
    assert independent_proportions_test(*a, *b) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n", [10_000, 1_000_000, 100_000_000])
def test_scipy_has_the_same_test_of_many_samples(n: int) -> None:
    """One call for three tables, of which one is rejected and one is equal."""
    a, b = n // 2, n // 2 + np.array([0, round(n**0.5), 5 * round(n**0.5)])
    expected = [fisher_exact([[a, n - a], [each, n - each]]).pvalue for each in b]
    found = independent_proportions_test(a, n, b, n)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(("n_a", "n_b"), [(20, 20), (20, 200), (60, 100)])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, 0.999])
def test_false_alarms_by_enumeration(n_a: int, n_b: int, share: float) -> None:
    """The exact rate of false alarms, over all tables, is at most the level."""
    a, b = np.arange(n_a + 1)[:, None], np.arange(n_b + 1)
    chance = binom.pmf(a, n_a, share) * binom.pmf(b, n_b, share)
    p_value = independent_proportions_test(a, n_a, b, n_b)
    for level in (0.1, 0.05, 0.01):
        assert chance[p_value < level].sum() <= level


@given(a=SAMPLE, b=SAMPLE, confidence=st.sampled_from([0.8, 0.95, 0.99]))
def test_the_interval_contains_zero_where_the_test_does_not_reject(
    a: tuple[int, int], b: tuple[int, int], confidence: float
) -> None:
    plain = proportion_difference_interval(*a, *b, confidence=confidence)
    low, high = proportion_difference_interval(*a, *b, confidence=confidence, test="exact")
    if independent_proportions_test(*a, *b) >= 1 - confidence:
        assert low <= 0 <= high
        assert (low, high) == (min(plain.low, 0), max(plain.high, 0))
    else:
        assert (low, high) == plain


@given(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 300)))
def test_tango_never_contradicts_mcnemar(table: tuple[int, int, int]) -> None:
    """The interval contains 0 exactly where the exact test does not reject, as 5 against 0."""
    b, c, rest = table
    for confidence in (0.9, 0.95, 0.99):
        ends = paired_proportion_interval(b, c, b + c + rest, confidence=confidence, test="exact")
        if b + c + rest:
            excludes = ends.low > 0 or ends.high < 0
            assert excludes == (mcnemar(b, c).p_exact < 1 - confidence)
    assert paired_proportion_interval(5, 0, 100, test="exact").high == 0


def test_what_is_not_a_count_is_refused() -> None:
    for wrong in ((1.5, 3, 1, 3), (4, 3, 1, 3), (-1, 3, 1, 3)):
        with pytest.raises(InputError, match=r"whole numbers|Invalid number"):
            independent_proportions_test(*wrong)
    for interval in (
        partial(proportion_difference_interval, 1, 3, 1, 3),
        partial(paired_proportion_interval, 1, 1, 3),
    ):
        with pytest.raises(InputError, match="Unknown test 'mid-p'"):
            interval(test="mid-p")


def test_without_trials_nothing_is_known() -> None:
    assert np.isnan(independent_proportions_test(0, 0, 3, 5))
    assert np.isnan(proportion_difference_interval(0, 0, 3, 5, test="exact")).all()


@pytest.mark.parametrize("beta", [0.1, 1.0, 10.0])
def test_variance_of_the_log_odds_is_that_of_simulated_samples(beta: float) -> None:
    """Of large samples, z of two equal models is standard normal, so p is uniform."""
    rng = np.random.default_rng(0)
    cells, draws = [0.5, 0.1, 0.15, 0.25], 20_000
    first, second = (
        Marginals.of(rng.multinomial(n, cells, draws).reshape(draws, 2, 2))
        for n in (20_000, 50_000)
    )
    p_value = independent_f_beta_test(first, second, beta)
    for level in (0.5, 0.05, 0.005):
        error = 3 * (level * (1 - level) / draws) ** 0.5
        assert (p_value < level).mean(axis=0) == pytest.approx([level] * 2, abs=error)


def test_log_odds_of_f_grow_with_f() -> None:
    """A model that is far better in F-β at every β has small p-values; equal models have 1."""
    good, bad = Marginals.of([[90, 10], [10, 90]]), Marginals.of([[55, 45], [40, 60]])
    for beta in (0.1, 1.0, 10.0):
        assert (f_beta(good, beta=beta) > f_beta(bad, beta=beta)).all()
        assert (independent_f_beta_test(good, bad, beta) < 1e-4).all()
        assert independent_f_beta_test(good, good, beta).tolist() == [1, 1]
