"""Slices in memory: which are weak, and how the tables tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2_contingency

import evalkit

N = 4_000


def compared(drop: float, seed: int = 0) -> Any:
    """Return two models that are right 90 % of the time, and less so in the west."""
    rng = np.random.default_rng(seed)
    actual = rng.integers(0, 3, N)
    region = rng.choice(["north", "south", "west"], N)
    evaluations = []
    for name in "ab":
        right = rng.random(N) < 0.9 - drop * (region == "west")
        predicted = np.where(right, actual, (actual + 1) % 3)
        evaluations.append(
            evalkit.evaluate(actual, predicted, name=name, slices={"region": region})
        )
    return evalkit.compare(evaluations, replicates=100)


def test_a_weak_slice_is_found_and_no_other() -> None:
    """The west is weak for both models; the others, better than the rest, are not."""
    weak = {
        (found.values, i)
        for found in compared(0.15).slice_results
        for i, model in enumerate(found.models)
        if model.is_weak
    }
    assert weak == {(("west",), 0), (("west",), 1)}


def test_the_weakest_slice_is_a_finding() -> None:
    """Each model's worst part is told with its numbers, and none where none is weak."""
    found = [f for f in compared(0.15).findings if f.kind == "slice"]
    assert [f.numbers["values"] for f in found] == [["west"], ["west"]]
    for finding in found:
        assert f"{100 * finding.numbers['accuracy']:.1f}" in finding.text
        assert finding.numbers["from_rest_high"] < 0
    assert not [f for f in compared(0.0).findings if f.kind == "slice"]


def test_looking_at_many_slices_raises_few_alarms() -> None:
    """Where no slice is weak, the chance that any is called so stays below 5 %."""
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(60):
        right = rng.random(600) < 0.8
        slices = {"s": rng.integers(0, 15, 600).astype(str)}
        evaluation = evalkit.evaluate(np.zeros(600, int), (~right).astype(int), slices=slices)
        found = evalkit.compare([evaluation], replicates=2).slice_results
        alarms += any(model.is_weak for each in found for model in each.models)
    assert alarms <= 0.05 * 60


def test_the_test_against_the_rest_is_pearsons_with_yates_correction() -> None:
    """SciPy's contingency test of right and wrong, inside and outside, has the same p-value."""
    comparison = compared(0.05)
    whole = comparison.models[0].counts
    for found, evaluation in zip(
        comparison.slice_results, [comparison.evaluations[0]] * 3, strict=True
    ):
        labels = evaluation.predictions.slices["region"]
        inside = labels.codes == labels.values.index(found.values[0])
        right = evaluation.predictions.actual == evaluation.predictions.predicted
        table = [[(right & inside).sum(), (~right & inside).sum()]]
        table.append([np.trace(whole) - table[0][0], whole.sum() - np.trace(whole) - table[0][1]])
        assert found.models[0].from_rest.p_value == pytest.approx(chi2_contingency(table).pvalue)


def test_tables_and_json_hold_every_slice() -> None:
    """A row a slice, model and metric; the JSON holds the same numbers."""
    comparison = compared(0.15)
    table = comparison.slices()
    assert len(table) == 3 * 2 * 7
    row = table[(table["slice"] == "west") & (table["metric"] == "accuracy")].iloc[0]
    (west,) = (s for s in comparison.to_dict()["slices"] if s["values"] == ["west"])
    assert row["value"] == west["models"][0]["overall"]["accuracy"]["value"]
    assert row["p_adjusted"] == west["models"][0]["from_rest"]["p_adjusted"] < 0.001


def test_slices_must_have_been_asked_for() -> None:
    """Without columns to slice by the table says how to name them."""
    plain = evalkit.compare([evalkit.evaluate([0, 1], [0, 1])], replicates=2)
    with pytest.raises(evalkit.EvalkitError, match="slice-by"):
        plain.slices()


def test_weighted_samples_get_no_tests() -> None:
    """Counts by slice say nothing of how weights vary, so that nothing is claimed."""
    evaluation = evalkit.evaluate(
        [0, 1, 1, 0], [0, 1, 0, 0], sample_weight=[1.0, 2.0, 1.0, 1.0], slices={"s": list("aabb")}
    )
    for found in evalkit.compare([evaluation], replicates=10).slice_results:
        assert found.models[0].from_rest.p_value is None
        assert found.models[0].overall["accuracy"].low is None
