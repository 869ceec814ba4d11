"""Columns to slice by: text in CSV, plain whole numbers, bins; read whole or in batches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from evalkit.compare.from_files import DrawnBy, evaluations_from_files
from evalkit.errors import EvalkitError, InputError
from evalkit.predictions import SliceValues, read_predictions
from evalkit.predictions.slices import sorted_values, value_name

if TYPE_CHECKING:
    from pathlib import Path

N = 60


def sizes(path: Path, spec: str, *, in_batches: bool = False) -> dict[str, int]:
    """Return how many samples each slice of a column has."""
    if not in_batches:
        (evaluation,) = evaluations_from_files([str(path)], drawn_by=DrawnBy(slices=(spec,)))
        assert evaluation.predictions is not None
        (values,) = evaluation.predictions.slices.values()
        counts = np.bincount(values.codes, minlength=len(values.values))
        return dict(zip(values.values, counts.tolist(), strict=True))
    from evalkit import scale

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evalkit.counts.datasets.MOST_ROWS", 0)
        counts_of_file = scale.evaluate(path, slice_by=[spec]).counts
    assert counts_of_file.sums is not None
    return {each.values[0]: each.n_samples for each in counts_of_file.slices}


def written(path: Path, column: list[Any]) -> Path:
    """Write a file with a column to slice by, in the format of the path's ending."""
    labels = ["a", "b"] * (len(column) // 2)
    columns = {"y_true": labels, "y_pred": labels, "s": column}
    if path.suffix == ".jsonl":
        rows = zip(*columns.values(), strict=True)
        path.write_text(
            "".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows)
        )
    elif path.suffix == ".npz":
        arrays: dict[str, Any] = {name: np.array(held) for name, held in columns.items()}
        np.savez(path, **arrays)
    elif path.suffix == ".parquet":
        pytest.importorskip("pyarrow")
        pd.DataFrame(columns).to_parquet(path, index=False)
    else:
        pd.DataFrame(columns, dtype=object).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("in_batches", [False, True])
def test_csv_values_are_text(tmp_path: Path, in_batches: bool) -> None:
    """``01`` and ``1`` are two values, and a gap makes no fraction of a whole number."""
    if in_batches:
        pytest.importorskip("pyarrow")
    zeros = written(tmp_path / "zeros.csv", ["01", "1", "1", "01"])
    assert sizes(zeros, "s", in_batches=in_batches) == {"01": 2, "1": 2}
    gaps = written(tmp_path / "gaps.csv", [0, 1, None, 0])
    assert sizes(gaps, "s", in_batches=in_batches) == {"0": 2, "1": 1, "missing": 1}


@pytest.mark.parametrize("suffix", [".parquet", ".npz", ".jsonl"])
def test_whole_numbers_have_no_fraction(suffix: str, tmp_path: Path) -> None:
    """Whole numbers that are stored as floats print as whole numbers."""
    path = written(tmp_path / f"a{suffix}", [0.0, 1.0, float("nan"), 0.0])
    expected = {"0": 2, "1": 1, "missing": 1}
    assert sizes(path, "s") == expected
    if suffix == ".parquet":
        assert sizes(path, "s", in_batches=True) == expected


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("in_batches", [False, True])
def test_numbers_with_fractions_are_as_written(
    suffix: str, in_batches: bool, tmp_path: Path
) -> None:
    """One and a half beside one is 1.5 beside 1.0, in every format."""
    pytest.importorskip("pyarrow")
    path = written(tmp_path / f"a{suffix}", [0.5, 1.0, 1.0, 2.5])
    assert sizes(path, "s", in_batches=in_batches) == {"0.5": 1, "1.0": 2, "2.5": 1}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("spec", ["s", "s:18,40"])
def test_numbers_are_binned(suffix: str, spec: str, tmp_path: Path) -> None:
    """More than 20 numbers are binned at their quintiles or at given edges, in batches too."""
    pytest.importorskip("pyarrow")
    column = [None, *range(10, 10 + N - 1)]
    path = written(tmp_path / f"a{suffix}", column)
    expected = {"< 18": 8, "18 to < 40": 22, "≥ 40": 29, "missing": 1}
    found = sizes(path, spec)
    assert found == sizes(path, spec, in_batches=True)
    if spec != "s":
        assert found == expected
    else:
        assert len(found) == 6
        assert max(found.values()) - min(n for name, n in found.items() if name != "missing") <= 1


def test_bins_come_from_the_first_values() -> None:
    """What follows the first 131,072 values does not move the edges."""
    first = np.arange(1 << 17)
    alone = SliceValues.of(first, "s", len(first))
    more = np.concatenate([first, np.full(1_000, 10**9)])
    assert SliceValues.of(more, "s", len(more)).values == alone.values


def test_text_is_numbers_only_in_csv() -> None:
    """Text of a format with types, or of an array, is never binned by itself."""
    texts = np.array([f"{i:02}" for i in range(30)])
    assert len(SliceValues.of(texts, "s", 30).values) == 30
    assert len(SliceValues.of(texts, "s", 30, is_text=True).values) == 5
    texts[3] = "x"
    assert len(SliceValues.of(texts, "s", 30, is_text=True).values) == 30


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
@pytest.mark.parametrize("in_batches", [False, True])
def test_the_text_missing_is_a_value(suffix: str, in_batches: bool, tmp_path: Path) -> None:
    """A value named "missing" and a gap are two slices; the value stands in quotation marks."""
    if in_batches and suffix == ".jsonl":
        pytest.skip("JSON lines are read whole")
    pytest.importorskip("pyarrow")
    path = written(tmp_path / f"a{suffix}", ["missing", None, "north", "missing"])
    expected = {'"missing"': 2, "missing": 1, "north": 1}
    assert sizes(path, "s", in_batches=in_batches) == expected
    assert len({value_name(text) for text in ("missing", '"missing"', '""missing""', "")}) == 4


def test_too_many_values(tmp_path: Path) -> None:
    """Names of more than 1,000 values are refused with the column."""
    names = [f"n{i}" for i in range(1_002)]
    with pytest.raises(InputError, match="s has 1,002 values, the most is 1,000"):
        SliceValues.of(names, "s", len(names))
    with pytest.raises(EvalkitError, match=r"s of .*a\.csv has 1,002 values"):
        sizes(written(tmp_path / "a.csv", names), "s")


def test_groups_of_csv_are_text(tmp_path: Path) -> None:
    """``01`` and ``1`` are two groups and two ids; whole numbers are in the order of values."""
    path = tmp_path / "a.csv"
    path.write_text("id,y_true,y_pred,patient\n01,a,a,01\n1,b,b,1\n2,a,a,01\n")
    found = read_predictions(path).with_columns(groups="patient")
    assert found.sampling.groups == 2
    assert found.ids is not None
    assert found.ids.tolist() == ["01", "1", "2"]
    path.write_text("y_true,y_pred,patient\na,a,10\nb,b,9\na,a,10\n")
    numbered = read_predictions(path).with_columns(groups="patient")
    assert numbered.groups is not None
    assert numbered.groups.tolist() == [1, 0, 1]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize(
    "column",
    [
        ["b", "a", "b", "a"],
        ["01", "1", "10", "9"],
        ["1.0", "2.0", "10.0", "1.0"],
        ["=b", "'=b", "+a", "=b"],
        [10, 9, 10, 2],
        [2.0, 1.0, 10.0, 2.0],
        [True, False, True, True],
    ],
)
def test_groups_are_units_by_the_same_names(suffix: str, column: list[Any], tmp_path: Path) -> None:
    """A group has the same name, and so falls into the same unit, in memory and in batches."""
    pytest.importorskip("pyarrow")
    from evalkit.counts.batches import Piece, aligned_batches, coded_rows
    from evalkit.counts.counting import units_of_names
    from evalkit.counts.files import File
    from evalkit.counts.plan import Plan, SliceColumn, Source
    from evalkit.predictions.roles import assign_roles

    is_escaped = suffix == ".csv" and column[0] == "=b"
    held = [f"'{each}" for each in column] if is_escaped else column
    path = written(tmp_path / f"a{suffix}", held)
    found = read_predictions(path).with_columns(groups="s", slices=["s"])
    assert found.groups is not None
    assert len(found.group_names) == len(set(column))
    names = np.array(found.group_names, dtype=object)[found.groups]

    roles = assign_roles(("y_true", "y_pred", "s"), where=str(path))
    source = Source("m", str(path), roles)
    plan = Plan((source,), slices=(SliceColumn("s"),), groups="s")
    file = File(str(path), suffix[1:], "", () if suffix == ".csv" else (len(column),))
    ((batch,),) = aligned_batches([[Piece(file)]], plan)
    rows = coded_rows([batch], plan)
    np.testing.assert_array_equal(rows.units, units_of_names(names.tolist()))
    (sliced,) = rows.slices.values()
    expected = found.slices["s"]
    assert [sliced.values[code] for code in sliced.codes] == [
        expected.values[code] for code in expected.codes
    ]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz", ".jsonl"])
@pytest.mark.parametrize("in_batches", [False, True])
def test_values_are_in_natural_order(suffix: str, in_batches: bool, tmp_path: Path) -> None:
    """Numbers by size, also as text, and dates by time: 1, 2, 10, never 1, 10, 2."""
    if in_batches:
        pytest.importorskip("pyarrow")
        if suffix not in (".csv", ".parquet"):
            return
    asked: list[tuple[list[Any], list[str]]] = [
        ([10, 9, 1, 2, 10, 1], ["1", "2", "9", "10"]),
        (["10", "9", "-1", "2.5", "10", "1"], ["-1", "1", "2.5", "9", "10"]),
        (["week 10", "week 9", "week 9", "week 1"], ["week 1", "week 9", "week 10"]),
        (["2024-02-01", "2023-12-31"], ["2023-12-31", "2024-02-01"]),
    ]
    for number, (column, wanted) in enumerate(asked):
        path = written(tmp_path / f"{number}{suffix}", column)
        assert list(sizes(path, "s", in_batches=in_batches)) == wanted


def test_values_of_a_categorical_are_in_the_declared_order() -> None:
    """Of pandas, polars and Arrow; an alphabetical order that nobody declared is none."""
    column, wanted = ["M", "S", "L", "M"], ("S", "M", "L")
    assert SliceValues.of(pd.Categorical(column, wanted, ordered=True), "s", 4).values == wanted
    assert SliceValues.of(pd.Series(pd.Categorical(column, wanted)), "s", 4).values == wanted
    numbers = pd.Categorical(["10", "9", "1", "9"])
    assert list(numbers.categories) == ["1", "10", "9"]
    assert SliceValues.of(numbers, "s", 4).values == ("1", "9", "10")
    doses = pd.Categorical([1.0, 0.5, 1.0, 2.0], [2.0, 1.0, 0.5], ordered=True)
    assert SliceValues.of(doses, "s", 4).values == ("2.0", "1.0", "0.5")
    pa = pytest.importorskip("pyarrow")
    declared = pa.DictionaryArray.from_arrays([1, 0, 2, 1], list(wanted), ordered=True)
    assert SliceValues.of(declared, "s", 4).values == wanted
    polars = pytest.importorskip("polars")
    enum = polars.Series(column, dtype=polars.Enum(list(wanted)))
    assert SliceValues.of(enum, "s", 4).values == wanted


@given(st.lists(st.text() | st.integers().map(str), max_size=8))
def test_any_names_have_one_order(names: list[str]) -> None:
    """Every name occurs once, in an order that does not depend on that of the input."""
    found = sorted_values(names)
    assert sorted(found) == sorted(set(names))
    assert sorted_values(reversed(names)) == found
