"""What any file holds, told without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.errors import DataError, FileFormatError
from evalkit.models.inspection import Inspection, listed
from evalkit.models.registry import find_adapter
from evalkit.predictions.formats import find_format
from evalkit.predictions.roles import assign_roles
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
            return _table(source) or _unknown(source, "")
        except FileFormatError as error:
            return _unknown(source, str(error))


def _table(source: Source) -> Inspection | None:
    """Return what a prediction file holds, or None if it is none; its rows are not read."""
    found = find_format(source)
    if found is None:
        return None
    table = found.open(source)
    facts = [("sha256", source.sha256()), ("columns", listed(table.names))]
    if table.rows is not None:
        facts.append(("rows", f"{table.rows:,}"))
    if "generator" in table.metadata:
        facts.append(("written by", str(table.metadata["generator"])))
    try:
        roles = assign_roles(table.names, where=str(source.path))
    except DataError as error:
        facts.append(("as predictions", str(error)))
    else:
        models = ", ".join(name or column for name, column in roles.y_pred.items())
        facts += [("actual", roles.y_true), ("predicted", models or "by probability")]
        of_classes = next(iter(roles.probabilities.values()), {})
        facts += [("probabilities", listed(tuple(of_classes)))] if of_classes else []
        facts += [("slices", listed(roles.others))] if roles.others else []
        facts += [("note", note) for note in roles.notes]
    return Inspection(source.path, f"{table.format} table", tuple(facts))


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
