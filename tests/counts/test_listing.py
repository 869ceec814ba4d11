"""Lists of errors are the same in memory, streamed by Arrow, by Dask, and joined by id."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import evalkit
from evalkit import scale
from evalkit.compare.from_files import evaluations_from_files
from evalkit.errors import EvalkitError, InputError
from evalkit.reading.tokens import RuleError

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("pyarrow")

N, K = 5_000, 3
WHERE = "wrong(a) and right(b) or site = north and confidence(a) > 0.8"


def table(seed: int, *, ids: bool, n: int = N) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    actual = np.arange(n) % K
    proba = rng.dirichlet(np.ones(K), n) + 0.4 * np.eye(K)[actual]
    proba /= proba.sum(axis=1, keepdims=True)
    names = np.array(["cat", "dog", "=2+3"])
    found = pd.DataFrame(
        {
            "y_true": names[actual],
            "y_pred": names[proba.argmax(axis=1)],
            **{f"proba_{name}": proba[:, i] for i, name in enumerate(names)},
            "site": np.where(np.arange(n) % 7 < 2, "north", "south"),
        }
    )
    if ids:
        found.insert(0, "id", [f"{i:07}" for i in range(n)])
    return found


def written(folder: Path, kind: str, *, ids: bool, parts: int = 3) -> list[str]:
    """Folders of two models, each of several files."""
    for seed, name in enumerate("ab"):
        (folder / kind / name).mkdir(parents=True)
        whole = table(seed, ids=ids)
        for i, rows in enumerate(np.array_split(np.arange(N), parts)):
            path = folder / kind / name / f"{i}.{kind}"
            part = whole.iloc[rows]
            part.to_parquet(path) if kind == "parquet" else part.to_csv(path, index=False)
    return [str(folder / kind / name) for name in "ab"]


def listed(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def in_memory(ids: bool, where: str | None) -> list[list[str]]:
    models = []
    for seed, name in enumerate("ab"):
        held = table(seed, ids=ids)
        models.append(
            evalkit.evaluate(
                held["y_true"].to_numpy(),
                held["y_pred"].to_numpy(),
                y_proba=held.filter(like="proba_").rename(columns=lambda c: c[6:]),
                ids=held["id"].to_numpy() if ids else None,
                slices={"site": held["site"].to_numpy()},
                name=name,
            )
        )
    frame = evalkit.compare(models, replicates=10).errors(where)
    texts = frame.map(lambda cell: f"'{cell}" if cell == "=2+3" else str(cell))
    return [list(frame.columns), *texts.to_numpy().tolist()]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stream data sets of more than 100 rows, in batches of 1,000."""
    monkeypatch.setattr("evalkit.counts.datasets.MOST_ROWS", 100)
    monkeypatch.setattr("evalkit.counts.batches.MOST_ROWS", 1_000)
    monkeypatch.setattr("evalkit.counts.batches.LEAST_ROWS", 1_000)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("ids", [True, False])
@pytest.mark.parametrize("engine", ["arrow", "dask"])
def test_streamed_lists_are_those_of_memory(
    kind: str, ids: bool, engine: Any, tmp_path: Path
) -> None:
    """Also the positions of rows without ids, over files and batches, and the quotes before =."""
    if engine == "dask":
        pytest.importorskip("dask")
    data = written(tmp_path, kind, ids=ids)
    out = tmp_path / "out.csv"
    found = scale.write_errors(data, out, where=WHERE, engine=engine)
    expected = in_memory(ids, WHERE)
    rows = listed(out)
    assert rows == expected
    assert found == (len(expected) - 1, N)
    assert found[0] > 100


@pytest.mark.usefixtures("few")
def test_rows_in_another_order_are_joined_by_id(tmp_path: Path) -> None:
    """They come in the order of their ids; what was written before the join is discarded."""
    pytest.importorskip("duckdb")
    data = written(tmp_path, "parquet", ids=True, parts=1)
    file = tmp_path / "parquet" / "b" / "0.parquet"
    held = pd.read_parquet(file)
    rows = np.arange(N)
    rows[3_000:] = rows[3_000:][::-1]
    held.iloc[rows].to_parquet(file)
    out = tmp_path / "out.csv"
    scale.write_errors(data, out, where=WHERE)
    assert listed(out) == in_memory(True, WHERE)


def test_few_rows_are_listed_too(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    scale.write_errors(written(tmp_path, "parquet", ids=False), out)
    assert listed(out)[0][:3] == ["id", "actual", "predicted_a"]
    assert [row[0] for row in listed(out)] == [row[0] for row in in_memory(False, None)]


@pytest.mark.usefixtures("few")
def test_a_limit_ends_the_list(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    found = scale.write_errors(written(tmp_path, "csv", ids=True), out, limit=7)
    assert found[0] == 7
    assert found[1] < N
    assert listed(out) == [row[:-1] for row in in_memory(True, None)[:8]]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("wrong(c)", "Unknown model c"),
        ("actual = eel", "Unknown class eel"),
        ("site = west", "Unknown value of site west"),
        ("wrong(", "ends early"),
    ],
)
def test_a_wrong_condition_writes_nothing(where: str, said: str, tmp_path: Path) -> None:
    """A class may be in any batch, so that it is known to be wrong at the end only."""
    out = tmp_path / "out.csv"
    with pytest.raises(RuleError, match=said):
        scale.write_errors(written(tmp_path, "csv", ids=False), out, where=where)
    assert not out.exists()


@pytest.mark.usefixtures("few")
def test_a_missing_column_and_equal_names_are_refused(tmp_path: Path) -> None:
    data, out = written(tmp_path, "csv", ids=False), tmp_path / "out.csv"
    with pytest.raises(EvalkitError, match="no column week"):
        scale.write_errors(data, out, where="week = 3")
    with pytest.raises(InputError, match="Two models are named a"):
        scale.write_errors(data, out, names=["a", "a"])


def test_a_list_is_a_prediction_file_of_its_models(tmp_path: Path) -> None:
    """The escaped class comes back as it was, so that a list can be relabelled and evaluated."""
    out = tmp_path / "out.csv"
    scale.write_errors(written(tmp_path, "csv", ids=True), out)
    from evalkit.predictions.options import ReadOptions

    reading = ReadOptions(columns={"y_pred": "predicted_a", "y_true": "actual"})
    (found,) = evaluations_from_files([str(out)], reading=reading)
    assert set(found.classes) == {"cat", "dog", "=2+3"}


def test_results_read_from_a_file_hold_no_samples() -> None:
    comparison = evalkit.compare([evalkit.evaluate([0, 1], [0, 0])], replicates=10)
    with pytest.raises(InputError, match="read from a file"):
        type(comparison).from_dict(comparison.to_dict()).errors()
    with pytest.raises(InputError, match="Invalid limit 0"):
        comparison.errors(limit=0)
    assert comparison.errors(limit=5)["id"].tolist() == ["1"]
