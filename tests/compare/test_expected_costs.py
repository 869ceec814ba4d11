"""Costs in a comparison: by the counts, by the probabilities, paired, and in every output."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import evalkit
from evalkit.errors import InputError

MISS_TEN_TIMES = [[0.0, 1.0], [10.0, 0.0]]


def models(n: int = 500, **options: Any) -> list[evalkit.Evaluation]:
    """Two classes; b knows the second class better."""
    rng = np.random.default_rng(2)
    actual = (rng.random(n) < 0.3).astype(int)
    found = []
    for name, strength in (("a", 1.0), ("b", 1.4)):
        p = 1 / (1 + np.exp(-(rng.normal(size=n) + strength * (2 * actual - 1))))
        proba = np.column_stack([1 - p, p])
        found.append(evalkit.evaluate(actual, y_proba=proba, classes=[0, 1], name=name, **options))
    return found


def test_cost_is_the_mean_over_samples() -> None:
    evaluations = models()
    costs = evalkit.compare(evaluations, costs=MISS_TEN_TIMES).costs
    assert costs is not None
    for evaluation, found in zip(evaluations, costs.models, strict=True):
        held = evaluation.predictions
        assert held is not None
        assert held.probabilities is not None
        paid = np.array(MISS_TEN_TIMES)[held.actual, held.predicted]
        assert found.expected.value == pytest.approx(paid.mean())
        width = 2 * 1.96 * paid.std() / np.sqrt(len(paid))
        assert found.expected.high - found.expected.low == pytest.approx(width, rel=0.06)  # type: ignore[operator]
        called = held.probabilities[:, 1] > 1 / 11
        assert found.threshold == pytest.approx(1 / 11)
        assert found.decided is not None
        decided = np.array(MISS_TEN_TIMES)[held.actual, called.astype(int)].mean()
        assert found.decided.value == pytest.approx(decided)
        assert found.best_cost is not None
        assert found.best_cost <= decided + 1e-12


def test_equal_costs_are_the_errors() -> None:
    """One for each error: cost is 1 − accuracy, the difference accuracy's, the test McNemar's."""
    comparison = evalkit.compare(models(), costs=1 - np.eye(2))
    assert comparison.costs is not None
    for model, costs in zip(comparison.models, comparison.costs.models, strict=True):
        assert costs.expected.value == pytest.approx(1 - model.overall["accuracy"].value)  # type: ignore[operator]
    ours, theirs = comparison.costs.pairs[0], comparison.pairs[0].overall["accuracy"]
    assert ours.value == pytest.approx(-theirs.value)  # type: ignore[operator]
    assert ours.p_value == pytest.approx(theirs.p_value, abs=0.01)
    assert ours.significant == theirs.significant


def test_groups_and_weights_are_kept() -> None:
    """Copies in their groups do not make a cost surer; weights of one change nothing much."""
    once = evalkit.compare(models(), costs=MISS_TEN_TIMES).costs
    weighted = evalkit.compare(models(sample_weight=np.ones(500)), costs=MISS_TEN_TIMES).costs
    assert once is not None
    assert weighted is not None
    for one, other in zip(once.models, weighted.models, strict=True):
        assert other.expected.value == pytest.approx(one.expected.value)
        assert other.expected.low == pytest.approx(one.expected.low, rel=0.05)
    assert weighted.pairs[0].p_value == pytest.approx(once.pairs[0].p_value, abs=0.01)


def test_matrices_alone_have_costs() -> None:
    from evalkit.compare.evaluation import Evaluation

    bare = [Evaluation(e.name, e.confusion_matrix) for e in models()]
    costs = evalkit.compare(bare, costs=MISS_TEN_TIMES).costs
    paired = evalkit.compare(models(), costs=MISS_TEN_TIMES).costs
    assert costs is not None
    assert paired is not None
    assert costs.models[0].decided is None
    assert costs.pairs[0].value == pytest.approx(paired.pairs[0].value)
    assert costs.pairs[0].p_value is None


def test_every_output_tells_them() -> None:
    headline = evalkit.compare(models(), costs=MISS_TEN_TIMES).verdict.headline
    assert headline.startswith("No significant difference in expected cost: a 0.634, b 0.394; b ")
    comparison = evalkit.compare(models(), costs=MISS_TEN_TIMES, metric="accuracy")
    finding = next(f for f in comparison.findings if f.kind == "costs")
    assert "Mean cost per sample: b " in finding.text
    assert comparison.to_dict()["costs"]["matrix"] == MISS_TEN_TIMES
    table = comparison.expected_costs()
    assert table["model"].tolist() == ["a", "b"]
    assert (table["low"] < table["cost"]).all()
    html = comparison.to_html(plotly="none")
    assert 'id="costs"' in html
    assert "Decided by cost" in html
    without = evalkit.compare(models())
    assert 'id="costs"' not in without.to_html(plotly="none")
    with pytest.raises(InputError, match="Pass costs=…"):
        without.expected_costs()


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        (np.eye(3), r"costs has shape \(3, 3\), expected \(2, 2\)"),
        ([[0, np.nan], [1, 0]], "costs contains NaN or infinity"),
        ([1, 2], r"costs has shape \(2,\), expected \(2, 2\)"),
    ],
)
def test_a_wrong_matrix_is_refused(costs: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        evalkit.compare(models(), costs=costs)


def test_the_interval_of_a_difference_agrees_with_its_test_in_few_groups() -> None:
    """With three groups no sign-flip test is significant, and the interval contains 0."""
    groups = np.arange(500) % 3
    actual, right = np.arange(500) % 2, np.arange(500) % 7 == 0
    evaluations = [
        evalkit.evaluate(actual, predicted, classes=[0, 1], name=name, groups=groups)
        for name, predicted in (("a", np.where(right, 1 - actual, actual)), ("b", actual))
    ]
    costs = evalkit.compare(evaluations, costs=MISS_TEN_TIMES).costs
    assert costs is not None
    (gap,) = costs.pairs
    assert gap.value is not None
    assert gap.value < 0
    assert gap.p_value is not None
    assert gap.p_value >= 0.05
    assert gap.high is not None
    assert gap.high >= 0
