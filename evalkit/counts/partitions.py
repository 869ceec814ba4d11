"""Partitions of data sets, their counts on this machine, and a state that keeps the counts."""

from __future__ import annotations

import hashlib
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.counts.batches import OrderDiffersError, Piece, aligned_batches, count_batch
from evalkit.counts.tables import PartialCounts
from evalkit.errors import DataError, EvalkitError, FileFormatError, IncompatibleError, OutputError
from evalkit.progress import task
from evalkit.reading.source import shown
from evalkit.version import __version__
from evalkit.writing import write_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from evalkit.counts.files import File
    from evalkit.counts.plan import Plan
    from evalkit.progress import Advance

SCHEMA = "evalkit.counts"
SCHEMA_VERSION = 2
SECONDS = 2.0
"""A state is saved at most this often, and at the end."""
LEAST_ROWS, MOST_ROWS = 1 << 22, 1 << 26
MOST_PIECES = 4
"""A file is cut into this many partitions, within the limits of rows above."""
MOST_THREADS = 4
"""More threads than this wait for the lock of the interpreter."""


@dataclass(frozen=True)
class Partition:
    """The same rows of every source: for each, pieces of files."""

    pieces: tuple[tuple[Piece, ...], ...]

    @property
    def rows(self) -> int | None:
        """The number of rows, if it is known before reading."""
        lengths = [None if p.stop is None else p.stop - p.start for p in self.pieces[0]]
        return None if None in lengths else sum(n for n in lengths if n is not None)

    @property
    def key(self) -> str:
        """A digest of the files, their versions and the rows."""
        plain = [[asdict(piece) for piece in own] for own in self.pieces]
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()

    def __str__(self) -> str:
        first, last = self.pieces[0][0], self.pieces[0][-1]
        return str(first) if first is last else f"{first} … {last}"


def partitions_of(sources: Sequence[Sequence[File]]) -> tuple[Partition, ...]:
    """Return partitions, each within one file of the first source.

    How a file is cut depends on the file alone, so that a state stays valid when files are added.

    Raises
    ------
    IncompatibleError
        If the sources have different numbers of rows, or of files where rows are not known.
    """
    first, *others = sources
    if any(file.rows is None for own in sources for file in own):
        if len({len(own) for own in sources}) > 1:
            raise IncompatibleError(
                "CSV files are paired one to one. The data sets have "
                f"{' and '.join(str(len(own)) for own in sources)} files."
            )
        return tuple(
            Partition(tuple((Piece(file),) for file in files))
            for files in zip(*sources, strict=True)
        )
    totals = [sum(file.rows or 0 for file in own) for own in sources]
    if len(set(totals)) > 1:
        raise IncompatibleError(
            "Models were evaluated on different samples: the data sets have "
            f"{' and '.join(f'{total:,}' for total in totals)} rows."
        )
    found, begins = [], 0
    for piece in (piece for file in first for piece in _cut(file)):
        assert piece.stop is not None
        ends = begins + piece.stop - piece.start
        found.append(Partition(((piece,), *(_between(own, begins, ends) for own in others))))
        begins = ends
    return tuple(found)


def _cut(file: File) -> list[Piece]:
    rows = min(MOST_ROWS, max(LEAST_ROWS, -(-(file.rows or 0) // MOST_PIECES)))
    pieces, begins, held = [], 0, 0
    for n in file.groups:
        held += n
        if held >= rows:
            pieces.append(Piece(file, begins, begins + held))
            begins, held = begins + held, 0
    return [*pieces, Piece(file, begins, begins + held)] if held else pieces


def _between(files: Sequence[File], start: int, stop: int) -> tuple[Piece, ...]:
    found, begins = [], 0
    for file in files:
        rows = file.rows or 0
        low, high = max(start, begins), min(stop, begins + rows)
        if low < high:
            found.append(Piece(file, low - begins, high - begins))
        begins += rows
    return tuple(found)


def count_partition(
    partition: Partition, plan: Plan, advance: Advance | None = None
) -> PartialCounts:
    """Return the counts of a partition; `advance` is called with the rows of each batch.

    Raises
    ------
    EvalkitError
        If it cannot be counted; the message names the partition.
    """
    counts = PartialCounts()
    try:
        for batches in aligned_batches(partition.pieces, plan):
            counts += count_batch(batches, plan)
            if advance is not None:
                advance(batches[0].num_rows)
    except OrderDiffersError:
        raise
    except Exception as error:
        raise partition_error(str(partition), error) from error
    return counts


def partition_error(name: str, error: Exception) -> EvalkitError:
    """Return the error that says which partition could not be counted, and why."""
    if isinstance(error, EvalkitError):
        return type(error)(f"{error} (in partition {name})")
    reason = " ".join(str(error).split())[:200]
    return DataError(f"Cannot count the partition {name}: {type(error).__name__}: {reason}")


def count_here(partitions: Sequence[Partition], plan: Plan, state: State) -> PartialCounts:
    """Return the counts of all partitions, counted in threads; those in the state are not read."""
    left = [each for each in partitions if each.key not in state.counted]
    total = PartialCounts()
    # Decoding, which takes most of the time, releases the lock of the interpreter.
    pool = ThreadPoolExecutor(max(1, min(MOST_THREADS, cores(), len(left))))
    with counting([each.rows for each in left]) as advance:
        counted = pool.map(partial(count_partition, plan=plan, advance=advance), left)
        try:
            for each in partitions:
                counts = state.counted.get(each.key)
                if counts is None:
                    counts = next(counted)
                    state.add(each.key, counts)
                total += counts
        finally:
            pool.shutdown(cancel_futures=True)
            state.save()
    return total


def counting(rows: Sequence[int | None]) -> AbstractContextManager[Advance]:
    """Open the task of counting partitions of so many rows, None where that is not known."""
    total = None if None in rows else sum(n for n in rows if n is not None)
    return task("Counting", total, unit="rows")


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class State:
    """The counts of partitions, kept in a file if there is a path.

    A partition is recognised by its files' addresses, sizes, times of change and rows. Counts of
    another plan are dropped.

    Parameters
    ----------
    plan : what is counted.
    path : a JSON file, or None.

    Raises
    ------
    FileFormatError
        If the file exists and holds no counts.
    """

    def __init__(self, plan: Plan, path: str | os.PathLike[str] | None = None) -> None:
        self.counted: dict[str, PartialCounts] = {}
        self._path = None if path is None else Path(path)
        text = json.dumps([__version__, asdict(plan)], sort_keys=True)
        self._plan = hashlib.sha256(text.encode()).hexdigest()
        self._saved = time.monotonic()
        if self._path is not None and self._path.exists():
            self._read(self._path)

    @property
    def has_file(self) -> bool:
        """Whether counts are kept in a file."""
        return self._path is not None

    def add(self, key: str, counts: PartialCounts) -> None:
        """Add the counts of a partition if there is a file, and save them from time to time."""
        if self.has_file:
            self.counted[key] = counts
            if time.monotonic() - self._saved > SECONDS:
                self.save()

    def save(self) -> None:
        """Write the file, whole or not at all."""
        if self._path is None:
            return
        plain = {
            "schema": SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "plan": self._plan,
            "partitions": {key: counts.to_plain() for key, counts in self.counted.items()},
        }
        write_atomically(self._path, json.dumps(plain).encode())
        self._saved = time.monotonic()

    def _read(self, path: Path) -> None:
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
            ours = plain["schema"] == SCHEMA and plain["schema_version"] == SCHEMA_VERSION
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileFormatError(f"Not a state of evalkit: {path}: {shown(error)}") from error
        if not ours:
            raise OutputError(f"Not a state of evalkit: {path} is not overwritten.")
        if plain["plan"] == self._plan:
            self.counted = {
                key: PartialCounts.of_plain(counts) for key, counts in plain["partitions"].items()
            }
