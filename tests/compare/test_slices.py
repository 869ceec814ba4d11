"""Slices in memory: which are weak, and how the tables tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import fisher_exact

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
        assert finding.numbers["adjusted_high"] < 0
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


def test_the_test_against_the_rest_is_fishers() -> None:
    """SciPy's exact test of right and wrong, inside and outside, has the same p-value."""
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
        assert found.models[0].from_rest.p_value == pytest.approx(fisher_exact(table).pvalue)


def two_classes(site: Any, right: Any, actual: Any, **more: Any) -> Any:
    """Return the comparison of one model of two classes."""
    evaluation = evalkit.evaluate(
        actual,
        np.where(right, actual, 1 - actual),
        name="numpy",
        classes=[0, 1],
        slices={"site": site},
        **more,
    )
    return evalkit.compare([evaluation], replicates=20)


def test_a_different_class_mix_is_not_weak() -> None:
    """Class 1 is difficult everywhere; a site with much of it has a gap, and is not weak."""
    rng = np.random.default_rng(1)
    site = np.repeat(["north", "south"], [600, 2_400])
    actual = (rng.random(3_000) < np.where(site == "north", 0.8, 0.1)).astype(int)
    comparison = two_classes(site, rng.random(3_000) < np.where(actual == 1, 0.6, 0.98), actual)
    north = comparison.slice_results[0].models[0]
    assert north.from_rest.significant
    assert north.from_rest.value < -0.2
    assert not north.is_weak
    assert abs(north.adjusted.value) < 0.05
    assert not [f for f in comparison.findings if f.kind.startswith("slice")]


def test_a_gap_that_the_class_mix_hides_is_found() -> None:
    """A site of easy samples has the accuracy of all others, and misses half of its positives."""
    rng = np.random.default_rng(2)
    site = np.repeat(["north", "south"], [1_000, 3_000])
    actual = (rng.random(4_000) < np.where(site == "north", 0.1, 0.5)).astype(int)
    recall = np.where(site == "north", 0.5, 0.9)
    comparison = two_classes(site, rng.random(4_000) < np.where(actual == 1, recall, 0.95), actual)
    north = comparison.slice_results[0].models[0]
    weak = {(test.metric, test.of_class) for test in north.tests if test.is_weak}
    assert weak == {("recall", 1)}
    recalls = next(test for test in north.tests if test.metric == "recall")
    assert recalls.from_rest.value == pytest.approx(recalls.value - 0.9, abs=0.03)
    (finding,) = [f for f in comparison.findings if f.kind.startswith("slice")]
    if not north.is_weak:
        assert 'recall of "1" in the slice site = "north"' in finding.text


def test_the_sentence_has_its_count_and_correction() -> None:
    """Names stand in quotation marks, the share has its count, and the correction is named."""
    site = np.repeat(["north", None], [60, 940]).astype(object)
    right = np.r_[np.arange(60) < 41, np.arange(940) % 10 > 0]
    (finding,) = [
        f for f in two_classes(site, right, np.arange(1_000) % 2).findings if f.kind == "slice"
    ]
    text = finding.text.replace("\N{NO-BREAK SPACE}", " ")
    assert text.startswith('numpy: weakest slice is site = "north": 41 of 60 correct (68.3 %), ')
    assert "points against the rest, adjusted for classes (95 % CI " in text
    assert "corrected for 2 slices)" in text


def test_one_error_in_a_slice_of_one_is_no_proof() -> None:
    """Of 5 errors in 500 samples, one in a slice of one has a p-value of at least 5/500."""
    right = np.ones(500, bool)
    right[[3, 51, 111, 223, 333]] = False
    site = np.where(np.arange(500) == 3, "tiny", "big")
    comparison = two_classes(site, right, np.zeros(500, int))
    tiny = comparison.slice_results[1].models[0]
    assert tiny.adjusted.p_value == pytest.approx(5 / 500)
    assert tiny.adjusted.p_adjusted >= 5 / 500
    assert tiny.needed > 1


def test_intervals_agree_with_their_tests() -> None:
    """A difference whose p-value is at least 5 % has an interval that contains 0."""
    rng = np.random.default_rng(3)
    site = rng.integers(0, 15, 900).astype(str)
    right = rng.random(900) < 0.9 - 0.02 * site.astype(int)
    for found in two_classes(site, right, rng.integers(0, 2, 900)).slice_results:
        model = found.models[0]
        for each in (model.from_rest, model.adjusted, *(t.from_rest for t in model.tests)):
            if each.p_value is not None and each.p_value >= 0.05:
                assert each.low <= 0 <= each.high
            if each.value is not None and each.low is not None:
                assert each.low <= each.value <= each.high


def test_everything_looked_at_is_said() -> None:
    """Three crossed columns, small combinations left out, and the number of tests."""
    rng = np.random.default_rng(4)
    actual = rng.integers(0, 2, 400)
    columns = {name: rng.integers(0, 3, 400).astype(str) for name in "abc"}
    columns["a"][:4] = "rare"
    found = {
        depth: evalkit.compare(
            [evalkit.evaluate(actual, actual, slices=columns, slice_depth=depth)], replicates=2
        )
        for depth in (1, 2, 3)
    }
    for depth, comparison in found.items():
        search = comparison.slice_search
        slices = comparison.slice_results
        assert search is not None
        assert search.depth == depth == max(len(each.columns) for each in slices)
        assert search.slices == len(slices)
        sizes = [each.n_samples for each in slices if len(each.columns) > 1]
        assert all(size >= search.least_samples for size in sizes)
        assert min(each.n_samples for each in slices) == 4
    left_out = {
        depth: each.slice_search.left_out for depth, each in found.items() if each.slice_search
    }
    assert left_out[1] == 0 < left_out[3]
    with pytest.raises(evalkit.EvalkitError, match="Invalid slice depth 4"):
        evalkit.evaluate(actual, actual, slices=columns, slice_depth=4)


def test_too_many_combinations_are_refused() -> None:
    """Nothing is cut off silently: the message has the number and the remedy."""
    rng = np.random.default_rng(5)
    columns = {name: rng.integers(0, 30, 2_000).astype(str) for name in "abc"}
    actual = rng.integers(0, 2, 2_000)
    with pytest.raises(evalkit.EvalkitError, match=r"a, b and c have 27,000 combinations"):
        evalkit.compare([evalkit.evaluate(actual, actual, slices=columns, slice_depth=3)])


def test_gaps_are_those_of_the_definitions() -> None:
    """Equal opportunity, equalized odds and selection rate are differences of group rates."""
    rng = np.random.default_rng(6)
    sex, actual = rng.choice(["f", "m", "x"], 1_500), rng.integers(0, 2, 1_500)
    right = rng.random(1_500) < np.where(sex == "f", 0.7, 0.92)
    comparison = two_classes(sex, right, actual)
    predicted = np.where(right, actual, 1 - actual)

    def spread(of: Any) -> float:
        rates = [predicted[(sex == name) & of].mean() for name in ("f", "m", "x")]
        return float(max(rates) - min(rates))

    recall, false_positive = spread(actual == 1), spread(actual == 0)
    expected = {
        "equal_opportunity": recall,
        "equalized_odds": max(recall, false_positive),
        "selection_rate": spread(actual >= 0),
    }
    found = {gap.metric: gap for gap in comparison.slice_gaps}
    assert {key: gap.difference.value for key, gap in found.items()} == pytest.approx(expected)
    assert found["equal_opportunity"].lowest == "f"
    assert found["equal_opportunity"].difference.significant
    assert not found["selection_rate"].difference.significant
    table = comparison.slices()
    gaps = table[table["kind"] == "gap"].set_index("metric")["value"].to_dict()
    assert gaps == pytest.approx(expected)
    assert evalkit.Comparison.from_dict(comparison.to_dict()) == comparison


def test_log_loss_and_cost_of_a_slice() -> None:
    """A slice of wrong and overconfident predictions costs more and has a higher log loss."""
    rng = np.random.default_rng(7)
    actual, site = rng.integers(0, 2, 900), np.repeat(["a", "b", "c"], 300)
    right = rng.random(900) < np.where(site == "a", 0.6, 0.95)
    predicted = np.where(right, actual, 1 - actual)
    evaluation = evalkit.evaluate(
        actual, y_proba=np.where(predicted == 1, 0.98, 0.02), classes=[0, 1], slices={"s": site}
    )
    costs = np.array([[0.0, 1.0], [5.0, 0.0]])
    comparison = evalkit.compare([evaluation], replicates=20, costs=costs)
    inside = comparison.slice_results[0].models[0]
    tests = {test.metric: test for test in inside.tests if test.of_class is None}
    assert {key for key, test in tests.items() if test.is_weak} == {"log_loss", "cost"}
    own = site == "a"
    assert tests["cost"].value == pytest.approx(costs[actual[own], predicted[own]].mean())
    losses = -np.log(np.where(right[own], 0.98, 0.02))
    assert tests["log_loss"].value == pytest.approx(losses.mean(), abs=1e-6)


def test_tables_and_json_hold_every_slice() -> None:
    """One row per slice, model and metric; the JSON holds the same numbers."""
    comparison = compared(0.15)
    table = comparison.slices()
    assert len(table[table["kind"] == "overall"]) == 3 * 2 * 7
    # Recall, false positive rate and precision of three classes; three gaps of each class.
    assert len(table[table["kind"] == "test"]) == 3 * 2 * 9
    assert len(table[table["kind"] == "gap"]) == 2 * 9
    row = table[(table["slice"] == "west") & (table["metric"] == "accuracy")].iloc[0]
    (west,) = (s for s in comparison.to_dict()["slices"] if s["values"] == ["west"])
    assert row["value"] == west["models"][0]["overall"]["accuracy"]["value"]
    assert row["p_adjusted"] == west["models"][0]["adjusted"]["p_adjusted"] < 0.001


def test_slices_must_have_been_asked_for() -> None:
    """Without columns to slice by the table says how to name them."""
    plain = evalkit.compare([evalkit.evaluate([0, 1], [0, 1])], replicates=2)
    with pytest.raises(evalkit.EvalkitError, match="slice-by"):
        plain.slices()


@pytest.mark.parametrize("kind", ["groups", "sample_weight"])
def test_grouped_and_weighted_slices_are_tested(kind: str) -> None:
    """A slice that is lower by 30 points is weak; ten samples of two groups are not judged."""
    rng = np.random.default_rng(8)
    site = np.r_[np.repeat(["north", "south"], 500), ["tiny"] * 10]
    right = rng.random(1_010) < np.where(site == "north", 0.6, 0.9)
    column = np.arange(1_010) // 10 if kind == "groups" else rng.uniform(0.5, 2, 1_010)
    comparison = two_classes(site, right, rng.integers(0, 2, 1_010), **{kind: column})
    north, _, tiny = (each.models[0] for each in comparison.slice_results)
    assert north.is_weak
    assert north.adjusted.low < -0.3 < north.adjusted.high < 0
    limits = north.overall["accuracy"]
    assert limits.low < limits.value < limits.high
    assert limits.method == "Wilson, effective sample size"
    assert north.overall["f_beta_macro[1]"].low is None
    assert not tiny.is_weak
    if kind == "groups":
        assert tiny.adjusted.p_value is None
        assert tiny.adjusted.undefined == "too few groups or samples to test"


def test_strata_do_not_stop_the_tests() -> None:
    """Fixed numbers of each stratum make exact tests of slices cautious, so they are made."""
    rng = np.random.default_rng(9)
    site = np.repeat(["north", "south"], 500)
    right = rng.random(1_000) < np.where(site == "north", 0.6, 0.9)
    comparison = two_classes(site, right, np.arange(1_000) % 2, strata=np.arange(1_000) % 4)
    assert comparison.slice_results[0].models[0].is_weak
