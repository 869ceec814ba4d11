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
    rows = ET.fromstring(evaluation._repr_html_()).findall("tbody/tr")
    assert [row[0].text for row in rows] == list(evaluation.classes)
    assert "<i>" not in evaluation._repr_html_()
    assert len(evaluation.to_markdown().splitlines()) == 5
    assert evaluation.to_latex().count(r" \\") == 4
    assert len(str(evaluation).splitlines()) == 5


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
