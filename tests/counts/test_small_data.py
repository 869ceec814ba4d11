"""Small data: read whole on every path, with the results of the same samples in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner

import evalkit
from evalkit import scale
from evalkit.commands.report import report
from evalkit.compare.from_files import DrawnBy, evaluations_from_files
from evalkit.counts import datasets
from evalkit.counts.counts import MOST_ROWS

if TYPE_CHECKING:
    from pathlib import Path


OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"cluster_by": "patient"},
    {"stratify_by": "region"},
    {"slice_by": ["region", "age"]},
)


@pytest.fixture(autouse=True)
def streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stream only what is large, in place of the fixture that streams everything."""
    monkeypatch.setattr("evalkit.counts.datasets.MOST_ROWS", MOST_ROWS)


def numbers(evaluations: list[Any], **options: Any) -> dict[str, Any]:
    """Return everything that a comparison makes of evaluations, without its notes."""
    plain = evalkit.compare(evaluations, replicates=50, **options).to_dict()
    return {key: value for key, value in plain.items() if key != "notes"}


def in_memory(data: Any, folder: Path, **options: Any) -> list[Any]:
    """Return both models read from one file each."""
    for name, frame in zip("ab", data.frames, strict=True):
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    drawn_by = DrawnBy(
        options.get("cluster_by"), options.get("stratify_by"), tuple(options.get("slice_by", ()))
    )
    return evaluations_from_files(
        [str(folder / f"{name}.parquet") for name in "ab"], drawn_by=drawn_by
    )


@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "grouped", "stratified", "sliced"])
@pytest.mark.parametrize("weighted", [False, True])
def test_small_folders_are_as_in_memory(
    data: Any, options: dict[str, Any], weighted: bool, tmp_path: Path
) -> None:
    """Numbers, intervals and tests are equal to the last digit, weights and groups included."""
    if weighted:
        weight = np.random.default_rng(1).exponential(size=len(data.frames[0])).round(3)
        first, second = (frame.assign(sample_weight=weight) for frame in data.frames)
        data = type(data)((first, second))
    folders = data.write(tmp_path / "folders")
    found = scale.evaluate_together(folders, engine="dask" if weighted else "arrow", **options)
    assert all(each.predictions is not None for each in found)
    assert numbers(found) == numbers(in_memory(data, tmp_path, **options))


@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "grouped", "stratified", "sliced"])
@pytest.mark.parametrize("kind", ["dataframe", "pandas", "arrow"])
def test_small_collections_are_as_in_memory(
    data: Any, options: dict[str, Any], kind: str, tmp_path: Path
) -> None:
    """The rows of a `dask.dataframe` or of delayed tables are brought together."""
    pytest.importorskip("dask")
    import pyarrow as pa
    from dask import delayed

    frame = data.frames[0]
    parts = [frame.iloc[rows] for rows in np.split(np.arange(len(frame)), [0, 10, 2_000])]
    if kind == "dataframe":
        collection: Any = pytest.importorskip("dask.dataframe").from_pandas(frame, npartitions=5)
    elif kind == "pandas":
        collection = [delayed(part) for part in parts]
    else:
        collection = [delayed(pa.Table.from_pandas(part)) for part in parts]
    found = scale.evaluate(collection, name="a", **options)
    assert found.predictions is not None
    assert numbers([found]) == numbers(in_memory(data, tmp_path, **options)[:1])


def test_few_rows_of_many_partitions_are_noticed(
    data: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Partitions are computed until there are too many rows, and then counted."""
    pytest.importorskip("dask")
    from dask import delayed

    computed: list[int] = []

    def table(i: int) -> Any:
        computed.append(i)
        return data.frames[0].iloc[100 * i : 100 * (i + 1)]

    monkeypatch.setattr(datasets, "MOST_ROWS", 250)
    tables = [delayed(table)(i) for i in range(30)]
    found = scale.evaluate(tables)
    assert found.predictions is None
    assert found.confusion_matrix.total == 3_000
    assert sorted(computed[:4]) == [0, 0, 1, 2]
    assert len(computed) == 4 + 30


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_small_remote_files_are_as_in_memory(data: Any, suffix: str, tmp_path: Path) -> None:
    """Small files of any file system that fsspec knows are fetched whole."""
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    for i, rows in enumerate(np.array_split(np.arange(len(data.frames[0])), 3)):
        with memory.open(f"/evalkit-small/{suffix}/{i}.{suffix}", "wb") as file:
            part = data.frames[0].iloc[rows]
            if suffix == "parquet":
                part.to_parquet(file, index=False)
            else:
                part.to_csv(file, index=False)
    found = scale.evaluate(f"memory://evalkit-small/{suffix}", name="a", cluster_by="patient")
    assert found.predictions is not None
    expected = in_memory(data, tmp_path, cluster_by="patient")[:1]
    assert numbers([found]) == numbers(expected)


def test_wide_tables_are_streamed(data: Any, folders: list[Path], monkeypatch: Any) -> None:
    """A table of few rows and very many columns is not held."""
    assert scale.evaluate(folders[0]).predictions is not None
    monkeypatch.setattr(datasets, "MOST_CELLS", 10_000)
    assert scale.evaluate(folders[0]).predictions is None


@pytest.mark.parametrize("groups", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_many_rows_in_memory_are_as_streamed(
    data: Any, tmp_path: Path, weighted: bool, groups: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the rows that are kept, memory and files have the same sums."""
    weight = np.random.default_rng(1).integers(1, 5, len(data.frames[0])).astype(float)
    if weighted:  # sums of weighted losses are rounded by the order in which they are added
        scores = [name for name in data.frames[0] if name.startswith("proba_")]
        frames = (frame.drop(columns=scores) for frame in data.frames)
        data = type(data)(tuple(frame.assign(sample_weight=weight) for frame in frames))
    options: dict[str, Any] = {
        "slice_by": ["region"],
        **({"cluster_by": "patient"} if groups else {}),
    }
    monkeypatch.setattr("evalkit.counts.datasets.MOST_ROWS", 1_000)
    monkeypatch.setattr("evalkit.counts.counts.MOST_ROWS", 1_000)
    found = scale.evaluate_together(data.write(tmp_path / "folders"), **options)
    read = in_memory(data, tmp_path, **options)
    assert found[0].predictions is None
    assert read[0].counts.sums is not None
    for order in (1, -1):
        streamed, kept = numbers(found[::order]), numbers(read[::order])
        # Only samples in memory have a fingerprint and blocks.
        for plain in (streamed, kept):
            plain.pop("samples")
            for model in plain["models"]:
                model.pop("blocks")
        assert streamed == kept


def test_a_stratified_report_of_folders(folders: list[Path], tmp_path: Path) -> None:
    """The command stratifies folders and reads groups of runs beside them."""
    words = ["--stratify-by", "region", "--plotly", "none", "--output", str(tmp_path / "r.html")]
    result = CliRunner().invoke(report, [*map(str, folders), *words])
    assert result.exit_code == 0, result.output


def test_a_group_of_runs_beside_folders(data: Any, folders: list[Path], tmp_path: Path) -> None:
    """Runs under several seeds are compared with data sets."""
    for i in range(2):
        data.frames[1].to_parquet(tmp_path / f"seed-{i}.parquet", index=False)
    words = ["--group", f"runs={tmp_path}/seed-*.parquet", "--plotly", "none"]
    result = CliRunner().invoke(
        report, [str(folders[0]), *words, "--output", str(tmp_path / "r.html")]
    )
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f.assign(y_pred=f["y_pred"].where(f.index != 7)), "y_pred"),
        (lambda f: f.assign(sample_weight=-1.0), "sample_weight"),
        (lambda f: f.assign(proba_cat=3.0), "proba|outside"),
        (lambda f: f.iloc[:0], "rows"),
    ],
)
def test_refusals_of_collections_and_files(
    data: Any, change: Any, told: str, streamed: bool, tmp_path: Path, monkeypatch: Any
) -> None:
    """Files, delayed tables and memory refuse the same data by the same class of error."""
    pytest.importorskip("dask")
    from dask import delayed

    if streamed:
        monkeypatch.setattr(datasets, "MOST_ROWS", -1)
    frame = change(data.frames[0])
    frame.to_parquet(tmp_path / "bad.parquet", index=False)
    for dataset in (tmp_path / "bad.parquet", [delayed(frame)]):
        with pytest.raises(evalkit.errors.DataError, match=told):
            scale.evaluate(dataset)


@pytest.mark.parametrize("streamed", [False, True])
def test_rows_that_differ_are_refused_at_once(
    data: Any, streamed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data sets of other samples are refused before they are compared."""
    if streamed:
        monkeypatch.setattr(datasets, "MOST_ROWS", 0)
    first, second = (frame.drop(columns="id") for frame in data.frames)
    first.to_parquet(tmp_path / "a.parquet", index=False)
    second.iloc[::-1].to_parquet(tmp_path / "b.parquet", index=False)
    with pytest.raises(evalkit.errors.IncompatibleError, match=r"actual labels.*\ba\b.*\bb\b"):
        scale.evaluate_together([tmp_path / "a.parquet", tmp_path / "b.parquet"])


def test_tables_of_other_columns_are_refused(data: Any) -> None:
    """The partition without a column is named."""
    pytest.importorskip("dask")
    from dask import delayed

    frame = data.frames[0]
    tables = [delayed(frame.iloc[:100]), delayed(frame.iloc[100:200].drop(columns="y_true"))]
    with pytest.raises(evalkit.errors.DataError, match=r"partition 1 of .* no column 'y_true'"):
        scale.evaluate(tables)


def test_a_data_set_without_files() -> None:
    """An empty list of files is refused."""
    with pytest.raises(evalkit.errors.FileFormatError, match="the list is empty"):
        scale.evaluate_together([[]])


def test_a_label_outside_the_declared_classes(folders: list[Path]) -> None:
    """The file, the column and the row are named."""
    classes = ("cat", "dog", "eel")
    with pytest.raises(evalkit.EvalkitError, match=r"y_true of .*0\.parquet holds 'fox' in row \d"):
        scale.evaluate(folders[0], classes=classes)
