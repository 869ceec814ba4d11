"""Many workers: the same counts, whatever the partitioning, and whatever happens to a worker."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import evalkit
from evalkit import scale
from evalkit.progress import shown_by

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evalkit.progress import Advance

pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")

pytestmark = [
    pytest.mark.dask,
    pytest.mark.usefixtures("no_hanging"),
    # Warnings of the cluster's own, about ports and closing sockets, say nothing of evalkit.
    pytest.mark.filterwarnings("ignore"),
]
TIMEOUT = "120s"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two worker processes of one thread each."""
    import dask

    settings = {
        # A worker that is seen starting again after another was lost would be given up.
        "distributed.deploy.lost-worker-timeout": "1h",
        "distributed.comm.timeouts.connect": TIMEOUT,
        "distributed.comm.timeouts.tcp": TIMEOUT,
        "distributed.scheduler.allowed-failures": 2,
        "distributed.worker.memory.terminate": False,
    }
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=50,
        ) as started,
    ):
        yield started


def text(evaluations: list[Any]) -> str:
    """Return everything that a comparison makes of evaluations."""
    return evalkit.compare(evaluations, replicates=50).to_json()


def test_a_cluster_counts_as_one_machine_does(
    cluster: Any, data: Any, folders: list[Path], tmp_path: Path
) -> None:
    """The JSON is the same to the byte, and by other files and row groups too."""
    options: dict[str, Any] = {"slice_by": ["region", "age:40,60"]}
    here = text(scale.evaluate_together(folders, **options))
    address = cluster.scheduler_address
    assert text(scale.evaluate_together(folders, scheduler=address, **options)) == here
    others = data.write(tmp_path / "others", parts=7, row_group_size=101)
    assert text(scale.evaluate_together(others, scheduler=address, **options)) == here


def test_collections_are_counted_as_files_are(cluster: Any, data: Any, folders: list[Path]) -> None:
    """Delayed tables of any lengths give the counts of the files."""
    from dask import delayed

    expected = text([scale.evaluate(folders[0], name="a")])
    frame = data.frames[0]
    for cuts in ([1_500], [10, 11, 2_000]):
        parts = np.split(np.arange(len(frame)), cuts)
        tables = [delayed(frame.iloc[rows]) for rows in parts]
        found = scale.evaluate(tables, scheduler=cluster.scheduler_address, name="a")
        assert text([found]) == expected


def test_a_dask_dataframe_in_threads(data: Any, folders: list[Path]) -> None:
    """A `dask.dataframe` is counted where Dask computes, without a cluster too."""
    dataframe = pytest.importorskip("dask.dataframe")
    collection = dataframe.from_pandas(data.frames[0], npartitions=5)
    found = scale.evaluate(collection, name="a")
    assert text([found]) == text([scale.evaluate(folders[0], name="a")])


def test_the_graph_grows_with_partitions_alone(data: Any, tmp_path: Path) -> None:
    """What a worker sends is as large for many rows as for few."""
    import pickle

    from evalkit.counts.files import find_files
    from evalkit.counts.partitions import count_partition, partitions_of
    from evalkit.counts.plan import Plan, Source
    from evalkit.predictions.roles import assign_roles

    sizes = []
    frame = data.frames[0][["y_true", "y_pred"]]
    for times in (1, 50):
        path = tmp_path / f"{times}.parquet"
        pd.concat([frame] * times).to_parquet(path, index=False)
        (partition,) = partitions_of([find_files(path)])
        plan = Plan((Source("m", "here", assign_roles(list(frame), where="here")),))
        sizes.append(len(pickle.dumps((partition, plan))))
        sizes.append(len(pickle.dumps(count_partition(partition, plan))))
    assert max(sizes) < 3_000
    assert sizes[3] == pytest.approx(sizes[1], abs=50)


def test_rows_in_another_order_are_joined(cluster: Any, data: Any, tmp_path: Path) -> None:
    """Workers see that the order differs; the join is made here."""
    pytest.importorskip("duckdb")
    first, second = data.frames
    first.to_parquet(tmp_path / "a.parquet", index=False)
    second.sample(frac=1, random_state=1).to_parquet(tmp_path / "b.parquet", index=False)
    files = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    here = text(scale.evaluate_together(files))
    assert text(scale.evaluate_together(files, scheduler=cluster.scheduler_address)) == here


def test_a_partition_that_raises_is_named(cluster: Any, folders: list[Path]) -> None:
    """One line says which partition it was, and there is no number."""
    bad = folders[0] / "1.parquet"
    frame = pd.read_parquet(bad)
    frame.assign(y_pred=frame["y_pred"].where(frame.index != 3)).to_parquet(bad, index=False)
    with pytest.raises(evalkit.EvalkitError, match=r"label.*partition .*1\.parquet"):
        scale.evaluate(folders[0], scheduler=cluster.scheduler_address)


def test_a_table_that_raises_is_named(cluster: Any, data: Any) -> None:
    """Whatever a delayed table does, the partition is named."""
    from dask import delayed

    frame = data.frames[0]
    tables = [delayed(frame.iloc[:100]), delayed(frame.iloc[100:200].drop(columns="y_true"))]
    with pytest.raises(evalkit.EvalkitError, match="partition 1: KeyError"):
        scale.evaluate(tables, scheduler=cluster.scheduler_address)


def killing_once(table: pd.DataFrame, marker: str) -> pd.DataFrame:
    """Return a table, or take the worker down the first time."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return table
    os._exit(1)


def killing(table: pd.DataFrame) -> pd.DataFrame:
    """Take the worker down, every time."""
    del table
    os._exit(1)


def test_a_lost_worker_changes_nothing(
    cluster: Any, data: Any, folders: list[Path], tmp_path: Path
) -> None:
    """A worker that dies in the middle is replaced, and no row is lost or counted twice."""
    from dask import delayed

    frame = data.frames[0]
    parts = [frame.iloc[i : i + 500] for i in range(0, len(frame), 500)]
    tables = [delayed(part) for part in parts]
    tables[3] = delayed(killing_once)(parts[3], str(tmp_path / "died"))
    found = scale.evaluate(tables, scheduler=cluster.scheduler_address, name="a")
    assert (tmp_path / "died").exists()
    assert text([found]) == text([scale.evaluate(folders[0], name="a")])


def test_a_partition_that_kills_workers_is_refused(cluster: Any, data: Any) -> None:
    """A partition that no worker survives, for want of memory say, is an error that says so."""
    from dask import delayed

    frame = data.frames[0]
    tables = [delayed(frame.iloc[:100]), delayed(killing)(frame.iloc[100:200])]
    # What else lay on the same worker may be named with it.
    with pytest.raises(
        evalkit.EvalkitError, match=r"died repeatedly while they held .*partition 1\b"
    ):
        scale.evaluate(tables, scheduler=cluster.scheduler_address)


class Told:
    """A display that keeps what it is told."""

    def __init__(self) -> None:
        self.total: int | None = 0
        self.rows: list[int] = []

    @contextmanager
    def task(self, description: str, total: int | None, unit: str) -> Iterator[Advance]:
        assert (description, unit) == ("Counting", "rows")
        self.total = total
        yield self.advance

    def advance(self, steps: int = 1, *, note: str = "") -> None:
        assert not note
        self.rows.append(steps)


@pytest.mark.parametrize("in_threads", [False, True])
@pytest.mark.parametrize("kept", [False, True])
def test_progress_is_told_of_each_partition(
    cluster: Any,
    folders: list[Path],
    tmp_path: Path,
    in_threads: bool,
    kept: bool,
) -> None:
    """Every partition's rows are told once, of as many as were announced."""
    told = Told()
    with shown_by(told):
        scale.evaluate(
            folders[0],
            engine="dask",
            scheduler=None if in_threads else cluster.scheduler_address,
            state=tmp_path / "state.json" if kept else None,
        )
    assert told.total == sum(told.rows) == 3_000
    assert told.rows == [1_000] * 3


def test_progress_of_tables_of_unknown_length(cluster: Any, data: Any) -> None:
    """Rows are told as they are counted, and no total is made up."""
    from dask import delayed

    told = Told()
    frame = data.frames[0]
    tables = [delayed(frame.iloc[:100]), delayed(frame.iloc[100:350])]
    with shown_by(told):
        scale.evaluate(tables, scheduler=cluster.scheduler_address)
    assert (told.total, sorted(told.rows)) == (None, [100, 250])


def spinning(table: pd.DataFrame) -> pd.DataFrame:
    """Take longer than the cluster lasts."""
    begun = time.monotonic()
    while time.monotonic() - begun < 120:
        pass
    return table


def test_a_cluster_that_goes_away(data: Any) -> None:
    """Closed after its first partition, a cluster is said to have gone, and there is no number."""
    import dask
    from dask import delayed

    with (
        dask.config.set({"distributed.comm.timeouts.connect": TIMEOUT}),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=50,
        ) as brief,
    ):

        class Closing(Told):
            def advance(self, steps: int = 1, *, note: str = "") -> None:
                super().advance(steps, note=note)
                brief.close()

        told = Closing()
        frame = data.frames[0]
        tables = [delayed(frame.iloc[:100]), delayed(spinning)(frame.iloc[100:200])]
        closed = pytest.raises(evalkit.EvalkitError, match="The Dask cluster closed")
        with shown_by(told), closed:
            scale.evaluate(tables, scheduler=brief.scheduler_address)
    assert told.rows == [100]


def test_the_cluster_in_use_counts(cluster: Any, folders: list[Path]) -> None:
    """With no address the client in use is taken, and left open."""
    with distributed.Client(cluster) as client:
        found = scale.evaluate(folders[0], engine="dask", name="a")
        assert client.status == "running"
    assert text([found]) == text([scale.evaluate(folders[0], name="a")])


def test_a_cluster_that_is_not_there(folders: list[Path]) -> None:
    """The message names the address."""
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "2s"}),
        pytest.raises(
            evalkit.EvalkitError, match=r"No Dask cluster answers at tcp://127\.0\.0\.1:9"
        ),
    ):
        scale.evaluate(folders[0], scheduler="tcp://127.0.0.1:9")
