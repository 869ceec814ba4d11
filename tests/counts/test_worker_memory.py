"""Workers that run out of memory: the same counts, or one error that names the partition."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import evalkit
from evalkit import scale

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")

pytestmark = [
    pytest.mark.dask,
    pytest.mark.usefixtures("no_hanging"),
    # Warnings of the cluster's own, about ports and closing sockets, say nothing of evalkit.
    pytest.mark.filterwarnings("ignore"),
]
LIMIT = 600_000_000
ROWS = 3_000


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """One worker process, paused from 300 megabytes on and ended before 600."""
    import dask

    settings = {
        # A worker that is seen starting again after another was lost would be given up.
        "distributed.deploy.lost-worker-timeout": "1h",
        "distributed.comm.timeouts.connect": "120s",
        "distributed.comm.timeouts.tcp": "120s",
        "distributed.scheduler.allowed-failures": 1,
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
        "distributed.worker.memory.pause": 0.5,
        "distributed.worker.memory.terminate": 0.95,
        "distributed.worker.memory.monitor-interval": "50ms",
    }
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=True,
            memory_limit=LIMIT,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=50,
        ) as started,
    ):
        yield started


@pytest.fixture
def tables(data: Any) -> list[Any]:
    """One model's rows as delayed tables of 500."""
    from dask import delayed

    return [delayed(data.frames[0].iloc[i : i + 500]) for i in range(0, ROWS, 500)]


def write_wide(folder: Path, megabytes: int) -> list[Path]:
    """Write two models of three files, small on disk, whose second decodes to long ids."""
    rng = np.random.default_rng(0)
    found = []
    for model in "ab":
        place = folder / model
        place.mkdir(parents=True)
        for part in range(3):
            width = 1_000 if part == 1 else 1
            n = megabytes * 1_000 if part == 1 else 100
            ids = pa.DictionaryArray.from_arrays(np.zeros(n, np.int32), ["x" * width])
            labels = {
                name: rng.integers(0, 3, n, dtype=np.int8)
                if name == "y_pred"
                else np.zeros(n, np.int8)
                for name in ("y_true", "y_pred")
            }
            table = pa.table({"id": ids.cast(pa.string()), **labels})
            parquet.write_table(table, place / f"{part}.parquet")
        found.append(place)
    return found


def test_a_worker_gives_back_what_a_partition_needed(cluster: Any, tmp_path: Path) -> None:
    """A worker that kept the memory of a large partition would be paused, and the count hang."""
    folders = write_wide(tmp_path, 100)
    here = [scale.evaluate(folder) for folder in folders]  # alone, without their ids
    there = scale.evaluate_together(folders, scheduler=cluster.scheduler_address)
    for mine, other in zip(here, there, strict=True):
        assert np.array_equal(mine.confusion_matrix.counts, other.confusion_matrix.counts)


def held(table: pd.DataFrame, marker: str | None = None) -> pd.DataFrame:
    """Hold more than a worker may until it is ended; with a marker, the first time only."""
    if marker is not None:
        try:
            os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return table
    memory: list[Any] = []
    begun = time.monotonic()
    while time.monotonic() - begun < 120:
        if len(memory) < 60:
            memory.append(np.ones(1 << 21))
    raise AssertionError("a worker over its limit must be ended")


def test_a_worker_ended_for_memory_changes_nothing(
    cluster: Any, tables: list[Any], folders: list[Path], tmp_path: Path
) -> None:
    """The partition is read again by the worker that follows, and counted once."""
    from dask import delayed

    tables[2] = delayed(held)(tables[2], str(tmp_path / "held"))
    found = scale.evaluate(tables, scheduler=cluster.scheduler_address)
    assert (tmp_path / "held").exists()
    expected = scale.evaluate(folders[0]).confusion_matrix.counts
    assert np.array_equal(found.confusion_matrix.counts, expected)


def test_a_partition_larger_than_any_worker_is_named(cluster: Any, tables: list[Any]) -> None:
    """Where each worker that reads it is ended, one line says so."""
    from dask import delayed

    tables[2] = delayed(held)(tables[2])
    with pytest.raises(evalkit.EvalkitError, match=r"died repeatedly .*partition 2\b.*memory"):
        scale.evaluate(tables, scheduler=cluster.scheduler_address)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux refuses memory by address space")
def test_memory_that_is_refused_names_the_partition(tmp_path: Path) -> None:
    """A file that cannot be decoded for want of memory is not called damaged."""
    folders = write_wide(tmp_path, 400)
    program = (
        "import psutil, pyarrow.parquet, resource, sys; from evalkit import EvalkitError, scale; "
        "from evalkit.counts import datasets; datasets.MOST_ROWS = 0; "
        "used = psutil.Process().memory_info().vms; "
        "resource.setrlimit(resource.RLIMIT_AS, (used + 400_000_000,) * 2)\n"
        "try: scale.evaluate_together(sys.argv[1:])\n"
        "except EvalkitError as error: print(error)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, *folders], capture_output=True, text=True, timeout=120
    )
    assert re.search(r"Cannot count the partition .*1\.parquet: \w*MemoryError", finished.stdout)
