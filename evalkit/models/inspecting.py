"""What any file holds, told without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.errors import FileFormatError
from evalkit.models.inspection import Inspection
from evalkit.models.registry import find_adapter
from evalkit.predictions.files import describe_table
from evalkit.reading.source import open_source, shown
from evalkit.reading.zip_archive import is_zip, open_zip

if TYPE_CHECKING:
    import os

    from evalkit.reading.source import Source


def inspect_file(path: str | os.PathLike[str]) -> Inspection:
    """Return what a file is, who wrote it, and what it holds; nothing in it is run.

    Raises
    ------
    FileFormatError
        If the file is missing, empty, or damaged beyond telling.
    """
    with open_source(path) as source:
        adapter = find_adapter(source)
        if adapter is not None:
            return adapter.inspect(source)
        try:
            described = describe_table(source)
            return (
                _unknown(source, "") if described is None else Inspection(source.path, *described)
            )
        except FileFormatError as error:
            return _unknown(source, str(error))


def _unknown(source: Source, trouble: str) -> Inspection:
    """Return what can be told of any file; `trouble` is why it is no prediction table."""
    facts = [("size", f"{source.size:,} bytes"), ("sha256", source.sha256())]
    facts += [("as predictions", trouble)] if trouble else []
    if not is_zip(source):
        facts.append(("begins", shown(source.head(16))[1:]))
        return Inspection(source.path, "unknown", tuple(facts))
    with open_zip(source) as archive:
        entries = archive.infolist()
    facts.append(("entries", str(len(entries))))
    facts += [(shown(entry.filename), f"{entry.file_size:,} bytes") for entry in entries[:20]]
    return Inspection(source.path, "zip archive", tuple(facts))
