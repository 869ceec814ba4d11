"""Cohen's κ, weighted or not, from counts, marginals and cells."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.metrics.catalog.cohen_kappa import KappaWeights, of_counts as cohen_kappa
from evalkit.metrics.cells import Cells
from evalkit.metrics.count import Marginals

COUNTS = np.array([[20, 5, 1], [10, 15, 4], [0, 3, 9]])


def brute_force(counts: np.ndarray, cost: np.ndarray) -> float:
    """κ by its definition, cell by cell."""
    n = counts.sum()
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    return float(1 - (cost * counts).sum() / (cost * expected).sum())


def test_two_raters() -> None:
    """20 and 15 of 50 agree, 5 and 10 do not: κ = (0.7 − 0.5) / (1 − 0.5)."""
    assert cohen_kappa([[20, 5], [10, 15]]) == pytest.approx(0.4, abs=1e-15)


def test_definition() -> None:
    """The O(K) sums agree with the K² ones."""
    distance = np.abs(np.arange(3)[:, None] - np.arange(3))
    assert cohen_kappa(COUNTS) == pytest.approx(brute_force(COUNTS, distance > 0), abs=1e-14)
    assert cohen_kappa(COUNTS, weights="linear") == pytest.approx(
        brute_force(COUNTS, distance), abs=1e-14
    )
    assert cohen_kappa(COUNTS, weights="quadratic") == pytest.approx(
        brute_force(COUNTS, distance**2), abs=1e-14
    )


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_cells_agree_with_counts(weights: KappaWeights) -> None:
    """Sparse counts have the same κ."""
    keys = np.flatnonzero(COUNTS)
    cells = Cells(keys, COUNTS.ravel()[keys], 3)
    assert cohen_kappa(cells, weights=weights) == pytest.approx(
        cohen_kappa(COUNTS, weights=weights),
        abs=1e-14,
    )


def test_marginals_do_without_weights_only() -> None:
    """Marginals do not say which classes were confused."""
    marginals = Marginals.of(COUNTS)
    assert cohen_kappa(marginals) == cohen_kappa(COUNTS)
    with pytest.raises(InputError, match="Pass the whole matrix"):
        cohen_kappa(marginals, weights="linear")
    with pytest.raises(InputError, match="got 'cubic'"):
        cohen_kappa(COUNTS, weights="cubic")  # type: ignore[arg-type]  # the wrong value is the test


def test_one_class_only_is_undefined() -> None:
    """Where chance always agrees there is nothing beyond it."""
    assert np.isnan(cohen_kappa([[7, 0], [0, 0]]))
    assert np.isnan(cohen_kappa([[7, 0], [0, 0]], weights="quadratic"))
