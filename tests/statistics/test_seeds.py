"""Runs in groups: published numbers, SciPy, and the variances of seeds and of samples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, strategies as st

from evalkit.errors import InputError
from evalkit.statistics import (
    corrected_resampled_t,
    group_summary,
    interquartile_mean,
    probability_of_improvement,
    seed_interval,
)

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=20)
DIFFERENCES = [0.02, 0.01, 0.03, -0.01, 0.02, 0, 0.04, 0.01, 0.02, 0.01]
X, Y = [[1, 2], [2, 2], [1, 1], [2, 1]], [[1, 1], [2, 2], [3, 3]]
N = 500
ACTUAL = np.random.default_rng(0).integers(0, 2, N)


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


def test_differences_without_spread() -> None:
    assert corrected_resampled_t([0, 0, 0], test_train_ratio=0.1).p_value == 1
    assert np.isnan(corrected_resampled_t([0.5, 0.5], test_train_ratio=0.1).p_value)


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
    with pytest.raises(InputError, match=r"shape \(1,\), expected \(J,\) with J ≥ 2"):
        corrected_resampled_t([0.1], test_train_ratio=0.1)
    with pytest.raises(InputError, match="Invalid test_train_ratio 0"):
        corrected_resampled_t([0.1, 0.2], test_train_ratio=0)


def runs(actual: Any, accuracies: list[float], seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [np.where(rng.random(N) < p, actual, 1 - actual) for p in accuracies]


def test_one_run_has_the_error_of_its_samples() -> None:
    (run,) = runs(ACTUAL, [0.8], 1)
    interval = seed_interval(ACTUAL, [run], metric="accuracy", n_classes=2, replicates=5_000)
    share = (run == ACTUAL).mean()
    assert interval.estimate == pytest.approx(share)
    assert interval.standard_error == pytest.approx(np.sqrt(share * (1 - share) / N), rel=0.05)


def test_variances_of_seeds_and_of_samples_add_up() -> None:
    """√(between-run variance / m + variance of the mean correctness of a sample / n)."""
    group = runs(ACTUAL, [0.6, 0.7, 0.8, 0.9], 2)
    interval = seed_interval(ACTUAL, group, metric="accuracy", n_classes=2, replicates=20_000)
    right = np.array([run == ACTUAL for run in group])
    between = right.mean(axis=1).var() / 4
    # Runs are drawn with repetition, which leaves (m − 1)/m of what samples do to each run alone.
    alone = right.var(axis=1).mean() / N
    together = right.mean(axis=0).var() / N
    expected = between + together * 3 / 4 + alone / 4
    assert interval.standard_error**2 == pytest.approx(expected, rel=0.06)


def test_two_groups_share_the_samples() -> None:
    """With the same runs in both, the difference is 0 and only the choice of seeds is left."""
    group = runs(ACTUAL, [0.8, 0.8, 0.8], 3)
    interval = seed_interval(ACTUAL, group, group, metric="accuracy", n_classes=2, replicates=2_000)
    alone = seed_interval(ACTUAL, group, metric="accuracy", n_classes=2, replicates=2_000)
    assert interval.estimate == 0
    assert interval.low < 0 < interval.high
    better = seed_interval(
        ACTUAL,
        runs(ACTUAL, [0.7] * 5, 5),
        runs(ACTUAL, [0.9] * 5, 4),
        metric="f1_macro",
        n_classes=2,
    )
    assert 0 < better.low < better.estimate < better.high
    assert alone.estimate == pytest.approx(np.mean([(run == ACTUAL).mean() for run in group]))


def test_weights_and_groups_of_samples() -> None:
    group = runs(ACTUAL, [0.7, 0.8], 6)
    weight = np.random.default_rng(0).exponential(size=N)
    interval = seed_interval(
        ACTUAL,
        group,
        metric="accuracy",
        n_classes=2,
        replicates=300,
        sample_weight=weight,
        groups=np.arange(N) // 10,
    )
    expected = np.mean([np.average(run == ACTUAL, weights=weight) for run in group])
    assert interval.estimate == pytest.approx(expected)
    assert interval.low < interval.estimate < interval.high


def test_a_group_has_runs() -> None:
    with pytest.raises(InputError, match="A has no runs"):
        seed_interval(ACTUAL, [], metric="accuracy", n_classes=2)
