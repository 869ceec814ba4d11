"""Calibration: the most probable class, a debiased error, intervals and tests."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import ttest_1samp

import evalkit
from evalkit.compare.comparison import Comparison
from evalkit.counts.counts import Counts, counts_together
from evalkit.statistics import Difference, Estimate, calibration
from evalkit.statistics.calibration import BinnedGaps, binned_gaps, calibration_difference

ERROR = "expected_calibration_error"
SEEDS = st.integers(0, 10**6)


def forecasts(seed: int, n: int, k: int = 3, exponent: float = 1.0) -> tuple[Any, Any]:
    """Labels drawn from probabilities, and the probabilities with their log multiplied."""
    rng = np.random.default_rng(seed)
    truth = rng.dirichlet(np.full(k, 0.7), n)
    actual = (truth.cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1)
    stated = truth**exponent + 1e-12
    return actual, stated / stated.sum(axis=1, keepdims=True)


def counts(seed: int, n: int, exponent: float = 1.0, **more: Any) -> Counts:
    actual, table = forecasts(seed, n, exponent=exponent)
    return evalkit.evaluate(actual, y_proba=table, classes=[0, 1, 2], **more).counts


def pair(seed: int, n: int, exponents: tuple[float, float], **more: Any) -> Counts:
    return counts_together([counts(seed, n, each, **more) for each in exponents], ("A", "B"))[0]


def gaps(found: Counts) -> BinnedGaps:
    known = binned_gaps(found, 0)
    assert known is not None
    return known


@given(seed=SEEDS, n=st.integers(2, 60), weighted=st.booleans())
@settings(max_examples=40)
def test_the_error_is_that_of_the_most_probable_class(seed: int, n: int, weighted: bool) -> None:
    """Whatever is predicted, the error equals `evalkit.expected_calibration_error`."""
    actual, table = forecasts(seed, n)
    rng = np.random.default_rng(seed)
    weights = rng.random(n) + 0.1 if weighted else None
    predicted = rng.integers(0, 3, n)
    found = evalkit.evaluate(
        actual, predicted, y_proba=table, classes=[0, 1, 2], sample_weight=weights
    ).counts.probability(0)
    assert found is not None
    expected = evalkit.expected_calibration_error(
        actual, table, labels=[0, 1, 2], sample_weight=weights
    )
    assert found.calibration_error == pytest.approx(float(expected), abs=1e-12)
    assert found.differing == (predicted != table.argmax(axis=1)).sum()


def test_labels_from_a_threshold_are_said_to_differ() -> None:
    """A threshold of 0.2 on calibrated scores changes labels, and not the calibration."""
    rng = np.random.default_rng(0)
    score = rng.random(4_000)
    actual, table = (rng.random(4_000) < score).astype(int), np.c_[1 - score, score]
    comparison = evalkit.compare(
        [evalkit.evaluate(actual, (score >= 0.2).astype(int), y_proba=table, name="m")],
        replicates=50,
    )
    probability = comparison.models[0].probability
    assert probability is not None
    assert probability.calibration is not None
    assert probability.calibration.accuracy == pytest.approx(
        (table.argmax(axis=1) == actual).mean(), abs=1e-12
    )
    right = np.array(probability.histogram_right)
    assert right.sum() == (table.argmax(axis=1) == actual).sum()
    (finding,) = (each for each in comparison.findings if each.kind == "calibration")
    differing = int(((score >= 0.2) & (score < 0.5)).sum())
    assert f"{differing:,} (m) of 4,000 samples" in finding.text
    assert "No significant difference between mean confidence" in finding.text


def test_a_tie_is_no_different_prediction() -> None:
    found = evalkit.evaluate([0, 1], [1, 1], y_proba=[[0.5, 0.5], [0.2, 0.8]]).counts
    assert calibration(found).differing == 0


def test_a_calibrated_model_has_a_debiased_error_of_zero() -> None:
    """On average over 600 data sets, within three standard errors; the plain error has not."""
    found = [gaps(counts(seed, 200)) for seed in range(600)]
    debiased, plain = (
        np.array([getattr(each, name) for each in found]) for name in ("debiased", "plain")
    )
    assert abs(debiased.mean()) < 3 * debiased.std() / np.sqrt(600) + 0.03 * plain.mean()
    assert plain.mean() > 0.05


@pytest.mark.parametrize("exponent", [0.4, 3.0])
def test_the_debiased_error_of_many_samples_is_the_plain_one(exponent: float) -> None:
    found = gaps(counts(0, 20_000, exponent))
    assert found.debiased == pytest.approx(found.plain, rel=0.02)
    assert found.debiased < found.plain


@pytest.mark.parametrize("z", [0.0, 0.7, 1.5, 3.0])
def test_the_debiased_error_is_the_mean_over_halves(z: float) -> None:
    """One half of a normal gap gives the sign, the other half the size."""
    known = gaps(counts(0, 100)).known
    one = np.eye(15)[14]
    single = replace(
        known,
        right=one * (80 + 10 * z),
        wrong=one * (20 - 10 * z) + 1e-12,
        confidence=one * 80.0,
        gap_variance=one * 100.0,
        stated_variance=np.zeros(15),
    )
    rng = np.random.default_rng(0)
    half = rng.normal(10 * z / 2, np.sqrt(100 / 4), 400_000)
    values = 2 * np.sign(half) * (10 * z - half)
    expected, error = values.mean(), values.std() / np.sqrt(len(values))
    found = BinnedGaps(single, 100.0, 100.0, 99.0, simple=True).debiased
    assert found * 100 == pytest.approx(expected, abs=3 * error)


OPTIONS = st.sampled_from(["", "sample_weight", "groups", "strata"])


def options(kind: str, n: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    values = {
        "sample_weight": rng.random(n) + 0.01,
        "groups": rng.integers(0, max(2, n // 4), n),
        "strata": np.arange(n) % 2,
    }
    return {kind: values[kind]} if kind else {}


@given(seed=SEEDS, n=st.integers(4, 80), exponent=st.sampled_from([0.2, 1.0, 5.0]), kind=OPTIONS)
@settings(max_examples=30, deadline=None)
def test_every_interval_holds_its_value_and_the_file_is_read(
    seed: int, n: int, exponent: float, kind: str
) -> None:
    """Every interval of probabilities contains its value, and a results file is accepted."""
    more = options(kind, n, seed)
    models = []
    for name, each in (("A", exponent), ("B", 1.0)):
        actual, table = forecasts(seed, n, exponent=each)
        models.append(evalkit.evaluate(actual, y_proba=table, name=name, classes=[0, 1, 2], **more))
    comparison = evalkit.compare(models, replicates=20, betas=(1.0,))
    found: list[Any] = []
    for model in comparison.models:
        assert model.probability is not None
        assert model.probability.calibration is not None
        found += [*model.probability.overall.values(), *model.probability.auc]
        found.append(model.probability.calibration.confidence_gap)
    found += comparison.pairs[0].probability.values()
    for each in found:
        if each.low is not None:
            assert each.low <= each.value <= each.high, each
    assert Comparison.from_dict(comparison.to_dict()) == comparison


NUMBERS = st.floats(-1, 1)


@given(value=NUMBERS, low=NUMBERS, high=NUMBERS)
def test_no_record_excludes_its_value(value: float, low: float, high: float) -> None:
    """Whatever limits it is made with, an estimate or a difference lies in its interval."""
    low, high = min(low, high), max(low, high)
    for kind in (Estimate, Difference):
        found: Any = kind(value, low, high)
        assert found.low == min(low, value) <= value <= max(high, value) == found.high


@given(seed=SEEDS, n=st.integers(5, 300), exponent=st.floats(0.2, 5.0), kind=OPTIONS)
@settings(max_examples=60, deadline=None)
def test_intervals_and_p_values_agree(seed: int, n: int, exponent: float, kind: str) -> None:
    more = options(kind, n, seed)
    found = calibration(counts(seed, n, exponent, **more)).confidence_gap
    difference = calibration_difference(pair(seed, n, (1.0, exponent), **more), (0, 1), 0.95)
    for each in (found, difference):
        if each is None or each.p_value is None:
            continue
        assert each.low is not None
        assert each.high is not None
        if abs(each.p_value - 0.05) > 1e-9:
            assert (each.low > 0 or each.high < 0) == (each.p_value < 0.05)


def test_the_difference_of_confidence_and_accuracy_is_a_paired_t_test() -> None:
    """Near accuracy ½, where unobserved errors do not matter, it is SciPy's test."""
    rng = np.random.default_rng(1)
    score = rng.uniform(0.5, 0.9, 500)
    right = rng.random(500) < 0.5
    found = calibration(
        evalkit.evaluate(np.where(right, 0, 1), y_proba=np.c_[score, 1 - score]).counts
    ).confidence_gap
    expected = ttest_1samp(score - right, 0.0)
    assert found.value == pytest.approx((score - right).mean())
    assert found.p_value == pytest.approx(expected.pvalue, rel=0.02)
    ends = expected.confidence_interval()
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high), rel=1e-3)


@pytest.mark.parametrize(("n", "stated"), [(1_000, 0.999), (1_000, 0.9975), (200, 0.99)])
def test_no_error_where_few_were_expected_is_no_claim(n: int, stated: float) -> None:
    """Three expected errors do not occur with probability 5 %; fewer, more often."""
    table = np.tile([stated, 1 - stated], (n, 1))
    actual = np.zeros(n, int)
    found = calibration(evalkit.evaluate(actual, y_proba=table, classes=[0, 1]).counts)
    assert found.confidence_gap.p_value is not None
    assert found.confidence_gap.p_value > 0.05
    assert found.p_value is not None
    assert found.p_value > 0.05


@pytest.mark.parametrize("n", [60, 1_000])
def test_false_alarms_of_a_calibrated_model(n: int) -> None:
    """At most 5 % of calibrated models are called miscalibrated, over- or underconfident."""
    draws = 200
    found = [calibration(counts(seed, n), seed=seed) for seed in range(draws)]
    limit = 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)
    assert np.mean([each.p_value < 0.05 for each in found if each.p_value is not None]) <= limit
    claimed = [each.confidence_gap.p_value for each in found]
    assert np.mean([p < 0.05 for p in claimed if p is not None]) <= limit


def test_an_overconfident_model_is_found() -> None:
    found = calibration(counts(0, 1_000, 3.0))
    assert found.p_value is not None
    assert found.p_value < 0.001
    assert found.confidence_gap.low is not None
    assert found.confidence_gap.low > 0.05


@pytest.mark.parametrize("exponent", [1.0, 0.5, 2.0])
@pytest.mark.parametrize("n", [100, 3_000])
def test_the_interval_covers_the_population_s_error(exponent: float, n: int) -> None:
    """At least 95 % of intervals do, within three standard errors."""
    true, draws = gaps(counts(10**6, 300_000, exponent)).debiased, 100
    held = 0
    for seed in range(draws):
        found = gaps(counts(seed, n, exponent)).interval(0.95)
        assert found.low is not None
        assert found.high is not None
        # The truth, from 300,000 samples, is known to three of its standard errors.
        held += found.low - 0.0027 <= true <= found.high + 0.0027
    assert held / draws >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / draws)


def test_identical_models_do_not_differ() -> None:
    found = calibration_difference(pair(0, 200, (2.0, 2.0)), (0, 1), 0.95)
    assert found is not None
    assert (found.value, found.p_value) == (0.0, 1.0)


def test_the_difference_is_second_minus_first() -> None:
    found = calibration_difference(pair(0, 3_000, (1.0, 4.0)), (0, 1), 0.95)
    other = calibration_difference(pair(0, 3_000, (4.0, 1.0)), (0, 1), 0.95)
    assert found is not None
    assert other is not None
    assert found.value is not None
    assert found.value > 0.1
    assert found.p_value is not None
    assert found.p_value < 0.001
    assert (other.value, other.low, other.high) == pytest.approx(
        (-found.value, -(found.high or 0), -(found.low or 0))
    )


def test_copies_of_samples_in_their_groups_change_nothing() -> None:
    """Five copies of each sample give the interval and p-values of one, up to its smoothing."""
    actual, table = forecasts(3, 200, exponent=2.0)
    copies, groups = np.repeat(np.arange(200), 5), np.arange(200) // 2
    known: dict[str, Any] = {"classes": [0, 1, 2]}
    once = evalkit.evaluate(actual, y_proba=table, groups=groups, **known)
    five = evalkit.evaluate(actual[copies], y_proba=table[copies], groups=groups[copies], **known)
    one, many = (calibration(each.counts, seed=0) for each in (once, five))
    assert many.confidence_gap.low == pytest.approx(one.confidence_gap.low)
    assert many.confidence_gap.p_value == pytest.approx(one.confidence_gap.p_value)
    assert many.p_value == one.p_value


def test_one_group_has_no_test() -> None:
    found = calibration(counts(0, 30, groups=np.zeros(30, int)))
    assert found.p_value is None
    assert found.confidence_gap.p_value is None
    assert found.confidence_gap.undefined == "too few independent samples"


@pytest.mark.parametrize(
    ("exponent", "words"), [(3.0, "is overconfident"), (0.3, "is underconfident")]
)
def test_the_finding_says_what_the_test_shows(exponent: float, words: str) -> None:
    actual, table = forecasts(0, 2_000, exponent=exponent)
    (finding,) = (
        each
        for each in evalkit.compare(
            [evalkit.evaluate(actual, y_proba=table, name="m", classes=[0, 1, 2])], replicates=20
        ).findings
        if each.kind == "calibration"
    )
    confidence, accuracy = table.max(axis=1).mean(), (table.argmax(axis=1) == actual).mean()
    assert re.sub(r"\s", " ", finding.text) == (
        f"m {words}: mean confidence {100 * confidence:.1f} %, accuracy {100 * accuracy:.1f} % "
        "(p < 0.001)."
    )
