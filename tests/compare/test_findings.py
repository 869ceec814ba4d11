"""Findings and verdicts quote class names, and show shares with the counts behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import evalkit
from evalkit import ConfusionMatrix
from evalkit.compare.evaluation import Evaluation

if TYPE_CHECKING:
    from evalkit import Comparison

CLASSES = ["cat", "dog", "emu"]
FIRST = [[45, 5, 0], [6, 30, 4], [0, 1, 9]]
SECOND = [[40, 8, 2], [2, 38, 0], [0, 0, 10]]


def comparison_of(*matrices: list[list[int]]) -> Comparison:
    """Return the comparison of models that are known by their matrices."""
    models = [
        Evaluation(name, ConfusionMatrix(np.array(matrix), classes=CLASSES))
        for name, matrix in zip("ab", matrices, strict=False)
    ]
    return evalkit.compare(models, replicates=100)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def finding(comparison: Comparison, kind: str) -> str:
    (found,) = (each for each in comparison.findings if each.kind == kind)
    return plain(found.text)


def test_recalls_have_their_counts() -> None:
    text = finding(comparison_of(FIRST, SECOND), "classes")
    assert 'a: recall is highest for "cat" (45 of 50, 90.0 %' in text
    assert 'lowest for "dog" (30 of 40, 75.0 %' in text
    assert 'b: recall is highest for "emu" (10 of 10, 100.0 %' in text
    assert 'lowest for "cat" (40 of 50, 80.0 %' in text


def test_the_most_frequent_error_is_a_cell_of_the_matrix() -> None:
    text = finding(comparison_of(FIRST, SECOND), "confusions")
    assert text == (
        'a: most frequent error is "dog" predicted as "cat" (6 of 40, 15.0 %). '
        'b: most frequent error is "cat" predicted as "dog" (8 of 50, 16.0 %).'
    )


def test_an_error_that_models_share_is_told_once() -> None:
    text = finding(comparison_of(FIRST, FIRST), "confusions")
    assert text == (
        'The most frequent error of both models is "dog" predicted as "cat": '
        "6 of 40 (15.0 %) in a; 6 of 40 (15.0 %) in b."
    )


def test_the_verdict_on_one_model_counts() -> None:
    verdict = comparison_of(FIRST).verdict
    assert plain(verdict.headline) == "a predicts 84 of 100 samples correctly (84.0 %)"
    assert 'highest for "cat" (45 of 50, 90.0 %) and lowest for "dog"' in plain(verdict.lede)


def test_equal_recalls_have_no_highest_and_lowest() -> None:
    verdict = comparison_of([[9, 1, 0], [0, 18, 2], [0, 1, 9]]).verdict
    assert "Recall is 90.0 % for each class with samples." in plain(verdict.lede)


def test_undefined_metrics_name_their_classes() -> None:
    text = finding(comparison_of([[9, 1, 0], [1, 9, 0], [0, 0, 0]]), "undefined")
    assert text.startswith('"emu" does not occur in the data, so its recall is undefined')
    assert 'a never predicts "emu", so its precision is undefined' in text


def test_weighted_shares_have_no_counts() -> None:
    labels = np.array(["cat", "dog", "emu"] * 20)
    predicted = np.where(np.arange(60) % 7 == 0, "cat", labels)
    weights = np.linspace(0.5, 2.0, 60)
    evaluation = evalkit.evaluate(labels, predicted, sample_weight=weights, name="a")
    comparison = evalkit.compare([evaluation], replicates=100)
    assert plain(comparison.verdict.headline).startswith("a: accuracy ")
    assert " of " not in finding(comparison, "confusions")
