"""Average precision: scikit-learn's values, a jackknife by definition, laws, coverage, refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

import evalkit
from evalkit.counts.counts import Counts, counts_together
from evalkit.statistics import (
    auc_difference,
    average_precision_difference,
    average_precision_estimates,
    clustered_auc_interval,
    delong_test,
)
from evalkit.statistics.precision_jackknife import Ranking, left_out_by_sample, spread_of_counted

if TYPE_CHECKING:
    from evalkit.statistics import Difference, Estimate

Array = np.ndarray[Any, Any]


def scored(n: int, seed: int = 0, share: float = 0.3) -> tuple[Array, Array, Array]:
    """Labels, and two scores in [0, 1] with ties; both are higher for positives."""
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < share
    first, second = (
        np.round(np.clip(0.5 + 0.2 * rng.normal(size=n) + 0.15 * positive, 0, 1), 2)
        for _ in range(2)
    )
    return positive, first, second


def counts_of(positive: Array, *scores: Array, **options: Any) -> Counts:
    parts = [
        evalkit.evaluate(
            positive.astype(int), y_proba=np.column_stack([1 - p, p]), classes=[0, 1], **options
        ).counts
        for p in scores
    ]
    return counts_together(parts, [str(i) for i in range(len(parts))])[0]


def of_class(counts: Counts, confidence: float = 0.95) -> Estimate:
    return average_precision_estimates(counts, confidence)[1]


def numbers(found: Estimate | Difference) -> tuple[float | None, ...]:
    return found.low, found.value, found.high, getattr(found, "p_value", None)


@pytest.mark.parametrize("seed", range(5))
def test_values_are_scikit_learn_s(seed: int) -> None:
    positive, scores, other = scored(80, seed)
    weight = np.random.default_rng(seed).random(80)
    for options in ({}, {"sample_weight": weight}):
        counts = counts_of(positive, scores, other, **options)
        found = average_precision_estimates(counts.alone(0), 0.95)
        wanted = [
            average_precision_score(positive, scores, **options),
            average_precision_score(~positive, 1 - scores, **options),
        ]
        assert [found[1].value, found[0].value] == pytest.approx(wanted, abs=1e-12)
        difference = average_precision_difference(counts, (0, 1), 1, 0.95)
        assert difference.value == pytest.approx(
            average_precision_score(positive, other, **options) - wanted[0], abs=1e-12
        )


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_jackknife_is_that_of_its_definition(share: float) -> None:
    """Leave out each sample and let scikit-learn compute the value."""
    positive, scores, _ = scored(60, 1, share)
    wanted = np.array(
        [
            average_precision_score(np.delete(positive, i), np.delete(scores, i))
            for i in range(len(scores))
        ]
    )
    assert left_out_by_sample(positive, scores) == pytest.approx(wanted, abs=1e-12)
    known = counts_of(positive, scores).probability(0)
    assert known is not None
    found = spread_of_counted(Ranking.of(known.scores[1]))
    n, value = len(wanted), average_precision_score(positive, scores)
    assert found.error == pytest.approx(np.sqrt((n - 1) * wanted.var()), rel=1e-9)
    assert found.unbiased == pytest.approx(n * value - (n - 1) * wanted.mean(), abs=1e-12)


def test_identical_models_do_not_differ() -> None:
    positive, scores, _ = scored(100)
    for options in ({}, {"groups": np.arange(100) // 4}):
        counts = counts_of(positive, scores, scores, **options)
        for found in (
            average_precision_difference(counts, (0, 1), 1, 0.95),
            auc_difference(counts, (0, 1), 1, 0.95),
        ):
            assert numbers(found) == (0, 0, 0, 1)


def test_only_the_ranking_matters() -> None:
    positive, scores, other = scored(150)
    plain, moved = (
        counts_of(positive, each, other) for each in (scores, scores / 2)
    )  # Halves are exact, so ties stay ties.
    assert numbers(of_class(moved.alone(0))) == numbers(of_class(plain.alone(0)))
    for function in (average_precision_difference, auc_difference):
        assert numbers(function(moved, (0, 1), 1, 0.95)) == numbers(
            function(plain, (0, 1), 1, 0.95)
        )


def test_the_order_of_samples_does_not_matter() -> None:
    positive, scores, other = scored(150)
    order = np.random.default_rng(3).permutation(150)
    plain = counts_of(positive, scores, other)
    moved = counts_of(positive[order], scores[order], other[order])
    assert numbers(of_class(moved.alone(0))) == pytest.approx(numbers(of_class(plain.alone(0))))
    assert numbers(average_precision_difference(moved, (0, 1), 1, 0.95)) == pytest.approx(
        numbers(average_precision_difference(plain, (0, 1), 1, 0.95))
    )


def test_the_order_of_models_turns_the_sign() -> None:
    counts = counts_of(*scored(150))
    for function in (average_precision_difference, auc_difference):
        one, other = (function(counts, pair, 1, 0.95) for pair in ((0, 1), (1, 0)))
        low, value, high, p_value = numbers(one)
        assert numbers(other) == pytest.approx(
            (-(high or 0), -(value or 0), -(low or 0), p_value), abs=1e-12
        )


def test_copies_of_a_sample_in_its_group_change_nothing() -> None:
    """What is seen three times is not known better."""
    positive, scores, other = scored(120)
    copies = np.repeat(np.arange(120), 3)
    once = counts_of(positive, scores, other)
    grouped = counts_of(positive[copies], scores[copies], other[copies], groups=copies)
    assert numbers(of_class(grouped.alone(0))) == pytest.approx(numbers(of_class(once.alone(0))))
    assert numbers(average_precision_difference(grouped, (0, 1), 1, 0.95)) == pytest.approx(
        numbers(average_precision_difference(once, (0, 1), 1, 0.95))
    )


def test_equal_weights_change_nothing() -> None:
    positive, scores, other = scored(120)
    plain, weighted = (
        counts_of(positive, scores, other, **options)
        for options in ({}, {"sample_weight": np.where(np.arange(120) < 120, 2.5, 0.0)})
    )
    assert numbers(average_precision_difference(weighted, (0, 1), 1, 0.95)) == pytest.approx(
        numbers(average_precision_difference(plain, (0, 1), 1, 0.95))
    )


def test_blocks_of_many_samples_give_nearly_the_same_interval() -> None:
    """500 random blocks of 6,000 samples: the relative error of the width is 1 / √1,000."""
    positive, scores, _ = scored(6_000)
    plain = of_class(counts_of(positive, scores))
    weight = np.full(6_000, 2.0)
    weight[0] = 2.0001
    found = of_class(counts_of(positive, scores, sample_weight=weight))
    assert plain.low is not None
    assert plain.high is not None
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(plain.high - plain.low, rel=3 / 1_000**0.5)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize("seed", range(10))
def test_the_interval_excludes_zero_exactly_if_the_test_rejects(
    seed: int, confidence: float
) -> None:
    positive, scores, other = scored(60, seed)
    better = np.clip(other + 0.04 * seed * positive, 0, 1)
    found = average_precision_difference(counts_of(positive, scores, better), (0, 1), 1, confidence)
    assert found.p_value is not None
    assert found.low is not None
    assert found.high is not None
    assert (found.low > 0 or found.high < 0) == (found.p_value < 1 - confidence)


def test_a_perfect_ranking_has_a_lower_limit_below_one() -> None:
    """Ten positives above all others: Wilson's lower limit for 10 of 10, 1 / (1 + z² / 10)."""
    positive = np.arange(200) < 10
    scores = np.linspace(0.9, 0.1, 200)
    found = of_class(counts_of(positive, scores))
    assert (found.value, found.high, found.method) == (1, 1, "jackknife and Wilson")
    assert found.low == pytest.approx(1 / (1 + 1.959964**2 / 10), abs=1e-6)
    both = average_precision_difference(counts_of(positive, scores, scores**2), (0, 1), 1, 0.95)
    assert both.value == 0
    assert both.p_value == 1
    assert both.low is not None
    assert both.high is not None
    assert both.low < 0 < both.high


def test_score_bins_bound_the_value() -> None:
    """Out of core the value is that of bins, and its interval is wider by their largest error."""
    positive, scores, other = scored(3_000, 4, 0.05)
    scores = np.clip(scores + np.random.default_rng(0).uniform(0, 0.01, 3_000), 0, 1)
    exact = counts_of(positive, scores, other)
    assert exact.samples is not None
    from evalkit.counts.counting import count_predictions

    counted = count_predictions(exact.samples)
    binned = Counts.of_sums(counted, exact.classes, 2, weighted=False, slices={})
    known = binned.probability(0)
    assert known is not None
    ranking = Ranking.of(known.scores[1])
    below, above = ranking.error_of_bins()
    value = average_precision_score(positive, scores)
    assert ranking.value - below - 1e-12 <= value <= ranking.value + above + 1e-12
    assert 0 < below + above < 0.1
    found, plain = of_class(binned.alone(0)), of_class(exact.alone(0))
    assert found.method.endswith("in score bins")
    assert found.low is not None
    assert plain.low is not None
    assert found.high is not None
    assert plain.high is not None
    assert found.low < plain.low
    assert found.high > plain.high
    for function in (average_precision_difference, auc_difference):
        difference = function(binned, (0, 1), 1, 0.95)
        assert difference.value is not None
        assert (difference.low, difference.p_value) == (None, None)
        assert difference.test.startswith("no test: the samples are not in memory")


def test_what_cannot_be_estimated_is_refused_with_a_reason() -> None:
    positive, scores, other = scored(60)
    nobody, one, everybody = (np.arange(60) < n for n in (0, 1, 60))
    assert of_class(counts_of(nobody, scores)).undefined == "does not occur in the data"
    single = of_class(counts_of(one, scores))
    assert single.value is not None
    assert (single.low, single.method) == (None, "no interval: the class has one sample")
    found = of_class(counts_of(everybody, scores))
    assert (found.value, found.low, found.method) == (1, None, "no interval: no other class")
    for labels, reason in ((one, "the class has one sample"), (everybody, "no other class")):
        difference = average_precision_difference(counts_of(labels, scores, other), (0, 1), 1, 0.95)
        assert (difference.low, difference.p_value) == (None, None)
        assert difference.test == f"no test: {reason}"
    for function in (average_precision_difference, auc_difference):
        missing = function(counts_of(nobody, scores, other), (0, 1), 1, 0.95)
        assert missing.value is None
        assert missing.undefined
    grouped = of_class(counts_of(np.arange(60) < 5, scores, groups=np.arange(60) // 10))
    assert grouped.low is None
    assert grouped.method == "no interval: fewer than two groups have samples of the class"
    apart = Counts.independent([counts_of(positive, each) for each in (scores, other)])
    for function in (average_precision_difference, auc_difference):
        found_apart = function(apart, (0, 1), 1, 0.95)
        assert found_apart.value is not None
        assert found_apart.p_value is None
        assert "not paired" in found_apart.test
    plain = counts_of(positive, scores)
    assert plain.samples is not None
    bare = replace(plain.samples.models[0], probabilities=None)
    models = (plain.samples.models[0], bare)
    half = Counts.of_rows(replace(plain.samples, models=models))
    assert average_precision_difference(half, (0, 1), 1, 0.95).undefined
    assert auc_difference(half, (0, 1), 1, 0.95).undefined


def test_a_difference_in_auc_is_delong_s() -> None:
    """Of independent samples `delong_test`; each sample its own group changes terms of 1 / n."""
    positive, scores, other = scored(400)
    found = auc_difference(counts_of(positive, scores, other), (0, 1), 1, 0.95)
    wanted = delong_test(positive, scores, other)
    assert numbers(found) == (wanted.low, wanted.difference, wanted.high, wanted.p_value)
    weight = np.random.default_rng(0).uniform(0.999, 1.001, 400)
    weighted = auc_difference(
        counts_of(positive, scores, other, sample_weight=weight), (0, 1), 1, 0.95
    )
    assert numbers(weighted) == pytest.approx(numbers(found), abs=2e-3)
    first, second = (
        clustered_auc_interval(positive, each, sample_weight=weight).auc for each in (scores, other)
    )
    assert weighted.value == pytest.approx(second - first, abs=1e-12)


def test_ten_positives_are_enough() -> None:
    """Coverage and false alarms at 10 of 100 samples, within three standard errors.

    Scores are uniform for others and the larger of two uniforms for positives, so that precision
    at a score s is known: 0.1 (1 − s²) / (0.1 (1 − s²) + 0.9 (1 − s)) = (1 + s) / (10 + s).
    """
    draws, held, alarms = 400, 0, 0
    rng = np.random.default_rng(11)
    grid = (np.arange(100_000) + 0.5) / 100_000
    true = float(np.mean(2 * grid * (1 + grid) / (10 + grid)))
    positive = np.arange(100) < 10
    for _ in range(draws):
        scores = [
            np.where(positive, rng.random((2, 100)).max(axis=0), rng.random(100)) for _ in range(2)
        ]
        counts = counts_of(positive, *scores)
        found = of_class(counts.alone(0))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= true <= found.high
        p_value = average_precision_difference(counts, (0, 1), 1, 0.95).p_value
        assert p_value is not None
        alarms += p_value < 0.05
    error = 3 * np.sqrt(0.05 * 0.95 / draws)
    assert held / draws > 0.95 - error
    assert alarms / draws < 0.05 + error
