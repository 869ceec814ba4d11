"""Tails and quantiles agree with SciPy's to the last digits, far into the tails."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import scipy.stats

from evalkit.errors import InputError
from evalkit.statistics.distributions import (
    beta_cdf,
    beta_quantile,
    binomial_cdf,
    binomial_pmf,
    chi_square_sf,
    student_t_quantile,
    student_t_sf,
)
from evalkit.statistics.normal import (
    critical_value,
    normal_cdf,
    normal_quantile,
    normal_sf,
    tail_probability,
)


def test_normal_tail() -> None:
    z = np.linspace(-30, 30, 601)
    np.testing.assert_allclose(normal_sf(z), scipy.stats.norm.sf(z), rtol=1e-12)
    np.testing.assert_allclose(normal_cdf(z), scipy.stats.norm.cdf(z), rtol=1e-12)


def test_normal_quantile() -> None:
    p = np.r_[0.0, 1e-300, np.linspace(0.001, 0.999, 333), 1.0, np.nan]
    np.testing.assert_allclose(normal_quantile(p), scipy.stats.norm.ppf(p), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 10, 31])
def test_chi_square_tail(degrees: int) -> None:
    x = np.linspace(0, 200, 401)
    np.testing.assert_allclose(
        chi_square_sf(x, degrees), scipy.stats.chi2.sf(x, degrees), rtol=1e-12
    )


def test_chi_square_needs_a_degree_of_freedom() -> None:
    with pytest.raises(InputError, match="degrees of freedom must be at least 1; got 0"):
        chi_square_sf(1.0, 0)


def test_student_t() -> None:
    t, degrees = np.meshgrid(np.linspace(-20, 20, 81), [1, 2, 3, 9, 30, 1000, 2.5])
    np.testing.assert_allclose(student_t_sf(t, degrees), scipy.stats.t.sf(t, degrees), rtol=1e-11)
    p, degrees = np.meshgrid(
        np.r_[1e-8, np.linspace(0.01, 0.99, 50)], [1, 2, 3, 9, 30, 999, 1000, 1e5]
    )
    np.testing.assert_allclose(
        student_t_quantile(p, degrees), scipy.stats.t.ppf(p, degrees), rtol=1e-11
    )


@pytest.mark.parametrize("scale", [1.0, 40.0, 1e3, 1e5])
def test_beta_distribution_at_every_size(scale: float) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0.3, 1 + scale, 500), rng.uniform(0.3, 1 + scale, 500)
    mean = a / (a + b)
    spread = np.sqrt(mean * (1 - mean) / (a + b + 1))
    x = np.clip(mean + 3 * spread * rng.normal(size=500), 1e-9, 1 - 1e-9)
    np.testing.assert_allclose(beta_cdf(x, a, b), scipy.special.betainc(a, b, x), rtol=2e-12)
    p = rng.uniform(size=500)
    np.testing.assert_allclose(beta_quantile(p, a, b), scipy.stats.beta.ppf(p, a, b), rtol=2e-12)


def test_beta_distribution_at_its_ends() -> None:
    np.testing.assert_array_equal(beta_cdf([-1, 0, 1, 2, np.nan], 2, 3), [0, 0, 1, 1, np.nan])
    np.testing.assert_array_equal(beta_quantile([0, 1, np.nan], 2, 3), [0, 1, np.nan])


def test_beta_quantile_of_small_parameters_near_zero() -> None:
    p = np.array([1e-12, 1e-6, 0.025])
    np.testing.assert_allclose(
        beta_quantile(p, 0.5, 20.5), scipy.stats.beta.ppf(p, 0.5, 20.5), rtol=1e-12
    )


@pytest.mark.parametrize("n", [1, 10, 1000, 1_000_000])
def test_binomial(n: int) -> None:
    rng = np.random.default_rng(0)
    k = rng.binomial(n, 0.5, 200)
    for p in (0.5, 0.3):
        np.testing.assert_allclose(
            binomial_pmf(k, n, p), scipy.stats.binom.pmf(k, n, p), rtol=1e-9, atol=1e-300
        )
    np.testing.assert_allclose(
        binomial_cdf(k, n, 0.5), scipy.stats.binom.cdf(k, n, 0.5), rtol=1e-11
    )
    np.testing.assert_array_equal(binomial_cdf([-1, n, n + 1], n, 0.5), [0, 1, 1])


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95, float("nan")])
def test_confidence_is_a_share(confidence: float) -> None:
    for function in (critical_value, tail_probability):
        with pytest.raises(InputError, match="confidence must lie strictly between 0 and 1"):
            function(confidence)
