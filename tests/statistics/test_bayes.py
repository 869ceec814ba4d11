"""Posteriors: baycomp's numbers, draws from the posterior, closed forms and symmetry."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, strategies as st

from evalkit.errors import InputError
from evalkit.statistics import (
    correlated_t_posterior,
    independent_accuracy_posterior,
    paired_accuracy_posterior,
)
from evalkit.statistics.seed_inference import RunScores, over_seeds, posterior_over_seeds

TEN = [0.02, 0.01, 0.03, -0.01, 0.02, 0, 0.04, 0.01, 0.02, 0.01]
TWENTY = [
    *(0.012, -0.004, 0.02, 0.008, 0.001, 0.015, 0.011, -0.002, 0.006, 0.017),
    *(-0.01, -0.01, 0.0, 0.03, 0.02, 0.01, 0.005, 0.004, 0.003, -0.02),
]
ROPES = st.floats(0.001, 0.2)


@pytest.mark.parametrize(
    ("differences", "rope", "expected"),
    [
        (TEN, 0.01, (0.0021247088254403475, 0.23150350842790024, 0.7663717827466594)),
        (TEN, 0.005, (0.00705383618899138, 0.07460657695248585, 0.9183395868585228)),
        (TWENTY, 0.01, (0.0018154969072896412, 0.8036534369606492, 0.19453106613206117)),
    ],
)
def test_folds_agree_with_baycomp(
    differences: list[float], rope: float, expected: tuple[float, float, float]
) -> None:
    """two_on_single(zeros, differences, rope, runs=len // 10) of baycomp 1.0.3; ten folds each."""
    found = correlated_t_posterior(differences, test_train_ratio=1 / 9, rope=rope)
    assert (found.worse, found.equal, found.better) == pytest.approx(expected, rel=1e-9)


def test_without_a_region_it_agrees_with_baycomp() -> None:
    """(0.024398967222243995, 0.975601032777756) of baycomp 1.0.3; twice that is the p-value."""
    found = correlated_t_posterior(TEN, test_train_ratio=1 / 9, rope=0)
    assert (found.worse, found.better) == pytest.approx((0.024398967222243995, 0.975601032777756))
    assert found.equal == 0


@pytest.mark.parametrize(("value", "share"), [(0.02, (1, 0, 0)), (0.005, (0, 1, 0))])
def test_equal_differences(value: float, share: tuple[float, float, float]) -> None:
    """As in baycomp, the whole posterior is at the value."""
    found = correlated_t_posterior([value] * 4, test_train_ratio=0.1, rope=0.01)
    assert (found.better, found.equal, found.worse) == share


@pytest.mark.parametrize(
    ("only_a", "only_b", "n", "rope"),
    [(40, 60, 1_000, 0.01), (0, 0, 20, 0.05), (3, 9, 50, 0.1), (400, 600, 100_000, 0.001)],
)
def test_paired_accuracies_by_draws(only_a: int, only_b: int, n: int, rope: float) -> None:
    """Shares of 200,000 draws from the Dirichlet posterior, within 3.5 standard errors."""
    draws = 200_000
    parameters = [only_a + 0.5, only_b + 0.5, n - only_a - only_b + 0.5]
    drawn = np.random.default_rng(0).dirichlet(parameters, draws)
    difference = drawn[:, 1] - drawn[:, 0]
    found = paired_accuracy_posterior(only_a, only_b, n, rope=rope)
    for probability, share in (
        (found.better, (difference > rope).mean()),
        (found.worse, (difference < -rope).mean()),
        (found.equal, (abs(difference) <= rope).mean()),
    ):
        error = np.sqrt(probability * (1 - probability) / draws)
        assert share == pytest.approx(probability, abs=3.5 * error + 1e-9)


def test_without_a_region_the_discordant_samples_decide() -> None:
    """P(θ_B > θ_A) = P(Beta(c + ½, b + ½) > ½)."""
    found = paired_accuracy_posterior(4, 11, 300, rope=0)
    expected = scipy.stats.beta.sf(0.5, 11.5, 4.5)
    assert found.better == pytest.approx(expected, rel=1e-9)
    assert found.equal == 0


def test_independent_accuracies_by_integration() -> None:
    """The convolution of two Beta densities, by adaptive quadrature."""
    from scipy.integrate import quad

    found = independent_accuracy_posterior(85, 100, 70, 90, rope=0.02)
    a, b = scipy.stats.beta(85.5, 15.5), scipy.stats.beta(70.5, 20.5)
    better = quad(lambda x: a.pdf(x) * b.sf(x + 0.02), 0, 1, epsabs=1e-12)[0]
    worse = quad(lambda x: b.pdf(x) * a.sf(x + 0.02), 0, 1, epsabs=1e-12)[0]
    assert (found.better, found.worse) == pytest.approx((better, worse), abs=1e-6)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 1_000), ROPES)
def test_models_can_be_exchanged(only_a: int, only_b: int, more: int, rope: float) -> None:
    n = only_a + only_b + more
    found, mirrored = (
        paired_accuracy_posterior(*each, n, rope=rope)
        for each in ((only_a, only_b), (only_b, only_a))
    )
    assert (found.better, found.worse) == (mirrored.worse, mirrored.better)
    assert found.better + found.equal + found.worse == pytest.approx(1)
    assert found.better >= found.worse or only_b < only_a


def test_posterior_over_seeds_is_that_of_the_interval() -> None:
    """At an end of the 95 % interval, 97.5 % of the posterior lies on its other side."""
    changes = 0.01 * np.array([-1.0, 1.0])[:, None] * np.array([0, 0, 0, 1, 1, 1])
    scores = RunScores(
        np.array([0.80, 0.81, 0.83, 0.84, 0.85, 0.86]),
        changes,
        10_000,
        10_000,
        1,
        (-np.inf, np.inf),
    )
    sides = np.arange(3), np.arange(3, 6)
    interval = over_seeds(scores, *sides)
    at_end = posterior_over_seeds(scores, *sides, rope=float(interval.high))
    assert at_end is not None
    assert at_end.better == pytest.approx(0.025, abs=1e-9)
    sign = posterior_over_seeds(scores, *sides, rope=0)
    assert sign is not None
    assert sign.worse == pytest.approx(interval.p_value / 2)
    assert posterior_over_seeds(scores, [0], [3, 4], rope=0.01) is None


def test_wrong_input_is_refused() -> None:
    for rope in (-0.1, 1, np.nan):
        with pytest.raises(InputError, match="Invalid rope"):
            paired_accuracy_posterior(1, 2, 10, rope=rope)
    with pytest.raises(InputError, match="Invalid counts 6 and 5 of 10"):
        paired_accuracy_posterior(6, 5, 10, rope=0.1)
    with pytest.raises(InputError, match="Invalid number of correct samples 11 of 10"):
        independent_accuracy_posterior(11, 10, 5, 10, rope=0.1)
