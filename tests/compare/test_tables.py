"""Evaluations and comparisons as tables: the numbers of the metrics, in every form."""

from __future__ import annotations

import json
from collections.abc import Callable
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import evalkit
from evalkit.compare.evaluation import Evaluation

MakeEvaluation = Callable[..., Evaluation]


def test_a_frame_has_the_metrics_of_each_class(make_evaluation: MakeEvaluation) -> None:
    evaluation = make_evaluation("a", seed=1)
    frame = evaluation.to_frame()
    matrix = evaluation.confusion_matrix
    assert frame["class"].tolist() == list(evaluation.classes)
    assert frame["recall"].to_numpy() == pytest.approx(matrix.recall())
    assert frame["precision"].to_numpy() == pytest.approx(matrix.precision())
    assert frame["f1"].to_numpy() == pytest.approx(matrix.f1())
    low, high = evalkit.statistics.proportion_interval(
        matrix.counts.diagonal(), matrix.counts.sum(axis=1)
    )
    assert frame["recall_low"].to_numpy() == pytest.approx(low)
    assert frame["recall_high"].to_numpy() == pytest.approx(high)


def test_plain_values_are_json(make_evaluation: MakeEvaluation) -> None:
    plain = make_evaluation("a", seed=1).to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["accuracy"] == pytest.approx(np.trace(plain["counts"]) / np.sum(plain["counts"]))


def test_undefined_and_weighted_numbers_are_said_to_be_missing() -> None:
    evaluation = evalkit.evaluate([0, 1], [0, 0], classes=(0, 1, 2), sample_weight=[1.0, 2.0])
    records = evaluation.to_dict()["per_class"]
    assert records[1]["precision"] is None
    assert records[2]["recall"] is None
    assert records[0]["recall"] == 1
    assert records[0]["recall_low"] is None
    assert "n/a" in str(evaluation)


def test_every_form_has_a_row_a_class(make_evaluation: MakeEvaluation) -> None:
    evaluation = make_evaluation("<i>a</i>", seed=1)
    rows = ET.fromstring(evaluation._repr_html_()).findall("table[2]/tbody/tr")
    assert [row[0].findtext("bdi") for row in rows] == list(evaluation.classes)
    assert "<i>" not in evaluation._repr_html_()
    assert len(evaluation.to_markdown().splitlines()) == 5
    assert evaluation.to_latex().count(r" \\") == 4
    assert len(str(evaluation).splitlines()) == 5


def test_a_notebook_shows_the_metrics_of_the_comparison() -> None:
    """Overall metrics with the intervals that the report has of the same samples and seed."""
    rng = np.random.default_rng(4)
    actual = rng.integers(0, 4, 300)
    scores = rng.random((300, 4)) + np.eye(4)[actual]
    evaluation = evalkit.evaluate(actual, y_proba=scores / scores.sum(axis=1, keepdims=True))
    model = evalkit.compare([evaluation]).models[0]
    assert model.probability is not None
    held = [
        *(model.overall[key] for key in ("accuracy", "precision_macro", "recall_macro")),
        model.overall["f_beta_macro[1]"],
        model.overall["matthews_corrcoef"],
        model.probability.overall["log_loss"],
        model.probability.overall["roc_auc"],
    ]
    rows = ET.fromstring(evaluation._repr_html_()).findall("table[1]/tbody/tr")
    assert len(rows) == len(held)
    for row, estimate in zip(rows, held, strict=True):
        label, value, interval = ("".join(cell.itertext()) for cell in row)
        scale, digits = (100, 1) if label.endswith("%") else (1, 3)
        expected = [f"{scale * (x or 0):.{digits}f}" for x in (estimate.low, estimate.high)]
        assert value == f"{scale * (estimate.value or 0):.{digits}f}", label
        assert interval.split("–") == expected, label


def test_a_notebook_shows_the_worst_of_many_classes() -> None:
    rng = np.random.default_rng(4)
    actual = np.repeat(np.arange(50), 40)
    predicted = np.where(rng.random(2000) < 0.8, actual, rng.integers(0, 50, 2000))
    evaluation = evalkit.evaluate(actual, predicted)
    view = evaluation._repr_html_()
    rows = ET.fromstring(view).findall("table[2]/tbody/tr")
    worst = np.argsort(evaluation.confusion_matrix.f1(), kind="stable")[: len(rows)]
    assert [int(row[0].findtext("bdi") or "") for row in rows] == worst.tolist()
    assert "10 of 50 classes" in view


def test_a_comparison_has_a_row_a_model(make_evaluation: MakeEvaluation) -> None:
    pair = [make_evaluation("a_1", seed=1), make_evaluation("b", seed=2)]
    comparison = evalkit.compare(pair, replicates=50)
    assert comparison.to_frame().equals(comparison.summary())
    assert comparison.to_markdown().splitlines()[2].startswith(r"| a\_1 | ")
    assert r"a\_1 & " in comparison.to_latex()
    value = comparison.models[0].overall["accuracy"].value
    assert value is not None
    assert f"| {100 * value:.1f} " in comparison.to_markdown().splitlines()[2]
    assert str(comparison).startswith(comparison.verdict.headline.split("\N{NO-BREAK SPACE}")[0])
