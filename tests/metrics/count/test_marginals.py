"""Marginals are the sums they say, for counts of any leading shape and type."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.metrics import count
from evalkit.metrics.count.marginals import Marginals, dense_counts


def test_cells_of_each_class_against_the_others() -> None:
    """TP + FP + FN + TN is the total for every class."""
    marginals = Marginals.of([[5, 1, 0], [2, 3, 1], [0, 4, 6]])
    assert marginals.true_positive.tolist() == [5, 3, 6]
    assert marginals.false_positive.tolist() == [2, 5, 1]
    assert marginals.false_negative.tolist() == [1, 3, 4]
    assert marginals.true_negative.tolist() == [14, 11, 11]
    assert marginals.total == 22


def test_leading_axes_pass_through() -> None:
    """Each slice has its own marginals."""
    counts = np.arange(2 * 3 * 4 * 4).reshape(2, 3, 4, 4)
    marginals = Marginals.of(counts)
    inner = Marginals.of(counts[1, 2])
    assert marginals.actual.shape == (2, 3, 4)
    assert marginals.predicted[1, 2].tolist() == inner.predicted.tolist()
    assert marginals.total.shape == (2, 3)


def test_marginals_are_taken_as_they_are() -> None:
    """Every metric reads marginals as well as counts."""
    counts = [[5, 1], [2, 3]]
    marginals = Marginals.of(counts)
    assert Marginals.of(marginals) is marginals
    assert count.f1(marginals).tolist() == count.f1(counts).tolist()


def test_a_subset_keeps_the_total_of_all() -> None:
    """Specificity of one class still counts the samples of the others."""
    marginals = Marginals.of([[5, 1, 0], [2, 3, 1], [0, 4, 6]])
    assert marginals.take([2, 0]).true_negative.tolist() == [11, 14]


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "u8", "f4"])
def test_small_types_do_not_overflow(dtype: str) -> None:
    """Sums are int64 or float64 whatever the counts are."""
    counts = np.full((2, 2), 1 if dtype == "?" else 120).astype(dtype)
    assert Marginals.of(counts).total == 4 * int(counts[0, 0])
    assert Marginals.of(counts).true_negative.tolist() == [int(counts[0, 0])] * 2


@pytest.mark.parametrize("counts", [[1, 2], [[1, 2, 3], [4, 5, 6]], 3, [["a"]]])
def test_what_is_not_square_numbers_is_refused(counts: object) -> None:
    """Counts have shape (..., K, K)."""
    with pytest.raises(InputError, match=r"(Invalid counts|Counts are not numbers): got"):
        dense_counts(counts)  # type: ignore[arg-type]  # the wrong shapes are the test
