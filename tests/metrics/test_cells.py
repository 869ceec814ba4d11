"""Sparse counts are the dense ones without their zeros."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from evalkit.metrics.cells import Cells
from evalkit.metrics.count import Marginals

pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3)), max_size=30)


def cells_of(drawn: list[tuple[int, int, int]], *, weighted: bool) -> Cells:
    columns = np.array(drawn, dtype=np.int64).reshape(-1, 3).T
    return Cells.of_pairs(columns[0], columns[1], columns[2] if weighted else None, 5)


@given(pairs, pairs)
def test_addition_is_that_of_dense_counts(
    first: list[tuple[int, int, int]], second: list[tuple[int, int, int]]
) -> None:
    """Cells that occur in either are in the sum, in order, once."""
    for weighted in (False, True):
        a, b = cells_of(first, weighted=weighted), cells_of(second, weighted=weighted)
        total = a + b
        assert np.array_equal(total.dense(), a.dense() + b.dense())
        assert (np.diff(total.keys) > 0).all()


@given(pairs)
def test_marginals_are_those_of_dense_counts(drawn: list[tuple[int, int, int]]) -> None:
    """The same sums without the matrix."""
    cells = cells_of(drawn, weighted=True)
    sparse, dense = cells.marginals(), Marginals.of(cells.dense())
    for part in ("true_positive", "actual", "predicted", "total"):
        assert np.array_equal(getattr(sparse, part), getattr(dense, part))


def test_pairs_are_counted() -> None:
    """Two of one cell, one of another."""
    cells = Cells.of_pairs(np.array([1, 0, 1]), np.array([2, 0, 2]), None, 3)
    assert cells.rows.tolist() == [0, 1]
    assert cells.columns.tolist() == [0, 2]
    assert cells.counts.tolist() == [1, 2]
