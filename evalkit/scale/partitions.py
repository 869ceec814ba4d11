"""Data sets cut into partitions: what a worker counts at a time, and a state remembers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from evalkit.errors import DataError, EvalkitError, IncompatibleError
from evalkit.scale.counting import OrderDiffersError, count_batch
from evalkit.scale.partial import PartialCounts
from evalkit.scale.reading import Piece, aligned_batches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evalkit.scale.files import File
    from evalkit.scale.plan import Plan

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
