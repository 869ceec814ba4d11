"""One number for all classes: scikit-learn's, weighted or not, of labels and of indicators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import evalkit
from evalkit.errors import UndefinedMetricWarning

metrics = pytest.importorskip("sklearn.metrics")

PAIRS = {
    "accuracy": metrics.accuracy_score,
    "balanced_accuracy": metrics.balanced_accuracy_score,
    "cohen_kappa": metrics.cohen_kappa_score,
    "hamming_loss": metrics.hamming_loss,
    "matthews_corrcoef": metrics.matthews_corrcoef,
    "zero_one_loss": metrics.zero_one_loss,
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("n_classes", [2, 7])
def test_scikit_learns_number(name: str, n_classes: int, labels_of: Any) -> None:
    """With and without weights, of numbers and of names."""
    actual, predicted, weights = labels_of(n_classes=n_classes)
    names = np.array([f"class {k}" for k in range(n_classes)])
    mine = getattr(evalkit, name)
    for weight in (None, weights):
        expected = PAIRS[name](actual, predicted, sample_weight=weight)
        assert mine(actual, predicted, sample_weight=weight) == pytest.approx(expected, abs=1e-12)
        named = mine(names[actual], names[predicted], sample_weight=weight)
        assert named == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["accuracy", "hamming_loss", "zero_one_loss"])
def test_indicators(name: str) -> None:
    """Subset accuracy, and the share of wrong entries."""
    rng = np.random.default_rng(0)
    actual = rng.random((40, 3)) < 0.5
    predicted = actual ^ (rng.random((40, 3)) < 0.2)
    weights = rng.random(40)
    for weight in (None, weights):
        expected = PAIRS[name](actual, predicted, sample_weight=weight)
        found = getattr(evalkit, name)(actual, predicted, sample_weight=weight)
        assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
@pytest.mark.parametrize("labels", [None, [2, 0, 1], [1, 3]])
def test_kappa_of_chosen_labels(weights: Any, labels: Any, labels_of: Any) -> None:
    """Labels set the order that weights measure; other samples are left out."""
    actual, predicted, sample_weight = labels_of()
    options: dict[str, Any] = {"labels": labels, "weights": weights, "sample_weight": sample_weight}
    expected = metrics.cohen_kappa_score(actual, predicted, **options)
    assert evalkit.cohen_kappa(actual, predicted, **options) == pytest.approx(expected, abs=1e-12)


def test_kappa_of_many_classes_is_sparse() -> None:
    """Five thousand classes answer without a dense matrix."""
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 5000, (2, 3000))
    second[:1500] = first[:1500]
    expected = metrics.cohen_kappa_score(first, second)
    assert evalkit.cohen_kappa(first, second) == pytest.approx(expected, abs=1e-12)
    assert evalkit.cohen_kappa(first, second, weights="linear") > 0


def test_adjusted_balanced_accuracy(labels_of: Any) -> None:
    """Guessing scores 0."""
    actual, predicted, _ = labels_of()
    expected = metrics.balanced_accuracy_score(actual, predicted, adjusted=True)
    found = evalkit.balanced_accuracy(actual, predicted, adjusted=True)
    assert found == pytest.approx(expected, abs=1e-12)


def test_counts_of_right_and_wrong(labels_of: Any) -> None:
    """Not normalised, accuracy and zero-one loss are numbers of samples, or weights."""
    actual, predicted, weights = labels_of()
    right = actual == predicted
    assert evalkit.accuracy(actual, predicted, normalize=False) == right.sum()
    assert evalkit.zero_one_loss(actual, predicted, normalize=False) == (~right).sum()
    weighted = evalkit.accuracy(actual, predicted, normalize=False, sample_weight=weights)
    assert weighted == pytest.approx(weights[right].sum(), abs=1e-12)


def test_undefined_values_warn() -> None:
    """A class that is only predicted, one class only, and no weight at all."""
    with pytest.warns(UndefinedMetricWarning, match="1 of 2 classes are only predicted"):
        assert evalkit.balanced_accuracy([0, 0], [0, 1]) == 0.5
    with pytest.warns(UndefinedMetricWarning, match="Matthews"):
        assert evalkit.matthews_corrcoef([1, 1], [1, 1]) == 0.0
    with pytest.warns(UndefinedMetricWarning, match="Accuracy is undefined"):
        assert evalkit.accuracy([1, 1], [1, 1], sample_weight=[0, 0]) == 0.0
