"""Smoothed replicates are drawn from the samples and the pseudo-samples, in the right shares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, strategies as st

from evalkit.statistics import multinomial
from evalkit.statistics.cell_sums import CellSums, PseudoSamples, blocks
from evalkit.statistics.multinomial import SampledTable

COUNTS = np.array([[40, 3, 0], [0, 30, 0], [2, 0, 25]])
WAYS: dict[str, Any] = {
    "pool of one": lambda t, n, rng: multinomial._with_pool(t, np.array([0]), n, rng),
    "pool of all": lambda t, n, rng: multinomial._with_pool(t, np.arange(len(t.counts)), n, rng),
    "topped up": multinomial._topped_up,
}


def shares(cells: np.ndarray, counts: np.ndarray, n_classes: int) -> dict[tuple[int, ...], float]:
    """The definition: half right, half wrong, wrong as labels are common among the others."""
    columns = [np.bincount(c, counts, n_classes) for c in cells.T]
    actual, labels = columns[0] / columns[0].sum(), np.sum(columns, axis=0)
    found: dict[tuple[int, ...], float] = {}
    for y in range(n_classes):
        for wrong in set(range(n_classes)) - {y}:
            share = actual[y] * labels[wrong] / (labels.sum() - labels[y]) / 2
            for pair in ((y, wrong), (wrong, y)):
                key = (y, *pair[: len(columns) - 1])
                found[key] = found.get(key, 0.0) + share
    return found


@pytest.mark.parametrize("number", [1.0, 7.0])
@pytest.mark.parametrize("way", WAYS)
def test_cells_of_one_model(way: str, number: float) -> None:
    """Means, variances and the distribution of a cell are those of the smoothed multinomial."""
    cells = np.argwhere(COUNTS)
    counts = COUNTS[tuple(cells.T)]
    sums = CellSums.of_cells(cells, 3, dense=True)
    pseudo = PseudoSamples.of_cells(number, sums, cells, counts)
    table = SampledTable(counts, sums.codes, sums.sizes, pseudo)
    (found,) = WAYS[way](table, 40_000, np.random.default_rng(0))
    assert (found.sum(axis=0) == 100).all()
    p = COUNTS.ravel() / (100 + number)
    for (actual, predicted), share in shares(cells, counts, 3).items():
        p[3 * actual + predicted] += number * share / (100 + number)
    assert p.sum() == pytest.approx(1)
    error = np.sqrt(100 * p * (1 - p) / 40_000)
    assert (np.abs(found.mean(axis=1) - 100 * p) < 4.5 * error).all()
    np.testing.assert_allclose(found.var(axis=1), 100 * p * (1 - p), rtol=0.06)
    law = scipy.stats.binom(100, p[2])
    seen = np.bincount(np.minimum(found[2], 2), minlength=3)
    expected = 40_000 * np.array([law.pmf(0), law.pmf(1), law.sf(1)])
    assert scipy.stats.chisquare(seen, expected).pvalue > 1e-3


def test_two_models_are_never_both_right() -> None:
    joint = np.array([[0, 0, 0], [1, 1, 0], [1, 1, 1], [2, 2, 2]])
    counts = np.array([20, 5, 15, 10])
    sums = CellSums.of_cells(joint, 3, dense=True)
    pseudo = PseudoSamples.of_cells(1.0, sums, joint, counts)
    a, b = pseudo.draw_codes(60_000, np.random.default_rng(0))
    assert (a // 3 == b // 3).all()
    a_right, b_right = a % 3 == a // 3, b % 3 == b // 3
    assert (a_right != b_right).all()
    seen = np.bincount(27 * 0 + 9 * (a // 3) + 3 * (a % 3) + b % 3, minlength=27).reshape(3, 3, 3)
    for cell, share in shares(joint, counts, 3).items():
        assert seen[cell] / 60_000 == pytest.approx(share, abs=4.5 * np.sqrt(share / 60_000))


def test_strata_share_the_pseudo_samples() -> None:
    cells = np.argwhere(COUNTS)
    counts = COUNTS[tuple(cells.T)]
    pseudo = PseudoSamples.of_cells(1.0, CellSums.of_cells(cells, 3, dense=True), cells, counts)
    parts = [pseudo.within(actual) for actual in range(3)]
    assert sum(part.number for part in parts) == pytest.approx(1.0)
    (codes,) = parts[2].draw_codes(200, np.random.default_rng(0))
    assert set((codes // 3).tolist()) == {2}


def test_classes_that_nobody_names_stay_absent() -> None:
    cells, counts = np.array([[0, 0], [2, 2]]), np.array([5, 5])
    pseudo = PseudoSamples.of_cells(1.0, CellSums.of_cells(cells, 4, dense=True), cells, counts)
    (codes,) = pseudo.draw_codes(500, np.random.default_rng(0))
    assert set(codes.tolist()) == {0, 2, 8, 10}


@pytest.mark.parametrize("n_classes", [1, 3])
def test_a_single_class(n_classes: int) -> None:
    """With one class declared nothing can be wrong; with more, wrong is any of the others."""
    cells, counts = np.array([[0, 0]]), np.array([9])
    sums = CellSums.of_cells(cells, n_classes, dense=True)
    (codes,) = PseudoSamples.of_cells(1.0, sums, cells, counts).draw_codes(
        300, np.random.default_rng(0)
    )
    assert set(codes.tolist()) == set(range(n_classes))


@given(replicates=st.integers(1, 10**6), width=st.integers(0, 10**8))
def test_blocks_add_up(replicates: int, width: int) -> None:
    sizes = list(blocks(replicates, max(width, 10**4)))
    assert sum(sizes) == replicates
    assert min(sizes) > 0
