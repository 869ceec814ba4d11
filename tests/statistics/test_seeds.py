"""Scores of runs: published numbers and SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, strategies as st

from evalkit.errors import InputError
from evalkit.statistics import (
    corrected_resampled_t,
    group_summary,
    improvement_interval,
    interquartile_mean,
    interquartile_mean_interval,
    probability_of_improvement,
)

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=20)
DIFFERENCES = [0.02, 0.01, 0.03, -0.01, 0.02, 0, 0.04, 0.01, 0.02, 0.01]
X, Y = [[1, 2], [2, 2], [1, 1], [2, 1]], [[1, 1], [2, 2], [3, 3]]


def test_nadeau_and_bengio() -> None:
    test = corrected_resampled_t(DIFFERENCES, test_train_ratio=1 / 9)
    assert test.statistic == pytest.approx(2.2770, abs=5e-5)
    assert test.p_value == pytest.approx(0.04880, abs=5e-6)
    assert test.degrees == 9


def test_without_a_test_set_it_is_the_plain_t_test() -> None:
    """As the ratio goes to nought the correction vanishes."""
    test = corrected_resampled_t(DIFFERENCES, test_train_ratio=1e-12)
    oracle = scipy.stats.ttest_1samp(DIFFERENCES, 0)
    assert (test.statistic, test.p_value) == pytest.approx((3.3085, 0.00911), abs=5e-5)
    assert (test.statistic, test.p_value) == pytest.approx((oracle.statistic, oracle.pvalue))
    assert (test.low, test.high) == pytest.approx(tuple(oracle.confidence_interval(0.95)))


@pytest.mark.parametrize("differences", [[0.001, 0.001], [0.1] * 10])
def test_equal_differences_have_no_variance_and_no_test(differences: list[float]) -> None:
    test = corrected_resampled_t(differences, test_train_ratio=0.1)
    assert np.isnan([test.p_value, test.low, test.high]).all()
    assert corrected_resampled_t([0.0, 0.0], test_train_ratio=0.1).p_value == 1.0


@pytest.mark.parametrize("confidence", [0.5, 0.95, 1 - 1e-6, 1 - 1e-12])
def test_quantiles_far_in_the_tail(confidence: float) -> None:
    """With 1 and 2 degrees of freedom Student's quantile has a closed form."""
    outside = 1 - confidence
    one = corrected_resampled_t([0.1, 0.2], test_train_ratio=0.1, confidence=confidence)
    two = corrected_resampled_t([0.1, 0.2, 0.4], test_train_ratio=0.1, confidence=confidence)
    reach = 1 / math.tan(math.pi * outside / 2)
    assert (one.high - one.mean) / one.standard_error == pytest.approx(reach, rel=1e-9)
    reach = confidence * math.sqrt(2 / (outside * (2 - outside)))
    assert (two.high - two.mean) / two.standard_error == pytest.approx(reach, rel=1e-9)


@pytest.mark.parametrize("spread", [1.0, 1e-3, 1e-9])
def test_p_values_far_in_the_tail(spread: float) -> None:
    one = corrected_resampled_t([1, 1 + spread], test_train_ratio=0.1)
    assert one.p_value == pytest.approx(2 / math.pi * math.atan(1 / one.statistic), rel=1e-12)
    two = corrected_resampled_t([1, 1, 1 + spread], test_train_ratio=0.1)
    square = two.statistic**2 + 2
    expected = 2 / (square + two.statistic * math.sqrt(square))
    assert two.p_value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("value", [0.001, 0.5, -0.1])
def test_differences_without_spread(value: float) -> None:
    """Equal differences say nothing about their variance, so there is no test."""
    assert corrected_resampled_t([0, 0, 0], test_train_ratio=0.1).p_value == 1
    test = corrected_resampled_t([value, value], test_train_ratio=0.1)
    assert np.isnan([test.p_value, test.low, test.high, test.statistic]).all()
    rounded = [value, value + 2 * np.spacing(value), value]
    assert np.isnan(corrected_resampled_t(rounded, test_train_ratio=0.1).p_value)


def test_rliable_examples() -> None:
    assert interquartile_mean(X) == 1.5
    assert interquartile_mean(Y) == 2
    assert probability_of_improvement(X, Y) == pytest.approx(1 / 3)


@given(SCORES)
def test_interquartile_mean_is_scipys_trimmed_mean(scores: list[float]) -> None:
    assert interquartile_mean(scores) == pytest.approx(scipy.stats.trim_mean(scores, 0.25))


@given(a=SCORES, b=SCORES)
def test_probability_of_improvement(a: list[float], b: list[float]) -> None:
    """It is Mann and Whitney's U over the number of pairs, and the two directions add to one."""
    found = probability_of_improvement(a, b)
    expected = scipy.stats.mannwhitneyu(a, b, method="asymptotic").statistic / (len(a) * len(b))
    assert found == pytest.approx(expected)
    assert found + probability_of_improvement(b, a) == pytest.approx(1)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.sampled_from([0.8, 0.95]))
def test_interval_of_the_interquartile_mean(scores: list[float], confidence: float) -> None:
    """SciPy's interval of a trimmed mean has the same standard error and degrees of freedom."""
    found = interquartile_mean_interval(scores, confidence=confidence)
    if len(scores) < 4:
        mean, error = np.mean(scores), scipy.stats.sem(scores)
        expected = scipy.stats.t.interval(confidence, len(scores) - 1, mean, 1)
        reach = (expected[1] - mean) * error
        assert (found.low, found.high) == pytest.approx((mean - reach, mean + reach))
        return
    low, high = scipy.stats.mstats.trimmed_mean_ci(scores, (0.25, 0.25), alpha=1 - confidence)
    kept, cut = len(scores) - 2 * (len(scores) // 4), len(scores) // 4
    # SciPy's interval has the same mean; its standard error divides by √n (1 − 2·0.25) in place of
    # the number of scores that are left.
    winsorized = scipy.stats.mstats.winsorize(np.sort(scores), (cut / len(scores),) * 2)
    error = np.std(winsorized, ddof=1) * np.sqrt((len(scores) - 1) / (kept * (kept - 1)))
    assert found.standard_error == pytest.approx(error, abs=1e-12)
    assert (found.high + found.low) / 2 == pytest.approx((low + high) / 2, abs=1e-9)


def test_the_interquartile_mean_of_one_run_has_no_interval() -> None:
    found = interquartile_mean_interval([0.5])
    assert found.estimate == 0.5
    assert np.isnan([found.standard_error, found.low, found.high]).all()


@given(a=SCORES, b=SCORES, confidence=st.sampled_from([0.5, 0.95, 0.999]))
def test_interval_of_the_probability_of_improvement(
    a: list[float], b: list[float], confidence: float
) -> None:
    """Its limits solve Newcombe's equation, and the two directions mirror each other."""
    found = probability_of_improvement(a, b)
    low, high = improvement_interval(a, b, confidence=confidence)
    assert 0 <= low <= found <= high <= 1
    assert high - low > 0
    mirrored = improvement_interval(b, a, confidence=confidence)
    assert [1 - mirrored.high, 1 - mirrored.low] == pytest.approx(
        [float(low), float(high)], abs=1e-6
    )
    z = scipy.stats.norm.isf((1 - confidence) / 2)
    m, n = len(a), len(b)
    for limit in (float(low), float(high)):
        if 0 < limit < 1 and limit != 0.5:
            # Hanley and McNeil's variance with (m + n)/2 in place of m and of n.
            q1, q2 = limit / (2 - limit), 2 * limit**2 / (1 + limit)
            more = (m + n) / 2 - 1
            variance = limit * (1 - limit) + more * (q1 - limit**2 + q2 - limit**2)
            reach = z * np.sqrt(variance / (m * n))
            assert abs(found - limit) == pytest.approx(reach, abs=1e-6)


def test_group_summary() -> None:
    scores = [0.51, 0.49, 0.53]
    summary = group_summary(scores, factor=1.5)
    assert summary.mean == pytest.approx(np.mean(scores))
    assert summary.standard_deviation == pytest.approx(np.std(scores, ddof=1))
    assert summary.high - summary.mean == pytest.approx(1.5 * np.std(scores, ddof=1))
    assert summary.factor == 1.5
    assert "only 3 runs" in summary.warning


def test_five_runs_need_no_warning() -> None:
    assert group_summary(np.arange(5.0)).warning == ""
    assert "only 1 run:" in group_summary([0.5]).warning
    assert np.isnan(group_summary([0.5]).low)


def test_bands_of_training_curves() -> None:
    curves = np.random.default_rng(0).random((6, 50))
    summary = group_summary(curves)
    assert summary.low.shape == (50,)
    assert summary.high[7] == group_summary(curves[:, 7]).high


def test_wrong_input_is_refused() -> None:
    with pytest.raises(InputError, match="No runs to summarise"):
        group_summary([])
    with pytest.raises(InputError, match="Invalid factor 0"):
        group_summary([1.0], factor=0)
    with pytest.raises(InputError, match="No scores to average"):
        interquartile_mean([])
    with pytest.raises(InputError, match="with the same tasks for both"):
        probability_of_improvement([[1, 2]], [[1]])
    with pytest.raises(InputError, match="several tasks"):
        improvement_interval([[1, 2]], [[1, 2]])
    with pytest.raises(InputError, match=r"expected \(runs,\)"):
        interquartile_mean_interval([[1, 2]])
    with pytest.raises(InputError, match=r"shape \(1,\), expected \(J,\) with J ≥ 2"):
        corrected_resampled_t([0.1], test_train_ratio=0.1)
    with pytest.raises(InputError, match="Invalid test_train_ratio 0"):
        corrected_resampled_t([0.1, 0.2], test_train_ratio=0)
