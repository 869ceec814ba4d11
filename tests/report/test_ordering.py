"""Classes that are confused with each other stand side by side."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

from evalkit.report.ordering import order_by_confusion


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
