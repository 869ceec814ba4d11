"""Data sets cut into partitions, and counts of partitions that outlive a run."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.counts.batches import OrderDiffersError, Piece, aligned_batches, count_batch
from evalkit.counts.tables import PartialCounts
from evalkit.errors import DataError, EvalkitError, FileFormatError, IncompatibleError, OutputError
from evalkit.reading.source import shown
from evalkit.version import __version__
from evalkit.writing import write_atomically

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from evalkit.counts.files import File
    from evalkit.counts.plan import Plan

SCHEMA = "evalkit.counts"
SCHEMA_VERSION = 1
SECONDS = 2.0
"""A long count is written down so often, and at its end."""


class State:
    """What each partition gave, in memory and, where a path is given, on disk.

    A partition is known by its files' addresses, sizes, times of change and rows; one that changed
    is counted anew. Counts made by another plan are let go.

    Parameters
    ----------
    plan : what is counted.
    path : a JSON file, or None.

    Raises
    ------
    FileFormatError
        If the file is there and holds no counts.
    """

    def __init__(self, plan: Plan, path: str | os.PathLike[str] | None = None) -> None:
        self._path = None if path is None else Path(path)
        self._plan = hashlib.sha256(
            json.dumps([__version__, asdict(plan)], sort_keys=True).encode()
        ).hexdigest()
        self._parts: dict[str, PartialCounts] = {}
        self._saved = time.monotonic()
        if self._path is not None and self._path.exists():
            self._read(self._path)

    def __contains__(self, key: str) -> bool:
        return key in self._parts

    @property
    def keeps(self) -> bool:
        """Whether there is a file to keep counts in."""
        return self._path is not None

    def get(self, key: str) -> PartialCounts | None:
        """Return what a partition gave, or None if it is not known."""
        return self._parts.get(key)

    def add(self, key: str, counts: PartialCounts) -> None:
        """Remember what a partition gave, where there is a file to write it to."""
        if self._path is None:
            return
        self._parts[key] = counts
        if time.monotonic() - self._saved > SECONDS:
            self.save()

    def save(self) -> None:
        """Write everything down, whole or not at all."""
        if self._path is None:
            return
        plain = {
            "schema": SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "plan": self._plan,
            "partitions": {key: counts.to_plain() for key, counts in self._parts.items()},
        }
        write_atomically(self._path, json.dumps(plain).encode())
        self._saved = time.monotonic()

    def _read(self, path: Path) -> None:
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
            ours = plain["schema"] == SCHEMA and plain["schema_version"] == SCHEMA_VERSION
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileFormatError(
                f"a state is a file of counts that evalkit wrote; {path} is not: {shown(error)}"
            ) from error
        if not ours:
            raise OutputError(
                f"a state is replaced only where evalkit wrote it; {path} is another file"
            )
        if plain["plan"] == self._plan:
            self._parts = {
                key: PartialCounts.of_plain(counts) for key, counts in plain["partitions"].items()
            }


LEAST_ROWS, MOST_ROWS = 1 << 22, 1 << 26
MOST_PIECES = 4
"""A file is cut into so many partitions, unless they would be shorter or longer than these rows."""


@dataclass(frozen=True)
class Partition:
    """The same rows of every source: for each, pieces of files."""

    pieces: tuple[tuple[Piece, ...], ...]

    @property
    def rows(self) -> int | None:
        """How many rows there are, where that is known."""
        lengths = [None if p.stop is None else p.stop - p.start for p in self.pieces[0]]
        return None if None in lengths else sum(n for n in lengths if n is not None)

    @property
    def key(self) -> str:
        """A digest of which rows of which versions of which files these are."""
        plain = [[asdict(piece) for piece in own] for own in self.pieces]
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()

    def __str__(self) -> str:
        first, last = self.pieces[0][0], self.pieces[0][-1]
        return str(first) if first is last else f"{first} … {last}"


def partitions_of(sources: Sequence[Sequence[File]]) -> tuple[Partition, ...]:
    """Return partitions, none of which reaches over two files of the first source.

    How a file is cut depends on the file alone, so that files that join leave others as they were.

    Raises
    ------
    IncompatibleError
        If the sources have different numbers of rows, or of files where rows are not known.
    """
    first, *others = sources
    if any(file.rows is None for own in sources for file in own):
        if len({len(own) for own in sources}) > 1:
            raise IncompatibleError(
                "CSV files are paired one to one; the data sets have "
                f"{', '.join(str(len(own)) for own in sources)} files"
            )
        return tuple(
            Partition(tuple((Piece(file),) for file in files))
            for files in zip(*sources, strict=True)
        )
    totals = [sum(file.rows or 0 for file in own) for own in sources]
    if len(set(totals)) > 1:
        raise IncompatibleError(
            "models must be evaluated on the same samples; the data sets have "
            f"{' and '.join(f'{total:,}' for total in totals)} rows"
        )
    found, begins = [], 0
    for file in first:
        for piece in _cut(file):
            assert piece.stop is not None
            length = piece.stop - piece.start
            found.append(
                Partition(((piece,), *(_between(own, begins, begins + length) for own in others)))
            )
            begins += length
    return tuple(found)


def count_partition(
    partition: Partition, plan: Plan, progress: Callable[[int], None] | None = None
) -> PartialCounts:
    """Return the counts of a partition; an error names it.

    Raises
    ------
    EvalkitError
        Of the kind that its batches raise.
    DataError
        If anything else goes wrong in it.
    """
    counts = PartialCounts()
    try:
        for batches in aligned_batches(partition.pieces, plan):
            counts += count_batch(batches, plan)
            if progress is not None:
                progress(batches[0].num_rows)
    except OrderDiffersError:
        raise
    except EvalkitError as error:
        raise type(error)(f"{error} (in partition {partition})") from error
    except Exception as error:
        raise uncountable(str(partition), error) from error
    return counts


def uncountable(name: str, error: Exception) -> DataError:
    """Return the error for a partition that could not be counted."""
    told = " ".join(str(error).split())[:200]
    return DataError(
        f"every partition must be counted for a total; {name} raised {type(error).__name__}: {told}"
    )


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
