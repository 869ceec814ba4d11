"""Tables as data sets: a target column, numeric features, a fixed split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from evalkit.datasets import load_dataset
from evalkit.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def table() -> pd.DataFrame:
    """100 rows: a and b numbers, c boolean, a species of three."""
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "a": generator.normal(size=100),
            "species": ["setosa"] * 40 + ["versicolor"] * 40 + ["virginica"] * 20,
            "b": generator.integers(0, 9, 100),
            "c": generator.random(100) < 0.5,
        }
    )


def save(table: pd.DataFrame, folder: Path, suffix: str = ".csv") -> str:
    path = folder / f"flowers{suffix}"
    if suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path)
    return str(path)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_split_takes_a_quarter_of_each_class(
    suffix: str, table: pd.DataFrame, tmp_path: Path
) -> None:
    """10, 10 and 5 of 40, 40 and 20; every row stands in one part; features keep their order."""
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    dataset = load_dataset(save(table, tmp_path, suffix), target="species")
    assert dataset.classes == ("setosa", "versicolor", "virginica")
    assert np.bincount(dataset.y_test).tolist() == [10, 10, 5]
    rows = np.concatenate([dataset.X_train, dataset.X_test])
    expected = table[["a", "b", "c"]].to_numpy(float)
    np.testing.assert_allclose(sorted(rows.tolist()), sorted(expected.tolist()))


def test_split_is_fixed(table: pd.DataFrame, tmp_path: Path) -> None:
    """Two loads have one fingerprint."""
    spec = save(table, tmp_path)
    assert (
        load_dataset(spec, target="species").fingerprint
        == load_dataset(spec, target="species").fingerprint
    )


def test_own_split_column(table: pd.DataFrame, tmp_path: Path) -> None:
    """A column of train and test tells the parts."""
    table["split"] = ["train", "test"] * 50
    dataset = load_dataset(save(table, tmp_path), target="species")
    np.testing.assert_allclose(dataset.X_test[:, 0], table["a"][1::2])
    table.loc[7, "split"] = "validation"
    with pytest.raises(DataError, match="'validation' in row 7"):
        load_dataset(save(table, tmp_path), target="species")


def test_numeric_targets(table: pd.DataFrame, tmp_path: Path) -> None:
    """Numbers are classes by value."""
    dataset = load_dataset(save(table.drop(columns="species"), tmp_path), target="b")
    assert dataset.classes == tuple("012345678")


@pytest.mark.parametrize(
    ("change", "target", "message"),
    [
        (lambda t: t, None, "none was named.*--target.*'a', 'species'"),
        (lambda t: t, "kind", "there is no 'kind'"),
        (lambda t: t.head(0), "species", "must have rows"),
        (
            lambda t: t.assign(a=t["a"].where(t["a"] > -9).mask(t.index == 5)),
            "species",
            "'a'.*row 5",
        ),
        (lambda t: t.assign(species=t["species"].mask(t.index == 3)), "species", "row 3"),
        (lambda t: t.assign(a="red"), "species", "'a'.*'red'"),
        (lambda t: t[["species"]], "species", "a feature beside its target"),
        (lambda t: t.assign(a=np.inf), "species", "infinity"),
        (lambda t: t.drop(columns="species"), "a", "not measurements"),
    ],
)
def test_malformed(
    change: object, target: str, message: str, table: pd.DataFrame, tmp_path: Path
) -> None:
    """Each fault is named with its column and row, in one line."""
    with pytest.raises(DataError, match=message) as refusal:
        load_dataset(save(change(table), tmp_path), target=target)  # type: ignore[operator]
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "content",
    [b"a,b\n1,2\n3\n4,5,6,7\n", b"a,b\n\xff\xfe,1\n", b"\n", b"\x00" * 40, b"," * 200_000 + b"\n"],
    ids=["ragged", "encoding", "blank", "zeros", "columns"],
)
def test_no_table(content: bytes, tmp_path: Path) -> None:
    """What is no table is refused in one line."""
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as refusal:
        load_dataset(str(path), target="a")
    assert "\n" not in str(refusal.value)


def test_parquet_cut_short(table: pd.DataFrame, tmp_path: Path) -> None:
    """A Parquet file without its footer is refused."""
    pytest.importorskip("pyarrow")
    path = tmp_path / "flowers.parquet"
    table.to_parquet(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError, match="whole"):
        load_dataset(str(path), target="species")
