"""Classes that are confused with each other stand side by side."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

from evalkit.report.ordering import most_confused_block, order_by_confusion


def test_planted_blocks_are_contiguous() -> None:
    """Groups of five classes, shuffled, come out as groups again."""
    rng = np.random.default_rng(3)
    group = rng.permutation(np.repeat(np.arange(8), 5))
    counts = np.where(group[:, None] == group[None, :], 6, 0) + rng.integers(0, 2, (40, 40))
    np.fill_diagonal(counts, 60)
    order = order_by_confusion([counts])
    changes = np.count_nonzero(np.diff(group[order]))
    assert changes == 7


@given(arrays.arrays(np.int64, (6, 6), elements=st.integers(0, 50)))
def test_it_is_an_order(counts: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> None:
    """Whatever the counts, each class has one place."""
    assert sorted(order_by_confusion([counts])) == list(range(6))


def test_without_errors_the_order_is_as_declared() -> None:
    """Nothing to bring together leaves the declared order."""
    assert order_by_confusion([np.diag([5, 6, 7, 8])]) == [0, 1, 2, 3]


def test_a_planted_block_is_found() -> None:
    """Classes that are confused much among themselves are found among many."""
    rng = np.random.default_rng(4)
    planted = rng.permutation(200)[:12]
    counts = rng.poisson(0.05, (200, 200))
    counts[np.ix_(planted, planted)] += 5
    np.fill_diagonal(counts, 100)
    assert set(most_confused_block([counts], 12)) == set(planted.tolist())


@given(arrays.arrays(np.int64, (9, 9), elements=st.integers(0, 9)), st.integers(1, 9))
def test_a_block_holds_its_share_of_the_errors(
    counts: np.ndarray[tuple[int, int], np.dtype[np.int64]], most: int
) -> None:
    """Its errors are no fewer than the mean over all blocks of its size."""
    np.fill_diagonal(counts, 0)
    block = most_confused_block([counts], most)
    assert len(block) == len(set(block)) <= most
    inside = counts[np.ix_(block, block)].sum()
    assert inside >= counts.sum() * most * (most - 1) / (9 * 8) - 1e-9


def test_without_errors_there_is_no_block() -> None:
    """Classes that are never confused are in no block."""
    assert most_confused_block([np.diag([5, 6, 7, 8])], 3) == []
