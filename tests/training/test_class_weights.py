from __future__ import annotations

import numpy as np
import pytest

from evalkit.errors import TrainingError
from evalkit.training.class_weights import resolve_class_weights


def test_balanced_is_scikit_learn_s() -> None:
    """n / (K n_k) for every class with rows."""
    weights = pytest.importorskip("sklearn.utils.class_weight")
    y = np.random.default_rng(0).choice(3, 100, p=[0.7, 0.2, 0.1])
    expected = weights.compute_class_weight("balanced", classes=np.arange(3), y=y)
    found = resolve_class_weights("balanced", y, ["a", "b", "c"])
    assert found is not None
    np.testing.assert_allclose(found, expected)


def test_a_class_without_rows_is_no_division_by_zero() -> None:
    """Only its own weight is arbitrary, and it is finite."""
    weights = resolve_class_weights("balanced", np.array([0, 0, 1]), ["a", "b", "c"])
    assert weights is not None
    assert np.isfinite(weights).all()


def test_no_option_is_no_weights() -> None:
    """Rows weigh the same."""
    assert resolve_class_weights(None, np.array([0]), ["a"]) is None


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ((1.0,), "got 1 for 2 classes"),
        ((0.0, 1.0), "must be positive for a class that has training rows"),
    ],
)
def test_weights_that_do_not_fit_are_refused(option: tuple[float, ...], message: str) -> None:
    """One a class, and not zero for all rows that there are."""
    with pytest.raises(TrainingError, match=message):
        resolve_class_weights(option, np.array([0, 0]), ["a", "b"])
