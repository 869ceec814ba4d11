"""Average precision: scikit-learn's number, however many ties, classes and weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import evalkit
from evalkit.errors import UndefinedMetricWarning

metrics = pytest.importorskip("sklearn.metrics")


@pytest.mark.parametrize("decimals", [0, 1, 8])
def test_two_classes(decimals: int, scores_of: Any) -> None:
    """Weighted or not, with few ties and many, of either label."""
    positive, scores, weights = scores_of(decimals=decimals)
    weights[:50] = 0
    for weight in (None, weights):
        for label in (True, False):
            options: dict[str, Any] = {"sample_weight": weight, "pos_label": label}
            expected = metrics.average_precision_score(positive, scores, **options)
            found = evalkit.average_precision(positive, scores, **options)
            assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("average", ["micro", "macro", "weighted", "samples", None])
def test_classes_and_indicators(average: Any, probabilities_of: Any) -> None:
    """More classes, and several labels a sample."""
    actual, probabilities, weights = probabilities_of()
    marked = actual[:, None] == np.arange(4)
    marked[::3] |= marked[::3, ::-1]
    for target in (actual, marked):
        for weight in (None, weights):
            expected = metrics.average_precision_score(
                target, probabilities, average=average, sample_weight=weight
            )
            found = evalkit.average_precision(
                target, probabilities, average=average, sample_weight=weight
            )
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_guessing_scores_the_prevalence() -> None:
    """With one score for all there is one threshold, whose precision is the prevalence."""
    assert evalkit.average_precision([1, 0, 0, 0], [0.5] * 4) == 0.25


def test_no_positives_are_undefined() -> None:
    """0.0 and a warning, as the default everywhere."""
    with pytest.warns(UndefinedMetricWarning, match="no positive samples"):
        assert evalkit.average_precision([0, 0], [0.1, 0.2]) == 0.0


@pytest.mark.parametrize(
    ("y_true", "y_score", "options", "message"),
    [
        (["a", "b"], [0.1, 0.2], {}, "not one of the classes: got 1"),
        ([0, 1, 2], np.eye(3), {"pos_label": 2}, "not supported for more than two classes: got 2"),
        ([[0, 1]], [[0.1, 0.2]], {"pos_label": 0}, "not supported for indicators: got 0"),
        ([0, 1], [[0.1, 0.2]], {}, r"shape \(2,\)"),
    ],
)
def test_what_does_not_fit_is_refused(
    y_true: Any, y_score: Any, options: Any, message: str
) -> None:
    """One line says what was expected and what came."""
    with pytest.raises(evalkit.EvalkitError, match=message):
        evalkit.average_precision(y_true, y_score, **options)
