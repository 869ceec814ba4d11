from __future__ import annotations

import numpy as np
import pytest

from evalkit.errors import TrainingError
from evalkit.training.batches import BatchStream, measure_normalisation, split_rows

GENERATOR = np.random.default_rng(0)
PIXELS = GENERATOR.integers(0, 256, (3000, 700), dtype=np.uint8)
CODES = GENERATOR.integers(0, 5, 3000)


def test_split_is_a_partition() -> None:
    """Every row is either a training or a validation row, with the requested fraction."""
    rows, held_out = split_rows(101, 0.1, np.random.default_rng(1))
    assert len(held_out) == 10
    assert sorted([*rows, *held_out]) == list(range(101))


@pytest.mark.parametrize(("rows", "fraction"), [(1, 0.5), (4, 0.1), (4, 0.9)])
def test_empty_splits_raise(rows: int, fraction: float) -> None:
    """Training and validation need at least one row each."""
    with pytest.raises(TrainingError, match="need at least one row each"):
        split_rows(rows, fraction, np.random.default_rng(1))


def test_pixels_share_one_mean_and_deviation() -> None:
    """For uint8 inputs, mean and standard deviation are over all values and have shape (1,)."""
    rows = np.arange(0, 3000, 2)
    normalisation = measure_normalisation(PIXELS, rows)
    assert normalisation.offset.shape == normalisation.scale.shape == (1,)
    assert normalisation.offset[0] == pytest.approx(PIXELS[rows].mean(), rel=1e-12)
    assert normalisation.scale[0] == pytest.approx(PIXELS[rows].std(), rel=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_features_have_separate_moments(dtype: str) -> None:
    """For other inputs, each feature has its own mean and standard deviation."""
    X = (GENERATOR.normal(size=(400, 3)) * [1, 100, 10] + [0, 500, -3]).astype(dtype)
    rows = np.arange(300)
    normalisation = measure_normalisation(X, rows)
    np.testing.assert_allclose(normalisation.offset, X[:300].mean(axis=0, dtype=float), rtol=1e-6)
    np.testing.assert_allclose(normalisation.scale, X[:300].std(axis=0, dtype=float), rtol=1e-6)


def test_constant_inputs_have_scale_one() -> None:
    """A constant feature and a constant image have scale 1."""
    X = np.column_stack([np.full(7, 0.1), np.arange(7.0)])
    assert measure_normalisation(X, np.arange(7)).scale[0] == 1
    flat = np.full((7, 2), 9, np.uint8)
    assert measure_normalisation(flat, np.arange(7)).scale.tolist() == [1]


@pytest.mark.parametrize("batch_size", [1, 64, 1000])
def test_batches_are_the_rows_in_order(batch_size: int) -> None:
    """The concatenated batches are the normalised rows in the requested order."""
    order = GENERATOR.permutation(3000)[:2100]
    normalisation = measure_normalisation(PIXELS, order)
    stream = BatchStream(PIXELS, CODES, normalisation, batch_size=batch_size, dtype="float32")
    batches = [(X.copy(), y.copy()) for X, y in stream.batches(order)]
    assert {len(X) for X, _ in batches[:-1]} <= {batch_size}
    np.testing.assert_array_equal(
        np.concatenate([X for X, _ in batches]), normalisation.apply(PIXELS[order])
    )
    np.testing.assert_array_equal(np.concatenate([y for _, y in batches]), CODES[order])
