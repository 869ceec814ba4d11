from __future__ import annotations

import numpy as np
import pytest

from evalkit.training.checkpoint import Normalisation

X = np.random.default_rng(0).integers(0, 256, (5, 3), dtype=np.uint8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_normalised_is_shifted_and_scaled(dtype: type) -> None:
    """Each value is (x − offset) / scale, with one of each or one per feature."""
    normalisation = Normalisation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 8.0]))
    normalised = normalisation.apply(X, dtype)
    assert normalised.dtype == dtype
    np.testing.assert_allclose(normalised * [2, 4, 8] + [1, 2, 3], X, rtol=1e-5)
    one = Normalisation(np.array([1.0]), np.array([2.0])).apply(X, dtype)
    np.testing.assert_allclose(2 * one + 1, X, rtol=1e-5)


def test_a_small_spread_around_a_large_mean_is_kept() -> None:
    """Values such as Unix times are not rounded to float32 before the mean is subtracted."""
    times = 1.7e9 + np.arange(100.0)[:, None]
    normalised = Normalisation(times.mean(axis=0), times.std(axis=0)).apply(times)
    assert normalised.dtype == np.float32
    np.testing.assert_allclose(np.diff(normalised[:, 0]), 1 / times.std(), rtol=1e-4)


def test_out_is_used() -> None:
    """`out` receives the same values, and the inputs are unchanged."""
    normalisation = Normalisation(np.array([100.0]), np.array([50.0]))
    before, out = X.copy(), np.empty(X.shape, np.float32)
    assert normalisation.apply(X, out=out) is out
    np.testing.assert_array_equal(out, normalisation.apply(X))
    np.testing.assert_array_equal(X, before)
