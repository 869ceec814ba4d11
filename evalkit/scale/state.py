"""Counts that outlive a run: a file of what each partition gave, so that none is read twice."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import FileFormatError, OutputError
from evalkit.reading.source import shown
from evalkit.scale.partial import PartialCounts
from evalkit.version import __version__
from evalkit.writing import write_atomically

if TYPE_CHECKING:
    import os

    from evalkit.scale.plan import Plan

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
