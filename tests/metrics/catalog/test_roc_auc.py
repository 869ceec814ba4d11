"""ROC AUC: pairs in order, scikit-learn's number, however many ties, classes and weights."""

from __future__ import annotations

import warnings
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import evalkit
from evalkit.errors import UndefinedMetricWarning

metrics = pytest.importorskip("sklearn.metrics")


@given(st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=2, max_size=50))
def test_share_of_pairs_in_order(drawn: list[tuple[bool, int]]) -> None:
    """By definition: positives above negatives, ties half."""
    positives = [score for is_positive, score in drawn if is_positive]
    negatives = [score for is_positive, score in drawn if not is_positive]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        found = evalkit.roc_auc([pair[0] for pair in drawn], [pair[1] for pair in drawn])
    if not positives or not negatives:
        assert np.isnan(found)
        return
    pairs = [(p > q) + (p == q) / 2 for p, q in product(positives, negatives)]
    assert found == pytest.approx(np.mean(pairs), abs=1e-14)


@pytest.mark.parametrize("decimals", [0, 1, 8])
@pytest.mark.parametrize("max_fpr", [None, 0.05, 0.5, 1.0])
def test_two_classes(decimals: int, max_fpr: float | None, scores_of: Any) -> None:
    """Whole or partial, weighted or not, with few ties and many."""
    positive, scores, weights = scores_of(decimals=decimals)
    weights[:50] = 0
    for weight in (None, weights):
        options: dict[str, Any] = {"sample_weight": weight, "max_fpr": max_fpr}
        expected = metrics.roc_auc_score(positive, scores, **options)
        assert evalkit.roc_auc(positive, scores, **options) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("average", ["micro", "macro", "weighted", None])
def test_one_against_the_rest(average: Any, probabilities_of: Any) -> None:
    """Every average, weighted or not, of numbers and of names."""
    actual, probabilities, weights = probabilities_of()
    names = np.array(["ant", "bird", "cat", "dog"])[actual]
    for weight in (None, weights):
        expected = metrics.roc_auc_score(
            actual, probabilities, average=average, multi_class="ovr", sample_weight=weight
        )
        for labels in (actual, names):
            found = evalkit.roc_auc(labels, probabilities, average=average, sample_weight=weight)
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_pairs_of_classes(average: Any, probabilities_of: Any) -> None:
    """Hand and Till's average, and its weighted form."""
    actual, probabilities, _ = probabilities_of()
    options: dict[str, Any] = {"average": average, "multi_class": "ovo"}
    expected = metrics.roc_auc_score(actual, probabilities, **options)
    assert evalkit.roc_auc(actual, probabilities, **options) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("average", ["micro", "macro", "weighted", "samples", None])
def test_indicators(average: Any) -> None:
    """Several labels a sample."""
    rng = np.random.default_rng(0)
    actual, scores, weights = rng.random((40, 5)) < 0.5, rng.random((40, 5)), rng.random(40)
    actual[:, 0], actual[0, 1:] = np.arange(40) % 2 == 0, False
    for row in actual:
        row[1] = not row[2:].any() and not row[0]  # every row has both kinds
        row[2] &= not row[[0, 1, 3, 4]].all()
    for weight in (None, weights):
        expected = metrics.roc_auc_score(actual, scores, average=average, sample_weight=weight)
        found = evalkit.roc_auc(actual, scores, average=average, sample_weight=weight)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_two_columns_are_two_classes() -> None:
    """What predict_proba returns can be passed as it is."""
    scores = np.array([0.1, 0.4, 0.35, 0.8])
    both = np.stack([1 - scores, scores], axis=1)
    assert evalkit.roc_auc(["no", "no", "yes", "yes"], both) == 0.75


def test_declared_order_of_columns(probabilities_of: Any) -> None:
    """Columns in another order than sorted are named by labels."""
    actual, probabilities, _ = probabilities_of()
    order = [2, 0, 3, 1]
    found = evalkit.roc_auc(actual, probabilities[:, order], labels=order, average=None)
    assert found == pytest.approx(evalkit.roc_auc(actual, probabilities, average=None)[order])


def test_one_class_is_undefined() -> None:
    """NaN and a warning: there is no pair to compare."""
    with pytest.warns(UndefinedMetricWarning, match="without positive or without negative"):
        assert np.isnan(evalkit.roc_auc([1, 1], [0.2, 0.3]))


@pytest.mark.parametrize(
    ("y_true", "y_score", "options", "message"),
    [
        ([0, 1], [0.1], {}, r"shape \(2,\)"),
        ([0, 1], [0.1, np.nan], {}, "not finite: y_score holds nan in row 1"),
        ([0, 1], ["a", "b"], {}, "not numbers: y_score"),
        ([0, 1], [0.1, 0.2], {"max_fpr": 0}, r"Use a number in \(0, 1\]"),
        ([0, 1], [0.1, 0.2], {"sample_weight": [0, 0]}, "All weights are zero"),
        ([0, 1, 2], [0.1, 0.2, 0.3], {}, "one column per class"),
        ([0, 1, 2], np.eye(3) * 2, {}, "do not sum to 1: y_score sums to 2 in row 0"),
        ([0, 1, 2], np.eye(3), {"multi_class": "raise"}, "got 'raise'"),
        ([0, 1, 2], np.eye(3), {"max_fpr": 0.5}, "two classes"),
        ([0, 1, 2], np.eye(3), {"labels": [0, 1]}, "3 columns for 2 classes"),
        ([0, 1, 2], np.eye(3), {"labels": [0, 1, 3]}, "holds 2 in row 2"),
        ([0, 1, 2], np.eye(3), {"multi_class": "ovo", "average": None}, "'macro' or 'weighted'"),
        ([0, 1, 2], np.eye(3), {"multi_class": "ovo", "sample_weight": [1, 1, 1]}, "Use .*'ovr'"),
        ([0, 1, 2], np.eye(3), {"average": "samples"}, "one label per sample"),
        ([[0, 1]], [[0.1, 0.2, 0.3]], {}, "Shapes differ"),
    ],
)
def test_what_does_not_fit_is_refused(
    y_true: Any, y_score: Any, options: Any, message: str
) -> None:
    """One line says what was expected and what came."""
    with pytest.raises(evalkit.EvalkitError, match=message) as caught:
        evalkit.roc_auc(y_true, y_score, **options)
    assert "\n" not in str(caught.value)
