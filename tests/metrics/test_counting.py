"""Counting in blocks gives what counting one by one does, for every type, range and size."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import evalkit
from evalkit.columns import Column
from evalkit.metrics.counting import MAX_SIDE, count_window
from evalkit.metrics.tabulate import tabulate
from evalkit.metrics.window import BLOCK


def counted(actual: Any, predicted: Any, weights: Any = None) -> dict[tuple[Any, Any], Any]:
    """What evalkit counts, as pairs of labels."""
    matrix = evalkit.ConfusionMatrix.from_predictions(actual, predicted, sample_weight=weights)
    cells = matrix.cells
    classes = matrix.classes
    pairs = zip(cells.rows, cells.columns, cells.counts, strict=True)
    return {(classes[i], classes[j]): count for i, j, count in pairs}


def one_by_one(actual: Any, predicted: Any) -> dict[tuple[Any, Any], int]:
    """The same by the standard library."""
    return dict(Counter(zip(actual.tolist(), predicted.tolist(), strict=True)))


RANGES = [(0, 2), (0, 10), (1, 17), (-5, 6), (0, 100), (-100, 100), (200, 255), (3000, 3010)]
RANGES += [(0, MAX_SIDE), (0, MAX_SIDE + 1), (-(10**6), 10**6), (10**15, 10**15 + 9)]
EXACT = {dtype: np.iinfo(dtype) for dtype in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")}
EXACT |= {"f4": np.iinfo("i4"), "f8": np.iinfo("i8")}
HELD = [
    (dtype, low, high)
    for dtype, exact in EXACT.items()
    for low, high in RANGES
    if exact.min <= low and high <= exact.max and not (dtype == "f4" and high > 2**24)
]


@pytest.mark.parametrize(("dtype", "low", "high"), HELD)
def test_every_type_and_range(dtype: str, low: int, high: int) -> None:
    """Every path, dense and sparse, agrees with counting pairs one by one."""
    rng = np.random.default_rng(0)
    actual, predicted = rng.integers(low, high, (2, 501)).astype(dtype)
    assert counted(actual, predicted) == one_by_one(actual, predicted)


def test_booleans() -> None:
    """Two booleans a sample make four cells."""
    actual = np.array([True, False, True])
    predicted = np.array([True, True, False])
    assert counted(actual, predicted) == {(True, True): 1, (False, True): 1, (True, False): 1}


@pytest.mark.parametrize("types", [("i1", "i8"), ("u8", "i8"), ("f8", "i2"), ("?", "i8")])
def test_mixed_types(types: tuple[str, str]) -> None:
    """The two columns need not have one type."""
    rng = np.random.default_rng(0)
    actual, predicted = (rng.integers(0, 2, 100).astype(dtype) for dtype in types)
    assert counted(actual, predicted) == one_by_one(actual.astype(int), predicted.astype(int))


@pytest.mark.parametrize("late", [-3, 40, 1500, 5000, -(2**40)])
def test_a_window_grows_where_a_later_block_needs_it(late: int) -> None:
    """A number that first stands in the second block widens the window, or leaves it."""
    actual = np.append(np.arange(BLOCK + 3) % 7, late)
    predicted = np.append(np.arange(BLOCK + 3) % 5, 0)
    assert counted(actual, predicted) == one_by_one(actual, predicted)


@given(
    st.lists(
        st.tuples(st.integers(-(2**62), 2**62), st.integers(-3, 3), st.integers(0, 9)), min_size=1
    )
)
def test_integer_weights_are_repetition(samples: list[tuple[int, int, int]]) -> None:
    """A weight of three counts three times, exactly; a weight of zero keeps the class only."""
    actual, predicted, weights = map(np.array, zip(*samples, strict=True))
    repeated = one_by_one(actual.repeat(weights), predicted.repeat(weights))
    weighted = counted(actual, predicted, weights)
    assert {pair: count for pair, count in weighted.items() if count} == repeated
    assert all(isinstance(count, np.integer) for count in weighted.values())


def test_large_integer_weights_stay_exact() -> None:
    """Sums beyond 2⁵³ are not rounded to double precision."""
    weights = np.array([2**60, 1, 1])
    assert counted(np.array([0, 0, 1]), np.array([0, 0, 1]), weights)[0, 0] == 2**60 + 1


@pytest.mark.parametrize("bad", [0.5, np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_whole_have_no_window(bad: float) -> None:
    """A fraction, NaN or an infinity anywhere is found, never cast away."""
    actual = np.append(np.zeros(BLOCK + 1), bad)
    assert count_window(actual, np.zeros_like(actual), None) is None
    with pytest.raises(evalkit.EvalkitError, match=f"row {BLOCK + 1}"):
        tabulate(Column.of(actual), Column.of(np.zeros_like(actual)), None, None)


@pytest.mark.parametrize("dtype", ["i1", "i8", "f8", "U3"])
def test_memory_holds_the_input_and_a_block(dtype: str) -> None:
    """Counting four million pairs allocates a few blocks, not another column."""
    actual = np.zeros(4_000_000, dtype=dtype)
    tracemalloc.start()
    evalkit.confusion_matrix(actual, actual, labels=[""] if dtype == "U3" else [0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    codes_of_names = 2 * 2 * len(actual) if dtype == "U3" else 0
    assert peak - codes_of_names < 16 * 2**20


def test_a_hundred_thousand_classes() -> None:
    """Memory grows with the cells that occur, not with the square of the classes."""
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 100_000, 200_000)
    predicted = np.where(rng.random(len(actual)) < 0.9, actual, actual[::-1])
    tracemalloc.start()
    matrix = evalkit.ConfusionMatrix.from_predictions(actual, predicted, classes=range(100_000))
    accuracy, recall = matrix.accuracy(), matrix.recall("macro", zero_division=np.nan)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 128 * 2**20
    assert accuracy == (actual == predicted).mean()
    support = np.bincount(actual, minlength=100_000)
    right = np.bincount(actual[actual == predicted], minlength=100_000)
    assert recall == pytest.approx((right[support > 0] / support[support > 0]).mean(), abs=1e-12)
