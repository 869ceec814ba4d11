"""Replicates from merged sums have the moments of the replicates of samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evalkit.counts.sums import UnitSums, WeightedCells
from evalkit.metrics.count import Marginals, accuracy
from evalkit.statistics import sample_resample, sample_swap, sign_flip_p_value
from evalkit.statistics.sample_resampling import (
    resample_cells,
    resample_units,
    sign_flip_of_cells,
    sums_of_cells,
    swap_cells,
    swap_units,
)
from evalkit.statistics.streams import generator

Samples = dict[str, Any]
N, K, R = 2_000, 3, 4_000


@pytest.fixture(scope="module")
def samples() -> Samples:
    """Two models on weighted samples in groups."""
    rng = np.random.default_rng(0)
    actual = rng.integers(0, K, N)
    a, b = (np.where(rng.random(N) < 0.7, actual, rng.integers(0, K, N)) for _ in range(2))
    return {
        "actual": actual,
        "a": a,
        "b": b,
        "weight": rng.gamma(2.0, 1.0, N),
        "group": rng.integers(0, 300, N),
    }


def weighted_cells(samples: Samples) -> WeightedCells:
    """Return the cells of both models with Σw and Σw²."""
    table = np.stack([samples[name] for name in ("actual", "a", "b")], axis=1)
    cells, place = np.unique(table, axis=0, return_inverse=True)
    weight = samples["weight"]
    weights, squares = (np.bincount(place.ravel(), weight**power) for power in (1, 2))
    return WeightedCells(cells, weights, squares, K)


def unit_sums(samples: Samples) -> UnitSums:
    """Return the sums by group."""

    def by_class(codes: Any, rows: Any = slice(None)) -> Any:
        sums = np.zeros((300, K))
        np.add.at(sums, (samples["group"][rows], codes[rows]), 1)
        return sums

    actual = samples["actual"]
    models = [samples["a"], samples["b"]]
    return UnitSums(
        by_class(actual),
        tuple(by_class(codes) for codes in models),
        tuple(by_class(actual, np.flatnonzero(codes == actual)) for codes in models),
    )


def spread(a: Marginals, b: Marginals) -> tuple[float, float, float]:
    """Return the standard deviations of both accuracies and of their difference."""
    first, second = accuracy(a), accuracy(b)
    return float(first.std()), float(second.std()), float((second - first).std())


def test_weighted_replicates(samples: Samples) -> None:
    """Cells with Σw and Σw² vary as the weighted samples do, resampled and swapped."""
    cells = weighted_cells(samples)
    actual, a, b = (samples[name] for name in ("actual", "a", "b"))
    expected = sample_resample(
        actual, [a, b], K, R, np.random.default_rng(1), sample_weight=samples["weight"]
    )
    found = resample_cells(cells, R, np.random.default_rng(2))
    assert spread(*found) == pytest.approx(spread(*expected), rel=0.06)
    swapped = sample_swap(
        actual, a, b, K, R, np.random.default_rng(1), sample_weight=samples["weight"]
    )
    assert spread(*swap_cells(cells, R, np.random.default_rng(2)))[2] == pytest.approx(
        spread(*swapped)[2], rel=0.06
    )


def test_unit_replicates(samples: Samples) -> None:
    """Sums by unit vary as groups drawn whole do, resampled and swapped."""
    units = unit_sums(samples)
    actual, a, b = (samples[name] for name in ("actual", "a", "b"))
    expected = sample_resample(
        actual, [a, b], K, R, np.random.default_rng(1), groups=samples["group"]
    )
    found = resample_units(units, (0, 1), R, np.random.default_rng(2))
    assert spread(*found) == pytest.approx(spread(*expected), rel=0.06)
    swapped = sample_swap(actual, a, b, K, R, np.random.default_rng(1), groups=samples["group"])
    assert spread(*swap_units(units, (0, 1), R, np.random.default_rng(2)))[2] == pytest.approx(
        spread(*swapped)[2], rel=0.06
    )


def test_replicates_centre_on_the_sample(samples: Samples) -> None:
    """The mean of the replicates is the estimate, and a swap keeps what the two share."""
    weight = samples["weight"]
    right = (samples["a"] == samples["actual"]) @ weight / weight.sum()
    a, b = resample_cells(weighted_cells(samples), R, np.random.default_rng(0))
    assert accuracy(a).mean() == pytest.approx(right, abs=0.002)
    assert np.array_equal(a.actual, b.actual)
    swapped_a, swapped_b = swap_cells(weighted_cells(samples), 50, np.random.default_rng(0))
    both = swapped_a.true_positive + swapped_b.true_positive
    assert np.allclose(both, both[0])


def test_a_mean_by_cell_varies_as_a_ratio_of_weighted_sums(samples: Samples) -> None:
    """The standard error of the replicates is that of the linearised ratio."""
    cells = weighted_cells(samples)
    value = np.arange(len(cells.cells), dtype=float) % 5
    drawn, totals = sums_of_cells(cells, value, R, generator(0, "costs")).T
    mean = value @ cells.weights / cells.weights.sum()
    assert (drawn / totals).mean() == pytest.approx(mean, rel=0.01)
    expected = np.sqrt((value - mean) ** 2 @ cells.squares) / cells.weights.sum()
    assert (drawn / totals).std() == pytest.approx(expected, rel=0.05)


def test_equal_weights_leave_the_sign_flip_test_as_it_is() -> None:
    """Samples that all weigh two are tested as those that weigh one."""
    counts = np.array([12, 5, 40])
    differences = np.array([1.0, -2.0, 0.0])
    cells = WeightedCells(np.array([[0, 0, 1], [1, 1, 0], [1, 1, 1]]), 2 * counts, 4 * counts, 2)
    expected = sign_flip_p_value(differences, counts=counts, seed=0)
    rng = generator(0, "cost signs")
    found = sign_flip_of_cells(cells, differences, replicates=10_000, rng=rng)
    assert found == expected
