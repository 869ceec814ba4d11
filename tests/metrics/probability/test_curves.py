"""ROC, precision–recall and DET curves: scikit-learn's points, ties, weights and all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import evalkit
from evalkit.errors import UndefinedMetricWarning

metrics = pytest.importorskip("sklearn.metrics")

CURVES = ("roc_curve", "precision_recall_curve", "det_curve")


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("decimals", [0, 1, 8])
@pytest.mark.parametrize("drop", [False, True])
def test_scikit_learns_points(name: str, decimals: int, drop: bool, scores_of: Any) -> None:
    """Rates and thresholds agree to 1e-12."""
    positive, scores, weights = scores_of(decimals=decimals)
    weights[:50] = 0
    for weight in (None, weights):
        options: dict[str, Any] = {"sample_weight": weight, "drop_intermediate": drop}
        expected = getattr(metrics, name)(positive, scores, **options)
        found = getattr(evalkit, name)(positive, scores, **options)
        for mine, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("dtype", ["f4", "i8", "i1"])
def test_scores_of_any_type(name: str, dtype: str, scores_of: Any) -> None:
    """Scores need not be float64, nor probabilities."""
    positive, scores, _ = scores_of()
    typed = (10 * scores).astype(dtype)
    expected = getattr(metrics, name)(positive, typed)
    for mine, theirs in zip(getattr(evalkit, name)(positive, typed), expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", CURVES)
def test_which_label_is_positive(name: str) -> None:
    """0 and 1, −1 and 1 say it; names and other numbers must be told."""
    scores = [0.1, 0.4, 0.35, 0.8]
    curve = getattr(evalkit, name)
    expected = curve([0, 0, 1, 1], scores)[0].tolist()
    assert curve([-1, -1, 1, 1], scores)[0].tolist() == expected
    assert curve(["no", "no", "yes", "yes"], scores, pos_label="yes")[0].tolist() == expected
    assert curve([0, 2, 1, 1], scores, pos_label=1)[0].tolist() == expected
    with pytest.raises(evalkit.EvalkitError, match=r"got 'no', 'yes'\. Pass pos_label"):
        curve(["no", "no", "yes", "yes"], scores)
    with pytest.raises(evalkit.EvalkitError, match=r"got 1, 2\. Pass pos_label"):
        curve([1, 1, 2, 2], scores)
    with pytest.raises(evalkit.EvalkitError, match="y_true has 3"):
        curve([0, 2, 1, 1], scores)


def test_one_class_only() -> None:
    """A rate of nothing is NaN, recall of nothing 1, and a DET curve is refused."""
    with pytest.warns(UndefinedMetricWarning, match="no negatives"):
        assert np.isnan(evalkit.roc_curve([1, 1], [0.1, 0.2])[0]).all()
    with pytest.warns(UndefinedMetricWarning, match="no positives"):
        assert np.isnan(evalkit.roc_curve([0, 0], [0.1, 0.2])[1]).all()
    with pytest.warns(UndefinedMetricWarning, match="Recall is undefined"):
        assert evalkit.precision_recall_curve([0, 0], [0.1, 0.2])[1].tolist() == [1, 1, 0]
    with pytest.raises(evalkit.EvalkitError, match="only one of the two classes"):
        evalkit.det_curve([1, 1], [0.1, 0.2])


def test_no_samples() -> None:
    """Nothing has no curve."""
    with pytest.raises(evalkit.EvalkitError, match="at least one sample"):
        evalkit.roc_curve([], [])
