"""Log loss, Brier score and top-k accuracy: scikit-learn's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import evalkit
from evalkit.errors import UndefinedMetricWarning

metrics = pytest.importorskip("sklearn.metrics")

PAIRS = {
    "log_loss": metrics.log_loss,
    "brier_score": metrics.brier_score_loss,
    "top_k_accuracy": metrics.top_k_accuracy_score,
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_scikit_learns_number(name: str, dtype: str, probabilities_of: Any) -> None:
    """Weighted or not, with labels declared or not."""
    actual, probabilities, weights = probabilities_of()
    probabilities = probabilities.astype(dtype)
    for weight in (None, weights):
        for labels in (None, range(4)):
            options: dict[str, Any] = {"sample_weight": weight, "labels": labels and list(labels)}
            expected = PAIRS[name](actual, probabilities, **options)
            found = getattr(evalkit, name)(actual, probabilities, **options)
            assert found == pytest.approx(expected, abs=1e-12 if dtype == "f8" else 1e-6)


@pytest.mark.parametrize("name", ["log_loss", "brier_score"])
def test_two_classes(name: str, probabilities_of: Any) -> None:
    """One column, two columns and one-hot targets say the same."""
    actual, probabilities, weights = probabilities_of(n_classes=2)
    one_hot = np.stack([1 - actual, actual], axis=1)
    for weight in (None, weights):
        expected = PAIRS[name](actual, probabilities, sample_weight=weight)
        metric = getattr(evalkit, name)
        for target, given in [
            (actual, probabilities),
            (actual, probabilities[:, 1]),
            (one_hot, probabilities),
        ]:
            found = metric(target, given, sample_weight=weight)
            assert found == pytest.approx(expected, abs=1e-12)


def test_sums_instead_of_means(probabilities_of: Any) -> None:
    """Not normalised, a loss is summed over samples or weights."""
    actual, probabilities, weights = probabilities_of()
    for weight in (None, weights):
        options: dict[str, Any] = {"sample_weight": weight, "normalize": False}
        expected = metrics.log_loss(actual, probabilities, **options)
        assert evalkit.log_loss(actual, probabilities, **options) == pytest.approx(expected)
        expected = metrics.top_k_accuracy_score(actual, probabilities, **options)
        assert evalkit.top_k_accuracy(actual, probabilities, **options) == pytest.approx(expected)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("levels", [2, 3, 100])
def test_ties_rank_the_later_column_higher(k: int, levels: int) -> None:
    """Coarse scores tie often, and still agree."""
    rng = np.random.default_rng(0)
    actual = np.arange(200) % 5
    scores = rng.integers(0, levels, (200, 5))
    expected = metrics.top_k_accuracy_score(actual, scores, k=k)
    assert evalkit.top_k_accuracy(actual, scores, k=k) == pytest.approx(expected, abs=1e-12)


def test_declared_order_of_columns(probabilities_of: Any) -> None:
    """Columns in another order than sorted are named by labels."""
    actual, probabilities, _ = probabilities_of()
    order = [2, 0, 3, 1]
    for name in PAIRS:
        metric = getattr(evalkit, name)
        moved = metric(actual, probabilities[:, order], labels=order)
        assert moved == pytest.approx(metric(actual, probabilities), abs=1e-12)


def test_certain_and_wrong_is_finite() -> None:
    """Log loss is kept ε away from infinity."""
    assert evalkit.log_loss([0, 1], [1.0, 0.0]) == pytest.approx(-np.log(np.finfo(float).eps))


def test_brier_score_is_halved_for_two_classes() -> None:
    """Unless asked otherwise."""
    assert evalkit.brier_score([0, 1], [0.0, 0.5]) == 0.125
    assert evalkit.brier_score([0, 1], [0.0, 0.5], scale_by_half=False) == 0.25
    assert evalkit.brier_score([0, 1, 2], np.eye(3)[[1, 2, 0]]) == 2.0


def test_meaningless_k_is_pointed_out() -> None:
    """Naming every class is always right."""
    with pytest.warns(UndefinedMetricWarning, match="Choose a smaller k"):
        assert evalkit.top_k_accuracy([0, 1, 2], np.eye(3), k=3) == 1.0


def test_sums_that_are_not_one_are_pointed_out() -> None:
    """The number is still given."""
    with pytest.warns(UserWarning, match="row 1 of y_proba sums to 1.2"):
        evalkit.log_loss([0, 1, 2], [[1, 0, 0], [0.2, 1, 0], [0, 0, 1]])


@pytest.mark.parametrize(
    ("y_true", "y_proba", "options", "message"),
    [
        ([0, 1], [0.1, 1.2], {}, r"outside \[0, 1\]: row 1 .*logits"),
        ([0, 1], [0.1], {}, "Lengths differ: y_true has length 2, y_proba has length 1"),
        ([0, 1, 2], [0.1, 0.2, 0.3], {}, "y_true has 3"),
        ([0, 1, 2], [[0.5, 0.5]] * 3, {}, "2 columns for 3 classes"),
        ([0, 0], [[0.5, 0.5]] * 2, {}, "2 columns for 1 classes"),
        ([0, 0], [[1.0], [1.0]], {"labels": [0]}, "2 columns for 1 classes"),
        ([0, 2], [[0.5, 0.5]] * 2, {"labels": [0, 1]}, "holds 2 in row 1"),
        (["no", "yes"], [0.1, 0.2], {}, "positive class is unknown"),
        ([0, 1], [[[0.1]]], {}, "shape"),
        ([0, 1], [0.1, np.inf], {}, "not finite"),
        ([0, 1], [0.1, 0.2], {"sample_weight": [0, 0]}, "All weights are zero"),
    ],
)
def test_what_does_not_fit_is_refused(
    y_true: Any, y_proba: Any, options: Any, message: str
) -> None:
    """One line says what was expected and what came."""
    with pytest.raises(evalkit.EvalkitError, match=message) as caught:
        evalkit.brier_score(y_true, y_proba, **options)
    assert "\n" not in str(caught.value)


def test_k_is_at_least_one() -> None:
    """Naming no class is never right."""
    with pytest.raises(evalkit.EvalkitError, match=r"got 0\. Use at least 1"):
        evalkit.top_k_accuracy([0, 1, 2], np.eye(3), k=0)
