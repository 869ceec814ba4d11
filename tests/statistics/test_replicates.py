"""P-values and simultaneous limits from replicates, against normal quantiles and intervals."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, strategies as st

from evalkit.statistics.bootstrap import (
    percentile_limits,
    percentile_p_value,
    simultaneous_limits,
)

DRAWS = 20_000


@given(shift=st.floats(-3, 3), confidence=st.floats(0.5, 0.99), seed=st.integers(0, 99))
def test_p_values_agree_with_percentile_intervals(
    shift: float, confidence: float, seed: int
) -> None:
    """But for two replicates, p < 1 − confidence where the interval excludes zero."""
    values = np.random.default_rng(seed).normal(shift, 1.0, 999)
    low, high = percentile_limits(values, confidence)
    p_value = float(percentile_p_value(np.array(shift), values))
    if low > 0 or high < 0:
        assert p_value <= 1 - confidence + 4 / 1_000
    elif shift:
        assert p_value >= min(1.0, 1 - confidence - 4 / 1_000)


def test_p_values_are_those_of_a_normal_difference() -> None:
    values = np.random.default_rng(0).normal(2.0, 1.0, DRAWS)
    expected = 2 * scipy.stats.norm.sf(2.0)
    error = 3 * 2 * (expected / 2 / DRAWS) ** 0.5
    assert percentile_p_value(np.array(2.0), values) == pytest.approx(expected, abs=error)


def test_equal_and_undefined_differences() -> None:
    values = np.random.default_rng(0).normal(0.0, 1.0, (99, 3))
    values[:, 2] = np.nan
    found = percentile_p_value(np.array([0.0, 9.0, np.nan]), values + np.array([0.0, 9.0, 0.0]))
    assert found[:2].tolist() == [1.0, 0.02]
    assert np.isnan(found[2])


@pytest.mark.parametrize("points", [1, 5, 40])
@pytest.mark.parametrize("families", [1, 3, 45])
def test_limits_of_independent_points_are_those_of_sidak(points: int, families: int) -> None:
    """The largest of m independent |z| is below its quantile at (1 − α)^(1 / m)."""
    scale = np.linspace(1, 3, points)
    values = np.linspace(-1, 1, points)
    draws = values + scale * np.random.default_rng(0).normal(size=(DRAWS, points))
    low, high = simultaneous_limits(values, draws, families=families)
    level = 0.95 ** (1 / points) if families == 1 else 1 - 0.05 / families / points
    reach = scipy.stats.norm.ppf((1 + level) / 2)
    assert (high - values) / scale == pytest.approx(np.full(points, reach), rel=0.03)
    assert high - values == pytest.approx(values - low)


def test_limits_of_equal_points_are_those_of_one() -> None:
    draws = np.random.default_rng(0).normal(size=(DRAWS, 1))
    one, many = (simultaneous_limits(np.zeros(m), np.repeat(draws, m, 1)) for m in (1, 20))
    assert many.high == pytest.approx(np.repeat(one.high, 20), rel=1e-12)


def test_without_replicates_there_are_no_limits() -> None:
    found = simultaneous_limits(np.zeros(3), np.full((10, 3), np.nan))
    assert np.isnan(found).all()
