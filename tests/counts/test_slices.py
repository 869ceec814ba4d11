"""Slices: the same by counting as by reading, and weak only where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import evalkit
from evalkit import scale
from evalkit.compare.from_files import DrawnBy, evaluations_from_files

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


@pytest.mark.parametrize("drawn", ["plain", "grouped", "weighted"])
def test_three_columns_are_counted_alike_everywhere(data: Any, tmp_path: Path, drawn: str) -> None:
    """In memory, by Arrow and on Dask: slices of three columns, their tests and their gaps.

    Groups of batches are spread over units, so that only their counts are those of the rows.
    """
    pytest.importorskip("dask")
    rng = np.random.default_rng(0)
    halves, weights = rng.choice(["am", "pm"], 3_000), rng.choice([1.0, 2.0], 3_000)
    paths = []
    for name, frame in zip("ab", data.frames, strict=True):
        paths.append(tmp_path / f"{name}.parquet")
        more = {"sample_weight": weights} if drawn == "weighted" else {}
        frame.assign(half=halves, **more).to_parquet(paths[-1], index=False, row_group_size=700)
    group = "patient" if drawn == "grouped" else None
    slices = ("region", "half", "age:40,60")
    options: dict[str, Any] = {"slice_by": slices, "slice_depth": 3, "cluster_by": group}
    drawn_by = DrawnBy(group, None, slices, 3)
    read = evaluations_from_files([str(path) for path in paths], drawn_by=drawn_by)
    arrow, dask = (scale.evaluate_together(paths, engine=e, **options) for e in ("arrow", "dask"))
    compared = [evalkit.compare(each, replicates=5).to_dict() for each in (read, arrow, dask)]
    plain = [{key: each[key] for key in KEYS} for each in compared]
    assert plain[1] == plain[2]
    assert {len(each["columns"]) for each in plain[0]["slices"]} == {1, 2, 3}
    if drawn == "grouped":
        for mine, other in zip(plain[0]["slices"], plain[1]["slices"], strict=True):
            assert mine["n_samples"] == other["n_samples"]
            for a, b in zip(mine["models"], other["models"], strict=True):
                assert a["adjusted"]["value"] == pytest.approx(b["adjusted"]["value"])
                assert a["adjusted"]["low"] == pytest.approx(b["adjusted"]["low"], abs=0.03)
        return
    assert plain[0] == plain[1]
    tested = {t["metric"] for each in plain[0]["slices"] for t in each["models"][0]["tests"]}
    assert ("log_loss" in tested) == (drawn == "plain")


KEYS = ("slices", "slice_search", "slice_gaps")
