"""Inference over seeds and samples: limiting cases in SciPy, exact variances, and error rates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings, strategies as st

from evalkit.errors import InputError
from evalkit.statistics import holm, seed_interval
from evalkit.statistics.seed_inference import RunScores, over_seeds

N = 500
ACTUAL = np.random.default_rng(0).integers(0, 2, N)
NO_SAMPLES = 10**9
"""So many sampling units that they add nothing to the variance."""


def runs(accuracies: list[float], seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [np.where(rng.random(N) < p, ACTUAL, 1 - ACTUAL) for p in accuracies]


def interval(*sides: list[Any], metric: str = "accuracy", **options: Any) -> Any:
    return seed_interval(ACTUAL, *sides, metric=metric, n_classes=2, **options)


def scores_of(scores: Any, deviation: float, *, units: int = NO_SAMPLES) -> RunScores:
    """Runs with these scores that all change by the same amount with the samples."""
    values = np.asarray(scores, np.float64)
    changes = deviation * np.array([-1.0, 1.0])[:, None] * np.ones(len(values))
    return RunScores(values, changes, units, units, 1, (-np.inf, np.inf))


@given(
    st.lists(st.integers(-1_000, 1_000), min_size=2, max_size=8, unique=True),
    st.data(),
    st.sampled_from([0.8, 0.95, 0.999]),
)
def test_without_variance_by_samples_it_is_welchs_t_test(
    first: list[int], data: Any, confidence: float
) -> None:
    """Equal numbers of runs, and samples without number: SciPy's t-test of unequal variances."""
    second = data.draw(
        st.lists(st.integers(-1_000, 1_000), min_size=len(first), max_size=len(first), unique=True)
    )
    places = np.arange(len(first))
    found = over_seeds(
        scores_of([*first, *second], 0.0), places, places + len(first), confidence=confidence
    )
    oracle = scipy.stats.ttest_ind(second, first, equal_var=False)
    limits = oracle.confidence_interval(confidence)
    assert found.p_value == pytest.approx(oracle.pvalue, rel=1e-6)
    assert (found.low, found.high) == pytest.approx((limits.low, limits.high), rel=1e-6, abs=1e-6)
    assert found.degrees == pytest.approx(oracle.df)


def test_one_group_without_variance_by_samples_has_students_interval() -> None:
    scores = [0.81, 0.84, 0.80, 0.86]
    found = over_seeds(scores_of(scores, 0.0), np.arange(4))
    expected = scipy.stats.t.interval(0.95, 3, np.mean(scores), scipy.stats.sem(scores))
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-9)
    assert np.isnan(found.p_value)


def test_without_variance_between_runs_it_is_the_normal_test() -> None:
    """What moves one side only moves the difference, with a known variance."""
    changes = 0.01 * np.array([[-1.0, -1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]])
    scores = RunScores(np.array([0.8, 0.8, 0.82, 0.82]), changes, NO_SAMPLES, NO_SAMPLES, 1, (0, 1))
    found = over_seeds(scores, [0, 1], [2, 3])
    assert found.p_value == pytest.approx(2 * scipy.stats.norm.sf(2), rel=1e-6)
    assert found.high - found.low == pytest.approx(2 * 1.959964 * 0.01, rel=1e-5)


def test_few_units_have_students_t() -> None:
    """Ten clusters: their variance, times 10/9, with nine degrees of freedom."""
    scores = RunScores(np.full(2, 0.5), 0.1 * np.array([[-1.0] * 2, [1.0] * 2]), 10, 10, 1, (-9, 9))
    found = over_seeds(scores, [0, 1])
    error = np.sqrt(0.01 * 10 / 9 + 4 / 100)
    assert found.standard_error == pytest.approx(error)
    assert found.high - 0.5 == pytest.approx(scipy.stats.t.isf(0.025, 9) * error, rel=1e-6)


@settings(max_examples=30)
@given(st.floats(0.001, 10), st.floats(0.001, 10), st.integers(2, 6), st.floats(0.5, 0.999))
def test_interval_and_p_value_agree(
    deviation: float, gap: float, many: int, confidence: float
) -> None:
    """The interval excludes zero exactly where p is below 1 − confidence."""
    base = np.linspace(-1, 1, many)
    changes = deviation * np.array([-1.0, 1.0])[:, None] * np.repeat([0, 1], many)
    scores = RunScores(np.append(base, base + gap), changes, 10_000, 10_000, 1, (-np.inf, np.inf))
    places = np.arange(many)
    found = over_seeds(scores, places, places + many, confidence=confidence)
    at_p = over_seeds(scores, places, places + many, confidence=1 - float(found.p_value))
    assert bool(found.low > 0 or found.high < 0) == bool(found.p_value < 1 - confidence)
    assert at_p.low == pytest.approx(0, abs=1e-6)


def test_convolution_of_t_and_normal() -> None:
    """P(|Z + T₂| ≥ 4) by numerical integration over the density of T₂."""
    from scipy.integrate import quad

    expected = (
        2 * quad(lambda t: scipy.stats.t.pdf(t, 2) * scipy.stats.norm.sf(4 - t), -np.inf, np.inf)[0]
    )
    # Two runs each, √2/2 apart on both sides: a standard error of 1 with 2 degrees of freedom.
    base = np.array([-1.0, 1.0]) * np.sqrt(0.5)
    changes = np.array([-1.0, 1.0])[:, None] * np.array([0.0, 0.0, 1.0, 1.0])
    scores = RunScores(
        np.append(base, base + 4), changes, NO_SAMPLES, NO_SAMPLES, 1, (-np.inf, np.inf)
    )
    assert over_seeds(scores, [0, 1], [2, 3]).p_value == pytest.approx(expected, rel=1e-6)


def test_variances_of_seeds_and_of_samples_add_up() -> None:
    """s²/R between runs, and the variance by samples without the part that is in s² already."""
    group = runs([0.6, 0.7, 0.8, 0.9], 2)
    found = interval(group, replicates=20_000)
    right = np.array([run == ACTUAL for run in group])
    between = right.mean(axis=1).var(ddof=1) / 4
    together = right.mean(axis=0).var() / N
    residuals = right - right.mean(axis=1)[:, None]
    apart = residuals.var(axis=0, ddof=1).mean() / N / 4
    few = N / (N - 1)
    expected = between + few * max(together - apart, 0) + 4 / N**2
    assert found.estimate == pytest.approx(right.mean())
    assert found.standard_error**2 == pytest.approx(expected, rel=0.01)


def test_one_run_says_nothing_about_seeds() -> None:
    (run,) = runs([0.8], 1)
    for found in (interval([run]), interval([run], runs([0.9, 0.9], 2))):
        assert np.isfinite(found.estimate)
        assert np.isnan([found.low, found.high, found.p_value, found.standard_error]).all()


def test_the_same_runs_in_both_groups() -> None:
    """The difference is 0 and p = 1; other runs and samples might differ."""
    group = runs([0.8, 0.8, 0.8], 3)
    found = interval(group, group)
    assert (found.estimate, found.p_value) == (0, 1)
    assert found.low < 0 < found.high


def test_a_clear_difference_by_any_metric() -> None:
    for metric in ("accuracy", "f1_macro", "matthews_corrcoef"):
        better = interval(runs([0.7] * 5, 5), runs([0.9] * 5, 4), metric=metric)
        assert 0 < better.low < better.estimate < better.high


def test_perfect_runs_have_an_open_interval() -> None:
    """No error in 500 samples: one in 200 is possible, as Wilson's interval says."""
    found = interval([ACTUAL] * 3)
    assert found.high == found.estimate == 1
    assert 0.99 < found.low < 0.994


def test_limits_stay_within_the_range_of_the_metric() -> None:
    found = interval(runs([0.55, 0.95], 1))
    assert (found.low, found.high) == (0, 1)
    apart = interval(runs([0.1, 0.7], 1), runs([0.3, 0.99], 2))
    assert (apart.low, apart.high) == (-1, 1)


def test_weights_groups_and_strata_of_samples() -> None:
    group = runs([0.7, 0.7, 0.7], 6)
    weight = np.random.default_rng(0).exponential(size=N)
    found = interval(group, sample_weight=weight)
    expected = np.mean([np.average(run == ACTUAL, weights=weight) for run in group])
    assert found.estimate == pytest.approx(expected)
    # Strata of right and wrong samples leave nothing to the choice of the samples.
    same = [group[0]] * 3
    right = (group[0] == ACTUAL).astype(int)
    within, plain = interval(same, strata=right), interval(same)
    assert within.standard_error == pytest.approx(2 / N)
    assert plain.standard_error > 5 * within.standard_error
    # Clusters of samples that are all right or all wrong.
    order = np.argsort(right, kind="stable")
    clusters = np.empty(N, int)
    clusters[order] = np.arange(N) // 10
    assert interval(same, groups=clusters).standard_error > 3 * plain.standard_error


def test_undefined_scores_have_no_interval() -> None:
    """No sample of the second class is predicted as it: precision is undefined."""
    found = interval([np.zeros(N, int)] * 2, metric="precision")
    assert np.isfinite(found.low[0])
    assert np.isnan([found.estimate[1], found.low[1], found.high[1]]).all()


def test_a_group_has_runs() -> None:
    with pytest.raises(InputError, match="A has no runs"):
        interval([])


@pytest.mark.parametrize(("many", "groups"), [(3, 2), (2, 5)])
def test_false_alarms(many: int, groups: int) -> None:
    """Configurations alike with 3 points between seeds: at most 5 % over all pairs."""
    rng, draws = np.random.default_rng(1), 1_000 if groups == 2 else 300
    scores = 0.85 + 0.03 * rng.normal(size=(draws, many * groups))
    sides = np.split(np.arange(many * groups), groups)
    alarms = 0
    for each in scores:
        found = scores_of(each, 0.005)
        p = [
            float(over_seeds(found, sides[i], sides[j]).p_value)
            for i in range(groups)
            for j in range(i)
        ]
        alarms += bool((holm(p) < 0.05).any())
    assert alarms / draws < 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)
