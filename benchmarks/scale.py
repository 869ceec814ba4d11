"""Count prediction files out of core, against DuckDB, polars and pandas on the same files.

The files are temporary, with random labels of ten classes, half of the predictions correct, and
row groups of 2²⁰ rows. All contestants read from the same warm cache.

python -m benchmarks.scale [--json FILE]        # set EVALKIT_ROWS for another number than 10⁸ rows
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import log10
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from pyarrow import parquet

from benchmarks.timing import Row, best_milliseconds, compared, run
from evalkit import scale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = int(os.environ.get("EVALKIT_ROWS", "100_000_000"))
STRINGS = ROWS // 10
GROUP = 1 << 20
MAX_PANDAS_ROWS = 200_000_000
"""With more rows, the group-by of pandas needs more memory than a laptop has."""
MAX_MEGABYTES = 500
NAMES = ("plane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
ONE, TWO = ("y_true", "y_pred"), ("y_true", "pred_a", "pred_b")


def main() -> None:
    """Measure everything and print the table."""
    run(measure, __doc__.splitlines()[0])


def measure() -> Iterator[Row]:
    """Yield every comparison."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        one, two = write(place / "one.parquet", ROWS, ONE), write(place / "two.parquet", ROWS, TWO)
        yield from counts(one)
        yield from joint_counts(one, two)
        yield from memory(two)
        yield from growth(place)
        yield from strings(place)
        yield from workers(one)


def write(path: Path, rows: int, columns: tuple[str, ...], *, names: bool = False) -> Path:
    """Write a file of labels by row group, and return its path."""
    rng = np.random.default_rng(0)
    kind = pa.dictionary(pa.int8(), pa.string()) if names else pa.int8()
    schema = pa.schema([(column, kind) for column in columns])
    with parquet.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, GROUP):
            n = min(GROUP, rows - start)
            actual = rng.integers(0, len(NAMES), n, dtype=np.int8)
            arrays = [actual]
            for _ in columns[1:]:
                other = rng.integers(0, len(NAMES), n, dtype=np.int8)
                arrays.append(np.where(rng.random(n) < 0.5, actual, other))
            values: list[Any] = [
                pa.DictionaryArray.from_arrays(a, list(NAMES)) if names else pa.array(a)
                for a in arrays
            ]
            writer.write_table(pa.Table.from_arrays(values, schema=schema))
    return path


def decoded(path: Path, columns: tuple[str, ...]) -> None:
    """Decode the columns on all cores, a lower bound for the time of counting."""
    cores = os.cpu_count() or 1
    groups = range(parquet.ParquetFile(path).num_row_groups)

    def read(share: range) -> None:
        file = parquet.ParquetFile(path, read_dictionary=list(columns), pre_buffer=False)
        for _ in file.iter_batches(GROUP, share, list(columns), use_threads=False):
            pass

    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(read, [groups[i::cores] for i in range(cores)]))


def in_duckdb(path: Path, columns: tuple[str, ...]) -> None:
    """Count in DuckDB."""
    listed = ", ".join(columns)
    duckdb.execute(f"SELECT {listed}, count(*) FROM '{path}' GROUP BY {listed}").fetchall()


def in_polars(path: Path, columns: tuple[str, ...]) -> None:
    """Count in polars, streaming."""
    pl.scan_parquet(path).group_by(columns).len().collect(engine="streaming")


def in_pandas(path: Path, columns: tuple[str, ...]) -> None:
    """Count in pandas, which loads the whole file."""
    pd.read_parquet(path, columns=list(columns)).groupby(list(columns)).size()


def counts(path: Path) -> Iterator[Row]:
    """Count one model, compared with decoding alone."""
    contestants: dict[str, Callable[[], Any]] = {
        "evalkit": partial(scale.evaluate, path),
        "decoding alone": partial(decoded, path, ONE),
        "DuckDB": partial(in_duckdb, path, ONE),
        "polars": partial(in_polars, path, ONE),
    }
    if ROWS <= MAX_PANDAS_ROWS:
        contestants["pandas"] = partial(in_pandas, path, ONE)
    work = f"counts from Parquet, {ROWS:,} rows of int8"
    yield from compared(work, contestants, rounds=3, claims={"DuckDB": 1})


def joint_counts(one: Path, two: Path) -> Iterator[Row]:
    """Count two models and their pairs in one pass."""
    yield from compared(
        f"two models with joint counts, {ROWS:,} rows of int8",
        {
            "evalkit": partial(scale.evaluate_together, [two]),
            "one model": partial(scale.evaluate, one),
            "decoding alone": partial(decoded, two, TWO),
            "DuckDB": partial(in_duckdb, two, TWO),
        },
        rounds=3,
        claims={"one model": 1 / 1.6, "DuckDB": 1},
    )


def memory(path: Path) -> Iterator[Row]:
    """Measure the peak memory of a separate process, in megabytes instead of milliseconds."""
    program = (
        "import sys; from evalkit import scale; scale.evaluate_together([sys.argv[1]]); "
        "print(next(line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    )
    peak = int(finished.stdout) / 1024
    yield Row(f"megabytes, not ms: {ROWS:,} rows", "the limit", peak, MAX_MEGABYTES, 1)


def growth(place: Path) -> Iterator[Row]:
    """Count 10ⁿ rows, compared with decoding, and report the growth of the time."""
    before = 0.0
    for exponent in range(6, int(log10(ROWS)) + 1):
        path = write(place / "growth.parquet", 10**exponent, ONE)
        best = best_milliseconds(
            {"evalkit": partial(scale.evaluate, path), "decoding": partial(decoded, path, ONE)},
            rounds=3,
        )
        growth = f", time × 10^{log10(best['evalkit'] / before):.2f}" if before else ""
        before = best["evalkit"]
        yield Row(f"10^{exponent} rows of int8{growth}", "decoding", before, best["decoding"])


def strings(place: Path) -> Iterator[Row]:
    """Count string labels."""
    path = write(place / "names.parquet", STRINGS, ONE, names=True)
    yield from compared(
        f"counts from Parquet, {STRINGS:,} rows of strings",
        {
            "evalkit": partial(scale.evaluate, path),
            "decoding alone": partial(decoded, path, ONE),
            "DuckDB": partial(in_duckdb, path, ONE),
            "polars": partial(in_polars, path, ONE),
        },
        rounds=3,
    )


def workers(path: Path) -> Iterator[Row]:
    """Count with two Dask workers, compared with one worker and without Dask."""
    from distributed import LocalCluster

    options: dict[str, Any] = {
        "threads_per_worker": 1,
        "host": "127.0.0.1",
        "dashboard_address": None,
        "silence_logs": 50,
    }
    with (
        LocalCluster(n_workers=1, **options) as single,
        LocalCluster(n_workers=2, **options) as two,
    ):
        yield from compared(
            f"two Dask workers, {ROWS:,} rows of int8",
            {
                "evalkit": partial(scale.evaluate, path, scheduler=two.scheduler_address),
                "one worker": partial(scale.evaluate, path, scheduler=single.scheduler_address),
                "no Dask": partial(scale.evaluate, path),
            },
            rounds=4,
            claims={"one worker": 1.7},
        )


if __name__ == "__main__":
    main()
