from __future__ import annotations

import numpy as np
import pytest

from evalkit.errors import TrainingError
from evalkit.training.class_weights import resolve_class_weights


def test_balanced_equals_scikit_learn() -> None:
    """Balanced weights are n / (K n_k), as in scikit-learn."""
    weights = pytest.importorskip("sklearn.utils.class_weight")
    y = np.random.default_rng(0).choice(3, 100, p=[0.7, 0.2, 0.1])
    expected = weights.compute_class_weight("balanced", classes=np.arange(3), y=y)
    found = resolve_class_weights("balanced", y, ["a", "b", "c"])
    assert found is not None
    np.testing.assert_allclose(found, expected)


def test_a_class_without_rows_has_a_finite_weight() -> None:
    """A class without rows does not cause a division by zero."""
    weights = resolve_class_weights("balanced", np.array([0, 0, 1]), ["a", "b", "c"])
    assert weights is not None
    assert np.isfinite(weights).all()


def test_no_option_gives_no_weights() -> None:
    """Without the option, there are no weights."""
    assert resolve_class_weights(None, np.array([0]), ["a"]) is None


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ((1.0,), "has 1 numbers for 2 classes, expected one per class"),
        ((0.0, 1.0), "zero for every class that has training rows"),
    ],
)
def test_invalid_weights_raise(option: tuple[float, ...], message: str) -> None:
    """A wrong number of weights, or weight zero for all rows, raises."""
    with pytest.raises(TrainingError, match=message):
        resolve_class_weights(option, np.array([0, 0]), ["a", "b"])
