"""A comparison obeys the laws of differences, and its sentences claim no more than its numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import evalkit
from evalkit.errors import InputError
from evalkit.metrics.confusion import ConfusionMatrix

if TYPE_CHECKING:
    from pathlib import Path

    from evalkit.statistics.estimates import Difference
    from tests.compare.conftest import MakeEvaluation


def test_swapping_the_models_negates_every_difference(make_evaluation: MakeEvaluation) -> None:
    """Values and exact tests are those of the other order with the other sign."""
    a, b = make_evaluation("a", seed=1), make_evaluation("b", seed=2, accuracy=0.8)
    there, back = evalkit.compare([a, b]).pairs[0], evalkit.compare([b, a]).pairs[0]
    for key, difference in there.overall.items():
        assert difference.value == pytest.approx(-(back.overall[key].value or 0.0), abs=1e-15)
    assert there.mcnemar is not None
    assert back.mcnemar is not None
    assert there.mcnemar.p_exact == pytest.approx(back.mcnemar.p_exact, rel=1e-12)
    assert there.class_share == pytest.approx([-share for share in back.class_share])


def test_identical_models_differ_by_nothing(make_evaluation: MakeEvaluation) -> None:
    """Every difference is 0, every p is 1, the headline says so, and other samples may differ."""
    comparison = evalkit.compare([make_evaluation("a", seed=3), make_evaluation("b", seed=3)])
    pair = comparison.pairs[0]
    everything: list[Difference] = [*pair.overall.values()]
    for differences in pair.per_class.values():
        everything += differences
    for difference in everything:
        assert difference.value == 0
        assert difference.low is not None
        assert difference.high is not None
        assert -0.1 < difference.low <= 0 <= difference.high < 0.1
        assert difference.p_value == difference.p_adjusted == 1
        assert not difference.significant
    assert "same predictions" in comparison.verdict.headline


def test_class_shares_add_up_to_the_gap(make_evaluation: MakeEvaluation) -> None:
    """The decomposition of the accuracy gap is exact."""
    comparison = evalkit.compare(
        [make_evaluation("a", seed=4), make_evaluation("b", seed=5, accuracy=0.5)]
    )
    pair = comparison.pairs[0]
    assert sum(pair.class_share) == pytest.approx(pair.overall["accuracy"].value, abs=1e-15)
    for key, shares in pair.macro_f_share.items():
        assert sum(shares) == pytest.approx(pair.overall[key].value, abs=1e-15)


def test_the_better_model_leads_and_is_named(make_evaluation: MakeEvaluation) -> None:
    """A difference far outside chance is claimed, with the leader's name first."""
    comparison = evalkit.compare(
        [
            make_evaluation("weak", seed=6, accuracy=0.4),
            make_evaluation("strong", seed=7, accuracy=0.9),
        ]
    )
    assert comparison.verdict.headline.startswith("strong has the higher accuracy: ")
    assert comparison.verdict.leader == 1


def test_chance_is_called_chance() -> None:
    """Two models that differ on one sample of four are not told apart."""
    a = evalkit.evaluate([0, 0, 1, 1], [0, 0, 1, 0], name="a")
    b = evalkit.evaluate([0, 0, 1, 1], [0, 0, 1, 1], name="b")
    verdict = evalkit.compare([a, b]).verdict
    assert verdict.headline.startswith("No significant difference in accuracy: a 75.0")
    assert verdict.lede.startswith("Difference in accuracy, b − a: +25.0 points (95")
    assert not verdict.significant


def test_equal_inputs_and_seed_give_equal_json(make_evaluation: MakeEvaluation) -> None:
    """Byte for byte; another seed moves an interval."""

    def results(seed: int) -> str:
        pair = [make_evaluation("a", seed=8), make_evaluation("b", seed=9)]
        return evalkit.compare(pair, seed=seed).to_json()

    assert results(0) == results(0)
    assert results(0) != results(1)


def test_json_carries_every_number_of_the_findings(make_evaluation: MakeEvaluation) -> None:
    """The file is plain JSON with a schema version and no NaN in it."""
    comparison = evalkit.compare([make_evaluation("a", seed=8), make_evaluation("b", seed=9)])
    plain = json.loads(comparison.to_json())
    assert plain["schema_version"] == 5
    assert len(plain["findings"]) == len(comparison.findings) > 3
    assert plain["models"][0]["counts"] == comparison.models[0].counts.tolist()


@pytest.mark.parametrize("n_models", [1, 2, 3, 4])
def test_tables_have_a_row_for_every_number(make_evaluation: MakeEvaluation, n_models: int) -> None:
    """One row per model and metric; a class, model and metric; a pair, metric and class."""
    comparison = evalkit.compare([make_evaluation(f"m{i}", seed=i) for i in range(n_models)])
    assert len(comparison.summary()) == n_models * len(comparison.models[0].overall)
    assert len(comparison.per_class()) == 3 * n_models * len(comparison.models[0].per_class)
    pairs = n_models * (n_models - 1) // 2
    assert len(comparison.pairs) == pairs
    if pairs:
        per_pair = len(comparison.pairs[0].overall) + 3 * len(comparison.pairs[0].per_class)
        assert len(comparison.differences()) == pairs * per_pair
    assert (comparison.omnibus is not None) == (n_models > 2)


def test_a_matrix_alone_can_be_compared() -> None:
    """Without samples the models are independent: wider intervals, no McNemar, and a note."""
    counts = np.array([[40, 10], [5, 45]])
    other = np.array([[45, 5], [10, 40]])
    evaluations = [
        evalkit.Evaluation("a", ConfusionMatrix(counts, classes=("no", "yes"))),
        evalkit.Evaluation("b", ConfusionMatrix(other, classes=("no", "yes"))),
    ]
    comparison = evalkit.compare(evaluations)
    pair = comparison.pairs[0]
    assert not pair.paired
    assert pair.mcnemar is None
    assert pair.overall["accuracy"].value == pytest.approx(0)
    assert "independent" in comparison.notes[0]


def test_one_class_only_is_not_an_error() -> None:
    """A test split with one class makes a comparison; what is undefined says why."""
    a = evalkit.evaluate(["cat"] * 5, ["cat"] * 5, classes=("cat", "dog"), name="a")
    comparison = evalkit.compare([a])
    dog = comparison.models[0].per_class["recall"][1]
    assert dog.value is None
    assert dog.undefined == "does not occur in the data"
    assert comparison.models[0].overall["recall_macro"].classes_covered == 1
    alone = evalkit.compare([evalkit.evaluate(["cat"] * 5, ["cat"] * 5, name="a")])
    assert alone.models[0].overall["accuracy"].value == 1


def test_weights_that_repeat_samples_give_the_repeated_values() -> None:
    """Integer weights are worth as many copies: in every value, though not in the intervals."""
    actual, predicted, weights = [0, 1, 1, 0], [0, 1, 0, 1], [3, 1, 2, 1]
    weighted = evalkit.compare([evalkit.evaluate(actual, predicted, sample_weight=weights)])
    repeated = evalkit.compare(
        [evalkit.evaluate(np.repeat(actual, weights), np.repeat(predicted, weights))]
    )
    for key, estimate in weighted.models[0].overall.items():
        assert estimate.value == pytest.approx(repeated.models[0].overall[key].value, abs=1e-12)


@pytest.mark.parametrize(
    "options", [{"betas": ()}, {"betas": (0.0,)}, {"confidence": 1.0}, {"margin": 2.0}]
)
def test_options_outside_their_range_are_refused(
    make_evaluation: MakeEvaluation, options: dict[str, float]
) -> None:
    """Each option says its range."""
    with pytest.raises(InputError):
        evalkit.compare([make_evaluation("a", seed=1)], **options)  # type: ignore[arg-type]


def test_saved_json_is_whole(make_evaluation: MakeEvaluation, tmp_path: Path) -> None:
    """The written file is the text that `to_json` gives."""
    comparison = evalkit.compare([make_evaluation("a", seed=1)])
    comparison.save_json(tmp_path / "results.json")
    assert (tmp_path / "results.json").read_text(encoding="utf-8") == comparison.to_json()


def test_a_margin_of_few_samples_has_a_note() -> None:
    """The score test of equivalence is inaccurate there."""
    actual = np.arange(500) % 2
    models = [evalkit.evaluate(actual, actual, name=name) for name in "ab"]
    notes = [evalkit.compare(models, margin=margin, replicates=20).notes for margin in (0.01, 0.03)]
    assert [len(each) for each in notes] == [1, 0]
    assert "5.0 samples" in notes[0][0]
