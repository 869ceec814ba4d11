"""Weighted, grouped and many-model replicates agree with counting and with theory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.metrics.count import accuracy, f1
from evalkit.statistics import (
    JointCounts,
    paired_resample,
    permutation_test,
    sample_resample,
    sample_swap,
)

N = 300


@pytest.fixture
def codes() -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 3, N)
    a, b = (np.where(rng.random(N) < p, actual, rng.integers(0, 3, N)) for p in (0.8, 0.7))
    return actual, a, b


def test_without_weights_it_is_the_paired_bootstrap(codes: tuple[Any, Any, Any]) -> None:
    actual, a, b = codes
    rng = np.random.default_rng(1)
    samples = sample_resample(actual, [a, b], 3, 20_000, rng)
    cells = paired_resample(JointCounts.from_codes(actual, a, b, 3), 20_000, rng)
    gaps = [f1(y, average="macro") - f1(x, average="macro") for x, y in (samples, cells)]
    assert gaps[0].mean() == pytest.approx(gaps[1].mean(), abs=2e-3)
    assert gaps[0].std() == pytest.approx(gaps[1].std(), rel=0.03)
    for model in samples:
        assert (model.total == N).all()
        assert (model.actual.sum(axis=1) == N).all()


def test_weights_carry_the_error_of_a_weighted_mean(codes: tuple[Any, Any, Any]) -> None:
    """The linearised error of Σwx/Σw: √Σ w²(x − mean)² / Σw."""
    actual, a, _ = codes
    weight = np.random.default_rng(2).exponential(size=N)
    (model,) = sample_resample(
        actual, [a], 3, 10_000, np.random.default_rng(0), sample_weight=weight
    )
    right = (a == actual) * 1.0
    mean = (weight * right).sum() / weight.sum()
    expected = np.sqrt((weight**2 * (right - mean) ** 2).sum()) / weight.sum()
    assert accuracy(model).mean() == pytest.approx(mean, abs=0.005)
    assert accuracy(model).std() == pytest.approx(expected, rel=0.05)


def test_equal_weights_only_scale(codes: tuple[Any, Any, Any]) -> None:
    actual, a, _ = codes
    (one,), (three,) = (
        sample_resample(actual, [a], 3, 100, np.random.default_rng(0), sample_weight=np.full(N, w))
        for w in (1.0, 3.0)
    )
    np.testing.assert_allclose(3 * one.predicted, three.predicted)
    np.testing.assert_allclose(3 * one.true_positive, three.true_positive)


def test_repeated_samples_in_groups_say_nothing_new(codes: tuple[Any, Any, Any]) -> None:
    """Each sample five times, grouped by sample: the error is that of the samples once."""
    actual, a, _ = codes
    five = [np.repeat(x, 5) for x in (actual, a)]
    (grouped,) = sample_resample(
        five[0], [five[1]], 3, 5_000, np.random.default_rng(0), groups=np.repeat(np.arange(N), 5)
    )
    (naive,) = sample_resample(five[0], [five[1]], 3, 5_000, np.random.default_rng(0))
    share = (a == actual).mean()
    expected = np.sqrt(share * (1 - share) / N)
    assert accuracy(grouped).std() == pytest.approx(expected, rel=0.05)
    assert accuracy(naive).std() == pytest.approx(expected / np.sqrt(5), rel=0.05)


def test_strata_keep_the_supports(codes: tuple[Any, Any, Any]) -> None:
    actual, a, _ = codes
    (model,) = sample_resample(actual, [a], 3, 50, np.random.default_rng(0), strata=actual)
    assert (model.actual == np.bincount(actual)).all()


def test_grouped_strata(codes: tuple[Any, Any, Any]) -> None:
    actual, a, _ = codes
    groups = actual * 100 + np.arange(N) % 10
    (model,) = sample_resample(
        actual, [a], 3, 50, np.random.default_rng(0), groups=groups, strata=actual
    )
    assert model.actual.std() > 0


def test_swapping_unweighted_samples_is_the_permutation_test(codes: tuple[Any, Any, Any]) -> None:
    actual, a, b = codes
    swapped = sample_swap(actual, a, b, 3, 10_000, np.random.default_rng(0))
    gaps = f1(swapped[1], average="macro") - f1(swapped[0], average="macro")
    test = permutation_test(JointCounts.from_codes(actual, a, b, 3), "f1_macro")
    p = (1 + (np.abs(gaps) >= abs(test.difference) - 1e-12).sum()) / 10_001
    assert p == pytest.approx(test.p_value, abs=0.01)


def test_swapping_groups_and_weights(codes: tuple[Any, Any, Any]) -> None:
    """What A gains B loses, and whole groups move together."""
    actual, a, b = codes
    weight = np.random.default_rng(0).exponential(size=N)
    of_a, of_b = sample_swap(
        actual, a, b, 3, 400, np.random.default_rng(0), sample_weight=weight, groups=np.zeros(N)
    )
    expected = np.bincount(a, weight) + np.bincount(b, weight)
    np.testing.assert_allclose(of_a.predicted + of_b.predicted, np.tile(expected, (400, 1)))
    assert len(np.unique(of_a.predicted.round(9), axis=0)) == 2
    np.testing.assert_allclose(of_a.total, weight.sum())


@pytest.mark.parametrize(
    ("actual", "predictions", "options", "message"),
    [
        ([0, 1], [[0, 1, 1]], {}, "Shapes of the codes differ"),
        ([0, 1], [[0, 1]], {"sample_weight": [1.0, -1.0]}, "0 or more, per sample"),
        ([0, 1], [[0, 1]], {"sample_weight": [1.0]}, "Invalid sample_weight"),
    ],
)
def test_wrong_input_is_refused(
    actual: Any, predictions: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        sample_resample(actual, predictions, 2, 5, np.random.default_rng(0), **options)
