"""Test tables as data sets: target column, numeric features and a fixed split."""

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
    """Return 100 rows: numeric columns a and b, a boolean column c and three species."""
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
    """The test split has 25 % of each class, and each row is in exactly one split."""
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    dataset = load_dataset(save(table, tmp_path, suffix), target="species")
    assert dataset.classes == ("setosa", "versicolor", "virginica")
    assert np.bincount(dataset.y_test).tolist() == [10, 10, 5]
    rows = np.concatenate([dataset.X_train, dataset.X_test])
    expected = table[["a", "b", "c"]].to_numpy(float)
    np.testing.assert_allclose(sorted(rows.tolist()), sorted(expected.tolist()))


def test_split_is_fixed(table: pd.DataFrame, tmp_path: Path) -> None:
    """Loading twice gives the same fingerprint."""
    spec = save(table, tmp_path)
    assert (
        load_dataset(spec, target="species").fingerprint
        == load_dataset(spec, target="species").fingerprint
    )


def test_own_split_column(table: pd.DataFrame, tmp_path: Path) -> None:
    """The column ``split`` defines the split."""
    table["split"] = ["train", "test"] * 50
    dataset = load_dataset(save(table, tmp_path), target="species")
    np.testing.assert_allclose(dataset.X_test[:, 0], table["a"][1::2])
    table.loc[7, "split"] = "validation"
    with pytest.raises(DataError, match="'validation' in row 7"):
        load_dataset(save(table, tmp_path), target="species")


def test_numeric_targets(table: pd.DataFrame, tmp_path: Path) -> None:
    """The classes of a numeric target are its sorted values."""
    dataset = load_dataset(save(table.drop(columns="species"), tmp_path), target="b")
    assert dataset.classes == tuple("012345678")


@pytest.mark.parametrize(
    ("change", "target", "message"),
    [
        (lambda t: t, None, "No target column was given.*--target.*'a', 'species'"),
        (lambda t: t, "kind", "has no column 'kind'"),
        (lambda t: t.head(0), "species", "has no rows"),
        (
            lambda t: t.assign(a=t["a"].where(t["a"] > -9).mask(t.index == 5)),
            "species",
            "'a'.*row 5",
        ),
        (lambda t: t.assign(species=t["species"].mask(t.index == 3)), "species", "row 3"),
        (lambda t: t.assign(a="red"), "species", "'a'.*'red'"),
        (lambda t: t[["species"]], "species", "no feature columns besides its target"),
        (lambda t: t.assign(a=np.inf), "species", "infinity"),
        (lambda t: t.drop(columns="species"), "a", "not scores or measurements"),
    ],
)
def test_malformed(
    change: object, target: str, message: str, table: pd.DataFrame, tmp_path: Path
) -> None:
    """The error gives the column and the row, in one line."""
    with pytest.raises(DataError, match=message) as raised:
        load_dataset(save(change(table), tmp_path), target=target)  # type: ignore[operator]
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "content",
    [b"a,b\n1,2\n3\n4,5,6,7\n", b"a,b\n\xff\xfe,1\n", b"\n", b"\x00" * 40, b"," * 200_000 + b"\n"],
    ids=["ragged", "encoding", "blank", "zeros", "columns"],
)
def test_invalid_tables(content: bytes, tmp_path: Path) -> None:
    """A file that is not a table raises an error of one line."""
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as raised:
        load_dataset(str(path), target="a")
    assert "\n" not in str(raised.value)


def test_parquet_cut_short(table: pd.DataFrame, tmp_path: Path) -> None:
    """A Parquet file without its footer raises."""
    pytest.importorskip("pyarrow")
    path = tmp_path / "flowers.parquet"
    table.to_parquet(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError, match=r"Cannot read .*flowers\.parquet as Parquet"):
        load_dataset(str(path), target="species")
