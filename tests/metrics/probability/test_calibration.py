"""Calibration: scikit-learn's curve, and calibration errors by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import evalkit

calibration = pytest.importorskip("sklearn.calibration")

PROBABILITIES = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8], [0.05, 0.95]])
ACTUAL = np.array([0, 0, 1, 1, 0, 1])


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
@pytest.mark.parametrize("n_bins", [1, 5, 20])
def test_scikit_learns_curve(strategy: Any, n_bins: int, probabilities_of: Any) -> None:
    """Shares and means of the bins that are not empty."""
    actual, probabilities, _ = probabilities_of(n_classes=2)
    options: dict[str, Any] = {"n_bins": n_bins, "strategy": strategy}
    expected = calibration.calibration_curve(actual, probabilities[:, 1], **options)
    found = evalkit.calibration_curve(actual, probabilities[:, 1], **options)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12)


def test_top_label_error_by_hand() -> None:
    """Bins (½, ¾] and (¾, 1] hold {0.6 ✗, 0.7 ✓} and {0.9 ✓, 0.8 ✓, 0.8 ✗, 0.95 ✓}."""
    expected = 2 / 6 * abs(0.5 - 0.65) + 4 / 6 * abs(0.75 - (0.9 + 0.8 + 0.8 + 0.95) / 4)
    found = evalkit.expected_calibration_error(ACTUAL, PROBABILITIES, n_bins=4)
    assert found == pytest.approx(expected, abs=1e-14)


def test_classwise_error_by_hand() -> None:
    """The two columns mirror each other: both halves, of both classes, weigh the same."""
    low, high = [0.1, 0.2, 0.4], [0.7, 0.8, 0.95]
    one = 3 / 6 * abs(1 / 3 - np.mean(low)) + 3 / 6 * abs(2 / 3 - np.mean(high))
    found = evalkit.expected_calibration_error(ACTUAL, PROBABILITIES, n_bins=2, classwise=True)
    assert found == pytest.approx(one, abs=1e-14)


def test_one_column_is_two() -> None:
    """Probabilities of the positive class alone say the same."""
    for classwise in (False, True):
        options: dict[str, Any] = {"n_bins": 4, "classwise": classwise}
        assert evalkit.expected_calibration_error(
            ACTUAL, PROBABILITIES[:, 1], **options
        ) == pytest.approx(
            evalkit.expected_calibration_error(ACTUAL, PROBABILITIES, **options), abs=1e-14
        )


def test_a_calibrated_model_has_no_error() -> None:
    """Four in five of what is said with 80 % comes true."""
    actual = [1, 1, 1, 1, 0]
    assert evalkit.expected_calibration_error(actual, [0.8] * 5) == pytest.approx(0, abs=1e-15)
    assert evalkit.expected_calibration_error(actual, [1.0] * 5) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"n_bins": 0}, "at least 1"), ({"strategy": "equal"}, "'uniform' or 'quantile'")],
)
def test_unknown_options_are_refused(options: Any, message: str) -> None:
    """By name."""
    with pytest.raises(evalkit.EvalkitError, match=message):
        evalkit.calibration_curve([0, 1], [0.1, 0.9], **options)
    with pytest.raises(evalkit.EvalkitError, match=message):
        evalkit.expected_calibration_error([0, 1], [0.1, 0.9], **options)


def test_curves_are_of_one_class() -> None:
    """More classes, or numbers that are no probabilities, are refused."""
    with pytest.raises(evalkit.EvalkitError, match="Compare one class"):
        evalkit.calibration_curve([0, 1, 2], [0.1, 0.9, 0.2])
    with pytest.raises(
        evalkit.EvalkitError, match=r"outside \[0, 1\]: y_prob ranges from 0.1 to 1.9"
    ):
        evalkit.calibration_curve([0, 1], [0.1, 1.9])
