"""A history follows each model by name and finds the change that was put in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import evalkit
from evalkit.compare.json import read_results
from evalkit.errors import EvalkitError, FileFormatError, InputError
from evalkit.history.changes import shared_blocks
from evalkit.history.entries import entries
from evalkit.history.sentences import change_sentences
from evalkit.history.series import read_history
from evalkit.history.terminal import history_table
from evalkit.metrics.quantities import Quantity
from evalkit.statistics import change_points_of_blocks

WriteRuns = Callable[..., list[Path]]


def test_a_change_is_found_in_the_model_that_changed(write_runs: WriteRuns) -> None:
    """Six runs: a goes from 80 to 90 per cent at the fourth, b stays."""
    right = [720, 722, 719, 810, 812, 809]
    history = read_history(
        write_runs([{"a": n, "b": 720} for n in right]), metrics=["accuracy", "f1_macro"]
    )
    changes = {
        (one.model, one.metric): [i for i, p in enumerate(one.points) if p.change]
        for one in history.series
    }
    assert changes == {
        ("a", "accuracy"): [3],
        ("b", "accuracy"): [],
        ("a", "f1_macro"): [3],
        ("b", "f1_macro"): [],
    }
    (told,) = change_sentences(history)
    assert told.replace("\N{NO-BREAK SPACE}", " ") == (
        "Accuracy of a rose from 80.0 to 90.0 % in run-03 (p < 0.001); also macro F1 from 80.0 to "
        "90.0 % (p < 0.001)"
    )
    text = str(history_table(history))
    assert text.count("◆ 90.0 [") == 2
    assert len({line.find("[") for line in text.splitlines() if line.startswith("run-0")}) == 1


def test_points_are_those_of_the_files(write_runs: WriteRuns) -> None:
    files = write_runs([{"a": 700}, {"a": 750}])
    history = read_history(files, metrics=["recall_macro"])
    for path, point in zip(files, history.series[0].points, strict=True):
        held = json.loads(path.read_text())["models"][0]["overall"]["recall_macro"]
        assert (point.estimate.value, point.estimate.low) == (held["value"], held["low"])


def test_one_model_a_file_is_one_series_whatever_its_name(write_runs: WriteRuns) -> None:
    history = read_history(write_runs([{"monday": 700}, {"tuesday": 700}]))
    assert history.models == ("model",)
    assert [p.estimate.value is None for p in history.series[0].points] == [False, False]


def test_a_model_that_is_not_in_every_run_has_gaps(write_runs: WriteRuns) -> None:
    runs = [{"a": 720, "b": 720}, {"a": 720, "c": 720}, {"a": 720, "b": 810}]
    history = read_history(write_runs(runs))
    assert history.models == ("a", "b", "c")
    b = history.series[1]
    assert [p.estimate.value is None for p in b.points] == [False, True, False]
    assert [p.change is not None for p in b.points] == [False, False, True]


def test_other_samples_are_told(write_runs: WriteRuns, tmp_path: Path) -> None:
    files = write_runs([{"a": 720}, {"a": 720}])
    plain = json.loads(files[1].read_text())
    plain["samples"]["fingerprint"] = "other"
    files[1].write_text(json.dumps(plain))
    assert "run-01 was evaluated on other samples than run-00" in read_history(files).notes[0]


def test_what_is_no_history_is_refused(write_runs: WriteRuns, tmp_path: Path) -> None:
    files = write_runs([{"a": 720}])
    with pytest.raises(InputError, match="at least one"):
        read_history([])
    (tmp_path / "other").mkdir()
    plain = json.loads(files[0].read_text())
    plain["settings"]["confidence"] = 0.9
    other = tmp_path / "other" / "x.json"
    other.write_text(json.dumps(plain))
    with pytest.raises(InputError, match=r"confidence levels of the files differ: 0.9, 0.95"):
        read_history([*files, other])
    del plain["models"][0]["overall"]["accuracy"]["value"]
    other.write_text(json.dumps(plain))
    with pytest.raises(FileFormatError, match="damaged"):
        read_history([other])
    with pytest.raises(EvalkitError, match="nowhere"):
        read_history([tmp_path / "nowhere.json"])


def test_metrics_that_show_one_change_are_one(write_runs: WriteRuns) -> None:
    """Every step is in one change, and a change has a metric once."""
    right = [720, 722, 719, 810, 812, 809, 899, 899, 899, 899]
    names = ["accuracy", "f1_macro", "recall[2]"]
    history = read_history(write_runs([{"a": n, "b": 720} for n in right]), metrics=names)
    steps = [
        (one.model, one.metric, i)
        for one in history.series
        for i, point in enumerate(one.points)
        if point.change is not None
    ]
    grouped = [(c.model, step.metric, step.run) for c in history.changes for step in c.steps]
    assert sorted(grouped) == sorted(steps)
    assert [change.run for change in history.changes] == [3, 6]
    for change in history.changes:
        metrics = [step.metric for step in change.steps]
        assert len(set(metrics)) == len(metrics)


@pytest.fixture
def scored(tmp_path: Path) -> tuple[evalkit.Comparison, Path]:
    """Two models with probabilities and costs, and the file of their results."""
    rng = np.random.default_rng(5)
    actual = rng.integers(0, 3, 400)
    evaluations = []
    for name in "ab":
        scores = rng.random((400, 3)) + 0.8 * np.eye(3)[actual]
        scores /= scores.sum(axis=1, keepdims=True)
        evaluations.append(
            evalkit.evaluate(
                actual, y_proba=scores, classes={0: "cat", 1: "fire truck", 2: "dog"}, name=name
            )
        )
    costs = [[0, 1, 2], [3, 0, 1], [1, 1, 0]]
    comparison = evalkit.compare(
        evaluations, replicates=300, costs=costs, metric="balanced_accuracy"
    )
    comparison.save_json(tmp_path / "scored.json")
    return comparison, tmp_path / "scored.json"


def test_every_metric_of_a_file_is_followed(scored: tuple[evalkit.Comparison, Path]) -> None:
    """By the names of gate rules; the numbers are those of the records."""
    comparison, path = scored
    model = comparison.models[1]
    assert model.probability is not None
    assert comparison.costs is not None
    held = {
        "accuracy": model.overall["accuracy"],
        "f1_macro": model.overall["f_beta_macro[1]"],
        "f_beta_macro[0.1]": model.overall["f_beta_macro[0.1]"],
        'recall["fire truck"]': model.per_class["recall"][1],
        "f1[cat]": model.per_class["f_beta[1]"][0],
        "log_loss": model.probability.overall["log_loss"],
        "roc_auc[dog]": model.probability.auc[2],
        "roc_auc_macro": model.probability.overall["roc_auc"],
        "average_precision[dog]": model.probability.average_precision[2],
        "expected_cost": comparison.costs.models[1].expected,
        "balanced_accuracy": comparison.primary.models[1],
    }
    history = read_history([path], metrics=list(held))
    found = {one.metric: one.points[0].estimate for one in history.series if one.model == "b"}
    assert list(found.values()) == list(held.values())


def test_a_metric_of_counts_is_computed_from_the_file(write_runs: WriteRuns) -> None:
    """The value is the metric of the confusion matrix, and the interval is that of the report."""
    (path,) = write_runs([{"a": 700}])
    history = read_history([path], metrics=["balanced_accuracy", "specificity[1]"])
    balanced, specificity = (one.points[0].estimate for one in history.series)
    actual = np.arange(900) % 3
    predicted = np.where(np.arange(900) < 700, actual, (actual + 1) % 3)
    evaluation = evalkit.evaluate(actual, predicted, classes=(0, 1, 2), name="a")
    same = evalkit.compare([evaluation], replicates=200, metric="balanced_accuracy")
    assert balanced == same.primary.models[0]
    assert specificity.value == evaluation.confusion_matrix.specificity()[1]
    assert specificity.method == "Wilson"


def test_the_primary_metric_of_the_newest_file_is_the_default(
    scored: tuple[evalkit.Comparison, Path],
) -> None:
    assert read_history([scored[1]]).metrics == ("balanced_accuracy",)


def test_a_star_is_one_series_per_class(scored: tuple[evalkit.Comparison, Path]) -> None:
    history = read_history([scored[1]], metrics=["recall[*]", "recall[cat]"])
    assert history.metrics == ("recall[cat]", 'recall["fire truck"]', "recall[dog]")


def test_a_star_of_many_classes_is_refused(tmp_path: Path) -> None:
    """Each would be a series with tests of its own."""
    labels = np.arange(62) % 31
    evaluation = evalkit.evaluate(labels, labels, name="a")
    evalkit.compare([evaluation], replicates=20).save_json(tmp_path / "many.json")
    with pytest.raises(InputError, match=r"stands for 31 classes, the limit is 30"):
        read_history([tmp_path / "many.json"], metrics=["recall[*]"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("acuracy", "did you mean accuracy?"),
        ("recall", "one value per class"),
        ("recall[bird]", 'None of the files has a class "bird": available: 0, 1, 2'),
        ("log_loss", "None of the files has log_loss"),
        ("expected_cost", "None of the files has expected_cost"),
        ("top_k_accuracy", "None of the files has top_k_accuracy"),
        ("accuracy > 0.5", "expected the end of the name"),
        ("drop(accuracy)", "Unknown metric drop"),
    ],
)
def test_a_metric_that_no_file_has_is_refused_in_one_line(
    write_runs: WriteRuns, name: str, said: str
) -> None:
    """The line names what the files hold, where the class is not the problem."""
    files = write_runs([{"a": 720}])
    with pytest.raises(InputError) as refused:
        read_history(files, metrics=[name])
    text = str(refused.value)
    assert said in text
    assert "\n" not in text
    assert "bird" in name or "The files hold accuracy, balanced_accuracy" in text


def test_groups_of_seeds_are_followed_by_their_means(tmp_path: Path) -> None:
    """A metric that the group holds has its interval; another one is a mean that is not tested."""
    actual = np.arange(600) % 3
    files = []
    for run, right in enumerate([(480, 486), (480, 486), (540, 546)]):
        evaluations = [
            evalkit.evaluate(
                actual,
                np.where(np.arange(600) < n, actual, (actual + 1) % 3),
                classes=(0, 1, 2),
                name=f"seed {i}",
                group="network",
            )
            for i, n in enumerate(right)
        ]
        files.append(tmp_path / f"{run}.json")
        evalkit.compare(evaluations, replicates=200).save_json(files[-1])
    history = read_history(files, metrics=["accuracy", "recall[1]"])
    accuracy, recall = history.series
    assert history.models == ("network",)
    held = read_results(files[2]).groups[0].metrics["accuracy"].mean
    assert accuracy.points[2].estimate == held
    expected = np.mean([m.per_class["recall"][1].value for m in read_results(files[2]).models])
    assert recall.points[2].estimate.value == pytest.approx(expected)
    assert recall.points[2].estimate.low is None
    assert (accuracy.is_tested, recall.is_tested) == (True, False)
    text = str(history_table(history))
    assert "network is a mean over runs with different seeds." in text
    assert 'Recall of "1" is not tested where it has no interval.' in text
    assert "recall" not in text.splitlines()[0]


def test_a_large_change_of_few_errors_is_found_on_the_same_samples(write_runs: WriteRuns) -> None:
    """Blocks alone miss it at every look; the counts, with half of α, do not."""
    files = write_runs([{"a": 899}] * 8 + [{"a": 893}] * 8)
    (series,) = read_history(files, metrics=["accuracy"]).series
    (change,) = [i for i, point in enumerate(series.points) if point.change is not None]
    assert change == 8
    runs = [entries(read_results(path))[0] for path in files]
    blocks = shared_blocks(Quantity("accuracy"), runs)
    assert blocks is not None
    assert change_points_of_blocks(blocks, sequential=True) == ()
