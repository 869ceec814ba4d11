"""Means with studentized intervals: SciPy's t-test where it holds, and heavy tails."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import ttest_1samp
from sklearn.metrics import log_loss

import evalkit
from evalkit.errors import InputError
from evalkit.statistics import mean_test
from evalkit.statistics.studentized import _quantile, _tail

RNG = np.random.default_rng(0)
VALUES = st.lists(st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 8.0]), min_size=2, max_size=30)


def test_of_normal_values_it_is_nearly_the_t_test() -> None:
    """The bootstrap adds little: limits differ by less than a tenth of the standard error."""
    values = np.random.default_rng(3).normal(0.2, 1.0, 400)
    found, expected = mean_test(values), ttest_1samp(values, 0.0)
    ends = expected.confidence_interval()
    assert found.mean == pytest.approx(values.mean())
    assert found.standard_error == pytest.approx(values.std(ddof=1) / 20)
    assert found.degrees == 399
    assert (found.low, found.high) == pytest.approx(
        (ends.low, ends.high), abs=0.1 * float(found.standard_error)
    )


@given(VALUES, st.sampled_from([0.8, 0.95, 0.999]))
@settings(max_examples=100, deadline=None)
def test_no_interval_is_inside_that_of_the_t_test(values: list[float], confidence: float) -> None:
    """It holds the mean and the t-interval, and agrees with its p-value, which is not smaller."""
    found = mean_test(values, replicates=299, confidence=confidence)
    if not found.standard_error > 0:
        return
    expected = ttest_1samp(values, 0.0)
    ends = expected.confidence_interval(confidence)
    assert found.low <= ends.low + 1e-9
    assert found.high >= ends.high - 1e-9
    assert found.p_value >= expected.pvalue - 1e-12
    assert (found.low > 0 or found.high < 0) == (found.p_value < 1 - confidence)


@given(seed=st.integers(0, 10**6), n=st.integers(30, 500), degrees=st.integers(3, 100))
def test_quantiles_and_tails_are_inverse(seed: int, n: int, degrees: int) -> None:
    """A value exceeds the quantile of a tail exactly if its own tail is smaller."""
    drawn = np.sort(np.random.default_rng(seed).standard_t(degrees, n) * 1.5)
    for tail in (0.1, 0.025, 0.001, 1e-6):
        quantile = _quantile(drawn, tail, degrees)
        assert _tail(drawn, quantile * (1 + 1e-9) + 1e-12, degrees) <= max(tail, 10 / (1 + n))
        assert _tail(drawn, quantile * (1 - 1e-9) - 1e-12, degrees) >= tail * (1 - 1e-6)


def test_weights_are_those_of_repeated_samples_in_the_mean() -> None:
    values, weights = RNG.normal(size=50), RNG.integers(1, 4, 50)
    found = mean_test(values, sample_weight=weights, replicates=99)
    assert found.mean == pytest.approx(np.repeat(values, weights).mean())
    scaled = mean_test(values, sample_weight=weights / 7, replicates=99)
    assert (scaled.low, scaled.high) == pytest.approx((found.low, found.high))


def test_copies_of_samples_in_their_groups_change_nothing() -> None:
    values, copies = RNG.exponential(size=40), np.repeat(np.arange(40), 5)
    once, five = mean_test(values), mean_test(values[copies], groups=copies)
    assert (five.mean, five.low, five.high, five.p_value) == pytest.approx(
        (once.mean, once.low, once.high, once.p_value)
    )
    assert five.degrees == 39


def test_strata_take_the_variance_between_them_out() -> None:
    strata = np.repeat([0, 1], 100)
    values = RNG.normal(size=200) + 10 * strata
    assert mean_test(values, strata=strata).standard_error == pytest.approx(
        np.sqrt((values[:100].var(ddof=1) + values[100:].var(ddof=1)) / 400)
    )


def test_equal_values() -> None:
    """No difference is no difference; five equal signs are no evidence, twenty are."""
    assert mean_test(np.zeros(9)).p_value == 1
    assert mean_test(np.zeros(9)).low == mean_test(np.zeros(9)).high == 0
    few, many = mean_test(np.full(5, 0.3)), mean_test(np.full(20, 0.3))
    assert few.p_value == pytest.approx(2 * 0.5**5)
    assert np.isnan(few.low)
    assert many.p_value == pytest.approx(2 * 0.5**20)
    assert many.low == pytest.approx(0.3)
    assert np.isnan(mean_test([1.0]).p_value)


@pytest.mark.parametrize("n", [50, 200])
def test_false_alarms_of_skewed_differences(n: int) -> None:
    """At most 5 %, within three standard errors; percentiles and the t-test have 9 to 12 %."""
    rng, draws = np.random.default_rng(n), 400
    alarms = sum(
        bool(mean_test(rng.lognormal(0, 1, n) - np.exp(0.5), replicates=499).p_value < 0.05)
        for _ in range(draws)
    )
    assert alarms / draws <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)


@pytest.mark.parametrize("n", [20, 200])
def test_false_alarms_of_exchangeable_losses(n: int) -> None:
    """Differences of two log-normal losses; the bootstrap t alone has 9 to 12 %."""
    rng, draws = np.random.default_rng(n), 400
    alarms = sum(
        bool(mean_test(before - after, replicates=499).p_value < 0.05)
        for before, after in rng.lognormal(0, 1.5, (draws, 2, n))
    )
    assert alarms / draws <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)


def test_it_is_the_difference_of_the_comparison() -> None:
    """`compare` gives the same numbers, and the difference of scikit-learn's log losses."""
    rng = np.random.default_rng(5)
    actual = rng.integers(0, 2, 150)
    tables = []
    for sharpness in (1.0, 3.0):
        p = 1 / (1 + np.exp(-sharpness * (actual - 0.5 + rng.normal(size=150))))
        tables.append(np.c_[1 - p, p])
    names = ("A", "B")
    comparison = evalkit.compare(
        [evalkit.evaluate(actual, y_proba=t, name=n) for n, t in zip(names, tables, strict=True)],
        replicates=20,
        seed=4,
    )
    difference = comparison.pairs[0].probability["log_loss"]
    rows = np.arange(150)
    losses = [-np.log(table[rows, actual]) for table in tables]
    found = mean_test(losses[1] - losses[0], replicates=1_000, seed=4)
    assert difference.value == pytest.approx(
        log_loss(actual, tables[1]) - log_loss(actual, tables[0])
    )
    assert (difference.value, difference.low, difference.high, difference.p_value) == (
        pytest.approx((found.mean, found.low, found.high, found.p_value))
    )
    assert difference.p_adjusted == difference.p_value


@pytest.mark.parametrize(
    ("values", "more", "message"),
    [
        ([[[1.0]]], {}, r"expected \(n,\) or \(n, m\)"),
        ([1.0, np.nan], {}, "NaN or infinity"),
        ([1.0, 2.0], {"sample_weight": [1.0]}, r"sample_weight has shape \(1,\)"),
        ([1.0, 2.0], {"replicates": 0}, "replicates"),
        ([1.0, 2.0], {"confidence": 1.0}, "confidence"),
    ],
)
def test_wrong_input_is_refused(values: Any, more: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        mean_test(values, **more)
