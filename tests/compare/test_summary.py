"""The metrics of the summary, the primary metric, and the baseline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import average_precision_score, balanced_accuracy_score, log_loss

import evalkit
from evalkit.cli import main
from evalkit.compare.baseline import counted_gap
from evalkit.compare.summary import (
    Question,
    baseline_value,
    name_of,
    named_question,
    positive_class,
)
from evalkit.counts.counts import Counts
from evalkit.errors import InputError, InputTypeError
from evalkit.statistics.estimates import ModelEstimator, PairEstimator

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison

FEW: Any = {"replicates": 200}
N = 1_000


def fraud(name: str, seed: int, recall: float, alarms: float, **known: Any) -> evalkit.Evaluation:
    """Of 1,000 samples 50 are of the class "fraud"."""
    rng = np.random.default_rng(seed)
    actual = np.arange(N) < 50
    score = np.where(rng.random(N) < np.where(actual, recall, alarms), 0.9, 0.1)
    score = np.clip(score + rng.normal(0, 0.04, N), 0.01, 0.99)
    return evalkit.evaluate(
        np.where(actual, "fraud", "ok"),
        y_proba=np.stack([score, 1 - score], axis=1),
        classes=["fraud", "ok"],
        name=name,
        **known,
    )


def pair(**options: Any) -> Comparison:
    return evalkit.compare(
        [fraud("low", 1, 0.2, 0.003), fraud("high", 2, 0.9, 0.04)], **FEW, **options
    )


def asked(comparison: Comparison) -> list[tuple[str, int | None]]:
    return [(each.metric, each.of_class) for each in comparison.summary_metrics]


def test_of_two_classes_the_rarer_is_positive() -> None:
    comparison = pair()
    assert comparison.positive == 0
    assert asked(comparison) == [
        ("accuracy", None),
        ("recall", 0),
        ("precision", 0),
        ("f1", 0),
        ("average_precision", 0),
        ("matthews_corrcoef", None),
    ]
    assert positive_class(("a", "b"), (5, 5), None) == 1
    assert positive_class(("a", "b"), (0, 5), None) == 1
    assert positive_class(("a", "b", "c"), (1, 2, 3), None) is None
    assert positive_class(("a", "b", "c"), (1, 2, 3), "c") == 2
    assert asked(pair(positive="ok"))[1] == ("recall", 1)


def test_estimates_are_those_of_the_statistics() -> None:
    """One question has one answer, whoever asks it."""
    comparison = pair(metric="balanced_accuracy", betas=(0.5,))
    counts = comparison.counts
    assert counts is not None
    by_pair = PairEstimator(counts, replicates=200)
    for each in comparison.summary_metrics:
        name, k = Question(each.metric, each.of_class).by_counts, each.of_class or 0
        if name is None:
            continue
        for i, estimate in enumerate(each.models):
            known = evalkit.statistics.estimate(counts.alone(i), name, replicates=200)
            assert estimate == (known[k] if isinstance(known, tuple) else known)
        gap = by_pair.differences(name, 0.95)[k]
        assert (each.pairs[0].value, each.pairs[0].low, each.pairs[0].p_value) == (
            gap.value,
            gap.low,
            gap.p_value,
        )
    rows = counts.samples
    assert rows is not None
    for i, model in enumerate(rows.models):
        expected = balanced_accuracy_score(rows.actual, model.predicted)
        assert comparison.primary.models[i].value == pytest.approx(expected, abs=1e-12)
        area = next(e for e in comparison.summary_metrics if e.metric == "average_precision")
        assert model.probabilities is not None
        expected = average_precision_score(rows.actual == 0, model.probabilities[:, 0])
        assert area.models[i].value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("metric", "best"),
    [
        ("accuracy", 0),
        ("recall[fraud]", 1),
        ("precision[fraud]", 0),
        ("f_beta[2.0][fraud]", 1),
        ("specificity[fraud]", 0),
        ("log_loss", 1),
        ("average_precision[fraud]", 1),
        ("roc_auc[fraud]", 1),
    ],
)
def test_the_primary_metric_ranks_the_models(metric: str, best: int) -> None:
    comparison = pair(metric=metric)
    assert comparison.settings.metric == metric
    better = comparison.primary.higher_is_better
    values = [each.value or 0.0 for each in comparison.primary.models]
    assert comparison.ranking[0] == int(np.argmax(values) if better else np.argmin(values))
    gap = comparison.primary.pairs[0]
    said = comparison.verdict.headline
    assert said.startswith("No significant difference in ") == (not gap.significant)
    if gap.significant:
        assert comparison.ranking[0] == best
        assert said.startswith(f"{'low' if best == 0 else 'high'} has the ")
        assert comparison.verdict.leader == comparison.ranking[0]
    assert type(comparison).from_dict(comparison.to_dict()) == comparison


def test_the_headline_names_the_trade_off() -> None:
    """The model with the higher accuracy finds fewer of the positive class."""
    models = [fraud("low", 1, 0.2, 0.003), fraud("high", 2, 0.9, 0.1)]
    headline = evalkit.compare(models, **FEW).verdict.headline
    assert headline.startswith("low has the higher accuracy, ")
    assert 'high has the higher recall of "fraud", ' in headline


def test_small_differences_are_not_zero() -> None:
    """Values that differ have as many decimals as tell them apart."""
    n = 100_000
    actual = np.arange(n) % 2
    wrong = [np.arange(n) < 30, np.arange(n) < 0]
    models = [
        evalkit.evaluate(actual, np.where(each, 1 - actual, actual), name=name)
        for each, name in zip(wrong, "ab", strict=True)
    ]
    verdict = evalkit.compare(models, **FEW).verdict
    assert verdict.headline.replace("\N{NO-BREAK SPACE}", " ").startswith(
        "b has the higher accuracy, 100.00 % against 99.97 %"
    )
    assert "b − a: +0.03 points" in verdict.lede


def test_costs_are_primary_where_they_are_given() -> None:
    costs = [[0.0, 30.0], [1.0, 0.0]]
    comparison = pair(costs=costs)
    assert comparison.primary.metric == "expected_cost"
    assert comparison.verdict.headline.startswith("high has the lower expected cost, ")
    assert comparison.primary.pairs == comparison.costs.pairs  # type: ignore[union-attr]
    # Always "fraud" costs 0.95 per sample, always "ok" 1.5.
    assert comparison.baseline is not None
    assert comparison.baseline.of_class == 0
    assert comparison.primary.baseline == pytest.approx(0.95)
    assert pair(costs=costs, metric="accuracy").primary.metric == "accuracy"


def test_a_constant_model_is_the_baseline() -> None:
    """Its gap is 0 and its p-value 1; the lede says that it is not better."""
    actual = np.where(np.arange(N) < 50, "fraud", "ok")
    constant = evalkit.evaluate(actual, np.full(N, "ok"), classes=["fraud", "ok"], name="constant")
    comparison = evalkit.compare([constant, fraud("high", 2, 0.9, 0.001)], **FEW)
    assert comparison.baseline is not None
    gap = comparison.baseline.gaps[0]
    assert (gap.value, gap.p_value, gap.significant) == (0.0, 1.0, False)
    assert comparison.baseline.gaps[1].significant
    assert (
        'constant is not significantly better than always predicting "ok"'
        in comparison.verdict.lede
    )


def test_the_gap_of_accuracy_is_exact() -> None:
    """From the matrix alone it is SciPy's test of the samples that only one has right."""
    matrix = evalkit.ConfusionMatrix(np.array([[30, 8, 2], [5, 20, 3], [1, 4, 7]]))
    counts = Counts.of_matrix(matrix)
    found = counted_gap(Question("accuracy"), ModelEstimator(counts), counts, 0, 0.95)
    assert found is not None
    assert found.value == pytest.approx((57 - 40) / 80)
    assert found.p_value == pytest.approx(binomtest(27, 37).pvalue, rel=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_other_gaps_follow_the_replicates(*, weighted: bool) -> None:
    """They agree with a comparison with a constant model, but for its draws."""
    rng = np.random.default_rng(4)
    weights = {"sample_weight": rng.integers(1, 4, N).astype(float)} if weighted else {}
    model = fraud("m", 3, 0.6, 0.02, **weights)
    counts = model.counts
    found = counted_gap(
        Question("f1_macro"), ModelEstimator(counts, replicates=4_000), counts, 1, 0.95
    )
    beside = counts.beside_constant(1)
    assert found is not None
    assert beside is not None
    estimator = PairEstimator(beside, replicates=4_000)
    (other,) = estimator.differences("f1_macro", 0.95)
    assert found.value == pytest.approx(other.value, abs=1e-12)
    assert found.low == pytest.approx(other.low, abs=0.01)
    assert found.high == pytest.approx(other.high, abs=0.01)


def test_values_of_the_baseline() -> None:
    """They are those of scikit-learn for a constant and for the class frequencies."""
    support = (10.0, 60.0, 30.0)
    actual = np.repeat([0, 1, 2], [10, 60, 30])
    shares = np.tile([0.1, 0.6, 0.3], (100, 1))
    assert baseline_value(Question("accuracy"), support, None) == 0.6
    assert baseline_value(Question("recall_macro"), support, None) == pytest.approx(1 / 3)
    assert baseline_value(Question("recall", 1), support, None) == 1.0
    assert baseline_value(Question("precision", 0), support, None) is None
    assert baseline_value(Question("log_loss"), support, None) == pytest.approx(
        log_loss(actual, shares), abs=1e-12
    )
    assert baseline_value(Question("average_precision", 2), support, None) == pytest.approx(0.3)
    assert baseline_value(Question("brier_score"), support, None) == pytest.approx(
        float(np.mean(np.square(np.eye(3)[actual] - shares).sum(axis=1)))
    )


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("nonsense", "Unknown metric nonsense"),
        ("recall", r"recall has one value per class. Name a class \(recall\[cat\]\)"),
        ("recall[spam]", r'Unknown class "spam" in the metric recall\[spam\]: available: '),
        ("accuracy[fraud]", "accuracy has one value for all classes. Remove the class"),
        ("expected_cost", "expected_cost needs costs"),
        ("hamming_loss", "several labels"),
        ("roc_auc_macro", "has no paired test"),
        ("top_k_accuracy", "has no paired test"),
    ],
)
def test_a_metric_that_cannot_be_primary_is_refused(metric: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        pair(metric=metric)


def test_a_metric_is_a_name() -> None:
    with pytest.raises(InputTypeError, match="metric is int, expected the name of a metric"):
        pair(metric=3)


def test_probabilities_must_be_known() -> None:
    models = [evalkit.evaluate([0, 1, 1], [0, 1, 0], name=name) for name in "ab"]
    with pytest.raises(InputError, match="log_loss needs probabilities, and a has none"):
        evalkit.compare(models, metric="log_loss")
    runs = [fraud(f"r{i}", i, 0.5, 0.1, group="ab"[i % 2]) for i in range(4)]
    with pytest.raises(InputError, match="not known over the runs of a group"):
        evalkit.compare(runs, metric="log_loss", **FEW)


def test_names_of_classes_are_read() -> None:
    classes = ("a]b", 'c"d', "x")
    for k, each in enumerate(classes):
        name = name_of(Question("recall", k), classes)
        assert named_question(name, classes) == Question("recall", k), each
    assert named_question('recall["x"]', classes) == Question("recall", 2)
    assert named_question("f_beta[0.5][x]", classes) == Question("f_beta[0.5]", 2)
    assert named_question("f_beta[0.5]_macro", classes) == Question("f_beta[0.5]_macro")
    # Only the first bracket of F-β holds a number that is no class.
    digits = ("0", "1", "10")
    assert named_question("recall[10]", digits) == Question("recall", 2)
    assert named_question("f_beta[2][1]", digits) == Question("f_beta[2.0]", 1)


def test_groups_are_compared_in_the_primary_metric() -> None:
    runs = [fraud(f"r{i}", i, 0.4 + 0.4 * (i % 2), 0.1, group="ab"[i % 2]) for i in range(6)]
    comparison = evalkit.compare(runs, metric="recall[fraud]", **FEW)
    primary = comparison.primary
    for group, mean in zip(comparison.groups, primary.groups, strict=True):
        values = [primary.models[i].value or 0.0 for i in group.runs]
        assert mean.value == pytest.approx(np.mean(values))
    assert comparison.group_ranking == (1, 0)
    assert comparison.verdict.headline.startswith('b has the higher mean recall of "fraud" over 3')


def test_the_command_takes_the_metric(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the option, else from the settings file; the settings file is checked."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{i},{'fraud' if i < 9 else 'ok'},ok\n" for i in range(90))
    Path("a.csv").write_text("id,y_true,y_pred\n" + rows)
    Path("evalkit.toml").write_text('[report]\nmetric = "recall[fraud]"\n')
    main(["report", "a.csv", "--json", "r.json"])
    assert json.loads(Path("r.json").read_text())["settings"]["metric"] == "recall[fraud]"
    main(["report", "a.csv", "--json", "r.json", "--metric", "f1_macro"])
    assert json.loads(Path("r.json").read_text())["settings"]["metric"] == "f1_macro"
    Path("evalkit.toml").write_text("[report]\nmetrics = 1\n")
    with pytest.raises(SystemExit):
        main(["report", "a.csv"])
    assert "Unknown setting metrics in evalkit.toml" in capsys.readouterr().err
    Path("evalkit.toml").write_text('[report]\nmetric = "f1_marco"\n')
    with pytest.raises(SystemExit):
        main(["report", "a.csv"])
    assert "Invalid metric in evalkit.toml: Unknown metric f1_marco" in capsys.readouterr().err
