"""Slices: the same by counting as by reading, and weak only where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import evalkit
from evalkit import scale

if TYPE_CHECKING:
    from pathlib import Path


def test_counted_slices_are_those_of_the_rows(data: Any, folders: list[Path]) -> None:
    """Each slice of the pass is what the rows of that slice give when they are read."""
    counted = evalkit.compare(
        scale.evaluate_together(folders, slice_by=["region", "age:40,60"]), replicates=100
    )
    first = data.frames[0]
    bins = pd.cut(first["age"], [-np.inf, 40, 60, np.inf], right=False)
    labels = np.array(["< 40", "40 to < 60", "≥ 60"])[bins.cat.codes]
    read = evalkit.compare(
        [
            evalkit.evaluate(
                frame["y_true"].tolist(),
                frame["y_pred"].tolist(),
                name=name,
                slices={"region": first["region"].to_numpy(), "age": labels},
            )
            for name, frame in zip("ab", data.frames, strict=True)
        ],
        replicates=100,
    )
    ours, theirs = ({(s.columns, s.values): s for s in c.slice_results} for c in (counted, read))
    assert ours.keys() == theirs.keys()
    assert len(ours) == 2 + 3 + 6
    for key, mine in ours.items():
        other = theirs[key]
        assert mine.n_samples == other.n_samples
        for i in range(2):
            a, b = (s.models[i] for s in (mine, other))
            assert a.from_rest == b.from_rest
            assert a.overall["accuracy"] == b.overall["accuracy"]
            assert a.overall["f_beta_macro[1]"].value == pytest.approx(
                b.overall["f_beta_macro[1]"].value
            )
        assert mine.pairs == other.pairs
    assert [s.values[0] for s in counted.slice_results[2:5]] == ["< 40", "40 to < 60", "≥ 60"]


def test_slices_of_a_column_partition_the_data(folders: list[Path]) -> None:
    """Counts of a column's slices, and of any two crossed, add up to the whole."""
    (evaluation,) = scale.evaluate_together(folders[:1], slice_by=["region", "age"])
    by_columns: dict[Any, Any] = {}
    for each in evaluation.counts.slices:
        by_columns[each.columns] = by_columns.get(each.columns, 0) + each.matrices[0]
    assert set(by_columns) == {("region",), ("age",), ("region", "age")}
    for counts in by_columns.values():
        assert np.array_equal(counts, evaluation.confusion_matrix.counts)


def test_a_column_that_is_not_there(folders: list[Path]) -> None:
    """The message names the columns that are."""
    with pytest.raises(evalkit.EvalkitError, match=r"no column regio.*region"):
        scale.evaluate(folders[0], slice_by=["regio"])


def test_missing_values_are_a_slice(data: Any, tmp_path: Path) -> None:
    """Samples without a value are told apart, not dropped."""
    path = tmp_path / "gaps.parquet"
    frame = data.frames[0]
    frame.assign(
        region=frame["region"].where(frame.index > 99), age=frame["age"].where(frame.index > 9)
    ).to_parquet(path, index=False)
    comparison = evalkit.compare(
        [scale.evaluate(path, slice_by=["region", "age:50"])], replicates=50
    )
    sizes = {(s.columns, s.values): s.n_samples for s in comparison.slice_results}
    assert sizes[("region",), ("missing",)] == 100
    assert sizes[("age",), ("missing",)] == 10
