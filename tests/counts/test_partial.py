"""Partial counts merge: in any order, any grouping, under any names, and through JSON."""

from __future__ import annotations

import json
from itertools import permutations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, strategies as st

from evalkit.counts.batches import count_batch
from evalkit.counts.counting import count_cells
from evalkit.counts.plan import Plan, Source
from evalkit.counts.tables import PartialCounts, Table
from evalkit.predictions.roles import assign_roles

PLAN = Plan((Source("m", "here", assign_roles(["y_true", "y_pred"], where="here")),))
labels = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")), min_size=1, max_size=30
)


def counted(rows: list[tuple[str, str]]) -> PartialCounts:
    """Return the counts of pairs of labels."""
    actual, predicted = zip(*rows, strict=True)
    return count_batch([pa.record_batch({"y_true": actual, "y_pred": predicted})], PLAN)


def plain(counts: PartialCounts) -> str:
    """Return counts as text, under sorted classes."""
    return json.dumps(counts.under(tuple(sorted(counts.occurring))).to_plain(), sort_keys=True)


@given(st.lists(labels, min_size=3, max_size=3))
def test_merging_is_counting_all(parts: list[list[tuple[str, str]]]) -> None:
    """Counts of parts, added in any order or grouping, are the counts of all rows."""
    everything = plain(counted([row for part in parts for row in part]))
    counts = [counted(part) for part in parts]
    for a, b, c in permutations(counts):
        assert plain(a + b + c) == everything
        assert plain(a + (b + c)) == everything


@given(labels)
def test_nothing_is_neutral_and_json_is_lossless(rows: list[tuple[str, str]]) -> None:
    """Adding nothing changes nothing, and neither does writing and reading."""
    counts = counted(rows)
    assert plain(counts + PartialCounts()) == plain(PartialCounts() + counts) == plain(counts)
    assert plain(PartialCounts.of_plain(json.loads(json.dumps(counts.to_plain())))) == plain(counts)


@pytest.mark.parametrize("size", [2, 16, 17, 300, 3_000])
@pytest.mark.parametrize("axes", ["cc", "ccc"])
def test_cells_are_the_samples(size: int, axes: str) -> None:
    """Each way of counting gives NumPy's unique rows, with and without weights."""
    rng = np.random.default_rng(size)
    columns = [rng.integers(0, size, 5_000).astype(np.uint16) for _ in axes]
    weights = rng.integers(0, 5, 5_000)
    cells, place, counts = np.unique(
        np.stack(columns, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    found = count_cells(axes, columns, [size] * len(axes))
    assert np.array_equal(found.cells, cells)
    assert np.array_equal(found.values[:, 0], counts)
    weighted = count_cells(axes, columns, [size] * len(axes), weights)
    assert np.array_equal(weighted.values[:, 0], counts)
    assert np.array_equal(weighted.values[:, 1], np.bincount(place.ravel(), weights))
    assert np.array_equal(weighted.values[:, 2], np.bincount(place.ravel(), weights**2))


def test_tables_sum_over_axes() -> None:
    """The margin of a table is the table of fewer columns."""
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 4, 200) for _ in range(3)]
    three, two = count_cells("ccc", columns, [4] * 3), count_cells("cc", columns[::2], [4] * 2)
    margin = three.over((0, 2))
    assert np.array_equal(margin.cells, two.cells)
    assert np.array_equal(margin.values, two.values)
    assert np.array_equal(Table.of_plain(margin.to_plain()).values, two.values)
