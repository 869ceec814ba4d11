"""McNemar's test and Cochran's Q against published numbers, statsmodels and mlxtend."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, strategies as st
from mlxtend.evaluate import cochrans_q as mlxtend_cochrans_q, mcnemar as mlxtend_mcnemar
from statsmodels.stats.contingency_tables import (
    cochrans_q as statsmodels_cochrans_q,
    mcnemar as statsmodels_mcnemar,
)

from evalkit.errors import InputError
from evalkit.statistics import cochran_q, mcnemar

COUNTS = st.integers(0, 100_000)


def test_fagerland_lydersen_laake() -> None:
    test = mcnemar(1, 7)
    assert test.statistic == 4.5
    assert test.p_value == pytest.approx(0.0339, abs=5e-5)
    assert test.p_corrected == pytest.approx(0.0771, abs=5e-5)
    assert test.p_exact == pytest.approx(0.0703, abs=5e-5)
    assert test.p_midp == pytest.approx(0.0391, abs=5e-5)


def test_published_exact_p_values() -> None:
    """The values of statsmodels' own tests, made with R and SAS."""
    b, c = np.array([(121, 59), (70, 59), (80, 59), (30, 60), (10, 30), (10, 10)]).T
    test = mcnemar(b, c)
    np.testing.assert_allclose(
        test.p_exact, [0.000004, 0.378688, 0.089452, 0.00206, 0.002221, 1], atol=6e-7
    )
    assert test.statistic_corrected[0] == pytest.approx(20.67222, abs=5e-6)
    assert test.statistic[0] == pytest.approx(21.35556, abs=5e-6)


@given(b=st.integers(0, 3000), c=st.integers(0, 3000))
def test_other_implementations_of_mcnemar_agree(b: int, c: int) -> None:
    if b + c == 0:
        return
    table = [[5, b], [c, 5]]
    test = mcnemar(b, c)
    assert test.p_exact == pytest.approx(statsmodels_mcnemar(table).pvalue, rel=1e-9)
    plain = statsmodels_mcnemar(table, exact=False, correction=False)
    assert (test.statistic, test.p_value) == pytest.approx(
        (plain.statistic, plain.pvalue), rel=1e-9
    )
    if b != c:
        # Where b = c mlxtend's corrected statistic is (0 − 1)² / (b + c), not 0.
        chi2, p = mlxtend_mcnemar(np.array(table), corrected=True)
        assert (test.statistic_corrected, test.p_corrected) == pytest.approx((chi2, p), rel=1e-9)


@given(b=COUNTS, c=COUNTS)
def test_exchanging_the_models_changes_nothing(b: int, c: int) -> None:
    one, other = mcnemar(b, c), mcnemar(c, b)
    for version in ("statistic", "p_value", "p_corrected", "p_exact", "p_midp"):
        assert getattr(one, version) == getattr(other, version)


@given(b=COUNTS, c=COUNTS)
def test_mid_p_is_the_least_conservative(b: int, c: int) -> None:
    test = mcnemar(b, c)
    assert 0 <= test.p_midp <= test.p_exact <= 1
    assert test.p_value <= test.p_corrected


@pytest.mark.parametrize(("b", "c"), [(0, 900), (13, 987), (4_900, 5_100), (5_000, 5_000)])
def test_exact_tails_by_whole_numbers(b: int, c: int) -> None:
    """The number of outcomes at least as extreme, out of 2ⁿ, counted without rounding."""
    n, fewer = b + c, min(b, c)
    outcomes = math.comb(n, fewer)
    at_most = term = outcomes
    for k in range(fewer, 0, -1):
        term = term * k // (n - k + 1)
        at_most += term
    test = mcnemar(b, c)
    assert test.p_exact == pytest.approx(min(2 * at_most / 2**n, 1.0), rel=1e-12)
    midp = 2 ** (n + 1) - outcomes if b == c else 2 * (2 * at_most - outcomes)
    assert test.p_midp == pytest.approx(midp / 2 ** (n + 1), rel=1e-12)


@pytest.mark.parametrize("gap", [1, 1_000, 30_000, 300_000])
def test_exact_tails_of_many_samples(gap: int) -> None:
    b, n = 500_000_000 - gap, 1_000_000_000
    law = scipy.stats.binom(n, 0.5)
    test = mcnemar(b, n - b)
    # SciPy 1.13 computes such tails to 8 digits, later versions to 11.
    assert test.p_exact == pytest.approx(2 * law.cdf(b), rel=1e-7)
    assert test.p_midp == pytest.approx(law.cdf(b) + law.cdf(b - 1), rel=1e-7)


def test_chi_square_far_in_the_tail() -> None:
    """P(χ² > x) with one degree of freedom is erfc(√(x / 2))."""
    b = np.arange(0, 1_300, 50)
    test = mcnemar(b, 0)
    np.testing.assert_allclose(test.p_value, [math.erfc(math.sqrt(x / 2)) for x in b], rtol=1e-12)


def test_mcnemar_of_models_that_never_differ() -> None:
    test = mcnemar(0, 0)
    assert test.statistic == 0
    assert test.p_value == test.p_corrected == test.p_exact == test.p_midp == 1


def test_mid_p_of_equal_counts() -> None:
    """1 − ½ P(X = b): for b = c = 1 that is 1 − ½ · ½."""
    assert mcnemar(1, 1).p_midp == pytest.approx(0.75, rel=1e-12)


@pytest.mark.parametrize("count", [-1, 0.5])
def test_counts_are_whole(count: float) -> None:
    with pytest.raises(InputError, match="needs whole numbers of samples, 0 or more"):
        mcnemar(count, 1)


def test_sas_example() -> None:
    patterns = np.array(
        [list(p) for p in ["000", "100", "001", "101", "010", "110", "011", "111"]], dtype=int
    )
    test = cochran_q(patterns.repeat([6, 2, 16, 4, 2, 6, 4, 6], axis=0))
    assert (test.statistic, test.p_value) == pytest.approx((8.4706, 0.0145), abs=5e-5)
    assert test.degrees == 2


@pytest.mark.parametrize("models", [2, 3, 7])
def test_other_implementations_of_cochran_agree(models: int) -> None:
    correct = np.random.default_rng(models).random((200, models)) < np.linspace(0.6, 0.75, models)
    test = cochran_q(correct)
    expected = statsmodels_cochrans_q(correct.astype(int))
    assert (test.statistic, test.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    chi2, p = mlxtend_cochrans_q(np.ones(200, int), *correct.T.astype(int))
    assert (test.statistic, test.p_value) == pytest.approx((chi2, p))


@pytest.mark.parametrize("spread", [0.0, 0.05, 0.15])
def test_three_hundred_models(spread: float) -> None:
    shares = np.linspace(0.6, 0.6 + spread, 301)
    correct = np.random.default_rng(0).random((200, 301)) < shares
    test = cochran_q(correct)
    expected = statsmodels_cochrans_q(correct.astype(int))
    assert (test.statistic, test.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    assert test.p_value == pytest.approx(scipy.stats.chi2.sf(test.statistic, 300), rel=1e-10)
    assert 0 < test.p_value < 1


def test_of_two_models_it_is_mcnemars_statistic() -> None:
    correct = np.random.default_rng(0).random((100, 2)) < 0.7
    b, c = (correct[:, 0] & ~correct[:, 1]).sum(), (~correct[:, 0] & correct[:, 1]).sum()
    assert cochran_q(correct).statistic == pytest.approx(mcnemar(b, c).statistic)


def test_order_does_not_matter() -> None:
    correct = np.random.default_rng(0).random((100, 4)) < 0.7
    assert cochran_q(correct[::-1, ::-1]).statistic == pytest.approx(cochran_q(correct).statistic)


def test_cochran_of_models_that_never_differ() -> None:
    test = cochran_q(np.tile([[True], [False]], (5, 3)))
    assert (test.statistic, test.p_value) == (0, 1)


@pytest.mark.parametrize(
    ("correct", "message"), [([[1], [0]], "two models"), ([[1, 2], [0, 1]], "other than 0 and 1")]
)
def test_wrong_tables_are_refused(correct: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        cochran_q(correct)
