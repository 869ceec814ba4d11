"""Intervals of weighted, grouped and stratified samples: laws, known sizes, and coverage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri

import evalkit
from evalkit.counts.counts import Counts
from evalkit.predictions import ModelPredictions, Predictions
from evalkit.statistics import proportion_interval
from evalkit.statistics.estimates import Estimate, ModelEstimator, PairEstimator, estimate

METRICS = ("accuracy", "recall_macro", "f1_macro", "matthews_corrcoef")
DESIGNS: dict[str, dict[str, Any]] = {
    "weights": {"weights": np.full(10, 3.0)},
    "groups": {"groups": np.arange(10) // 2},
    "one group": {"groups": np.zeros(10, np.int64)},
    "strata": {"strata": np.arange(10) // 5},
    "strata of classes": {"strata": np.arange(10) % 2},
    "groups in strata": {"groups": np.arange(10) // 2, "strata": np.arange(10) // 4},
}


def counts_of(*right: Any, **design: Any) -> Counts:
    """Return the counts of models with two classes that are right on some samples."""
    actual = np.arange(len(right[0])) % 2
    models = tuple(
        ModelPredictions(f"m{i}", np.where(each, actual, 1 - actual))
        for i, each in enumerate(right)
    )
    return Counts.of_rows(Predictions((0, 1), actual, models, **design))


def interval(counts: Counts, metric: str) -> tuple[float, float]:
    found = estimate(counts, metric, replicates=2_000)
    assert isinstance(found, Estimate)
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    "design", [{"weights": np.ones(60)}, {"groups": np.arange(60)[::-1].copy()}]
)
def test_weights_of_one_and_groups_of_one_change_nothing(
    metric: str, design: dict[str, Any]
) -> None:
    right = np.random.default_rng(0).random(60) < 0.8
    assert interval(counts_of(right, **design), metric) == interval(counts_of(right), metric)


@pytest.mark.parametrize("name", DESIGNS)
def test_no_design_makes_certainty(name: str) -> None:
    """10 of 10 right: no interval is narrower than Wilson's of ten samples."""
    counts = counts_of(np.ones(10, bool), **DESIGNS[name])
    low, _ = proportion_interval(10, 10)
    for metric in ("accuracy", "recall_macro", "f1_macro"):
        found = interval(counts, metric)
        assert found[0] <= low + 0.04
        assert found[1] == 1.0
    both = counts_of(np.ones(10, bool), np.ones(10, bool), **DESIGNS[name])
    limits = PairEstimator(both, replicates=500).limits("f1_macro", 0.95)
    assert limits.low < 0 < limits.high


@pytest.mark.parametrize(
    ("design", "size"),
    [
        ({"groups": np.arange(10) // 2}, 5),
        ({"weights": np.full(10, 3.0)}, 10),
        ({"weights": np.repeat([1.0, 2.0], 5)}, 15**2 / 25),
        ({"strata": np.arange(10) // 5}, 10),
    ],
)
def test_without_errors_there_are_as_many_samples_as_units(
    design: dict[str, Any], size: float
) -> None:
    """Kish's size of the weights of units, which are all that the data show."""
    found = interval(counts_of(np.ones(10, bool), **design), "accuracy")
    assert found == pytest.approx(proportion_interval(size, size), abs=0.02)


def test_copies_in_groups_are_the_samples_once() -> None:
    """The design effect of five copies is five."""
    right = np.random.default_rng(1).random(200) < 0.8
    actual = np.arange(200) % 2
    predicted = np.where(right, actual, 1 - actual)
    copies = Predictions(
        (0, 1),
        np.repeat(actual, 5),
        (ModelPredictions("m", np.repeat(predicted, 5)),),
        groups=np.repeat(np.arange(200), 5),
    )
    found = interval(Counts.of_rows(copies), "accuracy")
    assert found == pytest.approx(interval(counts_of(right), "accuracy"), abs=0.004)


def test_the_effective_size_is_that_of_the_linearised_variance() -> None:
    """Σ w² (y − p)² / (Σ w)² of the ratio, for Wilson's interval with p (1 − p) / variance."""
    rng = np.random.default_rng(2)
    right, weights = rng.random(400) < 0.7, rng.lognormal(0.0, 0.5, 400)
    share = right @ weights / weights.sum()
    variance = (weights**2 @ (right - share) ** 2) / weights.sum() ** 2
    size = min(share * (1 - share) / variance, weights.sum() ** 2 / (weights**2).sum())
    found = interval(counts_of(right, weights=weights), "accuracy")
    assert found == pytest.approx(proportion_interval(share * size, size), abs=0.003)


def test_ten_clusters_are_covered() -> None:
    """Of 400 samples of ten correlated clusters, three standard errors below 95 % at least."""
    rng, draws, held = np.random.default_rng(3), 400, 0
    for seed in range(draws):
        score = np.repeat(rng.normal(size=10), 20) * 0.3**0.5 + rng.normal(size=200) * 0.7**0.5
        counts = counts_of(score < ndtri(0.8), groups=np.repeat(np.arange(10), 20))
        limits = ModelEstimator(counts, replicates=500, seed=seed).limits("accuracy", 0.95)
        held += int(limits.low <= 0.8 <= limits.high)
    assert held / draws >= 0.95 - 3 * (0.05 * 0.95 / draws) ** 0.5


def test_every_interval_holds_its_value() -> None:
    """Macro recall of a class with one sample is far from the middle of its replicates."""
    rng = np.random.default_rng(4)
    for seed in range(20):
        actual = np.r_[2, rng.integers(0, 2, 29)]
        predicted = np.where(rng.random(30) < 0.6, actual, rng.integers(0, 3, 30))
        comparison = evalkit.compare(
            [evalkit.evaluate(actual, predicted, classes=[0, 1, 2])], replicates=50, seed=seed
        )
        for found in comparison.models[0].overall.values():
            assert found.value is None or found.low is None or found.low <= found.value
            assert found.value is None or found.high is None or found.value <= found.high
