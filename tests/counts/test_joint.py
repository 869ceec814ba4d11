"""Joint counts: every way of making them agrees, and merging equals counting whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sklearn.metrics import confusion_matrix

from evalkit.counts.joint import JointCounts
from evalkit.errors import InputError

CODES = st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=60)


def columns(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    actual, a, b = np.array(rows).T
    return actual, a, b


def same(one: JointCounts, other: JointCounts) -> bool:
    return np.array_equal(one.cells, other.cells) and np.array_equal(one.counts, other.counts)


@given(CODES)
def test_confusion_matrices_are_scikit_learns(rows: list[tuple[int, int, int]]) -> None:
    actual, a, b = columns(rows)
    joint = JointCounts.from_codes(actual, a, b, 4)
    labels = np.arange(4)
    assert np.array_equal(joint.confusion_a(), confusion_matrix(actual, a, labels=labels))
    assert np.array_equal(joint.confusion_b(), confusion_matrix(actual, b, labels=labels))
    assert joint.total == len(rows)


@given(CODES)
def test_table_and_sorting_agree(rows: list[tuple[int, int, int]]) -> None:
    """With 300 classes the cells are counted by sorting, with 4 in a table."""
    few, many = (JointCounts.from_codes(*columns(rows), k) for k in (4, 300))
    assert same(few, many)
    assert few.counts.dtype == many.counts.dtype == np.int64


@pytest.mark.parametrize("n_classes", [4, 300])
@given(rows=CODES, cut=st.integers(0, 60))
def test_merging_parts_equals_counting_whole(
    n_classes: int, rows: list[tuple[int, int, int]], cut: int
) -> None:
    whole = columns(rows)
    before, after = (
        JointCounts.from_codes(whole[0][part], whole[1][part], whole[2][part], n_classes)
        for part in (slice(None, cut), slice(cut, None))
    )
    assert same(before + after, JointCounts.from_codes(*whole, n_classes))


@given(CODES)
def test_swap_exchanges_the_models(rows: list[tuple[int, int, int]]) -> None:
    actual, a, b = columns(rows)
    joint = JointCounts.from_codes(actual, a, b, 4)
    assert same(joint.swap(), JointCounts.from_codes(actual, b, a, 4))
    assert same(joint.swap().swap(), joint)


@given(CODES)
def test_agreement(rows: list[tuple[int, int, int]]) -> None:
    actual, a, b = columns(rows)
    joint = JointCounts.from_codes(actual, a, b, 4)
    assert joint.both_right == ((a == actual) & (b == actual)).sum()
    assert joint.only_a == ((a == actual) & (b != actual)).sum()
    assert joint.only_b == ((a != actual) & (b == actual)).sum()
    assert joint.both_wrong == ((a != actual) & (b != actual)).sum()


@pytest.mark.parametrize("n_classes", [2, 300])
def test_weights_are_summed(n_classes: int) -> None:
    joint = JointCounts.from_codes([0, 1, 0], [0, 1, 0], [1, 1, 1], n_classes, [0.5, 2, 0.25])
    assert joint.cells.tolist() == [[0, 0, 1], [1, 1, 1]]
    assert joint.counts.tolist() == [0.75, 2]


def test_dense_counts_come_back() -> None:
    dense = np.random.default_rng(0).integers(0, 3, (3, 3, 3))
    joint = JointCounts.from_dense(dense)
    assert np.array_equal(joint.confusion_a(), dense.sum(axis=2))
    assert np.array_equal(joint.confusion_b(), dense.sum(axis=1))


def test_codes_in_blocks() -> None:
    rng = np.random.default_rng(0)
    actual, a, b = rng.integers(0, 3, (3, 600_000)).astype(np.int8)
    joint = JointCounts.from_codes(actual, a, b, 3)
    assert joint.total == 600_000
    assert np.array_equal(joint.confusion_a(), confusion_matrix(actual, a))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [0], [0, 1], 2), "Lengths differ"),
        (([0, 2], [0, 1], [0, 1], 2), "between 0 and 1: 2 in row 1"),
        (([0, 1], [0, -1], [0, 1], 2), "-1 in row 1"),
        (([0.0, 1.0], [0, 1], [0, 1], 2), "Codes are not integers"),
        (([0, 1], [0, 1], [0, 1], 2, [1.0]), "weights has shape"),
    ],
)
def test_wrong_codes_are_refused(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        JointCounts.from_codes(*arguments)  # type: ignore[arg-type]


def test_wrong_tables_are_refused() -> None:
    with pytest.raises(InputError, match="shape"):
        JointCounts.from_dense(np.ones((2, 2, 3)))
    with pytest.raises(InputError, match="are negative"):
        JointCounts.from_dense(-np.ones((2, 2, 2)))
    with pytest.raises(InputError, match="different classes"):
        JointCounts.from_dense(np.ones((2, 2, 2))) + JointCounts.from_dense(np.ones((3, 3, 3)))
